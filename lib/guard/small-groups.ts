import type {
  A_Expr,
  Alias,
  CTECycleClause,
  CTESearchClause,
  FuncCall,
  Node,
  RangeVar,
  SelectStmt,
  WithClause,
} from "@pgsql/types";
import { listNodesOf } from "../sql/tree";
import { findRelation, type Catalog } from "./catalog";
import { getFields, isFields, listStrings, listNodes, refuse, unwrap, type Fields, type Tag } from "./ast";
import { nameOf } from "./lineage/scope";
import { getReleased } from "./lineage/traits";
import { readNumber } from "./sizes";
import { findSystemRelation } from "./system";

/**
 * What a value tells of the size of a group. `plain`: nothing. `base`: nothing, it is a column of a table. `data`: it
 * is made of a group's rows, as an average is. `count`: it is such a size, and is hidden by its value. `made`: it is
 * made of sizes, and is hidden with them. `list`: its length is a size.
 */
type Size = "plain" | "base" | "data" | "count" | "made" | "list";

/** What a statement's answer tells of the sizes of groups. */
export interface Sizes {
  /** Of each column of the answer. */
  columns: Size[];
  /**
   * How many columns were added behind them: the sizes that made columns rest on. They are looked at, and never
   * shown.
   */
  added: number;
}

interface Column {
  name: string;
  size: Size;
}

interface Scope {
  items: { alias: string; columns?: Column[] }[];
  parent?: Scope;
}

interface Place {
  catalog: Catalog | undefined;
  ctes: ReadonlyMap<string, Column[] | undefined>;
  scope?: Scope;
  /** A condition picks groups by a size of 1 to 10: then only sizes may be shown. */
  picks: { small: boolean };
}

/**
 * Looks at a statement whose small groups are to be hidden, and adds to its list the counts by which they can be. A
 * column is a count, which its value hides; or is made of counts or of a group's rows, and then the counts that it
 * rests on are added: `avg(x)` rests on `count(*)`. What could tell a size in another way is refused: a condition on
 * a count, a text or a list made of it, a sum of what a CASE makes.
 */
export function measureGroups(select: SelectStmt, catalog: Catalog | undefined): Sizes {
  const place: Place = { catalog, ctes: new Map(), picks: { small: false } };
  const { columns, rests } = analyze(select, place, "outermost");
  if (place.picks.small && columns.some(({ size }) => size !== "count"))
    hide("A condition on a count picks groups of a few", "compare the count with 11 or more");
  for (const [index, val] of rests.entries())
    select.targetList?.push({ ResTarget: { name: `runbook_group_${index + 1}`, val } });
  return { columns: columns.map(({ size }) => size), added: rests.length };
}

function hide(what: string, instead: string): never {
  return refuse(`${what}, and RUNBOOK_SMALL_GROUPS hides groups of 1 to 10: ${instead}.`);
}

