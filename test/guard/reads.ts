/** What a person at work writes: every one is allowed, with the catalog and without. */
export const reads: string[] = `
select 1
select count(*) from providers
select state, count(*) as n from licenses group by state order by n desc, state limit 10
select state, license_type, count(*) from licenses group by 1, 2 order by 3 desc nulls last, 1 offset 5
select count(*) filter (where status = 'active' and expiration_date < current_date) from licenses
select date_trunc('month', created_at) as month, count(*) from users group by date_trunc('month', created_at) order by month
select date_trunc('month', created_at)::date as month, count(*) from users group by 1 order by 1
select extract(year from expiration_date) as year, count(*) from licenses group by 1 order by 1
select extract(epoch from now() - created_at) / 86400 as days from users order by 1 limit 5
select age(now(), min(created_at)) from users
select to_char(created_at, 'YYYY-MM') as month, count(*) from audit_logs group by 1 order by 1
select percentile_cont(0.5) within group (order by credits_earned) from cme_activities
select percentile_disc(array[0.25, 0.5, 0.75]) within group (order by credits_earned) from cme_activities
select mode() within group (order by topic) from cme_activities
select avg(credits_earned)::numeric(10, 2), round(stddev(credits_earned), 2), min(credits_earned), max(credits_earned) from cme_activities
select round(100.0 * count(*) filter (where status = 'active') / nullif(count(*), 0), 1) as percent from licenses
select state, count(*) * 100.0 / sum(count(*)) over () as share from licenses group by state
select state, rank() over (order by count(*) desc) from licenses group by state
select id, state, row_number() over (partition by provider_id order by expiration_date desc) as n from licenses
select id, lag(created_at) over (order by created_at) as before from users
select created_at::date as day, count(*) over (order by created_at::date rows between 6 preceding and current row) from users
select topic, sum(credits_earned) over w as running from cme_activities window w as (partition by topic order by completion_date range between interval '30 days' preceding and current row)
select ntile(4) over (order by credits_earned) from cme_activities
select first_value(state) over (partition by license_type order by expiration_date) from licenses
with recent as (select * from audit_logs where created_at > now() - interval '7 days') select event_type, count(*) from recent group by event_type
with a as (select provider_id, count(*) as n from licenses group by 1), b as (select n, count(*) as providers from a group by n) select * from b order by n
with recursive n(i) as (select 1 union all select i + 1 from n where i < 10) select i from n
with recursive months as (select date '2025-01-01' as m union all select (m + interval '1 month')::date from months where m < date '2025-12-01') select m, count(l.id) from months left join licenses l on date_trunc('month', l.expiration_date) = m group by m order by m
with x as materialized (select state from licenses) select count(*) from x
select * from (select state, count(*) as n from licenses group by state) s where n > 10 order by n
select s.state, s.n from (select state, count(*) n from licenses group by state) as s(state, n)
select p.specialty, l.n from providers p cross join lateral (select count(*) as n from licenses where provider_id = p.id) l
select p.id, l.state from providers p left join lateral (select state from licenses where licenses.provider_id = p.id order by expiration_date desc limit 1) l on true
select specialty, count(*) from providers p where exists (select 1 from licenses l where l.provider_id = p.id and l.state = 'CA') group by specialty
select count(*) from providers p where not exists (select from licenses l where l.provider_id = p.id)
select count(*) from licenses where provider_id in (select id from providers where is_active)
select count(*) from licenses where provider_id not in (select id from providers)
select count(*) from licenses where state in ('CA', 'NY') and license_type <> 'DEA'
select count(*) from licenses where state = any(array['CA', 'NY'])
select count(*) from licenses where state = any('{CA,NY}')
select count(*) from licenses where provider_id = any(select id from providers)
select count(*) from licenses where (state, license_type) in (('CA', 'MD'), ('NY', 'DO'))
select count(*) from licenses where (state, license_type) in (select state, license_type from cme_requirements)
select count(*) from licenses where state like 'C%' or license_type ilike '%d%' or state ~ '^[A-M]' or status !~* 'x'
select count(*) from licenses where state similar to '(CA|NY)'
select count(*) from licenses where state not in ('ZZ') and status not like 'x%' and issue_date not between '2020-01-01' and '2020-12-31'
select count(*) from licenses where issue_date is distinct from expiration_date
select case when expiration_date < current_date then 'expired' when expiration_date < current_date + 30 then 'soon' else 'fine' end as bucket, count(*) from licenses group by 1
select case state when 'CA' then 'west' else 'rest' end, count(*) from licenses group by 1
select coalesce(specialty, '(none)') as specialty, count(*) from providers group by 1 order by 2 desc
select nullif(specialty, '') is null as empty, count(*) from providers group by 1
select greatest(created_at, updated_at), least(created_at, updated_at) from users limit 3
select upper(state), lower(status), length(license_type), left(license_type, 1), substring(state from 1 for 1), state || '-' || license_type, concat(state, '/', status), trim(both ' ' from status), replace(status, 'a', 'b'), split_part(status, 'i', 1) from licenses limit 5
select string_agg(distinct state, ', ' order by state) from licenses
select array_agg(state order by state) from licenses
select array_length(array_agg(distinct state), 1) from licenses
select unnest(array['a', 'b'])
select cardinality(schedules), schedules[1] from dea_registrations limit 3
select s, count(*) from dea_registrations, unnest(schedules) as s group by s
select 'II' = any(schedules), count(*) from dea_registrations group by 1
select applicability ->> 'kind', applicability -> 'states' -> 0 from cme_rules
select k, count(*) from cme_rules, jsonb_object_keys(applicability) as k group by k
select e.key, e.value from cme_rules, jsonb_each_text(applicability) e
select e.value from cme_rules r, jsonb_array_elements_text(r.applicability -> 'states') as e
select jsonb_typeof(applicability), count(*) from cme_rules where applicability ? 'kind' group by 1
select r.* from jsonb_to_recordset('[{"a": 1, "b": "x"}]') as r(a int, b text)
select json_agg(json_build_object('state', state, 'n', n)) from (select state, count(*) n from licenses group by state) x
select row_to_json(x) from (select state, count(*) n from licenses group by state) x
select g, count(l.id) from generate_series(1, 12) g left join licenses l on extract(month from l.expiration_date) = g group by g order by g
select d::date, count(u.id) from generate_series(date '2025-01-01', date '2025-12-31', interval '1 month') d left join users u on date_trunc('month', u.created_at) = d group by 1
select d from generate_series(current_date - 30, current_date, '1 day') as d
select state, license_type, count(*) from licenses group by rollup (state, license_type)
select state, license_type, count(*), grouping(state, license_type) from licenses group by cube (state, license_type)
select state, status, count(*) from licenses group by grouping sets ((state), (status), ())
values ('CA', 1), ('NY', 2)
select v.state, count(l.id) from (values ('CA'), ('NY')) as v(state) left join licenses l on l.state = v.state group by v.state
select state from licenses union select state from cme_requirements order by state
select 'licenses' as t, count(*) from licenses union all select 'users', count(*) from users order by 1
select state from licenses except select state from cme_requirements
select state from licenses intersect select state from cme_requirements
table cme_topics
select * from cme_topics
select t.* from cme_topics t
select distinct state from licenses order by state
select distinct on (provider_id) provider_id, state, expiration_date from licenses order by provider_id, expiration_date desc
select count(distinct (state, license_type)) from licenses
select count(distinct email), count(email), count(*) - count(email) as missing from users
select count(*) from users where email is null or phone is not null
select count(*) from providers where npi = ''
select count(*) from users u join providers p on lower(u.email) = lower(p.email)
select count(*) from users u join campaign_recipients r using (email)
select specialty, count(*) from providers group by specialty having count(*) > 5 and count(distinct npi) > 3
select count(*) from (select npi from providers group by npi having count(*) > 1) twice
select count(*) from (select distinct lower(email) from users) x
select count(*) from (select lower(email) as e, count(*) as n from users group by lower(email)) x where n > 1
select organization_id, count(*) filter (where phone is null) as no_phone from providers group by organization_id
select count(*) from (select first_name, last_name, count(*) from providers group by first_name, last_name having count(*) > 1) d
select count(*) from users where coalesce(phone, '') = ''
select count(nullif(email, '')) from providers
select count(*) from licenses l join providers p on p.id = l.provider_id join organizations o on o.id = p.organization_id where o.name = 'Lakeside Physician Group'
select o.name, count(*) from organizations o join providers p on p.organization_id = o.id group by o.id order by count(*) desc limit 5
select l.state, o.name from licenses l join providers p on p.id = l.provider_id left join organizations o on o.id = p.organization_id limit 5
select count(*) from licenses a join licenses b on a.license_number = b.license_number and a.id < b.id
select keyed_hash(email) from users order by id limit 3
select keyed_hash(u.email) as who, count(*) from users u group by 1
select id, now() - created_at as since, justify_days(now() - created_at) from users limit 1
select make_date(2025, 1, 1), make_interval(days => 3), date_part('dow', now()), to_date('2025', 'YYYY'), timestamp '2025-01-01' at time zone 'UTC'
select current_timestamp, localtimestamp, current_time, current_user, session_user, current_database(), current_schema, now()::date, date '2025-02-01' + 7, interval '1' day
select created_at at time zone 'America/New_York' from users limit 1
select '2025-01-01'::timestamptz, '1 day'::interval, 5::text, '5'::int, true::text, 1.5::float8, cast('x' as varchar(5)), null::date
select 7 / 2, 7 % 2, 2 ^ 3, -5, @ -5, 1 << 2, 5 & 3, |/ 16, abs(-1), floor(1.5), ceil(1.5), round(1.234, 2), trunc(1.9), mod(7, 2), power(2, 3), sqrt(4), sign(-2), random() < 2
select count(*) from licenses tablesample bernoulli (50) repeatable (1)
select md5('x'), sha256('x'::bytea), encode('x'::bytea, 'hex')
select regexp_replace(status, '[aeiou]', '', 'g'), regexp_match(status, 'a(.)'), initcap_free from (select status, 1 as initcap_free from licenses) x limit 1
select lpad(id::text, 8, '0'), repeat('=', 10), format('%s-%s', state, status) from licenses limit 1
select (now() - interval '90 days')::date as since, width_bucket(credits_earned, 0, 50, 5) as bucket, count(*) from cme_activities group by 2, 1
select tableoid::regclass, count(*) from licenses group by 1
select ctid from licenses limit 1
select version()
select current_setting('server_version'), current_setting('TimeZone')
select pg_size_pretty(pg_database_size(current_database()))
select relname, pg_size_pretty(pg_total_relation_size(relid)) from pg_stat_user_tables order by pg_total_relation_size(relid) desc limit 10
select relname, n_live_tup, last_autovacuum from pg_stat_user_tables order by n_live_tup desc
select c.relname, c.reltuples::bigint, pg_relation_size(c.oid) from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'public' and c.relkind = 'r'
select a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull from pg_attribute a where a.attrelid = 'licenses'::regclass and a.attnum > 0 and not a.attisdropped order by a.attnum
select conname, contype, conrelid::regclass from pg_constraint where connamespace = 'public'::regnamespace
select t.typname, e.enumlabel from pg_enum e join pg_type t on t.oid = e.enumtypid order by t.typname, e.enumsortorder
select indexname, tablename from pg_indexes where schemaname = 'public' order by 1
select i.relname, x.indisunique from pg_index x join pg_class i on i.oid = x.indexrelid where x.indrelid = to_regclass('public.licenses')
select indexrelname, idx_scan from pg_stat_user_indexes where idx_scan = 0
select count(*) from pg_indexes where indexdef is not null
select tablename from pg_tables where schemaname = 'public'
select table_name, column_name, data_type from information_schema.columns where table_schema = 'public' order by 1, ordinal_position
select column_name, column_default is not null as has_default from information_schema.columns where table_name = 'users'
select constraint_name, constraint_type from information_schema.table_constraints where table_schema = 'public'
select * from information_schema.key_column_usage where table_name = 'licenses'
select viewname from pg_views where schemaname = 'public'
select sequence_name, start_value from information_schema.sequences
select name, setting from pg_settings where name in ('server_version', 'TimeZone', 'max_connections')
select setting from pg_settings where name = 'server_version' and context = 'internal'
select name, context from pg_settings limit 5
select state, backend_type, count(*) from pg_stat_activity group by 1, 2
select datname, pg_database_size(oid) from pg_database where not datistemplate
select tablename, attname, n_distinct, null_frac from pg_stats where schemaname = 'public' limit 5
select extname, extversion from pg_extension
select proname from pg_proc where pronamespace = 'public'::regnamespace
select tgname, tgrelid::regclass from pg_trigger where not tgisinternal
select pg_is_in_recovery(), pg_postmaster_start_time(), pg_backend_pid()
select has_table_privilege('licenses', 'select'), has_schema_privilege('public', 'create')
explain select count(*) from licenses where state = 'CA'
explain (format json, costs off) select state from licenses
explain select email from users
show server_version
show timezone
show search_path
select /* a comment */ 1 -- and another
select "state" from "licenses" limit 1
select U&"st\\0061te" from licenses limit 1
SELECT $$a'b$$, E'tab\\t', 'it''s'
select count(*) from public.licenses
select licenses.state from public.licenses limit 1
select public.licenses.state from public.licenses limit 1
select array(select distinct state from licenses order by 1)
select (select count(*) from licenses) - (select count(*) from dea_registrations) as more
select (select max(created_at) from users) > now() - interval '1 year'
select not (is_deleted or is_active) from providers limit 1
select (is_deleted or not is_primary) is null, (state is null) = (status is null) from licenses limit 1
select (array[1, 2, 3])[2]
select a.state from licenses a, licenses b where a.id = b.id limit 1
select count(*) from licenses l full join cme_requirements r on l.state = r.state and l.license_type = r.license_type
select j.state from (licenses l join cme_requirements r using (state)) as j limit 1
select state from licenses join cme_requirements using (state, license_type) limit 1
select corr(credits_earned, id) from cme_activities
select bool_and(is_verified), bool_or(is_deleted), every(is_verified) from cme_activities
select count(*) from cme_activities where credits_earned between symmetric 10 and 1
select user_id, count(*) from sessions where expires_at > now() group by user_id order by 2 desc limit 3
select date_bin('15 minutes', created_at, timestamp '2025-01-01') as slot, count(*) from audit_logs group by 1
select processing_status::text, count(*) from documents group by 1
select isfinite(expiration_date), expiration_date = 'infinity' from licenses limit 1
select to_tsvector('simple', topic) @@ to_tsquery('simple', 'ethics') from cme_activities limit 1
select jsonb_path_query(applicability, '$.states[*]') from cme_rules
select count(*) from licenses where exists (select 1 from users where email is null)
select max(n) from (select count(*) as n from users group by email) x
select count(*), (select count(*) from users) from users
select id from users where id = (select max(id) from users)
select u.id, u.role from users u where u.is_active order by u.created_at desc fetch first 5 rows only
select state collate "C" from licenses order by state collate "C" limit 1
select count(*) from licenses where id > 0 and id < 1e6 and provider_id <> 1234567
select count(*) from cme_activities where created_at >= '2025-01-01' and created_at < '2025-02-01T00:00:00Z'
SELECT state, COUNT(*) FROM licenses GROUP BY state HAVING COUNT(*) > (SELECT AVG(c) FROM (SELECT COUNT(*) AS c FROM licenses GROUP BY state) x)
SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
select nspname from pg_namespace where nspname !~ '^pg_'
select * from pg_stat_user_tables
select * from pg_tables
select * from information_schema.tables
select * from cme_requirements
SELECT count(*) FROM users WHERE created_at::date = CURRENT_DATE - 1
select id from licenses where expiration_date - current_date < 30
select * from generate_series(date_trunc('month', now()) - interval '11 months', now(), interval '1 month') m
SELECT EXTRACT(DOW FROM created_at) AS dow, EXTRACT(HOUR FROM created_at) AS h, COUNT(*) FROM audit_logs GROUP BY 1, 2
select count(*)::float / nullif((select count(*) from licenses), 0) from licenses where status = 'active'
select round(avg(credits_earned)::numeric, 2) from cme_activities
select case when count(*) > 10 then 'many' else 'few' end from users
select array_agg(distinct state) from licenses
select jsonb_agg(jsonb_build_object('s', state)) from (select distinct state from licenses) x
select exists (select 1 from information_schema.tables where table_name = 'users')
select to_char(sum(credits_earned), 'FM999,999.00') from cme_activities
select daterange(issue_date, expiration_date) from licenses limit 1
select issue_date + make_interval(years => 2) from licenses limit 1
select expiration_date - issue_date as days from licenses
select state from licenses s where s.state ~* '^c'
select (now() at time zone 'UTC')::date
select state, count(*) from licenses group by state order by case state when 'CA' then 0 else 1 end, count(*) desc
select coalesce(sum(credits_earned), 0) from cme_activities where false
select min(created_at)::date, max(created_at)::date from users
select pg_size_pretty(sum(pg_relation_size(oid))) from pg_class
SHOW max_connections
SHOW transaction_read_only
TABLE alembic_version
select interval '1 year 2 months'
with recursive t(id, parent, depth) as (select id, organization_id, 1 from providers where organization_id is null union all select p.id, p.organization_id, t.depth + 1 from providers p join t on p.organization_id = t.id) select depth, count(*) from t group by depth
select percentile_cont(0.9) within group (order by extract(epoch from expires_at - created_at)) from sessions
select '{1,2}'::int[], 'x'::char(1), B'101'::bit(3), 'a'::varchar
select '{"a":1}'::jsonb @? '$.a'
select * from json_array_elements('[1,2]')
select x.value, x.ordinality from jsonb_array_elements('[1,2]') with ordinality x
select (select count(*) from users) as users, (select count(*) from providers) as providers
select trim(leading '0' from '007')
select (date '2025-01-01', date '2025-02-01') overlaps (date '2025-01-15', date '2025-03-01')
select nth_value(state, 2) over (order by id), cume_dist() over (order by id), percent_rank() over (order by id) from licenses
select date_part('year', age(expiration_date)) from licenses
select state from only licenses
select count(*) from licenses l where l.provider_id in (select p.id from providers p where p.email is null)
select p.specialty, count(l.id) filter (where l.status = 'active')::numeric / nullif(count(l.id), 0) as ratio from providers p left join licenses l on l.provider_id = p.id group by p.specialty order by ratio desc nulls last
select date_trunc('week', completion_date)::date w, sum(credits_earned), sum(sum(credits_earned)) over (order by date_trunc('week', completion_date)) from cme_activities group by 1, date_trunc('week', completion_date)
select state, status, count(*), round(100.0 * count(*) / sum(count(*)) over (partition by state), 2) pct from licenses group by state, status
with m as (select date_trunc('month', created_at) as mon, count(*) c from users group by 1) select mon, c, c - lag(c) over (order by mon) as delta from m
select o.name, (select count(*) from providers p where p.organization_id = o.id) as n from organizations o order by n desc
select o.id, o.name, count(distinct p.specialty) from organizations o left join providers p on p.organization_id = o.id and not p.is_deleted group by o.id, o.name having count(p.id) > 0
select table_name, count(*) from information_schema.columns where table_schema = 'public' group by table_name order by 2 desc
select table_schema, table_name, column_name, data_type, udt_name, is_nullable from information_schema.columns where table_schema not in ('pg_catalog', 'information_schema')
select conrelid::regclass as t, count(*) from pg_constraint where contype = 'f' group by 1
select t.relname, i.relname, a.attname from pg_class t, pg_class i, pg_index ix, pg_attribute a where t.oid = ix.indrelid and i.oid = ix.indexrelid and a.attrelid = t.oid and a.attnum = any(ix.indkey) and t.relkind = 'r'
select count(*) from licenses where state = 'CA' and status in ('active', 'pending') and expiration_date between current_date and current_date + interval '60 days'
select 1 where 1 = 1 and not false or true
select length('abc'), 'abc' || 'def', 'abc' like 'a%', 5 between 1 and 10
select count(*) from audit_logs where created_at >= now() - '7 days'::interval
select count(*), count(distinct user_id), max(created_at) from audit_logs where event_type = 'login'
select event_type, count(*) as n, min(created_at), max(created_at) from audit_logs group by event_type having count(*) > 1 order by n desc
select u.role, count(s.user_id) from users u left join sessions s on s.user_id = u.id group by u.role
select count(*) from documents d left join document_classifications c on c.document_id = d.id where c.id is null
select processing_status, avg(size_bytes), percentile_cont(0.95) within group (order by size_bytes) from documents group by 1
select mime_type, pg_size_pretty(sum(size_bytes)) from documents group by 1
select pg_size_pretty(10::bigint), pg_size_bytes('1 MB')
select a.n, b.n from (select count(*) n from users) a, (select count(*) n from providers) b
select least(1, 2), greatest(1, 2), nullif(1, 2), coalesce(null, 1)
select * from (select state, count(*) c, dense_rank() over (order by count(*) desc) r from licenses group by state) x where r <= 3
select string_agg(license_type, '/' order by license_type) from (select distinct license_type from licenses) t
select current_user, session_user, inet_server_port()
select count(*) from pg_stat_activity where state = 'active'
select schemaname, relname, seq_scan, idx_scan, n_dead_tup from pg_stat_user_tables where n_dead_tup > 100
select datname, numbackends, xact_commit, blks_hit * 100.0 / nullif(blks_hit + blks_read, 0) from pg_stat_database
select pid, mode, granted from pg_locks
select relname, age(relfrozenxid) from pg_class where relkind = 'r'
select version_num from alembic_version limit 1
select 'x' as "Mixed Case", 1 as "select"
select count(*) from "users"
select id, created_at from users where created_at > timestamp with time zone '2025-01-01 00:00:00+00' order by id
select state, array_agg(distinct license_type order by license_type) from licenses group by state
select avg(n) from (select provider_id, count(*) n from licenses group by provider_id) x
select stddev_pop(n), variance(n) from (select count(*) n from licenses group by provider_id) x
select count(*) from licenses l1 where expiration_date = (select max(expiration_date) from licenses l2 where l2.provider_id = l1.provider_id)
select provider_id from licenses group by provider_id having bool_or(status = 'active') and not bool_and(status = 'active')
select case when email is null then 'no' else 'yes' end as has_email, count(*) from users group by 1
select sum(case when email is null then 1 else 0 end) from users
select sum((email is null)::int) from users
select count(*) - count(npi), round(100.0 * count(npi) / count(*), 1) from providers
select count(*) from users where email is null or email = ''
select count(*) from providers where trim(npi) = ''
select count(*) from providers group by npi having count(*) > 1
select count(*) filter (where first_name is null or last_name is null) from providers
select num_nulls(email, phone, npi), count(*) from providers group by 1
select exists (select 1 from providers group by npi having count(*) > 1)
select timezone('UTC', now()), now() at time zone 'Europe/London'
select t.state, t.n from unnest(array['CA', 'NY'], array[1, 2]) as t(state, n)
select usename, usesuper from pg_user
select name, utc_offset from pg_timezone_names where name like 'America/%' limit 5
select * from pg_stat_archiver
select split_part(email, '@', 2) as domain, count(*) from users group by 1
select count(*) from users where length(email) = 5
select count(*) from users group by length(email)
select role, max(length(email)), round(avg(length(email)), 1) from users where is_active and not is_deleted group by role order by role
select date_trunc('month', created_at) as month, count(*) filter (where email like '%@%.%') from users group by 1 order by 1
select n, sum(users) from (select length(last_name) as n, count(*) as users from users group by 1) x group by n order by n
select * from pg_stat_activity
select a.* from pg_stat_activity a where a.state = 'active'
select * from pg_stat_activity a join pg_stat_database d on d.datid = a.datid
select * from information_schema.columns where table_name = 'licenses'
select * from pg_indexes
select count(*) from (select * from pg_stat_activity) x
explain verbose select 1
explain (verbose) select state from licenses
with recursive t(n) as (select 1 union all select n + 1 from t where n < 9) search depth first by n set o select n from t order by o
with recursive t(n) as (select 1 union all select n + 1 from t where n < 9) search breadth first by n set o select n from t order by o
with recursive t(n) as (select 1 union all select n % 5 + 1 from t where n < 100) cycle n set looped using path select * from t
select * from generate_series(greatest((select min(id) from licenses), 1), least((select max(id) from licenses), 1000)::int) as gap
select * from information_schema.usage_privileges limit 5
select pg_current_wal_lsn() is not null
select count(*) from users cross join organizations
select a.n, b.n, c.n from (select 1 as n) a, (select 2 as n) b, (select 3 as n) c
with recursive t(n) as (values (1) union all select n + 1 from t where n < 100) select sum(n) from t
with a as (select 1 as n), b as (select 2 as n), c as (select 3 as n) select * from a, b, c
`
  .trim()
  .split("\n");

/** What needs the catalog to be allowed, and is allowed with it. */
export const readsWithCatalog: string[] = `
select * from license_summary order by state
select unnest(enum_range(null::processing_status))
select * from generate_series(1, least((select max(id) from licenses), 100000)) as gap where not exists (select 1 from licenses where id = gap)
select last_value from users_id_seq
select * from public.users_id_seq
select s.last_value - (select max(id) from users) as ahead from users_id_seq s
select count(*) from licenses natural join (values ('CA')) as s(state)
select count(*) from documents where processing_status = 'uploaded'::processing_status
select state, sum(licenses) from license_summary group by state
select specialty, count(*) from provider_list group by specialty
select count(who) from provider_list
select id, specialty from provider_cache limit 5
select count(*) from provider_names
select action_type = 'note_added'::coordinator_action_type, count(*) from coordinator_actions group by 1
select digest from user_notification_preferences where 'email'::public.notification_channel = any(channels)
select pg_catalog.initcap(state) from licenses limit 1
select l.state from licenses l natural join dea_registrations d
select entity is null from attributes
`
  .trim()
  .split("\n");
