import { QueryError } from "../errors";
import type { Side } from "../ledger";
import { readPython } from "./python-literal";

/**
 * How a function writes its answers: found out with a probe whose answer is known, and told by phase 0 and by doctor.
 */
export interface Shape {
  /** What stands around the answer. */
  around: "nothing" | "an API Gateway envelope" | "an API Gateway envelope, in base64" | "a text of JSON";
  /** JSON, or what Python writes where it is left to itself. */
  spelling: "JSON" | "JSON with Python's NaN" | "Python's repr";
  rows: "lists" | "objects";
  /** How 1.10::numeric came. */
  numerics?: "text" | "numbers";
}

/** A function's answer, whatever its shape: either rows or what went wrong. */
export interface Reply {
  shape: Shape;
  /** Absent where the function names none. */
  columns?: string[];
  rows: unknown[][];
}

/** What the function said instead of rows. */
export interface Complaint {
  complaint: Record<string, unknown>;
}

/**
 * Reads an invocation's payload: rows as lists or as objects, bare or in an API Gateway envelope (its body as text,
 * in base64 or as an object), as JSON or as Python writes it. `expected` are the columns that were asked for, in
 * their order. Throws a QueryError that shows the shape, never the data, where none fits.
 */
export function readReply(
  side: Side,
  payload: string,
  failed: boolean,
  expected?: readonly string[],
): Reply | Complaint {
  const outer = parse(side, payload);
  const { body, around, spelling, refused } = unwrap(side, outer.value, outer.spelling);
  if (isObject(body) && (failed || refused || isComplaint(body))) return { complaint: body };
  const table = findTable(body);
  if (!table)
    throw new QueryError(
      side,
      `the Lambda answers in a shape that is not known: ${describeShape(outer.value)}. It should be ` +
        `{"columns": […], "rows": [[…], …], "row_count": …}: check that it is the SQL Lambda.`,
      undefined,
      { fault: "answer of an unknown shape" },
    );
  const asObjects = table.rows.some((row) => !Array.isArray(row));
  const names = table.columns ?? expected;
  const rows = table.rows.map((row) =>
    Array.isArray(row)
      ? row
      : names?.every((name) => name in row)
        ? names.map((name) => (row as Record<string, unknown>)[name])
        : Object.values(row),
  );
  return { shape: { around, spelling, rows: asObjects ? "objects" : "lists" }, columns: table.columns, rows };
}

interface Parsed {
  value: unknown;
  spelling: Shape["spelling"];
}

function parse(side: Side, text: string): Parsed {
  try {
    return { value: JSON.parse(text), spelling: "JSON" };
  } catch {
    // Python's spelling, or nothing at all
  }
  try {
    return {
      value: readPython(text),
      spelling: /^\s*["{[]\s*(?:"|\{|\[|$)/.test(text) ? "JSON with Python's NaN" : "Python's repr",
    };
  } catch {
    const what =
      text.trim() === ""
        ? "is empty"
        : `(${text.length} characters, the first of them ` +
          `${/^\s*</.test(text) ? "HTML" : /^\s*[{[]/.test(text) ? "JSON's" : "no JSON's"}) cannot be read to its end`;
    throw new QueryError(
      side,
      `the Lambda's answer ${what}: ask again; where it stays so, look at its log in CloudWatch.`,
      undefined,
      { fault: "answer unreadable" },
    );
  }
}

interface Unwrapped {
  body: unknown;
  around: Shape["around"];
  spelling: Shape["spelling"];
  refused: boolean;
}

function unwrap(side: Side, value: unknown, spelling: Shape["spelling"]): Unwrapped {
  if (typeof value === "string") {
    const inner = parse(side, value);
    return { body: inner.value, around: "a text of JSON", spelling: inner.spelling, refused: false };
  }
  if (!isObject(value) || !("body" in value)) return { body: value, around: "nothing", spelling, refused: false };
  const refused = Number(value.statusCode ?? 200) >= 400;
  if (typeof value.body !== "string") return { body: value.body, around: "an API Gateway envelope", spelling, refused };
  const encoded = value.isBase64Encoded === true;
  const inner = parse(side, encoded ? Buffer.from(value.body, "base64").toString() : value.body);
  return {
    body: inner.value,
    around: encoded ? "an API Gateway envelope, in base64" : "an API Gateway envelope",
    spelling: inner.spelling,
    refused,
  };
}

/** A handler that catches its exceptions says so in the body. */
function isComplaint(body: Record<string, unknown>): boolean {
  return Boolean(body.errorMessage || body.error) || (body.success === false && !("rows" in body));
}

const rowKeys = ["rows", "data", "results", "records"];

function findTable(body: unknown): { columns?: string[]; rows: (unknown[] | Record<string, unknown>)[] } | undefined {
  const rows = Array.isArray(body)
    ? body
    : isObject(body)
      ? rowKeys.map((key) => body[key]).find(Array.isArray)
      : undefined;
  if (!rows || !rows.every((row) => typeof row === "object" && row !== null)) return undefined;
  const columns =
    isObject(body) && Array.isArray(body.columns)
      ? body.columns.map((column) => (isObject(column) ? String(column.name) : String(column)))
      : undefined;
  return { columns, rows };
}

/** The shape of a value without its data: keys that look like names, lists by their first element and length. */
export function describeShape(value: unknown, depth = 3): string {
  if (value === null) return "null";
  if (Array.isArray(value))
    return value.length === 0
      ? "[]"
      : depth === 0
        ? "[…]"
        : `[${describeShape(value[0], depth - 1)}${value.length > 1 ? ` and ${value.length - 1} more` : ""}]`;
  if (!isObject(value)) return typeof value === "string" ? "text" : typeof value;
  const names = Object.keys(value)
    .filter((key) => /^[A-Za-z_]{1,24}$/.test(key))
    .slice(0, 6);
  const more = Object.keys(value).length - names.length;
  const parts =
    depth === 0
      ? ["…"]
      : [
          ...names.map((key) => `${key}: ${describeShape(value[key], depth - 1)}`),
          ...(more ? [`and ${more} more`] : []),
        ];
  return `{${parts.join(", ")}}`;
}

/** A shape in one sentence's words. */
export function tellShape({ around, spelling, rows, numerics }: Shape): string {
  return (
    `rows as ${rows}, as ` +
    `${spelling}${around === "nothing" ? "" : `, in ${around}`}${numerics ? `, numerics as ${numerics}` : ""}`
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
