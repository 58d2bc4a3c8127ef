import { createHash } from "node:crypto";
import { replaceFile } from "../file";
import { existsSync, readFileSync, rmSync } from "node:fs";
import type { Side } from "../ledger";
import type { Buckets, Grid, Reading } from "./buckets";
import type { Plan } from "./plan";
import { makePiece, type Way } from "./statements";
import type { Outcome } from "./tally";

/**
 * How far a comparison is: enough to go on from, and nothing of a person: sums of hashes of many rows, and keys as
 * they may be shown.
 */
export interface State {
  way: Way;
  grid: Grid;
  /** What the hashes of this comparison were made with. */
  secret: string;
  readings: Record<Side, Reading>;
  outcome: Outcome;
  /** The last bucket whose rows have been compared. */
  resolved: bigint;
}

/** Writes the state beside its file and puts it in place, for its owner's eyes only. */
export function writeState(file: string, plan: Plan, { way, grid, secret, readings, outcome, resolved }: State): void {
  const reading = ({ buckets, next, done }: Reading) => ({
    next: String(next),
    done,
    buckets: [...buckets].map(([number, { rows, sums }]) => [String(number), rows, ...sums.map(String)]),
  });
  const text = {
    format: 2,
    plan: hashPlan(plan),
    way,
    lowest: String(grid.lowest),
    highest: String(grid.highest),
    shift: grid.shift,
    secret,
    resolved: String(resolved),
    outcome,
    readings: { production: reading(readings.production), local: reading(readings.local) },
  };
  replaceFile(file, JSON.stringify(text), 0o600);
}

/** The state that an interrupted comparison left, if it was of the same rows in the same way. */
export function readState(file: string, plan: Plan): State | undefined {
  if (!existsSync(file)) return undefined;
  const kept = JSON.parse(readFileSync(file, "utf8"));
  if (kept.format !== 2 || kept.plan !== hashPlan(plan)) return undefined;
  const reading = ({
    next,
    done,
    buckets,
  }: {
    next: string;
    done: boolean;
    buckets: [string, number, string, string][];
  }): Reading => ({
    next: BigInt(next),
    done,
    buckets: new Map(
      buckets.map(([number, rows, one, other]) => [BigInt(number), { rows, sums: [BigInt(one), BigInt(other)] }]),
    ) as Buckets,
  });
  return {
    way: kept.way,
    grid: { lowest: BigInt(kept.lowest), highest: BigInt(kept.highest), shift: kept.shift },
    secret: kept.secret,
    resolved: BigInt(kept.resolved),
    outcome: kept.outcome,
    readings: { production: reading(kept.readings.production), local: reading(kept.readings.local) },
  };
}

/** A comparison that has ended needs no state. */
export function removeState(file: string): void {
  rmSync(file, { force: true });
}

/**
 * What two comparisons must have in common for one to go on with the other: the sides, the key, and what is hashed
 * how, under which condition.
 */
function hashPlan(plan: Plan): string {
  const pieces = (["production", "local"] as const).map((side) => {
    const { token, row } = makePiece(plan, side, plan.key.length ? "hash" : "none");
    return [token, row, plan.where?.[side], plan.address?.[side]];
  });
  return createHash("sha256")
    .update(JSON.stringify([plan.table, pieces]))
    .digest("hex");
}
