import { holdsRows, isColumn, isPartition, kinds, type NameSpace } from "../../kinds";
import type { SchemaObject, Snapshot } from "../read/snapshot";
import type { Names } from "./normalize-sql";

/** One side's snapshot, made quick to ask. */
export interface View {
  snapshot: Snapshot;
  objects: Map<string, SchemaObject>;
  relations: Map<string, SchemaObject>;
  /** The columns, constraints, indexes and so on of each relation. */
  parts: Map<SchemaObject, SchemaObject[]>;
  names: Names;
  /** The sequences that belong to a column, by `schema.table.column`. */
  sequences: Map<string, SchemaObject>;
}

/**
 * What the two sides most likely call differently: `schema.table`, or `schema.table` and a column, in production → in
 * local.
 */
export interface Renames {
  relations: Map<string, string>;
  columns: Map<string, string>;
}

export function makeView(snapshot: Snapshot): View {
  const relations = new Map([...snapshot.relations.values()].map((relation) => [nameInFull(relation), relation]));
  const called = (space: NameSpace) =>
    new Set(
      snapshot.objects
        .filter(({ kind }) => kinds.get(kind)?.names?.includes(space))
        .map((object) => nameInFull(object).replace(/\(.*/s, "")),
    );
  const known = {
    relation: called("relation"),
    type: called("type"),
    function: called("function"),
  };
  return {
    snapshot,
    objects: new Map(snapshot.objects.map((object) => [makeKey(object), object])),
    relations,
    parts: groupParts(snapshot),
    sequences: new Map(
      snapshot.objects
        .filter(({ attributes }) => "owned by" in attributes)
        .map((sequence) => [`${sequence.schema}.${sequence.attributes["owned by"]}`, sequence]),
    ),
    names: {
      path: snapshot.path,
      sign: JSON.stringify(listShadowing(snapshot.path, known)),
      holds: (what, schema, name) => known[what].has(`${schema}.${name}`),
    },
  };
}

function groupParts({ objects }: Snapshot): Map<SchemaObject, SchemaObject[]> {
  const parts = new Map<SchemaObject, SchemaObject[]>();
  for (const object of objects)
    if (object.relation) {
      const own = parts.get(object.relation);
      if (own) own.push(object);
      else parts.set(object.relation, [object]);
    }
  return parts;
}

/** Names that stand for another thing than public's, and for which. */
function listShadowing(path: string[], known: Record<string, Set<string>>): string[] {
  const before = path.slice(0, path.includes("public") ? path.indexOf("public") : undefined);
  const here = (set: Set<string>) => [...set].filter((name) => before.some((schema) => name.startsWith(`${schema}.`)));
  return Object.values(known).flatMap(here).sort();
}

/** What the words in an object's definitions stand for. */
export function resolveNames(view: View, object: SchemaObject, renames?: Renames): Names {
  const table = object.table === null ? undefined : `${object.schema}.${object.table}`;
  const relation = table === undefined ? undefined : view.relations.get(table);
  const columns = relation ? (view.snapshot.columns.get(relation) ?? []) : [];
  const own = isColumn(object.kind) ? view.sequences.get(`${table}.${object.name}`) : undefined;
  return {
    ...view.names,
    table,
    columnType: (name) => columns.find((column) => column.name === name)?.attributes.type as string | undefined,
    renamed:
      renames &&
      ((name, column) =>
        column === undefined
          ? (renames.relations.get(name) ?? name)
          : (renames.columns.get(`${name}.${column}`) ?? column)),
    ownSequence: own && nameInFull(own),
  };
}

/**
 * What an object is known by on both sides. Where it follows from a partitioned table's, the server names it as it
 * likes.
 */
export function makeKey(object: SchemaObject): string {
  const parent = object.attributes.parent;
  const table = holdsRows(object.kind) ? null : object.table;
  const kind = isPartition(object.kind) ? "table" : object.kind;
  return JSON.stringify([
    kind,
    object.schema,
    table,
    typeof parent === "string" ? { follows: parent } : object.name,
    object.on ? makeKey(object.on) : null,
  ]);
}

export function nameInFull({ schema, name }: { schema: string | null; name: string }): string {
  return `${schema}.${name}`;
}
