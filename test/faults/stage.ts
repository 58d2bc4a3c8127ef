import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import { startServer } from "../../lib/demo/postgres";
import { fill } from "../../lib/demo/world";
import type { Results } from "../../lib/run";
import { account, startLambda } from "../lambda";
import { faultyEndpoint, type FaultyEndpoint } from "./http";
import { faultyWire, type FaultyWire } from "./wire";

/** The demo's two databases, each behind a way on which things go wrong. */
export interface Stage {
  lambda: FaultyEndpoint;
  wire: FaultyWire;
  /** What RUNBOOK_DEMO holds for a run on this stage. */
  demo: string;
  stop(): Promise<void>;
}

export async function openStage(): Promise<Stage> {
  const server = await startServer();
  const { host, port } = server;
  const login = (user: string, database: string) => ({ host, port, user, password: `${user}-password`, database });
  const [production, local] = [login("credmate_lambda", "credmate"), login("credmate_user", "credmate_local")];
  for (const [one, side] of [
    [production, "production"],
    [local, "local"],
  ] as const) {
    const admin = new Client(server.address("postgres"));
    await admin.connect();
    await admin.query(`create role ${one.user} login password '${one.password}'`);
    await admin.query(`create database ${one.database} owner ${one.user}`);
    await admin.end();
    const client = new Client(one);
    await client.connect();
    await fill(client, side);
    await client.end();
  }
  const served = await startLambda(production);
  const lambda = await faultyEndpoint(served.url);
  const wire = await faultyWire(port);
  const address = `postgres://${local.user}:${local.password}@${host}:${wire.port}/${local.database}`;
  return {
    lambda,
    wire,
    demo: JSON.stringify({ ...account, endpoint: lambda.endpoint, local: address }),
    async stop() {
      await Promise.all([lambda.stop(), wire.stop(), served.stop()]);
      await server.stop();
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
  const environment = { PATH: process.env.PATH, HOME: process.env.HOME, RUNBOOK_DEMO: demo, ...settings };
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
