import { query } from "../trusted";
import type { Sql } from "../template";

/** Who answers: one row of facts, each as text. */
export const identity = query`
select current_database() as database, version() as version, current_setting('server_version_num')::integer as server_version_num,
  current_user::text as role, pg_database_size(current_database()) as bytes,
  current_setting('transaction_read_only') as transaction_read_only, current_setting('statement_timeout') as statement_timeout,
  pg_is_in_recovery() as is_replica, pg_postmaster_start_time() as running_since`;

/**
 * Every ordinary and partitioned table outside the system's schemas, with the statistics' own estimate of its rows
 * (-1: never analysed).
 */
export const tables = query`
select n.nspname as schema, c.relname as table, c.reltuples::bigint as estimated_rows, pg_total_relation_size(c.oid) as bytes
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast') and n.nspname not like 'pg\_temp\_%'
order by 1, 2`;

/** What Alembic has recorded: one row for each head that was applied. */
export const revisions = query`select version_num as revision from alembic_version order by 1`;

/** Every column of every table: its type as PostgreSQL spells it, whether it may be null, and its default. */
export const columns = query`
select n.nspname as schema, c.relname as table, a.attname as column, format_type(a.atttypid, a.atttypmod) as type,
  not a.attnotnull as nullable, pg_get_expr(d.adbin, d.adrelid) as "default"
from pg_catalog.pg_attribute a
join pg_catalog.pg_class c on c.oid = a.attrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
where c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped
  and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast') and n.nspname not like 'pg\_temp\_%'
order by 1, 2, 3`;

/** Every enum with its values, in their order. */
export const enums = query`
select n.nspname as schema, t.typname as enum, string_agg(e.enumlabel, ', ' order by e.enumsortorder) as values
from pg_catalog.pg_enum e
join pg_catalog.pg_type t on t.oid = e.enumtypid
join pg_catalog.pg_namespace n on n.oid = t.typnamespace
group by 1, 2
order by 1, 2`;

/**
 * One table's columns, in their order; of every schema that has a table of this name, unless `schema.table` says
 * which.
 */
export function columnsOf(table: string): Sql {
  const [name, schema] = table.split(".").reverse();
  return query`
select n.nspname as schema, a.attname as column, format_type(a.atttypid, a.atttypmod) as type, not a.attnotnull as nullable
from pg_catalog.pg_attribute a
join pg_catalog.pg_class c on c.oid = a.attrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relname = ${name} and (n.nspname = ${schema ?? null} or ${schema === undefined}) and a.attnum > 0 and not a.attisdropped
order by 1, a.attnum`;
}
