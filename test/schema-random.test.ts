import { afterAll, beforeAll, expect, test } from "vitest";
import { type Server, startServer } from "../lib/demo/postgres";
import { compareSchemas } from "../lib/schema/compare/compare";
import { readSnapshot } from "../lib/schema/read/snapshot";
import { dice, makeWorld } from "./schema/changes";
import { newDatabase } from "./databases";
import { inWords, readCatalog } from "./schema/workshop";

const WORLDS = 10;
const CASES = 50;

let server: Server;
beforeAll(async () => void (server = await startServer()));
afterAll(() => server.stop());

test(
  `of ${WORLDS * CASES} random lists of changes exactly what was changed is reported`,
  { timeout: 300_000 },
  async () => {
    for (let seed = 1; seed <= WORLDS; seed += 1) {
      const world = makeWorld(seed);
      const client = await newDatabase(server, `world_${seed}`, world.sql);
      const before = readSnapshot(await readCatalog(client));
      expect(inWords(await compareSchemas(before, readSnapshot(await readCatalog(client))))).toEqual([]);
      for (let number = 0; number < CASES; number += 1) {
        const roll = dice(seed * 1000 + number);
        const changes = [...world.changes].sort(() => roll() - 0.5).slice(0, 1 + Math.floor(roll() * 8));
        await client.query("begin");
        for (const { sql } of changes) await client.query(sql);
        const after = readSnapshot(await readCatalog(client));
        await client.query("rollback");
        const expected = changes.flatMap(({ said }) => said).sort();
        expect(inWords(await compareSchemas(before, after)), changes.map(({ sql }) => sql).join(";\n")).toEqual(
          expected,
        );
        expect(inWords(await compareSchemas(after, before))).toEqual(expected.map(otherWay).sort());
      }
      await client.end();
    }
  },
);

/** The same statement, where production and local have changed places; a name that is only a name is told as production's. */
function otherWay(words: string): string {
  const swapped = words.replace(/production|local/, (side) => (side === "production" ? "local" : "production"));
  return swapped.replace(/(\d_)(amount|plain) \(name\)/, "$1renamed_$2 (name)");
}
