import { parse as parseArray } from "postgres-array";
import type { Column } from "../answer";
import { showControls } from "../text";

type Cell = string | null;

/**
 * Rows as JSON, a line each, nothing lost: numerics and integers past 2^53 are text, json stays as it is, lists are
 * lists, timestamps ISO 8601.
 */
export function formatJsonRows(columns: Column[], cells: Cell[][]): string {
  const lines = cells.map(
    (row) => `[${row.map((cell, index) => formatJsonCell(columns[index].type, cell)).join(", ")}]`,
  );
  return lines.length ? `[\n  ${lines.join(",\n  ")}\n ]` : "[]";
}

/**
 * Rows as RFC 4180 writes them. NULL is an empty field, empty text a quoted one. A text that a spreadsheet would take
 * for a formula gets an apostrophe before it (OWASP, "CSV Injection"): whoever reads the file by program takes one
 * away where a field begins with apostrophes and then one of = + - @, a tab or a line's end. Numbers stay as they
 * are, negative ones too.
 */
export function formatCsv(header: string[], cells: Cell[][]): string {
  const field = (cell: Cell) => {
    if (cell === null) return "";
    const safe = isFormula(cell) ? `'${cell}` : cell;
    return safe === "" || /[",;\t\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return [header, ...cells].map((row) => `${row.map(field).join(",")}\r\n`).join("");
}

function isFormula(text: string): boolean {
  return /^'*[=+\-@\t\r\n＝＋－＠]/.test(text) && !/^-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$|^-Infinity$/i.test(text);
}

/** Rows for a terminal: aligned columns, numbers to the right. */
export function formatTable(header: Column[], cells: Cell[][]): string {
  const columns = header.map(({ name, type }) => ({ name: showCell(name), type }));
  const shown = cells.map((row) => row.map(showCell));
  const widths = columns.map(({ name }, index) =>
    shown.reduce((width, row) => Math.max(width, row[index].length), name.length),
  );
  const line = (row: string[], pad: (text: string, index: number) => string) =>
    `${row.map(pad).join("  ").trimEnd()}\n`;
  const right = (index: number) => /^(int|float|numeric|oid)/.test(columns[index].type);
  return [
    line(
      columns.map(({ name }) => name),
      (text, index) => (right(index) ? text.padStart(widths[index]) : text.padEnd(widths[index])),
    ),
    line(
      widths.map((width) => "─".repeat(width)),
      (text) => text,
    ),
    ...shown.map((row) =>
      line(row, (text, index) => (right(index) ? text.padStart(widths[index]) : text.padEnd(widths[index]))),
    ),
    countRows(cells),
  ].join("");
}

/**
 * Rows for a terminal, a line for each value, as psql's expanded display has them: for rows that are wider than the
 * screen.
 */
export function formatRecords(header: Column[], cells: Cell[][]): string {
  const columns = header.map(({ name }) => ({ name: showCell(name) }));
  const width = columns.reduce((widest, { name }) => Math.max(widest, name.length), 0);
  const blocks = cells.map((row, index) => {
    const lines = row.map((cell, place) => `${columns[place].name.padEnd(width)}  ${showCell(cell)}\n`);
    return `─ row ${index + 1} ${"─".repeat(Math.max(0, width - 2))}\n${lines.join("")}`;
  });
  return `${blocks.join("")}${countRows(cells)}`;
}

function countRows(cells: Cell[][]): string {
  return `(${cells.length} ${cells.length === 1 ? "row" : "rows"})\n`;
}

/** A value as a terminal may have it: NULL is ∅, and a control character is written out. */
function showCell(cell: Cell): string {
  return cell === null
    ? "∅"
    : showControls(cell.replace(/[\n\t]|\r\n/g, (control) => JSON.stringify(control).slice(1, -1)));
}

function formatJsonCell(type: string, cell: Cell): string {
  if (cell === null) return "null";
  if (/^int[248]$|^oid$/.test(type))
    return /^-?\d+$/.test(cell) && Number.isSafeInteger(Number(cell)) ? cell : JSON.stringify(cell);
  if (/^float[48]$/.test(type)) return /^-?\d+(\.\d+)?(e[+-]?\d+)?$/.test(cell) ? cell : JSON.stringify(cell);
  if (type === "bool") return String(cell === "t");
  if (type === "json" || type === "jsonb") return cell;
  if (type === "timestamptz")
    return JSON.stringify(cell.replace(/^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)\+00$/, "$1T$2Z"));
  if (type === "timestamp") return JSON.stringify(cell.replace(/^(\d{4}-\d\d-\d\d) /, "$1T"));
  if (type.startsWith("_"))
    return list(parseArray(cell.replace(/^\[.*?\]=/, ""), (element) => formatJsonCell(type.slice(1), element)));
  return JSON.stringify(cell);
}

function list(elements: unknown[]): string {
  return `[${elements.map((element) => (Array.isArray(element) ? list(element) : (element ?? "null"))).join(", ")}]`;
}
