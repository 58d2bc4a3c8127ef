import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Server, startServer } from "../lib/demo/postgres";
import { dice } from "./schema/changes";
import { type Pair, combine, readPairs, tryPair } from "./schema/remedies";

/** RUNBOOK_PAIRS=400 tries so many random pairs of schemas, and each kind of difference alone; RUNBOOK_SEED=7 others. */
const COUNT = Number(process.env.RUNBOOK_PAIRS ?? 24);
const SEED = Number(process.env.RUNBOOK_SEED ?? 1);

let server: Server;
let client: Client;
beforeAll(async () => {
  // POSTGRES_BINARIES=/folder, with bin in it, is a server of another version
  const binaries = process.env.POSTGRES_BINARIES;
  server = await startServer(binaries ? { binaries } : {});
  client = new Client({ connectionString: server.address("postgres") });
  await client.connect();
  await client.query("create role reader; create role writer");
});
afterAll(async () => {
  await client.end();
  await server.stop();
});

test(
  `of ${COUNT} random pairs of schemas every recommended list works from top to bottom in one pass, and leaves nothing`,
  { timeout: 60_000 + COUNT * 10_000 },
  async () => {
    const kinds = readPairs();
    const wrong: Record<string, string[]> = {};
    let statements = 0;
    const check = async (name: string, pair: Pair) => {
      const faults = await tryPair(client, pair);
      statements += faults.statements;
      const words = [...faults.failed, ...faults.remains];
      if (words.length) wrong[name] = [...words, pair.both, pair.production, pair.local];
    };
    for (let number = 0; number < COUNT; number += 1) {
      const roll = dice(SEED * 100_000 + number);
      const chosen = [...kinds].sort(() => roll() - 0.5).slice(0, 3 + Math.floor(roll() * 6));
      const swapped = chosen.map(() => roll() < 0.5);
      await check(`pair ${number}`, combine(chosen, swapped));
    }
    if (process.env.RUNBOOK_PAIRS) for (const [at, pair] of kinds.entries()) await check(`kind ${at}`, pair);
    expect(wrong).toEqual({});
    expect(statements).toBeGreaterThan(COUNT);
  },
);
