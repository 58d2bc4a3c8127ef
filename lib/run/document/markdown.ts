import type { Side } from "../../ledger";
import type { Cell } from "../notebook";
import { describeParameters } from "../parameters";
import type { Executed } from "../runner";
import { describeOverride, severities, shapes } from "../../ledger";
import { type PhaseFinding, type Results } from "../results";
import { count, escapeMarkdown, writeCode } from "../../text";
import { makeAnchor } from "./html";
import {
  listCostCells,
  getExplanation,
  listFindingsOf,
  listFrames,
  groupFindings,
  listPhases,
  formatNumber,
  shortenVersion,
  describeValue,
  isNotRun,
} from "./outline";
import { type Shown, chooseShown } from "./outputs";
import { describeState, chooseWord } from "./revisions";
import { glossary, listOriginRows } from "./words";

/** A picture that lies beside the Markdown. */
export interface ChartFile {
  file: string;
  content: string | Buffer;
}

/** `results.md`: the document for GitHub and for a terminal, and the pictures that it refers to. */
export function renderMarkdown(results: Results, executed: Executed[]): { text: string; charts: ChartFile[] } {
  const charts: ChartFile[] = [];
  const parts = [
    results.origin ? `> **${escapeMarkdown(results.origin)}**` : "",
    "# Production beside local",
    `**${escapeMarkdown(results.verdict)}**`,
    formatIdentities(results),
    ...formatCauses(results),
    ...formatRevisions(results),
    "## Findings",
    ...formatFindings(results),
    "## Checks",
    formatMatrix(results, executed),
    formatChecks(results),
    "## What was not checked",
    formatNotChecked(results),
    "## Evidence",
    ...executed.flatMap((notebook) => formatEvidence(notebook, results, charts)),
    "## How this document was made",
    formatTable(
      ["", ""],
      listOriginRows(results).map(([name, value]) => [escapeMarkdown(name), writeCode(value)]),
    ),
    "## Words of this document",
    Object.entries(glossary)
      .map(([word, meaning]) => `- **${word}**: ${escapeMarkdown(meaning)}`)
      .join("\n"),
    "## Queries and data",
    formatCosts(executed, results),
    formatFrames(executed),
  ];
  return { text: parts.filter(Boolean).join("\n\n") + "\n", charts };
}

function formatIdentities(results: Results): string {
  const row = (side: Side): string[] => {
    const { address, database, revision } = results[side];
    return [
      `**${side}**`,
      writeCode(address),
      escapeMarkdown(database || "not told"),
      escapeMarkdown(shortenVersion(results[side])),
      revision ? writeCode(revision.join(", ")) : "",
    ];
  };
  return (
    formatTable(["", "address", "database", "version", "revision"], [row("production"), row("local")]) +
    `\n\nStarted ${results.started}, took ${results.seconds} s.`
  );
}

/** What the findings come from, the gravest first. */
function formatCauses({ causes = [], plan }: Results): string[] {
  if (causes.length === 0) return [];
  return [
    "## What is behind it",
    ...(plan ? [`[What to do on each side, step by step, and how its rehearsal went](${plan})`] : []),
    ...causes.map(({ severity, side, title, consequence, action, findings }, index) =>
      [
        `${index + 1}. **${shapes[severity]} ${severity}: ${escapeMarkdown(title)}** ` +
          `(${side === "both" ? "both sides" : side}, ${count(findings.length, "finding")})`,
        ...(consequence ? [escapeMarkdown(consequence)] : []),
        `To do: ${escapeMarkdown(action)}`,
      ].join("  \n   "),
    ),
  ];
}

/** What each side records of each revision, and what is there of it. */
function formatRevisions({ revisions = [] }: Results): string[] {
  if (revisions.length === 0) return [];
  const rows = revisions.map(({ revision, sides }) => [
    writeCode(revision),
    ...[sides.production, sides.local].map((side) =>
      side ? `${describeState(side)}${chooseWord(side) && ` **${chooseWord(side)}**`}` : "not asked",
    ),
  ]);
  return ["## Migrations", formatTable(["revision", "production", "local"], rows)];
}

