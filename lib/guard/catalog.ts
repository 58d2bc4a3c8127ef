import { RunbookError } from "../errors";
import { query } from "../sql/trusted";
import { raw } from "../sql/template";
import { listQuotingRelations } from "./system";

/** A table or view outside the system's schemas. */
export interface Relation {
  schema: string;
  name: string;
  /** r table, p partitioned, v view, m materialized view, f foreign, S sequence. */
  kind: string;
  rowSecurity: boolean;
  columns: RelationColumn[];
  /** The query of a view. */
  definition: string | null;
  /**
   * What reading it would do besides: a partition opens another connection, or a view's query calls somebody's code.
   */
  runs: "foreign" | "code" | null;
}

export interface RelationColumn {
  name: string;
  type: string;
  /** PostgreSQL's letter for the kind of type: N number, S text, D date, … */
  category: string;
  comment: string | null;
  /** Its type has operators, casts or an order of its own, which may run anything. */
  own: boolean;
  /** Its type comes with a trusted extension, and so do its operators. */
  extension: boolean;
}

/** What the guard knows of a database: plain data. */
export interface Catalog {
  /** What the session said of itself in the same answer, as `safeSession` would have it. */
  session: string;
  /** Where a bare name is looked for. */
  searchPath: string[];
  relations: Relation[];
  enums: { schema: string; name: string; own: boolean }[];
  /**
   * Names that somebody has given a meaning of their own: of functions that take other types than PostgreSQL's, and
   * of types that a cast leads to.
   */
  functions: string[];
  casts: string[];
  /**
   * Somebody's own casts between PostgreSQL's types that are made without being written. Only a superuser can create
   * one.
   */
  implicitCasts: number;
  /**
   * Operators of their own on PostgreSQL's types, with the category of either side; `isShadowed` where PostgreSQL has
   * one of that name for such sides too.
   */
  operators: { name: string; left: string; right: string; shadows: boolean }[];
  /** Names of operators that a trusted extension has brought. */
  extensionOperators: string[];
  /** Types of their own that are named like one of PostgreSQL's. */
  types: string[];
  /**
   * Which columns this server's version has of each of the system's relations that hold somebody's literals among
   * others, by `schema.name`, in their order.
   */
  system: Record<string, string[]>;
}

/** Made for sharing, and known not to call back into anything: what they define may stand beside PostgreSQL's own. */
const trustedExtensions = `('pgcrypto', 'citext', 'hstore', 'ltree', 'pg_trgm', 'uuid-ossp', 'btree_gin', 'btree_gist', 'intarray', 'unaccent', 'fuzzystrmatch', 'cube',
  'earthdistance', 'isn', 'seg', 'tablefunc', 'pg_stat_statements', 'postgis', 'vector', 'plpgsql')`;

/** The system's relations of which `*` may stand for the harmless columns alone. */
const quotingRelations = `(${listQuotingRelations()
  .map((name) => `'${name}'`)
  .join(", ")})`;

/**
 * A session in which a text means what the guard has read, and in which nothing is written: `%` comes through, a
 * backslash is no escape, the transaction is read-only.
 */
export const safeSession = "%% on on";

/**
 * Reads the catalog in one statement, as one json cell, on PostgreSQL 12 to 18. What is older than oid 16384 came
 * with the server.
 */
