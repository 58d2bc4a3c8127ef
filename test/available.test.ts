import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadGuard } from "../lib/guard/judge";
import { getLedgerFile } from "../lib/ledger";
import { conclude } from "../lib/notebook/conclude";
import { available as availableOfBoth } from "../lib/notebook/query";
import { close, open } from "../lib/notebook/session";
import { sql } from "../lib/sql";
import { planAvailable } from "../lib/guard/partial";

const columns = new Map(
  Object.entries({
    users: ["id", "role", "is_active"],
    campaigns: ["id", "status", "name"],
    documents: ["id", "user_id", "created_at"],
    sessions: ["id", "user_id"],
  }).map(([table, names]) => [`public.${table}`, new Set(names)]),
);
const reduced = (statement: string) => planAvailable(statement, columns);

beforeAll(loadGuard);

describe("what a side has all columns for", () => {
  test.each([
    "select role, count(*) from users where is_active group by role order by count(*) desc",
    "with u as (select id as who from users) select u.who, d.created_at from u join documents d on d.user_id = u.who",
    "select (select count(*) from sessions s where s.user_id = u.id) as sessions from users u",
    "select role as kind from users order by kind",
    "select relname from pg_class",
    "select u from users u",
    "show server_version",
  ])("stays as it is written: %s", (statement) => {
    expect(reduced(statement)).toEqual({ text: statement, leftOut: [], nulls: [] });
  });
});

describe("a column that is missing", () => {
  test("is null in the answer, and in GROUP BY and ORDER BY", () => {
    expect(
      reduced(
        "select campaign_name, status, count(*) as recipients from campaigns group by campaign_name, status order by upper(campaign_name), recipients",
      ),
    ).toEqual({
      text: "SELECT NULL AS campaign_name, status, count(*) AS recipients FROM campaigns GROUP BY campaign_name, status ORDER BY recipients",
      leftOut: [{ output: "campaign_name", missing: "campaigns.campaign_name" }],
      nulls: ["campaign_name"],
    });
  });

  test("takes the whole output with it that names it, in a FILTER too", () => {
    const { text, nulls } = reduced(
      "select count(*) filter (where mfa_enabled) as mfa, date(u.seen_at), count(*) from users u group by date(u.seen_at)",
    );
    expect(text).toBe("SELECT NULL AS mfa, NULL AS date, count(*) FROM users AS u GROUP BY NULL::text");
    expect(nulls).toEqual(["mfa", "date"]);
  });

  test("takes its condition out of WHERE, and no other", () => {
    expect(reduced("select role from users where is_deleted = false and is_active")).toEqual({
      text: "SELECT role FROM users WHERE is_active",
      leftOut: [{ missing: "users.is_deleted" }],
      nulls: [],
    });
    expect(reduced("select role from users where is_deleted = false or is_active").text).toBe("SELECT role FROM users");
  });

  test("is missing outside of the subquery that would have made it", () => {
    const { text, leftOut } = reduced(
      "select x.day, count(x.day) as days from (select date(uploaded_at) as day from documents) x group by x.day",
    );
    expect(text).toBe(
      "SELECT NULL AS day, NULL AS days FROM ( SELECT NULL AS day FROM documents ) AS x GROUP BY NULL::text",
    );
    expect(leftOut.map(({ output, missing }) => `${output} ${missing}`)).toEqual([
      "day documents.uploaded_at",
      "days documents.uploaded_at",
    ]);
  });

  test("is found in a subquery that looks outside, in WITH, and in each arm of a UNION", () => {
    expect(
      reduced("select role, (select count(*) from sessions s where s.user_id = u.nickname) as sessions from users u")
        .leftOut,
    ).toEqual([{ output: "sessions", missing: "users.nickname" }]);
    expect(
      reduced("with c as (select campaign_name, status from campaigns) select campaign_name, status from c").text,
    ).toBe(
      "WITH c AS (SELECT NULL AS campaign_name, status FROM campaigns) SELECT NULL AS campaign_name, status FROM c",
    );
    expect(reduced("select status from campaigns union all select nickname from users").text).toBe(
      "SELECT status FROM campaigns UNION ALL SELECT NULL AS nickname FROM users",
    );
  });
});

describe("nothing sensible is left", () => {
  test.each([
    "select count(*) from reports",
    "select role, (select count(*) from reports) from users",
    "select 1 from users u join documents d on d.owner_id = u.id",
    "select 1 from users join documents using (owner_id)",
    "select from where",
  ])("so it is asked as it stands: %s", (statement) =>
    expect(reduced(statement)).toEqual({ text: statement, leftOut: [], nulls: [] }),
  );
});

describe("both sides of the demo, of which production lacks columns", () => {
  const results = mkdtempSync(join(tmpdir(), "available-"));

  beforeAll(async () => {
    process.env.RUNBOOK_RESULTS = results;
    await open("available");
  });
  afterAll(async () => {
    await close();
    delete process.env.RUNBOOK_RESULTS;
    rmSync(results, { recursive: true });
  });

  test("are asked for what they have: null where a column is missing, of the other side's type, and the check says so", async () => {
    const frame = await availableOfBoth(sql`
      select provider_type, count(*) as providers, count(*) filter (where employer_start_date is not null) as hired
      from providers where is_deleted = false and (weight is null or true) group by provider_type order by count(cv_reference), provider_type`);
    await conclude("hired", [], "Asked.");
    const hired = (side: string) =>
      frame
        .toRecords()
        .filter(({ source }) => source === side)
        .map((row) => row.hired);
    expect(String(frame.getColumn("hired").dtype)).toContain("Int64");
    expect(new Set(hired("production"))).toEqual(new Set([null]));
    expect(hired("local").every((count) => Number(count) > 0)).toBe(true);
    const checks = readFileSync(getLedgerFile(results, "available"), "utf8")
      .split("\n")
      .filter((line) => line.includes('"kind":"check"'));
    expect(JSON.parse(checks[0])).toMatchObject({
      status: "same",
      why: "Asked. Left out in production: hired, for want of providers.employer_start_date; the condition on providers.weight, which is not there.",
    });
  });

  test.each([
    "select role, nickname from users union all select nickname, status from campaigns",
    "select date(uploaded_at) as day, count(*) from documents group by date(uploaded_at)",
    "select distinct campaign_name from campaigns order by campaign_name",
    "select state, subspecialty, count(*) from licenses l join providers p on p.id = l.provider_id group by rollup (1, 2)",
    "with d as (select uploaded_at, id from documents) select uploaded_at, count(*) from d group by 1 order by 1",
  ])("what is left of it is PostgreSQL that both answer: %s", async (statement) => {
    await availableOfBoth(sql([statement] as unknown as TemplateStringsArray));
    await conclude(statement, []);
    const checks = readFileSync(getLedgerFile(results, "available"), "utf8").trim().split("\n");
    expect(JSON.parse(checks[checks.length - 1])).toMatchObject({
      kind: "check",
      status: "same",
      why: expect.stringContaining("Left out in production and local"),
    });
  });
});
