import { loadModule } from "libpg-query";
import { holdsRows, isComment, isExtension, isIndex, isPartition } from "../../kinds";
import { computeCoverage } from "../judge/coverage";
import { type Coverage, type Difference, type Drift, describeAttributes } from "../drift";
import { type Reading, type Verdict, compareMeaning } from "./equivalence";
import { findRenames, findLikelyRenames } from "./rename";
import type { Meaning } from "../read/object-kinds";
import { judgeSeverity } from "../judge/severity";
import { judgeOwner } from "../judge/owner";
import { findCommonParent, foldPartitions, isPartitionedByTime, judgePartitions } from "./partitions";
import { comparePositions } from "./position";
import { judgeUniqueness } from "../judge/uniqueness";
import { type Renames, type View, resolveNames, makeView } from "./view";
import { type SchemaObject, type Snapshot, describeObject } from "../read/snapshot";
import { dropConsequences } from "./consequence";
import { judgeByVersions } from "./version";

export interface Comparison {
  drift: Drift[];
  coverage: Coverage[];
}

/**
 * Every difference between two schemas that matters, once; what is only spelled differently is none.
 * `partitionsApart`: each partition that a side lacks is an entry of its own, also where one entry for its table
 * would do.
 */
export async function compareSchemas(
  production: Snapshot,
  local: Snapshot,
  { partitionsApart = false } = {},
): Promise<Comparison> {
  await loadModule();
  const views: Views = { production: makeView(production), local: makeView(local) };
  const { differences, verdicts } = findDifferences(views, { believing: true });
  const remaining = dropConsequences(differences, views);
  const { drift: groups, folded } = foldPartitions(partitionsApart ? [] : remaining, views);
  const single = remaining.filter((difference) => !folded.has(difference));
  const told = foldOwners(single.map((difference) => describeDifference(difference, views)));
  const drift = [...told, ...groups, ...comparePositions(views, differences)];
  return { drift: drift.sort(compareWeight), coverage: computeCoverage(production, local, verdicts) };
}

export interface Views {
  production: View;
  local: View;
}

/**
 * Pairs what stands on both sides, and compares each pair: every difference, those that follow from another among
 * them. `believing` that what is likely renamed is renamed.
 */
export function findDifferences(
  views: Views,
  { believing }: { believing: boolean },
): { differences: Difference[]; verdicts: Map<string, Verdict[]> } {
  const unread = new Set([...views.production.snapshot.unread, ...views.local.snapshot.unread]);
  const majors = new Set([views.production, views.local].map(({ snapshot }) => Math.floor(snapshot.version / 10_000)));
  // what an extension says of itself is the server's
  const isServersOwn = ({ kind, on }: SchemaObject) => isComment(kind) && isExtension(on?.kind) && majors.size > 1;
  const compared = (object: SchemaObject) =>
    !unread.has((object.section ?? object.on?.section)!) && !isServersOwn(object);
  const lone = {
    production: [...views.production.objects]
      .filter(([key, object]) => !views.local.objects.has(key) && compared(object))
      .map(([, object]) => object),
    local: [...views.local.objects]
      .filter(([key, object]) => !views.production.objects.has(key) && compared(object))
      .map(([, object]) => object),
  };
  const likelyRenamed = findRenames(lone, views);
  const renames: Renames = believing ? likelyRenamed : { relations: new Map(), columns: new Map() };
  const differences: Difference[] = [];
  const verdicts = new Map<string, Verdict[]>();
  const judge = (a: SchemaObject, b: SchemaObject) => {
    const difference = compareObjects(a, b, views, renames);
    verdicts.set(a.kind, [...(verdicts.get(a.kind) ?? []), difference.verdict]);
    if (difference.differs.length) differences.push(difference);
  };
  for (const [key, object] of views.production.objects) {
    const other = views.local.objects.get(key);
    if (other && compared(object)) judge(object, other);
  }
  const likely = findLikelyRenames(
    lone,
    (a, b) => compareObjects(a, b, views, renames).differs.every((attribute) => attribute === "name"),
    likelyRenamed,
  );
  const pairs = [...likely.sameButForName, ...pairNotes(likely.sameButForName, lone)];
  for (const [a, b] of pairs) judge(a, b);
  const paired = new Set(pairs.flat());
  for (const side of ["production", "local"] as const)
    for (const object of lone[side]) {
      if (paired.has(object)) continue;
      differences.push({
        [side]: object,
        differs: [],
        informationOnly: false,
        rename: likely.renamed.get(object),
        also: [],
      });
    }
  return { differences, verdicts };
}

/** The comments and privileges on things that only bear another name on the other side. */
function pairNotes(
  pairs: [SchemaObject, SchemaObject][],
  lone: { production: SchemaObject[]; local: SchemaObject[] },
): [SchemaObject, SchemaObject][] {
  const other = new Map(pairs);
  const role = ({ kind, name, on }: SchemaObject) =>
    isComment(kind)
      ? `comment ${name.startsWith("index ") && !isIndex(on!.kind)}`
      : name.replace(` on ${on!.kind} ${on!.name}`, "");
  return lone.production.flatMap((note) => {
    const on = note.on && other.get(note.on);
    const same = on && lone.local.find((candidate) => candidate.on === on && role(candidate) === role(note));
    return same ? [[note, same] as [SchemaObject, SchemaObject]] : [];
  });
}

