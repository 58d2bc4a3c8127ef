/**
 * The whole runbook against the plan's own way of working, with production 80 ms away: the plan's bash starts a process for each question (`aws lambda invoke`)
 * and makes about 117 of them, one after the other, before anything is compared. Here each such process is Node with the same SDK; the AWS CLI starts no faster.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startDemo, type DemoAddresses } from "../../lib/demo";
import { openSources } from "../../lib/open";
import { readSettings } from "../../lib/settings";
import { sql } from "../../lib/sql";

export const roundTrip = 80;

const invoke = `
const { InvokeCommand, LambdaClient } = require("@aws-sdk/client-lambda");
new LambdaClient({}).send(new InvokeCommand({ FunctionName: process.argv[1], Payload: JSON.stringify({ query: process.argv[2] }) })).then(({ Payload }) => process.stdout.write(Payload));
`;

export async function bench(): Promise<void> {
  const demo = await startDemo(undefined, roundTrip);
  const folder = mkdtempSync(join(tmpdir(), "runbook-bench-"));
  try {
    const questions = await planned(demo);
    const plan = await plansWay(demo, questions);
    const own = await ownWay(demo, folder);
    const waited = own.queries.reduce((sum, { milliseconds }) => sum + milliseconds, 0) / 1000;
    console.log(`production ${roundTrip} ms away
  the plan's way   ${plan.seconds.toFixed(1)} s   ${questions.length} processes and invocations, ${(plan.bytes / 1e6).toFixed(2)} MB: the questions alone
  runbook run      ${own.seconds.toFixed(1)} s   ${own.cost.invocations} invocations, ${(own.cost.received / 1e6).toFixed(2)} MB: all ten notebooks, compared, drawn and written
    of which it waited for production ${waited.toFixed(1)} s: ${(plan.seconds / waited).toFixed(1)} times less than the plan's way`);
  } finally {
    await demo.stop();
    rmSync(folder, { recursive: true });
  }
}

/** The plan's 117 questions to production: rows and columns of each table, and seven more. */
export async function planned(demo: DemoAddresses): Promise<string[]> {
  const sources = await openSources({ ...readSettings(), demo: JSON.stringify(demo) });
  const tables = (await sources.production.ask(sql.tables)).cells.map(([, table]) => table!);
  await sources.close();
  const of = (table: string) => [
    `SELECT COUNT(*) FROM "${table}"`,
    `SELECT column_name, data_type, is_nullable FROM information_schema.columns WHERE table_name = '${table}' ORDER BY ordinal_position`,
  ];
  const more = [
    "SELECT version()",
    "SELECT * FROM alembic_version",
    "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "SELECT relname, n_live_tup FROM pg_stat_user_tables",
    "SELECT status, COUNT(*) FROM licenses GROUP BY 1",
    "SELECT role, COUNT(*) FROM users GROUP BY 1",
    "SELECT enumlabel FROM pg_enum",
  ];
  return [...tables.slice(0, 55).flatMap(of), ...more];
}

export async function plansWay(demo: DemoAddresses, questions: string[]): Promise<{ seconds: number; bytes: number }> {
  const env = {
    ...process.env,
    AWS_REGION: demo.region,
    AWS_ACCESS_KEY_ID: demo.accessKeyId,
    AWS_SECRET_ACCESS_KEY: demo.secretAccessKey,
    AWS_ENDPOINT_URL: demo.endpoint,
  };
  const start = performance.now();
  let bytes = 0;
  for (const question of questions) {
    const child = spawn(process.execPath, ["-e", invoke, demo.function, question], {
      env,
      cwd: __dirname,
      stdio: ["ignore", "pipe", "ignore"],
    });
    child.stdout.on("data", (chunk: Buffer) => (bytes += chunk.length));
    await once(child, "close");
  }
  return { seconds: (performance.now() - start) / 1000, bytes };
}

interface Own {
  seconds: number;
  cost: { invocations: number; received: number };
  queries: { milliseconds: number }[];
}

async function ownWay(demo: DemoAddresses, out: string): Promise<Own> {
  const start = performance.now();
  const child = spawn(process.execPath, [join(__dirname, "..", "..", "lib", "cli.js"), "run", "--out", out], {
    env: { ...process.env, RUNBOOK_DEMO: JSON.stringify(demo) },
    stdio: "ignore",
  });
  await once(child, "close");
  const { cost } = JSON.parse(readFileSync(join(out, "results.json"), "utf8")) as { cost: Own["cost"] };
  const queries = readFileSync(join(out, "queries.jsonl"), "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { source: string; milliseconds: number });
  return {
    seconds: (performance.now() - start) / 1000,
    cost,
    queries: queries.filter(({ source }) => source === "production"),
  };
}
