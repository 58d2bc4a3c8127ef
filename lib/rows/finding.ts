import type { Severity } from "../ledger";
import type { Outcome } from "./tally";

/**
 * How grave a difference of rows is: one key with two contents is medium, rows that only one side has are
 * information, since phase 2 judges how many there are. Where most columns of most changed rows differ, the two sides
 * have given the same numbers to different things, and nothing has changed: information too.
 */
export function judgeOutcome(outcome: Outcome): Severity | undefined {
  if (outcome.changed) return isCoincidence(outcome) ? "info" : "medium";
  return outcome["only in production"] || outcome["only in local"] ? "info" : undefined;
}

/**
 * Whether a typical changed row differs in more than half of what was compared besides the key: then the key has been
 * given out twice, for different things.
 */
export function isCoincidence(outcome: Outcome): boolean {
  const cells = Object.values(outcome["columns that differ"]).reduce((sum, rows) => sum + rows, 0);
  const rest = outcome.columns.length - outcome.key.length;
  return rest > 2 && cells / Math.max(1, outcome.changed) > rest / 2;
}

/** What a "same" rests on, for whoever reads one. `pieceOf` derives the figure. */
export const certainty =
  "for a billion rows, the chance that any that differ were taken for the same is below 1 in 10^29 (two " +
  "64-bit hashes under random seeds).";
