/** What the benchmarks share: a copy of the project, what a command costs, and how rows are printed. */
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
  symlinkSync,
} from "node:fs";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";

const root = join(__dirname, "..", "..");

/** A copy of the project that no cache was made for, so that the caches of this one are left alone. */
export function copyProject(): string {
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

export interface Took {
  seconds: number;
  /** User and system time of the process and of all that it started and waited for. */
  processor: number;
  /** The most memory that they held at once, in MB, what they share counted once; undefined where there is no /proc. */
  memory?: number;
  /** How many kernels were seen among them; undefined where there is no /proc. */
  kernels?: number;
}

/** What a command costs, with all that it started. */
export async function measure(
  project: string,
  words: string[],
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Took> {
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
  const kernels = new Set<number>();
  const watch = setInterval(() => {
    const processes = listProcesses(child.pid!);
    memory = Math.max(memory ?? 0, memoryOf(processes)) || undefined;
    for (const id of processes) if (/tslab.*\0kernel\0/.test(readProc(`${id}/cmdline`))) kernels.add(id);
  }, 500);
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
  const seconds = (performance.now() - start) / 1000;
  return { seconds, processor, memory, kernels: memory === undefined ? undefined : kernels.size };
}

/** A process and all that it started; none where the system does not say it. */
function listProcesses(pid: number): number[] {
  const processes = (existsSync("/proc/self/smaps_rollup") ? readdirSync("/proc") : [])
    .filter((name) => /^\d+$/.test(name))
    .map((id) => ({ id: Number(id), parent: Number(/\) \S+ (\d+)/.exec(readProc(`${id}/stat`))?.[1]) }));
  const listFrom = (id: number): number[] => [
    id,
    ...processes.filter(({ parent }) => parent === id).flatMap((child) => listFrom(child.id)),
  ];
  return processes.length ? listFrom(pid) : [];
}

/** What processes hold now, in MB, what they share counted once. */
function memoryOf(processes: number[]): number {
  const holds = (id: number) => Number(/^Pss:\s+(\d+)/m.exec(readProc(`${id}/smaps_rollup`))?.[1] ?? 0) / 1024;
  return processes.reduce((sum, id) => sum + holds(id), 0);
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
export async function measureCached(project: string, words: string[]): Promise<Took> {
  await measure(project, words);
  const each: Took[] = [];
  for (let time = 0; time < 5; time++) each.push(await measure(project, words));
  return {
    seconds: median(each.map(({ seconds }) => seconds)),
    processor: median(each.map(({ processor }) => processor)),
  };
}

/** Prints what was measured, as soon as it was, and what is to be reached. */
export function printRow(work: string, measured: string, toReach?: string): void {
  const goal = toReach === undefined ? "" : `to reach: ${toReach}`;
  console.log(`  ${work.padEnd(60)} ${measured.padEnd(30)} ${goal}`.trimEnd());
}

/** Says what was measured, and how busy the machine was. */
export function printTitle(what: string): void {
  const load = `${availableParallelism()} cores with a load of ${loadavg()[0].toFixed(1)}`;
  console.log(`${what}: commit ${findCommit()}, Node ${process.versions.node}, ${load}`);
}

export function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

export function showSeconds(seconds: number): string {
  return `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
}

export function showMegabytes(amount: number | undefined): string {
  return amount === undefined ? "not measured here" : `${Math.round(amount)} MB`;
}

export function showRatio(one: number, other: number): string {
  return `${(one / other).toFixed(2)} ×`;
}

function findCommit(): string {
  return (
    spawnSync("git", ["log", "-1", "--format=%h of %as"], { cwd: root, encoding: "utf8" }).stdout?.trim() || "unknown"
  );
}
