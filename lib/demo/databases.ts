import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import "../load-pg";
import { Client, type ClientConfig } from "pg";
import { makeRole, writeGrants } from "../guard/grants";
import { loadColumns } from "../guard/safe-columns";
import type { Side } from "../ledger";
import { describeBinaries } from "./cluster";
import type { Login } from "./function";
import { installedBinaries, type Server, startServer } from "./postgres";
import { dropTemplate, keepTemplate, keyOf, readTemplate, templates } from "./template";
import { gatherStatistics, load } from "./world";

/** The demo's two databases on one server: how the function logs in to production, and the operator to local. */
export interface Databases {
  server: Server;
  production: Login;
  local: Login;
}

interface DatabasesOptions {
  /** The day that the demo's rows are counted from. */
  today?: Date;
  /** The folder of what was filled before. */
  cache?: string;
  /** Ends the filling: the demo is wanted no longer. */
  signal?: AbortSignal;
}

/**
 * Starts the demo's server with both databases filled. They are filled once a day, and copied from then on; what was
 * just filled is copied too, so that a first start and a later one are the same.
 */
export async function startDatabases(options: DatabasesOptions = {}): Promise<Databases> {
  const { today = new Date(), cache = templates, signal } = options;
  const passwords = { credmate_lambda: randomBytes(12).toString("hex"), credmate_user: "credmate_local_pass" };
  const file = join(cache, keyOfContents(today));
  const kept = readTemplate(file);
  const copied = kept && (await startCopy(kept, passwords).catch(() => dropTemplate(file)));
  const server = copied ?? (await startFilled(file, passwords, today, signal));
  const { host, port } = server;
  const login = (side: Side): Login => {
    const [database, user] = logins[side];
    return { host, port, user, password: passwords[user], database };
  };
  return { server, production: login("production"), local: login("local") };
}

type Passwords = Record<"credmate_lambda" | "credmate_user", string>;

function startCopy(packed: Buffer, passwords: Passwords): Promise<Server> {
  return startServer({ packed, passwords });
}

async function startFilled(file: string, passwords: Passwords, today: Date, signal?: AbortSignal): Promise<Server> {
  // a log's file that is used again would keep what was in it
  const made = await startFilledNow(passwords, today, signal, { wal_recycle: "off" });
  try {
    await connected({ connectionString: made.address("postgres") }, (client) => client.query("SELECT pg_switch_wal()"));
    const packed = await made.pack();
    keepTemplate(file, packed);
    return await startCopy(packed, passwords);
  } catch {
    signal?.throwIfAborted();
    return await startFilledNow(passwords, today, signal);
  } finally {
    await made.stop();
  }
}

/** A server that was filled, and not copied. */
export async function startFilledNow(
  passwords: Passwords,
  today: Date,
  signal?: AbortSignal,
  more?: Record<string, string>,
): Promise<Server> {
  const server = await startServer({ more });
  const aborted = new Promise<never>((_, reject) => {
    const end = () => reject(signal?.reason as Error);
    if (signal?.aborted) end();
    else signal?.addEventListener("abort", end, { once: true });
  });
  try {
    await Promise.race([fillServer(server, passwords, today), aborted]);
    return server;
  } catch (cause) {
    await server.stop();
    throw cause;
  }
}

const logins = { production: ["credmate", "credmate_lambda"], local: ["credmate_local", "credmate_user"] } as const;

async function fillServer(server: Server, passwords: Passwords, today: Date): Promise<void> {
  const { host, port } = server;
  const forBoth = (work: (side: Side, database: string, user: keyof Passwords) => Promise<unknown>) =>
    Promise.all((["production", "local"] as const).map((side) => work(side, logins[side][0], logins[side][1])));
  await connected({ connectionString: server.address("postgres") }, (client) => client.query(makeRole(safeRole)));
  const owners = {} as Record<Side, Client>;
  await forBoth(async (side, database, user) => {
    await connected({ connectionString: server.address("postgres") }, async (client) => {
      await client.query(`CREATE ROLE ${user} LOGIN PASSWORD '${passwords[user]}'`);
      // Copying the template's files takes half the time of writing them to the log.
      await client.query(`CREATE DATABASE ${database} OWNER ${user} STRATEGY file_copy`);
    });
    owners[side] = await connect({ host, port, user, password: passwords[user], database });
    await load(owners[side], side, today);
  });
  // nobody connects meanwhile: VACUUM heeds the transaction of whoever has not yet said which database is meant
  await forBoth((side) => gatherStatistics(owners[side]));
  await forBoth(async (side, database, user) => {
    await owners[side].end();
    await connected({ connectionString: server.address(database) }, (client) => grantSafe(client, user));
  });
}

const safeRole = "runbook_safe";

/** What the runbook asks a DBA to grant: the safe columns that this database has, and no other. */
async function grantSafe(client: Client, member: string): Promise<void> {
  const { rows } = await client.query<{ table: string; columns: string[] }>(
    "select table_name as table, array_agg(column_name::text) as columns from information_schema.columns " +
      "where table_schema = 'public' group by 1",
  );
  const columns = loadColumns(join(lib, "guard", "credentialmate.json"));
  await client.query(
    writeGrants(columns, safeRole, member, new Map(rows.map(({ table, columns: own }) => [table, new Set(own)]))).join(
      "\n",
    ),
  );
}

async function connected(config: ClientConfig, use: (client: Client) => Promise<unknown>): Promise<void> {
  const client = await connect(config);
  await use(client);
  await client.end();
}

async function connect(config: ClientConfig): Promise<Client> {
  const client = new Client(config);
  // where the filling is ended, its server ends before this connection
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

const lib = join(__dirname, "..");

/** What the databases hold depends on these files of `lib`. */
export const contentFiles = [
  "disk-cache.js",
  "errors.ts",
  "guard/credentialmate.json",
  "guard/grants.ts",
  "guard/safe-columns.ts",
  "load-pg.ts",
  "sql/quote.ts",
  ...filesIn("demo"),
];

function filesIn(folder: string): string[] {
  return readdirSync(join(lib, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return filesIn(path);
    return /\.(ts|sql|json)$/.test(entry.name) ? [path] : [];
  });
}

/** Two days never have the same key, since the demo's rows are counted from today. */
function keyOfContents(today: Date): string {
  const files = contentFiles.flatMap((file) => [file, readFileSync(join(lib, file), "utf8")]);
  return keyOf(today.toISOString().slice(0, 10), process.version, describeBinaries(installedBinaries()), ...files);
}
