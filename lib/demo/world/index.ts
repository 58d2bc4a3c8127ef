import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ClientBase } from "pg";
import type { Side } from "../../ledger";
import { clockAt } from "./clock";
import { spoilLocal, spoilProduction } from "./faults";
import { rowsOf, type Row, type Rows } from "./rows";

export { exceptions, rowCounts, type RowCount } from "./counts";
export { canaries } from "./people";
export { guesses, planted, type Planted } from "./planted";

/** The demo's folder of Alembic revisions. */
export const revisionsFolder = join(__dirname, "versions");

/** Fills an empty database with one side of the demo: its schema, its rows, and the statistics of a database in use. */
export async function fill(client: ClientBase, side: Side, today: Date = new Date()): Promise<void> {
  await load(client, side, today);
  await gatherStatistics(client);
}

/** Fills an empty database with one side's schema and rows. */
export async function load(client: ClientBase, side: Side, today: Date): Promise<void> {
  // VACUUM takes rows for visible to all only where their commit, and those shortly before and after it, are in the
  // log: without this it would depend on the machine's load which are, and with them how later queries are planned
  await client.query("SET synchronous_commit = on");
  await client.query("BEGIN");
  await client.query(script("schema.sql"));
  await client.query(script(`${side}.sql`));
  for (const [table, rows] of Object.entries(spoiled(side, today))) await insert(client, table, rows);
  await client.query(script("sequences.sql"));
  await client.query(script(`${side}-state.sql`));
  await client.query("COMMIT");
}

/** Gives a database that was loaded the statistics of one in use. */
export async function gatherStatistics(client: ClientBase): Promise<void> {
  // what was inserted is reported first, or it would be added to what ANALYZE counts
  await client.query("SELECT pg_stat_force_next_flush()");
  await client.query("VACUUM ANALYZE");
  await client.query(script("use.sql"));
}

function spoiled(side: Side, today: Date): Rows {
  const rows = rowsOf(side, clockAt(today));
  if (side === "production") spoilProduction(rows);
  else spoilLocal(rows);
  return rows;
}

/** Inserts a table's rows in one statement; the server knows the columns' types. */
async function insert(client: ClientBase, table: string, rows: Row[]): Promise<void> {
  if (rows.length === 0) return;
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))].map((column) => `"${column}"`).join(", ");
  await client.query(
    `INSERT INTO ${table} (${columns}) SELECT ${columns} FROM jsonb_populate_recordset(null::${table}, $1)`,
    [JSON.stringify(rows)],
  );
}

function script(name: string): string {
  return readFileSync(join(__dirname, name), "utf8");
}
