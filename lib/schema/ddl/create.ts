import { nameCommentTarget } from "./drop";
import { isCheckConstraint, isColumn, isFunction, isPartition } from "../../kinds";
import { quoteLiteral, quoteName, quotePlace } from "../../sql/quote";
import { nameInFull, type View } from "../compare/view";
import type { SchemaObject } from "../read/snapshot";
import { ALTER } from "./alter";
import {
  addConstraint,
  disableTriggers,
  findOwner,
  indexTargets,
  listViewDefaults,
  quoteDollars,
  writeEnabling,
  writeRangeParts,
  writeSequenceOptions,
  writeSetting,
  writeStatisticsTarget,
  writeViewOptions,
} from "./clause";
import { alterTable, findParent, getBaseName, nameRelation } from "./name";
import { listUsual, writePrivilegeSteps, writeSystemPrivileges } from "./privilege";
import { CREATE_UNCOMMON, writeCommentsWithinSteps, writeForeignOptions } from "./uncommon";

/**
 * The statements that make an object as it was read; none where it comes with another, nothing where we cannot write
 * it.
 */
export function createStatements(object: SchemaObject, view: View): string[] | undefined {
  if (isGivenByParent(object, view)) return [];
  return (CREATE[object.kind] ?? CREATE_UNCOMMON[object.kind])?.(object, view);
}

/** The kinds for which there are statements that make one. */
export function listKindsWithCreation(): string[] {
  return [...Object.keys(CREATE), ...Object.keys(CREATE_UNCOMMON)];
}

type Write = (object: SchemaObject, view: View) => string[] | undefined;

const constraint: Write = (object, view) => [
  ...addConstraint(object),
  ...writeIdentity(object, view),
  ...(object.attributes["triggers disabled"] ? [disableTriggers(object)] : []),
];

/** The replica identity of its table, which cannot be said before the index is there. */
function writeIdentity(object: SchemaObject, view: View): string[] {
  const relation = object.relation && view.relations.get(nameInFull(object.relation));
  return relation?.attributes["replica identity"] === "i" &&
    relation.attributes["replica identity index"] === object.name
    ? [`${alterTable(object)} replica identity using index ${quoteName(object.name)};`]
    : [];
}

export const routine: Write = (object) => {
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

export const CREATE: Record<string, Write> = {
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
