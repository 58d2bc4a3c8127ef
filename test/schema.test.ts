import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { explainAll } from "../lib/schema/both";
import { readRevisions } from "../lib/alembic/revision";
import { writeCatalogStatement, writeUnreadableStatement } from "../lib/schema/read/catalog-query";
import { compareSchemas } from "../lib/schema/compare/compare";
import { listPartsAsked, readSnapshot } from "../lib/schema/read/snapshot";
import { describeBehindColumn, writeSequenceStatement, findTroubles } from "../lib/schema/judge/health";
import { type Workshop, inWords, openWorkshop, readCatalog } from "./schema/workshop";

let workshop: Workshop;
beforeAll(async () => void (workshop = await openWorkshop()));
afterAll(() => workshop.close());

const everything = readFileSync(join(__dirname, "schema", "everything.sql"), "utf8");
const table = "create table t (id integer primary key, a text, b integer, c varchar(10), d timestamptz)";
const partitioned = "create table p (a integer, b text default 'x') partition by range (a)";
const trigger =
  "create function f() returns trigger language plpgsql as 'begin return new; end'; create trigger g before insert on t for each row execute function f()";

/** What both sides have, what production has, what local has, and what is said of it. */
type Case = [name: string, both: string, production: string, local: string, said: string[]];

