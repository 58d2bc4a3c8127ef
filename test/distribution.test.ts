import pl, { type DataFrame } from "nodejs-polars";
import { describe, expect, test } from "vitest";
import {
  distance,
  distanceOfNumbers,
  computeJensenShannon,
  computePsi,
  shares,
  computeWasserstein,
} from "../lib/compare/distribution";

describe("the measures", () => {
  test("PSI of a half against a quarter is what the formula says", () => {
    expect(computePsi([500_000, 500_000], [250_000, 750_000])).toBeCloseTo(
      0.25 * Math.log(2) - 0.25 * Math.log(2 / 3),
      5,
    );
  });

  test("PSI stays finite where a category is empty, and grows with the rows that it lacks", () => {
    expect(computePsi([50, 50, 0], [50, 50, 40])).toBeLessThan(computePsi([500, 500, 0], [500, 500, 400]));
    expect(Number.isFinite(computePsi([10, 0], [0, 10]))).toBe(true);
  });

  test("Jensen-Shannon is 0 for equal shares, 1 for nothing in common, and 0.311 bits for all against half", () => {
    expect(computeJensenShannon([1, 3], [10, 30])).toBeCloseTo(0, 12);
    expect(computeJensenShannon([7, 0], [0, 5])).toBeCloseTo(1, 12);
    expect(computeJensenShannon([1, 0], [1, 1])).toBeCloseTo(1.5 - 0.75 * Math.log2(3), 12);
  });

  test("Wasserstein is the shift of a shifted distribution, and 5 between 0, 1, 3 and 5, 6, 8", () => {
    expect(computeWasserstein([0, 1, 3, 5, 6, 8], [1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1])).toBeCloseTo(5, 12);
    expect(computeWasserstein([1, 2, 3, 4], [2, 4, 2, 0], [0, 2, 4, 2])).toBeCloseTo(1, 12);
  });

  test("each is symmetric, never negative, and 0 only for equal shares", () => {
    const random = chance(7);
    for (let round = 0; round < 200; round++) {
      const [one, other] = [1, 2].map(() =>
        Array.from({ length: 2 + Math.floor(random() * 8) }, () => 1 + Math.floor(random() * 100)),
      );
      const length = Math.min(one.length, other.length);
      const [p, q] = [one.slice(0, length), other.slice(0, length)];
      const values = p.map((_, index) => index * 2);
      for (const measure of [
        computePsi,
        computeJensenShannon,
        (a: number[], b: number[]) => computeWasserstein(values, a, b),
      ]) {
        expect(measure(p, q)).toBeCloseTo(measure(q, p), 10);
        expect(measure(p, q)).toBeGreaterThanOrEqual(0);
        expect(measure(p, p)).toBeCloseTo(0, 12);
      }
    }
  });
});

