import {
  holdsRows,
  isAggregate,
  isAnyView,
  isCheckConstraint,
  isColumn,
  isComment,
  isConstraint,
  isDomain,
  isForeignKey,
  isFunction,
  isNamedOnTable,
  isPartition,
  isPrivilege,
  isRoutine,
  kinds,
} from "../../kinds";
import { type View, full } from "../compare/view";
import type { Attributes, SchemaObject } from "../read/snapshot";
import { ALTER_UNCOMMON, CREATE_UNCOMMON, dropUncommon, foreignOptions } from "./uncommon";
import { literal, place, quote, settingValue } from "../../sql/quote";

/** The statements that make an object as it was read; none where it comes with another, nothing where we cannot write it. */
export function createStatements(object: SchemaObject, view: View): string[] | undefined {
  if (isGivenByParent(object, view)) return [];
  return (CREATE[object.kind] ?? CREATE_UNCOMMON[object.kind])?.(object, view);
}

/** The statements that make `from` be like `to`; nothing where that takes a drop. */
export function alterStatements(from: SchemaObject, to: SchemaObject, differs: string[]): string[] | undefined {
  const statements = differs.map((attribute) => (ALTER[to.kind] ?? ALTER_UNCOMMON[to.kind])?.(attribute, from, to));
  return statements.every((each): each is string[] => each !== undefined) ? [...new Set(statements.flat())] : undefined;
}

export function dropStatement(object: SchemaObject): string {
  const { kind, name, on } = object;
  const inTable = relationOf(object);
  if (isColumn(kind)) return `alter table ${inTable} drop column ${quote(name)};`;
  if (isConstraint(object.kind)) return `alter table ${inTable} drop constraint ${quote(name)};`;
  if (isNamedOnTable(kind)) return `drop ${kind} ${quote(name)} on ${inTable};`;
  if (isPrivilege(kind) && !on) return systemPrivileges(object, "undone").join(" ");
  if (isPrivilege(kind)) return `revoke ${privilegesOf(object)} on ${grantTarget(on!)} from ${grantee(object)};`;
  if (isComment(kind)) return `comment on ${commentTarget(on!)} is null;`;
  const uncommon = dropUncommon(object);
  if (uncommon) return uncommon;
  return `drop ${wordFor(kind)} ${isRoutine(kind) ? signature(object) : place(object)};`;
}

/** The table that an object is a part of. */
export function relationOf(object: SchemaObject): string {
  return place(object.relation ?? { schema: object.schema, name: object.table ?? object.name });
}

/** What DDL calls a kind. */
function wordFor(kind: string): string {
  return kinds.get(kind)?.word ?? kind;
}

type Write = (object: SchemaObject, view: View) => string[] | undefined;

const constraint: Write = (object) => {
  const { definition } = object.attributes;
  const add = `alter table ${relationOf(object)} add constraint ${quote(object.name)} ${definition}`;
  const later =
    (isForeignKey(object.kind) || isCheckConstraint(object.kind)) &&
    !/ NOT VALID$/.test(String(definition)) &&
    object.relation?.attributes["partitioned by"] === undefined;
  // two steps hold the heavy lock for a moment only
  return later
    ? [`${add} not valid;`, `alter table ${relationOf(object)} validate constraint ${quote(object.name)};`]
    : [`${add};`];
};

const routine: Write = (object) => {
  const { attributes } = object;
  const body = String(attributes.body);
  if (/^CREATE OR REPLACE/.test(body)) return [`${body.trim()};`];
  if (attributes.window || attributes.library || attributes.support) return undefined;
  const parts = [
    `create or replace ${object.kind} ${object.schema === null ? "" : `${quote(object.schema)}.`}${quote(baseName(object))}(${attributes.arguments ?? ""})`,
    isFunction(object.kind) ? `returns ${attributes.returns}` : "",
    `language ${attributes.language}`,
    String(attributes.volatility ?? ""),
    attributes.strict ? "strict" : "",
    attributes["security definer"] ? "security definer" : "",
    attributes.leakproof ? "leakproof" : "",
    attributes.parallel ? `parallel ${attributes.parallel}` : "",
    attributes.cost === undefined ? "" : `cost ${attributes.cost}`,
    attributes.rows === undefined ? "" : `rows ${attributes.rows}`,
    ...((attributes.settings ?? []) as string[]).map(setting),
    `as ${dollars(body)};`,
  ];
  return [parts.filter(Boolean).join(" ")];
};

