import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { catalogQuery, judge, readCatalog, readColumns, type Context } from "../lib/guard/judge";
import { bind } from "../lib/sql/template";
import { attacks, costly, hidden, implicit, leaks } from "./guard/attacks";
import { openHostile, type Hostile } from "./guard/hostile";
import { plan } from "./guard/plan";
import { reads, readsWithCatalog } from "./guard/reads";

let hostile: Hostile;
beforeAll(async () => void (hostile = await openHostile()));
afterAll(() => hostile?.close());

const allowedOf = (statements: string[], context: Context) =>
  statements.filter((statement) => judge(statement, context).allowed);
const refusedOf = (statements: string[], context: Context) =>
  statements.map((statement) => [statement, judge(statement, context).reason]).filter(([, reason]) => reason !== "");

describe("what is no plain read is refused, with the catalog, with the file of columns, and with neither", () => {
  for (const [rule, statements] of Object.entries(attacks))
    test(rule, () => {
      for (const context of [
        {},
        { columns: hostile.columns },
        { catalog: hostile.catalog },
        { columns: hostile.columns, catalog: hostile.catalog },
      ])
        expect(allowedOf(statements, context)).toEqual([]);
    });
});

describe("nobody is exposed, with the catalog and without", () => {
  for (const [rule, statements] of Object.entries(leaks))
    test(rule, () => {
      // A file that lists nothing but what is safe must do.
      const bare = { safe: hostile.columns.safe };
      for (const context of [
        { columns: hostile.columns },
        { columns: bare },
        { columns: hostile.columns, catalog: hostile.catalog },
      ])
        expect(allowedOf(statements, context)).toEqual([]);
    });
});

describe("what only the catalog can tell is refused with it", () => {
  for (const [rule, statements] of Object.entries(hidden))
    test(rule, () => expect(allowedOf(statements, { columns: hostile.columns, catalog: hostile.catalog })).toEqual([]));
});

test("nothing that a cast could stand behind is asked where a cast of somebody's own is made unasked", () => {
  const context = { columns: hostile.columns, catalog: { ...hostile.catalog, implicitCasts: 1 } };
  expect(allowedOf(implicit, context)).toEqual([]);
  expect(refusedOf(["select count(*) from licenses", "select id, state from licenses"], context)).toEqual([]);
});

describe("what would keep the planner busy is refused, and one step less is not", () => {
  for (const [name, { most, statement }] of Object.entries(costly))
    test(name, () => {
      for (const context of [{ columns: hostile.columns }, { columns: hostile.columns, catalog: hostile.catalog }]) {
        expect(judge(statement(most), context).reason).toBe("");
        expect(judge(statement(most + 1), context).reason).toMatch(/ask in several steps\.$/);
      }
    });
});

test("a view counts with the tables that it is made of", () => {
  const { catalog, columns } = hostile;
  const view = (name: string, of: string) => ({
    ...catalog.relations.find((one) => one.name === "license_summary")!,
    name,
    columns: [{ name: "id", type: "integer", category: "N", comment: null, own: false, extension: false }],
    definition: `select a.id from ${of} a join ${of} b on a.id = b.id join ${of} c on a.id = c.id`,
  });
  const views = [view("v3", "licenses"), view("v9", "v3"), view("v27", "v9"), view("v81", "v27")];
  const context = { columns, catalog: { ...catalog, relations: [...catalog.relations, ...views] } };
  expect(judge("select count(*) from v27", context).reason).toBe("");
  expect(judge("select count(*) from v81", context).reason).toMatch(/more than 60 tables/);
  expect(
    judge("select count(*) from v27 a join v27 b on a.id = b.id join v9 c on c.id = a.id", context).reason,
  ).toMatch(/more than 60 tables/);
});

test("each is refused for its own reason, as it is written in reasons.txt", async () => {
  const told = Object.entries({ ...attacks, ...leaks, ...hidden }).flatMap(([rule, statements]) => [
    `# ${rule}`,
    ...statements.map((statement) => `${JSON.stringify(statement)}\n  ${reasons(statement).join("\n  ")}`),
  ]);
  await expect(told.join("\n")).toMatchFileSnapshot("guard/reasons.txt");
  expect(told.filter((line) => /could not be judged/.test(line))).toEqual([]);
});

/** Why a statement is refused with the catalog, and without it where that is another reason. */
const reasons = (statement: string) => [
  ...new Set(
    [{ columns: hostile.columns, catalog: hostile.catalog }, { columns: hostile.columns }, {}]
      .map((context) => judge(statement, context).reason)
      .filter(Boolean),
  ),
];

test("what a person at work writes is allowed, with the catalog and without", () => {
  for (const context of [
    {},
    { columns: hostile.columns },
    { columns: { safe: hostile.columns.safe } },
    { columns: hostile.columns, catalog: hostile.catalog },
  ])
    expect(refusedOf(reads, context)).toEqual([]);
  expect(refusedOf(readsWithCatalog, { columns: hostile.columns, catalog: hostile.catalog })).toEqual([]);
});

