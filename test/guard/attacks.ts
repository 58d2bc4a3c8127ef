/** What must be refused whoever asks, by the rule that refuses it. One statement a line; `⏎` stands for a line end, `␀` for NUL. */
export const attacks: Record<string, string[]> = groups(`
# exactly one statement
select 1; select 2
select 1; drop table users
select 1;; delete from users
commit; delete from users
select 1␀; delete from users
select * from licenses␀ limit 5
; ; delete from users
rollback; begin read write; delete from users

-- only a comment
# it is a read
insert into users (email) values ('x')
update users set role = 'viewer'
delete from users
merge into users u using users v on u.id = v.id when matched then delete
truncate users
drop table users
create table t (x int)
create table t as select 1
create temp table t as select 1
select 1 into t
select * into temp t from users
create materialized view m as select 1
refresh materialized view provider_cache
create view v as select 1
create function f() returns int language sql as 'select 1'
create extension dblink
create role r
alter table users add x int
alter system set work_mem = '1MB'
alter role postgres set statement_timeout = 0
grant select on users to public
revoke select on users from public
comment on table users is 'x'
copy users to stdout
copy users to program 'cat'
copy users from '/etc/passwd'
copy (select 1) to '/tmp/x'
vacuum full
analyze users
reindex table users
cluster
checkpoint
lock table users in access exclusive mode
notify c, 'x'
listen c
unlisten *
do $$ begin perform 1; end $$
call p()
prepare p as delete from users
execute p
deallocate all
discard all
load 'x'
declare c cursor with hold for select 1
fetch all from c
begin
start transaction read write
commit
rollback
savepoint s
prepare transaction 'x'
commit prepared 'x'
set transaction read write
set session characteristics as transaction read write
set default_transaction_read_only = off
set role postgres
set local statement_timeout = 0
reset all
security label on table users is 'x'
import foreign schema public from server elsewhere into public
reassign owned by a to b
drop owned by a
create subscription s connection 'x' publication p
# no SELECT writes
with d as (delete from users returning id) select * from d
with d as (update users set role = 'viewer' returning id) select count(*) from d
with d as (insert into users (email) values ('x') returning 1) select 1
with a as (with d as (delete from users where false returning id) select * from d) select 1
select * from (with d as (delete from users returning id) select * from d) x
select * from users for update
select id from users for share
select id from users for no key update skip locked
select count(*) from (select id from users for update) x
select 1 where exists (select id from users for key share)
with x as (select id from users for update) select 1 from x
select id from users union all (select id from users for update)
# explain does not execute
explain analyze select 1
explain (analyze) select 1
explain (analyze true, format json) select count(*) from users
explain (analyze false) select 1
explain (verbose, analyze) select 1
explain (buffers, analyze) create table x as select 1
explain analyze create table x as select 1
explain analyze select 1 into x
explain create table x as select 1
explain delete from users
explain insert into users (email) values ('x')
explain update users set role = 'viewer'
explain select 1 into x
explain declare c cursor for select 1
explain execute p
explain refresh materialized view provider_cache
explain select pg_notify('x', 'y')
explain select * from users for update
explain (wal) select 1
explain (serialize text) select 1
explain (generic_plan) select $1
# functions by list
select pg_notify('x', 'y')
select "pg_notify"('x', 'y')
select PG_NOTIFY('x', 'y')
select U&"pg_\\006eotify"('x', 'y')
select U&"pg!006eotify" uescape '!' ('x', 'y')
select pg_notify/* c */('x', 'y')
select pg_notify/* /* nested */ */('x', 'y')
select pg_catalog.pg_notify('x', 'y')
select * from pg_notify('x', 'y')
select count(*) from licenses, lateral pg_notify('x', state) n
select * from rows from (pg_notify('x', 'y')) as x
select (pg_notify('x', 'y'))::text
values (pg_notify('x', 'y')::text)
select nextval('users_id_seq')
values (nextval('users_id_seq'))
select setval('users_id_seq', 1)
select currval('users_id_seq'), lastval()
select pg_sleep(10)
select pg_sleep_for('1 hour'), pg_sleep_until('tomorrow')
select pg_advisory_lock(1)
select pg_try_advisory_lock(1)
select pg_advisory_xact_lock(1), pg_advisory_unlock_all()
select pg_terminate_backend(1)
select * from pg_terminate_backend(1)
select pg_cancel_backend(pid) from pg_stat_activity
select pg_reload_conf()
select pg_rotate_logfile(), pg_switch_wal(), pg_create_restore_point('x')
select pg_promote()
select pg_stat_reset(), pg_stat_statements_reset()
select set_config('default_transaction_read_only', 'off', false)
select * from set_config('default_transaction_read_only', 'off', false)
select setseed(0.5)
select lo_create(0), lo_creat(1)
select lo_from_bytea(0, 'x'), lo_put(1, 0, 'x'), lo_unlink(1)
select lo_import('/etc/passwd'), lo_export(1, '/tmp/x')
select loread(0, 1), lowrite(0, 'x'), lo_truncate(0, 1), lo_open(1, 131072)
select lo_get(1)
select pg_read_file('/etc/passwd')
select * from pg_read_file('/etc/passwd')
select pg_read_binary_file('x'), pg_stat_file('x')
select * from pg_ls_dir('/')
select * from pg_ls_logdir(), pg_ls_waldir()
select pg_file_write('x', 'y', false)
select pg_current_logfile()
select txid_current(), pg_current_xact_id()
select pg_logical_emit_message(true, 'x', 'y')
select pg_create_logical_replication_slot('x', 'y')
select pg_replication_origin_create('x')
select pg_import_system_collations('pg_catalog')
select pg_export_snapshot()
select pg_log_standby_snapshot()
select pg_restore_relation_stats('schemaname', 'public')
select query_to_xml('delete from users', true, true, '')
select query_to_xmlschema('select 1', true, true, '')
select table_to_xml('users', true, true, '')
select schema_to_xml('public', true, true, ''), database_to_xml(true, true, '')
select cursor_to_xml('c', 1, true, true, '')
select * from ts_stat('select pg_notify(1, 2)')
select ts_rewrite('a'::tsquery, 'select t, s from aliases')
select * from crosstab('select 1') as t(a int)
select * from connectby('t', 'a', 'b', 'c', 0) as t(a int)
select * from dblink('dbname=x', 'delete from users') as t(a int)
select dblink_exec('x', 'delete from users')
select dblink_connect('x')
select xpath('//x', '<x/>')
select xpath_exists('//x', '<x/>'), xml_is_well_formed('<x/>')
select xmlelement(name x, state) from licenses
select xmlparse(document '<x/>')
select xmlforest(state) from licenses
select '<x/>' is document
select xmlserialize(content '<x/>' as text)
select * from xmltable('/x' passing '<x/>' columns a text)
select json_value('{}', '$.a')
select * from json_table('[]', '$[*]' columns (a int path '$.a')) t
select json_object('a': 1)
select json_array(select 1)
select pg_get_viewdef('pg_views'::regclass)
select pg_get_functiondef(oid) from pg_proc
select pg_get_constraintdef(oid) from pg_constraint
select pg_get_indexdef(indexrelid) from pg_index
select pg_get_expr(adbin, adrelid) from pg_attrdef
select obj_description(oid) from pg_class
select col_description(attrelid, attnum) from pg_attribute
select pg_stat_get_activity(null)
select pg_stat_get_backend_activity(1)
select pg_show_all_settings()
select pg_prepared_statement(), pg_cursor()
select pg_mcv_list_items(stxdmcv) from pg_statistic_ext_data
select pg_nextoid('pg_class', 'oid', 'pg_class_oid_index')
select pg_switch_wal() is null
select count(pg_notify('x', 'y'))
select count(*) filter (where pg_notify('x', 'y') is null) from users
select sum(1) over (partition by pg_notify('x', 'y')::text)
select 1 order by pg_notify('x', 'y')::text
select 1 group by pg_notify('x', 'y')::text
select 1 having pg_notify('x', 'y') is null
select 1 limit (select 1 from pg_notify('x', 'y'))
select case when pg_notify('x', 'y') is null then 1 end
select array[pg_notify('x', 'y')::text]
select array_agg(1 order by pg_notify('x', 'y')::text)
select coalesce(pg_notify('x', 'y')::text, 'x')
select string_agg('x', pg_notify('x', 'y')::text)
select public.count(1)
select public.lower('x')
select touch()
select touch_text(state) from licenses
select public.touch()
select touch_sum(id) from licenses
select touch_sum(id) over () from licenses
select credmate.public.touch()
select touchy('x')
select concat(variadic array['a', 'b'])
select format('%s', variadic array['a'])
select pg_get_keywords()
select current_setting('config_file')
select current_setting('data_directory')
select current_setting('app.secret')
select current_setting(state) from licenses
select current_setting('server_' || 'version')
# sizes
select repeat('x', 1000000000)
select repeat('x', id) from licenses
select lpad('x', 100000000), rpad('x', 100000000)
select generate_series(1, 10000000000)
select * from generate_series(1, 1000000)
select * from generate_series(1, id) g, licenses
select * from generate_series(0, 1, 0)
select generate_series('2000-01-01'::timestamp, '2025-01-01', '1 microsecond')
select generate_series('2000-01-01'::timestamp, '2025-01-01', '1 ' || 'day')
select format('%1000000000s', 'x')
select format('%*s', 1000000000, 'x')
select format(state, 'x') from licenses
select array_fill(1, array[100000000])
select count(*) from licenses group by cube (id, state, status, license_type, provider_id)
select count(*) from licenses group by cube (id, state, status, license_type), cube (provider_id, issue_date, board_name)
select count(*) from licenses group by rollup (id, state, status, license_type, provider_id, issue_date), cube (board_name, is_primary, is_imlc, verified_at)
select id from licenses limit id
select id from licenses limit (select 10)
select id from licenses offset (select count(*) from licenses)
select id from licenses order by id fetch first 5 rows with ties
select * from licenses tablesample system_rows(10)
select * from licenses tablesample bernoulli (id)
select id from licenses group by distinct rollup (id, state), rollup (id, status)
select count(*) from generate_series(date '0001-01-01', date '9999-12-31', '1 hour')
select count(*) from generate_series(1, 100000) a, generate_series(1, 100000) b
select count(*) from generate_series(1, 100000) a cross join generate_series(1, 100000) b
with recursive t(n) as (select 1 union all select n + 1 from t) select count(*) from t
with recursive t(n) as (select 1 union select n + 1 from t) select n from t limit 10
with recursive t(n) as (select 1 union all select n + 1 from t where n < 1000000000) select count(*) from t
select count(*) from users a, users b, users c
select count(*) from audit_logs a cross join audit_logs b cross join audit_logs c
# parameters
select $1
select state from licenses where id = $1
select state from licenses limit $1
# operators by list
select 'a' === 'b'
select 'a' operator(public.===) 'b'
select 'a' operator(public.+) 'b'
select state <-> 'x' from licenses
select 'a' %> 'b'
select a !!= b from (select 1 a, 2 b) x
select state from licenses order by state using <
select state = operator_all.x from (select 'a' as x) operator_all, licenses where state operator(public.=) any (array['a'])
# casts by list
select 'x'::touchy
select cast('x' as public.touchy)
select touchy 'x'
select array['x']::touchy[]
select row('a', 'b')::pair
select '(a,b)'::pair
select '<x/>'::xml
select 1::refcursor
select null::record
select 'x'::public.unknown_type
select 'x'::credmate.public.touchy
select 'users'::licenses.id%type
select * from jsonb_to_record('{"a": "x"}') as r(a touchy)
select * from json_to_recordset('[]') as r(a pair)
select jsonb_populate_record(null::pair, '{}')
select json_populate_recordset(null::users, '[]')
# relations
select count(*) from credmate.public.users
select * from pg_temp.x
select * from pg_toast.pg_toast_2619
select * from pg_authid
select * from pg_shadow
select rolname from pg_catalog.pg_authid
select * from pg_user_mappings
select * from pg_statistic
select * from pg_largeobject
select * from pg_hba_file_rules
select * from pg_file_settings
select * from pg_stat_statements
select * from pg_stats_ext
select * from pg_prepared_statements
select * from pg_subscription
select * from information_schema.user_mapping_options
show all
show config_file
show data_directory
show hba_file
show app.secret
# row functions
select p.row_to_json from providers p
select p.to_jsonb from providers p
select p.quote_literal from providers p
select p.record_out from providers p
select p.json_agg from providers p
select (p).to_json from providers p
select count(p.to_jsonb) from providers p
select count((p).row_to_json) from providers p
select c.row_to_json from pg_class c
select count(c.pg_notify) from pg_class c
select (jsonb_each('{"a": 1}')).touch_pair
select (row(1, 2)).f1
# locks
select last_value from pg_sequences
select * from pg_sequences
select count(last_value) from pg_sequences
select s from pg_sequences s
# names
select a.b.c.d.e from licenses a
select nobody.state from licenses
select nobody.* from licenses
select state collate "x y" from licenses
select '1'::numeric(id) from licenses
select 'a'::varchar(-1 + 2)
with recursive a as (select * from b), b as (select state from licenses) select * from a
with recursive a as (select 1 union all (select 2 from a where false limit 1)), c as (select * from d), d as (select 1) select * from c
select (x).a.b from (select 1 as a) x
select (x).nothing from (select 1 as a) x
select (row(1, 2)).f1, (licenses.state).x from licenses
select f.* from generate_series(1, 3) g
# lexical
select １
select 1；drop table users
select\u00a01
selеct 1
sel\u200bect 1
select pg_ｎotify('x', 'y')
delete/**/from users
/* select 1 */ delete from users
-- x⏎delete from users
select 1 --⏎; delete from users
select '\ud800'
select E'a' ; delete from users
`);

