import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Server, startServer } from "../lib/demo/postgres";
import { compareSchemas } from "../lib/schema/compare/compare";
import { type Snapshot, readSnapshot } from "../lib/schema/read/snapshot";
import { newDatabase } from "./databases";
import { inWords, readCatalog } from "./schema/workshop";

let server: Server;
beforeAll(async () => void (server = await startServer()));
afterAll(() => server.stop());

const text = (name: string) => readFileSync(join(__dirname, "schema", name), "utf8");
const lines = (name: string) =>
  text(name)
    .split("\n")
    .filter((line) => line && !line.startsWith("--"))
    .map((line): [string, string] => [line.slice(0, 1), line.slice(2)]);

test(
  "of each pair of schemas that differ in one thing, or only look different, just that is said",
  { timeout: 180_000 },
  async () => {
    const client = await newDatabase(server, "pairs", "");
    const schema = (both: string, own: string) => within(client, [both, own], () => snapshotOf(client));
    for (const [expected, line] of lines("pairs.txt")) {
      const [both, production, local] = line.split("||");
      const [one, other] = [await schema(both, production), await schema(both, local)];
      expect(told(inWords(await compareSchemas(one, other))), line).toBe(expected);
      expect(told(inWords(await compareSchemas(other, one))), line).toBe(expected);
    }
    await client.end();
  },
);

test("of each edit of a schema with something of every kind, just that is said", { timeout: 180_000 }, async () => {
  const client = await newDatabase(server, "edited", `${text("everything.sql")}\n${text("more.sql")}`);
  const before = await snapshotOf(client);
  for (const [expected, line] of lines("edits.txt")) {
    const after = await within(client, line.split("§"), () => snapshotOf(client));
    expect(told(inWords(await compareSchemas(before, after))), line).toBe(expected);
    expect(told(inWords(await compareSchemas(after, before))), line).toBe(expected);
  }
  await client.end();
});

/** How many differences there are; `i` where there is information only. */
function told(words: string[]): string {
  const drift = words.filter((word) => !word.startsWith("info: ")).length;
  return drift === 0 && words.length ? "i" : String(drift);
}

async function snapshotOf(client: Client): Promise<Snapshot> {
  return readSnapshot(await readCatalog(client));
}

async function within<T>(client: Client, statements: string[], read: () => Promise<T>): Promise<T> {
  await client.query("begin");
  try {
    for (const statement of statements) if (statement?.trim()) await client.query(statement);
    return await read();
  } finally {
    await client.query("rollback");
  }
}
