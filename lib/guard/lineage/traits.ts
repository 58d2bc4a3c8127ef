import type { FuncCall, Node, RangeVar, SelectStmt, SortBy } from "@pgsql/types";
import { getFields, isFields, listNodes, listStrings, formatName, makeAnd, makeOr, unwrap, type Fields } from "../ast";
import { aggregates } from "../functions";
import { isFormPattern, isWildcardPattern } from "../forms";
import { places } from "../grammar";
import { readConstant, readNumber } from "../sizes";
import type { Bounds } from "../rules";
import { isDistinctive } from "./expressions";
import { getItemColumn, nameOf, type Column, type Item } from "./scope";
import { clean, keepPersonal, type Value } from "./taint";

/*
 * A trait of a personal value tells something of it and not what it is: its length, whether it has a form, the domain
 * of an e-mail address. A SELECT of one table may count by traits and take the greatest length; of fewer than ten
 * different values nothing is told: the guard puts `CASE WHEN count(DISTINCT email) >= 10 THEN … END` around each.
 * Which rows are looked at may be told by columns in which many rows are alike and by nothing else, and the rows left
 * out must be none or ten too: else a trait of one person would be the difference of two answers.
 * (Query-set-size control: Denning, "Cryptography and Data Security", 1982, section 6.3.)
 */

/** What the guard has written around traits, with what each then gives away. */
const released = new WeakMap<object, Value>();

/** What an expression gives away that the guard has written around a trait; undefined of any other. */
export function getReleased(fields: object): Value | undefined {
  return released.get(fields);
}

/** Of so many different values a trait may be told. */
const enough = 10;

/** What a SELECT asks about traits. */
interface Asked {
  /** The column of the first trait, as a reason names it. */
  of: string;
  item: Item;
  table: RangeVar;
  /** What GROUP BY goes by. */
  keys: Key[];
  /** The conditions of WHERE: those on traits, and the others. */
  traits: Node[];
  plain: Node[];
  /** The columns whose traits stand in GROUP BY or WHERE: nothing else may be told of such a group. */
  grouped: string[];
}

interface Key {
  node: Node;
  text: string;
  /** The column whose trait it is. */
  column?: string;
}

/**
 * Looks for traits in a SELECT, and writes around each what keeps it from telling of a few. Where it has none, it is
 * left as it is; where it asks for one in a way that could tell of a few, it is refused.
 */
export function releaseTraits(select: SelectStmt, items: Item[], bounds: Bounds): void {
  if (bounds.trusted || bounds.inView || bounds.columns === undefined) return;
  const column = findAskedTrait(select, items);
  if (column === undefined) return;
  const asked = readAsked(select, items, column);
  bounds.personal = true;
  select.whereClause = joinConditions(asked.plain);
  if (select.whereClause === undefined) delete select.whereClause;
  for (const node of listNodes(select.targetList)) {
    const target = getFields("ResTarget", node) ?? {};
    Object.assign(target, { name: target.name ?? nameOf(target.val), val: release(target.val, asked) });
  }
  const outputs = listNodes(select.targetList).map((node) => getFields("ResTarget", node)?.name);
  for (const node of listNodes(select.sortClause)) {
    const sort = getFields("SortBy", node) ?? {};
    const [name, ...more] = listStrings(getFields("ColumnRef", sort.node)?.fields);
    const isOutput = more.length === 0 && outputs.includes(name);
    if (readNumber(sort.node) === undefined && !isOutput) Object.assign(sort, { node: release(sort.node, asked) });
  }
  if (asked.keys.length === 0) return;
  // without an order, the server may give the groups in that of the traits, and one that is hidden stands where it would
  if (asked.keys.some((key) => key.column !== undefined))
    select.sortClause = [
      ...listNodes(select.sortClause),
      ...asked.keys.map(({ node }): Node => {
        const sort: SortBy = { sortby_dir: "SORTBY_DEFAULT", sortby_nulls: "SORTBY_NULLS_DEFAULT" };
        return { SortBy: Object.assign(sort, { node: release(node, asked) }) };
      }),
    ];
  select.groupClause = asked.keys.map(({ node, column: of }) => (of === undefined ? node : mark(copy(node), clean)));
}

