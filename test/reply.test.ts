import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openSource, type Source } from "../lib/source/guarded";
import { readPython } from "../lib/source/python-literal";
import { describeShape } from "../lib/source/reply";
import { sql } from "../lib/sql";
import { changed, faultyEndpoint, raw, type FaultyEndpoint } from "./faults/http";
import { openStage, type Stage } from "./faults/stage";

/** A Lambda may write its answers in any of these ways: the rows are the same, and phase 0 says which it was. */
let stage: Stage;
let way: FaultyEndpoint;
let source: Source;
beforeAll(async () => {
  stage = await openStage();
  way = await faultyEndpoint(stage.lambda.endpoint);
  source = await openSource(
    "production",
    { kind: "lambda", function: stage.account.function },
    {
      columns: { safe: {} },
      endpoint: { endpoint: way.endpoint, region: stage.account.region, credentials: stage.account },
    },
  );
}, 60_000);
afterAll(async () => {
  await source?.close();
  await way?.stop();
  await stage?.stop();
});

type Table = { columns: string[]; rows: unknown[][]; row_count: number };

const asObjects = ({ columns, rows, row_count }: Table) => ({
  columns,
  rows: rows.map((row) => Object.fromEntries(columns.map((name, index) => [name, row[index]]))),
  row_count,
});
const backwards = (table: Table) => ({
  rows: asObjects(table).rows.map((row) => Object.fromEntries(Object.entries(row).reverse())),
  row_count: table.row_count,
});
const gateway = (body: unknown) => ({ statusCode: 200, headers: { "Content-Type": "application/json" }, body });
const base64 = (body: unknown) => ({
  statusCode: 200,
  isBase64Encoded: true,
  body: Buffer.from(JSON.stringify(body)).toString("base64"),
});

/** `str()` of what the function has: tuples, None, True, Decimal. */
function repr(value: unknown): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (Array.isArray(value))
    return `[${value.map((one) => (Array.isArray(one) ? `(${one.map(repr).join(", ")},)` : repr(one))).join(", ")}]`;
  if (typeof value === "object")
    return `{${Object.entries(value as object)
      .map(([key, one]) => `${repr(key)}: ${repr(one)}`)
      .join(", ")}}`;
  if (value === "1.10") return "Decimal('1.10')";
  return typeof value === "string" ? `'${value.replace(/[\\']/g, "\\$&").replace(/\n/g, "\\n")}'` : String(value);
}

const numbers = (table: Table) => ({
  ...table,
  rows: table.rows.map((row) =>
    row.map((cell) => (typeof cell === "string" && /^\d+(\.\d+)?$/.test(cell) ? Number(cell) : cell)),
  ),
});
const texts = (table: Table) => ({
  ...table,
  rows: table.rows.map((row) => row.map((cell) => (cell === null ? null : String(cell)))),
});

const shapes: Record<string, [(table: Table) => string, string]> = {
  "lists, as it is published": [(table) => JSON.stringify(table), "rows as lists, as JSON, numerics as text"],
  objects: [(table) => JSON.stringify(asObjects(table)), "rows as objects, as JSON, numerics as text"],
  "objects without columns, in another order": [
    (table) => JSON.stringify(backwards(table)),
    "rows as objects, as JSON, numerics as text",
  ],
  "a bare list of lists": [(table) => JSON.stringify(table.rows), "rows as lists, as JSON, numerics as text"],
  "another name for the rows": [
    (table) => JSON.stringify({ columns: table.columns, results: table.rows }),
    "rows as lists, as JSON, numerics as text",
  ],
  "columns that are described": [
    (table) => JSON.stringify({ columns: table.columns.map((name) => ({ name, type: 25 })), rows: table.rows }),
    "rows as lists, as JSON, numerics as text",
  ],
  "an API Gateway envelope": [
    (table) => JSON.stringify(gateway(JSON.stringify(table))),
    "rows as lists, as JSON, in an API Gateway envelope, numerics as text",
  ],
  "an API Gateway envelope with objects": [
    (table) => JSON.stringify(gateway(JSON.stringify(asObjects(table)))),
    "rows as objects, as JSON, in an API Gateway envelope, numerics as text",
  ],
  "an API Gateway envelope whose body is no text": [
    (table) => JSON.stringify(gateway(table)),
    "rows as lists, as JSON, in an API Gateway envelope, numerics as text",
  ],
  "an API Gateway envelope in base64": [
    (table) => JSON.stringify(base64(table)),
    "rows as lists, as JSON, in an API Gateway envelope, in base64, numerics as text",
  ],
  "a text of JSON": [
    (table) => JSON.stringify(JSON.stringify(table)),
    "rows as lists, as JSON, in a text of JSON, numerics as text",
  ],
  "numerics as numbers": [(table) => JSON.stringify(numbers(table)), "rows as lists, as JSON, numerics as numbers"],
  "everything as text": [(table) => JSON.stringify(texts(table)), "rows as lists, as JSON, numerics as text"],
  "Python's NaN": [
    (table) => JSON.stringify(table).replace('"NaN"', "NaN"),
    "rows as lists, as JSON with Python's NaN, numerics as text",
  ],
  "Python's repr": [repr as (table: Table) => string, "rows as lists, as Python's repr, numerics as text"],
  "Python's repr in an envelope": [
    (table) => JSON.stringify(gateway(repr(table))),
    "rows as lists, as Python's repr, in an API Gateway envelope, numerics as text",
  ],
};

