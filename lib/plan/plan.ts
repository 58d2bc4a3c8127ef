import { followEffect } from "../alembic/identity";
import type { RevisionState, SideState } from "../alembic/revision-state";
import { type Effect, family } from "../alembic/effect";
import type { Recorded } from "../alembic/explain";
import type { Revisions } from "../alembic/history";
import { indexSchema, isEffectPresent, listServerNames } from "../alembic/presence";
import type { Finding, Side } from "../ledger";
import { isAboutRows } from "./cause";
import { makeDriftKey, type Drift } from "../schema/drift";
import { recommend, type Recommendation } from "../schema/ddl/recommend";
import { listQuestions } from "../schema/judge/violation";
import { describeObject, type Snapshot } from "../schema/read/snapshot";
import { quoteLiteral, quotePlace, quoteName } from "../sql/quote";
import { writeAdoption } from "./adoption";
import { makeFingerprint } from "./fingerprint";
import { describeLocks } from "./locks";
import type { Plan, Sizes, Step } from "./step";

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

/**
 * What is to be done on one side, in steps that work from top to bottom: make whole what is recorded and partly
 * missing, stamp only what is whole, upgrade what is absent, in the order of the history; then questions about rows,
 * and as choices what no revision explains. Pure: nothing is asked or executed.
 */
export async function makePlan(side: Side, input: PlanInput): Promise<Plan> {
  const { snapshots, revisions, states, recorded } = input;
  const { production, local } = snapshots;
  const sizes = input.sizes?.[side] ?? collectSizes(snapshots[side]);
  const recommended = await recommend(side, production, local);
  const unknown = (recorded[side] ?? []).filter((id) => !revisions.byId.has(id));
  const obstacle = findObstacle(revisions);
  const problems = [
    ...revisions.problems,
    ...(revisions.unknown ? [`${revisions.unknown} Without it nothing can be planned: see npx runbook drift.`] : []),
    ...(obstacle
      ? [
          "Alembic itself refuses such a folder, whatever it is asked: nothing is stamped or upgraded until " +
            "it is mended.",
        ]
      : []),
    ...(revisions.unknown ? [] : unknown).map(
      (id) => `${side} records ${id}, which is in no file: find that file before anything is stamped or upgraded.`,
    ),
  ];
  const all = findOwners(side, recommended, input);
  const owners = all.filter(({ one }) => one.kind !== "privilege");
  const grants = all
    .filter(({ one, revision }) => one.kind === "privilege" && revision !== undefined)
    .map(({ one }) => one);
  const steps: Step[] = [];
  const later: Step[] = [];
  let version = new Set(recorded[side] ?? []);
  if (recorded[side] === undefined && states.length && !obstacle)
    problems.push(`${side} has no alembic_version: what is whole there is stamped, as if nothing had been recorded.`);
  for (const isRecorded of [true, false])
    for (const [at, revision] of states.entries()) {
      const state = revision.sides[side];
      if (!state || (state.recorded === true) !== isRecorded || unknown.length) continue;
      if (!isRecorded && obstacle) continue;
      const own = owners.filter(({ revision: owner }) => owner === revision.revision).map(({ one }) => one);
      const context: Context = { side, revision, state, at, own, input, sizes };
      if (isRecorded) {
        if (state.effects.missing.length || own.length) keep(makeRepairStep(context));
        continue;
      }
      const isAbsent = state.effects.there === 0;
      if (!isAbsent && state.effects.missing.length) keep(makeRepairStep(context));
      const before = [...version].sort();
      version = applyToVersion(version, revision.revision, input.revisions);
      steps.push(
        isAbsent || state.state === "unknown"
          ? makeUpgradeStep(context, before)
          : makeStampStep(context, before, [...version].sort()),
      );
    }
  function keep({ step, data }: { step: Step | undefined; data: Step[] }): void {
    if (step) steps.push(step);
    later.push(...data);
  }
  if (grants.length) steps.push(makeGrantStep(side, grants, snapshots[side], sizes));
  const choices = owners.filter(({ revision }) => revision === undefined).map(({ one }) => one);
  const { steps: chosen, migrations } = await makeChoiceSteps(side, choices, input, sizes);
  const questions = (input.findings ?? []).flatMap((finding) => makeQuestionStep(side, finding));
  const refresh = side === "local" ? makeRefreshStep(input) : [];
  const after = [...later, ...questions, ...chosen, ...refresh];
  const fingerprint = makeFingerprint(snapshots[side], revisions.versionTable.name);
  return {
    side,
    recorded: recorded[side],
    versionTable: nameVersionTable(revisions),
    fingerprintQuery: fingerprint.query,
    fingerprint: fingerprint.value,
    steps: [...steps, ...after],
    ends: [...version].sort(),
    problems,
    migrations,
    ...(steps.length + after.length + problems.length ? {} : { done: sayDone(side, input) }),
  };
}