/** One statement a line; `⏎` stands for a line end, `␀` for NUL. */
const linesOf = (file: string) =>
  readFileSync(join(__dirname, "guard", file), "utf8")
    .trim()
    .split("\n")
    .map((line) => line.replaceAll("⏎", "\n").replaceAll("␀", "\0"));

test("of several hundred statements that nobody had in mind when the rules were made, no attack is allowed and no plain read refused", async () => {
  const [attacking, reading] = [linesOf("further-attacks.txt"), linesOf("analytics.txt")];
  expect([attacking.length > 800, reading.length > 300]).toEqual([true, true]);
  expect(allowedOf(attacking, { columns: hostile.columns, catalog: hostile.catalog })).toEqual([]);
  for (const context of [{ columns: hostile.columns }, { columns: hostile.columns, catalog: hostile.catalog }])
    expect(refusedOf(reading, context)).toEqual([]);
  for (const statement of reading)
    await hostile.client.query(judge(statement, { columns: hostile.columns, catalog: hostile.catalog }).sql);
});

test("every query of the plan passes as it stands, or the refusal says what to write instead", () => {
  for (const { sql, refused, guessed } of plan) {
    expect(judge(sql, { columns: hostile.columns }).reason, sql).toMatch(refused ?? /^$/);
    const { reason, condition } = judge(sql, { columns: hostile.columns, catalog: hostile.catalog });
    if (guessed) expect(condition, sql).toBe("undefined_column");
    else expect(reason, sql).toMatch(refused ?? /^$/);
  }
});

test("a refusal is one sentence and repeats no literal", () => {
  const literal = "Xyzzy-42";
  for (const statement of [
    `select pg_notify('${literal}', 'x')`,
    `select '${literal}`,
    `select email from users where email = '${literal}'`,
    `select "${literal} 12"`,
    `select '${literal}'::touchy`,
    `select count(*) from "${literal}"`,
    `select "${literal} 1"('x')`,
  ]) {
    const { reason } = judge(statement, { columns: hostile.columns, catalog: hostile.catalog });
    expect(reason).toMatch(/^[A-Za-z].{10,240}\.$/);
    expect(reason).not.toContain(literal);
  }
});

test("the text that is sent is the guard's own: no comment, functions and tables by their full names", () => {
  const { sql } = judge('select /* x */ count ( * ), U&"st\\0061te" from licenses -- y\ngroup by 2', {
    columns: hostile.columns,
    catalog: hostile.catalog,
  });
  expect(sql).toBe("SELECT pg_catalog.count(*), state FROM public.licenses GROUP BY 2");
});

test("parameters are allowed up to the number that is bound", () => {
  expect(judge("select state from licenses where id = $1 limit $2", { parameters: 2 }).allowed).toBe(true);
  expect(judge("select state from licenses where id = $3", { parameters: 2 }).allowed).toBe(false);
});

/** Questions that are refused, and what is asked in the words of the advice. */
const advised: [refused: string, says: RegExp, instead: string[]][] = [
  ["select last_value from user_id_seq", /as in (select max\(id\) from licenses)\./, []],
  ["select * from pg_sequences", /as in (select last_value from licenses_id_seq)\./, []],
  ["select query from pg_stat_activity", /as in (select .*)\./, []],
  ["select client_addr from pg_stat_replication", /as in (select .*)\./, []],
  ["select * from pg_stats", /as in (select .*)\./, []],
  ["select passwd from pg_user", /as in (select .*)\./, []],
  ["select rolconfig from pg_roles", /as in (select .*)\./, []],
  ["select setting from pg_settings", /as in (name in \(.*\))\./, ["select name, setting from pg_settings where $1"]],
  ["select nextval('users_id_seq')", /as in (select last_value from licenses_id_seq)\./, []],
  ["explain analyze select count(*) from licenses", /leave out ANALYZE/, ["explain select count(*) from licenses"]],
  ["explain select * from license_summary", /a query of its tables/, ["explain select * from licenses"]],
  [
    "select * from generate_series((select min(id) from licenses), 9)",
    /constant step such as '1 day': write (generate_series\(1, least\(\(select max\(id\) from licenses\), 100000\)\))\./,
    ["select * from $1", "select d from generate_series(current_date - 30, current_date, interval '1 day') d"],
  ],
  [
    "select last_name from users",
    /leave it out, count it, or ask for it masked/,
    ["select id from users", "select count(last_name) from users"],
  ],
  ["select max(last_name) from users", /count it instead/, ["select count(distinct last_name) from users"]],
  [
    "select length(email) from users where id = 5",
    /write (max\(length\(email\)\)), or (length\(email\)) with count\(\*\) and GROUP BY\./,
    ["select $1 from users", "select length(email), count(*) from users group by 1"],
  ],
  [
    "select max(length(email)) from users where id = 5",
    /as in (state = 'CA'): leave out the other conditions/,
    ["select max(length(license_number)) from licenses where $1"],
  ],
  [
    "select length(email), min(id) from users group by 1",
    /write count\(\*\), count\(\*\) filter \(where …\), or min, max or avg of its length/,
    [
      "select length(email), count(*) from users group by 1",
      "select count(*) filter (where length(email) > 9) from users",
      "select min(length(email)), max(length(email)), avg(length(email)) from users",
    ],
  ],
  [
    "select id from users where length(email) = 12",
    /count them, as in (select count\(\*\))\./,
    ["$1 from users where length(email) = 12"],
  ],
  [
    "select role, count(*) from users where length(email) = 12 group by role",
    /write it as count\(\*\) filter \(where …\)\./,
    ["select role, count(*) filter (where length(email) = 12) from users group by role"],
  ],
  [
    "select id, max(length(email)) from users group by id",
    /by a state, a type, a flag or the like, or by date_trunc\('month', …\)/,
    [
      "select role, max(length(email)) from users group by role",
      "select date_trunc('month', created_at), max(length(email)) from users group by 1",
    ],
  ],
  ["select md5(email) from users", /write (keyed_hash\(email\))/, ["select $1 from users"]],
  [
    "select id from users where last_name = 'x'",
    /IS NULL and = ''|IS NULL or = ''/,
    ["select id from users where last_name is null", "select id from users where last_name = ''"],
  ],
];

