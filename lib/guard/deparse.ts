import { normalizeSync } from "libpg-query";
import type { Node, TypeName } from "@pgsql/types";
import { Deparser } from "pgsql-deparser";
import { places } from "./grammar";
import { parseStatements } from "../sql/tree";
import { isPart, listStrings, refuse, type Part } from "./ast";

/** The one text that stands for a tree: no comment, no odd quoting, nothing that the parser did not see. */
export function deparseCanonical(tree: Node): string {
  for (const Writer of [Exact, Careful]) {
    const text = new Writer(tree, { pretty: false }).deparseQuery();
    if (isSameTree(reparseText(text), tree)) return text;
  }
  return refuse("The statement cannot be written down again without changing it: make it simpler.");
}

/**
 * Keeps the schema of a type, which the deparser leaves out of what is no keyword: another schema may have a type
 * `text`.
 */
class Exact extends Deparser {
  override TypeName(...[node, context]: Parameters<Deparser["TypeName"]>): string {
    return getCatalogType(node) ?? super.TypeName(node, context);
  }

  override TypeCast(...[node, context]: Parameters<Deparser["TypeCast"]>): string {
    const type = getCatalogType(node.typeName);
    return type === undefined || node.arg === undefined
      ? super.TypeCast(node, context)
      : `CAST(${this.visit(node.arg, context)} AS ${type})`;
  }
}

function getCatalogType({ names, typmods, arrayBounds = [] }: TypeName = {}): string | undefined {
  const [schema, name] = listStrings(names);
  if (schema !== "pg_catalog" || name === undefined || keywords.has(name) || (typmods ?? []).length > 0)
    return undefined;
  return `pg_catalog."${name}"${arrayBounds.map(() => "[]").join("")}`;
}

/** Types that the grammar itself takes from pg_catalog. */
const keywords = new Set(
  "int2 int4 int8 float4 float8 bool numeric varchar bpchar timestamp timestamptz time timetz interval bit varbit".split(
    " ",
  ),
);

/** Puts every expression into parentheses, for the deparser leaves out some that are needed. */
class Careful extends Exact {
  override visit(...[node, context]: Parameters<Deparser["visit"]>): string {
    const text = super.visit(node, context);
    return expressions.has(Object.keys(node)[0]) ? `(${text})` : text;
  }
}

const expressions = new Set([
  "A_Expr",
  "BoolExpr",
  "NullTest",
  "BooleanTest",
  "TypeCast",
  "CollateClause",
  "CaseExpr",
  "A_ArrayExpr",
  "A_Indirection",
  "CoalesceExpr",
]);

function reparseText(text: string): unknown {
  try {
    const statements = parseStatements(text);
    return statements.length === 1 ? statements[0] : undefined;
  } catch {
    return undefined;
  }
}

function isSameTree(one: unknown, other: unknown): boolean {
  if (Array.isArray(one))
    return (
      Array.isArray(other) && one.length === other.length && one.every((item, index) => isSameTree(item, other[index]))
    );
  if (!isPart(one)) return one === other;
  if (!isPart(other)) return false;
  const keys = (part: Part) => Object.keys(part).filter((key) => !places.has(key));
  return keys(one).length === keys(other).length && keys(one).every((key) => isSameTree(one[key], other[key]));
}

/** The statement with every literal replaced by $n, for a log. What cannot be read is not repeated. */
export function maskLiterals(statement: string): string {
  const known = maskedLately.get(statement);
  if (known !== undefined) return known;
  const masked = maskNow(statement);
  if (maskedLately.size >= mostMasked) maskedLately.clear();
  maskedLately.set(statement, masked);
  return masked;
}

// the two sides are asked the same, mostly one after the other, and masking takes as long as judging
const maskedLately = new Map<string, string>();
const mostMasked = 50;

function maskNow(statement: string): string {
  try {
    const statements = parseStatements(statement);
    return (
      statements.map((each) => normalizeSync(Deparser.deparse(each, { pretty: false }))).join("; ") || "(no statement)"
    );
  } catch {
    return "(a statement that could not be read)";
  }
}