const CREATE: Record<string, Write> = {
  schema: ({ name }) => [`create schema if not exists ${quote(name)};`],
  extension: ({ name, attributes }) => [
    `create extension if not exists ${quote(name)} with schema ${quote(String(attributes.schema))};`,
  ],
  enum: (object) => [
    `create type ${place(object)} as enum (${(object.attributes.values as string[]).map(literal).join(", ")});`,
  ],
  domain: (object) => {
    const { type, collation, default: fallback, "not null": notNull, checks } = object.attributes;
    const parts = [
      collation ? `collate ${collation}` : "",
      fallback === undefined ? "" : `default ${fallback}`,
      notNull ? "not null" : "",
    ];
    return [
      `create domain ${place(object)} as ${type} ${[...parts, ...((checks ?? []) as [string, string][]).map(([name, check]) => `constraint ${quote(name)} ${check}`)].filter(Boolean).join(" ")};`,
      ...commentsWithin(object),
    ];
  },
  "composite type": (object) => [
    `create type ${place(object)} as (${((object.attributes.fields ?? []) as [string, string, string | null][]).map(([name, type, collation]) => `${quote(name)} ${type}${collation ? ` collate ${quote(collation)}` : ""}`).join(", ")});`,
    ...commentsWithin(object),
  ],
  "range type": (object) => [
    `create type ${place(object)} as range (subtype = ${(object.attributes.range as Attributes).subtype});`,
  ],
  collation: (object) => {
    const { provider, collate, ctype, locale, nondeterministic } = object.attributes;
    const named = locale ?? (collate === ctype ? collate : undefined);
    const where =
      named === undefined
        ? `lc_collate = ${literal(String(collate))}, lc_ctype = ${literal(String(ctype))}`
        : `locale = ${literal(String(named))}`;
    return [
      `create collation ${place(object)} (provider = ${provider === "i" ? "icu" : "libc"}, ${where}${nondeterministic ? ", deterministic = false" : ""});`,
    ];
  },
  sequence: (object, view) => {
    if (object.attributes["of identity"]) return [];
    const owner = ownerOf(object, view);
    return [
      `create${object.attributes.unlogged ? " unlogged" : ""} sequence ${place(object)} as ${object.attributes.type} ${sequenceOptions(object)};`,
      ...(owner ? [`alter sequence ${place(object)} owned by ${owner};`] : []),
    ];
  },
  table: (object, view) => {
    const { unlogged, "partitioned by": key, inherits, options, "toast options": toast } = object.attributes;
    const type = object.attributes["of type"];
    const columns = (view.snapshot.columns.get(object) ?? []).flatMap((column) =>
      type ? typedColumn(column) : columnText(column, view),
    );
    const list = columns.length || !type ? ` (\n  ${columns.join(",\n  ")}\n)` : "";
    const settings = [
      ...((options ?? []) as string[]),
      ...((toast ?? []) as string[]).map((option) => `toast.${option}`),
    ];
    return [
      `create${unlogged ? " unlogged" : ""} table ${place(object)}${type ? ` of ${type}` : ""}${list}${inherits ? ` inherits (${(inherits as string[]).join(", ")})` : ""}${key ? ` partition by ${key}` : ""}${settings.length ? ` with (${settings.join(", ")})` : ""};`,
      ...TABLE_SWITCHES.filter((attribute) => attribute in object.attributes).flatMap(
        (attribute) => ALTER.table(attribute, object, object) ?? [],
      ),
      ...(view.snapshot.columns.get(object) ?? []).flatMap(columnSwitches),
    ];
  },
  "foreign table": (object, view) => {
    const columns = (view.snapshot.columns.get(object) ?? []).map((column) => columnText(column, view));
    const { inherits, server, "foreign options": options } = object.attributes;
    return [
      `create foreign table ${place(object)} (\n  ${columns.join(",\n  ")}\n)${inherits ? ` inherits (${(inherits as string[]).join(", ")})` : ""} server ${quote(String(server))}${foreignOptions(options)};`,
    ];
  },
  partition: (object, view) => {
    const parent =
      view.relations.get(`${object.schema}.${object.attributes["partition of"]}`) ??
      view.relations.get(String(object.attributes["partition of"]));
    const key = object.attributes["partitioned by"];
    return (
      parent && [
        `create table ${place(object)} partition of ${place(parent)} ${object.attributes.bounds}${key ? ` partition by ${key}` : ""};`,
      ]
    );
  },
  column: (object, view) => [
    `alter table ${relationOf(object)} add column ${columnText(object, view)};`,
    ...columnSwitches(object),
  ],
  "primary key": constraint,
  "unique constraint": constraint,
  "check constraint": constraint,
  "exclusion constraint": constraint,
  "foreign key": constraint,
  index: ({ attributes: { definition, invalid } }) => {
    const text = String(definition);
    // of a partitioned table: with its partitions', which cannot be built beside normal work
    if (/^CREATE (UNIQUE )?INDEX .*? ON ONLY /s.test(text))
      return [`${invalid ? text : text.replace(" ON ONLY ", " ON ")};`];
    return [`${text.replace("INDEX", "INDEX CONCURRENTLY")};`];
  },
  view: (object) => [
    `create or replace view ${place(object)}${viewOptions(object)} as\n${object.attributes.definition};`,
  ],
  "materialized view": (object) => [
    `create materialized view ${place(object)}${viewOptions(object)} as\n${object.attributes.definition}\nwith ${object.attributes["not populated"] ? "no " : ""}data;`,
  ],
  function: routine,
  procedure: routine,
  trigger: (object) => [
    `${object.attributes.definition};`,
    ...("enabled" in object.attributes ? ALTER.trigger("enabled", object, object)! : []),
  ],
  rule: (object) => [String(object.attributes.definition)],
  policy: (object) => {
    const { command, restrictive, roles, using, check } = object.attributes;
    const parts = [
      restrictive ? "as restrictive" : "",
      `for ${command}`,
      `to ${(roles as string[]).map((role) => (role === "public" ? role : quote(role))).join(", ")}`,
      using ? `using (${using})` : "",
      check ? `with check (${check})` : "",
    ];
    return [`create policy ${quote(object.name)} on ${relationOf(object)} ${parts.filter(Boolean).join(" ")};`];
  },
  statistics: ({ attributes }) => [`${attributes.definition};`],
  comment: ({ on, attributes }) => [`comment on ${commentTarget(on!)} is ${literal(String(attributes.text))};`],
  privilege: (object) => {
    if (!object.on) return systemPrivileges(object, "done");
    const granted = object.attributes.privileges as string[];
    const some = (withOption: boolean) => granted.filter((name) => name.endsWith(" with grant option") === withOption);
    return [
      ...(object.name.startsWith("owner") || granted.length
        ? []
        : [`revoke all on ${grantTarget(object.on!)} from ${grantee(object)};`]),
      ...[false, true].flatMap((withOption) =>
        some(withOption).length
          ? [
              `grant ${privilegesOf(object, some(withOption))} on ${grantTarget(object.on!)} to ${grantee(object)}${withOption ? " with grant option" : ""};`,
            ]
          : [],
      ),
    ];
  },
};

