import { fork, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";

vi.setConfig({ testTimeout: 180_000 });

/** A project around the real translation, whose lib and cache a test can change. Its lib is small, since what is tried here does not depend on its size. */
const project = mkdtempSync(join(realpathSync(tmpdir()), "runbook-translation-"));
const notebooks = join(project, "notebooks");
const cache = join(project, "node_modules", ".cache", "runbook", "cells");
const root = join(__dirname, "..");
let warm: ChildProcess;

beforeAll(() => {
  for (const name of ["run/jupyter", "package.json", "register.js", "text.ts"])
    cpSync(join(root, "lib", name), join(project, "lib", name), { recursive: true });
  writeFileSync(join(project, "lib", "index.ts"), 'export { count } from "./text";\n');
  mkdirSync(notebooks);
  mkdirSync(join(project, "node_modules"));
  for (const name of readdirSync(join(root, "node_modules")).filter(
    (name) => name !== "runbook" && !name.startsWith("."),
  ))
    symlinkSync(realpathSync(join(root, "node_modules", name)), join(project, "node_modules", name));
  symlinkSync(join(project, "lib"), join(project, "node_modules", "runbook"));
  writeFileSync(join(project, "node_modules", ".package-lock.json"), "{}");
  writeFileSync(join(project, "translate-warm.js"), warmProgram);
  warm = fork(join(project, "translate-warm.js"), [], { cwd: notebooks, execArgv: [] });
});
afterAll(() => {
  warm?.kill("SIGKILL");
  rmSync(project, { recursive: true, force: true });
});
beforeEach(() => rmSync(join(project, "node_modules", ".cache"), { recursive: true, force: true }));

interface Translated {
  output?: string;
  declOutput?: string;
  lastExpressionVar?: string;
  diagnostics: { messageText: string; start: { line: number } }[];
}

/** `compiler` says whether tslab's own converter, and TypeScript with it, was needed. */
interface Round {
  translated: Translated[];
  compiler: boolean;
}

const translation = JSON.stringify(join(project, "lib", "run", "jupyter", "translation.js"));

/** Translates cells as a kernel does, until one fails. */
const round = `
  function translateCells(cells) {
    const converter = require(${translation}).createConverter({ isJS: false, isBrowser: false });
    const translated = [];
    let declarations = "";
    for (const cell of cells) {
      const result = converter.convert(declarations, cell);
      translated.push(result);
      if (result.diagnostics.length) break;
      declarations = result.declOutput || "";
    }
    converter.close();
    const compiler = Object.keys(require.cache).some((file) => /tslab.dist.converter[.]js$/.test(file));
    return { translated, compiler };
  }`;

/** A process that keeps TypeScript, which takes long to load, and loads all else anew for each round. */
const warmProgram = `${round}
  const Module = require("node:module");
  const load = Module._load;
  process.on("message", (cells) => {
    Module._load = load;
    for (const file of Object.keys(require.cache))
      if (/tslab.dist|jupyter.translation[.]js$/.test(file)) delete require.cache[file];
    process.send(translateCells(cells));
  });`;

async function translate(...cells: string[]): Promise<Round> {
  const answer = once(warm, "message");
  warm.send(cells);
  return (await answer)[0] as Round;
}

/** The same in a process of its own. */
function translateAlone(...cells: string[]): Round & { typescript: boolean } {
  const script = `${round}
    const answer = translateCells(${JSON.stringify(cells)});
    answer.typescript = Object.keys(require.cache).some((file) => file.includes("typescript-for-tslab"));
    process.stdout.write(JSON.stringify(answer), () => process.exit());`;
  const { stdout, stderr } = spawnSync(process.execPath, ["-e", script], { cwd: notebooks, encoding: "utf8" });
  expect(stderr).toBe("");
  return JSON.parse(stdout) as ReturnType<typeof translateAlone>;
}

const cells = [
  `import { count } from "runbook";`,
  `const rows = 3;`,
  `const text: string = count(rows, "row");`,
  `text`,
];

test("what was translated is not translated again, and is the same to the letter", async () => {
  const first = translateAlone(...cells);
  expect(first.translated.map(({ diagnostics }) => diagnostics)).toEqual([[], [], [], []]);
  const second = translateAlone(...cells);
  expect([first, second].map(({ compiler, typescript }) => [compiler, typescript])).toEqual([
    [true, true],
    [false, false],
  ]);
  expect(second.translated).toEqual(first.translated);
  rmSync(cache, { recursive: true });
  expect((await translate(...cells)).translated).toEqual(first.translated);
});

test("a changed type in lib makes a cached cell fail with the type error, and changed back it passes", async () => {
  const file = join(project, "lib", "text.ts");
  const before = readFileSync(file, "utf8");
  const declared = /export function count\(([^)]*)\): string/;
  expect(before).toMatch(declared);
  await translate(...cells);
  writeFileSync(file, before.replace(declared, "export function count($1): any[]"));
  const { translated } = await translate(...cells);
  expect(translated.at(-1)?.diagnostics).toMatchObject([
    { messageText: expect.stringContaining("not assignable to type 'string'"), start: { line: 0 } },
  ]);
  writeFileSync(file, before);
  expect(await translate(...cells)).toMatchObject({ compiler: false, translated: [{}, {}, {}, { diagnostics: [] }] });
});

