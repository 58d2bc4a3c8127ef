import { parseSync, scanSync } from "libpg-query";

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

type Tree = unknown;
type Node = Record<string, unknown>;

/** An expression's meaning as text: two spellings of one meaning come out alike. */
export function normalizeExpression(sql: string, names: Names): string {
  const [statement] = parse(`select ${sql}`);
  const [target] = (statement.SelectStmt as { targetList: { ResTarget: { val: Node } }[] }).targetList;
  return JSON.stringify(normalizeTree(target.ResTarget.val, names, []));
}

/** The meaning of a column's default: the column's type is what it becomes, whether it says so or not. */
export function normalizeDefault(sql: string, type: string, names: Names): string | null {
  const wanted = normalizeType(type, names);
  let tree = JSON.parse(normalizeExpression(sql, names)) as Node;
  if ("cast" in tree && [wanted, wanted.replace(/\(.*\)/, "")].includes(String(tree.to))) tree = tree.cast as Node;
  if (!("constant" in tree)) return JSON.stringify(tree);
  if (tree.constant === null) return null;
  const constant = convertConstant(tree, wanted.replace(/\(.*\)/, "")) ?? tree;
  const usual =
    constant.of === "text" || constant.of === wanted || NUMBERS.has(String(constant.of)) || constant.of === "number";
  return JSON.stringify({ constant: constant.constant, of: usual ? "column" : constant.of });
}

/** The meaning of a whole statement, whatever the thing that it creates is called. */
export function normalizeStatement(sql: string, names: Names): string {
  const [statement] = parse(sql);
  const [[tag, node]] = Object.entries(statement) as [string, Node][];
  const { idxname, trigname, rulename, defnames, replace, ...rest } = node;
  void [idxname, trigname, rulename, defnames, replace];
  return JSON.stringify(normalizeTree({ [tag]: rest }, names, []));
}

/** The meaning of a partition's bounds: a list of values has no order. */
export function normalizeBounds(bounds: string, names: Names): string {
  return normalizeStatement(`create table this partition of that ${bounds}`, names);
}

export function normalizeConstraint(definition: string, names: Names): string {
  return normalizeStatement(`alter table this add ${definition}`, names);
}

