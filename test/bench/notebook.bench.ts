/**
 * What a person waits for in a notebook: the first frame after the first Shift-Enter, and a cell beyond its queries, in
 * our kernel and in Deno's. Both are started as Jupyter starts them, and spoken to by its protocol.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startDemo } from "../../lib/demo";
import { getLedgerFile, type LedgerEvent } from "../../lib/ledger";
import { openFront } from "./jupyter";
import { roundTrip } from "./lambda.bench";
import { copyProject, median, printRow, printTitle, showSeconds } from "./project";

export async function bench(): Promise<void> {
  printTitle(`in a notebook, production ${roundTrip} ms away`);
  const project = copyProject();
  const demo = await startDemo(undefined, roundTrip);
  try {
    const environment = { ...process.env, RUNBOOK_DEMO: JSON.stringify(demo) };
    for (const [how, wait, goal] of [
      ["nothing cached, pressed as soon as the kernel is idle", 0, "3 s"],
      ["cached", 0, "1.5 s"],
      ["nothing cached, pressed after five seconds", 5, "3 s"],
    ] as const) {
      if (how !== "cached") rmSync(join(project, "node_modules", ".cache"), { recursive: true, force: true });
      const seconds = await measureFirstFrame(project, environment, wait);
      printRow(`first frame after the first Shift-Enter, ${how}`, showSeconds(seconds), goal);
    }
    await compareKernels(project, environment);
  } finally {
    await demo.stop();
    rmSync(project, { recursive: true, force: true });
  }
}

/** The kernel as `runbook lab` registers it, of a copy of the project. */
function listKernelWords(project: string): string[] {
  const preload = join(project, "lib", "run", "jupyter", "preload.js");
  const tslab = join(project, "node_modules", "tslab", "bin", "tslab");
  return [process.execPath, "--require", preload, tslab, "kernel", "--config-path={connection_file}"];
}

function listCells(project: string, notebook: string): string[] {
  const file = join(project, "notebooks", `${notebook}.ipynb`);
  const { cells } = JSON.parse(readFileSync(file, "utf8")) as {
    cells: { cell_type: string; source: string | string[] }[];
  };
  return cells.filter(({ cell_type }) => cell_type === "code").map(({ source }) => [source].flat().join(""));
}

/**
 * From the first Shift-Enter in the quick start to its first frame, in seconds; it comes `wait` seconds after the kernel
 * is idle, which knows of the notebook what Jupyter tells it.
 */
async function measureFirstFrame(project: string, environment: NodeJS.ProcessEnv, wait: number): Promise<number> {
  const told = { ...environment, JPY_SESSION_NAME: "quick-start.ipynb" };
  const front = await openFront(listKernelWords(project), join(project, "notebooks"), told);
  try {
    await sleep(wait * 1000);
    let seconds = 0;
    for (const cell of listCells(project, "quick-start")) {
      const ran = await front.run(cell);
      if (!ran.ok) throw new Error(`A cell of the quick start failed: ${cell.slice(0, 80)}`);
      if (ran.shown !== undefined) return seconds + ran.shown;
      seconds += ran.seconds;
    }
    throw new Error("The quick start showed no frame.");
  } finally {
    await front.stop();
  }
}

/** Which cells are put to both kernels. */
const compared = ["quick-start", "04-overview"];

/**
 * The same cells in our kernel, before and after they are in the cache, and in Deno's, which translates a cell without
 * checking its types. Deno's shows no frame of ours, and so has less to do.
 */
async function compareKernels(project: string, environment: NodeJS.ProcessEnv): Promise<void> {
  const name = `a cell beyond its queries, ${compared.join(" and ")}`;
  const print = (how: string, { seconds, cells }: { seconds: number[]; cells: number }): void =>
    printRow(`${name}, ${how}`, `${showSeconds(median(seconds))}, ${seconds.length} of ${cells} cells ran`);
  // the quick start is in the cache already, and is translated anew with a fresh one
  forgetCells(project);
  print("nothing cached", await measureCells(project, environment, listKernelWords(project)));
  print("cached", await measureCells(project, environment, listKernelWords(project)));
  const folder = mkdtempSync(join(tmpdir(), "runbook-deno-"));
  try {
    writeFileSync(join(folder, "package.json"), '{"private": true}');
    const quiet = ["--no-audit", "--no-fund", "--ignore-scripts"];
    const { status } = spawnSync("npm", ["install", "deno@2.9.6", ...quiet], { cwd: folder, stdio: "ignore" });
    if (status !== 0) throw new Error("npm could not install deno here");
    prepareForDeno(project);
    const deno = join(folder, "node_modules", ".bin", "deno");
    print(
      "Deno's kernel",
      await measureCells(project, environment, [deno, "jupyter", "--kernel", "--conn", "{connection_file}"]),
    );
  } catch (error) {
    printRow(`${name}, Deno's kernel`, `left out: ${(error as Error).message}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function forgetCells(project: string): void {
  rmSync(join(project, "node_modules", ".cache", "runbook", "cells"), { recursive: true, force: true });
}

/** Deno takes a file for a module where package.json does not say otherwise, and minds the workspace. */
function prepareForDeno(project: string): void {
  for (const file of [join(project, "package.json"), join(project, "lib", "package.json")]) {
    const { workspaces: _, ...own } = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
    writeFileSync(file, JSON.stringify({ ...own, type: "commonjs" }));
  }
}

/** How long each cell of the compared notebooks took without its queries, and how many of them ran. */
async function measureCells(project: string, environment: NodeJS.ProcessEnv, words: string[]) {
  const isDeno = words.includes("jupyter");
  const seconds: number[] = [];
  let cells = 0;
  for (const notebook of compared) {
    const results = mkdtempSync(join(project, "cells-"));
    const front = await openFront(words, join(project, "notebooks"), { ...environment, RUNBOOK_RESULTS: results });
    try {
      if (isDeno) await front.run(denoRequire);
      const waited = followQueries(getLedgerFile(results, notebook));
      for (const cell of listCells(project, notebook)) {
        cells += 1;
        const ran = await front.run(
          isDeno ? cell.replace(/^import (.+) from (".+");/gm, "const $1 = require($2);") : cell,
        );
        if (ran.ok) seconds.push(Math.max(0, ran.seconds - waited()));
      }
    } finally {
      await front.stop();
    }
  }
  return { seconds, cells };
}

const denoRequire =
  'import { createRequire } from "node:module"; const require = createRequire(Deno.cwd() + "/cell.js");';

/** How long the queries since the last look took, in seconds; those of two sides are asked at once. */
function followQueries(ledger: string): () => number {
  let seen = 0;
  return () => {
    const lines = existsSync(ledger) ? readFileSync(ledger, "utf8").split("\n").filter(Boolean) : [];
    const added = lines.slice(seen).map((line) => JSON.parse(line) as LedgerEvent);
    seen = lines.length;
    const queries = added.flatMap((event) => (event.kind === "query" ? [event] : []));
    const of = (side: string) =>
      queries.filter(({ source }) => source === side).reduce((sum, { milliseconds }) => sum + milliseconds, 0);
    return Math.max(of("production"), of("local")) / 1000;
  };
}
