import { query } from "../trusted";

/**
 * Foreign keys of which no index begins with the columns: the table, the columns, and the planner's estimate of its
 * rows.
 */
export const unindexedForeignKeys = query`
select n.nspname as schema, c.relname as table, k.conname as constraint,
  (select string_agg(a.attname, ', ' order by a.attnum) from pg_catalog.pg_attribute a where a.attrelid = k.conrelid and a.attnum = any(k.conkey)) as columns,
  c.reltuples::bigint as rows
from pg_catalog.pg_constraint k
join pg_catalog.pg_class c on c.oid = k.conrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where k.contype = 'f' and not exists (
  select 1 from pg_catalog.pg_index i
  where i.indrelid = k.conrelid and i.indpred is null and i.indisvalid
    and (string_to_array(i.indkey::text, ' ')::smallint[])[1:cardinality(k.conkey)] @> k.conkey
)
order by 1, 2, 3`;

/** Indexes that nothing has read since the statistics began, without the unique ones: they are rules. */
export const unusedIndexes = query`
select s.schemaname as schema, s.relname as table, s.indexrelname as index, pg_relation_size(s.indexrelid) as bytes, d.stats_reset as since
from pg_catalog.pg_stat_user_indexes s
join pg_catalog.pg_index i on i.indexrelid = s.indexrelid
join pg_catalog.pg_stat_database d on d.datname = current_database()
where s.idx_scan = 0 and not i.indisunique
order by 1, 2, 3`;
