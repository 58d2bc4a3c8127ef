import type { Side } from "../ledger";
import { quoteLiteral } from "../sql/quote";
import { identifier } from "../sql/template";
import { saltSetting } from "../sql/salt";
import { numberUse, type Plan } from "./plan";

/**
 * What a row is found by. `formatInteger`: its key, as it is. `hash`: 128 bits of a hash of its key, of any columns
 * and types. `none`: it has no key, and the hash of the whole row stands for it. The position says in which bucket it
 * lies: the integer itself, or 62 bits of the hash.
 */
export type Way = "integer" | "hash" | "none";

/** The SQL of one side of a plan. */
export interface Piece {
  way: Way;
  plan: Plan;
  side: Side;
  /** What a row is found by, as two 64-bit integers; the second tells apart what the first does not. */
  token: string;
  second: string;
  position: string;
  /** All compared columns, the key's among them, as one record literal. */
  row: string;
  columns: { name: string; hash: string }[];
  /** SQL for the two 64-bit hashes of such a literal. */
  hashes(record: string): [string, string];
  /**
   * Where rows are not found by an index: the parts in which the table is searched, none larger than a statement may
   * read.
   */
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
  sample?: number;
}

const positions = (1n << 62n) - 1n;
const lastInteger = (1n << 63n) - 1n;

/**
 * The SQL of one side of a table.
 *
 * A row is hashed as one text, so that nothing that two rows, or two columns, have exchanged can cancel out: see
 * `encodingOf` for why two texts are alike only if the rows are. `hashtextextended` (Bob Jenkins' lookup3 over the
 * bytes, 64 bits of its state; the same from PostgreSQL 11 on) is computed twice, under two seeds of 64 bits that
 * nobody knows beforehand: hashes of the comparison's salt, which the transaction holds (`lib/sql/salt.ts`) and no
 * statement.
 *
 * How likely a wrong "same" is, if the hash under a random seed behaves as a random function (it is no cryptographic
 * hash: rows are not chosen by somebody who knows the seeds, which are made anew for each comparison):
 * - A bucket whose rows differ is taken for the same only if the number of rows and both sums agree. The difference
 *   of two sums of 64-bit hashes of
 *   different multisets takes any one value with a chance of at most 2^-64 (fix all rows but one that is not in both as often: at most one hash
 *   value of it, or of its m copies, makes the sums equal); for both seeds 2^-128.
 * - A row in a bucket that is looked into is taken for the same only if both its hashes agree: 2^-128.
 * - A row is taken for another only if all 128 bits of two different keys agree: for n rows fewer than n^2 / 2^128
 *   pairs; it would be named as
 *   changed, not as the same.
 * With 10^9 rows, all different, in at most 16,384 buckets at first and as many again as there are rows at last, the
 * sum of all chances of a wrong "same" is below 2 x 10^9 x 2^-128 = 6 x 10^-30.
 */
export function makePiece(plan: Plan, side: Side, way: Way): Piece {
  const { server, sameEncoding } = { server: plan.sides[side], sameEncoding: plan.sameEncoding };
  const record = (columns: string[]) =>
    `row(${columns.map((column) => plan.encodings.get(column)![side](identifier(column).sql, server)).join(", ")})::text`;
  const hash = (text: string, ...use: string[]) => {
    const bytes = sameEncoding ? text : `encode(convert_to(${text}, 'UTF8'), 'hex')`;
    return `hashtextextended(${bytes} collate "C", ${writeSeed(plan.table, ...use)})`;
  };
  const row = record(plan.columns);
  const hashes = (text: string): [string, string] => [hash(text, "row", "1"), hash(text, "row", "2")];
  const [token, second] =
    way === "integer"
      ? [`${identifier(plan.key[0]).sql}::int8`, "0::int8"]
      : way === "hash"
        ? [hash(record(plan.key), "key", "1"), hash(record(plan.key), "key", "2")]
        : hashes(row);
  const rest = plan.columns.filter((column) => !plan.key.includes(column));
  return {
    way,
    plan,
    side,
    token,
    second,
    position: way === "integer" ? token : `(${token} & ${positions})`,
    row,
    columns: way === "none" ? [] : rest.map((name) => ({ name, hash: hash(record([name]), "column", name) })),
    hashes,
  };
}