/** The first column of which the SELECT asks a trait in one of the ways in which it could be told. */
function findAskedTrait(select: SelectStmt, items: Item[]): string | undefined {
  const targets = listNodes(select.targetList).map((node) => getFields("ResTarget", node)?.val);
  const own = listNodes(select.groupClause).map((node) => resolveKey(node, select, items));
  const grouped = own.map((node) => readTrait(node, items)).find((column) => column !== undefined);
  const compared = listConditions(select.whereClause).map((node) => findTrait(node, items));
  const inside = [...targets, select.havingClause, ...listNodes(select.sortClause)]
    .flatMap(listAggregates)
    .map(({ funcname, args, agg_order, agg_filter }) => {
      if (listStrings(funcname).pop() === "count") return findTrait(agg_filter, items);
      return findTrait([args, agg_order, agg_filter], items);
    });
  return grouped ?? [...compared, ...inside].find((column) => column !== undefined);
}

function readAsked(select: SelectStmt, items: Item[], column: string): Asked {
  const table = getFields("RangeVar", listNodes(select.fromClause)[0]);
  const [item] = items;
  if (table === undefined || items.length !== 1 || item.table !== true)
    return keepPersonal(
      column,
      (of) => `What a value of ${of} is like may be asked of one table by itself: leave out what is joined to it.`,
    );
  if (
    [select.distinctClause, select.windowClause].some((clause) => listNodes(clause).length > 0) ||
    hasAny(select, "SubLink")
  )
    keepPersonal(
      column,
      (of) => `What a value of ${of} is like may not be asked beside DISTINCT, WINDOW or a subquery: leave it out.`,
    );
  const asked: Asked = { of: column, item, table, keys: [], traits: [], plain: [], grouped: [] };
  for (const condition of listConditions(select.whereClause)) {
    const of = findTrait(condition, items);
    if (of === undefined) asked.plain.push(requireAlike(condition, item, column));
    else asked.traits.push(requireTraitCondition(condition, asked));
    asked.grouped.push(...(of === undefined ? [] : listTraitColumns(condition, items)));
  }
  for (const node of listNodes(select.groupClause)) {
    const key = resolveKey(node, select, items) ?? node;
    const of = readTrait(key, items);
    if (of === undefined) requireAlikeKey(key, item, column);
    asked.keys.push({ node: key, text: writeDown(key), column: of });
    asked.grouped.push(...(of === undefined ? [] : listTraitColumns(key, items)));
  }
  if (asked.traits.length > 0 && asked.keys.length > 0)
    keepPersonal(
      column,
      (of) => `A condition on what ${of} is like picks the rows of each group: write it as count(*) filter (where …).`,
    );
  const counts = listNodes(select.targetList).flatMap((node) => listAggregates(getFields("ResTarget", node)?.val));
  if (asked.keys.length === 0 && counts.length === 0)
    keepPersonal(
      column,
      (of) => `Which rows have such a value of ${of} would tell of each person: count them, as in select count(*).`,
    );
  requireCountsAlone(select.havingClause, asked, column);
  return asked;
}

// ---- what is asked

/** What an entry of GROUP BY means: an expression, a column, or what stands at that place or under that name in the list. */
function resolveKey(node: Node, select: SelectStmt, items: Item[]): Node | undefined {
  const targets = listNodes(select.targetList).map((target) => getFields("ResTarget", target) ?? {});
  const position = getFields("A_Const", node)?.ival === undefined ? undefined : readNumber(node);
  if (position !== undefined) return targets[position - 1]?.val;
  const [name, ...more] = listStrings(getFields("ColumnRef", node)?.fields);
  if (name === undefined || more.length > 0 || items.some((item) => getItemColumn(item, name))) return node;
  return targets.find((target) => target.name === name)?.val ?? node;
}

