import { decides, equal, fieldsOf, noted, notMade, value, values, windowed, isDistinctive } from "./expressions";
import { notOverloadedJoin } from "../overloads";
import { as, isFields, names, nodes, refuse, shown, unwrap, type Fields } from "../ast";
import { relation } from "../relations";
import type { Bounds } from "../rules";
import {
  here,
  itemOf,
  nameOf,
  readable,
  resultNames,
  starColumns,
  starOf,
  type Column,
  type Item,
  type Scope,
} from "./scope";
import { ending, multiplying } from "../sizes";
import { maskOutside, replacement } from "./mask";
import { clean, combined, either, keepPersonal, mustBeClean, PersonalRefusal, type Value } from "./taint";

/** Where an expression or a subquery stands. */
export interface Place {
  bounds: Bounds;
  scope?: Scope;
  /** What WITH has named so far. `later` is a name that cannot be used yet. */
  ctes: Map<string, Column[] | "later">;
  /** How much has been followed, so that no statement can keep the guard busy. */
  work: { left: number };
}

/** What the outermost SELECT shows. Nothing personal leaves it: what is, is refused, or replaced where the caller asked for that. */
export function shownBy(select: Fields, place: Place): Column[] {
  const columns = output(select, place, place.bounds.mask);
  const isMaskable = place.bounds.mask && columns.every(({ name }) => name !== "*");
  if (isMaskable && columns.some(({ taint }) => taint !== "clean")) {
    maskOutside(select, columns);
    return columns;
  }
  for (const column of columns)
    if (column.taint !== "clean")
      keepPersonal(
        column.of,
        (name) => `${name} is personal and would be shown: leave it out, count it, or ask for it masked.`,
        column.advice,
      );
  return columns;
}

/** The columns of a SELECT, in its own order. */
export function output(select: Fields, around: Place, mask = false): Column[] {
  if (--around.work.left < 0) refuse("The statement has too many subqueries: make it simpler.");
  const place = { ...around, ctes: named(select.withClause as Fields | undefined, around) };
  if (select.op !== "SETOP_NONE") {
    const [left, right] = [select.larg, select.rarg].map((side) => output(side as Fields, place, mask));
    const columns = aligned(left, right, select.op === "SETOP_UNION" && select.all === true, place);
    sorted(select.sortClause, columns, { ...place, scope: { items: [], parent: around.scope } });
    return columns;
  }
  if (select.valuesLists !== undefined) return rows(select, place);
  return simple(select, place, mask);
}

function simple(select: Fields, place: Place, mask: boolean): Column[] {
  if (!place.bounds.trusted)
    multiplying(
      select,
      ({ schemaname, relname }) =>
        relname !== undefined && (schemaname !== undefined || !place.ctes.has(relname as string)),
    );
  const from = sources(select.fromClause, place);
  const inside = { ...place, scope: { items: from.items, parent: place.scope } };
  readSettings(select.whereClause, from.items);
  decides(select.whereClause, inside, "a condition in WHERE; IS NULL is allowed");
  const columns = targets(select, from, inside, mask);
  const keys = nodes(select.groupClause).flatMap((item) => grouped(item, columns, inside));
  const shared = place.bounds.inView
    ? undefined
    : keys.find(({ taint, of }) => taint !== "clean" && !isDistinctive(of));
  if (shared !== undefined) requireNoLists([select.targetList, select.havingClause, select.sortClause], shared.of);
  decides(select.havingClause, inside, "a condition in HAVING");
  for (const window of nodes(select.windowClause)) windowed(as("WindowDef", window), inside);
  const distinct = nodes(select.distinctClause).filter((node) => unwrap(node) !== undefined);
  if (nodes(select.distinctClause).length > 0 && distinct.length === 0) columns.forEach(notMade);
  for (const node of distinct) mustBeClean(ordering(node, columns, inside), "what DISTINCT ON goes by");
  sorted(select.sortClause, columns, inside);
  return columns;
}

