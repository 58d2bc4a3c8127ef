import {
  isAnyView,
  isColumn,
  isComment,
  isCompositeType,
  isOperatorFamily,
  isPrimaryKey,
  isSchema,
  isSequence,
} from "../../kinds";
import type { Views } from "./compare";
import type { Difference } from "../drift";
import { makeKey } from "./view";
import type { SchemaObject } from "../read/snapshot";

/**
 * Leaves out what only follows from another difference, and notes it there: absence is told once, at the highest
 * object.
 */
export function dropConsequences(differences: Difference[], views: Views): Difference[] {
  const byKey = new Map<string, Difference>();
  for (const difference of differences) byKey.set(makeKey((difference.production ?? difference.local)!), difference);
  const retyped = new Set(
    differences
      .filter(isRetyped)
      .map(({ production, local }) => `${production!.attributes.type} → ${local!.attributes.type}`),
  );
  return differences.filter((difference) => {
    if (isOnlyRetyped(difference, retyped) || isFollowingColumn(difference, byKey) || isFollowingKey(difference, byKey))
      return false;
    const side = difference.production ? "production" : "local";
    const object = difference[side]!;
    const absent = !(difference.production && difference.local);
    const cause = (absent ? listCausesOfAbsence : listCausesOfChange)(
      object,
      views[side].objects,
      views[side].relations,
    )
      .map((candidate) => byKey.get(makeKey(candidate)))
      .find((candidate) => candidate && candidate !== difference && isCauseOf(candidate, difference, side));
    if (cause && absent) findTopmost(cause, byKey, views).also.push(object);
    return !cause;
  });
}

function isRetyped({ production, local, differs }: Difference): boolean {
  return isColumn(production?.kind) && local !== undefined && differs.includes("type");
}

/** Whether a view is the same query, and only its columns have the types that columns of tables have elsewhere. */
function isOnlyRetyped({ production, local, differs }: Difference, retyped: Set<string>): boolean {
  if (!production || !local || differs.join() !== "columns" || !isAnyView(production.kind)) return false;
  const [left, right] = [production, local].map(({ attributes }) => attributes.columns as string[]);
  const type = (column: string) => column.replace(/^\S+ /, "");
  return (
    left.length === right.length &&
    left.every((column, at) => column === right[at] || retyped.has(`${type(column)} → ${type(right[at])}`))
  );
}

/** Whether a serial's sequence has only another type because its column has. */
function isFollowingColumn({ production, local, differs }: Difference, byKey: Map<string, Difference>): boolean {
  if (
    !production ||
    !local ||
    !isSequence(production.kind) ||
    !differs.every((attribute) => /^(type|minimum|maximum)$/.test(attribute))
  )
    return false;
  const [table, name] = String(production.attributes["owned by"] ?? "").split(/\.(?=[^.]*$)/);
  const column = byKey.get(
    makeKey({ kind: "column", schema: production.schema, table, name: name ?? "", attributes: {} }),
  );
  return (
    column !== undefined &&
    [
      [column.production, production],
      [column.local, local],
    ].every(([of, sequence]) => of?.attributes.type === sequence!.attributes.type)
  );
}

/** Whether a column takes no null only because a primary key that the other side lacks holds it. */
function isFollowingKey({ production, local, differs }: Difference, byKey: Map<string, Difference>): boolean {
  if (!production || !local || !isColumn(production.kind) || differs.join() !== "not null") return false;
  const side = production.attributes["not null"] ? "production" : "local";
  const { schema, table, name } = production;
  return [...byKey.values()].some((key) => {
    const [here, there] = [key[side], key[side === "local" ? "production" : "local"]];
    const holds =
      here !== undefined &&
      isPrimaryKey(here.kind) &&
      here.schema === schema &&
      here.table === table &&
      (here.attributes.columns as string[]).includes(name);
    return holds && !(there?.attributes.columns as string[] | undefined)?.includes(name);
  });
}

function isCauseOf(cause: Difference, consequence: Difference, side: keyof Views): boolean {
  const absent = !(cause.production && cause.local);
  if (!(consequence.production && consequence.local)) {
    if (!absent && hasChangedColumns(cause, consequence[side]!)) return true;
    const ofSequence = isSequence(consequence[side]?.kind) && isColumn(cause[side]?.kind);
    return absent
      ? cause[side] !== undefined
      : ofSequence && cause.differs.some((attribute) => attribute === "default" || attribute === "identity");
  }
  return !absent && consequence.differs.every((attribute) => cause.differs.includes(attribute));
}

/**
 * Whether one of the columns that make up the cause is not the same on the other side: a view's, or a composite
 * type's.
 */
