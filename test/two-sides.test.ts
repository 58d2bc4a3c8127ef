import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startServer, type Server } from "../lib/demo/postgres";
import { tidy } from "../lib/frame";
import { bind, inline, template as sql } from "../lib/sql/template";
import { newDatabase } from "./schema/database";

const cli = join(__dirname, "..", "lib", "cli.js");
const column = (name: string, type = "text") => ({ name, type });

describe("two answers whose columns differ are matched by name", () => {
  test("in another order", () =>
    expect(
      tidy({
        production: { columns: [column("city"), column("state")], cells: [["Reno", "NV"]] },
        local: { columns: [column("state"), column("city")], cells: [["CA", "Napa"]] },
      }).toRecords(),
    ).toEqual([
      { source: "production", city: "Reno", state: "NV" },
      { source: "local", city: "Napa", state: "CA" },
    ]));
  test("one that a side lacks is null there, and keeps its type", () => {
    const frame = tidy({
      production: { columns: [column("a", "int4"), column("b")], cells: [["1", "x"]] },
      local: { columns: [column("a", "int4"), column("c", "int4")], cells: [["2", "3"]] },
    });
    expect(frame.toRecords()).toEqual([
      { source: "production", a: 1, b: "x", c: null },
      { source: "local", a: 2, b: null, c: 3 },
    ]);
    expect(String(frame.getColumn("c").dtype)).toMatch(/Int64/);
  });
  test("one whose type differs holds both as text, without loss", () =>
    expect(
      tidy({
        production: { columns: [column("a", "int8")], cells: [["9007199254740993"]] },
        local: { columns: [column("a", "text")], cells: [["07"]] },
      })
        .getColumn("a")
        .toArray(),
    ).toEqual(["9007199254740993", "07"]));
});

describe("what a template sends", () => {
  test("a backslash as it is written", () =>
    expect(inline(sql`select count(*) from t where v ~ '^x\d+$'`)).toBe("select count(*) from t where v ~ '^x\\d+$'"));
  test("a list of lists as an array of two dimensions", () =>
    expect(
      bind(
        sql`select ${[
          [1, 2],
          [3, 4],
        ]}::int[]`,
      ).values,
    ).toEqual(['{{"1","2"},{"3","4"}}']));
  test("a whole number past 64 bits as a numeric, digit for digit", () => {
    expect(inline(sql`select ${2n ** 70n}`)).toBe("select '1180591620717411303424'::numeric");
    expect(inline(sql`select ${2 ** 70}`)).toBe("select '1180591620717411303424'::numeric");
    expect(inline(sql`select ${2n ** 60n}`)).toBe("select '1152921504606846976'::bigint");
  });
});

describe("runbook query on two databases", () => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer();
    const rows = "('1', 'Reno', 'NV')";
    await (
      await newDatabase(
        server,
        "a",
        `create table ord (id text, city text, state text); insert into ord values ${rows}`,
      )
    ).end();
    await (
      await newDatabase(
        server,
        "b",
        `create table ord (id text, state text, city text); insert into ord (id, city, state) values ${rows}`,
      )
    ).end();
  });
  afterAll(() => server?.stop());
  const query = (...words: string[]) =>
    spawnSync(
      process.execPath,
      [cli, "query", ...words, "--production", server.address("a"), "--local", server.address("b")],
      {
        encoding: "utf8",
        env: { ...process.env, RUNBOOK_COLUMNS: join(__dirname, "two-sides.json") },
      },
    );

  test("puts each value under its own column's name", () => {
    const { stdout, status } = query("--on", "both", "--csv", "select * from ord");
    expect([stdout.trim().split(/\r?\n/), status]).toEqual([
      ["source,id,city,state", "production,1,Reno,NV", "local,1,Reno,NV"],
      0,
    ]);
  });
  test("a table that is not there is an error, not an empty answer", () => {
    const { stderr, status } = query("--schema", "nosuch");
    expect([status, stderr]).toEqual([
      2,
      expect.stringMatching(/There is no table "nosuch" there: npx runbook query --tables/),
    ]);
  });
});

test.each(["18.20.4", "20.12.2", "20.18.3", "21.7.3", "22.11.0"])(
  "Node %s is told what is needed, before anything is loaded",
  (version) => {
    const program = `Object.defineProperty(process.versions, "node", { value: ${JSON.stringify(version)} }); require(${JSON.stringify(cli)})`;
    const { status, stderr } = spawnSync(process.execPath, ["-e", program], { encoding: "utf8" });
    expect([status, stderr]).toEqual([
      2,
      expect.stringMatching(/^runbook: this is Node \S+, and the runbook needs 20\.19, 22\.12 or newer.*\n$/),
    ]);
  },
);
