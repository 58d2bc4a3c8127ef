import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Server, startServer } from "../lib/demo/postgres";
import { explainAll } from "../lib/alembic/explain";
import { readRevisions } from "../lib/alembic/revision";
import { compareSchemas } from "../lib/schema/compare";
import { type Scratch, prove } from "../lib/schema/proof";
import { rebuildStatements, recommend } from "../lib/schema/recommend";
import { type Snapshot, readSnapshot } from "../lib/schema/snapshot";
import { dice, makeWorld } from "./schema/changes";
import { inWords, readCatalog } from "./schema/database";

let server: Server;
let admin: Client;
beforeAll(async () => {
  server = await startServer();
  admin = await connect("postgres");
});
afterAll(async () => {
  await admin.end();
  await server.stop();
});

test("a column that production lacks is added, and what only production has is dropped in a comment alone", async () => {
  const [production, local] = await pair("create table t (a integer); create table u (a integer)", "alter table t add old text", "alter table t add b integer not null references v; create index on t (b)", "create table v (id integer primary key);");
  const recommendations = await recommend("production", production, local);
  expect(recommendations.map(({ sql }) => sql)).toEqual([
    'alter table "public"."t" add column "b" integer not null;',
    'alter table "public"."t" add constraint "t_b_fkey" FOREIGN KEY (b) REFERENCES v(id) not valid;\nalter table "public"."t" validate constraint "t_b_fkey";',
    "CREATE INDEX CONCURRENTLY t_b_idx ON public.t USING btree (b);",
    '-- alter table "public"."t" drop column "old";',
  ]);
  expect(recommendations.map(({ hazard }) => hazard)).toEqual([
    "Fails where the table has rows and the column has no default.",
    "Blocks writes to both tables for a moment; validating reads the whole table, and fails where a row points nowhere. Reads the whole table beside normal work; fails where a row breaks the rule.",
    "Builds an index beside normal work, not within a transaction; it takes as long as reading the table.",
    "Deletes the column's values for good.",
  ]);
});

test("a schema with something of every kind can be made again from what was read, but for what is named", { timeout: 60_000 }, async () => {
  const original = await database(readFileSync(join(__dirname, "schema", "everything.sql"), "utf8"));
  const snapshot = readSnapshot(await readCatalog(original.client));
  await original.drop();
  const scratch = await database("set check_function_bodies = off");
  const { remains, notRebuilt } = await prove([], snapshot, snapshot, scratchOf(scratch.client));
  await scratch.drop();
  expect(notRebuilt.map(({ sql }) => sql)).toEqual([]);
  expect(inWords({ drift: remains, coverage: [] }).map((words) => words.replace(/^only in local /, "")).sort()).toMatchInlineSnapshot(`
    [
      "aggregate product(integer)",
      "cast (status as integer)",
      "default privilege archive.postgres on tables",
      "event trigger said",
      "foreign data wrapper nowhere",
      "foreign server far",
      "foreign table abroad",
      "operator ===(integer, integer)",
      "operator class int_reverse using btree",
      "publication pub",
      "text search configuration words",
      "text search dictionary plain",
      "user mapping public on far",
    ]
  `);
  expect(rebuildStatements(snapshot).length).toBeGreaterThan(80);
});

test("for the demo's production what no pending migration mends is recommended, and proved", { timeout: 60_000 }, async () => {
  const world = (name: string) => readFileSync(join(__dirname, "..", "lib", "demo", "world", `${name}.sql`), "utf8");
  const [production, local] = await pair(world("schema"), world("production"), world("local"));
  const revisions = await readRevisions(join(__dirname, "..", "lib", "demo", "world"));
  const { drift } = await compareSchemas(production, local);
  const explained = explainAll(drift, revisions, { production: ["20260115_0200"], local: ["7702d353e5b8"] });
  const recommendations = await recommend("production", production, local, explained);
  const abouts = recommendations.map(({ about }) => about);
  expect(abouts.filter((about) => about.startsWith("column"))).toEqual(["column licenses.portal_access_notes", "column licenses.portal_password", "column licenses.portal_username"]);
  expect(abouts.filter((about) => /^table/.test(about)).length).toBe(9 + 2);
  expect(abouts.filter((about) => /provider_credentials|payment_methods|home_address/.test(about))).toEqual([]);
  const scratch = await database("set check_function_bodies = off");
  const proof = await prove(recommendations, production, local, scratchOf(scratch.client));
  await scratch.drop();
  expect(proof.failed).toEqual([]);
  expect(proof.notRebuilt).toEqual([]);
  const leftToUpgrade = explained.filter(({ explanation }) => /pending|unrecorded/.test(explanation!.state)).length;
  expect(proof.remains.length).toBe(leftToUpgrade + recommendations.filter(({ mends }) => !mends).length);
});

test("in 25 random cases what is recommended leaves nothing of what it claims to mend", { timeout: 300_000 }, async () => {
  for (let number = 0; number < 25; number += 1) {
    const world = makeWorld(1 + Math.floor(number / 5));
    const roll = dice(number + 77);
    const changes = [...world.changes].sort(() => roll() - 0.5).slice(0, 6).map(({ sql }) => sql);
    const [production, local] = await pair(world.sql, "", changes.join(";\n"));
    const [mended, other] = roll() < 0.5 ? (["production", local] as const) : (["local", production] as const);
    const recommendations = await recommend(mended, production, local);
    const scratch = await database("set check_function_bodies = off");
    const proof = await prove(recommendations, mended === "production" ? production : local, other, scratchOf(scratch.client));
    await scratch.drop();
    const unclaimed = new Set(recommendations.filter(({ mends }) => !mends).map(({ about }) => about));
    const broken = proof.remains.filter(({ kind, table, name }) => ![...unclaimed].some((about) => about.startsWith(kind) && about.endsWith(name) && (table === null || about.includes(table))));
    expect({ failed: proof.failed, notRebuilt: proof.notRebuilt, broken: inWords({ drift: broken, coverage: [] }) }, changes.join(";\n")).toEqual({ failed: [], notRebuilt: [], broken: [] });
  }
});

let made = 0;

async function database(sql: string) {
  const name = `scratch_${(made += 1)}`;
  await admin.query(`create database ${name}`);
  const client = await connect(name);
  await client.query(sql);
  const drop = async () => {
    await client.end();
    await admin.query(`drop database ${name}`);
  };
  return { client, drop };
}

async function connect(name: string): Promise<Client> {
  const client = new Client({ connectionString: server.address(name) });
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

/** The two snapshots of a schema that went two ways. */
async function pair(both: string, production: string, local: string, before = ""): Promise<[Snapshot, Snapshot]> {
  const { client, drop } = await database(`${before}${both}`);
  const read = async (sql: string) => {
    await client.query("begin");
    if (sql) await client.query(sql);
    const snapshot = readSnapshot(await readCatalog(client));
    await client.query("rollback");
    return snapshot;
  };
  const sides: [Snapshot, Snapshot] = [await read(production), await read(local)];
  await drop();
  await compareSchemas(...sides);
  return sides;
}

function scratchOf(client: Client): Scratch {
  return { execute: async (sql) => void (await client.query(sql)), read: async () => readSnapshot(await readCatalog(client)) };
}
