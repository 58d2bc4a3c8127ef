import { createRequire } from "node:module";
import { createHash, createHmac } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openSource, type Source, type SourceOptions } from "../lib/source/guarded";
import { listExisting, writeGrants, makeRole } from "../lib/guard/grants";
import type { Alarm } from "../lib/ledger";
import { startServer, type Server } from "../lib/demo/postgres";
import { judge } from "../lib/guard/judge";
import { deriveSalt } from "../lib/sql/salt";
import { startLambda, type TestLambda } from "./lambda";
import { openSources } from "../lib/open";
import { readSettings } from "../lib/settings";
import { sql } from "../lib/sql";
import { masked } from "../lib/sql/masked";
import { trustQuery } from "../lib/sql/trusted";
import { raw } from "../lib/sql/template";
import { small } from "./guard/attacks";
import { presentAnswer } from "../lib/privacy/present";
import { openHostile, projectColumns, type Hostile } from "./guard/hostile";

let hostile: Hostile;
let user: Client;
const opened: Source[] = [];
beforeAll(async () => {
  hostile = await openHostile();
  user = hostile.client;
  await user.query(
    [
      makeRole("runbook_safe"),
      ...writeGrants(hostile.columns, "runbook_safe", "postgres", listExisting(hostile.catalog)),
    ].join("\n"),
  );
});
afterAll(async () => {
  await Promise.all(opened.map((source) => source.close()));
  await hostile?.close();
});

/** A source on the hostile database, as the session opens one. */
async function source(options: Partial<SourceOptions> = {}): Promise<Source> {
  const one = await openSource(
    "local",
    { kind: "postgres", url: hostile.url },
    { columns: projectColumns(), ...options },
  );
  opened.push(one);
  return one;
}

const cellsOf = async (from: Source, statement: string) => (await from.ask(raw(statement))).cells;

describe("the second opinion of a role that reads the safe columns alone", () => {
  const heard: Alarm[] = [];
  const asked = async (statement: string, columns = projectColumns()) => {
    heard.length = 0;
    const one = await source({ columns, safeRole: "runbook_safe", onAlarm: (alarm) => heard.push(alarm) });
    await one.ask(raw(statement));
    return heard.map(({ refused }) => refused);
  };

  test("agrees with what the guard takes for harmless, and is not asked about what is personal", async () => {
    for (const statement of [
      "select state, count(*) from licenses group by state",
      "select count(*) from users",
      "select count(email) from users",
      "select * from cme_topics",
      "select count(*) from x1",
      "select ctid from licenses",
      "select * from license_summary",
      "select relname from pg_class limit 1",
    ])
      expect(await asked(statement), statement).toEqual([]);
  });

  test("a query that the guard lets through and this role may not run is the guard's own fault", async () => {
    const { safe, personal } = projectColumns();
    // as if the guard had taken a personal column for harmless
    expect(
      await asked("select last_name from users", { safe: { ...safe, users: [...safe.users, "last_name"] }, personal }),
    ).toEqual([expect.stringContaining("permission denied")]);
  });

  test("where the role is not there, nothing is asked and nothing is made", async () => {
    const one = await source({ safeRole: "nobody_made_this", onAlarm: (alarm) => heard.push(alarm) });
    heard.length = 0;
    await one.ask(raw("select count(*) from licenses"));
    expect(heard).toEqual([]);
    expect((await user.query("select 1 from pg_roles where rolname = 'nobody_made_this'")).rows).toEqual([]);
  });

  test("reads no personal column, whatever it tries", async () => {
    const role = await hostile.connect();
    await role.query("set role runbook_safe");
    for (const statement of [
      "select email from users",
      "select * from providers",
      "select u from users u",
      "select count(email) from users",
      "select to_json(p) from providers p",
      "select most_common_vals from pg_stats where attname = 'email' and 1 / 0 = 1",
    ])
      await expect(
        role.query(statement).then(({ rows }) => (rows.length ? rows : Promise.reject(new Error("nothing")))),
        statement,
      ).rejects.toThrow();
  });
});

test("the project's own queries may print definitions; a cell cannot make one, for it can import nothing but what is offered", async () => {
  expect((await (await source()).ask(sql.columns)).total).toBeGreaterThan(500);
  const require = createRequire(join(__dirname, "..", "notebooks", "cell.js"));
  for (const inside of [
    "runbook/sql/trusted",
    "runbook/source/guarded",
    "runbook/source/postgres",
    "runbook/lib/settings.ts",
  ])
    expect(() => require.resolve(inside)).toThrow('not defined by "exports"');
  expect(
    Object.keys(await import("../lib/index")).filter((name) => /catalogued|^query$|openSource|connect|seal/.test(name)),
  ).toEqual([]);
});

