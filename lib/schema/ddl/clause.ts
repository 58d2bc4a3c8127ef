import { isCheckConstraint, isColumn, isForeignKey } from "../../kinds";
import { quoteLiteral, quoteName, quotePlace, writeSettingValue } from "../../sql/quote";
import { nameInFull, type View } from "../compare/view";
import type { Attributes, SchemaObject } from "../read/snapshot";
import { alterTable, nameRelation } from "./name";

/** Turns a foreign key's own triggers off: their names are the server's. */
export function disableTriggers(key: SchemaObject): string {
  const table = nameRelation(key);
  return `do $$ declare name text; begin
  for name in select t.tgname from pg_trigger t join pg_constraint c on c.oid = t.tgconstraint
    where t.tgrelid = c.conrelid and c.conrelid = ${quoteLiteral(table)}::regclass and c.conname = ${quoteLiteral(key.name)}
  loop execute format(${quoteLiteral(`alter table ${table.replace(/%/g, "%%")} disable trigger %I`)}, name); end loop; end $$;`;
}

export function addConstraint(object: SchemaObject): string[] {
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

export function writeRangeParts({ attributes }: SchemaObject): string[] {
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
export function listViewDefaults(object: SchemaObject, view: View): [name: string, fallback: string][] {
  return (view.snapshot.columns.get(object) ?? []).flatMap(({ name, attributes }) =>
    typeof attributes.default === "string" ? [[name, attributes.default] as [string, string]] : [],
  );
}

export function writeStatisticsTarget({ name, schema, attributes }: SchemaObject): string[] {
  return attributes.target === undefined
    ? []
    : [`alter statistics ${quotePlace({ schema, name })} set statistics ${attributes.target};`];
}

export function indexTargets({ schema, name }: SchemaObject, targets: unknown): string[] {
  return ((targets ?? []) as string[]).map((entry) => {
    const [number, target] = entry.split(": ");
    return `alter index ${quotePlace({ schema, name })} alter column ${number} set statistics ${target};`;
  });
}

/** An index's storage parameters, and its definition without them. */
export function indexSettings(definition: string): { rest: string; settings: string[] } {
  const [clause, list] = / WITH \(((?:\w+='?[^',()]*'?(?:, )?)+)\)/.exec(definition) ?? [];
  return clause === undefined
    ? { rest: definition, settings: [] }
    : { rest: definition.replace(clause, ""), settings: list.replace(/'/g, "").split(", ") };
}

/** Whether a trigger or a rule acts, where it is not as usual. */
export function writeEnabling(object: SchemaObject): string[] {
  return "enabled" in object.attributes ? [enable(object)] : [];
}

export function enable({ kind, name, attributes, ...object }: SchemaObject): string {
  const words = { D: `disable ${kind}`, R: `enable replica ${kind}`, A: `enable always ${kind}` };
  const how = words[String(attributes.enabled) as keyof typeof words] ?? `enable ${kind}`;
  return `alter table ${nameRelation({ kind, name, attributes, ...object })} ${how} ${quoteName(name)};`;
}

export function writeSequenceOptions({ attributes }: SchemaObject): string {
  const { start, increment, minimum, maximum, cache, cycle } = attributes;
  return (
    `start with ${start} increment by ${increment} minvalue ${minimum} maxvalue ${maximum} cache ` +
    `${cache}${cycle ? " cycle" : " no cycle"}`
  );
}

export function findOwner(sequence: SchemaObject, view: View): string | undefined {
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

export function writeViewOptions({ attributes }: SchemaObject): string {
  return attributes.options ? ` with (${(attributes.options as string[]).join(", ")})` : "";
}

export function writeSetting(text: string): string {
  const [name, value] = [text.slice(0, text.indexOf("=")), text.slice(text.indexOf("=") + 1)];
  return `set ${name} to ${writeSettingValue(name, value)}`;
}

export function quoteDollars(body: string): string {
  let tag = "$body$";
  while (body.includes(tag)) tag = `${tag.slice(0, -1)}_$`;
  return `${tag}${body}${tag}`;
}
