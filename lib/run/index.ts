import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeDocuments } from "./document";
import { type Executed, type RunnerOptions, runNotebooks } from "./notebooks";
import { type Results, queriesOf, resultsOf } from "./results";

export { type Progress, progressOn } from "./progress";
export { type Results, exitStatus } from "./results";

export interface RunOptions extends Omit<RunnerOptions, "results" | "onExecuted"> {
  /** The results folder; made where it does not exist. */
  out: string;
  /** The addresses, for the document of a run that did not reach a source. */
  production: string;
  local: string;
}

/** A finished run: what it found, and the document that says so. */
export interface Run {
  results: Results;
  document: string;
  executed: Executed[];
}

/** Executes the notebooks and writes the whole results folder: executed copies, `results.json`, `queries.jsonl` and both documents. */
export async function run({ out, production, local, ...options }: RunOptions): Promise<Run> {
  const started = new Date();
  mkdirSync(out, { recursive: true });
  const summary = (executed: Executed[]): Results => resultsOf(executed, { started, seconds: (Date.now() - started.getTime()) / 1000, production, local });
  // Written after each notebook, so that a later one can read it and a run that is cut off leaves what it knew.
  const onExecuted = (executed: Executed[]): void => writeResults(out, summary(executed), executed);
  const executed = await runNotebooks({ ...options, results: out, onExecuted });
  const results = summary(executed);
  writeResults(out, results, executed);
  return { results, document: writeDocuments(out, results, executed), executed };
}

/** The name of a results folder: the time of its start, as a file system takes it. */
export function resultsName(started: Date): string {
  return started.toISOString().replace(/\.\d+Z$/, "Z").replace(/:/g, "-");
}

function writeResults(out: string, results: Results, executed: Executed[]): void {
  writeFileSync(join(out, "results.json"), JSON.stringify(results, null, 2) + "\n");
  writeFileSync(join(out, "queries.jsonl"), queriesOf(executed).map((query) => JSON.stringify(query) + "\n").join(""));
}
