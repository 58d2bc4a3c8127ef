import { relationNamed, type Catalog } from "./catalog";
import { as, isFields, names, nodes, refuse, unwrap, type Fields } from "./ast";
import { nameOf } from "./lineage/scope";
import { number } from "./sizes";
import { systemRelation } from "./system";

/**
 * What a value tells of the size of a group. `plain`: nothing. `base`: nothing, it is a column of a table. `data`: it is made of a group's rows, as an average is.
 * `count`: it is such a size, and is hidden by its value. `made`: it is made of sizes, and is hidden with them. `list`: its length is a size.
 */
type Size = "plain" | "base" | "data" | "count" | "made" | "list";

/** What a statement's answer tells of the sizes of groups. */
export interface Sizes {
  /** Of each column of the answer. */
  columns: Size[];
  /** How many columns were added behind them: the sizes that made columns rest on. They are looked at, and never shown. */
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
 * Looks at a statement whose small groups are to be hidden, and adds to its list the counts by which they can be. A column is a count, which its value hides;
 * or is made of counts or of a group's rows, and then the counts that it rests on are added: `avg(x)` rests on `count(*)`. What could tell a size in another
 * way is refused: a condition on a count, a text or a list made of it, a sum of what a CASE makes.
 */
export function measureGroups(select: Fields, catalog: Catalog | undefined): Sizes {
  const place: Place = { catalog, ctes: new Map(), picks: { small: false } };
  const { columns, rests } = analyze(select, place, "outermost");
  if (place.picks.small && columns.some(({ size }) => size !== "count"))
    hide("A condition on a count picks groups of a few", "compare the count with 11 or more");
  for (const [index, val] of rests.entries())
    (select.targetList as unknown[]).push({ ResTarget: { name: `runbook_group_${index + 1}`, val } });
  return { columns: columns.map(({ size }) => size), added: rests.length };
}

function hide(what: string, instead: string): never {
  return refuse(`${what}, and RUNBOOK_SMALL_GROUPS hides groups of 1 to 10: ${instead}.`);
}

/** The columns of a SELECT; and for the outermost the counts that those rest on which are made of some. */
function analyze(
  select: Fields,
  around: Place,
  level: "outermost" | "arm" | "inner" = "inner",
): { columns: Column[]; rests: unknown[] } {
  const place = { ...around, ctes: withQueries(select.withClause as Fields | undefined, around) };
  if (isFields(select.larg) && isFields(select.rarg)) {
    const [left, right] = [select.larg, select.rarg].map(
      (side) => analyze(side as Fields, place, level === "inner" ? level : "arm").columns,
    );
    const columns = left.map(({ name, size }, index) => ({
      name,
      size: largest([size, right[index]?.size ?? "plain"]),
    }));
    return { columns, rests: [] };
  }
  if (select.valuesLists !== undefined) {
    const lists = nodes(select.valuesLists).map((list) =>
      nodes(as("List", list)?.items).map((one) => sizeOf(one, place)),
    );
    const columns = (lists[0] ?? []).map((_, index) => ({
      name: `column${index + 1}`,
      size: largest(lists.map((list) => list[index] ?? "plain")),
    }));
    return { columns, rests: [] };
  }
  const items: Scope["items"] = [];
  const inside: Place = { ...place, scope: { items, parent: place.scope } };
  for (const item of nodes(select.fromClause)) items.push(...source(item, inside));
  conditions(select.whereClause, inside);
  conditions(select.havingClause, inside);
  for (const node of [...nodes(select.groupClause), ...nodes(select.windowClause)]) look(node, inside);
  for (const sort of nodes(select.sortClause)) sizeOf(as("SortBy", sort)?.node, inside);
  const rests = new Map<string, unknown>();
  const columns = nodes(select.targetList).flatMap((target): Column[] => {
    const { name, val } = as("ResTarget", target) as Fields;
    const star = starOf(val, items);
    if (star) return star;
    const size = sizeOf(val, inside);
    const rows = size === "data" || size === "list";
    if (level !== "outermost" && (size === "made" || (rows && level === "arm")))
      hide("What is made of a group's rows stands in a subquery or a UNION", "take it in the outermost SELECT");
    if (level === "outermost" && (rows || size === "made")) {
      if (nodes(select.distinctClause).length > 0)
        hide("What is made of a group's rows stands beside DISTINCT", "use GROUP BY");
      for (const rest of restsOf(val, inside)) rests.set(JSON.stringify(rest), rest);
    }
    const outward = size === "data" && level === "inner" ? "plain" : size;
    return [{ name: typeof name === "string" ? name : nameOf(val), size: outward }];
  });
  return { columns, rests: [...rests.values()] };
}

function withQueries(clause: Fields | undefined, around: Place): Place["ctes"] {
  const ctes = new Map(around.ctes);
  for (const node of nodes(clause?.ctes)) {
    const { ctename, ctequery, aliascolnames } = as("CommonTableExpr", node) as Fields;
    const query = as("SelectStmt", ctequery) ?? {};
    const named = (columns: Column[]) => rename(columns, names(aliascolnames));
    if (clause?.recursive && isFields(query.larg)) {
      const begin = named(
        analyze({ ...query.larg }, { ...around, ctes: new Map(ctes).set(ctename as string, undefined) }).columns,
      );
      ctes.set(ctename as string, begin);
    }
    ctes.set(ctename as string, named(analyze(query, { ...around, ctes }).columns));
  }
  return ctes;
}

function rename(columns: Column[], given: string[]): Column[] {
  return columns.map((column, index) => ({ ...column, name: given[index] ?? column.name }));
}

/** What an entry of FROM brings into sight. */
function source(node: unknown, place: Place): Scope["items"] {
  const { type, fields } = unwrap(node) ?? { type: "", fields: {} as Fields };
  const alias = isFields(fields.alias) ? fields.alias : {};
  const item = (columns: Column[] | undefined, name = "") => [
    { alias: (alias.aliasname as string) ?? name, columns: columns && rename(columns, names(alias.colnames)) },
  ];
  if (type === "RangeVar") return item(tableColumns(fields, place), fields.relname as string);
  if (type === "RangeTableSample") return source(fields.relation, place);
  if (type === "RangeSubselect") return item(analyze(as("SelectStmt", fields.subquery) ?? {}, place).columns);
  if (type === "JoinExpr") {
    const both = [fields.larg, fields.rarg].flatMap((side) => source(side, place));
    conditions(fields.quals, { ...place, scope: { items: both, parent: place.scope } });
    return fields.alias === undefined ? both : item(both.flatMap(({ columns }) => columns ?? []));
  }
  look(fields.functions, place);
  const called = nodes(as("List", nodes(fields.functions)[0])?.items)[0];
  return item(undefined, called === undefined ? "" : nameOf(called));
}

function tableColumns({ schemaname, relname }: Fields, { catalog, ctes }: Place): Column[] | undefined {
  const name = relname as string;
  if (schemaname === undefined && ctes.has(name)) return ctes.get(name);
  const found = catalog && relationNamed(catalog, schemaname as string | undefined, name);
  const columns = found?.columns ?? systemRelation(schemaname as string | undefined, name)?.columns;
  // a view may show counts: its columns of numbers are hidden as such
  const size =
    found && "vm".includes(found.kind)
      ? (type: string) => (/^(bigint|integer|smallint|numeric|double|real)/.test(type) ? "count" : "plain")
      : () => "base";
  return columns?.map((column) => ({ name: column.name, size: size("type" in column ? column.type : "") as Size }));
}

/** The columns of a star; undefined where it is none. A table whose columns are not known has none that is a size. */
function starOf(node: unknown, items: Scope["items"]): Column[] | undefined {
  const fields = nodes(as("ColumnRef", node)?.fields);
  if (as("A_Star", fields[fields.length - 1]) === undefined) return undefined;
  const [table] = names(fields.slice(0, -1)).reverse();
  return items.filter(({ alias }) => table === undefined || alias === table).flatMap(({ columns }) => columns ?? []);
}

function columnSize(fields: unknown, scope: Scope | undefined): Size {
  const [name, table] = names(fields).reverse();
  for (let level = scope; level !== undefined; level = level.parent) {
    const items = level.items.filter(({ alias }) => table === undefined || alias === table);
    const found = items.flatMap(({ columns }) => columns ?? []).filter((column) => column.name === name);
    if (found.length > 0) return largest(found.map(({ size }) => size));
    const row = level.items.find(({ alias }) => alias === name);
    if (table === undefined && row) return (row.columns ?? []).some(({ size }) => tells(size)) ? "list" : "plain";
    if (items.some(({ columns }) => columns === undefined)) return "plain";
  }
  return "plain";
}

function tells(size: Size): boolean {
  return size === "count" || size === "made" || size === "list";
}

const order: Size[] = ["base", "plain", "data", "count", "made", "list"];

/** What something has that is made of such values and tells no size by itself. */
function through(given: Size[]): Size {
  return given.includes("data") ? "data" : "plain";
}

function largest(sizes: Size[]): Size {
  return sizes.reduce((most, size) => (order.indexOf(size) > order.indexOf(most) ? size : most), "base" as Size);
}

/** A node in its wrapping; undefined for what has none, such as a type's name. */
function nodeIn(node: unknown): ReturnType<typeof unwrap> {
  return isFields(node) && Object.keys(node).length === 1 && isFields(Object.values(node)[0])
    ? unwrap(node)
    : undefined;
}

/** Looks at everything in a part of a statement that decides nothing and shows nothing. */
function look(node: unknown, place: Place): void {
  if (Array.isArray(node)) return node.forEach((one) => look(one, place));
  if (!isFields(node)) return;
  const { type, fields } = nodeIn(node) ?? {};
  if (type !== undefined && sizes.has(type)) return void sizeOf(node, place);
  Object.values(fields ?? node).forEach((one) => look(one, place));
}

/** The size of an expression. Throws where it tells a size in a way that cannot be hidden. */
function sizeOf(node: unknown, place: Place): Size {
  const { type, fields } = nodeIn(node) ?? {};
  if (type === undefined || fields === undefined) return "plain";
  const known = sizes.get(type);
  if (known) return known(fields, place);
  const parts = Object.values(fields).flat();
  nothing(parts, place, "A count is put into another expression");
  return through(parts.map((part) => (isFields(part) ? sizeOf(part, place) : "plain")));
}

/** Of parts that must not tell a size: they are plain, and so is what is made of them. */
function nothing(parts: unknown[], place: Place, what: string): Size {
  for (const part of parts)
    if (isFields(part) && tells(sizeOf(part, place))) hide(what, "show the count itself, as in count(*) as n");
  return "plain";
}

const sizes = new Map<string, (fields: Fields, place: Place) => Size>(
  Object.entries({
    A_Const: () => "plain" as const,
    ParamRef: () => "plain" as const,
    SQLValueFunction: () => "plain" as const,
    ColumnRef: ({ fields }: Fields, { scope }: Place) => columnSize(fields, scope),
    FuncCall: callSize,
    A_Expr: operatorSize,
    CoalesceExpr: ({ args }: Fields, place: Place) => {
      const [first, ...rest] = nodes(args).map((arg) => sizeOf(arg, place));
      const zero = nodes(args)
        .slice(1)
        .every((arg) => number(arg) === 0);
      if (!tells(first) && !rest.some(tells)) return through([first, ...rest]);
      return zero && first !== "list" ? first : hide("A count is put into COALESCE", "write coalesce(…, 0)");
    },
    TypeCast: ({ arg, typeName }: Fields, place: Place) => {
      const size = sizeOf(arg, place);
      const type = names((typeName as Fields).names).pop() ?? "";
      const keeps =
        /^(int[248]|numeric|float[48]|text)$/.test(type) && nodes((typeName as Fields).arrayBounds).length === 0;
      if (tells(size) && !(keeps && nodes((typeName as Fields).typmods).length !== 1))
        hide(`A count is cast to ${types.has(type) ? type : "another type"}`, "show the count itself");
      return size === "base" ? "plain" : size;
    },
    CaseExpr: ({ arg, args, defresult }: Fields, place: Place) => {
      if (arg !== undefined) nothing([arg], place, "A condition in CASE is on a count");
      const whens = nodes(args).map((when) => as("CaseWhen", when) as Fields);
      for (const { expr } of whens) nothing([expr], place, "A condition in CASE is on a count");
      const results = [...whens.map(({ result }) => result), defresult].map((one) => sizeOf(one, place));
      return results.some(tells) ? hide("A count stands in CASE", "count with FILTER") : through(results);
    },
    SubLink: ({ subLinkType, testexpr, subselect }: Fields, place: Place) => {
      if (testexpr !== undefined) nothing([testexpr], place, "A count is compared with a subquery");
      const { columns } = analyze(as("SelectStmt", subselect) ?? {}, place);
      const size = largest(columns.map((one) => one.size));
      if (subLinkType === "EXISTS_SUBLINK") return "plain";
      if (subLinkType === "ARRAY_SUBLINK") return "list";
      if (subLinkType === "EXPR_SUBLINK") return size === "base" ? "plain" : size;
      return tells(size) ? hide("A value is compared with a subquery's count", "show the count itself") : "plain";
    },
  }),
);

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

function callSize({ funcname, args, agg_filter, agg_order, over }: Fields, place: Place): Size {
  const name = names(funcname).pop() ?? "";
  nothing([agg_filter], place, "A condition in FILTER is on a count");
  for (const sort of nodes(agg_order)) nothing([as("SortBy", sort)?.node], place, "A list is ordered by a count");
  if (isFields(over)) for (const part of nodes(over.partitionClause)) sizeOf(part, place);
  const given = nodes(args).map((arg) => sizeOf(arg, place));
  if (/^(percent_rank|cume_dist|nth_value)$/.test(name)) hide(`${name} tells how many rows there are`, "show a count");
  if (counting.has(name)) return "count";
  if (lists.test(name)) return given.some(tells) ? hide("A count is put into a list", "show the count itself") : "list";
  if (totals.test(name) || extremes.has(name)) {
    if (given.some((size) => size === "made" || size === "list"))
      hide(`${name} of what is made of a group's rows`, "count instead");
    if (given.includes("count"))
      return /^(sum|min|max|lag|lead|first_value|last_value)$/.test(name)
        ? "count"
        : hide(`${name} of a count`, "show the counts, or their sum");
    if (extremes.has(name)) return isFields(over) ? "plain" : "data";
    if (nodes(args).length === 1 && number(nodes(args)[0]) === 1) return "count";
    if (given.some((size) => size !== "base"))
      hide(
        `${name} of an expression can count the rows that it is chosen to be of`,
        `write count(*) filter (where …), or ${name} of a column`,
      );
    return "data";
  }
  if (!given.some(tells)) return through(given);
  if (rounding.has(name) && !given.includes("list")) return "made";
  return hide("A count is put into a function", "show the count itself, as in count(*) as n");
}

function operatorSize({ kind, name, lexpr, rexpr }: Fields, place: Place): Size {
  const symbol = names(name).pop() ?? "";
  if (kind === "AEXPR_NULLIF") {
    const size = sizeOf(lexpr, place);
    if (!tells(size)) return (nothing([rexpr], place, "A value is compared with a count"), through([size]));
    return number(rexpr) === 0 && size !== "list" ? "made" : hide("A count is put into NULLIF", "write nullif(…, 0)");
  }
  const given = [lexpr, rexpr].map((side) => sizeOf(side, place));
  if (!given.some(tells)) return through(given);
  if (kind === "AEXPR_OP" && ["+", "-", "*", "/"].includes(symbol) && !given.includes("list")) return "made";
  return hide("A count is compared, or put into a text", "show the count itself, as in count(*) as n");
}

/** WHERE, ON and HAVING: a count may be compared with a number of 11 or more, which tells no more than what is shown in its place. */
function conditions(node: unknown, place: Place): void {
  const { type, fields } = nodeIn(node) ?? {};
  if (type === "BoolExpr") return nodes(fields?.args).forEach((arg) => conditions(arg, place));
  const symbol = type === "A_Expr" && fields?.kind === "AEXPR_OP" ? names(fields.name).pop() : undefined;
  const limit = number(fields?.rexpr);
  if (symbol !== undefined && limit !== undefined && sizeOf(fields?.lexpr, place) === "count") {
    const least = symbol === ">" || symbol === "<=" ? 10 : 11;
    if (["<", "<=", ">", ">=", "="].includes(symbol) && limit >= least) return;
    if ((symbol === ">" && (limit === 0 || limit === 1)) || (symbol === ">=" && (limit === 1 || limit === 2)))
      return void (place.picks.small = true);
  }
  sizeOf(node, place);
}

/** The counts that an expression rests on: those in it, and of each aggregate of rows the number of its rows. */
function restsOf(node: unknown, place: Place): unknown[] {
  const { type, fields } = nodeIn(node) ?? {};
  if (type === undefined || fields === undefined) return [];
  if (type === "ColumnRef" || type === "SubLink") {
    const size = sizeOf(node, place);
    if (size === "list") hide("A whole row or a list holds a count", "name the columns");
    return tells(size) ? [node] : [];
  }
  const name = type === "FuncCall" ? (names(fields.funcname).pop() ?? "") : "";
  if (counting.has(name)) return [node];
  if (totals.test(name) || extremes.has(name) || lists.test(name)) {
    const { agg_filter, over, args } = fields;
    if (nodes(args).some((arg) => sizeOf(arg, place) === "count")) return [node];
    const rows = {
      funcname: ["pg_catalog", "count"].map((sval) => ({ String: { sval } })),
      agg_star: true,
      funcformat: "COERCE_EXPLICIT_CALL",
    };
    return [
      { FuncCall: { ...rows, ...(agg_filter !== undefined && { agg_filter }), ...(over !== undefined && { over }) } },
    ];
  }
  return Object.values(fields)
    .flat()
    .flatMap((part) => (isFields(part) ? restsOf(part, place) : []));
}