/** The seed for one use of the comparison's salt. A subquery, so that it is computed once and not for each row. */
function writeSeed(...use: string[]): string {
  return `(select hashtextextended(current_setting('${saltSetting}') collate "C", ${numberUse(...use)}))`;
}

/** How many rows each bucket of 2^shift positions has, and the two sums of their hashes. */
export function writeBucketsQuery(piece: Piece, scan: Scan, lowest: bigint, shift: number): string {
  const bucket = (position: string) => `(${position} - ${formatInteger(lowest)}) >> ${shift}`;
  const [one, other] = piece.hashes("r");
  // `offset 0`: else the planner computes the text twice, expects as many groups as keys, and sorts the table on disk
  return piece.way === "none"
    ? `select ${bucket(`(h1 & ${positions})`)} as b, count(*) as n, sum(h1) as s1, sum(h2) as s2 from (select ` +
        `${one} as h1, ${other} as h2 from (select ${piece.row} as r ${writeFrom(piece, scan)} offset 0) as t ` +
        `offset 0) as h group by b`
    : `select b, count(*) as n, sum(${one}) as s1, sum(${other}) as s2 from (select ${bucket(piece.position)} ` +
        `as b, ${piece.row} as r ${writeFrom(piece, scan)} offset 0) as t group by b`;
}

/** How many rows each of some tables has, and the two sums of their hashes: number of the table, rows, sums. */
export function writeTotalsQuery(pieces: Piece[], scan: Scan = {}): string {
  return pieces
    .map((piece, index) => {
      const [one, other] = piece.hashes("r");
      return (
        `select ${index} as t, count(*) as n, sum(${one}) as s1, sum(${other}) as s2 from (select ` +
        `${piece.row} as r ${writeFrom(piece, scan)} offset 0) as t`
      );
    })
    .join("\nunion all ");
}

/**
 * Every row read: number of the table, token, hashes; of rows without a key each token once, and how often it is
 * there.
 */
export function writeRowsQuery(reads: { piece: Piece; scan: Scan }[]): string {
  return reads
    .map(({ piece, scan }, index) => {
      const [one, other] = piece.hashes("r");
      return piece.way === "none"
        ? `select ${index} as t, k1, k2, count(*) as h1, 0::int8 as h2 from (select ${one} as k1, ${other} as ` +
            `k2 from (select ${piece.row} as r ${writeFrom(piece, scan)} offset 0) as t offset 0) as h group by ` +
            `k1, k2`
        : `select ${index} as t, k1, k2, ${one} as h1, ${other} as h2 from (select ${piece.token} as k1, ` +
            `${piece.second} as k2, ${piece.row} as r ${writeFrom(piece, scan)} offset 0) as t`;
    })
    .join("\nunion all ");
}

/**
 * Of each row: number of the table, token, its key as a JSON list, null where a part is personal, and a hash of each
 * column and of the whole row: letters alone, so that nothing takes one for somebody's number.
 */
export function writeDetailsQuery(reads: { piece: Piece; scan: Scan }[]): string {
  return reads
    .map(({ piece, scan }, index) => {
      const parts = piece.plan.key.map((column) =>
        piece.plan.personal.has(column) ? "null" : `${identifier(column).sql}::text`,
      );
      const hashes = [...piece.columns.map(({ hash }) => hash), piece.hashes(piece.row)[0]];
      const letters =
        `translate(array_to_string(array[${hashes.map((hash) => `to_hex(${hash})`).join(", ")}], ','), ` +
        `'0123456789', 'ghijklmnop')`;
      return (
        `select ${index} as t, ${piece.token} as k1, ${piece.second} as k2, ` +
        `array_to_json(array[${parts.join(", ")}]::text[])::text as key, ${letters} as hashes ` +
        `${writeFrom(piece, scan)}`
      );
    })
    .join("\nunion all ");
}

