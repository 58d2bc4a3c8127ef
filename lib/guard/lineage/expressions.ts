import type { A_Expr, A_Indirection, CaseExpr, FuncCall, Node, SubLink, TypeCast, WindowDef } from "@pgsql/types";
import { checksumFunctions, totalFunctions } from "../functions";
import { getHashedColumn } from "../keyed-hash";
import { traceOutput, type Place } from "./query";
import { getFields, listStrings, refuse, formatName, unwrap, type Fields, type Tag } from "../ast";
import type { Bounds } from "../rules";
import { requireNotOverloaded } from "../overloads";
import {
  getItemColumn,
  findItem,
  explainNotAColumn,
  requireReadable,
  resolve,
  listResultNames,
  type Column,
} from "./scope";
import { readConstant } from "../sizes";
import { getReleased } from "./traits";
import { clean, combineValues, uniteValues, keepPersonal, requireClean, type Value } from "./taint";

/**
 * What an expression gives away. What may not even be computed, because it could ask about a value or fail on one, is
 * refused here.
 */
export function traceValue(node: unknown, place: Place): Value {
  const found = unwrap(node);
  if (found === undefined) return clean;
  return getReleased(found.fields) ?? traceAs(found.type, found.fields, place);
}

function traceAs<T extends Tag>(type: T, fields: Fields<T>, place: Place): Value {
  const evaluate: ((fields: Fields<T>, place: Place) => Value) | undefined = expressions[type];
  return evaluate === undefined
    ? refuse("The statement has an expression that the runbook cannot follow: write it in another way.")
    : evaluate(fields, place);
}

/** The value of each of a list of expressions. */
export function traceValues(list: Node[] | undefined, place: Place): Value[] {
  return (list ?? []).map((node) => traceValue(node, place));
}

/** An expression that decides something: which rows, which branch, which order. */
export function checkDeciding(node: unknown, place: Place, where: string): Value {
  return requireClean(traceValue(node, place), where);
}

/**
 * What a value is made of. A statement may make nothing of a personal value; in a view, which somebody else wrote, it
 * is only followed.
 */
function checkOperand(node: Node | undefined, place: Place, where: string): Value {
  return place.bounds.inView ? traceValue(node, place) : checkDeciding(node, place, where);
}

/** A value that is only tested for NULL, or counted: that names no row. */
function traceUnnamed(node: unknown, place: Place): Value {
  const links = { ...place.bounds.links, rows: new Set(place.bounds.links.rows) };
  const bounds = getFields("ColumnRef", node) === undefined ? place.bounds : { ...place.bounds, links };
  const found = traceValue(node, { ...place, bounds });
  place.bounds.personal ||= bounds.personal;
  return found;
}

const constantValue = () => clean;

/** Remembers that a personal column is read, even where nothing of it is shown. */
export function rememberPersonal<T extends Value>(found: T, bounds: Bounds): T {
  bounds.personal ||= found.taint !== "clean";
  for (const row of found.rows ?? []) bounds.links.rows.add(row);
  return found;
}

const expressions: { [T in Tag]?: (fields: Fields<T>, place: Place) => Value } = {
  A_Const: constantValue,
  ParamRef: constantValue,
  SQLValueFunction: constantValue,
  ColumnRef: ({ fields }, { scope, bounds }) => rememberPersonal(resolve(fields, scope), bounds),
  FuncCall: traceCall,
  A_Expr: traceOperator,
  TypeCast: traceCast,
  SubLink: traceSubquery,
  A_Indirection: traceIndirection,
  BoolExpr: ({ args }, place) =>
    combineValues((args ?? []).map((arg) => checkOperand(arg, place, "a condition; IS NULL is allowed"))),
  NullTest: ({ arg }, place) => traceNullTest([traceUnnamed(arg, place)], place),
  BooleanTest: ({ arg }, place) => checkOperand(arg, place, "a condition; IS NULL is allowed"),
  CaseExpr: traceCase,
  CoalesceExpr: ({ args }, place) => {
    const given = (args ?? []).filter((arg) => !isBlank(arg)).map((arg) => traceValue(arg, place));
    noteTogether(given, place);
    return uniteValues(given);
  },
  MinMaxExpr: ({ args }, place) =>
    combineValues((args ?? []).map((arg) => checkOperand(arg, place, "compared in size"))),
  A_ArrayExpr: ({ elements }, place) => traceStrict(traceValues(elements, place)),
  RowExpr: ({ args }, place) => traceStrict(traceValues(args, place)),
  List: ({ items }, place) => combineValues(traceValues(items, place)),
  GroupingFunc: ({ args }, place) => (traceValues(args, place), clean),
  NamedArgExpr: ({ arg }, place) => traceValue(arg, place),
  CollateClause: ({ arg }, place) => checkOperand(arg, place, "collated"),
};

