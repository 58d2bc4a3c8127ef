import { holdsRows, isAnyView, isColumn, isIndex, isMaterializedView } from "../../kinds";
import { RunbookError } from "../../errors";
import { getFixedKind, type Part, nameSection } from "./catalog-query";
import { readPrivileges } from "./privilege";
import { type Meaning, type Section, sections } from "./object-kinds";
import { sortIndexOptions, sortOptions } from "./settable-options";

export type Attributes = Record<string, unknown>;

/** One object of a schema, as one side has it. A table stands in its own `table`; what belongs to no table has none. */
export interface SchemaObject {
  kind: string;
  schema: string | null;
  table: string | null;
  name: string;
  attributes: Attributes;
  section?: Section;
  /** The table, or the like, that it is a part of. */
  relation?: SchemaObject;
  /** The object that a comment or a privilege is on. */
  on?: SchemaObject;
}

/** The schema of a database as its catalog told it, once. */
export interface Snapshot {
  /** As `server_version_num`: 150004. */
  version: number;
  /** The schemas that an unqualified name is looked for in. */
  path: string[];
  objects: SchemaObject[];
  relations: Map<number, SchemaObject>;
  columns: Map<SchemaObject, SchemaObject[]>;
  /** Objects by catalog and the catalog's own letter, those that nothing reads among them. */
  counts: [catalog: string, letter: string, objects: number][];
  /**
   * Options that the server keeps for itself, `pg_attver of column`, and on how many objects: they are not compared.
   */
  managed: Map<string, number>;
  /** The sections that were left out because this role may not read them. */
  unread: Section[];
  /** Who may log in, no superusers, each with the roles that it is a member of by any way, itself among them. */
  logins: Map<string, Set<string>>;
  /** Why the sequences' positions could not be read, where they were asked for. */
  positionsUnread?: string;
}

interface Answer {
  version: number;
  path: string[];
  stamp: string[];
  roles: [name: string, logsIn: boolean, memberOf: string[]][] | null;
  counts: [string, string, number][] | null;
  sections: Record<string, unknown[][] | null>;
}

/** The parts that a catalog's statement asks for instead of answering; none where it has answered. */
export function listPartsAsked(catalog: string): Part[] {
  const answer = JSON.parse(catalog) as { parts?: number };
  return Array.from({ length: answer.parts ?? 0 }, (_, part) => ({ part, of: answer.parts! }));
}

/** Reads what the catalog's statement answered, or what its parts did, in any order. */
export function readSnapshot(...catalogs: string[]): Snapshot {
  const answers = catalogs.map((catalog) => JSON.parse(catalog) as Answer);
  const [first] = answers;
  if (answers.some(({ stamp }) => JSON.stringify(stamp) !== JSON.stringify(first.stamp)))
    throw new RunbookError(
      "The schema changed while it was read: run the comparison again when no migration is under way.",
    );
  const rows = (section: Section) => answers.flatMap((answer) => answer.sections[nameSection(section)] ?? []);
  const snapshot: Snapshot = {
    version: first.version,
    path: first.path,
    objects: [],
    relations: new Map(),
    columns: new Map(),
    counts: answers.find(({ counts }) => counts)?.counts ?? [],
    managed: new Map(),
    logins: readLogins(first.roles ?? []),
    unread: sections.filter((section) => !(nameSection(section) in first.sections)),
  };
  for (const section of sections) for (const row of rows(section)) add(snapshot, section, row);
  for (const object of snapshot.objects) resolveNumbers(snapshot, object);
  followToTheTop(snapshot);
  const notes = snapshot.objects.flatMap((object) => [
    ...extractComments(object),
    ...readPrivileges(object, snapshot.version),
  ]);
  // a view's columns are its definition's
  const ofViews = new Set(
    [...snapshot.columns].flatMap(([relation, columns]) => (isAnyView(relation.kind) ? columns : [])),
  );
  snapshot.objects = [...snapshot.objects.filter((object) => !ofViews.has(object)), ...notes];
  return snapshot;
}

