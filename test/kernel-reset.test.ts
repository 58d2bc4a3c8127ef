import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startServer, type Server } from "../lib/demo/postgres";
import { startTranslator } from "../lib/run/jupyter/ahead";
import { startKernel, type Execution, type Kernel } from "../lib/run/jupyter/kernel";
import type { Output } from "../lib/run/notebook";
import { makeProjectFolder } from "./folder";

/** A kernel serves one notebook after another where nothing is left of the one before, and only there. */
let server: Server;
let folder: string;
let environment: NodeJS.ProcessEnv;
const started: Kernel[] = [];
beforeAll(async () => {
  server = await startServer();
  const address = server.address("postgres");
  const client = new Client({ connectionString: address });
  await client.connect();
  await client.query("create table licenses (state text, status text)");
  await client.query("insert into licenses values ('CA', 'active'), ('NY', 'active')");
  await client.end();
  folder = makeProjectFolder("reset");
  writeFileSync(join(folder, "columns.json"), '{"safe": {"licenses": "*"}}');
  writeFileSync(join(folder, "beside.ts"), "export let count = 0; export const add = () => ++count;");
  environment = {
    ...process.env,
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
    RUNBOOK_PRODUCTION: address,
    RUNBOOK_LOCAL: address,
    RUNBOOK_COLUMNS: join(folder, "columns.json"),
  };
  // in one process, which is quicker than in each of the kernels
  const notebooks = [first, second, ...leavings.map(([, cell]) => [cell])];
  const translator = startTranslator(
    folder,
    notebooks.map((cells, index) => ({ name: `${index}`, cells })),
    environment,
  );
  await translator.wait(`${notebooks.length - 1}`, 0);
}, 120_000);
afterAll(async () => {
  await Promise.all(started.map((kernel) => kernel.shutdown()));
  await server?.stop();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

/** What a translated cell needs, which is no notebook's: TypeScript in the kernel. */
const mostMemory = 4e9;

const opening = 'import { open, close, both, sql, is, draw, chartBars, among } from "runbook"; await open("first");';
const asking =
  "const licenses = await both(sql`select state, status, count(*) as licenses from licenses group by 1, 2`);";
const first = [
  opening,
  asking,
  'import pl from "nodejs-polars"; let shown = 1; function twice() { return shown * 2; }',
  'await draw(chartBars(licenses, "licenses", "state"));',
  "licenses",
  "await close();",
];
/** Cells whose outputs would tell of a notebook before theirs; the last fails in a fresh kernel too. */
const second = [
  "const shown = 2; let twice = 3; console.log(shown, twice, Object.keys((globalThis as any).__tslab__.exports));",
  'import { open, close, both, sql, is, draw, chartBars } from "runbook"; await open("second");',
  asking,
  'await draw(chartBars(licenses.filter(is("state", "CA")), "licenses", "state"));',
  'licenses.filter(is("state", "NY"))',
  "await close();",
  "await both(sql`select 1 as one`);",
];

/** Cells that leave something behind, by what that is. */
const leavings = [
  ["a global", "(globalThis as any).left = 1;"],
  ["a global that is another now", "globalThis.structuredClone = (() => 1) as any;"],
  ["a prototype's method", "(Array.prototype as any).left = () => 1;"],
  ["a method of an intrinsic", "Math.hypot = () => 1;"],
  ["a frozen intrinsic", "Object.freeze(Map.prototype);"],
  ["how stacks are written", "Error.stackTraceLimit = 1;"],
  ["a method of Node's", "(process as any).hrtime = () => 1;"],
  ["an environment variable", 'process.env.LEFT = "1";'],
  ["another working folder", 'process.chdir("..");'],
  ["a listener", 'process.on("SIGINT", () => undefined);'],
  ["a timer that prints later", 'setInterval(() => console.log("late"), 1000).unref();'],
  ["the console", "console.log = () => undefined;"],
  ["a setting of polars", 'import pl from "nodejs-polars"; pl.Config.setTblRows(3);'],
  [
    "a setting that polars keeps to itself",
    'import pl from "nodejs-polars"; (pl as any).Config.setThousandsSeparator(true);',
  ],
  ["a method of polars", 'import pl from "nodejs-polars"; (pl as any).DataFrame.left = 1;'],
  ["a package that may keep anything", 'import pg from "pg"; typeof pg;'],
  ["a module beside the notebook", 'import { add } from "./beside"; add();'],
  ["a loaded module", "Object.keys(require.cache).length"],
  ["a session that is open", opening],
];

describe("a kernel that has served another notebook", () => {
  test("answers the next one as a fresh kernel does, to the letter", { timeout: 300_000 }, async () => {
    const kernel = await start("served");
    expect((await runAll(kernel, first)).map(({ status }) => status)).toEqual(first.map(() => "ok"));
    expect(await kernel.reset(mostMemory)).toBe(true);
    // what a notebook has asked is kept for the others of its run, whichever kernel they have
    cpSync(join(folder, "served"), join(folder, "fresh"), { recursive: true });
    const next = await runAll(kernel, second);
    const fresh = await runAll(await start("fresh"), second);
    expect(next.map(({ executionCount }) => executionCount)).toEqual(second.map((_, index) => index + 1));
    expect(next.map(withoutTimes)).toEqual(fresh.map(withoutTimes));
    expect(getError(next.at(-1)!)).toContain('Nothing is open: run the notebook\'s first cell, await open("name").');
  });

  test("knows no name and no import of it", { timeout: 120_000 }, async () => {
    const kernel = await start();
    await runAll(kernel, ["const kept = 1;", 'import { is } from "runbook"; is("state", "CA");']);
    expect(await kernel.reset(mostMemory)).toBe(true);
    const [value, imported] = await runAll(kernel, ["kept", 'is("state", "CA")']);
    expect([value.executionCount, getError(value)]).toEqual([1, expect.stringContaining("Cannot find name 'kept'")]);
    expect(getError(imported)).toContain('is is not imported: write import { is } from "runbook"; above.');
  });

  test("has none of its columns for completion, and no words for a cell that did not ask", async () => {
    const kernel = await start();
    await runAll(kernel, [opening, asking]);
    const code = "await both(sql`select sta from licenses`)";
    const complete = async () =>
      (await kernel.ask("complete_request", { code, cursor_pos: code.indexOf(" from lic") })).matches;
    expect(await complete()).toEqual(expect.arrayContaining(["state", "status"]));
    await runAll(kernel, ["await close();"]);
    expect(await kernel.reset(mostMemory)).toBe(true);
    expect(await complete()).not.toContain("state");
    expect(await runAll(kernel, ["const alone = 1;"])).toEqual([{ status: "ok", outputs: [], executionCount: 1 }]);
  }, 120_000);
});

describe("a kernel is not kept", () => {
  test.each(leavings)(
    "with %s left in it",
    async (_, cell) => {
      const kernel = await start();
      expect((await runAll(kernel, [cell])).map(getError)).toEqual([undefined]);
      expect(await kernel.reset(mostMemory)).toBe(false);
    },
    120_000,
  );

  test(
    "after a cell that failed, one that was interrupted, or with too much memory",
    { timeout: 120_000 },
    async () => {
      const failing = await start();
      await runAll(failing, ['throw new Error("no");']);
      expect(await failing.reset(mostMemory)).toBe(false);
      const late = await start();
      await runAll(late, ['void Promise.reject(new Error("late"));']);
      expect(await late.reset(mostMemory)).toBe(false);
      const interrupted = await start();
      const waiting = interrupted.execute("await new Promise((done) => setTimeout(done, 60_000));");
      setTimeout(() => interrupted.interrupt(), 500);
      await waiting;
      expect(await interrupted.reset(mostMemory)).toBe(false);
      const large = await start();
      expect(await large.reset(1e6)).toBe(false);
    },
  );
});

async function start(results = `results-${started.length}`): Promise<Kernel> {
  const RUNBOOK_RESULTS = join(folder, results);
  mkdirSync(RUNBOOK_RESULTS, { recursive: true });
  const kernel = await startKernel(folder, { ...environment, RUNBOOK_RESULTS });
  started.push(kernel);
  return kernel;
}

async function runAll(kernel: Kernel, cells: string[]): Promise<Execution[]> {
  const executions: Execution[] = [];
  for (const cell of cells) executions.push(await kernel.execute(cell));
  return executions;
}

function getError({ outputs }: Execution): string | undefined {
  const error = outputs.find((output: Output) => output.output_type === "error");
  return error && error.output_type === "error" ? error.evalue : undefined;
}

function withoutTimes(execution: Execution): unknown {
  return JSON.parse(JSON.stringify(execution).replace(/[\d,]+ ms\b/g, "ms"));
}
