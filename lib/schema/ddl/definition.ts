import {
  holdsRows,
  isAggregate,
  isAnyView,
  isCheckConstraint,
  isColumn,
  isComment,
  isConstraint,
  isDatabase,
  isForeignKey,
  isForeignTable,
  isFunction,
  isMaterializedView,
  isNamedOnTable,
  isPartition,
  isPrivilege,
  isRoutine,
  isSequence,
  isTable,
  isView,
  kinds,
} from "../../kinds";
import { type View, nameInFull } from "../compare/view";
import { listUsualPrivileges } from "../read/privilege";
import type { Attributes, SchemaObject } from "../read/snapshot";
import {
  ALTER_UNCOMMON,
  CREATE_UNCOMMON,
  writeChangedOptions,
  writeCommentsWithinSteps,
  dropUncommon,
  writeForeignOptions,
  writeDatabaseClause,
} from "./uncommon";
import { quoteLiteral, quotePlace, quoteName, writeSettingValue } from "../../sql/quote";

/**
 * The statements that make an object as it was read; none where it comes with another, nothing where we cannot write
 * it.
 */
export function createStatements(object: SchemaObject, view: View): string[] | undefined {
  if (isGivenByParent(object, view)) return [];
  return (CREATE[object.kind] ?? CREATE_UNCOMMON[object.kind])?.(object, view);
}

/** The two sides of a change: the one that is brought to the other. */
export interface Sides {
  here: View;
  there: View;
}

/** The statements that make `from` be like `to`; nothing where that takes a drop. */
export function writeAlter(
  from: SchemaObject,
  to: SchemaObject,
  differs: string[],
  sides: Sides,
): string[] | undefined {
  const alter = ALTER[ALIKE[to.kind] ?? to.kind] ?? ALTER_UNCOMMON[to.kind];
  // a comment on a part comes when that is there
  const ordered = [...differs].sort((a, b) => Number(a === "comments within") - Number(b === "comments within"));
  const statements = ordered.map((attribute) =>
    INFORMATION.has(attribute) && !isSequence(to.kind) ? [] : alter?.(attribute, from, to, sides),
  );
  return statements.every((each): each is string[] => each !== undefined) ? [...new Set(statements.flat())] : undefined;
}

/** What is only told, and that nothing has to mend. */
const INFORMATION = new Set(["owner", "name", "column order", "tablespace", "clustered on", "multirange"]);

/** Kinds that are altered like another. */
const ALIKE: Record<string, string> = { partition: "table", "foreign table": "table" };

/** The kinds for which there are statements that make one. */
export function listKindsWithCreation(): string[] {
  return [...Object.keys(CREATE), ...Object.keys(CREATE_UNCOMMON)];
}

/** The statement that takes an object away: one, or several on one line. */
export function dropStatement(object: SchemaObject, view?: View): string {
  const { kind, name, on } = object;
  if (isColumn(kind) || isConstraint(object.kind))
    return `${alterTable(object)} drop ${isColumn(kind) ? kind : "constraint"} ${quoteName(name)};`;
  if (isPrivilege(kind) && !on) return writeSystemPrivileges(object, "undone").join(" ");
  if (isPrivilege(kind))
    return writePrivilegeSteps(object, object.attributes.privileges as string[], listUsual(object, view)).join(" ");
  if (isComment(kind)) return `comment on ${nameCommentTarget(on!)} is null;`;
  return dropUncommon(object) ?? `drop ${nameTarget(object)};`;
}

/** How most kinds are named behind DROP and COMMENT ON. */
function nameTarget(object: SchemaObject): string {
  const { kind, name } = object;
  if (isNamedOnTable(kind)) return `${kind} ${quoteName(name)} on ${nameRelation(object)}`;
  if (isRoutine(kind)) return `${kind} ${writeSignature(object)}`;
  return `${chooseObjectWord(object)} ${quotePlace(object)}`;
}

function chooseObjectWord({ kind, attributes }: SchemaObject): string {
  if (isPartition(kind) && attributes.server) return "foreign table";
  return kinds.get(kind)?.word ?? kind;
}

/** `alter table "public"."t"`, of the table that an object is or is a part of. */
export function alterTable(object: SchemaObject): string {
  const relation = object.relation ?? object;
  const isForeign = isForeignTable(relation.kind) || (isPartition(relation.kind) && relation.attributes.server);
  return (
    `alter ` +
    `${isForeign ? "foreign table" : isView(relation.kind) ? "view" : isMaterializedView(relation.kind) ? "materialized view" : "table"} ` +
    `${object.relation ? nameRelation(object) : quotePlace(object)}`
  );
}

/** The table that an object is a part of. */
export function nameRelation(object: SchemaObject): string {
  return quotePlace(object.relation ?? { schema: object.schema, name: object.table ?? object.name });
}

type Write = (object: SchemaObject, view: View) => string[] | undefined;

const constraint: Write = (object, view) => [
  ...addConstraint(object),
  ...writeIdentity(object, view),
  ...(object.attributes["triggers disabled"] ? [disableTriggers(object)] : []),
];

/** Turns a foreign key's own triggers off: their names are the server's. */
function disableTriggers(key: SchemaObject): string {
  const table = nameRelation(key);
  return `do $$ declare name text; begin
  for name in select t.tgname from pg_trigger t join pg_constraint c on c.oid = t.tgconstraint
    where t.tgrelid = c.conrelid and c.conrelid = ${quoteLiteral(table)}::regclass and c.conname = ${quoteLiteral(key.name)}
  loop execute format(${quoteLiteral(`alter table ${table.replace(/%/g, "%%")} disable trigger %I`)}, name); end loop; end $$;`;
}