test("what a refusal advises is allowed, and runs", async () => {
  const context = { columns: hostile.columns, catalog: hostile.catalog };
  for (const [refused, says, instead] of advised) {
    const { allowed, reason } = judge(refused, context);
    expect([allowed, reason], refused).toEqual([false, expect.stringMatching(says)]);
    const named = says.exec(reason)![1];
    for (const statement of instead.length ? instead.map((text) => text.replace("$1", named)) : [named]) {
      const verdict = judge(statement, context);
      expect(verdict.reason, statement).toBe("");
      await hostile.client.query(verdict.sql);
    }
  }
});

interface Question {
  ask: string;
  /** Why it must be refused, what the refusal says, and what may be asked instead. */
  because?: string;
  says?: string;
  instead?: string[];
}

test("of the questions that follow a comparison, those alone are refused that must be, with what to ask instead", async () => {
  const context = { columns: hostile.columns, catalog: hostile.catalog };
  const questions = JSON.parse(readFileSync(join(__dirname, "guard/questions.json"), "utf8")) as Question[];
  for (const { ask, because, says = "", instead = [] } of questions) {
    const { allowed, reason, sql } = judge(ask, context);
    expect([allowed, reason], ask).toEqual([because === undefined, because ? expect.stringContaining(says) : ""]);
    if (allowed) await hostile.client.query(sql);
    for (const other of instead) {
      const verdict = judge(other, context);
      expect(verdict.reason, other).toBe("");
      await hostile.client.query(verdict.sql);
    }
  }
});

/** A body in which a canary stands in every way in which a text can stand in a function. */
const hiding = [
  "'canary'", "E'canary'", "e'ca\\'nary'", "E'\\\\' || 'canary'", "'canary''canary'", "'it''s canary'", "U&'canary'", "n'canary'",
  "date'canary'", "'\\' || 'canary'", "'\\canary'", "$$canary$$", "$q$canary$q$", "$a1$it's canary$a1$", "''''||'canary'",
  "1 -- canary\n", "1 -- don't canary\n", "1 /* canary */", "1 /* don't canary */", "1 /* a /* b */ canary */",
  "1 /* a ' /* b */ ' */ || 'canary'", "\"it's\" || 'canary'", "\"a\"\"b'\" || 'canary'", "'a' --'\n || 'canary'", "7700123", "7.7001234",
]; // prettier-ignore

