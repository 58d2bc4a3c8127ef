import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeDrift, makeDriftId, describeDriftValue } from "../lib/schema/judge/describe";
import { kinds } from "../lib/kinds";
import { judgeSeverity } from "../lib/schema/judge/severity";
import { type Workshop, openWorkshop } from "./schema/workshop";

let workshop: Workshop;
beforeAll(async () => void (workshop = await openWorkshop()));
afterAll(() => workshop.close());

/** What is said of two schemas, the gravest first: `medium unique constraint t.k: why`. */
async function judged(common: string, production: string, local: string): Promise<string[]> {
  const { drift } = await workshop.compare(common, production, local);
  return drift.map((one) => `${one.severity} ${one.kind} ${one.name}: ${one.why}`);
}

describe("a unique rule that one side lacks, and another object there enforces", () => {
  const table = "create table c (id int primary key, email text, city text, code text not null)";
  const index = (columns: string, options = "") => `create unique index c_key on c ${columns} ${options}`;
  const constraint = (columns: string, options = "") =>
    `alter table c add constraint c_key unique ${options.startsWith("nulls") ? `${options} ${columns}` : `${columns} ${options}`}`;

  test.each([
    ["an index for a constraint", index("(email)"), constraint("(email)"), "ON CONFLICT ON CONSTRAINT c_key fails"],
    ["whichever end comes first", index("(email desc)"), constraint("(email)"), "forbids the same rows. Only"],
    [
      "whichever column comes first",
      index("(city, email)"),
      constraint("(email, city)"),
      "forbids the same rows. Only",
    ],
    ["what the index includes beside", index("(email) include (city)"), constraint("(email)"), "forbids the same rows"],
    [
      "nulls that are not distinct",
      index("(email)", "nulls not distinct"),
      constraint("(email)", "nulls not distinct"),
      "the same rows",
    ],
    ["a constraint that can be deferred", index("(email)"), constraint("(email)", "deferrable"), "cannot be deferred"],
    ["columns without null", index("(code)"), constraint("(code)", "nulls not distinct"), "forbids the same rows"],
  ])("%s: nothing grave, and no word of rows that break it", async (_, production, local, words) => {
    const said = await judged(table, production, local);
    const [ofConstraint] = said.filter((one) => one.includes("unique constraint c_key:"));
    expect(ofConstraint).toMatch(/^medium /);
    expect(ofConstraint).toContain(words);
    expect(said.join("\n")).not.toMatch(/can be written|critical|high/);
    const turned = await judged(table, local, production);
    expect(turned.join("\n")).not.toMatch(/can be written|critical|high/);
    expect(turned).toHaveLength(said.length);
  });

  test.each([
    ["a partial index", index("(email)", "where city is not null"), constraint("(email)")],
    ["an index of an expression", index("(lower(email))"), constraint("(email)")],
    ["more columns", index("(email, city)"), constraint("(email)")],
    ["nulls that are distinct", index("(email)"), constraint("(email)", "nulls not distinct")],
    ["another collation", index('(email collate "C")'), constraint("(email)")],
    ["an index that is not unique", "create index c_key on c (email)", constraint("(email)")],
  ])("%s does not: rows that break it can be written", async (_, production, local) => {
    const said = await judged(table, production, local);
    expect(said).toContain("high unique constraint c_key: Rows that break the rule can be written in production.");
  });

  test("an index of fewer columns forbids more: what it lets in is less, and the other way round more", async () => {
    const [one, other] = [index("(email)"), constraint("(email, city)")];
    expect(await judged(table, one, other)).toEqual([
      "medium index c_key: Local accepts rows that are equal in production's unique index.",
      "medium unique constraint c_key: Unique index c_key of production forbids more, so no row can break it. ON CONFLICT and foreign keys of exactly these keys fail in production.",
    ]);
    expect(await judged(table, other, one)).toContain(
      "high index c_key: Rows that are equal in a unique index can be written in production.",
    );
  });

  test("a primary key for which a unique index stands", async () => {
    const plain = "create table k (id int not null, other int)";
    const key = "alter table k add constraint k_pkey primary key (id)";
    expect(await judged(plain, "create unique index k_id on k (id)", key)).toEqual([
      "medium primary key k_pkey: Unique index k_id of production forbids the same rows, and takes no null. What needs a primary key fails: logical replication by it, foreign keys that name no column.",
      expect.stringContaining("index k_id: Primary key k_pkey of local forbids the same rows"),
    ]);
    const nullable = "create table k (id int, other int)";
    const [first] = await judged(nullable, "alter table k add constraint k_id unique (id)", key);
    expect(first).toBe(
      "high primary key k_pkey: Unique constraint k_id of production forbids the same rows, but takes rows without a key: its columns may be null.",
    );
  });

  test("the sentence that is shown names the object", async () => {
    const { drift } = await workshop.compare(table, index("(email)"), constraint("(email)"));
    expect(drift.map(describeDrift)).toEqual([
      "Unique constraint c.c_key is only in local: Unique index c_key of production forbids the same rows. Only ON CONFLICT ON CONSTRAINT c_key fails in production.",
      "Index c.c_key is only in production: Unique constraint c_key of local forbids the same rows: ON CONFLICT and foreign keys find it by its columns.",
    ]);
  });
});