function readLogins(roles: NonNullable<Answer["roles"]>): Snapshot["logins"] {
  const direct = new Map(roles.map(([name, , memberOf]) => [name, memberOf]));
  const all = (name: string, found = new Set<string>()): Set<string> => {
    if (found.has(name)) return found;
    found.add(name);
    for (const role of direct.get(name) ?? []) all(role, found);
    return found;
  };
  return new Map(roles.filter(([, logsIn]) => logsIn).map(([name]) => [name, all(name)]));
}

/** How an object is called in a sentence. */
export function describeObject({
  kind,
  schema,
  table,
  name,
}: {
  kind: string;
  schema: string | null;
  table: string | null;
  name: string;
}): string {
  const place = schema && schema !== "public" ? `${schema}.` : "";
  return `${kind} ${place}${table && table !== name ? `${table}.` : ""}${name}`;
}

function add(snapshot: Snapshot, section: Section, row: unknown[]): void {
  const values = [...row];
  const unqualified = (value: unknown, meaning: Meaning = "exact") =>
    snapshot.path.includes("public") || !PRINTED.has(meaning) ? value : stripPublic(value);
  const kind = getFixedKind(section) ?? (values.shift() as string);
  const [place, name] = values.splice(0, 2);
  const attributes: Attributes = {};
  Object.keys(section.attributes).forEach((attribute, position) => {
    const value = values[position];
    if (value !== null && value !== undefined)
      attributes[attribute] = shortenType(attribute, unqualified(value, section.attributes[attribute][1]));
  });
  setAsideManaged(snapshot, kind, attributes);
  if (section.relation) {
    const relation = snapshot.relations.get(place as number);
    if (!relation) return;
    const object: SchemaObject = {
      kind,
      schema: relation.schema,
      table: relation.name,
      name: name as string,
      attributes,
      section,
      relation,
    };
    if (isColumn(kind)) snapshot.columns.set(relation, [...(snapshot.columns.get(relation) ?? []), object]);
    snapshot.objects.push(object);
    return;
  }
  const object: SchemaObject = {
    kind,
    schema: place as string | null,
    table: null,
    name: unqualified(name) as string,
    attributes,
    section,
  };
  if ("oid" in attributes) {
    if (holdsRows(kind)) object.table = object.name;
    snapshot.relations.set(attributes.oid as number, object);
  }
  snapshot.objects.push(object);
}

/** Takes out the options that only the server can have written, and counts them. */
function setAsideManaged({ managed }: Snapshot, kind: string, attributes: Attributes): void {
  const count = (names: string[]): void => {
    for (const name of names) managed.set(`${name} of ${kind}`, (managed.get(`${name} of ${kind}`) ?? 0) + 1);
  };
  const isHeap = attributes["access method"] === undefined;
  for (const [attribute, value] of Object.entries(attributes)) {
    const sorted = Array.isArray(value) ? sortOptions(kind, attribute, value as string[], isHeap) : undefined;
    if (!sorted?.managed.length) continue;
    count(sorted.managed);
    if (sorted.set.length) attributes[attribute] = sorted.set;
    else delete attributes[attribute];
  }
  if (!isIndex(kind) || typeof attributes.definition !== "string") return;
  const { definition, managed: names } = sortIndexOptions(attributes.definition);
  attributes.definition = definition;
  count(names);
}