test("the definition of one's own view or function is shown, its literals and comments masked", async () => {
  const context = { columns: hostile.columns, catalog: hostile.catalog };
  const ask = async (statement: string, client = hostile.client) => {
    const { sql, reason, shows } = judge(statement, context);
    expect(reason, statement).toBe("");
    const { rows, fields } = await client.query({ text: sql, rowMode: "array" });
    expect(shows?.map(({ name }) => name)).toEqual(fields.map(({ name }) => name));
    return String(rows[0][0]);
  };
  expect(await ask("select pg_get_viewdef('hidden_literal'::regclass)")).toMatch(
    /SELECT licenses\.id\s+FROM licenses\s+WHERE \(+licenses\.status\)::text <> '•••'::text\);/,
  );
  expect(await ask("select pg_get_viewdef('public.license_summary'::regclass, true)")).toMatch(/GROUP BY/);
  expect(await ask("select pg_get_functiondef('set_updated_at()'::regprocedure)")).toMatch(
    /\$function\$\s*BEGIN\s+NEW\.updated_at = now\(\);/,
  );
  const made = hiding.map(
    (text, index) =>
      `create function hides_${index}(a text default 'canary') returns text language plpgsql as $made$ begin return ${text}; return 'canary'; end $made$;`,
  );
  const other = await hostile.copy(
    `set check_function_bodies = off; ${made.join("\n")} create view hides as select 'canary' as a, E'ca\\nary' as "it's", 'canary' as c, 770012345 as d;`,
  );
  for (const [index, text] of hiding.entries()) {
    const shown = await ask(`select pg_get_functiondef('hides_${index}(text)'::regprocedure)`, other);
    expect(shown, text).not.toMatch(/canary|nary|7700|7\.70/);
    expect(shown, text).toMatch(/hides_\d+\(a text DEFAULT '•••'::text\)[\s\S]*begin return/);
  }
  const answer = await other.query(judge("select pg_get_viewdef('hides'::regclass)", { columns: hostile.columns }).sql);
  expect(answer.rows[0].pg_get_viewdef).toMatch(
    /^ SELECT '•••'::text AS a,\s+'•••'::text AS "it's",\s+'•••'::text AS c,\s+••• AS d;$/,
  );
});

test("a star of a system's relation stands for the columns that hold nothing of anybody's", async () => {
  const context = { columns: hostile.columns, catalog: hostile.catalog };
  const fields = async (statement: string) => {
    const { sql, shows } = judge(statement, context);
    const names = (await hostile.client.query(sql)).fields.map(({ name }) => name);
    expect(shows?.map(({ name }) => name)).toEqual(names);
    return names;
  };
  const names = await fields("select * from pg_stat_activity");
  expect(names).toContain("wait_event");
  expect(names).not.toContain("query");
  expect(await fields("select a.*, 1 as one from pg_stat_activity as a")).toEqual([...names, "one"]);
  // a column that a newer server has besides could hold anything
  const system = { "pg_catalog.pg_indexes": ["indexname", "indexdef", "last_key"] };
  expect(judge("select * from pg_indexes", { ...context, catalog: { ...hostile.catalog, system } }).sql).toBe(
    "SELECT pg_indexes.indexname FROM pg_catalog.pg_indexes",
  );
});

test("of fewer than ten different values no trait is told, nor where one to nine rows are left out", async () => {
  const context = { columns: hostile.columns, catalog: hostile.catalog };
  const rows = async (statement: string, hideSmall = false) => {
    const { sql, reason } = judge(statement, { ...context, hideSmall });
    expect(reason, statement).toBe("");
    return (await hostile.client.query({ text: sql, rowMode: "array" })).rows.map((row: unknown[]) =>
      row.map((cell) => (typeof cell === "string" && /^\d+$/.test(cell) ? Number(cell) : cell)),
    );
  };
  // 30 users, 10 of each of three roles, 7 of them inactive; 25 providers, 9 of a specialty at most
  expect(await rows("select max(length(email)), count(*) from users")).toEqual([[14, 30]]);
  expect(await rows("select role, max(length(email)) from users group by role order by 1")).toEqual([
    ["coordinator", 14],
    ["provider", 14],
    ["viewer", 14],
  ]);
  expect(await rows("select max(length(email)) from users where role = 'viewer'")).toEqual([[14]]);
  expect(await rows("select max(length(email)) from users where is_active")).toEqual([[null]]);
  expect(await rows("select max(length(email)) from users where not is_active")).toEqual([[null]]);
  expect(await rows("select max(length(email)) filter (where is_active), count(*) from users")).toEqual([[null, 30]]);
  expect(await rows("select count(*) from users where is_active and length(email) > 3")).toEqual([[null]]);
  expect(await rows("select count(*) filter (where is_active and length(email) > 3) from users")).toEqual([[null]]);
  expect(await rows("select specialty, max(length(npi)) from providers group by 1 order by 1")).toEqual([
    ["Cardiology", null],
    ["Family", null],
    ["Surgery", null],
  ]);
  expect(await rows("select max(length(npi)) from providers where practice_state = 'CA'")).toEqual([[8]]);
  expect(await rows("select max(length(npi)) from providers where practice_state = 'NY'")).toEqual([[null]]);
  // where few values stand for many people, a length is as good as the value
  expect(await rows("select max(length(gender)), count(*) filter (where gender ~ '^\\w{6}$') from providers")).toEqual([
    [null, null],
  ]);
  expect(await rows("select length(email), count(*) from users group by 1 order by length(email)")).toEqual([
    [14, 21],
    [null, null],
  ]);
  expect(await rows("select length(email) as n from users group by n order by n desc nulls last")).toEqual([
    [14],
    [null],
  ]);
  expect(
    await rows("select email ~ '^[a-z]+-\\w+-\\d{2}$' as long, count(*) from users group by 1 order by 2"),
  ).toEqual([
    [true, 21],
    [null, null],
  ]);
  expect(await rows("select percentile_disc(0.5) within group (order by length(email)) from users")).toEqual([[14]]);
  expect(await rows("select count(*), count(distinct email) from users where email like '%-%-%'")).toEqual([[30, 30]]);
  expect(await rows("select round(avg(length(email)), 1) || ' of ' || count(*) from users")).toEqual([["13.7 of 30"]]);
  // three in ten have no telephone, and of a group that is hidden not even its place among the others is told
  const other = await hostile.copy(
    `create table people (id int, email text, phone text);
     insert into people select i, i || repeat('x', case when i < 40 then 5 + i % 3 when i = 40 then 9 else 20 end) || '@' || case when i = 40 then 'm.org' when i % 2 = 0 then 'a.org' else 'z.org' end,
       case when i % 3 > 0 then 1000 + i end from generate_series(1, 60) i; analyze people`,
  );
  const catalog = readCatalog(
    (await other.query(judge(bind(catalogQuery).text, { trust: "catalogue" }).sql)).rows[0].catalog,
  );
  const columns = { safe: { people: ["id"] }, personal: { people: ["email", "phone"] } };
  const askOther = async (statement: string) => {
    const { sql, reason } = judge(statement, { catalog, columns });
    expect(reason, statement).toBe("");
    return (await other.query({ text: sql, rowMode: "array" })).rows.map((row: unknown[]) => row.join(" "));
  };
  expect(await askOther("select split_part(email, '@', 2), count(*) from people group by 1")).toEqual([
    "a.org 29",
    "z.org 30",
    " ",
  ]);
  expect(await askOther("select length(phone), count(*) from people group by 1")).toEqual(["4 40", " 20"]);
  expect(await askOther("select count(*), phone ~ '^\\d+$' from people group by 2 order by 1")).toEqual([
    "20 ",
    "40 true",
  ]);
  expect((await askOther("select length(email) from people group by 1")).at(-1)).toBe("");
  expect(
    await askOther(
      "select n, c from (select length(email) as n, count(*) as c from people group by 1 union all select 0, 0) x where n = 0",
    ),
  ).toEqual(["0 0"]);
  // the counts that small groups are told by stand behind
  expect(await rows("select max(length(email)), count(*) filter (where email ~ '^\\w+-') from users", true)).toEqual([
    [14, 30, 30],
  ]);
  expect(await rows("select avg(length(email))::int from users", true)).toEqual([[14, 30]]);
  expect(await rows("explain (costs off) select max(length(email)) from users where role = 'viewer'")).not.toEqual([]);
});

