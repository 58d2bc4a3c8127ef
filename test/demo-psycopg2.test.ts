import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sqlFunction, type Handler } from "../lib/demo/function";
import { startServer, type Server } from "../lib/demo/postgres";

let server: Server;
let lambda: { handler: Handler; stop(): Promise<void> };

beforeAll(async () => {
  server = await startServer();
  lambda = sqlFunction({ ...server, database: "postgres" });
}, 30_000);

afterAll(async () => {
  await lambda?.stop();
  await server?.stop();
});

/** The JSON of the first row, exactly as it goes over the wire. */
async function row(query: string): Promise<string> {
  const answer = await lambda.handler({ query });
  return /"rows": \[(.*)\], "row_count": \d+\}$/.exec(answer)![1];
}

async function error(query: string): Promise<unknown> {
  return lambda.handler({ query }).then(String, ({ type, message }) => ({ type, message }));
}

// Every line was compared with psycopg2 2.9 and json.dumps(default=str) under Python 3.11.
const values: [type: string, sql: string, json: string][] = [
  [
    "an int8 keeps its digits, as a number",
    "9223372036854775807, (-9223372036854775808)::int8, 4294967295::oid",
    "9223372036854775807, -9223372036854775808, 4294967295",
  ],
  [
    "a numeric is a string",
    "1.10, 0::numeric, 'NaN'::numeric, 1e20::numeric",
    `"1.10", "0", "NaN", "100000000000000000000"`,
  ],
  [
    "a small numeric is written as Python's Decimal does",
    "0.0000001, 0.00000120, 0.00000000, 0.000001",
    `"1E-7", "0.00000120", "0E-8", "0.000001"`,
  ],
  [
    "a float is Python's",
    "1::float8, 1e16::float8, 1e15::float8, 0.00001::float8, 0.0001::float8, -0.0::float8, 1.1::float4",
    "1.0, 1e+16, 1000000000000000.0, 1e-05, 0.0001, -0.0, 1.1",
  ],
  [
    "a float that is no number is not JSON",
    "'NaN'::float8, 'Infinity'::float4, '-Infinity'::float8",
    "NaN, Infinity, -Infinity",
  ],
  ["a boolean", "true, false, null::bool", "true, false, null"],
  [
    "text is ASCII with escapes",
    `'é "q" \\ 😀 ' || chr(10) || chr(127)`,
    `"\\u00e9 \\"q\\" \\\\ \\ud83d\\ude00 \\n\\u007f"`,
  ],
  [
    "a date, also an infinite one",
    "date '2026-01-01', date 'infinity', date '-infinity'",
    `"2026-01-01", "9999-12-31", "0001-01-01"`,
  ],
  [
    "a timestamp shows microseconds where there are some",
    "timestamp '2026-01-01', timestamp '2026-01-01 00:00:00.5', timestamp '-infinity'",
    `"2026-01-01 00:00:00", "2026-01-01 00:00:00.500000", "0001-01-01 00:00:00"`,
  ],
  [
    "a timestamp with time zone",
    "timestamptz '2026-01-01 00:00:00+00', timestamptz 'infinity'",
    `"2026-01-01 00:00:00+00:00", "9999-12-31 23:59:59.999999+00:00"`,
  ],
  [
    "a time; the end of the day becomes its beginning",
    "time '04:05:06.789', time '24:00:00', timetz '04:05:06+02'",
    `"04:05:06.789000", "00:00:00", "04:05:06+02:00"`,
  ],
  [
    "an interval loses its months",
    "interval '1 year 2 mons 3 days 04:05:06.789', interval '1 day', interval '-00:00:01'",
    `"428 days, 4:05:06.789000", "1 day, 0:00:00", "-1 day, 23:59:59"`,
  ],
  [
    "json has been floats",
    `'{"b": 1.10, "a": [1,12345678901234567890.123, 1e400, "é", {}]}'::json, '{"b": 1.10}'::jsonb`,
    `{"b": 1.1, "a": [1, 1.2345678901234567e+19, Infinity, "\\u00e9", {}]}, {"b": 1.1}`,
  ],
  ["json's null is SQL's", "'null'::jsonb, null::jsonb", "null, null"],
  [
    "a range",
    "int4range(1, 5), numrange(null, 2.50, '[]'), 'empty'::int8range, daterange('2026-01-01', null)",
    `"[1, 5)", "(None, 2.50]", "empty", "[2026-01-01, None)"`,
  ],
  [
    "a range of times",
    "tsrange('2026-01-01', '2026-01-02'), tstzrange('2026-01-01 00:00:00+00', 'infinity')",
    `"[2026-01-01 00:00:00, 2026-01-02 00:00:00)", "[2026-01-01 00:00:00+00:00, 9999-12-31 23:59:59.999999+00:00)"`,
  ],
  [
    "arrays are lists",
    "array[[1,2],[3,null]], '[0:1]={1,2}'::int[], '{}'::int[], array[1.10], array[true], array['1 day'::interval]",
    `[[1, 2], [3, null]], [1, 2], [], ["1.10"], [true], ["1 day, 0:00:00"]`,
  ],
  [
    "an array of text, with all that needs quotes",
    `array['a,b', 'c"d', 'e\\f', '{g}', 'NULL', null, '', 'constructor']`,
    `["a,b", "c\\"d", "e\\\\f", "{g}", "NULL", null, "", "constructor"]`,
  ],
  [
    "an array of json and of ranges",
    `array['{"a": 1.10}'::jsonb, null], array[int4range(1, 5), 'empty']`,
    `[{"a": 1.1}, null], ["[1, 5)", "empty"]`,
  ],
  [
    "a type that psycopg2 does not know stays the server's text, its arrays too",
    "'11111111-2222-3333-4444-555555555555'::uuid, array['11111111-2222-3333-4444-555555555555'::uuid], point(1,2), row(1,'x'), inet '10.0.0.1/8'",
    `"11111111-2222-3333-4444-555555555555", "{11111111-2222-3333-4444-555555555555}", "(1,2)", "(1,x)", "10.0.0.1/8"`,
  ],
];

