import { loadModule, scanSync } from "libpg-query";
import { beforeAll, describe, expect, test } from "vitest";
import {
  normalizeBounds,
  normalizeConstraint,
  normalizeExpression,
  normalizeStatement,
  type Names,
} from "../lib/schema/compare/normalize-sql";

beforeAll(() => loadModule());

const names: Names = { path: ["public"], holds: () => false };

/** Queries as a server prints them, and as other people write them; every column is called c1, c2, … */
const QUERIES = [
  "select d.c1, d.c2 from (select c1, c3 as c2, c4 from t) d",
  "select c1 from (select c1, c2 from t where c3 > 5) d where c2 = 6",
  "with recursive q(c1, c2) as (select 1, 2 union all select c1 + 3, c2 * 4 from q where c1 < 10) select c1, c2 from q",
  "with q as (select c1, c2 from t), r as (select c1 from q where c2 = 5) select r.c1, q.c2 from r join q on q.c1 = r.c1",
  "select (select max(u.c1) from u where u.c2 = t.c3) as c4 from t",
  "select c1 from t where c2 in (select u.c3 from u where u.c4 = 'x')",
  "select c1 from t where not (exists (select 1 as one from u where u.c2 = t.c3 and u.c4 > 7))",
  "select coalesce((select c1 from u limit 3), 4) as c5, array(select c2 from u order by c3 desc) as c6",
  "select c1, sum(c2) filter (where c3 = 'x') as c4, row_number() over (partition by c5 order by c6 rows 3 preceding) as c7 from t group by c1, c5, c6 having count(c8) > 2",
  "select b.c1, x.c2 from b cross join lateral (select u.c2 from u where u.c3 = b.c4 limit 5) x",
  "select case c1 when 'a' then c2 when 'b' then c3 else c4 end as c5 from t where c6 between 1 and 9 order by c7 limit 8 offset 6",
  "select distinct on (c1) c1, c2::varchar(5) as c3, c4[2] as c5, (c6).c7 as c8, c9 at time zone 'utc' as c10 from t",
  "select x.c1 from (t x left join u y on x.c2 = y.c3) full join v z using (c4) where x.c5 like 'a%' or y.c6 is null and z.c7 ~ '^b'",
  "select g.c1, g.c2 from json_to_recordset('[]') g(c1 int, c2 text), generate_series(1, 5) h(h) where h.h = g.c1",
  "select c1 from t union select c2 from u except select c3 from v",
  "select extract(year from c1) as c2, date_part('month', c3) as c4, nullif(c5, 0) as c6, greatest(c7, 3) as c8, row(c9, 4) = row(5, c10) as c11 from t",
];
const EXPRESSIONS = [
  "(c1 > 0) and (c2 <> 5 or c3 is null)",
  "c1 in ('a', 'b') and c2 = any (array['x', 'y'])",
  "not (c1 = 'a') and 5 < c2 and c3 = c4 and c5 >= c6",
  "((c1 ->> 'a')::int + 3) % 7 = abs(c2)",
  "c1 & b'101' = x'1f'",
  "c1 !~ 'x' and c2 not like 'y' and c3 not in (1, 2)",
];
const CONSTRAINTS = [
  "CHECK ((c1 >= 3) AND (c2 <= 9))",
  "FOREIGN KEY (c1, c2) REFERENCES t(c3, c4) ON DELETE CASCADE",
  "EXCLUDE USING gist (c1 WITH =, int4range(c2, 5) WITH &&) WHERE (c3 > 4)",
  "UNIQUE (c1, c2) INCLUDE (c3)",
];
const BOUNDS = [
  "FOR VALUES IN ('a', 'b')",
  "FOR VALUES FROM (1, MINVALUE) TO (5, 7)",
  "FOR VALUES WITH (modulus 4, remainder 1)",
];
const STATEMENTS = [
  "CREATE TRIGGER g BEFORE INSERT OR UPDATE OF c1, c2 ON t FOR EACH ROW WHEN ((new.c3 > 4)) EXECUTE FUNCTION f('x', 'y')",
  "CREATE UNIQUE INDEX i ON t USING btree (c1 DESC, lower(c2), ((c3 + 4))) INCLUDE (c5) WITH (fillfactor='70') WHERE (c6 IS NOT NULL AND c7 > 8)",
  "CREATE RULE r AS ON UPDATE TO t WHERE (new.c1 > 3) DO INSTEAD UPDATE u SET c2 = new.c3 WHERE (u.c4 = old.c5)",
  "CREATE STATISTICS s (ndistinct) ON c1, (c2 + 3) FROM t",
];

/** The same text with one column or constant made another, once for each of them. */
function changed(sql: string): string[] {
  return scanSync(sql).tokens.flatMap(({ start, end, text, tokenName }) => {
    const other =
      tokenName === "ICONST"
        ? String(Number(text) + 100)
        : tokenName === "SCONST"
          ? `'${text.slice(1, -1)}other'`
          : /^[bx]'/.test(text)
            ? `${text.slice(0, -1)}0'`
            : /^c\d+$/.test(text)
              ? `${text}99`
              : undefined;
    return other === undefined ? [] : [`${sql.slice(0, start)}${other}${sql.slice(end)}`];
  });
}

const KINDS: [string, string[], (sql: string) => string][] = [
  ["query", QUERIES, (sql) => normalizeStatement(sql, names)],
  ["expression", EXPRESSIONS, (sql) => normalizeExpression(sql, names)],
  ["constraint", CONSTRAINTS, (sql) => normalizeConstraint(sql, names)],
  ["partition's bounds", BOUNDS, (sql) => normalizeBounds(sql, names)],
  ["statement", STATEMENTS, (sql) => normalizeStatement(sql, names)],
];

describe("no column and no constant can be another without the meaning's being another", () => {
  for (const [kind, texts, meaning] of KINDS)
    test(`of a ${kind}`, () => {
      const same = texts.flatMap((text) => changed(text).filter((other) => meaning(other) === meaning(text)));
      // what is shown of a row that only has to exist
      expect(same).toEqual(kind === "query" ? [QUERIES[6].replace("select 1 as one", "select 101 as one")] : []);
    });
});
