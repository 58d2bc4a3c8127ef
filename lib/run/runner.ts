import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { RunbookError } from "../errors";
import { type LedgerEvent, getLedgerFile } from "../ledger";
import { makeErrorOutput } from "./jupyter/failure";
import { makeCoordinator } from "./coordinator";
import { startTranslator } from "./jupyter/ahead";
import { type Execution, type Kernel, startKernel } from "./jupyter/kernel";
import {
  type CodeCell,
  type ErrorOutput,
  type Notebook,
  findHeading,
  getNotebookName,
  readNotebook,
  findTitle,
  writeNotebook,
  type Output,
} from "./notebook";
import { makeOrder, readsFindings } from "./order";
import { injectParameters, type GivenParameters } from "./parameters";
import type { Progress } from "./progress";
import { redactReporting } from "../privacy/redaction";
import { defaultAllowance, type Allowance, type Cost } from "../source/budget";
import { coordinatedVariable } from "../settings";
import { showControlsIn } from "../text";

/** A ledger's event, with the cell that was running when it was written. */
export type StampedEvent = LedgerEvent & { notebook: string; cell: string };

/** A notebook that was executed, as far as it went. */
export interface Executed {
  name: string;
  title: string;
  notebook: Notebook;
  seconds: number;
  events: StampedEvent[];
  /** The values that it was given in place of its own. */
  parameters?: Record<string, unknown>;
  /**
   * Why it did not reach its end, where it did not. `notRun` counts the code cells after the failed one; `notMade`
   * are the checks that it and they conclude, as far as their text tells.
   */
  failed?: { cell: string; why: string; notRun: number; notMade: string[] };
}

export interface RunnerOptions {
  /** Paths of the notebooks, in the order of their execution. */
  notebooks: string[];
  /** The results folder. The notebooks are told it as `RUNBOOK_RESULTS`. */
  results: string;
  /** The whole environment of the kernels: start from your own. */
  environment: NodeJS.ProcessEnv;
  /** Values for what the notebooks declare as parameters. */
  parameters?: GivenParameters;
  /** How many notebooks are executed side by side, each in a kernel of its own (default: 1). */
  atOnce?: number;
  /** What all kernels together may cost production. */
  allowance?: Allowance;
  /** What the run has cost already, where it goes on with an earlier one. */
  spent?: Cost;
  onProgress?: (progress: Progress) => void;
  /** Called when a notebook has ended and its executed copy is written, with all that ended so far, in their order. */
  onExecuted?: (executed: Executed[]) => void;
  /** Stops the run: the running cell is interrupted, what follows is not run. */
  signal?: AbortSignal;
  /** How long a cell may take before it is interrupted, in seconds (default: as long as it takes). */
  cellSeconds?: number;
}

/**
 * Executes notebooks, each in a kernel that knows nothing of the others, and writes the executed copies. A notebook
 * that fails does not keep the next from running. One that reads what the run has found waits for those before it, so
 * that the results do not depend on how many are executed at once.
 */
export async function runNotebooks({
  notebooks,
  results,
  environment,
  parameters = {},
  atOnce = 1,
  allowance = defaultAllowance,
  spent,
  onProgress = () => undefined,
  onExecuted = () => undefined,
  signal,
  cellSeconds,
}: RunnerOptions): Promise<Executed[]> {
  const sources = notebooks.map((path) => ({
    path: resolve(path),
    name: getNotebookName(path),
    notebook: readNotebook(path),
    parameters: parameters[getNotebookName(path)],
  }));
  for (const { notebook, parameters } of sources) injectParameters(notebook, parameters);
  const cells = sources.map(({ notebook }) => listCodeCells(notebook).map(({ source }) => source));
  const folders = [...new Set(sources.map(({ path }) => dirname(path)))];
  const translators = folders.map((folder) => {
    const inside = sources.flatMap(({ path, name }, place) =>
      dirname(path) === folder ? [{ name, cells: cells[place] }] : [],
    );
    return { folder, ...startTranslator(folder, inside, environment) };
  });
  const coordinator = makeCoordinator(allowance, spent);
  const variables = { ...environment, RUNBOOK_RESULTS: resolve(results), [coordinatedVariable]: String(process.pid) };
  const order = makeOrder(cells.map(readsFindings));
  const executed: Executed[] = [];

  /** Executes notebooks one after another, until none is left. */
  async function runLane(): Promise<void> {
    const kernels = keepKernel((folder) => startKernel(folder, variables, { onSpawn: coordinator.serve }));
    try {
      for (let place = await order.take(); place !== undefined; place = await order.take()) {
        const { name, notebook, path, parameters } = sources[place];
        const begin = async (): Promise<Kernel> => {
          if (signal?.aborted) throw new RunbookError(stopped);
          return kernels.take(dirname(path));
        };
        const translator = translators.find(({ folder }) => folder === dirname(path))!;
        const translated = (cell: number) => translator.wait(name, cell);
        const running = { name, notebook, parameters, results, begin, translated, end: kernels.end, onProgress };
        executed[place] = await runNotebook({ ...running, signal, cellSeconds });
        writeNotebook(join(results, `${name}.ipynb`), notebook);
        onExecuted(executed.filter(Boolean));
        order.end(place);
      }
    } finally {
      // where this one has failed, the others go no further than to the end of their notebooks
      order.close();
      await kernels.close();
    }
  }

  const ended = await Promise.allSettled(Array.from({ length: Math.min(atOnce, sources.length) }, runLane));
  translators.forEach((translator) => translator.stop());
  for (const lane of ended) if (lane.status === "rejected") throw lane.reason;
  return executed;
}

