import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import { recommend } from "../../lib/schema/ddl/recommend";
import { makeDriftKey } from "../../lib/schema/drift";
import { apply } from "../../lib/schema/prove/scratch";
import { type Snapshot, readSnapshot } from "../../lib/schema/read/snapshot";
import { readCatalog } from "./workshop";

/** Two schemas: what both have, and what each has beside it. */
export interface Pair {
  both: string;
  production: string;
  local: string;
}

/** The pairs of `mends.txt`, each with a number of its own in the names of its objects. */
export function readPairs(): Pair[] {
  return readFileSync(join(__dirname, "mends.txt"), "utf8")
    .split("\n")
    .filter((line) => line && !line.startsWith("--"))
    .map((line, at) => {
      const [both, production, local] = line.split("||").map((sql) => sql.replace(/\$(?!q\$|\d|\$)/g, `_${at}`).trim());
      return { both, production, local };
    });
}

/** A pair that is all of these together. */
export function combine(pairs: Pair[], swapped: boolean[]): Pair {
  const all = (side: keyof Pair) => pairs.map((pair) => pair[side].replace(/;?$/, ";")).join("\n");
  return {
    both: all("both"),
    production: pairs.map((pair, at) => `${swapped[at] ? pair.local : pair.production};`).join("\n"),
    local: pairs.map((pair, at) => `${swapped[at] ? pair.production : pair.local};`).join("\n"),
  };
}

/** What came of the statements that are recommended for both sides, where something is wrong with them. */
export interface Faults {
  failed: string[];
  remains: string[];
  /** How many statements were executed, and how many differences are said to be by hand. */
  statements: number;
  byHand: number;
}

/**
 * Makes both schemas of a pair, and executes on each what is recommended for it: every statement once, top to bottom, then what stands as a comment. It all
 * happens in transactions of one database that are rolled back.
 */
export async function tryPair(client: Client, pair: Pair): Promise<Faults> {
  const make = async (side: "production" | "local") => {
    await client.query("begin");
    for (const sql of [pair.both, pair[side]]) if (sql.trim()) await client.query(sql);
  };
  const read = async () => readSnapshot(await readCatalog(client));
  try {
    await make("production");
    const production = await read();
    await client.query("rollback");
    await make("local");
    const local = await read();
    const faults: Faults = { failed: [], remains: [], statements: 0, byHand: 0 };
    await tryOne(client, faults, "local", production, local);
    await client.query("rollback");
    await make("production");
    await tryOne(client, faults, "production", production, local);
    return faults;
  } finally {
    await client.query("rollback");
  }
}

async function tryOne(
  client: Client,
  faults: Faults,
  side: "production" | "local",
  production: Snapshot,
  local: Snapshot,
): Promise<void> {
  const recommendations = await recommend(side, production, local);
  const execute = async (sql: string) => {
    await client.query("savepoint before");
    try {
      await client.query(sql.replace(" INDEX CONCURRENTLY ", " INDEX "));
      await client.query("release savepoint before");
    } catch (error) {
      await client.query("rollback to savepoint before");
      throw error;
    }
  };
  const read = async () => readSnapshot(await readCatalog(client));
  const other = side === "production" ? local : production;
  const { failed, remains, remainsAtLast } = await apply(recommendations, other, { execute, read });
  const open = new Set(recommendations.filter(({ mends }) => !mends).map(makeDriftKey));
  const byHand = new Set(recommendations.filter((one) => one.byHand).map(makeDriftKey));
  faults.statements += recommendations.flatMap(({ statements }) => statements).length;
  faults.byHand += byHand.size;
  faults.failed.push(...failed.map(({ sql, reason }) => `${side}: ${sql} → ${reason}`));
  const words = (left: typeof remains) =>
    left.map(
      ({ kind, table, name, status, differs }) => `${side}: ${status} ${kind} ${table ?? ""}.${name} ${differs ?? ""}`,
    );
  faults.remains.push(
    ...words(remains.filter((left) => !open.has(makeDriftKey(left)))),
    ...words(remainsAtLast.filter((left) => !byHand.has(makeDriftKey(left)))).map((text) => `at last, ${text}`),
  );
}
