import { beforeAll, expect, test } from "vitest";
import { judge, loadGuard } from "../lib/guard/judge";
import { grammar } from "../lib/guard/grammar";
import { parseOne } from "../lib/guard/ast";
import { walk } from "../lib/guard/walk";

beforeAll(loadGuard);

/** Statements that have between them every place in which an expression can stand; `@` is the place. */
const slots = `
select @
select distinct on (@) 1
select x from (select @ as x) y
select * from t where @ is null
select 1 from a join b on @ is null
select 1 from a left join lateral (select @) s on true
select 1 group by @
select 1 group by grouping sets ((@), ())
select 1 group by rollup (@)
select 1 group by cube (@)
select 1 having @ is null
select 1 order by @
select 1 order by @ desc nulls last
select 1 limit @
select 1 offset @
select 1 fetch first (@) rows only
values (@)
values (1), (@)
with x as (select @) select 1 from x
with recursive x as (select 1 union all select 2 from x where @ is null) select 1 from x
select 1 union all select @
(select 1 order by @) union select 2
select (select @)
select exists (select @)
select array(select @)
select 1 in (select @)
select 1 = any (select @)
select @ in (select 1)
select 1 in (1, @)
select @ not in (1, 2)
select (1, 2) in ((@, 1))
select (1, @) = (1, 2)
select row(@)
select row(1, @).f1
select array[@]
select array[[1], [@]]
select (array[1])[@]
select (array[1])[@:2]
select (array[1])[1:@]
select (@).x
select (@)[1]
select (@).*
select @::text
select cast(@ as text)
select text 'x' || @
select @ + 1
select 1 + @
select - @
select @ between 1 and 2
select 1 between @ and 2
select 1 not between 1 and @
select 1 between symmetric 1 and @
select @ like 'x'
select 'x' like @
select 'x' like 'y' escape @
select 'x' ilike @
select 'x' similar to @
select 'x' ~ @
select @ is null
select @ is not null
select (@ is null) is true
select @ is distinct from 1
select 1 is not distinct from @
select not (@ is null)
select true and @ is null
select true or @ is null
select case when @ is null then 1 end
select case when true then @ end
select case when true then 1 else @ end
select case @ when 1 then 2 end
select case 1 when @ then 2 end
select coalesce(@)
select nullif(@, 1)
select nullif(1, @)
select greatest(@), least(1, @)
select 1 = any(@)
select @ = all(array[1])
select now() at time zone @
select @ at time zone 'utc'
select @ collate "C"
select lower(@)
select concat('x', @)
select make_interval(days => @)
select format('%s', @)
select substring(@ from 1 for 2)
select substring('x' from @)
select position(@ in 'x')
select overlay('x' placing @ from 1)
select trim(both @ from 'x')
select extract(year from @)
select (now(), @) overlaps (now(), now())
select normalize(@)
select @ is normalized
select count(@)
select count(distinct @)
select count(*) filter (where @ is null)
select string_agg('x', @)
select array_agg(1 order by @)
select percentile_cont(@) within group (order by 1)
select percentile_cont(0.5) within group (order by @)
select grouping(@) group by 1
select count(*) over (partition by @)
select count(*) over (order by @)
select count(*) over (order by 1 rows @ preceding)
select count(*) over (rows between 1 preceding and @ following)
select count(*) over w from t window w as (partition by @)
select count(*) over w from t window w as (order by @)
select count(*) over (w rows @ preceding) from t window w as (order by 1)
select count(*) filter (where @ is null) over ()
select * from f(@)
select * from generate_series(1, @)
select * from lower(@) x
select * from rows from (lower(@), upper('x')) as y
select * from unnest(array[@]) with ordinality
select * from t, lateral lower(@) x
select * from json_to_record(@) as x(a int)
select * from t tablesample bernoulli (@)
select * from t tablesample bernoulli (1) repeatable (@)
select * from (values (@)) v
select * from (a join b on @ is null) as j
select xmlelement(name x, @)
select xmlparse(document @)
select xmlconcat(@, '<x/>')
select @ is document
select json_object('a': @)
select json_array(@)
select json_value(@, '$')
select json_exists(@, '$')
select @ is json
select json_objectagg('a': @)
select * from xmltable('/x' passing @ columns a text)
select * from json_table(@, '$' columns (a int path '$'))
select merge_action() is null or @ is null
select current_setting(@)
select @ operator(pg_catalog.+) 1
explain select @
explain select 1 where @ is null
`
  .trim()
  .split("\n");

const forbidden = ["pg_notify('x', 'y')", "(select pg_notify('x', 'y'))", "coalesce(pg_notify('x', 'y')::text, 'z')"];

test("a forbidden call is refused in every place that an expression can stand in", () => {
  for (const slot of slots)
    for (const call of forbidden)
      expect(judge(slot.replaceAll("@", call), { trust: "catalogue" }).allowed, `${slot} with ${call}`).toBe(false);
});

test("the places are places: nearly all of them are allowed when something harmless stands there", () => {
  const harmless = slots.filter((slot) =>
    ["1", "'x'", "now()", "null", "x", "'{}'"].some(
      (value) => judge(slot.replaceAll("@", value).replace("f(", "unnest(")).allowed,
    ),
  );
  expect(harmless.length).toBeGreaterThan(100);
});

test("the places reach every field of the grammar that can hold an expression", () => {
  const reached = new Set<string>();
  for (const slot of slots) {
    try {
      walk(parseOne(slot.replaceAll("@", "pg_notify('x', 'y')"), 1000), ({ type, fields }) =>
        Object.keys(fields).forEach((field) => reached.add(`${type}.${field}`)),
      );
    } catch {
      // The grammar refuses the form itself.
    }
  }
  const holding = [...grammar].flatMap(([type, fields]) =>
    [...fields].filter(([, field]) => field === "node" || field === "nodes").map(([field]) => `${type}.${field}`),
  );
  // These hold names, aliases and types, or stand in statements of their own.
  const others =
    /^(Alias|ColumnDef|DefElem|ExplainStmt|TypeName|SelectStmt\.withClause|CommonTableExpr\.aliascolnames|JoinExpr\.usingClause|RangeFunction\.coldeflist|RangeTableSample\.method|SubLink\.operName|CTESearchClause|CTECycleClause)/;
  expect(holding.filter((field) => !reached.has(field) && !others.test(field))).toEqual([]);
});

test("whatever the grammar's tree may hold besides is refused by its name", () => {
  const select = parseOne("select 1", 100) as { SelectStmt: Record<string, unknown> };
  for (const extra of [{ somethingNew: 1 }, { lockingClause: [{}] }, { intoClause: {} }, { groupDistinct: true }])
    expect(() => walk({ SelectStmt: { ...select.SelectStmt, ...extra } }, () => undefined)).toThrow();
  expect(() => walk({ NewNode: {} }, () => undefined)).toThrow();
  expect(() =>
    walk({ SelectStmt: { ...select.SelectStmt, targetList: [[{ ResTarget: {} }]] } }, () => undefined),
  ).toThrow();
});
