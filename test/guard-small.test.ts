import { expect, test } from "vitest";
import { hideSmall, spellCounts } from "../lib/privacy/small-counts";

const columns = (...types: string[]) => types.map((type, index) => ({ name: `c${index}`, type }));
const hidden = (types: string[], counted: boolean[], cells: (string | null)[][]) =>
  hideSmall({ columns: columns(...types), cells, counted }).cells;

test("a count of 1 to 10 is hidden, and a second one beside it, for the sum may be known", () => {
  const one = [
    ["CA", "300"],
    ["NY", "40"],
    ["WY", "7"],
    ["AK", "0"],
  ];
  expect(hidden(["text", "int8"], [false, true], one)).toEqual([
    ["CA", "300"],
    ["NY", null],
    ["WY", null],
    ["AK", "0"],
  ]);
});

test("two that are hidden keep each other, unless they are small together", () => {
  expect(
    hidden(
      ["text", "int8"],
      [false, true],
      [
        ["a", "9"],
        ["b", "8"],
        ["c", "500"],
      ],
    ),
  ).toEqual([
    ["a", null],
    ["b", null],
    ["c", "500"],
  ]);
  expect(
    hidden(
      ["text", "int8"],
      [false, true],
      [
        ["a", "1"],
        ["b", "1"],
        ["c", "500"],
      ],
    ),
  ).toEqual([
    ["a", null],
    ["b", null],
    ["c", null],
  ]);
});

test("nothing small, nothing hidden; numbers that are no counts stay", () => {
  const cells = [
    ["3", "300"],
    ["4", "40"],
  ];
  expect(hidden(["int8", "int8"], [false, true], cells)).toEqual(cells);
});

test("all and nearly all: the difference is a small group too", () => {
  expect(hidden(["int8", "int8"], [true, true], [["100", "97"]])).toEqual([["100", null]]);
  expect(hidden(["int8", "int8", "int8"], [true, true, true], [["100", "20", "80"]])).toEqual([["100", "20", "80"]]);
});

test("what is hidden cannot be made again from its row, nor from what was computed of it", () => {
  expect(hidden(["int8", "int8", "int8"], [true, true, true], [["60", "9", "51"]])).toEqual([["60", null, null]]);
  expect(
    hidden(
      ["int8", "numeric"],
      [true, true],
      [
        ["4", "0.5"],
        ["50", "0.1"],
      ],
    ),
  ).toEqual([
    [null, null],
    [null, null],
  ]);
});

test("in a table of two categories no hidden cell stands alone in its line", () => {
  const cells = [
    ["CA", "MD", "90"],
    ["CA", "DO", "40"],
    ["NY", "MD", "80"],
    ["NY", "DO", "3"],
    ["TX", "MD", "70"],
    ["TX", "DO", "30"],
  ];
  const left = hidden(["text", "text", "int8"], [false, false, true], cells);
  for (const column of [0, 1])
    for (const value of new Set(cells.map((row) => row[column])))
      expect(left.filter((row) => row[column] === value && row[2] === null).length, String(value)).not.toBe(1);
  expect(left.filter(([, , count]) => count === null)).toHaveLength(4);
});

test("random tables with their totals known: no hidden count follows from its line", () => {
  let seed = 7;
  const random = (below: number) => (seed = (seed * 48271) % 2147483647) % below;
  for (let round = 0; round < 300; round++) {
    const cells = Array.from({ length: 2 + random(5) }, (_, a) =>
      Array.from({ length: 2 + random(1) }, (_, b) => [`a${a}`, `b${b}`, String(random(3) ? random(200) : random(12))]),
    ).flat();
    const left = hidden(["text", "text", "int8"], [false, false, true], cells);
    for (const row of left) expect(Number(row[2] ?? 0) > 0 && Number(row[2]) <= 10).toBe(false);
    for (const column of [0, 1])
      for (const value of new Set(cells.map((row) => row[column]))) {
        const line = left.flatMap((row, index) => (row[column] === value ? [index] : []));
        const secret = line.filter((index) => left[index][2] === null);
        const open = line.filter((index) => Number(left[index][2] ?? 0) > 0);
        // one alone may only stay where there is nothing left to hide beside it
        if (secret.length === 1 && line.length > 1) expect(open).toEqual([]);
      }
  }
});

test("in print a hidden count is <11", () => {
  const answer = {
    columns: columns("text", "int8"),
    cells: [
      [null, null],
      ["NY", "30"],
    ],
    counted: [false, true],
  };
  expect(spellCounts(answer).cells).toEqual([
    [null, "<11"],
    ["NY", "30"],
  ]);
});