const TABLE_SWITCHES = ["row security", "forced row security", "replica identity"];
const COLUMN_SWITCHES = ["storage", "statistics target", "options"];

/** What a column has that no CREATE TABLE says. */
function columnSwitches(column: SchemaObject): string[] {
  return COLUMN_SWITCHES.filter((attribute) => attribute in column.attributes).flatMap(
    (attribute) => ALTER.column(attribute, column, column) ?? [],
  );
}

/** One attribute of an object, brought from what it is to what it should be. */
const ALTER: Record<string, (attribute: string, from: SchemaObject, to: SchemaObject) => string[] | undefined> = {
  table: (attribute, from, to) => {
    const alter = (clause: string) => [`alter table ${place(to)} ${clause};`];
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
        const called = (option: string) => `${attribute === "options" ? "" : "toast."}${option}`;
        const gone = before
          .map((option) => option.split("=")[0])
          .filter((name) => !after.some((option) => option.startsWith(`${name}=`)));
        return [
          ...(gone.length ? alter(`reset (${gone.map(called).join(", ")})`) : []),
          ...(after.length ? alter(`set (${after.map(called).join(", ")})`) : []),
        ];
      }
      case "replica identity": {
        const index = to.attributes["replica identity index"];
        return alter(
          `replica identity ${{ f: "full", n: "nothing", i: `using index ${quote(String(index))}` }[String(to.attributes[attribute])] ?? "default"}`,
        );
      }
      case "column order":
      case "name":
      case "owner":
        return [];
      default:
        return undefined;
    }
  },
  column: (attribute, from, to) => {
    const alter = (clause: string) => [`alter table ${relationOf(to)} alter column ${quote(to.name)} ${clause};`];
    const value = to.attributes[attribute];
    switch (attribute) {
      case "type":
      case "collation":
        return alter(
          `type ${to.attributes.type}${to.attributes.collation ? ` collate ${to.attributes.collation}` : ""} using ${quote(to.name)}::${to.attributes.type}`,
        );
      case "not null":
        return alter(`${value ? "set" : "drop"} not null`);
      case "default":
        return from.attributes.generated || to.attributes.generated
          ? undefined
          : alter(value === undefined ? "drop default" : `set default ${value}`);
      case "identity":
        if (from.attributes.identity && value) return alter(`set generated ${value === "a" ? "always" : "by default"}`);
        return value
          ? alter(`add generated ${value === "a" ? "always" : "by default"} as identity`)
          : alter("drop identity");
      case "storage":
        return value === undefined
          ? undefined
          : alter(`set storage ${{ p: "plain", e: "external", m: "main", x: "extended" }[String(value)]}`);
      case "statistics target":
        return alter(`set statistics ${value ?? -1}`);
      case "options":
        return value === undefined ? undefined : alter(`set (${(value as string[]).join(", ")})`);
      default:
        return undefined;
    }
  },
  enum: (attribute, from, to) => {
    const [before, after] = [from, to].map(({ attributes }) => attributes.values as string[]);
    if (
      attribute !== "values" ||
      JSON.stringify(after.filter((value) => before.includes(value))) !== JSON.stringify(before)
    )
      return undefined;
    return after.flatMap((value, at) =>
      before.includes(value)
        ? []
        : [
            `alter type ${place(to)} add value ${literal(value)}${at === 0 ? ` before ${literal(before[0])}` : ` after ${literal(after[at - 1])}`};`,
          ],
    );
  },
  sequence: (_, __, to) => [`alter sequence ${place(to)} as ${to.attributes.type} ${sequenceOptions(to)};`],
  view: (_, __, to) => CREATE.view(to, undefined as never),
  function: (attribute, _, to) =>
    /^(returns|arguments)$/.test(attribute) ? undefined : routine(to, undefined as never),
  procedure: (attribute, _, to) => (attribute === "arguments" ? undefined : routine(to, undefined as never)),
  trigger: (attribute, _, to) =>
    attribute === "enabled"
      ? [
          `alter table ${relationOf(to)} ${{ D: "disable trigger", R: "enable replica trigger", A: "enable always trigger" }[String(to.attributes.enabled)] ?? "enable trigger"} ${quote(to.name)};`,
        ]
      : undefined,
  policy: (attribute, _, to) =>
    /^(using|check|roles)$/.test(attribute)
      ? [`alter policy ${quote(to.name)} on ${relationOf(to)} ${alteredPolicy(to)};`]
      : undefined,
  "materialized view": (attribute, _, to) =>
    attribute === "not populated"
      ? [`refresh materialized view ${place(to)}${to.attributes[attribute] ? " with no data" : ""};`]
      : undefined,
  comment: (_, __, to) => CREATE.comment(to, undefined as never),
  extension: (attribute, _, to) =>
    attribute === "version"
      ? [`alter extension ${quote(to.name)} update to ${literal(String(to.attributes.version))};`]
      : undefined,
  privilege: (_, from, to) => {
    const [before, after] = [from, to].map(({ attributes }) => attributes.privileges as string[]);
    if (before.some((privilege) => !after.includes(privilege))) return undefined;
    return CREATE.privilege(
      { ...to, attributes: { privileges: after.filter((privilege) => !before.includes(privilege)) } },
      undefined as never,
    );
  },
  "check constraint": validated,
  "foreign key": (attribute, from, to) =>
    attribute === "triggers disabled" && !to.attributes[attribute]
      ? [`alter table ${relationOf(to)} enable trigger all;`]
      : validated(attribute, from, to),
};

