import { getListed, type SafeColumns } from "../guard/safe-columns";
import { quoteName } from "../sql/quote";
import type { Source } from "../source/guarded";
import type { Answer } from "../answer";
import { query } from "../sql/trusted";
import { raw, buildTemplate } from "../sql/template";
import { probe, type ColumnType, type Server } from "./encoding";

/** A table, or a view, as one side has it. */
export interface Table {
  schema: string;
  name: string;
  kind: "table" | "view" | "materialized view";
  columns: Map<string, ColumnType>;
  /** The columns that are never null. */
  notNull: Set<string>;
  /**
   * Its primary key, then its other unique keys, each by its columns. Only what holds for every row and has no null.
   */
  keys: { columns: string[]; primary: boolean }[];
  /** The columns that an index can be entered by. */
  indexed: Set<string>;
  /** By the statistics; by the size, where it was never analysed. */
  rows: number;
  /** Blocks on disk; of the largest partition or child, where it has any. */
  blocks: number;
  /** Why it cannot be read whole. */
  hidden?: string;
}

/** A side's server and its tables by their full name, as `nameTable` writes it. */
export interface Catalog extends Server {
  /** What its hash function makes of known values. */
  probe: string;
  tables: Map<string, Table>;
}

const server = query`
select current_setting('server_version_num')::integer as version, current_setting('server_encoding') as encoding,
  (${raw(probe)})::text as probe`;

/**
 * Every table with its columns, keys and size, a row for each, and a row without a name that describes the types of
 * the columns. With names, only what has one of them, views among it. A key of a table that others inherit from does
 * not hold for the rows of those, so it is none.
 */
function buildTablesQuery(version: number, names?: string[]) {
  const system = raw("('pg_catalog', 'information_schema', 'pg_toast')");
  const kinds = raw(names ? "('r', 'p', 'v', 'm')" : "('r', 'p')");
  const named = names ? buildTemplate`and c.relname = any(${names}::text[])` : raw("");
  const ranges = raw(
    version >= 140_000 ? "union all select g.rngtypid from pg_catalog.pg_range g where g.rngmultitypid = t.oid" : "",
  );
  const range = raw(
    version >= 140_000 ? "(select g.rngtypid from pg_catalog.pg_range g where g.rngmultitypid = t.oid)" : "null",
  );
  return query`
with recursive chosen as (
  select c.oid, c.relname, c.relkind, c.reltuples, c.relpages, n.nspname,
    c.relkind = 'r' and exists (select 1 from pg_catalog.pg_inherits h where h.inhparent = c.oid) as inherited
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ${kinds} and not c.relispartition and n.nspname not in ${system} and n.nspname not like 'pg\_temp\_%'
    ${named}
), tree(root, part) as (
  select c.oid, c.oid from chosen c
  union select t.root, h.inhrelid from tree t join pg_catalog.pg_inherits h on h.inhparent = t.part
), sized as (
  select t.root, sum(pg_catalog.pg_relation_size(t.part)) as bytes, max(pg_catalog.pg_relation_size(t.part)) as largest
  from tree t
  join pg_catalog.pg_class p on p.oid = t.part and p.relkind in ('r', 'm')
  group by t.root
), used(type) as (
  select a.atttypid from chosen c join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  union select more.type from used u
  join pg_catalog.pg_type t on t.oid = u.type
  cross join lateral (
    select t.typbasetype as type union all select t.typelem
    union all select g.rngsubtype from pg_catalog.pg_range g where g.rngtypid = t.oid
    ${ranges}
    union all select a.atttypid from pg_catalog.pg_attribute a where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped) more
  where more.type <> 0
)
select c.nspname as schema, c.relname as table, c.relkind::text as kind,
  (select json_agg(json_build_array(a.attname, a.atttypid::bigint, a.attnotnull) order by a.attnum)::text
    from pg_catalog.pg_attribute a
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
  (select json_agg(json_build_array(i.indisprimary, (select json_agg(a.attname order by k.place)
      from unnest(i.indkey::smallint[]) with ordinality as k(number, place)
      join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = k.number where k.place <= i.indnkeyatts))
      order by i.indisprimary desc, i.indnkeyatts, i.indexrelid)::text
    from pg_catalog.pg_index i
    where i.indrelid = c.oid and not c.inherited and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
      and not exists (select 1 from pg_catalog.pg_attribute a
        where a.attrelid = c.oid and a.attnum = any(i.indkey::smallint[]) and not a.attnotnull)) as keys,
  (select json_agg(distinct a.attname)::text from pg_catalog.pg_index i
    join pg_catalog.pg_class x on x.oid = i.indexrelid join pg_catalog.pg_am m on m.oid = x.relam
    join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = (i.indkey::smallint[])[0]
    where i.indrelid = c.oid and i.indisvalid and i.indpred is null and m.amname = 'btree') as indexed,
  c.reltuples::float8 as estimate, c.relpages::bigint as pages, coalesce(s.bytes, 0)::bigint as bytes,
  coalesce(s.largest / current_setting('block_size')::integer, 0)::bigint as blocks,
  case when not pg_catalog.has_table_privilege(c.oid, 'select') then 'this role may not read it'
    when pg_catalog.row_security_active(c.oid) then 'row security hides rows of it from this role' end as hidden
from chosen c
left join sized s on s.root = c.oid
union all
select '', '', 'types', (select json_agg(json_build_array(t.oid::bigint, t.typname, t.typtype::text, t.typbasetype::bigint,
      case when e.typarray = t.oid then t.typelem::bigint end,
      coalesce((select g.rngsubtype from pg_catalog.pg_range g where g.rngtypid = t.oid), ${range})::bigint,
      (select json_agg(json_build_array(a.attname, a.atttypid::bigint) order by a.attnum)
        from pg_catalog.pg_attribute a where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped)))::text
    from (select distinct u.type from used u) u
    join pg_catalog.pg_type t on t.oid = u.type
    left join pg_catalog.pg_type e on e.oid = t.typelem), null, null, 0, 0, 0, 0, null
order by 1, 2`;
}

