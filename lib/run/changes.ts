import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { RunbookError } from "../errors";
import { severities } from "../ledger";
import { findCauses, type Cause } from "../plan/cause";
import type { PhaseFinding, Results } from "./results";

/** One finding that two runs tell differently. */
export interface Change {
  change: "new" | "resolved" | "worse" | "better";
  finding: PhaseFinding;
  /** The severity that it had before, where it had one. */
  before?: PhaseFinding["severity"];
}

/**
 * What changed from one run to a later one, finding by finding, by their ids: new and worse first. A check that could
 * not tell resolves nothing.
 */
export function findChanges(before: Results, after: Results): Change[] {
  const [old, now] = [before, after].map(({ findings }) => new Map(findings.map((finding) => [finding.id, finding])));
  const asked = new Set(after.checks.filter(({ status }) => status !== "incomplete").map(({ phase }) => phase));
  const untold = new Set(after.checks.filter(({ status }) => status === "incomplete").map(({ phase }) => phase));
  const kept = after.findings.flatMap((finding): Change[] => {
    const earlier = old.get(finding.id);
    if (!earlier) return [{ change: "new", finding }];
    const step = severities.indexOf(finding.severity) - severities.indexOf(earlier.severity);
    return step === 0 ? [] : [{ change: step < 0 ? "worse" : "better", finding, before: earlier.severity }];
  });
  const gone = before.findings
    .filter(({ id, phase }) => !now.has(id) && asked.has(phase) && !untold.has(phase))
    .map((finding): Change => ({ change: "resolved", finding }));
  const order = ["new", "worse", "better", "resolved"];
  return [...kept, ...gone].sort((a, b) => order.indexOf(a.change) - order.indexOf(b.change));
}

/** A phase that one of two runs has not, or not to its end: what it would have found there is not known. */
export interface MissingPhase {
  /** The folder that lacks it: the earlier or the later. */
  run: "before" | "after";
  phase: number;
  /** How many checks of it the other run has and this one has not. */
  checks: number;
  /** Why, where the run said so; undefined where the phase was not asked for. */
  why?: string;
}

/** The phases that one of two runs lacks, in their order. */
export function findMissingPhases(before: Results, after: Results): MissingPhase[] {
  const lackingIn = (run: "before" | "after", mine: Results, other: Results): MissingPhase[] => {
    const phases = [...new Set(other.checks.map(({ phase }) => phase))].sort((a, b) => a - b);
    return phases.flatMap((phase): MissingPhase[] => {
      const inPhase = (results: Results) => results.checks.filter((check) => check.phase === phase);
      const isMade = ({ id, notMade }: Results["checks"][number]) => !notMade && !id.startsWith("notebook/");
      const made = new Set(
        inPhase(mine)
          .filter(isMade)
          .map(({ id }) => id),
      );
      const checks = inPhase(other).filter((check) => isMade(check) && !made.has(check.id)).length;
      const why = inPhase(mine).find(({ id }) => id.startsWith("notebook/"))?.why;
      return checks > 0 && (why !== undefined || made.size === 0) ? [{ run, phase, checks, why }] : [];
    });
  };
  return [...lackingIn("after", after, before), ...lackingIn("before", before, after)];
}

/** What became of one cause from a run to a later one. */
export interface CauseChange {
  change: "new" | "grown" | "shrunk" | "resolved";
  cause: Cause;
  /** How many findings it had before, and has now. */
  before: number;
  now: number;
}

/**
 * What became of each cause, by their ids: new and grown first. A cause is resolved only where every finding of it
 * counts as resolved; results from before causes were kept are given theirs now.
 */
export function findCauseChanges(before: Results, after: Results): CauseChange[] {
  const of = (results: Results) => results.causes ?? findCauses(results.findings, results.revisions);
  const [old, now] = [before, after].map((results) => new Map(of(results).map((cause) => [cause.id, cause])));
  const resolved = new Set(
    findChanges(before, after).flatMap(({ change, finding }) => (change === "resolved" ? [finding.id] : [])),
  );
  const kept = [...now.values()].flatMap((cause): CauseChange[] => {
    const counts = { before: old.get(cause.id)?.findings.length ?? 0, now: cause.findings.length };
    if (counts.before === 0) return [{ change: "new", cause, ...counts }];
    const had = new Set(old.get(cause.id)!.findings);
    if (cause.findings.some((id) => !had.has(id))) return [{ change: "grown", cause, ...counts }];
    return counts.now < counts.before ? [{ change: "shrunk", cause, ...counts }] : [];
  });
  const gone = [...old.values()]
    .filter(({ id, findings }) => !now.has(id) && findings.every((one) => resolved.has(one)))
    .map((cause): CauseChange => ({ change: "resolved", cause, before: cause.findings.length, now: 0 }));
  const order = ["new", "grown", "shrunk", "resolved"];
  return [...kept, ...gone].sort((a, b) => order.indexOf(a.change) - order.indexOf(b.change));
}

/** The results of a folder. Throws a RunbookError where it holds none. */
export function readResults(folder: string): Results {
  const file = join(folder, "results.json");
  if (!existsSync(file))
    throw new RunbookError(`${folder} holds no results.json: name a results folder, as runbook run has written it.`);
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Results;
  } catch (cause) {
    throw new RunbookError(`${file} is not whole: name the folder of a run that came to its end.`, { cause });
  }
}

/** The run before this one that compared the same two addresses, among the folders beside it. */
export function findPreviousResults(
  folder: string,
  { production, local, started }: Pick<Results, "production" | "local" | "started">,
): Results | undefined {
  const beside = dirname(resolve(folder));
  const others = existsSync(beside)
    ? readdirSync(beside).filter((name) => name !== basename(folder) && existsSync(join(beside, name, "results.json")))
    : [];
  return others
    .map((name) => readResults(join(beside, name)))
    .filter(
      (other) =>
        other.production.address === production.address &&
        other.local.address === local.address &&
        other.started < started,
    )
    .sort((a, b) => (a.started < b.started ? 1 : -1))[0];
}