function formatFindings(results: Results): string[] {
  if (results.findings.length === 0) return ["No finding."];
  const sides = (["production", "local"] as const).filter((side) =>
    results.findings.some((finding) => describeValue(finding, side) !== undefined),
  );
  const rows = results.findings.map((finding) => [
    formatChip(finding),
    escapeMarkdown(formatTitle(finding)),
    ...sides.map((side) => escapeMarkdown(describeValue(finding, side) ?? "")),
    formatEvidenceLink(finding),
  ]);
  return [
    formatTable(["severity", "finding", ...sides, "evidence"], rows),
    ...groupFindings(results.findings.filter((finding) => finding.severity !== "info")).map(formatRemark),
  ];
}

function formatTitle(finding: PhaseFinding): string {
  const overridden = describeOverride(finding);
  return overridden ? `${finding.title.replace(/\.?$/, ".")} ${overridden}` : finding.title;
}

function formatRemark(group: PhaseFinding[]): string {
  const [finding] = group;
  const { recommendation } = finding;
  const sentences = [getExplanation(finding), recommendation?.text]
    .filter((text): text is string => Boolean(text))
    .map(escapeMarkdown);
  if (sentences.length === 0) return "";
  return (
    `- ${formatChip(finding)} ` +
    `**${group.map(({ title }) => escapeMarkdown(title.replace(/\.?$/, "."))).join(" ")}** ` +
    `${sentences.join(" ")}` +
    (recommendation?.sql ? `\n\n${indentText(fenceText(recommendation.sql, "sql"))}` : "")
  );
}

function formatMatrix(results: Results, executed: Executed[]): string {
  const rows = listPhases(results, executed).map((phase) => [
    escapeMarkdown(phase.title),
    ...[
      phase.same,
      phase.drift,
      phase.incomplete,
      ...severities.map((severity) => phase.found[severity]),
      phase.queries,
    ].map((count) => (count ? formatNumber(count) : "·")),
    phase.seconds.toFixed(1),
  ]);
  return formatTable(
    [
      "phase",
      "same",
      "drift",
      "incomplete",
      ...severities.map((severity) => `${shapes[severity]} ${severity}`),
      "queries",
      "s",
    ],
    rows,
    1,
  );
}

function formatChecks(results: Results): string {
  const rows = results.checks.map(({ id, phase, status, label = status, why, queries, milliseconds }) => [
    String(phase),
    writeCode(id),
    status === "same" ? label : `**${label}**`,
    escapeMarkdown(why),
    formatNumber(queries),
    formatNumber(milliseconds),
  ]);
  return rows.length > 0 ? formatTable(["phase", "check", "status", "why", "queries", "ms"], rows, 4) : "";
}

function formatNotChecked(results: Results): string {
  const open = results.checks.filter(({ status }) => status === "incomplete");
  return open.length === 0
    ? "Every check was completed."
    : open.map(({ id, why }) => `- ${writeCode(id)}: ${escapeMarkdown(why)}`).join("\n");
}

