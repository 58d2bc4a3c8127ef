import { holdsRows, isColumn, isComment, isSchema, isUntoldObject } from "../kinds";
import { type Effect, family } from "./effect";
import { listNames } from "./presence";

/**
 * The effect as it stands after what came later: under its object's new name, without what was overwritten; undefined
 * where nothing is left.
 */
export function followEffect(effect: Effect, later: Effect[]): Effect | undefined {
  let today: Effect = effect;
  for (const other of later) {
    if (other.renamedFrom !== undefined && !isSameObject(today, other)) {
      today = renameEffect(today, other);
      continue;
    }
    if (other.renamedTo !== undefined && today.does !== "drops") continue;
    if (isUndoneBy(today, other)) return undefined;
    if (other.does === "changes" && today.does === "changes" && isSameObject(today, other)) {
      const left = dropOverwritten(today, other);
      if (!left) return undefined;
      today = left;
    }
  }
  return today;
}

/** The effect under the name that a rename gives its object, or its table. */
export function renameEffect(effect: Effect, { kind, schema, table, name, renamedFrom }: Effect): Effect {
  if (schema !== null && effect.schema !== null && schema !== effect.schema) return effect;
  if (family(kind) === "table") {
    const restsOn = effect.restsOn?.map((one) => (one === renamedFrom ? name! : one));
    const resting = restsOn ? { ...effect, restsOn } : effect;
    if (effect.table !== renamedFrom || (effect.does === "drops" && family(effect.kind) === "table")) return resting;
    const isItself = family(effect.kind) === "table" || (isComment(effect.kind) && effect.name === renamedFrom);
    return { ...resting, table: name, name: isItself ? name : effect.name };
  }
  if (effect.does === "drops") return effect;
  if (isColumn(kind) && effect.table === table) {
    const columns = effect.columns?.map((column) => (column === renamedFrom ? name! : column));
    return {
      ...effect,
      ...(columns ? { columns } : {}),
      name: (isColumn(effect.kind) || isComment(effect.kind)) && effect.name === renamedFrom ? name : effect.name,
    };
  }
  const isIt =
    family(kind) === family(effect.kind) &&
    effect.name === renamedFrom &&
    (table === null || effect.table === null || effect.table === table);
  return isIt ? { ...effect, name } : effect;
}

function isUndoneBy(effect: Effect, other: Effect): boolean {
  if (effect.does === "drops") return other.does === "creates" && isSameObject(effect, other);
  if (other.does !== "drops") return false;
  if (isSameObject(effect, other)) return true;
  if (isSchema(other.kind)) return effect.schema === other.name;
  if (effect.schema !== null && other.schema !== null && effect.schema !== other.schema) return false;
  if (family(other.kind) === "table") {
    const goesWithIt = other.cascades === true && other.name !== null && effect.restsOn?.includes(other.name);
    return (effect.table !== null && effect.table === other.name) || goesWithIt === true;
  }
  if (isComment(effect.kind) && effect.table === other.table)
    return effect.name === other.name || effect.name === `${other.kind} ${other.name}`;
  return (
    isColumn(other.kind) &&
    effect.table === other.table &&
    other.name !== null &&
    (effect.columns ?? []).includes(other.name)
  );
}

/** Whether two effects are about one object. */
export function isSameObject(one: Effect, other: Effect): boolean {
  const kind = family(one.kind);
  if (kind !== family(other.kind) && !isUntoldObject(one.kind) && !isUntoldObject(other.kind)) return false;
  if (one.schema !== null && other.schema !== null && one.schema !== other.schema) return false;
  if (!holdsRows(one.kind) && one.table !== null && other.table !== null && one.table !== other.table) return false;
  if (one.name !== null && one.name === other.name) return true;
  const names = listNames(other);
  return listNames(one).some((name) => names.includes(name));
}

function dropOverwritten(effect: Effect, other: Effect): Effect | undefined {
  if (effect.values || other.values) return effect;
  if (!effect.becomes || !other.becomes) return effect.becomes ? effect : undefined;
  const left = Object.fromEntries(Object.entries(effect.becomes).filter(([aspect]) => !(aspect in other.becomes!)));
  return Object.keys(left).length ? { ...effect, becomes: left } : undefined;
}
