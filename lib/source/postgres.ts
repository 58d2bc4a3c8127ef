import "../load-pg";
import { Client, type QueryArrayConfig } from "pg";
import { QueryError, RunbookError } from "../errors";
import type { Side } from "../ledger";
import { readPlace } from "./address";
import { requireAnswer, requireSeal, writeCanary, type Connection, type Read } from "./connection";
import { makeInterruptedError, retryTransient } from "./retry";
import { explainPostgres } from "./postgres-errors";
import { catalogFirst, sessionSettings } from "./envelope";
import { writePad, writePaddedSalt } from "../sql/salt";

/** PostgreSQL over the wire, connected when first asked, in read-only transactions that are always rolled back. */
export function connectPostgres(side: Side, url: string, timeoutSeconds: number): Connection {
  const explain = (error: unknown, read?: Read) => explainPostgres(side, url, error, read);
  let connected: Promise<Client> | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let stop = new AbortController();
  let closed = false;
  let underWay = 0;
  // a server that has never answered is not there, and need not be waited for; one that was there is coming back
  let answered = false;
  let begin: string | undefined;

  // a connection that failed or was lost is tried anew at the next question
  const client = () =>
    (connected ??= connect(url, () => (connected = undefined)).then(
      (open) => {
        answered = true;
        return open;
      },
      (error) => {
        connected = undefined;
        throw explainRestarting(explain(error), answered);
      },
    ));

  /** One transaction at a time: a question waits for the one before it. */
  function inTransaction<T>(
    work: (client: Client, version: number) => Promise<T>,
    signal: AbortSignal,
    read?: Read,
  ): Promise<T> {
    const turn = last.then(async () => {
      if (signal.aborted) throw makeInterruptedError(side);
      underWay++;
      const open = await client().catch((error: unknown) => {
        underWay--;
        throw error;
      });
      let backend: number | undefined;
      let hung: NodeJS.Timeout | undefined;
      const cancel = () => {
        if (backend) void cancelBackend(url, backend);
        // a server that does not even answer that its query was cancelled is not waited for
        hung = setTimeout(() => void open.end().catch(() => undefined), 3_000);
      };
      signal.addEventListener("abort", cancel);
      try {
        begin ??= beginStatement(timeoutSeconds, await isConnectionCheckable(open));
        const started = (await open.query(begin)) as unknown as {
          rows: { pid: number; version: number }[];
        }[];
        const { pid, version } = started[started.length - 1].rows[0];
        backend = pid;
        if (signal.aborted) throw makeInterruptedError(side);
        return await work(open, version);
      } catch (error) {
        throw signal.aborted ? makeInterruptedError(side) : explain(error, read);
      } finally {
        signal.removeEventListener("abort", cancel);
        clearTimeout(hung);
        await open.query("rollback").catch(() => undefined);
        underWay--;
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
        const { rows } = await inTransaction(
          async (open, version) => {
            if (read.secret !== undefined) await setSalt(open, version, read.secret);
            return open.query<unknown[]>(buildExtendedQuery(read));
          },
          signal,
          read,
        );
        requireAnswer(read, rows, side);
        return rows;
      };
      const rows = await retryTransient(once, signal, () => !answered);
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
      const refused = await retryTransient(canary, stop.signal, () => !answered).catch(
        (error: unknown) => error as QueryError,
      );
      if (refused?.condition === "read_only_sql_transaction") return refused.message;
      throw (
        refused ??
        new QueryError(
          side,
          "a write was not refused: the session is not read-only. Nothing was written; connect as a role " +
            "that can only read.",
        )
      );
    },
    async route() {
      const { host, port, database, user } = readPlace(url);
      return [
        ["host", decodeURIComponent(host) || "local socket"],
        ["port", port || "5432"],
        ["database", decodeURIComponent(database)],
        ["user", decodeURIComponent(user)],
        ["answers", "text, as PostgreSQL writes it"],
      ];
    },
    cancel() {
      stop.abort();
      if (!closed) stop = new AbortController();
      return underWay ? `${side}: its query is being cancelled on the server.` : undefined;
    },
    async close() {
      // nobody waits any more for what is under way or stands in line, and nothing connects anew
      closed = true;
      stop.abort();
      await last;
      const open = await connected?.catch(() => undefined);
      connected = undefined;
      await open?.end().catch(() => undefined);
    },
  };
}

/**
 * The extended protocol takes one statement, never two. (pg would use the simple one where there is no value; its
 * types do not know the setting.)
 */
function buildExtendedQuery({ text, values }: Read): QueryArrayConfig {
  return { text, values: [...values], rowMode: "array", queryMode: "extended" } as QueryArrayConfig;
}

/** Makes the salt known to the transaction, and to nobody who reads a log. */
async function setSalt(client: Client, version: number, secret: string): Promise<void> {
  const { rows } = await client.query<{ pad: string }>(writePad(version));
  await client.query(writePaddedSalt(secret, rows[0].pad));
}

/** Nothing answers where something did a moment ago: a server that starts again. */
function explainRestarting(error: Error, answered: boolean): Error {
  if (!answered || !(error instanceof QueryError) || error.fault !== "not reached") return error;
  return new QueryError(error.source, error.message.slice(error.source.length + 2), error.condition, {
    cause: error.cause,
    fault: "server gone",
  });
}

/**
 * What opens a transaction, and answers with the server process that holds it. Every setting is local to the
 * transaction: behind a pooler (PgBouncer in transaction mode) the server connection is another client's a moment
 * later, and what a session sets stays on it.
 */
function beginStatement(timeoutSeconds: number, checksConnection: boolean): string {
  const settings: Record<string, string> = { ...sessionSettings, statement_timeout: `${timeoutSeconds}s` };
  if (checksConnection) settings.client_connection_check_interval = "1s";
  return [
    "begin transaction read only",
    ...Object.entries(settings).map(([name, value]) => `set local ${name} = '${value}'`),
    catalogFirst,
    "select pg_catalog.pg_backend_pid() as pid, pg_catalog.current_setting('server_version_num')::pg_catalog.int4 as version",
  ].join("; ");
}

/**
 * Whether this server can end the query of a client that is gone: 14 and later, not on every system. Tried in a
 * transaction that is rolled back.
 */
async function isConnectionCheckable(client: Client): Promise<boolean> {
  const setting = "client_connection_check_interval";
  await client.query("begin transaction read only");
  return client
    .query(
      `select pg_catalog.set_config(name, '1s', true) from pg_catalog.pg_settings where name ` +
        `operator(pg_catalog.=) '${setting}'`,
    )
    .then(({ rowCount }) => rowCount === 1)
    .catch(() => false)
    .finally(() => client.query("rollback").catch(() => undefined));
}

/**
 * Asks the server, over a connection of its own, to stop what this process of it is doing. A role may always cancel
 * its own queries. The process is the one that the transaction named: a pooler gives its clients made-up numbers,
 * which could be those of somebody else.
 */
async function cancelBackend(url: string, processID: number): Promise<void> {
  const other = new Client({
    connectionString: url,
    connectionTimeoutMillis: 2_000,
    application_name: "runbook, cancelling",
  });
  other.on("error", () => undefined);
  try {
    await other.connect();
    await other.query({ text: "select pg_catalog.pg_cancel_backend($1)", values: [processID] });
  } catch {
    // the statement timeout ends what could not be cancelled
  } finally {
    await other.end().catch(() => undefined);
  }
}

async function connect(url: string, lost: () => void): Promise<Client> {
  let client: Client;
  try {
    client = new Client({
      connectionString: url,
      connectionTimeoutMillis: 10_000,
      application_name: "runbook",
      keepAlive: true,
    });
  } catch (cause) {
    const { code, path } = cause as NodeJS.ErrnoException;
    throw new RunbookError(
      code && path
        ? `The file ${path}, which the PostgreSQL address names, cannot be read (${code}): correct its ` +
            `sslrootcert, sslcert or sslkey.`
        : "The PostgreSQL address cannot be read: check its sslmode, port and percent-encoding.",
      { cause },
    );
  }
  client.on("error", lost);
  client.on("end", lost);
  await client.connect().catch((error: unknown) => {
    // a login that failed leaves its socket open, and the process would wait for it
    void client.end().catch(() => undefined);
    throw error;
  });
  return client;
}