test("a personal column is masked where the cell asks for it, and only where it is shown", async () => {
  const context = { columns: hostile.columns, catalog: hostile.catalog, mask: true };
  const shown = async (statement: string) => {
    const { sql, reason } = judge(statement, context);
    expect(reason, statement).toBe("");
    return (await hostile.client.query(sql)).rows;
  };
  expect(await shown("select id, email, upper(first_name) as name from users order by id limit 1")).toEqual([
    { id: 1, email: "•••", name: "•••" },
  ]);
  expect(
    Object.entries((await shown("select * from users order by id limit 1"))[0])
      .filter(([, value]) => value === "•••")
      .map(([name]) => name),
  ).toEqual(["email", "password_hash", "first_name", "last_name", "phone"]);
  expect(
    JSON.stringify(await shown("select p.*, u.email from providers p join users u on u.id = p.user_id")),
  ).not.toMatch(/canary|7700|1907/);
  expect(
    JSON.stringify(await shown("select email from users union all select first_name from providers")),
  ).not.toContain("canary");
  expect(await shown("select email, count(*)::int as n from users group by email order by n limit 1")).toEqual([
    { email: "•••", n: 1 },
  ]);
  expect(judge("select id from users where email = 'x'", context).allowed).toBe(false);
  expect(judge("select id from users order by last_name", context).allowed).toBe(false);
  expect(judge("select x.e from (select email::int as e from users) x", context).allowed).toBe(false);
});

