import pl, { type DataFrame } from "nodejs-polars";
import { getSubject } from "../checks/subject";
import { is } from "../frame";
import { sides, type Finding } from "../ledger";
import { findChanges, findPreviousResults } from "./changes";
import { readLedgers } from "./ledgers";
import {
  collectQueries,
  collectResults,
  type Cause,
  type LoggedQuery,
  type PhaseFinding,
  type Results,
} from "./results";

/** What the notebooks of one results folder have said so far, and what each query of theirs cost. */
export interface Outcome extends Results {
  queries: LoggedQuery[];
}

/**
 * What the ledgers of a results folder say, in the middle of a run as well. `isRead` chooses notebooks by name; all,
 * where it is left out.
 */
export function readOutcome(
  folder: string,
  production: string,
  local: string,
  isRead?: (notebook: string) => boolean,
): Outcome {
  const executed = readLedgers(folder, isRead);
  const times = executed
    .flatMap(({ events }) => events.flatMap((event) => (event.kind === "query" ? [event.time] : [])))
    .sort();
  const started = new Date(times[0] ?? Date.now());
  const seconds = times.length ? (Date.parse(times.at(-1)!) - started.getTime()) / 1000 : 0;
  return { ...collectResults(executed, { started, seconds, production, local }), queries: collectQueries(executed) };
}

/**
 * The findings as a frame, the gravest first: `severity`, `phase`, `id`, `title`, `state`, `to do`, `sql`,
 * `notebook`, `group`.
 *
 * @example await show(findingsFrame(outcome().findings).filter(is("severity", "critical")), "Critical findings");
 */
export function findingsFrame(findings: PhaseFinding[]): DataFrame {
  const text = (name: string, value: (one: PhaseFinding) => unknown) =>
    pl.Series(
      name,
      findings.map((one) => (value(one) as string | undefined) ?? null),
      pl.Utf8,
    );
  return pl.DataFrame([
    text("severity", ({ severity }) => severity),
    pl.Series(
      "phase",
      findings.map(({ phase }) => phase),
      pl.Int64,
    ),
    text("id", ({ id }) => id),
    text("title", ({ title }) => title),
    text("state", ({ explanation }) => explanation?.state),
    text("to do", ({ recommendation }) => recommendation?.text),
    text("sql", ({ recommendation }) => recommendation?.sql),
    text("notebook", ({ evidence }) => evidence.notebook),
    text("group", groupOf),
  ]);
}

/**
 * The findings of one of the plan's groups, with what to do. `findings` is what `findingsFrame` made.
 *
 * @example await show(selectFindings(findingsFrame(outcome().findings), "data cleanup"), "Data cleanup");
 */
export function selectFindings(findings: DataFrame, group: Group): DataFrame {
  return findings.filter(is("group", group)).select("severity", "title", "to do", "sql");
}

/**
 * The checks as a frame: `phase`, `id`, `status`, `why`.
 *
 * @example await show(checksFrame(outcome()).filter(is("status", "incomplete")), "Checks that could not be completed");
 */
export function checksFrame({ checks }: Outcome): DataFrame {
  const text = (name: "id" | "status" | "why") =>
    pl.Series(
      name,
      checks.map((one) => one[name] as string),
      pl.Utf8,
    );
  const phases = checks.map(({ phase }) => phase);
  return pl.DataFrame([pl.Series("phase", phases, pl.Int64), text("id"), text("status"), text("why")]);
}

/**
 * What each side was asked: `source`, `queries`, `rows`, `bytes`, `milliseconds`.
 *
 * @example await show(costsFrame(outcome()), "Queries by source");
 */
