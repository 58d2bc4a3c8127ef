import { isForeignTable, isMaterializedView, isNamedOnTable, isPartition, isRoutine, isView, kinds } from "../../kinds";
import { quoteName, quotePlace } from "../../sql/quote";
import type { View } from "../compare/view";
import type { SchemaObject } from "../read/snapshot";

/** How most kinds are named behind DROP and COMMENT ON. */
export function nameTarget(object: SchemaObject): string {
  const { kind, name } = object;
  if (isNamedOnTable(kind)) return `${kind} ${quoteName(name)} on ${nameRelation(object)}`;
  if (isRoutine(kind)) return `${kind} ${writeSignature(object)}`;
  return `${chooseObjectWord(object)} ${quotePlace(object)}`;
}

export function chooseObjectWord({ kind, attributes }: SchemaObject): string {
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

/** The table that a partition is one of. */
export function findParent(partition: SchemaObject, view: View): SchemaObject | undefined {
  const name = partition.attributes["partition of"];
  return view.relations.get(`${partition.schema}.${name}`) ?? view.relations.get(String(name));
}

export function getBaseName({ name }: SchemaObject): string {
  return name.slice(0, name.indexOf("("));
}

export function writeSignature(object: SchemaObject): string {
  return `${object.schema === null ? "" : `${quoteName(object.schema)}.`}${quoteName(getBaseName(object))}${object.name.slice(object.name.indexOf("("))}`;
}
