import type { RangeVar } from "@pgsql/types";
import { findRelation, type Catalog, type Relation } from "./catalog";
import { getListed, type SafeColumns } from "./safe-columns";
import { rowFunctions, settings } from "./functions";
import { traceOutput, type Place } from "./lineage/query";
import { getFields, listStrings, listNodes, parseOne, refuse, Refusal, formatName } from "./ast";
import { applyRule, type Bounds } from "./rules";
import { nameRows, nameRowsAgain } from "./lineage/links";
import { makeItem, explainNotAColumn, type Column, type Item } from "./lineage/scope";
import { readConstant } from "./sizes";
import { isSystemName, secretRelations, findSystemRelation, type SystemRelation } from "./system";
import { clean, PersonalRefusal, type Guess, type Value } from "./lineage/taint";
import { walk } from "./walk";

/** What a name in FROM brings into sight. Writes the schema that is meant into the tree. */
export function readRelationItem(fields: RangeVar, place: Place): Item {
  const { schemaname: schema, relname: name = "" } = fields;
  const cte = schema === undefined ? place.ctes.get(name) : undefined;
  if (cte === "later") refuse(`${formatName(name)} is used before WITH has made it: put it first.`);
  if (cte !== undefined) return makeItem(name, nameRowsAgain(cte, String(place.work.left--)));
  if (isSystemName(schema, name)) return readSystemRelation(schema, name, fields, place.bounds);
  place.bounds.tables = true;
  const item =
    place.bounds.catalog === undefined
      ? readUnknownRelation(schema, name, place.bounds)
      : readKnownRelation(schema, name, fields, place);
  return nameRows(item, `${name} ${place.work.left--}`);
}

function makePersonal(of: string, advice?: string, unlisted = false): Value {
  return { taint: "raw", of, counted: false, advice, unlisted };
}

/** What may be asked of relations of which people tend to ask for everything. */
const shownBeside: Record<string, string> = {
  pg_stat_activity: "select pid, usename, state, wait_event_type, query_start from pg_stat_activity",
  pg_stat_replication: "select pid, state, replay_lag from pg_stat_replication",
  pg_stats: "select attname, null_frac, n_distinct from pg_stats",
  pg_user: "select usename, usesuper from pg_user",
  pg_roles: "select rolname, rolsuper, rolcanlogin from pg_roles",
};

/** Definitions, defaults and statistics repeat values. */
function makeQuoting(relation: string, column: string): Value & Pick<Column, "quoting"> {
  const instead =
    relation === "pg_settings"
      ? "name harmless settings in WHERE, as in name in ('server_version', 'TimeZone')"
      : /^pg_(stat|user|roles)/.test(relation)
        ? `name other columns, as in ${shownBeside[relation] ?? `select count(*) from ${relation}`}`
        : /view/.test(relation)
          ? "leave it out, and write pg_get_viewdef('name'::regclass), which masks the literals"
          : "leave it out, or use npx runbook drift";
  const value = makePersonal(
    `${relation}.${column}`,
    `${relation}.${column} may repeat somebody's data: ${instead}.`,
    true,
  );
  // what is left of the statistics' columns is no answer to somebody who asks for all of them
  return relation === "pg_stats" ? value : { ...value, quoting: true };
}

function readSystemRelation(
  schema: string | undefined,
  name: string,
  fields: RangeVar,
  { trusted, columns, catalog }: Bounds,
): Item {
  const shownName = formatName(schema ?? "", name);
  if (trusted && secretRelations.has(name))
    refuse(`${shownName} holds secrets: not even the project's own queries may read it.`);
  const found = findSystemRelation(schema, name);
  if (found === undefined && (!trusted || (schema ?? "pg_catalog") !== "pg_catalog"))
    refuse(
      name === "pg_sequences"
        ? "pg_sequences locks each sequence while it is read: ask one sequence itself, as in select last_value from licenses_id_seq."
        : `${shownName} is not one of the system's relations that may be read: use information_schema, pg_class, pg_stat_user_tables and the like.`,
    );
  fields.schemaname = found?.schema ?? "pg_catalog";
  const item: Item = {
    alias: name,
    schema: fields.schemaname,
    table: true,
    columns: listSystemColumns(found, catalog).map((column) => ({
      name: column.name,
      ...(column.plain || trusted || columns === undefined ? clean : makeQuoting(name, column.name)),
    })),
  };
  // A newer or older server has other columns: the project's own queries know them.
  if (trusted) item.open = () => ({ ...clean, doubt: 1 });
  if (name === "pg_settings") item.unlock = (where, alone) => allowSettings(item, where, alone);
  return item;
}

