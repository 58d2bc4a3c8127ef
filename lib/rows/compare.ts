import { randomBytes } from "node:crypto";
import { RunbookError } from "../errors";
import { sides, type Side } from "../ledger";
import { TooMuch, type Asker } from "./metered-source";
import {
  findBadBuckets,
  splitBatches,
  parseBuckets,
  estimateDifferences,
  makeGrid,
  makeReading,
  askBoth,
  splitParts,
  readBuckets,
  countBucketRows,
  type Bad,
  type Grid,
  type Limits,
} from "./buckets";
import { requireBudget } from "./estimate";
import { Details, type Token } from "./details";
import type { Plan } from "./plan";
import {
  writeBucketsQuery,
  writeBoundsQuery,
  makePiece,
  writeRowsQuery,
  writeTotalsQuery,
  type Piece,
  type Scan,
  type Way,
} from "./statements";
import { estimateShare } from "./sample";
import type { Sizes } from "./sizes";
import { removeState, readState, writeState, type State } from "./progress-file";
import { makeOutcome, finishOutcome, type Difference, type Outcome } from "./tally";

export interface Options extends Limits {
  /** So many rows are compared instead of all, chosen by a hash of their keys. */
  sample?: number;
  /** How many keys of each status an outcome holds. */
  keys?: number;
  /** Where a comparison that takes several statements keeps how far it is; with `resume` it goes on from there. */
  state?: { file: string; resume: boolean };
  onProgress?: (progress: Progress) => void;
  /** Hears of each row that differs, however many there are. */
  onDifference?: (difference: Difference) => void;
}

/** How far a comparison is: rows read for checksums on a side, or rows in buckets that differ, resolved on both. */
export interface Progress {
  table: string;
  doing: "reading production" | "reading local" | "finding the rows that differ";
  done: number;
  of: number;
}

type Askers = Record<Side, Asker>;
type Pieces = Record<Side, Piece>;

/**
 * Compares a table by checksums that are computed inside both databases. Sums of row hashes in at most 16,384 buckets
 * of the key are compared first, each table read once; then, inside the buckets that differ, smaller buckets, rows,
 * and the columns of the rows that differ. What leaves a database are sums, hashes, and the keys of rows that differ.
 * Throws OverBudget before anything is read where EXPLAIN says that it would cost more than it may.
 *
 * A row is hashed as one text (`makePiece` says why two rows are hashed alike only if they are, and how unlikely
 * anything else is). An indexed integer key is cut by its values, and rows are found by the index; any other key by
 * its hash, and rows by a second reading. Sums count rows that repeat, which xor does not.
 */
export async function compareTable(askers: Askers, plan: Plan, options: Options): Promise<Outcome> {
  const before = makeForSides((side) => ({ queries: askers[side].queries, bytes: askers[side].bytes }));
  const rough = Math.max(plan.sides.production.rows, plan.sides.local.rows);
  const outcome =
    rough <= options.sizes.smallRows && !options.sample
      ? (await compareSmall(askers, [plan], options))[0]
      : await compareLarge(askers, plan, options);
  outcome.queries = makeForSides((side) => askers[side].queries - before[side].queries);
  outcome.bytes = makeForSides((side) => askers[side].bytes - before[side].bytes);
  return outcome;
}

/**
 * Compares small tables together: one statement for all their sums, one for the rows of those that differ, one for
 * those rows' columns.
 */
