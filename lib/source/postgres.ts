import { Client, type QueryArrayConfig } from "pg";
import { QueryError, RunbookError } from "../errors";
import type { Side } from "../ledger";
import { requireAnswer, requireSeal, writeCanary, type Connection, type Read } from "./connection";
import { interrupted, patiently } from "./retry";
import { explainPostgres } from "./postgres-errors";
import { sessionSettings } from "./envelope";

/** PostgreSQL over the wire, connected when first asked, in read-only transactions that are always rolled back. */
export function connectPostgres(side: Side, url: string, timeoutSeconds: number): Connection {
  const explain = (error: unknown) => explainPostgres(side, url, error);
  let connected: Promise<Client> | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let stop = new AbortController();
  // a server that has never answered is not there, and need not be waited for; one that was there is coming back
  let answered = false;

  // a connection that failed or was lost is tried anew at the next question
  const client = () =>
    (connected ??= connect(url, timeoutSeconds, () => (connected = undefined)).then(
      (open) => {
        answered = true;
        return open;
      },
      (error) => {
        connected = undefined;
        throw restarting(explain(error), answered);
      },
    ));

  /** One transaction at a time: a question waits for the one before it. */
  function inTransaction<T>(work: (client: Client) => Promise<T>, signal: AbortSignal): Promise<T> {
    const turn = last.then(async () => {
      if (signal.aborted) throw interrupted(side);
      const open = await client();
      const cancel = () => void cancelOn(url, open);
      signal.addEventListener("abort", cancel);
      try {
        await open.query("begin transaction read only");
        return await work(open);
      } catch (error) {
        throw signal.aborted ? interrupted(side) : explain(error);
      } finally {
        signal.removeEventListener("abort", cancel);
        await open.query("rollback").catch(() => undefined);
      }
    });
    last = turn.catch(() => undefined);
    return turn;
  }

  return {
    binds: true,
    room: { bytes: 32_000_000 },
    async send(read: Read) {
      requireSeal(read, side);
      const { signal } = stop;
      let invocations = 0;
      const once = async () => {
        invocations++;
        const { rows } = await inTransaction((open) => open.query<unknown[]>(extended(read)), signal);
        requireAnswer(read, rows, side);
        return rows;
      };
      const rows = await patiently(once, signal, () => !answered);
      return {
        rows,
        invocations,
        received: rows
          .flat()
          .reduce<number>((bytes, cell) => bytes + (typeof cell === "string" ? Buffer.byteLength(cell) : 0), 0),
      };
    },
    async probe() {
      await inTransaction((open) => open.query("select"), stop.signal);
      return [["answers", "text, as PostgreSQL writes it"]];
    },
    async proveReadOnly() {
      const canary = () => inTransaction((open) => open.query(writeCanary).then(() => undefined), stop.signal);
      const refused = await patiently(canary, stop.signal, () => !answered).catch(
        (error: unknown) => error as QueryError,
      );
      if (refused?.condition === "read_only_sql_transaction") return refused.message;
      throw (
        refused ??
        new QueryError(
          side,
          "a write was not refused: the session is not read-only. Nothing was written; connect as a role that can only read.",
        )
      );
    },
    async route() {
      const { hostname, port, pathname, username } = new URL(url);
      return [
        ["host", hostname || "local socket"],
        ["port", port || "5432"],
        ["database", decodeURIComponent(pathname.slice(1))],
        ["user", decodeURIComponent(username)],
        ["answers", "text, as PostgreSQL writes it"],
      ];
    },
    cancel() {
      stop.abort();
      stop = new AbortController();
    },
    async close() {
      const open = await connected?.catch(() => undefined);
      connected = undefined;
      await open?.end().catch(() => undefined);
    },
  };
}

/** The extended protocol takes one statement, never two. (pg would use the simple one where there is no value; its types do not know the setting.) */
function extended({ text, values }: Read): QueryArrayConfig {
  return { text, values: [...values], rowMode: "array", queryMode: "extended" } as QueryArrayConfig;
}

/** Nothing answers where something did a moment ago: a server that starts again. */
function restarting(error: Error, answered: boolean): Error {
  if (!answered || !(error instanceof QueryError) || error.fault !== "not reached") return error;
  return new QueryError(error.source, error.message.slice(error.source.length + 2), error.condition, {
    cause: error.cause,
    fault: "server gone",
  });
}

/** Asks the server, over a connection of its own, to stop what this one is doing. A role may always cancel its own queries. */
async function cancelOn(url: string, busy: Client): Promise<void> {
  const { processID } = busy as unknown as { processID: number | null };
  const other = new Client({
    connectionString: url,
    connectionTimeoutMillis: 2_000,
    application_name: "runbook, cancelling",
  });
  other.on("error", () => undefined);
  try {
    await other.connect();
    await other.query({ text: "select pg_cancel_backend($1)", values: [processID] });
  } catch {
    // the statement timeout ends what could not be cancelled
  } finally {
    await other.end().catch(() => undefined);
  }
}

async function connect(url: string, timeoutSeconds: number, lost: () => void): Promise<Client> {
  let client: Client;
  try {
    client = new Client({
      connectionString: url,
      connectionTimeoutMillis: 10_000,
      application_name: "runbook",
      keepAlive: true,
    });
  } catch (cause) {
    throw new RunbookError("The PostgreSQL address cannot be read: check its sslmode, port and percent-encoding.", {
      cause,
    });
  }
  client.on("error", lost);
  client.on("end", lost);
  await client.connect().catch((error: unknown) => {
    // a login that failed leaves its socket open, and the process would wait for it
    void client.end().catch(() => undefined);
    throw error;
  });
  const settings = { ...sessionSettings, default_transaction_read_only: "on", statement_timeout: `${timeoutSeconds}s` };
  await client.query(
    Object.entries(settings)
      .map(([name, value]) => `set ${name} = '${value}'`)
      .join("; "),
  );
  // a server that can (14 and later, not on every system) ends the query of a client that is gone
  await client
    .query("select set_config(name, '1s', false) from pg_settings where name = 'client_connection_check_interval'")
    .catch(() => undefined);
  return client;
}
