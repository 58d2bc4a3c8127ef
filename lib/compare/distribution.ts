import pl, { type DataFrame } from "nodejs-polars";
import { beside } from "./compare";
import { among, records, type Row } from "../frame";
import type { Side } from "../ledger";

/**
 * From where on two distributions are apart, and far apart. PSI: Siddiqi, Credit Risk Scorecards (2006). Wasserstein,
 * in standard deviations of production: Cohen's small and medium effect (Statistical Power Analysis for the
 * Behavioral Sciences, 1988), because a mere shift by d deviations measures d.
 *
 * @example say(`Apart from a PSI of ${thresholds.PSI.apart} on.`);
 */
export const thresholds = { PSI: { apart: 0.1, "far apart": 0.25 }, Wasserstein: { apart: 0.2, "far apart": 0.5 } };

/**
 * From where on distributions count as apart and far apart, in one sentence.
 *
 * @example say(describeThresholds());
 */
export function describeThresholds(): string {
  const limits = Object.entries(thresholds).map(
    ([measure, { apart, "far apart": far }]) => `${measure} ${apart} and ${far}`,
  );
  return `Apart and far apart begin at ${limits.join(", ")}.`;
}

/**
 * With fewer rows than this on one side, nothing is said of its distribution.
 *
 * @example say(`Nothing is said of fewer than ${fewestRows} rows.`);
 */
export const fewestRows = 20;

export type Nearness = "alike" | "apart" | "far apart" | "cannot tell" | "too few rows" | "nothing to compare";

/**
 * Each side's rows by category as percent of that side: `source`, the categories, the count, `percent`; production's
 * most frequent first. For tables (`beside`) and charts (`bars`).
 *
 * @example await show(shares(licenses, "licenses", "status"), "Licences by status, in percent of each side");
 */
export function shares(frame: DataFrame, count: string, ...categories: string[]): DataFrame {
  const summed = frame.groupBy(["source", ...categories]).agg(pl.col(count).sum().alias(count));
  const totals = summed.groupBy(["source"]).agg(pl.col(count).sum().alias("total"));
  const percent = pl
    .col(count)
    .cast(pl.Float64)
    .mul(pl.lit(100))
    .div(pl.col("total").cast(pl.Float64))
    .alias("percent");
  const shared = summed
    .join(totals, { on: "source", how: "inner" })
    .withColumns(percent)
    .select("source", ...categories, count, "percent");
  return shared.sort(categories).sort(pl.col("percent"), true, true, true).sort("source", true, false, true);
}

/**
 * Of `shares`, the categories that differ most between the sides, in production's order; null is named `(none)`.
 *
 * @example await draw(bars(widest(licenses, "licenses", "state"), { category: "state", value: "percent", title: "FL differs most" }), "FL differs most.");
 */
export function widest(frame: DataFrame, count: string, category: string, most = 12): DataFrame {
  const all = shares(frame.withColumns(pl.col(category).cast(pl.Utf8).fillNull(pl.lit("(none)"))), count, category);
  const gap = ({ difference }: Row) => Math.abs(difference);
  const names = records(beside(all, "percent", category))
    .sort((one, other) => gap(other) - gap(one))
    .slice(0, most)
    .map((row) => row[category]);
  return all.filter(among(category, names));
}

/**
 * How far production and local are apart in what they hold of each category, in one row: `distribution`, the rows of
 * either side, `values`, `measure` (PSI), `distance`, its 95 % interval `from` and `to`, `by chance` (what two
 * samples of these sizes from one distribution would show on average), `JS`, `JS from`, `JS to`, `verdict`. The
 * verdict rests on the interval's lower end, never on the distance alone: 320 rows in 49 categories are 0.16 apart by
 * chance.
 *
 * @example await show(distance("licences by state", licenses, "licenses", "state"), "How far apart");
 */
export function distance(distribution: string, frame: DataFrame, count: string, ...categories: string[]): DataFrame {
  const counted = countBy(frame, count, categories);
  return measureDistance(distribution, "PSI", counted, computePsi);
}

/**
 * `distance` for several columns of one cube, each named by its table and column.
 *
 * @example pl.concat(distances("licenses", licenses, "licenses", ["state", "status"]))
 */
export function distances(table: string, frame: DataFrame, count: string, columns: string[]): DataFrame[] {
  return columns.map((column) => distance(`${table}.${column}`, frame, count, column));
}

/**
 * As `distance`, for a column of numbers: `measure` is Wasserstein, `distance` is in production's standard
 * deviations, `units` in the column's own. Rows where it is null are left out.
 *
 * @example distanceOfNumbers("credits of an activity", activities, "activities", "credits")
 */
export function distanceOfNumbers(distribution: string, frame: DataFrame, count: string, column: string): DataFrame {
  const present = countBy(
    frame.withColumns(pl.col(column).cast(pl.Float64)).filter(pl.col(column).isNotNull()),
    count,
    [column],
  );
  const { values, ...counted } = sortValues(present, trimTails(present));
  const deviation = computeStandardDeviation(values, counted.production);
  return measureDistance(
    distribution,
    "Wasserstein",
    counted,
    (production, local) => computeWasserstein(values, production, local) / deviation,
    deviation,
  );
}