export function costsFrame({ queries }: Outcome): DataFrame {
  // what was asked ahead is counted with the cell that it was asked for; only the time was spent before
  const number = (name: string, of: (query: LoggedQuery) => number) =>
    pl.Series(
      name,
      queries.map((query) => of(query)),
      pl.Int64,
    );
  const asked = pl.DataFrame([
    pl.Series(
      "source",
      queries.map(({ source }) => source as string),
      pl.Utf8,
    ),
    number("queries", ({ ahead }) => (ahead ? 0 : 1)),
    number("rows", ({ ahead, rows }) => (ahead ? 0 : rows)),
    number("bytes", ({ ahead, bytes }) => (ahead ? 0 : bytes)),
    number("milliseconds", ({ milliseconds }) => milliseconds),
  ]);
  const sums = ["queries", "rows", "bytes", "milliseconds"].map((name) => pl.col(name).sum());
  return asked
    .groupBy("source")
    .agg(...sums)
    .sort("source", true);
}

/**
 * The two sides that were compared: `source`, `address`, `database`, `version`, `revision`.
 *
 * @example await show(sourcesFrame(outcome()), "What was compared");
 */
export function sourcesFrame(outcome: Outcome): DataFrame {
  const rows = sides.map((side) => ({ source: side, ...outcome[side], revision: outcome[side].revision?.join(", ") }));
  const text = (name: "source" | "address" | "database" | "version" | "revision") =>
    pl.Series(
      name,
      rows.map((one) => one[name] ?? null),
      pl.Utf8,
    );
  return pl.DataFrame([text("source"), text("address"), text("database"), text("version"), text("revision")]);
}

/** The plan's four groups of recommendations; `for your information` is what asks for nothing. */
export type Group =
  "missing migrations" | "schema synchronization" | "data cleanup" | "refresh of local" | "for your information";

/**
 * Which of the plan's groups a finding belongs to, by what it is about and by what the migrations say of it.
 *
 * @example outcome().findings.filter((one) => groupOf(one) === "missing migrations")
 */
export function groupOf({ id, severity, explanation }: Pick<Finding, "id" | "severity" | "explanation">): Group {
  if (severity === "info") return "for your information";
  const subject = getSubject(id);
  if (subject === "migrations" || explanation?.state === "pending" || explanation?.state === "unrecorded")
    return "missing migrations";
  if (subject === "rows") return "data cleanup";
  if (subject === "copy") return "refresh of local";
  return "schema synchronization";
}

/**
 * What changed since the run before that compared the same two sides: `change`, `severity`, `before`, `title`.
 * Undefined where there is no such run.
 */
export function changesFrame(folder: string, outcome: Outcome): DataFrame | undefined {
  const previous = findPreviousResults(folder, outcome);
  if (!previous) return undefined;
  const found = findChanges(previous, outcome);
  return pl.DataFrame([
    pl.Series(
      "change",
      found.map(({ change }) => change),
      pl.Utf8,
    ),
    pl.Series(
      "severity",
      found.map(({ finding }) => finding.severity),
      pl.Utf8,
    ),
    pl.Series(
      "before",
      found.map(({ before }) => before ?? null),
      pl.Utf8,
    ),
    pl.Series(
      "title",
      found.map(({ finding }) => finding.title),
      pl.Utf8,
    ),
  ]);
}

/**
 * The causes as a frame, the gravest first: `severity`, `side`, `cause`, `findings` (how many), `what breaks`, `to do`.
 *
 * @example await show(causesFrame(outcome()), "Causes, the gravest first");
 */
export function causesFrame({ causes = [] }: Pick<Results, "causes">): DataFrame {
  const text = (name: string, value: (cause: Cause) => string) => pl.Series(name, causes.map(value), pl.Utf8);
  const counts = causes.map(({ findings }) => findings.length);
  return pl.DataFrame([
    text("severity", ({ severity }) => severity),
    text("side", ({ side }) => side),
    text("cause", ({ title }) => title),
    pl.Series("findings", counts, pl.Int64),
    text("what breaks", ({ consequence }) => consequence),
    text("to do", ({ action }) => action),
  ]);
}
