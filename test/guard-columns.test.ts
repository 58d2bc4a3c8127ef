import { afterAll, beforeAll, expect, test } from "vitest";
import { judge, propose, unlisted } from "../lib/guard/judge";
import { openHostile, type Hostile } from "./guard/database";

let hostile: Hostile;
beforeAll(async () => void (hostile = await openHostile()));
afterAll(() => hostile?.close());

const ours = new Set([
  "flags",
  "moods",
  "guarded",
  "visits",
  "visits_2025",
  "scattered",
  "scattered_near",
  "attributes",
  "x1",
  "archive.licenses",
]);

test("somebody has looked at every column of the project's own tables", () => {
  const left = unlisted(hostile.catalog, hostile.columns).filter(
    ({ schema, table }) => !ours.has(schema === "public" ? table : `${schema}.${table}`),
  );
  expect(left).toEqual([]);
});

test("a column that nobody has looked at is listed, and personal", () => {
  const columns = {
    safe: { ...hostile.columns.safe, licenses: ["id", "state"] },
    personal: { ...hostile.columns.personal, licenses: ["license_number"] },
  };
  expect(
    unlisted(hostile.catalog, columns)
      .filter(({ table, schema }) => table === "licenses" && schema === "public")
      .map(({ column }) => column),
  ).toContain("is_imlc");
  expect(judge("select is_imlc from licenses", { columns, catalog: hostile.catalog }).reason).toContain(
    "licenses.is_imlc is personal",
  );
});

test("a table of another schema is not the one of the same name", () => {
  expect(judge("select state from licenses", { columns: hostile.columns, catalog: hostile.catalog }).allowed).toBe(
    true,
  );
  expect(
    judge("select state from archive.licenses", { columns: hostile.columns, catalog: hostile.catalog }).allowed,
  ).toBe(false);
  expect(
    judge("select state from archive.licenses", {
      columns: { safe: { "archive.licenses": ["state"] } },
      catalog: hostile.catalog,
    }).allowed,
  ).toBe(true);
});

test("a view that somebody has classified is shown as classified, and its query is still judged", () => {
  const columns = { safe: { ...hostile.columns.safe, provider_list: ["who"], v_touch: "*" as const } };
  expect(judge("select who from provider_list", { columns, catalog: hostile.catalog }).allowed).toBe(true);
  expect(judge("select contact from provider_list", { columns, catalog: hostile.catalog }).allowed).toBe(false);
  expect(judge("select id from v_touch", { columns, catalog: hostile.catalog }).allowed).toBe(false);
});

test("a proposal calls nothing safe that the project's own file calls personal", () => {
  const { safe } = propose(hostile.catalog);
  const wrong = Object.entries(hostile.columns.personal ?? {}).flatMap(([table, names]) =>
    [...names].filter((name) => safe[table]?.includes(name)).map((name) => `${table}.${name}`),
  );
  expect(wrong).toEqual(["channels.topic", "sessions.id"]);
  expect(safe.x1).toEqual([]);
  expect(safe.attributes).toEqual([]);
  expect(safe.licenses).toEqual(
    expect.arrayContaining(["id", "state", "status", "expiration_date", "is_deleted", "created_at"]),
  );
});
