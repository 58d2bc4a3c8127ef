import {
  getFamily,
  holdsRows,
  isAnyView,
  isColumn,
  isConstraintOrIndex,
  isPartition,
  isRenamable,
  isSequence,
  isTable,
} from "../../kinds";
import type { SchemaObject } from "../read/snapshot";
import { type Renames, nameInFull } from "./view";
import type { Views } from "./compare";

type Lone = { production: SchemaObject[]; local: SchemaObject[] };

/** Tables and columns that most likely go by another name on the other side: only one candidate fits on either. */
export function findRenames(lone: Lone, views: Views): Renames {
  const shape = (side: keyof Views) => (table: SchemaObject) =>
    JSON.stringify([
      table.kind,
      table.schema,
      (views[side].snapshot.columns.get(table) ?? []).map(({ name, attributes }) => [
        name,
        attributes.type,
        attributes["not null"],
      ]),
    ]);
  const tables = pairUnique(lone, (object) => isTable(object.kind), shape("production"), shape("local"));
  const trait = ({
    schema,
    table,
    attributes: { type, "not null": notNull, identity, generated, default: fallback },
  }: SchemaObject) =>
    JSON.stringify([
      schema,
      table,
      type,
      notNull,
      identity,
      generated,
      /nextval/.test(String(fallback)) ? "sequence" : fallback,
    ]);
  const inCommonTable = (object: SchemaObject) => {
    const place = `${object.schema}.${object.table}`;
    return isColumn(object.kind) && views.production.relations.has(place) && views.local.relations.has(place);
  };
  const columns = pairUnique(lone, inCommonTable, trait, trait);
  const types = pairUnique(
    lone,
    ({ kind }) => getFamily(kind) === "type" && isRenamable(kind),
    describeType,
    describeType,
  );
  return {
    relations: new Map([...tables, ...types].map(([a, b]) => [nameInFull(a), nameInFull(b)])),
    columns: new Map(columns.map(([a, b]) => [`${a.schema}.${a.table}.${a.name}`, b.name])),
  };
}

/** The objects of one side that are like one of the other in everything but the name. */
export function findLikelyRenames(
  lone: Lone,
  alike: (a: SchemaObject, b: SchemaObject) => boolean,
  renames: Renames,
): { sameButForName: [SchemaObject, SchemaObject][]; renamed: Map<SchemaObject, SchemaObject> } {
  const sameButForName: [SchemaObject, SchemaObject][] = [];
  const renamed = new Map<SchemaObject, SchemaObject>();
  const byPlace = new Map<string, SchemaObject[]>();
  const place = ({ kind, schema, table }: SchemaObject) =>
    JSON.stringify([kind, schema, holdsRows(kind) && !isPartition(kind) ? null : table]);
  for (const object of lone.local) byPlace.set(place(object), [...(byPlace.get(place(object)) ?? []), object]);
  const taken = new Set<SchemaObject>();
  for (const a of lone.production) {
    const candidates = (byPlace.get(place(a)) ?? []).filter((b) => !taken.has(b));
    const known = findKnownRename(a, renames);
    const fits =
      known === undefined
        ? isNameless(a) || isRenamable(a.kind)
          ? candidates.filter((b) => describeOutline(a) === describeOutline(b) && alike(a, b))
          : []
        : candidates.filter(({ name }) => name === known);
    // any of several twins will do where the name means nothing
    const [b] = isNameless(a) || fits.length === 1 ? fits : [];
    if (!b) continue;
    if (isNameless(a)) taken.add(b);
    if (isNameless(a)) sameButForName.push([a, b]);
    else [renamed.set(a, b), renamed.set(b, a)];
  }
  return { sameButForName, renamed };
}

/** Kinds of which the name is the server's business: constraints, indexes, a column's own sequence. */
function isNameless({ kind, attributes }: SchemaObject): boolean {
  return isConstraintOrIndex(kind) || (isSequence(kind) && "owned by" in attributes);
}

function describeType({
  kind,
  schema,
  attributes: { values, type, fields, "not null": notNull, checks, default: fallback },
}: SchemaObject): string {
  return JSON.stringify([kind, schema, values, type, fields, notNull, checks, fallback]);
}

/** What costs nothing to compare, and must be the same. */
function describeOutline({ kind, attributes }: SchemaObject): string {
  const { columns, arguments: parameters, returns, values, fields, "owned by": owner, command } = attributes;
  return JSON.stringify([isAnyView(kind) ? columns : null, parameters, returns, values, fields, owner, command]);
}

function findKnownRename(object: SchemaObject, renames: Renames): string | undefined {
  if (isTable(object.kind)) return renames.relations.get(nameInFull(object))?.slice(`${object.schema}.`.length) ?? "";
  return isColumn(object.kind)
    ? (renames.columns.get(`${object.schema}.${object.table}.${object.name}`) ?? "")
    : undefined;
}

/** Pairs those of both sides that alone bear a trait. */
function pairUnique(
  lone: Lone,
  of: (object: SchemaObject) => boolean,
  left: (object: SchemaObject) => string,
  right: (object: SchemaObject) => string,
): [SchemaObject, SchemaObject][] {
  const group = (objects: SchemaObject[], trait: (object: SchemaObject) => string) => {
    const groups = new Map<string, SchemaObject[]>();
    for (const object of objects.filter(of)) groups.set(trait(object), [...(groups.get(trait(object)) ?? []), object]);
    return groups;
  };
  const [ours, theirs] = [group(lone.production, left), group(lone.local, right)];
  return [...ours].flatMap(([trait, objects]) => {
    const others = theirs.get(trait) ?? [];
    return objects.length === 1 && others.length === 1 ? [[objects[0], others[0]] as [SchemaObject, SchemaObject]] : [];
  });
}
