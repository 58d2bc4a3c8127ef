import { isOnIndex, isSequence, findKindOfLetter, listKindsOfCatalog } from "../../kinds";
import { getFixedKind } from "../read/catalog-query";
import type { Coverage } from "../drift";
import type { Verdict } from "../compare/equivalence";
import type { Snapshot } from "../read/snapshot";

/** For each kind how much was compared, by the catalogs' own count: a kind that nothing here reads is named. */
export function computeCoverage(production: Snapshot, local: Snapshot, verdicts: Map<string, Verdict[]>): Coverage[] {
  const sides = [production, local];
  const there = sides.map(countByKind);
  const read = sides.map((snapshot) => tally(snapshot.objects.map(({ kind }) => kind)));
  const kinds = new Set([...there, ...read].flatMap((counts) => [...counts.keys()]));
  const unread = new Set(
    sides.flatMap((snapshot) =>
      snapshot.unread.flatMap((section) =>
        getFixedKind(section) === undefined ? listKindsOfCatalog(section.catalog) : [getFixedKind(section)!],
      ),
    ),
  );
  for (const kind of unread) kinds.add(kind);
  const positions = countPositions(sides);
  return [...kinds]
    .sort()
    .map((kind): Coverage => {
      const most = (counts: Map<string, number>[]) => Math.max(...counts.map((each) => each.get(kind) ?? 0));
      const hidden = unread.has(kind);
      const judged = verdicts.get(kind) ?? [];
      return {
        kind,
        compared: hidden ? 0 : most(read),
        "not compared": hidden
          ? 0
          : Math.max(0, ...there.map((counts, side) => (counts.get(kind) ?? 0) - (read[side].get(kind) ?? 0))),
        // how many there are cannot be known: at least those that the other side shows
        "not readable": hidden ? Math.max(1, most(there), most(read)) : 0,
        identical: judged.filter((verdict) => verdict === "identical").length,
        equivalent: judged.filter((verdict) => verdict === "equivalent").length,
      };
    })
    .concat(positions ? [positions] : [], countWithheld(sides), countManaged(sides));
}

/** Attributes that a side's role may not read of some objects: `user mapping's options`. */
function countWithheld(sides: Snapshot[]): Coverage[] {
  const withheld = new Map<string, { compared: number; "not compared": number }>();
  for (const { objects } of sides) {
    const own = new Map<string, { compared: number; "not compared": number }>();
    for (const { kind, section, attributes } of objects)
      for (const [attribute, [, meaning]] of Object.entries(section?.attributes ?? {})) {
        if (meaning !== "known" && meaning !== "secret") continue;
        const name = `${kind}'s ${attribute}`;
        const counts = own.get(name) ?? { compared: 0, "not compared": 0 };
        counts[attribute in attributes ? "compared" : "not compared"] += 1;
        own.set(name, counts);
      }
    for (const [name, counts] of own)
      if (counts["not compared"] > (withheld.get(name)?.["not compared"] ?? 0)) withheld.set(name, counts);
  }
  return [...withheld].sort().map(([kind, counts]) => ({
    kind,
    ...counts,
    "not readable": 0,
    identical: 0,
    equivalent: 0,
  }));
}

/** Options that a server keeps for itself beside those that people set: by name, on how many objects of one kind. */
function countManaged(sides: Snapshot[]): Coverage[] {
  const names = [...new Set(sides.flatMap(({ managed }) => [...managed.keys()]))].sort();
  return names.map((name) => ({
    kind: `option ${name}`,
    compared: 0,
    "not compared": Math.max(...sides.map(({ managed }) => managed.get(name) ?? 0)),
    "not readable": 0,
    identical: 0,
    equivalent: 0,
  }));
}

/** Of how many sequences it is known whether they stand behind their column, on the side that shows fewer. */
function countPositions(sides: Snapshot[]): Coverage | undefined {
  const [most] = sides
    .map(({ objects, positionsUnread }) => {
      const own = objects.filter(({ kind, attributes }) => isSequence(kind) && "owned by" in attributes);
      const hidden =
        positionsUnread === undefined ? own.filter(({ attributes }) => attributes.unreadable).length : own.length;
      return { compared: own.length - hidden, hidden };
    })
    .sort((a, b) => b.hidden - a.hidden || b.compared - a.compared);
  if (most.compared + most.hidden === 0) return undefined;
  return {
    kind: "sequence's position",
    compared: most.compared,
    "not compared": 0,
    "not readable": most.hidden,
    identical: 0,
    equivalent: 0,
  };
}

function countByKind({ counts, objects }: Snapshot): Map<string, number> {
  const totals = new Map<string, number>();
  for (const [catalog, letter, objects_] of counts) {
    const kind = findKindOfLetter(catalog, letter);
    if (kind) totals.set(kind, (totals.get(kind) ?? 0) + objects_);
  }
  // an index that a constraint stands on is compared as that constraint
  const behind = objects.filter(({ kind }) => isOnIndex(kind)).length;
  if (totals.has("index")) totals.set("index", totals.get("index")! - behind);
  return totals;
}

function tally(kinds: string[]): Map<string, number> {
  const totals = new Map<string, number>();
  for (const kind of kinds) totals.set(kind, (totals.get(kind) ?? 0) + 1);
  return totals;
}
