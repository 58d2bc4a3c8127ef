import type { Side } from "../ledger";
import type { Share } from "./sample";
import type { Plan } from "./plan";

/**
 * A key as it may be shown: integers as numbers, what is personal as the beginning of a hash, anything else as
 * PostgreSQL's text of it.
 */
export type Key = (string | number | null)[];

export type Status = "changed" | "only in production" | "only in local";

/** A row that differs. `columns` are those whose values differ, where it is changed. */
export interface Difference {
  table: string;
  status: Status;
  key: Key;
  columns: string[];
}

/** What a comparison found out: the contract's `rows TABLE --json`, without `format`. */
export interface Outcome {
  table: string;
  key: string[];
  columns: string[];
  "left out": { column: string; why: string }[];
  notes: string[];
  production: { rows: number };
  local: { rows: number };
  "only in production": number;
  "only in local": number;
  changed: number;
  same: number;
  /** In how many of the changed rows each column differs; the most first. */
  "columns that differ": Record<string, number>;
  keys: { "only in production": Key[]; "only in local": Key[]; changed: { key: Key; columns: string[] }[] };
  /** Where only a sample was compared: the counts are the sample's, and this is the share of all rows that differ. */
  sample?: Share & { confidence: number };
  queries: Record<Side, number>;
  bytes: Record<Side, number>;
}

/** An outcome that nothing is known of yet. */
export function makeOutcome({ table, key, columns, leftOut, notes }: Plan): Outcome {
  return {
    table,
    key,
    columns,
    "left out": leftOut,
    notes,
    production: { rows: 0 },
    local: { rows: 0 },
    "only in production": 0,
    "only in local": 0,
    changed: 0,
    same: 0,
    "columns that differ": {},
    keys: { "only in production": [], "only in local": [], changed: [] },
    queries: { production: 0, local: 0 },
    bytes: { production: 0, local: 0 },
  };
}

/** Remembers the first keys of each status, and counts columns: bounded, however much differs. */
export function keep(outcome: Outcome, difference: Difference, most: number): void {
  const { status, key, columns } = difference;
  for (const column of columns)
    outcome["columns that differ"][column] = (outcome["columns that differ"][column] ?? 0) + 1;
  if (outcome.keys[status].length >= most) return;
  if (status === "changed") outcome.keys.changed.push({ key, columns });
  else outcome.keys[status].push(key);
}

/** Counts what is same, and puts keys and columns in order. */
export function finishOutcome(outcome: Outcome): Outcome {
  outcome.same = outcome.production.rows - outcome["only in production"] - outcome.changed;
  outcome["columns that differ"] = Object.fromEntries(
    Object.entries(outcome["columns that differ"]).sort(([a, one], [b, other]) => other - one || (a < b ? -1 : 1)),
  );
  outcome.keys["only in production"].sort(compareKeys);
  outcome.keys["only in local"].sort(compareKeys);
  outcome.keys.changed.sort((one, other) => compareKeys(one.key, other.key));
  return outcome;
}

function compareKeys(one: Key, other: Key): number {
  for (const [index, part] of one.entries()) {
    const another = other[index];
    if (part === another) continue;
    return typeof part === "number" && typeof another === "number"
      ? part - another
      : String(part) < String(another)
        ? -1
        : 1;
  }
  return 0;
}