/**
 * One kernel after another, of which each serves as many notebooks as it can: one that has anything left of a notebook,
 * or in which something failed, is ended, and the next notebook of the same folder begins in a new one.
 */
function keepKernel(start: (folder: string) => Promise<Kernel>) {
  let kept: { kernel: Kernel; folder: string } | undefined;
  let ending: Promise<unknown> = Promise.resolve();
  const shutdown = (kernel: Kernel): void => void (ending = Promise.all([ending, kernel.shutdown()]));
  const drop = (): void => {
    if (kept) shutdown(kept.kernel);
    kept = undefined;
  };
  return {
    async take(folder: string): Promise<Kernel> {
      if (kept && kept.folder !== folder) drop();
      kept ??= { kernel: await start(folder), folder };
      return kept.kernel;
    },
    /** The notebook has ended; `isWhole` says that nothing in it failed. */
    async end(isWhole: boolean): Promise<void> {
      if (kept && !(isWhole && (await kept.kernel.reset()))) drop();
    },
    /** Ends the kernel that is left, and resolves when all have ended. */
    async close(): Promise<void> {
      drop();
      await ending;
    },
  };
}

const stopped = "The run was stopped before this notebook.";

interface Running {
  name: string;
  notebook: Notebook;
  parameters?: Record<string, unknown>;
  results: string;
  begin(): Promise<Kernel>;
  /** Resolves when the code cell of this number has been translated, as far as it can be. */
  translated(cell: number): Promise<void>;
  /** The kernel is not needed any more. */
  end(isWhole: boolean): Promise<void>;
  onProgress(progress: Progress): void;
  signal?: AbortSignal;
  cellSeconds?: number;
}

async function runNotebook({
  name,
  notebook,
  parameters,
  results,
  begin,
  translated,
  end,
  onProgress,
  signal,
  cellSeconds,
}: Running): Promise<Executed> {
  const since = Date.now();
  const title = findTitle(notebook, name);
  const cells = listCodeCells(notebook);
  const executed: Executed = { name, title, notebook, seconds: 0, events: [], parameters };
  const ledger = followLedger(getLedgerFile(results, name));
  onProgress({ kind: "notebook", notebook: name, cells: cells.length });

  let kernel: Kernel | undefined;
  let stop = (): void => undefined;
  const stopping = new Promise<void>((resolve) => {
    stop = () => {
      resolve();
      kernel?.interrupt();
    };
    if (signal?.aborted) resolve();
  });
  signal?.addEventListener("abort", stop);
  try {
    kernel = await begin();
    for (const [index, cell] of cells.entries()) {
      onProgress({
        kind: "cell",
        notebook: name,
        cell: index + 1,
        cells: cells.length,
        title: findHeadingBefore(notebook, cell),
        queries: countQueries(executed),
      });
      await Promise.race([translated(index), stopping]);
      const kinds = fill(cell, signal?.aborted ? makeInterrupted() : await runTimed(cell, kernel, cellSeconds));
      if (kinds.length) executed.events.push({ kind: "alarm", withheld: kinds, notebook: name, cell: cell.id });
      executed.events.push(...ledger().map((event) => ({ ...event, notebook: name, cell: cell.id })));
      const error = cell.outputs.find((output): output is ErrorOutput => output.output_type === "error");
      if (!error) continue;
      if (signal?.aborted && error.ename !== "Interrupted")
        cell.outputs = cell.outputs.map((output) => (output === error ? makeInterrupted().outputs[0] : output));
      executed.failed = {
        cell: cell.id,
        why: signal?.aborted
          ? "the run was stopped"
          : `cell ${index + 1} of ${cells.length} failed: ` +
            `${error.evalue.split("\n\nline ")[0].replace(/\s*\n\s*/g, " ")}`,
        notRun: cells.length - index - 1,
        notMade: listChecks(cells.slice(index), executed.events),
      };
      markNotRun(cells.slice(index + 1));
      break;
    }
  } catch (error) {
    if (!(error instanceof RunbookError)) throw error;
    executed.failed = {
      cell: cells[0]?.id ?? "",
      why: error.message,
      notRun: cells.length,
      notMade: listChecks(cells, []),
    };
    markNotRun(cells);
  } finally {
    signal?.removeEventListener("abort", stop);
    await end(executed.failed === undefined);
  }
  executed.seconds = (Date.now() - since) / 1000;
  onProgress({
    kind: "done",
    notebook: name,
    seconds: executed.seconds,
    queries: countQueries(executed),
    failed: executed.failed?.why,
  });
  return executed;
}

