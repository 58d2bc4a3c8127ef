import {
  isAtLeast,
  compareSeverity,
  isShared,
  severities,
  toTheSecond,
  type Check,
  type Finding,
  type LedgerEvent,
  type QueryRecord,
  type RevisionSummary,
  type Severity,
  type Side,
  type SourceIdentity,
} from "../ledger";
import { findCauses, sayWhatMatters, type Cause } from "../plan/cause";
import type { Cost } from "../source/budget";
import { count } from "../text";
import type { GivenParameters } from "./parameters";
import type { Executed, StampedEvent } from "./runner";

/** `results.json`, as others rely on it. */
export interface Results {
  format: 1;
  started: string;
  seconds: number;
  production: SourceIdentity;
  local: SourceIdentity;
  /** Where answers come from that were not asked for in this run, as a sentence; absent where all were. */
  origin?: string;
  verdict: string;
  /** What the run has cost production. */
  cost: Required<Cost> & { queries: number };
  checks: PhaseCheck[];
  findings: PhaseFinding[];
  /** What the findings come from, the gravest first: each finding belongs to one cause. */
  causes?: Cause[];
  /** The plan's README, where one was written: a path within the results folder. */
  plan?: string;
  /** The state of each revision on each side, in the order of the history; absent where no notebook asked. */
  revisions?: RevisionSummary[];
  /** The values that notebooks were given for their parameters, by notebook and name; absent where none was. */
  parameters?: GivenParameters;
  provenance?: Provenance;
}

/** Where a document comes from, and what makes the same run again. */
export interface Provenance {
  /** Versions by name: runbook, its commit, Node, operating system. */
  versions: Record<string, string>;
  operator: string;
  /** What the rows of the demo are, where both sides are the demo's. */
  demo?: string;
  /** The folder of revisions and its heads; undefined where no folder was read. */
  migrations?: string;
  /** The file that says which columns hold nothing personal. */
  columns: string;
  /** Settings that differ from their default, by the variable's name. */
  settings: Record<string, string>;
  /** The command that makes the same run again. */
  command: string;
}

export type { Cause } from "../plan/cause";

export type PhaseCheck = Check & {
  phase: number;
  /** The notebook that should have made it and did not reach it. */
  notMade?: string;
};
export type PhaseFinding = Finding & { phase: number; evidence: { notebook: string; cell: string } };
export type LoggedQuery = QueryRecord & { notebook: string; cell: string };

/** What a run knows besides what its notebooks told. */
export interface RunSettings {
  started: Date;
  seconds: number;
  production: string;
  local: string;
  replayed?: string;
  preflight?: Cost;
  provenance?: Provenance;
}

/**
 * The results of a run: its checks in the order of the phases, its findings by severity, and one sentence that says
 * it all.
 */
export function collectResults(
  executed: Executed[],
  { started, seconds, production, local, replayed, preflight, provenance }: RunSettings,
): Results {
  const events = executed.flatMap((notebook) => notebook.events);
  const checked = keepLastChecks(events);
  const checks = [...checked.map(checkOf), ...executed.flatMap(describeIncompleteNotebook)].sort(
    (a, b) => a.phase - b.phase,
  );
  const findings = rank(checked, events.flatMap(describeAlarms));
  const revisions = findLastRevisions(events);
  const causes = findCauses(findings, revisions);
  return {
    format: 1,
    started: toTheSecond(started),
    seconds: Math.round(seconds * 10) / 10,
    production: mergeIdentity(events, "production", production),
    local: mergeIdentity(events, "local", local),
    origin: replayed ?? describeResumed(executed, started),
    verdict: writeVerdict(checks, findings, causes),
    cost: computeCost(executed, preflight),
    checks,
    findings,
    causes,
    ...(revisions ? { revisions } : {}),
    ...collectParameters(executed),
    provenance,
  };
}

function collectParameters(executed: Executed[]): Pick<Results, "parameters"> {
  const given = executed.flatMap(({ name, parameters }) => (parameters ? [[name, parameters] as const] : []));
  return given.length ? { parameters: Object.fromEntries(given) } : {};
}

function findLastRevisions(events: StampedEvent[]): RevisionSummary[] | undefined {
  return events.flatMap((event) => (event.kind === "revisions" ? [event.revisions] : [])).at(-1);
}

/** What these queries have cost the source that was asked. */
export function sumCost(queries: Pick<QueryRecord, "invocations" | "received" | "inFunction">[]): Required<Cost> {
  const sum = (key: keyof Cost) => queries.reduce((total, query) => total + (query[key] ?? 0), 0);
  return { invocations: sum("invocations"), received: sum("received"), inFunction: sum("inFunction") };
}

function computeCost(executed: Executed[], preflight: Cost = { invocations: 0, received: 0 }): Results["cost"] {
  const asked = collectQueries(executed).filter(({ source, cached }) => source === "production" && !cached);
  return { queries: asked.length, ...sumCost([...asked, preflight]) };
}