/** NULL or '': it says nothing about anybody. */
function isBlank(node: Node | undefined): boolean {
  return (
    getFields("A_Const", node)?.isnull === true ||
    readConstant(node) === "" ||
    (getFields("TypeCast", node) !== undefined && isBlank(getFields("TypeCast", node)?.arg))
  );
}

function traceCall(fields: FuncCall, place: Place): Value {
  const hashed = getHashedColumn(fields);
  if (hashed !== undefined) return traceHashed(traceValue(hashed, place), place.bounds);
  const name = listStrings(fields.funcname).pop() ?? "";
  if (place.bounds.trusted && checksumFunctions.has(name)) return clean;
  checkWindow(fields.over, place);
  if (fields.agg_filter !== undefined)
    checkDeciding(fields.agg_filter, place, "a condition in FILTER; IS NULL is allowed");
  const ordered = (fields.agg_order ?? []).map((sort) =>
    checkDeciding(getFields("SortBy", sort)?.node, place, "an order"),
  );
  const args = fields.args ?? [];
  if (name === "count") return traceCount(args, fields.agg_distinct === true, place);
  const given = traceValues(args, place);
  if (/^num_(non)?nulls$/.test(name)) return traceNullTest(given, place);
  const personal = given.find(({ taint }) => taint !== "clean");
  if (personal === undefined || place.bounds.inView) return combineValues([...given, ...ordered]);
  const total =
    totalFunctions.get(name)?.(args.map(readConstant)) === true &&
    given.slice(1).every(({ taint }) => taint === "clean");
  if (!total || fields.over !== undefined || args.some((arg) => getFields("NamedArgExpr", arg) !== undefined))
    return keepPersonal(personal.of, (column) => suggestInstead(name, column));
  return /length$/.test(name)
    ? { ...traceStrict(given), advice: suggestLength(personal.of) }
    : { ...given[0], ...(/^(md5|sha256|encode)$/.test(name) && { advice: suggestInstead(name, personal.of) }) };
}

/**
 * Where few values stand for many people, their hashes can be told apart by how often they occur; and where somebody
 * may choose what is hashed, everybody can be found by trying.
 */
function traceHashed({ taint, of, unlisted, hashed }: Value, { columns }: Bounds): Value {
  if (columns === undefined) return clean;
  if (taint !== "raw" || hashed)
    keepPersonal(
      of,
      () =>
        "keyed_hash is for a personal column as it is stored: with other values to compare, people could be found by trying.",
    );
  return isDistinctive(of)
    ? { taint: "raw", of: `keyed_hash(${of})`, counted: false, hashed: true, unlisted }
    : keepPersonal(
        of,
        (column) =>
          `keyed_hash is for columns in which hardly two people are alike, such as email: count ${column} instead.`,
      );
}

/** Whether hardly two people are alike in a column, by its name. */
export function isDistinctive(column: string): boolean {
  return distinctive.test(column);
}

const distinctive = /mail|phone|fax|npi|ssn|social|username|number|token|passport|uscis|account|card|hash|key/i;

/** A value that is NULL just where the personal values are that it is made of. */
function traceStrict(given: Value[]): Value {
  return { ...combineValues(given), strict: given.every(({ taint, strict }) => taint !== "made" || strict) };
}

/**
 * Whether a value is NULL may be told of a column; of what an expression or a view makes of it, that would be a
 * question about the value.
 */