/** The checks that these cells would conclude, without those that have been. */
function listChecks(cells: CodeCell[], events: StampedEvent[]): string[] {
  const made = new Set(events.flatMap((event) => (event.kind === "check" ? [event.id] : [])));
  const named = cells.flatMap(({ source }) =>
    [...source.matchAll(/^[^\n/]*\b(?:conclude|incomplete)\(\s*"([^"]+)"/gm)].map(([, id]) => id),
  );
  return [...new Set(named)].filter((id) => !made.has(id));
}

function listCodeCells(notebook: Notebook): CodeCell[] {
  return notebook.cells.filter((cell): cell is CodeCell => cell.cell_type === "code" && cell.source.trim() !== "");
}

/** Reads what was appended to a ledger since the last look. */
function followLedger(file: string): () => LedgerEvent[] {
  let seen = size();
  return () => {
    // a notebook that is opened again begins its ledger anew
    if (size() < seen) seen = 0;
    if (size() === seen) return [];
    const added = readFileSync(file).subarray(seen).toString();
    const whole = added.slice(0, added.lastIndexOf("\n") + 1);
    seen += Buffer.byteLength(whole);
    return whole
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as LedgerEvent);
  };

  function size(): number {
    return existsSync(file) ? readFileSync(file).length : 0;
  }
}

async function runTimed(cell: CodeCell, kernel: Kernel, seconds?: number): Promise<Execution> {
  const busy = new Date().toISOString();
  let late = false;
  const stop = (): void => {
    late = true;
    kernel.interrupt();
  };
  const clock = seconds === undefined ? undefined : setTimeout(stop, seconds * 1000);
  const execution = await kernel.execute(cell.source);
  clearTimeout(clock);
  cell.metadata = {
    ...cell.metadata,
    execution: { "iopub.status.busy": busy, "iopub.status.idle": new Date().toISOString() },
  };
  if (!late || execution.status === "ok") return execution;
  const why = makeErrorOutput(
    "Interrupted",
    `the cell took longer than ${seconds} s and was stopped, and its queries were cancelled: ask for less, ` +
      `or raise RUNBOOK_CELL_SECONDS.`,
    "",
  );
  return { ...execution, outputs: [...execution.outputs.filter(({ output_type }) => output_type !== "error"), why] };
}

/** What a cell said, through the sieve: whatever it loaded, printed or threw. Gives what was withheld of it. */
function fill(cell: CodeCell, { outputs, executionCount }: Execution): string[] {
  const { value, kinds } = redactReporting(showControlsIn(outputs.map(stripColours)));
  Object.assign(cell, { source: redactReporting(cell.source).value, outputs: value, execution_count: executionCount });
  return kinds;
}

/** Colours of a terminal, which a stack trace has, and none of the rest that a terminal would act on. */
function stripColours(output: Output): Output {
  if (output.output_type === "stream") return { ...output, text: output.text.replace(colours, "") };
  if (output.output_type !== "error") return output;
  return { ...output, traceback: output.traceback.map((line) => line.replace(colours, "")) };
}

const colours = /\x1b\[[\d;]*m/g;

function makeInterrupted(): Execution {
  return {
    status: "error",
    outputs: [makeErrorOutput("Interrupted", "The run was stopped in this cell.", "")],
    executionCount: null,
  };
}

function markNotRun(cells: CodeCell[]): void {
  for (const cell of cells)
    cell.outputs = [{ output_type: "stream", name: "stdout", text: "not run: an earlier cell failed\n" }];
}

function findHeadingBefore(notebook: Notebook, cell: CodeCell): string {
  const before = notebook.cells
    .slice(0, notebook.cells.indexOf(cell))
    .filter((earlier) => earlier.cell_type === "markdown");
  return (
    before
      .reverse()
      .map((earlier) => findHeading(earlier.source))
      .find(Boolean) ?? ""
  );
}

function countQueries({ events }: Executed): number {
  return events.filter((event) => event.kind === "query" && !event.ahead).length;
}
