import { functionColumns } from "../functions";
import { getFields, listStrings, listNodes, refuse, formatName, unwrap } from "../ast";
import { clean, combineValues, pickLikeliest, type Guess, type Value } from "./taint";

/** A column of a table, a subquery or an answer. `alias` is the table that a star takes it from. */
export interface Column extends Value {
  name: string;
  alias?: string;
  /** Why it may not be read at all, whoever it is about. */
  never?: string;
  /** Where the name is `*`, and stands for columns that nobody knows: what is to be thought of one of them. */
  open?: (name: string) => Guess;
  /** PostgreSQL's letter for the kind of its type, where it is known. */
  category?: string;
}

/** What one entry of FROM brings into sight. */
export interface Item {
  alias: string;
  schema?: string;
  columns: Column[];
  /** Says what is to be thought of a name where nobody knows all the columns. */
  open?: (name: string) => Guess;
  /** It is a table, and has PostgreSQL's hidden columns. */
  table?: boolean;
  /** What its rows are called where they are named by a column (`lib/guard/lineage/links.ts`). */
  row?: string;
  /** Looks at WHERE for what makes more of it readable. */
  unlock?: (where: unknown, alone: boolean) => void;
}

/** What an expression sees: its own FROM, and then what is around it. */
export interface Scope {
  items: Item[];
  parent?: Scope;
}

const hidden = new Set(["ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"]);

/** What a column reference means. What is no column may be a function call in disguise, so it is refused. */
export function resolve(fields: unknown, scope: Scope | undefined): Value {
  return requireReadable(resolveReference(fields, scope));
}

/** Refuses a column that may not be read at all. */
export function requireReadable<T extends Value>(found: T & Pick<Partial<Column>, "never">): T {
  return found.never === undefined ? found : refuse(found.never);
}

function resolveReference(fields: unknown, scope: Scope | undefined): Value {
  const parts = listNodes(fields);
  if (getFields("A_Star", parts[parts.length - 1]) !== undefined) return combineValues(listStarColumns(fields, scope));
  const [name, table, schema, ...more] = listStrings(parts).reverse();
  if (more.length > 0) refuse(`${formatName(...listStrings(parts))} has too many parts: write table.column.`);
  if (table === undefined) return resolveBare(name, scope);
  const item =
    findItem(table, schema, scope) ??
    refuse(
      `There is no table ${formatName(schema ?? "", table)} in the FROM of this part of the statement: check its name or alias.`,
    );
  return getItemColumn(item, name) ?? refuse(explainNotAColumn(table, name), "undefined_column");
}

function resolveBare(name: string, scope: Scope | undefined): Value {
  let guessed: Value | undefined;
  for (let level = scope; level !== undefined; level = level.parent) {
    const found = resolveHere(name, level);
    // a name that no list knows of a table that somebody has looked through is more likely that of a column around it
    const unlikely = found !== undefined && (found as Partial<Guess>).doubt === 3;
    if (found !== undefined && !unlikely) return found;
    guessed ??= found;
  }
  if (guessed !== undefined) return guessed;
  const row = findItem(name, undefined, scope);
  if (row !== undefined) return traceWholeRow(row);
  return refuse(`There is no column ${formatName(name)} here: check its name, and name its table.`, "undefined_column");
}

/** What a bare name means in this very FROM. */
export function resolveHere(name: string, { items }: Scope): Value | undefined {
  const closed = items.flatMap((item) => item.columns.filter((column) => column.name === name));
  if (closed.length > 0) return closed.find(({ taint }) => taint !== "clean") ?? closed[0];
  if (hidden.has(name) && items.some(({ table }) => table))
    return { ...clean, rows: items.flatMap(({ row }) => row ?? []) };
  const open = items.filter((item) => item.open);
  if (open.length > 0) {
    if (items.some(({ alias }) => alias === name))
      return traceWholeRow(items.find(({ alias }) => alias === name) as Item);
    return pickLikeliest(open.map((item) => (item.open as (name: string) => Guess)(name)));
  }
  return undefined;
}

export function findItem(alias: string, schema: string | undefined, scope: Scope | undefined): Item | undefined {
  for (let level = scope; level !== undefined; level = level.parent) {
    const found = level.items.find((item) => item.alias === alias && (schema === undefined || item.schema === schema));
    if (found !== undefined) return found;
  }
  return undefined;
}

export function getItemColumn(item: Item, name: string): Value | undefined {
  const same = item.columns.filter((column) => column.name === name);
  if (same.length > 0) return same.find(({ taint }) => taint !== "clean") ?? same[0];
  if (item.table && hidden.has(name)) return { ...clean, rows: item.row === undefined ? [] : [item.row] };
  return item.open?.(name);
}