/** Where the key's positions begin and end. */
export function writeBoundsQuery(piece: Piece): string {
  const column = identifier(piece.plan.key[0]).sql;
  return (
    `select min(${column})::text as lowest, max(${column})::text as highest from ` +
    `${piece.plan.sides[piece.side].relation}`
  );
}

/**
 * Asks for a plan of the statement. The plan shows its filter, and with it the nonce: so it is known to be the answer
 * to this question.
 */
export function explainOf(statement: string, nonce: string): string {
  return (
    `explain (format json) select 1 as one from (${statement}) as planned where ` +
    `pg_catalog.current_setting('runbook.${nonce}', true) is null`
  );
}

/** All rows of some tables, without anything computed: what EXPLAIN is asked about. */
export function writePlainRowsQuery(pieces: Piece[], conditional: boolean): string {
  return pieces
    .map(
      ({ plan, side }) =>
        `select 1 as one from ` +
        `${plan.sides[side].relation}${conditional && plan.where ? ` where (${plan.where[side]})` : ""}`,
    )
    .join("\nunion all ");
}

/** A 64-bit integer as SQL: a bare -9223372036854775808 would be a numeric. */
function formatInteger(value: bigint): string {
  return `'${value}'::int8`;
}

function writeFrom(piece: Piece, { blocks, span, buckets, tokens, sample }: Scan): string {
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
    const [firsts, lasts] = listEdges(buckets);
    lists.push(
      `rows from (unnest(${list(firsts)}), unnest(${list(lasts)})) as runbook_list(runbook_first, runbook_last)`,
    );
    found.push(`${key} >= runbook_first and ${key} <= runbook_last`);
  } else if (buckets) {
    lists.push(`unnest(${list(buckets.numbers)}) as runbook_list(runbook_first)`);
    found.push(`(${position} - ${formatInteger(buckets.lowest)}) >> ${buckets.shift} = runbook_first`);
  }
  const conditions = [
    ...found,
    ...(blocks
      ? [
          `ctid >= ${quoteLiteral(`(${blocks[0]},0)`)}`,
          ...(blocks[1] === undefined ? [] : [`ctid < ${quoteLiteral(`(${blocks[1]},0)`)}`]),
        ]
      : []),
    ...(span
      ? [
          `${key} >= ${formatInteger(span[0])}`,
          ...(span[1] === undefined ? [] : [`${key} < ${formatInteger(span[1])}`]),
        ]
      : []),
    ...(sample
      ? [`(hashint8extended(${token}, ${writeSeed("sample")}) & ${2 ** 40 - 1}) < ${Math.round(sample * 2 ** 40)}`]
      : []),
    ...(plan.where ? [`(${plan.where[side]})`] : []),
  ];
  return (
    `from ` +
    `${[plan.sides[side].relation, ...lists].join(", ")}${conditions.length ? ` where ${conditions.join(" and ")}` : ""}`
  );
}

/** Where stretches of neighbouring buckets begin, and their last positions. */
function listEdges({ numbers, shift, lowest }: Required<Scan>["buckets"]): [firsts: bigint[], lasts: bigint[]] {
  const runs: [bigint, bigint][] = [];
  for (const number of [...numbers].sort((one, other) => (one < other ? -1 : 1))) {
    const last = runs.at(-1);
    if (last && last[1] === number) last[1]++;
    else runs.push([number, number + 1n]);
  }
  const position = (number: bigint) => lowest + (number << BigInt(shift));
  const within = (value: bigint) => (value > lastInteger ? lastInteger : value);
  return [runs.map(([first]) => position(first)), runs.map(([, end]) => within(position(end) - 1n))];
}