function rows(select: Fields, place: Place): Column[] {
  const lists = nodes(select.valuesLists).map((list) => values(as("List", list)?.items, place));
  const columns = (lists[0] ?? []).map((_, index) => ({
    name: `column${index + 1}`,
    ...either(lists.map((list) => list[index] ?? clean)),
  }));
  sorted(select.sortClause, columns, place);
  return columns;
}

/** UNION and its like put columns together by their place; all but UNION ALL compare them too. */
function aligned(left: Column[], right: Column[], keepsAll: boolean, place: Place): Column[] {
  const unknown = left.length !== right.length || [...left, ...right].some(({ name }) => name === "*");
  const others = unknown ? left.map(() => combined(right)) : right;
  return left.map((column, index) => {
    if (!keepsAll) mustBeClean(equal(column, others[index], place), "put together with UNION, INTERSECT or EXCEPT");
    const { name, open } = column;
    return {
      ...either([column, others[index]]),
      name,
      ...(open && { open: (one: string) => ({ ...either([open(one), combined(right)]), doubt: 1 as const }) }),
    };
  });
}

// ---- WITH

function named(clause: Fields | undefined, place: Place): Place["ctes"] {
  const ctes = new Map(place.ctes);
  const entries = nodes(clause?.ctes).map((node) => as("CommonTableExpr", node) as Fields);
  if (clause?.recursive) for (const { ctename } of entries) ctes.set(ctename as string, "later");
  for (const { ctename, aliascolnames, ctequery } of entries) {
    const query = as("SelectStmt", ctequery) ?? refuse("WITH may only name a SELECT.");
    const columns = (known: Column[] | undefined, part = query, seen = ctes) =>
      renamed(
        output(part, { ...place, ctes: known === undefined ? seen : new Map(seen).set(ctename as string, known) }),
        aliascolnames,
      );
    ctes.set(
      ctename as string,
      clause?.recursive && query.op !== "SETOP_NONE" ? settled(query, columns, place, ctes) : columns(undefined),
    );
  }
  return ctes;
}

/** A recursive query feeds on itself: it is followed until nothing new turns out to be personal. */
function settled(
  query: Fields,
  columns: (known: Column[] | undefined, part?: Fields, seen?: Place["ctes"]) => Column[],
  place: Place,
  ctes: Place["ctes"],
): Column[] {
  if (!place.bounds.trusted) ending(query.rarg as Fields);
  let known = columns(
    undefined,
    query.larg as Fields,
    named(query.withClause as Fields | undefined, { ...place, ctes }),
  );
  for (;;) {
    const next = columns(known).map((column, index) => ({
      ...either([column, known[index] ?? column]),
      name: column.name,
    }));
    if (next.every(({ taint, counted }, index) => taint === known[index]?.taint && counted === known[index]?.counted))
      return next;
    known = next;
  }
}

function renamed<T extends Column>(columns: T[], aliases: unknown): T[] {
  const given = names(aliases);
  return columns.map((column, index) => ({ ...column, name: given[index] ?? column.name }));
}

// ---- FROM

/** What FROM brings into sight, and what a star takes from it. */
interface From {
  items: Item[];
  star: Column[];
}

function sources(clause: unknown, place: Place): From {
  return nodes(clause).reduce<From>((left, node) => beside(left, source(node, place, left.items)), {
    items: [],
    star: [],
  });
}

function beside(left: From, right: From): From {
  return { items: [...left.items, ...right.items], star: [...left.star, ...right.star] };
}

function only(item: Item): From {
  return { items: [item], star: starOf(item) };
}

/** One entry of FROM. `left` is what a LATERAL one may look at. */
function source(node: unknown, place: Place, left: Item[]): From {
  const { type, fields } = unwrap(node) ?? refuse("An entry of FROM cannot be read: write it in another way.");
  const lateral = { ...place, scope: { items: left, parent: place.scope } };
  const alias = fields.alias as Fields | undefined;
  switch (type) {
    case "RangeVar":
      return only(aliased(relation(fields, place), alias));
    case "RangeTableSample":
      return source(fields.relation, place, left);
    case "RangeSubselect": {
      const select = as("SelectStmt", fields.subquery) ?? refuse("A subquery in FROM must be a SELECT.");
      return only(aliased(itemOf("", output(select, fields.lateral ? lateral : place)), alias));
    }
    case "RangeFunction":
      return only(functionItem(fields, alias, lateral));
    case "JoinExpr":
      return joined(fields, place, left);
    default:
      return refuse("An entry of FROM is of a kind that the runbook cannot follow: write it in another way.");
  }
}