function addConstraint(object: SchemaObject): string[] {
  const { definition } = object.attributes;
  const add = `${alterTable(object)} add constraint ${quoteName(object.name)} ${definition}`;
  const later =
    (isForeignKey(object.kind) || isCheckConstraint(object.kind)) &&
    !/ NOT VALID$/.test(String(definition)) &&
    object.relation?.attributes["partitioned by"] === undefined;
  // two steps hold the heavy lock for a moment only
  return later
    ? [`${add} not valid;`, `${alterTable(object)} validate constraint ${quoteName(object.name)};`]
    : [`${add};`];
}

/** The replica identity of its table, which cannot be said before the index is there. */
function writeIdentity(object: SchemaObject, view: View): string[] {
  const relation = object.relation && view.relations.get(nameInFull(object.relation));
  return relation?.attributes["replica identity"] === "i" &&
    relation.attributes["replica identity index"] === object.name
    ? [`${alterTable(object)} replica identity using index ${quoteName(object.name)};`]
    : [];
}

const routine: Write = (object) => {
  const { attributes } = object;
  const body = String(attributes.body);
  if (/^CREATE OR REPLACE/.test(body)) return [`${body.trim()};`];
  if (attributes.window || attributes.library || attributes.support) return undefined;
  const parts = [
    `create or replace ${object.kind} ` +
      `${object.schema === null ? "" : `${quoteName(object.schema)}.`}${quoteName(getBaseName(object))}(${attributes.arguments ?? ""})`,
    isFunction(object.kind) ? `returns ${attributes.returns}` : "",
    `language ${attributes.language}`,
    String(attributes.volatility ?? ""),
    attributes.strict ? "strict" : "",
    attributes["security definer"] ? "security definer" : "",
    attributes.leakproof ? "leakproof" : "",
    attributes.parallel ? `parallel ${attributes.parallel}` : "",
    attributes.cost === undefined ? "" : `cost ${attributes.cost}`,
    attributes.rows === undefined ? "" : `rows ${attributes.rows}`,
    ...((attributes.settings ?? []) as string[]).map(writeSetting),
    `as ${quoteDollars(body)};`,
  ];
  return [parts.filter(Boolean).join(" ")];
};

