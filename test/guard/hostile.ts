import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Client } from "pg";
import { startServer } from "../../lib/demo/postgres";
import {
  catalogQuery,
  judge,
  loadColumns,
  loadGuard,
  readCatalog,
  type Catalog,
  type SafeColumns,
} from "../../lib/guard/judge";
import { bind } from "../../lib/sql/template";
import { connect, newDatabase } from "../databases";

export const library = join(__dirname, "../../lib");

/** The project's own file of safe columns. */
export function projectColumns(): SafeColumns {
  return loadColumns(join(library, "guard/credentialmate.json"));
}

/** A real server that holds the demo's tables, everything hostile that a database may hold, and canaries in every personal column. */
export interface Hostile {
  client: Client;
  /** Where it lies, for its superuser. */
  url: string;
  catalog: Catalog;
  columns: SafeColumns;
  /** One more session of a superuser. */
  connect(): Promise<Client>;
  /** The same database once more, with something done to it. */
  copy(change: string): Promise<Client>;
  close(): Promise<void>;
}

export async function openHostile(): Promise<Hostile> {
  await loadGuard();
  const server = await startServer();
  const clients: Client[] = [];
  const keep = async (opening: Promise<Client>): Promise<Client> => {
    const client = await opening;
    clients.push(client);
    // what keyed_hash takes from the transaction, for statements that a test sends by itself
    await client.query("select set_config('runbook.salt', 'a salt', false)");
    return client;
  };
  const loader = await newDatabase(server, "hostile");
  for (const file of [
    join(library, "demo/world/schema.sql"),
    join(__dirname, "hazards.sql"),
    join(__dirname, "rows.sql"),
  ])
    await loader.query(readFileSync(file, "utf8"));
  await loader.end();
  const other = await keep(newDatabase(server, "other", "", "template hostile"));
  const open = async () => {
    const client = await keep(connect(server, "hostile"));
    // what keyed_hash takes from the transaction, for statements that a test sends by itself
    await client.query("select set_config('runbook.salt', 'a salt', false)");
    return client;
  };
  const client = await open();
  const answer = await client.query(judge(bind(catalogQuery).text, { trust: "catalogue" }).sql);
  const copy = async (change: string) => {
    await other.query(change);
    return other;
  };
  const close = async () => {
    await Promise.all(clients.map((one) => one.end().catch(() => undefined)));
    await server.stop();
  };
  return {
    client,
    url: server.address("hostile"),
    catalog: readCatalog(answer.rows[0].catalog),
    columns: projectColumns(),
    connect: open,
    copy,
    close,
  };
}
