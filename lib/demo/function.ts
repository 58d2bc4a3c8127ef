import "../load-pg";
import { DatabaseError, escapeIdentifier, escapeLiteral, Pool, PoolClient, QueryArrayResult } from "pg";
import { jsonValue } from "./psycopg2";
import { lostConnection, refusedConnection, refusedStatement } from "./psycopg2-error";
import { jsonString, PythonError } from "./python";

/** What stands behind a Lambda function's name: an event in, JSON as it goes over the wire out, or a PythonError. */
export type Handler = (event: Record<string, unknown>) => Promise<string>;

export interface Login {
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
}

/**
 * The function `credmate-rds-sql-api`, by its published contract. With the key `sql` it WRITES, as the real one does.
 */
export function sqlFunction(login: Login): { handler: Handler; stop(): Promise<void> } {
  // Each invocation at a time has its own connection, and leaves it to a later one: a warm sandbox keeps what a session
  // remembers.
  const pool = new Pool({
    ...login,
    ssl: false,
    max: 10,
    idleTimeoutMillis: 0,
    types: { getTypeParser: () => (text: string) => text },
    // psycopg2 reads dates in one style only, and asks for that one.
    onConnect: (client) => client.query("SET datestyle TO 'ISO'"),
  });
  pool.on("error", () => undefined);
  const run: Run = async (statement, use) => {
    const client = await pool.connect().catch((error: DatabaseError) => {
      throw refusedConnection(error, login.host, login.port);
    });
    const ignore = () => undefined;
    client.on("error", ignore);
    try {
      return await transaction(client, statement, use);
    } finally {
      client.off("error", ignore);
      client.release();
    }
  };
  return { handler: (event) => answer(event, run), stop: () => pool.end() };
}

type Result = QueryArrayResult<(string | null)[]>;
type Use = (result: Result) => string;
type Run = (statement: string, use: Use) => Promise<string>;

async function answer(event: Record<string, unknown>, run: Run): Promise<string> {
  const { query, sql, action, table } = event;
  if (typeof query === "string") return run(query, fetched);
  if (typeof sql === "string") return run(sql, ({ rowCount }) => `{"affected_rows": ${rowCount ?? -1}}`);
  if (action === "version")
    return run("SELECT version()", ({ rows }) => `{"version": ${jsonString(rows[0][0] ?? "")}}`);
  if (action === "tables")
    return run(tables, ({ rows }) => `{"tables": [${rows.map(([name]) => jsonString(name ?? "")).join(", ")}]}`);
  if (typeof table !== "string")
    throw new PythonError("ValueError", "Missing required parameter: query, sql or action");
  const name = jsonString(table);
  if (action === "schema")
    return run(columns(table), (result) => `{"table": ${name}, "columns": [${described(result).join(", ")}]}`);
  if (action === "count")
    return run(
      `SELECT COUNT(*) FROM ${escapeIdentifier(table)}`,
      ({ rows }) => `{"table": ${name}, "count": ${rows[0][0]}}`,
    );
  throw new PythonError("ValueError", `Unknown action: ${action}`);
}

const tables =
  "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE " +
  "TABLE' ORDER BY table_name";
const columns = (table: string) =>
  `SELECT column_name, data_type, is_nullable, column_default FROM information_schema.columns WHERE ` +
  `table_schema = 'public' AND table_name = ${escapeLiteral(table)} ORDER BY ordinal_position`;

function fetched({ command, fields, rows }: Result): string {
  if (!fields.length && command !== "SELECT") throw new PythonError("ProgrammingError", "no results to fetch");
  const lines = rows.map(
    (row) => `[${row.map((text, column) => jsonValue(fields[column].dataTypeID, text)).join(", ")}]`,
  );
  return (
    `{"columns": [${fields.map(({ name }) => jsonString(name)).join(", ")}], "rows": [${lines.join(", ")}], ` +
    `"row_count": ${rows.length}}`
  );
}

function described({ fields, rows }: Result): string[] {
  return rows.map(
    (row) =>
      `{${row.map((text, column) => `${jsonString(fields[column].name)}: ${jsonValue(fields[column].dataTypeID, text)}`).join(", ")}}`,
  );
}

/**
 * psycopg2 begins a transaction by itself; what the handler does not fail in is committed. Of several statements the
 * last one's result remains.
 */
async function transaction(client: PoolClient, statement: string, use: Use): Promise<string> {
  // psycopg2 hands over a C string, which ends at the first NUL.
  const text = statement.split("\0")[0];
  try {
    await client.query("BEGIN");
    const result = [(await client.query<(string | null)[]>({ text, rowMode: "array" })) as unknown]
      .flat()
      .pop() as Result;
    if (!result.command && !result.fields.length)
      throw new PythonError("ProgrammingError", "can't execute an empty query");
    const body = use(result);
    await client.query("COMMIT");
    return body;
  } catch (error) {
    await client.query("ROLLBACK").catch(() => undefined);
    if (error instanceof PythonError) throw error;
    throw error instanceof DatabaseError ? refusedStatement(error, text) : lostConnection();
  }
}
