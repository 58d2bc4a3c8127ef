import { family, type Effect } from "../alembic/effect";
import { followEffect } from "../alembic/identity";
import { indexSchema, isEffectPresent } from "../alembic/presence";
import { makeDriftKey, type Drift } from "../schema/drift";
import { listQuestions } from "../schema/judge/violation";
import { describeObject } from "../schema/read/snapshot";
import { quoteName, quotePlace } from "../sql/quote";
import type { Context } from "./context";
import { describeLocks } from "./locks";
import { isAbout, isDrop } from "./owner";
import type { Step } from "./step";
import { findTableMadeBy, writeUndo } from "./undo";

/** What makes a revision whole, and apart from it what cannot be done while rows break a rule. */
export function makeRepairStep(context: Context): { step: Step | undefined; data: Step[] } {
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
export function collectStatements({ side, revision, state, at, own, input }: Context): {
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
export function order(statements: string[]): string[] {
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
