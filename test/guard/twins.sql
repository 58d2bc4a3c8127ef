-- Beside every operator, function and aggregate of PostgreSQL one of the same name and arguments, in a schema that is searched before pg_catalog and in public.
-- Whoever runs one of them takes an advisory lock, which outlives the transaction.
create schema before_all;
create function public.twin_touch() returns void language plpgsql as 'begin perform pg_catalog.pg_advisory_lock(4711); end';
do $do$
declare
  place text;
  one record;
  body constant text := 'begin perform public.twin_touch(); return null; end';
begin
  foreach place in array array['before_all', 'public'] loop
    for one in
      select p.proname as name, pg_get_function_identity_arguments(p.oid) as arguments, p.prokind as kind, p.proretset as returns_set,
        format_type(p.prorettype, null) as result, p.proargtypes::text as types, p.proargmodes is not null as modes, p.oid::bigint as id, p.pronargs as width
      from pg_proc p where p.pronamespace = 'pg_catalog'::regnamespace and p.prokind in ('f', 'a') and p.proname not like 'pg\_advisory%'
    loop
      begin
        if one.kind = 'f' then
          execute format('create function %I.%I(%s) %s language plpgsql as %L', place, one.name, one.arguments,
            case when one.modes then '' else 'returns ' || case when one.returns_set then 'setof ' else '' end || one.result end,
            case when one.returns_set or one.result = 'void' then 'begin perform public.twin_touch(); end' else body end);
        elsif one.arguments not like '%ORDER BY%' then
          execute format('create function %I.%I(integer%s) returns integer language plpgsql as %L', place, 'twin_state_' || one.id,
            case when one.width > 0 then ', ' || replace(replace(one.arguments, '"any"', 'anyelement'), 'VARIADIC ', '') else '' end, body);
          execute format('create aggregate %I.%I(%s) (sfunc = %I.%I, stype = integer)', place, one.name,
            case when one.width > 0 then replace(replace(one.arguments, '"any"', 'anyelement'), 'VARIADIC ', '') else '*' end, place, 'twin_state_' || one.id);
        end if;
      exception when others then null; -- what takes or gives internal types can be written in C alone
      end;
    end loop;
    for one in
      select o.oprname as name, o.oid::bigint as id, format_type(o.oprleft, null) as lefts, format_type(o.oprright, null) as rights, o.oprleft = 0 as prefix,
        format_type(o.oprresult, null) as result
      from pg_operator o where o.oprnamespace = 'pg_catalog'::regnamespace and o.oprresult <> 0
    loop
      begin
        execute format('create function %I.%I(%s) returns %s language plpgsql as %L', place, 'twin_operator_' || one.id,
          case when one.prefix then '' else one.lefts || ', ' end || one.rights, one.result, body);
        execute format('create operator %I.%s (%s rightarg = %s, function = %I.%I)', place, one.name,
          case when one.prefix then '' else format('leftarg = %s,', one.lefts) end, one.rights, place, 'twin_operator_' || one.id);
      exception when others then null;
      end;
    end loop;
    -- varchar has no operators of its own in PostgreSQL: an exact match wins wherever it stands
    for one in select unnest(array['=', '<>', '<', '<=', '>', '>=', '~~', '!~~', '~', '||', '->']) as name loop
      execute format('create function %I.%I(varchar, varchar) returns boolean language plpgsql as %L', place, 'twin_varchar', body);
      execute format('create operator %I.%s (leftarg = varchar, rightarg = varchar, function = %I.twin_varchar)', place, one.name, place);
      execute format('alter function %I.twin_varchar rename to %I', place, 'twin_varchar_' || md5(one.name));
    end loop;
  end loop;
end $do$;
create domain before_all.text as pg_catalog.text check (public.twin_touch() is null);
create domain before_all.json as pg_catalog.json check (public.twin_touch() is null);
create domain before_all.date as pg_catalog.date check (public.twin_touch() is null);
do $do$ begin execute format('alter database %I set search_path = before_all, pg_catalog, public', pg_catalog.current_database()); end $do$;