export async function compareSmall(askers: Askers, plans: Plan[], options: Options): Promise<Outcome[]> {
  setSecrets(askers, makeSecret());
  const outcomes = plans.map(makeOutcome);
  const pieces = plans.map((plan) =>
    makePieces(plan, plan.key.length === 0 ? "none" : plan.integer ? "integer" : "hash"),
  );
  await requireBudget(
    askers,
    makeForSides((side) => pieces.map((piece) => piece[side])),
    options.budget,
  );
  const totals = await askBoth((side) => askers[side].ask(writeTotalsQuery(pieces.map((piece) => piece[side]))));
  const differing: { index: number; rows: number }[] = [];
  for (const index of plans.keys()) {
    const [one, other] = sides.map((side) => totals[side].find(([t]) => Number(t) === index)!);
    outcomes[index].production.rows = Number(one[1]);
    outcomes[index].local.rows = Number(other[1]);
    if ([1, 2, 3].some((cell) => one[cell] !== other[cell]))
      differing.push({ index, rows: Math.max(Number(one[1]), Number(other[1])) });
  }
  const { leafRows } = options.sizes;
  const details = new Details(askers, options);
  const [small, large] = [
    differing.filter(({ rows }) => rows <= leafRows),
    differing.filter(({ rows }) => rows > leafRows),
  ];
  for (const part of splitBatches(small, leafRows, ({ rows }) => rows))
    await compareRows(
      askers,
      part.map(({ index }) => ({ pieces: pieces[index], outcome: outcomes[index], scan: {} })),
      details,
    );
  await details.flush();
  for (const { index, rows } of large)
    outcomes[index] = await compareLarge(
      askers,
      { ...plans[index], sides: setRows(plans[index].sides, rows) },
      options,
    );
  return outcomes.map(finishOutcome);
}

/** The statistics did not know how large it is. */
function setRows(of: Plan["sides"], rows: number): Plan["sides"] {
  return { production: { ...of.production, rows }, local: { ...of.local, rows } };
}

async function compareLarge(askers: Askers, plan: Plan, options: Options): Promise<Outcome> {
  const found = options.state?.resume ? readState(options.state.file, plan) : undefined;
  const secret = found?.secret ?? makeSecret();
  setSecrets(askers, secret);
  const { way, grid } = found ?? (await chooseWay(askers, plan, options.sizes));
  const pieces = makePieces(plan, way);
  const expected = await requireBudget(
    askers,
    makeForSides((side) => [pieces[side]]),
    options.budget,
  );
  for (const side of sides) pieces[side].parts = splitParts(pieces[side], expected[side], grid, options);
  const sample = options.sample ? sampleOf(options.sample, expected) : undefined;
  const state: State = found ?? {
    way,
    grid,
    secret,
    readings: { production: makeReading(), local: makeReading() },
    outcome: makeOutcome(plan),
    resolved: -1n,
  };
  const save = () => options.state && writeState(options.state.file, plan, state);
  await read(askers, pieces, expected, state, sample, options, save);
  const { outcome } = state;
  for (const side of sides) outcome[side].rows = countBucketRows(state.readings[side].buckets);
  await resolve(askers, pieces, state, sample, options, save);
  if (sample)
    outcome.sample = {
      ...estimateShare(
        outcome.changed + outcome["only in production"] + outcome["only in local"],
        outcome.production.rows + outcome["only in local"],
      ),
      confidence: 0.95,
    };
  if (options.state) removeState(options.state.file);
  return finishOutcome(outcome);
}

/**
 * A key that is one indexed integer and whose values lie close enough is cut as it is, so that buckets that differ
 * are found by the index; any other key by its hash.
 */
async function chooseWay(askers: Askers, plan: Plan, sizes: Sizes): Promise<{ way: Way; grid: Grid }> {
  const hashed = makeGrid(0n, (1n << 62n) - 1n, sizes);
  if (!plan.indexed) return { way: plan.key.length ? "hash" : "none", grid: hashed };
  const pieces = makePieces(plan, "integer");
  const bounds = await askBoth((side) => askers[side].ask(writeBoundsQuery(pieces[side])));
  const known = sides.flatMap((side) => bounds[side][0].flatMap((cell) => (cell === null ? [] : [BigInt(cell)])));
  if (!known.length) return { way: "integer", grid: makeGrid(0n, 0n, sizes) };
  const [lowest, highest] = [
    known.reduce((one, other) => (other < one ? other : one)),
    known.reduce((one, other) => (other > one ? other : one)),
  ];
  const dense = highest - lowest < BigInt(Math.max(plan.sides.production.rows, plan.sides.local.rows)) * 1024n;
  return dense ? { way: "integer", grid: makeGrid(lowest, highest, sizes) } : { way: "hash", grid: hashed };
}

async function read(
  askers: Askers,
  pieces: Pieces,
  expected: Record<Side, number>,
  state: State,
  sample: Scan["sample"],
  options: Options,
  save: () => void,
): Promise<void> {
  await askBoth(async (side) => {
    let done = 0;
    const reading = state.readings[side];
    await readBuckets(
      askers[side],
      pieces[side],
      Math.max(expected[side], 1),
      state.grid,
      reading,
      options,
      sample,
      (rows) => {
        done += rows;
        save();
        options.onProgress?.({
          table: pieces[side].plan.table,
          doing: `reading ${side}`,
          done: Math.min(done, expected[side]),
          of: expected[side],
        });
      },
    );
  });
}

