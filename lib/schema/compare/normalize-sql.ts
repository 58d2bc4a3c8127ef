import { scanSync } from "libpg-query";
import type { A_Expr, Alias, Node, RangeVar, SelectStmt, TypeName, WithClause } from "@pgsql/types";
import {
  getNode,
  isPart,
  listNodesOf,
  listStrings,
  parseStatements,
  unwrapNode,
  type Fields,
  type Part,
  type Tag,
} from "../../sql/tree";

/** What names mean on one side: the same name can stand for another thing under another search path. */
export interface Names {
  path: string[];
  /** Sides that find the same under every unqualified name have the same sign. */
  sign?: string;
  /** Whether that schema holds such an object of ours. */
  holds(what: "relation" | "type" | "function", schema: string, name: string): boolean;
  /** The table that an expression is about, as `schema.table`. */
  table?: string;
  /** The type of a column of that table. */
  columnType?(column: string): string | undefined;
  /** What the other side most likely calls this relation, or this column of a relation. */
  renamed?(relation: string, column?: string): string;
  /** The sequence that belongs to the column in question. */
  ownSequence?: string;
  /** What the queries of a WITH are called here, and what we call them. */
  queries?: Map<string, string>;
}

/** What a part of a statement means, for JSON: two spellings of one meaning have the same form. */
type Form = string | number | boolean | null | undefined | Form[] | FormFields;
/** The form of a node: of its own, or its fields as they are. */
interface FormFields {
  [field: string]: Form;
}

/** An expression's meaning as text: two spellings of one meaning come out alike. */
export function normalizeExpression(sql: string, names: Names): string {
  return JSON.stringify(normalizeTree(parseExpression(sql), names, []));
}

/** The node of an expression; throws where the text is not one. */
function parseExpression(sql: string): Node {
  const select = getNode("SelectStmt", parseStatements(`select ${sql}`)[0]);
  const value = getNode("ResTarget", select?.targetList?.[0])?.val;
  if (!value) throw new Error("There is no expression.");
  return value;
}

/** The meaning of a column's default: the column's type is what it becomes, whether it says so or not. */
export function normalizeDefault(sql: string, type: string, names: Names): string | null {
  const wanted = normalizeType(type, names);
  let tree = toFields(normalizeTree(parseExpression(sql), names, []));
  if ("cast" in tree && [wanted, wanted.replace(/\(.*\)/, "")].includes(String(tree.to))) tree = toFields(tree.cast);
  if (!("constant" in tree)) return JSON.stringify(tree);
  if (tree.constant === null) return null;
  const constant = convertConstant(tree, wanted.replace(/\(.*\)/, "")) ?? tree;
  const usual =
    constant.of === "text" || constant.of === wanted || NUMBERS.has(String(constant.of)) || constant.of === "number";
  return JSON.stringify({ constant: constant.constant, of: usual ? "column" : constant.of });
}

/** The meaning of a whole statement, whatever the thing that it creates is called. */
export function normalizeStatement(sql: string, names: Names): string {
  const statement = unwrapNode(parseStatements(sql)[0]);
  if (!statement) throw new Error("There is no statement.");
  const rest = Object.fromEntries(Object.entries(statement.fields).filter(([field]) => !OWN_NAMES.has(field)));
  return JSON.stringify(normalizeTree({ [statement.type]: rest }, names, []));
}

const OWN_NAMES = new Set(["idxname", "trigname", "rulename", "defnames", "replace"]);

/** The meaning of a partition's bounds: a list of values has no order. */
export function normalizeBounds(bounds: string, names: Names): string {
  return normalizeStatement(`create table this partition of that ${bounds}`, names);
}

export function normalizeConstraint(definition: string, names: Names): string {
  return normalizeStatement(`alter table this add ${definition}`, names);
}

export function normalizeType(type: string, names: Names): string {
  try {
    const cast = getNode("TypeCast", parseExpression(`null::${type}`));
    return cast?.typeName ? nameType(cast.typeName, names) : type;
  } catch {
    return type;
  }
}

