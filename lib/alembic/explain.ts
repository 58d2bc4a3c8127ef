import type { Drift, Explanation } from "../schema/drift";
import { aggravate } from "../schema/judge/severity";
import type { Side } from "../ledger";
import { type Effect, family } from "./effect";
import { type Lag, type Revisions, lag } from "./history";
import type { Revision } from "./revision";

/** What each side's `alembic_version` holds; nothing where it has no such table. */
export type Recorded = Partial<Record<Side, string[]>>;

/** What an explanation needs to know of a difference. */
export type Subject = Pick<Drift, "kind" | "schema" | "table" | "name" | "status" | "production" | "local">;

/** Every difference with what the migrations say of it, and as grave as that makes it. */
export function explainAll(drift: Drift[], revisions: Revisions | undefined, recorded: Recorded): Drift[] {
  return drift.map((each) => aggravate({ ...each, explanation: explain(each, revisions, recorded) }));
}

/** What the migrations say of one difference: who was to bring it, and why it is not on both sides. */
export function explain(drift: Subject, revisions: Revisions | undefined, recorded: Recorded): Explanation {
  if (!revisions) return unexplained("There is no folder of revisions to explain it.");
  const spoken = revisions.order.flatMap((revision) =>
    revision.effects.filter((effect) => speaksOf(effect, drift)).map((effect): Word => ({ revision, effect })),
  );
  if (spoken.length === 0)
    return unexplained("No revision speaks of it: somebody made it by hand, or outside of the migrations.");
  const sides = {
    production: standing("production", revisions, recorded),
    local: standing("local", revisions, recorded),
  };
  return drift.status === "changed" ? explainChange(drift, spoken, sides) : explainAbsence(drift, spoken, sides);
}

interface Word {
  revision: Revision;
  effect: Effect;
}

/** Where one side stands; a record that cannot be followed says nothing about any revision. */
interface Standing {
  side: Side;
  lag: Lag | undefined;
  doubt: string;
}
type Standings = Record<Side, Standing>;

function standing(side: Side, revisions: Revisions, recorded: Recorded): Standing {
  const ids = recorded[side];
  if (ids === undefined) return { side, lag: undefined, doubt: `${side} has no alembic_version` };
  const found = lag(revisions, ids);
  if (ids.length > 0 && found.applied.size === 0)
    return { side, lag: undefined, doubt: `${side} records ${found.unknown.join(", ")}, which is in no file` };
  return { side, lag: found, doubt: "" };
}

function explainAbsence(drift: Subject, spoken: Word[], sides: Standings): Explanation {
  const [has, lacks] =
    drift.status === "only in production" ? [sides.production, sides.local] : [sides.local, sides.production];
  const last = (side: Standing) =>
    [...spoken].reverse().find(({ revision, effect }) => effect.does !== "changes" && applied(side, revision));
  const created = last(lacks);
  if (created?.effect.does === "creates")
    return phantom(
      created,
      `${lacks.side} records ${created.revision.id} as applied, which creates it, and yet it is not there: no upgrade will ever create it.`,
    );
  const gone = last(has);
  if (gone?.effect.does === "drops")
    return phantom(gone, `${has.side} records ${gone.revision.id} as applied, which drops it, and yet it is there.`);
  const newest = [...spoken].reverse();
  const creates = newest.find(({ effect, revision }) => effect.does === "creates" && waits(lacks, revision));
  if (creates) {
    const { id } = creates.revision;
    if (applied(has, creates.revision))
      return state("pending", creates, `${id} creates it, and is pending on ${lacks.side}.`);
    if (waits(has, creates.revision))
      return state(
        "unrecorded",
        creates,
        `It is on ${has.side}, which does not record ${id}, the revision that creates it; ${id} is pending on both sides, and on ${has.side} it will collide with what is there.`,
      );
    return state("pending", creates, `${id} creates it, and is pending on ${lacks.side}; ${has.doubt}.`);
  }
  const drops = newest.find(({ effect, revision }) => effect.does === "drops" && waits(has, revision));
  if (drops) {
    const { id } = drops.revision;
    if (applied(lacks, drops.revision))
      return state("pending", drops, `${id} drops it, and is pending on ${has.side}.`);
    if (waits(lacks, drops.revision))
      return state(
        "unrecorded",
        drops,
        `It is gone from ${lacks.side}, which does not record ${id}, the revision that drops it; ${id} is pending on both sides.`,
      );
  }
  const unrecorded = newest.find(({ effect, revision }) => effect.does === "creates" && waits(has, revision));
  if (unrecorded)
    return state(
      "unrecorded",
      unrecorded,
      `It is on ${has.side}, which does not record ${unrecorded.revision.id}, the revision that creates it; ${lacks.doubt || `${lacks.side} does not have it`}.`,
    );
  return inDoubt(newest[0], sides);
}