function aliased(item: Item, alias: Fields | undefined): Item {
  if (alias === undefined) return item;
  const { open, columns } = item;
  const given = names(alias.colnames);
  // Where not all columns are known, nobody can say which of them a new name is for.
  const extra = open === undefined ? [] : given.slice(columns.length).map((name) => ({ ...open("*"), name }));
  return {
    ...item,
    alias: alias.aliasname as string,
    schema: undefined,
    columns: [...renamed(columns, alias.colnames), ...extra],
  };
}

function functionItem({ functions, coldeflist, ordinality }: Fields, alias: Fields | undefined, place: Place): Item {
  const aliasName = alias?.aliasname as string | undefined;
  const all = nodes(functions).map((entry) => nodes(as("List", entry)?.items));
  const columns = all.flatMap(([call, definitions]) => {
    const found = decides(call, place, "the argument of a function in FROM");
    const defined = [...nodes(coldeflist), ...nodes(as("List", definitions)?.items)].map((definition) =>
      String(as("ColumnDef", definition)?.colname),
    );
    const known =
      defined.length > 0
        ? defined
        : (resultNames(call) ?? [all.length === 1 ? (aliasName ?? nameOf(call)) : nameOf(call)]);
    const several =
      nameOf(call) === "unnest"
        ? nodes(as("FuncCall", call)?.args)
            .slice(1)
            .map(() => "unnest")
        : [];
    return [...known, ...several].map((name) => ({ ...found, name }));
  });
  if (ordinality) columns.push({ ...clean, name: "ordinality" });
  return { alias: aliasName ?? nameOf(all[0]?.[0]), columns: renamed(columns, alias?.colnames) };
}

function joined(fields: Fields, place: Place, around: Item[]): From {
  const left = source(fields.larg, place, around);
  const right = source(fields.rarg, place, [...around, ...left.items]);
  const both = beside(left, right);
  decides(
    fields.quals,
    { ...place, scope: { items: both.items, parent: place.scope } },
    "a condition in ON but for equality with another personal column",
  );
  const using = fields.isNatural ? common(left, right, place) : names(fields.usingClause);
  const merged = using.map((name) => ({ ...equalOn(name, left, right, place), name }));
  const rest = both.star.filter(({ name }) => !using.includes(name));
  const whole = { items: both.items, star: [...merged, ...rest] };
  const usingAlias = (fields.join_using_alias as Fields | undefined)?.aliasname as string | undefined;
  if (usingAlias !== undefined) whole.items = [...whole.items, { alias: usingAlias, columns: merged }];
  if (fields.alias === undefined) return whole;
  const open = both.items.find((item) => item.open)?.open;
  return only(
    aliased({ alias: "", columns: whole.star.filter(({ name }) => name !== "*"), open }, fields.alias as Fields),
  );
}

function common(left: From, right: From, { bounds }: Place): string[] {
  if ([...left.items, ...right.items].some((item) => item.open))
    return bounds.columns === undefined
      ? []
      : refuse("NATURAL JOIN goes by columns that are not known here: write JOIN … USING.");
  return left.star.map(({ name }) => name).filter((name) => right.star.some((column) => column.name === name));
}

function equalOn(name: string, left: From, right: From, place: Place): Value {
  const [one, other]: (Value & { category?: string })[] = [left, right].map(
    ({ items }) =>
      here(name, { items }) ??
      refuse(`There is no column ${shown(name)} on both sides of the join: check USING.`, "undefined_column"),
  );
  notOverloadedJoin(one.category, other.category, place);
  mustBeClean(equal(one, other, place), "what USING goes by");
  return noted(either([one, other]), place.bounds);
}

