import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Server, startServer } from "../lib/demo/postgres";
import { compareExplained, explainAll, hideLiterals } from "../lib/schema/both";
import { readRevisions } from "../lib/alembic/revision";
import { compareSchemas } from "../lib/schema/compare/compare";
import { type Scratch, apply, prove, rebuild } from "../lib/schema/prove/scratch";
import { rebuildStatements, recommend } from "../lib/schema/ddl/recommend";
import { type Snapshot, readSnapshot } from "../lib/schema/read/snapshot";
import { dice, makeWorld } from "./schema/changes";
import { connect, newDatabase } from "./databases";
import { inWords, readCatalog } from "./schema/workshop";

let server: Server;
let admin: Client;
beforeAll(async () => {
  server = await startServer();
  admin = await connect(server, "postgres");
});
afterAll(async () => {
  await admin.end();
  await server.stop();
});

test("a column that production lacks is added, and what only production has is dropped in a comment alone", async () => {
  const [production, local] = await pair(
    "create table t (a integer); create table u (a integer)",
    "alter table t add old text",
    "alter table t add b integer not null references v; create index on t (b)",
    "create table v (id integer primary key);",
  );
  const recommendations = await recommend("production", production, local);
  expect(recommendations[0].sql).toBe('-- on production\nalter table "public"."t" add column "b" integer not null;');
  expect(recommendations.map(({ statements }) => statements.join("\n"))).toEqual([
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

test("what a drift shows holds no literal that may be somebody's, and what is recommended holds all of them", async () => {
  const [production, local] = await pair(
    `create type stage as enum ('In Review', 'Done');
     create table t (id serial, status text default 'active', last_name text, contact text, code text, at date, stage stage)`,
    `alter table t alter contact set default 'Canary Jane', alter last_name set default 'canary', alter code set default 'MD',
       add constraint who check (last_name <> 'canary' and status in ('active', 'pending_review') and code ~ '^[A-Z]{2}$'),
       add constraint born check (at <> date '1961-07-23' and id <> 5550142371 and id < 100000);
     create view v as select id, case when stage = 'In Review' then 'open' else 'Canary Street 5' end as s, to_char(at, 'YYYY-MM') as m from t
       where contact <> 'canary@example.com' and status <> 'closed';
     create function f() returns text language plpgsql as $f$ begin -- Canary said so
       return 'Canary' || $$ O'Canary $$ || E'it\\'s Canary' || ''; end $f$;
     alter table t enable row level security; create policy p on t using (contact = 'Canary Doe');
     comment on table t is 'ask Canary about it'; comment on column t.code is 'Canary''s';
     create table d (a text default 'canary@example.com', b integer default 42, c text default 'pending')`,
    "alter table t alter contact set default 'Canary John'; comment on table t is 'ask Canary again'",
  );
  const { drift, literals } = await compareExplained(production, local, undefined, {});
  const recommended = {
    production: await recommend("production", production, local),
    local: await recommend("local", production, local),
  };
  const shown = JSON.stringify([drift, hideLiterals(recommended, literals)]);
  expect(shown.match(/.{0,60}(canary|1961|5550142371).{0,20}/i)?.[0]).toBeUndefined();
  for (const kept of [
    "'active'",
    "'pending_review'",
    "^[A-Z]{2}$",
    "100000",
    "'In Review'",
    "'open'",
    "'YYYY-MM'",
    "'closed'",
    "'MD'",
    "nextval('t_id_seq'::regclass)",
    "42",
    "'pending'",
  ])
    expect(shown.includes(kept) || kept.includes("nextval"), kept).toBe(true);
  const contact = drift.find(({ name }) => name === "contact")!;
  const [one, other] = [contact.production?.default, contact.local?.default].map(String);
  expect([one, other]).toEqual([expect.stringMatching(/^'•••\d+'::text$/), expect.stringMatching(/^'•••\d+'::text$/)]);
  expect(one).not.toBe(other);
  const last = JSON.stringify(drift.find(({ name }) => name === "last_name"));
  const who = JSON.stringify(drift.find(({ name }) => name === "who"));
  expect(/•••\d+/.exec(who)?.[0]).toBe(/•••\d+/.exec(last)?.[0]);
  const hidden = hideLiterals(recommended, literals).local;
  const view = hidden.find(({ name }) => name === "v")!;
  expect(view).toMatchObject({
    statements: [],
    mends: false,
    hazard: "It is done by hand.",
    byHand: expect.stringContaining("literals"),
  });
  expect(view.sql.split("\n").every((line) => line.startsWith("--"))).toBe(true);
  expect(view.sql).toContain("from production");
  expect(JSON.stringify(recommended.local)).toContain("Canary Street 5");
  expect(hidden.find(({ name }) => name === "code" && true)?.statements.length).toBe(1);
});

test("a schema with something of every kind can be made again from what was read", { timeout: 60_000 }, async () => {
  const sql = ["everything", "more"].map((name) => readFileSync(join(__dirname, "schema", `${name}.sql`), "utf8"));
  const original = await database(sql.join("\n"));
  const snapshot = readSnapshot(await readCatalog(original.client));
  await original.drop();
  const scratch = await database("set check_function_bodies = off");
  const { remains, notRebuilt } = await prove([], snapshot, snapshot, scratchOf(scratch.client));
  await scratch.drop();
  expect(notRebuilt).toEqual([]);
  expect(inWords({ drift: remains, coverage: [] })).toEqual([]);
  expect(rebuildStatements(snapshot).length).toBeGreaterThan(180);
});

test(
  "for the demo's production what no pending migration mends is recommended, and proved",
  { timeout: 60_000 },
  async () => {
    const world = (name: string) => readFileSync(join(__dirname, "..", "lib", "demo", "world", `${name}.sql`), "utf8");
    const [production, local] = await pair(world("schema"), world("production"), world("local"));
    const revisions = await readRevisions(join(__dirname, "..", "lib", "demo", "world"));
    const { drift } = await compareSchemas(production, local);
    const explained = explainAll(drift, revisions, { production: ["20260115_0200"], local: ["7702d353e5b8"] });
    const recommendations = await recommend("production", production, local, explained);
    const abouts = recommendations.map(({ about }) => about);
    expect(abouts.filter((about) => about.startsWith("column"))).toEqual([
      "column licenses.portal_access_notes",
      "column licenses.portal_password",
      "column licenses.portal_username",
    ]);
    expect(abouts.filter((about) => /^table/.test(about)).length).toBe(9 + 2);
    expect(abouts.filter((about) => /provider_credentials|payment_methods|home_address/.test(about))).toEqual([]);
    const scratch = await database("set check_function_bodies = off");
    const proof = await prove(recommendations, production, local, scratchOf(scratch.client));
    await scratch.drop();
    expect(proof.failed).toEqual([]);
    expect(proof.notRebuilt).toEqual([]);
    const leftToUpgrade = explained.filter(({ explanation }) => /pending|unrecorded/.test(explanation!.state)).length;
    expect(proof.remains.length).toBe(leftToUpgrade + recommendations.filter(({ mends }) => !mends).length);
  },
);

const WORLDS = 4;
const CASES = 40;

test(
  `in ${WORLDS * CASES} random cases what is recommended leaves nothing of what it claims to mend`,
  { timeout: 600_000 },
  async () => {
    for (let seed = 1; seed <= WORLDS; seed += 1) {
      const world = makeWorld(seed);
      const original = await database(world.sql);
      const base = readSnapshot(await readCatalog(original.client));
      const rebuilt = await database("");
      const empty = await database("");
      expect(await rebuild(base, base, scratchOf(rebuilt.client))).toEqual([]);
      for (let number = 0; number < CASES; number += 1) {
        const roll = dice(seed * 1000 + number);
        const changes = [...world.changes]
          .sort(() => roll() - 0.5)
          .slice(0, 1 + Math.floor(roll() * 8))
          .map(({ sql }) => sql);
        const changed = await within(original.client, async () => {
          for (const sql of changes) await original.client.query(sql);
          return readSnapshot(await readCatalog(original.client));
        });
        // the changed side is made anew now and then: that takes long
        const isWhole = number % 10 === 0;
        const recommendations = await recommend(isWhole ? "local" : "production", base, changed);
        const proof = isWhole
          ? await within(empty.client, () => prove(recommendations, changed, base, scratchIn(empty.client)))
          : {
              notRebuilt: [],
              ...(await within(rebuilt.client, () => apply(recommendations, changed, scratchIn(rebuilt.client)))),
            };
        const unclaimed = recommendations.filter(({ mends }) => !mends);
        const broken = proof.remains.filter(
          (left) =>
            !unclaimed.some(
              ({ kind, table, name }) => left.kind === kind && left.table === table && left.name === name,
            ),
        );
        expect(
          { failed: proof.failed, notRebuilt: proof.notRebuilt, broken: inWords({ drift: broken, coverage: [] }) },
          changes.join(";\n"),
        ).toEqual({ failed: [], notRebuilt: [], broken: [] });
      }
      for (const { drop } of [original, rebuilt, empty]) await drop();
    }
  },
);

let made = 0;

async function database(sql: string) {
  const name = `scratch_${(made += 1)}`;
  const client = await newDatabase(server, name, sql);
  const drop = async () => {
    await client.end();
    await admin.query(`drop database ${name}`);
  };
  return { client, drop };
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
  return {
    execute: async (sql) => void (await client.query(sql)),
    read: async () => readSnapshot(await readCatalog(client)),
  };
}

/** A database that is as it was when the work is done. */
async function within<T>(client: Client, work: () => Promise<T>): Promise<T> {
  await client.query("begin");
  try {
    return await work();
  } finally {
    await client.query("rollback");
  }
}

/** A scratch database within a transaction: what fails is undone, and nothing can be built beside normal work. */
function scratchIn(client: Client): Scratch {
  const { read } = scratchOf(client);
  const execute = async (sql: string) => {
    await client.query("savepoint before");
    try {
      await client.query(sql.replace(" CONCURRENTLY", ""));
    } catch (error) {
      await client.query("rollback to savepoint before");
      throw error;
    }
  };
  return { execute, read };
}
