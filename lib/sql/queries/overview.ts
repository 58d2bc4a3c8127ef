import { query } from "../trusted";

/** Licences by state, type, status and month of expiry; `expiring` within 90 days. No person in it. */
export const licenses = query`
select state, coalesce(license_type, '(none)') as license_type, status, coalesce(to_char(expiration_date, 'YYYY-MM'), '(none)') as month, count(*) as licenses,
  count(*) filter (where status = 'active') as active,
  count(*) filter (where expiration_date < current_date) as expired,
  count(*) filter (where expiration_date between current_date and current_date + 90) as expiring,
  count(*) filter (where status = 'active' and expiration_date < current_date) as active_though_expired
from licenses
where is_deleted = false
group by 1, 2, 3, 4
order by 1, 2, 3, 4`;

/** Activities of continuing education by topic, type and category of credit. No person in it. */
export const cmeActivities = query`
select coalesce(topic, '(none)') as topic, activity_type, credit_category, count(*) as activities, sum(credits_earned)::numeric as credits, count(*) filter (where is_verified) as verified
from cme_activities
where is_deleted = false
group by 1, 2, 3
order by 1, 2, 3`;

/**
 * Cycles of continuing education by state: what they require and what was earned in them, on average, and how many
 * have met it.
 */
export const cmeCycles = query`
select c.state, count(*) as cycles, count(*) filter (where coalesce(e.credits, 0) >= c.required_credits) as met,
  avg(c.required_credits)::numeric as required, avg(coalesce(e.credits, 0))::numeric as earned
from cme_cycles c
left join (select a.cycle_id, sum(a.credits_applied) as credits from cme_activity_cycles a group by a.cycle_id) e on e.cycle_id = c.id
group by 1
order by 1`;

/** Notifications by type, channel, delivery and week. */
export const notifications = query`
select notification_type, channel, delivery_status, to_char(date_trunc('week', created_at), 'YYYY-MM-DD') as week, count(*) as notifications,
  count(*) filter (where is_read) as read, count(*) filter (where delivery_status = 'delivered') as delivered
from notifications
group by 1, 2, 3, 4
order by 1, 2, 3, 4`;

/**
 * Every column that refers to another table, with its rows, how many of them refer to something, and how many to
 * something that is not there. `known_by` is `foreign key`, or `name` for a column that ends in _id and has none:
 * `user_id` then means users, where the types fit. `target` is null where the name leads nowhere: such a column is
 * not counted.
 */
export const references = query`
with foreign_key as (
  select f.conrelid as relation, f.confrelid as target, k.own, f.confkey[k.place::integer] as other, f.oid as key, k.place
  from pg_catalog.pg_constraint f
  cross join lateral unnest(f.conkey) with ordinality as k(own, place)
  where f.contype = 'f' and f.conparentid = 0
), named as (
  select a.attrelid as relation, a.attname, a.attnum as own, a.atttypid, c.relnamespace,
    left(a.attname, -3) as stem, regexp_replace(left(a.attname, -3), '^.*_', '') as word
  from pg_catalog.pg_attribute a
  join pg_catalog.pg_class c on c.oid = a.attrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p') and not c.relispartition and a.attnum > 0 and not a.attisdropped and a.attname like '%\_id'
    and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast') and n.nspname not like 'pg\_temp\_%'
    and not exists (select 1 from foreign_key f where f.relation = a.attrelid and f.own = a.attnum)
), guessed as (
  select m.relation, m.own, g.target, g.other
  from named m
  join pg_catalog.pg_type mt on mt.oid = m.atttypid
  left join lateral (
    select t.oid as target, p.attnum as other
    from pg_catalog.pg_class t
    join pg_catalog.pg_index i on i.indrelid = t.oid and i.indisprimary and i.indnatts = 1
    join pg_catalog.pg_attribute p on p.attrelid = t.oid and p.attnum = i.indkey[0]
    join pg_catalog.pg_type pt on pt.oid = p.atttypid
    where t.relnamespace = m.relnamespace
      and t.relname in (m.stem, m.stem || 's', m.stem || 'es', regexp_replace(m.stem, 'y$', 'ies'), m.word, m.word || 's', m.word || 'es', regexp_replace(m.word, 'y$', 'ies'), case when m.word in ('by', 'to') then 'users' end)
      and (p.atttypid = m.atttypid or (pt.typcategory = mt.typcategory and pt.typcategory in ('N', 'S')))
    order by length(t.relname) desc, t.relname
    limit 1) g on true
), pair as (
  select f.relation, f.target, f.own, f.other, f.key, f.place, 'foreign key' as known_by from foreign_key f
  union all select g.relation, g.target, g.own, g.other, null, 1, 'name' from guessed g
), reference as (
  select p.relation, p.target, p.known_by,
    string_agg(a.attname, ', ' order by p.place) as columns,
    string_agg(format('r.%I is not null', a.attname), ' and ' order by p.place) as filled,
    string_agg(case when b.attname is not null then format('t.%I operator(%I.=) r.%I', b.attname, coalesce(e.nspname, 'pg_catalog'), a.attname) end,
      ' and ' order by p.place) as met
  from pair p
  join pg_catalog.pg_attribute a on a.attrelid = p.relation and a.attnum = p.own
  left join pg_catalog.pg_attribute b on b.attrelid = p.target and b.attnum = p.other
  left join lateral (
    select n.nspname from pg_catalog.pg_operator o
    join pg_catalog.pg_namespace n on n.oid = o.oprnamespace
    join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_operator'::regclass and d.objid = o.oid and d.deptype = 'e'
    where o.oprname = '=' and o.oprleft = b.atttypid and o.oprright = a.atttypid limit 1) e on true
  group by p.relation, p.target, p.known_by, coalesce(p.key::text, p.own::text)
), counted as materialized (
  select n.nspname as schema, c.relname as "table", r.columns, t.relname as target, r.known_by,
    case when r.target is not null then query_to_xml(format(
      'select pg_catalog.count(*) as rows, pg_catalog.count(*) filter (where %s) as filled, pg_catalog.count(*) filter (where %s and t.tableoid is null) as orphans
        from %I.%I r left join %I.%I t on %s',
      r.filled, r.filled, n.nspname, c.relname, tn.nspname, t.relname, r.met), false, true, '') end as counts
  from reference r
  join pg_catalog.pg_class c on c.oid = r.relation
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  left join pg_catalog.pg_class t on t.oid = r.target
  left join pg_catalog.pg_namespace tn on tn.oid = t.relnamespace
)
select schema, "table", columns as "column", target, known_by,
  (xpath('//rows/text()', counts))[1]::text::bigint as rows,
  (xpath('//filled/text()', counts))[1]::text::bigint as filled,
  (xpath('//orphans/text()', counts))[1]::text::bigint as orphans
from counted
order by 1, 2, 3, 4`;
