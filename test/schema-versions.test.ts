import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import { describe, expect, test } from "vitest";
import { installedBinaries, startServer } from "../lib/demo/postgres";
import { compareSchemas } from "../lib/schema/compare/compare";
import { type Snapshot, readSnapshot } from "../lib/schema/read/snapshot";
import { inWords, readCatalog } from "./schema/database";
import { otherServers, ownVersion } from "./servers";

const everything = readFileSync(join(__dirname, "schema", "everything.sql"), "utf8");

describe(`one schema on PostgreSQL ${ownVersion} and on another version has no drift but the extensions' own versions`, () => {
  test.skipIf(otherServers.length > 0)(
    "this machine has no server of another version: POSTGRES_SERVERS=/folder:/folder names some",
    ({ skip }) => skip(),
  );
  for (const [version, binaries] of otherServers)
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