export const catalogQuery = query`
with recursive trusted as (
  select d.classid, d.objid from pg_catalog.pg_depend d join pg_catalog.pg_extension e on e.oid = d.refobjid
  where d.refclassid = 'pg_catalog.pg_extension'::regclass and d.deptype = 'e' and e.extname in ${raw(trustedExtensions)}
), own_function as (
  select p.oid, p.proname, p.proargtypes from pg_catalog.pg_proc p
  where p.oid >= 16384 and not exists (select 1 from trusted t where t.objid = p.oid and t.classid = 'pg_catalog.pg_proc'::regclass)
), own_operator as (
  select o.oid, o.oprname, o.oprleft, o.oprright from pg_catalog.pg_operator o
  where o.oid >= 16384 and not exists (select 1 from trusted t where t.objid = o.oid and t.classid = 'pg_catalog.pg_operator'::regclass)
), own_cast as (
  select c.castsource, c.casttarget, c.castcontext from pg_catalog.pg_cast c where c.castfunc in (select f.oid from own_function f)
), own_type as (
  select o.oprleft as oid from own_operator o where o.oprleft >= 16384 union select o.oprright from own_operator o where o.oprright >= 16384
  union select c.castsource from own_cast c where c.castsource >= 16384 union select c.casttarget from own_cast c where c.casttarget >= 16384
  union select c.opcintype from pg_catalog.pg_opclass c join pg_catalog.pg_am m on m.oid = c.opcmethod and m.amname in ('btree', 'hash')
    where c.oid >= 16384 and c.opcdefault and c.opcintype < 16384 and not exists (select 1 from trusted t where t.objid = c.oid and t.classid = 'pg_catalog.pg_opclass'::regclass)
), extension_type as (
  select t.objid as oid from trusted t where t.classid = 'pg_catalog.pg_type'::regclass
), below as (
  select i.inhparent as top, i.inhrelid as oid from pg_catalog.pg_inherits i
  union select b.top, i.inhrelid from below b join pg_catalog.pg_inherits i on i.inhparent = b.oid
), calling as (
  select r.ev_class as oid from pg_catalog.pg_rewrite r join pg_catalog.pg_depend d on d.objid = r.oid and d.classid = 'pg_catalog.pg_rewrite'::regclass
  where (d.refclassid = 'pg_catalog.pg_proc'::regclass and d.refobjid in (select f.oid from own_function f))
    or (d.refclassid = 'pg_catalog.pg_operator'::regclass and d.refobjid in (select o.oid from own_operator o))
), space as (
  select n.oid, n.nspname from pg_catalog.pg_namespace n where n.nspname <> 'information_schema' and n.nspname not like 'pg\_%'
)
select json_build_object(
  'session', concat_ws(' ', '%%', current_setting('standard_conforming_strings'), current_setting('transaction_read_only')),
  'searchPath', (select s.reset_val from pg_catalog.pg_settings s where s.name = 'search_path'),
  'role', current_user,
  'relations', (select json_agg(json_build_array(n.nspname, c.relname, c.relkind::text, c.relrowsecurity,
      (select json_agg(json_build_array(a.attname, format_type(a.atttypid, a.atttypmod), t.typcategory::text, col_description(c.oid, a.attnum), case when t.oid in (select w.oid from own_type w) or t.typelem in (select w.oid from own_type w) then 'own'
          when t.oid in (select x.oid from extension_type x) or t.typelem in (select x.oid from extension_type x) or t.typbasetype in (select x.oid from extension_type x) then 'extension' end) order by a.attnum)
        from pg_catalog.pg_attribute a join pg_catalog.pg_type t on t.oid = a.atttypid where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped),
      case when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid) end,
      case when c.oid in (select b.top from below b join pg_catalog.pg_class l on l.oid = b.oid where l.relkind = 'f') then 'foreign'
        when c.oid in (select x.oid from calling x) then 'code' end) order by n.nspname, c.relname)
    from pg_catalog.pg_class c join space n on n.oid = c.relnamespace where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')),
  'enums', (select json_agg(json_build_array(n.nspname, t.typname, t.oid in (select w.oid from own_type w)) order by n.nspname, t.typname)
    from pg_catalog.pg_type t join space n on n.oid = t.typnamespace where t.typtype = 'e'),
  'functions', (select json_agg(distinct f.proname) from own_function f where not exists (
    select 1 from pg_catalog.pg_proc b where b.oid < 16384 and b.proname = f.proname and b.proargtypes::text = f.proargtypes::text)),
  'operators', (select json_agg(json_build_array(o.oprname, l.typcategory::text, r.typcategory::text, exists (
      select 1 from pg_catalog.pg_operator b left join pg_catalog.pg_type bl on bl.oid = b.oprleft left join pg_catalog.pg_type br on br.oid = b.oprright
      where b.oprname = o.oprname and b.oid < 16384
        and (coalesce(bl.typcategory, '0') = coalesce(l.typcategory, '0') or l.typcategory in ('A', 'E', 'R') and bl.typcategory = 'P')
        and (br.typcategory = r.typcategory or r.typcategory in ('A', 'E', 'R') and br.typcategory = 'P')))) from own_operator o
    left join pg_catalog.pg_type l on l.oid = o.oprleft left join pg_catalog.pg_type r on r.oid = o.oprright where o.oprleft < 16384 and o.oprright < 16384),
  'extensionOperators', (select json_agg(distinct o.oprname) from pg_catalog.pg_operator o join trusted t on t.objid = o.oid and t.classid = 'pg_catalog.pg_operator'::regclass),
  'system', (select json_object_agg(s.nspname || '.' || c.relname, (select json_agg(a.attname order by a.attnum) from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped))
    from pg_catalog.pg_class c join pg_catalog.pg_namespace s on s.oid = c.relnamespace where s.nspname || '.' || c.relname in ${raw(quotingRelations)}),
  'types', (select json_agg(distinct t.typname) from pg_catalog.pg_type t join pg_catalog.pg_type b on b.typname = t.typname and b.oid < 16384 where t.oid >= 16384),
  'casts', (select json_agg(distinct t.typname) from own_cast c join pg_catalog.pg_type t on t.oid = c.casttarget where c.castsource < 16384),
  'implicitCasts', (select count(*) from own_cast c where c.castcontext = 'i' and c.castsource < 16384 and c.casttarget < 16384)
)::text as catalog`;

