import type { SelectStmt } from "@pgsql/types";
import { getFields, isPart, listNodes } from "../ast";
import type { Item } from "./scope";
import { collectParts } from "./mask";
import { keepPersonal, type Guess, type Value } from "./taint";

/**
 * Which rows a statement puts together by equality of personal columns. What such a row is known by then counts as
 * made of the column: whoever knows the person of one row would know the other's.
 */
export interface Links {
  /** Two personal columns in which hardly two people are alike were compared. */
  compared: boolean;
  /** A personal column in which many people are alike, that was compared with another. */
  alike?: string;
  /** Entries of FROM whose rows are named by an id or the like, anywhere but in a test of NULL and in a count. */
  rows: Set<string>;
}

/** Columns by which a row can be told from all others: PostgreSQL's own, ids, and moments. */
const naming =
  /^(ctid|xmin|xmax|cmin|cmax|tableoid|oid)$|^u?u?id$|_u?u?id$|(^|_)(key|code|slug|at|on|time|timestamp)$/i;

/** Says of a table's columns which rows they name. */
export function nameRows(item: Item, row: string): Item {
  const { open, columns } = item;
  const mark = <T extends Value>(value: T, name: string): T => (naming.test(name) ? { ...value, rows: [row] } : value);
  return {
    ...item,
    row,
    columns: columns.map((column) => mark(column, column.name)),
    ...(open && {
      open: (name: string): Guess => (name === "*" ? { ...open(name), rows: [row] } : mark(open(name), name)),
    }),
  };
}

/** One use of what WITH has made is another than the next: its rows are further ones. */
export function nameRowsAgain<T extends Value>(columns: readonly T[], use: string): T[] {
  return columns.map((column) =>
    column.rows === undefined ? column : { ...column, rows: column.rows.map((row) => `${row}/${use}`) },
  );
}

/** Refuses an answer that would tell which rows belong together, or are alike, by a personal column. */
export function requireNoLinks(select: SelectStmt, columns: readonly Value[], { compared, alike, rows }: Links): void {
  if (alike !== undefined && !isOneCount(select))
    keepPersonal(
      alike,
      (column) =>
        `${column} is personal: rows that are alike in it may be counted, and not listed: select count(*) alone, without GROUP BY.`,
    );
  const named = [...rows].filter((row) => ![...rows].some((other) => other.startsWith(`${row}/`)));
  if ((compared || alike !== undefined) && named.length > 1 && columns.some((column) => column.rows?.length))
    keepPersonal(
      "",
      () =>
        "The statement puts rows of two tables together by a personal column: name ids of one of them alone, or count.",
    );
}

/** Refuses totals and extremes of ids in groups of a personal column: a sum of powers of an id names each row. */
export function requireNoNames(targets: unknown, columns: readonly Value[], of: string): void {
  const parts = listNodes(targets).map((node) => collectParts(getFields("ResTarget", node)?.val));
  if (
    parts.length === columns.length &&
    parts.some(({ aggregates }, index) => aggregates && columns[index].rows?.length)
  )
    keepPersonal(of, (column) => `${column} is personal: ids of its groups would tell who is alike; count them.`);
}

/** Whether a SELECT has one row, of counts and constants. */
function isOneCount(select: SelectStmt): boolean {
  if (select.op !== "SETOP_NONE")
    return [select.larg, select.rarg].every((arm) => arm !== undefined && isOneCount(arm));
  const targets = listNodes(select.targetList).map((node) => collectParts(getFields("ResTarget", node)?.val));
  return (
    listNodes(select.groupClause).length === 0 &&
    targets.some(({ aggregates }) => aggregates) &&
    targets.every(({ columns, unknown }) => !columns && !unknown) &&
    listsNothing(select.targetList)
  );
}

/** Whether no aggregate but a count stands in a list. */
function listsNothing(node: unknown): boolean {
  if (Array.isArray(node)) return node.every(listsNothing);
  if (!isPart(node)) return true;
  const call = node.FuncCall;
  const isCounting = call?.args === undefined || JSON.stringify(call.funcname).includes('"count"');
  return isCounting && Object.values(node).every(listsNothing);
}