test("the hash for comparing people takes its salt from the transaction, and is shown whole or not at all", async () => {
  const context = { columns: hostile.columns, catalog: hostile.catalog };
  const { sql, hashes, shows } = judge(
    "select keyed_hash(u.email), count(*) over () as n from users u where u.id = 1",
    context,
  );
  expect([hashes, shows?.map(({ hashed }) => hashed === true)]).toEqual([true, [true, false]]);
  expect(await hostile.client.query(sql).then(({ rows }) => Object.keys(rows[0]))).toEqual(["keyed_hash", "n"]);
  expect(judge("select keyed_hash(email) from users").hashes).toBe(true);
  const verdict = (statement: string) => judge(statement, context);
  for (const whole of [
    "select keyed_hash(email), row_number() over (partition by keyed_hash(email) order by id) as n from users",
    "select h.who, count(*) as n from (select keyed_hash(email) as who from users) h group by 1 order by 2 desc, 1",
    "select count(distinct keyed_hash(email)) as n from users",
    "select case when role = 'admin' then keyed_hash(email) end as admin from users",
    "select distinct on (keyed_hash(email)) keyed_hash(email) as who, role from users order by keyed_hash(email), id",
    "select u.id from users u join providers p on keyed_hash(u.email) = keyed_hash(p.email)",
    "select keyed_hash(email) as who from users union select keyed_hash(email) from providers",
    "with w as (select keyed_hash(email) as who from users) select * from w where who in (select keyed_hash(email) from providers)",
  ])
    expect(verdict(whole), whole).toMatchObject({ allowed: true, reason: "" });
  for (const part of [
    "select left(keyed_hash(email), 8) as who from users",
    "select keyed_hash(email) || '' as who from users",
    "select min(keyed_hash(email)) as who from users",
    "select array_agg(keyed_hash(email)) as who from users",
    "select h from (select keyed_hash(email) as who from users) h",
    "select count(*) from users where keyed_hash(email) = 'abc'",
    "select count(*) from users where keyed_hash(email) like 'a%'",
    "select count(*) from users where keyed_hash(email) < 'a'",
    "select id from users where keyed_hash(email) in ('abc', 'abd')",
    "select coalesce(keyed_hash(email), 'nobody') as who from users",
    "select keyed_hash(email) as who from users union all select 'abc'",
    "select keyed_hash(email) as who from users union all select email from users",
    "select keyed_hash(h.who) from (select keyed_hash(email) as who from users) h",
    "select email from users where keyed_hash(email) = email",
    "select lag(keyed_hash(email)) over (order by id) as who from users",
  ])
    expect(verdict(part).allowed, part).toBe(false);
  expect(verdict("select left(keyed_hash(email), 8) as who from users").reason).toContain("leave out left");
  expect(judge("select md5(email) from users", context).reason).toContain("keyed_hash(email)");
});

/** Each runs where nothing judges it, and would tell who has which value, or who is alike. */
const oracles = String.raw`
select p.id, x.ctid from providers p join x1 x on x.c5 = p.employer_start_date
select p.id from providers p where exists (select 1 from x1 x where x.c5 = p.employer_start_date and x.c1 = 5)
select p.id, a.entity from providers p join attributes a on a.value = p.email
select p.id, a.ctid, a.xmin from providers p, attributes a where a.value = p.last_name
select p.id from providers p where p.email in (select value from attributes)
select count(*) from providers p join pg_settings s on s.setting = p.last_name
select p.id, s.name from providers p join pg_catalog.pg_settings s on lower(s.setting) = lower(p.last_name)
select p.id from providers p join (values ('Miller'), ('Smith')) v(n) on v.n = p.last_name
select p.id from providers p join unnest(array['Miller', 'Smith']) n on n = p.last_name
select p.id, g from providers p join generate_series(1, 5) g on g::text = p.npi
select p.id from providers p join generate_series(timestamp '1960-01-01', '1960-01-05', '1 day') d on d::date::text = p.employer_start_date::text
select p.id from providers p where p.last_name = (select current_setting('server_version'))
select p.id from providers p where p.last_name = current_user
select p.id from providers p join pg_class c on c.relname = p.last_name
select p.id from providers p join pg_enum e on e.enumlabel = p.gender
select p.id from providers p join licenses l on l.state = p.home_state
select a.id, b.id from providers a join providers b on a.race = b.race and a.id < b.id
select a.id, b.ctid from providers a join providers b using (gender)
select a.id, (select count(*) from providers b where b.race = a.race) as n from providers a
select (select count(*) from providers b where b.race = a.race) as n from providers a order by a.id
select array_agg(a.id) from providers a join providers b on a.race = b.race where b.id = 1
select a.id from providers a where a.race = (select race from providers where id = 1)
select a.id from providers a where a.race in (select race from providers where id = 1)
select max(a.id) from providers a join providers b on a.race = b.race and b.id = 1
select a.id, count(*) from providers a join providers b on a.home_city = b.home_city group by a.id
select count(*) from providers a join providers b on a.race = b.race group by a.id
select u.id, p.id from users u join providers p on u.email = p.email
select u.ctid, p.tableoid, p.ctid from users u join providers p using (email)
select u.id, p.xmin from users u join providers p on lower(u.email) = lower(p.email)
select u.id from users u join providers p using (email) where p.id = 5
select u.id from users u where exists (select 1 from providers p where p.email = u.email and p.ctid = '(0,1)')
select u.id from users u join providers p using (email) order by p.id
select u.id, row_number() over (order by p.id) from users u join providers p using (email)
select u.id, case when p.id = 5 then 1 else 0 end as hit from users u join providers p using (email)
select u.id, bool_or(p.id = 5) from users u join providers p using (email) group by u.id
select json_agg(json_build_object('u', u.id, 'p', p.id)) from users u join providers p using (email)
select s.a, s.b from (select u.id as a, p.id as b from users u join providers p using (email)) s
with w as (select id, email from users) select a.id, b.id from w a join w b on a.email = b.email
select u, p.id from (select id, email from users) u join providers p using (email)
select u.id, l.b from users u, lateral (select p.id as b from providers p where p.email = u.email) l
select u.id, p.created_at from users u join providers p using (email)
select id, (select count(distinct r) from (select a.race as r union all select race from providers where id = 1) x) from providers a
select id from providers a where (select count(distinct r) from (select a.race as r union all select race from providers where id = 1) x) = 1
select a.id, (select count(distinct r) from (values (a.race), (b.race)) v(r)) from providers a, providers b where b.id = 1
select a.id, count(distinct case g when 1 then a.race else b.race end) from providers a, providers b, generate_series(1, 2) g where b.id = 1 group by a.id
select a.id, count(distinct coalesce(a.race, b.race)) from providers a, providers b where b.id = 1 group by a.id
select sum(id), bit_or(id) from providers group by race
select sum(power(2, id % 60)) from providers group by race
select min(id), count(*) from providers group by race
`
  .trim()
  .split("\n");

