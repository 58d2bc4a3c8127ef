import { fork, spawn, spawnSync, type ChildProcess } from "node:child_process";
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
import { canMount, withSmallDisk } from "./full-disk";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";

vi.setConfig({ testTimeout: 180_000 });

/** A project around the real translation, whose lib and cache a test can change. Its lib is small, since what is tried here does not depend on its size. */
const project = mkdtempSync(join(realpathSync(tmpdir()), "runbook-translation-"));
const notebooks = join(project, "notebooks");
const cache = join(project, "node_modules", ".cache", "runbook", "cells");
const root = join(__dirname, "..");
let warm: ChildProcess;

beforeAll(() => {
  for (const name of [
    "run/jupyter",
    "disk-cache.js",
    "package.json",
    "register.js",
    "register-typescript.js",
    "text.ts",
  ])
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

test("a cell that changes while it is translated ahead is translated as it is now", async () => {
  const before = ["const size = 3;", "const text = size.toFixed(1);", "text.length;"];
  const after = ['const size: string = "3";', before[1], before[2]];
  const ahead = fork(join(project, "lib", "run", "jupyter", "translate.js"), [], { cwd: notebooks, execArgv: [] });
  const ended = once(ahead, "exit");
  ahead.send([{ name: "changing", cells: before }]);
  // the first is translated, and those after it are being translated
  await once(ahead, "message");
  const { translated } = await translate(...after);
  expect(translated.map(({ diagnostics }) => diagnostics.length)).toEqual([0, 1]);
  expect(translated[1].diagnostics[0].messageText).toContain("'toFixed' does not exist on type 'string'");
  await ended;
  // what was translated ahead is there for the cells as they were
  expect(await translate(...before)).toMatchObject({ compiler: false, translated: [{}, {}, { diagnostics: [] }] });
});

test("two runs at once translate the same cells, and leave a cache that is whole", async () => {
  const runs = [1, 2].map(() =>
    fork(join(project, "lib", "run", "jupyter", "translate.js"), [], { cwd: notebooks, execArgv: [] }),
  );
  const ended = runs.map((run) => once(run, "exit"));
  runs.forEach((run) => run.send([{ name: "same", cells }]));
  expect((await Promise.all(ended)).map(([code]) => code as number)).toEqual([0, 0]);
  expect(readdirSync(cache).filter((name) => name.includes("."))).toEqual([]);
  const { compiler, translated } = await translate(...cells);
  expect(compiler).toBe(false);
  expect(translated.map(({ diagnostics }) => diagnostics)).toEqual([[], [], [], []]);
});

/** A file that may not grow over one block, which the translations of a cell are longer than; and a full disk. */
const fullDisks = {
  "a write that ends in its middle": (command: string[]) =>
    ["sh", ["-c", 'ulimit -f 1; exec "$@"', "sh", ...command]] as const,
  "a full disk": (command: string[]) => withSmallDisk(cache, "8k", command),
};

const isMounting = canMount();

test.each(Object.entries(fullDisks))("%s costs time and nothing else", async (name, wrap) => {
  if (name === "a full disk" && !isMounting) return;
  const [program, words] = wrap([process.execPath, join(project, "lib", "run", "jupyter", "translate.js")]);
  const run = spawn(program, words, { cwd: notebooks, stdio: ["ignore", "ignore", "pipe", "ipc"] });
  let said = "";
  run.stderr!.on("data", (chunk: Buffer) => (said += chunk));
  const counts: unknown[] = [];
  run.on("message", ({ count }: { count?: number }) => counts.push(count));
  const long = [cells[0], `const long = "${name}${"x".repeat(9000)}";`, `const n: number = long.length;`];
  run.send([{ name: "full", cells: long }]);
  expect(await once(run, "exit")).toEqual([0, null]);
  expect([said, counts]).toEqual(["", [1, 2, 3, undefined]]);
  // nothing that was cut off is left, neither under its own name nor under the one that it was written to
  expect(readdirSync(cache).filter((name) => name.includes("."))).toEqual([]);
  const { translated } = await translate(...long);
  expect(translated.map(({ diagnostics }) => diagnostics)).toEqual([[], [], []]);
});

test("the cache does not grow without bound: what was not used for longest goes", async () => {
  mkdirSync(cache, { recursive: true });
  for (let file = 0; file < 5000; file += 1) appendFileSync(join(cache, `old-${file}`), "x");
  await translate("const bound = 1");
  expect(readdirSync(cache).length).toBeLessThanOrEqual(4000);
  expect((await translate("const bound = 1")).compiler).toBe(false);
});

/** The converter that a kernel has which no runner started. It is told what happens on its own thread. */
const inKernel = `
  const Module = require("node:module");
  const { createConverter } = require(${translation});
  const main = { filename: ${JSON.stringify(join(root, "node_modules", "tslab", "dist", "main.js"))} };
  const kernel = Module._load("./converter", main).createConverter({ isJS: false, isBrowser: false });
  const loads = (name) => Object.keys(require.cache).some((file) => name.test(file));`;

/** Runs a program in the folder of the notebooks, with no runner that it could talk to. */
function runAlone(program: string, environment: NodeJS.ProcessEnv = {}): unknown {
  const { stdout, stderr } = spawnSync(process.execPath, ["-e", program], {
    cwd: notebooks,
    encoding: "utf8",
    env: { ...process.env, ...environment },
  });
  expect(stderr).toBe("");
  return JSON.parse(stdout);
}

test("a thread translates for a person's kernel, which loads lib meanwhile and no TypeScript", () => {
  const program = `${inKernel}
    const asked = ${JSON.stringify([...cells, "const wrong: number = text;"])};
    const answers = (converter) => {
      let declarations = "";
      const converted = asked.map((cell) => {
        const result = converter.convert(declarations, cell);
        declarations = result.declOutput ?? declarations;
        return result;
      });
      const [named, begun] = ["text.length", "te"].map((code) => [declarations, code, 2]);
      return JSON.parse(
        JSON.stringify([converted, converter.inspect(...named), converter.complete(...begun).candidates]),
      );
    };
    const inThread = answers(kernel);
    const before = [loads(/lib.index[.]ts$/), loads(/typescript-for-tslab/)];
    kernel.close();
    setTimeout(() => {
      const again = kernel.inspect("", "const one = 1", 7).kind;
      require("node:fs").rmSync(${JSON.stringify(cache)}, { recursive: true });
      const here = answers(createConverter({ isJS: false, isBrowser: false }));
      process.stdout.write(JSON.stringify({ before, again, inThread, here }), () => process.exit());
    }, 500);`;
  const { before, again, inThread, here } = runAlone(program) as Record<string, unknown[][]>;
  expect(inThread).toEqual(here);
  expect(inThread[0].at(-1)).toMatchObject({
    diagnostics: [{ messageText: expect.stringContaining("not assignable") }],
  });
  expect(inThread[2]).toContain("text");
  expect([before, again]).toEqual([[true, false], "const"]);
});

test("what TypeScript throws in its thread is thrown in the kernel", () => {
  const program = `${inKernel}
    const said = [() => kernel.inspect("", "a", 1n), () => kernel.convert("", "const a = 1").diagnostics].map((act) => {
      try {
        return act();
      } catch (error) {
        return error.name;
      }
    });
    process.stdout.write(JSON.stringify(said), () => process.exit());`;
  expect(runAlone(program)).toEqual(["TypeError", []]);
});

test("the notebook that Jupyter opens is translated before a cell of it is asked for", async () => {
  const notebook = { cells: cells.map((source) => ({ cell_type: "code", source: [source] })) };
  writeFileSync(join(notebooks, "open.ipynb"), JSON.stringify(notebook));
  const program = `
    const { existsSync, readdirSync } = require("node:fs");
    require(${translation});
    const cache = ${JSON.stringify(cache)};
    const clock = setInterval(() => {
      if (!existsSync(cache) || readdirSync(cache).length < ${cells.length}) return;
      clearInterval(clock);
      process.stdout.write("true", () => process.exit());
    }, 50);`;
  runAlone(program, { JPY_SESSION_NAME: "somewhere/open.ipynb" });
  expect(await translate(...cells)).toMatchObject({ compiler: false, translated: [{}, {}, {}, { diagnostics: [] }] });
  // nothing is left to do, and a file that is no notebook is none to translate
  writeFileSync(join(notebooks, "broken.ipynb"), "{");
  for (const name of ["open.ipynb", "broken.ipynb", "none.ipynb", "own.ts"]) {
    const left = `require(${translation}); process.stdout.write(JSON.stringify(process.getActiveResourcesInfo().includes("MessagePort")))`;
    expect([name, runAlone(left, { JPY_SESSION_NAME: name })]).toEqual([name, false]);
  }
});

const everyCell = process.env.RUNBOOK_EVERY_CELL === "1";

/** Cells of every kind that tslab treats differently, one notebook after the other. */
const kinds = [
  [
    `import { statSync } from "node:fs"; import * as path from "node:path";`,
    `const a = 1, { b, c: [d] } = { b: "b", c: [2] }; let e: number | undefined; var f = () => a;`,
    `function g<T>(value: T): T { return value; } class H { #x = 1; y = this.#x } enum I { one, two } namespace N {}`,
    `interface J { k: string } type L = J | undefined; const l = { k: "k" } satisfies J;`,
    `await Promise.resolve(g(new H().y + a))`,
    `1 + 1; const a = "another a"; class I { now = 1 }`,
    `const tsLastExpr = 1; path.join("a", statSync.name)`,
    `a; H; // nothing is declared`,
    `a; H; // nothing is declared`,
    ``,
    `for await (const one of [1]) console.log(one, a.length);`,
    `declare global { interface Array<T> { ofOurs: T } }`,
    `const third: number = "text"; a.nothing()`,
  ],
  [`import { mine } from "./own"; import { json } from "./json";`, `mine + json.one`, `const again = mine + a`],
  [`const c = (1`],
  [`async function later() { for (const x of []) await x; } function now() { await 1 }`],
];

test("a cell is translated to the letter as tslab does it by itself", { timeout: 600_000 }, () => {
  const place = join(project, "alone");
  mkdirSync(place);
  symlinkSync(join(root, "node_modules"), join(project, "alone", "node_modules"));
  writeFileSync(join(place, "own.ts"), `import { two } from "./two"; export const mine = two + 1;`);
  writeFileSync(join(place, "two.ts"), `export const two: number = 2;`);
  writeFileSync(join(place, "json.ts"), `export const json = { one: 1 };`);
  const names = everyCell ? readdirSync(join(root, "notebooks")).filter((name) => name.endsWith(".ipynb")) : [];
  const real = [...new Set([...names, "quick-start.ipynb"])].map((name) => {
    const { cells } = JSON.parse(readFileSync(join(root, "notebooks", name), "utf8")) as {
      cells: { cell_type: string; source: string | string[] }[];
    };
    return cells.filter(({ cell_type }) => cell_type === "code").map(({ source }) => [source].flat().join(""));
  });
  writeFileSync(join(place, "notebooks.json"), JSON.stringify([...kinds, ...real]));
  const { stdout, stderr } = spawnSync(process.execPath, ["-e", bothWays], { cwd: place, encoding: "utf8" });
  expect(stderr).toBe("");
  const { cells, different, programs } = JSON.parse(stdout) as {
    cells: number;
    different: unknown[];
    programs: number[];
  };
  expect(different).toEqual([]);
  expect(cells).toBeGreaterThan(everyCell ? 250 : 25);
  // two programs for nearly every cell before
  expect(programs[1]).toBeLessThan(programs[0] * 0.7);
});

/** tslab's converter as it comes, and then as the kernel has it, without the cache. */
const bothWays = `
  const { readFileSync } = require("node:fs");
  const file = ${JSON.stringify(join(root, "node_modules", "tslab", "dist", "converter.js"))};
  const jupyter = ${JSON.stringify(join(root, "lib", "run", "jupyter"))};
  const programs = [0, 0];
  const Module = require("node:module");
  const load = Module._load;
  Module._load = function (name, ...rest) {
    const loaded = load.call(this, name, ...rest);
    if (name !== "@tslab/typescript-for-tslab") return loaded;
    const way = alone ? 1 : 0;
    const createWatchProgram = (host) => {
      const created = host.afterProgramCreate;
      return loaded.createWatchProgram(
        Object.assign(host, { afterProgramCreate: (program) => ((programs[way] += 1), created(program)) }),
      );
    };
    return new Proxy(loaded, { get: (all, key) => (key === "createWatchProgram" ? createWatchProgram : all[key]) });
  };
  let alone;
  const options = { isJS: false, isBrowser: false };
  alone = require(file).createConverter(options);
  delete require.cache[file];
  require(jupyter + "/translation");
  const { convertOnce } = require(jupyter + "/once");
  const ours = require(file).createConverter(options);
  const notebooks = JSON.parse(readFileSync("notebooks.json", "utf8"));
  const different = [];
  let cells = 0;
  const compare = (cell, what, expected, got) => {
    const [one, other] = [expected, got].map((value) => JSON.stringify(value));
    if (one !== other) different.push({ cell, what, expected: one, got: other });
  };
  for (const notebook of notebooks) {
    let declarations = "";
    for (const cell of notebook) {
      cells += 1;
      const expected = alone.convert(declarations, cell);
      compare(cell, "translation", expected, convertOnce(ours, declarations, cell));
      if (expected.diagnostics.length) continue;
      declarations = expected.declOutput || "";
      if (cells % 5) continue;
      const source = cell + "\\nprocess.std; const at = a;";
      for (const position of [source.indexOf("std") + 3, source.length - 2, 3]) {
        compare(source, "inspection", ...[alone, ours].map((one) => one.inspect(declarations, source, position)));
        compare(source, "completion", ...[alone, ours].map((one) => one.complete(declarations, source, position).candidates));
      }
    }
  }
  process.stdout.write(JSON.stringify({ cells, different, programs }), () => process.exit());`;