describe("a value", () => {
  test.each(values)("%s", async (_, sql, json) => {
    expect(await row(`select ${sql}`)).toBe(`[${json}]`);
  });

  test("bytes are lost, and stand at a different place each time", async () => {
    expect(await row(String.raw`select '\xdead'::bytea`)).toMatch(/^\["<memory at 0x7f[0-9a-f]{10}>"\]$/);
  });

  test("an enum's array is a string", async () => {
    expect(
      await row(
        "create type pg_temp.mood as enum ('happy'); select 'happy'::pg_temp.mood, array['happy'::pg_temp.mood]",
      ),
    ).toBe(`["happy", "{happy}"]`);
  });

  test("a year before 1 or after 9999 fails the whole query", async () => {
    expect(await error("select date '10000-01-01'")).toEqual({
      type: "ValueError",
      message: "year 10000 is out of range",
    });
    expect(await error("select timestamp '0044-03-15 00:00:00 BC'")).toEqual({
      type: "ValueError",
      message: "year -44 is out of range",
    });
  });

  test("the server's settings show: the time zone in a time, the style of an interval in an error", async () => {
    expect(await row("set local timezone = 'Asia/Kolkata'; select timestamptz '2026-01-01 00:00:00+00'")).toBe(
      `["2026-01-01 05:30:00+05:30"]`,
    );
    expect(await error("set local intervalstyle = 'iso_8601'; select interval '1 day'")).toEqual({
      type: "NotSupportedError",
      message: "iso_8601 intervalstyle currently not supported",
    });
  });

  test("a long string neither runs out of stack nor takes long", async () => {
    expect((await row(`select to_jsonb(repeat('é\\', 300000)), array[repeat('"', 300000)]`)).length).toBe(
      2_400_000 + 600_000 + 10,
    );
  });
});

