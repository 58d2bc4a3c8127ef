import { expect, test } from "vitest";
import {
  getFamily,
  isAnyView,
  isConstraint,
  isOnIndex,
  findKindOfLetter,
  getReasonByHand,
  isRemade,
  isServersOwn,
  kinds,
  listKindsOfCatalog,
} from "../lib/kinds";
import { listKindsWithCreation } from "../lib/schema/ddl/create";
import { sections } from "../lib/schema/read/object-kinds";

test("every kind that is read has a row in the table of kinds", () => {
  const read = sections.flatMap(({ kind }) =>
    typeof kind === "object" ? [...kind.sql.matchAll(/(?:then|else) '([^']+)'/g)].map(([, name]) => name) : [kind],
  );
  expect(read.length).toBeGreaterThan(40);
  expect(read.filter((name) => !kinds.has(name))).toEqual([]);
});

test("a catalog's letter stands for one kind, for a part of another, or is named itself", () => {
  const letters: [catalog: string, letter: string, kind: string | null][] = [
    ["pg_class", "r", "table"],
    ["pg_class", "p", "table"],
    ["pg_class", "partition", "partition"],
    ["pg_class", "I", "index"],
    ["pg_class", "t", null],
    ["pg_class", "?", "pg_class ?"],
    ["pg_constraint", "p", "primary key"],
    ["pg_constraint", "domain", null],
    ["pg_type", "p", "shell type"],
    ["pg_type", "cc", "composite type"],
    ["pg_type", "array", null],
    ["pg_proc", "w", "function"],
    ["pg_trigger", "", "trigger"],
    ["pg_unheard_of", "", "pg_unheard_of"],
  ];
  for (const [catalog, letter, kind] of letters)
    expect([catalog, letter, findKindOfLetter(catalog, letter)]).toEqual([catalog, letter, kind]);
  expect(listKindsOfCatalog("pg_proc")).toEqual(["function", "procedure", "aggregate"]);
});

test("families, and what is asked of a kind", () => {
  expect(["foreign key", "index", "partition", "procedure", "enum", "view", "constraint"].map(getFamily)).toEqual([
    "constraint",
    "constraint",
    "table",
    "function",
    "type",
    "view",
    "constraint",
  ]);
  const all = [...kinds.keys()];
  expect(all.filter(isAnyView)).toEqual(["view", "materialized view"]);
  expect(all.filter(isConstraint)).toEqual(all.filter((kind) => /constraint$|key$/.test(kind)));
  expect(all.filter(isOnIndex)).toEqual(["primary key", "unique constraint", "exclusion constraint"]);
});

test("what a kind needs is made before it", () => {
  const order =
    "schema extension enum sequence function table partition column|primary key|check constraint|foreign key|view|index|trigger|privilege|comment"
      .split(/[ |](?!key|constraint)/)
      .map((kind) => kinds.get(kind)!.rank!);
  expect(order).toEqual([...order].sort((one, other) => one - other));
});

test("every kind that is compared is made by statements, or by hand with a reason", () => {
  const made = new Set(listKindsWithCreation());
  const compared = [...kinds.keys()].filter((kind) => !isServersOwn(kind) && kind !== "large object");
  expect(compared.filter((kind) => !made.has(kind) && getReasonByHand(kind) === undefined)).toEqual([]);
  expect(compared.filter((kind) => isRemade(kind) && !made.has(kind))).toEqual([]);
  expect([...made].filter((kind) => !kinds.has(kind))).toEqual([]);
});