test("another version of a package is another translation", async () => {
  await translate("const a = 1");
  writeFileSync(
    join(project, "node_modules", ".package-lock.json"),
    '{"packages":{"node_modules/tslab":{"version":"2"}}}',
  );
  expect((await translate("const a = 1")).compiler).toBe(true);
  expect((await translate("const a = 1")).compiler).toBe(false);
});

test("a cell that imports a file beside it sees each edit of that file, and so do the cells after it", async () => {
  const own = [`import { mine } from "./own";`, `const n: number = mine;`];
  writeFileSync(join(notebooks, "own.ts"), "export const mine = 1;");
  expect((await translate(...own)).translated.map(({ diagnostics }) => diagnostics.length)).toEqual([0, 0]);
  writeFileSync(join(notebooks, "own.ts"), "export const mine = 'one';");
  expect((await translate(...own)).translated.map(({ diagnostics }) => diagnostics.length)).toEqual([0, 1]);
});

test("a syntax error in the third cell of ten is said by the third, whatever is cached", async () => {
  const ten = [
    "const a = 1",
    "const b = a + 1",
    "const c = (b",
    ...Array.from({ length: 7 }, (_, at) => `const d${at} = 1`),
  ];
  for (const run of [await translate(...ten), await translate(...ten)]) {
    expect(run.translated.map(({ diagnostics }) => diagnostics.length > 0)).toEqual([false, false, true]);
    expect(run.translated[2].diagnostics[0].messageText).toContain("')' expected");
  }
});

test("a cache that cannot be written, or that holds something else, costs time and nothing else", async () => {
  const good = await translate(...cells);
  for (const name of readdirSync(cache)) {
    const whole = readFileSync(join(cache, name), "utf8");
    // cut off; of another version; changed in its middle; empty
    const bad = [whole.slice(0, whole.length / 2), "{}", whole.replace("count", "xount"), ""];
    writeFileSync(join(cache, name), bad[readdirSync(cache).indexOf(name) % bad.length]);
  }
  expect(await translate(...cells)).toEqual(good);
  rmSync(join(project, "node_modules", ".cache"), { recursive: true });
  writeFileSync(join(project, "node_modules", ".cache"), "a file where the folder should be");
  expect(await translate(...cells)).toEqual(good);
});

test("the cache does not grow without bound: what was not used for longest goes", async () => {
  mkdirSync(cache, { recursive: true });
  for (let file = 0; file < 5000; file += 1) appendFileSync(join(cache, `old-${file}`), "x");
  await translate("const bound = 1");
  expect(readdirSync(cache).length).toBeLessThanOrEqual(4000);
  expect((await translate("const bound = 1")).compiler).toBe(false);
});
