import type { Node, RangeVar, SelectStmt } from "@pgsql/types";
import { getFields, isPart, listStrings, parseOne, refuse, unwrap } from "./ast";
import { findRelation, type Catalog, type Relation } from "./catalog";

/**
 * How much of each a statement may have. PostgreSQL cannot be interrupted while it plans, so what makes planning long
 * is bounded before.
 */
const most = { withs: 40, tables: 60, sets: 60, depth: 30, copies: 20_000 };

/**
 * Refuses a statement whose plan alone could take minutes or gigabytes: no analysis needs one. A view counts with the
 * tables that it is made of.
 */
export function requireModest(tree: Node, catalog?: Catalog): void {
  const count = { withs: 0, tables: 0, sets: 0 };
  checkDepth(tree, 0, count);
  count.tables = tablesIn(tree, catalog, 0);
  if (count.withs > most.withs)
    refuse(`The statement has more than ${most.withs} names in WITH: ask in several steps.`);
  if (count.tables > most.tables) refuse(`The statement names more than ${most.tables} tables: ask in several steps.`);
  if (count.sets > most.sets)
    refuse(`The statement puts together more than ${most.sets} SELECTs: ask in several steps.`);
  const select = getFields("SelectStmt", tree) ?? getFields("SelectStmt", getFields("ExplainStmt", tree)?.query);
  if (select !== undefined && countCopiesIn(select, new Map()) > most.copies)
    refuse(
      "Each level of the statement repeats the one below it, and the plan doubles with each: ask in several steps.",
    );
}

/**
 * How many tables a part of a statement names, with those of its views. Where views stand on views beyond any sense,
 * more than may be.
 */
function tablesIn(node: unknown, catalog: Catalog | undefined, depth: number): number {
  if (Array.isArray(node)) return node.reduce<number>((sum, one) => sum + tablesIn(one, catalog, depth), 0);
  if (!isPart(node)) return 0;
  if (node.RangeVar) return 1 + tablesOfView(node.RangeVar, catalog, depth);
  return Object.values(node).reduce<number>((sum, value) => sum + tablesIn(value, catalog, depth), 0);
}

function tablesOfView({ schemaname, relname }: RangeVar, catalog: Catalog | undefined, depth: number): number {
  const view = catalog && findRelation(catalog, schemaname, String(relname));
  if (catalog === undefined || view?.kind !== "v") return 0;
  if (depth > most.depth) return most.tables;
  const known = weights.get(view);
  if (known !== undefined) return known;
  // while it is looked at, a view that stands on itself counts as one
  weights.set(view, 0);
  const weight = tablesIn(parseOne(view.definition ?? "select", 500_000), catalog, depth + 1) - 1;
  weights.set(view, Math.max(0, weight));
  return Math.max(0, weight);
}

const weights = new WeakMap<Relation, number>();

function checkDepth(node: unknown, depth: number, count: { withs: number; tables: number; sets: number }): void {
  if (Array.isArray(node)) return node.forEach((one) => checkDepth(one, depth, count));
  if (!isPart(node)) return;
  for (const [key, value] of Object.entries(node)) {
    if (key === "CommonTableExpr") count.withs++;
    if (key === "larg" && isPart(value) && "op" in value) count.sets++;
    const deeper = key === "SelectStmt" ? depth + 1 : depth;
    if (deeper > most.depth) refuse(`Subqueries stand more than ${most.depth} deep: ask in several steps.`);
    checkDepth(value, deeper, count);
  }
}

/**
 * How often one column of a table may stand in the plan once subqueries are written out: `x || x` over `x || x` makes
 * four.
 */
function countCopiesIn(select: SelectStmt, around: ReadonlyMap<string, number>): number {
  const ctes = new Map(around);
  for (const cte of select.withClause?.ctes ?? []) {
    const { ctename, ctequery } = getFields("CommonTableExpr", cte) ?? {};
    const query = getFields("SelectStmt", ctequery);
    if (query !== undefined) ctes.set(String(ctename), countCopiesIn(query, ctes));
  }
  if (select.larg !== undefined)
    return Math.max(...[select.larg, select.rarg].map((side) => countCopiesIn(side ?? {}, ctes)));
  const below = Math.max(1, ...(select.fromClause ?? []).map((item) => countCopiesOf(item, ctes)));
  const own = Math.max(1, ...(select.targetList ?? []).map((target) => countMostRepeated(target)));
  return below * own;
}

function countCopiesOf(item: Node | undefined, ctes: ReadonlyMap<string, number>): number {
  const node = unwrap(item);
  if (node?.type === "RangeVar")
    return node.fields.schemaname === undefined ? (ctes.get(String(node.fields.relname)) ?? 1) : 1;
  if (node?.type === "RangeSubselect") return countCopiesIn(getFields("SelectStmt", node.fields.subquery) ?? {}, ctes);
  if (node?.type === "JoinExpr")
    return Math.max(countCopiesOf(node.fields.larg, ctes), countCopiesOf(node.fields.rarg, ctes));
  return 1;
}

/** How often the column that stands most often in an expression does. */
function countMostRepeated(target: Node): number {
  const seen = new Map<string, number>();
  const look = (node: unknown): void => {
    if (Array.isArray(node)) return node.forEach(look);
    if (!isPart(node)) return;
    const column = node.ColumnRef && listStrings(node.ColumnRef.fields).pop();
    if (column !== undefined) seen.set(column, (seen.get(column) ?? 0) + 1);
    Object.values(node).forEach(look);
  };
  look(target);
  return Math.max(1, ...seen.values());
}
