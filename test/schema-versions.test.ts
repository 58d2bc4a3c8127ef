import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { spawnSync } from "node:child_process";
import { Client } from "pg";
import { describe, expect, test } from "vitest";
import { installedBinaries, startServer } from "../lib/demo/postgres";
import { compareSchemas } from "../lib/schema/compare/compare";
import { type Snapshot, readSnapshot } from "../lib/schema/read/snapshot";
import { inWords, readCatalog } from "./schema/database";

/** Other servers on this machine, a folder with `bin` for each major version: where the systems' packages put them, and what POSTGRES_SERVERS lists. */
function serversAtHand(): Map<string, string> {
  const below = (parent: string, name: RegExp) =>
    existsSync(parent)
      ? readdirSync(parent)
          .filter((folder) => name.test(folder))
          .map((folder) => join(parent, folder))
      : [];
  const folders = [
    ...below("/usr/lib/postgresql", /^\d+$/),
    ...below("/opt/homebrew/opt", /^postgresql@\d+$/),
    ...below("/usr/local/opt", /^postgresql@\d+$/),
    ...(process.env.POSTGRES_SERVERS ?? "").split(":").filter(Boolean),
  ];
  const found = new Map<string, string>();
  for (const folder of folders) {
    const version = versionOf(folder);
    if (version && parseInt(version) >= 12) found.set(version, folder);
  }
  return found;
}

/** A server's whole version, `15.20 (Debian 15.20-0+deb12u1)`: the same major version of another build is another server. */
function versionOf(binaries: string): string | undefined {
  return / (\d.*)/.exec(String(spawnSync(join(binaries, "bin", "postgres"), ["--version"]).stdout ?? ""))?.[1];
}

const own = versionOf(installedBinaries()) ?? "15";
const others = [...serversAtHand()].filter(([version]) => version !== own);
const everything = readFileSync(join(__dirname, "schema", "everything.sql"), "utf8");

describe(`one schema on PostgreSQL ${own} and on another version has no drift but the extensions' own versions`, () => {
  test.skipIf(others.length > 0)(
    "this machine has no server of another version: POSTGRES_SERVERS=/folder:/folder names some",
    ({ skip }) => skip(),
  );
  for (const [version, binaries] of others)
    test(`version ${version}`, async () => {
      const [here, there, again] = [
        await snapshotOn(installedBinaries()),
        await snapshotOn(binaries),
        await snapshotOn(binaries),
      ];
      expect(inWords(await compareSchemas(there, again))).toEqual([]);
      const words = inWords(await compareSchemas(here, there));
      expect(
        words.filter((word) => !word.startsWith("info: ") && !/^changed extension \S+ \(version\)$/.test(word)),
      ).toEqual([]);
    });
});

async function snapshotOn(binaries: string): Promise<Snapshot> {
  const server = await startServer({ binaries });
  const client = new Client({ connectionString: server.address("postgres") });
  client.on("error", () => undefined);
  await client.connect();
  await client.query(everything);
  const snapshot = readSnapshot(await readCatalog(client));
  await client.end();
  await server.stop();
  return snapshot;
}