/**
 * Why Alembic cannot load the folder at all: a parent that is missing, a file that is no Python, a circle. Undefined
 * where it can.
 */
export function findObstacle({ problems }: Revisions): string | undefined {
  return problems.find((problem) => !problem.includes("both call themselves"));
}

/** That there is nothing to do, and why that can be believed. */
function sayDone(side: Side, { states, snapshots, drift }: PlanInput): string {
  const seen = states.flatMap((state) => state.sides[side] ?? []);
  const effects = seen.reduce((sum, one) => sum + one.effects.there, 0);
  const untold = seen.filter(({ state }) => state === "unknown").length;
  const other = side === "production" ? "local" : "production";
  const left = drift.length
    ? `what still differs (${drift.length}) is ${other}'s to mend, or has no consequence`
    : `no difference was found between its ${snapshots[side].objects.length} objects and ${other}'s`;
  return [
    `Nothing is to be done on ${side}: each of the ${states.length} revisions of the folder is recorded and ` +
      `whole (${effects} ${effects === 1 ? "effect" : "effects"} seen), none waits, and ${left}.`,
    ...(untold
      ? [
          `${untold} of them ${untold === 1 ? "does" : "do"} something that a schema does not show, or that ` +
            `was not read.`,
        ]
      : []),
  ].join(" ");
}

/** What `alembic_version` holds once the revision is there: its parents give way to it. */
function applyToVersion(version: Set<string>, revision: string, { byId }: Revisions): Set<string> {
  const above = new Set<string>();
  // what a revision depends on gives way to it as its parents do
  const parents = (id: string) => [...(byId.get(id)?.after ?? []), ...(byId.get(id)?.needs ?? [])];
  const visit = parents(revision);
  for (let id = visit.pop(); id !== undefined; id = visit.pop()) {
    if (above.has(id)) continue;
    above.add(id);
    visit.push(...parents(id));
  }
  return new Set([...version].filter((id) => !above.has(id)).concat(revision));
}

/** The table in which Alembic records revisions, as it stands in a statement. */
export function nameVersionTable({ versionTable: { schema, name } }: Revisions): string {
  return quotePlace({ schema, name });
}

/** The statements that make `alembic_version` hold exactly this. */
export function writeStampStatements(ids: string[], table: string): string[] {
  const list = ids.map(quoteLiteral).join(", ");
  return [
    createVersionTable(table),
    ...(ids.length
      ? [
          `delete from ${table} where version_num not in (${list});`,
          `insert into ${table} (version_num) select v from unnest(array[${list}]) v where v not in (select ` +
            `version_num from ${table});`,
        ]
      : [`delete from ${table};`]),
  ];
}

/** As Alembic makes it. */
export function createVersionTable(table: string): string {
  return `create table if not exists ${table} (version_num varchar(32) not null primary key);`;
}