/**
 * The population stability index of two lists of counts, Σ (p − q) · ln(p / q): 0 where the shares are equal, without
 * upper bound; the symmetric Kullback-Leibler divergence, in nats. Half a row is added to every category on both
 * sides (Krichevsky and Trofimov 1981), because an empty one would make it infinite.
 */
export function computePsi(production: number[], local: number[]): number {
  const [p, q] = [production, local].map((counts) => computeShares(counts.map((count) => count + 0.5)));
  let psi = 0;
  for (let at = 0; at < p.length; at++) psi += (p[at] - q[at]) * Math.log(p[at] / q[at]);
  return psi;
}

/**
 * The Jensen-Shannon divergence in bits, H((p + q) / 2) − (H(p) + H(q)) / 2 (Lin 1991); 0 where the shares are equal,
 * 1 where nothing is common. Empty categories need no care. Its root is the Jensen-Shannon distance, which is a
 * metric (Endres and Schindelin 2003).
 */
export function computeJensenShannon(production: number[], local: number[]): number {
  const [p, q] = [production, local].map(computeShares);
  const middle = computeEntropy(p.map((share, index) => (share + q[index]) / 2));
  return Math.max(0, middle - (computeEntropy(p) + computeEntropy(q)) / 2);
}

/** In bits. */
function computeEntropy(shares: number[]): number {
  let entropy = 0;
  for (const share of shares) entropy -= share > 0 ? share * Math.log2(share) : 0;
  return entropy;
}

/**
 * The Wasserstein distance of order 1 in the values' own unit, ∫ |F − G| (Vallender 1974): how far a row must move on
 * average to make one side the other. `values` ascend.
 */
export function computeWasserstein(values: number[], production: number[], local: number[]): number {
  const [p, q] = [production, local].map(computeShares);
  let between = 0;
  return sumNumbers(
    values.slice(1).map((value, index) => Math.abs((between += p[index] - q[index])) * (value - values[index])),
  );
}

interface Counted {
  production: number[];
  local: number[];
}
type Measure = (production: number[], local: number[]) => number;

function measureDistance(
  distribution: string,
  name: keyof typeof thresholds,
  counted: Counted,
  measure: Measure,
  unit: number | null = null,
): DataFrame {
  const [production, local] = [sumNumbers(counted.production), sumNumbers(counted.local)];
  const both = production > 0 && local > 0;
  const enough = Math.min(production, local) >= fewestRows;
  const interval = (estimated: Estimate) => (enough ? estimated : { ...estimated, from: null, to: null });
  const [main, shannon] = both ? estimate(counted, [measure, computeJensenShannon]).map(interval) : [nothing, nothing];
  const verdict = !both ? "nothing to compare" : enough ? judgeNearness(main, thresholds[name]) : "too few rows";
  const numbers = {
    distance: main.distance,
    from: main.from,
    to: main.to,
    "by chance": main.chance,
    units: main.distance === null || unit === null ? null : main.distance * unit,
    JS: computeRoot(shannon.distance),
    "JS from": computeRoot(shannon.from),
    "JS to": computeRoot(shannon.to),
  };
  return pl.DataFrame([
    pl.Series("distribution", [distribution], pl.Utf8),
    ...Object.entries({ production, local, values: counted.production.length }).map(([column, value]) =>
      pl.Series(column, [value], pl.Int64),
    ),
    pl.Series("measure", [name], pl.Utf8),
    ...Object.entries(numbers).map(([column, value]) => pl.Series(column, [value], pl.Float64)),
    pl.Series("verdict", [verdict], pl.Utf8),
  ]);
}

function judgeNearness({ distance, from, to }: Estimate, limit: (typeof thresholds)["PSI"]): Nearness {
  if (from! >= limit["far apart"]) return "far apart";
  if (from! >= limit.apart) return "apart";
  return distance === 0 || to! < limit.apart ? "alike" : "cannot tell";
}

interface Estimate {
  distance: number | null;
  from: number | null;
  to: number | null;
  chance: number | null;
}
const nothing: Estimate = { distance: null, from: null, to: null, chance: null };
const resamples = 2000;

/**
 * Measures with their 95 % intervals, all from the same draws. Both sides are drawn again 2,000 times from their own shares (Poisson bootstrap:
 * Hanley and MacGibbon 2006). A distance between samples is too large by a bias, one between samples of samples by it
 * twice: so the percentiles are moved down by twice the bootstrap's estimate of it (Efron and Tibshirani 1993, 10.2).
 * The lower end is moreover never above what is left when that is taken off which two samples of one distribution,
 * the pooled, reach in 39 of 40 cases (for PSI about (1/n + 1/m) · χ² with k − 1 degrees of freedom: Yurdakul and
 * Naranjo 2020). The seed is fixed: the same counts give the same interval.
 */
