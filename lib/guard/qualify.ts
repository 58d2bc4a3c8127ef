import { relationNamed, type Catalog } from "./catalog";
import { as, isFields, names, nodes, refuse, type Fields } from "./ast";
import { nameOf } from "./lineage/scope";
import { types } from "./functions";

/** Names that could be taken for somebody's own where they are written without a schema: those that are known, or every one. */
interface Own {
  operators: ReadonlySet<string> | "all";
  types: ReadonlySet<string> | "all";
  /** Names of which a trusted extension has operators too, where the statement reads values of its types. */
  extension: ReadonlySet<string>;
}

/**
 * Writes the schema of operators and types into the tree, so that PostgreSQL takes its own and nobody's of the same name. A form that names no operator
 * (BETWEEN, IN, CASE x WHEN, NULLIF, IS DISTINCT FROM, LIKE) is written out with the operators that PostgreSQL makes of it (`transformExprRecurse` in
 * parse_expr.c). Where the database has nothing of its own, the tree stays as it is; where the catalog is not known, everything is written out.
 */
export function qualify(tree: Fields, catalog: Catalog | undefined): void {
  const own = ownNames(tree, catalog);
  if (own.operators !== "all" && own.operators.size === 0 && own.types !== "all" && own.types.size === 0) return;
  visit(tree, own);
  if (sizeOf(tree, new WeakMap()) > 100_000)
    refuse("The statement becomes too long where its operators are written out: make it simpler.");
}

function ownNames(tree: Fields, catalog: Catalog | undefined): Own {
  if (catalog === undefined) return { operators: "all", types: "all", extension: new Set() };
  return {
    operators: new Set(catalog.operators.map(({ name }) => name)),
    types: new Set(catalog.types),
    extension: new Set(readsExtensionTypes(tree, catalog) ? catalog.extensionOperators : []),
  };
}

/** Whether a table of the statement has a column whose type comes with an extension, such as citext. */
function readsExtensionTypes(node: unknown, catalog: Catalog): boolean {
  if (Array.isArray(node)) return node.some((one) => readsExtensionTypes(one, catalog));
  if (!isFields(node)) return false;
  if (typeof node.relname === "string") {
    const found = relationNamed(catalog, node.schemaname as string | undefined, node.relname);
    if (found?.columns.some(({ extension }) => extension)) return true;
  }
  return Object.values(node).some((value) => readsExtensionTypes(value, catalog));
}

/** Rewrites what stands below a node, then the node itself. */
function visit(node: unknown, own: Own): void {
  if (Array.isArray(node)) return node.forEach((one) => visit(one, own));
  if (!isFields(node)) return;
  const target = isFields(node.ResTarget) && node.ResTarget.name === undefined ? node.ResTarget : undefined;
  const name = target && nameOf(target.val);
  for (const value of Object.values(node)) visit(value, own);
  if (isFields(node.BoolExpr)) flatten(node.BoolExpr);
  if (isFields(node.A_Expr)) replace(node, writeOperator(node.A_Expr, own));
  if (isFields(node.CaseExpr)) writeCase(node.CaseExpr, own);
  if (isFields(node.SubLink)) writeSubLink(node.SubLink, own);
  if (isFields(node.JoinExpr)) checkJoin(node.JoinExpr, own);
  if (isFields(node.typeName)) writeType(node.typeName, own);
  if (isFields(node.RangeTableSample)) node.RangeTableSample.method = qualified(names(node.RangeTableSample.method)[0]);
  // the answer's columns keep the names that PostgreSQL would have given them
  if (target && nameOf(target.val) !== name) target.name = name;
}

/** The grammar makes one list of `a OR b OR c`, and so does this of what was written out inside one. */
function flatten(fields: Fields): void {
  if (fields.boolop === "NOT_EXPR") return;
  fields.args = nodes(fields.args).flatMap((arg) => {
    const inner = as("BoolExpr", arg);
    return inner !== undefined && inner.boolop === fields.boolop ? nodes(inner.args) : [arg];
  });
}

function replace(node: Fields, written: Fields | undefined): void {
  if (written === undefined) return;
  delete node.A_Expr;
  Object.assign(node, written);
}

function qualified(name: string): Fields[] {
  return ["pg_catalog", name].map((sval) => ({ String: { sval } }));
}

function mustQualify(symbol: string, own: Own): boolean {
  if (own.operators !== "all" && !own.operators.has(symbol)) return false;
  if (own.extension.has(symbol))
    refuse(
      `This database has an operator ${symbol} of its own beside an extension's: write OPERATOR(pg_catalog.${symbol}), which compares as text.`,
    );
  return true;
}

function operation(symbol: string, lexpr: unknown, rexpr: unknown): Fields {
  return { A_Expr: { kind: "AEXPR_OP", name: qualified(symbol), lexpr, rexpr } };
}

