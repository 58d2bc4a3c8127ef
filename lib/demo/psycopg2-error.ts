import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseError } from "pg";
import { installedBinaries } from "./postgres";
import { PythonError } from "./python";

/**
 * What psycopg2 raises where the server refused a statement: the class is named after the condition, the text is
 * libpq's.
 */
export function refusedStatement(error: DatabaseError, statement: string): PythonError {
  // After a fatal error the connection is gone, and libpq says so in the same breath.
  const closed = error.severity === "FATAL" ? "SSL connection has been closed unexpectedly\n" : "";
  return new PythonError(className(error.code), message(error, statement) + closed);
}

/** What psycopg2 raises where no connection came about. */
export function refusedConnection(
  error: Partial<DatabaseError> & { code?: string },
  host: string,
  port: number,
): PythonError {
  const why = error.severity
    ? `${error.severity}:  ${error.message}`
    : error.code === "ECONNREFUSED"
      ? "Connection refused\n\tIs the server running on that host and accepting TCP/IP connections?"
      : `could not connect: ${error.message}`;
  return new PythonError("OperationalError", `connection to server at "${host}", port ${port} failed: ${why}\n`);
}

/** What psycopg2 raises where the server went away without a word. */
export function lostConnection(): PythonError {
  return new PythonError(
    "OperationalError",
    "server closed the connection unexpectedly\n\tThis probably means the server terminated " +
      "abnormally\n\tbefore or while processing the request.\n",
  );
}

let conditions: Map<string, string> | undefined;

function className(code = ""): string {
  conditions ??= new Map(readConditions());
  const condition = conditions.get(code);
  if (!condition) return "DatabaseError";
  const camel = condition.replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase());
  return (
    {
      "38002": `${camel}Ext`,
      "38003": `${camel}Ext`,
      "38004": `${camel}Ext`,
      "39004": `${camel}Ext`,
      XX000: `${camel}_`,
    }[code] ?? camel
  );
}

/** PostgreSQL brings a list of its conditions along: `42P01    E    ERRCODE_UNDEFINED_TABLE    undefined_table`. */
function readConditions(): [string, string][] {
  const lines = readFileSync(join(installedBinaries(), "share", "postgresql", "errcodes.txt"), "utf8");
  return [...lines.matchAll(/^(\w{5})\s+E\s+\w+\s+(\w+)$/gm)].map(([, code, condition]) => [code, condition]);
}

function message(error: DatabaseError, statement: string): string {
  const text = error.position ? statement : error.internalQuery;
  const position = Number(error.position ?? error.internalPosition ?? 0);
  return [
    error.message,
    ...(text && position > 0 ? [place(text, position)] : []),
    ...(error.detail ? [`DETAIL:  ${error.detail}`] : []),
    ...(error.hint ? [`HINT:  ${error.hint}`] : []),
    ...(error.internalQuery ? [`QUERY:  ${error.internalQuery}`] : []),
    ...(error.where ? [`CONTEXT:  ${error.where}`] : []),
    "",
  ].join("\n");
}

/**
 * libpq's `LINE 1: …` and a caret below it. Of a long line it shows 60 characters, at least ten of them after the
 * place.
 */
function place(text: string, position: number): string {
  const characters = [...text];
  const at = Math.min(position - 1, characters.length);
  const before = characters
    .slice(0, at)
    .join("")
    .split(/\r\n|[\r\n]/);
  const line = [
    ...(
      before[before.length - 1] +
      characters
        .slice(at)
        .join("")
        .split(/[\r\n]/)[0]
    ).replace(/\t/g, " "),
  ];
  const column = [...before[before.length - 1]].length;
  const [start, end] =
    column + 10 <= 60
      ? [0, Math.min(60, line.length)]
      : [Math.max(0, Math.min(column + 10, line.length) - 60), Math.min(column + 10, line.length)];
  const head = `LINE ${before.length}: ${start > 0 ? "..." : ""}`;
  return `${head}${line.slice(start, end).join("")}${end < line.length ? "..." : ""}\n${" ".repeat(head.length + column - start)}^`;
}
