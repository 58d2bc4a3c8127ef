import { isColumn, isComment, isIndex, isUniqueConstraint, isUntoldConstraint, isUntoldObject } from "../kinds";
import type { Drift, Explanation } from "../schema/drift";
import type { Side } from "../ledger";
import { type Effect, family } from "./effect";
import { type Lag, type Revisions, measureLag } from "./history";
import { isSameType, listNames } from "./presence";
import type { Revision } from "./revision";
import { renameEffect } from "./identity";

/** What each side's `alembic_version` holds; nothing where it has no such table. */
export type Recorded = Partial<Record<Side, string[]>>;

/** What an explanation needs to know of a difference. */
export type Subject = Pick<Drift, "kind" | "schema" | "table" | "name" | "status" | "production" | "local" | "differs">;

/** What the migrations say of one difference: who was to bring it, and why it is not on both sides. */
export function explain(drift: Subject, revisions: Revisions | undefined, recorded: Recorded): Explanation {
  if (!revisions) return reportUnexplained("There is no folder of revisions to explain it.");
  if (revisions.unknown) return { state: "open", revision: null, text: revisions.unknown };
  const spoken = findWords(drift, revisions);
  const sides = {
    production: makeStanding("production", revisions, recorded),
    local: makeStanding("local", revisions, recorded),
  };
  const found =
    spoken.length === 0
      ? reportUnexplained("No revision speaks of it: somebody made it by hand, or outside of the migrations.")
      : drift.status === "changed"
        ? explainChange(drift, spoken, sides)
        : explainAbsence(drift, spoken, sides);
  return found.state === "unexplained" ? (explainOpen(drift, revisions, sides) ?? found) : found;
}

interface Word {
  revision: Revision;
  effect: Effect;
}

/** What the revisions say of the object, in their order: under the name that it has, or had before it was renamed. */
function findWords(drift: Subject, revisions: Revisions): Word[] {
  return tellAll(revisions)
    .filter(({ names }) => names.some((effect) => isAboutObject(effect, drift)))
    .map(({ revision, effect }) => ({
      revision,
      // a comment is there or not, as an object is
      effect:
        isComment(effect.kind) && effect.becomes && drift.status !== "changed"
          ? { ...effect, does: effect.becomes.comment === null ? "drops" : "creates" }
          : effect,
    }));
}

/** An effect under its own name and under those that later renames gave its object. */
interface Told extends Word {
  names: Effect[];
}

const told = new WeakMap<Revisions, Told[]>();

function tellAll(revisions: Revisions): Told[] {
  const before = told.get(revisions);
  if (before) return before;
  const words: Word[] = revisions.order.flatMap((revision) => revision.effects.map((effect) => ({ revision, effect })));
  const renames = words.flatMap(({ effect }, at) => (effect.renamedFrom === undefined ? [] : [{ effect, at }]));
  const all = words.map((word, at): Told => {
    const names = [word.effect];
    for (const rename of renames)
      if (rename.at > at) {
        const next = renameEffect(names[names.length - 1], rename.effect);
        if (next !== names[names.length - 1]) names.push(next);
      }
    return { ...word, names };
  });
  told.set(revisions, all);
  return all;
}

/** Where one side stands; a record that cannot be followed says nothing about any revision. */
interface Standing {
  side: Side;
  lag: Lag | undefined;
  doubt: string;
}
type Standings = Record<Side, Standing>;

function makeStanding(side: Side, revisions: Revisions, recorded: Recorded): Standing {
  const ids = recorded[side];
  if (ids === undefined) return { side, lag: undefined, doubt: `${side} has no ${revisions.versionTable.name}` };
  const found = measureLag(revisions, ids);
  if (ids.length > 0 && found.applied.size === 0)
    return { side, lag: undefined, doubt: `${side} records ${found.unknown.join(", ")}, which is in no file` };
  return { side, lag: found, doubt: "" };
}

