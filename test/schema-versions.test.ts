import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Client, type ClientBase } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Server, startServer } from "../lib/demo/postgres";
import { fill, revisionsFolder } from "../lib/demo/world";
import type { Side } from "../lib/ledger";
import { compareSchemas } from "../lib/schema/compare/compare";
import { type Snapshot, readSnapshot } from "../lib/schema/read/snapshot";
import { newDatabase } from "./databases";
import { inWords, readCatalog } from "./schema/workshop";
import { otherServers, ownVersion } from "./servers";

const everything = readFileSync(join(__dirname, "schema", "everything.sql"), "utf8");
const cli = join(__dirname, "..", "lib", "cli.js");

let own: Server;
let folder: string;
beforeAll(async () => {
  own = await startServer();
  folder = mkdtempSync(join(tmpdir(), "runbook-versions-"));
});
afterAll(async () => {
  await own?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test.skipIf(otherServers.length > 0)(
  "this machine has no server of another version: POSTGRES_SERVERS=/folder:/folder names some, and .ci/servers fetches them",
  ({ skip }) => skip(),
);

describe.each(otherServers)(`PostgreSQL ${ownVersion} beside %s`, { timeout: 300_000 }, (version, binaries) => {
  let server: Server;
  beforeAll(async () => void (server = await startServer({ binaries })), 60_000);
  afterAll(() => server?.stop());

  test("one schema on both has no drift but the extensions' own versions, and a copy has none", async () => {
    const [there, again] = [await snapshotOn(server, "one", everything), await snapshotOn(server, "again", everything)];
    expect(inWords(await compareSchemas(there, again))).toEqual([]);
    const here = await snapshotOn(own, `everything_${nameOf(version)}`, everything);
    const words = inWords(await compareSchemas(here, there));
    expect(
      words.filter((word) => !word.startsWith("info: ") && !/^changed extension \S+ \(version\)$/.test(word)),
    ).toEqual([]);
  });

  // each takes a minute: CI names its servers, and tries them all
  test.skipIf(!process.env.POSTGRES_SERVERS)(
    "the demo loaded in both has no drift, and what compares it goes through",
    async () => {
      const here = await demoOn(own, `demo_${nameOf(version)}`, "local");
      const addresses = {
        production: await demoOn(server, "demo_production", "production"),
        local: await demoOn(server, "demo_local", "local"),
      };
      const [one, other] = [await snapshotAt(here), await snapshotAt(addresses.local)];
      expect(
        inWords(await compareSchemas(one, other)).filter(
          (word) => !/extension \S+ \(version\)$|^info: changed privilege public on schema public /.test(word),
        ),
      ).toEqual([]);
      const runbook = async (...words: string[]) => {
        const env = {
          PATH: process.env.PATH,
          HOME: folder,
          RUNBOOK_PRODUCTION: addresses.production,
          RUNBOOK_LOCAL: addresses.local,
          RUNBOOK_MIGRATIONS: revisionsFolder,
        };
        return (await promisify(execFile)(process.execPath, [cli, ...words], { env, maxBuffer: 1 << 28 })).stdout;
      };
      const { drift, proof } = JSON.parse(await runbook("drift", "--json", "--prove")) as {
        drift: unknown[];
        proof: { impossible: string; tried: { outcome: string }[] };
      };
      expect(drift.length).toBeGreaterThan(20);
      expect(proof.impossible).toBe("");
      expect(proof.tried.filter(({ outcome }) => outcome === "failed")).toEqual([]);
      expect(JSON.parse(await runbook("rows", "licenses", "--json"))).toMatchObject({ table: "public.licenses" });
      await runbook("run", "--quick", "--out", join(folder, nameOf(version)));
    },
  );
});

async function snapshotOn(server: Server, name: string, sql: string): Promise<Snapshot> {
  // roles are the server's, and made once
  const client = await newDatabase(server, name, "");
  await client.query("begin");
  await client.query(sql);
  const snapshot = readSnapshot(await readCatalog(client));
  await client.query("rollback");
  await client.end();
  return snapshot;
}

function nameOf(version: string): string {
  return version.toLowerCase().replace(/\W/g, "_");
}

/** The address of a new database that holds one side of the demo. */
async function demoOn(server: Server, name: string, side: Side): Promise<string> {
  const client = await newDatabase(server, name, "");
  const { rows } = await client.query<{ version: number }>(
    "select current_setting('server_version_num')::int as version",
  );
  // version 15's; what it reports at once is reported a little later before
  const query = (text: string, ...rest: unknown[]) =>
    rows[0].version < 150000 && text.includes("pg_stat_force_next_flush")
      ? client.query("select 1")
      : client.query(text, ...(rest as [unknown[]]));
  await fill({ query } as unknown as ClientBase, side);
  await client.end();
  return server.address(name);
}

async function snapshotAt(address: string): Promise<Snapshot> {
  const client = new Client({ connectionString: address });
  await client.connect();
  const snapshot = readSnapshot(await readCatalog(client));
  await client.end();
  return snapshot;
}