/** The columns that this server's version has; one that is not on the list could hold anything. */
function listSystemColumns(found: SystemRelation | undefined, catalog: Catalog | undefined): SystemRelation["columns"] {
  const there = found && catalog?.system[`${found.schema}.${found.name}`];
  if (there === undefined) return found?.columns ?? [];
  return there.map((name) => found?.columns.find((column) => column.name === name) ?? { name, plain: false });
}

/** `where name = 'server_version'`: then the values are those of harmless settings. */
function allowSettings(item: Item, where: unknown, alone: boolean): void {
  const conditions =
    getFields("BoolExpr", where)?.boolop === "AND_EXPR" ? listNodes(getFields("BoolExpr", where)?.args) : [where];
  const named = conditions.some((condition) => {
    const { kind, name, lexpr, rexpr } = getFields("A_Expr", condition) ?? {};
    const [column, table] = listStrings(getFields("ColumnRef", lexpr)?.fields).reverse();
    const isName = column === "name" && (table === undefined ? alone : table === item.alias);
    const wanted =
      kind === "AEXPR_IN"
        ? listNodes(getFields("List", rexpr)?.items)
        : kind === "AEXPR_OP" && listStrings(name).pop() === "="
          ? [rexpr]
          : [];
    return isName && wanted.length > 0 && wanted.every((one) => settings.has((readConstant(one) ?? "").toLowerCase()));
  });
  if (named)
    for (const column of item.columns)
      if (column.name !== "sourcefile") Object.assign(column, clean, { advice: undefined, quoting: undefined });
}

/** A table of which only the file of safe columns tells something. */
function readUnknownRelation(schema: string | undefined, name: string, { columns, trusted }: Bounds): Item {
  const of = (part: "safe" | "personal") =>
    columns === undefined ? "*" : getListed(columns, part, schema ?? "public", name);
  const [safe, seen] = [of("safe"), columns === undefined ? undefined : of("personal")];
  if (columns !== undefined && !trusted && safe === undefined && seen === undefined)
    refuse(
      `Nobody has listed ${formatName(schema ?? "", name)}, and without the catalog nobody knows whether it is a table or a view that does something: name a side with --on, or list its columns.`,
    );
  const open = (column: string): Guess => {
    const listed = safe !== "*" && safe?.has(column) === true;
    if (!listed && rowFunctions.has(column)) refuse(explainNotAColumn(name, column), "undefined_column");
    if (listed) return { ...clean, doubt: 0 };
    if (safe === "*") return { ...clean, doubt: 2 };
    const reviewed = seen !== undefined && seen !== "*" && !seen.has(column);
    return { ...makePersonal(column === "*" ? `A column of ${name}` : `${name}.${column}`), doubt: reviewed ? 3 : 1 };
  };
  return { alias: name, schema, columns: [], open, table: true };
}

