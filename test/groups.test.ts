import pl from "nodejs-polars";
import { expect, test } from "vitest";
import { finding } from "../lib/checks/finding";
import { records } from "../lib/frame";
import { hideInSentence, hideSmallCounts, removeSmallMarks, markSmallGroups } from "../lib/privacy/hide-small";

test("counts of few are <11 in a table, whether the query or the cell has made them; other numbers stay", () => {
  const frame = pl.DataFrame([
    pl.Series("id", [3, 4], pl.Int64),
    pl.Series("n", [null, 40], pl.Int64),
    pl.Series("production", [7, 0], pl.Int64),
    pl.Series("share", [0.5, 0.25], pl.Float64),
  ]);
  expect(records(markSmallGroups(frame, new Set(["n"])))).toEqual([
    { id: 3, n: "<11", production: "<11", share: 0.5 },
    { id: 4, n: "40", production: "0", share: 0.25 },
  ]);
});

test("a difference gives nothing away either", () => {
  const frame = pl.DataFrame([pl.Series("difference", [-4, 400], pl.Int64)]);
  expect(records(markSmallGroups(frame, new Set()))).toEqual([{ difference: "<11" }, { difference: "400" }]);
});

test("in a sentence too", () => {
  expect(
    hideInSentence("4 of 827 NPIs fail in production, 14 rows and 3 providers; both sides: 1; PostgreSQL 9, 2.5 rows"),
  ).toBe("<11 of 827 NPIs fail in production, 14 rows and <11 providers; both sides: <11; PostgreSQL 9, 2.5 rows");
});

test("in a finding's title and in what each side has, and in what a chart is drawn from", () => {
  const told = hideSmallCounts(
    finding("quality/x", "medium", "x is null: 4 rows in production", "Look at 2 users", {
      production: { rows: 4 },
      local: { rows: 40 },
    }),
  );
  expect(told).toMatchObject({
    title: "x is null: <11 rows in production",
    recommendation: { text: "Look at <11 users" },
    production: { rows: "<11" },
    local: { rows: 40 },
  });
  expect(removeSmallMarks({ data: { values: [{ state: "CA", n: 4, id: 4 }] } }, new Set(["n"]))).toEqual({
    data: { values: [{ state: "CA", n: null, id: 4 }] },
  });
});