/** A table's full name, as it is shown and found by: quoted where a part has a dot or a quote in it. */
function nameTable(schema: string, name: string): string {
  return [schema, name].map((part) => (/[."]/.test(part) ? quoteName(part) : part)).join(".");
}

/** The names that a text may mean: itself, what stands behind each of its dots, and what is quoted in it. */
function listNamesIn(text: string): string[] {
  const behind = [...text].flatMap((letter, index) => (letter === "." ? [text.slice(index + 1)] : []));
  const unquoted = (part: string) => (/^".*"$/s.test(part) ? part.slice(1, -1).replaceAll('""', '"') : part);
  return [...new Set([text, ...behind].flatMap((part) => [part, unquoted(part)]))].filter(Boolean);
}

/** Asks a side what it has: two questions, whatever the number of tables. `heard` is given each answer. */
export async function readCatalog(
  source: Source,
  name: string | undefined,
  heard: (answer: Answer) => void,
): Promise<Catalog> {
  const about = await source.ask(server);
  heard(about);
  const [version, encoding, hashed] = about.cells[0] as string[];
  const answer = await source.ask(
    buildTablesQuery(Number(version), name === undefined ? undefined : listNamesIn(name)),
  );
  heard(answer);
  const types = readTypes(answer.cells.find(([, , kind]) => kind === "types")?.[3] ?? "[]");
  const found = answer.cells.filter(([, , kind]) => kind !== "types").map((row) => readTable(row, types));
  return {
    version: Number(version),
    encoding,
    probe: hashed,
    tables: new Map(found.map((table) => [nameTable(table.schema, table.name), table])),
  };
}

type TypeRow = [
  oid: number,
  name: string,
  kind: string,
  base: number,
  element: number | null,
  bounds: number | null,
  fields: [string, number][] | null,
];

/** Types by number, domains resolved through as many layers as they have. */
function readTypes(json: string): (oid: number) => ColumnType {
  const rows = new Map((JSON.parse(json) as TypeRow[]).map((row) => [row[0], row]));
  // a composite type may hold itself in a list: within itself it is taken by its own output
  const describe = (oid: number, around: number[] = []): ColumnType => {
    const [, name, kind, base, element, bounds, fields] = rows.get(oid) ?? makeUnknownType(oid);
    if (around.includes(oid)) return { name, kind: "base" };
    const inner = (type: number) => describe(type, [...around, oid]);
    if (kind === "d") return inner(base);
    if (kind === "e") return { name, kind: "enum" };
    if (kind === "r") return { name, kind: "range", of: inner(bounds!) };
    if (kind === "m") return { name, kind: "multirange", of: inner(bounds!) };
    if (kind === "c") {
      const described = (fields ?? []).map(([field, type]) => ({ name: field, type: inner(type) }));
      return { name, kind: "composite", fields: described };
    }
    return element === null ? { name, kind: "base" } : { name, kind: "array", of: inner(element) };
  };
  return (oid) => describe(oid);
}

function makeUnknownType(oid: number): TypeRow {
  return [oid, `type ${oid}`, "b", 0, null, null, null];
}

function readTable(
  [schema, name, kind, columns, keys, indexed, estimate, pages, bytes, blocks, hidden]: (string | null)[],
  typeOf: (oid: number) => ColumnType,
): Table {
  const list = <T>(json: string | null) => JSON.parse(json ?? "[]") as T[];
  const described = list<[string, number, boolean]>(columns);
  return {
    schema: schema!,
    name: name!,
    kind: kind === "v" ? "view" : kind === "m" ? "materialized view" : "table",
    columns: new Map(described.map(([column, type]) => [column, typeOf(type)])),
    notNull: new Set(described.filter(([, , notNull]) => notNull).map(([column]) => column)),
    keys: list<[boolean, string[]]>(keys).map(([primary, names]) => ({ primary, columns: names })),
    indexed: new Set(list<string>(indexed)),
    rows: estimateRows(Number(estimate), Number(pages), Number(bytes)),
    blocks: Number(blocks),
    ...(hidden && { hidden }),
  };
}

/** As the planner estimates: the statistics' density, times the size of today. */
function estimateRows(rows: number, pages: number, bytes: number): number {
  return rows > 0 && pages > 0 ? Math.ceil((rows / pages) * (bytes / 8192)) : Math.ceil(bytes / 64);
}

/** Whether a column holds something personal: what nobody has listed as harmless does. */
export function isPersonal(columns: SafeColumns, { schema, name }: Table, column: string): boolean {
  const safe = getListed(columns, "safe", schema, name);
  return safe !== "*" && !safe?.has(column);
}
