import { normalizeSync, parseSync } from "libpg-query";
import { Deparser } from "pgsql-deparser";
import { places } from "./grammar";
import { isFields, refuse, type Fields } from "./ast";

/** The one text that stands for a tree: no comment, no odd quoting, nothing that the parser did not see. */
export function canonical(tree: Fields): string {
  for (const Writer of [Deparser, Careful]) {
    const text = new Writer(tree as never, { pretty: false }).deparseQuery();
    if (same(reparsed(text), tree)) return text;
  }
  return refuse("The statement cannot be written down again without changing it: make it simpler.");
}

/** Puts every expression into parentheses, for the deparser leaves out some that are needed. */
class Careful extends Deparser {
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

function reparsed(text: string): unknown {
  try {
    const statements = (parseSync(text) as { stmts?: { stmt?: unknown }[] }).stmts ?? [];
    return statements.length === 1 ? statements[0].stmt : undefined;
  } catch {
    return undefined;
  }
}

function same(one: unknown, other: unknown): boolean {
  if (Array.isArray(one))
    return Array.isArray(other) && one.length === other.length && one.every((item, index) => same(item, other[index]));
  if (!isFields(one)) return one === other;
  if (!isFields(other)) return false;
  const keys = (fields: Fields) => Object.keys(fields).filter((key) => !places.has(key));
  return keys(one).length === keys(other).length && keys(one).every((key) => same(one[key], other[key]));
}

/** The statement with every literal replaced by $n, for a log. What cannot be read is not repeated. */
export function maskLiterals(statement: string): string {
  try {
    const tree = (parseSync(statement) as { stmts?: { stmt?: unknown }[] }).stmts ?? [];
    return (
      tree.map(({ stmt }) => normalizeSync(Deparser.deparse(stmt as never, { pretty: false }))).join("; ") ||
      "(no statement)"
    );
  } catch {
    return "(a statement that could not be read)";
  }
}
