import type { Client } from "pg";
import { type Server, startServer } from "../../lib/demo/postgres";
import { writeCatalogStatement } from "../../lib/schema/read/catalog-query";
import { type Comparison, compareSchemas } from "../../lib/schema/compare/compare";
import type { Drift } from "../../lib/schema/drift";
import { type Snapshot, readSnapshot } from "../../lib/schema/read/snapshot";
import { connect } from "../databases";

/** A real database in which a test builds schemas, reads them, and leaves nothing behind. */
export interface Workshop {
  client: Client;
  /** The schema that this SQL makes of an empty database. */
  schemaOf(...sql: string[]): Promise<Snapshot>;
  /** What differs between two schemas that have their first statements in common. */
  compare(common: string, production: string, local: string): Promise<Comparison>;
  close(): Promise<void>;
}

export async function openWorkshop(): Promise<Workshop> {
  const server: Server = await startServer();
  const client = await connect(server, "postgres");
  const schemaOf = async (...sql: string[]) => {
    await client.query("begin");
    try {
      for (const statements of sql) if (statements) await client.query(statements);
      return readSnapshot(await readCatalog(client));
    } finally {
      await client.query("rollback");
    }
  };
  return {
    client,
    schemaOf,
    compare: async (common, production, local) =>
      compareSchemas(await schemaOf(common, production), await schemaOf(common, local)),
    close: async () => {
      await client.end();
      await server.stop();
    },
  };
}

export async function readCatalog(client: Client): Promise<string> {
  const { rows } = await client.query<{ catalog: string }>({ name: "catalog", text: writeCatalogStatement() });
  return rows[0].catalog;
}

/** A drift in a few words: `changed column t.a (type)`. */
export function inWords({ drift }: Comparison): string[] {
  return drift
    .map(({ severity, status, kind, schema, table, name, differs }: Drift) => {
      const place = [schema === "public" ? null : schema, table === name ? null : table, name]
        .filter((part) => part !== null)
        .join(".");
      return `${severity === "info" ? "info: " : ""}${status} ${kind} ${place}${differs ? ` (${differs.join(", ")})` : ""}`;
    })
    .sort();
}