function all(...args: unknown[]): Fields {
  return args.length === 1 ? (args[0] as Fields) : { BoolExpr: { boolop: "AND_EXPR", args } };
}

function any(...args: unknown[]): Fields {
  return args.length === 1 ? (args[0] as Fields) : { BoolExpr: { boolop: "OR_EXPR", args } };
}

function not(arg: unknown): Fields {
  return { BoolExpr: { boolop: "NOT_EXPR", args: [arg] } };
}

/** What stands for an operator, where it is another node; else the operator is changed in its place. */
function writeOperator(fields: Fields, own: Own): Fields | undefined {
  const { kind, name, lexpr, rexpr } = fields;
  const [symbol, schema] = names(name).reverse();
  const form = String(kind).replace("AEXPR_", "");
  if (form.includes("BETWEEN")) return writeBetween(form, lexpr, nodes(as("List", rexpr)?.items), own);
  if (schema !== undefined || !mustQualify(symbol, own)) return undefined;
  switch (form) {
    case "IN": {
      const each = nodes(as("List", rexpr)?.items).map((item) => operation(symbol, lexpr, item));
      return symbol === "=" ? any(...each) : all(...each);
    }
    case "NULLIF":
      return {
        CaseExpr: {
          args: [{ CaseWhen: { expr: operation("=", lexpr, rexpr), result: { A_Const: { isnull: true } } } }],
          defresult: lexpr,
        },
      };
    case "DISTINCT":
    case "NOT_DISTINCT": {
      if (as("RowExpr", lexpr) ?? as("RowExpr", rexpr))
        refuse("This database has an operator = of its own: write IS DISTINCT FROM for each column, not for a row.");
      const bothNull = all(...[lexpr, rexpr].map((arg) => ({ NullTest: { arg, nulltesttype: "IS_NULL" } })));
      const same = { CoalesceExpr: { args: [operation("=", lexpr, rexpr), bothNull] } };
      return form === "DISTINCT" ? not(same) : same;
    }
    default:
      fields.name = qualified(symbol);
      if (["LIKE", "ILIKE", "SIMILAR"].includes(form)) fields.kind = "AEXPR_OP";
      return undefined;
  }
}

function writeBetween(form: string, value: unknown, [low, high]: unknown[], own: Own): Fields | undefined {
  const [above, below] = form.startsWith("NOT") ? ["<", ">"] : [">=", "<="];
  if (![above, below].map((symbol) => mustQualify(symbol, own)).includes(true)) return undefined;
  const negated = form.startsWith("NOT");
  const within = (from: unknown, to: unknown) =>
    (negated ? any : all)(operation(above, value, from), operation(below, value, to));
  if (!form.endsWith("SYM")) return within(low, high);
  return (negated ? all : any)(within(low, high), within(high, low));
}

function writeCase(fields: Fields, own: Own): void {
  if (fields.arg === undefined || !mustQualify("=", own)) return;
  for (const when of nodes(fields.args)) {
    const inner = as("CaseWhen", when) as Fields;
    inner.expr = operation("=", fields.arg, inner.expr);
  }
  delete fields.arg;
}

function writeSubLink(fields: Fields, own: Own): void {
  if (!/^(ANY|ALL)_SUBLINK$/.test(String(fields.subLinkType))) return;
  const [symbol = "=", schema] = names(fields.operName).reverse();
  if (schema === undefined && mustQualify(symbol, own)) fields.operName = qualified(symbol);
}

/** USING names no operator, and what it merges cannot be written out. Of a notebook's statement, lineage has looked at the columns' types. */
function checkJoin({ usingClause, isNatural }: Fields, own: Own): void {
  if (own.operators === "all" && (isNatural === true || nodes(usingClause).length > 0))
    refuse("USING would take any operator =: write JOIN … ON.");
}

function writeType(fields: Fields, own: Own): void {
  const [name, schema] = names(fields.names).reverse();
  if (schema !== undefined || name === undefined) return;
  if (own.types === "all" ? types.has(name) || extraTypes.has(name) : own.types.has(name) && types.has(name))
    fields.names = qualified(name);
}

/** What the project's own queries cast to besides. */
const extraTypes = new Set(
  "regoper regoperator regcollation regdictionary regconfig xml pg_node_tree aclitem xid oidvector int2vector".split(
    " ",
  ),
);

/** How many nodes a tree has once it is written down: what stands in it twice counts twice. */
function sizeOf(node: unknown, known: WeakMap<object, number>): number {
  if (Array.isArray(node)) return node.reduce<number>((sum, one) => sum + sizeOf(one, known), 0);
  if (!isFields(node)) return 0;
  const seen = known.get(node);
  if (seen !== undefined) return seen;
  const size = 1 + sizeOf(Object.values(node), known);
  known.set(node, size);
  return size;
}