/** The conditions that AND puts together. */
function listConditions(node: Node | undefined): Node[] {
  const both = getFields("BoolExpr", node);
  if (both?.boolop === "AND_EXPR") return listNodes(both.args).flatMap(listConditions);
  return node === undefined ? [] : [node];
}

function joinConditions(conditions: Node[]): Node | undefined {
  return conditions.length === 0 ? undefined : makeAnd(...conditions);
}

/** The column whose trait an expression is, of the ones that GROUP BY may go by. */
function readTrait(node: unknown, items: Item[]): string | undefined {
  return readLength(node, items) ?? readDomain(node, items) ?? readCondition(node, items);
}

/** A personal column as text, trimmed or not: its name as a reason gives it. */
function readPersonal(node: unknown, items: Item[], isCast = false): string | undefined {
  const cast = getFields("TypeCast", node);
  if (cast !== undefined) {
    const { names, typmods = [], arrayBounds = [] } = cast.typeName ?? {};
    const isText = /^(text|varchar)$/.test(listStrings(names).pop() ?? "");
    return isText && typmods.length + arrayBounds.length === 0 ? readPersonal(cast.arg, items, true) : undefined;
  }
  const { funcname, args = [] } = getFields("FuncCall", node) ?? {};
  if (/^(btrim|lower|upper)$/.test(listStrings(funcname).pop() ?? "") && args.length === 1)
    return readPersonal(args[0], items, isCast);
  const found = findColumn(getFields("ColumnRef", node)?.fields, items);
  // without the catalog, what is cast to text may be a number
  const isText = found?.category === undefined ? !isCast : found.category === "S";
  return found?.taint === "raw" && found.unlisted !== true && found.never === undefined && isText
    ? found.of
    : undefined;
}

function findColumn(fields: unknown, items: Item[]): (Value & Partial<Column>) | undefined {
  const [name, alias, ...more] = listStrings(fields).reverse();
  const own = items.filter((item) => alias === undefined || item.alias === alias);
  if (name === undefined || name === "" || more.length > 0) return undefined;
  return own.map((item) => getItemColumn(item, name)).find((value) => value !== undefined);
}

function readLength(node: unknown, items: Item[]): string | undefined {
  const { funcname, args } = getFields("FuncCall", node) ?? {};
  const isLength = /^(length|char_length|character_length|octet_length)$/.test(listStrings(funcname).pop() ?? "");
  return isLength && listNodes(args).length === 1 ? readPersonal(listNodes(args)[0], items) : undefined;
}

/** `split_part(email, '@', 2)`, or `substring(email from '@(.*)$')`. */
function readDomain(node: unknown, items: Item[]): string | undefined {
  const { funcname, args } = getFields("FuncCall", node) ?? {};
  const [name, list] = [listStrings(funcname).pop() ?? "", listNodes(args)];
  if (name === "lower" && list.length === 1) return readDomain(list[0], items);
  const isDomain =
    (name === "split_part" && readConstant(list[1]) === "@" && readNumber(list[2]) === 2) ||
    (name === "substring" && /^@\(\.[*+]\)\$?$/.test(readConstant(list[1]) ?? ""));
  const of = isDomain ? readPersonal(list[0], items) : undefined;
  return of !== undefined && /mail/i.test(of.split(".").pop() ?? "") ? of : undefined;
}

const sizes = new Set(["=", "<>", "<", ">", "<=", ">="]);
const matches = new Set(["~", "!~", "~*", "!~*"]);

