import type {
  Alias,
  CTECycleClause,
  CTESearchClause,
  JoinExpr,
  Node,
  RangeFunction,
  SelectStmt,
  WithClause,
} from "@pgsql/types";
import {
  checkDeciding,
  checkEqual,
  findFieldsOf,
  rememberPersonal,
  noteTogether,
  requireNotMade,
  requireSortable,
  traceValue,
  traceValues,
  checkWindow,
  isDistinctive,
} from "./expressions";
import { listNodesOf } from "../../sql/tree";
import { requireNotOverloadedJoin } from "../overloads";
import { getFields, isPart, listStrings, listNodes, refuse, formatName, unwrap } from "../ast";
import { readRelationItem } from "../relations";
import type { Bounds } from "../rules";
import {
  resolveHere,
  makeItem,
  nameOf,
  requireReadable,
  listResultNames,
  listStarColumns,
  makeStarColumns,
  type Column,
  type Item,
  type Scope,
} from "./scope";
import { checkEnding, checkMultiplying } from "../sizes";
import { requireNoLinks, requireNoNames } from "./links";
import { maskOutput, makeMaskedReplacement } from "./mask";
import {
  clean,
  combineValues,
  uniteValues,
  isShowable,
  keepPersonal,
  requireClean,
  PersonalRefusal,
  type Value,
} from "./taint";
import { releaseTraits } from "./traits";

/** Where an expression or a subquery stands. */
export interface Place {
  bounds: Bounds;
  scope?: Scope;
  /** What WITH has named so far. `later` is a name that cannot be used yet. */
  ctes: Map<string, Column[] | "later">;
  /** How much has been followed, so that no statement can keep the guard busy. */
  work: { left: number };
}

/**
 * What the outermost SELECT shows. Nothing personal leaves it: what is, is refused, or replaced where the caller
 * asked for that.
 */
export function listShownColumns(select: SelectStmt, place: Place): Column[] {
  const columns = traceOutput(select, place, true);
  if (!place.bounds.trusted && place.bounds.columns !== undefined) requireNoLinks(select, columns, place.bounds.links);
  const isMaskable = place.bounds.mask && columns.every(({ name }) => name !== "*");
  if (isMaskable && !columns.every(isShowable)) {
    maskOutput(select, columns);
    return columns;
  }
  for (const column of columns)
    if (!isShowable(column))
      keepPersonal(
        column.of,
        (name) => `${name} is personal and would be shown: leave it out, count it, or ask for it masked.`,
        column.advice,
      );
  return columns;
}

/** The columns of a SELECT, in its own order. */
export function traceOutput(select: SelectStmt, around: Place, shown = false): Column[] {
  if (--around.work.left < 0) refuse("The statement has too many subqueries: make it simpler.");
  const place = { ...around, ctes: traceWithQueries(select.withClause, around) };
  if (select.op !== "SETOP_NONE") {
    const [left, right] = [select.larg, select.rarg].map((side) => traceOutput(side ?? {}, place, shown));
    const columns = traceSetOperation(left, right, select.op === "SETOP_UNION" && select.all === true, place);
    checkOrderBy(select.sortClause, columns, { ...place, scope: { items: [], parent: around.scope } });
    return columns;
  }
  if (select.valuesLists !== undefined) return traceValuesLists(select, place);
  return traceSelect(select, place, shown);
}