const differences: Case[] = [
  [
    "a table with all that belongs to it, once",
    "",
    `${table}; create index on t (a); comment on table t is 'x'; grant select on t to public`,
    "",
    ["only in production table t"],
  ],
  [
    "a column with its key and its index, once",
    table,
    "alter table t add u integer references t; create index on t (u)",
    "",
    ["only in production column t.u"],
  ],
  [
    "a schema with what is in it, once",
    "",
    "",
    "create schema s; create table s.t (a integer)",
    ["only in local schema s"],
  ],
  ["a type narrowed", table, "alter table t alter c type varchar(5)", "", ["changed column t.c (type)"]],
  [
    "a type changed, and not the check that it reads otherwise in",
    `${table}; alter table t add check (c in ('x', 'y'))`,
    "alter table t alter c type text",
    "",
    ["changed column t.c (type)"],
  ],
  [
    "a type changed, and not the view that shows it",
    "",
    "create table t (a varchar(5)); create view v as select a from t",
    "create table t (a varchar(9)); create view v as select a from t",
    ["changed column t.a (type)"],
  ],
  [
    "a default",
    table,
    "alter table t alter b set default 1",
    "alter table t alter b set default 2",
    ["changed column t.b (default)"],
  ],
  [
    "an identity instead of a serial",
    "",
    "create table t (id serial)",
    "create table t (id integer generated always as identity)",
    ["changed column t.id (default, identity)"],
  ],
  [
    "a generated column",
    table,
    "alter table t add e integer generated always as (b + 1) stored",
    "alter table t add e integer generated always as (b + 2) stored",
    ["changed column t.e (default)"],
  ],
  [
    "how a column is stored",
    table,
    "alter table t alter a set storage external, alter a set statistics 100, alter a set (n_distinct = 5)",
    "",
    ["changed column t.a (storage, statistics target, options)"],
  ],
  [
    "a table's options",
    table,
    "alter table t set (fillfactor = 50, toast.autovacuum_enabled = off)",
    "",
    ["changed table t (options, toast options)"],
  ],
  ["an unlogged table", table, "alter table t set unlogged", "", ["changed table t (unlogged)"]],
  [
    "inheritance",
    "create table p (a integer)",
    "create table c () inherits (p)",
    "create table c (a integer)",
    ["changed table c (inherits)"],
  ],
  [
    "a column of a parent, once",
    "create table p (a integer); create table c () inherits (p)",
    "alter table p add b integer",
    "",
    ["only in production column p.b"],
  ],
  [
    "a column and an index of a partitioned table, once",
    `${partitioned}; create table p1 partition of p for values from (0) to (9)`,
    "alter table p add c integer; create index on p (b)",
    "",
    ["only in production column p.c", "only in production index p.p_b_idx"],
  ],
  [
    "a partition and its bounds",
    `${partitioned}`,
    "create table p1 partition of p for values from (0) to (9)",
    "create table p1 partition of p for values from (0) to (8); create table p2 partition of p default",
    ["changed partition p.p1 (bounds)", "only in local partition p.p2"],
  ],
  [
    "a foreign key's action",
    table,
    "alter table t add foreign key (b) references t on delete cascade",
    "alter table t add foreign key (b) references t",
    ["changed foreign key t.t_b_fkey (definition)"],
  ],
  [
    "a constraint that was not validated",
    table,
    "alter table t add constraint k check (b > 0) not valid",
    "alter table t add constraint k check (b > 0)",
    ["changed check constraint t.k (definition)"],
  ],
  [
    "a deferrable key",
    table,
    "alter table t add unique (a) deferrable",
    "alter table t add unique (a)",
    ["changed unique constraint t.t_a_key (definition)"],
  ],
  [
    "an exclusion",
    "create table t (a int4range)",
    "alter table t add exclude using gist (a with &&)",
    "",
    ["only in production exclusion constraint t.t_a_excl"],
  ],
  [
    "an index's order, and what it includes",
    table,
    "create index i on t (a desc) include (b)",
    "create index i on t (a)",
    ["changed index t.i (definition)"],
  ],
  [
    "a foreign key whose triggers are disabled",
    `${table}; alter table t add foreign key (b) references t`,
    "alter table t disable trigger all",
    "",
    ["changed foreign key t.t_b_fkey (triggers disabled)"],
  ],
  [
    "a disabled trigger",
    `${table}; ${trigger}`,
    "alter table t disable trigger g",
    "",
    ["changed trigger t.g (enabled)"],
  ],
  [
    "row security and a policy",
    `${table}; create policy p on t using (b > 0)`,
    "alter table t enable row level security; alter policy p on t using (b > 1)",
    "",
    ["changed policy t.p (using)", "changed table t (row security)"],
  ],
  [
    "an enum's values and their order",
    "",
    "create type e as enum ('a', 'b')",
    "create type e as enum ('b', 'a')",
    ["changed enum e (values)"],
  ],
  [
    "a domain's check",
    "",
    "create domain d as integer check (value > 0)",
    "create domain d as integer check (value > 1)",
    ["changed domain d (checks)"],
  ],
  [
    "a composite type's field",
    "",
    "create type c as (a integer, b text)",
    "create type c as (a integer, b date)",
    ["changed composite type c (fields)"],
  ],
  ["a range type", "", "create type r as range (subtype = float8)", "", ["only in production range type r"]],
  [
    "a sequence",
    "create sequence s",
    "alter sequence s maxvalue 100 cycle",
    "",
    ["changed sequence s (maximum, cycle)"],
  ],
  [
    "a view and its options",
    `${table}; create view v as select a from t`,
    "create or replace view v with (security_barrier) as select a from t where b > 0",
    "",
    ["changed view v (definition, options)"],
  ],
  [
    "a view that was never filled",
    table,
    "create materialized view m as select a from t with no data",
    "create materialized view m as select a from t",
    ["changed materialized view m (not populated)"],
  ],
  [
    "a function's body, rights and settings",
    "",
    "create function f() returns integer language sql security definer set search_path = public as 'select 1'",
    "create function f() returns integer language sql as 'select 2'",
    ["changed function f() (body, security definer, settings)"],
  ],
  [
    "overloaded functions apart",
    "create function f(a integer) returns integer language sql as 'select 1'",
    "create function f(a text) returns integer language sql as 'select 1'",
    "",
    ["only in production function f(text)"],
  ],
  [
    "a partition that was detached",
    `${partitioned}; create table p1 partition of p for values from (0) to (9)`,
    "",
    "alter table p detach partition p1",
    ["changed partition p.p1 (bounds, partition of, kind)"],
  ],
  [
    "a partition that others point to, and not the copies of their keys",
    "create table p (a integer primary key) partition by range (a); create table r (p integer references p)",
    "create table p1 partition of p for values from (0) to (9)",
    "",
    ["only in production partition p.p1"],
  ],
  [
    "a wider serial, and not its sequence",
    "",
    "create table t (id serial)",
    "create table t (id bigserial)",
    ["changed column t.id (type)"],
  ],
  [
    "a renamed type, and not the columns of it",
    "create type e as enum ('a'); create table t (a e default 'a')",
    "alter type e rename to z",
    "",
    ["only in local enum e", "only in production enum z"],
  ],
  [
    "a function's argument that is called otherwise",
    "",
    "create function f(a integer) returns integer language sql as 'select 1'",
    "create function f(b integer) returns integer language sql as 'select 1'",
    ["changed function f(integer) (arguments)"],
  ],
  [
    "an aggregate",
    "",
    "create aggregate s (integer) (sfunc = int4pl, stype = integer)",
    "create aggregate s (integer) (sfunc = int4mul, stype = integer)",
    ["changed aggregate s(integer) (aggregate)"],
  ],
  ["a rule", table, "create rule r as on insert to t do instead nothing", "", ["only in production rule t.r"]],
  ["statistics", table, "create statistics s on a, b from t", "", ["only in production statistics t.s"]],
  ["comments", table, "comment on column t.a is 'x'", "comment on column t.a is 'y'", ["changed comment t.a (text)"]],
  [
    "privileges, a column's too",
    `${table}; create role joe`,
    "grant insert on t to joe; grant select (a) on t to joe",
    "",
    ["only in production privilege t.joe", "only in production privilege t.joe on column a"],
  ],
  [
    "default privileges",
    "create role joe",
    "alter default privileges in schema public grant select on tables to joe",
    "",
    ["only in production default privilege postgres on tables"],
  ],
  [
    "an extension, and nothing of what it brings",
    "",
    "create extension hstore",
    "",
    ["only in production extension hstore"],
  ],
  [
    "a setting of the database",
    "",
    "do $$ begin execute format('alter database %I set work_mem = ''8MB''', current_database()); end $$",
    "",
    ["only in production database setting work_mem"],
  ],
  [
    "an event trigger",
    "create function f() returns event_trigger language plpgsql as 'begin end'",
    "create event trigger e on ddl_command_end execute function f()",
    "",
    ["only in production event trigger e"],
  ],
  [
    "a cast, an operator, a text search configuration",
    "",
    "create type e as enum ('a'); create cast (e as integer) with inout; create operator === (leftarg = integer, rightarg = integer, function = int4eq); create text search configuration w (copy = simple)",
    "create type e as enum ('a')",
    [
      "only in production cast (e as integer)",
      "only in production operator ===(integer, integer)",
      "only in production text search configuration w",
    ],
  ],
  [
    "a foreign server and its table",
    "",
    "create foreign data wrapper w; create server s foreign data wrapper w; create foreign table t (a integer) server s",
    "",
    [
      "only in production foreign data wrapper w",
      "only in production foreign server s",
      "only in production foreign table t",
    ],
  ],
  [
    "a renamed column, and nothing of what speaks of it",
    `${table}; create index on t (a); create view v as select a from t; alter table t add check (a > '')`,
    "alter table t rename a to z",
    "",
    ["only in local column t.a", "only in production column t.z"],
  ],
  [
    "a renamed table, and not the keys that point to it",
    `${table}; create table u (t integer references t)`,
    "alter table t rename to tt",
    "",
    ["only in local table t", "only in production table tt"],
  ],
  [
    "names with quotes, blanks, capitals, other scripts, and reserved words",
    `create table "Sé ""x" ("references" integer)`,
    `alter table "Sé ""x" add "größe 名" integer; create index "I" on "Sé ""x" ("references")`,
    "",
    [`only in production column Sé "x.größe 名`, `only in production index Sé "x.I`],
  ],
];

