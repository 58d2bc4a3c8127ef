import { count, escapeHtml, escapeMarkdown } from "../text";
import { join } from "node:path";
import pl, { type DataFrame } from "nodejs-polars";
import { isInCell, showInCell } from "./tslab";
import { saveFile } from "../file";
import { type TextColumn, listRows, readTexts } from "../frame";
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

/**
 * Writes the whole frame as JSON: `{"columns": [{name, type}], "rows": [[…]]}`. Integers past 2^53 are text. `texts`
 * are the frame's own, where they were read before.
 */
export function saveFrame(frame: DataFrame, folder: string, file: string, texts = readTexts(frame)): void {
  const columns = texts.map(({ name, type }) => ({ name, type }));
  const rows = listRows(texts.map((column) => convertToJson(frame, column)));
  saveFile(join(folder, file), toJson({ columns, rows }));
}

/** Writes the whole frame as CSV, with a header line. */
export function saveCsv(frame: DataFrame, folder: string, file: string, columns = readTexts(frame)): void {
  saveFile(
    join(folder, file),
    formatCsv(redact(columns.map(({ name }) => name)), redact(listRows(columns.map(({ texts }) => texts)))),
  );
}

/** Writes the whole frame as Parquet, its types kept. */
export function saveParquet(frame: DataFrame, folder: string, file: string, columns = readTexts(frame)): void {
  const path = join(folder, file);
  saveFile(path, () => redactFrame(frame, columns).writeParquet(path));
}

function redactFrame(frame: DataFrame, columns: TextColumn[]): DataFrame {
  const redacted = redact(
    columns.map(({ name, type, texts }) => ({ name, texts: /Utf8|String/.test(type) ? texts : [] })),
  );
  const isClean = ({ name, texts }: { name: string; texts: (string | null)[] }, at: number): boolean =>
    name === columns[at].name && texts.every((text, row) => text === columns[at].texts[row]);
  if (columns.length && redacted.every(isClean)) return frame;
  return pl.DataFrame(
    redacted.map(({ name, texts }, at) =>
      /Utf8|String/.test(columns[at].type)
        ? pl.Series(name, texts, pl.Utf8)
        : frame.getColumn(columns[at].name).alias(name),
    ),
  );
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

function convertToJson(frame: DataFrame, { name, type, texts }: TextColumn): unknown[] {
  if (/Bool/.test(type)) return texts.map((text) => text && text === "true");
  if (/Float/.test(type)) return frame.getColumn(name).toArray();
  return /Int\d/.test(type)
    ? texts.map((cell) => (cell !== null && Number.isSafeInteger(Number(cell)) ? Number(cell) : cell))
    : texts;
}
