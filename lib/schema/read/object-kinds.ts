/**
 * How two values of an attribute are compared: what is said is whether they mean the same, not whether they are
 * spelled alike.
 */
export type Meaning =
  | "exact"
  | "set" // a list of which the order means nothing
  | "text" // line ends and trailing blanks mean nothing
  | "type"
  | "expression"
  | "default" // an expression that becomes the column's type
  | "query"
  | "statement" // a CREATE statement: its own name means nothing
  | "constraint"
  | "bounds"
  | "body" // a function's source
  | "information" // a difference is worth a word, and is no drift
  | "known" // not every role may read it: compared where both sides show it, of an object what both know of it
  | "secret" // a fingerprint: like `known`, and never shown
  | "silent"; // serves another purpose than comparison

/** What is read of one kind of object, from where, and how it is compared. In SQL `o` is the catalog's row. */
export interface Section {
  /** Either the kind, or the SQL that tells it. */
  kind: string | { sql: string };
  catalog: string;
  from: string;
  where?: string;
  schema?: string;
  /** The oid of the relation that the object belongs to. */
  relation?: string;
  name: string;
  order?: string;
  attributes: Record<string, [sql: string, meaning?: Meaning]>;
}

const relationKind = `case when o.relispartition then 'partition' when o.relkind in ('r', 'p') then 'table' when o.relkind = 'f' then 'foreign table'
  when o.relkind = 'v' then 'view' when o.relkind = 'm' then 'materialized view' end`;
const typeKind =
  `case o.typtype when 'e' then 'enum' when 'd' then 'domain' when 'c' then 'composite type' when 'r' then ` +
  `'range type' when 'p' then 'shell type' else 'base type' end`;
const functionKind = `case o.prokind when 'p' then 'procedure' when 'a' then 'aggregate' else 'function' end`;
const constraintKind = `case o.contype when 'p' then 'primary key' when 'u' then 'unique constraint' when 'c' then 'check constraint'
  when 'f' then 'foreign key' when 'x' then 'exclusion constraint' end`;

/** A catalog's column that this server's version may lack. */
const since = (column: string, row = "o") => `to_jsonb(${row}) ->> '${column}'`;
const unless = (sql: string, usual: string) => `nullif(${sql}, ${usual})`;
const owner = (column: string): [string, Meaning] => [`pg_get_userbyid(o.${column})`, "information"];
const acl = (column: string): [string, Meaning] => [`o.${column}::text[]`, "silent"];
const comment = (catalog: string): [string, Meaning] => [`obj_description(o.oid, '${catalog}')`, "silent"];
const options = (column: string): [string, Meaning] => [`o.${column}`, "set"];
const tablespace = (column: string): [string, Meaning] => [
  `(select spcname from pg_tablespace where oid = ${column})`,
  "information",
];
/** Enough of a hash to tell two values apart, too little to guess one from it: a million passwords have each. */
const fingerprint = (sql: string) => `left(encode(sha256(convert_to(${sql}, 'UTF8')), 'hex'), 6)`;
/**
 * What a SELECT of one text gives, written while the catalog is read: of columns that a version may lack, or a role
 * may not read.
 */
const dynamic = (select: string) => `(xpath('/row/v/text()', query_to_xml(${select}, false, true, '')))[1]::text`;
const procedure = (column: string) => unless(`o.${column}::regprocedure::text`, `'-'`);

