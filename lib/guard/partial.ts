import type { Alias, Node, RangeVar, ResTarget, SelectStmt } from "@pgsql/types";
import { listNodesOf } from "../sql/tree";
import { deparseCanonical } from "./deparse";
import { getFields, isPart, listStrings, parseOne, Refusal, unwrap } from "./ast";
import { nameOf } from "./lineage/scope";

/** The columns of one side's tables: `public.users` → `id`, `role`, … */
export type Columns = ReadonlyMap<string, ReadonlySet<string>>;

/** A part of a statement that a side has no column for. Without `output` it is a condition. */
export interface LeftOut {
  output?: string;
  /** The column that is not there, as `campaigns.campaign_name`. */
  missing: string;
}

/** A statement, or as much of it as a side can answer. */
export interface Available {
  text: string;
  leftOut: LeftOut[];
  /** Columns of the answer that are null for want of a column. */
  nulls: string[];
}

/**
 * As much of a statement as a side can answer whose columns are these: what it would show of a missing column is
 * null, a condition on one is gone. Where a whole table is missing, or a join rests on a missing column, nothing
 * sensible is left: the statement stays as it is, and the side will say why not. The grammar must be loaded
 * (`loadGuard`).
 */
export function planAvailable(text: string, columns: Columns): Available {
  const unchanged = { text, leftOut: [], nulls: [] };
  try {
    const tree = parseOne(text, 500_000);
    const select = getFields("SelectStmt", tree);
    if (!select) return unchanged;
    const leftOut: LeftOut[] = [];
    const { gone } = reduceSelect(select, { columns, leftOut, made: new Map(), items: [] });
    const once = new Map(leftOut.map((part) => [JSON.stringify(part), part]));
    return once.size
      ? { text: deparseCanonical(tree), leftOut: [...once.values()], nulls: [...gone.keys()] }
      : unchanged;
  } catch (error) {
    // what cannot be reduced is asked as it stands: the guard and the server say what is wrong with it
    if (error instanceof Unanswerable || error instanceof Refusal) return unchanged;
    throw error;
  }
}

class Unanswerable extends Error {}

/** What an entry of FROM has. */
interface Item {
  alias: string;
  /** The table's own name, where it is one. */
  table?: string;
  /** Absent where nobody knows them. */
  has?: ReadonlySet<string>;
  /** Columns of a subquery that were left out there, each with what was missing. */
  gone: ReadonlyMap<string, string>;
}

type Made = Omit<Item, "alias" | "table">;

/** What a part of the statement sees: its own FROM, what is around it, and what WITH has made. */
interface Scope {
  columns: Columns;
  leftOut: LeftOut[];
  made: ReadonlyMap<string, Made>;
  items: Item[];
  parent?: Scope;
}

/** Takes out of a SELECT what cannot be answered, and tells what columns it then has. */
function reduceSelect(select: SelectStmt, around: Scope): Made {
  const made = addMade(select, around);
  if (select.larg && select.rarg) {
    const [first] = [select.larg, select.rarg].map((arm) => reduceSelect(arm, { ...around, made }));
    return first;
  }
  const scope: Scope = { ...around, made, items: [], parent: around };
  for (const node of select.fromClause ?? []) scope.items.push(...listEntries(node, scope));
  if (findMissing(select.windowClause, scope)) throw new Unanswerable();
  const targets = listNodesOf("ResTarget", select.targetList);
  const gone = new Map(targets.flatMap((target) => omitOutput(target, scope)));
  const outputs = new Set(targets.map(nameOutput));

  const isOutput = (node: Node | undefined) => outputs.has(listStrings(getFields("ColumnRef", node)?.fields).join("."));
  const lacks = (node: Node | undefined) => !isOutput(node) && findMissing(node, scope) !== undefined;
  replace(select, "groupClause", (node) =>
    getFields("GroupingSet", node) ? omitGroups(node, lacks) : lacks(node) ? nullText : node,
  );
  replace(select, "distinctClause", (node) => (lacks(node) ? nullText : node));
  replace(select, "sortClause", (node) => (lacks(getFields("SortBy", node)?.node) ? undefined : node));
  for (const clause of ["whereClause", "havingClause"] as const) omitConditions(select, clause, scope);

  const star = targets.some(({ val }) =>
    (getFields("ColumnRef", val)?.fields ?? []).some((field) => getFields("A_Star", field)),
  );
  return {
    has: star || select.valuesLists ? undefined : new Set([...outputs].filter((name) => !gone.has(name))),
    gone,
  };
}

function addMade(select: SelectStmt, around: Scope): Scope["made"] {
  const made = new Map(around.made);
  const clause = select.withClause;
  for (const { ctename: name = "", ctequery, aliascolnames } of listNodesOf("CommonTableExpr", clause?.ctes)) {
    if (clause?.recursive) made.set(name, open);
    const query = getFields("SelectStmt", ctequery);
    const result = query ? reduceSelect(query, { ...around, made }) : open;
    made.set(name, aliascolnames ? open : result);
  }
  return made;
}

