import type { ExplainStmt, Node, SelectStmt } from "@pgsql/types";
import { deparseCanonical } from "./deparse";
import type { Catalog } from "./catalog";
import type { SafeColumns } from "./safe-columns";
import { getHashedColumn } from "./keyed-hash";
import { traceOutput, listShownColumns, type Place } from "./lineage/query";
import { getFields, loadParser, parseOne, isParserLoaded, refuse, Refusal, unwrap } from "./ast";
import { isShowable } from "./lineage/taint";
import { qualifyTree } from "./qualify";
import { measureGroups } from "./small-groups";
import { applyRule, type Bounds } from "./rules";
import { requireModest } from "./limits";
import { explainNotARead, walk } from "./walk";

export { maskLiterals } from "./deparse";
export { redact, scan } from "../privacy/patterns";
export { catalogQuery, readCatalog, safeSession, type Catalog } from "./catalog";
export {
  loadColumns,
  proposeSafeColumns,
  readColumns,
  findUnlisted,
  type SafeColumns,
  type Unlisted,
} from "./safe-columns";

/** What the guard says of a statement. */
export interface Verdict {
  allowed: boolean;
  /** The canonical text, where it is allowed: the only text that may be sent. */
  sql: string;
  /** One sentence, where it is not: which part, why, and what to write instead. Never a literal. */
  reason: string;
  /** What it is, where it is allowed. */
  kind?: "select" | "explain" | "show";
  /** It reads a personal column, if only to count it. */
  personal?: boolean;
  /** It calls keyed_hash, and needs the salt of `lib/sql/salt.ts`. */
  hashes?: boolean;
  /** It reads a view, whose owner reads for it. */
  views?: boolean;
  /** It reads a table that is not the system's. */
  tables?: boolean;
  /**
   * The columns of the answer, and which of them are counts or made of counts. Absent where the guard had nothing to
   * resolve names with.
   */
  shows?: Shown[];
  /** How many columns the guard has added behind those, for small groups to be told by: they are never shown. */
  added?: number;
  /** PostgreSQL's name of the error, where the refusal is for a name that does not exist. */
  condition?: "undefined_table" | "undefined_column";
}

/** A column of the answer. */
export interface Shown {
  name: string;
  /** It is a count, or made of counts or of a group's rows. */
  counted: boolean;
  masked?: boolean;
  /** It is a keyed_hash, whole: what is shown is hashed again (`hashAgain`). */
  hashed?: boolean;
  /** It is a count itself, whatever its type; known where small groups are to be hidden. */
  count?: boolean;
}

/** What the guard may know besides the statement. */
export interface Context {
  catalog?: Catalog;
  /** Where they are given, nothing personal may leave. */
  columns?: SafeColumns;
  /** Personal columns of the answer are replaced by ••• rather than refused. */
  mask?: boolean;
  /** Groups of 1 to 10 are to be hidden: the statement is made to say how large each is. */
  hideSmall?: boolean;
  /** `$1` to `$n` are bound by the caller. */
  parameters?: number;
  /** The project's own query may print definitions. The door decides who gets it. */
  trust?: "catalogue";
  /**
   * What somebody has of his own beside PostgreSQL's operators and types; for the project's own queries of tables,
   * which are not judged by the catalog.
   */
  own?: Catalog;
}

/** Loads PostgreSQL's grammar, once; `judge` needs it. */
export async function loadGuard(): Promise<void> {
  await loadParser();
}

/**
 * Whether a statement is one plain read that gives nothing away, and the text to send if it is. Whatever goes wrong
 * is a refusal.
 */
export function judge(statement: string, context: Context = {}): Verdict {
  if (!isParserLoaded()) throw new Error("call loadGuard() before judge()");
  try {
    return { allowed: true, reason: "", ...read(statement, context) };
  } catch (error) {
    if (error instanceof Refusal)
      return { allowed: false, sql: "", reason: error.message, ...(error.condition && { condition: error.condition }) };
    const what = error instanceof RangeError ? "is nested too deeply" : "could not be judged";
    return { allowed: false, sql: "", reason: `The statement ${what}: make it simpler.` };
  }
}

