import { isSequence, isTable } from "../../kinds";
import { quoteLiteral, quoteName, quotePlace } from "../../sql/quote";
import { nameInFull, type View } from "../compare/view";
import type { SchemaObject } from "../read/snapshot";
import { CREATE, routine } from "./create";
import {
  disableTriggers,
  enable,
  findOwner,
  indexSettings,
  indexTargets,
  listViewDefaults,
  writeSequenceOptions,
} from "./clause";
import { alterTable, nameRelation } from "./name";
import { writePrivilegeSteps, writeSystemPrivileges } from "./privilege";
import { ALTER_UNCOMMON, writeChangedOptions } from "./uncommon";

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

/** One attribute of an object, brought from what it is to what it should be. */
export const ALTER: Record<
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
