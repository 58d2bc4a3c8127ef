import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { SafeColumns } from "../lib/guard/safe-columns";
import type { Side } from "../lib/ledger";
import { compareAllRows, compareRows, type Outcome, type RowsOptions } from "../lib/rows";
import { openSides, type Sides } from "./sides";

/** Rows that differ, and were once called the same; and rows that are the same, and were once called something else. */
let sides: Sides;
const names = ["t", "t.dotted", 'quoted"name', "v", "mv", "parts", "parent", "child", "wide", "good", "bad"];
const safe: SafeColumns = { safe: Object.fromEntries(names.map((name) => [name, "*" as const])) };

const dotted = `drop table if exists "t.dotted", "quoted""name"; create table "t.dotted" ("a.b" int primary key, v int);
  create table "quoted""name" (id int primary key); insert into "t.dotted" values (1, 1)`;

beforeAll(async () => {
  sides = await openSides(safe);
  // the guard reads the catalog once
  await make(dotted);
});
afterAll(() => sides?.close());

/** Makes what both sides have, and what each has for itself. */
async function make(both: string, production = "", local = ""): Promise<void> {
  for (const [side, own] of Object.entries({ production, local }))
    await sides.clients[side as Side].query(`drop table if exists t cascade; ${both}; ${own}`);
}
const compare = (table = "t", options: RowsOptions = {}) => compareRows(sides.sources, table, safe, options);
const counts = ({ same, changed, ...rest }: Outcome) => [
  same,
  changed,
  rest["only in production"],
  rest["only in local"],
];

describe("what differs is never the same", () => {
  test.each([
    ["numeric(10,2)", "100.00", "-100.00"],
    ["numeric", "'NaN'", "'Infinity'"],
    ["numeric", "'Infinity'", "'-Infinity'"],
    ["numeric[]", "'{1.5}'", "'{-1.5}'"],
    ["numrange", "'[1.5,2)'", "'[-1.5,2)'"],
    ["int8", "-1", "4294967295"],
    ["int8", "4294967296", "1"],
    ["int8[]", "'{4294967296}'", "'{1}'"],
    ["int8range", "'[1,4294967297)'", "'[1,2)'"],
    ["int4[]", "'{}'", "null"],
    ["int4[]", "'{null}'", "'{}'"],
    ["int4[]", "'[0:0]={1}'", "'{1}'"],
    ["int4[]", "'{{1,2},{3,4}}'", "'{1,2,3,4}'"],
    ["text", "''", "null"],
    ["text", "'a'", "'a '"],
    ["text", "E'e\\u0301'", "E'\\u00e9'"],
    ["text[]", "array['NULL']", "array[null]"],
    ["date", "'0044-03-15 BC'", "'0044-03-15'"],
    ["float8", "0.1", "0.10000000000000002"],
    ["jsonb", `'{"a": "x.0]"}'`, `'{"a": "x]"}'`],
    ["jsonb", `'{"a": "1.10,"}'`, `'{"a": "1.1,"}'`],
    ["json", `'{"a": null}'`, `'{}'`],
    ["timetz", "'23:30-01'", "'00:30+00'"],
    ["interval", "'1 day'", "'24 hours 0.000001 seconds'"],
    ["bytea", "'\\x00'", "'\\x0000'"],
  ])("%s: %s and %s", async (type, one, other) => {
    await make(
      `create table t (id int primary key, v ${type})`,
      `insert into t values (1, ${one})`,
      `insert into t values (1, ${other})`,
    );
    expect(counts(await compare())).toEqual([0, 1, 0, 0]);
    expect(counts(await compare("t", { sizes: { smallRows: 0 } }))).toEqual([0, 1, 0, 0]);
  });

  test("a smallint and a numeric: the sign counts, the scale does not", async () => {
    const tables = ["int2", "numeric"].map((type) => `create table t (id int primary key, v ${type})`);
    await make(
      "",
      `${tables[0]}; insert into t values (1, -5), (2, 5)`,
      `${tables[1]}; insert into t values (1, 5), (2, 5.00)`,
    );
    expect(counts(await compare())).toEqual([1, 1, 0, 0]);
  });

  test("keys that differ in the upper half of a bigint are two keys", async () => {
    await make(
      "create table t (a bigint, b int, primary key (a, b))",
      "insert into t values (4294967296, 1)",
      "insert into t values (1, 1)",
    );
    expect(counts(await compare())).toEqual([0, 0, 1, 1]);
  });

  test("NULL in a key counts as a value", async () => {
    await make(
      "create table t (a int, b text)",
      "insert into t values (null, 'a')",
      "insert into t values (null, 'b')",
    );
    expect(counts(await compare("t", { key: ["a", "b"] }))).toEqual([0, 0, 1, 1]);
    expect(counts(await compare("t", { key: ["a"] }))).toEqual([0, 1, 0, 0]);
  });

  test("values that two rows have exchanged, and rows that have changed in pairs", async () => {
    await make(
      "create table t (id int primary key, v int8, w text)",
      "insert into t select g, g, 'w' || g from generate_series(1, 1000) g",
      "insert into t select g, case when g < 500 then g + case g % 2 when 0 then 1 else -1 end else g end, 'w' || g from generate_series(1, 1000) g where g > 1",
    );
    expect((await compare("t", { columns: ["v"] })).changed).toBe(498);
    await make(
      "create table t (v int)",
      "insert into t values (1), (1), (2), (2)",
      "insert into t values (1), (1), (3), (3)",
    );
    expect(counts(await compare())).toEqual([2, 0, 2, 2]);
  });
});