/** Turns the catalog's numbers into names, now that every relation is known. */
function resolveNumbers({ relations, columns }: Snapshot, object: SchemaObject): void {
  const { attributes } = object;
  const columnName = (relation: SchemaObject, number: unknown) =>
    columns.get(relation)?.find((column) => column.attributes.number === number)?.name ?? String(number);
  const place = (relation: SchemaObject) =>
    relation.schema === object.schema ? relation.name : `${relation.schema}.${relation.name}`;
  for (const reference of ["partition of", "references", "relation"]) {
    const relation = relations.get(attributes[reference] as number);
    if (!relation) continue;
    attributes[reference] = place(relation);
    if (reference !== "references") object.table = relation.name;
  }
  const owner = relations.get(attributes["owning relation"] as number);
  if (owner) attributes["owned by"] = `${place(owner)}.${columnName(owner, attributes["owning column"])}`;
  if (object.relation && Array.isArray(attributes.columns))
    attributes.columns = attributes.columns.map((number) => columnName(object.relation!, number));
  if (isAnyView(object.kind))
    attributes.columns = (columns.get(object) ?? []).map(
      ({ name, attributes: { type, default: fallback } }) => `${name} ${type}${fallback ? ` default ${fallback}` : ""}`,
    );
  if (isMaterializedView(object.kind)) {
    const settings = (columns.get(object) ?? []).flatMap(({ name, attributes: own }) =>
      ["storage", "compression", "statistics target", "options"]
        .filter((setting) => setting in own)
        .map((setting) => `${name}: ${setting} ${String(own[setting])}`),
    );
    if (settings.length) attributes["column settings"] = settings;
  }
  delete attributes.oid;
}

/** What a partition's partition has follows from the topmost table's: those between are named as the server likes. */
function followToTheTop({ objects }: Snapshot): void {
  const place = (kind: string, table: string, name: string) => JSON.stringify([kind, table, name]);
  const inherited = new Map<string, SchemaObject>();
  for (const object of objects)
    if (typeof object.attributes.parent === "string")
      inherited.set(place(object.kind, `${object.schema}.${object.table}`, object.name), object);
  const top = ({ kind, attributes, relation }: SchemaObject): string => {
    const parent = String(attributes.parent);
    const of = relation?.attributes["partition of"];
    const table = typeof of !== "string" || of.includes(".") ? String(of) : `${relation!.schema}.${of}`;
    const above = inherited.get(place(kind, table, parent));
    return above ? top(above) : parent;
  };
  const tops = [...inherited.values()].map((object) => [object, top(object)] as const);
  for (const [object, parent] of tops) object.attributes.parent = parent;
}

function extractComments(object: SchemaObject): SchemaObject[] {
  const { comment, "index comment": ofIndex } = object.attributes;
  delete object.attributes.comment;
  delete object.attributes["index comment"];
  const name = holdsRows(object.kind) || isColumn(object.kind) ? object.name : `${object.kind} ${object.name}`;
  const note = (name: string, text: unknown): SchemaObject[] =>
    typeof text === "string"
      ? [{ kind: "comment", schema: object.schema, table: object.table, name, attributes: { text }, on: object }]
      : [];
  // the index behind a constraint bears the constraint's name, and may have a comment of its own
  return [...note(name, comment), ...note(`index ${object.name}`, ofIndex)];
}

const SHORT: [RegExp, string][] = [
  [/^character varying/, "varchar"],
  [/^character(?=\(|$|\[)/, "char"],
  [/^timestamp(\(\d\))? without time zone/, "timestamp$1"],
  [/^timestamp(\(\d\))? with time zone/, "timestamptz$1"],
  [/^time(\(\d\))? without time zone/, "time$1"],
  [/^time(\(\d\))? with time zone/, "timetz$1"],
];

/** A type under the name by which people know it: `varchar(500)`. */
function shortenType(attribute: string, value: unknown): unknown {
  return typeof value === "string" && attribute.endsWith("type")
    ? SHORT.reduce((type, [long, short]) => type.replace(long, short), value)
    : value;
}

/** Texts that the server prints with its search path in mind, and that are compared as they stand. */
const PRINTED = new Set<Meaning>(["exact", "set", "type", "information"]);

/** What is in public has a bare name, as on a side where public is in the search path. */
function stripPublic(value: unknown): unknown {
  if (typeof value === "string") return value.replace(/(^|[^\w."])public\./g, "$1");
  if (Array.isArray(value)) return value.map(stripPublic);
  return typeof value === "object" && value !== null
    ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, stripPublic(item)]))
    : value;
}
