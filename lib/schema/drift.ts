import { isColumn } from "../kinds";
import type { Severity } from "../ledger";
import type { Attributes, SchemaObject } from "./read/snapshot";

export type Status = "only in production" | "only in local" | "changed";

/**
 * Which side a state speaks of stands in its text. `open`: a revision that was read in part only may be what touches
 * it.
 */
export interface Explanation {
  state: "pending" | "phantom" | "unrecorded" | "unexplained" | "open";
  revision: string | null;
  text: string;
}

/** One difference between two schemas, as `runbook drift --json` tells it. */
export interface Drift {
  kind: string;
  schema: string | null;
  table: string | null;
  name: string;
  status: Status;
  production: Attributes | null;
  local: Attributes | null;
  /** The attributes that differ, where the object is on both sides. */
  differs?: string[];
  severity: Severity;
  /** What follows from it. */
  why: string;
  /** What the other side most likely calls it. */
  "likely rename"?: string;
  /** What follows from its absence, and is not listed again. */
  also?: string[];
  /** Of an entry that stands for several partitions of one table: their names, by the side that has them. */
  partitions?: Record<"only in production" | "only in local", string[]>;
  /** The key, constraint or index of the side that lacks a unique rule which demands the same of its rows. */
  "enforced by"?: string;
  /** How many rows of the side that lacks a rule break it already, where that was counted: 1,000 stands for more. */
  violations?: number;
  explanation?: Explanation;
}

/** How much of one kind was compared, and how much was not. */
export interface Coverage {
  kind: string;
  compared: number;
  "not compared": number;
  "not readable": number;
  identical: number;
  equivalent: number;
}

/** A drift with the objects that it is about, before it is told. */
export interface Difference {
  production?: SchemaObject;
  local?: SchemaObject;
  differs: string[];
  /** Nothing but names, order and owners. */
  informationOnly: boolean;
  rename?: SchemaObject;
  also: SchemaObject[];
}

/** What makes one object of a schema the same in a drift, in a recommendation and in a snapshot. */
export function makeDriftKey({
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
  return JSON.stringify([kind, schema, table, name]);
}

/** What an object is, for a reader: without what only served the comparison. */
export function describeAttributes(object: SchemaObject | undefined): Attributes | null {
  if (!object) return null;
  const { "not null": notNull, default: fallback, ...rest } = object.attributes;
  const attributes = Object.fromEntries(
    Object.entries(rest).filter(
      ([name]) =>
        !HIDDEN.has(name) &&
        object.section?.attributes[name]?.[1] !== "secret" &&
        (name === "owned by" || object.section?.attributes[name]?.[1] !== "silent" || SHOWN.has(name)),
    ),
  );
  return isColumn(object.kind)
    ? { type: attributes.type, nullable: !notNull, default: fallback ?? null, ...attributes }
    : {
        ...attributes,
        ...(notNull ? { "not null": true } : {}),
        ...(fallback === undefined ? {} : { default: fallback }),
      };
}

const HIDDEN = new Set([
  "number",
  "rows",
  "owning relation",
  "owning column",
  "last value",
  "unreadable",
  "as the server gives it",
]);
const SHOWN = new Set(["columns", "references", "partition of", "checks", "fields", "of identity"]);