test("personal columns are no way to try values with, and no way to see whose rows belong together", async () => {
  const context = { columns: hostile.columns, catalog: hostile.catalog };
  const { length } = oracles;
  expect(length).toBeGreaterThan(40);
  for (const statement of oracles) await hostile.client.query(statement);
  expect(allowedOf(oracles, context)).toEqual([]);
  expect(
    allowedOf(
      oracles.filter((one) => !/pg_(class|enum)/.test(one)),
      { columns: hostile.columns },
    ),
  ).toEqual([]);
  const plain = [
    "select count(*) from users u join providers p on u.email = p.email where p.practice_state = 'CA'",
    "select u.id, u.role from users u left join providers p on p.email = u.email where p.id is null order by u.id",
    "select u.role, count(*) from users u join providers p using (email) group by u.role",
    "select u.role, count(distinct p.id) from users u join providers p using (email) group by u.role",
    "select count(*) from providers a join providers b on a.last_name = b.last_name and a.race = b.race and a.id < b.id",
    "with w as (select id, email from users) select w.id from w join providers p on p.email = w.email",
    "select id from users where email in (select email from providers)",
  ];
  expect(refusedOf(plain, context)).toEqual([]);
  for (const statement of plain) await hostile.client.query(judge(statement, context).sql);
});

test("the verdict says what the answer shows, which of it is counted, and whether a person was looked at", () => {
  const context = { columns: hostile.columns, catalog: hostile.catalog };
  expect(
    judge(
      "with x as (select state, count(*) as n from licenses group by 1) select state, n, n * 2 as twice from x",
      context,
    ),
  ).toMatchObject({
    kind: "select",
    personal: false,
    shows: [
      { name: "state", counted: false },
      { name: "n", counted: true },
      { name: "twice", counted: true },
    ],
  });
  expect(judge("select count(email) from users", context).personal).toBe(true);
  expect(judge("explain select 1").kind).toBe("explain");
  expect(judge("show timezone").kind).toBe("show");
});

test("a name that does not exist is told apart from what is forbidden", () => {
  const context = { columns: hostile.columns, catalog: hostile.catalog };
  expect(judge("select * from nowhere", context).condition).toBe("undefined_table");
  expect(judge("select nothing from licenses", context).condition).toBe("undefined_column");
  expect(judge("select email from users", context).condition).toBeUndefined();
});

test("the project's own queries may print definitions, and still only read", () => {
  const own = { trust: "catalogue" } as const;
  expect(
    judge(
      "select pg_get_viewdef(c.oid), pg_get_indexdef(i.indexrelid), c.relpartbound from pg_class c, pg_index i",
      own,
    ).allowed,
  ).toBe(true);
  for (const statement of [
    "select pg_notify('x', 'y')",
    "select * from pg_authid",
    "delete from users",
    "select 1 for update",
    "select * from pg_shadow",
    "select lo_unlink(1)",
  ])
    expect(judge(statement, own).allowed).toBe(false);
});

test("the project's own queries work beside somebody's functions and operators, which they do not call", async () => {
  const { sql } = judge(
    "select initcap(specialty) as it, specialty || 'x' = 'x' or 1 + 1 = 2 as sum from providers limit 1",
    {
      trust: "catalogue",
      catalog: {
        ...hostile.catalog,
        operators: [
          { name: "=", left: "S", right: "S", shadows: true },
          { name: "+", left: "N", right: "N", shadows: true },
        ],
      },
    },
  );
  expect(sql).toContain("pg_catalog.initcap(");
  expect(sql).toContain("OPERATOR(pg_catalog.+)");
  expect((await hostile.client.query(sql)).rows).toEqual([{ it: "Surgery", sum: true }]);
});

