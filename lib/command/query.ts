import { QueryError, RunbookError } from "../errors";
import { describeLeftOut } from "../source/guarded";
import { presentAnswer } from "../privacy/present";
import { printExact, printJson, redact } from "../privacy/redaction";
import { spellCounts } from "../privacy/small-counts";
import { sides, type Alarm, type Side } from "../ledger";
import { openSources, type Sources } from "../open";
import { readSettings } from "../settings";
import { formatCsv, formatJsonRows, formatRecords, formatTable } from "../show/print";
import { getTerminalSize, writePaged } from "../show/terminal";
import { describeColumns, makeDistinctNames, type Answer } from "../answer";
import { sql } from "../sql";
import { describeFault, makeSentence, type Columns } from "../sql/fault";
import { isFaultOfStatement } from "../source/sqlstate";
import { masked } from "../sql/masked";
import { identifier, raw, type Sql } from "../sql/template";
import { pickSideFlags, type Given } from "./args";
import type { usage } from "./usage/query";

export async function run({ flags, positionals }: Given<typeof usage>): Promise<number> {
  const asked = listSides(flags.on);
  const statement = flags.mask ? masked(buildStatement(positionals, flags)) : buildStatement(positionals, flags);
  const pages = flags.key === undefined ? undefined : { key: flags.key.split(",").map((column) => column.trim()) };
  const settings = readSettings(pickSideFlags(flags), undefined, asked);
  const sources = await openSources(settings, { onAlarm: tellAlarm, asked });
  try {
    const answers = await askEach(statement, sources, asked, async (side) => {
      const { answer } = presentAnswer(await sources[side].ask(statement, pages), settings, tellAlarm);
      return settings.smallGroups === "hide" ? spellCounts(answer) : answer;
    });
    if (flags.schema !== undefined && answers.length > 0 && answers.every(([, { cells }]) => cells.length === 0))
      throw new RunbookError(
        `There is no table ${JSON.stringify(flags.schema)} there: npx runbook query --tables --on ` +
          `${flags.on} lists them.`,
      );
    sayColumns(answers, flags.json ?? false);
    if (flags.json) printJson(formatJson(answers));
    else if (flags.csv) printExact(writeCsv(answers));
    else writePaged(formatText(answers, flags.expanded));
    return answers.length === asked.length ? 0 : 2;
  } finally {
    await sources.close();
  }
}

/** What stands behind the guard and had something to do is told, and never what it was. */
function tellAlarm({ withheld = [], few = [], doubtful = [], refused }: Alarm): void {
  for (const kind of few)
    process.stderr.write(
      `runbook: a single value with the shape of ${kind} was withheld: the guard should have kept it.\n`,
    );
  for (const kind of doubtful)
    process.stderr.write(`runbook: a number that may be of the kind "${kind}", by its check digit, was withheld.\n`);
  for (const kind of withheld)
    process.stderr.write(`runbook: text with the shape of ${kind} was withheld: the guard should have kept it.\n`);
  if (refused)
    process.stderr.write(
      `runbook: the guard let this through, and the role of the safe columns may not run it: ${refused}\n`,
    );
}

type Answers = [side: Side, answer: Answer][];

function listSides(on: Side | "both"): readonly Side[] {
  return on === "both" ? sides : [on];
}

/** The one thing that was asked; a word in place of any flag is SQL. */
function buildStatement([text]: string[], { version, tables, schema, count }: Given<typeof usage>["flags"]): Sql {
  if (version) return sql`select version() as version`;
  if (tables) return sql.tables;
  if (schema !== undefined) return sql.columnsOf(schema);
  if (count !== undefined) return sql`select count(*) as rows from ${identifier(...count.split("."))}`;
  return raw(text);
}

/**
 * Each side's answer, where it has one; why it has none goes to stderr. Throws where the statement is refused, or
 * wrong for every side that was asked.
 */
async function askEach(
  statement: Sql,
  sources: Sources,
  asked: readonly Side[],
  ask: (side: Side) => Promise<Answer>,
): Promise<Answers> {
  const outcomes = await Promise.allSettled(asked.map(ask));
  const reasons = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason as unknown] : []));
  const failed = reasons.filter((reason): reason is QueryError => reason instanceof QueryError);
  const ending = reasons.find((reason) => !(reason instanceof QueryError) || reason.fault === "interrupted");
  const isRefused = ending instanceof RunbookError && !(ending instanceof QueryError);
  const isWrong = failed.length === asked.length && failed.every(({ condition }) => isFaultOfStatement(condition));
  if (isRefused || isWrong) {
    const known = await Promise.all(asked.map((side) => sources[side].columns().catch((): Columns => new Map())));
    const sentence = isRefused ? ending.message : makeSentence(failed);
    throw new RunbookError(describeFault(statement, sentence, new Map(known.flatMap((one) => [...one]))));
  }
  if (ending !== undefined) throw ending;
  for (const { message } of failed) process.stderr.write(`runbook: ${message}\n`);
  return outcomes.flatMap((outcome, index): Answers => {
    if (outcome.status === "rejected") return [];
    if (describeLeftOut(outcome.value))
      process.stderr.write(`runbook: ${asked[index]}: ${describeLeftOut(outcome.value)}\n`);
    return [[asked[index], outcome.value]];
  });
}

/** Says on stderr which columns one side lacks, and which have another type there. */
function sayColumns(answers: Answers, isJson: boolean): void {
  const { lacking, retyped } = describeColumns(Object.fromEntries(answers));
  // in JSON each side has its own columns, with their types
  const sentences = isJson ? lacking.map((sentence) => sentence.replace(": null in its rows", "")) : lacking;
  for (const sentence of [...sentences, ...retyped.map((one) => one.replace(/: both are shown as text/, ""))])
    process.stderr.write(`runbook: ${sentence}\n`);
}

function formatJson(answers: Answers): string {
  const members = answers.map(
    ([side, { columns, cells }]) =>
      `${JSON.stringify(side)}: {"columns": ${JSON.stringify(columns)}, "rows": ${formatJsonRows(columns, cells)}}`,
  );
  return `{"format": 1${members.map((member) => `,\n ${member}`).join("")}}\n`;
}

function writeCsv(answers: Answers): string {
  if (answers.length === 1)
    return formatCsv(redact(answers[0][1].columns.map(({ name }) => name)), redact(answers[0][1].cells));
  // each value under its own name, wherever a side has it; nothing where a side lacks the column
  const names = [...new Set(answers.flatMap(([, { columns }]) => makeDistinctNames(columns)))];
  const rows = answers.flatMap(([side, { columns, cells }]) => {
    const places = names.map((name) => makeDistinctNames(columns).indexOf(name));
    return cells.map((row) => [side, ...places.map((place) => (place < 0 ? null : row[place]))]);
  });
  return formatCsv(redact(["source", ...names]), redact(rows));
}

/**
 * Each side's rows as a table, or a line for each value where that was asked for, or a row does not fit in the
 * terminal.
 */
function formatText(answers: Answers, expanded: boolean): string {
  const size = getTerminalSize();
  return answers
    .map(([side, { columns, cells }]) => {
      const aligned = expanded ? "" : formatTable(columns, cells);
      const fits = !size || cells.length === 0 || aligned.split("\n", 2)[1].length <= size.columns;
      return `${answers.length > 1 ? `${side}\n` : ""}${expanded || !fits ? formatRecords(columns, cells) : aligned}`;
    })
    .join("\n");
}