function read(
  statement: string,
  { catalog, columns, parameters = 0, trust, mask = false, own = catalog, hideSmall = false }: Context,
): Omit<Verdict, "allowed" | "reason"> {
  const trusted = trust === "catalogue";
  const tree = parseOne(statement, trusted ? 500_000 : 20_000);
  const asked = unwrap(tree) ?? refuse("There is no statement: write a SELECT, EXPLAIN or SHOW.");
  const kind = kinds.get(asked.type) ?? refuse(explainNotARead(asked.type));
  const bounds: Bounds = {
    catalog,
    columns,
    parameters,
    trusted,
    mask,
    inView: false,
    views: false,
    tables: false,
    personal: false,
    hashes: false,
    links: { compared: false, rows: new Set() },
  };
  if (!trusted) requireModest(tree, catalog);
  walk(tree, (node) => applyRule(node, bounds));
  if (!trusted) requireNoImplicitCast(tree, catalog);
  const place = { bounds, ctes: new Map(), work: { left: 2000 } };
  const select = asked.type === "SelectStmt" ? asked.fields : undefined;
  const shows: Shown[] | undefined =
    select &&
    listShownColumns(select, place).map((column) => ({
      name: column.name,
      counted: column.counted,
      ...(!isShowable(column) && { masked: true }),
      ...(column.hashed && { hashed: true }),
    }));
  if (asked.type === "ExplainStmt") checkExplained(asked.fields, place);
  const measured = hideSmall && !trusted && bounds.tables ? measure(select, shows, catalog) : undefined;
  // without a catalog only the project's own queries are ever sent
  if (trusted || own !== undefined) qualifyTree(tree, own);
  return {
    sql: deparseCanonical(tree),
    kind,
    personal: bounds.personal,
    hashes: bounds.hashes,
    views: bounds.views,
    tables: bounds.tables,
    ...(shows && { shows }),
    ...measured,
  };
}

/** What the answer's columns tell of the sizes of groups, where small ones are to be hidden. */
function measure(select: SelectStmt | undefined, shows: Shown[] | undefined, catalog: Catalog | undefined) {
  if (select === undefined || shows === undefined)
    refuse(
      "A plan tells how many rows there are, and RUNBOOK_SMALL_GROUPS hides groups of 1 to 10: leave out EXPLAIN.",
    );
  const sizes = measureGroups(select, catalog);
  if (sizes.columns.length !== shows.length)
    refuse(
      "Which columns of * are counts is not certain, and RUNBOOK_SMALL_GROUPS hides groups of 1 to 10: name the columns.",
    );
  const measured = shows.map((column, index) => {
    const size = sizes.columns[index];
    return { ...column, counted: size !== "plain" && size !== "base", count: size === "count" };
  });
  return { shows: measured, added: sizes.added };
}

/** A cast of somebody's own that is made unasked could stand behind any operator or function. */
function requireNoImplicitCast(tree: Node, catalog: Catalog | undefined): void {
  if (!catalog?.implicitCasts) return;
  walk(tree, ({ type, fields }) => {
    if ((type === "FuncCall" && fields.agg_star !== true) || /^(A_Expr|TypeCast|SubLink)$/.test(type))
      refuse(
        "This database has an implicit cast of its own between PostgreSQL's types, which may run anything: have it made AS ASSIGNMENT.",
      );
  });
}

/**
 * A plan shows no rows, but it prints the conditions of the views that it reads. VERBOSE adds the expressions of the
 * SELECT list, which of a query without views are its own.
 */
function checkExplained({ query }: ExplainStmt, place: Place): void {
  walk(query, ({ type, fields }) => {
    if (type === "FuncCall" && getHashedColumn(fields) !== undefined)
      refuse(
        "EXPLAIN of keyed_hash tells no more than of the column: explain the query with the column itself, as in GROUP BY email.",
      );
  });
  traceOutput(getFields("SelectStmt", query) ?? {}, place);
  if (place.bounds.columns === undefined) return;
  if (place.bounds.views)
    refuse("EXPLAIN of a view prints what is written in the view: explain a query of its tables.");
}

const kinds = new Map<string, Verdict["kind"]>([
  ["SelectStmt", "select"],
  ["ExplainStmt", "explain"],
  ["VariableShowStmt", "show"],
]);