test("a copy of the project's own query is judged by itself, also when the query has just been asked", async () => {
  const one = await source();
  const text = "select prosrc from pg_catalog.pg_proc where proname = 'lower'";
  for (const time of ["first", "second"]) {
    expect((await one.ask(trustQuery(text))).total, time).toBeGreaterThan(0);
    await expect(one.ask(raw(text)), time).rejects.toThrow(/pg_proc/);
  }
});

test("the project's own query of a table is written out where, and only where, somebody has an operator of his own", async () => {
  const table = "create table things (id int)";
  const operator = `create function mine(int, text) returns boolean language sql as 'select true';
    create operator = (leftarg = int, rightarg = text, function = mine)`;
  const written: string[] = [];
  const asked = async (database: string) => {
    const onQuery = ({ sql }: { sql: string }) => void written.push(sql);
    const url = hostile.url.replace(/hostile$/, database);
    const one = await openSource("local", { kind: "postgres", url }, { columns: projectColumns(), onQuery });
    await one.ask(trustQuery("select count(*) as things from things where id = 1"));
    await one.close();
    return /OPERATOR\(pg_catalog\.=\)/i.test(written.at(-1)!);
  };
  for (const [database, statements] of [
    ["plain_things", [table]],
    ["owned_things", [table, operator]],
  ] as const) {
    await user.query(`create database ${database} template template0`);
    const client = new Client({ connectionString: hostile.url.replace(/hostile$/, database) });
    await client.connect();
    for (const statement of statements) await client.query(statement);
    await client.end();
  }
  for (const [database, isWrittenOut] of [
    ["plain_things", false],
    ["owned_things", true],
    ["plain_things", false],
  ] as const)
    expect(await asked(database), database).toBe(isWrittenOut);
});

test("hashes match within one opening of both sides, and say nothing in the next", async () => {
  const [one, same, other] = [
    await source({ key: "k".repeat(24) }),
    await source({ key: "k".repeat(24) }),
    await source({ key: "q".repeat(24) }),
  ];
  const hash = "select keyed_hash(email) from users order by id limit 3";
  expect(await cellsOf(one, hash)).toEqual(await cellsOf(same, hash));
  expect(await cellsOf(one, hash)).not.toEqual(await cellsOf(other, hash));
});

