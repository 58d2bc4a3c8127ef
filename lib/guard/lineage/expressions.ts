import { checksumFunctions, totalFunctions } from "../functions";
import { keyed } from "../keyed-hash";
import { output, type Place } from "./query";
import { as, names, nodes, refuse, shown, unwrap, type Fields } from "../ast";
import type { Bounds } from "../rules";
import { notOverloaded } from "../overloads";
import { columnOf, itemNamed, notAColumn, readable, resolve, resultNames, type Column } from "./scope";
import { constant } from "../sizes";
import { clean, combined, either, keepPersonal, mustBeClean, type Value } from "./taint";

/** What an expression gives away. What may not even be computed, because it could ask about a value or fail on one, is refused here. */
export function value(node: unknown, place: Place): Value {
  const { type, fields } = unwrap(node) ?? {};
  if (type === undefined || fields === undefined) return clean;
  const evaluate =
    expressions.get(type) ??
    refuse("The statement has an expression that the runbook cannot follow: write it in another way.");
  return evaluate(fields, place);
}

/** The value of each of a list of expressions. */
export function values(list: unknown, place: Place): Value[] {
  return nodes(list).map((node) => value(node, place));
}

/** An expression that decides something: which rows, which branch, which order. */
export function decides(node: unknown, place: Place, where: string): Value {
  return mustBeClean(value(node, place), where);
}

/** What a value is made of. A statement may make nothing of a personal value; in a view, which somebody else wrote, it is only followed. */
function operand(node: unknown, place: Place, where: string): Value {
  return place.bounds.inView ? value(node, place) : decides(node, place, where);
}

const constantValue = () => clean;

/** Remembers that a personal column is read, even where nothing of it is shown. */
export function noted<T extends Value>(found: T, bounds: Bounds): T {
  bounds.personal ||= found.taint !== "clean";
  return found;
}

const expressions = new Map<string, (fields: Fields, place: Place) => Value>(
  Object.entries({
    A_Const: constantValue,
    ParamRef: constantValue,
    SQLValueFunction: constantValue,
    ColumnRef: ({ fields }: Fields, { scope, bounds }: Place) => noted(resolve(fields, scope), bounds),
    FuncCall: called,
    A_Expr: operated,
    TypeCast: converted,
    SubLink: subquery,
    A_Indirection: taken,
    BoolExpr: ({ args }: Fields, place: Place) =>
      combined(nodes(args).map((arg) => operand(arg, place, "a condition; IS NULL is allowed"))),
    NullTest: ({ arg }: Fields, place: Place) => nullTested([value(arg, place)], place),
    BooleanTest: ({ arg }: Fields, place: Place) => operand(arg, place, "a condition; IS NULL is allowed"),
    CaseExpr: chosen,
    CoalesceExpr: ({ args }: Fields, place: Place) =>
      either(
        nodes(args)
          .filter((arg) => !isBlank(arg))
          .map((arg) => value(arg, place)),
      ),
    MinMaxExpr: ({ args }: Fields, place: Place) =>
      combined(nodes(args).map((arg) => operand(arg, place, "compared in size"))),
    A_ArrayExpr: ({ elements }: Fields, place: Place) => strictly(values(elements, place)),
    RowExpr: ({ args }: Fields, place: Place) => strictly(values(args, place)),
    List: ({ items }: Fields, place: Place) => combined(values(items, place)),
    GroupingFunc: ({ args }: Fields, place: Place) => (values(args, place), clean),
    NamedArgExpr: ({ arg }: Fields, place: Place) => value(arg, place),
    CollateClause: ({ arg }: Fields, place: Place) => operand(arg, place, "collated"),
  }),
);

/** NULL or '': it says nothing about anybody. */
function isBlank(node: unknown): boolean {
  return (
    as("A_Const", node)?.isnull === true ||
    constant(node) === "" ||
    (as("TypeCast", node) !== undefined && isBlank(as("TypeCast", node)?.arg))
  );
}