function traceNullTest(given: Value[], { bounds }: Place): Value {
  const counted = given.some((one) => one.counted);
  const telling = given.find(({ taint, strict }) => taint === "made" && !strict);
  if (telling === undefined) return { ...clean, counted };
  if (bounds.inView) return { ...telling, counted };
  return keepPersonal(
    telling.of,
    (column) => `Whether something made of ${column} is NULL tells what it is: count or test the column itself.`,
  );
}

/** A count gives nothing away; a count of different values does, if a value to compare with can be slipped in. */
function traceCount(args: Node[], distinct: boolean, place: Place): Value {
  const parts = distinct
    ? args.flatMap((arg) => (getFields("RowExpr", arg) !== undefined ? (getFields("RowExpr", arg)?.args ?? []) : [arg]))
    : args;
  const given = parts.map((part) => traceUnnamed(part, place));
  if (distinct) given.forEach(requireNotMade);
  return { ...traceNullTest(given, place), counted: true };
}

/** Values that are put beside each other for equality must be as they are stored. */
export function requireNotMade(value: Value): Value {
  return value.taint === "made"
    ? keepPersonal(
        value.of,
        (column) => `A value made of ${column} cannot be compared or grouped: use the column itself.`,
      )
    : value;
}

function suggestInstead(name: string, column: string): string {
  if (column.startsWith("keyed_hash("))
    return `${column} is hashed again when it arrives: show, group, order, count or compare it whole, and leave out ${name}.`;
  if (/^(md5|sha\d+|hashtext|hashtextextended|crc32|encode)$/.test(name))
    return `${name} of ${column} can be undone by trying, so it is not shown: write keyed_hash(${column.split(".").pop()}), whose key is made for this run.`;
  if (
    /^(min|max|sum|avg|mode|string_agg|array_agg|json_?b?_?agg|first_value|last_value|lag|lead|percentile_\w+|any_value)$/.test(
      name,
    )
  )
    return `${name} of ${column} is one of its personal values: count it instead.`;
  return `${column} is personal: ${formatName(name)} could show it, ask about it or fail on it; count it, or test IS NULL.`;
}

/** Rows may be put in the order of a hash: it tells nothing of whom they are about. */
export function requireSortable(value: Value, where: string): Value {
  return value.hashed ? value : requireClean(value, where);
}

function suggestLength(column: string): string {
  const bare = column.split(".").pop();
  return `${column} is personal, and so is the length of a single value: write max(length(${bare})), or length(${bare}) with count(*) and GROUP BY.`;
}

/** The window of a function, or one that is named in WINDOW. */
export function checkWindow(window: WindowDef | undefined, place: Place): void {
  const { partitionClause, orderClause, startOffset, endOffset } = window ?? {};
  for (const node of partitionClause ?? []) requireSortable(traceValue(node, place), "a window's partition");
  for (const sort of orderClause ?? [])
    requireSortable(traceValue(getFields("SortBy", sort)?.node, place), "a window's order");
  for (const node of [startOffset, endOffset]) checkDeciding(node, place, "a window's frame");
}

function traceOperator(fields: A_Expr, place: Place): Value {
  const { kind, name = [], lexpr, rexpr } = fields;
  const symbol = listStrings(name).pop() ?? "";
  if (name.length === 1 && !String(kind).includes("BETWEEN")) requireNotOverloaded(symbol, lexpr, rexpr, place);
  if (kind === "AEXPR_NULLIF") {
    const compared = checkComparison(lexpr, rexpr, place);
    return { ...uniteValues([traceValue(lexpr, place)]), counted: compared.counted };
  }
  if (kind === "AEXPR_IN")
    return combineValues((getFields("List", rexpr)?.items ?? []).map((item) => checkComparison(lexpr, item, place)));
  if (
    (kind === "AEXPR_OP" && (symbol === "=" || symbol === "<>")) ||
    kind === "AEXPR_DISTINCT" ||
    kind === "AEXPR_NOT_DISTINCT"
  )
    return checkComparison(lexpr, rexpr, place);
  const where =
    kind === "AEXPR_OP" && !/[<>~]/.test(symbol)
      ? "computed with; count it"
      : "compared with anything but another personal column; IS NULL and = '' are allowed";
  const sides = [lexpr, rexpr].map((side) => checkOperand(side, place, where));
  return symbol === "||" ? traceStrict(sides) : combineValues(sides);
}