function traceSelect(select: SelectStmt, place: Place, shown: boolean): Column[] {
  if (!place.bounds.trusted)
    checkMultiplying(
      select,
      ({ schemaname, relname }) => relname !== undefined && (schemaname !== undefined || !place.ctes.has(relname)),
    );
  const from = traceFrom(select.fromClause, place);
  const inside = { ...place, scope: { items: from.items, parent: place.scope } };
  releaseTraits(select, from.items, place.bounds);
  readSettings(select.whereClause, from.items);
  checkDeciding(select.whereClause, inside, "a condition in WHERE; IS NULL is allowed");
  const columns = traceTargets(select, from, inside, shown);
  const keys = listNodes(select.groupClause).flatMap((item) => checkGroupBy(item, columns, inside));
  const shared = place.bounds.inView
    ? undefined
    : keys.find(({ taint, of }) => taint !== "clean" && !isDistinctive(of));
  if (shared !== undefined) {
    requireNoLists([select.targetList, select.havingClause, select.sortClause], shared.of);
    requireNoNames(select.targetList, columns, shared.of);
  }
  checkDeciding(select.havingClause, inside, "a condition in HAVING");
  for (const window of listNodes(select.windowClause)) checkWindow(getFields("WindowDef", window), inside);
  const distinct = listNodes(select.distinctClause).filter((node) => unwrap(node) !== undefined);
  if (listNodes(select.distinctClause).length > 0 && distinct.length === 0) columns.forEach(requireNotMade);
  for (const node of distinct) requireSortable(checkOrdering(node, columns, inside), "what DISTINCT ON goes by");
  checkOrderBy(select.sortClause, columns, inside);
  return columns;
}

function traceValuesLists(select: SelectStmt, place: Place): Column[] {
  const lists = listNodes(select.valuesLists).map((list) => traceValues(getFields("List", list)?.items, place));
  for (const index of (lists[0] ?? []).keys())
    noteTogether(
      lists.map((list) => list[index] ?? clean),
      place,
    );
  const columns = (lists[0] ?? []).map((_, index) => ({
    name: `column${index + 1}`,
    ...uniteValues(lists.map((list) => list[index] ?? clean)),
  }));
  checkOrderBy(select.sortClause, columns, place);
  return columns;
}

/** UNION and its like put columns together by their place; all but UNION ALL compare them too. */
function traceSetOperation(left: Column[], right: Column[], keepsAll: boolean, place: Place): Column[] {
  const unknown = left.length !== right.length || [...left, ...right].some(({ name }) => name === "*");
  const others = unknown ? left.map(() => combineValues(right)) : right;
  return left.map((column, index) => {
    if (keepsAll) noteTogether([column, others[index]], place);
    else requireClean(checkEqual(column, others[index], place), "put together with UNION, INTERSECT or EXCEPT");
    const { name, open } = column;
    return {
      ...uniteValues([column, others[index]]),
      name,
      ...(open && {
        open: (one: string) => ({ ...uniteValues([open(one), combineValues(right)]), doubt: 1 as const }),
      }),
    };
  });
}

// ---- WITH

function traceWithQueries(clause: WithClause | undefined, place: Place): Place["ctes"] {
  const ctes = new Map(place.ctes);
  const entries = listNodesOf("CommonTableExpr", listNodes(clause?.ctes));
  if (clause?.recursive) for (const { ctename = "" } of entries) ctes.set(ctename, "later");
  for (const { ctename = "", aliascolnames, ctequery, search_clause, cycle_clause } of entries) {
    const query: SelectStmt = getFields("SelectStmt", ctequery) ?? refuse("WITH may only name a SELECT.");
    const columns = (known: Column[] | undefined, part = query, seen = ctes) =>
      renameColumns(
        traceOutput(part, { ...place, ctes: known === undefined ? seen : new Map(seen).set(ctename, known) }),
        aliascolnames,
      );
    const made =
      clause?.recursive && query.op !== "SETOP_NONE" ? traceRecursive(query, columns, place, ctes) : columns(undefined);
    ctes.set(ctename, [...made, ...listWalkColumns(search_clause, cycle_clause, made)]);
  }
  return ctes;
}

/** What SEARCH and CYCLE add to the columns of a recursive query: the order or path of the rows, and whether one came back. */
function listWalkColumns(
  search: CTESearchClause | undefined,
  cycle: CTECycleClause | undefined,
  columns: Column[],
): Column[] {
  const named = [...listStrings(search?.search_col_list), ...listStrings(cycle?.cycle_col_list)];
  for (const name of named)
    requireClean(
      columns.find((column) => column.name === name) ??
        refuse(
          `There is no column ${formatName(name)} to go by in SEARCH or CYCLE: check its name.`,
          "undefined_column",
        ),
      "what SEARCH or CYCLE goes by",
    );
  return [search?.search_seq_column, cycle?.cycle_mark_column, cycle?.cycle_path_column].flatMap((name) =>
    name === undefined ? [] : [{ ...clean, name }],
  );
}

