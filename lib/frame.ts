import pl, { type DataFrame, type DataType, type Expr, type Series } from "nodejs-polars";
import { sides, type Side } from "./ledger";
import { findKind, listDifferingTypes, makeDistinctNames, type Answer, type Column, type Kind } from "./answer";

/**
 * One answer as a frame, its polars types declared from the server's: integers Int64, float and numeric Float64,
 * bool, Date, Datetime (µs, UTC); everything else keeps PostgreSQL's own text. A second column of the same name gets
 * a number: `a`, `a_2`. Zero rows keep their columns.
 */
export function toFrame({ columns, cells }: Pick<Answer, "columns" | "cells">): DataFrame {
  const names = makeDistinctNames(columns);
  return pl.DataFrame(
    columns.map((column, index) =>
      toSeries(
        names[index],
        column.type,
        cells.map((row) => row[index]),
      ),
    ),
  );
}

/**
 * Production's rows above local's, with the side in the first column, `source`. Columns are matched by name, in
 * production's order; one that a side lacks is null in its rows. Where a column's type differs between the sides,
 * both are text, as the servers wrote it.
 */
export function uniteSides(answers: Partial<Record<Side, Pick<Answer, "columns" | "cells">>>): DataFrame {
  const differing = new Set(listDifferingTypes(answers).map(({ name }) => name));
  const asWritten = ({ columns, cells }: Part): Part => {
    const names = makeDistinctNames(columns);
    return { columns: columns.map((one, at) => (differing.has(names[at]) ? { ...one, type: "text" } : one)), cells };
  };
  const frames = sides.flatMap((side) => (answers[side] ? [toFrame(addSource(asWritten(answers[side]!), side))] : []));
  if (frames.length === 1) return frames[0];
  const typed = frames.map((frame) => {
    const types = listTypes(frame);
    return new Map(listColumns(frame).map((name, at) => [name, types[at]]));
  });
  const [first, ...others] = typed.map((types) => [...types.keys()].join("\n"));
  if (others.every((other) => other === first)) return pl.concat(frames);
  const names = [...new Set(typed.flatMap((types) => [...types.keys()]))];
  const aligned = frames.map((frame, index) =>
    frame.select(
      ...names.map((name) => {
        const [type] = typed.flatMap((types) => types.get(name) ?? []);
        return typed[index].has(name) ? pl.col(name) : pl.lit(null).cast(type).alias(name);
      }),
    ),
  );
  return pl.concat(aligned);
}

type Part = Pick<Answer, "columns" | "cells">;

/**
 * An answer whose columns of these names, null in every row, get the types that `like` gives them: numbers stay
 * numbers though one side lacks them.
 */
export function addTypes<Part extends Pick<Answer, "columns">>(answer: Part, names: string[], like: Column[]): Part {
  const typed = (column: Column) =>
    names.includes(column.name) ? (like.find(({ name }) => name === column.name) ?? column) : column;
  return { ...answer, columns: answer.columns.map(typed) };
}

/**
 * The rows where `column` holds one of `values`, which may be none: `columns.filter(among("table", keyTables))`.
 * (polars cannot take an empty list.)
 *
 * @example columns.filter(among("table", ["users", "licenses"]))
 */
export function among(column: string, values: readonly unknown[]): Expr {
  return values.length
    ? pl.col(column).isIn([...values] as string[])
    : pl.col(column).isNull().and(pl.col(column).isNotNull());
}

/**
 * The rows whose `column`, a month as `2026-02`, lies between so many years from now and so many: `-1, 3` is from a
 * year ago to three years ahead.
 *
 * @example licenses.filter(betweenYears("month", -1, 3))
 */
export function betweenYears(column: string, from: number, to: number): Expr {
  const [first, last] = [from, to].map((years) => formatMonthIn(years));
  return pl
    .col(column)
    .gtEq(pl.lit(first))
    .and(pl.col(column).ltEq(pl.lit(last)));
}

/** The month so many years from now, as `2026-02`. */
function formatMonthIn(years: number): string {
  return new Date(Date.now() + years * 365.25 * 86_400_000).toISOString().slice(0, 7);
}

const missing = new WeakMap<DataFrame, Side[]>();

/** Notes which sides gave no answer, so that nobody takes their rows for absent. */
export function markUnanswered(frame: DataFrame, unanswered: Side[]): DataFrame {
  if (unanswered.length) missing.set(frame, unanswered);
  return frame;
}

/**
 * The sides that gave no answer when this frame was asked for. Their rows are unknown, not absent.
 *
 * @example if (unanswered(users).length) say("Not both sides could say it.");
 */
export function unanswered(frame: DataFrame): Side[] {
  return missing.get(frame) ?? [];
}

/**
 * The rows where `column` holds `value`: `licenses.filter(is("status", "active"))`. (polars takes a bare string for a
 * column's name.)
 *
 * @example licenses.filter(is("status", "active"))
 */
export function is(column: string, value: string | number | boolean | null): Expr {
  return value === null ? pl.col(column).isNull() : pl.col(column).eq(pl.lit(value));
}

/** A frame's column names. (`frame.columns` is a column, where one has that name; so is `frame.height`.) */
export function listColumns(frame: DataFrame): string[] {
  // its own keys are its columns' names, and no series is made to learn them
  return Reflect.ownKeys(frame) as string[];
}

