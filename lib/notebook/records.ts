import { inspect, type InspectOptions } from "node:util";
import pl, { type DataFrame } from "nodejs-polars";
import { RunbookError } from "../errors";
import { listColumns, type Row } from "../frame";
import { suggestNearest } from "../nearest";

declare const rowsOf: unique symbol;

/**
 * A frame whose rows are known. In a notebook each frame is one, once its cell has run: TypeScript then knows the
 * columns of `records(frame)`.
 */
export type Frame<Columns extends Row = Row> = {
  readonly [rowsOf]?: Columns;
  toRecords(): Columns[];
  filter(predicate: unknown): Frame<Columns>;
  sort(by: unknown, descending?: boolean, nullsLast?: boolean, maintainOrder?: boolean): Frame<Columns>;
  head(length?: number): Frame<Columns>;
  tail(length?: number): Frame<Columns>;
  limit(length?: number): Frame<Columns>;
} & DataFrame;

/**
 * A frame's rows, one object each: `records(licenses).map(({ state, licenses }) => …)`.
 *
 * @throws RunbookError where a row is asked for a column that the frame does not have, with what was probably meant.
 * @example records(licenses).map(({ state, licenses }) => `${state}: ${licenses}`)
 */
export function records<Columns extends Row = Row>(frame: DataFrame & { readonly [rowsOf]?: Columns }): Columns[] {
  const rows = frame.toRecords() as Columns[];
  const columns = makeStrict(listColumns(frame));
  for (const row of rows) Object.setPrototypeOf(row, columns);
  return rows;
}

/** What programs ask of any object to learn what it is: no row has it, and nobody has mistyped it. */
function isAskedOfAny(name: string): boolean {
  return /^(?:[_$@].*|then|toJSON|inspect|href|nodeType|tagName|asymmetricMatch)$/.test(name);
}

/** In place of Object's prototype: what a row does not have itself is an error, not undefined. */
function makeStrict(columns: string[]): object {
  return new Proxy(Object.prototype, {
    get(prototype, name, row) {
      if (name === inspect.custom) return printPlainly;
      if (typeof name === "symbol" || name in prototype || isAskedOfAny(name)) return Reflect.get(prototype, name, row);
      throw new RunbookError(
        `There is no column ${name}${suggestNearest(name, columns)}: the columns are ${columns.join(", ")}.`,
      );
    },
  });
}

/** A row as the console shows an object; what it does not have would else be asked of it. */
function printPlainly(this: Row, _: number, options: InspectOptions): string {
  return inspect({ ...this }, options);
}

/**
 * The type of a frame's rows as TypeScript writes it, `{ "state": string; "licenses": number }`; undefined where the
 * value is no frame.
 */
export function describeRow(value: unknown): string | undefined {
  if (!pl.DataFrame.isDataFrame(value)) return undefined;
  const columns = listColumns(value).filter((name) => !/[{}]/.test(name));
  const members = columns.map((name) => `${JSON.stringify(name)}: ${nameType(String(value.getColumn(name).dtype))}`);
  return `{ ${members.join("; ")} }`;
}

/** What polars gives of a value in JavaScript; null aside, which cells' TypeScript does not tell apart. */
function nameType(dtype: string): string {
  if (/U?Int\d|Float/.test(dtype)) return "number";
  if (/Bool/.test(dtype)) return "boolean";
  if (/Utf8|String|Categorical/.test(dtype)) return "string";
  return /Date/.test(dtype) ? "Date" : "any";
}
