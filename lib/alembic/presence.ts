import { createHash } from "node:crypto";
import {
  holdsRows,
  isComment,
  isConstraintOrIndex,
  isExtension,
  isIndex,
  isPrimaryKey,
  isUniqueConstraint,
  isUntoldConstraint,
} from "../kinds";
import type { Snapshot, SchemaObject } from "../schema/read/snapshot";
import { type Effect, family } from "./effect";

/** Whether a side shows an effect: undefined where neither can be told, such as for a function that was replaced. */
export type Presence = boolean | undefined;

/** A side's objects, found by the names that revisions call them. */
export interface SchemaIndex {
  objects: Map<string, SchemaObject[]>;
  /** The schemas of an unqualified name. */
  path: string[];
}

/** Indexes a snapshot once, for many effects. */
export function indexSchema(snapshot: Snapshot): SchemaIndex {
  const objects = new Map<string, SchemaObject[]>();
  const put = (key: string, object: SchemaObject) => objects.set(key, [...(objects.get(key) ?? []), object]);
  for (const object of snapshot.objects) {
    const kind = family(object.kind);
    put(`${kind}/${getPlainName(object)}`, object);
    put(`object/${getPlainName(object)}`, object);
    if (object.table !== null && isConstraintOrIndex(object.kind)) put(`of table/${object.table}`, object);
  }
  return { objects, path: snapshot.path };
}

/** Whether what the effect creates is there, what it drops is gone, and what it changes is as it says. */
export function isEffectPresent(effect: Effect, index: SchemaIndex): Presence {
  const found = findObject(effect, index);
  if (isComment(effect.kind) && effect.becomes) {
    const text = found === undefined || found === "unnamed" ? null : found.attributes.text;
    return (effect.becomes.comment ?? null) === text;
  }
  if (found === "unnamed") return undefined;
  if (effect.does === "drops") return found === undefined;
  if (found === undefined) return false;
  return effect.does === "creates" ? isCreated(effect, found) : isChanged(effect, found.attributes);
}

function findObject(effect: Effect, index: SchemaIndex): SchemaObject | undefined | "unnamed" {
  const kind = family(effect.kind);
  const isTableThere = holdsRows(effect.kind);
  if (!isTableThere && effect.table === null && PARTS.has(kind) && !isIndex(effect.kind)) return "unnamed";
  const fits = (object: SchemaObject) =>
    (effect.schema === null ? index.path.includes(object.schema ?? "public") : object.schema === effect.schema) &&
    (isTableThere || !PARTS.has(kind) || effect.table === null || object.table === effect.table);
  for (const name of listNames(effect)) {
    const object = index.objects.get(`${kind}/${name}`)?.find(fits);
    if (object) return object;
  }
  if (kind !== "constraint") return effect.name === null ? "unnamed" : undefined;
  // a name that the revision gives is the object's own; a table has but one primary key, whatever it is called
  const isNamed = effect.name !== null && !isPrimaryKey(effect.kind);
  if (effect.does !== "creates" || !effect.columns?.length || isNamed)
    return effect.name === null ? "unnamed" : undefined;
  const columns = [...effect.columns].sort().join();
  return index.objects
    .get(`of table/${effect.table}`)
    ?.find(
      (object) =>
        fits(object) &&
        isAlike(effect.kind, object.kind) &&
        [...((object.attributes.columns ?? []) as string[])].sort().join() === columns,
    );
}

/** Kinds that belong to a table. */
const PARTS = new Set(["column", "constraint", "trigger", "policy", "rule"]);

/** A unique constraint and a unique index keep the same promise. */
function isAlike(one: string, other: string): boolean {
  const plain = (kind: string) => (isUniqueConstraint(kind) ? "index" : kind);
  return plain(one) === plain(other) || isUntoldConstraint(one);
}

function isCreated(effect: Effect, object: SchemaObject): boolean {
  const values = object.attributes.values as string[] | undefined;
  return !effect.values?.length || !values || effect.values.every((value) => values.includes(value));
}

function isChanged({ becomes, values, kind }: Effect, attributes: Record<string, unknown>): Presence {
  if (values) return values.every((value) => (attributes.values as string[] | undefined)?.includes(value));
  if (!becomes) return isExtension(kind) ? true : undefined;
  const told: Presence[] = [];
  if (becomes.nullable !== undefined) told.push(!attributes["not null"] === becomes.nullable);
  if (becomes.type !== undefined) told.push(isSameType(String(attributes.type), becomes.type));
  if (becomes.default !== undefined)
    told.push(Boolean(attributes.default ?? attributes.identity) === (becomes.default !== false));
  if (told.includes(false)) return false;
  return told.some((one) => one === undefined) || told.length === 0 ? undefined : true;
}

function getPlainName({ kind, name }: SchemaObject): string {
  return family(kind) === "function" ? name.replace(/\(.*/s, "") : name;
}

/** Every name under which an effect's object may stand in the catalog. */
export function listNames({ name, aliases = [] }: Effect): string[] {
  return [...(name === null ? [] : [name]), ...aliases].flatMap(listServerNames);
}

/**
 * How a name may stand in the catalog: the server cuts at 63 bytes, SQLAlchemy puts a hash at the end of what a
 * convention makes too long.
 */
export function listServerNames(name: string): string[] {
  if (Buffer.byteLength(name) <= 63) return [name];
  const hash = createHash("md5").update(name).digest("hex").slice(-4);
  return [name, cutName(name), `${name.slice(0, 55)}_${hash}`];
}

function cutName(name: string): string {
  let cut = name;
  while (Buffer.byteLength(cut) > 63) cut = cut.slice(0, -1);
  return cut;
}

const TYPES: Record<string, string> = {
  string: "varchar",
  unicode: "varchar",
  charactervarying: "varchar",
  nvarchar: "varchar",
  biginteger: "bigint",
  int8: "bigint",
  int4: "integer",
  int: "integer",
  int2: "smallint",
  smallinteger: "smallint",
  datetime: "timestamp",
  timestamptz: "timestamp",
  timestampwithouttimezone: "timestamp",
  timestampwithtimezone: "timestamp",
  float: "double precision",
  double: "double precision",
  float8: "double precision",
  float4: "real",
  doubleprecision: "double precision",
  double_precision: "double precision",
  bool: "boolean",
  unicodetext: "text",
  largebinary: "bytea",
  blob: "bytea",
  decimal: "numeric",
  bpchar: "char",
  character: "char",
  timetz: "time",
};

const KNOWN = new Set([
  ...Object.values(TYPES),
  ...["text", "integer", "json", "jsonb", "uuid", "date", "interval", "inet", "time", "char"],
]);

/** Whether two spellings, of SQL or of SQLAlchemy, mean one type; undefined where one of them is not known. */
export function isSameType(one: string, other: string): Presence {
  const [a, b] = [splitType(one), splitType(other)];
  if (a.name === b.name) return a.size === b.size || !a.size || !b.size;
  return KNOWN.has(a.name) && KNOWN.has(b.name) ? false : undefined;
}

function splitType(type: string): { name: string; size: string } {
  const [, name, size = ""] = /^([^(]*)(\(.*\))?/.exec(type.toLowerCase().replace(/\s/g, ""))!;
  return { name: TYPES[name] ?? name, size };
}
