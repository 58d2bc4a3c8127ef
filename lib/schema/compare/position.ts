import { isSequence } from "../../kinds";
import type { Difference, Drift } from "../drift";
import type { Views } from "./compare";
import type { SchemaObject } from "../read/snapshot";

const WHY = "The next values differ: whoever copies rows from one side to the other sets the sequence too.";

/**
 * How far the sequences of both sides have come, where that is not the same: information. One entry for each that no
 * column owns; the others, whose rows say as much, in one entry together. What stands behind its own column is told
 * elsewhere, and graver. `differences` are those already found.
 */
export function comparePositions({ production, local }: Views, differences: Difference[]): Drift[] {
  const changed = new Set(differences.map((difference) => difference.production));
  const pairs = [...production.objects].flatMap(([key, object]): [SchemaObject, SchemaObject][] => {
    const other = local.objects.get(key);
    const isSame = !other || !isSequence(other.kind) || describePosition(object) === describePosition(other);
    return isSame || changed.has(object) || [object, other].some(isHidden) ? [] : [[object, other]];
  });
  const own = pairs.filter(([object]) => "owned by" in object.attributes);
  const free = pairs.filter(([object]) => !("owned by" in object.attributes));
  const of = (side: 0 | 1): Record<string, string> =>
    Object.fromEntries(own.map((pair) => [makePath(pair[side]), describePosition(pair[side])]));
  const together: Drift = {
    ...INFORMATION,
    kind: "sequence position",
    schema: null,
    table: null,
    name: "owned by columns",
    production: { position: of(0) },
    local: { position: of(1) },
  };
  return [
    ...free.map(([one, other]): Drift => ({
      ...INFORMATION,
      kind: "sequence",
      schema: one.schema,
      table: one.table,
      name: one.name,
      production: { position: describePosition(one) },
      local: { position: describePosition(other) },
    })),
    ...(own.length ? [together] : []),
  ];
}

const INFORMATION: Pick<Drift, "status" | "differs" | "severity" | "why"> = {
  status: "changed",
  differs: ["position"],
  severity: "info",
  why: WHY,
};

function describePosition({ attributes }: SchemaObject): string {
  return String(attributes["last value"] ?? "not used yet");
}

function isHidden({ attributes }: SchemaObject): boolean {
  return attributes["last value"] === "?";
}

function makePath({ schema, name }: SchemaObject): string {
  return schema === "public" ? name : `${schema}.${name}`;
}
