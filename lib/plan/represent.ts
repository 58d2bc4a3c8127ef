import type { Side } from "../ledger";
import type { Drift } from "../schema/drift";
import type { Scratch } from "../schema/prove/scratch";
import { describeObject, type Snapshot, type SchemaObject } from "../schema/read/snapshot";
import { makeDriftKey } from "../schema/drift";
import { quotePlace, quoteName } from "../sql/quote";
import type { PlanInput } from "./context";

/** A rule that rows break today, and whether a row of our own stands for them in the scratch database. */
export interface Represented {
  about: string;
  rows: number;
  isRepresented: boolean;
  /** Statements that take the row away again. */
  takeAway: string[];
}

/** Values by type that rules are often about; none is anybody's. */
const CANDIDATES: [RegExp, string[]][] = [
  [/^(smallint|integer|bigint|numeric|real|double)/, ["-1", "0", "1", "1000000"]],
  [/^(date|timestamp)/, ["'1900-01-01'", "'2000-01-01'", "'2999-01-01'"]],
  [/^bool/, ["false", "true"]],
  [/^uuid/, ["'00000000-0000-0000-0000-000000000000'"]],
  [/^json/, ["'{}'"]],
  [/^inet/, ["'127.0.0.1'"]],
  [/^bytea/, ["''"]],
  [/\[\]$/, ["'{}'"]],
  [/^interval/, ["'-1 day'", "'1 day'"]],
  [/^(varchar|text|char|citext)/, ["''", "'x'", "'?'"]],
];
const TRIES = 60;

/**
 * For each rule that this side lacks and rows of it break today, one row of the scratch database that breaks it too.
 */
export async function insertRowsThatBreakRules(
  side: Side,
  { drift, snapshots }: PlanInput,
  scratch: Scratch,
): Promise<Represented[]> {
  const other = side === "production" ? "local" : "production";
  const broken = drift.filter(({ violations, status }) => (violations ?? 0) > 0 && status !== `only in ${side}`);
  const represented: Represented[] = [];
  for (const one of broken) {
    const rule = snapshots[other].objects.find((object) => makeDriftKey(object) === makeDriftKey(one));
    const table = [...snapshots[side].relations.values()].find(
      ({ schema, name }) => schema === one.schema && name === one.table,
    );
    const row = rule && table ? await insertBreaking(one, rule, table, snapshots[side], scratch) : false;
    // the row of ours is the only one: a scratch database has no other
    const takeAway = table
      ? [
          "set session_replication_role = replica",
          `delete from ${quotePlace(table)}`,
          "set session_replication_role = default",
        ]
      : [];
    represented.push({ about: describeObject(one), rows: one.violations!, isRepresented: row, takeAway });
  }
  return represented;
}

async function insertBreaking(
  drift: Drift,
  rule: SchemaObject,
  table: SchemaObject,
  snapshot: Snapshot,
  scratch: Scratch,
): Promise<boolean> {
  const columns = (snapshot.columns.get(table) ?? []).filter(
    ({ attributes }) => !attributes.generated && !attributes.identity,
  );
  const about = drift.kind === "column" ? [drift.name] : ((rule.attributes.columns ?? []) as string[]);
  const isUnique = /^(primary key|unique constraint|index)$/.test(drift.kind);
  const mustBeNull = drift.kind === "column";
  const definition = /^CHECK \((.*)\)(?: NO INHERIT)?(?: NOT VALID)?$/s.exec(
    String(rule.attributes.definition ?? ""),
  )?.[1];
  const combinations = listCombinations(
    columns.filter(({ name }) => about.includes(name)),
    mustBeNull,
  );
  const variants = [0, 1, 2, 3].flatMap((variant) => combinations.map((values) => ({ variant, values })));
  for (const { variant, values } of variants) {
    const given = columns.flatMap((column) => {
      const own = values.get(column.name);
      if (own !== undefined) return [[column.name, own] as const];
      const needed = column.attributes["not null"] && column.attributes.default === undefined;
      return needed ? [[column.name, listCandidates(column).at(variant) ?? listCandidates(column)[0]] as const] : [];
    });
    const insert =
      `insert into ${quotePlace(table)} (${given.map(([name]) => quoteName(name)).join(", ")}) values ` +
      `(${given.map(([, value]) => value).join(", ")})`;
    const times = isUnique ? 2 : 1;
    const test = definition
      ? `do $test$ begin if not exists (select from ${quotePlace(table)} where not (${definition})) then ` +
        `raise exception 'keeps the rule'; end if; end $test$`
      : undefined;
    try {
      await scratch.execute("begin; set local session_replication_role = replica");
      for (let time = 0; time < times; time += 1) await scratch.execute(insert);
      if (test) await scratch.execute(test);
      await scratch.execute("commit");
      return true;
    } catch {
      await scratch.execute("rollback");
    }
  }
  return false;
}

/** Combinations of values of the columns that the rule is about, so many as are worth a try. */
function listCombinations(columns: SchemaObject[], mustBeNull: boolean): Map<string, string>[] {
  let combined: Map<string, string>[] = [new Map()];
  for (const column of columns) {
    const values = mustBeNull ? ["null"] : listCandidates(column);
    combined = combined
      .flatMap((one) => values.map((value) => new Map([...one, [column.name, value]])))
      .slice(0, TRIES);
  }
  return combined;
}

function listCandidates({ attributes }: SchemaObject): string[] {
  const type = String(attributes.type);
  return CANDIDATES.find(([pattern]) => pattern.test(type))?.[1] ?? ["null"];
}
