import { existsSync } from "node:fs";
import type { DataFrame } from "nodejs-polars";
import { readEnvironment } from "../alembic/folder";
import { showWhileAsking } from "../show/footer";
import { QueryError, RunbookError } from "../errors";
import { markUnanswered, uniteSides, addTypes } from "../frame";
import { describeLeftOut, type Source } from "../source/guarded";
import { presentAnswer } from "../privacy/present";
import { sides, type Side } from "../ledger";
import { display, makeNoteBundle } from "../show/display";
import { describeColumns, type Answer } from "../answer";
import { sql } from "../sql";
import { planAvailable as availableText, type Available } from "../guard/partial";
import { rewriteStatement } from "../sql/rewrite";
import { queryRevisions } from "../sql/queries/recorded";
import { readExpectedColumns } from "../sql/expected";
import { inline, Sql as SqlStatement, type Sql } from "../sql/template";
import { describeFault, isListed, makeSentence, type Columns } from "../sql/fault";
import { isCatalogued } from "../sql/trusted";
import { loadColumns, type SafeColumns } from "../guard/judge";
import { isFaultOfStatement } from "../source/sqlstate";
import { getSession, noteEvent, reportAlarm } from "./session";

/**
 * Asks both sides at once: one frame, production's rows above local's, with the side in the column `source`. Where a
 * side cannot answer, its rows are missing, the cell says why, and the check that rests on it becomes incomplete.
 * Where neither can, the frame has its columns and no rows.
 *
 * @throws RunbookError where the guard refuses the statement, or where every side that is asked says that it is
 *   wrong: with the line, a caret, and what was probably meant.
 * @example const users = await both(sql`select role, count(*) as users from users group by 1 order by 1`); // source, role, users
 */
export async function both(statement: Sql): Promise<DataFrame> {
  return gather(sides, statement);
}

/**
 * Asks both sides like `both`, but each for as much of the statement as it has columns for: what would show a column
 * that a side lacks is null there, a condition on one is left out. The cell says so, and the check's reason too. A
 * side that lacks a whole table gives no answer.
 *
 * @throws RunbookError like `both`.
 * @example const portal = await available(sql`select count(*) as licenses, count(portal_username) as with_portal from licenses`);
 */
export async function available(statement: Sql): Promise<DataFrame> {
  return gather(sides, statement, async (source) => availableText(inline(statement), await source.columns()));
}

/**
 * Asks production alone; a frame like `both`'s.
 *
 * @example const largest = await production(sql`select state, count(*) as licenses from licenses group by 1 order by 2 desc`);
 */
export async function production(statement: Sql): Promise<DataFrame> {
  return gather(["production"], statement);
}

/**
 * Asks local alone; a frame like `both`'s.
 *
 * @example const seeded = await local(sql`select count(*) as users from users`);
 */
export async function local(statement: Sql): Promise<DataFrame> {
  return gather(["local"], statement);
}

/**
 * Where the ways to the two databases lead: `source`, `fact`, `value`. AWS account, region, function and VPC; or
 * host, port and user.
 *
 * @example await show(await routes(), "The ways to the two databases");
 */
export async function routes(): Promise<DataFrame> {
  return askFacts("fact", "value", (source) => source.route());
}

/**
 * Tries to write to each side, past the guard; `source`, `attempt`, `answer`: PostgreSQL's own refusal. A side that
 * accepts the write is an incomplete check.
 *
 * @example await show(await proveReadOnly(), "An attempt to write");
 */
export async function proveReadOnly(): Promise<DataFrame> {
  return askFacts("attempt", "answer", async (source) => [["create a temporary table", await source.proveReadOnly()]]);
}

/**
 * The columns of both sides that the file of safe columns does not know: `source`, `schema`, `table`, `column`,
 * `type`, `proposed`, safe or personal by name, type and comment, and `whole_table` where it knows nothing of the
 * table. Until somebody has decided, they are personal.
 *
 * @example await show(await unlisted(), "Columns that nobody has looked at");
 */
