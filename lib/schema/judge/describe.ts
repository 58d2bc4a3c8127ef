import { capitalize } from "../../text";
import type { Side } from "../../ledger";
import type { Drift } from "../drift";
import type { Attributes } from "../read/snapshot";

type Named = Pick<Drift, "kind" | "schema" | "table" | "name">;

/**
 * A difference's id, the same in `drift --json`, in results.json and in the notebooks: `column/licenses.portal_pin`.
 */
export function makeDriftId(drift: Named): string {
  return `${drift.kind}/${makePath(drift)}`;
}

/** An object's path, `public` left out: `licenses.portal_pin`, `archive.events`. */
export function makePath({ schema, table, name }: Omit<Named, "kind">): string {
  return [schema === "public" ? null : schema, table === name ? null : table, name].filter(Boolean).join(".");
}

/** A difference in one sentence, the same wherever it is shown. */
export function describeDrift(drift: Named & Pick<Drift, "status" | "differs" | "why">): string {
  const changed = drift.differs?.length ? ` (${drift.differs.join(", ")})` : "";
  return `${capitalize(drift.kind)} ${makePath(drift)} is ${drift.status}${changed}: ${drift.why}`;
}

/**
 * What a side has: null where the object is absent there, its definition or attributes where it is on one side only,
 * and only the attributes that differ where it is on both. An attribute that the catalog reports only when it is set
 * shows its ordinary value: a trigger is `enabled`, an index `valid`.
 */
export function describeDriftValue(
  drift: Pick<Drift, "status" | "differs"> & Record<Side, Attributes | null>,
  side: Side,
): unknown {
  const attributes = drift[side];
  if (!attributes) return null;
  if (drift.status !== "changed") {
    const { owner: _, ...own } = attributes;
    return typeof own.definition === "string" ? own.definition : own;
  }
  const differs = drift.differs ?? [];
  if (differs.length === 1 && differs[0] === "definition") return attributes.definition;
  return Object.fromEntries(differs.map((name) => [name, describeAttribute(name, attributes)]));
}

function describeAttribute(name: string, attributes: Attributes): unknown {
  if (name === "enabled") return FIRING[String(attributes.enabled ?? "O")] ?? attributes.enabled;
  if (name === "not null" && "nullable" in attributes) return !attributes.nullable;
  return attributes[name] ?? ORDINARY[name] ?? null;
}

/** How the catalog's letters say whether a trigger or a rule fires. */
const FIRING: Record<string, string> = {
  O: "enabled",
  D: "disabled",
  R: "enabled on replicas only",
  A: "enabled, on replicas too",
};

/** The value of an attribute that the catalog reports only where it is otherwise. */
const ORDINARY: Record<string, string> = {
  invalid: "valid",
  "triggers disabled": "enabled",
  "not null not validated": "validated",
  "not populated": "populated",
};
