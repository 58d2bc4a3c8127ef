import pl from "nodejs-polars";
import { expect, test } from "vitest";
import { listColumns, listTypes, getHeight, readTexts } from "../lib/frame";
import { largest, leading, slice, describeRows } from "../lib/compare/cube";

const cube = pl.DataFrame([
  pl.Series("source", ["production", "production", "production", "local"], pl.Utf8),
  pl.Series("state", ["FL", "FL", "GA", "FL"], pl.Utf8),
  pl.Series("status", ["active", "expired", "active", "active"], pl.Utf8),
  pl.Series("licenses", [3, 4, 9, 5], pl.Int64),
  pl.Series("verified", [1, 2, null, null], pl.Int64),
]);

test("a frame says its columns and its height, whatever they are called, without making a series of each", () => {
  const frame = pl.DataFrame({ columns: [1, 2], height: [3, 4], getColumns: [5, 6], "0": [7, 8], "": [9, 10] });
  expect([...listColumns(frame)].sort()).toEqual(["", "0", "columns", "getColumns", "height"]);
  expect(getHeight(frame)).toBe(2);
  expect([listColumns(cube), getHeight(cube)]).toEqual([["source", "state", "status", "licenses", "verified"], 4]);
  expect([listColumns(pl.DataFrame()), getHeight(pl.DataFrame())]).toEqual([[], 0]);
});

test("a frame is read as exact text, whatever its columns are called, and by no series of each", () => {
  const frame = pl.DataFrame([
    pl.Series("rows", ["9007199254740993", null], pl.Utf8).cast(pl.Int64),
    pl.Series("dtypes", [0.1, -0], pl.Float64),
    pl.Series("__proto__", ["x", null], pl.Utf8),
    pl.Series("2", [true, null], pl.Bool),
    pl.Series("day", [1, null], pl.Int32).cast(pl.Date),
  ]);
  expect(readTexts(frame)).toEqual([
    { name: "rows", type: "Int64", texts: ["9007199254740993", null] },
    { name: "dtypes", type: "Float64", texts: ["0.1", "-0.0"] },
    { name: "__proto__", type: "String", texts: ["x", null] },
    { name: "2", type: "Bool", texts: ["true", null] },
    { name: "day", type: "Date", texts: ["1970-01-02", null] },
  ]);
  expect(readTexts(frame.head(0)).map(({ texts }) => texts)).toEqual([[], [], [], [], []]);
  expect([readTexts(pl.DataFrame()), listTypes(pl.DataFrame())]).toEqual([[], []]);
});

test("a slice sums a cube's numbers for each source and value, the largest first", () => {
  expect(slice(cube, "state").toRecords()).toEqual([
    { source: "production", state: "GA", licenses: 9, verified: null },
    { source: "production", state: "FL", licenses: 7, verified: 3 },
    { source: "local", state: "FL", licenses: 5, verified: null },
  ]);
});

test("a slice by nothing has a row for each source, production's first, and reads as a sentence", () => {
  const totals = slice(cube);
  expect(totals.toRecords()).toEqual([
    { source: "production", licenses: 16, verified: 3 },
    { source: "local", licenses: 5, verified: null },
  ]);
  expect(describeRows(totals, ({ source, licenses }) => `${licenses} in ${source}`)).toBe(
    "16 in production; 5 in local.",
  );
  expect(describeRows(totals.head(0), () => "")).toBe("No rows.");
});

test("a slice of no rows has its columns", () => {
  expect(slice(cube.head(0), "state", "status").columns).toEqual(["source", "state", "status", "licenses", "verified"]);
});

test("the largest are named, the rest is other, and every source keeps its sum", () => {
  const places = pl.DataFrame([
    pl.Series("source", ["production", "production", "production", "local", "local"], pl.Utf8),
    pl.Series("state", ["AK", "FL", "GA", null, "OH"], pl.Utf8),
    pl.Series("licenses", [1, 9, 5, 2, 1], pl.Int64),
  ]);
  expect(largest(places, "state", "licenses", 2).toRecords()).toEqual([
    { source: "production", state: "FL", licenses: 9 },
    { source: "production", state: "GA", licenses: 5 },
    { source: "local", state: "other (3)", licenses: 3 },
    { source: "production", state: "other (3)", licenses: 1 },
  ]);
  expect(largest(places, "state", "licenses").height).toBe(5);
  expect(largest(places.head(0), "state", "licenses").height).toBe(0);
});

test("what leads on each side stands in a title", () => {
  expect(leading(cube, "state")).toBe("GA leads in production (9), FL in local (5)");
  expect(leading(cube.head(0), "state")).toBe("nothing on either side");
});
