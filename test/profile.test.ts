import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pl from "nodejs-polars";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startServer } from "../lib/demo/postgres";
import { npi, wrongNpi } from "../lib/demo/world/people";
import { records } from "../lib/frame";
import { gapFindings, gaps } from "../lib/checks/gap";
import { impossible } from "../lib/checks/impossible";
import { faultFindings } from "../lib/checks/quality";
import { classified, implausible, newest, profile, repeated } from "../lib/checks/profile";
import { beside, both, close, is, open, raw, sql, unanswered } from "../lib/index";
import { newDatabase } from "./databases";

/** What these tests call harmless. */
const listed = {
  safe: {
    licenses: [
      "id",
      "provider_id",
      "state",
      "issue_date",
      "expiration_date",
      "credits_earned",
      "is_deleted",
      "created_at",
    ],
    odd: "*" as const,
    ...Object.fromEntries(Array.from({ length: 70 }, (_, number) => [`many_${number}`, "*" as const])),
  },
  personal: { licenses: ["license_number"] },
};

const production = `
create table licenses (id serial primary key, provider_id integer, state varchar(2), license_number text, born date, issue_date date, expiration_date date,
  credits_earned numeric, is_deleted boolean not null default false, created_at timestamptz);
insert into licenses (provider_id, state, license_number, born, issue_date, expiration_date, credits_earned, is_deleted, created_at) values
  (1, 'FL', 'LQ1', '1850-01-01', '2020-01-01', '2027-01-01', 2, false, '2026-01-01'),
  (1, 'FL', 'LQ1', null, '2020-01-01', '2019-12-31', -1, false, '2026-01-02'),
  (2, 'ZZ', null, null, '1820-01-01', '2204-05-31', 0, false, '2026-01-03'),
  (2, 'OH', null, null, null, 'infinity', null, false, '2026-01-04'),
  (3, 'GA', '', null, '2020-01-01', null, null, false, null),
  (4, 'ZZ', 'LQ2', null, '2020-01-01', '1999-01-01', -5, true, '2026-02-01');
create table providers (id serial primary key, npi varchar(12), is_deleted boolean not null default false);
insert into providers (npi, is_deleted) values ('${npi(1)}', false), (' ${npi(2)} ', false), ('1234567893', false), ('${wrongNpi(npi(3))}', false), ('12345', false), ('12345x7893', false), ('', false), (null, false), ('0000000001', true);
create type kind as enum ('small', 'large');
create table odd (j json, b jsonb, x xml, p point, a integer[], t text[], r int4range, i inet, k kind, l interval, y bytea, u uuid, f float8, "a ""b""" text);
insert into odd values ('{}', '{"a": 1}', '<a/>', '(1,2)', '{1}', '{a}', '[1,2)', '127.0.0.1', 'large', '1 day', 'x', gen_random_uuid(), 'NaN', 'it''s'), (null, null, null, null, null, null, null, null, 'large', null, null, null, 1.5, null);
create table empty (id integer);
${Array.from({ length: 70 }, (_, number) => `create table many_${number} (id integer); insert into many_${number} values (${number});`).join("\n")}`;

let stop: () => Promise<void>;
const results = mkdtempSync(join(tmpdir(), "runbook-profile-"));
const before = { ...process.env };
const statements = () =>
  readFileSync(join(results, "ledger", "profile-test.jsonl"), "utf8")
    .split("\n")
    .filter((line) => line.includes(`"kind":"query"`)).length;
const catalog = async () => classified((await both(sql.readableColumns)).filter(is("holds_rows", true)), listed);

beforeAll(async () => {
  const server = await startServer();
  await (await newDatabase(server, "one", production)).end();
  const other = await newDatabase(
    server,
    "other",
    "create table licenses (id integer, state varchar(2), license_number text); insert into licenses values (1, 'FL', 'LQ9')",
  );
  await other.end();
  writeFileSync(join(results, "columns.json"), JSON.stringify(listed));
  Object.assign(process.env, {
    RUNBOOK_COLUMNS: join(results, "columns.json"),
    RUNBOOK_PRODUCTION: server.address("one"),
    RUNBOOK_LOCAL: server.address("other"),
    RUNBOOK_RESULTS: results,
  });
  await open("profile-test");
  stop = () => server.stop();
});
afterAll(async () => {
  await close();
  await stop();
  process.env = before;
  rmSync(results, { recursive: true });
});

test("what nobody has listed is personal", async () => {
  const columns = (await catalog()).filter(is("source", "production").and(is("table", "licenses")));
  const why = Object.fromEntries(records(columns).map((column) => [column.column, column.why]));
  expect(why).toMatchObject({
    state: "",
    license_number: "listed as personal",
    born: "on no list, so taken for personal",
  });
});