function explainAbsence(drift: Subject, spoken: Word[], sides: Standings): Explanation {
  const [has, lacks] =
    drift.status === "only in production" ? [sides.production, sides.local] : [sides.local, sides.production];
  const about = spoken.filter(({ effect }) => effect.does !== "changes");
  const newest = [...about].reverse();
  const last = (side: Standing) => newest.find(({ revision }) => isApplied(side, revision));
  const next = newest.find(
    ({ effect, revision }) => effect.does === "creates" && isWaiting(lacks, revision) && isApplied(has, revision),
  );
  if (next)
    return buildExplanation("pending", next, `${next.revision.id} creates it, and is pending on ${lacks.side}.`);
  const created = last(lacks);
  if (created?.effect.does === "creates")
    return explainPhantom(
      created,
      `${lacks.side} records ${created.revision.id} as applied, which creates it, and yet it is not there: ` +
        `no upgrade will ever create it.`,
    );
  const gone = last(has);
  const drops = newest.find(
    ({ effect, revision }) => effect.does === "drops" && isWaiting(has, revision) && isApplied(lacks, revision),
  );
  if (drops && gone?.effect.does !== "drops")
    return buildExplanation("pending", drops, `${drops.revision.id} drops it, and is pending on ${has.side}.`);
  if (gone?.effect.does === "drops")
    return explainPhantom(
      gone,
      `${has.side} records ${gone.revision.id} as applied, which drops it, and yet it is there.`,
    );
  const creates = about.find(({ effect, revision }) => effect.does === "creates" && isWaiting(lacks, revision));
  if (creates && gone?.effect.does !== "creates") {
    const { id } = creates.revision;
    if (isWaiting(has, creates.revision))
      return buildExplanation(
        "unrecorded",
        creates,
        `It is on ${has.side}, which does not record ${id}, the revision that creates it; ${id} is pending ` +
          `on both sides, and on ${has.side} it will collide with what is there.`,
      );
    return buildExplanation("pending", creates, `${id} creates it, and is pending on ${lacks.side}; ${has.doubt}.`);
  }
  const dropped = about.find(
    ({ effect, revision }) => effect.does === "drops" && isWaiting(has, revision) && isWaiting(lacks, revision),
  );
  if (dropped)
    return buildExplanation(
      "unrecorded",
      dropped,
      `It is gone from ${lacks.side}, which does not record ${dropped.revision.id}, the revision that drops ` +
        `it; ${dropped.revision.id} is pending on both sides.`,
    );
  const unrecorded = about.find(({ effect, revision }) => effect.does === "creates" && isWaiting(has, revision));
  if (unrecorded)
    return buildExplanation(
      "unrecorded",
      unrecorded,
      `It is on ${has.side}, which does not record ${unrecorded.revision.id}, the revision that creates it; ` +
        `${lacks.doubt || `${lacks.side} does not have it`}.`,
    );
  return explainDoubt(spoken[spoken.length - 1], sides);
}

function explainChange(drift: Subject, spoken: Word[], sides: Standings): Explanation {
  const first = spoken.findIndex(({ effect }) => effect.does === "creates");
  // what is made anew under one name is changed by that
  const changes = spoken
    .filter(({ effect }, at) => isChange(effect, at > first && first !== -1) && isAboutDifference(effect, drift))
    .reverse();
  const areKnown = [sides.production, sides.local].every(({ lag: known }) => known);
  const between = changes.find(
    ({ revision }) => isApplied(sides.production, revision) !== isApplied(sides.local, revision),
  );
  if (between && areKnown) {
    const behind = isApplied(sides.production, between.revision) ? sides.local : sides.production;
    return buildExplanation(
      "pending",
      between,
      `${between.revision.id} ${sayChange(between)}, and is pending on ${behind.side}.`,
    );
  }
  for (const change of changes) {
    const fits = (["production", "local"] as const).filter((side) => matchBecomes(change.effect, drift[side]));
    if (fits.length !== 1) continue;
    const [with_, without] =
      fits[0] === "production" ? [sides.production, sides.local] : [sides.local, sides.production];
    if (isApplied(without, change.revision))
      return explainPhantom(
        change,
        `${without.side} records ${change.revision.id} as applied, which changes it, and yet it is as it ` +
          `was: no upgrade will ever change it.`,
      );
    if (isWaiting(with_, change.revision))
      return buildExplanation(
        "unrecorded",
        change,
        `It is changed on ${with_.side}, which does not record ${change.revision.id}, the revision that ` +
          `changes it; ${change.revision.id} is pending on both sides.`,
      );
  }
  const early = spoken.find(
    ({ effect, revision }) =>
      effect.does === "creates" &&
      !spoken.some(
        (other) =>
          other.effect.does === "creates" &&
          (isApplied(sides.production, other.revision) || isApplied(sides.local, other.revision)),
      ) &&
      (isWaiting(sides.production, revision) || isWaiting(sides.local, revision)),
  );
  if (early && areKnown)
    return buildExplanation(
      "unrecorded",
      early,
      `It is on both sides, neither of which records ${early.revision.id}, the revision that creates it: ` +
        `${early.revision.id} will collide with what is there.`,
    );
  if (changes.length === 0)
    return reportUnexplained(
      `${spoken[0].revision.id} ${spoken[0].effect.does} it, and no revision changes it: somebody changed ` +
        `it by hand on one side.`,
    );
  const open = changes.find(
    ({ revision }) => isWaiting(sides.production, revision) && isWaiting(sides.local, revision),
  );
  const latest = changes.find(
    ({ revision }) => isApplied(sides.production, revision) && isApplied(sides.local, revision),
  );
  if (
    latest &&
    (latest.effect.does === "creates" ||
      latest.effect.replaces ||
      matchBecomes(latest.effect, drift.production) === undefined)
  )
    return explainPhantom(
      latest,
      `Both sides record ${latest.revision.id} as applied, which ${sayChange(latest)}, and yet they differ: ` +
        `one of them did not get it, or was changed after it.`,
    );
  if (open)
    return buildExplanation(
      "unrecorded",
      open,
      `${open.revision.id} changes it and is pending on both sides, which differ already.`,
    );
  return areKnown
    ? reportUnexplained(
        `${changes[0].revision.id} was the last to change it, and both sides record that: somebody changed ` +
          `it by hand on one side.`,
      )
    : explainDoubt(changes[0], sides);
}