/** The columns of a SELECT; and for the outermost the counts that those rest on which are made of some. */
function analyze(
  select: SelectStmt,
  around: Place,
  level: "outermost" | "arm" | "inner" = "inner",
): { columns: Column[]; rests: Node[] } {
  const place = { ...around, ctes: collectWithQueries(select.withClause, around) };
  if (select.larg && select.rarg) {
    const [left, right] = [select.larg, select.rarg].map(
      (side) => analyze(side, place, level === "inner" ? level : "arm").columns,
    );
    const columns = left.map(({ name, size }, index) => ({
      name,
      size: largest([size, right[index]?.size ?? "plain"]),
    }));
    return { columns, rests: [] };
  }
  if (select.valuesLists !== undefined) {
    const lists = listNodes(select.valuesLists).map((list) =>
      listNodes(getFields("List", list)?.items).map((one) => measureSize(one, place)),
    );
    const columns = (lists[0] ?? []).map((_, index) => ({
      name: `column${index + 1}`,
      size: largest(lists.map((list) => list[index] ?? "plain")),
    }));
    return { columns, rests: [] };
  }
  const items: Scope["items"] = [];
  const inside: Place = { ...place, scope: { items, parent: place.scope } };
  for (const item of listNodes(select.fromClause)) items.push(...resolveSource(item, inside));
  checkConditions(select.whereClause, inside);
  checkConditions(select.havingClause, inside);
  for (const node of [...listNodes(select.groupClause), ...listNodes(select.windowClause)]) look(node, inside);
  for (const sort of listNodes(select.sortClause)) measureSize(getFields("SortBy", sort)?.node, inside);
  const rests = new Map<string, Node>();
  const columns = listNodesOf("ResTarget", select.targetList).flatMap(({ name, val }): Column[] => {
    const star = expandStar(val, items);
    if (star) return star;
    const size = measureSize(val, inside);
    const rows = size === "data" || size === "list";
    if (level !== "outermost" && (size === "made" || (rows && (level === "arm" || totalsFlags(val)))))
      hide("What is made of a group's rows stands in a subquery or a UNION", "take it in the outermost SELECT");
    if (level === "outermost" && (rows || size === "made")) {
      if (listNodes(select.distinctClause).length > 0)
        hide("What is made of a group's rows stands beside DISTINCT", "use GROUP BY");
      for (const rest of listRests(val, inside)) rests.set(JSON.stringify(rest), rest);
    }
    const outward = size === "data" && level === "inner" ? "plain" : size;
    return [{ name: name ?? nameOf(val), size: outward }];
  });
  return { columns, rests: [...rests.values()] };
}

function collectWithQueries(clause: WithClause | undefined, around: Place): Place["ctes"] {
  const ctes = new Map(around.ctes);
  for (const { ctename = "", ctequery, aliascolnames, search_clause, cycle_clause } of listNodesOf(
    "CommonTableExpr",
    clause?.ctes,
  )) {
    const query = getFields("SelectStmt", ctequery) ?? {};
    const named = (columns: Column[]) => rename(columns, listStrings(aliascolnames));
    if (clause?.recursive && query.larg) {
      const begin = named(
        analyze({ ...query.larg }, { ...around, ctes: new Map(ctes).set(ctename, undefined) }).columns,
      );
      ctes.set(ctename, begin);
    }
    const columns = named(analyze(query, { ...around, ctes }).columns);
    ctes.set(ctename, [...columns, ...listWalkColumns(search_clause, cycle_clause, columns)]);
  }
  return ctes;
}

/** The columns that SEARCH and CYCLE add: what the rows of a way are told by stands in them. */
function listWalkColumns(
  search: CTESearchClause | undefined,
  cycle: CTECycleClause | undefined,
  columns: Column[],
): Column[] {
  const make = (by: Node[] | undefined, ...names: (string | undefined)[]): Column[] => {
    const isBySize = columns.some(({ name, size }) => listStrings(by).includes(name) && isTelling(size));
    return names.flatMap((name) => (name === undefined ? [] : [{ name, size: isBySize ? "list" : "plain" }]));
  };
  return [
    ...make(search?.search_col_list, search?.search_seq_column),
    ...make(cycle?.cycle_col_list, cycle?.cycle_mark_column, cycle?.cycle_path_column),
  ];
}

function rename(columns: Column[], given: string[]): Column[] {
  return columns.map((column, index) => ({ ...column, name: given[index] ?? column.name }));
}

