import { Client } from "pg";
import { QueryError, RunbookError } from "../errors";
import type { Side } from "../ledger";
import { requireSeal, writeCanary, type Connection, type Read } from "./connection";
import { explainPostgres } from "./trouble";
import { sessionSettings } from "./wire";

/** PostgreSQL over the wire, connected when first asked, in read-only transactions that are always rolled back. */
export function connectPostgres(side: Side, url: string, timeoutSeconds: number): Connection {
  const explain = (error: unknown) => explainPostgres(side, url, error);
  let connected: Promise<Client> | undefined;
  let last: Promise<unknown> = Promise.resolve();

  // a connection that failed or was lost is tried anew at the next question
  const client = () =>
    (connected ??= connect(url, timeoutSeconds, () => (connected = undefined)).catch((error) => {
      connected = undefined;
      throw explain(error);
    }));

  /** One transaction at a time: a question waits for the one before it. */
  function inTransaction<T>(work: (client: Client) => Promise<T>): Promise<T> {
    const turn = last.then(async () => {
      const open = await client();
      try {
        await open.query("begin transaction read only");
        return await work(open);
      } catch (error) {
        throw explain(error);
      } finally {
        await open.query("rollback").catch(() => undefined);
      }
    });
    last = turn.catch(() => undefined);
    return turn;
  }

  return {
    binds: true,
    async send(read: Read) {
      requireSeal(read, side);
      // an array of values, even an empty one, makes this the extended protocol: one statement, never two
      const { rows } = await inTransaction((open) => open.query<unknown[]>({ text: read.text, values: [...read.values], rowMode: "array" }));
      return { rows };
    },
    async proveReadOnly() {
      const refused = await inTransaction((open) => open.query(writeCanary).then(() => undefined)).catch((error: unknown) => error as QueryError);
      if (refused?.condition === "read_only_sql_transaction") return refused.message;
      throw refused ?? new QueryError(side, "a write was not refused: the session is not read-only. Nothing was written; connect as a role that can only read.");
    },
    async route() {
      const { hostname, port, pathname, username } = new URL(url);
      return [
        ["host", hostname || "local socket"],
        ["port", port || "5432"],
        ["database", decodeURIComponent(pathname.slice(1))],
        ["user", decodeURIComponent(username)],
      ];
    },
    async close() {
      const open = await connected?.catch(() => undefined);
      connected = undefined;
      await open?.end().catch(() => undefined);
    },
  };
}

async function connect(url: string, timeoutSeconds: number, lost: () => void): Promise<Client> {
  let client: Client;
  try {
    client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000, application_name: "runbook" });
  } catch (cause) {
    throw new RunbookError("The PostgreSQL address cannot be read: check its sslmode, port and percent-encoding.", { cause });
  }
  client.on("error", lost);
  client.on("end", lost);
  await client.connect().catch((error: unknown) => {
    // a login that failed leaves its socket open, and the process would wait for it
    void client.end().catch(() => undefined);
    throw error;
  });
  const settings = { ...sessionSettings, default_transaction_read_only: "on", statement_timeout: `${timeoutSeconds}s` };
  await client.query(Object.entries(settings).map(([name, value]) => `set ${name} = '${value}'`).join("; "));
  return client;
}
