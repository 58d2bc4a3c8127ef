import pl, { type DataFrame, type Expr } from "nodejs-polars";
import { getHeight, listColumns, markUnanswered, readTexts, unanswered } from "../frame";
import { sides, type Side } from "../ledger";

export type Status = "same" | "changed" | "only in production" | "only in local";

/**
 * Production beside local, a row for each key: the key's columns, `status`, `changed` (the columns that differ,
 * joined by commas), then for every other column `x in production` and `x in local`. Sorted by key. A key that one
 * side holds twice is compared in the order of its rows. Where a side gave no answer there is nothing to compare: no
 * rows.
 *
 * @example const tables = compare(await both(sql.tables), "schema", "table");
 */
export function compare(frame: DataFrame, ...key: string[]): DataFrame {
  const values = listColumns(frame).filter((column) => column !== "source" && !key.includes(column));
  const texts = new Map(readTexts(frame).map((column) => [column.name, column.texts]));
  const pairs = unanswered(frame).length ? [] : pairRows(texts, key);
  const changed = pairs.map(({ production, local }) =>
    production === undefined || local === undefined
      ? []
      : values.filter((column) => texts.get(column)![production] !== texts.get(column)![local]),
  );
  const status = pl.DataFrame([
    pl.Series(
      "status",
      pairs.map((pair, index) => decideStatus(pair, changed[index])),
      pl.Utf8,
    ),
    pl.Series(
      "changed",
      changed.map((columns) => columns.join(", ")),
      pl.Utf8,
    ),
  ]);
  const ofSides = sides.map((side) => {
    const rows = pairs.map((pair) => pair[side]);
    return pickRows(frame, values, rows, (column) => column.suffix(` in ${side}`));
  });
  const joined = pl.concat([pickKey(frame, key, pairs), status, ...ofSides], { how: "horizontal" });
  return joined.select(
    ...key,
    "status",
    "changed",
    ...values.flatMap((column) => sides.map((side) => `${column} in ${side}`)),
  );
}

/**
 * What is not the same on both sides.
 *
 * @example await show(differing(tables), "Tables that differ");
 */
export function differing(comparison: DataFrame): DataFrame {
  return comparison.filter(pl.col("status").neq(pl.lit("same" satisfies Status)));
}

/**
 * How many of each status: `{ same: 53, "only in local": 12, … }`, every status named.
 *
 * @example const { same, "only in local": extra } = tally(tables);
 */
export function tally(comparison: DataFrame): Record<Status, number> {
  const tally: Record<Status, number> = { same: 0, changed: 0, "only in production": 0, "only in local": 0 };
  for (const status of comparison.getColumn("status").toArray() as Status[]) tally[status]++;
  return tally;
}

/**
 * One number of each side, side by side: the key's columns, `production`, `local`, `difference`. A side that has no
 * row shows null and counts as 0; where a side gave no answer, there is no difference.
 *
 * @example await show(beside(await both(sql.rowCounts), "rows", "schema", "table"), "Rows of every table");
 */
export function beside(frame: DataFrame, value: string, ...key: string[]): DataFrame {
  const texts = new Map(readTexts(frame).map((column) => [column.name, column.texts]));
  const pairs = pairRows(texts, key);
  const [production, local] = sides.map((side) => {
    const rows = pairs.map((pair) => pair[side]);
    return pickRows(frame, [value], rows, (column) => column.alias(side));
  });
  const numbers = pl.concat([production, local], { how: "horizontal" });
  const [one, other] = sides.map((side) => pl.col(side).fillNull("zero"));
  const difference = unanswered(frame).length ? pl.lit(null).cast(frame.getColumn(value).dtype) : one.sub(other);
  return pl.concat([pickKey(frame, key, pairs), numbers.withColumn(difference.alias("difference"))], {
    how: "horizontal",
  });
}

/**
 * The columns of a frame with one row for each side, as rows, side by side: `name`, `production`, `local`,
 * `difference`.
 *
 * @example await show(besideColumns(lacking, "lacking"), "Providers, and how many lack what");
 */
export function besideColumns(frame: DataFrame, name: string): DataFrame {
  const columns = listColumns(frame).filter((column) => column !== "source");
  const long = frame.unpivot("source", columns).rename({ variable: name, value: "rows" });
  return beside(markUnanswered(long, unanswered(frame)), "rows", name);
}

/**
 * The values of one side out of a row that `compare` made: `{ type: "text", nullable: true }`; null where the side
 * has none.
 */
export function getSideValues(row: Record<string, unknown>, side: Side): Record<string, unknown> | null {
  const ending = ` in ${side}`;
  if (String(row.status).startsWith("only") && row.status !== `only${ending}`) return null;
  return Object.fromEntries(
    Object.entries(row).flatMap(([column, value]) =>
      column.endsWith(ending) ? [[column.slice(0, -ending.length), value]] : [],
    ),
  );
}

/**
 * A comparison's rows as objects, in which two values that differ differ: what JavaScript would round to one
 * (`9007199254740993`, fractions of milliseconds) is text.
 */
export function exactRecords(comparison: DataFrame): Record<string, unknown>[] {
  const rows: Record<string, unknown>[] = comparison.toRecords();
  for (const name of listColumns(comparison)) {
    const other = name.replace(/ in production$/, " in local");
    if (other === name || !listColumns(comparison).includes(other)) continue;
    const [left, right] = [name, other].map((column) => castToText(comparison, column));
    rows.forEach((row, at) => {
      if (left[at] === right[at] || left[at] === null || right[at] === null) return;
      if (JSON.stringify(row[name]) === JSON.stringify(row[other])) [row[name], row[other]] = [left[at], right[at]];
    });
  }
  return rows;
}

/** The row that holds a key, on each side that has it. */
type Pair = Partial<Record<Side, number>>;

function pairRows(texts: Map<string, (string | null)[]>, key: string[]): Pair[] {
  const source = texts.get("source") as Side[];
  const columns = key.map((column) => texts.get(column)!);
  const pairs = new Map<string, Pair>();
  const seen = new Map<string, number>();
  source.forEach((side, row) => {
    const name = JSON.stringify(columns.map((column) => column[row]));
    const copy = seen.get(side + name) ?? 0;
    seen.set(side + name, copy + 1);
    const place = `${name} ${copy}`;
    pairs.set(place, { ...pairs.get(place), [side]: row });
  });
  return [...pairs].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, pair]) => pair);
}

function decideStatus(pair: Pair, changed: string[]): Status {
  if (pair.local === undefined) return "only in production";
  if (pair.production === undefined) return "only in local";
  return changed.length ? "changed" : "same";
}

/** Values as text, for comparing: as JavaScript numbers, integers past 2^53 and microseconds would be lost. */
function castToText(frame: DataFrame, column: string): (string | null)[] {
  return frame.getColumn(column).cast(pl.Utf8).toArray() as (string | null)[];
}

function pickKey(frame: DataFrame, key: string[], pairs: Pair[]): DataFrame {
  return pickRows(
    frame,
    key,
    pairs.map((pair) => pair.production ?? pair.local),
  );
}

/** These columns at these rows, null where there is no row; one expression for all of them. */
function pickRows(
  frame: DataFrame,
  columns: string[],
  rows: (number | undefined)[],
  rename = (column: Expr): Expr => column,
): DataFrame {
  if (columns.length === 0) return pl.DataFrame();
  const padded = pl.col(columns).extendConstant({ value: null, n: 1 });
  const at = rows.map((row) => row ?? getHeight(frame));
  return frame.select(rename(padded.gather(at)));
}