/** What would show, or ask about, a person. */
export const leaks: Record<string, string[]> = groups(`
# shown
select email from users
select * from users
select u.* from users u
table users
select u from users u
select (u).* from users u
select (u).email from users u
select email as x from users
select x from (select email as x from users) y
select x.a from users as x(id, a, b)
with x as (select email from users) select * from x
with x(a) as (select email from users) select a from x
with x as (select * from users) select email from x
with recursive x(a) as (select 'a'::text union all select u.email::text from users u join x on u.id > 5) select a from x
with recursive x(n, a) as (select 1, null::text union all select n + 1, (select email from users where id = n) from x where n < 5) select a from x
with recursive x(a, b) as (select 'a'::text, 'b'::text union all select b, (select email::text from users limit 1) from x where b is not null) select a from x
select state from licenses union all select email from users
select email from users union all select state from licenses
select state from licenses union select email from users
select state, id from licenses union all select first_name, id from providers
(select email from users limit 1) union all values ('x')
values ((select email from users limit 1))
select (select email from users limit 1)
select array(select email from users)
select l.state, (select p.email from providers p where p.id = l.provider_id) from licenses l
select x.e from licenses l, lateral (select email as e from users where id = l.id) x
select u.email from licenses l join users u on u.id = l.id
select email from users join campaign_recipients using (email)
select j.email from (users join campaign_recipients using (email)) j
select coalesce(email, 'x') from users
select case when true then email else 'x' end from users
select case when id = 1 then 'x' else email end from users
select nullif(email, '') from users
select greatest(email, 'a'), least(email, 'z') from users
select array[email] from users
select row(email) from users
select (email, id) from users
select email::text, cast(email as varchar) from users
select email || '' from users
select id::text || email from users
select lower(email), upper(email), btrim(email) from users
select substr(email, 1, 1), left(email, 1), right(email, 1), reverse(email) from users
select length(email) from users
select ascii(email) from users
select replace(email, '@', ' at '), translate(email, 'a', 'b'), regexp_replace(email, '@.*', '') from users
select split_part(email, '@', 2) from users
select (regexp_match(email, '(.*)@'))[1] from users
select regexp_split_to_table(email, '@') from users
select * from users, regexp_split_to_table(email, '@') x
select string_to_array(email, '@') from users
select unnest(string_to_array(email, '@')) from users
select concat(email), concat_ws(',', email, id), format('%s', email) from users
select encode(email::bytea, 'hex') from users
select encode(convert_to(email, 'UTF8'), 'base64') from users
select md5(email) from users
select sha256(email::bytea) from users
select hashtext(email) from users
select to_json(email), to_jsonb(u), row_to_json(u) from users u
select json_build_object('e', email) from users
select json_agg(u) from users u
select jsonb_object_agg(id, email) from users
select array_agg(email), string_agg(email, ',') from users
select min(email), max(email) from users
select mode() within group (order by email) from users
select percentile_disc(0.5) within group (order by email) from users
select first_value(email) over (order by id), lag(email) over (order by id) from users
select sum(weight), avg(weight) from providers group by id
select bit_or(weight) from providers
select to_char(weight, '999') from providers
select quote_literal(email), quote_ident(email) from users
select to_tsvector('simple', email) from users
select extract(year from employer_start_date) from providers
select date_trunc('month', employer_start_date) from providers
select employer_start_date::text from providers
select weight + 0 from providers
select -weight from providers
select home_state from providers
select home_state, count(*) from providers group by home_state
select gender, count(*) from providers group by 1
select array_agg(id) from providers group by gender
select array_agg(id), count(*) from providers group by home_state, is_active
select count(*) from providers group by gender having cardinality(array_agg(id)) > 3
select string_agg(id::text, ',') from providers group by rollup (gender)
select x.ids from (select jsonb_agg(id) as ids from providers group by gender) x
select json_object_agg(id, is_active) from providers group by (gender)
select count(*) from providers group by gender order by array_agg(id)
select pg_typeof(email) from users
select pg_column_size(email) from users
select details from audit_logs
select details ->> 'email' from audit_logs
select details -> 'a', details #>> '{a}' from audit_logs
select details['a'] from audit_logs
select jsonb_object_keys(details) from audit_logs
select e.value from audit_logs, jsonb_each_text(details) e
select jsonb_typeof(details), count(*) from audit_logs group by 1
select channels[1], name from channels, user_notification_preferences
select c2 from x1
select c4, c5 from x1
select sum(c4) from x1 group by c1
select c6, c7, c8[1], c9, c10 from x1
select value from attributes where attribute = 'ssn'
select patient_ssn from visits
select patient_ssn from visits_2025
select * from archive.licenses
select state from archive.licenses
select name from practices
select id, email from users order by id limit 1
select distinct email from users
select distinct on (id) email from users
select email, count(*) from users group by email
select email, count(*) from users group by 1
select email, row_number() over () from users
select * from cme_topics, users
select cme_topics.*, users.* from cme_topics, users
select * from (select * from users) x
select * from (values (1)) v, users
select email from users, cme_topics
select email from cme_topics natural join users
select email collate "C" from users
select not_a_known_column from users
select password_hash from users
select token from token_blacklist
select portal_password, portal_pin from licenses
select ip_address from audit_logs
select host(ip_address), family(ip_address) from audit_logs
select sessions.id from sessions
select exists (select 1), email from users
select user_email, data from session
select body from messages
select first_name from providers tablesample bernoulli (10)
select max(first_name) filter (where id = 1) from providers
select any_value(email) from users
select json_agg(json_build_array(first_name, last_name)) from providers
select xmin, email from users
# asked
select count(*) from users where email = 'a'
select count(*) from users where email <> 'a'
select count(*) from users where email like 'a%'
select count(*) from users where email ilike '%a%'
select count(*) from users where email ~ '^a'
select count(*) from users where email similar to 'a%'
select count(*) from users where email > 'm'
select count(*) from users where email between 'a' and 'b'
select count(*) from users where email in ('a', 'b')
select count(*) from users where email = any(array['a'])
select count(*) from users where email = any('{a}')
select count(*) from users where email <> all(array['a'])
select count(*) from users where email is distinct from 'a'
select count(*) from users where email is not distinct from 'a'
select count(*) from users where (email, id) = ('a', 1)
select count(*) from users where (email, 'a') = ('a', email)
select count(*) from users where ('a', id) = (email, 1)
select count(*) from users where row(email) = row('a')
select count(*) from users where (email, id) in (('a', 1))
select count(*) from users where email in (select state from licenses)
select count(*) from users where email = (select state from licenses limit 1)
select count(*) from users where (select email from users limit 1) = 'a'
select count(*) from users where (email, id) in (select state, id from licenses)
select count(*) from users where 'a' in (select email from users)
select count(*) from licenses where 'a' = any (select email from users)
select count(*) from users where lower(email) = 'a'
select count(*) from users where substr(email, 1, 1) = 'a'
select count(*) from users where coalesce(email, 'a') = 'a'
select count(*) from users where coalesce(nullif(email, email), 'a') = email
select count(*) from users u where email = coalesce(nullif(u.email, u.email), 'a')
select count(*) from users u, (select coalesce(nullif(email, email), 'a') as v from users) x where u.email = x.v
select count(*) from users u join (select coalesce(phone, 'a') as v from users) x on u.email = x.v
select count(*) from users where nullif(email, 'a') is null
select count(nullif(email, 'a')) from users
select count(case when email = 'a' then 1 end) from users
select count(case email when 'a' then 1 end) from users
select count(*) filter (where email = 'a') from users
select count(*) filter (where email like '%a%') from users
select count(*) from users having min(email) > 'a'
select count(*) from users group by id having email = 'a'
select sum(case when email < 'm' then 1 else 0 end) from users
select email = 'a' from users
select email is null or email = 'a' from users
select email < 'm' as low, count(*) from users group by 1
select strpos(email, 'a') > 0 from users
select starts_with(email, 'a'), count(*) from users group by 1
select position('a' in email) from users
select count(*) from users u join licenses l on u.email = l.state
select count(*) from users u join (values ('a')) v(email) using (email)
select count(*) from users natural join (values ('a')) v(email)
select count(*) from users u left join (select 'a' as e) x on x.e = u.email where x.e is not null
select count(*) from providers p join generate_series(1, 100000) g on g::text = p.npi
select count(*) from (select email from users intersect select 'a') x
select count(*) from (select email from users except select 'a') x
select count(*) from (select email from users where id = 1 union select 'a') x
select count(*) from (select email from users intersect all select 'a') x
select count(distinct v) from (select email as v from users where id = 1 union all select 'a') x
select count(*) from (select distinct v from (select email as v from users union all select 'a') x) y
select count(*) from (select v from (select email as v from users union all select 'a') x group by v having count(*) > 1) y
select count(*) from (select 1 from (select email as v from users union all select 'a') x group by rollup (v)) y
select count(distinct coalesce(email, 'a')) from users
select count(distinct (coalesce(email, 'a'), 1)) from users
select id from users order by email
select id from users order by lower(email) limit 1
select count(*) from (select email from users order by 1 limit 1) x
select id, rank() over (order by email) from users
select id, row_number() over (partition by email) from users
select count(*) over (partition by last_name) from providers
select id, ntile(100) over w from users window w as (order by email)
select distinct on (email) id from users
select count(*) over (order by id rows weight preceding) from providers
select array_agg(id order by email) from users
select string_agg(id::text, ',' order by email) from users
select percentile_disc(0.5) within group (order by email) is null from users
select count(*) from users where is_active and weight > 100 and email is null or phone like '5%'
select count(*) from providers where weight > 100
select count(*) from providers where home_state = 'CA'
select avg(weight) > 100 from providers
select array_position(array_agg(email), 'a') from users
select 'a' = any(array_agg(email)) from users
select array[email] @> array['a'] from users
select array_agg(email) && array['a'] from users
select details @> '{"a": 1}' from audit_logs
select details ? 'a' from audit_logs
select count(*) from audit_logs where details ->> 'a' = 'b'
select jsonb_path_exists(details, '$.a') from audit_logs
select to_tsvector(email) @@ to_tsquery('a') from users
select count(*) from audit_logs where ip_address << '10.0.0.0/8'
select bool_or(email = 'a') from users
select exists (select 1 from users where email = 'a')
select not exists (select from users where phone like '5%')
select count(*) from licenses l where exists (select 1 from providers p where p.id = l.provider_id and p.first_name = l.state)
select keyed_hash(substr(email, 1, 1)) from users
select keyed_hash('a')
select keyed_hash(gender), count(*) from providers group by 1
select id, keyed_hash(home_state) from providers
select keyed_hash(email, phone) from users
select greatest(keyed_hash(email), email) from users
select u = u from users u
select count(*) from users u where u::text like '%a%'
select count(*) from users u where u.* = row(1, 'a')
select (email is null) = (email = 'a') from users
select count(*) from users where email >= all (select email from users)
select grouping(email), email from users group by email
select case when email is null then 0 when phone > '5' then 1 end from users
select width_bucket(weight, 0, 300, 10), count(*) from providers group by 1
select count(*) from flags where is_ill
select count(*) from flags where is_ill is true
select count(*) from flags where not is_ill and id is null
select count(*) filter (where is_ill) from flags
select count(case when is_ill then 1 end) from flags
select count(case is_ill when true then 1 end) from flags
select sum(case when is_ill then 1 else 0 end) from flags
select count(*) from flags group by is_ill having is_ill
select count(*) from licenses join flags on is_ill
select count(not is_ill), count(is_ill or null), count(is_ill is unknown) from flags
select count(*) from licenses order by (select is_ill from flags limit 1)
select count(*) from licenses where (select is_ill from flags limit 1)
select count(greatest(email, 'a')), count(least(phone, email)) from users
select count(email collate "C") from users
select count(details['a']), count(details[0]) from audit_logs
select count((array['a'])[weight]) from providers
select count((x).c8[1]) from x1 x
select count((x.c8)[1:2]) from x1 x
select count(*) from users, lower(email) x
select count(*) from users u, lateral md5(u.email) x
select count(email > any (select email from users)) from users
select count((email, id) < (select email, id from users limit 1)) from users
# errors that repeat a value
select count(email::int) from users
select count(email::uuid), count(email::date), count(email::inet) from users
select count(email::jsonb), count(email::int[]), count(email::int4range) from users
select count(cast(phone as numeric)) from users
select count(email::regclass) from users
select count(email::varchar(3)) from users
select count(email::name) from users
select count(to_date(email, 'YYYY')) from users
select count(date_trunc(email, now())) from users
select count(now() at time zone email) from users
select count(encode('\\x00', last_name)) from providers
select count(encode(last_name::bytea, 'hex')) from providers
select count(convert_to(last_name, first_name)) from providers
select count(to_number(email, '9')) from users
select count(to_tsquery(email)) from users
select count(has_table_privilege(email, 'select')) from users
select count(1 / length(email)) from users
select count(weight::int2) from providers
select count(weight * 1000000000) from providers
select count(details::text::int) from audit_logs
select count(jsonb_array_elements(details)) from audit_logs
select count(lower(email)::int) from users
select count(('x' || email)::date) from users
select count(md5(email)::uuid) from users
select count(decode(email, 'hex')) from users
select count(format(email)) from users
select count(regexp_match('a', email)) from users
select count(*) from users, generate_series(1, length(email))
select count(xpath(email, '<x/>')) from users
select count(make_date(weight, 1, 1)) from providers
select count(chr(weight)) from providers
select count(repeat('x', weight)) from providers
select count(to_regclass(email)), count(format_type(weight, 0)) from providers
select count(btrim(email, 'a')), count(length(email::bytea, 'UTF8')) from users
select lower(email) is null and email::int is null from users
# hashes with a key
select keyed_hash(v.x) from (values ('a')) v(x)
select keyed_hash(x) from (select g::text as x from generate_series(1, 1000) g) s
select keyed_hash(state) from licenses
select keyed_hash(e) from (select coalesce(email, 'a') as e from users) s
select keyed_hash(e) from (select email as e from users union all select 'a') s
select count(*) from users u join (select keyed_hash(x) as h from (values ('a')) v(x)) s on keyed_hash(u.email) = s.h
# columns of different kinds
select count(*) from users u join providers p on u.email = p.last_name
select p.id from providers p join users u on p.phone = u.email
# system catalogs
select passwd from pg_user
select application_name from pg_stat_replication
select most_common_vals from pg_stats
select histogram_bounds::text from pg_stats where tablename = 'users'
select * from pg_stats
select count(*) from pg_stats where most_common_vals::text like '%a%'
select query from pg_stat_activity
select client_addr, application_name from pg_stat_activity
select column_default from information_schema.columns
select generation_expression from information_schema.columns
select view_definition from information_schema.views
select check_clause from information_schema.check_constraints
select routine_definition from information_schema.routines
select action_statement from information_schema.triggers
select parameter_default from information_schema.parameters
select indexdef from pg_indexes
select count(*) from pg_indexes where indexdef like '%a%'
select definition from pg_views
select definition from pg_matviews
select prosrc from pg_proc
select adbin from pg_attrdef
select conbin from pg_constraint
select indpred, indexprs from pg_index
select relpartbound from pg_class
select attmissingval from pg_attribute
select description from pg_description
select qual from pg_policies
select tgargs from pg_trigger
select typdefault from pg_type
select to_jsonb(c) from pg_class c
select c from pg_class c
select setting from pg_settings
select name, setting from pg_settings where name like 'app.%'
select setting from pg_settings where name = 'server_version' or true
select setting from pg_settings where name in ('server_version', 'data_directory')
select s.setting from pg_settings s, pg_settings t where t.name = 'server_version'
select setting from pg_settings where not name = 'server_version'
select boot_val, reset_val from pg_settings
select rolconfig from pg_roles
# traits of one person
select max(length(email)) from users where id = 5
select avg(length(email)) from users where id <> 5
select max(length(email)) from users where id in (1, 2, 3)
select max(length(email)) from users where not (id = 5)
select max(length(email)) from users where created_at > '2025-05-05'
select max(length(email)) from users where failed_login_count = 1
select max(length(email)) from users where role = 'viewer' or id = 5
select max(length(email)) from users where ctid = '(0,5)'
select max(length(email)) from users group by id
select id, max(length(email)) from users group by id, role
select date_trunc('day', created_at), max(length(email)) from users group by 1
select length(email), min(id) from users group by 1
select length(email), array_agg(id) from users group by 1
select id, length(email), count(*) from users group by 2
select email, max(length(email)) from users
select length(email), sum(failed_login_count) from users group by 1
select length(email), count(*), max(created_at) from users group by length(email)
select length(email), count(*) from users group by 1 having min(id) = 5
select length(email), count(*) from users group by 1 having count(*) filter (where id = 5) = 1
select length(email), count(*) from users group by 1 having length(email) = 12
select role, max(length(email)) from users group by 1 having max(length(email)) > 12
select length(email), count(*) filter (where id = 5) from users group by 1
select length(email), count(*) filter (where role = 'viewer') from users group by 1
select length(email), count(last_login_at) from users group by 1
select length(email), count(distinct last_login_at) from users group by 1
select length(email), count(*) from users group by rollup (length(email))
select length(email), count(*) from users group by grouping sets ((length(email)), ())
select length(email), count(*), count(*) over (partition by length(email)) from users group by 1
select max(length(email)) over (partition by id) from users
select max(length(email)) over (order by id rows between current row and current row) from users
select count(*) filter (where length(email) > 12) over (partition by id) from users
select id from users where length(email) = 12
select id from users where email like '%@%'
select 1 from users where length(email) = 12 and id = 5
select id, count(*) from users where length(email) = 12 group by id
select role, count(*) from users where length(email) = 12 group by role
select count(*), min(id) from users where length(email) = 12
select count(last_login_at) from users where length(email) = 12
select count(*) from users where length(email) = 12 having count(*) = 1
select count(*) from users where length(email) = 12 or id = 5
select count(*) filter (where length(email) > 12 and id = 5) from users
select count(*) filter (where length(email) > 12 or id = 5) from users
select count(*) filter (where not (length(email) > 12 or id <> 5)) from users
select count(*) filter (where length(email) > id) from users
select count(*) filter (where length(email) between 1 and id) from users
select count(*) filter (where length(email) in (id, 3)) from users
select count(*) from users where length(email) = (select max(id) from licenses)
select max(length(email)) filter (where id = 5) from users
select count(*) filter (where length(last_name) = 13 and length(first_name) = 14) from users
select count(*) filter (where length(first_name) = 14) from users where length(last_name) = 13
select max(length(email)) from users where last_name <> first_name
select max(length(email)) filter (where created_at < '2025-02-02') from users
select min(id) filter (where length(email) = 12) from users
select array_agg(id order by length(email)) from users
select bool_or(id = 5) filter (where length(email) = 12) from users
select max(length(email) * 1000 + id) from users
select max(case when id = 5 then length(email) end) from users
select sum(length(email)) from users
select array_agg(length(email)) from users
select string_agg(length(email)::text, ',') from users
select stddev(length(email)) from users
select mode() within group (order by length(email)) from users
select percentile_cont(0) within group (order by length(email) + id) from users
select percentile_disc(length(email)) within group (order by id) from users
select percentile_cont(0.5) within group (order by length(email)) filter (where id = 5) from users
select distinct length(email) from users
select distinct on (length(email)) id from users
select distinct length(email), count(*) from users group by 1
select length(email), count(*) from users group by 1 order by min(id)
select length(email), count(*) from users group by 1, email
select length(email) + id, count(*) from users group by 1
select coalesce(length(email), id), count(*) from users group by 1
select p.id, (select max(length(email)) from users u where u.id = p.user_id) from providers p
select p.id, l.m from providers p cross join lateral (select max(length(u.email)) as m from users u where u.id = p.user_id) l
select p.id, l.m from providers p cross join lateral (select max(length(u.email)) as m from users u where u.role = 'viewer' and p.is_active) l
select max(length(u.email)) from users u join providers p on p.user_id = u.id where p.id = 5
select max(length(email)) from users u, (values (5)) v(id) where u.id = v.id
select max(length(email)) from users join (values (5)) v(id) using (id)
select max(length(email)) from (select * from users where id = 5) u
with u as (select email from users where id = 5) select max(length(email)) from u
select max(length(email)) from users where exists (select 1 from providers p where p.user_id = users.id and p.id = 5)
select max(length(email)) from users where (select true)
select max(length(email)) from users where true
select (select max(length(u.email)) from providers) from users u
select (select count(*) from providers where length(u.email) = 12) from users u
select u.id, (select count(*) filter (where length(u.email) = 12) from providers where is_active) from users u
select max(length(u.email)) filter (where p.is_active) from users u, providers p
select length(email), count(*) from users group by 1 order by 2, max(id)
select length(email), count(*), (select 5) from users group by 1
select role, length(email), count(*) from users group by cube (role, length(email))
select max(length(email)) from users where role = role
select max(length(email)) from users where role < 'viewer'
select max(length(email)) from users where role::text like 'v%'
select max(length(email)) from users where (role, id) = ('viewer', 5)
select max(length(email)) from users where (id = 5) is true
select max(length(email)) from users where coalesce(id = 5, false)
select max(length(email)) from users tablesample system (1)
select max(length(query)) from pg_stat_activity
select max(length(mood::text)), length(mood::text) from moods group by 2
select n, count(*) from (select length(email) as n from users) x group by n
select length(email), count(*) from users window w as (partition by id)
select count(*) from users where length(first_name || last_name) = 12
select max(length(substr(email, 1, id))) from users
select max(length(email)) from users where email = 'a'
select max(length(email)) from users where last_name = 'x' and role = 'viewer'
select length(email), id from users group by 1, 2
select length(email), email from users group by 1, 2
select length(email), count(*), keyed_hash(email) from users group by email
# forms that hold a value
select count(*) from users where email ~ '^c'
select count(*) from users where email ~ '^[a-m]'
select count(*) from users where email ~ '^[c]'
select count(*) from users where email ~ '^[^c]'
select count(*) from users where email ~ '^[0-4]'
select count(*) from users where email ~ '(?i)C'
select count(*) from users where email ~* 'C'
select count(*) from users where email ~ '^\\w+nary'
select count(*) from users where email ~ '\\x63'
select count(*) from users where email ~ '\\u0063'
select count(*) from users where email ~ '^[[:alpha:]c]'
select count(*) from users where email ~ '^[[=c=]]'
select count(*) from users where email ~ '^[[.c.]]'
select count(*) from users where email ~ '[ -c]'
select count(*) from users where email ~ '[\\d-z]'
select count(*) from users where email ~ '(\\w)\\1'
select count(*) from users where email ~ '***=c'
select count(*) from users where email ~ ('^' || 'c')
select count(*) from users where email ~ role::text
select count(*) from users where email ~ ''
select count(*) from users where email ~ '^(\\w+'
select count(*) from users where email ~ '\\w+)'
select count(*) from users where email like 'c%'
select count(*) from users where email like '%a%'
select count(*) from users where email like '\\c%'
select count(*) from users where email ilike 'C%'
select count(*) from users where email similar to 'c%'
select count(*) from users where email not like '%x'
select npi ~ '^1', count(*) from providers group by 1
select count(*) from providers where weight::text ~ '^\\d$'
select split_part(email, '@', 1), count(*) from users group by 1
select split_part(email, '.', 2), count(*) from users group by 1
select split_part(email, '@', 2), count(*) from users where split_part(email, '@', 2) = 'x.org' group by 1
select split_part(last_name, '@', 2), count(*) from users group by 1
select split_part(email, '@', 2), min(id) from users group by 1
select max(split_part(email, '@', 2)) from users
select string_agg(split_part(email, '@', 2), ',') from users
select substring(email from '^(.)'), count(*) from users group by 1
select substring(email from '@(.)'), count(*) from users group by 1
select substring(email, 1, 3), count(*) from users group by 1
select id, split_part(email, '@', 2) from users
# search and cycle
with recursive t(e) as (select email from users union all select e from t where false) search depth first by e set o select o from t
with recursive t(e, n) as (select email, 1 from users union all select e, n + 1 from t where n < 3) cycle e set c using p select p from t
with recursive t(e, n) as (select email, 1 from users union all select e, n + 1 from t where n < 3) cycle e set c using p select count(*) from t where c
with recursive t(n) as (select 1 union all select n + 1 from t where n < 3) search depth first by m set o select o from t
# explain
explain select count(*) from users where email = 'a'
explain select id from users order by email
explain select keyed_hash(email) from users
explain select count(*) from users group by keyed_hash(email)
# literals
select count(*) from licenses where state = 'jane.doe@example.com'
select '123-45-6789'
select '(415) 555-2671'
select '4111 1111 1111 1111'
select count(*) from licenses where id = 1234567893
select 'write to jane@example.com' as note
values ('+14155552671')
# rows that belong together
select a.id, b.id from providers a join providers b on a.race = b.race
select count(*) from providers a join providers b on a.race = b.race group by a.id
select u.id, p.id from users u join providers p on u.email = p.email
select u.id from users u join providers p using (email) where p.id = 5
select sum(power(2, id % 60)) from providers group by race
`);