export async function unlisted(): Promise<DataFrame> {
  const columns = ["schema", "table", "column", "type", "proposed", "whole_table"].map((name) => ({
    name,
    type: name === "whole_table" ? "bool" : "text",
  }));
  return askInText(columns, async (source) =>
    (await source.unlisted()).map(({ schema, table, column, type, proposed, wholeTable }) => [
      schema,
      table,
      column,
      type,
      proposed,
      wholeTable ? "t" : "f",
    ]),
  );
}

async function gather(
  asked: readonly Side[],
  statement: Sql,
  partOf?: (source: Source) => Promise<Available>,
): Promise<DataFrame> {
  if (!(statement instanceof SqlStatement))
    throw new RunbookError("Write the question as a template, so that its values stay apart: sql`select …`.");
  const answers: Partial<Record<Side, Answer>> = {};
  const parts: Partial<Record<Side, Available>> = {};
  const placed = markAsProjectRecords(statement);
  const ask = async (source: Source): Promise<void> => {
    const part = await partOf?.(source);
    const whole = await source.ask(part?.leftOut.length ? rewriteStatement(part.text, statement) : placed);
    const { answer, hidden } = presentAnswer(whole, getSession().settings, reportAlarm);
    answers[source.side] = answer;
    getSession().asked.hidden += hidden;
    answer.columns.forEach(({ name }, index) => answer.counted?.[index] && getSession().counts.add(name));
    parts[source.side] = part;
    if (describeLeftOut(answer)) display(makeNoteBundle(`${source.side}: ${describeLeftOut(answer)}`, "incomplete"));
  };
  await askEach(asked, ask, statement);
  recordIdentity(statement, answers);
  if (answers.production && answers.local)
    getSession().asked.differs ||= JSON.stringify(answers.production.cells) !== JSON.stringify(answers.local.cells);
  const answered = asked.filter((side) => answers[side]);
  sayLeftOut(answered, parts);
  const silent = asked.filter((side) => !answers[side]);
  if (answered.length === 0)
    return markUnanswered(
      uniteSides({ production: { columns: readExpectedColumns(inline(statement)), cells: [] } }),
      silent,
    );
  if (answered.some((side) => parts[side]?.nulls.length)) {
    const known = answered.flatMap((side) =>
      answers[side]!.columns.filter(({ name }) => !parts[side]?.nulls.includes(name)),
    );
    const types = [...known, ...readExpectedColumns(inline(statement))];
    for (const side of answered) answers[side] = addTypes(answers[side]!, parts[side]?.nulls ?? [], types);
  }
  sayLacking(answers);
  return markUnanswered(uniteSides(answers), silent);
}

/**
 * What Alembic records stands where the project's env.py says, and that is not always `alembic_version` in the search
 * path.
 */
function markAsProjectRecords(statement: Sql): Sql {
  const { migrations, alembic } = getSession().settings;
  const folder = migrations ?? alembic;
  const isRecorded = statement === sql.revisions && folder !== undefined && existsSync(folder);
  return isRecorded ? queryRevisions(readEnvironment(folder).versionTable) : statement;
}

/**
 * Says what each side was not asked for, and remembers it for the conclusion; in one sentence, where it is the same
 * on both.
 */
function sayLeftOut(answered: Side[], parts: Partial<Record<Side, Available>>): void {
  const lacking = new Map<string, Side[]>();
  for (const side of answered) {
    const part = parts[side];
    if (part?.leftOut.length) lacking.set(nameLeftOut(part), [...(lacking.get(nameLeftOut(part)) ?? []), side]);
  }
  for (const [what, where] of lacking) {
    const sentence = `Left out in ${where.join(" and ")}: ${what}.`;
    getSession().asked.leftOut.add(sentence);
    display(makeNoteBundle(sentence));
  }
}

/** Says which columns of the answer one side lacks, and which have another type there: `describeColumns`. */
function sayLacking(answers: Partial<Record<Side, Answer>>): void {
  const { lacking, retyped } = describeColumns(answers);
  for (const sentence of lacking) getSession().asked.leftOut.add(sentence);
  for (const sentence of [...lacking, ...retyped]) display(makeNoteBundle(sentence));
}

function nameLeftOut({ leftOut }: Available): string {
  return leftOut
    .map(({ output, missing }) =>
      output === undefined ? `the condition on ${missing}, which is not there` : `${output}, for want of ${missing}`,
    )
    .join("; ");
}

