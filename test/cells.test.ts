import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startServer, type Server } from "../lib/demo/postgres";
import { startKernel, type Kernel } from "../lib/run/jupyter/kernel";
import type { Output } from "../lib/run/notebook";
import { makeProjectFolder } from "./folder";

/** What the real kernel knows of the cells that have run: the columns of their frames, and who used what of whom. */
let server: Server;
let folder: string;
let kernel: Kernel;
beforeAll(async () => {
  server = await startServer();
  const client = new Client({ connectionString: server.address("postgres") });
  await client.connect();
  await client.query("create table licenses (state text, status text, issued date)");
  await client.query("insert into licenses values ('CA', 'active', '2026-01-02'), ('NY', 'active', null)");
  await client.end();
  folder = makeProjectFolder("cells");
  writeFileSync(join(folder, "columns.json"), '{"safe": {"licenses": "*"}}');
  const address = server.address("postgres");
  kernel = await startKernel(folder, {
    ...process.env,
    RUNBOOK_PRODUCTION: address,
    RUNBOOK_LOCAL: address,
    RUNBOOK_COLUMNS: join(folder, "columns.json"),
    RUNBOOK_RESULTS: undefined,
  });
  const opening = await run('import { open, both, sql, is, records } from "runbook"; await open("cells");', "open");
  expect(opening.error).toBeUndefined();
}, 120_000);
afterAll(async () => {
  await kernel?.shutdown();
  await server?.stop();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

describe("a frame's rows", () => {
  beforeAll(async () => {
    const asked = await run(
      "const licenses = await both(sql`select state, issued, count(*) as licenses from licenses group by 1, 2 order by 1`);",
      "rows",
    );
    expect(asked.error).toBeUndefined();
  });

  test.each([
    ["records(licenses).map((row) => row.licences)", "licences", "licenses"],
    ['records(licenses.filter(is("state", "CA"))).map((row) => row.stat)', "stat", "state"],
    ["licenses.toRecords()[0].isued", "isued", "issued"],
  ])("have the columns of the answer: %s is an error before it runs", async (code, wrong, meant) => {
    const { error } = await run(code);
    expect(error).toMatch(
      /^line 1, column \d+: Property '\w+' does not exist on type '\{ source: string; state: string/,
    );
    expect(error).toContain(`Property '${wrong}'`);
    expect(error).toContain(`Did you mean '${meant}'?`);
  });

  test("have types, which the next cell knows too", async () => {
    expect((await run("const days: string = records(licenses)[0].issued;")).error).toContain(
      "Type 'Date' is not assignable to type 'string'.",
    );
    expect((await run("const first = records(licenses)[0];")).error).toBeUndefined();
    expect((await run("first.licenses + 1")).text).toBe("2\n");
    expect((await run("first.licences")).error).toContain("Did you mean 'licenses'?");
  });

  test("are completed with the columns", async () => {
    const complete = async (code: string) =>
      (await kernel.ask("complete_request", { code, cursor_pos: code.length })).matches;
    expect(await complete("records(licenses)[0].")).toEqual(["issued", "licenses", "source", "state"]);
    expect(await complete('records(licenses.filter(is("state", "CA"))).map((row) => row.lic')).toEqual(["licenses"]);
  });

  test("say of a column that is not there which is meant, where no type could: in the cell that asks", async () => {
    const asking = "await both(sql`select state, count(*) as licenses from licenses group by 1`)";
    expect((await run(`records(${asking}).map((row) => row.licences)`)).error).toBe(
      "There is no column licences; perhaps licenses is meant: the columns are source, state, licenses.",
    );
    expect((await run(`records(${asking}).map(({ state, total }) => total)`)).error).toBe(
      "There is no column total: the columns are source, state, licenses.",
    );
  });

  test("print, spread and turn into JSON like any object", async () => {
    const { text, error } = await run(
      'const [row] = records(licenses); console.log(row, JSON.stringify({ ...row }), "total" in row, await row);',
    );
    expect(error).toBeUndefined();
    const printed = "{ source: 'production', state: 'CA', issued: 2026-01-02T00:00:00.000Z, licenses: 1 }";
    const json = '{"source":"production","state":"CA","issued":"2026-01-02T00:00:00.000Z","licenses":1}';
    expect(text.replace(/\s+/g, " ")).toBe(`${printed} ${json} false ${printed} `);
  });
});

describe("a cell whose inputs have changed", () => {
  test("is named below the cell that changed them, until it has run again", async () => {
    const parameter = await run('let by = "state";', "parameter");
    const asked = await run("const counted = await both(sql`select state from licenses`);", "asked");
    const first = await run("`${by} of ${counted.height}`", "first");
    const second = await run("const twice = counted.height * 2;", "second");
    await run("twice + 1", "third");
    const edited = await run('let by = "status";', "parameter");
    expect(edited.notes()).toEqual([`Stale now: cell [${first.count}] used by from this cell; run it again.`]);
    const again = await run("const counted = await both(sql`select state from licenses where state = 'CA'`);", "asked");
    expect(again.notes()).toEqual([
      `Stale now: cells [${first.count}] and [${second.count}] used counted from this cell; run them again.`,
    ]);
    const firstAgain = await run("`${by} of ${counted.height}`", "first");
    expect(firstAgain.text).toBe("status of 2\n");
    expect([edited.notes(), again.notes()]).toEqual([
      [],
      [`Stale now: cell [${second.count}] used counted from this cell; run it again.`],
    ]);
    // the change goes on from there
    const secondAgain = await run("const twice = counted.height * 2;", "second");
    expect(secondAgain.notes()).toEqual([expect.stringMatching(/^Stale now: cell \[\d+\] used twice from this cell/)]);
    expect([edited.notes(), again.notes(), parameter.notes(), asked.notes()]).toEqual([[], [], [], []]);
  });

  test("is not named where nothing is another, where another cell declares the name anew, or where it failed", async () => {
    await run('const grid = { on: "state" };', "a");
    const used = await run("grid.on", "b");
    const redeclared = await run('const grid = { on: "status" };', "c");
    const same = await run('const grid = { on: "state" };', "a");
    const other = await run('const grid = { on: "other" };', "c");
    expect([used, redeclared, same, other].map((one) => one.notes())).toEqual([[], [], [], []]);
    await run("const kept = 1;", "d");
    await run('kept; throw new Error("no");', "e");
    expect((await run("const kept = 2;", "d")).notes()).toEqual([]);
  });

  test("is known by what it declares, where a front end sends no id", async () => {
    await run("const limit = 1;");
    const used = await run("limit + 1");
    const edited = await run("const limit = 2; // edited");
    expect(edited.notes()).toEqual([`Stale now: cell [${used.count}] used limit from this cell; run it again.`]);
    await run("limit + 1");
    expect(edited.notes()).toEqual([]);
  });
});

async function run(code: string, id?: string) {
  const { outputs, executionCount } = await kernel.execute(code, id);
  const textOf = (output: Output): string => (output.output_type === "stream" ? output.text : "");
  const error = outputs.find((output) => output.output_type === "error");
  return {
    count: executionCount,
    text: outputs.map(textOf).join(""),
    error: error?.output_type === "error" ? error.evalue : undefined,
    /** What stands below the cell now. */
    notes: () =>
      outputs
        .flatMap((output) => (output.output_type === "display_data" ? [String(output.data["text/plain"])] : []))
        .filter((text) => text.startsWith("Stale")),
  };
}
