import { execFile, execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { Client } from "pg";
import { serveAccount } from "../../lib/demo/endpoint";
import { sqlFunction } from "../../lib/demo/function";
import { type Server, startServer } from "../../lib/demo/postgres";
import { openSource } from "../../lib/source/guarded";
import { readSide } from "../../lib/schema/both";
import { compareSchemas } from "../../lib/schema/compare/compare";
import { type Change, makeWorld } from "../schema/changes";
import { inWords } from "../schema/workshop";
import { type Traffic, countingProxy } from "./proxy";

const TOOLS = ["runbook", "pg-delta", "migra", "pg_dump and diff"] as const;
type Tool = (typeof TOOLS)[number];

/** What a tool said of one pair: texts, and what it took. */
interface Said extends Traffic {
  found: string[];
  milliseconds: number;
}
type Compare = (server: Server, production: string, local: string) => Promise<Said>;

/** What no list of changes holds: a row that its sequence did not give. */
const behind: Change = { sql: "insert into parents (id) values (700)", said: ["parents_id_seq is behind its column"] };

/** Schemas of 65, 375 and 1,000 tables, compared by ours and by the best of others: what each finds, what it invents, and what it takes. */
export async function bench(): Promise<void> {
  execFileSync("npm", ["ci", "--prefix", __dirname, "--no-audit", "--no-fund", "--ignore-scripts"], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (!hasDump) console.log("There is no pg_dump on this machine: the textual comparison is left out.");
  const server = await startServer();
  try {
    await kindByKind(server);
    for (const tables of [65, 375, 1000]) await manyAtOnce(server, tables);
  } finally {
    await server.stop();
  }
}

/** One pair of 65 tables for each kind of change: whether a tool says anything is whether it finds it, or invents it. */
async function kindByKind(server: Server): Promise<void> {
  const world = makeWorld(1, 31);
  const changes = [...world.changes.filter(({ at }) => at === undefined || at === 7), behind];
  await database(server, "production", [world.sql]);
  const missed = new Map<Tool, string[]>(TOOLS.map((tool) => [tool, []]));
  const invented = new Map<Tool, string[]>(TOOLS.map((tool) => [tool, []]));
  const real = changes.filter(isDrift);
  const unreal = changes.filter(({ said }) => said.length === 0);
  for (const change of [...real, ...unreal]) {
    await database(server, "local", [change.sql], "production");
    for (const [tool, compare] of available()) {
      const { found } = await compare(server, "production", "local");
      const list = isDrift(change) ? found.length === 0 && missed : found.length > 0 && invented;
      if (list) list.get(tool)!.push(change.sql.replace(/\s+/g, " ").slice(0, 110));
    }
  }
  console.log(`\nOne change in 65 tables: ${real.length} kinds of drift, ${unreal.length} ways to look different`);
  for (const [tool] of available()) {
    console.log(
      `  ${tool.padEnd(16)} finds ${real.length - missed.get(tool)!.length} of ${real.length}, invents ${invented.get(tool)!.length} of ${unreal.length}`,
    );
    for (const sql of missed.get(tool)!) console.log(`      misses   ${sql}`);
    for (const sql of invented.get(tool)!) console.log(`      invents  ${sql}`);
  }
}

/** One pair with a change of every table: a change is found where what is said names its table, and invented where the table did not change. */
async function manyAtOnce(server: Server, tables: number): Promise<void> {
  const worldly = Math.floor((tables - 3) / 2);
  const world = makeWorld(tables, worldly);
  const kinds = world.changes.filter(({ at }) => at === 0).length;
  // each table has a change of another kind than its neighbour
  const changes = Array.from(
    { length: worldly },
    (_, at) => world.changes.filter((change) => change.at === at)[(at * 5) % kinds],
  );
  await database(server, "production", [world.sql]);
  await database(
    server,
    "local",
    changes.map(({ sql }) => sql),
    "production",
  );
  const real = changes.filter(isDrift);
  const unreal = changes.filter(({ said }) => said.length === 0);
  console.log(`\n${tables} tables, ${real.length} of them with a drift, ${unreal.length} that only look different`);
  for (const [tool, compare] of available()) {
    const { found, milliseconds, questions, bytes } = await compare(server, "production", "local");
    const names = (at: number) =>
      found.some((text) => new RegExp(`(?<!\\w)(table_${at}|${at}_[a-z_]+)(?!\\w)`).test(text));
    const [hits, inventions] = [real, unreal].map((list) => list.filter(({ at }) => names(at!)).length);
    console.log(
      `  ${tool.padEnd(16)} ${(milliseconds / 1000).toFixed(2).padStart(6)} s ${String(questions).padStart(4)} questions ${(bytes / 1000).toFixed(0).padStart(6)} kB  finds ${hits} of ${real.length}, invents ${inventions} of ${unreal.length}`,
    );
    if (tool === "runbook") exactly(found, changes);
  }
}

/** Ours must say exactly what was changed, and nothing else. */
function exactly(found: string[], changes: Change[]): void {
  const expected = changes.flatMap(({ said }) => said);
  const wrong = [
    ...found.filter((text) => !expected.includes(text)),
    ...expected.filter((text) => !found.includes(text)),
  ];
  console.log(
    `  ${" ".repeat(16)} ${wrong.length === 0 ? `exactly the ${expected.length} differences that were made` : `not exact: ${wrong.slice(0, 5).join("; ")}`}`,
  );
}

function isDrift({ said }: Change): boolean {
  return said.length > 0 && !said[0].startsWith("info: ");
}

/** The tools that this machine has. */
function available(): [Tool, Compare][] {
  return [
    ["runbook", ours],
    ["pg-delta", rival("pg-delta")],
    ["migra", rival("migra")],
    ...(hasDump ? [["pg_dump and diff", dumpsApart] as [Tool, Compare]] : []),
  ];
}

const hasDump = spawnSync("pg_dump", ["--version"]).status === 0;

/** Both sides behind a Lambda's endpoint, as production is. */
const ours: Compare = async (server, production, local) => {
  const traffic: Traffic = { questions: 0, bytes: 0 };
  const open = async (side: "production" | "local", name: string) => {
    const lambda = sqlFunction({ ...server, database: name });
    const keys = { region: "us-east-1", accessKeyId: "BENCH", secretAccessKey: "bench" };
    const account = await serveAccount({
      ...keys,
      account: "000000000000",
      function: "sql",
      handler: lambda.handler,
      variables: {},
    });
    const endpoint = { endpoint: account.endpoint, region: keys.region, credentials: keys };
    const onQuery = ({ bytes }: { bytes: number }) => void ((traffic.questions += 1), (traffic.bytes += bytes));
    const source = await openSource(
      side,
      { kind: "lambda", function: "sql" },
      { columns: { safe: {} }, endpoint, onQuery },
    );
    const close = async () => {
      await source.close();
      await account.stop();
      await lambda.stop();
    };
    return { source, close };
  };
  const [a, b] = [await open("production", production), await open("local", local)];
  const start = performance.now();
  const [one, other] = await Promise.all([readSide(a.source), readSide(b.source)]);
  const comparison = await compareSchemas(one.snapshot, other.snapshot);
  const milliseconds = performance.now() - start;
  const known = new Set(one.troubles.map(({ kind, name }) => `${kind} ${name}`));
  const behindItsColumn = other.troubles
    .filter(({ kind, name }) => kind === "sequence" && !known.has(`${kind} ${name}`))
    .map(({ name }) => `${name} is behind its column`);
  await Promise.all([a.close(), b.close()]);
  return {
    found: [...inWords(comparison).filter((text) => !text.startsWith("info: changed database")), ...behindItsColumn],
    milliseconds,
    ...traffic,
  };
};

function rival(tool: string): Compare {
  return (server, production, local) =>
    through(server, async (address) => {
      const { stdout } = await run(
        process.execPath,
        [join(__dirname, "rivals.mjs"), tool, address(production), address(local)],
        large,
      );
      return JSON.parse(stdout) as { found: string[]; milliseconds: number };
    });
}

const run = promisify(execFile);
const large = { maxBuffer: 1e9 };

/** Statements that only one of the two dumps has. */
const dumpsApart: Compare = (server, production, local) =>
  through(server, async (address) => {
    const start = performance.now();
    const [a, b] = [await dump(address(production)), await dump(address(local))];
    const found = [
      ...b.filter((statement) => !a.includes(statement)),
      ...a.filter((statement) => !b.includes(statement)),
    ];
    return { found, milliseconds: performance.now() - start };
  });

async function dump(address: string): Promise<string[]> {
  const { stdout } = await run("pg_dump", ["--schema-only", address], large);
  return stdout
    .split(/;\n\n/)
    .map((statement) => statement.replace(/^(--.*|\\.*)?\n/gm, "").trim())
    .filter(Boolean);
}

async function through(
  server: Server,
  work: (address: (database: string) => string) => Promise<Pick<Said, "found" | "milliseconds">>,
): Promise<Said> {
  const proxy = await countingProxy(server.host, server.port);
  try {
    const said = await work((database) => server.address(database).replace(`:${server.port}/`, `:${proxy.port}/`));
    return { ...said, ...proxy.count() };
  } finally {
    proxy.stop();
  }
}

/** A database of that name, made anew: empty, or as another is. */
async function database(server: Server, name: string, statements: string[], template = "template0"): Promise<void> {
  const admin = await connected(server, "postgres");
  await admin.query(`drop database if exists ${name} with (force)`);
  await admin.query(`create database ${name} template ${template}`);
  await admin.end();
  const client = await connected(server, name);
  for (const statement of statements) await client.query(statement);
  await client.end();
}

async function connected(server: Server, name: string): Promise<Client> {
  const client = new Client({ connectionString: server.address(name) });
  await client.connect();
  return client;
}
