import { sides, type Side } from "../ledger";
import { QueryError } from "../errors";
import type { Budget } from "./limits";
import { OverBudget, type Asker } from "./metered-source";
import type { Sizes } from "./sizes";
import { writeBucketsQuery, type Piece, type Scan } from "./statements";

/** Rows of each bucket that has any, and the sums of their two hashes. */
export type Buckets = Map<bigint, { rows: number; sums: [bigint, bigint] }>;

/** What a comparison may cost, and how much of it is done at a time. */
export interface Limits {
  budget: Budget;
  sizes: Sizes;
}

/** How far one side has been read. */
export interface Reading {
  buckets: Buckets;
  /** The block, or the position, from which on nothing is read yet. */
  next: bigint;
  done: boolean;
}

export function makeReading(): Reading {
  return { buckets: new Map(), next: 0n, done: false };
}

/** The positions of both sides, cut into at most so many buckets of a power of two. */
export interface Grid {
  lowest: bigint;
  highest: bigint;
  shift: number;
}

export function makeGrid(lowest: bigint, highest: bigint, { buckets }: Sizes): Grid {
  let shift = 0;
  while ((highest - lowest) >> BigInt(shift) >= BigInt(buckets)) shift++;
  return { lowest, highest, shift };
}

/** What a statement should take: far from the limit of 30 s, long enough for few of them. */
const wantedMilliseconds = 8_000;

/**
 * Reads one side once, from its first block to its last, in statements that each take seconds and stay within the
 * budget; sums of buckets add up, whatever order the rows lie in. `said` hears after each statement. A statement that
 * ran into its time limit is asked again for less.
 */
export async function readBuckets(
  asker: Asker,
  piece: Piece,
  expected: number,
  grid: Grid,
  reading: Reading,
  { budget: { rowsAStatement }, sizes }: Limits,
  sample: Scan["sample"],
  said: (rows: number) => void,
): Promise<void> {
  const cut = cutOf(piece, expected, grid, rowsAStatement, sizes);
  let rows = Math.min(sizes.firstRows, rowsAStatement);
  while (!reading.done) {
    const units = cut ? BigInt(Math.max(1, Math.round((rows / expected) * Number(cut.units)))) : 0n;
    const end = cut && reading.next + units < cut.units ? reading.next + units : undefined;
    const whole = reading.next === 0n && end === undefined;
    const started = performance.now();
    try {
      const cells = await asker.ask(
        writeBucketsQuery(
          piece,
          { ...(cut && !whole ? cut.scan(reading.next, end) : {}), sample },
          grid.lowest,
          grid.shift,
        ),
      );
      add(reading.buckets, cells);
    } catch (error) {
      if (!cut || !(error instanceof QueryError) || error.condition !== "query_canceled" || rows <= sizes.fewestRows)
        throw error;
      if (error.fault === "interrupted" || asker.stopped()) throw error;
      rows = Math.max(sizes.fewestRows, Math.round(rows / 4));
      continue;
    }
    const share = whole ? 1 : Number(units) / Number(cut!.units);
    rows = Math.min(
      rowsAStatement,
      Math.max(
        Math.min(sizes.fewestRows, rowsAStatement),
        Math.round((rows * wantedMilliseconds) / Math.max(1, performance.now() - started)),
      ),
    );
    reading.done = end === undefined;
    reading.next = end ?? reading.next;
    said(Math.round(expected * share));
  }
}

