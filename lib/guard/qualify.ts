import { findRelation, type Catalog } from "./catalog";
import type { A_Expr, BoolExpr, CaseExpr, JoinExpr, Node, SubLink, TypeName } from "@pgsql/types";
import { getFields, isPart, listStrings, makeAnd, makeOr, refuse, type Part } from "./ast";
import { nameOf } from "./lineage/scope";
import { types } from "./functions";

/**
 * Names that could be taken for somebody's own where they are written without a schema: those that are known, or
 * every one.
 */
interface Own {
  operators: ReadonlySet<string> | "all";
  types: ReadonlySet<string> | "all";
  /** Names of which a trusted extension has operators too, where the statement reads values of its types. */
  extension: ReadonlySet<string>;
}

/**
 * Writes the schema of operators and types into the tree, so that PostgreSQL takes its own and nobody's of the same
 * name. A form that names no operator (BETWEEN, IN, CASE x WHEN, NULLIF, IS DISTINCT FROM, LIKE) is written out with
 * the operators that PostgreSQL makes of it (`transformExprRecurse` in parse_expr.c). Where the database has nothing
 * of its own, the tree stays as it is; where the catalog is not known, everything is written out.
 */
export function qualifyTree(tree: Node, catalog: Catalog | undefined): void {
  const own = collectOwnNames(tree, catalog);
  if (own.operators !== "all" && own.operators.size === 0 && own.types !== "all" && own.types.size === 0) return;
  qualifyNode(tree, own);
  if (measureNode(tree, new Map()) > 100_000)
    refuse("The statement becomes too long where its operators are written out: make it simpler.");
}

function collectOwnNames(tree: Node, catalog: Catalog | undefined): Own {
  if (catalog === undefined) return { operators: "all", types: "all", extension: new Set() };
  return {
    operators: new Set(catalog.operators.map(({ name }) => name)),
    types: new Set(catalog.types),
    extension: new Set(hasExtensionTypes(tree, catalog) ? catalog.extensionOperators : []),
  };
}

/** Whether a table of the statement has a column whose type comes with an extension, such as citext. */
function hasExtensionTypes(node: unknown, catalog: Catalog): boolean {
  if (Array.isArray(node)) return node.some((one) => hasExtensionTypes(one, catalog));
  if (!isPart(node)) return false;
  if (node.RangeVar?.relname !== undefined) {
    const found = findRelation(catalog, node.RangeVar.schemaname, node.RangeVar.relname);
    if (found?.columns.some(({ extension }) => extension)) return true;
  }
  return Object.values(node).some((value) => hasExtensionTypes(value, catalog));
}

/** Rewrites what stands below a node, then the node itself. */
function qualifyNode(node: unknown, own: Own): void {
  if (Array.isArray(node)) return node.forEach((one) => qualifyNode(one, own));
  if (!isPart(node)) return;
  const target = node.ResTarget?.name === undefined ? node.ResTarget : undefined;
  const name = target && nameOf(target.val);
  for (const value of Object.values(node)) qualifyNode(value, own);
  const { BoolExpr, A_Expr, CaseExpr, SubLink, JoinExpr, TypeCast, ColumnDef, RangeTableSample } = node;
  if (BoolExpr) flattenFields(BoolExpr);
  if (A_Expr) replace(node, writeOperator(A_Expr, own));
  if (CaseExpr) writeCase(CaseExpr, own);
  if (SubLink) writeSubLink(SubLink, own);
  if (JoinExpr) checkJoin(JoinExpr, own);
  for (const { typeName } of [TypeCast ?? {}, ColumnDef ?? {}]) if (typeName) writeType(typeName, own);
  if (RangeTableSample) RangeTableSample.method = makeQualified(listStrings(RangeTableSample.method)[0]);
  // the answer's columns keep the names that PostgreSQL would have given them
  if (target && nameOf(target.val) !== name) target.name = name;
}

/** The grammar makes one list of `a OR b OR c`, and so does this of what was written out inside one. */
function flattenFields(fields: BoolExpr): void {
  if (fields.boolop === "NOT_EXPR") return;
  fields.args = (fields.args ?? []).flatMap((arg) => {
    const inner = getFields("BoolExpr", arg);
    return inner !== undefined && inner.boolop === fields.boolop ? (inner.args ?? []) : [arg];
  });
}

function replace(node: Part, written: Node | undefined): void {
  if (written === undefined) return;
  delete node.A_Expr;
  Object.assign(node, written);
}

function makeQualified(name: string): Node[] {
  return ["pg_catalog", name].map((sval) => ({ String: { sval } }));
}

function needsQualifying(symbol: string, own: Own): boolean {
  if (own.operators !== "all" && !own.operators.has(symbol)) return false;
  if (own.extension.has(symbol))
    refuse(
      `This database has an operator ${symbol} of its own beside an extension's: write OPERATOR(pg_catalog.${symbol}), which compares as text.`,
    );
  return true;
}

