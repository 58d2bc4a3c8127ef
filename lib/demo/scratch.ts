import "../load-pg";
import { Client } from "pg";
import { type Binaries, findBinaries, listBinaries } from "./binaries";
import { writeCatalogStatement } from "../schema/read/catalog-query";
import type { Scratch, Scratches } from "../schema/prove/scratch";
import { listPartsAsked, readSnapshot } from "../schema/read/snapshot";
import { startServer } from "./postgres";

/**
 * Empty databases on a server of their own, which ends, and leaves nothing behind, when they are closed: on a
 * PostgreSQL of this major version where the machine has one, else on the one from the registry.
 */
export async function startScratches(major?: number, atHand?: Binaries[]): Promise<Scratches> {
  const binaries = major === undefined ? undefined : findBinaries(major, atHand ?? listBinaries());
  const server = await startServer(binaries === undefined ? {} : { binaries });
  const clients: Client[] = [];
  const connected = async (database: string) => {
    const client = new Client({ connectionString: server.address(database) });
    // the server's end is no error here
    client.on("error", () => undefined);
    await client.connect();
    clients.push(client);
    return client;
  };
  return {
    async open(name) {
      const admin = await connected("postgres");
      await admin.query(`create database ${name}`);
      return { ...scratchIn(await connected(name)), address: server.address(name), socket: server.socket };
    },
    async close() {
      for (const client of clients) await client.end().catch(() => undefined);
      await server.stop();
    },
  };
}

function scratchIn(client: Client): Scratch {
  const ask = async (statement: string) => (await client.query<{ catalog: string }>(statement)).rows[0].catalog;
  return {
    execute: async (sql) => void (await client.query(sql)),
    async read() {
      const first = await ask(writeCatalogStatement());
      const parts = listPartsAsked(first);
      const catalogs: string[] = [];
      for (const part of parts) catalogs.push(await ask(writeCatalogStatement({ part })));
      return parts.length ? readSnapshot(...catalogs) : readSnapshot(first);
    },
  };
}