function called(fields: Fields, place: Place): Value {
  if (keyed in fields) return hashed(value((fields as { [keyed]?: unknown })[keyed], place), place.bounds);
  const name = names(fields.funcname).pop() as string;
  if (place.bounds.trusted && checksumFunctions.has(name)) return clean;
  windowed(fields.over, place);
  if (fields.agg_filter !== undefined) decides(fields.agg_filter, place, "a condition in FILTER; IS NULL is allowed");
  const ordered = nodes(fields.agg_order).map((sort) => decides(as("SortBy", sort)?.node, place, "an order"));
  const args = nodes(fields.args);
  if (name === "count") return countedOnes(args, fields.agg_distinct === true, place);
  const given = values(args, place);
  if (/^num_(non)?nulls$/.test(name)) return nullTested(given, place);
  const personal = given.find(({ taint }) => taint !== "clean");
  if (personal === undefined || place.bounds.inView) return combined([...given, ...ordered]);
  const total =
    totalFunctions.get(name)?.(args.map(constant)) === true && given.slice(1).every(({ taint }) => taint === "clean");
  if (!total || fields.over !== undefined || args.some((arg) => as("NamedArgExpr", arg) !== undefined))
    return keepPersonal(personal.of, (column) => instead(name, column));
  return /length$/.test(name)
    ? strictly(given)
    : { ...given[0], ...(/^(md5|sha256|encode)$/.test(name) && { advice: instead(name, personal.of) }) };
}

/**
 * Where few values stand for many people, their hashes can be told apart by how often they occur; and where somebody may choose what is hashed,
 * everybody can be found by trying.
 */
