import { query } from "../trusted";
import { identifier, buildTemplate, type Sql } from "../template";

/**
 * A column as a hash that tells equal from different and nothing else: SHA-256 of a random key and the value,
 * lower-cased and trimmed, computed inside PostgreSQL. The key is made with the process and gone with it
 * (`lib/guard/keyed-hash.ts` writes it in, the log masks it): equal people match, and nobody can be looked up.
 *
 * @example await both(sql`select ${hashed("email")} as person from users order by 1`);
 */
export function hashed(column: string): Sql {
  return buildTemplate`keyed_hash(${identifier(...column.split("."))})`;
}

/**
 * Every table as a candidate for reference data: how often its rows were changed or deleted since the statistics
 * began, how many foreign keys and `*_id` columns of other tables point to it; as JSON the columns of its primary
 * key, of its natural key (the narrowest unique key without nulls, predicate or expression), and its own foreign
 * keys.
 */
export const tableUse = query`
select n.nspname as schema, c.relname as table, s.n_tup_upd + s.n_tup_del as changes,
  (select count(*) from pg_catalog.pg_constraint f where f.contype = 'f' and f.confrelid = c.oid and f.conrelid <> c.oid) as foreign_keys,
  (select count(*) from pg_catalog.pg_attribute a join pg_catalog.pg_class o on o.oid = a.attrelid
    where o.relkind in ('r', 'p') and o.oid <> c.oid and o.relnamespace = c.relnamespace and a.attname like '%\_id' and not a.attisdropped
      and (c.relname in (left(a.attname, -3), left(a.attname, -3) || 's') or right(c.relname, length(a.attname) - 1) = '_' || left(a.attname, -3) || 's')) as id_columns,
  (select json_agg(a.attname order by k.place)::text from pg_catalog.pg_index i
    cross join unnest(i.indkey::smallint[]) with ordinality as k(number, place) join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = k.number
    where i.indrelid = c.oid and i.indisprimary) as primary_key,
  (select json_agg(a.attname order by k.place)::text from unnest(u.columns) with ordinality as k(number, place)
    join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = k.number) as natural_key,
  (select json_agg(json_build_object('column', a.attname, 'table', o.relname, 'refers_to', b.attname) order by a.attname)::text from pg_catalog.pg_constraint f
    join pg_catalog.pg_class o on o.oid = f.confrelid
    join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = f.conkey[1] join pg_catalog.pg_attribute b on b.attrelid = o.oid and b.attnum = f.confkey[1]
    where f.contype = 'f' and f.conrelid = c.oid and cardinality(f.conkey) = 1) as refers
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_stat_user_tables s on s.relid = c.oid
left join lateral (
  select i.indkey::smallint[] as columns from pg_catalog.pg_index i
  where i.indrelid = c.oid and i.indisunique and not i.indisprimary and i.indpred is null and i.indexprs is null and i.indnkeyatts = i.indnatts
    and not exists (select 1 from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum = any(i.indkey::smallint[]) and not a.attnotnull)
  order by i.indnkeyatts, i.indexrelid limit 1) u on true
where c.relkind in ('r', 'p')
order by 1, 2`;