describe("what a server keeps of a statement that hashes", () => {
  const log: string[] = [];
  let server: Server;
  let admin: Client;
  let lambda: TestLambda;
  const key = "a key of this test alone";
  const email = "canary.hash@example.com";
  beforeAll(async () => {
    const more = {
      shared_preload_libraries: "pg_stat_statements,auto_explain",
      log_statement: "all",
      log_min_duration_statement: "0",
      "auto_explain.log_min_duration": "0",
      "auto_explain.log_verbose": "on",
      "auto_explain.log_nested_statements": "on",
      "pg_stat_statements.track": "all",
    };
    server = await startServer({ more, onLog: (text) => log.push(text) });
    admin = new Client({ connectionString: server.address("postgres") });
    await admin.connect();
    await admin.query(
      `create extension pg_stat_statements; create table users (id int primary key, email text, role text);
       insert into users select g, case when g = 1 then '${email}' else 'p' || g || '@example.com' end, 'r' from generate_series(1, 50) g`,
    );
    lambda = await startLambda({ ...server, database: "postgres" });
  });
  afterAll(async () => {
    await lambda?.stop();
    await admin?.end();
    await server?.stop();
  });
  const columns = { safe: { users: ["id", "role"] } };
  const statement = raw("select id, keyed_hash(email) as who from users order by id");

  /** All that the server has kept since. */
  async function kept(): Promise<string> {
    await new Promise((resolve) => setTimeout(resolve, 300));
    const { rows: activity } = await admin.query("select query from pg_stat_activity where pid <> pg_backend_pid()");
    const { rows: statements } = await admin.query("select query from pg_stat_statements");
    return [...log.splice(0), JSON.stringify(activity), JSON.stringify(statements)].join("\n");
  }

  /** Everything in a text that could be a secret: what a value is tried with. */
  const listWords = (text: string) => [...new Set([...(text.match(/[\w-]{12,}/g) ?? []), ""])];
  const hash = (text: string) => createHash("sha256").update(text).digest("hex");
  /** Finds a person's hash among those shown, by each thing in the log that it may have been made with. */
  const isFound = (words: string[], shown: string) =>
    words.some((word) => [hash(word + email), hash(hash(word) + email), hmac(word, email)].includes(shown)) ||
    words.some((word) =>
      words.some((other) => [other, hash(other)].some((by) => hmac(by, hash(word + email)) === shown)),
    );
  const hmac = (by: string, text: string) => createHmac("sha256", by).update(`shown ${text}`).digest("hex");

  test("PostgreSQL's log, plans and views hold neither the key nor the salt", async () => {
    const one = await openSource("local", { kind: "postgres", url: server.address("postgres") }, { columns, key });
    const { cells } = await one.ask(statement);
    const found = await kept();
    expect(found).toContain("current_setting('runbook.salt'");
    expect(found).toContain("Query Text: ");
    expect(found).not.toContain(key);
    expect(found).not.toContain(deriveSalt(key));
    expect(cells.map(([id]) => id)).toEqual(Array.from({ length: 50 }, (_, index) => String(index + 1)));
    expect(cells[0][1]).toBe(hmac(key, hash(deriveSalt(key) + email)));
    expect(isFound(listWords(found), cells[0][1]!)).toBe(false);
    expect(isFound([...listWords(found), key, deriveSalt(key)], cells[0][1]!)).toBe(true);
    await one.close();
  });

  test("through a Lambda the salt stands in the text of the transaction, and says nothing without the key", async () => {
    const one = await lambda.open({ columns, key });
    const local = await openSource("local", { kind: "postgres", url: server.address("postgres") }, { columns, key });
    const { cells } = await one.ask(statement);
    const found = await kept();
    expect(found).toContain(deriveSalt(key));
    expect(found).not.toContain(key);
    const { rows } = await admin.query("select query from pg_stat_statements where query like '%sha256%'");
    expect(JSON.stringify(rows)).not.toContain(deriveSalt(key));
    expect(isFound(listWords(found), cells[0][1]!)).toBe(false);
    expect((await local.ask(statement)).cells).toEqual(cells);
    await Promise.all([one.close(), local.close()]);
  });

  test("EXPLAIN VERBOSE of what is sent shows the name of the setting alone", async () => {
    const { sql } = judge("select keyed_hash(email) from users group by keyed_hash(email)", { columns });
    await admin.query("select set_config('runbook.salt', 'the salt', false)");
    const { rows } = await admin.query(`explain (verbose) ${sql}`);
    expect(JSON.stringify(rows)).toContain("current_setting('runbook.salt'");
    expect(JSON.stringify(rows)).not.toContain("the salt");
  });
});

test("a masked question shows what it may, and the same dots for everybody", async () => {
  const one = await source();
  const { columns, cells } = await one.ask(masked(raw("select id, email, phone, role from users order by id limit 4")));
  expect(columns.map(({ name }) => name)).toEqual(["id", "email", "phone", "role"]);
  expect(new Set(cells.flatMap((row) => [row[1], row[2]]))).toEqual(new Set(["•••"]));
  await expect(one.ask(raw("select id, email from users"))).rejects.toThrow("personal");
  const whole = await one.ask(masked(raw("select id, email from users")), { key: ["id"] });
  expect(whole.cells).toHaveLength(30);
  await expect(one.ask(masked(raw("select id, email from users")), { key: ["email"] })).rejects.toThrow(
    'The key column "email" is masked',
  );
  await expect(one.ask(masked(raw("select id from users order by last_name")))).rejects.toThrow("personal");
});

test("a session that would write, or read texts otherwise than the guard, is not used", async () => {
  await user.query("alter database hostile set standard_conforming_strings = off");
  try {
    await expect((await source()).ask(raw("select 1"))).rejects.toThrow(/not the one that the guard relies on/);
  } finally {
    await user.query("alter database hostile reset standard_conforming_strings");
  }
});