/** What a table is cut along: its blocks, or, before PostgreSQL 14, which reads all blocks to find some, its key. */
function cutOf(
  { plan, side, way }: Piece,
  expected: number,
  { lowest, highest }: Grid,
  rowsAStatement: number,
  { firstRows }: Sizes,
): { units: bigint; scan(from: bigint, to?: bigint): Scan } | undefined {
  const { blocks, version, kind } = plan.sides[side];
  if (expected <= firstRows) return undefined;
  if (version >= 140_000 && kind !== "view")
    return {
      units: BigInt(Math.max(1, blocks)),
      scan: (from, to) => ({ blocks: [Number(from), to === undefined ? undefined : Number(to)] }),
    };
  if (way === "integer")
    return {
      units: highest - lowest + 1n,
      scan: (from, to) => ({ span: [lowest + from, to === undefined ? undefined : lowest + to] }),
    };
  if (expected <= rowsAStatement) return undefined;
  const figure = Math.round(expected).toLocaleString("en");
  throw new OverBudget(
    `${plan.table}: ${side} would read about ${figure} rows in one statement, since ` +
      `${kind === "view" ? "a view" : "a server before PostgreSQL 14"} can be asked for a part of its rows ` +
      `only by an indexed integer key; the budget is ${rowsAStatement.toLocaleString("en")} a statement: ` +
      `narrow it with --where.`,
  );
}

/** A table in parts of at most so many rows, for what no index finds. */
export function splitParts(
  piece: Piece,
  expected: number,
  grid: Grid,
  { budget: { rowsAStatement }, sizes }: Limits,
): Scan[] {
  const cut = piece.way === "integer" ? undefined : cutOf(piece, expected, grid, rowsAStatement, sizes);
  const parts = cut ? Math.ceil(expected / rowsAStatement) : 1;
  if (parts === 1) return [{}];
  const edge = (part: number) => (cut!.units * BigInt(part)) / BigInt(parts);
  return Array.from({ length: parts }, (_, part) =>
    cut!.scan(edge(part), part === parts - 1 ? undefined : edge(part + 1)),
  );
}

function add(buckets: Buckets, cells: (string | null)[][]): void {
  for (const [b, n, s1, s2] of cells as string[][]) {
    const number = BigInt(b);
    const known = buckets.get(number);
    if (known) {
      known.rows += Number(n);
      known.sums[0] += BigInt(s1);
      known.sums[1] += BigInt(s2);
    } else buckets.set(number, { rows: Number(n), sums: [BigInt(s1), BigInt(s2)] });
  }
}

/** The buckets of a statement's answer. */
export function parseBuckets(cells: (string | null)[][]): Buckets {
  const buckets: Buckets = new Map();
  add(buckets, cells);
  return buckets;
}

/** A bucket whose rows differ, and how many it has on the side that has more. */
export interface Bad {
  number: bigint;
  rows: number;
}

/** The buckets that are not the same on both sides, in order. */
export function findBadBuckets({ production, local }: Record<Side, Buckets>): Bad[] {
  const numbers = new Set([...production.keys(), ...local.keys()]);
  const bad = [...numbers].flatMap((number) => {
    const [one, other] = [production.get(number), local.get(number)];
    return one?.rows === other?.rows && one?.sums[0] === other?.sums[0] && one?.sums[1] === other?.sums[1]
      ? []
      : [{ number, rows: Math.max(one?.rows ?? 0, other?.rows ?? 0) }];
  });
  return bad.sort((one, other) => (one.number < other.number ? -1 : 1));
}

/** How many rows probably differ, when `bad` of `all` buckets do and rows fall into buckets by chance. */
export function estimateDifferences(bad: number, all: number): number {
  return bad >= all ? all * Math.log(2 * all) : -all * Math.log(1 - bad / all);
}

/** The rows of all buckets. */
export function countBucketRows(buckets: Buckets): number {
  let rows = 0;
  for (const bucket of buckets.values()) rows += bucket.rows;
  return rows;
}

export function askBoth<T>(of: (side: Side) => Promise<T>): Promise<Record<Side, T>> {
  return Promise.all(sides.map(of)).then(([production, local]) => ({ production, local }));
}

/** A list in parts of at most so much each; one that alone is more stands alone. */
export function splitBatches<T>(list: T[], most: number, size: (one: T) => number): T[][] {
  const parts: T[][] = [];
  let held = Infinity;
  for (const one of list) {
    if (held + size(one) > most) {
      parts.push([]);
      held = 0;
    }
    parts.at(-1)!.push(one);
    held += size(one);
  }
  return parts;
}