function isChange(effect: Effect, isAfterFirst: boolean): boolean {
  if (effect.renamedFrom !== undefined) return false;
  return effect.does === "changes" || (effect.does === "creates" && (isAfterFirst || effect.replaces === true));
}

/** Whether a change is about what differs: a new default explains no other type. */
function isAboutDifference({ becomes, kind, does }: Effect, { differs }: Subject): boolean {
  if (!becomes || !differs || !isColumn(kind) || does !== "changes") return true;
  const aspects = Object.keys(becomes).flatMap((aspect) => ASPECTS[aspect] ?? []);
  return differs.some((attribute) => aspects.includes(attribute));
}

const ASPECTS: Record<string, string[]> = {
  type: ["type", "default", "collation"],
  nullable: ["not null", "nullable", "not null not validated"],
  default: ["default", "identity", "generated"],
};

function sayChange({ effect }: Word): string {
  return effect.does === "changes" ? "changes it" : "makes it anew";
}

/** Where a revision that was read in part may have touched it, nobody can be blamed. */
function explainOpen(drift: Subject, revisions: Revisions, sides: Standings): Explanation | undefined {
  for (const revision of [...revisions.order].reverse()) {
    const mayHaveRun = [sides.production, sides.local].some((side) => !side.lag || isApplied(side, revision));
    const place = mayHaveRun
      ? revision.unread.find(({ table }) => table === undefined || table === drift.table)
      : undefined;
    if (place)
      return {
        state: "open",
        revision: revision.id,
        text:
          `${revision.id} was read in part only, and may be what touches it: line ${place.line} of ` +
          `${revision.file} ${place.why}.`,
      };
  }
  return undefined;
}

/** Whether a side looks as the change would have it; undecided where the revision does not say. */
function matchBecomes(effect: Effect, attributes: Record<string, unknown> | null): boolean | undefined {
  if (effect.does === "creates") return undefined;
  if (effect.values)
    return effect.values.every((value) => (attributes?.values as string[] | undefined)?.includes(value));
  const { nullable, type, default: fallback, comment } = effect.becomes ?? {};
  if (comment !== undefined) return (attributes?.text ?? null) === comment;
  const told = [
    ...(nullable === undefined ? [] : [attributes?.nullable === nullable]),
    ...(type === undefined ? [] : [isSameType(String(attributes?.type), type)]),
    ...(fallback === undefined ? [] : [Boolean(attributes?.default ?? attributes?.identity) === (fallback !== false)]),
  ];
  if (told.includes(false)) return false;
  return told.length === 0 || told.includes(undefined) ? undefined : true;
}

function isApplied({ lag: known }: Standing, { id }: Revision): boolean {
  return known !== undefined && known.applied.has(id);
}

function isWaiting({ lag: known }: Standing, { id }: Revision): boolean {
  return known !== undefined && !known.applied.has(id);
}

function isAboutObject(effect: Effect, { kind, schema, table, name, production, local }: Subject): boolean {
  if (effect.schema !== null && effect.schema !== schema) return false;
  const kinds = family(kind);
  const names = listNames(effect);
  if (family(effect.kind) !== kinds && !(isUntoldObject(effect.kind) && names.includes(name))) return false;
  if (kinds === "table") return names.includes(name);
  if (kinds === "function") return names.includes(name.replace(/\(.*/s, ""));
  // an effect on a table that cannot be told speaks of no table
  if (effect.table !== table && (effect.table !== null || !STANDALONE.has(kinds)) && kinds !== "view")
    return effect.table === null && effect.does === "drops" && names.includes(name);
  if (names.includes(name)) return true;
  if (effect.does === "drops" || kinds !== "constraint") return false;
  const columns = ((production ?? local)?.columns ?? []) as string[];
  if (!effect.columns?.length || [...effect.columns].sort().join() !== [...columns].sort().join()) return false;
  const isNamed = effect.name !== null;
  return (
    (effect.kind === kind || isUntoldConstraint(effect.kind) || (isIndex(effect.kind) && isUniqueConstraint(kind))) &&
    !isNamed
  );
}

/** Kinds that belong to no table. */
const STANDALONE = new Set([
  "type",
  "sequence",
  "view",
  "materialized view",
  "schema",
  "extension",
  "statistics",
  "function",
  "comment",
  "index",
  "object",
]);

function explainPhantom(word: Word, text: string): Explanation {
  return buildExplanation("phantom", word, text);
}

function buildExplanation(name: Explanation["state"], { revision }: Word, text: string): Explanation {
  return { state: name, revision: revision.id, text };
}

function reportUnexplained(text: string): Explanation {
  return { state: "unexplained", revision: null, text };
}

function explainDoubt({ revision, effect }: Word, { production, local }: Standings): Explanation {
  const doubts = [production.doubt, local.doubt].filter(Boolean).join(", and ");
  return {
    state: "unexplained",
    revision: revision.id,
    text:
      `${revision.id} ${effect.does} ` +
      `it${doubts ? `; ${doubts}, so whether it was applied there cannot be told` : ""}.`,
  };
}
