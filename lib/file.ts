import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Writes a file whole or not at all, since a run may be cut off at any moment; makes its folder where there is none.
 */
export function replaceFile(path: string, content: string, mode?: number): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.part`, content, { mode });
  renameSync(`${path}.part`, path);
}