export function normalizeType(type: string, names: Names): string {
  try {
    const [statement] = parse(`select null::${type}`);
    const target = (statement.SelectStmt as { targetList: { ResTarget: { val: { TypeCast: Node } } }[] }).targetList[0];
    return String(normalizeTree(target.ResTarget.val.TypeCast.typeName, names, []));
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

function parse(sql: string): Record<string, Node>[] {
  return (parseSync(sql) as unknown as { stmts: { stmt: Record<string, Node> }[] }).stmts.map(({ stmt }) => stmt);
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

function normalizeTree(value: Tree, names: Names, levels: Level[]): Tree {
  if (Array.isArray(value)) return value.map((item) => normalizeTree(item, names, levels));
  if (typeof value !== "object" || value === null) return value;
  const node = value as Node;
  if ("limitOption" in node) return select(node, names, levels);
  if ("relname" in node) return normalizeRangeVar(node, names, levels);
  if ("typemod" in node && "names" in node) return nameType(node, names);
  const copy: Node = {};
  for (const [key, item] of Object.entries(node)) if (!PLACES.test(key)) copy[key] = normalizeTree(item, names, levels);
  if ("listdatums" in copy) copy.listdatums = sortList(copy.listdatums);
  const [tag] = Object.keys(copy);
  return RULES[tag]?.(copy[tag] as Node, names, levels) ?? copy;
}

const PLACES = /(^|_)location$|^(list|rexpr_list)_(start|end)$|^stmt_len$|^funcformat$|^relpersistence$/;

const RULES: Record<string, (node: Node, names: Names, levels: Level[]) => Tree> = {
  String: (node) => node.sval ?? "",
  A_Const: (node) => {
    if (node.isnull) return { constant: null, of: "null" };
    if ("sval" in node) return { constant: (node.sval as Node).sval ?? "", of: "text" };
    if ("boolval" in node) return { constant: String((node.boolval as Node).boolval ?? false), of: "bool" };
    return { constant: formatNumber((node.ival as Node)?.ival ?? (node.fval as Node)?.fval ?? 0), of: "number" };
  },
  TypeCast: (node, names) => normalizeCast(node.arg as Node, String(node.typeName), names),
  SQLValueFunction: (node) => (node.op === "SVFOP_CURRENT_TIMESTAMP" ? { call: "now" } : { SQLValueFunction: node }),
  FuncCall: (node, names) => {
    const { funcname, args, ...rest } = node;
    const call = qualifyName(funcname as string[], "function", names);
    if (call === "transaction_timestamp") return { call: "now" };
    const [first] = (args ?? []) as Node[];
    if (/^(extract|date_part)$/.test(call) && typeof first?.constant === "string")
      first.constant = first.constant.toLowerCase();
    if (call === "nextval" && names.ownSequence && first.constant === names.ownSequence)
      return { call, args: ["the column's own sequence"] };
    return { call: ALIASES[call] ?? call, ...(args ? { args } : {}), ...rest };
  },
  CreateTrigStmt: (node, names) => ({ ...node, funcname: qualifyName(node.funcname as string[], "function", names) }),
  ColumnRef: (node, names, levels) => normalizeColumn(node.fields as Tree[], names, levels),
  A_ArrayExpr: (node) => ({ array: node.elements ?? [] }),
  CollateClause: (node, names) => ({ collate: node.arg, by: qualifyName(node.collname as string[], "type", names) }),
  A_Expr: normalizeOperator,
  BoolExpr: (node) => makeBoolean(String(node.boolop), node.args as Tree[]),
  // how a query or a function in FROM is called means nothing: what speaks of its columns says its place
  RangeSubselect: (node) => ({ RangeSubselect: { ...node, alias: (node.alias as Node | undefined)?.colnames } }),
  RangeFunction: (node) => ({ RangeFunction: { ...node, alias: listAliasedColumns(node.alias as Node | undefined) } }),
  // only the values of a query within an expression count
  SubLink: (node) => {
    const inner = ((node.subselect as Node).SelectStmt as Node).select as Node;
    const values = (inner.targetList as { value: Tree }[] | undefined)?.map(({ value }) => value);
    // whether a row exists does not depend on what is shown of it
    const shown =
      node.subLinkType === "EXISTS_SUBLINK" && !inner.groupClause && !inner.distinctClause ? undefined : values;
    return { ...node, subselect: { ...inner, targetList: shown } };
  },
  IndexElem: (node, names) => ({
    ...node,
    ...(node.name === undefined ? {} : { name: rename(String(node.name), names) }),
    ...(node.opclass ? { opclass: qualifyName(node.opclass as string[], "type", names) } : {}),
    ...(node.collation ? { collation: qualifyName(node.collation as string[], "type", names) } : {}),
  }),
  Constraint: (node, names) => {
    const own = (list: unknown) => (Array.isArray(list) ? list.map((name) => rename(String(name), names)) : undefined);
    const target = (node.pktable as Node | undefined)?.RangeVar as Node | undefined;
    const there = (list: unknown) =>
      Array.isArray(list)
        ? list.map((name) => names.renamed?.(String(target?.relation), String(name)) ?? name)
        : undefined;
    return {
      ...node,
      keys: own(node.keys),
      including: own(node.including),
      fk_attrs: own(node.fk_attrs),
      pk_attrs: there(node.pk_attrs),
      options: sortList(node.options),
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

function listAliasedColumns(alias: Node | undefined): Tree {
  const columns = alias?.colnames as string[] | undefined;
  return columns?.length === 1 && columns[0] === alias?.aliasname ? undefined : columns;
}

function rename(name: string, names: Names): string {
  return (names.table && names.renamed?.(names.table, name)) ?? name;
}

function normalizeColumn(fields: Tree[], names: Names, levels: Level[]): Tree {
  const path = fields.map((field) => (typeof field === "string" ? field : "*"));
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

function select(node: Node, around: Names, outer: Level[]): Tree {
  const level: Level = [];
  const { names, withClause } = readWith(node.withClause as Node | undefined, around, outer);
  const collect = (item: Node): void => {
    const [[tag, inside]] = Object.entries(item) as [string, Node][];
    if (tag === "JoinExpr") for (const side of [inside.larg, inside.rarg]) collect(side as Node);
    const alias = ((inside.alias as Node | undefined)?.aliasname ?? inside.relname) as string | undefined;
    if (alias === undefined) return;
    const columns = (inside.alias as Node | undefined)?.colnames as { String: { sval: string } }[] | undefined;
    const own =
      tag === "RangeFunction" && columns?.length === 1 && columns[0].String.sval === alias ? alias : undefined;
    level.push({
      alias,
      called: `t${outer.length}.${level.length}`,
      relation: tag === "RangeVar" ? nameRelation(inside, names) : "",
      own,
    });
  };
  for (const item of (node.fromClause ?? []) as Node[]) collect(item);
  const levels = [...outer, level];
  const copy: Node = withClause ? { withClause } : {};
  for (const [key, item] of Object.entries(node)) {
    if (key === "withClause") continue;
    if (key === "targetList")
      copy[key] = (item as { ResTarget: Node }[]).map(({ ResTarget: target }) => ({
        name: target.name ?? nameOutput(target.val as Node),
        value: normalizeTree(target.val, names, levels),
      }));
    else if (!PLACES.test(key)) copy[key] = normalizeTree(item, names, levels);
  }
  return { select: copy };
}

/**
 * The queries of a WITH by their place: how they are called means nothing. Without RECURSIVE a query knows those
 * before it alone.
 */
function readWith(node: Node | undefined, around: Names, outer: Level[]): { names: Names; withClause?: Tree } {
  if (!node) return { names: around };
  const queries = new Map(around.queries);
  const names = { ...around, queries };
  const ctes = (node.ctes as { CommonTableExpr: Node }[]).map(({ CommonTableExpr: query }) => query);
  const add = ({ ctename }: Node, at: number) => queries.set(String(ctename), `q${outer.length}.${at}`);
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
function nameOutput(value: Node): string {
  const [[tag, node]] = Object.entries(value) as [string, Node][];
  const last = (list: unknown) =>
    ((list as { String?: { sval: string } }[])[(list as unknown[]).length - 1].String?.sval ?? "*") as string;
  if (tag === "ColumnRef") return last(node.fields);
  if (tag === "FuncCall") return last(node.funcname);
  if (tag === "TypeCast") {
    const inner = nameOutput(node.arg as Node);
    return inner === "?column?" ? last((node.typeName as Node).names) : inner;
  }
  return { CaseExpr: "case", CoalesceExpr: "coalesce", A_ArrayExpr: "array" }[tag] ?? "?column?";
}

function normalizeRangeVar(node: Node, names: Names, levels: Level[]): Tree {
  const relation = nameRelation(node, names);
  const alias = (node.alias as Node | undefined)?.aliasname ?? node.relname;
  const source = levels.length ? levels[levels.length - 1].find((known) => known.alias === alias) : undefined;
  const columns = (node.alias as Node | undefined)?.colnames;
  return {
    RangeVar: {
      relation: names.renamed?.(relation) ?? relation,
      only: !node.inh,
      ...(source ? { called: source.called } : {}),
      ...(columns ? { columns } : {}),
    },
  };
}

function nameRelation(node: Node, names: Names): string {
  const query = node.schemaname === undefined ? names.queries?.get(String(node.relname)) : undefined;
  return query ?? qualifyName(listRangeNames(node), "relation", names);
}

function listRangeNames(node: Node): string[] {
  return [node.schemaname, node.relname].filter((name): name is string => typeof name === "string");
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

function nameType(node: Node, names: Names): string {
  const parts = (node.names as { String: { sval: string } }[]).map((part) => part.String.sval);
  const modifiers = ((node.typmods ?? []) as Node[]).map(
    (item) => (normalizeTree(item, names, []) as { constant?: string }).constant ?? JSON.stringify(item),
  );
  return `${node.setof ? "setof " : ""}${renameType(qualifyName(parts, "type", names), names)}${modifiers.length ? `(${modifiers.join(",")})` : ""}${node.arrayBounds ? "[]" : ""}`;
}

function renameType(type: string, names: Names): string {
  const renamed = names.renamed?.(type.includes(".") ? type : `public.${type}`) ?? type;
  return renamed.replace(/^public\./, "");
}

const TEXTS = new Set(["text", "varchar"]);
const NUMBERS = new Set(["int2", "int4", "int8", "numeric", "float4", "float8"]);

function normalizeCast(value: Node, type: string, names: Names): Tree {
  if ("array" in value && type.endsWith("[]"))
    return { array: (value.array as Node[]).map((item) => normalizeCast(item, type.slice(0, -2), names)) };
  if ("constant" in value) {
    if (type.endsWith("[]") && /^\{[\w, -]*\}$/.test(String(value.constant)))
      return {
        array: listElements(String(value.constant)).map((element) => normalizeCast(element, type.slice(0, -2), names)),
      };
    if (type === "regclass")
      return { constant: qualifyName(splitName(String(value.constant)), "relation", names), of: type };
    const constant = convertConstant(value, type);
    if (constant) return constant;
  }
  if (TEXTS.has(type) && "column" in value && (value.column as string[]).length === 1) {
    const own = names.columnType?.((value.column as string[])[0]);
    if (own && /^(varchar|text)/.test(own)) return value;
  }
  if (TEXTS.has(type) && TEXTS.has(String(value.to))) return { cast: value.cast, to: type };
  return { cast: value, to: type };
}

/** The elements of an array's plain text: `{a,b}`. */
function listElements(text: string): Node[] {
  return text
    .slice(1, -1)
    .split(",")
    .filter((element) => element !== "")
    .map((element) => ({ constant: element.trim(), of: "text" }));
}

/** A constant of that type, where its text says all: `'a'::varchar` is `'a'`, `'-1'::integer` is -1. */
function convertConstant(value: Node, type: string): Node | undefined {
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

function normalizeOperator(node: Node, names: Names): Tree {
  const name = nameOperator(node.name as string[], names);
  const [left, right] = [node.lexpr, node.rexpr] as [Node | undefined, Node];
  if (name === "-" && !left && right?.of === "number")
    return { constant: formatNumber(`-${right.constant}`), of: "number" };
  const list = (right?.array ?? (right?.List as Node | undefined)?.items) as Node[] | undefined;
  if (list && name === "=" && ["AEXPR_OP_ANY", "AEXPR_IN"].includes(String(node.kind))) return isIn(left, list);
  if (list && name === "<>" && ["AEXPR_OP_ALL", "AEXPR_IN"].includes(String(node.kind)))
    return invertNode(isIn(left, list));
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
function normalizeComparison(name: string, left: Node, right: Node): Node {
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

function isConstant(node: Node): boolean {
  return "constant" in node || (typeof node.cast === "object" && "constant" in (node.cast as Node));
}

/** An operator's schema is said where it is not found without it. */
function nameOperator(parts: string[], { path }: Names): string {
  return parts.filter((part) => part !== "pg_catalog" && (part !== "public" || path.includes("public"))).join(".");
}

function isIn(left: Tree, list: Tree[]): Node {
  return {
    value: removeTypes(left),
    in: sortList(
      [...new Set(list.map((item) => JSON.stringify(removeTypes(item))))].map((item) => JSON.parse(item) as Tree),
    ),
  };
}

function invertNode(node: Node): Node {
  const contrary = node.kind === "AEXPR_OP" && "left" in node ? CONTRARY[String(node.operator)] : undefined;
  if (contrary) return { ...node, operator: contrary };
  return "not" in node ? (node.not as Node) : { not: node };
}

/** A number's type says nothing where it is compared. */
function removeTypes(value: Tree): Tree {
  const node = value as Node | undefined;
  return node && NUMBERS.has(String(node.of)) ? { ...node, of: "number" } : value;
}

function makeBoolean(operation: string, args: Tree[]): Tree {
  if (operation === "NOT_EXPR") return invertNode(args[0] as Node);
  const word = operation === "AND_EXPR" ? "and" : "or";
  const sets = new Map<string, Tree[]>();
  const rest: Tree[] = [];
  for (const arg of args.flatMap((each) => ((each as Node)[word] as Tree[] | undefined) ?? [each]) as Node[]) {
    // one of these or one of those, none of these and none of those
    const list = (word === "or" ? arg : arg.not) as Node | undefined;
    if (list && "in" in list)
      sets.set(JSON.stringify(list.value), [...(sets.get(JSON.stringify(list.value)) ?? []), ...(list.in as Tree[])]);
    else rest.push(arg);
  }
  const joined = [...sets].map(([value, list]) => isIn(JSON.parse(value), list));
  const all = [...rest, ...(word === "or" ? joined : joined.map(invertNode))];
  return all.length === 1 ? all[0] : { [word]: sortList(all) };
}

function sortList(list: unknown): Tree[] | undefined {
  return Array.isArray(list) ? [...list].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : undefined;
}
