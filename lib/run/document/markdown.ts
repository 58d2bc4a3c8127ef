import type { Side } from "../../ledger";
import type { Cell } from "../notebook";
import type { Executed } from "../runner";
import { describeOverride, severities, shapes } from "../../ledger";
import { type PhaseFinding, type Results } from "../results";
import { count, escapeMarkdown, writeCode } from "../../text";
import { anchor } from "./html";
import {
  costsOf,
  explanationOf,
  findingsOf,
  framesOf,
  groupsOf,
  phasesOf,
  readable,
  readableBytes,
  shortVersion,
  valueOf,
  wasNotRun,
} from "./outline";
import { type Shown, shown } from "./outputs";
import { describeState, wordOf } from "./revisions";
import { glossary, originRows } from "./words";

/** A picture that lies beside the Markdown. */
export interface ChartFile {
  file: string;
  content: string | Buffer;
}

/** `results.md`: the document for GitHub and for a terminal, and the pictures that it refers to. */
export function markdownDocument(results: Results, executed: Executed[]): { text: string; charts: ChartFile[] } {
  const charts: ChartFile[] = [];
  const parts = [
    results.origin ? `> **${escapeMarkdown(results.origin)}**` : "",
    "# Production beside local",
    `**${escapeMarkdown(results.verdict)}**`,
    identities(results),
    ...causes(results),
    ...revisions(results),
    "## Findings",
    ...findings(results),
    "## Checks",
    matrix(results, executed),
    checks(results),
    "## What was not checked",
    notChecked(results),
    "## Evidence",
    ...executed.flatMap((notebook) => evidence(notebook, results, charts)),
    "## How this document was made",
    table(
      ["", ""],
      originRows(results).map(([name, value]) => [escapeMarkdown(name), writeCode(value)]),
    ),
    "## Words of this document",
    Object.entries(glossary)
      .map(([word, meaning]) => `- **${word}**: ${escapeMarkdown(meaning)}`)
      .join("\n"),
    "## Queries and data",
    costs(executed, results),
    frames(executed),
  ];
  return { text: parts.filter(Boolean).join("\n\n") + "\n", charts };
}

function identities(results: Results): string {
  const row = (side: Side): string[] => {
    const { address, database, revision } = results[side];
    return [
      `**${side}**`,
      writeCode(address),
      escapeMarkdown(database || "not told"),
      escapeMarkdown(shortVersion(results[side])),
      revision ? writeCode(revision.join(", ")) : "",
    ];
  };
  return (
    table(["", "address", "database", "version", "revision"], [row("production"), row("local")]) +
    `\n\nStarted ${results.started}, took ${results.seconds} s.`
  );
}

/** What the findings come from, the gravest first. */
function causes({ causes = [], plan }: Results): string[] {
  if (causes.length === 0) return [];
  return [
    "## What is behind it",
    ...(plan ? [`[What to do on each side, step by step, and how its rehearsal went](${plan})`] : []),
    ...causes.map(({ severity, side, title, consequence, action, findings }, index) =>
      [
        `${index + 1}. **${shapes[severity]} ${severity}: ${escapeMarkdown(title)}** (${side === "both" ? "both sides" : side}, ${count(findings.length, "finding")})`,
        ...(consequence ? [escapeMarkdown(consequence)] : []),
        `To do: ${escapeMarkdown(action)}`,
      ].join("  \n   "),
    ),
  ];
}

/** What each side records of each revision, and what is there of it. */
function revisions({ revisions = [] }: Results): string[] {
  if (revisions.length === 0) return [];
  const rows = revisions.map(({ revision, sides }) => [
    writeCode(revision),
    ...[sides.production, sides.local].map((side) =>
      side ? `${describeState(side)}${wordOf(side) && ` **${wordOf(side)}**`}` : "not asked",
    ),
  ]);
  return ["## Migrations", table(["revision", "production", "local"], rows)];
}

function findings(results: Results): string[] {
  if (results.findings.length === 0) return ["No finding."];
  const sides = (["production", "local"] as const).filter((side) =>
    results.findings.some((finding) => valueOf(finding, side) !== undefined),
  );
  const rows = results.findings.map((finding) => [
    chip(finding),
    escapeMarkdown(withOverride(finding)),
    ...sides.map((side) => escapeMarkdown(valueOf(finding, side) ?? "")),
    evidenceLink(finding),
  ]);
  return [
    table(["severity", "finding", ...sides, "evidence"], rows),
    ...groupsOf(results.findings.filter((finding) => finding.severity !== "info")).map(remark),
  ];
}

function withOverride(finding: PhaseFinding): string {
  const overridden = describeOverride(finding);
  return overridden ? `${finding.title.replace(/\.?$/, ".")} ${overridden}` : finding.title;
}

function remark(group: PhaseFinding[]): string {
  const [finding] = group;
  const { recommendation } = finding;
  const sentences = [explanationOf(finding), recommendation?.text]
    .filter((text): text is string => Boolean(text))
    .map(escapeMarkdown);
  if (sentences.length === 0) return "";
  return (
    `- ${chip(finding)} **${group.map(({ title }) => escapeMarkdown(title.replace(/\.?$/, "."))).join(" ")}** ${sentences.join(" ")}` +
    (recommendation?.sql ? `\n\n${indented(fenced(recommendation.sql, "sql"))}` : "")
  );
}

