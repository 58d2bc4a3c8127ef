import type { Node, SelectStmt } from "@pgsql/types";
import { functionColumns } from "../functions";
import { getFields, listStrings, refuse, formatName, unwrap } from "../ast";
import { clean, combineValues, pickLikeliest, type Guess, type Value } from "./taint";

/** A column of a table, a subquery or an answer. `alias` is the table that a star takes it from. */
export interface Column extends Value {
  name: string;
  alias?: string;
  /** Why it may not be read at all, whoever it is about. */
  never?: string;
  /** A column of the system's that may repeat somebody's data: a star of the answer stands for the others. */
  quoting?: true;
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

/** What a name stands for: a column, or what is thought of one. */
export type Found = Value & Partial<Pick<Column, "never" | "category">> & Partial<Pick<Guess, "doubt">>;

/** What an expression sees: its own FROM, and then what is around it. */
export interface Scope {
  items: Item[];
  parent?: Scope;
}

const hidden = new Set(["ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"]);

/** What a column reference means. What is no column may be a function call in disguise, so it is refused. */
export function resolve(fields: Node[] | undefined, scope: Scope | undefined): Found {
  return requireReadable(resolveReference(fields, scope));
}

/** Refuses a column that may not be read at all. */
export function requireReadable<T extends Value>(found: T & Pick<Partial<Column>, "never">): T {
  return found.never === undefined ? found : refuse(found.never);
}

function resolveReference(fields: Node[] | undefined, scope: Scope | undefined): Found {
  const parts = fields ?? [];
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

function resolveBare(name: string, scope: Scope | undefined): Found {
  let guessed: Found | undefined;
  for (let level = scope; level !== undefined; level = level.parent) {
    const found = resolveHere(name, level);
    // a name that no list knows of a table that somebody has looked through is more likely that of a column around it
    const unlikely = found?.doubt === 3;
    if (found !== undefined && !unlikely) return found;
    guessed ??= found;
  }
  if (guessed !== undefined) return guessed;
  const row = findItem(name, undefined, scope);
  if (row !== undefined) return traceWholeRow(row);
  return refuse(`There is no column ${formatName(name)} here: check its name, and name its table.`, "undefined_column");
}

/** What a bare name means in this very FROM. */
export function resolveHere(name: string, { items }: Scope): Found | undefined {
  const closed = items.flatMap((item) => item.columns.filter((column) => column.name === name));
  if (closed.length > 0) return closed.find(({ taint }) => taint !== "clean") ?? closed[0];
  if (hidden.has(name) && items.some(({ table }) => table))
    return { ...clean, rows: items.flatMap(({ row }) => row ?? []) };
  const opens = items.flatMap(({ open }) => open ?? []);
  if (opens.length === 0) return undefined;
  const row = items.find(({ alias }) => alias === name);
  return row === undefined ? pickLikeliest(opens.map((open) => open(name))) : traceWholeRow(row);
}

export function findItem(alias: string, schema: string | undefined, scope: Scope | undefined): Item | undefined {
  for (let level = scope; level !== undefined; level = level.parent) {
    const found = level.items.find((item) => item.alias === alias && (schema === undefined || item.schema === schema));
    if (found !== undefined) return found;
  }
  return undefined;
}

export function getItemColumn(item: Item, name: string): Found | undefined {
  const same = item.columns.filter((column) => column.name === name);
  if (same.length > 0) return same.find(({ taint }) => taint !== "clean") ?? same[0];
  if (item.table && hidden.has(name)) return { ...clean, rows: item.row === undefined ? [] : [item.row] };
  return item.open?.(name);
}

export function explainNotAColumn(table: string, name: string): string {
  return `${formatName(table, name)} is not a column: after the name of a table it would be a function call; check the column's name.`;
}

/** All columns of a row as one value. */
function traceWholeRow(item: Item): Value {
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
export function listStarColumns(fields: Node[] | undefined, scope: Scope | undefined, whole?: Column[]): Column[] {
  const [table, schema] = listStrings(fields?.slice(0, -1)).reverse();
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

function findFigureName(value: unknown): [name: string, strong: boolean] | undefined {
  const node = unwrap(value);
  switch (node?.type) {
    case "ColumnRef": {
      const last = listStrings(node.fields.fields).filter(Boolean).pop();
      return last === undefined ? undefined : [last, true];
    }
    case "A_Indirection": {
      const last = listStrings(node.fields.indirection).filter(Boolean).pop();
      return last === undefined ? findFigureName(node.fields.arg) : [last, true];
    }
    case "FuncCall":
      return [listStrings(node.fields.funcname).pop() ?? "", true];
    case "A_Expr":
      return node.fields.kind === "AEXPR_NULLIF" ? ["nullif", true] : undefined;
    case "CollateClause":
      return findFigureName(node.fields.arg);
    case "TypeCast": {
      const inner = findFigureName(node.fields.arg);
      return inner?.[1] ? inner : [listStrings(node.fields.typeName?.names).pop() ?? "", false];
    }
    case "CaseExpr": {
      const inner = findFigureName(node.fields.defresult);
      return inner?.[1] ? inner : ["case", false];
    }
    case "SubLink":
      if (node.fields.subLinkType === "EXISTS_SUBLINK") return ["exists", true];
      if (node.fields.subLinkType === "ARRAY_SUBLINK") return ["array", true];
      return node.fields.subLinkType === "EXPR_SUBLINK"
        ? findFirstName(getFields("SelectStmt", node.fields.subselect))
        : undefined;
    case "MinMaxExpr":
      return [node.fields.op === "IS_LEAST" ? "least" : "greatest", true];
    case "SQLValueFunction":
      return [
        String(node.fields.op)
          .replace(/^SVFOP_|_N$/g, "")
          .toLowerCase(),
        true,
      ];
    case "CoalesceExpr":
      return ["coalesce", true];
    case "GroupingFunc":
      return ["grouping", true];
    case "A_ArrayExpr":
      return ["array", true];
    case "RowExpr":
      return ["row", true];
    default:
      return undefined;
  }
}

function findFirstName(select: SelectStmt | undefined): [string, boolean] | undefined {
  if (select === undefined) return undefined;
  if (select.larg !== undefined) return findFirstName(select.larg);
  if (select.valuesLists !== undefined) return ["column1", true];
  const target = getFields("ResTarget", select.targetList?.[0]);
  return target === undefined ? undefined : [target.name ?? nameOf(target.val), true];
}

/** The columns of a function in FROM, where its result has names of its own. */
export function listResultNames(node: Node | undefined): string[] | undefined {
  const name = listStrings(getFields("FuncCall", node)?.funcname).pop();
  return name === undefined ? undefined : functionColumns.get(name);
}