/** The attributes in which two objects differ. */
function compareObjects(
  a: SchemaObject,
  b: SchemaObject,
  views: Views,
  renames: Renames,
): Difference & { verdict: Verdict } {
  if (isTheSame(a, b, views))
    return { production: a, local: b, differs: [], informationOnly: false, verdict: "identical", also: [] };
  const found: [string, Verdict][] = [];
  const names = { production: resolveNames(views.production, a, renames), local: resolveNames(views.local, b) };
  const versions: [number, number] = [views.production.snapshot.version, views.local.snapshot.version];
  const note = (attribute: string, meaning: Meaning) => {
    const reading = (object: SchemaObject, side: keyof Views): Reading => ({
      value: object.attributes[attribute],
      names: names[side],
      of: getSubject(object, attribute),
    });
    const verdict = compareMeaning(meaning, reading(a, "production"), reading(b, "local"));
    found.push([
      attribute,
      verdict === "identical"
        ? verdict
        : (judgeByVersions(attribute, { production: a, local: b, versions }) ?? verdict),
    ]);
  };
  for (const [attribute, [, meaning = "exact"]] of Object.entries(a.section?.attributes ?? {}))
    note(attribute, meaning);
  for (const [attribute, meaning] of Object.entries(DERIVED[isPartition(b.kind) ? b.kind : a.kind] ?? {}))
    note(attribute, meaning);
  if (a.name !== b.name && !a.on && typeof a.attributes.parent !== "string" && !isOfRenamed(a, renames))
    found.push(["name", "information"]);
  if (a.kind !== b.kind) found.push(["kind", "different"]);
  found.push(["checks", compareChecks(a, b, names)], ["column order", compareOrder(a, b, views)]);
  const differs = found.filter(([, verdict]) => verdict === "different" || verdict === "information");
  const verdict =
    (["different", "information", "equivalent"] as const).find((candidate) =>
      found.some(([, each]) => each === candidate),
    ) ?? "identical";
  return {
    production: a,
    local: b,
    differs: differs.map(([attribute]) => attribute),
    informationOnly: verdict === "information",
    verdict,
    also: [],
  };
}

/** Most objects are alike to the letter. */
function isTheSame(a: SchemaObject, b: SchemaObject, views: Views): boolean {
  const alike =
    (a.name === b.name || a.on !== undefined) &&
    a.kind === b.kind &&
    JSON.stringify(a.attributes) === JSON.stringify(b.attributes);
  return alike && views.production.names.sign === views.local.names.sign && compareOrder(a, b, views) === "identical";
}

/**
 * Whether it is about a column that the other side most likely calls otherwise: then its own name follows from that.
 */
function isOfRenamed({ schema, table, attributes }: SchemaObject, renames: Renames): boolean {
  return (
    Array.isArray(attributes.columns) &&
    attributes.columns.some((column) => renames.columns.has(`${schema}.${table}.${column}`))
  );
}

/** What the reader made of several attributes, and how that is compared. */
const DERIVED: Record<string, Record<string, Meaning>> = {
  comment: { text: "text" },
  privilege: { privileges: "set" },
  sequence: { "owned by": "information" },
  partition: { "partition of": "exact" },
  view: { columns: "exact" },
  "materialized view": { columns: "exact", "column settings": "exact" },
  "composite type": { fields: "exact" },
};

function getSubject(object: SchemaObject, attribute: string): string | undefined {
  if (attribute === "default") return object.attributes.type as string;
  return attribute === "body" ? (object.attributes.language as string) : undefined;
}

/** A domain's checks: their names mean nothing. */
function compareChecks(
  a: SchemaObject,
  b: SchemaObject,
  names: { production: Reading["names"]; local: Reading["names"] },
): Verdict {
  const [left, right] = [a, b].map((object) => (object.attributes.checks ?? []) as [string, string][]);
  if (JSON.stringify(left) === JSON.stringify(right)) return "identical";
  const same = ([, one]: [string, string], [, other]: [string, string]) =>
    compareMeaning("constraint", { value: one, names: names.production }, { value: other, names: names.local }) !==
    "different";
  const covered =
    left.length === right.length &&
    left.every((one) => right.some((other) => same(one, other))) &&
    right.every((other) => left.some((one) => same(one, other)));
  if (!covered) return "different";
  return JSON.stringify(left.map(([name]) => name)) === JSON.stringify(right.map(([name]) => name))
    ? "equivalent"
    : "information";
}