/** A program's words without its white space; its comments apart. */
export function splitWords(source: string): { code: string; comments: string } {
  const tokens = scanSync(source).tokens;
  const isComment = ({ tokenName }: { tokenName: string }) => tokenName.endsWith("COMMENT");
  const plain = ({ tokenName, keywordKind, text }: { tokenName: string; keywordKind: number; text: string }) =>
    (tokenName === "IDENT" && !text.startsWith('"')) || keywordKind > 0 ? text.toLowerCase() : text;
  return {
    code: JSON.stringify(tokens.filter((token) => !isComment(token)).map(plain)),
    comments: JSON.stringify(tokens.filter(isComment).map(({ text }) => text.trim())),
  };
}

/** A table that a query names: how it is called there, and what we call it. */
interface Source {
  alias: string;
  called: string;
  relation: string;
  /** The column that a function in FROM has by its alias alone. */
  own?: string;
}
/** One level of a query: an only source needs no qualifier. */
type Level = Source[];

function normalizeTree(value: unknown, names: Names, levels: Level[]): Form {
  if (Array.isArray(value)) return value.map((item) => normalizeTree(item, names, levels));
  if (!isPart(value)) return isPlain(value) ? value : undefined;
  if (isSelect(value)) return normalizeSelect(value, names, levels);
  if (isRangeVar(value)) return normalizeRangeVar(value, names, levels);
  if (isTypeName(value)) return nameType(value, names);
  const copy: FormFields = {};
  for (const [key, item] of Object.entries(value))
    if (!PLACES.test(key)) copy[key] = normalizeTree(item, names, levels);
  if ("listdatums" in copy) copy.listdatums = sortList(copy.listdatums);
  const node = unwrapNode(value);
  return (node && applyRule(node.type, node.fields, toFields(copy[node.type]), names, levels)) ?? copy;
}

function isPlain(value: unknown): value is string | number | boolean {
  return ["string", "number", "boolean"].includes(typeof value);
}

// fields of which a tree holds some without their type
function isSelect(part: Part): part is Part & SelectStmt {
  return "limitOption" in part;
}
function isRangeVar(part: Part): part is Part & RangeVar {
  return "relname" in part;
}
function isTypeName(part: Part): part is Part & TypeName {
  return "typemod" in part && "names" in part;
}

function isFields(form: Form): form is FormFields {
  return typeof form === "object" && form !== null && !Array.isArray(form);
}

function toFields(form: Form): FormFields {
  return isFields(form) ? form : {};
}

function toList(form: Form): Form[] {
  return Array.isArray(form) ? form : [];
}

const PLACES = /(^|_)location$|^(list|rexpr_list)_(start|end)$|^stmt_len$|^funcformat$|^relpersistence$/;

/** The form of a node of this type: `copy` has the forms of its fields. */
type Rule<T extends Tag> = (node: Fields<T>, copy: FormFields, names: Names, levels: Level[]) => Form;

function applyRule<T extends Tag>(type: T, ...given: Parameters<Rule<T>>): Form {
  const rule: Rule<T> | undefined = RULES[type];
  return rule?.(...given);
}

