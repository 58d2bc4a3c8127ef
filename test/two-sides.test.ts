import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startServer, type Server } from "../lib/demo/postgres";
import { findings } from "../lib/checks/finding";
import { compare, differing } from "../lib/compare/compare";
import { distinguish } from "../lib/distinguish";
import { describeColumns } from "../lib/answer";
import { uniteSides } from "../lib/frame";
import { describeValue } from "../lib/run/document/outline";
import { makeFrameBundle } from "../lib/show/table";
import { bind, inline, buildTemplate as sql } from "../lib/sql/template";
import { newDatabase } from "./databases";

const cli = join(__dirname, "..", "lib", "cli.js");
const column = (name: string, type = "text") => ({ name, type });

describe("two answers whose columns differ are matched by name", () => {
  test("in another order", () =>
    expect(
      uniteSides({
        production: { columns: [column("city"), column("state")], cells: [["Reno", "NV"]] },
        local: { columns: [column("state"), column("city")], cells: [["CA", "Napa"]] },
      }).toRecords(),
    ).toEqual([
      { source: "production", city: "Reno", state: "NV" },
      { source: "local", city: "Napa", state: "CA" },
    ]));
  test("one that a side lacks is null there, and keeps its type", () => {
    const frame = uniteSides({
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
      uniteSides({
        production: { columns: [column("a", "int8")], cells: [["9007199254740993"]] },
        local: { columns: [column("a", "text")], cells: [["07"]] },
      })
        .getColumn("a")
        .toArray(),
    ).toEqual(["9007199254740993", "07"]));
});

describe("what two answers lack of each other, and what differs in type", () => {
  test("numbers of two types keep every digit", () => {
    const frame = uniteSides({
      production: { columns: [column("a", "numeric"), column("b", "date")], cells: [["0.10", "2024-01-01"]] },
      local: {
        columns: [column("a", "float8"), column("b", "timestamptz")],
        cells: [["0.1", "2024-01-01 00:00:00+00"]],
      },
    });
    expect(frame.toRecords()).toEqual([
      { source: "production", a: "0.10", b: "2024-01-01" },
      { source: "local", a: "0.1", b: "2024-01-01 00:00:00+00" },
    ]);
  });
  test("types that are read alike stay numbers", () => {
    const answers = {
      production: { columns: [column("a", "int4"), column("t", "varchar")], cells: [["1", "x"]] },
      local: { columns: [column("a", "int8"), column("t", "text")], cells: [["2", "y"]] },
    };
    expect(String(uniteSides(answers).getColumn("a").dtype)).toMatch(/Int64/);
    expect(describeColumns(answers)).toEqual({ lacking: [], retyped: [] });
  });
  test("in sentences, a name that comes twice among them", () => {
    const answers = {
      production: { columns: [column("a", "int4"), column("a", "int4"), column("only")], cells: [["1", "2", "x"]] },
      local: { columns: [column("a", "text"), column("more")], cells: [["3", "y"]] },
    };
    expect(describeColumns(answers)).toEqual({
      lacking: ["production has no column more: null in its rows.", "local has no column a_2, only: null in its rows."],
      retyped: ["Column a is int4 in production and text in local: both are shown as text."],
    });
    expect(uniteSides(answers).toRecords()).toEqual([
      { source: "production", a: "1", a_2: 2, only: "x", more: null },
      { source: "local", a: "3", a_2: null, only: null, more: "y" },
    ]);
  });
});

describe("two values that differ look different", () => {
  test.each([
    ["Reno", "Reno ", "Reno", "Reno\\u0020"],
    ["a b", "a  b", "a b", "a \\u0020b"],
    ["a b", "a\u00a0b", "a\\u0020b", "a\\u00a0b"],
    ["a\tb", "a b", "a\\tb", "a\\u0020b"],
    ["ab", "a\u200bb", "ab", "a\\u200bb"],
    ["ab", "a\u00adb", "ab", "a\\u00adb"],
    ["\u00e9", "e\u0301", "\\u00e9", "e\\u0301"],
    ["\u0430pp", "app", "\\u0430pp", "app"],
    ["Stra\u00dfe", "Stra\u1e9ee", "Stra\\u00dfe", "Stra\\u1e9ee"],
    ["line", "line\n", "line", "line\\n"],
    ["a-b", "a\u2013b", "a-b", "a\\u2013b"],
    ["Z\u00fcrich", "Genf", "Z\u00fcrich", "Genf"],
    ["same\u00a0", "same\u00a0", "same\u00a0", "same\u00a0"],
  ])("%j and %j", (one, other, left, right) => {
    expect(distinguish(one, other)).toEqual([left, right]);
    expect(distinguish(other, one)).toEqual([right, left]);
  });

  test.each([
    ["timestamptz", "2024-01-01 10:00:00.000001+00", "2024-01-01 10:00:00.000002+00"],
    ["timestamp", "2024-01-01 10:00:00", "2024-01-01 10:00:00.1"],
    ["float8", "0.30000000000000004", "0.3"],
    ["float8", "-0", "0"],
    ["float8", "1000.0001", "1000.0002"],
    ["int8", "9007199254740993", "9007199254740992"],
    ["text", "Reno", "Reno "],
    ["jsonb", '{"a": 1.0}', '{"a": 1.00}'],
    ["numeric", "0.1234567", "0.1234568"],
  ])("of type %s: %s and %s, in a table and in a finding", (type, one, other) => {
    const columns = [column("id", "int4"), column("v", type)];
    const comparison = compare(
      uniteSides({ production: { columns, cells: [["1", one]] }, local: { columns, cells: [["1", other]] } }),
      "id",
    );
    expect(comparison.getColumn("status").toArray()).toEqual(["changed"]);
    const bundle = makeFrameBundle(differing(comparison), "What differs", "x.json");
    const cells = [...String(bundle["text/html"]).matchAll(/<td[^>]*>([^<]*)<\/td>/g)]
      .map(([, cell]) => cell)
      .slice(-2);
    expect(cells[0].trim()).not.toBe(cells[1].trim());
    const [row] = String(bundle["text/markdown"]).split("\n").slice(-1);
    const [left, right] = row.split("|").slice(-3, -1);
    expect(left.trim()).not.toBe(right.trim());
    const [found] = findings(comparison.rename({ id: "table" }), "table", () => "medium");
    expect(JSON.stringify(found.production)).not.toBe(JSON.stringify(found.local));
    const [shownThere, shownHere] = (["production", "local"] as const).map((side) =>
      describeValue(found as never, side),
    );
    expect(shownThere?.trim()).not.toBe(shownHere?.trim());
  });
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
        `create table ord (id text, city text, state text); insert into ord values ${rows};
         create table only_here (id int, v int); insert into only_here values (1, 1)`,
      )
    ).end();
    await (
      await newDatabase(
        server,
        "b",
        `create table ord (id text, state text, city text); insert into ord (id, city, state) values ${rows};
         create table only_here (id int, v text, w text); insert into only_here values (1, '01', 'x')`,
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
  test("says on stderr which columns a side lacks, and which have another type", () => {
    const text = "select * from only_here";
    const { stdout, stderr, status } = query("--on", "both", "--csv", text);
    expect([stdout.trim().split(/\r?\n/), status]).toEqual([["source,id,v,w", "production,1,1,", "local,1,01,x"], 0]);
    expect(stderr).toContain("runbook: production has no column w: null in its rows.\n");
    expect(stderr).toContain("runbook: Column v is int4 in production and text in local.\n");
    expect(query("--on", "both", "--json", text).stderr).toContain("runbook: production has no column w.\n");
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
