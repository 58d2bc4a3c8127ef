export function digestOf(content: Buffer | string): string;
export function keyOf(...parts: string[]): string;
export function writeWhole(file: string, content: Buffer | string, mode?: number): boolean;
export function keepChecked(file: string, content: Buffer | string, mode?: number): boolean;
export function readChecked(file: string): Buffer | undefined;
export function removeOldest(folder: string, most: { files: number; bytes: number }): void;
export function removeFile(file: string): void;