/** Where the constraint is the same but for its validation, that is all it takes. */
function validated(attribute: string, from: SchemaObject, to: SchemaObject): string[] | undefined {
  const same = attribute === "definition" && from.attributes.definition === `${to.attributes.definition} NOT VALID`;
  return same ? [`alter table ${relationOf(to)} validate constraint ${quote(from.name)};`] : undefined;
}

function alteredPolicy({ attributes: { roles, using, check } }: SchemaObject): string {
  const to = (roles as string[]).map((role) => (role === "public" ? role : quote(role))).join(", ");
  return `to ${to}${using ? ` using (${using})` : ""}${check ? ` with check (${check})` : ""}`;
}

function columnText(column: SchemaObject, view: View): string {
  const { type, collation, "not null": notNull, default: fallback, generated, identity } = column.attributes;
  const sequence = view.sequences.get(`${column.schema}.${column.table}.${column.name}`);
  const parts = [
    quote(column.name),
    String(type),
    foreignOptions(column.attributes["foreign options"]).trim(),
    collation ? `collate ${collation}` : "",
    generated
      ? `generated always as (${fallback}) ${generated === "v" ? "virtual" : "stored"}`
      : fallback === undefined
        ? ""
        : `default ${fallback}`,
    identity
      ? `generated ${identity === "a" ? "always" : "by default"} as identity${sequence ? ` (sequence name ${place(sequence)} ${sequenceOptions(sequence)})` : ""}`
      : "",
    notNull ? "not null" : "",
  ];
  return parts.filter(Boolean).join(" ");
}

