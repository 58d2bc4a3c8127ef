import { afterEach, expect, test } from "vitest";
import pl from "nodejs-polars";
import { describeRow } from "../lib/notebook/records";
import { followCells } from "../lib/show/stale";

/** What the kernel knows of its cells, without a kernel; test/cells.test.ts has the same with a real one. */
const { addRowTypes, describeRowsBy, readsRows, removeRowTypes } = require("../lib/run/jupyter/frames") as {
  addRowTypes(declarations: string): string;
  describeRowsBy(describe: typeof describeRow): void;
  readsRows(source: string): boolean;
  removeRowTypes(declarations: string): string;
};
const shared = globalThis as { __tslab__?: { exports: Record<string, unknown> } };
afterEach(() => delete shared.__tslab__);

test.each([
  ["exports.a = 1;", true],
  ["exports.a += 1;", true],
  ["exports.a ??= 1;", true],
  ["exports.a **= 2;", true],
  ["exports.a++;", true],
  ["exports.a === 1;", false],
  ["exports.a == 1;", false],
  ["exports.a >= 1;", false],
  ["exports.a != 1;", false],
  ["exports.a.push(1);", false],
  ["[1].map((x) => exports.a + x);", false],
])("%s writes to another cell's name: %s", (output, writes) => {
  const values = { a: 1 };
  const cells = followCells();
  const valueOf = (name: string) => values[name as "a"];
  const run = (id: string, text: string, count: number) =>
    cells.add({ id, source: text, count, ended: true, output: text, valueOf });
  run("writer", output, 1);
  run("reader", "exports.a;", 2);
  values.a = 2;
  const notes = run("writer", output, 3);
  expect(notes).toEqual(writes ? [{ count: 3, stale: { cells: [2], names: ["a"] } }] : []);
});

test("frames with the same rows are the same value, imports are none, and a function is known by its text", () => {
  const cells = followCells();
  const run = (id: string, output: string, count: number, value: unknown) =>
    cells.add({ id, source: output, count, ended: true, output, valueOf: () => value });
  const import_ =
    'Object.defineProperty(exports, "sql", { get: function () { return runbook_1.sql; } }); exports.sql = void 0;';
  const frame = (state: string) => pl.DataFrame({ state: [state] });
  run("import", import_, 1, 1);
  run("frame", "exports.rows = rows;", 2, frame("CA"));
  run("reader", "exports.rows; exports.sql;", 3, undefined);
  expect(run("import", import_, 4, 2)).toEqual([]);
  expect(run("frame", "exports.rows = rows;", 5, frame("CA"))).toEqual([]);
  expect(run("frame", "exports.rows = rows;", 6, frame("NY"))).toEqual([
    { count: 6, stale: { cells: [3], names: ["rows"] } },
  ]);
  run("function", "exports.f = f;", 7, () => 1);
  run("caller", "exports.f();", 8, undefined);
  expect(run("function", "exports.f = f;", 9, () => 1)).toEqual([]);
  expect(run("function", "exports.f = f;", 10, () => 2)).toHaveLength(1);
});

test("declarations get the columns of the frames that are there, and lose them again", () => {
  const frame = pl.DataFrame([
    pl.Series("state", ["CA"], pl.Utf8),
    pl.Series("n", [1], pl.Int64),
    pl.Series("share", [0.5], pl.Float64),
    pl.Series("open", [true], pl.Bool),
    pl.Series("day", [1], pl.Int32).cast(pl.Date),
    pl.Series('a "b"', ["x"], pl.Utf8),
  ]);
  describeRowsBy(describeRow);
  const row = '{ "state": string; "n": number; "share": number; "open": boolean; "day": Date; "a \\"b\\"": string }';
  const declarations = [
    "declare const rows: pl.DataFrame<any>, other: number;",
    'declare let second: import("nodejs-polars").DataFrame<any>;',
    "declare const inner: { rows: pl.DataFrame<any>; };",
    "declare function f(rows: pl.DataFrame<any>, x: number): pl.DataFrame<any>;",
    "declare const a: number, third: pl.DataFrame<any>;",
    "declare const text: pl.DataFrame<any>;",
  ];
  expect(addRowTypes(declarations.join("\n"))).toBe(declarations.join("\n"));
  shared.__tslab__ = { exports: { rows: frame, second: frame, third: frame, text: "a text by now" } };
  const typed = `import("runbook").Frame<${row}>`;
  const expected = [
    `declare const rows: ${typed}, other: number;`,
    `declare let second: ${typed};`,
    declarations[2],
    declarations[3],
    `declare const a: number, third: ${typed};`,
    declarations[5],
  ];
  expect(addRowTypes(declarations.join("\n")).split("\n")).toEqual(expected);
  // what is known already is described anew
  expect(addRowTypes(expected.join("\n")).split("\n")).toEqual(expected);
  expect(removeRowTypes(expected.join("\n"))).not.toContain("Frame<{");
  expect(["records(rows)", "rows.toRecords ()", "await show(rows)", "recordsOf(rows)"].map(readsRows)).toEqual([
    true,
    true,
    false,
    false,
  ]);
});
