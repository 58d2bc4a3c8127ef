import type { Side } from "../ledger";
import { identifier, literal } from "../sql/template";
import { seedOf, type Plan } from "./plan";

/**
 * What a row is found by. `integer`: its key, as it is. `hash`: a hash of its key, of any columns and types. `none`: it has no key, and a hash of the whole row
 * stands for it. The position says in which bucket it lies: the token itself, or 62 bits of a hash.
 */
export type Way = "integer" | "hash" | "none";

/** The SQL of one side of a plan: 64-bit integers all. */
export interface Piece {
  way: Way;
  plan: Plan;
  side: Side;
  token: string;
  position: string;
  /** A hash of the row, its key mixed in at last: values that two rows have exchanged do not cancel out. */
  row: string;
  columns: { name: string; hash: string }[];
  /** Where rows are not found by an index: the parts in which the table is searched, none larger than a statement may read. */
  parts?: Scan[];
}

/** Which rows a statement reads; all of them, where nothing is said. */
export interface Scan {
  /** Physical blocks, from and up to (PostgreSQL 14 and later read only these). */
  blocks?: [from: number, to?: number];
  /** Positions, from and up to. */
  span?: [from: bigint, to?: bigint];
  /** Buckets of 2^shift positions each. */
  buckets?: { numbers: bigint[]; shift: number; lowest: bigint };
  tokens?: bigint[];
  /** One in so many rows, by a hash of the key: the same rows on both sides. */
  sample?: { share: number; seed: bigint };
}

const positions = (1n << 62n) - 1n;

/** The SQL of one side of a table. `secret` is the comparison's. */
export function pieceOf(plan: Plan, side: Side, way: Way, secret: string): Piece {
  const hash = (column: string, use: string) =>
    plan.encodings.get(column)![side](identifier(column).sql, seedOf(secret, plan.table, use, column));
  const mixed = (columns: string[], use: string) =>
    columns
      .map((column) => `coalesce(${hash(column, use)}, ${seedOf(secret, plan.table, "null", use, column)})`)
      .join(" # ") || "0";
  const rest = plan.columns.filter((column) => !plan.key.includes(column));
  const seed = seedOf(secret, plan.table);
  const token =
    way === "integer"
      ? `${identifier(plan.key[0]).sql}::int8`
      : way === "hash"
        ? `hashint8extended(${mixed(plan.key, "key")}, ${seed})`
        : `hashint8extended(${mixed(plan.columns, "value")}, ${seed})`;
  return {
    way,
    plan,
    side,
    token,
    position: way === "integer" ? token : `(${token} & ${positions})`,
    row: way === "none" ? token : `hashint8extended(${mixed(rest, "value")}, ${token} # ${seed})`,
    columns:
      way === "none"
        ? []
        : rest.map((name) => ({
            name,
            hash: `coalesce(${hash(name, "value")}, ${seedOf(secret, plan.table, "null", "value", name)})`,
          })),
  };
}

/** How many rows each bucket of 2^shift positions has, and the sum of their hashes. */
export function bucketsOf(piece: Piece, scan: Scan, lowest: bigint, shift: number): string {
  // `offset 0`: else the planner expects as many groups as keys, and sorts the table on disk
  return `select b, count(*) as n, sum(h) as s from (select (${piece.position} - ${lowest}) >> ${shift} as b, ${piece.row} as h ${from(piece, scan)} offset 0) as r group by b`;
}

/** How many rows each of some tables has, and the sum of their hashes: number of the table, rows, sum. */
export function totalsOf(pieces: Piece[], scan: Scan = {}): string {
  return pieces
    .map(
      (piece, index) =>
        `select ${index} as t, count(*) as n, sum(h) as s from (select ${piece.row} as h ${from(piece, scan)} offset 0) as r`,
    )
    .join("\nunion all ");
}

/** Every row read: number of the table, token, hash; of rows without a key each token once, and how often it is there. */
export function rowsOf(reads: { piece: Piece; scan: Scan }[]): string {
  return reads
    .map(({ piece, scan }, index) =>
      piece.way === "none"
        ? `select ${index} as t, k, count(*) as h from (select ${piece.token} as k ${from(piece, scan)} offset 0) as r group by k`
        : `select ${index} as t, ${piece.token} as k, ${piece.row} as h ${from(piece, scan)}`,
    )
    .join("\nunion all ");
}