/** From buckets that differ to rows, a batch of buckets at a time, so that memory holds no more than one. */
async function resolve(
  askers: Askers,
  pieces: Pieces,
  state: State,
  sample: Scan["sample"],
  options: Options,
  save: () => void,
): Promise<void> {
  const buckets = makeForSides((side) => state.readings[side].buckets);
  const bad = findBadBuckets(buckets);
  const left = bad.filter(({ number }) => number > state.resolved);
  const refined = chooseRefinement(
    bad,
    estimateDifferences(bad.length, new Set([...buckets.production.keys(), ...buckets.local.keys()]).size),
    state.grid.shift,
    options.sizes,
  );
  const details = new Details(askers, options);
  const target: Target = { askers, pieces, outcome: state.outcome, sample, details, sizes: options.sizes };
  let done = sumRows(bad) - sumRows(left);
  for (const batch of splitBatches(
    left,
    refined ? options.sizes.leafBuckets * refined.rows : options.sizes.leafRows,
    ({ rows }) => rows,
  )) {
    if (refined) await refineBuckets(target, batch, state.grid, refined.shift);
    else await readLeaf(target, batch, state.grid);
    const last = batch.at(-1) === left.at(-1);
    if (last || options.state) await details.flush();
    state.resolved = batch.at(-1)!.number;
    if (!last) save();
    done += sumRows(batch);
    options.onProgress?.({
      table: pieces.production.plan.table,
      doing: "finding the rows that differ",
      done,
      of: sumRows(bad),
    });
  }
}

/**
 * Whether smaller buckets are worth a question before the rows: an answer's line is about 60 bytes a bucket and 84 a
 * row, so that of all sizes s the best has rows / s buckets and s rows around each difference cost the least
 * together.
 */
function chooseRefinement(
  bad: Bad[],
  differences: number,
  shift: number,
  { leafRows }: Sizes,
): { shift: number; rows: number } | undefined {
  const rows = sumRows(bad);
  if (rows <= leafRows) return undefined;
  const best = Math.max(2, Math.sqrt((0.7 * rows) / Math.max(1, differences)));
  const halvings = Math.min(shift, Math.floor(Math.log2(rows / bad.length / best)));
  return halvings < 1 ? undefined : { shift: shift - halvings, rows: rows / bad.length / 2 ** halvings };
}

function sumRows(buckets: Bad[]): number {
  return buckets.reduce((sum, { rows }) => sum + rows, 0);
}

/** One comparison's two sides, and where its findings go. */
interface Target {
  askers: Askers;
  pieces: Pieces;
  outcome: Outcome;
  sample?: Scan["sample"];
  details: Details;
  sizes: Sizes;
}

async function refineBuckets(target: Target, batch: Bad[], grid: Grid, shift: number): Promise<void> {
  const { askers, pieces } = target;
  const answers = await askIfItFits(() =>
    askBoth((side) =>
      askInParts(askers[side], pieces[side], (part) =>
        writeBucketsQuery(pieces[side], { ...scanOf(target, batch, grid), ...part }, grid.lowest, shift),
      ),
    ),
  );
  if (!answers)
    return split(
      batch,
      (part) => refineBuckets(target, part, grid, shift),
      () => readLeaf(target, batch, grid),
    );
  const smaller = findBadBuckets(makeForSides((side) => parseBuckets(answers[side])));
  for (const part of splitBatches(smaller, target.sizes.leafRows, ({ rows }) => rows))
    await readLeaf(target, part, { ...grid, shift });
}

async function readLeaf(target: Target, batch: Bad[], grid: Grid): Promise<void> {
  const { askers, pieces, outcome, details } = target;
  const fitted = await askIfItFits(
    async () => (await compareRows(askers, [{ pieces, outcome, scan: scanOf(target, batch, grid) }], details), true),
  );
  if (fitted) return;
  await split(
    batch,
    (part) => readLeaf(target, part, grid),
    () => {
      if (grid.shift === 0)
        throw new RunbookError(
          `${pieces.production.plan.table}: more rows share one key than an answer can hold: name more ` +
            `columns in --key.`,
        );
      return refineBuckets(target, batch, grid, Math.max(0, grid.shift - 6));
    },
  );
}

