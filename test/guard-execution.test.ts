import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseSync } from "libpg-query";
import type { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isFields, type Fields } from "../lib/guard/ast";
import { judge } from "../lib/guard/judge";
import { compareRows } from "../lib/rows";
import { readSide } from "../lib/schema/both";
import { wrapInEnvelope, tally } from "../lib/source/envelope";
import { openSource } from "../lib/source/guarded";
import * as content from "../lib/sql/queries/content";
import * as indexes from "../lib/sql/queries/indexes";
import * as metadata from "../lib/sql/queries/metadata";
import * as overview from "../lib/sql/queries/overview";
import * as quality from "../lib/sql/queries/quality";
import * as volume from "../lib/sql/queries/volume";
import { raw, Sql } from "../lib/sql/template";
import { functions } from "../lib/guard/functions";
import { systemRelations } from "../lib/guard/system";
import { attacks, hidden } from "./guard/attacks";
import { openHostile, type Hostile } from "./guard/hostile";
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

test("where everything of PostgreSQL's has a twin of somebody's own, no twin is run", async () => {
  const twins = await hostile.copy(readFileSync(join(__dirname, "guard/twins.sql"), "utf8"));
  const url = hostile.url.replace("hostile", "other");
  const source = await openSource("local", { kind: "postgres", url }, { columns: hostile.columns });
  const ran: string[] = [];
  const [answered, refused, failed] = [[] as string[], [] as string[], [] as string[]];
  const locked = async (what: string) => {
    const { rows } = await hostile.client.query(
      "select pid from pg_locks where locktype = 'advisory' and objid = 4711 and granted",
    );
    if (rows.length === 0) return;
    ran.push(what);
    await hostile.client.query("select pg_terminate_backend(pid) from unnest($1::int[]) as pid", [
      rows.map(({ pid }) => pid),
    ]);
  };
  const run = async (what: string, ask: () => Promise<unknown>) => {
    await ask().then(
      () => answered.push(what),
      (error: Error) => (error.name === "RunbookError" ? refused : failed).push(`${what}: ${error.message}`),
    );
    await locked(what);
  };
  for (const group of [content, indexes, metadata, overview, quality, volume])
    for (const [name, statement] of Object.entries(group))
      if (statement instanceof Sql) await run(name, () => source.ask(statement));
  await run("the schema", () => readSide(source));
  await run("rows", () => compareRows({ production: source, local: source }, "licenses", hostile.columns));
  await run("rows by a condition", () =>
    compareRows({ production: source, local: source }, "providers", hostile.columns, {
      where: "specialty in ('a', 'Surgery') and id between 1 and 100000",
    }),
  );
  await run("pages", () => source.ask(raw("select id, state from licenses"), { key: ["id"], rows: 300 }));
  expect({ ran, refused, failed }).toEqual({ ran: [], refused: [], failed: [] });
  const own = answered.length;

  const analytics = readFileSync(join(__dirname, "guard/analytics.txt"), "utf8").trim().split("\n");
  const qualified = (statement: string) => statement.replace(/(?<![\w.])(\w+)(?=\s*\()/g, calledInCatalog);
  refused.length = 0;
  for (const statement of [...reads, ...readsWithCatalog, ...analytics.filter((_, index) => index % 3 === 0)]) {
    const { allowed } = await source.judge(statement);
    await run(statement, () => source.ask(raw(allowed ? statement : qualified(statement))));
  }
  expect({ ran, failed }).toEqual({ ran: [], failed: [] });
  expect(answered.length - own).toBeGreaterThan(400);
  // what is left is a join by USING, of which nobody can write whose operator it means
  expect(refused.filter((one) => !one.endsWith("write JOIN … ON."))).toEqual([]);
  expect(refused.length).toBeLessThan(10);

  await twins.query("select 1 where 'a'::varchar = 'b'::varchar");
  await locked("the twins are there");
  expect(ran).toEqual(["the twins are there"]);
  await source.close();
}, 120_000);

/** `count` → `pg_catalog.count`, where it is the name of a function and no word of the grammar. */
function calledInCatalog(name: string): string {
  return functions.has(name.toLowerCase()) &&
    !/^(extract|overlaps|overlay|position|substring|trim|normalize|interval|timestamp|time|numeric|float8|varchar|row|date|text|left|right)$/i.test(
      name,
    )
    ? `pg_catalog.${name}`
    : name;
}

test("what is written around a statement names the schema of each function, operator and type", () => {
  const part = { nonce: "n", after: 0, from: 1, budget: 1, rows: 1 };
  const bare: string[] = [];
  const look = (node: unknown): void => {
    if (Array.isArray(node)) return node.forEach(look);
    if (!isFields(node)) return;
    const named = isFields(node.FuncCall)
      ? node.FuncCall.funcname
      : isFields(node.A_Expr)
        ? node.A_Expr.name
        : isFields(node.typeName)
          ? (node.typeName as Fields).names
          : undefined;
    if (Array.isArray(named) && named.length === 1) bare.push(JSON.stringify(named));
    Object.values(node).forEach(look);
  };
  for (const text of [
    wrapInEnvelope("select 1 as a", part),
    wrapInEnvelope("select 1 as a", { ...part, page: { key: ["a"], last: ["1"], own: [">"] } }),
    tally("select 1 as a", "n"),
  ])
    look(parseSync(text));
  expect(bare).toEqual([]);
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