describe("what is the same is not said to differ, and a key that tells rows apart is taken", () => {
  test.each([
    ["numeric", "1.10", "1.1"],
    ["float8", "'-0'", "'0'"],
    ["timestamptz", "'2026-01-01 12:00+00'", "'2026-01-01 17:30+05:30'"],
    ["jsonb", `'{"a": 1.10, "b": [0.50, 100]}'`, `'{"b": [0.5, 1e2], "a": 1.1}'`],
    ["json", `'{"a": "\\u00e9\\ud83d\\ude00"}'`, `'{ "a": "é😀" }'`],
    ["json", `'{"a": "\\ud800"}'`, `'{"a": "\\ud800"}'`],
    ["json", "'1e999999'", "'1e999999'"],
    ["interval", "'1 mon'", "'30 days'"],
    ["interval[]", "array[interval '1 mon', null]", "array[interval '30 days', null]"],
    ["numeric[]", "'[0:1]={1.10,NULL}'", "'[0:1]={1.1,NULL}'"],
    ["numrange", "'[1.10,)'", "'[1.1,)'"],
    ["nummultirange", "'{[1.10,2),[3,4)}'", "'{[1.1,2.0),[3,4)}'"],
    ["char(5)", "'a'", "'a  '"],
    ["point", "'(-0,1)'", "'(0,1)'"],
  ])("%s: %s and %s", async (type, one, other) => {
    await make(
      `create table t (id int primary key, v ${type})`,
      `insert into t values (1, ${one})`,
      `insert into t values (1, ${other})`,
    );
    expect(counts(await compare())).toEqual([1, 0, 0, 0]);
  });

  test("a domain over a domain, and a composite type with numbers in it", async () => {
    await make(
      "drop domain if exists d2, d1 cascade; drop type if exists pair cascade; create domain d1 as numeric; create domain d2 as d1; create type pair as (n numeric, t text); create table t (id int primary key, v d2, p pair)",
      "insert into t values (1, 1.10, row(1.10, null)), (2, 1, row(null, null)), (3, 1, row(1, ''))",
      "insert into t values (1, 1.1, row(1.1, null)), (2, 1, null), (3, 1, row(1, null))",
    );
    const outcome = await compare();
    expect([counts(outcome), outcome["columns that differ"]]).toEqual([[1, 2, 0, 0], { p: 2 }]);
  });

  test("types that no spelling is common to are left out with a word", async () => {
    await make(
      "",
      "create table t (id int primary key, v int4range, w int)",
      "create table t (id int primary key, v numrange, w int)",
    );
    expect((await compare())["left out"]).toEqual([
      { column: "v", why: "int4range in production and numrange in local cannot be compared" },
    ]);
  });

  test("1.5 and -1.5 are two keys", async () => {
    await make(
      "create table t (n numeric primary key, v int); insert into t values (1.5, 1), (-1.5, 2), (0, 3)",
      "",
      "update t set v = 9 where n < 0",
    );
    expect((await compare()).keys.changed).toEqual([{ key: ["-1.5"], columns: ["v"] }]);
  });

  test("keys at both ends of bigint", async () => {
    await make(
      "create table t (id int8 primary key, v int); insert into t values (9223372036854775807, 1), (9223372036854775806, 1), (-9223372036854775808, 1)",
      "",
      "update t set v = 2 where id = 9223372036854775807",
    );
    for (const where of ["id > 0", "id < 9223372036854775807", "true"])
      for (const sizes of [{}, { smallRows: 0 }, { smallRows: 0, leafRows: 1, buckets: 2 }])
        expect((await compare("t", { sizes, where })).keys.changed).toEqual(
          where.includes("<") ? [] : [{ key: ["9223372036854775807"], columns: ["v"] }],
        );
    await make(
      "create table t (id int8 primary key, v int); insert into t select 9223372036854775807 - g, 1 from generate_series(0, 300) g",
      "",
      "update t set v = 2 where id > 9223372036854775805",
    );
    expect((await compare("t", { sizes: { smallRows: 0, leafRows: 10, buckets: 8 } })).changed).toBe(2);
  });

  test("100,000 rows with uuid keys, all changed, and as many that only one side has", async () => {
    const rows = (value: number, keys = "") =>
      `insert into t select md5('${keys}' || g)::uuid, ${value} from generate_series(1, 100000) g`;
    await make("create table t (id uuid primary key, v int)", rows(1), rows(2));
    expect(counts(await compare())).toEqual([0, 100_000, 0, 0]);
    await make("create table t (id uuid primary key, v int)", rows(1), rows(1, "other "));
    expect(counts(await compare())).toEqual([0, 0, 100_000, 100_000]);
  }, 60_000);
});