/** Which answers an earlier run had left, notebook by notebook. */
function describeResumed(executed: Executed[], started: Date): string | undefined {
  const isEarlier = ({ cached }: LoggedQuery) => cached !== undefined && cached < started.toISOString();
  const all = collectQueries(executed).filter(({ ahead }) => !ahead);
  const earlier = all.filter(isEarlier);
  if (earlier.length === 0) return undefined;
  const times = earlier.map(({ cached }) => toTheSecond(cached!)).sort();
  const of = (name: string) =>
    [earlier, all].map((queries) => queries.filter(({ notebook }) => notebook === name).length);
  const told = executed
    .map(({ name }) => [name, ...of(name)] as const)
    .filter(([, before]) => before > 0)
    .map(([name, before, asked]) => `${name} ${before} of ${asked}`);
  return (
    `Resumed: ${earlier.length} of ${all.length} answers are from before, given between ${times[0]} and ` +
    `${times.at(-1)} (${told.join(", ")}); the others are of this run.`
  );
}

/** Every query of the run, as `queries.jsonl` lists them. */
export function collectQueries(executed: Executed[]): LoggedQuery[] {
  return executed.flatMap(({ events }) =>
    events
      .filter(isQuery)
      .map(
        ({
          time,
          source,
          notebook,
          cell,
          sha256,
          sql,
          rows,
          bytes,
          milliseconds,
          requestId,
          invocations,
          received,
          inFunction,
          ahead,
          cached,
          failed,
        }) => ({
          time,
          source,
          notebook,
          cell,
          sha256,
          sql,
          rows,
          bytes,
          milliseconds,
          requestId,
          invocations,
          received,
          inFunction,
          ahead,
          cached,
          failed,
        }),
      ),
  );
}

/**
 * 2 where something could not be told, 1 where a finding is at least as grave as `failOn` and not a fault that both
 * sides share, else 0.
 */
export function decideExitStatus(results: Results, failOn?: Severity): 0 | 1 | 2 {
  if (results.checks.some((check) => check.status === "incomplete")) return 2;
  return listFailing(results, failOn).length > 0 ? 1 : 0;
}

/** The findings that `failOn` counts: at least as grave, and no fault that both sides share; none without it. */
export function listFailing({ findings }: Results, failOn?: Severity): PhaseFinding[] {
  return failOn ? findings.filter((finding) => isAtLeast(finding.severity, failOn) && !isShared(finding)) : [];
}

/** The phase that a notebook belongs to: the number that its name begins with. */
function getPhase(notebook: string): number {
  return Number(/^\d+/.exec(notebook)?.[0] ?? 0);
}

type CheckEvent = Extract<StampedEvent, { kind: "check" }>;

// A cell that runs twice, or a check that learns more later, replaces what it said before.
function keepLastChecks(events: StampedEvent[]): CheckEvent[] {
  const checks = events.filter((event): event is CheckEvent => event.kind === "check");
  return [...new Map(checks.map((event) => [`${event.notebook} ${event.id}`, event])).values()];
}

function checkOf({ id, notebook, status, label, why, queries, milliseconds }: CheckEvent): PhaseCheck {
  return { id, phase: getPhase(notebook), status, label: label ?? status, why, queries, milliseconds };
}

function describeIncompleteNotebook({ name, failed }: Executed): PhaseCheck[] {
  if (!failed) return [];
  const rest = failed.notRun > 0 ? ` (${count(failed.notRun, "cell")} not run)` : "";
  const notMade = failed.notMade.map((id): PhaseCheck => ({
    id,
    phase: getPhase(name),
    status: "incomplete",
    label: "incomplete",
    why: `not made: ${failed.why}`,
    queries: 0,
    milliseconds: 0,
    notMade: name,
  }));
  return [
    ...notMade,
    {
      id: `notebook/${name}`,
      phase: getPhase(name),
      status: "incomplete",
      label: "incomplete",
      why: `${failed.why}${rest}`,
      queries: 0,
      milliseconds: 0,
    },
  ];
}

/** What stands behind the guards had something to do: a fault of the runbook's own, whoever it was about. */
function describeAlarms(event: StampedEvent): PhaseFinding[] {
  if (event.kind !== "alarm") return [];
  const { notebook, cell, withheld = [], few = [], refused } = event;
  const finding = (id: string, title: string, text: string, severity: Severity = "critical"): PhaseFinding => ({
    id,
    severity,
    phase: getPhase(notebook),
    title,
    recommendation: { text },
    evidence: { notebook, cell },
  });
  return [
    ...withheld.map((kind) =>
      finding(
        `withheld/${notebook}/${cell}/${kind.replaceAll(" ", "-")}`,
        `Text with the shape of ${addArticle(kind)} was withheld from cell ${cell} of ${notebook}`,
        "Find out how it came there: if it is somebody's, the guard has let it through; list its column as " +
          "personal, and report it.",
      ),
    ),
    ...few.map((kind) =>
      finding(
        `withheld/${notebook}/${cell}/single-${kind.replaceAll(" ", "-")}`,
        `A single value with the shape of ${addArticle(kind)} was withheld from cell ${cell} of ${notebook}`,
        "Look at the column: if people write such things into it, list it as personal.",
        "medium",
      ),
    ),
    ...(refused
      ? [
          finding(
            `guard/${notebook}/${cell}`,
            `The guard let a statement through in cell ${cell} of ${notebook} that the role of the safe ` +
              `columns may not run: ${refused}`,
            "Either the role lacks a grant (runbook check --grants prints them), or the guard has " +
              "overlooked a personal column: report it.",
          ),
        ]
      : []),
  ];
}

