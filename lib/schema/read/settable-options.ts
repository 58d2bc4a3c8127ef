import { isColumn, isMaterializedView, isPartition, isTable, isView } from "../../kinds";
/**
 * The options that people can set, as PostgreSQL 12 to 18 know them (`src/backend/access/common/reloptions.c`). Some
 * servers keep records of their own in the same catalog columns, and so may a later version: what is not listed here
 * is not compared, and counted instead.
 */
const AUTOVACUUM = [
  "autovacuum_enabled",
  "autovacuum_vacuum_threshold",
  "autovacuum_vacuum_max_threshold",
  "autovacuum_vacuum_scale_factor",
  "autovacuum_vacuum_insert_threshold",
  "autovacuum_vacuum_insert_scale_factor",
  "autovacuum_vacuum_cost_delay",
  "autovacuum_vacuum_cost_limit",
  "autovacuum_freeze_min_age",
  "autovacuum_freeze_max_age",
  "autovacuum_freeze_table_age",
  "autovacuum_multixact_freeze_min_age",
  "autovacuum_multixact_freeze_max_age",
  "autovacuum_multixact_freeze_table_age",
  "log_autovacuum_min_duration",
  "vacuum_index_cleanup",
  "vacuum_truncate",
  "vacuum_max_eager_freeze_failure_rate",
];

const TABLE = new Set([
  ...AUTOVACUUM,
  "autovacuum_analyze_threshold",
  "autovacuum_analyze_scale_factor",
  "fillfactor",
  "toast_tuple_target",
  "parallel_workers",
  "user_catalog_table",
  "oids",
]);
const TOAST = new Set(AUTOVACUUM);
const VIEW = new Set(["security_barrier", "check_option", "security_invoker"]);
const COLUMN = new Set(["n_distinct", "n_distinct_inherited"]);
const INDEX = new Set([
  "fillfactor",
  "deduplicate_items",
  "vacuum_cleanup_index_scale_factor",
  "buffering",
  "fastupdate",
  "gin_pending_list_limit",
  "pages_per_range",
  "autosummarize",
]);

/** Access methods whose options are PostgreSQL's own; an extension's may have any. */
const BUILT_IN_INDEX = /\bUSING (btree|hash|gist|spgist|gin|brin)\b/;

/**
 * What a catalog column's options may hold, by the object's kind and the attribute; undefined where anything may be
 * set.
 */
function getSettable(kind: string, attribute: string, isHeap: boolean): ReadonlySet<string> | undefined {
  if (attribute === "toast options") return TOAST;
  if (attribute === "storage options") return INDEX;
  if (attribute !== "options") return undefined;
  if (isColumn(kind)) return COLUMN;
  if (isView(kind)) return VIEW;
  return (isTable(kind) || isPartition(kind) || isMaterializedView(kind)) && isHeap ? TABLE : undefined;
}

/** Options as people set them, and the names of those that only the server can have written. */
export interface SortedOptions {
  set: string[];
  managed: string[];
}

/**
 * Tells the options that people set from those that the server keeps for itself. `options` are `name=value`, as
 * `attoptions` and `reloptions` hold them. Undefined where this attribute may hold anything.
 */
export function sortOptions(
  kind: string,
  attribute: string,
  options: string[],
  isHeap: boolean,
): SortedOptions | undefined {
  const known = getSettable(kind, attribute, isHeap);
  if (!known) return undefined;
  const nameOf = (option: string): string => option.split("=")[0];
  const set = options.filter((option) => known.has(nameOf(option)));
  return { set, managed: options.map(nameOf).filter((name) => !known.has(name)) };
}

/** The same of `pg_get_indexdef`, which prints an index's options behind WITH. */
export function sortIndexOptions(definition: string): { definition: string; managed: string[] } {
  const managed: string[] = [];
  if (!BUILT_IN_INDEX.test(definition)) return { definition, managed };
  const kept = definition.replace(/ WITH \(((?:\w+='(?:[^']|'')*'(?:, )?)+)\)/, (_whole, list: string) => {
    const options = list.match(/\w+='(?:[^']|'')*'/g) ?? [];
    const known = options.filter((option) => INDEX.has(option.split("=")[0]));
    managed.push(...options.map((option) => option.split("=")[0]).filter((name) => !INDEX.has(name)));
    return known.length ? ` WITH (${known.join(", ")})` : "";
  });
  return { definition: kept, managed };
}