const RULES: { [T in Tag]?: Rule<T> } = {
  String: (node) => node.sval ?? "",
  A_Const: (node) => {
    if (node.isnull) return { constant: null, of: "null" };
    if (node.sval) return { constant: node.sval.sval ?? "", of: "text" };
    if (node.boolval) return { constant: String(node.boolval.boolval ?? false), of: "bool" };
    if (node.bsval) return { constant: node.bsval.bsval ?? "", of: "bit" };
    return { constant: formatNumber(node.ival?.ival ?? node.fval?.fval ?? 0), of: "number" };
  },
  TypeCast: (_node, copy, names) => normalizeCast(toFields(copy.arg), String(copy.typeName), names),
  SQLValueFunction: (node, copy) =>
    node.op === "SVFOP_CURRENT_TIMESTAMP" ? { call: "now" } : { SQLValueFunction: copy },
  FuncCall: (node, { funcname: _name, args, ...rest }, names) => {
    const call = qualifyName(listStrings(node.funcname), "function", names);
    if (call === "transaction_timestamp") return { call: "now" };
    const first = toFields(toList(args)[0]);
    if (/^(extract|date_part)$/.test(call) && typeof first.constant === "string")
      first.constant = first.constant.toLowerCase();
    if (call === "nextval" && names.ownSequence && first.constant === names.ownSequence)
      return { call, args: ["the column's own sequence"] };
    return { call: ALIASES[call] ?? call, ...(args ? { args } : {}), ...rest };
  },
  CreateTrigStmt: (node, copy, names) => ({
    ...copy,
    funcname: qualifyName(listStrings(node.funcname), "function", names),
  }),
  ColumnRef: (node, _copy, names, levels) => normalizeColumn(listStrings(node.fields), names, levels),
  A_ArrayExpr: (_node, copy) => ({ array: copy.elements ?? [] }),
  CollateClause: (node, copy, names) => ({
    collate: copy.arg,
    by: qualifyName(listStrings(node.collname), "type", names),
  }),
  A_Expr: normalizeOperator,
  BoolExpr: (node, copy) => makeBoolean(String(node.boolop), toList(copy.args)),
  // how a query or a function in FROM is called means nothing: what speaks of its columns says its place
  RangeSubselect: (_node, copy) => ({ RangeSubselect: { ...copy, alias: toFields(copy.alias).colnames } }),
  RangeFunction: (node, copy) => ({ RangeFunction: { ...copy, alias: listAliasedColumns(node.alias) } }),
  // only the values of a query within an expression count
  SubLink: (node, copy) => {
    const inner = toFields(toFields(toFields(copy.subselect).SelectStmt).select);
    const values = inner.targetList && toList(inner.targetList).map((target) => toFields(target).value);
    // whether a row exists does not depend on what is shown of it
    const shown =
      node.subLinkType === "EXISTS_SUBLINK" && !inner.groupClause && !inner.distinctClause ? undefined : values;
    return { ...copy, subselect: { ...inner, targetList: shown } };
  },
  IndexElem: (node, copy, names) => ({
    ...copy,
    ...(node.name === undefined ? {} : { name: rename(node.name, names) }),
    ...(node.opclass ? { opclass: qualifyName(listStrings(node.opclass), "type", names) } : {}),
    ...(node.collation ? { collation: qualifyName(listStrings(node.collation), "type", names) } : {}),
  }),
  Constraint: (node, copy, names) => {
    const own = (list: Node[] | undefined) => list && listStrings(list).map((name) => rename(name, names));
    const target = toFields(toFields(copy.pktable).RangeVar);
    const there = (list: Node[] | undefined) =>
      list && listStrings(list).map((name) => names.renamed?.(String(target.relation), name) ?? name);
    return {
      ...copy,
      keys: own(node.keys),
      including: own(node.including),
      fk_attrs: own(node.fk_attrs),
      pk_attrs: there(node.pk_attrs),
      options: sortList(copy.options),
    };
  },
};

/** Functions that have several names. */
const ALIASES: Record<string, string> = {
  extract: "date_part",
  char_length: "length",
  character_length: "length",
  ceiling: "ceil",
  pow: "power",
  substr: "substring",
};

function listAliasedColumns(alias: Alias | undefined): string[] | undefined {
  const columns = alias?.colnames && listStrings(alias.colnames);
  return columns?.length === 1 && columns[0] === alias?.aliasname ? undefined : columns;
}

function rename(name: string, names: Names): string {
  return (names.table && names.renamed?.(names.table, name)) ?? name;
}

function normalizeColumn(parts: string[], names: Names, levels: Level[]): Form {
  const path = parts.map((part) => part || "*");
  if (path.length === 1) {
    const [only] = levels.length ? levels[levels.length - 1] : [];
    const relation = levels.length ? (levels[levels.length - 1].length === 1 ? only.relation : undefined) : names.table;
    // a query within the query has no name of its own that could be another's
    return { column: [(relation ? names.renamed?.(relation, path[0]) : undefined) ?? resolveOwnName(only, path[0])] };
  }
  for (let at = levels.length - 1; at >= 0; at -= 1) {
    const source = levels[at].find(({ alias }) => alias === path[path.length - 2]);
    if (!source) continue;
    const name =
      names.renamed?.(source.relation, path[path.length - 1]) ?? resolveOwnName(source, path[path.length - 1]);
    return { column: at === levels.length - 1 && levels[at].length === 1 ? [name] : [source.called, name] };
  }
  // old.x and new.x of a trigger or a rule
  return { column: [...path.slice(0, -1), rename(path[path.length - 1], names)] };
}

function resolveOwnName(source: Source | undefined, name: string): string {
  return source?.own === name ? "its value" : name;
}