/** Of each row: number of the table, token, its key as a JSON list, null where a part is personal, and a hash of each column: letters alone, so that nothing takes one for somebody's number. */
export function detailsOf(reads: { piece: Piece; scan: Scan }[]): string {
  return reads
    .map(({ piece, scan }, index) => {
      const parts = piece.plan.key.map((column) =>
        piece.plan.personal.has(column) ? "null" : `${identifier(column).sql}::text`,
      );
      const hashes = piece.columns.map(({ hash }) => `to_hex((${hash}) & 281474976710655)`).join(", ");
      return `select ${index} as t, ${piece.token} as k, json_build_array(${parts.join(", ")})::text as key, ${hashes ? `translate(concat_ws(',', ${hashes}), '0123456789', 'ghijklmnop')` : "''"} as hashes ${from(piece, scan)}`;
    })
    .join("\nunion all ");
}

/** Where the key's positions begin and end. */
export function boundsOf(piece: Piece): string {
  const column = identifier(piece.plan.key[0]).sql;
  return `select min(${column})::text as lowest, max(${column})::text as highest from ${piece.plan.sides[piece.side].relation}`;
}

/** What a plan of the statement is asked for with. */
export function explained(statement: string): string {
  return `explain (format json) ${statement}`;
}

/** All rows of some tables, without anything computed: what EXPLAIN is asked about. */
export function plainly(pieces: Piece[], conditional: boolean): string {
  return pieces
    .map(
      ({ plan, side }) =>
        `select 1 as one from ${plan.sides[side].relation}${conditional && plan.where ? ` where (${plan.where[side]})` : ""}`,
    )
    .join("\nunion all ");
}

function from(piece: Piece, { blocks, span, buckets, tokens, sample }: Scan): string {
  const { plan, side, way, token, position } = piece;
  const list = (values: bigint[]) => `'{${values.join(",")}}'::int8[]`;
  const key = way === "integer" ? identifier(plan.key[0]).sql : token;
  // a list with commas, not JOIN: behind a JOIN, ctid has no name
  const [lists, found]: string[][] = [[], []];
  if (tokens) {
    lists.push(`unnest(${list(tokens)}) as runbook_list(runbook_first)`);
    found.push(`${key} = runbook_first`);
  }
  if (buckets && way === "integer") {
    const [firsts, ends] = edgesOf(buckets);
    lists.push(
      `rows from (unnest(${list(firsts)}), unnest(${list(ends)})) as runbook_list(runbook_first, runbook_end)`,
    );
    found.push(`${key} >= runbook_first and ${key} < runbook_end`);
  } else if (buckets) {
    lists.push(`unnest(${list(buckets.numbers)}) as runbook_list(runbook_first)`);
    found.push(`(${position} - ${buckets.lowest}) >> ${buckets.shift} = runbook_first`);
  }
  const conditions = [
    ...found,
    ...(blocks
      ? [
          `ctid >= ${literal(`(${blocks[0]},0)`)}`,
          ...(blocks[1] === undefined ? [] : [`ctid < ${literal(`(${blocks[1]},0)`)}`]),
        ]
      : []),
    ...(span ? [`${key} >= ${span[0]}`, ...(span[1] === undefined ? [] : [`${key} < ${span[1]}`])] : []),
    ...(sample
      ? [`(hashint8extended(${token}, ${sample.seed}) & ${2 ** 40 - 1}) < ${Math.round(sample.share * 2 ** 40)}`]
      : []),
    ...(plan.where ? [`(${plan.where[side]})`] : []),
  ];
  return `from ${[plan.sides[side].relation, ...lists].join(", ")}${conditions.length ? ` where ${conditions.join(" and ")}` : ""}`;
}

/** Where stretches of neighbouring buckets begin, and where they end. */
function edgesOf({ numbers, shift, lowest }: Required<Scan>["buckets"]): [firsts: bigint[], ends: bigint[]] {
  const runs: [bigint, bigint][] = [];
  for (const number of [...numbers].sort((one, other) => (one < other ? -1 : 1))) {
    const last = runs.at(-1);
    if (last && last[1] === number) last[1]++;
    else runs.push([number, number + 1n]);
  }
  const position = (number: bigint) => lowest + (number << BigInt(shift));
  return [runs.map(([first]) => position(first)), runs.map(([, end]) => position(end))];
}