/** An entry of FROM, or the two of a join. */
function listEntries(entry: Node | undefined, scope: Scope): Item[] {
  const node = unwrap(entry);
  const alias = getAlias(node);
  const named = (item: Made & { table?: string }, name = ""): Item[] => [
    { ...(alias?.colnames ? open : item), alias: alias?.aliasname ?? name },
  ];
  if (node?.type === "RangeVar") return named(reduceTable(node.fields, scope), node.fields.relname);
  if (node?.type === "RangeTableSample") return listEntries(node.fields.relation, scope);
  if (node?.type === "RangeSubselect")
    return named(
      reduceSelect(
        getFields("SelectStmt", node.fields.subquery) ?? {},
        node.fields.lateral ? scope : (scope.parent ?? scope),
      ),
    );
  if (node?.type !== "JoinExpr") return named(open);
  const { larg, rarg, usingClause, quals } = node.fields;
  const items = [larg, rarg].map((side) => listEntries(side, { ...scope, items: [...scope.items] }));
  const both = { ...scope, items: [...scope.items, ...items.flat()] };
  const joined = listStrings(usingClause).every((name) =>
    items.every((one) => one.some(({ has }) => !has || has.has(name))),
  );
  if (!joined || findMissing(quals, both)) throw new Unanswerable();
  return items.flat();
}

function getAlias(node: ReturnType<typeof unwrap>): Alias | undefined {
  return node?.type === "RangeVar" ||
    node?.type === "RangeSubselect" ||
    node?.type === "RangeFunction" ||
    node?.type === "JoinExpr"
    ? node.fields.alias
    : undefined;
}

function reduceTable(
  { schemaname: schema, relname: name = "" }: RangeVar,
  { columns, made }: Scope,
): Made & { table?: string } {
  const cte = schema === undefined ? made.get(name) : undefined;
  if (cte) return cte;
  const has = columns.get(`${schema ?? "public"}.${name}`);
  if (has) return { table: name, has: new Set([...has, ...hidden]), gone: new Map() };
  if (/^(pg_catalog|information_schema)$/.test(schema ?? "") || /^pg_/.test(name)) return open;
  throw new Unanswerable();
}

const hidden = ["ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"];
const open: Made = { gone: new Map() };

/** Makes an output null that a column is missing for. */
function omitOutput(target: ResTarget, scope: Scope): [output: string, missing: string][] {
  const missing = findMissing(target.val, scope);
  if (missing === undefined) return [];
  const output = nameOutput(target);
  scope.leftOut.push({ output, missing });
  Object.assign(target, { name: output, val: nullValue });
  return [[output, missing]];
}

function nameOutput({ name, val }: ResTarget): string {
  return name ?? nameOf(val);
}

/** Keeps those of the conditions, joined by AND, that no column is missing for. */
function omitConditions(select: SelectStmt, clause: "whereClause" | "havingClause", scope: Scope): void {
  const condition = select[clause];
  const whole = getFields("BoolExpr", condition);
  const conditions = whole?.boolop === "AND_EXPR" ? (whole.args ?? []) : condition ? [condition] : [];
  const kept = conditions.filter((one) => {
    const missing = findMissing(one, scope);
    if (missing !== undefined) scope.leftOut.push({ missing });
    return missing === undefined;
  });
  if (kept.length === 0) delete select[clause];
  else if (kept.length < conditions.length)
    select[clause] = kept.length === 1 ? kept[0] : { BoolExpr: { ...whole, args: kept } };
}

function omitGroups(node: Node, lacks: (node: Node) => boolean): Node {
  const set = getFields("GroupingSet", node);
  return set
    ? {
        GroupingSet: {
          ...set,
          ...(set.content ? { content: set.content.map((one) => omitGroups(one, lacks)) } : {}),
        },
      }
    : lacks(node)
      ? nullText
      : node;
}

function replace(
  select: SelectStmt,
  clause: "groupClause" | "distinctClause" | "sortClause",
  change: (node: Node) => Node | undefined,
): void {
  const changed = (select[clause] ?? []).flatMap((node) => change(node) ?? []);
  if (changed.length) select[clause] = changed;
  else delete select[clause];
}

/** The first column in a part of the statement that is not there. */
function findMissing(node: unknown, scope: Scope): string | undefined {
  if (Array.isArray(node)) return node.map((one) => findMissing(one, scope)).find((missing) => missing !== undefined);
  if (!isPart(node)) return undefined;
  if (node.ColumnRef) return findMissingColumn(listStrings(node.ColumnRef.fields), scope);
  if (node.SelectStmt) {
    const inner: LeftOut[] = [];
    reduceSelect(structuredClone(node.SelectStmt), { ...scope, leftOut: inner });
    return inner[0]?.missing;
  }
  return findMissing(Object.values(node), scope);
}

function findMissingColumn(parts: string[], scope: Scope): string | undefined {
  const [name, alias, ...more] = [...parts].reverse();
  if (!name || more.length) return undefined; // a star, or a schema in front: the server knows
  for (let level: Scope | undefined = scope; level; level = level.parent) {
    const items: Item[] = level.items.filter((item) => alias === undefined || item.alias === alias);
    const left = items.map(({ gone }) => gone.get(name)).find((missing) => missing !== undefined);
    if (left !== undefined) return left;
    if (items.some((item) => !item.has || item.has.has(name) || (alias === undefined && item.alias === name)))
      return undefined;
    if (alias !== undefined && items.length) return `${items[0].table ?? alias}.${name}`;
  }
  const tables = scope.items.map((item) => item.table ?? item.alias);
  return alias === undefined && tables.length ? `${tables.join(" or ")}.${name}` : undefined;
}

const nullValue: Node = { A_Const: { isnull: true } };
// a bare NULL cannot be grouped by
const nullText: Node = {
  TypeCast: { arg: nullValue, typeName: { names: [{ String: { sval: "text" } }], typemod: -1 } },
};