/** A condition on a trait: a length compared with a number, or a form. */
function readCondition(node: unknown, items: Item[]): string | undefined {
  const whole = getFields("BoolExpr", node);
  if (whole !== undefined) {
    const all = (whole.args ?? []).map((arg) => readCondition(arg, items));
    return all.includes(undefined) ? undefined : all[0];
  }
  const expression = getFields("A_Expr", node);
  if (expression === undefined) return undefined;
  const { kind, name, lexpr, rexpr } = expression;
  const symbol = listStrings(name).pop() ?? "";
  const listed = listNodes(getFields("List", rexpr)?.items);
  if (kind === "AEXPR_IN" || kind === "AEXPR_BETWEEN" || kind === "AEXPR_NOT_BETWEEN")
    return listed.every((one) => readNumber(one) !== undefined) ? readLength(lexpr, items) : undefined;
  if (kind === "AEXPR_LIKE" || kind === "AEXPR_ILIKE")
    return isWildcardPattern(readConstant(rexpr)) ? readPersonal(lexpr, items) : undefined;
  if (kind !== "AEXPR_OP") return undefined;
  if (matches.has(symbol)) return isFormPattern(readConstant(rexpr)) ? readPersonal(lexpr, items) : undefined;
  if (!sizes.has(symbol)) return undefined;
  if (readNumber(rexpr) !== undefined) return readLength(lexpr, items);
  if (readNumber(lexpr) !== undefined) return readLength(rexpr, items);
  return undefined;
}

/** The first column whose trait stands anywhere in a part of the statement. */
function findTrait(node: unknown, items: Item[]): string | undefined {
  if (Array.isArray(node)) return node.map((one) => findTrait(one, items)).find((found) => found !== undefined);
  if (!isFields(node) || "SubLink" in node) return undefined;
  const single = Object.keys(node).length === 1 && isFields(Object.values(node)[0]);
  return (single ? readTrait(node, items) : undefined) ?? findTrait(Object.values(node), items);
}

/** The columns of a trait, by the names that they have in the table. */
function listTraitColumns(node: unknown, items: Item[]): string[] {
  if (Array.isArray(node)) return [...new Set(node.flatMap((one) => listTraitColumns(one, items)))];
  if (!isFields(node)) return [];
  if (!isFields(node.ColumnRef)) return listTraitColumns(Object.values(node), items);
  return [listStrings(node.ColumnRef.fields).pop() ?? ""];
}

// ---- what may stand beside it

function requireTraitCondition(condition: Node, { item }: Asked): Node {
  if (readCondition(condition, [item]) !== undefined) return condition;
  return keepPersonal(
    findTrait(condition, [item]) ?? "",
    (of) => `A condition on what ${of} is like stands by itself: put it beside the others with AND.`,
  );
}

/** Refuses a condition that could pick a few rows by themselves, such as one on an id or a time. */
function requireAlike(condition: Node, item: Item, column: string): Node {
  if (isAlike(condition, item)) return condition;
  return keepPersonal(
    column,
    (of) =>
      `What ${of} is like may be asked of rows that have a state, a type, a flag or the like in common, as in state = 'CA': leave out the other conditions.`,
  );
}

function isAlike(node: unknown, item: Item): boolean {
  const { type, fields } = unwrap(node) ?? {};
  if (type === "BoolExpr") return listNodes(fields?.args).every((arg) => isAlike(arg, item));
  if (type === "NullTest" || type === "BooleanTest") return isOwnColumn(fields?.arg, item);
  if (type === "ColumnRef") return isShared(node, item);
  const expression = getFields("A_Expr", node);
  if (expression === undefined) return false;
  const { kind, name, lexpr, rexpr } = expression;
  if (kind === "AEXPR_IN") return isShared(lexpr, item) && listNodes(getFields("List", rexpr)?.items).every(isConstant);
  if (kind !== "AEXPR_OP" || !/^(=|<>)$/.test(listStrings(name).pop() ?? "")) return false;
  const [one, other] = [lexpr, rexpr].map((side) => readPersonal(side, [item]));
  return one === undefined ? isShared(lexpr, item) && isConstant(rexpr) : one === other || readConstant(rexpr) === "";
}

function isConstant(node: unknown): boolean {
  return getFields("A_Const", node) !== undefined || getFields("ParamRef", node) !== undefined || isConstantCast(node);
}

