import type { Recorded } from "../alembic/explain";
import type { Revisions } from "../alembic/history";
import type { RevisionState, SideState } from "../alembic/revision-state";
import type { Finding, Side } from "../ledger";
import type { Recommendation } from "../schema/ddl/recommend";
import type { Drift } from "../schema/drift";
import type { Snapshot } from "../schema/read/snapshot";
import type { Sizes } from "./step";

/** All that a plan is made of: what was read of both sides, and what was made of it. */
export interface PlanInput {
  snapshots: Record<Side, Snapshot>;
  revisions: Revisions;
  states: RevisionState[];
  recorded: Recorded;
  /** With explanations, and with violations where they were counted. */
  drift: Drift[];
  sizes?: Partial<Record<Side, Sizes>>;
  /** What checks have found so far, of which those about rows become questions. */
  findings?: Finding[];
}

export interface Context {
  side: Side;
  revision: RevisionState;
  state: SideState;
  /** Its position in the history. */
  at: number;
  /** What is recommended for this side and belongs to this revision. */
  own: Recommendation[];
  input: PlanInput;
  sizes: Sizes;
}