/** What an entry of FROM brings into sight. */
function resolveSource(node: unknown, place: Place): Scope["items"] {
  const entry = unwrap(node);
  const make = (columns: Column[] | undefined, alias: Alias | undefined, name = "") => [
    { alias: alias?.aliasname ?? name, columns: columns && rename(columns, listStrings(alias?.colnames)) },
  ];
  switch (entry?.type) {
    case "RangeVar":
      return make(listTableColumns(entry.fields, place), entry.fields.alias, entry.fields.relname);
    case "RangeTableSample":
      return resolveSource(entry.fields.relation, place);
    case "RangeSubselect": {
      const { columns } = analyze(getFields("SelectStmt", entry.fields.subquery) ?? {}, place);
      return make(columns, entry.fields.alias);
    }
    case "JoinExpr": {
      const { larg, rarg, quals, alias } = entry.fields;
      const both = [larg, rarg].flatMap((side) => resolveSource(side, place));
      checkConditions(quals, { ...place, scope: { items: both, parent: place.scope } });
      const columns = both.flatMap((item) => item.columns ?? []);
      return alias === undefined ? both : make(columns, alias);
    }
    case "RangeFunction": {
      const { functions, alias } = entry.fields;
      look(functions, place);
      const called = getFields("List", functions?.[0])?.items?.[0];
      return make(undefined, alias, called === undefined ? "" : nameOf(called));
    }
    default:
      return make(undefined, undefined);
  }
}

function listTableColumns(
  { schemaname, relname: name = "" }: RangeVar,
  { catalog, ctes }: Place,
): Column[] | undefined {
  if (schemaname === undefined && ctes.has(name)) return ctes.get(name);
  const found = catalog && findRelation(catalog, schemaname, name);
  const columns = found?.columns ?? findSystemRelation(schemaname, name)?.columns;
  // a view may show counts: its columns of numbers are hidden as such
  const size = (type: string): Size => {
    if (!found || !"vm".includes(found.kind)) return "base";
    return /^(bigint|integer|smallint|numeric|double|real)/.test(type) ? "count" : "plain";
  };
  return columns?.map((column) => ({ name: column.name, size: size("type" in column ? column.type : "") }));
}

/** The columns of a star; undefined where it is none. A table whose columns are not known has none that is a size. */
function expandStar(node: unknown, items: Scope["items"]): Column[] | undefined {
  const fields = listNodes(getFields("ColumnRef", node)?.fields);
  if (getFields("A_Star", fields[fields.length - 1]) === undefined) return undefined;
  const [table] = listStrings(fields.slice(0, -1)).reverse();
  return items.filter(({ alias }) => table === undefined || alias === table).flatMap(({ columns }) => columns ?? []);
}

function findColumnSize(fields: unknown, scope: Scope | undefined): Size {
  const [name, table] = listStrings(fields).reverse();
  for (let level = scope; level !== undefined; level = level.parent) {
    const items = level.items.filter(({ alias }) => table === undefined || alias === table);
    const found = items.flatMap(({ columns }) => columns ?? []).filter((column) => column.name === name);
    if (found.length > 0) return largest(found.map(({ size }) => size));
    const row = level.items.find(({ alias }) => alias === name);
    if (table === undefined && row) return (row.columns ?? []).some(({ size }) => isTelling(size)) ? "list" : "plain";
    if (items.some(({ columns }) => columns === undefined)) return "plain";
  }
  return "plain";
}

function isTelling(size: Size): boolean {
  return size === "count" || size === "made" || size === "list";
}

const order: Size[] = ["base", "plain", "data", "count", "made", "list"];

/** What something has that is made of such values and tells no size by itself. */
function combineSizes(given: Size[]): Size {
  return given.includes("data") ? "data" : "plain";
}

function largest(sizes: Size[]): Size {
  return sizes.reduce<Size>((most, size) => (order.indexOf(size) > order.indexOf(most) ? size : most), "base");
}

/** Whether a part of the tree is a node in its wrapping; such as a type's name has none. */
function isNode(part: unknown): part is Node {
  return isFields(part) && Object.keys(part).length === 1 && isFields(Object.values(part)[0]);
}

function getNode(part: unknown): ReturnType<typeof unwrap> {
  return isNode(part) ? unwrap(part) : undefined;
}

/** Looks at everything in a part of a statement that decides nothing and shows nothing. */
function look(node: unknown, place: Place): void {
  if (Array.isArray(node)) return node.forEach((one) => look(one, place));
  if (!isFields(node)) return;
  const found = getNode(node);
  if (found !== undefined && found.type in sizes) return void measureSize(node, place);
  Object.values(found?.fields ?? node).forEach((one) => look(one, place));
}