describe("a statement", () => {
  test("columns, rows and their number, also of no rows, of no columns and of names that occur twice", async () => {
    expect(await lambda.handler({ query: "select 1 as a, 2 as a, 'x' as \"é\"" })).toBe(
      `{"columns": ["a", "a", "\\u00e9"], "rows": [[1, 2, "x"]], "row_count": 1}`,
    );
    expect(await lambda.handler({ query: "select 1 as a where false" })).toBe(
      `{"columns": ["a"], "rows": [], "row_count": 0}`,
    );
    expect(await lambda.handler({ query: "select from generate_series(1, 2)" })).toBe(
      `{"columns": [], "rows": [[], []], "row_count": 2}`,
    );
  });

  test("of several statements in one text the last one's result comes back", async () => {
    expect(await lambda.handler({ query: "select 1 as x; select 2 as y, 3 as z; -- end" })).toBe(
      `{"columns": ["y", "z"], "rows": [[2, 3]], "row_count": 1}`,
    );
  });

  test("a text ends at its first NUL, and a per cent sign means nothing", async () => {
    expect(await row("select '%%s'\0 from nowhere")).toBe(`["%%s"]`);
  });

  test("an invocation is one transaction: what fails leaves nothing, also in the next one", async () => {
    expect(await error("create table half (a int); select 1/0")).toEqual({
      type: "DivisionByZero",
      message: "division by zero\n",
    });
    expect(await row("select to_regclass('half')")).toBe("[null]");
    expect(
      await row(
        "set transaction read only; set local statement_timeout = '3s'; select current_setting('transaction_read_only'), current_setting('statement_timeout')",
      ),
    ).toBe(`["on", "3s"]`);
    expect(await row("select current_setting('transaction_read_only'), current_setting('statement_timeout')")).toBe(
      `["off", "0"]`,
    );
  });

  test("invocations at the same time have a connection each", async () => {
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => row("select pg_backend_pid() from pg_sleep(0.1)")),
    );
    expect(new Set(answers).size).toBe(6);
  });

  test("a terminated backend fails its own invocation and no later one", async () => {
    const running = error("select pg_sleep(5) /* victim */");
    await row("select pg_sleep(0.2)");
    await row(
      "select pg_terminate_backend(pid) from pg_stat_activity where query like '%victim%' and pid <> pg_backend_pid()",
    );
    expect(await running).toMatchObject({
      type: "AdminShutdown",
      message: expect.stringContaining("terminating connection due to administrator command\n"),
    });
    expect(await row("select 1")).toBe("[1]");
  });
});

const refusals: [query: string, type: string, message: string][] = [
  [
    "select * from x",
    "UndefinedTable",
    'relation "x" does not exist\nLINE 1: select * from x\n                      ^\n',
  ],
  ["select\n  'é',\n\tnope", "UndefinedColumn", 'column "nope" does not exist\nLINE 3:  nope\n         ^\n'],
  ["selec 1", "SyntaxError", 'syntax error at or near "selec"\nLINE 1: selec 1\n        ^\n'],
  [
    "set transaction read only; create table t (a int)",
    "ReadOnlySqlTransaction",
    "cannot execute CREATE TABLE in a read-only transaction\n",
  ],
  [
    "set local statement_timeout = 20; select pg_sleep(2)",
    "QueryCanceled",
    "canceling statement due to statement timeout\n",
  ],
  [
    "select datnam from pg_database",
    "UndefinedColumn",
    'column "datnam" does not exist\nLINE 1: select datnam from pg_database\n               ^\nHINT:  Perhaps you meant to reference the column "pg_database.datname".\n',
  ],
  [
    "do $$ begin execute 'select nope'; end $$",
    "UndefinedColumn",
    'column "nope" does not exist\nLINE 1: select nope\n               ^\nQUERY:  select nope\nCONTEXT:  PL/pgSQL function inline_code_block line 1 at EXECUTE\n',
  ],
  [
    `select '${"a".repeat(70)}', nope, '${"b".repeat(40)}'`,
    "UndefinedColumn",
    `column "nope" does not exist\nLINE 1: ...${"a".repeat(47)}', nope, 'bbb...\n                                                             ^\n`,
  ],
  [
    "do $$ begin raise exception 'x' using errcode = 'ZX001'; end $$",
    "DatabaseError",
    "x\nCONTEXT:  PL/pgSQL function inline_code_block line 1 at RAISE\n",
  ],
  ["-- nothing", "ProgrammingError", "can't execute an empty query"],
  ["do $$ begin end $$", "ProgrammingError", "no results to fetch"],
];

test.each(refusals)("an error is psycopg2's: %s", async (query, type, message) => {
  expect(await error(query)).toEqual({ type, message });
});

test("no connection is an error too", async () => {
  const nowhere = sqlFunction({ ...server, port: 1, database: "postgres" });
  await expect(nowhere.handler({ query: "select 1" })).rejects.toMatchObject({
    type: "OperationalError",
    message: expect.stringContaining("Connection refused"),
  });
  await nowhere.stop();
});