describe("any table", () => {
  test.each([100, 300, 1600])("%i columns", async (width) => {
    const columns = Array.from({ length: width }, (_, index) => `c${index} ${index % 2 ? "bool" : "int2"}`);
    await make(
      `create table t (${columns.join(", ")}); insert into t (c0, c1) values (1, true), (2, false)`,
      "",
      `update t set c${width - 1} = ${width % 2 ? 1 : "true"} where c0 = 2`,
    );
    expect((await compare("t", { key: ["c0"] })).keys.changed).toEqual(
      [{ key: [2], columns: [`c${width - 1}`] }].map((one) => ({ ...one, key: one.key.map(String) })),
    );
    expect(counts(await compare())).toEqual([1, 0, 1, 1]);
  });

  test("names with dots and quotes, in either spelling", async () => {
    await make(dotted, "", `update "t.dotted" set v = 2`);
    for (const name of ["t.dotted", "public.t.dotted", '"t.dotted"', 'public."t.dotted"'])
      expect(counts(await compare(name))).toEqual([0, 1, 0, 0]);
    expect(counts(await compare("t.dotted", { where: `"a.b" > 1` }))).toEqual([0, 0, 0, 0]);
    expect((await compare('quoted"name')).key).toEqual(["id"]);
  });

  test("views and materialized views, with a key or without", async () => {
    await make(
      "create table t (id int primary key, v int); create view v as select id, v from t; insert into t select g, g from generate_series(1, 500) g",
      "",
      "update t set v = 0 where id = 7",
    );
    for (const side of Object.values(sides.clients))
      await side.query("create materialized view mv as select id, v from t");
    const small = { smallRows: 0, leafRows: 50, buckets: 16, firstRows: 100, fewestRows: 50 };
    for (const view of ["v", "mv"])
      for (const sizes of [{}, small]) {
        expect((await compare(view, { key: ["id"], sizes })).keys.changed).toEqual([{ key: ["7"], columns: ["v"] }]);
        expect(counts(await compare(view, { sizes }))).toEqual([499, 0, 1, 1]);
      }
  });

  test("partitioned on one side, and inherited", async () => {
    await make(
      "drop table if exists parts, parent cascade",
      "create table parts (id int primary key, v int)",
      "create table parts (id int primary key, v int) partition by range (id); create table p1 partition of parts for values from (0) to (500); create table p2 partition of parts for values from (500) to (5000)",
    );
    await make(
      "create table parent (id int primary key, v int); create table child () inherits (parent); insert into parent values (1, 1); insert into child values (1, 2); insert into parts select g, g from generate_series(1, 1000) g",
      "",
      "update parts set v = 0 where id = 900; update child set v = 3",
    );
    const small = { smallRows: 0, leafRows: 50, buckets: 16, firstRows: 100, fewestRows: 50 };
    for (const sizes of [{}, small]) {
      expect((await compare("parts", { sizes })).keys.changed).toEqual([{ key: [900], columns: ["v"] }]);
      expect(counts(await compare("parent", { sizes }))).toEqual([1, 0, 1, 1]);
    }
  });
});