/** What a column of a typed table has beside its type. */
function typedColumn({ name, attributes: { default: fallback, "not null": notNull } }: SchemaObject): string[] {
  const parts = [fallback === undefined ? "" : `default ${fallback}`, notNull ? "not null" : ""].filter(Boolean);
  return parts.length ? [`${quote(name)} with options ${parts.join(" ")}`] : [];
}

function sequenceOptions({ attributes }: SchemaObject): string {
  const { start, increment, minimum, maximum, cache, cycle } = attributes;
  return `start with ${start} increment by ${increment} minvalue ${minimum} maxvalue ${maximum} cache ${cache}${cycle ? " cycle" : " no cycle"}`;
}

function ownerOf(sequence: SchemaObject, view: View): string | undefined {
  const [key] = [...view.sequences].find(([, owned]) => owned === sequence) ?? [];
  const column =
    key === undefined
      ? undefined
      : view.snapshot.objects.find(
          (object) =>
            isColumn(object.kind) && `${full({ schema: object.schema, name: object.table! })}.${object.name}` === key,
        );
  return column && `${relationOf(column)}.${quote(column.name)}`;
}

/** What a partition or a child table has from its parent needs no statement of its own. */
function isGivenByParent(object: SchemaObject, view: View): boolean {
  if (typeof object.attributes.parent === "string") return true;
  const { relation } = object;
  if (!relation || !(isColumn(object.kind) || isCheckConstraint(object.kind))) return false;
  if (isPartition(relation.kind)) return true;
  const parents = (relation.attributes.inherits ?? []) as string[];
  return (
    isCheckConstraint(object.kind) &&
    parents.some((parent) =>
      view.snapshot.objects.some(
        ({ kind, table, name }) => kind === object.kind && table === parent && name === object.name,
      ),
    )
  );
}