function makeOperation(symbol: string, lexpr: Node | undefined, rexpr: Node | undefined): Node {
  return { A_Expr: { kind: "AEXPR_OP", name: makeQualified(symbol), lexpr, rexpr } };
}

function makeNot(arg: Node): Node {
  return { BoolExpr: { boolop: "NOT_EXPR", args: [arg] } };
}

/** What stands for an operator, where it is another node; else the operator is changed in its place. */
function writeOperator(fields: A_Expr, own: Own): Node | undefined {
  const { kind, name, lexpr, rexpr } = fields;
  const [symbol, schema] = listStrings(name).reverse();
  const form = String(kind).replace("AEXPR_", "");
  if (form.includes("BETWEEN")) return writeBetween(form, lexpr, getFields("List", rexpr)?.items ?? [], own);
  if (schema !== undefined || !needsQualifying(symbol, own)) return undefined;
  switch (form) {
    case "IN": {
      const each = (getFields("List", rexpr)?.items ?? []).map((item) => makeOperation(symbol, lexpr, item));
      return symbol === "=" ? makeOr(...each) : makeAnd(...each);
    }
    case "NULLIF":
      return {
        CaseExpr: {
          args: [{ CaseWhen: { expr: makeOperation("=", lexpr, rexpr), result: { A_Const: { isnull: true } } } }],
          defresult: lexpr,
        },
      };
    case "DISTINCT":
    case "NOT_DISTINCT": {
      if (getFields("RowExpr", lexpr) ?? getFields("RowExpr", rexpr))
        refuse("This database has an operator = of its own: write IS DISTINCT FROM for each column, not for a row.");
      const bothNull = makeAnd(...[lexpr, rexpr].map((arg): Node => ({ NullTest: { arg, nulltesttype: "IS_NULL" } })));
      const same: Node = { CoalesceExpr: { args: [makeOperation("=", lexpr, rexpr), bothNull] } };
      return form === "DISTINCT" ? makeNot(same) : same;
    }
    default:
      fields.name = makeQualified(symbol);
      if (["LIKE", "ILIKE", "SIMILAR"].includes(form)) fields.kind = "AEXPR_OP";
      return undefined;
  }
}

function writeBetween(form: string, value: Node | undefined, [low, high]: Node[], own: Own): Node | undefined {
  const [above, below] = form.startsWith("NOT") ? ["<", ">"] : [">=", "<="];
  if (![above, below].map((symbol) => needsQualifying(symbol, own)).includes(true)) return undefined;
  const negated = form.startsWith("NOT");
  const within = (from: Node, to: Node) =>
    (negated ? makeOr : makeAnd)(makeOperation(above, value, from), makeOperation(below, value, to));
  if (!form.endsWith("SYM")) return within(low, high);
  return (negated ? makeAnd : makeOr)(within(low, high), within(high, low));
}

function writeCase(fields: CaseExpr, own: Own): void {
  if (fields.arg === undefined || !needsQualifying("=", own)) return;
  for (const when of fields.args ?? []) {
    const inner = getFields("CaseWhen", when);
    if (inner) inner.expr = makeOperation("=", fields.arg, inner.expr);
  }
  delete fields.arg;
}

function writeSubLink(fields: SubLink, own: Own): void {
  if (!/^(ANY|ALL)_SUBLINK$/.test(String(fields.subLinkType))) return;
  const [symbol = "=", schema] = listStrings(fields.operName).reverse();
  if (schema === undefined && needsQualifying(symbol, own)) fields.operName = makeQualified(symbol);
}

/**
 * USING names no operator, and what it merges cannot be written out. Of a notebook's statement, lineage has looked at
 * the columns' types.
 */
function checkJoin({ usingClause = [], isNatural }: JoinExpr, own: Own): void {
  if (own.operators === "all" && (isNatural === true || usingClause.length > 0))
    refuse("USING would take any operator =: write JOIN … ON.");
}

function writeType(fields: TypeName, own: Own): void {
  const [name, schema] = listStrings(fields.names).reverse();
  if (schema !== undefined || name === undefined) return;
  if (own.types === "all" ? types.has(name) || extraTypes.has(name) : own.types.has(name) && types.has(name))
    fields.names = makeQualified(name);
}

/** What the project's own queries cast to besides. */
const extraTypes = new Set(
  "regoper regoperator regcollation regdictionary regconfig xml pg_node_tree aclitem xid oidvector int2vector".split(
    " ",
  ),
);

/** How many nodes a tree has once it is written down: what stands in it twice counts twice. */
function measureNode(node: unknown, known: Map<object, number>): number {
  if (typeof node !== "object" || node === null) return 0;
  let size = known.get(node);
  if (size !== undefined) return size;
  size = Array.isArray(node) ? 0 : 1;
  for (const value of Object.values(node)) size += measureNode(value, known);
  known.set(node, size);
  return size;
}
