import { getKind, getSubject } from "../checks/subject";
import { compareSeverity, severities, type Finding, type RevisionSummary, type Severity, type Side } from "../ledger";
import { count, joinWords, makePlural } from "../text";

/**
 * What lies behind several findings. `local data` is rows of local that are its own; `upkeep` asks for nothing today.
 */
export type CauseKind =
  | "phantom revision"
  | "unrecorded revision"
  | "pending revision"
  | "change by hand"
  | "pipeline that never ran"
  | "seed that was never loaded"
  | "data that broke a rule"
  | "local data"
  | "upkeep"
  | "runbook"
  | "other";

/** One reason that several findings share. `findings` are their ids; each finding belongs to one cause. */
export interface Cause {
  /** Made of what it is about, never of a counter: `phantom revision/production/20260115_0100`. */
  id: string;
  kind: CauseKind;
  side: Side | "both";
  revision?: string;
  /** All revisions that it is about, in the order of the history, where there are several. */
  revisions?: string[];
  severity: Severity;
  title: string;
  /** What breaks, and for whom, in a sentence. */
  consequence: string;
  /** What to do, in a sentence. */
  action: string;
  findings: string[];
}

/** A table with so many changes by hand is a cause of its own. */
const MANY_ON_ONE_TABLE = 3;

type CauseKey = Pick<Cause, "kind" | "side" | "revision"> & { table?: string };

/**
 * The causes of all findings, the gravest first. `states` is what is known of each revision in the order of the
 * history: with it, a revision that is all there but for a few things is told from one that never happened.
 */
export function findCauses(findings: Finding[], states: RevisionSummary[] = []): Cause[] {
  const tables = countChangesByTable(findings, states);
  const unrecorded = new Map(
    findings.flatMap((finding) => {
      const { kind, side, revision } = decideKey(finding, states);
      return kind === "unrecorded revision" ? [[revision, side] as const] : [];
    }),
  );
  const groups = new Map<string, { key: CauseKey; members: Finding[] }>();
  for (const finding of findings) {
    const own = addTable(decideKey(finding, states), finding, tables);
    const waiting = finding.id.startsWith("revision/") ? finding.id.slice("revision/".length) : undefined;
    const key: CauseKey = unrecorded.has(waiting)
      ? { kind: "unrecorded revision", side: unrecorded.get(waiting)!, revision: waiting }
      : own;
    const id = [key.kind, key.side, key.revision ?? key.table].filter(Boolean).join("/");
    const group = groups.get(id) ?? { key, members: [] };
    group.members.push(finding);
    groups.set(id, group);
  }
  const order = new Map(states.map(({ revision }, at) => [revision, at]));
  const place = ({ revision, revisions }: Cause) => order.get(revision ?? revisions?.[0] ?? "") ?? states.length;
  return [...groups]
    .map(([id, { key, members }]) => describe(id, key, members, states))
    .sort(
      (a, b) =>
        compareSeverity(a, b) ||
        KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) ||
        place(a) - place(b) ||
        (a.id < b.id ? -1 : 1),
    );
}

/** Whether a finding is about rows that break a rule, and so asks for a decision about them. */
export function isAboutRows(finding: Finding): boolean {
  return decideKey(finding, []).kind === "data that broke a rule" && !finding.id.startsWith("state/sequence/");
}

/** The two or three causes that matter, in a sentence for somebody who decides; empty where no cause is grave. */
export function sayWhatMatters(causes: Cause[]): string {
  const grave = causes.filter(({ severity, kind }) => /^(critical|high)$/.test(severity) && kind !== "other");
  const kinds = [...new Set(grave.map(({ kind, side }) => `${kind}/${side}`))].slice(0, 3);
  const said = kinds.map((one) => sayTogether(grave.filter(({ kind, side }) => `${kind}/${side}` === one)));
  if (said.length === 0) return "";
  const rest = grave.length - kinds.reduce((sum, one) => sum + countOf(grave, one), 0);
  const more = rest > 0 ? ` ${rest === 1 ? "One more cause is" : `${rest} more causes are`} grave.` : "";
  return `${capitalizeFirst(joinWords(said, "; and ", "; "))}.${more}`;
}

const KINDS: CauseKind[] = [
  "runbook",
  "phantom revision",
  "unrecorded revision",
  "pending revision",
  "pipeline that never ran",
  "change by hand",
  "data that broke a rule",
  "seed that was never loaded",
  "local data",
  "other",
  "upkeep",
];

function countOf(causes: Cause[], key: string): number {
  return causes.filter(({ kind, side }) => `${kind}/${side}` === key).length;
}