/** A recursive query feeds on itself: it is followed until nothing new turns out to be personal. */
function traceRecursive(
  query: SelectStmt,
  columns: (known: Column[] | undefined, part?: SelectStmt, seen?: Place["ctes"]) => Column[],
  place: Place,
  ctes: Place["ctes"],
): Column[] {
  if (!place.bounds.trusted) checkEnding(query.rarg ?? {});
  let known = columns(undefined, query.larg, traceWithQueries(query.withClause, { ...place, ctes }));
  for (;;) {
    const next = columns(known).map((column, index) => ({
      ...uniteValues([column, known[index] ?? column]),
      name: column.name,
    }));
    if (next.every(({ taint, counted }, index) => taint === known[index]?.taint && counted === known[index]?.counted))
      return next;
    known = next;
  }
}

function renameColumns<T extends Column>(columns: T[], aliases: unknown): T[] {
  const given = listStrings(aliases);
  return columns.map((column, index) => ({ ...column, name: given[index] ?? column.name }));
}

// ---- FROM

/** What FROM brings into sight, and what a star takes from it. */
interface From {
  items: Item[];
  star: Column[];
}

function traceFrom(clause: unknown, place: Place): From {
  return listNodes(clause).reduce<From>((left, node) => mergeFrom(left, traceSource(node, place, left.items)), {
    items: [],
    star: [],
  });
}

function mergeFrom(left: From, right: From): From {
  return { items: [...left.items, ...right.items], star: [...left.star, ...right.star] };
}

function makeSingleFrom(item: Item): From {
  return { items: [item], star: makeStarColumns(item) };
}

/** One entry of FROM. `left` is what a LATERAL one may look at. */
function traceSource(node: unknown, place: Place, left: Item[]): From {
  const entry = unwrap(node) ?? refuse("An entry of FROM cannot be read: write it in another way.");
  const lateral = { ...place, scope: { items: left, parent: place.scope } };
  switch (entry.type) {
    case "RangeVar":
      return makeSingleFrom(applyAlias(readRelationItem(entry.fields, place), entry.fields.alias));
    case "RangeTableSample":
      return traceSource(entry.fields.relation, place, left);
    case "RangeSubselect": {
      const { subquery, alias } = entry.fields;
      const select = getFields("SelectStmt", subquery) ?? refuse("A subquery in FROM must be a SELECT.");
      const columns = traceOutput(select, entry.fields.lateral ? lateral : place);
      return makeSingleFrom(applyAlias(makeItem("", columns), alias));
    }
    case "RangeFunction":
      return makeSingleFrom(traceFunctionItem(entry.fields, lateral));
    case "JoinExpr":
      return traceJoin(entry.fields, place, left);
    default:
      return refuse("An entry of FROM is of a kind that the runbook cannot follow: write it in another way.");
  }
}

function applyAlias(item: Item, alias: Alias | undefined): Item {
  if (alias === undefined) return item;
  const { open, columns } = item;
  const given = listStrings(alias.colnames);
  // Where not all columns are known, nobody can say which of them a new name is for.
  const extra = open === undefined ? [] : given.slice(columns.length).map((name) => ({ ...open("*"), name }));
  return {
    ...item,
    alias: alias.aliasname ?? "",
    schema: undefined,
    columns: [...renameColumns(columns, alias.colnames), ...extra],
  };
}

