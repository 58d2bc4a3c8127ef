import { randomBytes } from "node:crypto";
import { join } from "node:path";
import "../load-pg";
import { Client, type ClientConfig } from "pg";
import { loadColumns } from "../guard/safe-columns";
import { writeGrants, makeRole } from "../guard/grants";
import type { Side } from "../ledger";
import { serveAccount } from "./endpoint";
import { Login, sqlFunction } from "./function";
import type { DemoAddresses } from "./index";
import { Server, startServer } from "./postgres";
import { fill } from "./world";

const latency = Number(process.argv[2] ?? 0);

serve().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});

/**
 * Runs the demo until whoever started this process closes its standard input, or ends; says where the demo is in one
 * line of JSON.
 */
async function serve(): Promise<void> {
  const ended = new Promise<void>((resolve) => {
    process.stdin
      .resume()
      .once("close", resolve)
      .once("error", () => resolve());
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve());
  });
  const server = await startServer();
  try {
    const open = openDemo(server);
    const stop = await Promise.race([open, ended]);
    await ended;
    await stop?.();
  } finally {
    await server.stop();
  }
  process.exit(0);
}

/** Fills the two databases and opens the production one's endpoint. */
async function openDemo(server: Server): Promise<() => Promise<void>> {
  const { host, port } = server;
  const production = {
    host,
    port,
    user: "credmate_lambda",
    password: randomBytes(12).toString("hex"),
    database: "credmate",
  };
  const local = { host, port, user: "credmate_user", password: "credmate_local_pass", database: "credmate_local" };
  await connected({ connectionString: server.address("postgres") }, (client) => client.query(makeRole(safeRole)));
  await Promise.all([createDatabase(server, production, "production"), createDatabase(server, local, "local")]);

  const { handler, stop } = sqlFunction(production);
  const credentials = {
    region: "us-east-1",
    accessKeyId: `DEMO${randomBytes(8).toString("hex").toUpperCase()}`,
    secretAccessKey: randomBytes(20).toString("hex"),
  };
  const account = { ...credentials, account: "051826703172", function: "credmate-rds-sql-api" };
  const variables = {
    DB_HOST: "credmate-production.c3kq7z1xw0ab.us-east-1.rds.amazonaws.com",
    DB_NAME: production.database,
    DB_USER: production.user,
    DB_PASSWORD: production.password,
  };
  const { endpoint, stop: close } = await serveAccount({ ...account, handler, variables, latency });
  const addresses: DemoAddresses = {
    endpoint,
    local: `postgres://${local.user}:${local.password}@${host}:${port}/${local.database}`,
    ...account,
  };
  process.stdout.write(`${JSON.stringify(addresses)}\n`);
  return async () => {
    await close();
    await stop();
  };
}

/** A database with its owner, filled by that owner with one side of the demo. */
async function createDatabase(server: Server, login: Login, side: Side): Promise<void> {
  const { user, password, database } = login;
  await connected({ connectionString: server.address("postgres") }, async (client) => {
    await client.query(`CREATE ROLE ${user} LOGIN PASSWORD '${password}'`);
    // Copying the template's files takes half the time of writing them to the log.
    await client.query(`CREATE DATABASE ${database} OWNER ${user} STRATEGY file_copy`);
  });
  await connected(login, (client) => fill(client, side));
  await connected({ connectionString: server.address(database) }, (client) => grantSafe(client, user));
}

const safeRole = "runbook_safe";

/** What the runbook asks a DBA to grant: the safe columns that this database has, and no other. */
async function grantSafe(client: Client, member: string): Promise<void> {
  const { rows } = await client.query<{ table: string; columns: string[] }>(
    "select table_name as table, array_agg(column_name::text) as columns from information_schema.columns " +
      "where table_schema = 'public' group by 1",
  );
  const columns = loadColumns(join(__dirname, "..", "guard", "credentialmate.json"));
  await client.query(
    writeGrants(columns, safeRole, member, new Map(rows.map(({ table, columns: own }) => [table, new Set(own)]))).join(
      "\n",
    ),
  );
}

async function connected(config: ClientConfig, use: (client: Client) => Promise<unknown>): Promise<void> {
  const client = new Client(config);
  await client.connect();
  await use(client);
  await client.end();
}