const CREATE: Record<string, Write> = {
  schema: ({ name }) => [`create schema if not exists ${quoteName(name)};`],
  extension: ({ name, attributes }) => [
    `create extension if not exists ${quoteName(name)} with schema ${quoteName(String(attributes.schema))};`,
  ],
  enum: (object) => [
    `create type ${quotePlace(object)} as enum ` +
      `(${((object.attributes.values ?? []) as string[]).map(quoteLiteral).join(", ")});`,
  ],
  domain: (object) => {
    const { type, collation, default: fallback, "not null": notNull, checks } = object.attributes;
    const all = (checks ?? []) as [string, string][];
    const isLater = ([, check]: [string, string]) => / NOT VALID$/.test(check);
    const parts = [
      `create domain ${quotePlace(object)} as ${type}`,
      collation ? `collate ${quoteName(String(collation))}` : "",
      fallback === undefined ? "" : `default ${fallback}`,
      notNull ? "not null" : "",
      ...all.filter((one) => !isLater(one)).map(([name, check]) => `constraint ${quoteName(name)} ${check}`),
    ];
    return [
      `${parts.filter(Boolean).join(" ")};`,
      ...all
        .filter(isLater)
        .map(([name, check]) => `alter domain ${quotePlace(object)} add constraint ${quoteName(name)} ${check};`),
      ...writeCommentsWithinSteps({ ...object, attributes: {} }, object),
    ];
  },
  "composite type": (object) => [
    `create type ${quotePlace(object)} as ` +
      `(${((object.attributes.fields ?? []) as [string, string, string | null][]).map(([name, type, collation]) => `${quoteName(name)} ${type}${collation ? ` collate ${quoteName(collation)}` : ""}`).join(", ")});`,
    ...writeCommentsWithinSteps({ ...object, attributes: {} }, object),
  ],
  "range type": (object) => [`create type ${quotePlace(object)} as range (${writeRangeParts(object).join(", ")});`],
  collation: (object) => {
    const { provider, collate, ctype, locale, nondeterministic } = object.attributes;
    const named = locale ?? (collate === ctype ? collate : undefined);
    const where =
      named === undefined
        ? `lc_collate = ${quoteLiteral(String(collate))}, lc_ctype = ${quoteLiteral(String(ctype))}`
        : `locale = ${quoteLiteral(String(named))}`;
    return [
      `create collation ${quotePlace(object)} (provider = ${provider === "i" ? "icu" : "libc"}, ` +
        `${where}${nondeterministic ? ", deterministic = false" : ""});`,
    ];
  },
  sequence: (object, view) => {
    if (object.attributes["of identity"]) return [];
    const owner = findOwner(object, view);
    return [
      `create${object.attributes.unlogged ? " unlogged" : ""} sequence ${quotePlace(object)} as ` +
        `${object.attributes.type} ${writeSequenceOptions(object)};`,
      ...(owner ? [`alter sequence ${quotePlace(object)} owned by ${owner};`] : []),
    ];
  },
  table: (object, view) => {
    const { unlogged, "partitioned by": key, inherits, options, "toast options": toast } = object.attributes;
    const type = object.attributes["of type"];
    const columns = (view.snapshot.columns.get(object) ?? []).flatMap((column) =>
      type ? writeTypedColumn(column) : writeColumn(column, view),
    );
    const list = columns.length || !type ? ` (\n  ${columns.join(",\n  ")}\n)` : "";
    const settings = [
      ...((options ?? []) as string[]),
      ...((toast ?? []) as string[]).map((option) => `toast.${option}`),
    ];
    return [
      `create${unlogged ? " unlogged" : ""} table ` +
        `${quotePlace(object)}${type ? ` of ${type}` : ""}${list}${inherits ? ` inherits (${(inherits as string[]).join(", ")})` : ""}${key ? ` partition by ${key}` : ""}${settings.length ? ` with (${settings.join(", ")})` : ""};`,
      ...writeTableSwitches(object, view),
      ...(view.snapshot.columns.get(object) ?? []).flatMap((column) => writeColumnSwitches(column, view)),
    ];
  },
  "foreign table": (object, view) => {
    const columns = (view.snapshot.columns.get(object) ?? []).map((column) => writeColumn(column, view));
    const { inherits, server, "foreign options": options } = object.attributes;
    return [
      `create foreign table ${quotePlace(object)} (\n  ` +
        `${columns.join(",\n  ")}\n)${inherits ? ` inherits (${(inherits as string[]).join(", ")})` : ""} ` +
        `server ${quoteName(String(server))}${writeForeignOptions(options)};`,
      ...(view.snapshot.columns.get(object) ?? []).flatMap((column) => writeColumnSwitches(column, view)),
    ];
  },
  partition: (object, view) => {
    const parent = findParent(object, view);
    const { "partitioned by": key, options, "toast options": toast, unlogged, server, bounds } = object.attributes;
    const settings = [
      ...((options ?? []) as string[]),
      ...((toast ?? []) as string[]).map((option) => `toast.${option}`),
    ];
    const kind = server ? "foreign table" : unlogged ? "unlogged table" : "table";
    const tail = server
      ? ` server ${quoteName(String(server))}${writeForeignOptions(object.attributes["foreign options"])}`
      : `${key ? ` partition by ${key}` : ""}${settings.length ? ` with (${settings.join(", ")})` : ""}`;
    return (
      parent && [
        `create ${kind} ${quotePlace(object)} partition of ${quotePlace(parent)} ${bounds}${tail};`,
        ...writeTableSwitches(object, view),
        ...writeOwnColumns(object, parent, view),
      ]
    );
  },
  column: (object, view) => [
    `${alterTable(object)} add column ${writeColumn(object, view)};`,
    ...writeColumnSwitches(object, view),
  ],
  "primary key": constraint,
  "unique constraint": constraint,
  "check constraint": constraint,
  "exclusion constraint": constraint,
  "foreign key": constraint,
  index: (object, view) => {
    const { definition, invalid, "statistics targets": targets } = object.attributes;
    const text = String(definition);
    // of a partitioned table: with its partitions', which cannot be built beside normal work
    const create = /^CREATE (UNIQUE )?INDEX .*? ON ONLY /s.test(text)
      ? `${invalid ? text : text.replace(" ON ONLY ", " ON ")};`
      : `${text.replace("INDEX", "INDEX CONCURRENTLY")};`;
    return [create, ...indexTargets(object, targets), ...writeIdentity(object, view)];
  },
  view: (object, view) => [
    `create or replace view ${quotePlace(object)}${writeViewOptions(object)} as\n${object.attributes.definition};`,
    ...listViewDefaults(object, view).map(
      ([name, fallback]) => `alter view ${quotePlace(object)} alter column ${quoteName(name)} set default ${fallback};`,
    ),
  ],
  "materialized view": (object) => [
    `create materialized view ${quotePlace(object)}${writeViewOptions(object)} ` +
      `as\n${object.attributes.definition}\nwith ${object.attributes["not populated"] ? "no " : ""}data;`,
  ],
  function: routine,
  procedure: routine,
  trigger: (object) => [`${object.attributes.definition};`, ...writeEnabling(object)],
  rule: (object) => [String(object.attributes.definition), ...writeEnabling(object)],
  policy: (object) => {
    const { command, restrictive, roles, using, check } = object.attributes;
    const parts = [
      restrictive ? "as restrictive" : "",
      `for ${command}`,
      `to ${(roles as string[]).map((role) => (role === "public" ? role : quoteName(role))).join(", ")}`,
      using ? `using (${using})` : "",
      check ? `with check (${check})` : "",
    ];
    return [`create policy ${quoteName(object.name)} on ${nameRelation(object)} ${parts.filter(Boolean).join(" ")};`];
  },
  statistics: (object) => [`${object.attributes.definition};`, ...writeStatisticsTarget(object)],
  comment: ({ on, attributes }) => [
    `comment on ${nameCommentTarget(on!)} is ${quoteLiteral(String(attributes.text))};`,
  ],
  privilege: (object, view) => {
    if (!object.on) return writeSystemPrivileges(object, "done");
    return writePrivilegeSteps(object, listUsual(object, view), object.attributes.privileges as string[]);
  },
};

const TABLE_SWITCHES = ["row security", "forced row security", "replica identity"];
const COLUMN_SWITCHES = ["storage", "compression", "statistics target", "options"];

/** What a table has that no CREATE TABLE says; a replica identity by an index comes with that index. */
function writeTableSwitches(table: SchemaObject, view: View): string[] {
  return TABLE_SWITCHES.filter(
    (attribute) =>
      attribute in table.attributes && !(attribute === "replica identity" && table.attributes[attribute] === "i"),
  ).flatMap((attribute) => ALTER.table(attribute, table, table, { here: view, there: view }) ?? []);
}

/** What a column has that no CREATE TABLE says. */
function writeColumnSwitches(column: SchemaObject, view: View): string[] {
  return COLUMN_SWITCHES.filter((attribute) => attribute in column.attributes).flatMap(
    (attribute) => ALTER.column(attribute, column, column, { here: view, there: view }) ?? [],
  );
}

/** What a partition's columns have otherwise than its table's. */
function writeOwnColumns(partition: SchemaObject, parent: SchemaObject, view: View): string[] {
  const above = view.snapshot.columns.get(parent) ?? [];
  return (view.snapshot.columns.get(partition) ?? []).flatMap((column) => {
    const same = above.find(({ name }) => name === column.name);
    if (!same || column.attributes.generated || column.attributes.identity) return [];
    const differs = ["not null", "default", ...COLUMN_SWITCHES].filter(
      (attribute) => JSON.stringify(same.attributes[attribute]) !== JSON.stringify(column.attributes[attribute]),
    );
    const from = { ...column, attributes: { ...same.attributes, type: column.attributes.type } };
    return differs.flatMap((attribute) => ALTER.column(attribute, from, column, { here: view, there: view }) ?? []);
  });
}

