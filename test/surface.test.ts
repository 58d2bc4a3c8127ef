import ts from "typescript";
import { expect, test } from "vitest";

const { surfaceOf } = require("../lib/run/jupyter/surface") as {
  surfaceOf(typescript: typeof ts, name: string, text: string): string;
};

const whole = `
import { unused } from "./unused";
import type { Used, Unused } from "./used";
import wholly, * as all from "./both";
import "./effect";

/** Says what it is for. */
export function written(of: Used, many = 3): string {
  return unused(of, secret(many));
}
export function inferred(value: number) {
  return helper(value);
}
function helper(value: number): { twice: number } {
  const hidden = value * secret(2);
  return { twice: hidden };
}
function secret(value: number) {
  return value;
}
export function either(value: string): string;
export function either(value: number): number;
export function either(value: string | number): unknown {
  return secret(value as number);
}
export const arrow = (value: unknown): value is string => typeof value === "string" && secret(1) > 0;
export const later = async (): Promise<number> => secret(1);
export const chosen = helper(1) ? (one: number): number => secret(one) : (one: string): string => one;
export const table = {
  read(name: string): boolean {
    return secret(1) > name.length;
  },
  get size(): number { return secret(1); },
  rest: (...words: string[]) => words.map((word): number => secret(word.length)),
};
const listed = ["a", "b"] as const;
export type Listed = (typeof listed)[number];
export const { first, rest: [second] } = { first: 1, rest: ["two"] };
abstract class Base<T> {
  constructor(protected readonly held: T, public open = 1) {
    secret(1);
  }
  abstract act(): T;
  get value() { return this.held; }
  set value(to: T) { secret(1); }
  static make<T>(of: T): Base<T> | undefined { return secret(1) ? undefined : undefined; }
}
export class Kind extends Base<string> {
  #own = secret(1);
  act(): string { return String(this.#own); }
}
export function* count(): Generator<number, void> { yield secret(1); }
export function narrowed(text: string | undefined) {
  const sure: string | number = text ?? secret(1);
  return sure;
}
export function made() { return 1; }
made.of = helper(2);
enum Size { small, large = 5 }
export { Size, helper as renamed };
export default function (): all.Far { return secret(1) as never; }
declare global { interface Everywhere { here: true } }
export const everywhere = {} as Everywhere;
secret(4);
`;
const others: Record<string, string> = {
  "unused.ts": "export const unused = (...words: unknown[]) => String(words);",
  "used.ts": "export interface Used { name: string } export interface Unused {}",
  "both.ts": "export default 1; export interface Far { far: number }",
  "effect.ts": "export {};",
};

/** The types of all that the file exports, as TypeScript writes its declarations. */
function declare(text: string): { declared: string; read: string[] } {
  const files: Record<string, string> = { ...others, "file.ts": text };
  const options = { declaration: true, emitDeclarationOnly: true, target: ts.ScriptTarget.ES2022, types: [] };
  const host = ts.createCompilerHost(options);
  const { getSourceFile } = host;
  const read: string[] = [];
  Object.assign(host, {
    getSourceFile(name: string, target: ts.ScriptTarget) {
      if (!(name in files)) return getSourceFile(name, target);
      read.push(name);
      return ts.createSourceFile(name, files[name], target);
    },
    fileExists: (name: string) => name in files,
    getCurrentDirectory: () => "",
  });
  let declared = "";
  const program = ts.createProgram(["file.ts"], options, host);
  program.emit(program.getSourceFile("file.ts"), (_, written) => (declared += written));
  return { declared, read: read.sort() };
}

test("cells see the same types of a file without the bodies of what writes its types", () => {
  const surface = surfaceOf(ts, "file.ts", whole);
  const [before, after] = [`${whole}export {};`, surface].map(declare);
  expect(before.declared).toContain("export declare function written(of: Used, many?: number): string;");
  expect(after.declared).toBe(before.declared);
  expect(before.read).toEqual(["both.ts", "effect.ts", "file.ts", "unused.ts", "used.ts"]);
  expect(after.read).toEqual(["both.ts", "effect.ts", "file.ts", "used.ts"]);
  expect(surface).toContain("/** Says what it is for. */");
  expect(surface).not.toMatch(/hidden|secret\(4\)|typeof value/);
});