async function askFacts(
  name: string,
  value: string,
  ask: (source: Source) => Promise<[string, string][]>,
): Promise<DataFrame> {
  return askInText(
    [name, value].map((column) => ({ name: column, type: "text" })),
    ask,
  );
}

/** A frame of what each side says of itself. */
async function askInText(columns: Answer["columns"], ask: (source: Source) => Promise<string[][]>): Promise<DataFrame> {
  const answers: Partial<Record<Side, { columns: typeof columns; cells: string[][] }>> = {};
  await askEach(sides, async (source) => {
    answers[source.side] = { columns, cells: await ask(source) };
  });
  const empty = { production: { columns, cells: [] } };
  return markUnanswered(
    uniteSides(Object.keys(answers).length ? answers : empty),
    sides.filter((side) => !answers[side]),
  );
}

/**
 * Asks the sides at once. A source that fails is said below the cell and remembered for the conclusion. A refused or
 * interrupted statement ends the cell, and so does one that is wrong for every side that is asked. That they lack
 * what the project's own database has is an answer: no cell fails for it.
 */
export async function askEach(
  asked: readonly Side[],
  ask: (source: Source) => Promise<void>,
  statement?: Sql,
): Promise<void> {
  const { sources, asked: window, settings } = getSession();
  const outcomes = await Promise.allSettled(asked.map((side) => showWhileAsking(side, ask(sources[side]))));
  const reasons = outcomes.map((outcome) => (outcome.status === "rejected" ? (outcome.reason as unknown) : undefined));
  const ending = reasons.find(
    (reason) => reason !== undefined && (!(reason instanceof QueryError) || reason.fault === "interrupted"),
  );
  const columns = async (): Promise<Columns> => {
    const known = await Promise.all(asked.map((side) => sources[side].columns().catch((): Columns => new Map())));
    return new Map(known.flatMap((one) => [...one]));
  };
  if (ending instanceof RunbookError && !(ending instanceof QueryError) && statement)
    throw new RunbookError(describeFault(statement, ending.message, await columns()), { cause: ending });
  if (ending !== undefined) throw ending;
  const failed = reasons.filter((reason): reason is QueryError => reason instanceof QueryError);
  const isWrong =
    statement !== undefined &&
    !isProjects(statement) &&
    failed.length === asked.length &&
    failed.every(({ condition }) => isFaultOfStatement(condition)) &&
    !failed.some(({ message }) => isListed(statement, message, listKnownColumns(loadColumns(settings.columns))));
  for (const reason of failed) {
    const side = reason.source as Side;
    window.failed.set(side, reason.message);
    // that something is not there is an answer; what rests on it is empty, and rightly so
    if (!reason.condition?.startsWith("undefined_")) getSession().lost.set(side, reason.message);
    if (!isWrong) display(makeNoteBundle(reason.message, "incomplete"));
  }
  if (isWrong)
    throw new RunbookError(describeFault(statement, makeSentence(failed), await columns()), { cause: failed[0] });
}

/** The project's own questions are asked of databases that need not have what they name. */
function isProjects(statement: Sql): boolean {
  return isCatalogued(statement) || Object.values<unknown>({ ...sql }).includes(statement);
}

/** All columns that somebody has looked at, safe or personal. */
function listKnownColumns({ safe, personal = {} }: SafeColumns): Columns {
  const tables = [...new Set([...Object.keys(safe), ...Object.keys(personal)])];
  return new Map(tables.map((table) => [table, new Set([safe[table] ?? [], personal[table] ?? []].flat())]));
}

/** The results name each source by what these two queries answered, whichever notebook asked them. */
function recordIdentity(statement: Sql, answers: Partial<Record<Side, Answer>>): void {
  if (statement !== sql.identity && statement !== sql.revisions) return;
  const { identities } = getSession();
  for (const side of sides) {
    const { columns, cells } = answers[side] ?? { columns: [], cells: [] };
    const column = (name: string) => cells.map((row) => row[columns.findIndex((one) => one.name === name)] ?? "");
    if (answers[side] && statement === sql.revisions) identities[side].revision = column("revision");
    else if (answers[side])
      Object.assign(identities[side], { database: column("database")[0], version: column("version")[0] });
  }
  noteEvent({ kind: "opened", ...identities });
}
