import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startServer, type Server } from "../lib/demo/postgres";
import { findProgramOnPath } from "../lib/settings";
import { openSource } from "../lib/source/guarded";
import { sql } from "../lib/sql";

/** PgBouncer in transaction mode with one server connection: what a client leaves behind, the next one meets. */
const pgbouncer = findProgramOnPath(["pgbouncer"]) ?? ["/usr/sbin/pgbouncer"].find((file) => existsSync(file));
if (!pgbouncer) console.warn("PgBouncer is not installed: what is left behind on a pooler is not tried.");

let server: Server;
let pooler: ChildProcess | undefined;
let folder: string;
let address: string;

beforeAll(async () => {
  if (!pgbouncer) return;
  server = await startServer();
  folder = await mkdtemp(join(tmpdir(), "runbook-pooler-"));
  const port = await freePort();
  const users = join(folder, "users.txt");
  const file = join(folder, "pgbouncer.ini");
  await writeFile(users, `"${server.user}" "${server.password}"\n`);
  await writeFile(
    file,
    `[databases]
* = host=${server.host} port=${server.port} user=${server.user} password=${server.password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = trust
auth_file = ${users}
pool_mode = transaction
default_pool_size = 1
`,
  );
  await Promise.all([chmod(folder, 0o755), chmod(users, 0o644), chmod(file, 0o644)]);
  // it refuses to run as root
  const user = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  pooler = spawn(pgbouncer, [file], { stdio: "ignore", ...user });
  address = `postgres://${server.user}@127.0.0.1:${port}/postgres`;
  await vi.waitFor(async () => expect(await answers(address)).toBe(true), { timeout: 10_000 });
});

afterAll(async () => {
  pooler?.kill("SIGINT");
  await server?.stop();
  if (folder) await rm(folder, { recursive: true, force: true });
});

test.skipIf(!pgbouncer)("a query through a pooler leaves its server connection as it was", async () => {
  const application = new Client({ connectionString: address });
  await application.connect();
  const settings = "select name, setting from pg_settings where name <> 'application_name' order by name";
  const before = (await application.query(settings)).rows;

  const source = await openSource("local", { kind: "postgres", url: address }, { columns: { safe: {} } });
  await source.ask(sql`select 1 as one`);
  expect((await application.query(settings)).rows).toEqual(before);

  await application.query("create table written(a int)");
  expect((await application.query("insert into written values (1)")).rowCount).toBe(1);
  await source.close();
  await application.end();
});

async function freePort(): Promise<number> {
  const listener = createServer();
  await new Promise<void>((listening) => listener.listen(0, "127.0.0.1", listening));
  const { port } = listener.address() as AddressInfo;
  await new Promise((closed) => listener.close(closed));
  return port;
}

async function answers(connectionString: string): Promise<boolean> {
  const client = new Client({ connectionString });
  client.on("error", () => undefined);
  return client.connect().then(
    () => client.end().then(() => true),
    () => false,
  );
}
