/**
 * What a person waits for: the whole run with an empty and with a full cache, against the plan's 117 processes with production 80 ms away; a cell beyond its
 * query; the command line. In a copy of the project, so that the caches of this one are left alone.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startDemo } from "../../lib/demo";
import { startServer } from "../../lib/demo/postgres";
import { planned, plansWay, roundTrip } from "./lambda.bench";

const root = join(__dirname, "..", "..");

export async function bench(): Promise<void> {
  const project = copyProject();
  const demo = await startDemo(undefined, roundTrip);
  const server = await startServer();
  try {
    const plan = await plansWay(demo, await planned(demo));
    const environment = { ...process.env, RUNBOOK_DEMO: JSON.stringify(demo) };
    const runs = [];
    for (const out of ["empty", "full"])
      runs.push({ ...(await measure(project, ["run", "--out", join(project, out)], environment)), out });
    const [empty, full] = runs.map(({ out, ...took }) => ({ ...took, cells: cellsOf(join(project, out)) }));
    const address = server.address("postgres");
    const query = ["query", "select 1", "--production", address, "--local", address];
    const [help, asked] = [await cached(project, ["--help"]), await cached(project, query)];
    console.log(`commit ${commit()}, Node ${process.versions.node}
  the plan's 117 processes, production ${roundTrip} ms away   ${show(plan.seconds)}
  whole run, nothing cached        ${show(empty.seconds)}   ${ratio(empty.seconds, plan.seconds)} of the plan's way; processor time ${show(empty.processor)}
  whole run, cached                ${show(full.seconds)}   ${ratio(full.seconds, plan.seconds)} of the plan's way; processor time ${show(full.processor)}
  a cell beyond its queries, median of ${full.cells.length}   nothing cached ${show(median(empty.cells))}, cached ${show(median(full.cells))}
  most memory over all processes   nothing cached ${megabytes(empty.memory)}, cached ${megabytes(full.memory)}, without the demo's servers
  runbook --help                   ${show(help.seconds)}   processor time ${show(help.processor)}
  runbook query "select 1"         ${show(asked.seconds)}   processor time ${show(asked.processor)}`);
  } finally {
    await Promise.all([demo.stop(), server.stop()]);
    rmSync(project, { recursive: true, force: true });
  }
}

function copyProject(): string {
  const project = mkdtempSync(join(realpathSync(tmpdir()), "runbook-bench-"));
  for (const name of ["lib", "package.json", "package-lock.json"])
    cpSync(join(root, name), join(project, name), { recursive: true });
  mkdirSync(join(project, "notebooks"));
  const notebooks = readdirSync(join(root, "notebooks")).filter((name) => name.endsWith(".ipynb"));
  for (const name of notebooks) cpSync(join(root, "notebooks", name), join(project, "notebooks", name));
  mkdirSync(join(project, "node_modules"));
  const packages = readdirSync(join(root, "node_modules")).filter((name) => !/^\.|^runbook$/.test(name));
  for (const name of packages)
    symlinkSync(realpathSync(join(root, "node_modules", name)), join(project, "node_modules", name));
  symlinkSync(join(project, "lib"), join(project, "node_modules", "runbook"));
  return project;
}

interface Took {
  seconds: number;
  /** User and system time of the process and of all that it started and waited for. */
  processor: number;
  /** The most memory that they held at once, in MB, what they share counted once; undefined where there is no /proc. */
  memory?: number;
}

async function measure(project: string, words: string[], environment: NodeJS.ProcessEnv = process.env): Promise<Took> {
  const start = performance.now();
  const cli = join(project, "lib", "cli.js");
  const child = spawn(
    "sh",
    ["-c", '"$@" >/dev/null 2>&1; status=$?; times; exit $status', "sh", process.execPath, cli, ...words],
    {
      cwd: project,
      env: environment,
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  let memory: number | undefined;
  const watch = setInterval(() => (memory = Math.max(memory ?? 0, memoryOf(child.pid!)) || undefined), 500);
  let times = "";
  child.stdout.on("data", (chunk: Buffer) => (times += chunk));
  const [status] = (await once(child, "close")) as [number];
  clearInterval(watch);
  if (status !== 0) throw new Error(`runbook ${words[0]} ended with ${status}.`);
  const children = times.trim().split("\n")[1];
  const processor = [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, m, s]) => sum + 60 * Number(m) + Number(s),
    0,
  );
  return { seconds: (performance.now() - start) / 1000, processor, memory };
}

/** What a process and all that it started hold now, in MB; 0 where the system does not say it. */
function memoryOf(pid: number): number {
  const processes = (existsSync("/proc/self/smaps_rollup") ? readdirSync("/proc") : [])
    .filter((name) => /^\d+$/.test(name))
    .map((id) => ({ id: Number(id), parent: Number(/\) \S+ (\d+)/.exec(readProc(`${id}/stat`))?.[1]) }));
  const holds = (id: number): number =>
    Number(/^Pss:\s+(\d+)/m.exec(readProc(`${id}/smaps_rollup`))?.[1] ?? 0) / 1024 +
    processes.filter(({ parent }) => parent === id).reduce((sum, child) => sum + holds(child.id), 0);
  return holds(pid);
}

/** Nothing where the process has ended meanwhile. */
function readProc(file: string): string {
  try {
    return readFileSync(`/proc/${file}`, "utf8");
  } catch {
    return "";
  }
}

/** The median of five, after one that fills the caches. */
async function cached(project: string, words: string[]): Promise<Took> {
  await measure(project, words);
  const each: Took[] = [];
  for (let time = 0; time < 5; time++) each.push(await measure(project, words));
  return {
    seconds: median(each.map(({ seconds }) => seconds)),
    processor: median(each.map(({ processor }) => processor)),
  };
}

interface Ran {
  id: string;
  metadata: { execution?: Record<string, string> };
}

/** How long each cell of a run took, in seconds, without the time that it waited for its queries: those of two sides are asked at once. */
function cellsOf(out: string): number[] {
  const queries = readFileSync(join(out, "queries.jsonl"), "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { source: string; notebook: string; cell: string; milliseconds: number });
  return readdirSync(out)
    .filter((file) => file.endsWith(".ipynb"))
    .flatMap((file) => {
      const { cells } = JSON.parse(readFileSync(join(out, file), "utf8")) as { cells: Ran[] };
      return cells.flatMap(({ id, metadata: { execution } }) => {
        if (!execution) return [];
        const [busy, idle] = ["busy", "idle"].map((state) => Date.parse(execution[`iopub.status.${state}`]));
        const own = queries.filter(({ notebook, cell }) => `${notebook}.ipynb` === file && cell === id);
        const of = (side: string) =>
          own.filter(({ source }) => source === side).reduce((sum, { milliseconds }) => sum + milliseconds, 0);
        return [Math.max(0, idle - busy - Math.max(of("production"), of("local"))) / 1000];
      });
    });
}

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

function show(seconds: number): string {
  return `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
}

function megabytes(amount: number | undefined): string {
  return amount === undefined ? "not measured here" : `${Math.round(amount)} MB`;
}

function ratio(one: number, other: number): string {
  return `${(one / other).toFixed(2)} ×`;
}

function commit(): string {
  return (
    spawnSync("git", ["log", "-1", "--format=%h of %as"], { cwd: root, encoding: "utf8" }).stdout?.trim() || "unknown"
  );
}