/** What only the catalog can tell. */
export const hidden: Record<string, string[]> = groups(`
# attribute notation
select p.touch_row from providers p
select count(p.touch_row) from providers p
select (p).touch_row is null from providers p
select count(*) from providers p where p.touch_row is null
# overloads
select initcap(specialty) from providers
select initcap('x')
select 'a'::text + 'b'::text
select state + status from licenses
select count(*) from licenses where state + 'x' is null
# casts
select 1::point
select id::point from licenses
select cast(1 as mood)
select 'calm'::mood
select 'calm'::public.mood
select count(mood) from moods
select count(m) from moods m
select * from moods
select (m).mood from moods m
select case state when status then 1 end from licenses where state + status = any (select 'a')
select count(*) from licenses a join licenses b using (state) where a.status + 'x' in (select 'a')
# views
select * from v_touch
select id from v_touch
select count(*) from v_touch
select 1 from v_notify
select x from v_notify
select id from v_sleep
select id from v_touch_again
select count(*) from v_union
select n from v_using
select n from v_on
select n from v_having
explain select count(*) from license_summary
explain select 1 from hidden_literal
select who from provider_list
select contact from provider_list
select * from provider_list
select label from provider_cache
select * from provider_cache
select who from provider_names
select id from provider_gmail
select count(*) from provider_gmail
select count(*) from provider_list where who like 'A%'
select count(distinct who) from provider_list
# relations
select count(*) from guarded
select note from guarded
select count(*) from far_away
select count(*) from scattered
select id from scattered
select * from nowhere
select count(*) from archive.nowhere
select nothing from licenses
select licenses.nothing from licenses
select count(*) from licenses natural join users natural join nowhere
select count(*) from licenses join users using (state)
select users.state from users
select licenses.email from licenses
`);