function isConstantCast(node: unknown): boolean {
  const cast = getFields("TypeCast", node);
  return cast !== undefined && isConstant(cast.arg);
}

function isOwnColumn(node: unknown, item: Item): boolean {
  const fields = getFields("ColumnRef", node)?.fields;
  return fields !== undefined && findColumn(fields, [item]) !== undefined;
}

/** A harmless column in which many rows are alike, by its type and its name. */
function isShared(node: unknown, item: Item): boolean {
  const fields = getFields("ColumnRef", node)?.fields;
  const found = fields === undefined ? undefined : findColumn(fields, [item]);
  const name = listStrings(fields).pop() ?? "";
  if (found?.taint !== "clean" || isDistinctive(name) || single.test(name)) return false;
  return found.category === undefined ? !item.columns.length : /^[SEB]$/.test(found.category);
}

/** Names of columns in which rows differ from each other. */
const single =
  /^(id|name|slug|title|oid|ctid|xmin|xmax|cmin|cmax|tableoid)$|_(id|uuid|name|slug|at|on|date|until|since|code|reference|version)$|date|time(?!zone)|uuid|count|credits|amount|size/i;

function requireAlikeKey(key: unknown, item: Item, column: string): void {
  const { funcname, args } = getFields("FuncCall", key) ?? {};
  const [unit, of] = listNodes(args);
  const isPeriod =
    /^(date_trunc|extract|date_part)$/.test(listStrings(funcname).pop() ?? "") &&
    /^(year|quarter|month)$/i.test(readConstant(unit) ?? "") &&
    listNodes(args).length === 2 &&
    isOwnColumn(of, item) &&
    findColumn(getFields("ColumnRef", of)?.fields, [item])?.taint === "clean";
  if (!isPeriod && !isShared(key, item))
    keepPersonal(
      column,
      (personal) =>
        `What ${personal} is like may be told of groups by a state, a type, a flag or the like, or by date_trunc('month', …): leave out the other keys.`,
    );
}

/** HAVING may compare count(*), which tells no more than the answer does. */
function requireCountsAlone(having: unknown, { traits }: Asked, column: string): void {
  const isCount = (node: unknown): boolean => {
    const { type, fields } = unwrap(node) ?? {};
    if (type === "BoolExpr") return listNodes(fields?.args).every(isCount);
    if (type === "A_Expr") return [fields?.lexpr, fields?.rexpr].every(isCount);
    if (type === "FuncCall")
      return fields?.agg_star === true && fields.agg_filter === undefined && fields.over === undefined;
    return readNumber(node) !== undefined;
  };
  if (having !== undefined && (traits.length > 0 || !isCount(having)))
    keepPersonal(
      column,
      (of) => `HAVING could pick the group of one person beside what ${of} is like: compare count(*) alone.`,
    );
}

// ---- what is written

/** The aggregates of an expression, the outermost of each. */
function listAggregates(node: unknown): Fields[] {
  if (Array.isArray(node)) return node.flatMap(listAggregates);
  if (!isFields(node) || "SubLink" in node) return [];
  if (isFields(node.FuncCall) && aggregates.has(listStrings(node.FuncCall.funcname).pop() ?? ""))
    return [node.FuncCall];
  return Object.values(node).flatMap(listAggregates);
}

/** An expression of the list with what keeps it from telling of a few. */
function release(node: unknown, asked: Asked): unknown {
  if (Array.isArray(node)) return node.map((one) => release(one, asked));
  if (!isFields(node)) return node;
  const written = asked.keys.length > 0 && !("String" in node) ? writeDown(node) : "";
  const key = asked.keys.find(({ text }) => text === written);
  if (key !== undefined)
    return key.column === undefined ? node : hideFew(node, listTraitColumns(node, [asked.item]), asked);
  const call = getFields("FuncCall", "FuncCall" in node ? node : undefined);
  if (call?.over !== undefined)
    return keepPersonal(
      asked.of,
      (of) => `A window function goes over single rows: ask what ${of} is like in a subquery of its own.`,
    );
  if (call !== undefined && aggregates.has(listStrings(call.funcname).pop() ?? ""))
    return releaseAggregate(node, call, asked);
  if ("ColumnRef" in node)
    return keepPersonal(
      asked.of,
      (of) =>
        `Beside what ${of} is like only counts and what GROUP BY goes by may be shown: leave out ${formatName(...listStrings(getFields("ColumnRef", node)?.fields))}.`,
    );
  return Object.fromEntries(
    Object.entries(node).map(([name, value]) => [
      name,
      isFields(value) || Array.isArray(value) ? release(value, asked) : value,
    ]),
  );
}