function normalizeSelect(node: SelectStmt, around: Names, outer: Level[]): Form {
  const level: Level = [];
  const { names, withClause } = readWith(node.withClause, around, outer);
  const collect = (item: Node | undefined): void => {
    const join = getNode("JoinExpr", item);
    for (const side of join ? [join.larg, join.rarg] : []) collect(side);
    const table = getNode("RangeVar", item);
    const given = getAlias(item);
    const alias = given?.aliasname ?? table?.relname;
    if (alias === undefined) return;
    const columns = listStrings(given?.colnames);
    const own = getNode("RangeFunction", item) && columns.length === 1 && columns[0] === alias ? alias : undefined;
    level.push({
      alias,
      called: `t${outer.length}.${level.length}`,
      relation: table ? nameRelation(table, names) : "",
      own,
    });
  };
  for (const item of node.fromClause ?? []) collect(item);
  const levels = [...outer, level];
  const copy: FormFields = withClause ? { withClause } : {};
  for (const [key, item] of Object.entries(node)) {
    if (key === "withClause") continue;
    if (key === "targetList")
      copy[key] = listNodesOf("ResTarget", node.targetList).map(({ name, val }) => ({
        name: name ?? nameOutput(val),
        value: normalizeTree(val, names, levels),
      }));
    else if (!PLACES.test(key)) copy[key] = normalizeTree(item, names, levels);
  }
  return { select: copy };
}

/** What an entry of FROM is called. */
function getAlias(item: Node | undefined): Alias | undefined {
  const { fields } = unwrapNode(item) ?? {};
  return fields && "alias" in fields ? fields.alias : undefined;
}

/**
 * The queries of a WITH by their place: how they are called means nothing. Without RECURSIVE a query knows those
 * before it alone.
 */
function readWith(node: WithClause | undefined, around: Names, outer: Level[]): { names: Names; withClause?: Form } {
  if (!node) return { names: around };
  const queries = new Map(around.queries);
  const names = { ...around, queries };
  const ctes = listNodesOf("CommonTableExpr", node.ctes);
  const add = (query: { ctename?: string }, at: number) => queries.set(String(query.ctename), `q${outer.length}.${at}`);
  if (node.recursive) ctes.forEach(add);
  const read = ctes.map((query, at) => {
    const inside = normalizeTree(
      { ...query, ctename: `q${outer.length}.${at}` },
      { ...names, queries: new Map(queries) },
      outer,
    );
    add(query, at);
    return inside;
  });
  return { names, withClause: { recursive: node.recursive ?? false, queries: read } };
}

/** The name that the server gives to a column of a query that has none. */
function nameOutput(value: Node | undefined): string {
  const last = (names: Node[] | undefined) => getNode("String", names?.at(-1))?.sval ?? "*";
  const node = unwrapNode(value);
  if (node?.type === "ColumnRef") return last(node.fields.fields);
  if (node?.type === "FuncCall") return last(node.fields.funcname);
  if (node?.type === "TypeCast") {
    const inner = nameOutput(node.fields.arg);
    return inner === "?column?" ? last(node.fields.typeName?.names) : inner;
  }
  const names: { [T in Tag]?: string } = { CaseExpr: "case", CoalesceExpr: "coalesce", A_ArrayExpr: "array" };
  return (node && names[node.type]) ?? "?column?";
}

function normalizeRangeVar(node: RangeVar, names: Names, levels: Level[]): Form {
  const relation = nameRelation(node, names);
  const alias = node.alias?.aliasname ?? node.relname;
  const source = levels.length ? levels[levels.length - 1].find((known) => known.alias === alias) : undefined;
  const columns = node.alias?.colnames;
  return {
    RangeVar: {
      relation: names.renamed?.(relation) ?? relation,
      only: !node.inh,
      ...(source ? { called: source.called } : {}),
      ...(columns ? { columns: normalizeTree(columns, names, levels) } : {}),
    },
  };
}

function nameRelation({ schemaname, relname }: RangeVar, names: Names): string {
  const query = schemaname === undefined ? names.queries?.get(String(relname)) : undefined;
  const parts = [schemaname, relname].filter((name): name is string => name !== undefined);
  return query ?? qualifyName(parts, "relation", names);
}

/**
 * Under which name we know what is called this here; the system's things, and what an extension may have put into
 * public, have a bare name.
 */