/** The size of an expression. Throws where it tells a size in a way that cannot be hidden. */
function measureSize(node: unknown, place: Place): Size {
  const found = getNode(node);
  return found === undefined ? "plain" : measureAs(found.type, found.fields, place);
}

function measureAs<T extends Tag>(type: T, fields: Fields<T>, place: Place): Size {
  const known: ((fields: Fields<T>, place: Place) => Size) | undefined = sizes[type];
  if (known) return known(fields, place);
  const parts = Object.values(fields).flat();
  requireNothing(parts, place, "A count is put into another expression");
  return combineSizes(parts.map((part) => (isFields(part) ? measureSize(part, place) : "plain")));
}

/** Of parts that must not tell a size: they are plain, and so is what is made of them. */
function requireNothing(parts: unknown[], place: Place, what: string): Size {
  for (const part of parts)
    if (isFields(part) && isTelling(measureSize(part, place))) hide(what, "show the count itself, as in count(*) as n");
  return "plain";
}

const sizes: { [T in Tag]?: (fields: Fields<T>, place: Place) => Size } = {
  A_Const: () => "plain",
  ParamRef: () => "plain",
  SQLValueFunction: () => "plain",
  ColumnRef: ({ fields }, { scope }) => findColumnSize(fields, scope),
  FuncCall: callSize,
  A_Expr: measureOperator,
  CoalesceExpr: ({ args }, place) => {
    const [first, ...rest] = listNodes(args).map((arg) => measureSize(arg, place));
    const zero = listNodes(args)
      .slice(1)
      .every((arg) => readNumber(arg) === 0);
    if (!isTelling(first) && !rest.some(isTelling)) return combineSizes([first, ...rest]);
    return zero && first !== "list" ? first : hide("A count is put into COALESCE", "write coalesce(…, 0)");
  },
  TypeCast: ({ arg, typeName = {} }, place) => {
    const size = measureSize(arg, place);
    const type = listStrings(typeName.names).pop() ?? "";
    const keeps = /^(int[248]|numeric|float[48]|text)$/.test(type) && listNodes(typeName.arrayBounds).length === 0;
    if (isTelling(size) && !(keeps && listNodes(typeName.typmods).length !== 1))
      hide(`A count is cast to ${types.has(type) ? type : "another type"}`, "show the count itself");
    return size === "base" ? "plain" : size;
  },
  CaseExpr: (fields, place) => {
    const { arg, args, defresult } = fields;
    // what the guard has written around a trait shows its result, or nothing
    if (getReleased(fields)) {
      const { result } = getFields("CaseWhen", listNodes(args)[0]) ?? {};
      const name = listStrings(getFields("FuncCall", result)?.funcname).pop() ?? "";
      // a length is chosen by nobody, so its mean counts nothing
      return /^(min|max|avg|percentile_\w+)$/.test(name) ? "data" : measureSize(result, place);
    }
    if (arg !== undefined) requireNothing([arg], place, "A condition in CASE is on a count");
    const whens = listNodesOf("CaseWhen", args);
    for (const { expr } of whens) requireNothing([expr], place, "A condition in CASE is on a count");
    const results = [...whens.map(({ result }) => result), defresult].map((one) => measureSize(one, place));
    return results.some(isTelling) ? hide("A count stands in CASE", "count with FILTER") : combineSizes(results);
  },
  SubLink: ({ subLinkType, testexpr, subselect }, place) => {
    if (testexpr !== undefined) requireNothing([testexpr], place, "A count is compared with a subquery");
    const { columns } = analyze(getFields("SelectStmt", subselect) ?? {}, place);
    const size = largest(columns.map((one) => one.size));
    if (subLinkType === "EXISTS_SUBLINK") return "plain";
    if (subLinkType === "ARRAY_SUBLINK") return "list";
    if (subLinkType === "EXPR_SUBLINK") return size === "base" ? "plain" : size;
    return isTelling(size) ? hide("A value is compared with a subquery's count", "show the count itself") : "plain";
  },
};

