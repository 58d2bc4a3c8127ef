import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import pl, { type DataFrame } from "nodejs-polars";
import type { Finding, LedgerEvent } from "../ledger";
import type { Executed, StampedEvent } from "./runner";
import { changes, previousResults } from "./changes";
import { queriesOf, resultsOf, type Cause, type LoggedQuery, type PhaseFinding, type Results } from "./results";

/** What the notebooks of one results folder have said so far, and what each query of theirs cost. */
export interface Outcome extends Results {
  queries: LoggedQuery[];
}

/** Reads the ledgers of a results folder. They are written as the notebooks run, so this works in the middle of a run as well. */
export function readOutcome(folder: string, production: string, local: string): Outcome {
  const ledgers = existsSync(join(folder, "ledger"))
    ? readdirSync(join(folder, "ledger"))
        .filter((file) => file.endsWith(".jsonl"))
        .sort()
    : [];
  const executed = ledgers.map((file): Executed => {
    const name = file.replace(".jsonl", "");
    const events = readFileSync(join(folder, "ledger", file), "utf8")
      .split("\n")
      .filter(Boolean)
      .map((line): StampedEvent => ({ ...(JSON.parse(line) as LedgerEvent), notebook: name, cell: "" }));
    return {
      name,
      title: name,
      notebook: { cells: [], metadata: {}, nbformat: 4, nbformat_minor: 5 },
      seconds: 0,
      events,
    };
  });
  const times = executed
    .flatMap(({ events }) => events.flatMap((event) => (event.kind === "query" ? [event.time] : [])))
    .sort();
  const started = new Date(times[0] ?? Date.now());
  const seconds = times.length ? (Date.parse(times.at(-1)!) - started.getTime()) / 1000 : 0;
  return { ...resultsOf(executed, { started, seconds, production, local }), queries: queriesOf(executed) };
}

/**
 * The findings as a frame, the gravest first: `severity`, `phase`, `id`, `title`, `state`, `to do`, `sql`, `notebook`.
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
  ]);
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
  const [kind] = id.split("/");
  if (/^(revision|revisions)$/.test(kind) || explanation?.state === "pending" || explanation?.state === "unrecorded")
    return "missing migrations";
  if (/^(quality|orphan|timeline|pipeline|duplicate)/.test(kind)) return "data cleanup";
  if (/^(rows|reference|distribution|match|content|users|organizations)/.test(kind)) return "refresh of local";
  return "schema synchronization";
}

/** What changed since the run before that compared the same two sides: `change`, `severity`, `before`, `title`. Undefined where there is no such run. */
export function changesFrame(folder: string, outcome: Outcome): DataFrame | undefined {
  const previous = previousResults(folder, outcome);
  if (!previous) return undefined;
  const found = changes(previous, outcome);
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
