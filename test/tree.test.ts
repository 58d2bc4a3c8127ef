import { readFileSync } from "node:fs";
import { join } from "node:path";
import { loadModule, parseSync } from "libpg-query";
import ts from "typescript";
import { beforeAll, expect, test } from "vitest";
import { getNode, isPart, listNodesOf, listStrings, parseStatements, unwrapNode, visitParts } from "../lib/sql/tree";
import { attacks } from "./guard/attacks";

beforeAll(loadModule);

/** The declared types of `@pgsql/types`: those of a node's fields, and the words of the enumerations. */
function readDeclarations(): Map<string, ts.InterfaceDeclaration | ts.TypeAliasDeclaration> {
  const folder = join(__dirname, "..", "node_modules", "@pgsql", "types");
  return new Map(
    ["types.d.ts", "enums.d.ts"].flatMap((file) =>
      ts
        .createSourceFile(file, readFileSync(join(folder, file), "utf8"), ts.ScriptTarget.ES2022, true)
        .statements.flatMap((one) =>
          ts.isInterfaceDeclaration(one) || ts.isTypeAliasDeclaration(one) ? [[one.name.text, one] as const] : [],
        ),
    ),
  );
}

/** Where a value is not of its declared type, each as its path; none where it is. */
function listMismatches(
  value: unknown,
  type: ts.TypeNode,
  declared: ReturnType<typeof readDeclarations>,
  path: string,
): string[] {
  if (ts.isArrayTypeNode(type))
    return Array.isArray(value)
      ? value.flatMap((one) => listMismatches(one, type.elementType, declared, path))
      : [`${path} is no list`];
  const name = type.getText();
  const declaration = declared.get(name);
  if (name === "Node") {
    const [tag, ...more] = isPart(value) ? Object.keys(value) : [];
    // an empty entry, as in the grouping sets, is no node
    if (tag === undefined) return isPart(value) ? [] : [`${path} is no node`];
    const fields = declared.get(tag);
    if (more.length > 0 || !fields || !ts.isInterfaceDeclaration(fields)) return [`${path} holds ${tag}`];
    return listFieldMismatches(isPart(value) ? value[tag] : undefined, fields, declared, tag);
  }
  if (declaration && ts.isInterfaceDeclaration(declaration))
    return listFieldMismatches(value, declaration, declared, name);
  if (declaration) return declaration.type.getText().includes(`"${value}"`) ? [] : [`${path} is ${value}, no ${name}`];
  return typeof value === name || name === "bigint" ? [] : [`${path} is a ${typeof value}, no ${name}`];
}

function listFieldMismatches(
  fields: unknown,
  declaration: ts.InterfaceDeclaration,
  declared: ReturnType<typeof readDeclarations>,
  path: string,
): string[] {
  if (!isPart(fields)) return [`${path} has no fields`];
  return Object.entries(fields).flatMap(([field, value]) => {
    const member = declaration.members.find((one) => one.name?.getText() === field);
    return member && ts.isPropertySignature(member) && member.type
      ? listMismatches(value, member.type, declared, `${path}.${field}`)
      : [`${path}.${field} is not declared`];
  });
}

test("the parser that is installed gives trees of the types that are installed", () => {
  const declared = readDeclarations();
  const result = declared.get("ParseResult") as ts.InterfaceDeclaration;
  const texts = [
    ...Object.values(attacks).flat(),
    ...["hazards.sql", "twins.sql"].map((file) => readFileSync(join(__dirname, "guard", file), "utf8")),
    "alter table a add column b numeric(6, 2) default 1.5 not null, drop constraint c cascade, alter d type text[]",
    "create table a (b int primary key, c text references d (e) on delete cascade) partition by list (b)",
    "create table b partition of a for values in (1, 2)",
    "create unique index concurrently a on b using btree (lower(c) text_pattern_ops desc) include (d) where e is null",
    "create trigger a after update of b on c for each row when (old.b is distinct from new.b) execute function d(1)",
    "create type a as enum ('b'); alter type a add value 'c' after 'b'; drop function f(int, text); comment on table a is 'b'",
    "select b'1', x'f', true, -1, 1.5e3, null, e'\\n', 20000000000 from a group by grouping sets ((), (b), rollup (c))",
  ];
  const trees = texts.flatMap((text) => {
    try {
      return [parseSync(text)];
    } catch {
      return [];
    }
  });
  expect(trees.length).toBeGreaterThan(300);
  expect([...new Set(trees.flatMap((tree) => listFieldMismatches(tree, result, declared, "result")))]).toEqual([]);
  const broken = {
    stmts: [{ stmt: { RangeVar: { relname: 1, alias: [], colour: "red" } } }, { stmt: { Nothing: {} } }],
  };
  expect(listFieldMismatches(broken, result, declared, "result")).toEqual([
    "RangeVar.relname is a number, no string",
    "Alias has no fields",
    "RangeVar.colour is not declared",
    "RawStmt.stmt holds Nothing",
  ]);
});

test("the helpers read a tree by its types", () => {
  const [first, second] = parseStatements("select u.id, 1 from app.users u; drop table a.b");
  const select = getNode("SelectStmt", first);
  expect(getNode("SelectStmt", second)).toBeUndefined();
  expect(unwrapNode(second)?.type).toBe("DropStmt");
  expect(unwrapNode(undefined)).toBeUndefined();
  const [column] = listNodesOf("ResTarget", select?.targetList).map(({ val }) => getNode("ColumnRef", val));
  expect(listStrings(column?.fields)).toEqual(["u", "id"]);
  const tables: string[] = [];
  visitParts(
    [first, second],
    ({ RangeVar }) => void (RangeVar && tables.push(`${RangeVar.schemaname}.${RangeVar.relname}`)),
  );
  expect(tables).toEqual(["app.users"]);
  let seen = 0;
  visitParts(first, () => (seen++, false));
  expect(seen).toBe(1);
  expect(parseStatements(" -- nothing")).toEqual([]);
  expect(() => parseStatements("selec 1")).toThrow("syntax error");
});
