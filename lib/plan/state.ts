import type { RevisionState } from "../alembic/revision-state";
import { sides, type RevisionSummary } from "../ledger";

/** The states of all revisions in numbers, as the ledger and the results keep them. */
export function summarizeStates(states: RevisionState[]): RevisionSummary[] {
  return states.map(({ revision, sides: judged }) => ({
    revision,
    sides: Object.fromEntries(
      sides.flatMap((side) => {
        const one = judged[side];
        if (!one) return [];
        const { recorded, state, effects } = one;
        return [[side, { recorded, state, there: effects.there, total: effects.total }]];
      }),
    ),
  }));
}