/** The table that a partition is one of. */
export function findParent(partition: SchemaObject, view: View): SchemaObject | undefined {
  const name = partition.attributes["partition of"];
  return view.relations.get(`${partition.schema}.${name}`) ?? view.relations.get(String(name));
}

function writeRangeParts({ attributes }: SchemaObject): string[] {
  const range = attributes.range as Attributes;
  const usual = new Set(["default", undefined, null]);
  return [
    `subtype = ${range.subtype}`,
    ...(usual.has(range.collation as string) ? [] : [`collation = ${quoteName(String(range.collation))}`]),
    ...(range.difference ? [`subtype_diff = ${range.difference}`] : []),
    ...(typeof attributes.multirange === "string" ? [`multirange_type_name = ${attributes.multirange}`] : []),
  ];
}

/** The columns of a view that have a default: its name and the expression. */
function listViewDefaults(object: SchemaObject, view: View): [name: string, fallback: string][] {
  return (view.snapshot.columns.get(object) ?? []).flatMap(({ name, attributes }) =>
    typeof attributes.default === "string" ? [[name, attributes.default] as [string, string]] : [],
  );
}

function writeStatisticsTarget({ name, schema, attributes }: SchemaObject): string[] {
  return attributes.target === undefined
    ? []
    : [`alter statistics ${quotePlace({ schema, name })} set statistics ${attributes.target};`];
}

function indexTargets({ schema, name }: SchemaObject, targets: unknown): string[] {
  return ((targets ?? []) as string[]).map((entry) => {
    const [number, target] = entry.split(": ");
    return `alter index ${quotePlace({ schema, name })} alter column ${number} set statistics ${target};`;
  });
}

