import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import pl, { type DataFrame } from "nodejs-polars";
import { columnsOf, heightOf } from "./frame";
import type { Finding } from "./ledger";
import { sieve } from "./sieve";
import { csv } from "./source/print";

/** What a cell shows, in every form that a front end or a document may want. Keys are MIME types. */
export type Bundle = Record<string, unknown>;

/** Puts a bundle below the cell; outside a notebook, its plain text on stdout. The only place that knows whether this is a notebook. */
export function display(bundle: Bundle, metadata: Record<string, unknown> = {}): void {
  const { lastWriteDisplayData: write } = require("tslab/dist/jupyter") as { lastWriteDisplayData: ((content: object, update: boolean) => void) | null };
  if (write) write({ data: bundle, metadata, transient: {} }, false);
  else process.stdout.write(`${bundle["text/plain"]}\n`);
}

const rowsShown = 50;
/** A column with a text of more characters needs some width to be read. */
const longText = 60;

/** A frame as a table: caption, shape, at most 50 rows, numbers with separators. `file` is where the whole of it lies. */
export function frameBundle(frame: DataFrame, caption: string, file: string): Bundle {
  const headers = columnsOf(frame).map((name) => ({ name, number: isNumber(frame, name) }));
  const rows = texts(frame.head(rowsShown));
  const rest = heightOf(frame) - rows.length;
  const shape = `${count(heightOf(frame), "row")}${rest > 0 ? `, the first ${rows.length} shown` : ""}`;
  return {
    "text/html": htmlTable(headers, rows, caption, shape, file),
    "text/markdown": markdownTable(headers, rows, caption, shape, file),
    "text/plain": `${caption} (${shape})\n${rows.length ? frame.head(rowsShown).toString() : "no rows"}`,
  };
}

/** Writes the whole frame as JSON: `{"columns": [{name, type}], "rows": [[…]]}`. Integers past 2^53 are text. */
export function saveFrame(frame: DataFrame, folder: string, file: string): void {
  const columns = columnsOf(frame).map((name) => ({ name, type: frame.getColumn(name).dtype.toString().replace(/^DataType\((.*)\)$/, "$1") }));
  const cells = columnsOf(frame).map((name) => jsonValues(frame, name));
  const rows = Array.from({ length: heightOf(frame) }, (_, row) => cells.map((column) => column[row]));
  const path = join(folder, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, JSON.stringify(sieve({ columns, rows })));
}

/** Writes the whole frame as CSV, with a header line. */
export function saveCsv(frame: DataFrame, folder: string, file: string): void {
  const cells = columnsOf(frame).map((name) => frame.getColumn(name).cast(pl.Utf8).toArray() as (string | null)[]);
  const path = join(folder, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, csv(columnsOf(frame), sieve(Array.from({ length: heightOf(frame) }, (_, row) => cells.map((column) => column[row])))));
}

/** Findings as chips: severity in word and shape, what differs, what to do. */
export function findingsBundle(says: string, findings: Finding[]): Bundle {
  const shape = { critical: "●", high: "▲", medium: "◆", info: "○" };
  const advice = ({ recommendation: r }: Finding) => (r ? ` ${r.text}` : "");
  return {
    "text/html": `<p class="rb-note">${html(says)}</p>${findings.map((finding) => `<p class="rb-finding rb-${finding.severity}"><strong>${shape[finding.severity]} ${finding.severity}</strong> ${html(finding.title)}.${html(advice(finding))}</p>`).join("")}`,
    "text/markdown": [says, ...findings.map((finding) => `- **${shape[finding.severity]} ${finding.severity}** ${markdown(finding.title)}.${markdown(advice(finding))}`)].join("\n\n"),
    "text/plain": [says, ...findings.map((finding) => `${shape[finding.severity]} ${finding.severity}: ${finding.title}.${advice(finding)}`)].join("\n"),
  };
}