interface Context {
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

interface Owned {
  one: Recommendation;
  /** Undefined where no revision explains it. */
  revision: string | undefined;
}

/**
 * Each recommended change with the revision that it belongs to on this side; what is the other side's to mend is left
 * out.
 */
function findOwners(side: Side, recommended: Recommendation[], { states, revisions, drift }: PlanInput): Owned[] {
  const wanted = states.flatMap((state, at) => {
    const here = state.sides[side];
    if (!here) return [];
    const effects = here.recorded ? here.effects.missing : (revisions.order[at]?.effects ?? []);
    const later = revisions.order.slice(at + 1).flatMap((one) => one.effects);
    return effects.flatMap((effect) => {
      const today = followEffect(effect, later) ?? effect;
      return [{ revision: state.revision, effect: today }];
    });
  });
  const drifted = new Map(drift.map((one) => [makeDriftKey(one), one]));
  const owned = recommended.map((one): Owned | undefined => {
    const found = wanted.find(({ effect }) => isAbout(effect, one) && (effect.does === "drops") === isDrop(one));
    if (found) return { one, revision: found.revision };
    const about = drifted.get(makeDriftKey(one));
    const explanation = about?.explanation;
    if (!explanation || explanation.state === "unexplained") return undefined;
    const isHere =
      explanation.state === "pending"
        ? explanation.text.includes(`pending on ${side}`)
        : explanation.text.startsWith(`${side} records`);
    return isHere && !isDrop(one) ? { one, revision: explanation.revision ?? undefined } : undefined;
  });
  const tables = new Map(
    owned.flatMap((each) =>
      each?.revision && family(each.one.kind) === "table" ? [[namePlace(each.one), each.revision]] : [],
    ),
  );
  const columns = owned.filter((each): each is Owned => each?.one.kind === "column");
  return recommended.flatMap((one, at) => {
    if (owned[at]) return [owned[at]!];
    const byTable = one.table === null ? undefined : tables.get(`${one.schema}.${one.table}`);
    const bySequence = [...tables].find(
      ([place]) => one.kind === "sequence" && one.sql.includes(`owned by ${quoteQualified(place)}.`),
    )?.[1];
    const byColumn = columns.find(
      ({ one: column }) =>
        column.table === one.table && column.schema === one.schema && one.sql.includes(`"${column.name}"`),
    )?.revision;
    const revision = byTable ?? bySequence ?? byColumn;
    if (revision) return [{ one, revision }];
    const about = drifted.get(makeDriftKey(one));
    const isVersions = (one.kind === "table" ? one.name : one.table) === revisions.versionTable.name;
    if (isVersions || !about || about.severity === "info" || /^(owner|database)$/.test(about.kind)) return [];
    // what a revision makes was not made by hand, even where nobody knows whether that one was applied
    const isMade = revisions.order.some(({ effects }) =>
      effects.some((effect) => effect.does === "creates" && isAbout(effect, one)),
    );
    if (isMade && about.status !== "changed") return [];
    const isOurs = about.status === `only in ${side}` || (about.status === "changed" && side === "production");
    return about.explanation?.state === "unexplained" && isOurs ? [{ one, revision: undefined }] : [];
  });
}

function quoteQualified(text: string): string {
  const [schema, ...name] = text.split(".");
  return quotePlace({ schema, name: name.join(".") });
}

function namePlace({ schema, name }: { schema: string | null; name: string }): string {
  return `${schema}.${name}`;
}

function isDrop({ statements, mends }: Recommendation): boolean {
  return !mends && statements.length === 1 && /^-- (alter table \S+ )?drop /.test(statements[0]);
}

function isAbout(effect: Effect, { kind, schema, table, name }: Recommendation): boolean {
  if (family(effect.kind) !== family(kind) && effect.kind !== "object") return false;
  if (effect.schema !== null && effect.schema !== schema) return false;
  const isTable = family(kind) === "table";
  if (!isTable && effect.table !== null && effect.table !== table) return false;
  const names = [effect.name, ...(effect.aliases ?? [])]
    .filter((one): one is string => one !== null)
    .flatMap(listServerNames);
  if (names.length) return names.includes(family(kind) === "function" ? name.replace(/\(.*/s, "") : name);
  return false;
}

/** `table threads, table channels and 3 more`: what stands in a statement of its own. */
function listMissing(missing: Effect[]): string {
  const tables = new Set(
    missing.filter(({ kind, within }) => family(kind) === "table" && !within).map(({ name }) => name),
  );
  const parts = missing.filter(
    ({ table, name, kind }) => family(kind) === "table" || !tables.has(table) || name === table,
  );
  const names = parts.map(({ kind, table, name, does }) => {
    const what = `${kind} ${table && table !== name ? `${table}.` : ""}${name ?? "without a name"}`;
    return does === "drops" ? `${what} (to be dropped)` : what;
  });
  return names.length > 4 ? `${names.slice(0, 4).join(", ")} and ${names.length - 4} more` : names.join(", ");
}

/** What makes a revision whole, and apart from it what cannot be done while rows break a rule. */
function makeRepairStep(context: Context): { step: Step | undefined; data: Step[] } {
  const { side, revision, state, sizes } = context;
  const { statements: all, byHand, elsewhere } = collectStatements(context);
  const { now, held } = holdBack(all, context);
  const { there, total } = state.effects;
  const id = revision.revision;
  const data = held.map(({ statements, violated }): Step => makeDataStep(context, violated, statements));
  if (now.length === 0 && byHand.length === 0) return { step: undefined, data };
  const aside = elsewhere.length ? ` (${listMissing(elsewhere)} is there under another name, and stays)` : "";
  const rest = data.length ? ", and the rows that break a rule are decided on" : "";
  const step: Step = {
    id: `repair/${id}`,
    kind: "repair",
    revision: id,
    title: `Make ${id} whole: ${listMissing(state.effects.missing.filter((effect) => !elsewhere.includes(effect)))}`,
    why:
      `${side} ${state.recorded ? "records it as applied" : "does not record it"} and has ${there} of its ` +
      `${total} effects${aside}; ` +
      `${state.recorded ? "no upgrade will ever bring the rest" : "an upgrade would collide with what is there"}.`,
    statements: now,
    locks: describeLocks(now, sizes),
    couldFail: sayRisks(now, held, context),
    verify:
      `npx runbook migrations: ${id} lacks nothing in ` +
      `${side}${elsewhere.length ? " but what has another name" : ""}${rest}.`,
    undo: writeUndo(now),
    isOptional: false,
    ...(byHand.length ? { byHand } : {}),
  };
  return { step, data };
}

/** What could make a repair fail: nothing about rows where it only makes tables, which have none. */
function sayRisks(now: string[], held: { violated: Drift }[], { own }: Context): string {
  const made = new Set(now.flatMap((sql) => findTableMadeBy(sql) ?? []));
  const waiting = new Set(held.map(({ violated }) => makeDriftKey(violated)));
  const touching = own.filter(
    (one) =>
      one.table !== null &&
      !made.has(quotePlace({ schema: one.schema, name: one.table })) &&
      family(one.kind) !== "table",
  );
  const hazards = touching
    .filter((one) => !waiting.has(makeDriftKey(one)))
    .map(({ hazard }) => hazard)
    .filter((hazard) => /fail/i.test(hazard));
  return [
    ...new Set(hazards),
    ...held.map(
      ({ violated }) =>
        `${sayRows(violated.violations!)} break ${describeObject(violated)} today, so it is enforced in a ` +
        `step of its own, at the end.`,
    ),
    made.size > 0 && touching.length === 0
      ? "The tables are new, so no row can break a rule; it fails where something of that name was made since."
      : "It fails where something of that name was made since.",
  ].join(" ");
}

function sayRows(count: number): string {
  return count >= 1000 ? "1,000 rows or more" : `${count} ${count === 1 ? "row" : "rows"}`;
}

/**
 * The statements of a revision's effects that this side lacks: as the other side has them, else as the revision's own
 * SQL says.
 */
function collectStatements({ side, revision, state, at, own, input }: Context): {
  statements: string[];
  byHand: string[];
  /** Effects that are there under another name. */
  elsewhere: Effect[];
} {
  const effects = state.recorded || state.effects.there > 0 ? state.effects.missing : input.revisions.order[at].effects;
  const other = side === "production" ? "local" : "production";
  const index = indexSchema(input.snapshots[other]);
  const later = input.revisions.order.slice(at + 1).flatMap((one) => one.effects);
  // what would be dropped and made again is left to the revision's own statement
  const usable = own.filter((one) => one.mends || isDrop(one));
  const statements = order(
    usable.flatMap((one) => one.statements.map((sql) => (isDrop(one) ? sql.replace(/^-- /, "") : sql))),
  );
  const extra: string[] = [];
  const byHand: string[] = [];
  const elsewhere: Effect[] = [];
  for (const effect of effects) {
    const today = followEffect(effect, later);
    if (!today || effect.within || usable.some((one) => isAbout(today, one))) continue;
    if (effect.statement && own.some((one) => isAbout(today, one))) {
      extra.push(addStop(effect.statement));
      continue;
    }
    // the other side has it, and the comparison found no difference: it is there under another name
    if (isEffectPresent(today, index) !== false) {
      elsewhere.push(effect);
      continue;
    }
    if (effect.statement) extra.push(addStop(effect.statement));
    else
      byHand.push(
        `${effect.does} ${describeObject({ ...effect, name: effect.name ?? "without a name" })}: neither ` +
          `side shows it; write it as ${revision.file} does.`,
      );
  }
  for (const { about, mends, statements: drastic } of own.filter((one) => !usable.includes(one)))
    if (!mends && extra.length === 0) byHand.push(`${about} would have to be made again: ${drastic[0]}`);
  return { statements: [...new Set([...statements, ...extra])], byHand, elsewhere };
}

function addStop(sql: string): string {
  return `${sql.trim().replace(/;$/, "")};`;
}

/** Sequences that a table's defaults name, the table, who owns them, the rest. */
function order(statements: string[]): string[] {
  const starts = [
    /^create (schema|type|domain|extension)/i,
    /^create sequence/i,
    /^create (unlogged )?table/i,
    /^alter sequence/i,
    /add column/i,
  ];
  const rank = (sql: string) => {
    const at = starts.findIndex((start) => start.test(sql));
    return at === -1 ? starts.length : at;
  };
  return statements
    .map((sql, at) => ({ sql, at }))
    .sort((a, b) => rank(a.sql) - rank(b.sql) || a.at - b.at)
    .map(({ sql }) => sql);
}

/** Takes apart what rows of today refuse. A constraint is added at once, and validated when the rows are mended. */
function holdBack(
  statements: string[],
  { side, own, input }: Context,
): { now: string[]; held: { statements: string[]; violated: Drift }[] } {
  const held: { statements: string[]; violated: Drift }[] = [];
  let now = statements;
  for (const violated of input.drift.filter(
    ({ violations, status }) => (violations ?? 0) > 0 && status !== `only in ${side}`,
  )) {
    const one = own.find((each) => makeDriftKey(each) === makeDriftKey(violated));
    if (!one) continue;
    const isSplit = one.statements.some((sql) => /validate constraint/i.test(sql));
    const waits = isSplit ? one.statements.filter((sql) => /validate constraint/i.test(sql)) : one.statements;
    held.push({ statements: waits, violated });
    now = now.filter((sql) => !waits.includes(sql));
  }
  return { now, held };
}

function makeDataStep({ side, revision, input, sizes }: Context, violated: Drift, statements: string[]): Step {
  const question = listQuestions(input.drift, side, input.snapshots).find(({ drift }) => drift === violated);
  const count = violated.violations!;
  const rows = sayRows(count);
  return {
    id: `data/${violated.kind}/${violated.table ?? violated.name}.${violated.name}`,
    kind: "data",
    revision: revision.revision,
    title: `Decide on the ${rows} that break ${describeObject(violated)}, then enforce it`,
    why:
      `The rule is ${revision.revision}'s, and ${rows} of ${side} break it today. Ask whoever owns them: are ` +
      `they wrong, or is the rule?`,
    ...(question ? { review: describeReview(question.sql, violated) } : {}),
    statements,
    locks: describeLocks(statements, sizes),
    couldFail: `It fails while rows break the rule: ${rows} do so today.`,
    foretold: count,
    verify: `${question?.sql ?? "The count"} gives 0.`,
    undo: writeUndo(statements),
    isOptional: false,
  };
}

/** Statements about rows that break a rule, none of which is executed before somebody has chosen one. */
function describeReview(count: string, { table, schema, name, kind }: Drift): string[] {
  const [, rows] = /^select count\(\*\) from \((.*) limit \d+\) rows$/s.exec(count) ?? [];
  const [, from] = /^select 1 (from .*)$/s.exec(rows ?? "") ?? [];
  const rule =
    kind === "column"
      ? undefined
      : `alter table ${quotePlace({ schema, name: table! })} drop constraint ${quoteName(name)};`;
  const [, target, where] = /^from ((?:"(?:[^"]|"")+"|\.)+(?: t)?) (where .*)$/s.exec(from ?? "") ?? [];
  if (!where || /group by|having/i.test(where)) return [`Count them: ${count};`];
  return [
    `Look at them: select * ${from} limit 20;`,
    `Where the rows are wrong, mend them: update ${target} set … ${where};`,
    `Or take them away: delete ${from};`,
    ...(rule && kind !== "index" ? [`Where the rule is wrong, take it away instead: ${rule}`] : []),
  ];
}

function makeStampStep({ side, revision, state, input }: Context, before: string[], after: string[]): Step {
  const id = revision.revision;
  return {
    id: `stamp/${id}`,
    kind: "stamp",
    revision: id,
    title: `Record ${id}`,
    why:
      state.state === "nothing left"
        ? `Nothing of it is left to see on ${side}, and what came after it is there.`
        : `${sayAll(state.effects.total)} in ${side}, once the steps above are done; only the record is missing.`,
    statements: writeStampStatements(after, nameVersionTable(input.revisions)).slice(input.recorded[side] ? 1 : 0),
    command: `alembic stamp ${id}`,
    locks: "One row of alembic_version, for a moment.",
    couldFail: state.unknown
      ? `Cannot be told: ${state.unknown}; it may have moved rows, which a stamp does not.`
      : "Nothing that is known.",
    verify: `alembic current names ${after.join(" and ")}.`,
    undo: `alembic stamp --purge ${before.join(" ") || "base"}`,
    isOptional: false,
  };
}

function sayAll(total: number): string {
  return total === 1 ? "Its one effect is" : `All ${total} of its effects are`;
}

function makeUpgradeStep(context: Context, before: string[]): Step {
  const { revision, state, at, input, own, side, sizes } = context;
  const id = revision.revision;
  const { statements, byHand } = collectStatements(context);
  const broken = input.drift.filter(
    (one) =>
      (one.violations ?? 0) > 0 &&
      one.status !== `only in ${side}` &&
      own.some((each) => makeDriftKey(each) === makeDriftKey(one)),
  );
  const isInvisible = state.effects.total === 0 && !state.unknown;
  const isPassed = input.states.slice(at + 1).some(({ sides }) => (sides[side]?.effects.there ?? 0) > 0);
  const rows = broken.reduce((sum, { violations }) => sum + violations!, 0);
  return {
    id: `upgrade/${id}`,
    kind: "upgrade",
    revision: id,
    title: `Apply ${id}${revision.message ? `: ${revision.message}` : ""}`,
    why: [
      state.recorded === null ? `${side} does not say whether it was applied` : `It waits in ${side}`,
      isInvisible
        ? "and no schema shows whether it ran: it changes rows, or nothing."
        : state.unknown
          ? "and what was read of it is not there."
          : "and none of it is there.",
    ].join(", "),
    statements,
    command: `alembic upgrade ${id}`,
    locks: describeLocks(statements, sizes),
    couldFail:
      [
        ...broken.map((one) => `${one.violations} rows break ${describeObject(one)} today.`),
        ...(state.unknown ? [`Cannot be told in full: ${state.unknown}.`] : []),
        ...(isInvisible && isPassed
          ? [
              `Later revisions are there already, so it may have run: where it has, a second run changes ` +
                `rows twice. Then record it instead: alembic stamp ${id}.`,
            ]
          : []),
      ].join(" ") || "Nothing that is known today.",
    ...(rows ? { foretold: rows } : {}),
    verify: `alembic current names ${id}; npx runbook migrations says that it is whole.`,
    ...(state.unknown ? { unread: state.unknown } : {}),
    undo:
      `alembic downgrade ` +
      `${before.length === 1 && revision.down.join() === before[0] ? before[0] : `${id}@-1`}  # read its ` +
      `downgrade first: it may delete rows`,
    isOptional: false,
    ...(byHand.length ? { byHand } : {}),
  };
}

/**
 * What no revision explains: take it back (a comment, unless chosen), or adopt it in a migration whose text is
 * written out.
 */
async function makeChoiceSteps(
  side: Side,
  choices: Recommendation[],
  { snapshots, revisions }: PlanInput,
  sizes: Sizes,
): Promise<{ steps: Step[]; migrations: Plan["migrations"] }> {
  if (choices.length === 0) return { steps: [], migrations: [] };
  const other = side === "production" ? "local" : "production";
  const theirs = await recommend(other, snapshots.production, snapshots.local);
  const groups = new Map<string, Recommendation[]>();
  for (const one of choices) {
    const key = one.table ?? one.name;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  const steps: Step[] = [];
  const migrations: Plan["migrations"] = [];
  let heads = revisions.heads;
  for (const [name, group] of groups) {
    const keys = new Set(group.map(makeDriftKey));
    const isTable = group.some(({ kind }) => family(kind) === "table");
    const adopting = order(
      theirs
        .filter(
          (one) =>
            keys.has(makeDriftKey(one)) ||
            (isTable && (one.table === name || (one.kind === "sequence" && one.sql.includes(`."${name}".`)))),
        )
        .flatMap((one) => one.statements),
    ).map((sql) => sql.replace(/^-- (?!Perhaps)/gm, "").replace(/ INDEX CONCURRENTLY /, " INDEX "));
    const back = group.flatMap(({ statements }) => statements);
    const migration = writeAdoption(name, adopting, back, heads);
    heads = [migration.id];
    migrations.push(migration);
    steps.push({
      id: `choice/${name}`,
      kind: "choice",
      title: `Choose: adopt ${name} in a migration, or take it back`,
      why:
        `No revision explains ${group.map(({ about }) => about).join(", ")}: somebody made it by hand in ` +
        `${side}. To adopt it, put plan/migrations/${migration.file} among the revisions, stamp it in ${side} ` +
        `and upgrade ${other}. To take it back, remove the comment signs here.`,
      statements: back.map((sql) => sql.replace(/^-- (?!Perhaps)/gm, "")),
      locks: describeLocks(
        back.map((sql) => sql.replace(/^-- /gm, "")),
        sizes,
      ),
      couldFail: [...new Set(group.map(({ hazard }) => hazard))].join(" "),
      verify: "npx runbook drift no longer lists it.",
      undo: isTable
        ? "-- there is none for the rows: keep a dump of the table first"
        : `-- the statements of plan/migrations/${migration.file}`,
      isOptional: true,
    });
  }
  return { steps, migrations };
}

/**
 * A question about rows that a check has counted on this side; what to do is its recommendation, as a statement to
 * review.
 */
function makeQuestionStep(side: Side, finding: Finding): Step[] {
  const value = finding[side];
  const other = side === "production" ? "local" : "production";
  // the numbers of a title are those of the side that it names
  const isOthers = finding.title.includes(`in ${other}`) && !finding.title.includes(side);
  if (isOthers || !isAboutRows(finding) || value === null || value === undefined || value === 0) return [];
  const { text = "Decide on the rows.", sql } = finding.recommendation ?? {};
  return [
    {
      id: `question/${finding.id}`,
      kind: "data",
      title: `Decide: ${finding.title.replace(/\.$/, "")}`,
      why:
        `A check found it in ${side} (${finding.severity}${typeof value === "number" ? `, ${value}` : ""}). ` +
        `Mend what writes such rows first, or they come back.`,
      ...(sql ? { review: [`To review: ${sql}`] } : {}),
      statements: [],
      byHand: [text],
      locks: "The rows that it changes, until it is committed.",
      couldFail: "It fails where other rows refer to those that it deletes.",
      verify: "The same check finds none in the next run.",
      undo: "-- there is none for rows: keep a copy of those that are changed",
      isOptional: true,
    },
  ];
}

/** What of production's rows local lacks, by the catalog's estimates. */
function makeRefreshStep({ snapshots, sizes }: PlanInput): Step[] {
  const [theirs, ours] = [sizes?.production, sizes?.local];
  if (!theirs || !ours) return [];
  const empty = [...theirs]
    .filter(([table, { rows }]) => rows > 0 && ours.get(table)?.rows === 0 && (ours.get(table)?.bytes ?? 0) <= 8192)
    .map(([table]) => table)
    .sort();
  if (empty.length === 0) return [];
  const sequences = snapshots.local.objects.flatMap(({ kind, schema, table, name, attributes }) =>
    kind === "column" &&
    empty.includes(`${schema}.${table}`) &&
    (attributes.identity || /^nextval/.test(String(attributes.default)))
      ? [
          `Set its sequence: select ` +
            `setval(pg_get_serial_sequence(${quoteLiteral(quotePlace({ schema, name: table! }))}, ` +
            `${quoteLiteral(name)}), coalesce(max(${quoteName(name)}), 0) + 1, false) from ` +
            `${quotePlace({ schema, name: table! })};`,
        ]
      : [],
  );
  const names = empty.length > 6 ? `${empty.slice(0, 6).join(", ")} and ${empty.length - 6} more` : empty.join(", ");
  return [
    {
      id: "refresh/rows",
      kind: "refresh",
      title:
        `Refresh the rows of local: ${empty.length} ${empty.length === 1 ? "table" : "tables"} that ` +
        `production fills ${empty.length === 1 ? "is" : "are"} empty`,
      why:
        `By the catalog's estimates ${names} have rows in production and none in local, so nothing that reads ` +
        `them can be tried there.`,
      review: sequences,
      statements: [],
      byHand: [
        "Load reference tables with the project's own seed, after the steps above.",
        "Of tables with people's rows restore a scrubbed snapshot, never the rows as they are.",
        "Then set the sequences of what was loaded.",
      ],
      locks: "The tables that are loaded.",
      couldFail: "It fails where a row refers to one that was not loaded: load what is referred to first.",
      verify: "npx runbook run 2 counts the rows of both sides.",
      undo: "-- truncate what was loaded",
      isOptional: true,
    },
  ];
}

/** What the other side grants on what the steps before have made: no revision says it, and code fails without it. */
function makeGrantStep(side: Side, grants: Recommendation[], snapshot: Snapshot, sizes: Sizes): Step {
  const statements = grants.flatMap((one) => one.statements);
  const known = new Set(
    snapshot.objects.filter(({ kind }) => kind === "privilege").map(({ name }) => name.split(" on ")[0]),
  );
  const strange = [...new Set(grants.map(({ name }) => getRole(name)))].filter((role) => !known.has(role));
  return {
    id: "grants",
    kind: "repair",
    title: `Grant what the other side grants on what was made: ${grants.length} privileges`,
    why: "The tables that were made above belong to whoever made them; no revision grants them to the roles that use them.",
    statements,
    locks: describeLocks(statements, sizes),
    couldFail: strange.length
      ? `${side} shows no role ${strange.join(", ")} so far: leave those out, or make the role first.`
      : "It fails where a role is not there.",
    verify: "npx runbook drift lists no privilege.",
    undo: grants
      .flatMap((one) => one.statements)
      .map((sql) => sql.replace(/^grant (.*) to /is, "revoke $1 from ").replace(/ with grant option/i, ""))
      .join(" "),
    isOptional: false,
  };
}

/** The role of a privilege, whose name may begin with the table's. */
function getRole(name: string): string {
  return name.split(" on ")[0];
}

/** The statements that take others back, the last first: tables together, since they may refer to one another. */
function writeUndo(statements: string[]): string {
  const name = '(?:"(?:[^"]|"")+"|\\w+)';
  const placed = `(${name}(?:\\.${name})?)`;
  const match = (pattern: string, sql: string) => new RegExp(pattern, "is").exec(sql);
  const tables = statements.flatMap((sql) => findTableMadeBy(sql) ?? []);
  const isOfNew = (table: string) => tables.includes(splitPlaceName(table));
  let isWhole = true;
  const undo = statements.flatMap((sql) => {
    if (findTableMadeBy(sql) !== undefined || /^--/.test(sql)) return [];
    const [, type, made] =
      match(
        `^create (?:or replace )?(schema|sequence|type|domain|view|materialized view|extension) (?:if not ` +
          `exists )?${placed}`,
        sql,
      ) ?? [];
    // a sequence goes with the column that owns it
    if (made) return type.toLowerCase() === "sequence" && tables.length ? [] : [`drop ${type.toLowerCase()} ${made};`];
    const [, index, on] =
      match(`^create (?:unique )?index (?:concurrently )?(?:if not exists )?(${name}) on (?:only )?${placed}`, sql) ??
      [];
    if (index)
      return isOfNew(on)
        ? []
        : [`drop index ${on.includes(".") ? `${on.slice(0, on.lastIndexOf("."))}.` : ""}${index};`];
    const [, table, rest] = match(`^alter table (?:only )?(?:if exists )?${placed} (.*)$`, sql) ?? [];
    if (table && isOfNew(table)) return [];
    const [, column] = match(`^add column (?:if not exists )?(${name})`, rest ?? "") ?? [];
    if (column) return [`alter table ${table} drop column ${column};`];
    const [, constraint] = match(`^add constraint (${name})`, rest ?? "") ?? [];
    if (constraint) return [`alter table ${table} drop constraint ${constraint};`];
    if (/^validate constraint/i.test(rest ?? "") || /^(alter sequence .* owned by|comment on|grant) /is.test(sql))
      return [];
    isWhole = false;
    return [];
  });
  const all = [...undo.reverse(), ...(tables.length ? [`drop table ${tables.join(", ")};`] : [])];
  const rest = isWhole ? [] : ["-- for the rest, read the revision's own downgrade"];
  return [...all, ...rest].join(" ") || "-- nothing is to be taken back";
}

/** The table that a statement makes, as `"schema"."name"`. */
function findTableMadeBy(sql: string): string | undefined {
  const [, made] =
    /^create (?:unlogged )?table (?:if not exists )?((?:"(?:[^"]|"")+"|\w+)(?:\.(?:"(?:[^"]|"")+"|\w+))?)/i.exec(sql) ??
    [];
  return made && splitPlaceName(made);
}

function splitPlaceName(text: string): string {
  const names = [...text.matchAll(/"((?:[^"]|"")+)"|(\w+)/g)].map(
    ([, quoted, plain]) => quoted?.replace(/""/g, '"') ?? plain,
  );
  return quotePlace({ schema: names.length > 1 ? names[0] : "public", name: names.at(-1)! });
}

/** Rows as the catalog estimates them, where nobody counted. */
export function collectSizes(snapshot: Snapshot): Sizes {
  return new Map(
    [...snapshot.relations.values()]
      .filter(({ attributes }) => typeof attributes.rows === "number")
      .map(({ schema, name, attributes }) => [`${schema}.${name}`, { rows: Number(attributes.rows) }]),
  );
}
