import { query } from "../trusted";

/**
 * Every column of every table that may be read: where it is, its type, PostgreSQL's letter for the kind of type (N
 * number, S text, D date, B boolean, E enum), the rows of its table as the statistics estimate them, whether it holds
 * any, and whether they can be marked as deleted. A partition belongs to its table.
 */
export const readableColumns = query`
with readable as materialized (
  select c.oid, n.nspname as schema, c.relname as table, greatest(c.reltuples, s.n_live_tup)::bigint as estimated_rows,
    (xpath('//holds/text()', query_to_xml(format('select exists (select 1 from %I.%I) as holds', n.nspname, c.relname), false, true, '')))[1]::text::boolean as holds_rows,
    exists (select 1 from pg_catalog.pg_attribute d where d.attrelid = c.oid and d.attname = 'is_deleted' and d.atttypid = 16 and not d.attisdropped) as marks_deleted
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  left join pg_catalog.pg_stat_user_tables s on s.relid = c.oid
  where c.relkind in ('r', 'p') and not c.relispartition and not c.relrowsecurity and has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select')
    and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast') and n.nspname not like 'pg\_temp\_%'
)
select r.schema, r.table, a.attname as column, format_type(a.atttypid, a.atttypmod) as type, t.typcategory::text as category, r.estimated_rows::bigint, r.holds_rows::boolean, r.marks_deleted::boolean
from readable r
join pg_catalog.pg_attribute a on a.attrelid = r.oid
join pg_catalog.pg_type t on t.oid = a.atttypid
where a.attnum > 0 and not a.attisdropped
order by 1, 2, a.attnum`;

/**
 * The NPIs that fail their check digit, wherever a column `npi` is: counted inside PostgreSQL, so that no number
 * leaves it. Ten digits after 80840 make Luhn's sum divisible by ten (45 CFR 162.406; ISO/IEC 7812-1, annex B). Of
 * the digits, the first, third, … ninth count twice: 0 to 9 become 0 2 4 6 8 1 3 5 7 9. The prefix adds 24.
 */
export const npiCheckDigits = query`
select n.nspname as schema, c.relname as table, a.attname as column, rows[1]::text::bigint as rows, wrong[1]::text::bigint as wrong
from pg_catalog.pg_attribute a
join pg_catalog.pg_class c on c.oid = a.attrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
cross join lateral (select query_to_xml(format($sql$
  select pg_catalog.count(npi) as rows, pg_catalog.count(*) filter (where npi operator(pg_catalog.!~) '^[0-9]{10}$' or ((24 operator(pg_catalog.+) (
    select pg_catalog.sum(pg_catalog.strpos(case when (place operator(pg_catalog.%%) 2) operator(pg_catalog.=) 1 then '0516273849' else '0123456789' end,
      pg_catalog.substr(npi, place, 1)) operator(pg_catalog.-) 1) from pg_catalog.generate_series(1, 10) place)) operator(pg_catalog.%%) 10) operator(pg_catalog.<>) 0
  ) as wrong
  from (select pg_catalog.btrim(%I::pg_catalog.text) as npi from %I.%I%s) numbers where npi operator(pg_catalog.<>) ''$sql$,
  a.attname, n.nspname, c.relname,
  case when exists (select 1 from pg_catalog.pg_attribute d where d.attrelid = c.oid and d.attname = 'is_deleted' and d.atttypid = 16 and not d.attisdropped) then ' where is_deleted is not true' end
), false, true, '') as counts) x
cross join lateral (select xpath('//rows/text()', counts) as rows, xpath('//wrong/text()', counts) as wrong) y
where a.attname in ('npi', 'npi_number') and a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p') and not c.relispartition
  and has_table_privilege(c.oid, 'select') and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast') and n.nspname not like 'pg\_temp\_%'
order by 1, 2, 3`;
