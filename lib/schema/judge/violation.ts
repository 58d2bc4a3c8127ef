import { isColumn } from "../../kinds";
import { QueryError, RunbookError } from "../../errors";
import type { Source } from "../../source/guarded";
import type { Side } from "../../ledger";
import { trustQuery } from "../../sql/trusted";
import { makeDriftKey, type Drift } from "../drift";
import { applyViolations } from "./severity";
import type { SchemaObject, Snapshot } from "../read/snapshot";
import { quotePlace, quoteName } from "../../sql/quote";

/** A rule that one side lacks, and the read that counts which of its rows break it, up to `MANY`. */
interface Question {
  drift: Drift;
  sql: string;
}

/** Where so many rows break a rule, one more says nothing; and a table of so many rows is not read for it. */
const MANY = 1_000;
const TOO_MANY = 20_000_000;

/**
 * The drift with what the rows say of each rule that one side lacks: how many break it already (`violations`), and as
 * grave as that makes it. One question to a side that lacks any; where it fails, each rule by itself; what cannot be
 * counted stays as it was. Only counts are asked for.
 */
export async function addViolations(
  drift: Drift[],
  snapshots: Record<Side, Snapshot>,
  sources: Record<Side, Source>,
): Promise<Drift[]> {
  const counted = new Map<Drift, number>();
  await Promise.all(
    (["production", "local"] as const).map(async (side) => {
      const questions = listQuestions(drift, side, snapshots);
      const counts = await count(sources[side], questions);
      questions.forEach((question, at) => counts[at] !== undefined && counted.set(question.drift, counts[at]!));
    }),
  );
  return drift.map((each) => (counted.has(each) ? applyViolations(each, counted.get(each)!) : each));
}

async function count(source: Source, questions: Question[]): Promise<(number | undefined)[]> {
  if (questions.length === 0) return [];
  const statement =
    `select * from ` +
    `(${questions.map(({ sql }, at) => `select ${at} as rule, (${sql}) as violations`).join("\nunion all\n")}) ` +
    `counted order by rule`;
  try {
    return (await source.ask(trustQuery(statement))).cells.map(([, violations]) => Number(violations));
  } catch (error) {
    // a rule that calls what may not be called, or a table that may not be read
    if (!(error instanceof QueryError || error instanceof RunbookError)) throw error;
    if (questions.length === 1) return [undefined];
    const half = Math.ceil(questions.length / 2);
    return [...(await count(source, questions.slice(0, half))), ...(await count(source, questions.slice(half)))];
  }
}

/** The rules that this side lacks, and the other has, on tables and columns that are there. */
export function listQuestions(drift: Drift[], side: Side, snapshots: Record<Side, Snapshot>): Question[] {
  const other = side === "production" ? "local" : "production";
  const objects = new Map(snapshots[other].objects.map((object) => [makeDriftKey(object), object]));
  const relations = new Map(
    [...snapshots[side].relations.values()].map((relation) => [quotePlace(relation), relation]),
  );
  const here = (table: SchemaObject) => relations.get(quotePlace(table));
  return drift.flatMap((each) => {
    const lacks =
      each.status === `only in ${other}` ||
      (isColumn(each.kind) && each.differs?.includes("not null") && each[other]?.nullable === false);
    const object = lacks ? objects.get(makeDriftKey(each)) : undefined;
    const table = object?.relation && here(object.relation);
    if (!object || !table || table.attributes.unreadable || Number(table.attributes.rows ?? 0) > TOO_MANY) return [];
    const columns = new Set((snapshots[side].columns.get(table) ?? []).map(({ name }) => name));
    const rows = RULES[object.kind]?.(object, table, columns, here);
    return rows ? [{ drift: each, sql: `select count(*) from (${rows} limit ${MANY}) rows` }] : [];
  });
}

type Rule = (
  object: SchemaObject,
  table: SchemaObject,
  columns: Set<string>,
  here: (table: SchemaObject) => SchemaObject | undefined,
) => string | undefined;

const twice: Rule = ({ attributes }, table, columns) => {
  const keys = attributes.columns as string[] | undefined;
  if (!keys?.length || !keys.every((key) => columns.has(key))) return undefined;
  const list = keys.map(quoteName).join(", ");
  return `select 1 from ${quotePlace(table)} where (${list}) is not null group by ${list} having count(*) > 1`;
};

/** A select of the rows that break the rule, by its kind; nothing where they cannot be told. */
const RULES: Record<string, Rule> = {
  column: ({ name }, table, columns) =>
    columns.has(name) ? `select 1 from ${quotePlace(table)} where ${quoteName(name)} is null` : undefined,
  "primary key": twice,
  "unique constraint": twice,
  index: (object, table, columns, here) =>
    /^CREATE UNIQUE INDEX [^(]* \([^()]*\)$/.test(String(object.attributes.definition))
      ? twice(object, table, columns, here)
      : undefined,
  "check constraint": ({ attributes }, table, columns) => {
    const [, rule] = /^CHECK \((.*)\)(?: NO INHERIT)?(?: NOT VALID)?$/s.exec(String(attributes.definition)) ?? [];
    const known = ((attributes.columns ?? []) as string[]).every((column) => columns.has(column));
    return rule && known ? `select 1 from ${quotePlace(table)} where not (${rule})` : undefined;
  },
  "foreign key": ({ attributes, relation }, table, columns, here) => {
    const own = attributes.columns as string[];
    const [, listed] = /REFERENCES [^(]*\((.*?)\)/s.exec(String(attributes.definition)) ?? [];
    const reference = String(attributes.references ?? "");
    const at = reference.lastIndexOf(".");
    const target = here({
      kind: "table",
      schema: at < 0 ? relation!.schema : reference.slice(0, at),
      table: null,
      name: reference.slice(at + 1),
      attributes: {},
    });
    if (!listed || !target || target.attributes.unreadable || !own.every((column) => columns.has(column)))
      return undefined;
    const theirs = listed.match(/"(?:[^"]|"")*"|[^",\s]+/g) ?? [];
    const joined = theirs.map((column, position) => `r.${column} = t.${quoteName(own[position])}`).join(" and ");
    return (
      `select 1 from ${quotePlace(table)} t where ` +
      `${own.map((column) => `t.${quoteName(column)} is not null`).join(" and ")} and not exists (select 1 ` +
      `from ${quotePlace(target)} r where ${joined})`
    );
  },
};