const equivalents: Case[] = [
  [
    "a default's spelling",
    "create table t (id integer)",
    "alter table t add a timestamptz default now(), add b boolean default 't', add c integer default -1, add d varchar(3) default null::varchar, add e numeric default 0",
    "alter table t add a timestamptz default current_timestamp, add b boolean default true, add c integer default '-1'::integer, add d varchar(3), add e numeric default 0.00",
    [],
  ],
  [
    "IN, = ANY and OR",
    table,
    "alter table t add constraint k check (c in ('x', 'y'))",
    "alter table t add constraint k check (c::text = any (array['y'::varchar, 'x'::varchar]::text[]))",
    [],
  ],
  [
    "IN and OR",
    table,
    "alter table t add constraint k check (a in ('x', 'y') and b > 0)",
    "alter table t add constraint k check (b > 0 and (a = 'y' or a = 'x'))",
    [],
  ],
  [
    "NOT IN, and an array's spelling",
    table,
    "alter table t add constraint k check (b not in (1, 2)), add e integer[] default '{}'",
    "alter table t add constraint k check (b <> 2 and b <> 1), add e integer[] default array[]::integer[]",
    [],
  ],
  [
    "a serial and its sequence written out",
    "",
    "create table t (id serial primary key)",
    "create sequence t_id_seq as integer; create table t (id integer not null default nextval('t_id_seq'), primary key (id)); alter sequence t_id_seq owned by t.id",
    [],
  ],
  [
    "aliases in a view",
    `${table}; create table u (id integer, n text)`,
    "create view v as select t.id, u.n from t t join u u using (id) where a = 'x'",
    "create view v as select x.id as id, y.n from t x join u y using (id) where x.a::text = 'x'::text",
    [],
  ],
  [
    "line ends and white space in a body",
    "",
    "create function f() returns integer language plpgsql as E'begin\\r\\n  return 1;\\r\\nend'",
    "create function f() returns integer language plpgsql as E'BEGIN\\n return 1; end'",
    [],
  ],
  [
    "the history of a table",
    "",
    "create table t (a integer, x integer, b integer); alter table t drop x; grant select on t to public; revoke select on t from public",
    "create table t (a integer, b integer)",
    [],
  ],
  [
    "a partition created or attached",
    `${partitioned}; create index on p (b); create table q (a integer primary key)`,
    "create table p1 partition of p for values from (0) to (9); alter table p add foreign key (a) references q",
    "create table p1 (a integer, b text default 'x'); alter table p add foreign key (a) references q; alter table p attach partition p1 for values from (0) to (9)",
    [],
  ],
];

