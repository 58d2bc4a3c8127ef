import { type Section, sections } from "./object-kinds";

/**
 * How much of the catalog one statement asks for: all of it, or the objects of which the oid, scattered, leaves this
 * remainder.
 */
export interface Part {
  part: number;
  of: number;
}

/** What fits through a Lambda once it is wrapped in JSON twice: its limit is 6,291,556 bytes. */
const BUDGET = 5_500_000;

/**
 * One SELECT that reads a database's whole catalog in one snapshot, on PostgreSQL 12 to 18: one row, one column
 * `catalog`, JSON. Where the answer would not fit it is `{"parts": n}` instead, and n statements with a `part` give
 * the same, each object once. `without` leaves out the sections that read these catalogs, for a role that may not.
 */
export function writeCatalogStatement({
  part,
  without = [],
  budget = BUDGET,
}: { part?: Part; without?: string[]; budget?: number } = {}): string {
  const read = sections.filter((section) => !without.some((catalog) => isReading(section, catalog)));
  const catalog = `json_build_object('version', current_setting('server_version_num')::int, 'path', current_schemas(true)::text[], 'stamp', ${writeStamp(without)},
    'roles', ${ROLES}, 'counts', ${part && part.part > 0 ? "null" : `(${writeCounts(without)})`}, 'sections', (select json_object_agg(kind, items) from (
${read.map((section) => writeSectionQuery(section, part)).join("\nunion all\n")}
) section))::text`;
  return `with owned as materialized (select classid, objid from pg_depend where deptype = 'e'),
space as materialized (select oid, nspname from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'),
relation as materialized (select o.*, n.nspname from pg_class o join space n on n.oid = o.relnamespace where ${writeNotOwned("pg_class")}),
answer as materialized (select ${catalog} as catalog)
select ${
    part
      ? "catalog"
      : `case when ${weight} <= ${budget} then catalog else json_build_object('parts', ${weight} * 5 / 4 / ` +
        `${budget} + 1)::text end as catalog`
  } from answer`;
}

/**
 * The system catalogs that this role may not read, as an array in one row: for when the catalog's statement was
 * refused.
 */
export function writeUnreadableStatement(): string {
  return `select coalesce(json_agg(c.relname order by c.relname), '[]')::text as catalogs from pg_catalog.pg_class c
where c.relnamespace = 'pg_catalog'::regnamespace and c.relkind in ('r', 'v') and c.relname in (${[...catalogs].map((name) => `'${name}'`).join(", ")})
and not has_any_column_privilege(c.oid, 'select')`;
}

/** The catalogs that a section's SQL names. */
function isReading(section: Section, catalog: string): boolean {
  return new RegExp(`\\b${catalog}\\b`).test(JSON.stringify(section));
}