describe("a verdict", () => {
  test("two samples of one distribution are hardly ever called apart, though their PSI is far above 0.1", () => {
    const random = chance(11);
    const shape = Array.from({ length: 49 }, (_, index) => 49 - index);
    const rounds = Array.from({ length: 12 }, () =>
      row(distance("topics", counted(sample(shape, 3640, random), sample(shape, 320, random)), "rows", "category")),
    );
    expect(rounds.map(({ verdict }) => verdict).filter((verdict) => String(verdict).endsWith("apart"))).toEqual([]);
    expect(mean(rounds.map((one) => one.distance))).toBeGreaterThan(0.1);
    expect(mean(rounds.map((one) => one.distance))).toBeCloseTo(mean(rounds.map((one) => one["by chance"])), 1);
    expect(rounds.filter(({ from }) => Number(from) > 0).length).toBeLessThanOrEqual(2);
  }, 60_000);

  test("nor are 27 rows in 14 categories, nor 50 in 200", () => {
    const random = chance(12);
    for (const [categories, rows, length] of [
      [14, 27, 10],
      [200, 50, 4],
    ]) {
      const shape = Array.from({ length: categories }, (_, index) => 1 / (index + 1));
      const rounds = Array.from({ length }, () =>
        row(distance("x", counted(sample(shape, 5000, random), sample(shape, rows, random)), "rows", "category")),
      );
      expect(rounds.filter(({ verdict }) => String(verdict).endsWith("apart")).length).toBeLessThanOrEqual(1);
    }
  }, 60_000);

  test("what differs plainly is far apart, and its interval holds the distance between the shares that it was drawn from", () => {
    const random = chance(13);
    const [one, other] = [
      [60, 25, 10, 5],
      [15, 30, 25, 30],
    ];
    const truth = computePsi(
      one.map((share) => share * 1e6),
      other.map((share) => share * 1e6),
    );
    const rounds = Array.from({ length: 20 }, () =>
      row(distance("x", counted(sample(one, 4000, random), sample(other, 270, random)), "rows", "category")),
    );
    expect(new Set(rounds.map(({ verdict }) => verdict))).toEqual(new Set(["far apart"]));
    expect(rounds.filter(({ from, to }) => Number(from) <= truth && truth <= Number(to)).length).toBeGreaterThanOrEqual(
      17,
    );
  });

  test("numbers that are shifted by one standard deviation are one apart, in their own unit too", () => {
    const bell = Array.from({ length: 41 }, (_, index) => Math.exp(-(((index - 15) / 5) ** 2) / 2));
    const moved = bell.map((_, index) => bell[index - 5] ?? 0);
    const random = chance(14);
    const found = row(
      distanceOfNumbers("x", counted(sample(bell, 3000, random), sample(moved, 600, random)), "rows", "category"),
    );
    expect(found).toMatchObject({ measure: "Wasserstein", verdict: "far apart" });
    expect(Number(found.distance)).toBeCloseTo(1, 0);
    expect(Number(found.units) / Number(found.distance)).toBeCloseTo(5, 0);
  });

  test("one wrong date far in the future does not make numbers differ", () => {
    const usual = Array.from({ length: 40 }, (_, index) => ({ value: index, rows: 100 }));
    const frame = framed([
      ...usual.map((one) => ({ ...one, source: "production" })),
      { source: "production", value: 90_000, rows: 2 },
      ...usual.map((one) => ({ ...one, source: "local" })),
    ]);
    expect(row(distanceOfNumbers("x", frame, "rows", "value"))).toMatchObject({ verdict: "alike" });
  });

  test("two equal sides are alike however small, unless there are too few rows; one empty side is nothing to compare", () => {
    expect(row(distance("x", counted([20, 5, 0], [20, 5, 0]), "rows", "category"))).toMatchObject({
      verdict: "alike",
      distance: 0,
      from: 0,
    });
    expect(row(distance("x", counted([400, 5], [1, 0]), "rows", "category"))).toMatchObject({
      verdict: "too few rows",
      local: 1,
      from: null,
      to: null,
    });
    expect(row(distance("x", counted([400, 5], [0, 0]), "rows", "category"))).toMatchObject({
      verdict: "nothing to compare",
      distance: null,
      production: 405,
      local: 0,
    });
    expect(row(distanceOfNumbers("x", counted([0], [0]), "rows", "category"))).toMatchObject({
      verdict: "nothing to compare",
    });
  });

  test("the same counts give the same interval, in whatever order the rows come", () => {
    const frame = counted([300, 100, 50], [20, 30, 40]);
    expect(row(distance("x", frame, "rows", "category"))).toEqual(
      row(distance("x", frame.sort(pl.col("rows")), "rows", "category")),
    );
  });

  test("a category that is null is one of its own, and a finer cube is summed", () => {
    const frame = pl.DataFrame([
      pl.Series("source", ["production", "production", "production", "local"], pl.Utf8),
      pl.Series("state", ["FL", "FL", null, "FL"], pl.Utf8),
      pl.Series("type", ["MD", "DO", "MD", "MD"], pl.Utf8),
      pl.Series("rows", [20, 20, 20, 60], pl.Int64),
    ]);
    expect(row(distance("x", frame, "rows", "state"))).toMatchObject({ production: 60, local: 60, values: 2 });
    expect(row(distance("x", frame, "rows", "state", "type"))).toMatchObject({ values: 3 });
  });
});

test("shares add up to 100 on each side, and production's largest comes first", () => {
  const found = shares(counted([30, 60, 10], [5, 0, 15]), "rows", "category").toRecords();
  expect(found.map(({ source, category, percent }) => [source, category, percent])).toEqual([
    ["production", "1", 60],
    ["production", "0", 30],
    ["production", "2", 10],
    ["local", "2", 75],
    ["local", "0", 25],
    ["local", "1", 0],
  ]);
});

function row(frame: DataFrame): Record<string, unknown> {
  return frame.toRecords()[0];
}

function counted(production: number[], local: number[]): DataFrame {
  const sides = { production, local };
  const rows = Object.entries(sides).flatMap(([source, counts]) =>
    counts.map((count, index) => ({ source, value: index, rows: count })),
  );
  return framed(rows).select("source", pl.col("value").cast(pl.Int64).cast(pl.Utf8).alias("category"), "rows");
}

function framed(rows: { source: string; value: number; rows: number }[]): DataFrame {
  return pl.DataFrame([
    pl.Series(
      "source",
      rows.map(({ source }) => source),
      pl.Utf8,
    ),
    pl.Series(
      "value",
      rows.map(({ value }) => value),
      pl.Float64,
    ),
    pl.Series(
      "rows",
      rows.map((one) => one.rows),
      pl.Int64,
    ),
  ]);
}

function sample(weights: number[], rows: number, random: () => number): number[] {
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  const counts = weights.map(() => 0);
  for (let left = rows; left > 0; left--) {
    let point = random() * all;
    const index = weights.findIndex((weight) => (point -= weight) < 0);
    counts[index < 0 ? weights.length - 1 : index]++;
  }
  return counts;
}

function mean(numbers: unknown[]): number {
  return numbers.reduce<number>((sum, number) => sum + Number(number), 0) / numbers.length;
}

function chance(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}