/** What a database with an implicit cast of its own between PostgreSQL's types must not be asked: the cast stands behind any of these. */
export const implicit = [
  "select lower(state) from licenses",
  "select count(*) from licenses where state = status",
  "select id::text from licenses",
  "select id from licenses where state in (select status from licenses)",
];

const repeated = (times: number, part: (place: number) => string, between: string) =>
  Array.from({ length: times }, (_, place) => part(place)).join(between);

/** What would keep the planner busy, by its size: at most `most` is a read like any other, one more is refused. */
export const costly: Record<string, { most: number; statement: (size: number) => string }> = {
  "names in WITH": {
    most: 40,
    statement: (size) => `with ${repeated(size, (place) => `w${place} as (select 1 as n)`, ", ")} select n from w0`,
  },
  tables: {
    most: 60,
    statement: (size) =>
      `select count(*) from licenses l ${repeated(size - 1, (place) => `join licenses l${place} using (id)`, " ")}`,
  },
  "set operations": { most: 60, statement: (size) => repeated(size + 1, () => "select 1", " union all ") },
  "deep subqueries": {
    most: 30,
    statement: (size) =>
      `${"select n from (".repeat(size - 1)}select 1 as n${repeated(size - 1, (place) => `) s${place}`, "")}`,
  },
  "copies of a column": {
    most: 14,
    statement: (size) =>
      `with w0 as (select state as x from licenses), ${repeated(size, (place) => `w${place + 1} as (select x || x as x from w${place})`, ", ")} select x from w${size}`,
  },
};

