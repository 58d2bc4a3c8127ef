import { count, escapeHtml, escapeMarkdown } from "../text";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import pl, { type DataFrame } from "nodejs-polars";
import { isInCell, showInCell } from "./tslab";
import { listColumns, getHeight } from "../frame";
import { compareSeverity, describeOverride, shapes, type Finding } from "../ledger";
import { redact, toJson } from "../privacy/redaction";
import { formatCsv } from "./print";

/** What a cell shows, in every form that a front end or a document may want. Keys are MIME types. */
export type Bundle = Record<string, unknown>;

/** Puts a bundle below the cell; outside a notebook, its plain text on stdout. */
export function display(bundle: Bundle, metadata: Record<string, unknown> = {}): void {
  if (isInCell()) showInCell(bundle, metadata);
  else process.stdout.write(`${bundle["text/plain"]}\n`);
}

/** Writes the whole frame as JSON: `{"columns": [{name, type}], "rows": [[…]]}`. Integers past 2^53 are text. */
export function saveFrame(frame: DataFrame, folder: string, file: string): void {
  const columns = listColumns(frame).map((name) => ({
    name,
    type: frame
      .getColumn(name)
      .dtype.toString()
      .replace(/^DataType\((.*)\)$/, "$1"),
  }));
  const cells = listColumns(frame).map((name) => convertToJson(frame, name));
  const rows = Array.from({ length: getHeight(frame) }, (_, row) => cells.map((column) => column[row]));
  const path = join(folder, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, toJson({ columns, rows }));
}

/** Writes the whole frame as CSV, with a header line. */
export function saveCsv(frame: DataFrame, folder: string, file: string): void {
  const cells = listColumns(frame).map((name) => frame.getColumn(name).cast(pl.Utf8).toArray() as (string | null)[]);
  const path = join(folder, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(
    path,
    formatCsv(
      redact(listColumns(frame)),
      redact(Array.from({ length: getHeight(frame) }, (_, row) => cells.map((column) => column[row]))),
    ),
  );
}

/** Writes the whole frame as Parquet, its types kept. */
export function saveParquet(frame: DataFrame, folder: string, file: string): void {
  const names = redact(listColumns(frame));
  const columns = listColumns(frame).map((name, index) => {
    const column = frame.getColumn(name);
    return /Utf8|String/.test(String(column.dtype))
      ? pl.Series(names[index], redact(column.toArray() as (string | null)[]), pl.Utf8)
      : column.alias(names[index]);
  });
  const path = join(folder, file);
  mkdirSync(dirname(path), { recursive: true });
  pl.DataFrame(columns).writeParquet(path);
}

/** Findings as chips: severity in word and shape, what differs, what to do; many are folded behind the gravest ten. */
export function makeFindingsBundle(says: string, findings: Finding[]): Bundle {
  const chips = [...findings].sort(compareSeverity).map(renderChip);
  const rest = chips.slice(chipsShown);
  return {
    "text/html":
      `<p class="rb-note">${escapeHtml(says)}</p>${chips.slice(0, chipsShown).join("")}` +
      (rest.length
        ? `<details ` +
          `class="rb-further"><summary>${count(rest.length, "more finding")}</summary>${rest.join("")}</details>`
        : ""),
    "text/markdown": [
      escapeMarkdown(says),
      ...findings.map(
        (finding) =>
          `- **${shapes[finding.severity]} ${finding.severity}** ${escapeMarkdown(describeFinding(finding))}`,
      ),
    ].join("\n\n"),
    "text/plain": [
      says,
      ...findings.map((finding) => `${shapes[finding.severity]} ${finding.severity}: ${describeFinding(finding)}`),
    ].join("\n"),
  };
}

const chipsShown = 10;

function renderChip(finding: Finding): string {
  const { severity } = finding;
  return (
    `<p class="rb-finding rb-${severity}"><strong class="rb-chip">${shapes[severity]} ${severity}</strong> ` +
    `${escapeHtml(describeFinding(finding))}</p>`
  );
}

/** What differs, and what to do. */
function describeFinding(finding: Finding): string {
  return [finding.title.replace(/\.?$/, "."), finding.recommendation?.text, describeOverride(finding)]
    .filter(Boolean)
    .join(" ");
}

/** One sentence below a cell. */
export function makeNoteBundle(sentence: string, kind: "note" | "incomplete" = "note"): Bundle {
  return {
    "text/html": `<p class="rb-${kind}">${escapeHtml(sentence)}</p>`,
    "text/markdown": kind === "note" ? escapeMarkdown(sentence) : `> **Incomplete.** ${escapeMarkdown(sentence)}`,
    "text/plain": sentence,
  };
}

function convertToJson(frame: DataFrame, name: string): unknown[] {
  const column = frame.getColumn(name);
  const type = String(column.dtype);
  if (/Bool|Float/.test(type)) return column.toArray();
  const exact = column.cast(pl.Utf8).toArray() as (string | null)[];
  return /Int\d/.test(type)
    ? exact.map((cell) => (cell !== null && Number.isSafeInteger(Number(cell)) ? Number(cell) : cell))
    : exact;
}
