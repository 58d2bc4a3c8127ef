import { grammar, places, whyNot, type Field } from "./grammar";
import { isPart, refuse, unwrap, type Part, type Unwrapped } from "./ast";

/**
 * Visits every node of a tree from the root down. A type, a field or a word that the grammar does not list ends the
 * walk.
 */
export function walk(node: unknown, visit: (node: Unwrapped) => void): void {
  const found = unwrap(node);
  if (found !== undefined) walkFields(found.type, found.fields, visit);
}

function walkFields(type: string, fields: Part, visit: (node: Unwrapped) => void): void {
  const known = grammar.get(type) ?? refuse(whyNot.get(type) ?? explainNotARead(type));
  for (const [name, value] of Object.entries(fields)) {
    if (places.has(name)) continue;
    const field =
      known.get(name) ??
      refuse(
        whyNot.get(`${type}.${name}`) ??
          "The statement has a clause that the runbook does not know: write it in another way.",
      );
    check(type, name, field, value);
  }
  // of a type and with fields that the grammar lists: from here on the tree is what its types say
  visit({ type, fields } as Unwrapped);
  for (const [name, value] of Object.entries(fields)) {
    const field = known.get(name);
    if (field === "node") walk(value, visit);
    else if (field === "nodes") for (const one of Array.isArray(value) ? value : []) walk(one, visit);
    else if (typeof field === "object" && "bare" in field && isPart(value)) walkFields(field.bare, value, visit);
  }
}

function check(type: string, name: string, field: Field, value: unknown): void {
  const fits =
    field === "node" || (typeof field === "object" && "bare" in field)
      ? isPart(value)
      : field === "nodes"
        ? Array.isArray(value) && value.every(isPart)
        : field === "plain"
          ? typeof value !== "object"
          : typeof value === "string" && field.oneOf.includes(value);
  if (!fits) refuse(explainWord(type, name, value));
}

function explainWord(type: string, name: string, value: unknown): string {
  if (value === "LIMIT_OPTION_WITH_TIES") return "WITH TIES is not allowed: write LIMIT with a number.";
  if (type === "RangeVar" && name === "relpersistence") return "A temporary table cannot be named: use WITH.";
  if (value === "SORTBY_USING") return "ORDER BY … USING is not allowed: write ASC or DESC.";
  return "The statement uses a form that the runbook does not know: write it in another way.";
}

/** `DeleteStmt` → "DELETE is not a read …". */
export function explainNotARead(type: string): string {
  const statement = /^(.*)Stmt$/.exec(type)?.[1];
  if (statement === undefined)
    return "The statement has a part that the runbook does not know: write it in another way.";
  const words = statements.get(statement) ?? statement.replace(/(?<=[a-z])(?=[A-Z])/g, " ").toUpperCase();
  return `${words} is not a read: the runbook only sends SELECT, EXPLAIN and SHOW.`;
}

const statements = new Map(
  Object.entries({
    Transaction: "Transaction control",
    VariableSet: "SET",
    Create: "CREATE TABLE",
    CreateTableAs: "CREATE TABLE AS",
    View: "CREATE VIEW",
    Index: "CREATE INDEX",
    CreateFunction: "CREATE FUNCTION",
    Vacuum: "VACUUM or ANALYZE",
    Cluster: "CLUSTER",
    Fetch: "FETCH",
    DeclareCursor: "DECLARE",
    CreateSeq: "CREATE SEQUENCE",
    CreateRole: "CREATE ROLE",
    AlterSystem: "ALTER SYSTEM",
    RefreshMatView: "REFRESH MATERIALIZED VIEW",
    Load: "LOAD",
    Check_Point: "CHECKPOINT",
    CheckPoint: "CHECKPOINT",
  }),
);
