import { randomBytes } from "node:crypto";
import { type Databases, startDatabases } from "./databases";
import { serveAccount } from "./endpoint";
import { sqlFunction } from "./function";
import type { DemoAddresses } from "./index";

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
  const unwanted = new AbortController();
  void ended.then(() => unwanted.abort());
  const databases = await startDatabases({ signal: unwanted.signal }).catch((error) => {
    if (unwanted.signal.aborted) process.exit(0);
    throw error;
  });
  try {
    const stop = await openDemo(databases);
    await ended;
    await stop();
  } finally {
    await databases.server.stop();
  }
  process.exit(0);
}

/** Opens the production database's endpoint. */
async function openDemo({ production, local }: Databases): Promise<() => Promise<void>> {
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
    local: `postgres://${local.user}:${local.password}@${local.host}:${local.port}/${local.database}`,
    ...account,
  };
  process.stdout.write(`${JSON.stringify(addresses)}\n`);
  return async () => {
    await close();
    await stop();
  };
}