const informations: Case[] = [
  [
    "the order of columns",
    "",
    "create table t (a integer, b integer)",
    "create table t (b integer, a integer)",
    ["info: changed table t (column order)"],
  ],
  [
    "names of constraints, indexes and sequences",
    "",
    "create table t (id serial primary key, a integer check (a > 0)); create index on t (a)",
    "create sequence s as integer; create table t (id integer not null default nextval('s'), a integer, constraint k primary key (id), constraint c check (a > 0)); alter sequence s owned by t.id; create index i on t (a)",
    [
      "info: changed check constraint t.t_a_check (name)",
      "info: changed index t.t_a_idx (name)",
      "info: changed primary key t.t_pkey (name)",
      "info: changed sequence t_id_seq (name)",
    ],
  ],
  ["an owner", `create role joe; ${table}`, "alter table t owner to joe", "", ["info: changed table t (owner)"]],
  [
    "comments within a body",
    "",
    "create function f() returns integer language sql as 'select 1 -- one'",
    "create function f() returns integer language sql as 'select 1'",
    ["info: changed function f() (body)"],
  ],
];

const told = async ([, both, production, local, said]: Case) =>
  expect(inWords(await workshop.compare(both, production, local))).toEqual(said);

describe("a difference is reported", () => {
  for (const each of differences) test(each[0], () => told(each));
});

describe("what only looks different is not reported", () => {
  for (const each of equivalents) test(each[0], () => told(each));
});

describe("what differs and is no drift is listed as information", () => {
  for (const each of informations) test(each[0], () => told(each));
});

test("a schema with something of every kind has no drift against itself, and nothing in it stays uncompared", async () => {
  const snapshot = await workshop.schemaOf(everything);
  const { drift, coverage } = await compareSchemas(snapshot, await workshop.schemaOf(everything));
  expect(drift).toEqual([]);
  expect(coverage.filter((kind) => kind["not compared"] || kind["not readable"])).toEqual([]);
  expect(coverage.length).toBeGreaterThan(35);
});

test("a schema that is read under another search path is the same schema", async () => {
  const elsewhere = await workshop.schemaOf(everything, "set local search_path = ''");
  expect(inWords(await compareSchemas(await workshop.schemaOf(everything), elsewhere))).toEqual([]);
});

