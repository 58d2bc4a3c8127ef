import tag, { join, raw, Sql, type RawValue } from "sql-template-tag";
import { RunbookError } from "../errors";
import { quoteLiteral, quoteName } from "./quote";

export { Sql, join, raw };

/**
 * SQL with its values kept apart: ``sql`select … where state = ${state}` ``. A list is one value: `= any(${states})`.
 * Templates nest. A backslash reaches the server as it is written: `'^x\d+$'` is a pattern with a digit in it, not
 * the letter d.
 */
export function buildTemplate(strings: TemplateStringsArray, ...values: RawValue[]): Sql {
  return tag(strings.raw ?? strings, ...values);
}

/**
 * A name as SQL, quoted where it must be: ``sql`select count(*) from ${identifier("public", "order")}` ``.
 *
 * @example sql`select count(*) as rows from ${identifier("public", "order")}`
 */
export function identifier(...parts: string[]): Sql {
  return raw(parts.map(quoteName).join("."));
}

/** For a source that binds: `$1::integer` in the text, the values as PostgreSQL spells them beside it. */
export function bind(statement: Sql): { text: string; values: (string | null)[] } {
  const values = statement.values.map(writeValue);
  return {
    text: fill(statement, (index) => `$${index + 1}${values[index].cast}`),
    values: values.map((value) => value.text),
  };
}

/** For a source that takes one string: each value as a quoted literal. Means the same as `bind`, cast for cast. */
export function inline(statement: Sql): string {
  const values = statement.values.map(writeValue);
  return fill(statement, (index) => {
    const { text, cast } = values[index];
    return text === null ? `null${cast}` : `${quoteLiteral(text)}${cast}`;
  });
}

function fill(statement: Sql, value: (index: number) => string): string {
  return statement.strings.reduce((text, part, index) => text + value(index - 1) + part);
}

/**
 * How PostgreSQL spells a JavaScript value. Text stays uncast, so that its type follows from where it stands, as a
 * literal's does.
 */
function writeValue(value: unknown): { text: string | null; cast: string } {
  if (value === null || value === undefined) return { text: null, cast: "" };
  if (typeof value === "string") return { text: requireNoNul(value), cast: "" };
  if (typeof value === "boolean") return { text: String(value), cast: "::boolean" };
  if (typeof value === "bigint") return { text: String(value), cast: isInt8(value) ? "::bigint" : "::numeric" };
  if (typeof value === "number") {
    if (!Number.isInteger(value)) return { text: String(value), cast: "::double precision" };
    const { text, cast } = writeValue(BigInt(value));
    return { text, cast: Math.abs(value) < 2 ** 31 ? "::integer" : cast };
  }
  if (value instanceof Date) return { text: value.toISOString(), cast: "::timestamptz" };
  if (Array.isArray(value)) return { text: `{${value.map(writeElement).join(",")}}`, cast: "" };
  throw new RunbookError(
    `A value in this SQL is ${typeof value}: pass text, a number, a boolean, a Date, null, or a list of these.`,
  );
}

function isInt8(value: bigint): boolean {
  return BigInt.asIntN(64, value) === value;
}

function writeElement(value: unknown): string {
  const { text } = writeValue(value);
  // a list in a list is another dimension, not a text
  if (Array.isArray(value)) return text!;
  return text === null ? "null" : `"${text.replace(/[\\"]/g, "\\$&")}"`;
}

function requireNoNul(text: string): string {
  if (text.includes("\0"))
    throw new RunbookError("A value in this SQL holds a NUL character, which PostgreSQL text cannot: remove it.");
  return text;
}