function decideKey(finding: Finding, states: RevisionSummary[]): CauseKey {
  const { id, explanation, severity } = finding;
  const [kind, subject] = [getKind(id), getSubject(id)];
  const state = explanation?.state as string | undefined;
  const revision = explanation?.revision as string | undefined;
  if (kind === "withheld" || kind === "guard") return { kind: "runbook", side: "both" };
  if (severity === "info" && (subject !== "copy" || kind === "reference")) return { kind: "upkeep", side: "both" };
  if (state === "phantom" && revision)
    return isLostOnly(finding, states)
      ? { kind: "change by hand", side: findLackingSide(finding) }
      : { kind: "phantom revision", side: findLackingSide(finding), revision };
  if (state === "unrecorded" && revision)
    return { kind: "unrecorded revision", side: getOtherSide(findLackingSide(finding)), revision };
  if (state === "pending") return { kind: "pending revision", side: findLackingSide(finding) };
  if (kind === "revision") return decidePendingKey(finding, states);
  if (kind === "revisions") return { kind: "pending revision", side: findSideOfValues(finding) };
  if (state === "unexplained") return { kind: "change by hand", side: findChangedSide(finding) };
  if (kind === "pipeline") return { kind: "pipeline that never ran", side: findSideOfValues(finding) };
  if (kind === "reference") return { kind: "seed that was never loaded", side: "local" };
  if (kind === "content") return decideContentKey(finding);
  // a sequence that stands behind its rows is no row of anybody's: the next insert fails
  if (id.startsWith("state/sequence/")) return { kind: "data that broke a rule", side: "both" };
  if (kind === "state") return { kind: "change by hand", side: findSideOfValues(finding) };
  if (subject === "copy") return { kind: "local data", side: "local" };
  if (subject === "rows") return { kind: "data that broke a rule", side: "both" };
  return { kind: "other", side: findSideOfValues(finding) };
}

// a finding that says how reference rows differ is above info, one about rows of people is not
function decideContentKey({ severity }: Finding): CauseKey {
  return severity === "info"
    ? { kind: "local data", side: "local" }
    : { kind: "seed that was never loaded", side: "local" };
}

/** That a revision waits belongs to the revision that is there unrecorded, where it is. */
function decidePendingKey(finding: Finding, states: RevisionSummary[]): CauseKey {
  const revision = finding.id.slice("revision/".length);
  const known = states.find((state) => state.revision === revision);
  const there = (["local", "production"] as const).find((side) => {
    const state = known?.sides[side];
    return state?.recorded === false && (state.state === "whole" || state.state === "partial");
  });
  const lagging = (["production", "local"] as const).filter((side) => known?.sides[side]?.recorded === false);
  return there
    ? { kind: "unrecorded revision", side: there, revision }
    : { kind: "pending revision", side: lagging.length === 1 ? lagging[0] : findSideOfValues(finding) };
}

/** Whether the revision is there but for less than half: what is missing of it was taken away later, most likely. */
function isLostOnly(finding: Finding, states: RevisionSummary[]): boolean {
  const known = states.find(({ revision }) => revision === finding.explanation?.revision);
  const side = known?.sides[findLackingSide(finding)];
  if (side) return side.recorded === true && side.there * 2 > side.total;
  return !/^(table|column)\//.test(finding.id);
}

function getTable({ id, object }: Finding): string | undefined {
  if (typeof object?.table === "string") return object.table;
  const [kind, name = ""] = id.split("/");
  return /^(orphan|rows|index|foreign key)$/.test(kind) ? name.split(".")[0] : undefined;
}

