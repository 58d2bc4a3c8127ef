import pl, { type DataFrame } from "nodejs-polars";
import { getHeight, is, listColumns, listTypes, records, type Row } from "../frame";
import { sides } from "../ledger";
import { count } from "../text";

/**
 * A cube's numbers, summed for each source and each value of these columns: `slice(licenses, "state", "status")`. The
 * largest first, by the first number; without columns a row for each source, production's above local's. A number
 * that is null throughout stays null: it is unknown, not 0.
 *
 * @example await show(slice(licenses, "state", "status"), "Licences by state and status");
 */
export function slice(cube: DataFrame, ...by: string[]): DataFrame {
  const key = ["source", ...by.filter((column) => column !== "source")];
  const numbers = listNumbers(cube).filter((column) => !key.includes(column));
  // one expression for all of them: polars repeats it for each
  const known = pl
    .when(pl.col(numbers).isNotNull().sum().gt(pl.lit(0)))
    .then(pl.col(numbers).sum())
    .otherwise(pl.lit(null));
  const sums = cube
    .groupBy(...key)
    .agg(...(numbers.length ? [known] : []))
    .sort(key)
    .sort("source", true, false, true);
  return numbers.length && by.length ? sums.sort(pl.col(numbers[0]), true, true, true) : sums;
}

/**
 * What there is most of on each side, by a cube's first number, for the title of a chart:
 * `CA leads in production (463), FL in local (65)`.
 *
 * @example leading(licenses, "state") // "CA leads in production (463), FL in local (65)"
 */
export function leading(cube: DataFrame, ...by: string[]): string {
  const rows = records(slice(cube, ...by)).filter((row) =>
    by.every((column) => row[column] !== null && row[column] !== "(none)"),
  );
  const number = listNumbers(cube).find((column) => !by.includes(column) && column !== "source");
  const first = sides.flatMap((side) => rows.find(({ source }) => source === side) ?? []);
  return (
    first
      .map(
        (row, index) =>
          `${by.map((column) => row[column]).join(" ")} ${index ? "" : "leads "}in ${row.source} ` +
          `(${row[number!].toLocaleString("en")})`,
      )
      .join(", ") || "nothing on either side"
  );
}

/**
 * A frame's rows in one sentence: each by its texts and its numbers, or as `row` puts it.
 *
 * @example describeRows(slice(users)) // "production: 162 users, 147 active; local: 1 user, 1 active."
 */
export function describeRows(frame: DataFrame, row: (row: Row) => string = describeRow): string {
  const rows = records(frame);
  const rest = rows.length > mostDescribed ? `; and ${rows.length - mostDescribed} more` : "";
  return `${rows.slice(0, mostDescribed).map(row).join("; ") || "No rows"}${rest}.`;
}

/** More rows than these nobody reads in a sentence. */
const mostDescribed = 24;

function describeRow(row: Row): string {
  const cells = Object.entries(row);
  const texts = cells.filter(([, value]) => typeof value === "string").map(([, value]) => value);
  const facts = cells
    .filter(([, value]) => typeof value !== "string")
    .map(([name, value]) => describeCell(name, value));
  return [texts.join(" "), facts.join(", ")].filter(Boolean).join(": ");
}

function describeCell(name: string, value: unknown): string {
  const label = name.replace(/_/g, " ");
  if (value === null || value === undefined) return `${label} unknown`;
  if (value instanceof Date) return `${label} ${value.toISOString().slice(0, 10)}`;
  if (typeof value === "boolean") return value ? label : `not ${label}`;
  const noun = value === 1 ? label.replace(/ies$/, "y").replace(/([^s])s$/, "$1") : label;
  return `${Number(value).toLocaleString("en", { maximumFractionDigits: 2 })} ${noun}`;
}

/**
 * One number of a cube for each source and each value of `category`: the values with most of it, on both sides
 * together, and the rest as `other`. For a chart, which has no room for more.
 *
 * @example await draw(bars(largest(licenses, "state", "licenses"), { category: "state", value: "licenses", title: leading(licenses, "state") }), "By state.");
 */
export function largest(cube: DataFrame, category: string, value: string, most = 24): DataFrame {
  const named = cube.withColumn(pl.col(category).cast(pl.Utf8).fillNull(pl.lit("(none)")));
  const totals = named
    .groupBy(category)
    .agg(pl.col(value).sum())
    .sort(category)
    .sort(pl.col(value), true, true, true)
    .getColumn(category)
    .toArray() as string[];
  const place = new Map(totals.map((name, index) => [name, totals.length > most + 1 && index >= most ? most : index]));
  const names = (named.getColumn(category).toArray() as string[]).map((name) => place.get(name)!);
  const label = (index: number) =>
    totals.length > most + 1 && index === most ? `other (${totals.length - most})` : totals[index];
  const labelled = named.withColumns(
    pl.Series(category, names.map(label), pl.Utf8),
    pl.Series("place", names, pl.Int64),
  );
  return labelled
    .groupBy("source", category, "place")
    .agg(pl.col(value).sum())
    .sort(["place", "source"])
    .select("source", category, value);
}

/**
 * A cube whose column `category` keeps its largest values by name; the others are `other`.
 *
 * @example slice(nameLargest(licenses, "state", "licenses"), "state", "license_type")
 */
export function nameLargest(cube: DataFrame, category: string, value: string, most = 24): DataFrame {
  const names = new Set(largest(cube, category, value, most).getColumn(category).toArray());
  const shown = (cube.getColumn(category).toArray() as (string | null)[]).map((name) =>
    names.has(name ?? "(none)") ? (name ?? "(none)") : "other",
  );
  return cube.withColumns(pl.Series(category, shown, pl.Utf8));
}

/**
 * How many rows each side has, in one sentence.
 *
 * @example await conclude("sample-users", [], countRows(users)); // "5 rows of production, 1 row of local."
 */
export function countRows(frame: DataFrame): string {
  const parts = sides.map((side) => `${count(getHeight(frame.filter(is("source", side))), "row")} of ${side}`);
  return `${parts.join(", ")}.`;
}

function listNumbers(frame: DataFrame): string[] {
  const types = listTypes(frame);
  return listColumns(frame).filter((_, at) => /Int\d|Float/.test(String(types[at])));
}
