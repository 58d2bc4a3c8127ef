import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { finding } from "../lib/checks/finding";
import { beside, besideColumns, compare, differing, exactRecords, getSideValues, tally } from "../lib/compare/compare";
import { markUnanswered, uniteSides } from "../lib/frame";
import { record } from "../lib/ledger";
import { readOutcome } from "../lib/run/outcome";

/** A frame of both sides, as `both` gives it: a name, a number and a text in each row. */
const frameOf = (production: (string | null)[][], local: (string | null)[][]) => {
  const columns = [
    { name: "name", type: "text" },
    { name: "rows", type: "int8" },
    { name: "state", type: "text" },
  ];
  return uniteSides({ production: { columns, cells: production }, local: { columns, cells: local } });
};
const users = frameOf(
  [
    ["b", "2", "on"],
    ["a", "9007199254740993", null],
    ["twice", "1", "x"],
    ["twice", "2", "y"],
  ],
  [
    ["a", "9007199254740992", null],
    ["b", "2", "on"],
    ["c", "0", "off"],
    ["twice", "1", "x"],
  ],
);

test("two sides are compared row by row of a key, sorted, copies of a key in their order", () => {
  const rows = compare(users, "name").toRecords();
  expect(rows.map(({ name, status, changed }) => [name, status, changed])).toEqual([
    ["a", "changed", "rows"],
    ["b", "same", ""],
    ["c", "only in local", ""],
    ["twice", "same", ""],
    ["twice", "only in production", ""],
  ]);
  expect(Object.keys(rows[0])).toEqual([
    "name",
    "status",
    "changed",
    "rows in production",
    "rows in local",
    "state in production",
    "state in local",
  ]);
});

test("only what differs is left, each status is counted, and a side's values are read from a row", () => {
  const comparison = compare(users, "name");
  expect(differing(comparison).getColumn("name").toArray()).toEqual(["a", "c", "twice"]);
  expect(tally(comparison)).toEqual({ same: 2, changed: 1, "only in production": 1, "only in local": 1 });
  const [, , onlyLocal] = comparison.toRecords();
  expect([getSideValues(onlyLocal, "production"), getSideValues(onlyLocal, "local")]).toEqual([
    null,
    { rows: 0, state: "off" },
  ]);
  // 2^53 and 2^53 + 1 are one number to JavaScript
  expect(exactRecords(comparison)[0]).toMatchObject({
    "rows in production": "9007199254740993",
    "rows in local": "9007199254740992",
  });
});

test("where a side gave no answer nothing is compared, and no difference is told", () => {
  const half = markUnanswered(frameOf([["a", "1", "on"]], []), ["local"]);
  expect(compare(half, "name").height).toBe(0);
  expect(tally(compare(half, "name"))).toEqual({ same: 0, changed: 0, "only in production": 0, "only in local": 0 });
  expect(beside(half, "rows", "name").toRecords()).toEqual([
    { name: "a", production: 1, local: null, difference: null },
  ]);
});

test("numbers stand side by side, a row that one side lacks counts as 0", () => {
  const small = frameOf(
    [["a", "5", ""]],
    [
      ["a", "3", ""],
      ["b", "2", ""],
    ],
  );
  expect(beside(small, "rows", "name").toRecords()).toEqual([
    { name: "a", production: 5, local: 3, difference: 2 },
    { name: "b", production: null, local: 2, difference: -2 },
  ]);
  const columns = ["email", "phone"].map((name) => ({ name, type: "int8" }));
  const counts = uniteSides({ production: { columns, cells: [["1", "4"]] }, local: { columns, cells: [["0", "4"]] } });
  expect(besideColumns(counts, "lacking").toRecords()).toEqual([
    { lacking: "email", production: 1, local: 0, difference: 1 },
    { lacking: "phone", production: 4, local: 4, difference: 0 },
  ]);
});

test("what all notebooks found is read from their ledgers, the last word of a check counts", () => {
  const folder = mkdtempSync(join(tmpdir(), "runbook-outcome-"));
  const check = (status: "same" | "drift", severity?: "high") =>
    record(folder, "01-metadata", {
      kind: "check",
      id: "tables",
      status,
      why: "",
      queries: 1,
      milliseconds: 2,
      findings: severity ? [finding("table/a", severity, "a is missing")] : [],
    });
  check("drift", "high");
  expect(readOutcome(folder, "demo:production", "demo:local").findings.map(({ id }) => id)).toEqual(["table/a"]);
  check("same");
  const outcome = readOutcome(folder, "demo:production", "demo:local");
  expect(outcome.checks.map(({ id, status, phase }) => [id, status, phase])).toEqual([["tables", "same", 1]]);
  expect([outcome.findings, outcome.queries]).toEqual([[], []]);
  expect(outcome.local.address).toBe("demo:local");
  rmSync(folder, { recursive: true });
});