function countChangesByTable(findings: Finding[], states: RevisionSummary[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const finding of findings) {
    const { kind, side } = decideKey(finding, states);
    const key = `${side}/${getTable(finding)}`;
    if (kind === "change by hand") counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

function addTable(key: CauseKey, finding: Finding, tables: Map<string, number>): CauseKey {
  const table = getTable(finding);
  const isOwn = table !== undefined && (tables.get(`${key.side}/${table}`) ?? 0) >= MANY_ON_ONE_TABLE;
  if (key.kind === "change by hand" && isOwn) return { ...key, table };
  // rows that broke a rule which somebody took away belong to that
  const isOrphan = /^(orphan|rows)\//.test(finding.id) && tables.has(`${key.side}/${table}`);
  return isOrphan && key.side === "local" ? { kind: "change by hand", side: key.side } : key;
}

function findLackingSide({ object, title }: Finding): Side {
  const status = String(object?.status ?? title);
  if (/only in local/.test(status)) return "production";
  return /only in production/.test(status) ? "local" : "production";
}

function getOtherSide(side: Side): Side {
  return side === "production" ? "local" : "production";
}

function findChangedSide(finding: Finding): Side {
  const status = String(finding.object?.status ?? "");
  return status === "only in local" ? "local" : "production";
}

function findSideOfValues({ production, local }: Finding): Side | "both" {
  const has = (value: unknown) => value !== null && value !== undefined && value !== 0;
  if (has(production) && has(local)) return "both";
  return has(local) ? "local" : "production";
}

function describe(id: string, key: CauseKey, members: Finding[], states: RevisionSummary[]): Cause {
  const severity = severities.find((one) => members.some((member) => member.severity === one))!;
  const waiting = key.kind === "pending revision" ? listPendingRevisions(members) : undefined;
  const state = states.find(({ revision }) => revision === key.revision);
  const told = WORDS[key.kind]({ ...key, members, state, waiting: waiting ?? [] });
  return {
    id,
    kind: key.kind,
    side: key.side,
    ...(key.revision ? { revision: key.revision } : waiting?.length === 1 ? { revision: waiting[0] } : {}),
    ...(waiting && waiting.length > 1 ? { revisions: waiting } : {}),
    severity,
    ...told,
    title: capitalizeFirst(told.title),
    findings: members.map((member) => member.id),
  };
}

function listPendingRevisions(members: Finding[]): string[] {
  const named = members.map(({ id, explanation }) =>
    id.startsWith("revision/") ? id.slice("revision/".length) : (explanation?.revision as string | undefined),
  );
  return [...new Set(named.filter((one): one is string => one !== undefined))].sort();
}

interface Described extends CauseKey {
  members: Finding[];
  state: RevisionSummary | undefined;
  waiting: string[];
}

type Words = Pick<Cause, "title" | "consequence" | "action">;

const WORDS: Record<CauseKind, (cause: Described) => Words> = {
  "phantom revision": ({ side, revision, members, state }) => {
    const known = state?.sides[side as Side];
    const has = known && known.there > 0 ? `has ${known.there} of its ${known.total} effects` : "has none of it";
    return {
      title: `${side} records ${revision} as applied and ${has}: ${listObjects(members)} missing`,
      consequence: `Code that uses ${listNames(members)} fails in ${side} today, and no upgrade will ever create it.`,
      action: `Create what is missing by hand, as the plan for ${side} writes it out; leave the record as it is.`,
    };
  },
  "unrecorded revision": ({ side, revision, members, state }) => {
    const known = state?.sides[side as Side];
    const whole = known?.state === "whole";
    const other = side === "both" ? "" : getOtherSide(side);
    return {
      title: `${revision} is in ${side} and not recorded there: ${listObjects(members)}`,
      consequence: `The next upgrade of ${side} fails, because the objects exist; ${other} still lacks them.`,
      action: whole
        ? `Record it in ${side} (alembic stamp ${revision}: all ${known.total} effects are there); upgrade ${other}.`
        : `Bring it to whole in ${side} before it is stamped: a stamp over half of it hides the rest. The ` +
          `plan has the order.`,
    };
  },
  "pending revision": ({ side, waiting }) => ({
    title:
      `${waiting.length === 1 ? `${waiting[0]} waits` : `${waiting.length || "Several"} revisions wait`} in ` +
      `${side}${waiting.length > 1 ? `: ${waiting.join(", ")}` : ""}`,
    consequence: `Code that was written for them cannot be released to ${side}.`,
    action:
      `Review and apply them in the order of the plan for ${side}; do not run alembic upgrade head before its ` +
      `first steps.`,
  }),
  "change by hand": ({ side, table, members }) => ({
    title: table
      ? `${table} was changed by hand in ${side}: ${listObjects(members)}`
      : `Changes by hand in ${side}: ${listObjects(members)}`,
    consequence: `No revision makes it so: a database that is built from the revisions behaves otherwise than ${side}.`,
    action: "For each, find out why: adopt it in a migration, or take it back. The plan has the statements of both.",
  }),
  "pipeline that never ran": ({ side, members }) => ({
    title: `${capitalizeFirst(side)}: ${lowercaseFirst(stripStop(members[0].title))}`,
    consequence: "Whoever waits for its results gets none.",
    action: "Look whether its worker is deployed and reads the right queue, then let it work off what waits.",
  }),
  "seed that was never loaded": ({ members }) => ({
    title: `Reference data differs: ${listTables(members)}`,
    consequence: "What is tested in local is decided by other rules than in production.",
    action: "Load the reference tables of local from production, and make the seed a step of its set-up.",
  }),
  "data that broke a rule": ({ members }) => ({
    title: `Rows break ${members.length === 1 ? "a rule" : `${members.length} rules`}, in ${listTables(members)}`,
    consequence: "Users see wrong states, and a constraint that forbids such rows cannot be added.",
    action: "Decide on the rows with the selects of the plan; mend what writes them first, or they come back.",
  }),
  "local data": ({ side, members }) => ({
    title: `${side === "both" ? "The rows" : `Rows of ${side}`} are its own: ${listTables(members)}`,
    consequence: "A test that passes in local says little about production's rows.",
    action: "Restore a scrubbed snapshot into local, and set its sequences.",
  }),
  upkeep: ({ members }) => ({
    title: `${members.length} ${members.length === 1 ? "remark that asks" : "remarks that ask"} for nothing today`,
    consequence: "Nothing breaks.",
    action: "Read them when there is time.",
  }),
  runbook: ({ members }) => ({
    title: `A safeguard of the runbook had to act: ${stripStop(members[0].title)}`,
    consequence: "A column may be listed as harmless that is not.",
    action: members[0].recommendation?.text ?? "Report it.",
  }),
  other: ({ members }) => ({
    title: members.map(({ title }) => stripStop(title)).join("; "),
    consequence: "See the findings.",
    action: members.find(({ recommendation }) => recommendation)?.recommendation?.text ?? "See the findings.",
  }),
};

/** `3 tables, 1 index`, of the objects that the findings are about. */
function listObjects(members: Finding[]): string {
  const objects = members.filter(({ id, object }) => object !== undefined && !id.startsWith("revision/"));
  const kinds = new Map<string, string[]>();
  for (const { id, object } of objects) {
    const name = `${describeTable(object!)}${String(object!.name)}`;
    const kind = String(object!.kind ?? getKind(id));
    kinds.set(kind, [...new Set([...(kinds.get(kind) ?? []), name])]);
  }
  if (kinds.size === 0) return `${members.length} findings`;
  return joinWords(
    [...kinds].map(([kind, names]) => (names.length > 4 ? count(names.length, kind) : nameAll(kind, names))),
  );
}

function describeTable({ table, name }: Record<string, unknown>): string {
  return typeof table === "string" && table !== name ? `${table}.` : "";
}

function nameAll(kind: string, names: string[]): string {
  return `${names.length === 1 ? kind : makePlural(kind)} ${joinWords(names)}`;
}

function listNames(members: Finding[]): string {
  const names = members.flatMap(({ object }) => (object ? `${describeTable(object)}${String(object.name)}` : []));
  return names.length > 3 ? `${names.slice(0, 3).join(", ")} or ${names.length - 3} more` : joinWords(names, " or ");
}

function listTables(members: Finding[]): string {
  const names = [...new Set(members.map(({ id }) => (id.split("/").at(-1) ?? "").replace(/\..*/, "")))];
  return names.length > 6 ? `${names.slice(0, 6).join(", ")} and ${names.length - 6} more` : joinWords(names);
}

function sayTogether(causes: Cause[]): string {
  const [{ kind, side, title, revision, revisions }] = causes;
  const where = side === "both" ? "one of the two sides" : side;
  const waits = revisions?.length ?? 1;
  const sentences: Partial<Record<CauseKind, string>> = {
    "phantom revision":
      `${where} counts ${count(causes.length, "migration")} as done that never happened there, so what relies ` +
      `on ${causes.length === 1 ? "it" : "them"} fails`,
    "unrecorded revision":
      `${where} has ${causes.length === 1 ? `migration ${revision}` : count(causes.length, "migration")} ` +
      `unrecorded, so its next upgrade fails`,
    "pending revision": `${count(waits, "migration")} ${waits === 1 ? "waits" : "wait"} for ${where}`,
    "change by hand": `${where} was changed by hand, outside of the migrations`,
    "data that broke a rule": "rows break rules that the code relies on",
    "seed that was never loaded": "local lacks reference data that production decides by",
    "local data": "the rows of local are not production's, so a test there says little",
    "pipeline that never ran": lowercaseFirst(stripStop(title).replace(/^(Production|Local|Both): /, "")),
    runbook: "a safeguard of the runbook had to act",
  };
  return sentences[kind] ?? lowercaseFirst(stripStop(title));
}

function stripStop(text: string): string {
  return text.trim().replace(/\.$/, "");
}

function lowercaseFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}

function capitalizeFirst(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
