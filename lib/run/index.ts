import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeDocuments } from "./document";
import { type Executed, type RunnerOptions, runNotebooks } from "./runner";
import { toTheSecond } from "../ledger";
import { toJson } from "../privacy/redaction";
import { beginRecording } from "../source/recording";
import type { Cost } from "../source/budget";
import { readLedgers, sumSpent } from "./ledgers";
import { type Provenance, type Results, collectQueries, collectResults } from "./results";

export { type Progress, makeProgress } from "./progress";
export { type Results, decideExitStatus } from "./results";
export {
  assignParameters,
  mergeParameters,
  readGivenValues,
  writeInheritedWords,
  type GivenParameters,
} from "./parameters";

export interface RunOptions extends Omit<RunnerOptions, "results" | "spent" | "onExecuted"> {
  /** The results folder; made where it does not exist. */
  out: string;
  /** The addresses, for the document of a run that did not reach a source. */
  production: string;
  local: string;
  /** Where the answers come from that no database gives in this run, as a sentence. */
  replayed?: string;
  /** Answers that an earlier run has left in the folder count: what was answered is not asked again. */
  resume?: boolean;
  /** What production was asked before the first notebook. */
  preflight?: Cost;
  provenance?: Provenance;
}

/** A finished run: what it found, and the document that says so. */
export interface Run {
  results: Results;
  document: string;
  executed: Executed[];
}

/**
 * Executes the notebooks and writes the whole results folder: executed copies, `results.json`, `queries.jsonl` and
 * both documents.
 */
export async function run({
  out,
  production,
  local,
  replayed,
  resume,
  preflight,
  provenance,
  ...options
}: RunOptions): Promise<Run> {
  const started = new Date();
  mkdirSync(out, { recursive: true });
  const spent = resume ? sumSpent(readLedgers(out)) : undefined;
  if (!resume) for (const left of ["answers", "ledger"]) rmSync(join(out, left), { recursive: true, force: true });
  if (!replayed) beginRecording(out, { production, local }, options.parameters);
  const summary = (executed: Executed[]): Results =>
    collectResults(executed, {
      started,
      seconds: (Date.now() - started.getTime()) / 1000,
      production,
      local,
      replayed,
      preflight,
      provenance,
    });
  // Written after each notebook, so that a later one can read it and a run that is cut off leaves what it knew.
  const queries = new WeakMap<Executed, string>();
  const onExecuted = (executed: Executed[]): void => writeResults(out, summary(executed), executed, queries);
  const executed = await runNotebooks({ ...options, results: out, spent, onExecuted });
  const results = summary(executed);
  writeResults(out, results, executed, queries);
  return { results, document: writeDocuments(out, results, executed), executed };
}

/** The name of a results folder: the time of its start, as a file system takes it. */
export function nameResults(started: Date): string {
  return toTheSecond(started).replace(/:/g, "-");
}

/** Writes what is known so far. The queries of a notebook that has ended stay as they are, and are redacted once. */
function writeResults(out: string, results: Results, executed: Executed[], queries: WeakMap<Executed, string>): void {
  writeFileSync(join(out, "results.json"), toJson(results, 2) + "\n");
  for (const notebook of executed)
    if (!queries.has(notebook))
      queries.set(
        notebook,
        collectQueries([notebook])
          .map((query) => toJson(query) + "\n")
          .join(""),
      );
  writeFileSync(join(out, "queries.jsonl"), executed.map((notebook) => queries.get(notebook)!).join(""));
}