describe("what differs and shows in no definition", () => {
  const differing = async (common: string, production: string, local: string) => {
    const { drift, coverage } = await workshop.compare(common, production, local);
    return {
      said: drift.map((one) => ({
        [makeDriftId(one)]: [one.severity, describeDriftValue(one, "production"), describeDriftValue(one, "local")],
      })),
      coverage,
    };
  };

  test("options of user mappings: their names, and never their values", async () => {
    const server = "create foreign data wrapper w; create server s foreign data wrapper w";
    const mapping = (options: string) => `create user mapping for current_user server s options (${options})`;
    const { drift } = await workshop.compare(
      server,
      mapping("user 'x', password 'geheim'"),
      mapping("user 'y', password 'geheim'"),
    );
    expect(drift).toHaveLength(1);
    expect(drift[0]).toMatchObject({
      kind: "user mapping",
      differs: ["values of options"],
      production: { options: ["password", "user"], "values of options": ["user: withheld, not the other side's"] },
      local: { "values of options": ["user: withheld, not the other side's"] },
    });
    expect(JSON.stringify(drift)).not.toMatch(/geheim|[0-9a-f]{6}"/);
    const { said } = await differing(server, mapping("user 'x'"), mapping("user 'x', password 'y'"));
    expect(said).toEqual([
      {
        "user mapping/postgres on s": [
          "medium",
          expect.objectContaining({ options: ["user"] }),
          expect.objectContaining({ options: ["password", "user"] }),
        ],
      },
    ]);
    expect((await differing(server, mapping("user 'x'"), mapping("user 'x'"))).said).toEqual([]);
  });

  test("a role that may not read them compares none, and the coverage counts them", async () => {
    const common = `create foreign data wrapper w; create server s foreign data wrapper w; create role somebody; grant usage on foreign server s to somebody`;
    const mapping = (value: string) =>
      `create user mapping for public server s options (user '${value}'); set local role somebody`;
    const { said, coverage } = await differing(common, mapping("x"), mapping("y"));
    expect(said).toEqual([]);
    expect(coverage.find(({ kind }) => kind === "user mapping's options")).toMatchObject({
      compared: 0,
      "not compared": 1,
    });
  });

  const subscription = (name: string, options = "", connection = "host=localhost dbname=postgres") =>
    `create subscription ${name} connection '${connection}' publication p with (connect = false, slot_name = none, enabled = false${options})`;
  test.each([
    [
      "a subscription",
      `${subscription("s")}; create subscription q connection 'x=1' publication p with (connect = false, slot_name = none, enabled = false)`.split(
        ";",
      )[0],
      "subscription s",
    ],
    [
      "a transform",
      "create transform for int language sql (from sql with function prsd_lextype(internal), to sql with function int4recv(internal))",
      "transform for int language sql",
    ],
    ["the index of a key", "create table t (a int primary key)", "index t_pkey"],
    ["a view's column", "create view v as select 1 as a", "column v.a"],
    [
      "a constraint of a domain",
      "create domain d as int constraint positive check (value > 0)",
      "constraint positive on domain d",
    ],
    ["a field of a composite type", "create type c as (a int)", "column c.a"],
    [
      "an event trigger",
      "create function f() returns event_trigger language plpgsql as 'begin end'; create event trigger e on ddl_command_end execute function f()",
      "event trigger e",
    ],
    ["statistics", "create table t (a int, b int); create statistics s on a, b from t", "statistics s"],
    ["a sequence", "create sequence q", "sequence q"],
    ["a publication", "create publication p", "publication p"],
    ["a foreign server", "create foreign data wrapper w; create server s foreign data wrapper w", "server s"],
    ["a foreign data wrapper", "create foreign data wrapper w", "foreign data wrapper w"],
    [
      "a language",
      "create extension if not exists plpgsql; create language l handler plpgsql_call_handler",
      "language l",
    ],
    ["a rule", "create table t (a int); create rule r as on delete to t do instead nothing", "rule r on t"],
    ["a policy", "create table t (a int); create policy y on t", "policy y on t"],
    ["a cast", "create type e as enum ('a'); create cast (e as int) with inout", "cast (e as int)"],
    [
      "a text search parser",
      "create text search parser p (start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end, lextypes = prsd_lextype)",
      "text search parser p",
    ],
    ["a text search template", "create text search template p (lexize = dsimple_lexize)", "text search template p"],
    ["an access method", "create access method m type index handler bthandler", "access method m"],
    ["an operator family", "create operator family o using btree", "operator family o using btree"],
    ["a conversion", "create conversion c for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8", "conversion c"],
    ["a procedure", "create procedure p() language sql as ''", "procedure p()"],
    [
      "a partition's column",
      "create table t (a int) partition by list (a); create table t1 partition of t for values in (1)",
      "column t1.a",
    ],
    ["the schema public", "select 1", "schema public"],
    [
      "a trigger",
      "create function f() returns trigger language plpgsql as 'begin end'; create table t (a int); create trigger g before insert on t execute function f()",
      "trigger g on t",
    ],
  ])("the comment on %s", async (_, sql, what) => {
    const { drift } = await workshop.compare(sql, `comment on ${what} is 'c'`, `comment on ${what} is 'd'`);
    expect(drift.map(({ kind, severity }) => `${severity} ${kind}`)).toEqual([
      expect.stringMatching(/^medium (comment|composite type|domain)$/),
    ]);
    const one = await workshop.compare(sql, `comment on ${what} is 'c'`, "");
    expect(one.drift.length).toBe(1);
  });

  test.each([
    ["binary transfer", ", binary = true", undefined],
    ["streaming", ", streaming = true", undefined],
    ["when it commits", ", synchronous_commit = 'on'", undefined],
    ["where it connects", "", "host=elsewhere password=geheim"],
  ])("of a subscription: %s", async (_, options, connection) => {
    const { drift } = await workshop.compare("", subscription("s", options, connection), subscription("s"));
    expect(drift.map(makeDriftId)).toEqual(["subscription/s"]);
    expect(JSON.stringify(drift)).not.toMatch(/geheim/);
  });

  test("large objects are counted, and not compared", async () => {
    const { said, coverage } = await differing("select lo_create(7), lo_create(70000)", "", "");
    expect(said).toEqual([]);
    expect(coverage.find(({ kind }) => kind === "large object")).toMatchObject({ compared: 0, "not compared": 2 });
  });

  test("the positions of sequences: those of columns together, each other by itself, all as information", async () => {
    const common =
      "create sequence free; create table t (id serial); create table u (id bigint generated always as identity); create sequence alike";
    const used = "select setval('free', 5), setval('t_id_seq', 7), setval('alike', 3)";
    const { said } = await differing(
      common,
      used,
      "select setval('t_id_seq', 9), setval('u_id_seq', 2), setval('alike', 3)",
    );
    expect(said).toEqual([
      { "sequence/free": ["info", { position: "5" }, { position: "not used yet" }] },
      {
        "sequence position/owned by columns": [
          "info",
          { position: { t_id_seq: "7", u_id_seq: "not used yet" } },
          { position: { t_id_seq: "9", u_id_seq: "2" } },
        ],
      },
    ]);
  });

  test("an owner is information, and more where an application's role owns the table on one side alone", async () => {
    const roles =
      "create role app login; create role group_role; create role app2 login in role group_role; create role other; create role root superuser login; create table t (a int)";
    const owned = (role: string) => `alter table t owner to ${role}`;
    const severity = async (one: string, other: string) =>
      (await workshop.compare(roles, owned(one), owned(other))).drift.map((drift) => `${drift.severity} ${drift.kind}`);
    expect(await severity("app", "postgres")).toEqual(["medium table"]);
    expect(await severity("postgres", "app")).toEqual(["medium table"]);
    expect(await severity("group_role", "postgres")).toEqual(["medium table"]);
    expect(await severity("app2", "group_role")).toEqual(["info table"]);
    expect(await severity("other", "postgres")).toEqual(["info table"]);
    expect(await severity("root", "postgres")).toEqual(["info table"]);
  });
});

describe("partitions that one side lacks", () => {
  const month = (at: number, name = `e_${at}`) =>
    `create table ${name} partition of e for values from ('${2024 + Math.floor(at / 12)}-${(at % 12) + 1}-01') to ('${2024 + Math.floor((at + 1) / 12)}-${((at + 1) % 12) + 1}-01')`;
  const months = (from: number, to: number, name?: (at: number) => string) =>
    Array.from({ length: to - from }, (_, at) => month(from + at, name?.(from + at))).join(";");
  const rolling = "create table e (id int, at date) partition by range (at); create index on e (id)";

  test("by time: one entry for the table, with the bounds that a side lacks", async () => {
    const { drift } = await workshop.compare(rolling, months(0, 8), months(6, 12));
    expect(drift.map((one) => [makeDriftId(one), one.severity, one.differs])).toEqual([
      ["partition/e.*", "medium", ["partitions"]],
    ]);
    const value = describeDriftValue(drift[0], "production") as { partitions: Record<string, string> };
    expect(Object.keys(value.partitions)).toEqual(["e_0", "e_1", "e_2", "e_3", "e_4", "e_5"]);
    expect(value.partitions.e_1).toBe("FOR VALUES FROM ('2024-02-01') TO ('2024-03-01')");
    expect(drift[0].why).toBe(
      "Its partitions come and go by time. Rows of what it lacks are refused in production and local.",
    );
    expect(await judged(rolling, months(0, 8), months(0, 2))).toEqual([
      "medium partition *: Its partitions come and go by time. Rows of what it lacks are refused in local.",
    ]);
    expect(await judged(rolling, months(0, 8), months(0, 7))).toEqual([
      "medium partition e_7: Its partitions come and go by time. Rows of what it lacks are refused in local.",
    ]);
  });

  test("under other names: information alone", async () => {
    const said = await judged(
      rolling,
      months(0, 8),
      months(0, 8, (at) => `e_p${2000 + at}`),
    );
    expect(said).toEqual(["info partition *: The same bounds have partitions of other names."]);
  });

  test("with a default partition, below a timestamp, of partitions, and with what is their own", async () => {
    const stamped =
      "create table e (id int, at timestamptz) partition by range (at); create table e_rest partition of e default";
    expect(await judged(stamped, months(0, 3), months(0, 1))).toEqual([
      "medium partition *: Its partitions come and go by time. Rows of what it lacks go into the default partition in local.",
    ]);
    const nested = (at: number) =>
      `${month(at)} partition by list (id); create table e_${at}_a partition of e_${at} for values in (1); create index on e_${at} (at)`;
    const one = await workshop.compare(rolling, [0, 1, 2, 3].map(nested).join(";"), [0, 1].map(nested).join(";"));
    expect(one.drift.map(makeDriftId)).toEqual(["partition/e.*"]);
    const own = "create index on e_2 (at); alter table e_3 add check (id > 0)";
    expect((await workshop.compare(rolling, `${months(0, 4)}; ${own}`, months(0, 1))).drift.map(makeDriftId)).toEqual([
      "partition/e.*",
    ]);
  });

  test("by a list: graver where production refuses rows", async () => {
    const listed = "create table e (id int, state text) partition by list (state)";
    const state = (...names: string[]) =>
      names.map((name) => `create table e_${name} partition of e for values in ('${name}')`).join(";");
    expect(await judged(listed, state("a"), state("a", "b", "c"))).toEqual([
      "high partition *: Rows of what it lacks are refused in production.",
    ]);
    expect(await judged(listed, state("a", "b", "c"), state("a"))).toEqual([
      "medium partition *: Rows of what it lacks are refused in local.",
    ]);
  });
});

test("no sentence about a kind says that something fails where it is not so; RUNBOOK_SENTENCES=1 prints them all", () => {
  const statuses = ["only in production", "only in local", "changed"] as const;
  const said = [...kinds.keys()].flatMap((kind) =>
    statuses.map((status) => {
      const drift = {
        kind,
        schema: "public",
        table: "t",
        name: "x",
        status,
        differs: status === "changed" ? ["owner"] : undefined,
      };
      const sides = {
        production: status === "only in local" ? null : {},
        local: status === "only in production" ? null : {},
      };
      const { severity, why } = judgeSeverity(
        { ...drift, ...sides, severity: "info", why: "" },
        { informationOnly: false, rows: {} },
      );
      return { kind, status, severity, why };
    }),
  );
  if (process.env.RUNBOOK_SENTENCES) console.log(said.map((one) => Object.values(one).join(" | ")).join("\n"));
  const of = (status: string) => said.filter((one) => one.status === status).map(({ kind, why }) => `${kind}: ${why}`);
  expect(
    of("only in production").filter((one) =>
      /(fails|missing|written|otherwise) in production|cannot be there/.test(one),
    ),
  ).toEqual([]);
  expect(of("only in local").filter((one) => /local knows nothing|Local accepts|refused locally/i.test(one))).toEqual(
    [],
  );
  expect(of("changed").filter((one) => /knows nothing of|is missing|fails in production/.test(one))).toEqual([]);
});