test("where somebody has operators of PostgreSQL's names, PostgreSQL's are written out, and the answers stay the same", async () => {
  const same = (left: string, right: string) =>
    ["=", "<>", "<", ">", "<=", ">=", "~~", "!~~", "~~*", "~", "||"].map((name) => ({
      name,
      left,
      right,
      shadows: true,
    }));
  const catalog = { ...hostile.catalog, operators: [...same("S", "S"), ...same("N", "N")], types: ["text", "date"] };
  const { columns } = hostile;
  for (const statement of [
    "select state not between 'B' and 'M' as a, state between symmetric 'M' and 'B' as b, state not between symmetric 'M' and 'B' as c from licenses order by id",
    "select state in ('CA', 'NY') as a, state not in ('CA', 'NY') or id in (1, 2) or state = 'x' as b from licenses order by id",
    "select state is distinct from status as a, null::text is not distinct from null as b, state is not distinct from null as c from licenses order by id",
    "select nullif(state, 'CA'), nullif(id, 3), case state when 'CA' then 1 when 'NY' then 2 else 3 end from licenses order by id",
    "select state like 'C%', state not like 'C%', state ilike 'c%', state similar to '(CA|NY)', state like '%!%' escape '!' from licenses order by id",
    "select id from licenses where provider_id in (select id from providers) and provider_id not in (select 0) and (state, status) in (select state, status from licenses) order by 1",
    "select state::text || date '2020-01-01' || '{a}'::text[] from licenses order by id",
    "select count(*) from licenses where state = any (array['CA', 'NY']) and state <> all ('{TX}')",
    "select case when state = 'CA' then 'a' end, count(*) from licenses group by case when state = 'CA' then 'a' end order by 1",
  ]) {
    const [before, after] = [hostile.catalog, catalog].map((one) => judge(statement, { columns, catalog: one }));
    expect([before.reason, after.reason], statement).toEqual(["", ""]);
    expect(after.sql).toMatch(/OPERATOR\(pg_catalog|pg_catalog\."text"/);
    expect(after.sql.replace(/OPERATOR\(pg_catalog\.[^)]*\)/g, "")).not.toMatch(
      / (=|<>|<|>|<=|>=|LIKE|BETWEEN|IN \() /,
    );
    const rows = await Promise.all([before, after].map(({ sql }) => hostile.client.query(sql)));
    expect(rows[1].rows).toEqual(rows[0].rows);
    expect(rows[1].fields.map(({ name }) => name)).toEqual(rows[0].fields.map(({ name }) => name));
  }
});

test("an operator of an extension keeps its meaning, or the statement is refused", () => {
  const relations = hostile.catalog.relations.map((relation) => ({
    ...relation,
    columns: relation.columns.map((column) => ({ ...column, extension: column.name === "state" })),
  }));
  const alone = { ...hostile.catalog, relations, extensionOperators: ["="] };
  const beside = { ...alone, operators: [{ name: "=", left: "S", right: "S", shadows: true }] };
  const { columns } = hostile;
  const statement = "select count(*) from licenses where state = 'CA'";
  expect(judge(statement, { columns, catalog: alone }).sql).toContain("state = 'CA'");
  expect(judge(statement, { columns, catalog: beside }).reason).toContain("write OPERATOR(pg_catalog.=)");
  expect(judge(statement.replace("=", "operator(pg_catalog.=)"), { columns, catalog: beside }).reason).toBe("");
});

test("no statement keeps the guard busy", () => {
  const nested = (depth: number, inner: string, wrap: (inner: string) => string): string =>
    depth === 0 ? inner : nested(depth - 1, wrap(inner), wrap);
  const monsters = [
    nested(40, "select 1", (inner) => `with recursive x as (${inner} union select 1 from x) select * from x`),
    nested(2000, "1", (inner) => `(${inner})`).replace(/^/, "select "),
    `select ${"-".repeat(1)}${"(- ".repeat(3000)}1${")".repeat(3000)}`,
    `select ${Array(2500).fill("1").join("+")}`,
    nested(300, "select 1", (inner) => `select * from (${inner}) x`),
    `select 1 where ${Array(1500).fill("true").join(" and ")}`,
    "x".repeat(20_001),
    `select '${"a@".repeat(9000)}'`,
    `select '${"1".repeat(19_000)}'`,
  ];
  for (const monster of monsters) {
    const start = performance.now();
    judge(monster, { columns: hostile.columns, catalog: hostile.catalog });
    expect(performance.now() - start, monster.slice(0, 60)).toBeLessThan(1500);
  }
  expect(judge("select 1").allowed).toBe(true);
});

test("a bad file of columns is refused by name and place", () => {
  for (const text of [
    "",
    "[]",
    "{}",
    '{"safe": []}',
    '{"safe": {"users": "id"}}',
    '{"safe": {"users": [1]}}',
    '{"safe": {}, "personal": 1}',
  ])
    expect(() => readColumns(text, "mine.json")).toThrow(/^RUNBOOK_COLUMNS: mine\.json .*: it should look like/);
});