function explainChange(drift: Subject, spoken: Word[], sides: Standings): Explanation {
  const changes = [...spoken].reverse().filter(({ effect }) => effect.does === "changes");
  const between = changes.find(
    ({ revision }) =>
      applied(sides.production, revision) !== applied(sides.local, revision) &&
      [sides.production, sides.local].every(({ lag: known }) => known),
  );
  if (between) {
    const behind = applied(sides.production, between.revision) ? sides.local : sides.production;
    return state("pending", between, `${between.revision.id} changes it, and is pending on ${behind.side}.`);
  }
  for (const change of changes) {
    const fits = (["production", "local"] as const).filter((side) => matches(change.effect, drift[side]));
    if (fits.length !== 1) continue;
    const [with_, without] =
      fits[0] === "production" ? [sides.production, sides.local] : [sides.local, sides.production];
    if (applied(without, change.revision))
      return phantom(
        change,
        `${without.side} records ${change.revision.id} as applied, which changes it, and yet it is as it was: no upgrade will ever change it.`,
      );
    if (waits(with_, change.revision))
      return state(
        "unrecorded",
        change,
        `It is changed on ${with_.side}, which does not record ${change.revision.id}, the revision that changes it; ${change.revision.id} is pending on both sides.`,
      );
  }
  if (changes.length === 0)
    return unexplained(
      `${spoken[0].revision.id} creates it, and no revision changes it: somebody changed it by hand on one side.`,
    );
  const open = changes.find(({ revision }) => waits(sides.production, revision) && waits(sides.local, revision));
  if (open)
    return state(
      "unrecorded",
      open,
      `${open.revision.id} changes it and is pending on both sides, which differ already.`,
    );
  return [sides.production, sides.local].every(({ lag: known }) => known)
    ? unexplained(
        `${changes[0].revision.id} was the last to change it, and both sides record that: somebody changed it by hand on one side.`,
      )
    : inDoubt(changes[0], sides);
}

/** Whether a side looks as the change would have it; undecided where the revision does not say. */
function matches(effect: Effect, attributes: Record<string, unknown> | null): boolean | undefined {
  if (effect.values)
    return effect.values.every((value) => (attributes?.values as string[] | undefined)?.includes(value));
  const { nullable, type } = effect.becomes ?? {};
  if (nullable !== undefined && attributes?.nullable !== nullable) return false;
  if (type !== undefined && plainType(String(attributes?.type)) !== plainType(type)) return false;
  return nullable === undefined && type === undefined ? undefined : true;
}

const TYPES: Record<string, string> = {
  string: "varchar",
  unicode: "varchar",
  biginteger: "bigint",
  int8: "bigint",
  int4: "integer",
  int: "integer",
  int2: "smallint",
  smallinteger: "smallint",
  datetime: "timestamp",
  timestamptz: "timestamp",
  float: "double precision",
  float8: "double precision",
  bool: "boolean",
  unicodetext: "text",
  largebinary: "bytea",
  decimal: "numeric",
};

function plainType(type: string): string {
  const [, name, size = ""] = /^([^(]*)(\(.*\))?/.exec(type.toLowerCase().replace(/\s/g, ""))!;
  return (TYPES[name] ?? name) + size;
}

function applied({ lag: known }: Standing, { id }: Revision): boolean {
  return known !== undefined && known.applied.has(id);
}

function waits({ lag: known }: Standing, { id }: Revision): boolean {
  return known !== undefined && !known.applied.has(id);
}

function speaksOf(effect: Effect, { kind, schema, table, name, production, local }: Subject): boolean {
  if (effect.schema !== null && effect.schema !== schema) return false;
  const family_ = family(kind);
  const same = family(effect.kind) === family_ || (effect.kind === "object" && effect.name === name);
  if (!same) return false;
  if (family_ === "table") return effect.name === name;
  if (family_ === "function") return effect.name === name.replace(/\(.*/s, "");
  if (effect.table !== null && effect.table !== table) return false;
  if (effect.name !== null) return effect.name === name;
  const columns = ((production ?? local)?.columns ?? []) as string[];
  return (
    effect.columns !== undefined &&
    effect.columns.join() === columns.join() &&
    (effect.kind === kind || effect.kind === "constraint")
  );
}

function phantom(word: Word, text: string): Explanation {
  return state("phantom", word, text);
}

function state(name: Explanation["state"], { revision }: Word, text: string): Explanation {
  return { state: name, revision: revision.id, text };
}

function unexplained(text: string): Explanation {
  return { state: "unexplained", revision: null, text };
}

function inDoubt({ revision, effect }: Word, { production, local }: Standings): Explanation {
  const doubts = [production.doubt, local.doubt].filter(Boolean).join(", and ");
  return {
    state: "unexplained",
    revision: revision.id,
    text: `${revision.id} ${effect.does} it${doubts ? `; ${doubts}, so whether it was applied there cannot be told` : ""}.`,
  };
}