function hasChangedColumns({ production, local, differs }: Difference, { kind, name, on }: SchemaObject): boolean {
  const ofView = isComment(kind) && isColumn(on?.kind) && differs.includes("columns");
  const ofType = isColumn(kind) && isCompositeType(local?.kind) && differs.includes("fields");
  const named = (object: SchemaObject | undefined) =>
    ((ofView ? object?.attributes.columns : object?.attributes.fields) ?? []) as (string | [string])[];
  const has = (object: SchemaObject | undefined) =>
    named(object).some((column) => (typeof column === "string" ? column.startsWith(`${name} `) : column[0] === name));
  return (ofView || ofType) && has(production) !== has(local);
}

function findTopmost(cause: Difference, byKey: Map<string, Difference>, views: Views): Difference {
  const side = cause.production ? "production" : "local";
  if (cause.production && cause.local) return cause;
  const above = listCausesOfAbsence(cause[side]!, views[side].objects, views[side].relations)
    .map((candidate) => byKey.get(makeKey(candidate)))
    .find((candidate) => candidate && candidate !== cause && isCauseOf(candidate, cause, side));
  return above ? findTopmost(above, byKey, views) : cause;
}

type Objects = Map<string, SchemaObject>;

/** What this object cannot be without. */
function listCausesOfAbsence(object: SchemaObject, objects: Objects, relations: Objects): SchemaObject[] {
  const { kind, schema, table, attributes } = object;
  const find = (wanted: Partial<SchemaObject>) =>
    objects.get(makeKey({ kind, schema, table, name: "", attributes: {}, ...wanted }));
  const place = (name: unknown) => relations.get(String(name).includes(".") ? String(name) : `${schema}.${name}`);
  const columns = Array.isArray(attributes.columns) && !isAnyView(kind) ? (attributes.columns as string[]) : [];
  const [sequenceTable, sequenceColumn] = String(attributes["owned by"] ?? "").split(/\.(?=[^.]*$)/);
  return [
    object.on,
    object.on?.relation,
    isOperatorFamily(kind) ? findSameNamedClass(object, objects) : undefined,
    isSchema(kind) || schema === null ? undefined : find({ kind: "schema", schema: null, table: null, name: schema }),
    table === null || table === object.name ? undefined : place(table),
    ...columns.map((name) => find({ kind: "column", name })),
    attributes.references === undefined ? undefined : place(attributes.references),
    ...(sequenceColumn
      ? [place(sequenceTable), find({ kind: "column", table: sequenceTable, name: sequenceColumn })]
      : []),
    ...listInheritedFrom(object, objects, relations),
    ...listTypesOf(object, objects),
  ].filter((candidate): candidate is SchemaObject => candidate !== undefined && candidate !== object);
}

function listCausesOfChange(object: SchemaObject, objects: Objects, relations: Objects): SchemaObject[] {
  return listInheritedFrom(object, objects, relations);
}

/** A class that names no family makes one of its own name. */
function findSameNamedClass({ schema, name }: SchemaObject, objects: Objects): SchemaObject | undefined {
  return objects.get(makeKey({ kind: "operator class", schema, table: null, name, attributes: {} }));
}

/** The type that a typed table has its columns from. */
function listTypesOf({ kind, schema, relation }: SchemaObject, objects: Objects): SchemaObject[] {
  const type = relation?.attributes["of type"];
  if (!isColumn(kind) || typeof type !== "string") return [];
  const [place, name] = type.includes(".") ? type.split(".") : [null, type];
  return [place, schema, "public"].flatMap(
    (candidate) =>
      objects.get(makeKey({ kind: "composite type", schema: candidate, table: null, name, attributes: {} })) ?? [],
  );
}

/** The same thing of the table that this one's table is a partition or a child of. */
function listInheritedFrom(object: SchemaObject, objects: Objects, relations: Objects): SchemaObject[] {
  const relation = object.table === null ? undefined : relations.get(`${object.schema}.${object.table}`);
  if (!relation || relation === object) return [];
  const parents = [relation.attributes["partition of"], ...((relation.attributes.inherits ?? []) as unknown[])].filter(
    (name) => typeof name === "string",
  ) as string[];
  return parents.flatMap((name) => {
    const parent = relations.get(name.includes(".") ? name : `${object.schema}.${name}`);
    const wanted = typeof object.attributes.parent === "string" ? object.attributes.parent : object.name;
    const found =
      parent &&
      [undefined, wanted]
        .map((follows) =>
          objects.get(
            makeKey({
              ...object,
              schema: parent.schema,
              table: parent.name,
              name: wanted,
              attributes: follows ? { parent: follows } : {},
            }),
          ),
        )
        .find(Boolean);
    return found ? [found] : [];
  });
}