function compareOrder(a: SchemaObject, b: SchemaObject, views: Views): Verdict {
  if (!holdsRows(a.kind)) return "identical";
  const left = (views.production.snapshot.columns.get(a) ?? []).map(({ name }) => name);
  const right = (views.local.snapshot.columns.get(b) ?? []).map(({ name }) => name);
  const common = (columns: string[], others: string[]) => columns.filter((name) => others.includes(name)).join("\n");
  return common(left, right) === common(right, left) ? "identical" : "information";
}

function describeDifference(difference: Difference, views: Views): Drift {
  const { production, local, differs, rename, also } = difference;
  const object = (local && isPartition(local.kind) ? local : (production ?? local))!;
  const shown = (side: SchemaObject | undefined, view: View) => {
    const attributes = describeAttributes(side);
    if (attributes && side && differs.includes("name")) attributes.name = side.name;
    if (attributes && side && differs.includes("column order"))
      attributes["column order"] = view.snapshot.columns.get(side)?.map(({ name }) => name);
    if (attributes && side)
      for (const attribute of differs.filter((name) => side.section?.attributes[name]?.[1] === "secret"))
        attributes[attribute] = withhold(side, side === production ? local! : production!, attribute);
    return attributes;
  };
  const drift: Drift = {
    kind: object.kind,
    schema: object.schema,
    table: object.table,
    name: object.name,
    status: !local ? "only in production" : !production ? "only in local" : "changed",
    production: shown(production, views.production),
    local: shown(local, views.local),
    ...(differs.length ? { differs } : {}),
    severity: "info",
    why: "",
    ...(rename ? { "likely rename": rename.name } : {}),
    ...(also.length ? { also: also.map(describeObject).sort() } : {}),
  };
  const rows = [views.production, views.local].map(
    (view) => view.relations.get(`${object.schema}.${object.table}`)?.attributes.rows as number | undefined,
  );
  const owner =
    production && local && difference.informationOnly && differs.includes("owner")
      ? judgeOwner(production, local, { production: views.production.snapshot, local: views.local.snapshot })
      : undefined;
  if (owner) return { ...drift, severity: "medium", why: owner };
  const parent = findCommonParent(difference, views);
  if (parent && isPartitionedByTime(parent, views))
    return { ...drift, ...judgePartitions(parent, { production: !production, local: !local }, views) };
  const enforced = judgeLackingRule(difference, views);
  if (enforced) return { ...drift, severity: enforced.severity, why: enforced.why, "enforced by": enforced.enforcedBy };
  return {
    ...drift,
    ...judgeSeverity(drift, {
      informationOnly: difference.informationOnly,
      rows: { production: rows[0], local: rows[1] },
    }),
  };
}

/** What is shown of a secret that is not the same on the other side: which part of it, and never its value. */
function withhold({ attributes }: SchemaObject, other: SchemaObject, attribute: string): unknown {
  const [own, others] = [attributes[attribute], other.attributes[attribute]];
  if (!Array.isArray(own) || !Array.isArray(others)) return "withheld, not the other side's";
  const differing = (own as string[]).filter((value) => !others.includes(value));
  return differing.map((value) => `${value.replace(/: \w+$/, "")}: withheld, not the other side's`);
}

/** What follows where one side lacks a unique rule, and has another object that demands the same. */
function judgeLackingRule({ production, local }: Difference, views: Views): ReturnType<typeof judgeUniqueness> {
  if (production && local) return undefined;
  const side = production ? "local" : "production";
  const object = (production ?? local)!;
  const table = views[side].relations.get(`${object.schema}.${object.table}`);
  return table && judgeUniqueness(object, side, views[side].parts.get(table) ?? []);
}

const MANY = 10;

/** Another owner of everything is one thing to know, not a thousand. */
function foldOwners(drift: Drift[]): Drift[] {
  const groups = new Map<string, Drift[]>();
  for (const each of drift)
    if (each.differs?.join() === "owner") {
      const name = `${each.production?.owner} → ${each.local?.owner}`;
      groups.set(name, [...(groups.get(name) ?? []), each]);
    }
  const folded = [...groups].filter(([, group]) => group.length > MANY);
  const gone = new Set(folded.flatMap(([, group]) => group));
  const told = folded.map(([name, group]): Drift => ({
    ...(group.find(({ severity }) => severity !== "info") ?? group[0]),
    kind: "owner",
    schema: null,
    table: null,
    name,
    production: { owner: group[0].production?.owner },
    local: { owner: group[0].local?.owner },
    also: group.map(describeObject).sort(),
  }));
  return [...drift.filter((each) => !gone.has(each)), ...told];
}

const WEIGHT = ["critical", "high", "medium", "info"];

function compareWeight(a: Drift, b: Drift): number {
  const rank = (drift: Drift) =>
    [WEIGHT.indexOf(drift.severity), drift.kind, drift.schema ?? "", drift.table ?? "", drift.name].map(String);
  const [left, right] = [rank(a), rank(b)];
  const at = left.findIndex((part, position) => part !== right[position]);
  return at === -1 ? 0 : left[at] < right[at] ? -1 : 1;
}