const catalogs = new Set(
  (JSON.stringify(sections).match(/\bpg_[a-z_]+\b(?!\()/g) ?? []).filter((name) => name !== "pg_user_mapping"),
);

// a quote is escaped in the JSON around the answer, and a character beyond ASCII can come as six
const weight = "(length(to_json(catalog)::text) + 5 * (octet_length(catalog) - length(catalog)))";

function writeSectionQuery(section: Section, part: Part | undefined): string {
  const key = section.relation ?? (section.catalog === "pg_user_mapping" ? "o.umid" : "o.oid");
  const attributes = Object.values(section.attributes).map(([sql]) => sql);
  const kind = getFixedKind(section) === undefined ? [(section.kind as { sql: string }).sql] : [];
  const row = [
    ...kind,
    section.relation ? `${section.relation}::int8` : (section.schema ?? "null"),
    section.name,
    ...attributes,
  ].join(", ");
  const own = section.relation || section.from.startsWith("relation o") ? [] : [writeNotOwned(section.catalog, key)];
  const conditions = [
    section.where ?? "true",
    ...own,
    ...(part ? [`mod(mod(${key}::int8 * 2654435761, 4294967296) / 65536, ${part.of}) = ${part.part}`] : []),
  ];
  // most attributes are at rest: what is null at a row's end is left out
  return `select '${nameSection(section)}' as kind, json_agg(regexp_replace(json_build_array(${row})::text, '(, null)+\\]$', ']')::json order by ${[key, section.order ?? section.name].join(", ")}) as items
from ${section.from} where ${conditions.map((condition) => `(${condition})`).join(" and ")}`;
}

/** A section is named by what it reads, where its rows say their kind themselves. */
export function nameSection(section: Section): string {
  return getFixedKind(section) ?? section.catalog;
}

/** The kind of everything that a section reads; undefined where each of its rows says its kind itself. */
export function getFixedKind({ kind }: Section): string | undefined {
  return typeof kind === "object" ? undefined : kind;
}

function writeNotOwned(catalog: string, oid = "o.oid"): string {
  return `not exists (select from owned w where w.classid = '${catalog}'::regclass and w.objid = ${oid})`;
}

/** The roles: their names, whether somebody logs in with one and is no superuser, and what they are members of. */
const ROLES = `(select json_agg(json_build_array(r.rolname, r.rolcanlogin and not r.rolsuper, array(
  select g.rolname from pg_auth_members m join pg_roles g on g.oid = m.roleid where m.member = r.oid)) order by r.rolname)
  from (select * from pg_roles where rolname !~ '^pg_' order by rolname limit 2000) r)`;

/** Parts are read one after another: a change between two of them shows in this. */
function writeStamp(without: string[]): string {
  const watched = ["pg_class", "pg_attribute", "pg_constraint", "pg_proc", "pg_type"].filter(
    (catalog) => !without.includes(catalog),
  );
  return `json_build_array(${watched.map((catalog) => `(select count(*) || ' ' || sum(xmin::text::int8) from ${catalog})`).join(", ")})`;
}

/**
 * How many objects there are of each kind, by the catalogs' own letters, and of any catalog that nothing here reads.
 */
function writeCounts(without: string[]): string {
  const known = Object.entries(LETTERS).filter(([catalog]) => !without.includes(catalog));
  const groups = known.map(([catalog, { letter, schema, join, where, anyOid }]) => {
    const ours = anyOid ? "true" : schema ? `o.${schema} in (select oid from space)` : "o.oid >= 16384";
    return (
      `select '${catalog}' as catalog, (${letter ?? "''"})::text as letter, count(*) as objects from ` +
      `${catalog} o ${join ?? ""} where ${ours} and ${where ?? "true"} and ${writeNotOwned(catalog)} group by ` +
      `2`
    );
  });
  const others = `select d.classid::regclass::text, '', count(distinct d.objid) from pg_depend d where d.objid >= 16384 and d.deptype <> 'e'
    and d.classid::regclass::text <> all (array[${[...Object.keys(LETTERS), "pg_attrdef", "pg_amop", "pg_amproc", "pg_publication_rel", "pg_publication_namespace", "pg_database", "pg_user_mapping", ...without].map((name) => `'${name}'`).join(", ")}])
    and not exists (select from owned w where w.classid = d.classid and w.objid = d.objid) group by 1`;
  return (
    `select json_agg(json_build_array(catalog, letter, objects)) from ` +
    `(${[...groups, others].join("\nunion all\n")}) counted`
  );
}

const LETTERS: Record<string, { letter?: string; schema?: string; join?: string; where?: string; anyOid?: true }> = {
  pg_namespace: { where: "o.oid in (select oid from space)" },
  pg_class: {
    letter: "case when o.relispartition and o.relkind in ('r', 'p', 'f') then 'partition' else o.relkind::text end",
    schema: "relnamespace",
  },
  pg_constraint: {
    letter: "case when o.contypid <> 0 then 'domain' else o.contype::text end",
    schema: "connamespace",
    join: "left join pg_constraint p on p.oid = o.conparentid",
    where: "p.conrelid is distinct from o.conrelid or o.conrelid = 0",
  },
  pg_type: {
    letter:
      "case when o.typtype = 'c' then 'c' || c.relkind::text when o.typcategory = 'A' then 'array' else " +
      "o.typtype::text end",
    schema: "typnamespace",
    join: "left join pg_class c on c.oid = o.typrelid",
  },
  pg_proc: {
    letter: "o.prokind",
    schema: "pronamespace",
    where:
      "not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = o.oid and " +
      "d.deptype = 'i')",
  },
  pg_trigger: { where: "not o.tgisinternal" },
  pg_rewrite: { where: "o.rulename <> '_RETURN'" },
  pg_policy: {},
  pg_extension: {},
  pg_statistic_ext: {},
  pg_event_trigger: {},
  pg_publication: {},
  pg_collation: { schema: "collnamespace" },
  pg_cast: {
    where:
      "not exists (select from pg_depend d where d.classid = 'pg_cast'::regclass and d.objid = o.oid and " +
      "d.deptype = 'i')",
  },
  pg_operator: { schema: "oprnamespace" },
  pg_opclass: { schema: "opcnamespace" },
  pg_opfamily: { schema: "opfnamespace" },
  pg_conversion: { schema: "connamespace" },
  pg_ts_config: { schema: "cfgnamespace" },
  pg_ts_dict: { schema: "dictnamespace" },
  pg_ts_parser: { schema: "prsnamespace" },
  pg_ts_template: { schema: "tmplnamespace" },
  pg_foreign_data_wrapper: {},
  pg_foreign_server: {},
  pg_language: {},
  pg_transform: {},
  pg_am: {},
  pg_default_acl: {},
  // whoever makes one may choose its oid
  pg_largeobject_metadata: { anyOid: true },
};