function addArticle(noun: string): string {
  return `${/^[aeiou]|^NPI/.test(noun) ? "an" : "a"} ${noun}`;
}

function rank(checks: CheckEvent[], alarms: PhaseFinding[]): PhaseFinding[] {
  const found = checks.flatMap(({ notebook, cell, findings }) =>
    findings.map((finding): PhaseFinding => {
      const { id, severity, severityByRules, title, object, production, local, explanation, recommendation } = finding;
      return {
        id,
        severity,
        severityByRules,
        phase: getPhase(notebook),
        title,
        object,
        production,
        local,
        explanation,
        recommendation,
        evidence: { notebook, cell },
      };
    }),
  );
  const last = [...new Map([...found, ...alarms].map((finding) => [finding.id, finding])).values()];
  return last.sort((a, b) => compareSeverity(a, b) || (a.id < b.id ? -1 : 1));
}

function mergeIdentity(events: LedgerEvent[], side: Side, address: string): SourceIdentity {
  const told = events.map((event) => (event.kind === "opened" ? event[side] : undefined));
  // A notebook that did not ask for the version does not take away what an earlier one learnt.
  const known = told.flatMap((one) =>
    Object.entries(one ?? {}).filter(([, value]) => value !== "" && value !== undefined),
  );
  return { address, database: "", version: "", ...Object.fromEntries(known) };
}

function writeVerdict(checks: PhaseCheck[], findings: PhaseFinding[], causes: Cause[]): string {
  const matters = sayWhatMatters(causes);
  return matters ? `${matters} ${sayCounts(checks, findings)}` : sayCounts(checks, findings);
}

function sayCounts(all: PhaseCheck[], findings: PhaseFinding[]): string {
  // a notebook that was cut off counts as the checks that it did not make
  const cutOff = new Set(all.flatMap(({ notMade }) => (notMade ? [`notebook/${notMade}`] : [])));
  const checks = all.filter(({ id }) => !cutOff.has(id));
  const told = checks.filter((check) => check.status !== "incomplete");
  const notMade = checks.filter((check) => check.notMade).length;
  const untold = checks.length - told.length;
  const notCompleted = untold - notMade;
  const drifted = told.filter((check) => check.status === "drift").length;
  const parts = [
    notCompleted ? `${count(notCompleted, "check")} could not be completed` : "",
    notMade ? `${count(notMade, "check")} ${notMade === 1 ? "was" : "were"} not made` : "",
  ];
  const open = untold ? `${parts.filter(Boolean).join(" and ")}, so this is not the whole answer` : "";
  if (told.length === 0)
    return open
      ? `It cannot be said whether production and local are the same: ` +
          `${notMade ? parts.filter(Boolean).join(" and ") : `${untold === 1 ? "the only check" : `all ${untold} checks`} could not be completed`}.`
      : "Nothing was compared: no notebook recorded a check.";
  if (drifted === 0 && findings.length === 0)
    return open
      ? `No drift was found in ${count(told.length, "check")}, but ${open}.`
      : `Production and local are the same in ${told.length === 1 ? "the one check" : `all ${told.length} checks`}.`;
  const which = severities
    .map((severity) => [findings.filter((finding) => finding.severity === severity).length, severity] as const)
    .filter(([count]) => count > 0);
  const listed = which
    .map(([count, severity]) => `${count} ${severity}`)
    .join(", ")
    .replace(/, (?!.*,)/, " and ");
  const found = `${listed || "no"} ${findings.length === 1 ? "finding" : "findings"}`;
  const sentence =
    drifted > 0
      ? `Production and local are not the same: drift in ${drifted} of ${count(told.length, "check")}, with ${found}`
      : `Production and local are the same in ` +
        `${told.length === 1 ? "the one check" : `all ${told.length} checks`} that could be completed, with ` +
        `${found}`;
  return `${open ? `${sentence}; ${open}` : drifted > 0 ? sentence : sentence.replace(" that could be completed", "")}.`;
}

function isQuery(event: StampedEvent): event is Extract<StampedEvent, { kind: "query" }> {
  return event.kind === "query";
}