export const sections: Section[] = [
  {
    kind: "schema",
    catalog: "pg_namespace",
    from: "pg_namespace o",
    where: "o.oid in (select oid from space)",
    name: "o.nspname",
    attributes: { owner: owner("nspowner"), comment: comment("pg_namespace"), acl: acl("nspacl") },
  },
  {
    kind: { sql: relationKind },
    catalog: "pg_class",
    from: "relation o",
    where: "o.relkind in ('r', 'p', 'f', 'v', 'm')",
    schema: "o.nspname",
    name: "o.relname",
    attributes: {
      oid: ["o.oid::int8", "silent"],
      unreadable: [
        "nullif(not (has_table_privilege(o.oid, 'select') and has_schema_privilege(o.relnamespace, 'usage')), false)",
        "silent",
      ],
      owner: owner("relowner"),
      rows: ["case when o.relkind in ('r', 'm', 'f') then o.reltuples::int8 end", "silent"],
      definition: ["case when o.relkind in ('v', 'm') then rtrim(pg_get_viewdef(o.oid), ';') end", "query"],
      unlogged: ["nullif(o.relpersistence = 'u', false)"],
      comment: comment("pg_class"),
      acl: acl("relacl"),
      options: options("reloptions"),
      "row security": ["nullif(o.relrowsecurity, false)"],
      "forced row security": ["nullif(o.relforcerowsecurity, false)"],
      "partitioned by": ["case when o.relkind = 'p' then pg_get_partkeydef(o.oid) end", "text"],
      "partition of": [
        "case when o.relispartition then (select inhparent::int8 from pg_inherits where inhrelid = o.oid) end",
        "silent",
      ],
      bounds: ["pg_get_expr(o.relpartbound, o.oid)", "bounds"],
      // version 14's: of an older server null
      "detach pending": [
        `nullif((select (to_jsonb(h) ->> 'inhdetachpending')::boolean from pg_inherits h where ` +
          `o.relispartition and h.inhrelid = o.oid), false)`,
      ],
      inherits: [
        "case when not o.relispartition then (select array_agg(inhparent::regclass::text order by inhseqno) " +
          "from pg_inherits where inhrelid = o.oid) end",
      ],
      "toast options": ["(select t.reloptions from pg_class t where t.oid = o.reltoastrelid)", "set"],
      "replica identity": [`case when o.relkind in ('r', 'p') then ${unless("o.relreplident", "'d'")} end`],
      "replica identity index": [
        "(select c.relname from pg_index i join pg_class c on c.oid = i.indexrelid where i.indrelid = o.oid " +
          "and i.indisreplident)",
      ],
      "clustered on": [
        "(select c.relname from pg_index i join pg_class c on c.oid = i.indexrelid where i.indrelid = o.oid " +
          "and i.indisclustered)",
        "information",
      ],
      "of type": [unless("o.reloftype::regtype::text", "'-'"), "type"],
      "access method": [`(select ${unless("amname", "'heap'")} from pg_am where oid = o.relam)`],
      tablespace: tablespace("o.reltablespace"),
      server: [
        "(select s.srvname from pg_foreign_table f join pg_foreign_server s on s.oid = f.ftserver where " +
          "f.ftrelid = o.oid)",
      ],
      "foreign options": ["(select f.ftoptions from pg_foreign_table f where f.ftrelid = o.oid)", "set"],
      "not populated": ["nullif(not o.relispopulated, false)"],
    },
  },
  {
    kind: "column",
    catalog: "pg_attribute",
    from: `pg_attribute o join relation r on r.oid = o.attrelid and r.relkind in ('r', 'p', 'f', 'v', 'm') join pg_type t on t.oid = o.atttypid
      left join pg_attrdef d on d.adrelid = o.attrelid and d.adnum = o.attnum
      left join pg_collation k on k.oid = o.attcollation and k.oid <> t.typcollation left join pg_namespace s on s.oid = k.collnamespace
      left join pg_constraint v on v.conrelid = o.attrelid and v.contype = 'n' and v.conkey = array[o.attnum] and not v.convalidated`,
    where: "o.attnum > 0 and not o.attisdropped",
    relation: "o.attrelid",
    name: "o.attname",
    order: "o.attnum",
    attributes: {
      number: ["o.attnum", "silent"],
      type: ["format_type(o.atttypid, o.atttypmod)", "type"],
      "not null": ["nullif(o.attnotnull, false)"],
      default: ["pg_get_expr(d.adbin, d.adrelid)", "default"],
      generated: [unless("o.attgenerated", "''")],
      identity: [unless("o.attidentity", "''")],
      comment: ["col_description(o.attrelid, o.attnum)", "silent"],
      collation: [
        "case when k.oid is not null then concat_ws('.', nullif(quote_ident(s.nspname), 'public'), " +
          "quote_ident(k.collname)) end",
      ],
      acl: acl("attacl"),
      storage: ["nullif(o.attstorage, t.typstorage)"],
      compression: [unless(since("attcompression"), "''")],
      "statistics target": ["nullif(o.attstattarget, -1)"],
      options: options("attoptions"),
      "foreign options": options("attfdwoptions"),
      "defined here too": ["nullif(o.attislocal and o.attinhcount > 0 and not r.relispartition, false)", "information"],
      "not null not validated": ["nullif(v.oid is not null, false)"],
    },
  },
  {
    kind: { sql: constraintKind },
    catalog: "pg_constraint",
    from: `pg_constraint o join relation r on r.oid = o.conrelid left join pg_class c on c.oid = o.conindid and o.contype in ('p', 'u', 'x')
      left join pg_index i on i.indexrelid = c.oid left join pg_constraint p on p.oid = o.conparentid
      left join (select distinct tgconstraint from pg_trigger where tgconstraint <> 0 and tgenabled <> 'O') t on t.tgconstraint = o.oid`,
    // a key that points to a partitioned table has a copy for each of its partitions
    where: "o.contype in ('p', 'u', 'c', 'f', 'x') and p.conrelid is distinct from o.conrelid",
    relation: "o.conrelid",
    name: "o.conname",
    attributes: {
      definition: ["pg_get_constraintdef(o.oid)", "constraint"],
      columns: ["o.conkey", "silent"],
      references: ["nullif(o.confrelid::int8, 0)", "silent"],
      parent: ["p.conname", "silent"],
      comment: comment("pg_constraint"),
      "index comment": ["obj_description(c.oid, 'pg_class')", "silent"],
      "defined here too": ["nullif(o.conislocal and o.coninhcount > 0 and not r.relispartition, false)", "information"],
      "storage options": ["c.reloptions", "set"],
      "triggers disabled": ["nullif(t.tgconstraint is not null, false)"],
      invalid: ["nullif(not i.indisvalid, false)"],
      tablespace: tablespace("c.reltablespace"),
    },
  },
  {
    kind: "index",
    catalog: "pg_class",
    from: `pg_index i join pg_class o on o.oid = i.indexrelid join relation r on r.oid = i.indrelid
      left join pg_inherits h on h.inhrelid = o.oid left join pg_class p on p.oid = h.inhparent
      left join (select objid, refobjid, array_agg(distinct refobjsubid) as numbers from pg_depend
        where classid = 'pg_class'::regclass and refclassid = 'pg_class'::regclass and refobjsubid > 0 group by 1, 2) u on u.objid = o.oid and u.refobjid = i.indrelid
      left join (select attrelid, array_agg(attnum || ': ' || attstattarget order by attnum) as targets from pg_attribute where attstattarget >= 0 group by 1) a on a.attrelid = o.oid`,
    where: "not exists (select from pg_constraint k where k.conindid = o.oid and k.contype in ('p', 'u', 'x'))",
    relation: "i.indrelid",
    name: "o.relname",
    attributes: {
      definition: ["pg_get_indexdef(o.oid)", "statement"],
      columns: ["u.numbers", "silent"],
      parent: ["p.relname", "silent"],
      comment: comment("pg_class"),
      invalid: ["nullif(not (i.indisvalid and i.indisready), false)"],
      "statistics targets": ["a.targets"],
      tablespace: tablespace("o.reltablespace"),
    },
  },
  {
    kind: "trigger",
    catalog: "pg_trigger",
    from: `pg_trigger o join relation r on r.oid = o.tgrelid
      left join pg_depend d on d.classid = 'pg_trigger'::regclass and d.objid = o.oid and d.refclassid = 'pg_trigger'::regclass left join pg_trigger p on p.oid = d.refobjid`,
    // up to version 14 a partition's copy of a trigger counts as internal
    where: "not o.tgisinternal or o.tgconstraint = 0 and p.oid is not null",
    relation: "o.tgrelid",
    name: "o.tgname",
    attributes: {
      definition: ["pg_get_triggerdef(o.oid)", "statement"],
      enabled: [unless("o.tgenabled", "'O'")],
      parent: ["p.tgname", "silent"],
      comment: comment("pg_trigger"),
    },
  },
  {
    kind: "rule",
    catalog: "pg_rewrite",
    from: "pg_rewrite o join relation r on r.oid = o.ev_class",
    where: "o.rulename <> '_RETURN'",
    relation: "o.ev_class",
    name: "o.rulename",
    attributes: {
      definition: ["pg_get_ruledef(o.oid)", "statement"],
      enabled: [unless("o.ev_enabled", "'O'")],
      comment: comment("pg_rewrite"),
    },
  },
  {
    kind: "policy",
    catalog: "pg_policy",
    from: "pg_policy o join relation r on r.oid = o.polrelid",
    relation: "o.polrelid",
    name: "o.polname",
    attributes: {
      command: [
        "case o.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then " +
          "'delete' else 'all' end",
      ],
      restrictive: ["nullif(not o.polpermissive, false)"],
      roles: [
        "array(select case role when 0 then 'public' else pg_get_userbyid(role) end from unnest(o.polroles) role)",
        "set",
      ],
      using: ["pg_get_expr(o.polqual, o.polrelid)", "expression"],
      check: ["pg_get_expr(o.polwithcheck, o.polrelid)", "expression"],
      comment: comment("pg_policy"),
    },
  },
  {
    kind: "sequence",
    catalog: "pg_class",
    from: `relation o join pg_sequence s on s.seqrelid = o.oid
      left join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = o.oid and d.objsubid = 0 and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')`,
    schema: "o.nspname",
    name: "o.relname",
    attributes: {
      type: ["s.seqtypid::regtype::text", "type"],
      start: ["s.seqstart::text"],
      increment: ["s.seqincrement::text"],
      minimum: ["s.seqmin::text"],
      maximum: ["s.seqmax::text"],
      cache: ["s.seqcache::text"],
      cycle: ["nullif(s.seqcycle, false)"],
      owner: owner("relowner"),
      "owning relation": ["d.refobjid::int8", "silent"],
      "owning column": ["d.refobjsubid", "silent"],
      "of identity": ["nullif(d.deptype = 'i', false)", "silent"],
      // its own position, or its column, may not be read
      unreadable: [
        `nullif(not (has_sequence_privilege(o.oid, 'select, usage') and (d.refobjid is null
          or has_column_privilege(d.refobjid, d.refobjsubid::int2, 'select') and has_schema_privilege((select relnamespace from pg_class where oid = d.refobjid), 'usage'))), false)`,
        "silent",
      ],
      "last value": [
        "case when has_sequence_privilege(o.oid, 'select, usage') then pg_sequence_last_value(o.oid)::text " +
          "else '?' end",
        "silent",
      ],
      unlogged: ["nullif(o.relpersistence = 'u', false)"],
      comment: comment("pg_class"),
      acl: acl("relacl"),
    },
  },
  {
    kind: { sql: typeKind },
    catalog: "pg_type",
    from: `pg_type o join space n on n.oid = o.typnamespace left join pg_class c on c.oid = o.typrelid left join pg_range r on r.rngtypid = o.oid
      left join pg_collation k on k.oid = o.typcollation and o.typtype = 'd' left join pg_type b on b.oid = o.typbasetype
      left join (select enumtypid, array_agg(enumlabel::text order by enumsortorder) as labels from pg_enum group by 1) e on e.enumtypid = o.oid
      left join (select contypid, json_agg(json_build_array(conname, pg_get_constraintdef(oid)) order by conname) as list,
        array_agg(conname || ': ' || obj_description(oid, 'pg_constraint') order by conname) filter (where obj_description(oid, 'pg_constraint') is not null) as comments from pg_constraint
        where contypid <> 0 and contype = 'c' group by 1) h on h.contypid = o.oid
      left join (select a.attrelid, json_agg(json_build_array(a.attname, format_type(a.atttypid, a.atttypmod), k.collname) order by a.attnum) as list,
          array_agg(a.attname || ': ' || col_description(a.attrelid, a.attnum) order by a.attnum) filter (where col_description(a.attrelid, a.attnum) is not null) as comments
        from relation r join pg_attribute a on a.attrelid = r.oid join pg_type t on t.oid = a.atttypid left join pg_collation k on k.oid = a.attcollation and k.oid <> t.typcollation
        where r.relkind = 'c' and a.attnum > 0 and not a.attisdropped group by 1) f on f.attrelid = c.oid`,
    where: `(o.typtype in ('e', 'd', 'r', 'p') or o.typtype = 'c' and c.relkind = 'c'
        or o.typtype = 'b' and o.typcategory <> 'A')`,
    schema: "n.nspname",
    name: "o.typname",
    attributes: {
      owner: owner("typowner"),
      values: ["e.labels"],
      type: ["case o.typtype when 'd' then format_type(o.typbasetype, o.typtypmod) end", "type"],
      "not null": ["nullif(o.typnotnull, false)"],
      default: ["o.typdefault", "default"],
      checks: ["h.list", "silent"],
      fields: ["f.list", "silent"],
      "comments within": ["coalesce(f.comments, h.comments)"],
      comment: comment("pg_type"),
      acl: acl("typacl"),
      collation: ["case when o.typcollation <> b.typcollation then k.collname end"],
      range: [
        `case when r.rngtypid is not null then json_build_object('subtype', format_type(r.rngsubtype, null), 'operator class', (select opcname from pg_opclass where oid = r.rngsubopc),
          'collation', (select collname from pg_collation where oid = r.rngcollation), 'canonical', ${unless("r.rngcanonical::regproc::text", "'-'")},
          'difference', ${unless("r.rngsubdiff::regproc::text", "'-'")}) end`,
      ],
      multirange: [`format_type((${since("rngmultitypid", "r")})::oid, null)`, "information"],
      base: [
        `case o.typtype when 'b' then json_build_object('input', o.typinput::regproc::text, 'output', o.typoutput::regproc::text, 'length', o.typlen,
          'by value', o.typbyval, 'alignment', o.typalign, 'storage', o.typstorage, 'category', o.typcategory, 'preferred', o.typispreferred, 'delimiter', o.typdelim,
          'receive', ${unless("o.typreceive::regproc::text", "'-'")}, 'send', ${unless("o.typsend::regproc::text", "'-'")}, 'analyze', ${unless("o.typanalyze::regproc::text", "'-'")},
          'modifier in', ${unless("o.typmodin::regproc::text", "'-'")}, 'modifier out', ${unless("o.typmodout::regproc::text", "'-'")},
          'element', format_type(nullif(o.typelem, 0), null), 'collatable', o.typcollation <> 0) end`,
      ],
    },
  },
  {
    kind: { sql: functionKind },
    catalog: "pg_proc",
    from:
      "pg_proc o join space n on n.oid = o.pronamespace join pg_language l on l.oid = o.prolang left join " +
      "pg_aggregate g on g.aggfnoid = o.oid",
    where:
      "not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = o.oid and " +
      "d.deptype = 'i')",
    schema: "n.nspname",
    name: "o.proname || '(' || oidvectortypes(o.proargtypes) || ')'",
    attributes: {
      language: ["l.lanname"],
      body: [`case when ${since("prosqlbody")} is null then o.prosrc else pg_get_functiondef(o.oid) end`, "body"],
      arguments: ["pg_get_function_arguments(o.oid)", "type"],
      returns: ["pg_get_function_result(o.oid)", "type"],
      volatility: ["case o.provolatile when 'i' then 'immutable' when 's' then 'stable' end"],
      owner: owner("proowner"),
      strict: ["nullif(o.proisstrict, false)"],
      "security definer": ["nullif(o.prosecdef, false)"],
      parallel: ["case o.proparallel when 's' then 'safe' when 'r' then 'restricted' end"],
      settings: ["o.proconfig", "set"],
      comment: comment("pg_proc"),
      acl: acl("proacl"),
      leakproof: ["nullif(o.proleakproof, false)"],
      cost: [unless("o.procost", "case when l.lanname in ('c', 'internal') then 1 else 100 end")],
      rows: [unless("o.prorows", "case when o.proretset then 1000 else 0 end")],
      window: ["nullif(o.prokind = 'w', false)"],
      support: [unless("o.prosupport::regproc::text", "'-'")],
      library: ["o.probin"],
      transforms: ["(select array_agg(format_type(t, null)) from unnest(o.protrftypes) t)", "set"],
      aggregate: [
        `case when g.aggfnoid is not null then json_build_object('transition', g.aggtransfn::regproc::text, 'state', format_type(g.aggtranstype, null), 'initial', g.agginitval,
          'final', g.aggfinalfn::regproc::text, 'combine', g.aggcombinefn::regproc::text, 'serialize', g.aggserialfn::regproc::text, 'deserialize', g.aggdeserialfn::regproc::text,
          'kind', g.aggkind, 'direct arguments', g.aggnumdirectargs, 'moving transition', g.aggmtransfn::regproc::text, 'moving inverse', g.aggminvtransfn::regproc::text,
          'moving final', g.aggmfinalfn::regproc::text, 'moving initial', g.aggminitval, 'sort operator', nullif(g.aggsortop, 0)::regoperator::text,
          'final modifies', g.aggfinalmodify, 'final extra', nullif(g.aggfinalextra, false), 'space', nullif(g.aggtransspace, 0), 'moving state', format_type(nullif(g.aggmtranstype, 0), null),
          'moving final extra', nullif(g.aggmfinalextra, false), 'moving final modifies', g.aggmfinalmodify, 'moving space', nullif(g.aggmtransspace, 0)) end`,
      ],
    },
  },
  {
    kind: "extension",
    catalog: "pg_extension",
    from: "pg_extension o",
    name: "o.extname",
    attributes: {
      version: ["o.extversion"],
      schema: ["(select nspname from pg_namespace where oid = o.extnamespace)"],
      owner: owner("extowner"),
      comment: comment("pg_extension"),
    },
  },
  {
    kind: "statistics",
    catalog: "pg_statistic_ext",
    from: "pg_statistic_ext o join space n on n.oid = o.stxnamespace",
    schema: "n.nspname",
    name: "o.stxname",
    attributes: {
      definition: ["pg_get_statisticsobjdef(o.oid)", "statement"],
      target: [unless(since("stxstattarget"), "'-1'")],
      relation: ["o.stxrelid::int8", "silent"],
      owner: owner("stxowner"),
      comment: comment("pg_statistic_ext"),
    },
  },
  {
    kind: "event trigger",
    catalog: "pg_event_trigger",
    from: "pg_event_trigger o",
    name: "o.evtname",
    attributes: {
      event: ["o.evtevent"],
      tags: ["o.evttags", "set"],
      function: ["o.evtfoid::regprocedure::text"],
      enabled: [unless("o.evtenabled", "'O'")],
      owner: owner("evtowner"),
      comment: comment("pg_event_trigger"),
    },
  },
  {
    kind: "publication",
    catalog: "pg_publication",
    from: "pg_publication o",
    name: "o.pubname",
    attributes: {
      "all tables": ["nullif(o.puballtables, false)"],
      publishes: [
        `array_remove(array[case when o.pubinsert then 'insert' end, case when o.pubupdate then 'update' ` +
          `end, case when o.pubdelete then 'delete' end, case when o.pubtruncate then 'truncate' end], null)`,
      ],
      "via root": [unless(since("pubviaroot"), "'false'")],
      "generated columns": [unless(since("pubgencols"), "'n'")],
      tables: [
        // prqual is version 15's: an older server finds the outer one, which is null
        `(select array_agg(r.prrelid::regclass::text
            || coalesce(' columns ' || (select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute where attrelid = r.prrelid and to_jsonb(r) -> 'prattrs' @> to_jsonb(attnum)), '')
            || coalesce(' where ' || (select pg_get_expr(prqual, i.prrelid) from pg_publication_rel i where i.oid = r.oid), ''))
          from pg_publication_rel r cross join (select null::pg_node_tree as prqual) older where r.prpubid = o.oid)`,
        "set",
      ],
      schemas: [
        `(select array_agg(n.nspname) from pg_depend d join pg_depend e on e.classid = d.classid and e.objid = d.objid and e.refclassid = 'pg_namespace'::regclass join pg_namespace n on n.oid = e.refobjid
          where d.classid::regclass::text = 'pg_publication_namespace' and d.refclassid = 'pg_publication'::regclass and d.refobjid = o.oid)`,
        "set",
      ],
      owner: owner("pubowner"),
      comment: comment("pg_publication"),
    },
  },
  {
    kind: "subscription",
    catalog: "pg_subscription",
    // not everyone may read all of its columns: in version 12 not even its oid
    from: `(select 0::oid as oid, subname, subenabled, subslotname, subpublications, subowner,
        format('from pg_subscription where subname = %L and subdbid = (select oid from pg_database where datname = current_database())', subname) as own
      from pg_subscription where subdbid = (select oid from pg_database where datname = current_database())) o`,
    name: "o.subname",
    attributes: {
      enabled: ["o.subenabled"],
      slot: ["o.subslotname"],
      publications: ["o.subpublications", "set"],
      owner: owner("subowner"),
      settings: [
        `(select ${dynamic(
          "format('select to_json(s)::text as v from (select %s %s) s', string_agg(case a.attname when " +
            "'substream' then 'left(substream::text, 1) as substream' when 'subtwophasestate' then " +
            "'subtwophasestate <> ''d'' as subtwophasestate' else a.attname end, ', '), o.own)",
        )}::json
          from pg_attribute a where a.attrelid = 'pg_subscription'::regclass and has_column_privilege(a.attrelid, a.attnum, 'select')
          and a.attname in ('subbinary', 'substream', 'subtwophasestate', 'subdisableonerr', 'subsynccommit', 'subpasswordrequired', 'subrunasowner', 'suborigin', 'subfailover') having count(*) > 0)`,
        "known",
      ],
      connection: [
        `case when has_column_privilege('pg_subscription'::regclass, 'subconninfo', 'select') then ` +
          `${dynamic(`format('select ${fingerprint("subconninfo").replace(/'/g, "''")} as v %s', o.own)`)} ` +
          `end`,
        "secret",
      ],
      comment: [
        "(select d.description from pg_description d, pg_identify_object(d.classoid, d.objoid, 0) i where " +
          "d.classoid = 'pg_subscription'::regclass and i.identity = quote_ident(o.subname))",
        "silent",
      ],
    },
  },
  {
    kind: "collation",
    catalog: "pg_collation",
    from: "pg_collation o join space n on n.oid = o.collnamespace",
    schema: "n.nspname",
    name: "o.collname",
    attributes: {
      provider: ["o.collprovider"],
      collate: ["o.collcollate"],
      ctype: ["o.collctype"],
      locale: [`coalesce(${since("colllocale")}, ${since("colliculocale")})`],
      rules: [since("collicurules")],
      nondeterministic: ["nullif(not o.collisdeterministic, false)"],
      "version mismatch": ["nullif(o.collversion <> pg_collation_actual_version(o.oid), false)"],
      owner: owner("collowner"),
      comment: comment("pg_collation"),
    },
  },
  {
    kind: "cast",
    catalog: "pg_cast",
    from: "pg_cast o",
    where:
      "o.oid >= 16384 and not exists (select from pg_depend d where d.classid = 'pg_cast'::regclass and " +
      "d.objid = o.oid and d.deptype = 'i')",
    name: "'(' || format_type(o.castsource, null) || ' as ' || format_type(o.casttarget, null) || ')'",
    attributes: {
      function: [unless("o.castfunc::regprocedure::text", "'-'")],
      context: ["o.castcontext"],
      method: ["o.castmethod"],
      comment: comment("pg_cast"),
    },
  },
  {
    kind: "operator",
    catalog: "pg_operator",
    from: "pg_operator o join space n on n.oid = o.oprnamespace",
    schema: "n.nspname",
    name: "o.oprname || '(' || format_type(o.oprleft, null) || ', ' || format_type(o.oprright, null) || ')'",
    attributes: {
      function: ["o.oprcode::regprocedure::text"],
      result: ["format_type(o.oprresult, null)", "type"],
      commutator: [unless("o.oprcom::regoperator::text", "'0'")],
      negator: [unless("o.oprnegate::regoperator::text", "'0'")],
      restrict: [unless("o.oprrest::regproc::text", "'-'")],
      join: [unless("o.oprjoin::regproc::text", "'-'")],
      merges: ["nullif(o.oprcanmerge, false)"],
      hashes: ["nullif(o.oprcanhash, false)"],
      owner: owner("oprowner"),
      comment: comment("pg_operator"),
    },
  },
  {
    kind: "operator class",
    catalog: "pg_opclass",
    from: "pg_opclass o join space n on n.oid = o.opcnamespace join pg_am m on m.oid = o.opcmethod",
    schema: "n.nspname",
    name: "o.opcname || ' using ' || m.amname",
    attributes: {
      type: ["format_type(o.opcintype, null)", "type"],
      default: ["o.opcdefault"],
      storage: ["format_type(nullif(o.opckeytype, 0), null)", "type"],
      family: ["(select opfname from pg_opfamily where oid = o.opcfamily)"],
      owner: owner("opcowner"),
      comment: comment("pg_opclass"),
    },
  },
  {
    kind: "operator family",
    catalog: "pg_opfamily",
    from: "pg_opfamily o join space n on n.oid = o.opfnamespace join pg_am m on m.oid = o.opfmethod",
    schema: "n.nspname",
    name: "o.opfname || ' using ' || m.amname",
    attributes: {
      operators: [
        "(select array_agg(p.amopstrategy || ' ' || p.amopopr::regoperator::text || case p.amoppurpose when " +
          "'o' then ' for order by ' || (select opfname from pg_opfamily where oid = p.amopsortfamily) else " +
          "'' end) from pg_amop p where p.amopfamily = o.oid)",
        "set",
      ],
      functions: [
        "(select array_agg(p.amprocnum || ' (' || format_type(p.amproclefttype, null) || ', ' || " +
          "format_type(p.amprocrighttype, null) || ') ' || p.amproc::regprocedure::text) from pg_amproc p " +
          "where p.amprocfamily = o.oid)",
        "set",
      ],
      owner: owner("opfowner"),
      comment: comment("pg_opfamily"),
    },
  },
  {
    kind: "conversion",
    catalog: "pg_conversion",
    from: "pg_conversion o join space n on n.oid = o.connamespace",
    schema: "n.nspname",
    name: "o.conname",
    attributes: {
      from: ["pg_encoding_to_char(o.conforencoding)"],
      to: ["pg_encoding_to_char(o.contoencoding)"],
      function: ["o.conproc::regproc::text"],
      default: ["o.condefault"],
      owner: owner("conowner"),
      comment: comment("pg_conversion"),
    },
  },
  {
    kind: "text search configuration",
    catalog: "pg_ts_config",
    from: "pg_ts_config o join space n on n.oid = o.cfgnamespace",
    schema: "n.nspname",
    name: "o.cfgname",
    attributes: {
      parser: ["(select prsname from pg_ts_parser where oid = o.cfgparser)"],
      mappings: [
        "(select array_agg(m.maptokentype || ': ' || m.mapdict::regdictionary::text order by " +
          "m.maptokentype, m.mapseqno) from pg_ts_config_map m where m.mapcfg = o.oid)",
      ],
      owner: owner("cfgowner"),
      comment: comment("pg_ts_config"),
    },
  },
  {
    kind: "text search dictionary",
    catalog: "pg_ts_dict",
    from: "pg_ts_dict o join space n on n.oid = o.dictnamespace",
    schema: "n.nspname",
    name: "o.dictname",
    attributes: {
      template: ["(select tmplname from pg_ts_template where oid = o.dicttemplate)"],
      options: ["o.dictinitoption", "text"],
      owner: owner("dictowner"),
      comment: comment("pg_ts_dict"),
    },
  },
  {
    kind: "text search parser",
    catalog: "pg_ts_parser",
    from: "pg_ts_parser o join space n on n.oid = o.prsnamespace",
    schema: "n.nspname",
    name: "o.prsname",
    attributes: {
      functions: [
        "array[o.prsstart::regproc::text, o.prstoken::regproc::text, o.prsend::regproc::text, " +
          "o.prsheadline::regproc::text, o.prslextype::regproc::text]",
      ],
      comment: comment("pg_ts_parser"),
    },
  },
  {
    kind: "text search template",
    catalog: "pg_ts_template",
    from: "pg_ts_template o join space n on n.oid = o.tmplnamespace",
    schema: "n.nspname",
    name: "o.tmplname",
    attributes: {
      functions: ["array[o.tmplinit::regproc::text, o.tmpllexize::regproc::text]"],
      comment: comment("pg_ts_template"),
    },
  },
  {
    kind: "foreign data wrapper",
    catalog: "pg_foreign_data_wrapper",
    from: "pg_foreign_data_wrapper o",
    name: "o.fdwname",
    attributes: {
      handler: [procedure("fdwhandler")],
      validator: [procedure("fdwvalidator")],
      options: options("fdwoptions"),
      owner: owner("fdwowner"),
      comment: comment("pg_foreign_data_wrapper"),
      acl: acl("fdwacl"),
    },
  },
  {
    kind: "foreign server",
    catalog: "pg_foreign_server",
    from: "pg_foreign_server o",
    name: "o.srvname",
    attributes: {
      wrapper: ["(select fdwname from pg_foreign_data_wrapper where oid = o.srvfdw)"],
      type: ["o.srvtype"],
      version: ["o.srvversion"],
      options: options("srvoptions"),
      owner: owner("srvowner"),
      comment: comment("pg_foreign_server"),
      acl: acl("srvacl"),
    },
  },
  {
    // its options hold passwords: their names are read, and fingerprints of their values; both by its own user, the
    // server's owner or a superuser alone
    kind: "user mapping",
    catalog: "pg_user_mapping",
    from: `(select m.*, pg_has_role(s.srvowner, 'usage') and m.umuser = 0
        or m.umuser <> 0 and m.usename = current_user and (pg_has_role(s.srvowner, 'usage')
          or exists (select from aclexplode(s.srvacl) a where a.privilege_type = 'USAGE' and (a.grantee = 0 or pg_has_role(a.grantee, 'usage'))))
        or (select rolsuper from pg_roles where rolname = current_user) as shown
      from pg_user_mappings m join pg_foreign_server s on s.oid = m.srvid) o`,
    name: "o.usename || ' on ' || o.srvname",
    attributes: {
      options: [
        "case when o.shown then array(select split_part(option, '=', 1) from unnest(o.umoptions) option " +
          "order by 1) end",
        "known",
      ],
      "values of options": [
        `case when o.shown then array(select split_part(option, '=', 1) || ': ' || ${fingerprint("option")} ` +
          `from unnest(o.umoptions) option order by 1) end`,
        "secret",
      ],
    },
  },
  {
    kind: "language",
    catalog: "pg_language",
    from: "pg_language o",
    where: "o.oid >= 16384",
    name: "o.lanname",
    attributes: {
      trusted: ["o.lanpltrusted"],
      handler: [procedure("lanplcallfoid")],
      inline: [procedure("laninline")],
      validator: [procedure("lanvalidator")],
      owner: owner("lanowner"),
      comment: comment("pg_language"),
      acl: acl("lanacl"),
    },
  },
  {
    kind: "transform",
    catalog: "pg_transform",
    from: "pg_transform o",
    name: "format_type(o.trftype, null) || ' language ' || (select lanname from pg_language where oid = o.trflang)",
    attributes: {
      "from sql": ["o.trffromsql::regproc::text"],
      "to sql": ["o.trftosql::regproc::text"],
      comment: comment("pg_transform"),
    },
  },
  {
    kind: "access method",
    catalog: "pg_am",
    from: "pg_am o",
    where: "o.oid >= 16384",
    name: "o.amname",
    attributes: { handler: ["o.amhandler::regproc::text"], type: ["o.amtype"], comment: comment("pg_am") },
  },
  {
    kind: "default privilege",
    catalog: "pg_default_acl",
    from: "pg_default_acl o",
    schema: "(select nspname from pg_namespace where oid = o.defaclnamespace)",
    name:
      `pg_get_userbyid(o.defaclrole) || ' on ' || case o.defaclobjtype when 'r' then 'tables' when 'S' then ` +
      `'sequences' when 'f' then 'functions' when 'T' then 'types' when 'n' then 'schemas' else 'large ` +
      `objects' end`,
    attributes: {
      privileges: [
        "array(select case x.grantee when 0 then 'public' else pg_get_userbyid(x.grantee) end || ': ' || " +
          "x.privilege_type || case when x.is_grantable then ' with grant option' else '' end from " +
          "aclexplode(o.defaclacl) x)",
        "set",
      ],
    },
  },
  {
    kind: "database",
    catalog: "pg_database",
    from: "pg_database o",
    where: "o.datname = current_database()",
    name: "'database'",
    attributes: {
      encoding: ["pg_encoding_to_char(o.encoding)"],
      collate: ["o.datcollate", "information"],
      ctype: ["o.datctype", "information"],
      "connection limit": [unless("o.datconnlimit", "-1"), "information"],
      "collation version mismatch": [`nullif((${since("datcollversion")}) <> pg_collation_actual_version(100), false)`],
      owner: owner("datdba"),
      comment: ["shobj_description(o.oid, 'pg_database')", "silent"],
      acl: acl("datacl"),
    },
  },
  {
    kind: "database setting",
    catalog: "pg_db_role_setting",
    from: `(select s.setdatabase as oid, s.setrole, split_part(setting, '=', 1) as name, substr(setting, strpos(setting, '=') + 1) as value
      from pg_db_role_setting s, unnest(s.setconfig) setting) o`,
    where: "o.oid = (select oid from pg_database where datname = current_database())",
    name: "o.name || case o.setrole when 0 then '' else ' for ' || pg_get_userbyid(o.setrole) end",
    attributes: { value: ["o.value"] },
  },
  {
    // what somebody granted or took back on the system's things and on an extension's: those themselves are not ours
    kind: "privilege",
    catalog: "pg_init_privs",
    from: `(select c.oid, c.classid, g.entries from (
        select oid, 'pg_class'::regclass as classid, relacl as acl, acldefault(case relkind when 'S' then 's' else 'r' end::"char", relowner) as usual, relowner as owner from pg_class where relacl is not null and relnamespace <> 'information_schema'::regnamespace
        union all select oid, 'pg_proc'::regclass, proacl, acldefault('f', proowner), proowner from pg_proc where proacl is not null
        union all select oid, 'pg_type'::regclass, typacl, acldefault('T', typowner), typowner from pg_type where typacl is not null
        union all select oid, 'pg_namespace'::regclass, nspacl, acldefault('n', nspowner), nspowner from pg_namespace where nspacl is not null
        union all select oid, 'pg_language'::regclass, lanacl, acldefault('l', lanowner), lanowner from pg_language where lanacl is not null
        union all select oid, 'pg_foreign_data_wrapper'::regclass, fdwacl, acldefault('F', fdwowner), fdwowner from pg_foreign_data_wrapper where fdwacl is not null) c
      left join pg_init_privs i on i.objoid = c.oid and i.classoid = c.classid and i.objsubid = 0
      cross join lateral (select array_agg(entry) as entries from (
        (select 'granted: ' || privilege_type || ' to ' || case grantee when 0 then 'public' else pg_get_userbyid(grantee) end || case when is_grantable then ' with grant option' else '' end as entry
          from (select grantee, privilege_type, is_grantable from aclexplode(c.acl) except select grantee, privilege_type, is_grantable from aclexplode(coalesce(i.initprivs, c.usual))) a where grantee <> c.owner)
        union all
        (select 'taken back: ' || privilege_type || ' from ' || case grantee when 0 then 'public' else pg_get_userbyid(grantee) end
          from (select grantee, privilege_type from aclexplode(coalesce(i.initprivs, c.usual)) except select grantee, privilege_type from aclexplode(c.acl)) b where grantee <> c.owner)) x) g
      where c.acl is distinct from i.initprivs and g.entries is not null and (c.oid < 16384 or exists (select from owned w where w.classid = c.classid and w.objid = c.oid))
        and not (c.classid = 'pg_namespace'::regclass and c.oid in (select oid from space))) o`,
    name: "(select type || ' ' || identity from pg_identify_object(o.classid, o.oid, 0))",
    attributes: { privileges: ["o.entries", "set"] },
  },
  {
    kind: "security label",
    catalog: "pg_seclabel",
    from:
      "(select s.objoid as oid, s.provider, s.label, i.type, i.identity from pg_seclabel s, " +
      "pg_identify_object(s.classoid, s.objoid, s.objsubid) i where s.objoid >= 16384) o",
    name: "o.type || ' ' || o.identity || ' by ' || o.provider",
    attributes: { label: ["o.label"] },
  },
];