export function explainNotAColumn(table: string, name: string): string {
  return `${formatName(table, name)} is not a column: after the name of a table it would be a function call; check the column's name.`;
}

/** All columns of a row as one value. */
export function traceWholeRow(item: Item): Value {
  item.columns.forEach(requireReadable);
  const columns: Value[] = [...item.columns, ...(item.open ? [item.open("*")] : [])];
  return { ...combineValues(columns), strict: columns.every(({ taint, strict }) => taint !== "made" || strict) };
}

/** What a subquery brings into sight: a star of unknown columns goes on being one. */
export function makeItem(alias: string, columns: Column[]): Item {
  const stars = columns.flatMap(({ open }) => open ?? []);
  if (stars.length === 0) return { alias, columns };
  return {
    alias,
    columns: columns.filter((column) => column.open === undefined),
    open: (name) => pickLikeliest(stars.map((star) => star(name))),
  };
}

/** The columns that `*` or `table.*` stands for. */
export function listStarColumns(fields: unknown, scope: Scope | undefined, whole?: Column[]): Column[] {
  const [table, schema] = listStrings(listNodes(fields).slice(0, -1)).reverse();
  if (table === undefined)
    return whole ?? refuse("A bare * stands only in the list of what is selected: name the columns.");
  const item =
    findItem(table, schema, scope) ??
    refuse(
      `There is no table ${formatName(table)} in the FROM of this part of the statement: check its name or alias.`,
    );
  return makeStarColumns(item);
}

/** The columns of an item, as a star gives them. An unknown number of them is one column named `*`. */
export function makeStarColumns(item: Item): Column[] {
  return [...item.columns, ...(item.open ? [{ name: "*", open: item.open, ...item.open("*") }] : [])].map((column) => ({
    ...column,
    alias: item.alias,
  }));
}

/** The name that PostgreSQL gives to an expression that has none. */
export function nameOf(node: unknown): string {
  return findFigureName(node)?.[0] ?? "?column?";
}

function findFigureName(node: unknown): [name: string, strong: boolean] | undefined {
  const { type, fields } = unwrap(node) ?? {};
  if (type === undefined || fields === undefined) return undefined;
  if (type === "ColumnRef" || type === "A_Indirection") {
    const last = listStrings(listNodes(type === "ColumnRef" ? fields.fields : fields.indirection))
      .filter(Boolean)
      .pop();
    return last !== undefined ? [last, true] : type === "A_Indirection" ? findFigureName(fields.arg) : undefined;
  }
  if (type === "FuncCall") return [listStrings(fields.funcname).pop() as string, true];
  if (type === "A_Expr") return fields.kind === "AEXPR_NULLIF" ? ["nullif", true] : undefined;
  if (type === "CollateClause") return findFigureName(fields.arg);
  if (type === "TypeCast" || type === "CaseExpr") {
    const inner = findFigureName(type === "TypeCast" ? fields.arg : fields.defresult);
    if (inner?.[1]) return inner;
    return [
      type === "CaseExpr" ? "case" : (listStrings((fields.typeName as Record<string, unknown>).names).pop() as string),
      false,
    ];
  }
  if (type === "SubLink") {
    if (fields.subLinkType === "EXISTS_SUBLINK") return ["exists", true];
    if (fields.subLinkType === "ARRAY_SUBLINK") return ["array", true];
    return fields.subLinkType === "EXPR_SUBLINK" ? findFirstName(getFields("SelectStmt", fields.subselect)) : undefined;
  }
  if (type === "MinMaxExpr") return [fields.op === "IS_LEAST" ? "least" : "greatest", true];
  if (type === "SQLValueFunction")
    return [
      String(fields.op)
        .replace(/^SVFOP_|_N$/g, "")
        .toLowerCase(),
      true,
    ];
  const fixed = new Map([
    ["CoalesceExpr", "coalesce"],
    ["GroupingFunc", "grouping"],
    ["A_ArrayExpr", "array"],
    ["RowExpr", "row"],
  ]).get(type);
  return fixed === undefined ? undefined : [fixed, true];
}

function findFirstName(select: Record<string, unknown> | undefined): [string, boolean] | undefined {
  if (select === undefined) return undefined;
  if (select.larg !== undefined) return findFirstName(select.larg as Record<string, unknown>);
  if (select.valuesLists !== undefined) return ["column1", true];
  const target = getFields("ResTarget", listNodes(select.targetList)[0]);
  return target === undefined ? undefined : [typeof target.name === "string" ? target.name : nameOf(target.val), true];
}

/** The columns of a function in FROM, where its result has names of its own. */
export function listResultNames(node: unknown): string[] | undefined {
  const name = listStrings(getFields("FuncCall", node)?.funcname).pop();
  return name === undefined ? undefined : functionColumns.get(name);
}
