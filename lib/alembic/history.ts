import type { Revision } from "./revision";

/** A folder of revisions as a graph. `order` is one in which `alembic upgrade heads` could apply them. */
export interface Revisions {
  folder: string;
  order: Revision[];
  byId: Map<string, Revision>;
  heads: string[];
  bases: string[];
  /** Why nothing is known of the migrations, as a sentence; absent where a folder was read. */
  unknown?: string;
  /** What is wrong with the folder, a sentence each. */
  problems: string[];
  /** What was left out or read in part only, a sentence each. */
  notes: string[];
  /**
   * Where the databases keep what they record, as `env.py` says it; the default is `alembic_version` in the search
   * path.
   */
  versionTable: VersionTable;
}

export interface VersionTable {
  schema: string | null;
  name: string;
}

/** Where a database stands in that history, by what its `alembic_version` holds. */
export interface Lag {
  applied: Set<string>;
  /** In the order in which they would be applied. */
  pending: Revision[];
  /** What the database records and the folder lacks. */
  unknown: string[];
  /** Between the newest applied and the newest pending revision's dates; null where the files do not tell. */
  days: number | null;
}

/** Puts revisions in order, and says what is wrong with them: ids used twice, parents that are missing, cycles. */
export function sortRevisions(folder: string, revisions: Revision[], problems: string[]): Revisions {
  const byId = new Map<string, Revision>();
  for (const revision of revisions) {
    const first = byId.get(revision.id);
    if (first)
      problems.push(
        `${first.file} and ${revision.file} both call themselves ${revision.id}: only the first is followed.`,
      );
    else byId.set(revision.id, revision);
  }
  const labelled = new Map(
    [...byId.values()].flatMap((revision) => revision.labels.map((label) => [label, revision.id] as const)),
  );
  for (const revision of byId.values()) {
    revision.needs = revision.needs.map((name) => (byId.has(name) ? name : (labelled.get(name) ?? name)));
    for (const parent of listParents(revision))
      if (!byId.has(parent)) problems.push(`${revision.file} comes after ${parent}, which is in no file.`);
  }
  const order = sort([...byId.values()], byId);
  const cycle = [...byId.values()].filter((revision) => !order.includes(revision));
  if (cycle.length)
    problems.push(
      `These revisions follow one another in a circle, or come after such: ` +
        `${cycle.map(({ id }) => id).join(", ")}. Their order is unknown.`,
    );
  const followed = new Set([...byId.values()].flatMap((revision) => revision.after));
  return {
    folder,
    order: [...order, ...cycle],
    byId,
    heads: [...byId.keys()].filter((id) => !followed.has(id)),
    bases: [...byId.values()].filter((revision) => revision.after.length === 0).map(({ id }) => id),
    problems,
    notes: [],
    versionTable: { schema: null, name: "alembic_version" },
  };
}

/** In place of a folder where none is named: nothing is pending and nothing explained, for nothing is known. */
export function makeUnknownRevisions(): Revisions {
  const sentence =
    "The migrations are not known: set RUNBOOK_MIGRATIONS (or --migrations) to the project's folder of " +
    "Alembic revisions.";
  return { ...sortRevisions("", [], []), unknown: sentence, notes: [sentence] };
}

/** What a database that records these ids has applied, and what it has not. */
export function measureLag({ byId, order }: Revisions, recorded: string[]): Lag {
  const applied = new Set<string>();
  const visit = [...recorded];
  for (let id = visit.pop(); id !== undefined; id = visit.pop()) {
    const revision = byId.get(id);
    if (!revision || applied.has(id)) continue;
    applied.add(id);
    visit.push(...listParents(revision));
  }
  const pending = order.filter(({ id }) => !applied.has(id));
  return {
    applied,
    pending,
    unknown: recorded.filter((id) => !byId.has(id)),
    days: countDays(findNewestTime(order.filter(({ id }) => applied.has(id))), findNewestTime(pending)),
  };
}

function listParents(revision: Revision): string[] {
  return [...revision.after, ...revision.needs];
}

/** Each revision after its parents; where two could come next, the older file's date decides, then its name. */
function sort(revisions: Revision[], byId: Map<string, Revision>): Revision[] {
  const waiting = new Set(
    [...revisions].sort((a, b) => (a.created ?? "").localeCompare(b.created ?? "") || a.file.localeCompare(b.file)),
  );
  const order: Revision[] = [];
  const done = new Set<string>();
  const follows = new Map<string, Revision[]>();
  for (const revision of waiting)
    for (const parent of listParents(revision)) follows.set(parent, [...(follows.get(parent) ?? []), revision]);
  const ready = (revision: Revision) => listParents(revision).every((parent) => done.has(parent) || !byId.has(parent));
  const queue = [...waiting].filter(ready);
  for (let next = queue.shift(); next; next = queue.shift()) {
    if (done.has(next.id)) continue;
    done.add(next.id);
    order.push(next);
    queue.unshift(...(follows.get(next.id) ?? []).filter(ready));
  }
  return order;
}

function findNewestTime(revisions: Revision[]): number {
  return Math.max(
    ...revisions
      .map(({ created }) => Date.parse((created ?? "").replace(" ", "T").replace(/(\.\d{3})\d+/, "$1")))
      .filter((time) => !Number.isNaN(time)),
  );
}

function countDays(applied: number, pending: number): number | null {
  if (pending === -Infinity) return null;
  return applied === -Infinity ? null : Math.max(0, Math.round((pending - applied) / 86_400_000));
}