/**
 * Equality: of two harmless values, of two personal ones as they are stored, or with ''. Anything else would be a
 * question about a person.
 */
function checkComparison(left: Node | undefined, right: Node | undefined, place: Place): Value {
  const [lefts, rights] = [left, right].map((side) => getFields("RowExpr", side)?.args);
  if (lefts !== undefined && rights !== undefined && lefts.length === rights.length)
    return combineValues(lefts.map((one, index) => checkComparison(one, rights[index], place)));
  const [one, other] = [traceValue(left, place), traceValue(right, place)];
  if (isBlank(left) || isBlank(right))
    return combineValues([
      { ...requireNotMade(one), taint: "clean" },
      { ...requireNotMade(other), taint: "clean" },
    ]);
  return checkEqual(one, other, place);
}

export function checkEqual(one: Value, other: Value, { bounds }: Place): Value {
  if (one.taint === "raw" && other.taint === "raw" && !bounds.inView) {
    requireSameKind(one, other);
    bounds.links.compared = true;
    const alike = [one, other].find(({ of }) => !isDistinctive(of));
    bounds.links.alike ??= alike?.of;
  }
  if (one.taint === other.taint && one.taint !== "made")
    return { ...combineValues([one, other]), taint: "clean", of: "" };
  if (bounds.inView) return combineValues([one, other]);
  return keepPersonal(
    one.of || other.of,
    (column) =>
      `${column} is personal: it can be compared only with another personal column as it is stored, or tested with IS NULL or = ''.`,
  );
}

/**
 * Personal values that are put into one column can be compared there by counting different ones, so that counts as a
 * comparison where they are of one kind.
 */
export function noteTogether(values: readonly Value[], { bounds }: Place): void {
  const raw = values.filter(({ taint }) => taint === "raw");
  const kinds = raw.map(({ of }) => getColumnKind(of));
  const alike = raw.find(({ of }, index) => kinds.indexOf(kinds[index]) !== index && !isDistinctive(of));
  if (bounds.inView || new Set(kinds).size === kinds.length) return;
  bounds.links.compared = true;
  bounds.links.alike ??= alike?.of;
}

/**
 * Two personal columns may be compared where both hold the same kind of thing; else one of them is a list to try
 * with.
 */
function requireSameKind(one: Value, other: Value): void {
  const [first, second] = [one, other].map(({ of }) => getColumnKind(of));
  const apart =
    one.hashed !== other.hashed || (one.of !== other.of && (one.unlisted || other.unlisted || first !== second));
  if (apart)
    keepPersonal(
      one.unlisted ? other.of : one.of,
      (column) =>
        `${column} is personal: it can be compared only with a listed column of the same kind, such as another e-mail; list the other one, or count.`,
    );
}

/** What kind of thing a personal column holds, by its name. */
function getColumnKind(column: string): string {
  const name = column.split(".").pop()?.replace(/\)$/, "") ?? "";
  return kinds.exec(name)?.[0].toLowerCase() ?? name;
}

const kinds =
  /mail|phone|fax|npi|ssn|first_name|last_name|middle_name|username|birth|license_number|zip|city|address|token|_name$/i;

function traceCast({ arg, typeName: type = {} }: TypeCast, place: Place): Value {
  // a checksum writes a whole row as one literal and hashes it twice: what stands in it counts as inside the hash, and
  // only a hash lets it out
  if (place.bounds.trusted && getFields("RowExpr", arg) !== undefined && listStrings(type.names).pop() === "text")
    return rememberPersonal({ ...clean, taint: "made", of: "A row" }, place.bounds);
  const found = traceValue(arg, place);
  if (found.taint === "clean") return found;
  const isText =
    /^(text|varchar)$/.test(listStrings(type.names).pop() ?? "") &&
    (type.typmods ?? []).length === 0 &&
    (type.arrayBounds ?? []).length === 0;
  if (place.bounds.inView) return traceStrict([found]);
  return isText
    ? found
    : keepPersonal(
        found.of,
        (column) => `${column} is personal: a cast could fail on a value and print it; only a cast to text is allowed.`,
      );
}