/** How many rows a frame has, whatever its columns are called. */
export function getHeight(frame: DataFrame): number {
  if (typeof frame.height === "number") return frame.height;
  return frame.getColumn(listColumns(frame)[0]).length;
}

/** The polars types of a frame's columns, in their order. */
export function listTypes(frame: DataFrame): DataType[] {
  return Array.isArray(frame.dtypes)
    ? frame.dtypes
    : listColumns(frame).map((name) => frame.getColumn(name).dtype as DataType);
}

/** A column as it is shown and written to files: the exact values as text, null for null. */
export interface TextColumn {
  name: string;
  /** polars' name of the type: `Int64`, `Float64`, `String`, `Datetime(us,)`. */
  type: string;
  texts: (string | null)[];
}

/**
 * All columns of a frame as text. The frame is read as a whole: in nodejs-polars each series is an object of 150
 * functions, and 20 kB of memory.
 */
export function readTexts(frame: DataFrame): TextColumn[] {
  // with another name none of the columns stands in the way of the method `rows`
  const rows = frame.select(pl.col("*").cast(pl.Utf8).prefix(".")).rows() as (string | null)[][];
  const types = listTypes(frame).map((type) => String(type).replace(/^DataType\((.*)\)$/, "$1"));
  return listColumns(frame).map((name, at) => ({ name, type: types[at], texts: rows.map((row) => row[at]) }));
}

/** The rows of columns that are equally long. */
export function listRows<Cell>(columns: Cell[][]): Cell[][] {
  return Array.from({ length: columns[0]?.length ?? 0 }, (_, row) => columns.map((column) => column[row]));
}

/** One row of a frame. What its values are, the query knows and TypeScript cannot: a cell may use them as they come. */
export type Row = Record<string, any>;

/**
 * A frame's rows, one object each: `records(licenses).map(({ state, licenses }) => …)`.
 *
 * @example records(licenses).map(({ state, licenses }) => `${state}: ${licenses}`)
 */
export function records(frame: DataFrame): Row[] {
  return frame.toRecords();
}

function addSource(
  { columns, cells }: Pick<Answer, "columns" | "cells">,
  side: Side,
): Pick<Answer, "columns" | "cells"> {
  return { columns: [{ name: "source", type: "text" }, ...columns], cells: cells.map((row) => [side, ...row]) };
}

interface Reader {
  type: DataType;
  read: (name: string, cells: (string | null)[]) => Series;
}

const asText: Reader = { type: pl.Utf8, read: (name, cells) => pl.Series(name, cells, pl.Utf8) };
// from text, because JavaScript's numbers would lose integers past 2^53
const asInteger: Reader = {
  type: pl.Int64,
  read: (name, cells) => pl.Series(name, cells, pl.Utf8).cast(pl.Int64),
};
const asFloat: Reader = {
  type: pl.Float64,
  read: (name, cells) =>
    pl
      .Series(
        name,
        cells.map((cell) => cell?.replace("Infinity", "inf") ?? null),
        pl.Utf8,
      )
      .cast(pl.Float64),
};
const asDate: Reader = {
  type: pl.Date,
  read: (name, cells) =>
    pl
      .Series(
        name,
        cells.map((cell) => cell && countDaysSince1970(cell)),
        pl.Int32,
      )
      .cast(pl.Date),
};
const asTimestamp: Reader = {
  type: pl.Datetime("us"),
  read: (name, cells) =>
    pl
      .Series(
        name,
        cells.map((cell) => cell && countMicrosecondsSince1970(cell)),
        pl.Utf8,
      )
      .cast(pl.Int64)
      .cast(pl.Datetime("us")),
};
const asBoolean: Reader = {
  type: pl.Bool,
  read: (name, cells) =>
    pl.Series(
      name,
      cells.map((cell) => cell && cell === "t"),
      pl.Bool,
    ),
};

const readers: Record<Kind, Reader> = {
  integer: asInteger,
  numeric: asFloat,
  number: asFloat,
  boolean: asBoolean,
  date: asDate,
  timestamp: asTimestamp,
  timestamptz: asTimestamp,
  text: asText,
};

function toSeries(name: string, type: string, cells: (string | null)[]): Series {
  return readers[findKind(type)].read(name, cells);
}

/** polars holds no day past this one; `infinity` and what is later are shown as it. */
const lastDay = 95_026_000;

function countDaysSince1970(text: string): number {
  if (text.endsWith("infinity")) return text.startsWith("-") ? -2_440_588 : lastDay;
  const [, year, month, day, era] = /^(\d+)-(\d+)-(\d+)(?: [^B]*)?( BC)?$/.exec(text)!;
  return Math.min(computeDaysFromCivil(era ? 1 - Number(year) : Number(year), Number(month), Number(day)), lastDay);
}

function countMicrosecondsSince1970(text: string): string {
  const clock = /(\d\d):(\d\d):(\d\d)(?:\.(\d+))?/.exec(text);
  const seconds = clock ? Number(clock[1]) * 3600 + Number(clock[2]) * 60 + Number(clock[3]) : 0;
  const fraction = clock?.[4]?.padEnd(6, "0") ?? "0";
  return String(BigInt(countDaysSince1970(text)) * 86_400_000_000n + BigInt(seconds) * 1_000_000n + BigInt(fraction));
}

/**
 * Days from 1970-01-01 in the proleptic Gregorian calendar (Howard Hinnant, "chrono-Compatible Low-Level Date
 * Algorithms", days_from_civil).
 */
function computeDaysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return (
    era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
  );
}