test("a results folder that is used with another address does not answer from the first database", async () => {
  const folder = mkdtempSync(join(tmpdir(), "runbook-test-"));
  const ask = async (url: string) => {
    const sources = await openSources({ ...readSettings({ production: url, local: url }), results: folder });
    try {
      const { cells, cached } = await sources.production.ask(raw("select current_database() as d, current_user as u"));
      const { work, before } = await sources.once(
        "a sum",
        async () => cells[0][0],
        () => true,
      );
      return [...cells[0], work, Boolean(cached), before !== undefined];
    } finally {
      await sources.close();
    }
  };
  try {
    const first = await ask(hostile.url);
    expect(first.slice(3)).toEqual([false, false]);
    expect(await ask(hostile.url)).toEqual([...first.slice(0, 3), true, true]);
    const other = hostile.url.replace(/\/hostile\b/, "/postgres");
    expect(await ask(other)).toEqual(["postgres", first[1], "postgres", false, false]);
    const role = new URL(hostile.url);
    role.username = "runbook_other";
    role.password = "runbook-other";
    await user.query("create role runbook_other login superuser password 'runbook-other'");
    expect(await ask(role.href)).toEqual(["hostile", "runbook_other", "hostile", false, false]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("columns that nobody has looked at are told with a proposal", async () => {
  const told = await (await source()).unlisted();
  expect(told.find(({ table, column }) => table === "x1" && column === "c2")).toEqual({
    schema: "public",
    table: "x1",
    column: "c2",
    type: "text",
    proposed: "personal",
    wholeTable: true,
  });
  expect(told.filter(({ table }) => table === "licenses" && told.every((one) => one.schema === "public"))).toEqual([]);
});

test("a source, printed however one likes, holds no password", async () => {
  const one = await source();
  await one.ask(raw("select 1"));
  for (const text of [inspect(one, { depth: 20, showHidden: true }), JSON.stringify(one), String(one)])
    expect(text.includes(new URL(hostile.url).password)).toBe(false);
});

describe("no other code can reach a connection", () => {
  const library = join(__dirname, "..", "lib");
  const files = readdirSync(library, { recursive: true, encoding: "utf8" }).filter(
    (file) => /\.(ts|js)$/.test(file) && !/^demo[\\/]/.test(file),
  );
  const holding = (pattern: RegExp) =>
    files
      .filter((file) => pattern.test(readFileSync(join(library, file), "utf8")))
      .map((file) => file.replaceAll("\\", "/"))
      .sort();

  test("by import, by require, or by a name that is put together", () => {
    expect(holding(/connectPostgres\(|connectLambda\(/)).toEqual([
      "source/connection.ts",
      "source/guarded.ts",
      "source/lambda.ts",
      "source/postgres.ts",
    ]);
    expect(holding(/\bnew (?:Client|Pool)\(|\bnew \w+\.(?:Client|Pool)\(|new LambdaClient\(/)).toEqual([
      "source/lambda.ts",
      "source/postgres.ts",
    ]);
    expect(
      holding(
        /require\(\s*["'`](?:pg|@aws-sdk)|createConnection\(|net\.connect\(|tls\.connect\(|\bfetch\(|https?\.request\(/,
      ),
    ).toEqual(["load-pg.ts"]);
    // it loads the client, and neither keeps it nor gives it to anybody
    const loader = readFileSync(join(library, "load-pg.ts"), "utf8");
    expect(loader.match(/.*require\(.*/g)).toEqual(['    require("pg");']);
    expect(loader).not.toMatch(/\bexport\b|\bmodule\b|createConnection|\.connect\(|fetch\(|request\(/);
  });

  test("nor can a statement that the door has not sealed be sent by one that has it", async () => {
    const { connectPostgres } = await import("../lib/source/postgres");
    const connection = connectPostgres("local", hostile.url, 5);
    await expect(connection.send({ text: "select email from users", values: [] } as never)).rejects.toThrow(
      "without passing the door",
    );
    await connection.close();
  });

  test("notebooks import the runbook and polars, and nothing that connects", () => {
    const folder = join(__dirname, "..", "notebooks");
    for (const file of readdirSync(folder).filter((name) => name.endsWith(".ipynb"))) {
      const cells = (
        JSON.parse(readFileSync(join(folder, file), "utf8")) as { cells: { cell_type: string; source: string[] }[] }
      ).cells.filter(({ cell_type }) => cell_type === "code");
      const code = cells.map(({ source }) => source.join("")).join("\n");
      expect(
        [...new Set([...code.matchAll(/from "([^"]+)"/g)].map(([, name]) => name))].filter(
          (name) => !["runbook", "nodejs-polars"].includes(name),
        ),
        file,
      ).toEqual([]);
      expect(code, file).not.toMatch(/\brequire\(|\bimport\(/);
    }
  });
});

describe("where small groups are hidden, no question tells the size of one", () => {
  const plain = String.raw`
select status, count(*) from sizes group by 1
select status, avg(id)::numeric(10, 2) as mean from sizes group by 1
select status, count(*) as n, round(100.0 * count(*) / sum(count(*)) over (), 1) as share from sizes group by 1
select count(*) from sizes where exists (select 1 from licenses)
select status, count(*) as n from sizes group by 1 having count(*) > 10 order by 2 desc
select count(*) from (select status from sizes group by 1 having count(*) > 1) x
select status, max(id) from sizes group by 1
with x as (select status, count(*) as n from sizes group by 1) select x.status, x.n from x where n >= 11
select id, status from sizes order by id limit 3
select coalesce(sum(id), 0) as total from sizes
select from_id, count(*) from (select status, max(id) / 10 as from_id from sizes group by 1) x group by 1
`
    .trim()
    .split("\n");

  const columns = projectColumns();
  const listed = {
    ...columns,
    safe: { ...columns.safe, sizes: "*" as const, sizes_counted: "*" as const, flags_of: "*" as const },
  };
  let one: Source;
  beforeAll(async () => {
    await user.query(
      "create table sizes as select g as id, case when g <= 4 then 'small' when g <= 100 then 'middle' else 'large' end as status from generate_series(1, 304) g; create view sizes_counted as select status, count(*) as n from sizes group by 1; create table flags_of as select g as id, (g <= 4)::int as vip, (g > 4)::int as plain, g <= 4 as is_vip, g as hours, 'all' as status from generate_series(1, 200) g",
    );
    one = await source({ columns: listed, hideSmall: true });
  });
  const shown = async (statement: string) =>
    presentAnswer(await one.ask(raw(statement)), { smallGroups: "hide" }, () => undefined).answer;

  test("by whatever it is asked", async () => {
    const told: string[] = [];
    let answered = 0;
    for (const statement of small) {
      const answer = await shown(statement).catch((error: Error) => error);
      answered += answer instanceof Error ? 0 : 1;
      if (answer instanceof Error) expect(answer.message, statement).toMatch(/RUNBOOK_SMALL_GROUPS|not allowed/);
      // what is shown of the small group is nothing that was counted of it
      else
        for (const row of answer.cells.filter((cells) => !cells.includes("large") && !cells.includes("middle")))
          if (row.some((cell, index) => answer.counted?.[index] && ![null, "100", "304", "1204"].includes(cell)))
            told.push(`${statement}: ${row.join(" | ")}`);
    }
    expect(answered).toBeGreaterThan(20);
    expect(told).toEqual([]);
  });

  test("nor by a total of a column of 0 and 1, of which 4 in 200 rows are 1", async () => {
    const told: string[] = [];
    for (const statement of flagTotals) {
      const answer = await shown(statement).catch((error: Error) => error);
      if (answer instanceof Error) expect(answer.message, statement).toMatch(/RUNBOOK_SMALL_GROUPS/);
      else if (answer.cells.some((row) => row.some((cell) => ![null, "all", "200", "t", "f"].includes(cell))))
        told.push(`${statement}: ${JSON.stringify(answer.cells)}`);
    }
    expect(told).toEqual([]);
    expect(
      (await shown("select status, sum(hours) as s, avg(hours)::int as a from flags_of group by 1")).cells,
    ).toEqual([["all", "20100", "101"]]);
  });
  const flagTotals = `
select sum(vip) from flags_of
select status, sum(vip) from flags_of group by 1
select status, count(*), sum(vip) from flags_of group by 1
select status, count(*), sum(plain) from flags_of group by 1
select status, avg(vip), count(*) from flags_of group by 1
select status, avg(vip) * count(*) as n from flags_of group by 1
select status, round(avg(vip), 3) as n from flags_of group by 1
select status, stddev_pop(vip) from flags_of group by 1
select status, var_samp(vip), count(*) from flags_of group by 1
select status, corr(vip, id) from flags_of group by 1
select status, regr_avgx(id, vip) from flags_of group by 1
select sum(vip) filter (where id < 100) from flags_of
select distinct status, sum(vip) over (partition by status) from flags_of
select status, sum(vip)::text from flags_of group by 1
select x.s from (select status, sum(vip) as s from flags_of group by 1) x
select x.a * 200 as n from (select avg(vip) as a from flags_of) x
with x as (select sum(vip) as s from flags_of) select s from x
select (select sum(vip) from flags_of) as n
select 'a' as a, sum(vip) from flags_of union all select 'b', 200
select bool_or(is_vip), bool_and(is_vip) from flags_of
select sum(is_vip::int) from flags_of
select sum(case when is_vip then 1 else 0 end) from flags_of
select count(*) filter (where is_vip) from flags_of
`
    .trim()
    .split("\n");

  test("and what is plain is answered", async () => {
    for (const statement of plain) expect((await shown(statement)).cells.length, statement).toBeGreaterThan(0);
    expect(new Map((await shown(plain[1])).cells as [string, string | null][])).toEqual(
      new Map([
        ["large", "202.50"],
        ["middle", null],
        ["small", null],
      ]),
    );
    expect((await shown(plain[1])).columns.map(({ name }) => name)).toEqual(["status", "mean"]);
  });
});

describe("an error's text is passed on where it is PostgreSQL's own and names what was asked", () => {
  const told = async (statement: string) =>
    (await source()).ask(trustQuery(statement)).then(
      () => "",
      (error: Error) => error.message,
    );

  beforeAll(() =>
    user.query(`create view by_text as select id, to_tsquery(last_name || ' & (') as q from providers;
      create view by_class as select last_name::regclass as c from providers;
      create view by_procedure as select last_name::regproc as c from providers;
      create view by_number as select last_name::int as c from providers;
      create view by_date as select last_name::date as c from providers;
      create view by_zone as select now() at time zone last_name as c from providers;
      create view by_role as select pg_has_role(last_name, 'member') as c from providers;
      create view by_table as select has_table_privilege(last_name, 'select') as c from providers;
      create view by_config as select to_tsvector(last_name::regconfig, 'x') as c from providers;
      create view by_type as select last_name::regtype as c from providers;
      create view by_schema as select last_name::regnamespace as c from providers;
      create view by_setting as select current_setting(last_name) as c from providers;
      create view by_pattern as select 'x' ~ ('(' || last_name) as c from providers;
      create view by_json as select last_name::jsonb as c from providers;
      create view by_unit as select date_trunc(last_name, now()) as c from providers;
      create view by_encoding as select encode('x', last_name) as c from providers`),
  );

  test("never with a value of a row, not even one that the statement names too", async () => {
    const { rows } = await user.query("select distinct last_name from providers");
    const values = rows.map(({ last_name }) => last_name as string);
    const views =
      "text class procedure number date zone role table config type schema setting pattern json unit encoding";
    for (const name of views.split(" ")) {
      const asked = values.slice(0, 40).map((value, index) => `${index} as "${value.replaceAll('"', '""')}"`);
      const message = await told(`select ${asked.join(", ")}, x.* from public.by_${name} x`);
      expect(message, name).toMatch(/withheld: it can hold values of rows/);
      expect(values.filter((value) => value.length > 2 && message.includes(value))).toEqual([]);
    }
  });

  test("with the names of tables behind a view, where a right is lacking", async () => {
    await user.query(`create role reader login password 'reader'; create role owner_of_views; grant select (id) on licenses to owner_of_views;
      create view behind as select id, state from licenses; alter view behind owner to owner_of_views; grant select on behind to reader;
      grant usage on schema public to reader, owner_of_views`);
    const url = new URL(hostile.url);
    [url.username, url.password] = ["reader", "reader"];
    const reader = await openSource(
      "local",
      { kind: "postgres", url: url.href },
      { columns: { safe: { behind: "*", licenses: "*" } } },
    );
    opened.push(reader);
    await expect(reader.ask(raw("select id from behind"))).rejects.toThrow(
      "permission denied for table licenses: grant SELECT",
    );
  });

  test("with the names of the statement, and what to mend", async () => {
    expect(await told("select nothing from licenses")).toBe('local: column "nothing" does not exist');
    expect(await told("select l.nothing from licenses l")).toBe("local: column l.nothing does not exist");
    expect(await told("select * from nowhere")).toBe('local: relation "nowhere" does not exist');
    expect(await told("select state + 1 from licenses")).toMatch(/^local: operator does not exist: character varying/);
    expect(await told("select state, count(*) from licenses")).toMatch(/must appear in the GROUP BY clause/);
    expect(await told("select id from licenses union select state from licenses")).toBe(
      "local: UNION types integer and character varying cannot be matched",
    );
    expect(await told("select 1 / (id - id) from licenses")).toBe("local: division by zero");
    expect(await told("select upper(id, id) from licenses")).toMatch(
      /^local: function pg_catalog.upper\(integer, integer\)/,
    );
  });
});
