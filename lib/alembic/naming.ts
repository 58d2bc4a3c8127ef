import { isUntoldConstraint } from "../kinds";
import type { Effect } from "./effect";

const KEYS: Record<string, string> = {
  "primary key": "pk",
  "foreign key": "fk",
  "unique constraint": "uq",
  "check constraint": "ck",
  index: "ix",
};

/**
 * The effect with the name that a naming convention of the project's MetaData gives its constraint, as one that it
 * may have.
 */
export function nameByConvention(effect: Effect, naming: Map<string, string>): Effect {
  // what a constraint that is dropped was, the name alone does not say: a convention that keeps names is a check's
  const form = naming.get(
    effect.does === "drops" && isUntoldConstraint(effect.kind) ? "ck" : (KEYS[effect.kind] ?? ""),
  );
  if (!form || effect.does === "changes" || effect.table === null) return effect;
  // a name that is given is put into the convention only where that has a place for it
  if (effect.name !== null && !form.includes("%(constraint_name)")) return effect;
  const name = form.replace(/%\((\w+)\)s/g, (whole, token: string) => fillToken(token, effect) ?? whole);
  return name.includes("%(") ? effect : { ...effect, aliases: [...(effect.aliases ?? []), name] };
}

function fillToken(token: string, { table, schema, name, columns = [] }: Effect): string | undefined {
  if (token === "table_name") return table ?? undefined;
  if (token === "schema") return schema ?? "";
  if (token === "constraint_name") return name ?? undefined;
  const [, position, isAll, separator, what] = /^column_(\d)(N)?(_)?_?(name|label|key)?$/.exec(token) ?? [];
  if (position === undefined) return undefined;
  const chosen = isAll ? columns : columns.slice(Number(position), Number(position) + 1);
  if (chosen.length === 0) return undefined;
  return chosen.map((column) => (what === "label" ? `${table}_${column}` : column)).join(separator ? "_" : "");
}