/** An aggregate: a count, or the least, greatest or mean length; of rows that are told by no trait, any other one too. */
function releaseAggregate(node: Fields, call: FuncCall, asked: Asked): unknown {
  const items = [asked.item];
  const name = listStrings(call.funcname).pop() ?? "";
  const conditions = listConditions(call.agg_filter);
  const own = conditions.filter((one) => findTrait(one, items) !== undefined);
  const [traits, plain] = [[...own, ...asked.traits], conditions.filter((one) => !own.includes(one))];
  const measured = readMeasured(name, call, items);
  if (traits.length === 0 && measured === undefined && asked.grouped.length === 0)
    return findTrait([call.args, call.agg_order], items) === undefined ? node : refuseAggregate(name, call, asked);
  own.forEach((one) => requireTraitCondition(one, asked));
  if (name === "count" ? !isHarmlessCount(call, asked) : measured === undefined)
    return refuseAggregate(name, call, asked);
  // of a group or of rows that a trait tells, a condition on something else would tell who is in it
  if (asked.grouped.length > 0 && plain.length > 0) return refuseAggregate(name, call, asked);
  plain.forEach((one) => requireAlike(one, asked.item, asked.of));
  const compared = listTraitColumns(traits, items);
  if (name === "count" && compared.length > 1)
    keepPersonal(
      asked.of,
      () =>
        "A person whose one value is known to be unusual could be asked for the others: compare what one personal column is like at a time.",
    );
  const filter = joinConditions([...plain, ...traits].map(copy));
  const whole = { FuncCall: { ...call, ...(filter === undefined ? {} : { agg_filter: filter }) } };
  const keys = asked.keys.flatMap(({ node: key, column }) =>
    column === undefined ? [] : listTraitColumns(key, items),
  );
  const columns = [...new Set([...compared, ...listTraitColumns(measured, items), ...keys])];
  // of a count the rows that it is taken of must be enough, of a length those whose it is
  return hideFew(whole, columns, asked, {
    within: name === "count" ? plain : [...plain, ...traits],
    plain,
    counted: name === "count",
  });
}

/** The length that an aggregate goes over. */
function readMeasured(name: string, { args, agg_order }: FuncCall, items: Item[]): unknown {
  const [first, ...more] = listNodes(args);
  if (/^(min|max|avg)$/.test(name))
    return more.length === 0 && readLength(first, items) !== undefined ? first : undefined;
  const sorted = getFields("SortBy", listNodes(agg_order)[0])?.node;
  const isShare = /^percentile_(cont|disc)$/.test(name) && findTrait(args, items) === undefined;
  return isShare && readLength(sorted, items) !== undefined ? sorted : undefined;
}

/** count(*), or the count of a column whose trait tells the rows: of another one it would tell who has it. */
function isHarmlessCount({ agg_star, args }: FuncCall, { item, grouped }: Asked): boolean {
  if (agg_star === true) return true;
  const [arg, ...more] = listNodes(args);
  const name = listStrings(getFields("ColumnRef", arg)?.fields).pop() ?? "";
  return (
    more.length === 0 &&
    isOwnColumn(arg, item) &&
    (grouped.includes(name) ||
      (findColumn([{ String: { sval: name } }], [item])?.taint === "raw" && grouped.length === 0))
  );
}

