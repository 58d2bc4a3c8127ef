import { listedOf, type SafeColumns } from "../guard/safe-columns";
import type { Source } from "../source/guarded";
import type { Answer } from "../answer";
import { query } from "../sql/trusted";
import { raw, template } from "../sql/template";
import { probe, type ColumnType } from "./encoding";

/** A table as one side has it. */
export interface Table {
  schema: string;
  name: string;
  columns: Map<string, ColumnType>;
  /** Its primary key, then its other unique keys, each by its columns. Only what holds for every row and has no null. */
  keys: { columns: string[]; primary: boolean }[];
  /** The columns that an index can be entered by. */
  indexed: Set<string>;
  /** By the statistics; by the size, where it was never analysed. */
  rows: number;
  /** Blocks on disk; of the largest partition, where it is divided. */
  blocks: number;
  /** Why it cannot be read whole. */
  hidden?: string;
}

/** A side's server and its tables by `schema.name`. */
export interface Catalog {
  version: number;
  encoding: string;
  /** What its hash functions make of known values. */
  probe: string;
  tables: Map<string, Table>;
}

const server = query`
select current_setting('server_version_num')::integer as version, current_setting('server_encoding') as encoding, (${raw(probe)})::text as probe`;

/** Every table with its columns, keys and size, or those of one name; a row for each. */
function tables(name?: string) {
  return query`
select n.nspname as schema, c.relname as table,
  (select json_agg(json_build_array(a.attname, b.typname, b.typtype = 'e', case when b.typcategory = 'A' then e.typname end) order by a.attnum)::text
    from pg_catalog.pg_attribute a
    join pg_catalog.pg_type t on t.oid = a.atttypid
    join pg_catalog.pg_type b on b.oid = case when t.typtype = 'd' then t.typbasetype else t.oid end
    left join pg_catalog.pg_type e on e.oid = b.typelem
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
  (select json_agg(json_build_array(i.indisprimary, (select json_agg(a.attname order by k.place)
      from unnest(i.indkey::smallint[]) with ordinality as k(number, place) join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = k.number where k.place <= i.indnkeyatts))
      order by i.indisprimary desc, i.indnkeyatts, i.indexrelid)::text
    from pg_catalog.pg_index i
    where i.indrelid = c.oid and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
      and not exists (select 1 from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum = any(i.indkey::smallint[]) and not a.attnotnull)) as keys,
  (select json_agg(distinct a.attname)::text from pg_catalog.pg_index i
    join pg_catalog.pg_class x on x.oid = i.indexrelid join pg_catalog.pg_am m on m.oid = x.relam
    join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = (i.indkey::smallint[])[0]
    where i.indrelid = c.oid and i.indisvalid and i.indpred is null and m.amname = 'btree') as indexed,
  c.reltuples as estimate, c.relpages as pages, s.bytes, s.largest / current_setting('block_size')::integer as blocks,
  case when not has_table_privilege(c.oid, 'select') then 'this role may not read it'
    when row_security_active(c.oid) then 'row security hides rows of it from this role' end as hidden
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
cross join lateral (
  select case when c.relkind = 'p' then coalesce((select sum(pg_relation_size(p.relid)) from pg_partition_tree(c.oid) p where p.isleaf), 0) else pg_relation_size(c.oid) end as bytes,
    case when c.relkind = 'p' then coalesce((select max(pg_relation_size(p.relid)) from pg_partition_tree(c.oid) p where p.isleaf), 0) else pg_relation_size(c.oid) end as largest) s
where c.relkind in ('r', 'p') and not c.relispartition and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast') and n.nspname not like 'pg\\_temp\\_%'
  ${name === undefined ? raw("") : template`and c.relname = ${name}`}
order by 1, 2`;
}

/** Asks a side what it has: two questions, whatever the number of tables. `told` hears of each answer. */
export async function readCatalog(
  source: Source,
  name: string | undefined,
  told: (answer: Answer) => void,
): Promise<Catalog> {
  const about = await source.ask(server);
  const answer = await source.ask(tables(name));
  [about, answer].forEach(told);
  const [version, encoding, hashed] = about.cells[0] as string[];
  return {
    version: Number(version),
    encoding,
    probe: hashed,
    tables: new Map(answer.cells.map(readTable).map((table) => [`${table.schema}.${table.name}`, table])),
  };
}

function readTable([schema, name, columns, keys, indexed, estimate, pages, bytes, blocks, hidden]: (
  string | null
)[]): Table {
  const list = <T>(json: string | null) => JSON.parse(json ?? "[]") as T[];
  return {
    schema: schema!,
    name: name!,
    columns: new Map(
      list<[string, string, boolean, string | null]>(columns).map(([column, type, isEnum, element]) => [
        column,
        { type, isEnum, element },
      ]),
    ),
    keys: list<[boolean, string[]]>(keys).map(([primary, names]) => ({ primary, columns: names })),
    indexed: new Set(list<string>(indexed)),
    rows: estimated(Number(estimate), Number(pages), Number(bytes)),
    blocks: Number(blocks),
    ...(hidden && { hidden }),
  };
}

/** As the planner estimates: the statistics' density, times the size of today. */
function estimated(rows: number, pages: number, bytes: number): number {
  return rows > 0 && pages > 0 ? Math.ceil((rows / pages) * (bytes / 8192)) : Math.ceil(bytes / 64);
}

/** Whether a column holds something personal: what nobody has listed as harmless does. */
export function isPersonal(columns: SafeColumns, { schema, name }: Table, column: string): boolean {
  const safe = listedOf(columns, "safe", schema, name);
  return safe !== "*" && !safe?.has(column);
}
