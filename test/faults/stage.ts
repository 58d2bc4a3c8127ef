import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { startDemo, type DemoAddresses } from "../../lib/demo";
import type { Results } from "../../lib/run";
import { faultyEndpoint, type FaultyEndpoint } from "./http";
import { faultyWire, type FaultyWire } from "./wire";

/** The demo's two databases, each behind a way on which things go wrong. */
export interface Stage {
  lambda: FaultyEndpoint;
  wire: FaultyWire;
  /** The account of the Lambda, with its keys. */
  account: DemoAddresses;
  /** What RUNBOOK_DEMO holds for a run on this stage. */
  demo: string;
  stop(): Promise<void>;
}

/** The demo as it starts for everybody, but that both ways to it lead through what a test lets go wrong. */
export async function openStage(): Promise<Stage> {
  const { stop, ...demo } = await startDemo();
  const lambda = await faultyEndpoint(demo.endpoint);
  const local = new URL(demo.local);
  const wire = await faultyWire(Number(local.port));
  local.port = String(wire.port);
  return {
    lambda,
    wire,
    account: demo,
    demo: JSON.stringify({ ...demo, endpoint: lambda.endpoint, local: local.href }),
    async stop() {
      await Promise.all([lambda.stop(), wire.stop()]);
      await stop();
    },
  };
}

export interface Ran {
  status: number | null;
  signal: NodeJS.Signals | null;
  stderr: string;
  results: Results;
  queries: { source: string; failed?: string; cached?: string; invocations?: number; rows: number; sha256: string }[];
}

/** Runs the runbook on this stage as the command line does; no longer than `seconds`. */
export async function runOn(
  { demo }: Pick<Stage, "demo">,
  out: string,
  words: string[] = [],
  settings: Record<string, string> = {},
  seconds = 900,
): Promise<Ran> {
  const environment = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    RUNBOOK_DEMO: demo,
    // a second session would have each question explained, and take the faults that are meant for the question
    RUNBOOK_SAFE_ROLE: "no_such_role",
    // the faults are told by the number of the call that they befall
    RUNBOOK_KERNELS: "1",
    ...settings,
  };
  const child = spawn(process.execPath, [join(__dirname, "..", "..", "lib", "cli.js"), "run", "--out", out, ...words], {
    env: environment,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const clock = setTimeout(() => child.kill("SIGKILL"), seconds * 1000);
  const [status, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
    child.once("close", (...ended) => resolve(ended)),
  );
  clearTimeout(clock);
  if (!existsSync(join(out, "results.json"))) throw new Error(`The run wrote no results: ${stderr}`);
  const lines = readFileSync(join(out, "queries.jsonl"), "utf8").split("\n").filter(Boolean);
  return {
    status,
    signal,
    stderr,
    results: JSON.parse(readFileSync(join(out, "results.json"), "utf8")) as Results,
    queries: lines.map((line) => JSON.parse(line) as Ran["queries"][number]),
  };
}