function refuseAggregate(name: string, call: FuncCall, asked: Asked): never {
  const of = findTrait([call.args, call.agg_order, call.agg_filter], [asked.item]) ?? asked.of;
  return keepPersonal(
    of,
    (personal) =>
      `${name} could tell of one person what ${personal} is like: write count(*), count(*) filter (where …), or min, max or avg of its length.`,
  );
}

const name = (...parts: string[]): Node[] => parts.map((sval) => ({ String: { sval } }));
const number = (ival: number): Node => ({ A_Const: { ival: { ival } } });
const compare = (symbol: string, lexpr: Node, rexpr: Node): Node => ({
  A_Expr: { kind: "AEXPR_OP", name: name(symbol), lexpr, rexpr },
});
const isNotTrue = (conditions: Node[]): Node => ({
  BooleanTest: { arg: copy(joinConditions(conditions)), booltesttype: "IS_NOT_TRUE" },
});

function makeCount(fields: FuncCall, filter: Node | undefined): Node {
  return {
    FuncCall: {
      funcname: name("pg_catalog", "count"),
      funcformat: "COERCE_EXPLICIT_CALL",
      ...fields,
      ...(filter !== undefined && { agg_filter: filter }),
    },
  };
}

/** None, or enough. */
function requireNoFew(count: () => Node): Node {
  return makeOr(compare("<", count(), number(1)), compare(">=", count(), number(enough)));
}

/**
 * `CASE WHEN there are enough different values, and enough rows or none are left out THEN … END`. `within` tells the
 * rows whose values are counted, `plain` those of them that the rows left out are told by.
 */
function hideFew(
  result: unknown,
  columns: string[],
  { plain: where, table }: Asked,
  { within = [], plain = [], counted = false }: { within?: Node[]; plain?: Node[]; counted?: boolean } = {},
): Fields {
  const filter = joinConditions(within);
  const conditions = columns.map((column) => {
    const args: Node[] = [{ ColumnRef: { fields: name(column) } }];
    const different = makeCount({ args, agg_distinct: true }, copy(filter));
    // that there is no value may be told of anybody
    return makeOr(
      compare(">=", different, number(enough)),
      compare("<", makeCount({ args: copy(args) }, copy(filter)), number(1)),
    );
  });
  if (plain.length > 0) conditions.push(requireNoFew(() => makeCount({ agg_star: true }, isNotTrue(plain))));
  if (where.length > 0) conditions.push(requireNoFew(() => makeRest(table, where)));
  return mark(
    { CaseExpr: { args: [{ CaseWhen: { expr: joinConditions(conditions), result: copy(result) } }] } },
    { ...clean, counted },
  );
}

/** How many rows WHERE leaves out. */
function makeRest(table: RangeVar, where: Node[]): Node {
  const select: SelectStmt = {
    targetList: [{ ResTarget: { val: makeCount({ agg_star: true }, undefined) } }],
    fromClause: [{ RangeVar: copy(table) }],
    whereClause: isNotTrue(where),
    limitOption: "LIMIT_OPTION_DEFAULT",
    op: "SETOP_NONE",
  };
  return { SubLink: { subLinkType: "EXPR_SUBLINK", subselect: { SelectStmt: select } } };
}

function mark<T>(node: T, value: Value): T {
  const found = unwrap(node);
  if (found !== undefined) released.set(found.fields, value);
  return node;
}

function copy<T>(node: T): T {
  return node === undefined ? node : structuredClone(node);
}

function hasAny(node: unknown, type: string): boolean {
  if (Array.isArray(node)) return node.some((one) => hasAny(one, type));
  return isFields(node) && (type in node || Object.values(node).some((one) => hasAny(one, type)));
}

/** An expression as a text that is the same wherever it stands and whichever way its columns are named. */
function writeDown(node: unknown): string {
  return JSON.stringify(node, (key, value) => {
    if (places.has(key)) return undefined;
    return key === "ColumnRef" && isFields(value) ? listStrings(value.fields).pop() : value;
  });
}