function estimate({ production, local }: Counted, measures: Measure[]): Estimate[] {
  const random = makeRandom(20260202);
  const pooled = computeShares(production.map((count, index) => count + local[index]));
  const expected = [production, local].map((counts) => pooled.map((share) => share * sumNumbers(counts)));
  const again = drawSorted(production, local, measures, random);
  const alike = drawSorted(expected[0], expected[1], measures, random);
  return measures.map((measure, at) => estimateInterval(measure(production, local), again[at], alike[at]));
}

/** `again` are distances between the sides drawn anew, `alike` those between two samples of the pooled; both ascend. */
function estimateInterval(distance: number, again: number[], alike: number[]): Estimate {
  const bias = computeMean(again) - distance;
  const from = Math.max(
    0,
    Math.min(computeQuantile(again, 0.025) - 2 * bias, distance - computeQuantile(alike, 0.975)),
  );
  return { distance, from, to: Math.max(from, computeQuantile(again, 0.975) - 2 * bias), chance: computeMean(alike) };
}

function drawCounts(expected: number[], random: () => number): number[] {
  const counts = expected.map((mean) => drawPoisson(mean, random));
  return counts.some((count) => count > 0) ? counts : expected;
}

/** For each measure what it gives for 2,000 draws of both, ascending. */
function drawSorted(one: number[], other: number[], measures: Measure[], random: () => number): number[][] {
  const drawn = measures.map((): number[] => []);
  for (let draw = 0; draw < resamples; draw++) {
    const [production, local] = [drawCounts(one, random), drawCounts(other, random)];
    measures.forEach((measure, at) => drawn[at].push(measure(production, local)));
  }
  return drawn.map((distances) => distances.sort((a, b) => a - b));
}

function computeQuantile(ascending: number[], share: number): number {
  return ascending[Math.round(share * (ascending.length - 1))];
}

/** The rows of each category that either side has, in the order of their names. */
function countBy(frame: DataFrame, count: string, categories: string[]): Counted & { names: string[] } {
  const rows = frame
    .select("source", ...categories.map((column) => pl.col(column).cast(pl.Utf8)), pl.col(count).cast(pl.Float64))
    .toRecords();
  const counts = new Map<string, Record<Side, number>>();
  for (const row of rows) {
    const name =
      categories.length === 1 ? String(row[categories[0]]) : JSON.stringify(categories.map((column) => row[column]));
    const counted = counts.get(name) ?? { production: 0, local: 0 };
    counted[row.source as Side] += Number(row[count] ?? 0);
    counts.set(name, counted);
  }
  const names = [...counts.keys()].filter((name) => sumNumbers(Object.values(counts.get(name)!)) > 0).sort();
  return {
    names,
    production: names.map((name) => counts.get(name)!.production),
    local: names.map((name) => counts.get(name)!.local),
  };
}

/**
 * The values that stand for the numbers: what lies beyond the sides' common first and last hundredth is moved to
 * there, so that one wrong date does not decide.
 */
function trimTails({ names, production, local }: Counted & { names: string[] }): number[] {
  const [p, q] = [production, local].map((counts) => computeShares(counts));
  const weighted = names
    .map((name, index) => ({ value: Number(name), weight: ((p[index] || 0) + (q[index] || 0)) / 2 }))
    .sort((a, b) => a.value - b.value);
  let below = 0;
  const inside = weighted.filter(({ weight }) => (below += weight) >= 0.01 && below - weight <= 0.99);
  return names.map((name) => Math.min(Math.max(Number(name), inside[0]?.value), inside[inside.length - 1]?.value));
}

function sortValues({ production, local }: Counted, values: number[]): Counted & { values: number[] } {
  const order = values.map((_, index) => index).sort((a, b) => values[a] - values[b]);
  return {
    values: order.map((index) => values[index]),
    production: order.map((index) => production[index]),
    local: order.map((index) => local[index]),
  };
}

/** Of the values with their counts; 1 where all are equal, so that a distance from them stays in the values' unit. */
function computeStandardDeviation(values: number[], counts: number[]): number {
  const weights = computeShares(counts);
  const middle = sumNumbers(values.map((value, index) => value * weights[index]));
  return Math.sqrt(sumNumbers(values.map((value, index) => (value - middle) ** 2 * weights[index]))) || 1;
}

function computeMean(numbers: number[]): number {
  return sumNumbers(numbers) / numbers.length;
}

function computeShares(counts: number[]): number[] {
  const all = sumNumbers(counts);
  return counts.map((count) => count / all);
}

function sumNumbers(numbers: number[]): number {
  let sum = 0;
  for (const number of numbers) sum += number;
  return sum;
}

function computeRoot(number: number | null): number | null {
  return number === null ? null : Math.sqrt(number);
}

/**
 * Knuth's multiplication below 30, the normal approximation above, where it is off by less than the interval's own
 * noise.
 */
function drawPoisson(mean: number, random: () => number): number {
  if (mean > 30)
    return Math.max(
      0,
      Math.round(mean + Math.sqrt(mean) * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())),
    );
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = random(); product > limit; product *= random()) count++;
  return count;
}

/** mulberry32: the same numbers for the same seed. */
function makeRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