test("a table without rows is not profiled, and a side has its own columns", async () => {
  const columns = await catalog();
  expect(columns.filter(is("table", "empty")).height).toBe(0);
  expect(columns.filter(is("source", "local")).getColumn("column").toArray()).toEqual([
    "id",
    "state",
    "license_number",
  ]);
});

describe("a profile", () => {
  const profiled = async () => records((await profile(await catalog())).filter(is("source", "production")));

  test("counts nulls, blanks and distinct values of the rows that are not deleted", async () => {
    const column = (name: string) =>
      profiled().then((rows) => rows.find((row) => row.table === "licenses" && row.column === name));
    expect(await column("license_number")).toMatchObject({ rows: 5, nulls: 2, blank: 1, distinct: 2 });
    expect(await column("state")).toMatchObject({ rows: 5, nulls: 0, blank: 0, distinct: 4, most_frequent: "FL" });
    expect(await column("credits_earned")).toMatchObject({ nulls: 2, smallest: "-1", largest: "2" });
  });

  test("shows no value of a personal column", async () => {
    const personal = (await profiled()).filter(
      ({ table, column }) => table === "providers" || ["license_number", "born"].includes(column),
    );
    expect(personal.length).toBeGreaterThan(3);
    for (const { smallest, largest, most_frequent } of personal)
      expect([smallest, largest, most_frequent]).toEqual([null, null, null]);
  });

  test("takes every type, also those that know no equality", async () => {
    const odd = (await profiled()).filter(({ table }) => table === "odd");
    expect(odd).toHaveLength(14);
    expect(odd.find(({ column }) => column === "k")).toMatchObject({ distinct: 1, most_frequent: "large" });
    expect(odd.find(({ column }) => column === 'a "b"')).toMatchObject({ nulls: 1, distinct: 1 });
  });

  test("asks for 73 tables in three statements", async () => {
    const columns = await catalog();
    const asked = statements();
    await profile(columns);
    expect(statements() - asked).toBe(3 + 1);
  });

  test("does not read two large tables in one statement", async () => {
    const columns = (await catalog()).filter(
      is("source", "production").and(pl.col("table").isIn(["many_1", "many_2", "many_3"])),
    );
    const asked = async (...sizes: number[]) => {
      const first = statements();
      await profile(columns.withColumns(pl.Series("estimated_rows", sizes, pl.Int64)));
      return statements() - first - 1; // local is asked whether it answers
    };
    expect(await asked(10, 10, 10)).toBe(1);
    expect(await asked(400_000, 10, 400_000)).toBe(2);
    expect(await asked(10, 9_000_000, 10)).toBe(3);
  });
});

test("a rule finds the rows that break it, and nothing else; infinity is no date to correct", async () => {
  const broken = records(await implausible(await catalog(), impossible)).filter(({ rows }) => rows > 0);
  expect(broken.map(({ source, table, column, fault, rows }) => [source, table, column, fault, rows])).toEqual([
    ["production", "licenses", "credits_earned", "negative", 1],
    ["production", "licenses", "expiration_date", "before-issue_date", 1],
    ["production", "licenses", "expiration_date", "far-future", 1],
    ["production", "licenses", "issue_date", "long-past", 1],
    ["production", "licenses", "state", "unknown", 1],
  ]);
});

test("neither a map nor a frame of the cell's own makes a personal column harmless", async () => {
  const readable = (await both(sql.readableColumns)).filter(is("table", "licenses"));
  const everything = classified(readable, { safe: { licenses: "*", "public.licenses": "*" } });
  const forged = readable.withColumns(pl.lit(false).alias("personal"), pl.lit("").alias("why"));
  for (const columns of [everything, forged]) {
    const [shown, profiled] = [records(await newest(columns, "licenses")), records(await profile(columns))];
    const mine = (rows: { source: string; column: string }[]) =>
      rows.filter(({ source, column }) => source === "production" && /born|license_number/.test(column));
    expect(mine(shown as never[])).toMatchObject([{ value: "•••" }, { value: "•••" }]);
    for (const row of mine(profiled as never[]))
      expect(row).toMatchObject({ smallest: null, largest: null, most_frequent: null });
  }
});