function scanOf({ sample }: Target, batch: Bad[], { shift, lowest }: Grid): Scan {
  return { buckets: { numbers: batch.map(({ number }) => number), shift, lowest }, sample };
}

/** What did not fit into one answer, in two halves; a single one in the way that is left. */
async function split(batch: Bad[], each: (part: Bad[]) => Promise<void>, single: () => Promise<void>): Promise<void> {
  if (batch.length === 1) return single();
  const middle = batch.length >> 1;
  await each(batch.slice(0, middle));
  await each(batch.slice(middle));
}

/** What was asked for, or nothing where it did not fit into an answer. */
async function askIfItFits<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof TooMuch) return undefined;
    throw error;
  }
}

/** Asks for each part of a table in turn. */
async function askInParts(asker: Asker, piece: Piece, statement: (part: Scan) => string): Promise<(string | null)[][]> {
  const cells: (string | null)[][] = [];
  for (const part of piece.parts ?? [{}]) for (const row of await asker.ask(statement(part))) cells.push(row);
  return cells;
}

/** Compares rows by token and hash, of several tables at once. */
async function compareRows(
  askers: Askers,
  reads: { pieces: Pieces; outcome: Outcome; scan: Scan }[],
  details: Details,
): Promise<void> {
  const rows = await askBoth(async (side) => {
    const statement = (part: Scan) =>
      writeRowsQuery(reads.map(({ pieces, scan }) => ({ piece: pieces[side], scan: { ...scan, ...part } })));
    return readHashes(
      (await askInParts(askers[side], reads[0].pieces[side], statement)) as string[][],
      reads.map(({ pieces }) => pieces[side]),
    );
  });
  for (const [index, { pieces, outcome }] of reads.entries()) {
    const [production, local] = [rows.production[index], rows.local[index]];
    for (const token of new Set([...production.keys(), ...local.keys()])) {
      const [one, other] = [production.get(token), local.get(token)];
      if (one === other) continue;
      if (pieces.production.way === "none") countCopies(outcome, Number(one ?? 0) - Number(other ?? 0));
      else
        await details.add(
          pieces,
          outcome,
          one === undefined ? "only in local" : other === undefined ? "only in production" : "changed",
          token.split("/") as Token,
        );
    }
  }
}

/** Of each table its rows' hashes by token; of rows without a key, how many there are of each. */
function readHashes(cells: string[][], pieces: Piece[]): Map<string, string>[] {
  const tables = pieces.map(() => new Map<string, string>());
  for (const [t, k1, k2, h1, h2] of cells) {
    const [k, h] = [`${k1}/${k2}`, `${h1}/${h2}`];
    const [table, { way, plan, side }] = [tables[Number(t)], pieces[Number(t)]];
    const known = table.get(k);
    if (known !== undefined && way !== "none")
      throw new RunbookError(
        `${plan.table}: the key ${plan.key.join(", ")} is not unique in ${side}: name more columns in ` +
          `--key. NULL counts as a value.`,
      );
    table.set(k, way === "none" ? String(Number(known ?? 0) + Number(h1)) : h);
  }
  return tables;
}

function countCopies(outcome: Outcome, more: number): void {
  if (more > 0) outcome["only in production"] += more;
  else outcome["only in local"] -= more;
}

/** The same rows on both sides: those whose key's hash is below a share of all hashes. */
function sampleOf(rows: number, expected: Record<Side, number>): Scan["sample"] {
  const share = rows / Math.max(expected.production, expected.local, 1);
  return share >= 1 ? undefined : share;
}

function makePieces(plan: Plan, way: Way): Pieces {
  return makeForSides((side) => makePiece(plan, side, way));
}

function makeForSides<T>(of: (side: Side) => T): Record<Side, T> {
  return { production: of("production"), local: of("local") };
}

/** One comparison's statements hash alike on both sides, and as no other comparison's do. */
function setSecrets(askers: Askers, secret: string): void {
  for (const side of sides) askers[side].secret = secret;
}

function makeSecret(): string {
  return randomBytes(16).toString("hex");
}