/** The settings' values may be read where WHERE names settings that tell nothing. */
function readSettings(where: unknown, items: Item[]): void {
  for (const item of items) item.unlock?.(where, items.length === 1);
}

// ---- SELECT list, GROUP BY, ORDER BY

function targets(select: Fields, from: From, place: Place, mask: boolean): Column[] {
  const written: unknown[] = [];
  const columns = nodes(select.targetList).flatMap((node) => {
    const target =
      as("ResTarget", node) ?? refuse("An entry of the SELECT list cannot be read: write it in another way.");
    const star = starred(target.val, from, place);
    if (star !== undefined) {
      star.forEach((column) => noted(readable(column), place.bounds));
      written.push(node);
      return star;
    }
    const name = typeof target.name === "string" ? target.name : nameOf(target.val);
    try {
      const found = value(target.val, place);
      written.push(node);
      return [{ ...found, name }];
    } catch (error) {
      if (!mask || !(error instanceof PersonalRefusal)) throw error;
      // what may not even be computed counts as made of a personal value, so that nothing else goes by what stands in its place
      written.push(replacement(target.val, name, select) ?? refuse(maskedOtherwise(name)));
      return [{ ...clean, taint: "made" as const, of: `The masked column ${shown(name)}`, name }];
    }
  });
  if (mask) select.targetList = written;
  return columns;
}

function starred(node: unknown, from: From, place: Place): Column[] | undefined {
  const fields = as("ColumnRef", node)?.fields;
  const isStar = as("A_Star", nodes(fields)[nodes(fields).length - 1]) !== undefined;
  return isStar ? starColumns(fields, place.scope, from.star) : fieldsOf(node, place);
}

function maskedOtherwise(name: string): string {
  return `Masking ${shown(name)} would change which rows the query has: leave it out, or show its columns themselves.`;
}

/** The values that GROUP BY goes by. */
function grouped(node: unknown, columns: Column[], place: Place): Value[] {
  const set = as("GroupingSet", node) ?? as("RowExpr", node);
  if (set !== undefined)
    return [...nodes(set.content), ...nodes(set.args)].flatMap((inner) => grouped(inner, columns, place));
  const bare = bareName(node);
  const local = bare !== undefined && place.scope !== undefined ? here(bare, place.scope) : undefined;
  return [notMade(local ?? ordering(node, columns, place))];
}

/** Groups of a personal column in which many are alike may be counted; a list of their rows would tell who is alike. */
function requireNoLists(node: unknown, of: string): void {
  if (Array.isArray(node)) return node.forEach((one) => requireNoLists(one, of));
  if (!isFields(node)) return;
  const name = names(as("FuncCall", "FuncCall" in node ? node : undefined)?.funcname).pop() ?? "";
  if (/^(array|string|jsonb?|json_object|jsonb_object|range)_agg$/.test(name))
    keepPersonal(of, (column) => `${column} is personal: ${name} in groups of it would tell who is alike; count them.`);
  Object.values(node).forEach((one) => requireNoLists(one, of));
}

function sorted(clause: unknown, columns: Column[], place: Place): void {
  for (const sort of nodes(clause))
    mustBeClean(ordering(as("SortBy", sort)?.node, columns, place), "what ORDER BY goes by");
}

/** What an entry of ORDER BY means: a place in the list, a name in the list, or an expression. */
function ordering(node: unknown, columns: Column[], place: Place): Value {
  const constant = as("A_Const", node);
  if (constant?.ival !== undefined) {
    const position = ((constant.ival as Fields).ival as number | undefined) ?? 0;
    return columns.some(({ name }) => name === "*") ? combined(columns) : (columns[position - 1] ?? clean);
  }
  const bare = bareName(node);
  const same = bare === undefined ? [] : columns.filter(({ name }) => name === bare);
  return same.length > 0 ? either(same) : value(node, place);
}

function bareName(node: unknown): string | undefined {
  const parts = names(as("ColumnRef", node)?.fields);
  return parts.length === 1 && parts[0] !== "" ? parts[0] : undefined;
}
