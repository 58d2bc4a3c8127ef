import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeDrift } from "../lib/schema/judge/describe";
import { type Workshop, openWorkshop } from "./schema/database";

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