function groups(text: string): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const group of text.trim().split(/^# /m).filter(Boolean)) {
    const [name, ...lines] = group.replace(/\n$/, "").split("\n");
    found[name] = lines.map((line) => line.replace(/␀/g, "\0").replace(/⏎/g, "\n"));
  }
  return found;
}

/** Of a group of 4 rows each of these would tell how large it is: by a number, by a text, or by whether a row is there. */
export const small: string[] = String.raw`
select status, count(*) from sizes group by 1
select status, sum(1) from sizes group by 1
select status, sum(1)::int from sizes group by 1
select status, sum(2) from sizes group by 1
select status, sum(case when true then 1 end) from sizes group by 1
select sum(case when status = 'small' then 1 else 0 end) from sizes
select sum((status = 'small')::int) from sizes
select sum(length(status) / 5 % 2) from sizes
select avg(case when status = 'small' then 1.0 else 0 end) from sizes
select count(case when status = 'small' then 1 end) from sizes
select count(nullif(status, 'large')) from sizes
select count(*) filter (where status = 'small') from sizes
select count(*) filter (where status = 'small')::text from sizes
select status, count(*)::text from sizes group by 1
select status, count(*)::numeric from sizes group by 1
select status, count(*)::varchar(9) from sizes group by 1
select status, count(*) || '' from sizes group by 1
select status, concat(count(*)) from sizes group by 1
select status, to_char(count(*), '999') from sizes group by 1
select status, format('%s', count(*)) from sizes group by 1
select status, repeat('x', 3) || count(*) from sizes group by 1
select status, count(*) * 100 from sizes group by 1
select status, count(*) + 1000 from sizes group by 1
select status, -count(*) from sizes group by 1
select status, count(*) / 1.0 from sizes group by 1
select status, 100.0 * count(*) / 304 from sizes group by 1
select status, round(100.0 * count(*) / sum(count(*)) over (), 3) from sizes group by 1
select status, count(*) = 4 from sizes group by 1
select status, count(*) between 3 and 5 from sizes group by 1
select status, case count(*) when 4 then 'four' end from sizes group by 1
select status, case when count(*) = 4 then 'four' end from sizes group by 1
select status, nullif(count(*), 4) from sizes group by 1
select status, coalesce(nullif(count(*), 4), 999) from sizes group by 1
select status, greatest(count(*), 11) from sizes group by 1
select status, count(*) is distinct from 4 from sizes group by 1
select status, array_agg(id) from sizes group by 1
select status, cardinality(array_agg(id)) from sizes group by 1
select status, array_length(array_agg(id), 1) from sizes group by 1
select status, (array_agg(id))[4] from sizes group by 1
select status, length(string_agg('x', '')) from sizes group by 1
select status, string_agg('x', '') from sizes group by 1
select status, json_agg(id) from sizes group by 1
select status, jsonb_array_length(jsonb_agg(id)) from sizes group by 1
select status, json_build_object('n', count(*)) from sizes group by 1
select status, array[count(*)] from sizes group by 1
select status, row(count(*), 1) from sizes group by 1
select row_to_json(x) from (select status, count(*) as n from sizes group by 1) x
select x from (select status, count(*) as n from sizes group by 1) x
select json_agg(x) from (select status, count(*) as n from sizes group by 1) x
select * from (select status, count(*) as n from sizes group by 1) x
select max(n), min(n), sum(n) from (select status, count(*) as n from sizes where status = 'small' group by 1) x
select avg(n) from (select status, count(*) as n from sizes where status = 'small' group by 1) x
select n + 1000 from (select status, count(*) as n from sizes group by 1) x
select status from sizes group by 1 having count(*) = 4
select status from sizes group by 1 having count(*) < 5
select status from sizes group by 1 having count(*) > 1 and not count(*) > 4
select status from (select status, count(*) as n from sizes group by 1) x where n = 4
select status from (select status, count(*) as n from sizes group by 1) x where n in (3, 4)
select status from sizes group by 1 having sum(1) = 4
select distinct status, count(*) over (partition by status) from sizes
select status, max(rn) from (select status, row_number() over (partition by status order by id) as rn from sizes) x group by 1
select distinct status, sum(1) over (partition by status) from sizes
select distinct status, last_value(rn) over (partition by status) from (select status, rank() over (partition by status order by id) as rn from sizes) x
select status, percent_rank() over (partition by status order by id) from sizes
select (select count(*) from sizes where status = 'small')
select (select count(*) from sizes where status = 'small') + 1000
select (select count(*) from sizes where status = 'small') = 4
select exists (select from sizes where status = 'small' having count(*) = 4)
select 1 where (select count(*) from sizes where status = 'small') = 4
select 1 where 4 = (select count(*) from sizes where status = 'small')
select 1 from sizes where status = 'small' having count(*) = 4
select cardinality(array(select id from sizes where status = 'small'))
select array(select id from sizes where status = 'small')
select 'a', count(*) from sizes where status = 'small' union all select 'b', 4000
select 'a', sum(2) from sizes where status = 'small' union all select 'b', 4000
select 'a', avg(id) from sizes where status = 'small' union all select 'b', 1
with x as (select status, count(*) as n from sizes group by 1) select status, n from x
with x as (select status, count(*) as n from sizes group by 1) select status, n::text || '!' from x
with recursive r(i) as (select 1 union all select i + 1 from r where i < (select count(*) from sizes where status = 'small')) select max(i) from r
select g from generate_series(1, 20) g join (select count(*) as n from sizes where status = 'small') x on g <= n
select status, count(*) from sizes group by rollup (status)
select status, count(distinct id) from sizes group by 1
select status, regr_count(id, id) from sizes group by 1
select status, mode() within group (order by id), count(id) from sizes group by 1
select status, avg(id) from sizes group by 1
select status, stddev(id), max(id) from sizes group by 1
explain select * from sizes where status = 'small'
select n from sizes_counted where status = 'small'
select n::text from sizes_counted where status = 'small'
select status, avg(id) + count(*) from sizes group by 1 having sum(id) > 3
select distinct status, avg(id) from sizes group by 1
select avg(n) from (select count(*) / 2 as n from sizes group by status) x
select status, sum(cardinality(x)) from (select status, array_agg(id) as x from sizes group by 1) y group by 1
select max(x) from (select array_agg(id) as x from sizes group by status) y
select count(*) filter (where n = 4) from (select count(*) as n from sizes group by status) x
select array_agg(status order by n) from (select status, count(*) as n from sizes group by 1) x
select coalesce(count(*), 5) from sizes where status = 'small'
select status, lag(count(*), 4) over (order by status), nth_value(id, 4) over (partition by status) from sizes group by status, id
select case n when 4 then 1 end from (select count(*) as n from sizes group by status) x
select n in (select 4) from (select count(*) as n from sizes group by status) x
select id in (select count(*) from sizes group by status) from sizes
select id = any (select count(*) from sizes group by status) from sizes
select status from sizes group by status having count(*) > 1
select * from cme_topics join (select id, count(*) as n from cme_topics group by 1) x using (id)
select case when status = 'small' then count(*) end from sizes group by status
`
  .trim()
  .split("\n");