function readKnownRelation(schema: string | undefined, name: string, fields: RangeVar, place: Place): Item {
  const { catalog, columns } = place.bounds;
  const found =
    findRelation(catalog as Catalog, schema, name) ??
    refuse(
      /_seq$/.test(name)
        ? `There is no sequence ${formatName(schema ?? "", name)} in this database: check its name, or ask for the greatest value of its column, as in select max(id) from licenses.`
        : `There is no table or view ${formatName(schema ?? "", name)} in this database: check its name and schema.`,
      "undefined_table",
    );
  if (found.kind === "f")
    refuse(
      `${formatName(name)} is a foreign table, which opens another connection: ask that database as a source of its own.`,
    );
  if (found.rowSecurity)
    refuse(
      `${formatName(name)} has row security, whose policies may run anything: ask for a role and a view without it.`,
    );
  if (found.runs === "foreign")
    refuse(
      `${formatName(name)} has a partition that is a foreign table, which opens another connection: name its own partitions.`,
    );
  if (found.runs === "code")
    refuse(
      `The view ${formatName(name)} calls a function or operator of somebody's own, which may run anything: ask for its tables.`,
    );
  fields.schemaname = found.schema;
  if (found.kind === "S") return makeSequenceItem(found, place.bounds);
  place.bounds.views ||= "vm".includes(found.kind);
  const safe = columns === undefined ? "*" : getListed(columns, "safe", found.schema, found.name);
  // whoever may read no column of a table may not even count its rows
  place.bounds.personal ||= safe === undefined;
  const seen = columns === undefined ? undefined : getListed(columns, "personal", found.schema, found.name);
  const unlisted = safe === undefined && seen === undefined;
  const derived = "vm".includes(found.kind) ? listViewColumns(found, safe !== undefined, place) : [];
  return {
    alias: name,
    schema: found.schema,
    table: true,
    columns: found.columns.map(({ name: column, own, category }, index) => {
      const declared =
        safe === "*" || safe?.has(column) ? clean : makePersonal(`${found.name}.${column}`, undefined, unlisted);
      return {
        name: column,
        ...(safe === undefined && derived.length > 0 ? derived[index] : declared),
        category,
        ...(own && {
          never: `The type of ${formatName(found.name, column)} has operators or casts of its own, which may run anything: name other columns.`,
        }),
      };
    }),
  };
}

/** A sequence tells how many rows its table has had, and nothing of any of them. */
function makeSequenceItem({ schema, name, columns }: Relation, bounds: Bounds): Item {
  // the role that may read the safe columns may not read sequences
  bounds.personal = true;
  return {
    alias: name,
    schema,
    table: true,
    columns: columns.map((column) => ({ ...clean, name: column.name, category: column.category })),
  };
}

/** The columns of a view as its own query makes them. A view may do no more than a statement may. */
function listViewColumns(view: Relation, declared: boolean, place: Place): Column[] {
  const { catalog, columns } = place.bounds;
  const views = getCache(catalog as Catalog, columns);
  const seen = views.get(view);
  if (seen !== undefined) return seen instanceof Refusal ? repeatRefusal(seen) : seen;
  const name = formatName(view.name);
  views.set(view, new Refusal(`The view ${name} reads itself: ask for its tables.`));
  try {
    const made = followView(view, declared, place);
    views.set(view, made);
    return made;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const Kind = error instanceof PersonalRefusal ? PersonalRefusal : Refusal;
    const refusal = new Kind(
      `The view ${name} cannot be read: ${error.message.charAt(0).toLowerCase()}${error.message.slice(1)}`,
    );
    views.set(view, refusal);
    throw refusal;
  }
}

function followView(view: Relation, declared: boolean, place: Place): Column[] {
  const bounds = { ...place.bounds, mask: false, parameters: 0, trusted: false, inView: true };
  // A materialized view that somebody has classified is a table: its query ran when it was filled.
  if (view.kind === "m" && declared) return [];
  const select =
    getFields("SelectStmt", parseOne(view.definition ?? "", 500_000)) ?? refuse("Its definition is not a SELECT.");
  walk({ SelectStmt: select }, (node) => applyRule(node, bounds));
  const made = traceOutput(select, {
    bounds: declared ? { ...bounds, columns: undefined } : bounds,
    ctes: new Map(),
    work: { left: 1000 },
  });
  if (made.length !== view.columns.length) refuse("Its definition has other columns than it shows.");
  return declared ? [] : made;
}

function repeatRefusal(refusal: Refusal): never {
  throw refusal;
}

const nobody = {};
const caches = new WeakMap<Catalog, WeakMap<SafeColumns | typeof nobody, Map<Relation, Column[] | Refusal>>>();

function getCache(catalog: Catalog, columns: SafeColumns | undefined): Map<Relation, Column[] | Refusal> {
  const byColumns = caches.get(catalog) ?? new WeakMap();
  caches.set(catalog, byColumns);
  const views = byColumns.get(columns ?? nobody) ?? new Map();
  byColumns.set(columns ?? nobody, views);
  return views;
}