function qualifyName(parts: string[], what: "relation" | "type" | "function", names: Names): string {
  const name = parts[parts.length - 1];
  const schema =
    parts.length > 1 ? parts[parts.length - 2] : names.path.find((candidate) => names.holds(what, candidate, name));
  // the server says public, although it is in the path, where the system has the same name
  const hidden = parts.length > 1 && names.path.includes("public") && what === "function";
  const bare =
    schema === undefined || schema === "pg_catalog" || (schema === "public" && what !== "relation" && !hidden);
  return bare ? name : `${schema}.${name}`;
}

function nameType(node: TypeName, names: Names): string {
  const parts = listStrings(node.names);
  const modifiers = (node.typmods ?? []).map(
    (item) => toFields(normalizeTree(item, names, [])).constant ?? JSON.stringify(item),
  );
  return `${node.setof ? "setof " : ""}${renameType(qualifyName(parts, "type", names), names)}${modifiers.length ? `(${modifiers.join(",")})` : ""}${node.arrayBounds ? "[]" : ""}`;
}

function renameType(type: string, names: Names): string {
  const renamed = names.renamed?.(type.includes(".") ? type : `public.${type}`) ?? type;
  return renamed.replace(/^public\./, "");
}

const TEXTS = new Set(["text", "varchar"]);
const NUMBERS = new Set(["int2", "int4", "int8", "numeric", "float4", "float8"]);

function normalizeCast(value: FormFields, type: string, names: Names): Form {
  const element = type.slice(0, -2);
  if ("array" in value && type.endsWith("[]"))
    return { array: toList(value.array).map((item) => normalizeCast(toFields(item), element, names)) };
  if ("constant" in value) {
    if (type.endsWith("[]") && /^\{[\w, -]*\}$/.test(String(value.constant)))
      return { array: listElements(String(value.constant)).map((item) => normalizeCast(item, element, names)) };
    if (type === "regclass")
      return { constant: qualifyName(splitName(String(value.constant)), "relation", names), of: type };
    const constant = convertConstant(value, type);
    if (constant) return constant;
  }
  const [column, ...more] = toList(value.column);
  if (TEXTS.has(type) && typeof column === "string" && more.length === 0) {
    const own = names.columnType?.(column);
    if (own && /^(varchar|text)/.test(own)) return value;
  }
  if (TEXTS.has(type) && TEXTS.has(String(value.to))) return { cast: value.cast, to: type };
  return { cast: value, to: type };
}

/** The elements of an array's plain text: `{a,b}`. */
function listElements(text: string): FormFields[] {
  return text
    .slice(1, -1)
    .split(",")
    .filter((element) => element !== "")
    .map((element) => ({ constant: element.trim(), of: "text" }));
}

/** A constant of that type, where its text says all: `'a'::varchar` is `'a'`, `'-1'::integer` is -1. */
function convertConstant(value: FormFields, type: string): FormFields | undefined {
  const text = String(value.constant);
  if (value.constant === null) return value;
  if (value.of === "text" && TEXTS.has(type)) return value;
  if (value.of === "text" && type === "bool" && /^(t|f|true|false)$/i.test(text))
    return { constant: /^t/i.test(text) ? "true" : "false", of: "bool" };
  if (
    NUMBERS.has(type) &&
    (value.of === "number" || NUMBERS.has(String(value.of)) || (value.of === "text" && /^-?\d+(\.\d+)?$/.test(text)))
  )
    return { constant: formatNumber(text), of: type === "int4" ? "number" : type };
  return undefined;
}

function formatNumber(value: unknown): string {
  const text = String(value);
  return /^-?\d+\.\d*$/.test(text) ? text.replace(/\.?0+$/, "") : text;
}

function splitName(name: string): string[] {
  return (name.match(/"(?:[^"]|"")*"|[^.]+/g) ?? []).map((part) =>
    part.startsWith('"') ? part.slice(1, -1).replace(/""/g, '"') : part,
  );
}

const COMPARISONS = new Set(["=", "<>", "<", ">", "<=", ">="]);

