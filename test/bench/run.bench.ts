/**
 * What a person waits for: the whole run with an empty and with a full cache, against the plan's 117 processes with
 * production 80 ms away.
 */
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { startDemo } from "../../lib/demo";
import { planned, plansWay, roundTrip } from "./lambda.bench";
import { copyProject, measure, median, printRow, printTitle, showMegabytes, showRatio, showSeconds } from "./project";

export async function bench(): Promise<void> {
  printTitle("the whole run");
  const project = copyProject();
  const demo = await startDemo(undefined, roundTrip);
  try {
    const environment = { ...process.env, RUNBOOK_DEMO: JSON.stringify(demo) };
    const plan = await plansWay(demo, await planned(demo));
    printRow(`the plan's 117 processes, production ${roundTrip} ms away`, showSeconds(plan.seconds));
    for (const [cache, goals] of [
      ["nothing cached", ["1.2 ×", undefined, "0.15 s"]],
      ["cached", ["0.5 ×", "35 s", "0.03 s"]],
    ] as const) {
      const out = join(project, cache);
      const took = await measure(project, ["run", "--out", out], environment);
      const cells = cellsOf(out);
      const against = `${showSeconds(took.seconds)}, ${showRatio(took.seconds, plan.seconds)} of the plan's`;
      printRow(`whole run, ${cache}`, against, goals[0]);
      printRow(`  notebooks at once, and kernels`, `${countAtOnce(out)}, ${took.kernels ?? "not counted here"}`);
      printRow(`  its processor time`, showSeconds(took.processor), goals[1]);
      printRow(`  a cell beyond its queries, median of ${cells.length}`, showSeconds(median(cells)), goals[2]);
      printRow(`  most memory over all processes, without the demo's`, showMegabytes(took.memory), "1200 MB");
    }
  } finally {
    await demo.stop();
    rmSync(project, { recursive: true, force: true });
  }
}

interface Ran {
  id: string;
  metadata: { execution?: Record<string, string> };
}

/** The executed notebooks of a run, and when each cell began and ended, in milliseconds. */
function timesOf(out: string): { file: string; cells: { id: string; busy: number; idle: number }[] }[] {
  return readdirSync(out)
    .filter((file) => file.endsWith(".ipynb"))
    .map((file) => {
      const { cells } = JSON.parse(readFileSync(join(out, file), "utf8")) as { cells: Ran[] };
      const times = cells.flatMap(({ id, metadata: { execution } }) => {
        if (!execution) return [];
        const [busy, idle] = ["busy", "idle"].map((state) => Date.parse(execution[`iopub.status.${state}`]));
        return [{ id, busy, idle }];
      });
      return { file, cells: times };
    });
}

/** The most notebooks that had begun and not ended at one time. */
function countAtOnce(out: string): number {
  const spans = timesOf(out)
    .filter(({ cells }) => cells.length)
    .map(({ cells }) => ({ from: cells[0].busy, to: cells[cells.length - 1].idle }));
  return Math.max(0, ...spans.map(({ from: at }) => spans.filter(({ from, to }) => from <= at && at < to).length));
}

/**
 * How long each cell of a run took, in seconds, without the time that it waited for its queries: those of two sides are
 * asked at once. Where notebooks ran at once, they shared the machine's cores.
 */
function cellsOf(out: string): number[] {
  const queries = readFileSync(join(out, "queries.jsonl"), "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { source: string; notebook: string; cell: string; milliseconds: number });
  return timesOf(out).flatMap(({ file, cells }) =>
    cells.map(({ id, busy, idle }) => {
      const own = queries.filter(({ notebook, cell }) => `${notebook}.ipynb` === file && cell === id);
      const of = (side: string) =>
        own.filter(({ source }) => source === side).reduce((sum, { milliseconds }) => sum + milliseconds, 0);
      return Math.max(0, idle - busy - Math.max(of("production"), of("local"))) / 1000;
    }),
  );
}