function matrix(results: Results, executed: Executed[]): string {
  const rows = phasesOf(results, executed).map((phase) => [
    escapeMarkdown(phase.title),
    ...[
      phase.same,
      phase.drift,
      phase.incomplete,
      ...severities.map((severity) => phase.found[severity]),
      phase.queries,
    ].map((count) => (count ? readable(count) : "·")),
    phase.seconds.toFixed(1),
  ]);
  return table(
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

function checks(results: Results): string {
  const rows = results.checks.map(({ id, phase, status, label = status, why, queries, milliseconds }) => [
    String(phase),
    writeCode(id),
    status === "same" ? label : `**${label}**`,
    escapeMarkdown(why),
    readable(queries),
    readable(milliseconds),
  ]);
  return rows.length > 0 ? table(["phase", "check", "status", "why", "queries", "ms"], rows, 4) : "";
}

function notChecked(results: Results): string {
  const open = results.checks.filter(({ status }) => status === "incomplete");
  return open.length === 0
    ? "Every check was completed."
    : open.map(({ id, why }) => `- ${writeCode(id)}: ${escapeMarkdown(why)}`).join("\n");
}

function evidence(executed: Executed, results: Results, charts: ChartFile[]): string[] {
  const { name, title, notebook, failed } = executed;
  const [first, ...rest] = notebook.cells;
  const cells =
    first?.cell_type === "markdown"
      ? [{ ...first, source: first.source.replace(/^#{1,6}[ \t]+.*$/m, "").trim() }, ...rest]
      : notebook.cells;
  return [
    `### ${escapeMarkdown(title)}`,
    `Notebook [${name}.ipynb](${encodeURI(name)}.ipynb)`,
    failed ? `> **Not complete:** ${escapeMarkdown(failed.why)}` : "",
    ...cells.flatMap((cell) => cellParts(cell, name, results, charts)),
  ];
}

function cellParts(cell: Cell, name: string, results: Results, charts: ChartFile[]): string[] {
  if (cell.cell_type === "raw" || cell.source.trim() === "") return [];
  if (cell.cell_type !== "code") return [demoted(cell.source)];
  const outputs = cell.outputs.flatMap((output) => shown(output) ?? []);
  const target =
    findingsOf(results, name, cell.id).length > 0 ? `<a id="${anchor(`${name}/${cell.id}`)}"></a>\n\n` : "";
  const folded = `<details><summary>Code</summary>\n\n${fenced(cell.source, "ts")}\n\n</details>`;
  if (wasNotRun(cell)) return [folded, "*Not run: an earlier cell failed.*"];
  return [
    target + folded,
    ...outputs.map((output, index) =>
      outputPart(output, `charts/${name}-${cell.id}${index === 0 ? "" : `-${index + 1}`}`, charts),
    ),
  ];
}

function outputPart(output: Shown, file: string, charts: ChartFile[]): string {
  if (output.kind === "error") return `> **${escapeMarkdown(output.name)}:** ${escapeMarkdown(output.sentence)}`;
  if (output.kind === "text") return fenced(output.text, "text");
  if (output.kind === "markdown") return output.markdown.trim();
  if (output.kind === "html") return output.markdown?.trim() ?? "*This table is in results.html.*";
  const ending = output.png ? "png" : "svg";
  const content = output.png ? Buffer.from(output.png, "base64") : (output.svg ?? "");
  charts.push({ file: `${file}.${ending}`, content });
  return `![${escapeMarkdown(output.sentence)}](${encodeURI(`${file}.${ending}`)})`;
}

function costs(executed: Executed[], results: Results): string {
  const rows = costsOf(executed, results).map(
    ({ side, queries, cached, failed, rows, invocations, received, inFunction, milliseconds }) => [
      side,
      readable(queries),
      readable(cached),
      readable(failed),
      readable(rows),
      readable(invocations),
      readableBytes(received),
      readable(inFunction),
      readable(milliseconds),
    ],
  );
  return (
    table(
      ["source", "queries", "answered before", "failed", "rows", "invocations", "received", "ms in the function", "ms"],
      rows,
      1,
    ) + "\n\nEach query stands in [queries.jsonl](queries.jsonl)."
  );
}

function frames(executed: Executed[]): string {
  return framesOf(executed)
    .map(({ file, caption, rows }) => `- [${escapeMarkdown(caption)}](${encodeURI(file)}), ${count(rows, "row")}`)
    .join("\n");
}

function table(head: string[], rows: string[][], numbersFrom = head.length): string {
  const line = (cells: string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, index) => (index >= numbersFrom ? "---:" : "---"))), ...rows.map(line)].join(
    "\n",
  );
}

function chip({ severity }: PhaseFinding): string {
  return `${shapes[severity]} ${severity}`;
}

function evidenceLink({ evidence }: PhaseFinding): string {
  return `[${escapeMarkdown(evidence.notebook)}](#${anchor(`${evidence.notebook}/${evidence.cell}`)})`;
}

function fenced(text: string, language: string): string {
  const fence = "`".repeat(Math.max(3, longestRun(text) + 1));
  return `${fence}${language}\n${text.trimEnd()}\n${fence}`;
}

function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
}

function indented(text: string): string {
  return text.replace(/^(?=.)/gm, "  ");
}

// A notebook's headings stand below the document's own; a line in a code block is not one.
function demoted(markdown: string): string {
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