function formatEvidence(executed: Executed, results: Results, charts: ChartFile[]): string[] {
  const { name, title, notebook, failed, parameters } = executed;
  const [first, ...rest] = notebook.cells;
  const cells =
    first?.cell_type === "markdown"
      ? [{ ...first, source: first.source.replace(/^#{1,6}[ \t]+.*$/m, "").trim() }, ...rest]
      : notebook.cells;
  return [
    `### ${escapeMarkdown(title)}`,
    `Notebook [${name}.ipynb](${encodeURI(name)}.ipynb)${parameters ? `, run with ${escapeMarkdown(describeParameters(parameters))}` : ""}`,
    failed ? `> **Not complete:** ${escapeMarkdown(failed.why)}` : "",
    ...cells.flatMap((cell) => formatCell(cell, name, results, charts)),
  ];
}

function formatCell(cell: Cell, name: string, results: Results, charts: ChartFile[]): string[] {
  if (cell.cell_type === "raw" || cell.source.trim() === "") return [];
  if (cell.cell_type !== "code") return [demoteHeadings(cell.source)];
  const outputs = cell.outputs.flatMap((output) => chooseShown(output) ?? []);
  const target =
    listFindingsOf(results, name, cell.id).length > 0 ? `<a id="${makeAnchor(`${name}/${cell.id}`)}"></a>\n\n` : "";
  const folded = `<details><summary>Code</summary>\n\n${fenceText(cell.source, "ts")}\n\n</details>`;
  if (isNotRun(cell)) return [folded, "*Not run: an earlier cell failed.*"];
  return [
    target + folded,
    ...outputs.map((output, index) =>
      formatOutput(output, `charts/${name}-${cell.id}${index === 0 ? "" : `-${index + 1}`}`, charts),
    ),
  ];
}

function formatOutput(output: Shown, file: string, charts: ChartFile[]): string {
  if (output.kind === "error") return `> **${escapeMarkdown(output.name)}:** ${escapeMarkdown(output.sentence)}`;
  if (output.kind === "text") return fenceText(output.text, "text");
  if (output.kind === "markdown") return output.markdown.trim();
  if (output.kind === "html") return output.markdown?.trim() ?? "*This table is in results.html.*";
  const ending = output.png ? "png" : "svg";
  const content = output.png ? Buffer.from(output.png, "base64") : (output.svg ?? "");
  charts.push({ file: `${file}.${ending}`, content });
  return `![${escapeMarkdown(output.sentence)}](${encodeURI(`${file}.${ending}`)})`;
}

function formatCosts(executed: Executed[], results: Results): string {
  const rows = listCostCells(executed, results).map(({ side, cells }) => [side, ...cells]);
  return (
    formatTable(
      ["source", "queries", "answered before", "failed", "rows", "invocations", "received", "ms in the function", "ms"],
      rows,
      1,
    ) + "\n\nEach query stands in [queries.jsonl](queries.jsonl)."
  );
}

function formatFrames(executed: Executed[]): string {
  return listFrames(executed)
    .map(({ file, caption, rows }) => `- [${escapeMarkdown(caption)}](${encodeURI(file)}), ${count(rows, "row")}`)
    .join("\n");
}

function formatTable(head: string[], rows: string[][], numbersFrom = head.length): string {
  const line = (cells: string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, index) => (index >= numbersFrom ? "---:" : "---"))), ...rows.map(line)].join(
    "\n",
  );
}

function formatChip({ severity }: PhaseFinding): string {
  return `${shapes[severity]} ${severity}`;
}

function formatEvidenceLink({ evidence }: PhaseFinding): string {
  return `[${escapeMarkdown(evidence.notebook)}](#${makeAnchor(`${evidence.notebook}/${evidence.cell}`)})`;
}

function fenceText(text: string, language: string): string {
  const fence = "`".repeat(Math.max(3, findLongestRun(text) + 1));
  return `${fence}${language}\n${text.trimEnd()}\n${fence}`;
}

function findLongestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
}

function indentText(text: string): string {
  return text.replace(/^(?=.)/gm, "  ");
}

// A notebook's headings stand below the document's own; a line in a code block is not one.
function demoteHeadings(markdown: string): string {
  let inside = false;
  return markdown
    .trim()
    .split("\n")
    .map((line) => {
      if (/^\s*(```|~~~)/.test(line)) inside = !inside;
      return inside ? line : line.replace(/^(#{1,6})(?=\s)/, (marks) => "#".repeat(Math.min(6, marks.length + 2)));
    })
    .join("\n");
}
