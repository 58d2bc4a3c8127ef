import type { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { judge } from "../lib/guard/judge";
import { systemRelations } from "../lib/guard/system";
import { attacks, hidden } from "./guard/attacks";
import { openHostile, type Hostile } from "./guard/database";
import { plan } from "./guard/plan";
import { query } from "./guard/random";
import { reads, readsWithCatalog } from "./guard/reads";

let hostile: Hostile;
beforeAll(async () => void (hostile = await openHostile()));
afterAll(() => hostile?.close());

test("what the guard allows, run READ WRITE and committed, changes nothing", async () => {
  const { catalog, columns } = hostile;
  const worker = await hostile.connect();
  const heard: string[] = [];
  const listener = await hostile.connect();
  listener.on("notification", ({ channel }) => heard.push(channel));
  await listener.query("listen touched; listen x");
  const before = await state(hostile.client, worker);

  const random = Array.from({ length: 1500 }, (_, index) => query(index, { trusting: true }));
  // The attacks too: should one be allowed one day, this says what it would do.
  const statements = [
    ...[...systemRelations.keys()].map((name) => `select count(*) from (select * from ${name}) x`),
    ...reads,
    ...readsWithCatalog,
    ...plan.map(({ sql }) => sql),
    ...random,
    ...Object.values(attacks).flat(),
    ...Object.values(hidden).flat(),
  ];
  const strong = new Set<string>();
  let ran = 0;
  for (const statement of statements)
    for (const context of [{ catalog }, { catalog, columns }]) {
      const { allowed, sql } = judge(statement, context);
      if (!allowed) continue;
      await worker.query("begin read write; set local statement_timeout = '2s'");
      try {
        await worker.query(sql);
        ran++;
      } catch {
        await worker.query("rollback; begin read write");
      }
      for (const { mode } of (
        await worker.query(
          "select mode from pg_locks where pid = pg_backend_pid() and mode not in ('AccessShareLock', 'ExclusiveLock') or locktype in ('advisory', 'transactionid') and pid = pg_backend_pid()",
        )
      ).rows)
        strong.add(`${mode}: ${sql}`);
      await worker.query("commit");
    }

  expect(ran).toBeGreaterThan(700);
  expect([...strong]).toEqual([]);
  const after = await state(hostile.client, worker);
  expect(Object.keys(before).filter((probe) => after[probe] !== before[probe])).toEqual([]);
  expect(heard).toEqual([]);
}, 60_000);

test("the probes see what they are there to see", async () => {
  const worker = await hostile.connect();
  const before = await state(hostile.client, worker);
  await worker.query(
    "select nextval('users_id_seq'); select lo_from_bytea(0, 'y'); set work_mem = '8MB'; create table t as select 1; update users set is_active = not is_active where id = 1",
  );
  const after = await state(hostile.client, worker);
  for (const probe of Object.keys(before)) expect(after[probe] === before[probe], probe).toBe(false);
});

async function state(client: Client, worker: Client): Promise<Record<string, string>> {
  const one = async (sql: string, from = client) => JSON.stringify((await from.query(sql)).rows);
  const tables = (
    await client.query(
      "select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ('public', 'archive') order by 1",
    )
  ).rows.map(({ name }) => name);
  return {
    rows: await one(
      tables.map((name) => `select '${name}', count(*), sum(hashtext(t::text)) from ${name} t`).join(" union all "),
    ),
    sequences: await one("select sequencename, last_value from pg_sequences order by 1"),
    largeObjects: await one("select count(*) from pg_largeobject_metadata"),
    catalog: await one(
      "select (select count(*) from pg_class) as relations, (select count(*) from pg_proc) as functions, (select count(*) from pg_type) as types, (select count(*) from pg_roles) as roles",
    ),
    settings: await one(
      "select name, setting from pg_settings where name !~ 'statement_timeout|[.]' order by 1",
      worker,
    ),
  };
}