/** One sentence below a cell. */
export function noteBundle(sentence: string, kind: "note" | "incomplete" = "note"): Bundle {
  return { "text/html": `<p class="rb-${kind}">${html(sentence)}</p>`, "text/markdown": kind === "note" ? markdown(sentence) : `> **Incomplete.** ${markdown(sentence)}`, "text/plain": sentence };
}

/** A number of things: `1 row`, `67 rows`, `3 indexes`. */
export function count(number: number, noun: string): string {
  const ending = number === 1 ? "" : /(x|s|sh|ch)$/.test(noun) ? "es" : "s";
  return `${number.toLocaleString("en")} ${noun}${ending}`;
}

interface Header {
  name: string;
  number: boolean;
}

function htmlTable(headers: Header[], rows: (string | null)[][], caption: string, shape: string, file: string): string {
  const attributes = ({ name, number }: Header, column: number) => {
    const classes = [number && "num", rows.some((row) => (row[column]?.length ?? 0) > longText) && "text", /\bproduction$/.test(name) && "production", /\blocal$/.test(name) && "local"].filter(Boolean);
    return classes.length ? ` class="${classes.join(" ")}"` : "";
  };
  const head = headers.map((header, column) => `<th scope="col"${attributes(header, column)}>${html(header.name)}</th>`).join("");
  const body = rows.map((row) => `<tr>${row.map((cell, index) => (cell === null ? `<td class="null">null</td>` : `<td${attributes(headers[index], index)}>${html(cell)}</td>`)).join("")}</tr>`);
  return `<table class="rb-table"><caption>${html(caption)} <a href="${html(encodeURI(file))}">${shape}</a></caption><thead><tr>${head}</tr></thead><tbody>${body.join("\n")}</tbody></table>`;
}

function markdownTable(headers: Header[], rows: (string | null)[][], caption: string, shape: string, file: string): string {
  const line = (cells: string[]) => `| ${cells.join(" | ")} |`;
  return [
    `**${markdown(caption)}** ([${shape}](${encodeURI(file)}))`,
    "",
    line(headers.map(({ name }) => markdown(name))),
    line(headers.map(({ number }) => (number ? "---:" : "---"))),
    ...rows.map((row) => line(row.map((cell) => (cell === null ? "*null*" : markdown(cell))))),
  ].join("\n");
}

/** The cells as a person reads them. */
function texts(frame: DataFrame): (string | null)[][] {
  const columns = columnsOf(frame).map((name) => {
    const type = String(frame.getColumn(name).dtype);
    const exact = frame.getColumn(name).cast(pl.Utf8).toArray() as (string | null)[];
    if (/Int\d/.test(type)) return exact.map((cell) => cell && BigInt(cell).toLocaleString("en"));
    if (/Float/.test(type)) return (frame.getColumn(name).toArray() as (number | null)[]).map((cell) => cell?.toLocaleString("en", { maximumFractionDigits: 3 }) ?? null);
    if (/Datetime/.test(type)) return exact.map((cell) => cell && `${cell.slice(0, 19)}Z`);
    return exact;
  });
  return Array.from({ length: heightOf(frame) }, (_, row) => columns.map((column) => column[row]));
}

function jsonValues(frame: DataFrame, name: string): unknown[] {
  const type = String(frame.getColumn(name).dtype);
  if (/Bool|Float/.test(type)) return frame.getColumn(name).toArray();
  const exact = frame.getColumn(name).cast(pl.Utf8).toArray() as (string | null)[];
  return /Int\d/.test(type) ? exact.map((cell) => (cell !== null && Number.isSafeInteger(Number(cell)) ? Number(cell) : cell)) : exact;
}

function isNumber(frame: DataFrame, name: string): boolean {
  return /Int\d|Float/.test(String(frame.getColumn(name).dtype));
}

export function html(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function markdown(text: string): string {
  return text.replace(/[\\`*_[\]<>|#]/g, "\\$&").replace(/\r?\n/g, " ");
}
