import { isTable } from "../kinds";
import type { Side } from "../ledger";
import type { Snapshot } from "../schema/read/snapshot";
import type { Effect } from "./effect";
import { followEffect, isSameObject } from "./identity";
import type { Recorded } from "./explain";
import { measureLag, type Revisions } from "./history";
import { indexSchema, isEffectPresent, type Presence, type SchemaIndex } from "./presence";
import type { Revision } from "./revision";

/** What one side shows of one revision. */
export interface SideState {
  /** Whether `alembic_version` records it; null where the side has none, or where it cannot be followed. */
  recorded: boolean | null;
  /**
   * `whole`: every effect that can be told is there; `partial`: some are; `absent`: none is; `nothing left`: it has
   * no effect on the schema, or later revisions undid all of them; `unknown`: it was read in part only, or its
   * effects cannot be seen in a schema.
   */
  state: "whole" | "partial" | "absent" | "nothing left" | "unknown";
  effects: {
    /** A table counts once, with what stands in the statement that creates it. */
    there: number;
    total: number;
    present: Effect[];
    /** A table that is not there stands for its columns and keys; of a table that is there, the parts that are not. */
    missing: Effect[];
    /** What a schema does not show: a function that was replaced, a name that the file does not tell. */
    unseen: Effect[];
    /** What later revisions undid or overwrote, and what therefore counts no more. */
    superseded: Effect[];
  };
  /** Why it cannot be told, a sentence's part. */
  unknown?: string;
}

/** One revision, in the order of the history, with its state on both sides. */
export interface RevisionState {
  revision: string;
  down: string[];
  message: string;
  file: string;
  created: string | null;
  isHead: boolean;
  isMerge: boolean;
  /** A side is missing where its schema was not read. */
  sides: Partial<Record<Side, SideState>>;
}

/** The state of every revision of the folder on each side that answered, in an order in which they could be applied. */
export function judgeRevisions(
  revisions: Revisions,
  snapshots: Partial<Record<Side, Snapshot>>,
  recorded: Recorded,
): RevisionState[] {
  const heads = new Set(revisions.heads);
  const judged = (["production", "local"] as const).flatMap((side) => {
    const snapshot = snapshots[side];
    return snapshot ? [[side, judgeSide(revisions, indexSchema(snapshot), recorded[side])] as const] : [];
  });
  return revisions.order.map((revision, at) => ({
    revision: revision.id,
    down: revision.after,
    message: revision.message,
    file: revision.file,
    created: revision.created,
    isHead: heads.has(revision.id),
    isMerge: revision.after.length > 1,
    sides: Object.fromEntries(judged.map(([side, states]) => [side, states[at]])),
  }));
}

/** What a table of states says of one side: `7 of 7`, `cannot be told: …`, `nothing left to see`. */
export function sayEffects({ state, effects, unknown }: SideState): string {
  const counted = `${effects.there} of ${effects.total}`;
  if (state === "unknown")
    return effects.total ? `${counted}, and the rest cannot be told: ${unknown}` : `cannot be told: ${unknown}`;
  return state === "nothing left"
    ? effects.superseded.length
      ? "nothing left to see"
      : "no effect on the schema"
    : counted;
}

/** Whether a side records the revision and lacks some of its effects. */
export function isBroken(state: SideState | undefined): boolean {
  return state?.recorded === true && state.effects.missing.length > 0;
}

function judgeSide(revisions: Revisions, index: SchemaIndex, ids: string[] | undefined): SideState[] {
  const known = ids && measureLag(revisions, ids);
  const isFollowed = known !== undefined && (ids!.length === 0 || known.applied.size > 0);
  const recorded = revisions.order.map(({ id }) => (isFollowed ? known.applied.has(id) : null));
  const happened = recorded.map((one) => one === true);
  // from the newest back: what happened unrecorded overwrites as well
  for (let at = revisions.order.length - 1; at >= 0; at -= 1)
    if (!happened[at] && isVisibleItself(revisions.order, at, happened, index)) happened[at] = true;
  return revisions.order.map((revision, at) =>
    judgeRevision(revision, recorded[at], checkEffects(revisions.order, at, happened, index)),
  );
}

/** An effect as a side should show it today, and whether it does. */
interface Seen {
  effect: Effect;
  superseded: boolean;
  presence: Presence;
}

/** What can be seen of a revision's effects, given which revisions happened on this side. */
function checkEffects(order: Revision[], at: number, happened: boolean[], index: SchemaIndex): Seen[] {
  const later = order.slice(at + 1).flatMap(({ effects }, distance) => (happened[at + 1 + distance] ? effects : []));
  const own = order[at].effects;
  return own.map((effect, position) => {
    const today = followEffect(effect, [...own.slice(position + 1), ...later]);
    return {
      effect,
      superseded: today === undefined,
      presence: today && isEffectPresent(today, index),
    };
  });
}

/**
 * Whether a revision that nobody recorded happened all the same: what it makes is there, and no earlier revision made
 * that.
 */
function isVisibleItself(order: Revision[], at: number, happened: boolean[], index: SchemaIndex): boolean {
  const counted = checkEffects(order, at, happened, index).filter(
    ({ superseded, effect }) => !superseded && effect.does !== "drops",
  );
  const before = order.slice(0, at).flatMap(({ effects }) => effects);
  return (
    counted.some(
      ({ presence, effect }) =>
        presence === true && !before.some((other) => other.does === "creates" && isSameObject(other, effect)),
    ) && counted.every(({ presence }) => presence !== false)
  );
}

function judgeRevision({ effects: all, unread }: Revision, recorded: boolean | null, seen: Seen[]): SideState {
  const counted = seen.filter(({ superseded }) => !superseded);
  const of = (presence: Presence) => counted.filter((one) => one.presence === presence).map(({ effect }) => effect);
  const tables = of(false).filter(({ kind, does }) => isTable(kind) && does === "creates");
  const missing = of(false).filter(
    (effect) =>
      !effect.within || !tables.some((table) => table.table === effect.table && table.schema === effect.schema),
  );
  const tops = counted.filter(({ effect, presence }) => !effect.within && presence !== undefined);
  const lacking = tops.filter(
    ({ effect }) =>
      missing.includes(effect) ||
      (isTable(effect.kind) &&
        effect.does === "creates" &&
        missing.some((part) => part.within && part.table === effect.table)),
  );
  const effects = {
    there: tops.length - lacking.length,
    total: tops.length,
    present: of(true),
    missing,
    unseen: of(undefined),
    superseded: seen.filter(({ superseded }) => superseded).map(({ effect }) => effect),
  };
  const unknown = unread.length
    ? `line ${unread[0].line} of it ${unread[0].why}`
    : tops.length === 0 && effects.unseen.length
      ? "a schema does not show what it changes"
      : undefined;
  return { recorded, state: decideState(effects, unknown, all.length), effects, ...(unknown ? { unknown } : {}) };
}

function decideState(
  { there, total }: SideState["effects"],
  unknown: string | undefined,
  all: number,
): SideState["state"] {
  if (unknown) return "unknown";
  if (total === 0 || all === 0) return "nothing left";
  return there === total ? "whole" : there === 0 ? "absent" : "partial";
}