const types = new Set("bool text varchar bpchar date timestamp jsonb json".split(" "));
const counting = new Set(["count", "regr_count", "row_number", "rank", "dense_rank", "ntile"]);
/** What has the same value however often it is there. */
const extremes = new Set([
  "min",
  "max",
  "bool_and",
  "bool_or",
  "every",
  "any_value",
  "bit_and",
  "bit_or",
  "first_value",
  "last_value",
  "lag",
  "lead",
  "mode",
  "percentile_cont",
  "percentile_disc",
]);
const lists = /^(array_agg|string_agg|json_agg|jsonb_agg|json_object_agg|jsonb_object_agg|range_agg)$/;
const totals =
  /^(sum|avg|stddev|stddev_pop|stddev_samp|variance|var_pop|var_samp|corr|covar_pop|covar_samp|regr_(?!count)\w+|bit_xor|range_intersect_agg)$/;
const rounding = new Set(["round", "floor", "ceil", "ceiling", "trunc", "abs"]);

function callSize({ funcname, args, agg_filter, agg_order, over }: FuncCall, place: Place): Size {
  const name = listStrings(funcname).pop() ?? "";
  requireNothing([agg_filter], place, "A condition in FILTER is on a count");
  for (const sort of listNodes(agg_order))
    requireNothing([getFields("SortBy", sort)?.node], place, "A list is ordered by a count");
  if (isFields(over)) for (const part of listNodes(over.partitionClause)) measureSize(part, place);
  const given = listNodes(args).map((arg) => measureSize(arg, place));
  if (/^(percent_rank|cume_dist|nth_value)$/.test(name)) hide(`${name} tells how many rows there are`, "show a count");
  if (counting.has(name)) return "count";
  if (lists.test(name))
    return given.some(isTelling) ? hide("A count is put into a list", "show the count itself") : "list";
  if (totals.test(name) || extremes.has(name)) {
    if (given.some((size) => size === "made" || size === "list"))
      hide(`${name} of what is made of a group's rows`, "count instead");
    if (given.includes("count"))
      return /^(sum|min|max|lag|lead|first_value|last_value)$/.test(name)
        ? "count"
        : hide(`${name} of a count`, "show the counts, or their sum");
    if (extremes.has(name)) return isFields(over) ? "plain" : "data";
    if (listNodes(args).length === 1 && readNumber(listNodes(args)[0]) === 1) return "count";
    if (given.some((size) => size !== "base"))
      hide(
        `${name} of an expression can count the rows that it is chosen to be of`,
        `write count(*) filter (where …), or ${name} of a column`,
      );
    return "data";
  }
  if (!given.some(isTelling)) return combineSizes(given);
  if (rounding.has(name) && !given.includes("list")) return "made";
  return hide("A count is put into a function", "show the count itself, as in count(*) as n");
}

function measureOperator({ kind, name, lexpr, rexpr }: A_Expr, place: Place): Size {
  const symbol = listStrings(name).pop() ?? "";
  if (kind === "AEXPR_NULLIF") {
    const size = measureSize(lexpr, place);
    if (!isTelling(size))
      return (requireNothing([rexpr], place, "A value is compared with a count"), combineSizes([size]));
    return readNumber(rexpr) === 0 && size !== "list"
      ? "made"
      : hide("A count is put into NULLIF", "write nullif(…, 0)");
  }
  const given = [lexpr, rexpr].map((side) => measureSize(side, place));
  if (!given.some(isTelling)) return combineSizes(given);
  if (kind === "AEXPR_OP" && ["+", "-", "*", "/"].includes(symbol) && !given.includes("list")) return "made";
  return hide("A count is compared, or put into a text", "show the count itself, as in count(*) as n");
}