test("a rename is said to be likely where only one candidate fits, and not where two do", async () => {
  const one = await workshop.compare(table, "alter table t rename a to z", "");
  expect(one.drift.map((drift) => drift["likely rename"])).toEqual(["z", "a"]);
  const two = await workshop.compare(table, "alter table t rename a to z", "alter table t add y text");
  expect(two.drift.map((drift) => drift["likely rename"])).toEqual([undefined, undefined, undefined]);
});

test("another owner of everything is said once", async () => {
  const tables = Array.from({ length: 12 }, (_, number) => `create table t${number} (a integer)`).join(";");
  const { drift } = await workshop.compare(
    "create role joe",
    tables,
    `${tables}; ${Array.from({ length: 12 }, (_, number) => `alter table t${number} owner to joe`).join(";")}`,
  );
  expect(drift.map(({ kind, name, severity, also }) => [kind, name, severity, also?.length])).toEqual([
    ["owner", "postgres → joe", "info", 12],
  ]);
});

test("a kind of object that nothing reads is named", async () => {
  const snapshot = await workshop.schemaOf("create table t (a integer)");
  // as the next version's server might count
  snapshot.counts.push(["pg_next", "", 1]);
  const { coverage } = await compareSchemas(snapshot, snapshot);
  expect(coverage.filter((kind) => kind["not compared"])).toMatchObject([
    { kind: "pg_next", compared: 0, "not compared": 1 },
  ]);
});

test("the same words under another search path can stand for something else", async () => {
  const sql = "create schema s; create table t (a integer); create table s.t (a integer);";
  const [production, local] = [
    await workshop.schemaOf(sql, "create view v as select a from public.t", "set local search_path = public"),
    await workshop.schemaOf(sql, "create view v as select a from s.t", "set local search_path = s, public"),
  ];
  expect(inWords(await compareSchemas(production, local))).toEqual(["changed view v (definition)"]);
});

test("a catalog that is too large is read in parts, each object once", async () => {
  const { client } = workshop;
  await client.query(`begin; ${everything}`);
  const whole = await readCatalog(client);
  const { rows } = await client.query<{ catalog: string }>(writeCatalogStatement({ budget: 6000 }));
  const parts = listPartsAsked(rows[0].catalog);
  const catalogs: string[] = [];
  for (const part of parts)
    catalogs.push((await client.query<{ catalog: string }>(writeCatalogStatement({ part }))).rows[0].catalog);
  await client.query("rollback");
  expect(parts.length).toBeGreaterThan(3);
  const again = readSnapshot(...catalogs);
  expect(again.objects.length).toBe(readSnapshot(whole).objects.length);
  expect(inWords(await compareSchemas(readSnapshot(whole), again))).toEqual([]);
});

test("parts that were read while the schema changed are refused", async () => {
  const { client } = workshop;
  await client.query("begin");
  const first = (await client.query<{ catalog: string }>(writeCatalogStatement({ part: { part: 0, of: 2 } }))).rows[0]
    .catalog;
  await client.query("create table t (a integer)");
  const second = (await client.query<{ catalog: string }>(writeCatalogStatement({ part: { part: 1, of: 2 } }))).rows[0]
    .catalog;
  await client.query("rollback");
  expect(() => readSnapshot(first, second)).toThrow("The schema changed while it was read");
});

test("a catalog that a role may not read is named, and the rest is compared", async () => {
  const { client } = workshop;
  await client.query(
    `begin; ${table}; create function f() returns integer language sql as 'select 1'; create role blind; revoke select on pg_proc from public; set role blind`,
  );
  const { rows } = await client.query<{ catalogs: string }>(writeUnreadableStatement());
  const without = JSON.parse(rows[0].catalogs) as string[];
  expect(without).toEqual(["pg_proc"]);
  const blind = readSnapshot(
    (await client.query<{ catalog: string }>(writeCatalogStatement({ without }))).rows[0].catalog,
  );
  await client.query("rollback");
  const { drift, coverage } = await compareSchemas(
    await workshop.schemaOf(table, "create function f() returns integer language sql as 'select 1'"),
    blind,
  );
  expect(drift).toEqual([]);
  expect(coverage.find(({ kind }) => kind === "function")).toMatchObject({ compared: 0, "not readable": 1 });
});