function traceCase({ arg, args = [], defresult }: CaseExpr, place: Place): Value {
  const whens = args.map((when) => getFields("CaseWhen", when) ?? {});
  const conditions = whens.map(({ expr }) =>
    arg === undefined
      ? checkDeciding(expr, place, "a condition in CASE; IS NULL is allowed")
      : checkComparison(arg, expr, place),
  );
  const results = [...whens.map(({ result }) => result), defresult]
    .filter((result) => result !== undefined && !isBlank(result))
    .map((result) => traceValue(result, place));
  noteTogether(results, place);
  const { counted, rows } = combineValues([...results, ...conditions]);
  return { ...uniteValues(results), counted, ...(rows && { rows }) };
}

function traceSubquery({ subLinkType, testexpr, operName = [], subselect }: SubLink, place: Place): Value {
  const columns = traceOutput(getFields("SelectStmt", subselect) ?? refuse("A subquery must be a SELECT."), place);
  if (subLinkType === "EXISTS_SUBLINK") return clean;
  if (subLinkType === "EXPR_SUBLINK") return uniteValues(columns);
  if (subLinkType === "ARRAY_SUBLINK") return combineValues(columns);
  if (operName.length === 1) requireNotOverloaded(listStrings(operName)[0], testexpr, undefined, place);
  const tested =
    getFields("RowExpr", testexpr) !== undefined
      ? traceValues(getFields("RowExpr", testexpr)?.args, place)
      : [traceValue(testexpr, place)];
  const symbol = listStrings(operName).pop() ?? "=";
  if (tested.length !== columns.length || !["=", "<>"].includes(symbol))
    return combineValues([...tested, ...columns].map((one) => requireClean(one, "compared with a subquery like this")));
  return combineValues(tested.map((one, index) => checkEqual(one, columns[index], place)));
}

/** `(x).field`, `x[1]`: a field of a row that is a table's, or an element. */
function traceIndirection({ arg, indirection: steps = [] }: A_Indirection, place: Place): Value {
  const field = getFields("String", steps[0])?.sval;
  if (typeof field !== "string")
    return combineValues([checkDeciding(arg, place, "taken apart"), ...traceIndices(steps, place)]);
  const [alias, schema] = listStrings(getFields("ColumnRef", arg)?.fields).reverse();
  const item = alias === undefined ? undefined : findItem(alias, schema, place.scope);
  if (item !== undefined) {
    const found = rememberPersonal(
      requireReadable(getItemColumn(item, field) ?? refuse(explainNotAColumn(alias, field), "undefined_column")),
      place.bounds,
    );
    return steps.length === 1
      ? found
      : combineValues([requireClean(found, "taken apart"), ...traceIndices(steps.slice(1), place)]);
  }
  if (!listResultNames(arg)?.includes(field))
    refuse(
      `The field ${formatName(field)} is taken from something that is no table: put the function into FROM, or name the column.`,
    );
  return combineValues([checkDeciding(arg, place, "taken apart"), ...traceIndices(steps.slice(1), place)]);
}

function traceIndices(steps: Node[], place: Place): Value[] {
  return steps.flatMap((step) => {
    const { lidx, uidx } =
      getFields("A_Indices", step) ?? refuse("A field of a field is taken here: take the row apart in a subquery.");
    return [lidx, uidx].map((index) => checkDeciding(index, place, "an index"));
  });
}

/** The columns of `(f(x)).*`, where they are known. */
export function findFieldsOf(node: unknown, place: Place): Column[] | undefined {
  const { arg, indirection } = getFields("A_Indirection", node) ?? {};
  if (getFields("A_Star", indirection?.[0]) === undefined) return undefined;
  const [alias] = listStrings(getFields("ColumnRef", arg)?.fields);
  const item = alias === undefined ? undefined : findItem(alias, undefined, place.scope);
  const known =
    item?.columns ?? listResultNames(arg)?.map((name) => ({ name, ...checkDeciding(arg, place, "taken apart") }));
  if (known === undefined || item?.open)
    refuse("The columns of (…).* are not known here: name them, or put the function into FROM.");
  return known;
}
