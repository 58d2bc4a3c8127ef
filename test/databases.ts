import { Client } from "pg";
import type { Server } from "../lib/demo/postgres";

/**
 * Makes a database on a server, fills it with this SQL, and gives a superuser's connection to it; whoever asks ends
 * that. `settings` says how it is made: `encoding LATIN1 template template0`.
 */
export async function newDatabase(server: Server, name: string, sql = "", settings = ""): Promise<Client> {
  const admin = new Client({ connectionString: server.address("postgres") });
  await admin.connect();
  await admin.query(`create database ${name} ${settings}`);
  await admin.end();
  const client = await connect(server, name);
  if (sql) await client.query(sql);
  return client;
}

/** One more superuser's connection to a database, which does not mind that the server ends it. */
export async function connect(server: Server, name: string): Promise<Client> {
  const client = new Client({ connectionString: server.address(name) });
  client.on("error", () => undefined);
  await client.connect();
  return client;
}