/**
 * WHERE, ON and HAVING: a count may be compared with a number of 11 or more, which tells no more than what is shown
 * in its place.
 */
function checkConditions(node: unknown, place: Place): void {
  const condition = getNode(node);
  if (condition?.type === "BoolExpr") return condition.fields.args?.forEach((arg) => checkConditions(arg, place));
  const compared = condition?.type === "A_Expr" ? condition.fields : undefined;
  const symbol = compared?.kind === "AEXPR_OP" ? listStrings(compared.name).pop() : undefined;
  const limit = readNumber(compared?.rexpr);
  if (symbol !== undefined && limit !== undefined && measureSize(compared?.lexpr, place) === "count") {
    const least = symbol === ">" || symbol === "<=" ? 10 : 11;
    if (["<", "<=", ">", ">=", "="].includes(symbol) && limit >= least) return;
    if ((symbol === ">" && (limit === 0 || limit === 1)) || (symbol === ">=" && (limit === 1 || limit === 2)))
      return void (place.picks.small = true);
  }
  measureSize(node, place);
}

/** Whether a column may hold 0 and 1, so that its sum and its average tell how many rows have a 1: by its name. */
function isMaybeFlag(node: unknown): boolean {
  const column = listStrings(getFields("ColumnRef", node)?.fields).pop();
  return column !== undefined && !measures.test(column);
}

const measures =
  /(^|_)(id|count|total|amount|credits?|hours?|days?|years?|months?|scores?|size|bytes|attempts|order|position|sequence|rate|percent|percentage|pages|limit|duration|ms|seconds|version|priority|retries|price|cost|fee|weight|height|length|number)(_|$)/i;

/** Whether an expression holds a total of what may be such a column. */
function totalsFlags(node: unknown): boolean {
  if (Array.isArray(node)) return node.some(totalsFlags);
  if (!isFields(node)) return false;
  const { funcname, args } = isFields(node.FuncCall) ? node.FuncCall : {};
  return (
    (totals.test(listStrings(funcname).pop() ?? "") && listNodes(args).some(isMaybeFlag)) ||
    Object.values(node).some(totalsFlags)
  );
}

/** The counts that an expression rests on: those in it, and of each aggregate of rows the number of its rows. */
function listRests(node: unknown, place: Place): Node[] {
  const found = getNode(node);
  if (!isNode(node) || found === undefined) return [];
  if (getReleased(found.fields))
    return found.type === "CaseExpr" ? listRests(getFields("CaseWhen", found.fields.args?.[0])?.result, place) : [];
  if (found.type === "ColumnRef" || found.type === "SubLink") {
    const size = measureSize(node, place);
    if (size === "list") hide("A whole row or a list holds a count", "name the columns");
    return isTelling(size) ? [node] : [];
  }
  const name = found.type === "FuncCall" ? (listStrings(found.fields.funcname).pop() ?? "") : "";
  if (counting.has(name)) return [node];
  if (found.type === "FuncCall" && (totals.test(name) || extremes.has(name) || lists.test(name))) {
    const { agg_filter, over, args } = found.fields;
    const flags = totals.test(name) ? listNodes(args).filter(isMaybeFlag) : [];
    if (listNodes(args).some((arg) => measureSize(arg, place) === "count")) return [node];
    const called = (aggregate: string): FuncCall => ({
      funcname: ["pg_catalog", aggregate].map((sval) => ({ String: { sval } })),
      funcformat: "COERCE_EXPLICIT_CALL",
    });
    const among = { ...(agg_filter !== undefined && { agg_filter }), ...(over !== undefined && { over }) };
    return [
      { FuncCall: { ...called("count"), agg_star: true, ...among } },
      ...flags.map((flag): Node => ({ FuncCall: { ...called("sum"), args: [flag], ...among } })),
    ];
  }
  return Object.values(found.fields)
    .flat()
    .flatMap((part) => listRests(part, place));
}