/** The comments on a type's fields or a domain's checks. */
function commentsWithin(object: SchemaObject): string[] {
  return ((object.attributes["comments within"] ?? []) as string[]).map((entry) => {
    const [name, text] = [entry.slice(0, entry.indexOf(": ")), entry.slice(entry.indexOf(": ") + 2)];
    const target = isDomain(object.kind)
      ? `constraint ${quote(name)} on domain ${place(object)}`
      : `column ${place(object)}.${quote(name)}`;
    return `comment on ${target} is ${literal(text)};`;
  });
}

function viewOptions({ attributes }: SchemaObject): string {
  return attributes.options ? ` with (${(attributes.options as string[]).join(", ")})` : "";
}

function baseName({ name }: SchemaObject): string {
  return name.slice(0, name.indexOf("("));
}

function signature(object: SchemaObject): string {
  return `${object.schema === null ? "" : `${quote(object.schema)}.`}${quote(baseName(object))}${object.name.slice(object.name.indexOf("("))}`;
}

function commentTarget(object: SchemaObject): string {
  const { kind, name } = object;
  if (isColumn(kind)) return `column ${relationOf(object)}.${quote(name)}`;
  if (isConstraint(object.kind)) return `constraint ${quote(name)} on ${relationOf(object)}`;
  if (isNamedOnTable(kind)) return `${kind} ${quote(name)} on ${relationOf(object)}`;
  if (isRoutine(kind)) return `${kind} ${signature(object)}`;
  return `${wordFor(kind)} ${place(object)}`;
}

function grantTarget(object: SchemaObject): string {
  if (isColumn(object.kind)) return `table ${relationOf(object)}`;
  if (isRoutine(object.kind)) return `${isAggregate(object.kind) ? "function" : object.kind} ${signature(object)}`;
  if (isAnyView(object.kind) || holdsRows(object.kind)) return `table ${place(object)}`;
  return `${wordFor(object.kind)} ${place(object)}`;
}

/** What was granted and taken back on a thing of the system's or of an extension's, as its entry tells it; or the contrary. */
function systemPrivileges({ name, attributes }: SchemaObject, as: "done" | "undone"): string[] {
  return (attributes.privileges as string[]).map((entry) => {
    const [, what, privilege, role, option = ""] =
      /^(granted|taken back): (\S+) (?:to|from) (.*?)( with grant option)?$/.exec(entry)!;
    const grants = (what === "granted") === (as === "done");
    const target = name
      .replace(/^(view|materialized view|foreign table) /, "table ")
      .replace(/^foreign-data wrapper/, "foreign data wrapper");
    return `${grants ? "grant" : "revoke"} ${privilege.toLowerCase()} on ${target} ${grants ? "to" : "from"} ${role === "public" ? role : quote(role)}${grants ? option : ""};`;
  });
}

function privilegesOf({ on, attributes }: SchemaObject, granted = attributes.privileges as string[]): string {
  const column = isColumn(on?.kind) && on ? ` (${quote(on.name)})` : "";
  return granted.map((name) => `${name.replace(/ with grant option$/, "")}${column}`).join(", ");
}

function grantee({ name, on }: SchemaObject): string {
  const role =
    on && name.endsWith(` on ${on.kind} ${on.name}`) ? name.slice(0, -` on ${on.kind} ${on.name}`.length) : name;

  return role === "public"
    ? "public"
    : role === "owner"
      ? quote(String((on?.relation ?? on)?.attributes.owner))
      : quote(role);
}

function setting(text: string): string {
  const [name, value] = [text.slice(0, text.indexOf("=")), text.slice(text.indexOf("=") + 1)];
  return `set ${name} to ${settingValue(name, value)}`;
}

function dollars(body: string): string {
  let tag = "$body$";
  while (body.includes(tag)) tag = `${tag.slice(0, -1)}_$`;
  return `${tag}${body}${tag}`;
}
