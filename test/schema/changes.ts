/** A database's schema that a random number made, and the changes that can be made to it: each with what must be said of it. */
export interface World {
  sql: string;
  changes: Change[];
}

/** One change of one thing. No two changes of a world touch the same thing. */
export interface Change {
  /** The number of the table that it touches; nothing where it touches what belongs to none. */
  at?: number;
  sql: string;
  /** What is said where the change is made to local; nothing where it means nothing. */
  said: string[];
}

/** Numbers between 0 and 1 that are the same for the same seed. */
export function dice(seed: number): () => number {
  let state = seed * 2654435761;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** A world of `tables` such tables, each with a small one beside it, and of what belongs to no table. */
export function makeWorld(seed: number, tables = 4): World {
  const roll = dice(seed);
  const pick = <T>(list: T[]): T => list[Math.floor(roll() * list.length)];
  const names = ["licenses", "Odd Table", "order", "größe", 'quo"ted', "archive.events", "providers"].sort(
    () => roll() - 0.5,
  );
  const types = ["integer", "text", "numeric(8,2)", "timestamptz", "jsonb", "date", "boolean", "uuid", "varchar(30)"];
  const made = Array.from({ length: tables }, (_, at) =>
    table(tables === 4 ? names[at] : `table_${at}`, at, () => pick(types)),
  );
  const shared = others(roll);
  return {
    sql: [shared.sql, ...made.map(({ sql }) => sql)].join(";\n"),
    changes: [...made.flatMap(({ changes }) => changes), ...shared.changes],
  };
}

/** How a name stands in SQL, and how it is said. */
function table(called: string, at: number, type: () => string): World {
  const [schema, name] = called.includes(".") ? called.split(".") : ["public", called];
  const said = (column: string) => `${schema === "public" ? "" : `${schema}.`}${name}.${column}`;
  const whole = `${schema === "public" ? "" : `${schema}.`}${name}`;
  const t = `${schema}.${quote(name)}`;
  const own = (suffix: string) => quote(`${at}_${suffix}`);
  const own_ = (suffix: string) => `${at}_${suffix}`;
  const sql = `
create table ${t} (
  id bigserial primary key,
  plain ${type()}, "dropped" ${type()}, indexed integer, short varchar(20), required text not null, free text,
  renamed inet, status varchar(20), amount numeric(10, 2) default 0, made timestamptz default now(), "references" bigint, noted text,
  stored text, counted integer, granted text, state mood default 'calm', born date generated always as (date '2000-01-01') stored,
  constraint ${own("status")} check (status in ('new', 'old')),
  constraint ${own("amount")} check (amount >= 0),
  constraint ${own("short")} unique (short),
  constraint ${own("parent")} foreign key ("references") references parents on delete cascade,
  watched bigint, seen_count integer, constraint ${own("watched")} foreign key (watched) references parents
);
create index ${own("indexed")} on ${t} (indexed);
create index ${own("lower")} on ${t} (lower(free)) where free is not null;
create index ${own("plain")} on ${t} (counted desc);
create trigger ${own("touch")} before update on ${t} for each row execute function touch();
create trigger ${own("other")} before insert on ${t} for each row execute function touch();
create policy ${own("policy")} on ${t} using (id > 0);
create view ${schema}.${own("deep")} as select d.id, d.a from (select id, counted as a, seen_count as b from ${t}) d;
create view ${schema}.${own("view")} as select id, status from ${t} where status in ('new', 'old');
comment on column ${t}.noted is 'before';
create table ${schema}.${own("extra")} (a integer primary key, b ${type()})`;
  const alter = `alter table ${t}`;
  const changes: Change[] = [
    { sql: `${alter} add added ${type()}`, said: [`only in local column ${said("added")}`] },
    {
      sql: `${alter} add keyed integer references parents; create index on ${t} (keyed)`,
      said: [`only in local column ${said("keyed")}`],
    },
    { sql: `${alter} drop "dropped"`, said: [`only in production column ${said("dropped")}`] },
    { sql: `${alter} drop indexed`, said: [`only in production column ${said("indexed")}`] },
    { sql: `${alter} alter short type varchar(40)`, said: [`changed column ${said("short")} (type)`] },
    { sql: `${alter} alter required drop not null`, said: [`changed column ${said("required")} (not null)`] },
    { sql: `${alter} alter plain set not null`, said: [`changed column ${said("plain")} (not null)`] },
    {
      sql: `${alter} rename renamed to renamed_too`,
      said: [`only in local column ${said("renamed_too")}`, `only in production column ${said("renamed")}`],
    },
    {
      sql: `${alter} drop constraint ${own("status")}, add constraint ${own("status")} check (status = any (array['old', 'new']))`,
      said: [],
    },
    {
      sql: `${alter} rename constraint ${own("amount")} to ${own("renamed_amount")}`,
      said: [`info: changed check constraint ${said(own_("amount"))} (name)`],
    },
    { sql: `${alter} alter amount set default 0.00`, said: [] },
    { sql: `${alter} alter made set default current_timestamp`, said: [] },
    { sql: `${alter} add passing text; ${alter} drop passing`, said: [] },
    {
      sql: `${alter} drop constraint ${own("parent")}, add constraint ${own("parent")} foreign key ("references") references parents on delete set null`,
      said: [`changed foreign key ${said(own_("parent"))} (definition)`],
    },
    {
      sql: `drop index ${schema}.${own("lower")}; create index ${own("lower")} on ${t} (upper(free)) where free is not null`,
      said: [`changed index ${said(own_("lower"))} (definition)`],
    },
    {
      sql: `alter index ${schema}.${own("plain")} rename to ${own("renamed_plain")}`,
      said: [`info: changed index ${said(own_("plain"))} (name)`],
    },
    {
      sql: `create unique index ${own("new")} on ${t} (id, stored)`,
      said: [`only in local index ${said(own_("new"))}`],
    },
    { sql: `${alter} disable trigger ${own("touch")}`, said: [`changed trigger ${said(own_("touch"))} (enabled)`] },
    { sql: `drop trigger ${own("other")} on ${t}`, said: [`only in production trigger ${said(own_("other"))}`] },
    {
      sql: `alter policy ${own("policy")} on ${t} using (id > 1)`,
      said: [`changed policy ${said(own_("policy"))} (using)`],
    },
    { sql: `${alter} enable row level security`, said: [`changed table ${whole} (row security)`] },
    { sql: `comment on column ${t}.noted is 'after'`, said: [`changed comment ${said("noted")} (text)`] },
    { sql: `comment on table ${t} is 'new'`, said: [`only in local comment ${whole}`] },
    { sql: `${alter} alter stored set storage external`, said: [`changed column ${said("stored")} (storage)`] },
    { sql: `${alter} alter counted set statistics 7`, said: [`changed column ${said("counted")} (statistics target)`] },
    { sql: `grant select on ${t} to public`, said: [`only in local privilege ${said("public")}`] },
    {
      sql: `grant update (granted) on ${t} to public`,
      said: [`only in local privilege ${said("public on column granted")}`],
    },
    { sql: `grant insert on ${t} to public; revoke insert on ${t} from public`, said: [] },
    {
      sql: `${alter} add constraint ${own("late")} check (id <> 7) not valid`,
      said: [`only in local check constraint ${said(own_("late"))}`],
    },
    {
      sql: `drop table ${schema}.${own("extra")}`,
      said: [`only in production table ${whole.replace(name, own_("extra"))}`],
    },
    {
      sql: `create table ${schema}.${own("fresh")} (a serial primary key, b text unique, check (a > 0)); comment on table ${schema}.${own("fresh")} is 'x'`,
      said: [`only in local table ${whole.replace(name, own_("fresh"))}`],
    },
    {
      sql: `create or replace view ${schema}.${own("view")} as select x.id, x.status from ${t} as x where (x.status)::text = 'old' or x.status = 'new'`,
      said: [],
    },
    {
      sql: `create or replace view ${schema}.${own("deep")} as select d.id, d.b as a from (select id, counted as a, seen_count as b from ${t}) d`,
      said: [`changed view ${schema === "public" ? "" : `${schema}.`}${own_("deep")} (definition)`],
    },
    {
      sql: disableForeignKey(t, own_("watched")),
      said: [`changed foreign key ${said(own_("watched"))} (triggers disabled)`],
    },
  ];
  return { sql, changes: changes.map((change) => ({ at, ...change })) };
}

/** As it is after rows were copied in an order that their keys do not allow. */
function disableForeignKey(t: string, name: string): string {
  return `do $$ declare g text; begin
  for g in select tgname from pg_trigger join pg_constraint c on c.oid = tgconstraint where tgrelid = '${t.replace(/'/g, "''")}'::regclass and conname = '${name}'
  loop execute format('alter table ${t.replace(/'/g, "''")} disable trigger %I', g); end loop; end $$`;
}

/** What belongs to no table. */
function others(roll: () => number): World {
  const start = Math.floor(roll() * 100) + 1;
  return {
    sql: `
create schema archive;
create type mood as enum ('calm', 'glad');
create type pair as (a integer, b text);
create domain positive as integer check (value > 0);
create sequence counter start ${start};
create sequence other_counter;
create table parents (id serial primary key, a integer, b text);
create table parts (id integer, at date) partition by range (at);
create table parts_2025 partition of parts for values from ('2025-01-01') to ('2026-01-01');
create statistics both_ab on a, b from parents;
create function touch() returns trigger language plpgsql as $$ begin return new; end $$;
create function one() returns integer language sql as 'select 1';
create function two(a integer) returns integer language sql immutable as 'select a';
create function windows() returns integer language plpgsql as E'begin\\r\\n  return 1;\\r\\nend';
create materialized view summary as select count(*) as n from parents;
create view seen as select parents.id from parents parents`,
    changes: [
      { sql: "alter type mood add value 'sad'", said: ["changed enum mood (values)"] },
      {
        sql: "do $$ begin execute format('alter database %I set work_mem = ''7MB''', current_database()); end $$",
        said: ["only in local database setting work_mem"],
      },
      { sql: "alter type pair add attribute c date", said: ["changed composite type pair (fields)"] },
      { sql: "alter domain positive add check (value < 10)", said: ["changed domain positive (checks)"] },
      { sql: "alter sequence counter increment 7", said: ["changed sequence counter (increment)"] },
      { sql: "drop sequence other_counter", said: ["only in production sequence other_counter"] },
      {
        sql: "create table parts_2026 partition of parts for values from ('2026-01-01') to ('2027-01-01')",
        said: ["only in local partition parts.parts_2026"],
      },
      { sql: "alter table parts add c text; create index on parts (c)", said: ["only in local column parts.c"] },
      { sql: "drop statistics both_ab", said: ["only in production statistics parents.both_ab"] },
      {
        sql: "create or replace function one() returns integer language sql as 'select 2'",
        said: ["changed function one() (body)"],
      },
      { sql: "alter function two(integer) stable", said: ["changed function two(integer) (volatility)"] },
      {
        sql: "create or replace function windows() returns integer language plpgsql as E'begin\\n  return 1;\\nend'",
        said: [],
      },
      {
        sql: "refresh materialized view summary with no data",
        said: ["changed materialized view summary (not populated)"],
      },
      { sql: "create or replace view seen as select p.id from parents p", said: [] },
      { sql: "create schema fresh; create table fresh.a (b integer)", said: ["only in local schema fresh"] },
      {
        sql: "create rule quiet as on delete to parents do instead nothing",
        said: ["only in local rule parents.quiet"],
      },
    ],
  };
}

function quote(name: string): string {
  return `"${name.replace(/"/g, '""')}"`;
}