function traceFunctionItem({ functions, coldeflist, ordinality, alias }: RangeFunction, place: Place): Item {
  const aliasName = alias?.aliasname;
  const all = listNodes(functions).map((entry) => listNodes(getFields("List", entry)?.items));
  const columns = all.flatMap(([call, definitions]) => {
    const found = checkDeciding(call, place, "the argument of a function in FROM");
    const defined = [...listNodes(coldeflist), ...listNodes(getFields("List", definitions)?.items)].map((definition) =>
      String(getFields("ColumnDef", definition)?.colname),
    );
    const known =
      defined.length > 0
        ? defined
        : (listResultNames(call) ?? [all.length === 1 ? (aliasName ?? nameOf(call)) : nameOf(call)]);
    const several =
      nameOf(call) === "unnest"
        ? listNodes(getFields("FuncCall", call)?.args)
            .slice(1)
            .map(() => "unnest")
        : [];
    return [...known, ...several].map((name) => ({ ...found, name }));
  });
  if (ordinality) columns.push({ ...clean, name: "ordinality" });
  return { alias: aliasName ?? nameOf(all[0]?.[0]), columns: renameColumns(columns, alias?.colnames) };
}

function traceJoin(fields: JoinExpr, place: Place, around: Item[]): From {
  const left = traceSource(fields.larg, place, around);
  const right = traceSource(fields.rarg, place, [...around, ...left.items]);
  const both = mergeFrom(left, right);
  checkDeciding(
    fields.quals,
    { ...place, scope: { items: both.items, parent: place.scope } },
    "a condition in ON but for equality with another personal column",
  );
  const using = fields.isNatural ? listCommonColumns(left, right, place) : listStrings(fields.usingClause);
  const merged = using.map((name) => ({ ...checkEqualOn(name, left, right, place), name }));
  const rest = both.star.filter(({ name }) => !using.includes(name));
  const whole = { items: both.items, star: [...merged, ...rest] };
  const usingAlias = fields.join_using_alias?.aliasname;
  if (usingAlias !== undefined) whole.items = [...whole.items, { alias: usingAlias, columns: merged }];
  if (fields.alias === undefined) return whole;
  const open = both.items.find((item) => item.open)?.open;
  return makeSingleFrom(
    applyAlias({ alias: "", columns: whole.star.filter(({ name }) => name !== "*"), open }, fields.alias),
  );
}

function listCommonColumns(left: From, right: From, { bounds }: Place): string[] {
  if ([...left.items, ...right.items].some((item) => item.open))
    return bounds.columns === undefined
      ? []
      : refuse("NATURAL JOIN goes by columns that are not known here: write JOIN … USING.");
  return left.star.map(({ name }) => name).filter((name) => right.star.some((column) => column.name === name));
}

function checkEqualOn(name: string, left: From, right: From, place: Place): Value {
  const [one, other]: (Value & { category?: string })[] = [left, right].map(
    ({ items }) =>
      resolveHere(name, { items }) ??
      refuse(`There is no column ${formatName(name)} on both sides of the join: check USING.`, "undefined_column"),
  );
  requireNotOverloadedJoin(one.category, other.category, place);
  requireClean(checkEqual(one, other, place), "what USING goes by");
  return rememberPersonal(uniteValues([one, other]), place.bounds);
}

/** The settings' values may be read where WHERE names settings that tell nothing. */
function readSettings(where: unknown, items: Item[]): void {
  for (const item of items) item.unlock?.(where, items.length === 1);
}

// ---- SELECT list, GROUP BY, ORDER BY

function traceTargets(select: SelectStmt, from: From, place: Place, shown: boolean): Column[] {
  const mask = shown && place.bounds.mask;
  const written: Node[] = [];
  const columns = listNodes(select.targetList).flatMap((node) => {
    const target =
      getFields("ResTarget", node) ?? refuse("An entry of the SELECT list cannot be read: write it in another way.");
    const star = expandStar(target.val, from, place);
    if (star !== undefined) {
      star.forEach((column) => rememberPersonal(requireReadable(column), place.bounds));
      const named = shown ? nameHarmless(star) : undefined;
      written.push(...(named ?? [node]));
      return named ? star.filter(({ quoting }) => !quoting) : star;
    }
    const name = target.name ?? nameOf(target.val);
    try {
      const found = traceValue(target.val, place);
      written.push(node);
      return [{ ...found, name }];
    } catch (error) {
      if (!mask || !(error instanceof PersonalRefusal)) throw error;
      // what may not even be computed counts as made of a personal value, so that nothing else goes by what stands in its
      // place
      written.push(makeMaskedReplacement(target.val, name, select) ?? refuse(suggestOtherMask(name)));
      return [{ ...clean, taint: "made" as const, of: `The masked column ${formatName(name)}`, name }];
    }
  });
  if (mask || (shown && written.length > 0)) select.targetList = written;
  return columns;
}