test("a rule of the cell's own is judged like its own question, and one of ours stays as it is", async () => {
  const columns = await catalog();
  const asked = (condition: string) =>
    implausible(columns, [
      { ...impossible[0], fault: "own", wrong: ({ column }) => (column === "id" ? raw(condition) : undefined) },
    ]);
  expect(
    records(await asked("id > 2")).find(({ table, source }) => table === "licenses" && source === "production")?.rows,
  ).toBe(3);
  for (const condition of [
    "license_number like 'L%'",
    "exists (select 1 from pg_stat_activity where query like '%x%')",
    "true), (select license_number from licenses limit 1",
    "true) from licenses; --",
    "pg_notify('x', 'y') is null",
  ])
    await expect(asked(condition), condition).rejects.toThrow(/^A rule about public\./);
  expect(() => Object.assign(impossible[0], { wrong: () => raw("true") })).toThrow(TypeError);
  expect(() => (impossible as unknown[]).push(1)).toThrow(TypeError);
  expect(() => Object.assign(sql, { revisions: raw("select 1") })).toThrow(TypeError);
});

test("no rule looks into a personal column", async () => {
  const judged = await implausible(await catalog(), impossible);
  expect(judged.getColumn("column").toArray()).not.toContain("born");
});

test("a natural key that repeats is counted once a copy, and an incomplete key never", async () => {
  const twice = records(
    await repeated(await catalog(), { licenses: ["provider_id", "state", "license_number"], providers: ["npi"] }),
  );
  expect(twice.map(({ source, table, rows }) => [source, table, rows])).toEqual([
    ["production", "licenses", 1],
    ["production", "providers", 0],
  ]);
});

test("an NPI fails where its check digit is wrong or where it is none; spaces, blanks and deleted rows do not count", async () => {
  expect(records(await both(sql.npiCheckDigits))).toEqual([
    { source: "production", schema: "public", table: "providers", column: "npi", rows: 6, wrong: 3 },
  ]);
});

test("the newest row shows what is harmless, and masks the rest whether it is there or not", async () => {
  const row = records(await newest(await catalog(), "licenses")).filter(({ source }) => source === "production");
  const values = Object.fromEntries(row.map(({ column, value }) => [column, value]));
  expect(values).toMatchObject({ id: "4", state: "OH", credits_earned: null, license_number: "•••", born: "•••" });
});

test("a side that has nothing to ask for says so itself", async () => {
  const columns = (await catalog()).filter(is("source", "production"));
  expect(unanswered(await repeated(columns, { providers: ["npi"] }))).toEqual(["local"]);
  expect(unanswered(await profile(columns))).toEqual([]);
  expect((await repeated(columns.filter(is("table", "odd")), { licenses: ["id"] })).columns).toEqual([
    "source",
    "schema",
    "table",
    "key",
    "rows",
  ]);
});

test("a fault says how many rows on which side, and none where there is none", async () => {
  const counts = pl.DataFrame([
    pl.Series("source", ["production", "local", "production"], pl.Utf8),
    pl.Series("column", ["a", "a", "b"], pl.Utf8),
    pl.Series("rows", [4, 1, 0], pl.Int64),
  ]);
  const found = faultFindings(beside(counts, "rows", "column"), ({ column }) => ({
    id: `quality/${column}`,
    severity: "medium",
    says: `${column} is wrong`,
    advice: "Mend it.",
  }));
  expect(found.map(({ id, title, production, local }) => [id, title, production, local])).toEqual([
    ["quality/a", "a is wrong: 4 rows in production, 1 row in local", { rows: 4 }, { rows: 1 }],
  ]);
});

describe("gaps in a timeline", () => {
  const days = (...dates: [string, string][]) =>
    pl.DataFrame([
      pl.Series(
        "source",
        dates.map(([source]) => source),
        pl.Utf8,
      ),
      pl
        .Series(
          "day",
          dates.map(([, day]) => Date.parse(day) / 86_400_000),
          pl.Int32,
        )
        .cast(pl.Date),
    ]);

  test("are the days without rows between two days with some, the longest first", () => {
    const found = gaps(
      days(
        ["production", "2026-01-01"],
        ["production", "2026-01-02"],
        ["production", "2026-02-01"],
        ["production", "2026-02-04"],
        ["local", "2026-01-01"],
      ),
      "day",
    );
    expect(records(found).map(({ source, days: length, usual }) => [source, length, usual])).toEqual([
      ["production", 29, 2],
      ["production", 2, 2],
    ]);
    expect(gapFindings(found.head(1), "timeline/x", "medium", "row was made", "Look.")).toMatchObject([
      { id: "timeline/x", title: "No row was made for 29 days in production (after 2026-01-02, until 2026-02-01)" },
    ]);
  });

  test("there are none in no days, in one, and in days that follow each other", () => {
    for (const frame of [
      days(),
      days(["local", "2026-01-01"]),
      days(["local", "2026-02-28"], ["local", "2026-03-01"]),
    ]) {
      expect(gaps(frame, "day").height).toBe(0);
      expect(gapFindings(gaps(frame, "day"), "timeline/x", "medium", "row was made", "Look.")).toEqual([]);
    }
  });
});