function hashed({ taint, of }: Value, { columns }: Bounds): Value {
  if (columns === undefined) return clean;
  if (taint !== "raw")
    keepPersonal(
      of,
      () =>
        "keyed_hash is for a personal column as it is stored: with other values to compare, people could be found by trying.",
    );
  return isDistinctive(of)
    ? clean
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
function strictly(given: Value[]): Value {
  return { ...combined(given), strict: given.every(({ taint, strict }) => taint !== "made" || strict) };
}

/** Whether a value is NULL may be told of a column; of what an expression or a view makes of it, that would be a question about the value. */
function nullTested(given: Value[], { bounds }: Place): Value {
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
function countedOnes(args: unknown[], distinct: boolean, place: Place): Value {
  const parts = distinct
    ? args.flatMap((arg) => (as("RowExpr", arg) !== undefined ? nodes(as("RowExpr", arg)?.args) : [arg]))
    : args;
  const given = values(parts, place);
  if (distinct) given.forEach(notMade);
  return { ...nullTested(given, place), counted: true };
}

/** Values that are put beside each other for equality must be as they are stored. */
export function notMade(value: Value): Value {
  return value.taint === "made"
    ? keepPersonal(
        value.of,
        (column) => `A value made of ${column} cannot be compared or grouped: use the column itself.`,
      )
    : value;
}

function instead(name: string, column: string): string {
  if (/^(md5|sha\d+|hashtext|hashtextextended|crc32|encode)$/.test(name))
    return `${name} of ${column} can be undone by trying, so it is not shown: write keyed_hash(${column.split(".").pop()}), whose key is made for this run.`;
  if (
    /^(min|max|sum|avg|mode|string_agg|array_agg|json_?b?_?agg|first_value|last_value|lag|lead|percentile_\w+|any_value)$/.test(
      name,
    )
  )
    return `${name} of ${column} is one of its personal values: count it instead.`;
  return `${column} is personal: ${shown(name)} could show it, ask about it or fail on it; count it, or test IS NULL.`;
}

/** The window of a function, or one that is named in WINDOW. */
export function windowed(window: unknown, place: Place): void {
  const { partitionClause, orderClause, startOffset, endOffset } = (window ?? {}) as Fields;
  for (const node of nodes(partitionClause)) decides(node, place, "a window's partition");
  for (const sort of nodes(orderClause)) decides(as("SortBy", sort)?.node, place, "a window's order");
  for (const node of [startOffset, endOffset]) decides(node, place, "a window's frame");
}

function operated(fields: Fields, place: Place): Value {
  const { kind, name, lexpr, rexpr } = fields;
  const symbol = names(name).pop() as string;
  if (nodes(name).length === 1 && !String(kind).includes("BETWEEN")) notOverloaded(symbol, lexpr, rexpr, place);
  if (kind === "AEXPR_NULLIF") {
    const compared = comparison(lexpr, rexpr, place);
    return { ...either([value(lexpr, place)]), counted: compared.counted };
  }
  if (kind === "AEXPR_IN")
    return combined(nodes(as("List", rexpr)?.items).map((item) => comparison(lexpr, item, place)));
  if (
    (kind === "AEXPR_OP" && (symbol === "=" || symbol === "<>")) ||
    kind === "AEXPR_DISTINCT" ||
    kind === "AEXPR_NOT_DISTINCT"
  )
    return comparison(lexpr, rexpr, place);
  const where =
    kind === "AEXPR_OP" && !/[<>~]/.test(symbol)
      ? "computed with; count it"
      : "compared with anything but another personal column; IS NULL and = '' are allowed";
  const sides = [lexpr, rexpr].map((side) => operand(side, place, where));
  return symbol === "||" ? strictly(sides) : combined(sides);
}

/** Equality: of two harmless values, of two personal ones as they are stored, or with ''. Anything else would be a question about a person. */
function comparison(left: unknown, right: unknown, place: Place): Value {
  const [lefts, rights] = [left, right].map((side) => as("RowExpr", side)?.args);
  if (lefts !== undefined && rights !== undefined && nodes(lefts).length === nodes(rights).length)
    return combined(nodes(lefts).map((one, index) => comparison(one, nodes(rights)[index], place)));
  const [one, other] = [value(left, place), value(right, place)];
  if (isBlank(left) || isBlank(right))
    return combined([
      { ...notMade(one), taint: "clean" },
      { ...notMade(other), taint: "clean" },
    ]);
  return equal(one, other, place);
}

export function equal(one: Value, other: Value, { bounds }: Place): Value {
  if (one.taint === "raw" && other.taint === "raw" && !bounds.inView) requireSameKind(one, other);
  if (one.taint === other.taint && one.taint !== "made") return { ...clean, counted: one.counted || other.counted };
  if (bounds.inView) return combined([one, other]);
  return keepPersonal(
    one.of || other.of,
    (column) =>
      `${column} is personal: it can be compared only with another personal column as it is stored, or tested with IS NULL or = ''.`,
  );
}

/** Two personal columns may be compared where both hold the same kind of thing; else one of them is a list to try with. */
function requireSameKind(one: Value, other: Value): void {
  const [first, second] = [one, other].map(({ of }) => kindOf(of));
  const apart = one.of !== other.of && (one.unlisted || other.unlisted || first !== second);
  if (apart)
    keepPersonal(
      one.unlisted ? other.of : one.of,
      (column) =>
        `${column} is personal: it can be compared only with a listed column of the same kind, such as another e-mail; list the other one, or count.`,
    );
}

/** What kind of thing a personal column holds, by its name. */
function kindOf(column: string): string {
  const name = column.split(".").pop() ?? "";
  return kinds.exec(name)?.[0].toLowerCase() ?? name;
}

const kinds =
  /mail|phone|fax|npi|ssn|first_name|last_name|middle_name|username|birth|license_number|zip|city|address|token|_name$/i;

function converted({ arg, typeName }: Fields, place: Place): Value {
  // a checksum writes a whole row as one literal and hashes it twice: what stands in it counts as inside the hash, and only a hash lets it out
  if (place.bounds.trusted && as("RowExpr", arg) !== undefined && names((typeName as Fields).names).pop() === "text")
    return noted({ ...clean, taint: "made", of: "A row" }, place.bounds);
  const found = value(arg, place);
  if (found.taint === "clean") return found;
  const type = typeName as Fields;
  const isText =
    /^(text|varchar)$/.test(names(type.names).pop() ?? "") &&
    nodes(type.typmods).length === 0 &&
    nodes(type.arrayBounds).length === 0;
  if (place.bounds.inView) return strictly([found]);
  return isText
    ? found
    : keepPersonal(
        found.of,
        (column) => `${column} is personal: a cast could fail on a value and print it; only a cast to text is allowed.`,
      );
}

function chosen({ arg, args, defresult }: Fields, place: Place): Value {
  const whens = nodes(args).map((when) => as("CaseWhen", when) ?? {});
  const conditions = whens.map(({ expr }) =>
    arg === undefined ? decides(expr, place, "a condition in CASE; IS NULL is allowed") : comparison(arg, expr, place),
  );
  const results = [...whens.map(({ result }) => result), defresult]
    .filter((result) => result !== undefined && !isBlank(result))
    .map((result) => value(result, place));
  return { ...either(results), counted: [...results, ...conditions].some(({ counted }) => counted) };
}

function subquery({ subLinkType, testexpr, operName, subselect }: Fields, place: Place): Value {
  const columns = output(as("SelectStmt", subselect) ?? refuse("A subquery must be a SELECT."), place);
  if (subLinkType === "EXISTS_SUBLINK") return clean;
  if (subLinkType === "EXPR_SUBLINK") return either(columns);
  if (subLinkType === "ARRAY_SUBLINK") return combined(columns);
  if (nodes(operName).length === 1) notOverloaded(names(operName)[0], testexpr, undefined, place);
  const tested =
    as("RowExpr", testexpr) !== undefined ? values(as("RowExpr", testexpr)?.args, place) : [value(testexpr, place)];
  const symbol = names(operName).pop() ?? "=";
  if (tested.length !== columns.length || !["=", "<>"].includes(symbol))
    return combined([...tested, ...columns].map((one) => mustBeClean(one, "compared with a subquery like this")));
  return combined(tested.map((one, index) => equal(one, columns[index], place)));
}

/** `(x).field`, `x[1]`: a field of a row that is a table's, or an element. */
function taken({ arg, indirection }: Fields, place: Place): Value {
  const steps = nodes(indirection);
  const field = as("String", steps[0])?.sval;
  if (typeof field !== "string") return combined([decides(arg, place, "taken apart"), ...indices(steps, place)]);
  const [alias, schema] = names(as("ColumnRef", arg)?.fields).reverse();
  const item = alias === undefined ? undefined : itemNamed(alias, schema, place.scope);
  if (item !== undefined) {
    const found = noted(
      readable(columnOf(item, field) ?? refuse(notAColumn(alias, field), "undefined_column")),
      place.bounds,
    );
    return steps.length === 1
      ? found
      : combined([mustBeClean(found, "taken apart"), ...indices(steps.slice(1), place)]);
  }
  if (!resultNames(arg)?.includes(field))
    refuse(
      `The field ${shown(field)} is taken from something that is no table: put the function into FROM, or name the column.`,
    );
  return combined([decides(arg, place, "taken apart"), ...indices(steps.slice(1), place)]);
}

function indices(steps: unknown[], place: Place): Value[] {
  return steps.flatMap((step) => {
    const { lidx, uidx } =
      as("A_Indices", step) ?? refuse("A field of a field is taken here: take the row apart in a subquery.");
    return [lidx, uidx].map((index) => decides(index, place, "an index"));
  });
}

/** The columns of `(f(x)).*`, where they are known. */
export function fieldsOf(node: unknown, place: Place): Column[] | undefined {
  const { arg, indirection } = as("A_Indirection", node) ?? {};
  if (as("A_Star", nodes(indirection)[0]) === undefined) return undefined;
  const [alias] = names(as("ColumnRef", arg)?.fields);
  const item = alias === undefined ? undefined : itemNamed(alias, undefined, place.scope);
  const known = item?.columns ?? resultNames(arg)?.map((name) => ({ name, ...decides(arg, place, "taken apart") }));
  if (known === undefined || item?.open)
    refuse("The columns of (…).* are not known here: name them, or put the function into FROM.");
  return known;
}