/**
 * What to write for a star of relations of which some have columns that may repeat somebody's data: of those the other
 * columns by name, of the rest a star of their own. Undefined where the star stays.
 */
function nameHarmless(star: Column[]): Node[] | undefined {
  if (!star.some(({ quoting }) => quoting) || star.some(({ alias }) => !alias)) return undefined;
  const makeTarget = (...fields: Node[]): Node => ({ ResTarget: { val: { ColumnRef: { fields } } } });
  const makeName = (sval?: string): Node => ({ String: { sval } });
  return [...new Set(star.map(({ alias }) => alias))].flatMap((alias) => {
    const columns = star.filter((column) => column.alias === alias);
    if (!columns.some(({ quoting }) => quoting)) return [makeTarget(makeName(alias), { A_Star: {} })];
    return columns.filter(({ quoting }) => !quoting).map(({ name }) => makeTarget(makeName(alias), makeName(name)));
  });
}

function expandStar(node: unknown, from: From, place: Place): Column[] | undefined {
  const fields = getFields("ColumnRef", node)?.fields;
  const isStar = getFields("A_Star", listNodes(fields)[listNodes(fields).length - 1]) !== undefined;
  return isStar ? listStarColumns(fields, place.scope, from.star) : findFieldsOf(node, place);
}

function suggestOtherMask(name: string): string {
  return `Masking ${formatName(name)} would change which rows the query has: leave it out, or show its columns themselves.`;
}

/** The values that GROUP BY goes by. */
function checkGroupBy(node: unknown, columns: Column[], place: Place): Value[] {
  const [set, row] = [getFields("GroupingSet", node), getFields("RowExpr", node)];
  if (set !== undefined || row !== undefined)
    return [...listNodes(set?.content), ...listNodes(row?.args)].flatMap((inner) =>
      checkGroupBy(inner, columns, place),
    );
  const bare = getBareName(node);
  const local = bare !== undefined && place.scope !== undefined ? resolveHere(bare, place.scope) : undefined;
  return [requireNotMade(local ?? checkOrdering(node, columns, place))];
}

/** Groups of a personal column in which many are alike may be counted; a list of their rows would tell who is alike. */
function requireNoLists(node: unknown, of: string): void {
  if (Array.isArray(node)) return node.forEach((one) => requireNoLists(one, of));
  if (!isPart(node)) return;
  const name = listStrings(node.FuncCall?.funcname).pop() ?? "";
  if (/^(array|string|jsonb?|json_object|jsonb_object|range)_agg$/.test(name))
    keepPersonal(of, (column) => `${column} is personal: ${name} in groups of it would tell who is alike; count them.`);
  Object.values(node).forEach((one) => requireNoLists(one, of));
}

function checkOrderBy(clause: unknown, columns: Column[], place: Place): void {
  for (const sort of listNodes(clause))
    requireSortable(checkOrdering(getFields("SortBy", sort)?.node, columns, place), "what ORDER BY goes by");
}

/** What an entry of ORDER BY means: a place in the list, a name in the list, or an expression. */
function checkOrdering(node: unknown, columns: Column[], place: Place): Value {
  const constant = getFields("A_Const", node);
  if (constant?.ival !== undefined) {
    const position = constant.ival.ival ?? 0;
    return columns.some(({ name }) => name === "*") ? combineValues(columns) : (columns[position - 1] ?? clean);
  }
  const bare = getBareName(node);
  const same = bare === undefined ? [] : columns.filter(({ name }) => name === bare);
  return same.length > 0 ? uniteValues(same) : traceValue(node, place);
}

function getBareName(node: unknown): string | undefined {
  const parts = listStrings(getFields("ColumnRef", node)?.fields);
  return parts.length === 1 && parts[0] !== "" ? parts[0] : undefined;
}