test("what is out of order on one side by itself is found", async () => {
  const { client } = workshop;
  const sql = `create table t (id serial primary key, a text, t integer references t); insert into t (id) values (7); alter table t add check (a > '') not valid;
    create materialized view m as select 1 with no data; ${trigger}; alter table t disable trigger all;
    create index i on t (a); update pg_index set indisvalid = false where indexrelid = 'i'::regclass`;
  await client.query(`begin; set local allow_system_table_mods = on; ${sql}`);
  const snapshot = readSnapshot(await readCatalog(client));
  const { rows } = await client.query(writeSequenceStatement(snapshot)!);
  await client.query("rollback");
  const found = [...findTroubles("local", snapshot), ...rows.map((row) => describeBehindColumn("local", row))];
  expect(found.map(({ kind, name, severity }) => `${severity} ${kind} ${name}`).sort()).toEqual([
    "critical foreign key t_t_fkey",
    "critical sequence t_id_seq",
    "high index i",
    "high materialized view m",
    "high trigger g",
    "medium check constraint t_a_check",
  ]);
});

test("severity follows from what happens, not from the kind alone", async () => {
  const severity = async (both: string, production: string, local: string) =>
    (await workshop.compare(both, production, local)).drift.map((drift) => drift.severity);
  expect(await severity(table, "", "alter table t add e text")).toEqual(["high"]);
  expect(await severity(table, "alter table t add e text", "")).toEqual(["medium"]);
  expect(await severity(table, "alter table t add e text not null", "")).toEqual(["high"]);
  expect(await severity(table, "alter table t alter c type varchar(5)", "")).toEqual(["high"]);
  expect(await severity(table, "alter table t alter c type varchar(50)", "")).toEqual(["medium"]);
  expect(
    await severity(table, "alter table t drop constraint t_pkey", "alter table t alter id drop identity if exists"),
  ).toEqual(["critical"]);
  expect(await severity(table, "", "create index on t (a)")).toEqual(["medium"]);
  expect(
    await severity(`${table}; insert into t select generate_series(1, 100000); analyze t`, "", "create index on t (a)"),
  ).toEqual(["high"]);
});

test("the demo's 14 tables, 25 columns and the enum value are found, each with its revision and state", async () => {
  const world = (name: string) => readFileSync(join(__dirname, "..", "lib", "demo", "world", `${name}.sql`), "utf8");
  const { drift } = await workshop.compare(world("schema"), world("production"), world("local"));
  const revisions = await readRevisions(join(__dirname, "..", "lib", "demo", "world"));
  const explained = explainAll(drift, revisions, { production: ["20260115_0200"], local: ["7702d353e5b8"] });
  const states = (kind: string) =>
    explained
      .filter((each) => each.kind === kind)
      .map(({ name, explanation }) => `${name}: ${explanation?.state} ${explanation?.revision ?? ""}`.trim())
      .sort();
  expect(states("table")).toEqual([
    "accuracy_test_results: phantom 20260109_0200",
    "accuracy_test_runs: phantom 20260109_0200",
    "channels: phantom 20260108_0400",
    "coordinator_notification_preferences: pending 7702d353e5b8",
    "duplicate_events: phantom 20260109_0100",
    "duplicate_review_queue: phantom 20260109_0100",
    "ground_truth_documents: phantom 20260109_0200",
    "payment_methods: unrecorded 20260131_0000",
    "provider_credentials: pending 20260115_0300",
    "report_access_logs: phantom 20260109_0300",
    "session: unexplained",
    "team_channels: unexplained",
    "thread_messages: phantom 20260108_0400",
    "threads: phantom 20260108_0400",
  ]);
  expect(states("enum")).toEqual(["coordinator_action_type: pending 20260127_0100"]);
  const columns = states("column");
  expect(columns).toHaveLength(25);
  expect(columns.filter((text) => text.endsWith("phantom 20260115_0100"))).toEqual([
    "portal_access_notes: phantom 20260115_0100",
    "portal_password: phantom 20260115_0100",
    "portal_username: phantom 20260115_0100",
  ]);
  expect(columns.filter((text) => text.endsWith("unrecorded 20260131_0000"))).toHaveLength(22);
});