test("types of extensions: citext as its own = says, hstore by its output", async () => {
  await make("create extension if not exists citext; create extension if not exists hstore");
  await make(
    "create table t (id int primary key, c citext, h hstore)",
    "insert into t values (1, 'a', 'a=>1'), (2, 'a', 'a=>NULL')",
    "insert into t values (1, 'A', 'a=>1'), (2, 'b', 'a=>NULL')",
  );
  expect((await compare())["columns that differ"]).toEqual({ c: 1 });
});

describe("databases in other encodings", () => {
  let others: Sides;
  beforeAll(async () => {
    others = await openSides(safe, "", "encoding LATIN1 lc_collate 'C' lc_ctype 'C' template template0");
  });
  afterAll(() => others?.close());

  test("UTF8 and LATIN1", async () => {
    for (const [side, value] of [
      ["production", "Zoë"],
      ["local", "Zoe"],
    ] as const)
      await others.clients[side].query(
        `create table t (name text primary key, v json); insert into t values ('Jürgen', '{"é": 1}'), ('${value}', null)`,
      );
    expect(counts(await compareRows(others.sources, "t", safe))).toEqual([1, 0, 1, 1]);
  });
});

test("one table that fails does not spoil the others", async () => {
  await make(
    "drop table if exists good, bad cascade; create table good (id int primary key); create table bad (id int primary key, v int); insert into good values (1); insert into bad values (1, 0)",
  );
  await sides.clients.local.query(
    "create or replace function broken() returns int language sql volatile as 'select 1'",
  );
  const broken = {
    ...sides.sources,
    local: {
      ...sides.sources.local,
      ask: (statement: Parameters<typeof sides.sources.local.ask>[0]) =>
        /"bad"/.test(statement.strings.join(""))
          ? Promise.reject(new TypeError("of a kind that nobody foresaw"))
          : sides.sources.local.ask(statement),
    },
  };
  const { outcomes, left } = await compareAllRows(broken, safe, { only: ["good", "bad"] });
  expect(outcomes.map(({ table }) => table)).toEqual(["public.good"]);
  expect(left).toEqual([{ table: "public.bad", why: expect.stringContaining("could not be compared") }]);
});