test.each(Object.entries(shapes))("%s", async (_, [write, told]) => {
  way.choose = () => undefined;
  const statement = sql`select 9007199254740993::bigint as big, 1.10::numeric as exact, 'NaN'::float8 as nothing, null::text as absent, true as truth, E'it''s "quoted",\n \\ é 😀 None' as text, '' as empty`;
  const usual = await source.ask(statement);
  way.choose = () => changed((body) => write(readPython(body) as Table));
  const answer = await source.ask(statement);
  expect({ columns: answer.columns, cells: answer.cells }).toEqual({ columns: usual.columns, cells: usual.cells });
  expect((await source.ask(sql`select 1 as none where false`)).cells).toEqual([]);
  expect(await source.ask(sql`show statement_timeout`)).toMatchObject({ cells: [["30s"]] });
  const [[, shape]] = await source.probe();
  expect(shape).toBe(told);
});

test("a function that answers, but not what was asked, is not trusted", async () => {
  const losing: [string, (table: Table) => Table, RegExp][] = [
    [
      "per cent signs",
      (table) => ({ ...table, rows: table.rows.map((row) => row.map((cell) => (cell === "%%" ? "%" : cell))) }),
      /a per cent sign/,
    ],
    [
      "digits",
      (table) => ({ ...table, rows: table.rows.map((row) => row.map((cell) => (cell === "1.10" ? 1 : cell))) }),
      /a numeric/,
    ],
    [
      "accents",
      (table) => ({
        ...table,
        rows: table.rows.map((row) =>
          row.map((cell) => (typeof cell === "string" ? cell.normalize("NFD").replace(/[^\x00-\x7f]/g, "?") : cell)),
        ),
      }),
      /text beyond ASCII/,
    ],
  ];
  for (const [, lose, says] of losing) {
    way.choose = () => changed((body) => JSON.stringify(lose(readPython(body) as Table)));
    await expect(source.probe()).rejects.toThrow(says);
  }
});

describe("a shape that fits none", () => {
  test("is an error that shows the shape, not the data", async () => {
    way.choose = () =>
      raw(
        '{"ok": true, "payload": {"cols": ["email"], "values": [["jane@example.com", 7], ["x", 8]], "jane@example.com": 1}}',
      );
    const error = await source.ask(sql`select 1 as one`).catch((problem: Error) => problem);
    expect(error).toMatchObject({ fault: "answer of an unknown shape" });
    expect((error as Error).message).toContain(
      "{ok: boolean, payload: {cols: [text], values: [[…] and 1 more], and 1 more}}",
    );
    expect((error as Error).message).not.toContain("jane");
  });

  test("of any value", () => {
    expect(describeShape(null)).toBe("null");
    expect(describeShape([])).toBe("[]");
    expect(describeShape([[1, "a"]])).toBe("[[number and 1 more]]");
    expect(describeShape({ "123-45-6789": 1, a: "x" })).toBe("{a: text, and 1 more}");
  });
});

test("what is neither JSON nor Python is refused", () => {
  for (const text of ["", "{", "{'a': }", "[1, 2", "'open", "nope", "{} {}", "[1 2]"])
    expect(() => readPython(text)).toThrow(SyntaxError);
  expect(
    readPython(
      "{'a': (1, -2.5e3, None), \"b\": [True, nan, -inf], 'c': Decimal('1.10'), 'd': 12345678901234567890, 'e': '\\x41\\u00e9\\U0001f600\\''}",
    ),
  ).toEqual({
    a: [1, -2500, null],
    b: [true, "NaN", "-Infinity"],
    c: "1.10",
    d: "12345678901234567890",
    e: "Aé😀'",
  });
});