function normalizeOperator(node: A_Expr, copy: FormFields, names: Names): Form {
  const name = nameOperator(listStrings(node.name), names);
  const [left, right] = [copy.lexpr === undefined ? undefined : toFields(copy.lexpr), toFields(copy.rexpr)];
  if (name === "-" && !left && right.of === "number")
    return { constant: formatNumber(`-${right.constant}`), of: "number" };
  const list = right.array ?? toFields(right.List).items;
  if (list && name === "=" && /^AEXPR_(OP_ANY|IN)$/.test(String(node.kind))) return isIn(left, toList(list));
  if (list && name === "<>" && /^AEXPR_(OP_ALL|IN)$/.test(String(node.kind)))
    return invertNode(isIn(left, toList(list)));
  // up to version 13 a part of a date is a double precision, from 14 on a numeric
  if ([left, right].some((side) => /^(date_part|extract)$/.test(String(side?.call))))
    return { operator: name, kind: node.kind, left: removeTypes(left), right: removeTypes(right) };
  const kind = ["AEXPR_LIKE", "AEXPR_ILIKE"].includes(String(node.kind)) ? "AEXPR_OP" : node.kind;
  if (/^!~/.test(name)) return { not: { operator: name.slice(1), kind, left, right } };
  if (!COMPARISONS.has(name)) return { operator: name, kind, left, right };
  if (kind === "AEXPR_OP" && left) return normalizeComparison(name, left, right);
  return { operator: name, kind, left: removeTypes(left), right: removeTypes(right) };
}

/** What is compared has no order: 0 < a is a > 0, and b = a is a = b. */
function normalizeComparison(name: string, left: FormFields, right: FormFields): FormFields {
  const [a, b] = isConstant(left) && !isConstant(right) ? [right, left] : [left, right];
  if (/^(=|<>)$/.test(name)) {
    const equal = isConstant(b)
      ? isIn(a, [b])
      : { operator: "=", kind: "AEXPR_OP", either: sortList([removeTypes(a), removeTypes(b)]) };
    return name === "=" ? equal : invertNode(equal);
  }
  const turned = a === left ? name : TURNED[name];
  const greater = turned.startsWith(">") && !isConstant(b);
  const [first, second] = greater ? [b, a] : [a, b];
  return {
    operator: greater ? TURNED[turned] : turned,
    kind: "AEXPR_OP",
    left: removeTypes(first),
    right: removeTypes(second),
  };
}

const TURNED: Record<string, string> = { "<": ">", ">": "<", "<=": ">=", ">=": "<=" };
const CONTRARY: Record<string, string> = { "<": ">=", ">": "<=", "<=": ">", ">=": "<" };

function isConstant(node: FormFields): boolean {
  return "constant" in node || "constant" in toFields(node.cast);
}

/** An operator's schema is said where it is not found without it. */
function nameOperator(parts: string[], { path }: Names): string {
  return parts.filter((part) => part !== "pg_catalog" && (part !== "public" || path.includes("public"))).join(".");
}

function isIn(left: Form, list: Form[]): FormFields {
  const once = new Map(list.map(removeTypes).map((item) => [JSON.stringify(item), item]));
  return { value: removeTypes(left), in: sortList([...once.values()]) };
}

function invertNode(node: FormFields): FormFields {
  const contrary = node.kind === "AEXPR_OP" && "left" in node ? CONTRARY[String(node.operator)] : undefined;
  if (contrary) return { ...node, operator: contrary };
  return "not" in node ? toFields(node.not) : { not: node };
}

/** A number's type says nothing where it is compared. */
function removeTypes(value: Form): Form {
  return isFields(value) && NUMBERS.has(String(value.of)) ? { ...value, of: "number" } : value;
}

function makeBoolean(operation: string, args: Form[]): Form {
  if (operation === "NOT_EXPR") return invertNode(toFields(args[0]));
  const word = operation === "AND_EXPR" ? "and" : "or";
  const sets = new Map<string, { value: Form; list: Form[] }>();
  const rest: Form[] = [];
  for (const arg of args.flatMap((each) => toFields(each)[word] ?? [each])) {
    // one of these or one of those, none of these and none of those
    const set = toFields(word === "or" ? arg : toFields(arg).not);
    if ("in" in set) {
      const key = JSON.stringify(set.value);
      sets.set(key, { value: set.value, list: [...(sets.get(key)?.list ?? []), ...toList(set.in)] });
    } else rest.push(arg);
  }
  const joined = [...sets.values()].map(({ value, list }) => isIn(value, list));
  const all = [...rest, ...(word === "or" ? joined : joined.map(invertNode))];
  return all.length === 1 ? all[0] : { [word]: sortList(all) };
}

function sortList(list: Form): Form[] | undefined {
  return Array.isArray(list) ? [...list].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : undefined;
}