/** The catalog from the cell that `catalogQuery` answers with. */
export function readCatalog(cell: unknown): Catalog {
  const answer = (typeof cell === "string" ? JSON.parse(cell) : cell) as Cell;
  if (!Array.isArray(answer?.relations ?? []))
    throw new RunbookError(
      "The catalog could not be read: ask a DBA for USAGE on the schemas and SELECT on pg_catalog.",
    );
  return {
    session: answer.session ?? "",
    searchPath: searchPath(answer.searchPath ?? "public", answer.role ?? ""),
    relations: (answer.relations ?? []).map(([schema, name, kind, rowSecurity, columns, definition, runs]) => ({
      schema,
      name,
      kind,
      rowSecurity,
      definition,
      runs: runs ?? null,
      columns: (columns ?? []).map(([column, type, category, comment, own]) => ({
        name: column,
        type,
        category,
        comment,
        own: own === "own",
        extension: own === "extension",
      })),
    })),
    enums: (answer.enums ?? []).map(([schema, name, own]) => ({ schema, name, own })),
    functions: answer.functions ?? [],
    operators: (answer.operators ?? []).map(([name, left, right, shadows]) => ({
      name,
      left: left ?? "",
      right: right ?? "",
      shadows: shadows ?? true,
    })),
    extensionOperators: answer.extensionOperators ?? [],
    types: answer.types ?? [],
    system: answer.system ?? {},
    casts: answer.casts ?? [],
    implicitCasts: answer.implicitCasts ?? 0,
  };
}

interface Cell {
  session?: string;
  searchPath?: string;
  role?: string;
  relations?:
    | [
        string,
        string,
        string,
        boolean,
        [string, string, string, string | null, "own" | "extension" | null][] | null,
        string | null,
        Relation["runs"]?,
      ][]
    | null;
  enums?: [string, string, boolean][] | null;
  functions?: string[] | null;
  operators?: [string, string | null, string | null, boolean?][] | null;
  extensionOperators?: string[] | null;
  types?: string[] | null;
  system?: Record<string, string[]> | null;
  casts?: string[] | null;
  implicitCasts?: number | null;
}

/** `"$user", public` as a list. */
function searchPath(setting: string, role: string): string[] {
  return [...setting.matchAll(/"((?:[^"]|"")*)"|([^\s,]+)/g)]
    .map(([, quoted, bare]) => quoted?.replace(/""/g, '"') ?? bare)
    .map((name) => (name === "$user" ? role : name));
}

/** Whether somebody's own function or cast stands beside PostgreSQL's of that name. */
export function isShadowed(catalog: Catalog, kind: "functions" | "casts", name: string): boolean {
  return index(catalog)[kind].has(name);
}

/** The table or view that a name means. */
export function findRelation(catalog: Catalog, schema: string | undefined, name: string): Relation | undefined {
  return findNamed(index(catalog).relations, catalog, schema, name);
}

/** The enum that a name means. */
export function findEnum(
  catalog: Catalog,
  schema: string | undefined,
  name: string,
): Catalog["enums"][number] | undefined {
  return findNamed(index(catalog).enums, catalog, schema, name);
}

function findNamed<T>(
  things: Map<string, T>,
  { searchPath }: Catalog,
  schema: string | undefined,
  name: string,
): T | undefined {
  for (const place of schema === undefined ? searchPath : [schema]) {
    const thing = things.get(`${place}.${name}`);
    if (thing !== undefined) return thing;
  }
  return undefined;
}

function makeIndex(catalog: Catalog) {
  const byName = <T extends { schema: string; name: string }>(things: T[]) =>
    new Map(things.map((thing) => [`${thing.schema}.${thing.name}`, thing] as const));
  return {
    relations: byName(catalog.relations),
    enums: byName(catalog.enums),
    functions: new Set(catalog.functions),
    casts: new Set(catalog.casts),
  };
}

const indexes = new WeakMap<Catalog, ReturnType<typeof makeIndex>>();

function index(catalog: Catalog): ReturnType<typeof makeIndex> {
  const known = indexes.get(catalog) ?? makeIndex(catalog);
  indexes.set(catalog, known);
  return known;
}
