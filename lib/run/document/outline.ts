import { distinguish } from "../../distinguish";
import { rankConsequence } from "../../checks/subject";
import { compareSeverity, severities, type Severity, type Side, type SourceIdentity } from "../../ledger";
import type { CodeCell } from "../notebook";
import type { Executed } from "../runner";
import { sumCost, collectQueries, type PhaseFinding, type Results } from "../results";
import { count } from "../../text";

/** One row of the matrix: what one notebook checked and found. */
export interface Phase {
  name: string;
  title: string;
  same: number;
  drift: number;
  incomplete: number;
  found: Record<Severity, number>;
  queries: number;
  seconds: number;
}

/** The matrix of the phases, one row a notebook. */
export function listPhases(results: Results, executed: Executed[]): Phase[] {
  return executed.map(({ name, title, seconds, events, failed }) => {
    const statuses = new Map(
      events.flatMap((event) => (event.kind === "check" ? [[event.id, event.status] as const] : [])),
    );
    const numberOf = (wanted: string): number => [...statuses.values()].filter((status) => status === wanted).length;
    const found = (severity: Severity): number =>
      results.findings.filter((finding) => finding.evidence.notebook === name && finding.severity === severity).length;
    return {
      name,
      title,
      seconds,
      same: numberOf("same"),
      drift: numberOf("drift"),
      incomplete: numberOf("incomplete") + (failed ? 1 : 0),
      found: Object.fromEntries(severities.map((severity) => [severity, found(severity)])) as Record<Severity, number>,
      queries: events.filter((event) => event.kind === "query" && !event.ahead).length,
    };
  });
}

/** What the queries of one side have cost. `cached` of them were answered before, and cost nothing. */
export interface Cost {
  side: Side;
  queries: number;
  cached: number;
  failed: number;
  rows: number;
  invocations: number;
  received: number;
  inFunction: number;
  milliseconds: number;
}

/** The cost of a run on each side. */
function listCosts(executed: Executed[], results: Results): Cost[] {
  const queries = collectQueries(executed);
  return (["production", "local"] as const).map((side) => {
    const all = queries.filter(({ source }) => source === side);
    const asked = all.filter(({ ahead }) => !ahead);
    const total = (queries: typeof all, key: "rows" | "milliseconds"): number =>
      queries.reduce((sum, query) => sum + query[key], 0);
    const cost = side === "production" ? results.cost : sumCost(all);
    return {
      ...cost,
      side,
      queries: asked.length,
      cached: asked.filter(({ cached }) => cached).length,
      failed: asked.filter(({ failed }) => failed).length,
      rows: total(asked, "rows"),
      milliseconds: total(all, "milliseconds"),
    };
  });
}

/** The same as it is printed: queries, answered before, failed, rows, invocations, received, ms in the function, ms. */
export function listCostCells(executed: Executed[], results: Results): { side: Side; cells: string[] }[] {
  return listCosts(executed, results).map((cost) => {
    const [before, after] = [
      [cost.queries, cost.cached, cost.failed, cost.rows, cost.invocations],
      [cost.inFunction, cost.milliseconds],
    ].map((numbers) => numbers.map(formatNumber));
    return { side: cost.side, cells: [...before, formatBytes(cost.received), ...after] };
  });
}

/** The whole data behind what is shown: each file once, with its caption. */
export function listFrames(executed: Executed[]): { file: string; caption: string; rows: number }[] {
  const frames = executed.flatMap(({ events }) => events.flatMap((event) => (event.kind === "frame" ? [event] : [])));
  return [...new Map(frames.map(({ file, caption, rows }) => [file, { file, caption, rows }])).values()];
}

/** The findings whose evidence is this cell. */
export function listFindingsOf(results: Results, notebook: string, cell: string): PhaseFinding[] {
  return results.findings.filter(({ evidence }) => evidence.notebook === notebook && evidence.cell === cell);
}

/** True for a cell that the run did not come to. */
export function isNotRun(cell: CodeCell): boolean {
  return cell.execution_count === null && !cell.outputs.some((output) => output.output_type === "error");
}

/**
 * A finding's value on one side, in words that differ from the other side's where it does; nothing where the finding
 * does not speak of that side.
 */
export function describeValue(finding: PhaseFinding, side: Side): string | undefined {
  const [own, other] = [finding[side], finding[side === "production" ? "local" : "production"]].map(
    describeValueInWords,
  );
  return own === undefined || other === undefined ? own : distinguish(own, other)[0];
}

function describeValueInWords(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (value === null) return "absent";
  if (typeof value !== "object") return String(value);
  if (Array.isArray(value)) return value.map(describePart).join(", ");
  return (
    Object.entries(value)
      .map(([key, part]) => `${key}: ${describePart(part)}`)
      .join(", ") || "present"
  );
}

/**
 * Findings of which the same is to be said, one group each, the gravest and the largest group first: twenty columns
 * of one migration are read once.
 */
export function groupFindings(findings: PhaseFinding[]): PhaseFinding[][] {
  const groups = new Map<string, PhaseFinding[]>();
  for (const finding of findings) {
    const said = getExplanation(finding) ?? finding.recommendation?.text ?? finding.id;
    const key = JSON.stringify([
      finding.severity,
      finding.severityByRules,
      finding.evidence,
      said,
      finding.recommendation,
    ]);
    groups.set(key, [...(groups.get(key) ?? []), finding]);
  }
  return [...groups.values()].sort(
    ([one], [other]) => compareSeverity(one, other) || rankConsequence(one.id) - rankConsequence(other.id),
  );
}

/** What a group is called: a migration where one explains all of it; else only what they have in common, the advice. */
export function makeGroupTitle(group: PhaseFinding[]): string {
  const [{ title, explanation, recommendation }] = group;
  if (group.length === 1) return title;
  const { state, revision } = (explanation ?? {}) as { state?: string; revision?: string };
  const many = count(group.length, "finding");
  if (state && revision) return `${many} of migration ${revision} (${state})`;
  return recommendation ? `${many} with the same advice` : many;
}

/** An explanation's sentence, where the finding has one. */
export function getExplanation({ explanation }: PhaseFinding): string | undefined {
  return typeof explanation?.text === "string" ? explanation.text : undefined;
}

/** The version without the compiler and the machine that it was built on. */
export function shortenVersion({ version }: SourceIdentity): string {
  return version.split(/ on |,/)[0];
}

/** Bytes as a person reads them. */
function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** A number with separators. */
export function formatNumber(value: number): string {
  return Math.round(value).toLocaleString("en");
}

function describePart(value: unknown): string {
  return value === null ? "none" : typeof value === "object" ? JSON.stringify(value) : String(value);
}