/** An index's storage parameters, and its definition without them. */
function indexSettings(definition: string): { rest: string; settings: string[] } {
  const [clause, list] = / WITH \(((?:\w+='?[^',()]*'?(?:, )?)+)\)/.exec(definition) ?? [];
  return clause === undefined
    ? { rest: definition, settings: [] }
    : { rest: definition.replace(clause, ""), settings: list.replace(/'/g, "").split(", ") };
}

/**
 * What a new thing is granted by itself and should not be, or is not and should be: `given` and `wanted` are what
 * each role has by the default privileges and on the other side.
 */
export function grantSteps(
  object: SchemaObject,
  given: Map<string, string[]>,
  wanted: Map<string, string[]>,
): string[] {
  return [...given].flatMap(([role, before]) => {
    const privilege: SchemaObject = { ...object, kind: "privilege", name: role, on: object, attributes: {} };
    return writePrivilegeSteps(privilege, before, wanted.get(role) ?? listUsual(privilege));
  });
}

/** Whether a trigger or a rule acts, where it is not as usual. */
function writeEnabling(object: SchemaObject): string[] {
  return "enabled" in object.attributes ? [enable(object)] : [];
}

function enable({ kind, name, attributes, ...object }: SchemaObject): string {
  const words = { D: `disable ${kind}`, R: `enable replica ${kind}`, A: `enable always ${kind}` };
  const how = words[String(attributes.enabled) as keyof typeof words] ?? `enable ${kind}`;
  return `alter table ${nameRelation({ kind, name, attributes, ...object })} ${how} ${quoteName(name)};`;
}

/** One attribute of an object, brought from what it is to what it should be. */
const ALTER: Record<
  string,
  (attribute: string, from: SchemaObject, to: SchemaObject, sides: Sides) => string[] | undefined
> = {
  table: (attribute, from, to, { here, there }) => {
    const alter = (clause: string) => [`${alterTable(to)} ${clause};`];
    const on = attribute in to.attributes;
    switch (attribute) {
      case "row security":
        return alter(`${on ? "enable" : "disable"} row level security`);
      case "forced row security":
        return alter(`${on ? "" : "no "}force row level security`);
      case "unlogged":
        return alter(`set ${on ? "unlogged" : "logged"}`);
      case "options":
      case "toast options": {
        const [before, after] = [from, to].map(({ attributes }) => (attributes[attribute] ?? []) as string[]);
        return writeSettingSteps(before, after, alter, attribute === "options" ? "" : "toast.");
      }
      case "replica identity":
      case "replica identity index": {
        const index = to.attributes["replica identity index"];
        const how = String(to.attributes["replica identity"]);
        return alter(
          `replica identity ` +
            `${{ f: "full", n: "nothing", i: `using index ${quoteName(String(index))}` }[how] ?? "default"}`,
        );
      }
      case "inherits": {
        const [before, after] = [from, to].map(({ attributes }) => (attributes.inherits ?? []) as string[]);
        // the order of what stays cannot be changed
        const common = (list: string[], other: string[]) => list.filter((parent) => other.includes(parent)).join();
        if (common(before, after) !== common(after, before)) return undefined;
        return [
          ...before.filter((parent) => !after.includes(parent)).flatMap((parent) => alter(`no inherit ${parent}`)),
          ...after.filter((parent) => !before.includes(parent)).flatMap((parent) => alter(`inherit ${parent}`)),
        ];
      }
      case "foreign options":
        return writeChangedOptions(alterTable(to), from, to, attribute);
      case "access method":
        return isTable(to.kind) && there.snapshot.version >= 150000 && here.snapshot.version >= 150000
          ? alter(`set access method ${quoteName(String(to.attributes[attribute] ?? "heap"))}`)
          : undefined;
      default:
        return undefined;
    }
  },
  column: (attribute, from, to, sides) => {
    const alter = (clause: string) => [`${alterTable(to)} alter column ${quoteName(to.name)} ${clause};`];
    const value = to.attributes[attribute];
    switch (attribute) {
      case "type":
      case "collation":
        return writeRetype(from, to);
      case "not null":
        return alter(`${value ? "set" : "drop"} not null`);
      case "default":
        if (from.attributes.generated === to.attributes.generated && to.attributes.generated) return undefined;
        if (from.attributes.generated || to.attributes.generated) return [];
        if (from.attributes.identity || to.attributes.identity) return [];
        return alter(value === undefined ? "drop default" : `set default ${value}`);
      case "generated":
        if (value || from.attributes.generated !== "s") return undefined;
        return [
          ...alter("drop expression"),
          ...(to.attributes.default === undefined ? [] : alter(`set default ${to.attributes.default}`)),
        ];
      case "identity":
        return writeIdentitySteps(from, to, sides);
      case "storage":
        return alter(
          `set storage ` +
            `${{ p: "plain", e: "external", m: "main", x: "extended" }[String(value ?? getUsualStorage(to))]}`,
        );
      case "compression":
        return alter(`set compression ${{ p: "pglz", l: "lz4" }[String(value)] ?? "default"}`);
      case "statistics target":
        return alter(`set statistics ${value ?? -1}`);
      case "options": {
        const [before, after] = [from, to].map(({ attributes }) => (attributes.options ?? []) as string[]);
        return writeSettingSteps(before, after, alter);
      }
      case "foreign options":
        return writeChangedOptions(alter("").join("").replace(/ ;$/, ""), from, to, attribute);
      default:
        return undefined;
    }
  },
  enum: (attribute, from, to) => {
    if (attribute !== "values") return attribute === "comments within" ? [] : undefined;
    const [before, after] = [from, to].map(({ attributes }) => (attributes.values ?? []) as string[]);
    if (JSON.stringify(after.filter((value) => before.includes(value))) !== JSON.stringify(before)) return undefined;
    const firstKnown = after.findIndex((value) => before.includes(value));
    // before the first one that is there in their own order, each behind the one before it
    return after.flatMap((value, at) => {
      if (before.includes(value)) return [];
      const where =
        at > 0
          ? ` after ${quoteLiteral(after[at - 1])}`
          : firstKnown === -1
            ? ""
            : ` before ${quoteLiteral(after[firstKnown])}`;
      return [`alter type ${quotePlace(to)} add value ${quoteLiteral(value)}${where};`];
    });
  },
  sequence: (attribute, from, to, sides) => {
    if (INFORMATION.has(attribute)) return [];
    if (attribute === "unlogged")
      return [`alter sequence ${quotePlace(to)} set ${to.attributes.unlogged ? "unlogged" : "logged"};`];
    if (attribute === "owned by") {
      if (to.attributes["of identity"] || from.attributes["of identity"]) return [];
      return [`alter sequence ${quotePlace(to)} owned by ${findOwner(to, sides.there) ?? "none"};`];
    }
    return [
      `alter sequence ${quotePlace(to)} as ${to.attributes.type} ` +
        `${writeSequenceOptions(to)}${restartWithin(from, to)};`,
    ];
  },
  view: (_, from, to, { here, there }) => {
    const [before, after] = [from, to].map(({ attributes }) =>
      ((attributes.columns ?? []) as string[]).map((column) => column.replace(/ default .*$/s, "")),
    );
    if (!before.every((column, at) => column === after[at])) return undefined;
    const kept = new Set(listViewDefaults(to, there).map(([name]) => name));
    const gone = listViewDefaults(from, here).filter(([name]) => !kept.has(name));
    return [
      ...CREATE.view(to, there)!,
      ...gone.map(([name]) => `alter view ${quotePlace(to)} alter column ${quoteName(name)} drop default;`),
    ];
  },
  function: (attribute, _, to) =>
    /^(returns|arguments|window|library|support)$/.test(attribute) ? undefined : routine(to, undefined as never),
  procedure: (attribute, _, to) => (attribute === "arguments" ? undefined : routine(to, undefined as never)),
  trigger: (attribute, _, to) => (attribute === "enabled" ? [enable(to)] : undefined),
  rule: (attribute, _, to) => (attribute === "enabled" ? [enable(to)] : undefined),
  policy: (attribute, from, to) => {
    // ALTER POLICY can change an expression, and cannot take one away
    if (!/^(using|check|roles)$/.test(attribute)) return undefined;
    const lost = ["using", "check"].some((each) => from.attributes[each] && !to.attributes[each]);
    return lost ? undefined : [`alter policy ${quoteName(to.name)} on ${nameRelation(to)} ${writeAlterPolicy(to)};`];
  },
  "materialized view": (attribute, from, to) => {
    if (attribute === "not populated")
      return [`refresh materialized view ${quotePlace(to)}${to.attributes[attribute] ? " with no data" : ""};`];
    if (attribute !== "options" && attribute !== "toast options") return undefined;
    const [before, after] = [from, to].map(({ attributes }) => (attributes[attribute] ?? []) as string[]);
    const alter = (clause: string) => [`alter materialized view ${quotePlace(to)} ${clause};`];
    return writeSettingSteps(before, after, alter, attribute === "options" ? "" : "toast.");
  },
  index: (attribute, from, to) => {
    if (attribute === "invalid") return to.attributes.invalid ? undefined : [`reindex index ${quotePlace(to)};`];
    if (attribute === "definition") {
      const [before, after] = [from, to].map(({ attributes }) => indexSettings(String(attributes.definition)));
      if (before.rest !== after.rest) return undefined;
      return writeSettingSteps(before.settings, after.settings, (clause) => [
        `alter index ${quotePlace(from)} ${clause};`,
      ]);
    }
    if (attribute !== "statistics targets") return undefined;
    const [before, after] = [from, to].map(({ attributes }) => (attributes[attribute] ?? []) as string[]);
    const numbers = new Set(after.map((entry) => entry.split(": ")[0]));
    const gone = before.map((entry) => entry.split(": ")[0]).filter((number) => !numbers.has(number));
    return indexTargets(from, [...gone.map((number) => `${number}: -1`), ...after]);
  },
  statistics: (attribute, _, to) =>
    attribute === "target"
      ? [`alter statistics ${quotePlace(to)} set statistics ${to.attributes.target ?? -1};`]
      : undefined,
  comment: (_, __, to) => CREATE.comment(to, undefined as never),
  extension: (attribute, from, to) => {
    if (attribute === "schema")
      return [`alter extension ${quoteName(to.name)} set schema ${quoteName(String(to.attributes.schema))};`];
    if (attribute !== "version" || !isNewer(String(to.attributes.version), String(from.attributes.version)))
      return undefined;
    return [`alter extension ${quoteName(to.name)} update to ${quoteLiteral(String(to.attributes.version))};`];
  },
  privilege: (_, from, to) => {
    if (!to.on)
      return [
        ...writeSystemPrivileges(removeShared(from, to), "undone"),
        ...writeSystemPrivileges(removeShared(to, from), "done"),
      ];
    return writePrivilegeSteps(to, from.attributes.privileges as string[], to.attributes.privileges as string[]);
  },
  "primary key": alterIndex,
  "unique constraint": alterIndex,
  "exclusion constraint": alterIndex,
  "check constraint": writeValidation,
  "foreign key": (attribute, from, to) => {
    if (attribute !== "triggers disabled") return writeValidation(attribute, from, to);
    return [to.attributes[attribute] ? disableTriggers(to) : `alter table ${nameRelation(to)} enable trigger all;`];
  },
};

/** The entries of a list of privileges that another lacks. */
function removeShared(object: SchemaObject, other: SchemaObject): SchemaObject {
  const known = other.attributes.privileges as string[];
  const privileges = (object.attributes.privileges as string[]).filter((entry) => !known.includes(entry));
  return { ...object, attributes: { ...object.attributes, privileges } };
}

/** What a constraint has through its index. */
function alterIndex(attribute: string, from: SchemaObject, to: SchemaObject): string[] | undefined {
  const name = quotePlace({ schema: to.schema, name: from.name });
  if (attribute === "invalid" && !to.attributes.invalid) return [`reindex index ${name};`];
  if (attribute !== "storage options") return undefined;
  const [before, after] = [from, to].map(({ attributes }) => (attributes[attribute] ?? []) as string[]);
  return writeSettingSteps(before, after, (clause) => [`alter index ${name} ${clause};`]);
}

/** Brings storage parameters from one list to another. */
function writeSettingSteps(
  before: string[],
  after: string[],
  alter: (clause: string) => string[],
  prefix = "",
): string[] {
  const nameOf = (option: string) => option.slice(0, option.indexOf("="));
  const kept = new Set(after.map(nameOf));
  const gone = before.map(nameOf).filter((name) => !kept.has(name));
  const set = after.filter((option) => !before.includes(option));
  return [
    ...(gone.length ? alter(`reset (${gone.map((name) => prefix + name).join(", ")})`) : []),
    ...(set.length ? alter(`set (${set.map((option) => prefix + quoteSetting(option)).join(", ")})`) : []),
  ];
}

/** `fillfactor=80` as it stands in a statement: a value that is no plain word or number is quoted. */
function quoteSetting(option: string): string {
  const [name, value] = [option.slice(0, option.indexOf("=")), option.slice(option.indexOf("=") + 1)];
  return /^[\w.+-]+$/.test(value) ? option : `${name}=${quoteLiteral(value)}`;
}

/** Where a sequence stands outside of its new bounds it is moved within. */
function restartWithin(from: SchemaObject, { attributes }: SchemaObject): string {
  const last = String(from.attributes["last value"] ?? from.attributes.start);
  if (!/^-?\d+$/.test(last)) return "";
  const [position, minimum, maximum] = [last, attributes.minimum, attributes.maximum].map((text) =>
    BigInt(String(text)),
  );
  return position < minimum || position > maximum ? ` restart with ${attributes.start}` : "";
}

/** From a plain column to an identity, from that to a plain or a serial one, or from one identity to the other. */
function writeIdentitySteps(from: SchemaObject, to: SchemaObject, { here, there }: Sides): string[] {
  const alter = (clause: string) => `${alterTable(to)} alter column ${quoteName(to.name)} ${clause};`;
  const how = to.attributes.identity === "a" ? "always" : "by default";
  if (from.attributes.identity && to.attributes.identity) return [alter(`set generated ${how}`)];
  const sequenceOf = (object: SchemaObject, view: View) =>
    view.sequences.get(`${object.schema}.${object.table}.${object.name}`);
  const [old, fresh] = [sequenceOf(from, here), sequenceOf(to, there)];
  const position = (sequence: SchemaObject) =>
    `select setval(${quoteLiteral(`${quoteName(sequence.schema!)}.${quoteName(sequence.name)}`)}, ` +
    `max(${quoteName(to.name)})) from ${nameRelation(to)} having max(${quoteName(to.name)}) is not null;`;
  if (to.attributes.identity)
    return [
      ...(from.attributes.default === undefined ? [] : [alter("drop default")]),
      ...(old && fresh && nameInFull(old) === nameInFull(fresh) ? [`drop sequence ${quotePlace(old)};`] : []),
      alter(
        `add generated ${how} as ` +
          `identity${fresh ? ` (sequence name ${quotePlace(fresh)} ${writeSequenceOptions(fresh)})` : ""}`,
      ),
      ...(old && fresh ? [position(fresh)] : []),
    ];
  const { default: fallback } = to.attributes;
  const isSerial = fresh && !fresh.attributes["of identity"] && old && nameInFull(old) === nameInFull(fresh);
  return [
    alter("drop identity"),
    ...(isSerial ? (CREATE.sequence(fresh, there) ?? []) : []),
    ...(fallback === undefined ? [] : [alter(`set default ${fallback}`)]),
    ...(isSerial ? [position(fresh)] : []),
  ];
}

/**
 * Gives a column another type, or one that is made anew under the same name, and where its default does not follow by
 * itself, that too.
 */
export function writeRetype(from: SchemaObject, to: SchemaObject, isRemade = false): string[] {
  const alter = (clause: string) => `${alterTable(to)} alter column ${quoteName(to.name)} ${clause};`;
  const { type, collation, default: fallback, generated, identity } = to.attributes;
  const isForeign = alterTable(to).startsWith("alter foreign");
  const follows = !isRemade && isConvertedByItself(String(from.attributes.type), String(type));
  const plain = !from.attributes.generated && !generated && !identity && !from.attributes.identity;
  const using =
    isForeign || follows || generated
      ? ""
      : ` using ` +
        `${quoteName(to.name)}${/^(text|varchar|char|"char"|name|citext)\b/.test(String(from.attributes.type)) || /^(text|varchar|char|name)\b/.test(String(type)) ? "" : "::text"}::${type}`;
  const drops = !follows && plain && from.attributes.default !== undefined;
  return [
    ...(drops ? [alter("drop default")] : []),
    alter(`type ${type}${collation ? ` collate ${collation}` : ""}${using}`),
    ...(drops && fallback !== undefined ? [alter(`set default ${fallback}`)] : []),
  ];
}

/** Types of which each becomes the other when a value is assigned, the server's own casts. */
const FAMILIES = [
  /^(smallint|integer|bigint|numeric|real|double precision)(\(.*\))?$/,
  /^(text|varchar|char|"char"|name)(\(.*\))?$/,
  /^(timestamp|timestamptz|date)(\(.*\))?$/,
  /^(time|timetz)(\(.*\))?$/,
  /^interval/,
  /^jsonb?$/,
  /^bit/,
  /^(inet|cidr)$/,
  /^(macaddr|macaddr8)$/,
];

/**
 * Whether the server turns one type into the other without being told how, as it does with a value that is assigned.
 */
export function isConvertedByItself(from: string, to: string): boolean {
  const [one, other] = [from, to].map((type) => type.replace(/\[\]/g, ""));
  if (from.endsWith("[]") !== to.endsWith("[]")) return false;
  // a date becomes a timestamp by itself, and the other way too
  return one === other || FAMILIES.some((family) => family.test(one) && family.test(other));
}

/** How a type is stored where nobody says otherwise. */
function getUsualStorage({ attributes }: SchemaObject): string {
  const type = String(attributes.type);
  if (/^(numeric|inet|cidr)/.test(type) && !type.endsWith("]")) return "m";
  const fixed =
    /^(smallint|integer|bigint|real|double|boolean|date|time|timestamp|interval|uuid|money|point|box|circle|line|lseg|macaddr|oid|name|"char"|xid|tid)/;
  return fixed.test(type) && !type.endsWith("]") ? "p" : "x";
}

/** Compares versions number by number: 1.10 is newer than 1.9. */
function isNewer(one: string, other: string): boolean {
  return one.localeCompare(other, "en", { numeric: true }) > 0;
}

/** Where the constraint is the same but for its validation, that is all it takes. */
function writeValidation(attribute: string, from: SchemaObject, to: SchemaObject): string[] | undefined {
  const same = attribute === "definition" && from.attributes.definition === `${to.attributes.definition} NOT VALID`;
  return same ? [`${alterTable(to)} validate constraint ${quoteName(from.name)};`] : undefined;
}

function writeAlterPolicy({ attributes: { roles, using, check } }: SchemaObject): string {
  const to = (roles as string[]).map((role) => (role === "public" ? role : quoteName(role))).join(", ");
  return `to ${to}${using ? ` using (${using})` : ""}${check ? ` with check (${check})` : ""}`;
}

function writeColumn(column: SchemaObject, view: View): string {
  const { type, collation, "not null": notNull, default: fallback, generated, identity } = column.attributes;
  const sequence = view.sequences.get(`${column.schema}.${column.table}.${column.name}`);
  const parts = [
    quoteName(column.name),
    String(type),
    writeForeignOptions(column.attributes["foreign options"]).trim(),
    collation ? `collate ${collation}` : "",
    generated
      ? `generated always as (${fallback}) ${generated === "v" ? "virtual" : "stored"}`
      : fallback === undefined
        ? ""
        : `default ${fallback}`,
    identity
      ? `generated ${identity === "a" ? "always" : "by default"} as ` +
        `identity${sequence ? ` (sequence name ${quotePlace(sequence)} ${writeSequenceOptions(sequence)})` : ""}`
      : "",
    notNull ? "not null" : "",
  ];
  return parts.filter(Boolean).join(" ");
}

/** What a column of a typed table has beside its type. */
function writeTypedColumn({ name, attributes: { default: fallback, "not null": notNull } }: SchemaObject): string[] {
  const parts = [fallback === undefined ? "" : `default ${fallback}`, notNull ? "not null" : ""].filter(Boolean);
  return parts.length ? [`${quoteName(name)} with options ${parts.join(" ")}`] : [];
}

function writeSequenceOptions({ attributes }: SchemaObject): string {
  const { start, increment, minimum, maximum, cache, cycle } = attributes;
  return (
    `start with ${start} increment by ${increment} minvalue ${minimum} maxvalue ${maximum} cache ` +
    `${cache}${cycle ? " cycle" : " no cycle"}`
  );
}

function findOwner(sequence: SchemaObject, view: View): string | undefined {
  const [key] = [...view.sequences].find(([, owned]) => owned === sequence) ?? [];
  const column =
    key === undefined
      ? undefined
      : view.snapshot.objects.find(
          (object) =>
            isColumn(object.kind) &&
            `${nameInFull({ schema: object.schema, name: object.table! })}.${object.name}` === key,
        );
  return column && `${nameRelation(column)}.${quoteName(column.name)}`;
}

/** What a partition or a child table has from its parent needs no statement of its own. */
function isGivenByParent(object: SchemaObject, view: View): boolean {
  if (typeof object.attributes.parent === "string") return true;
  const { relation } = object;
  if (!relation || !(isColumn(object.kind) || isCheckConstraint(object.kind))) return false;
  if (isPartition(relation.kind) && isColumn(object.kind)) return true;
  const parent = isPartition(relation.kind) ? findParent(relation, view) : undefined;
  const parents = parent
    ? [parent]
    : ((relation.attributes.inherits ?? []) as string[]).map(
        (name) => view.relations.get(`${relation.schema}.${name}`) ?? view.relations.get(name),
      );
  return (
    isCheckConstraint(object.kind) &&
    view.snapshot.objects.some(
      ({ kind, relation: of, name }) => kind === object.kind && parents.includes(of) && of && name === object.name,
    )
  );
}

function writeViewOptions({ attributes }: SchemaObject): string {
  return attributes.options ? ` with (${(attributes.options as string[]).join(", ")})` : "";
}

function getBaseName({ name }: SchemaObject): string {
  return name.slice(0, name.indexOf("("));
}

function writeSignature(object: SchemaObject): string {
  return `${object.schema === null ? "" : `${quoteName(object.schema)}.`}${quoteName(getBaseName(object))}${object.name.slice(object.name.indexOf("("))}`;
}

function nameCommentTarget(object: SchemaObject): string {
  const { kind, name } = object;
  if (isColumn(kind)) return `column ${nameRelation(object)}.${quoteName(name)}`;
  if (isConstraint(object.kind)) return `constraint ${quoteName(name)} on ${nameRelation(object)}`;
  return dropStatement(object)
    .replace(/^drop /, "")
    .replace(/;$/, "");
}

function nameGrantTarget(object: SchemaObject): string {
  if (isColumn(object.kind)) return `table ${nameRelation(object)}`;
  if (isRoutine(object.kind)) return `${isAggregate(object.kind) ? "function" : object.kind} ${writeSignature(object)}`;
  if (isAnyView(object.kind) || holdsRows(object.kind)) return `table ${quotePlace(object)}`;
  return `${chooseObjectWord(object)} ${quotePlace(object)}`;
}

/** The privileges that the role of an entry has by itself. */
function listUsual(privilege: SchemaObject, view?: View): string[] {
  return listUsualPrivileges(privilege.on!, getRole(privilege), view?.snapshot.version ?? 150000);
}

/** Brings what a role may do with a thing from one list to another. */
function writePrivilegeSteps(object: SchemaObject, before: string[], after: string[]): string[] {
  const option = " with grant option";
  const bare = (list: string[]) => list.map((name) => name.replace(option, ""));
  const gone = bare(before).filter((name) => !bare(after).includes(name));
  const narrowed = bare(before.filter((name) => name.endsWith(option))).filter((name) => after.includes(name));
  const fresh = after.filter(
    (name) => !before.includes(name) && !(bare(before).includes(name) && !name.endsWith(option)),
  );
  const [on, role] = [nameGrantTarget(object.on!), nameGrantee(object)];
  const list = (names: string[]) => writePrivileges(object, names);
  const plain = fresh.filter((name) => !name.endsWith(option));
  const passed = fresh.filter((name) => name.endsWith(option));
  const statements = [
    ...(gone.length ? [`revoke ${list(gone)} on ${on} from ${role};`] : []),
    ...(narrowed.length ? [`revoke grant option for ${list(narrowed)} on ${on} from ${role};`] : []),
    ...(plain.length ? [`grant ${list(plain)} on ${on} to ${role};`] : []),
    ...(passed.length ? [`grant ${list(passed)} on ${on} to ${role}${option};`] : []),
  ];
  // what it is called is not read
  return isDatabase(object.on!.kind) ? statements.map((sql) => writeDatabaseClause(sql)) : statements;
}

/**
 * What was granted and taken back on a thing of the system's or of an extension's, as its entry tells it; or the
 * contrary.
 */
function writeSystemPrivileges({ name, attributes }: SchemaObject, as: "done" | "undone"): string[] {
  return (attributes.privileges as string[]).map((entry) => {
    const [, what, privilege, role, option = ""] =
      /^(granted|taken back): (\S+) (?:to|from) (.*?)( with grant option)?$/.exec(entry)!;
    const grants = (what === "granted") === (as === "done");
    const target = name
      .replace(/^(view|materialized view|foreign table) /, "table ")
      .replace(/^foreign-data wrapper/, "foreign data wrapper");
    return (
      `${grants ? "grant" : "revoke"} ${privilege.toLowerCase()} on ${target} ${grants ? "to" : "from"} ` +
      `${role === "public" ? role : quoteName(role)}${grants ? option : ""};`
    );
  });
}

function writePrivileges({ on, attributes }: SchemaObject, granted = attributes.privileges as string[]): string {
  const column = isColumn(on?.kind) && on ? ` (${quoteName(on.name)})` : "";
  return granted.map((name) => `${name.replace(/ with grant option$/, "")}${column}`).join(", ");
}

function getRole({ name, on }: SchemaObject): string {
  const suffix = on ? ` on ${on.kind} ${on.name}` : "";
  return suffix && name.endsWith(suffix) ? name.slice(0, -suffix.length) : name;
}

function nameGrantee(object: SchemaObject): string {
  const role = getRole(object);
  if (role === "public") return role;
  const { on } = object;
  return quoteName(role === "owner" ? String((on?.relation ?? on)?.attributes.owner) : role);
}

function writeSetting(text: string): string {
  const [name, value] = [text.slice(0, text.indexOf("=")), text.slice(text.indexOf("=") + 1)];
  return `set ${name} to ${writeSettingValue(name, value)}`;
}

function quoteDollars(body: string): string {
  let tag = "$body$";
  while (body.includes(tag)) tag = `${tag.slice(0, -1)}_$`;
  return `${tag}${body}${tag}`;
}
