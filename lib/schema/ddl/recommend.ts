import { loadModule } from "libpg-query";
import {
  isColumn,
  isConstraint,
  isIndex,
  isPartition,
  isPrimaryKey,
  isRoutine,
  isSequence,
  isTable,
  isUniqueConstraint,
  isView,
  kinds,
  usualRank,
} from "../../kinds";
import type { Side } from "../../ledger";
import { findDifferences } from "../compare/compare";
import { unfoldPartitions } from "../compare/partitions";
import { dropConsequences } from "../compare/consequence";
import { alterStatements, createStatements, dropStatement, relationOf } from "./definition";
import type { Difference, Drift } from "../drift";
import { type View, viewOf } from "../compare/view";
import { type SchemaObject, type Snapshot, title } from "../read/snapshot";
import { BY_HAND } from "./uncommon";
import { quote } from "../../sql/quote";

/** What would bring one thing of a side to what the other side has. Nothing is ever executed on it by us. */
export interface Recommendation {
  /** What it mends: `column licenses.portal_username`. */
  about: string;
  kind: string;
  schema: string | null;
  table: string | null;
  name: string;
  /** Complete statements; a drop only ever as a comment. */
  statements: string[];
  sql: string;
  /** What can go wrong, and what waits meanwhile. */
  hazard: string;
  verify: string;
  /** Whether nothing of it remains when the statements have run. */
  mends: boolean;
}

/**
 * What would make `side` like the other, in an order that works. What a pending migration will mend needs nothing: `explained` is the drift with its explanations.
 */
export async function recommend(
  side: Side,
  production: Snapshot,
  local: Snapshot,
  explained: Drift[] = [],
): Promise<Recommendation[]> {
  await loadModule();
  const views = { production: viewOf(production), local: viewOf(local) };
  const other = side === "production" ? "local" : "production";
  const { differences } = findDifferences(views, { believing: false });
  const pending = explained
    .flatMap(unfoldPartitions)
    .filter(
      ({ explanation, status }) =>
        /^(pending|unrecorded)$/.test(explanation?.state ?? "") && status !== `only in ${side}`,
    );
  const told = new Set(dropConsequences(differences, views));
  const fresh = new Set(differences.filter((difference) => !difference[side]).map((difference) => difference[other]));
  return (
    differences
      .filter(
        (difference) =>
          !difference.informationOnly && !isMendedByUpgrade((difference[other] ?? difference[side])!, pending),
      )
      // what comes with a new table needs no word of its own, what goes with an old one neither
      .filter((difference) =>
        difference[side]
          ? told.has(difference) || isOwnSequence(difference)
          : !(isColumn(difference[other]!.kind) && fresh.has(difference[other]!.relation)),
      )
      .map((difference) => ({
        object: (difference[other] ?? difference[side])!,
        ...statementsFor(difference, side, other, views[other]),
      }))
      .filter(({ sql }) => sql.length > 0)
      .sort(
        (a, b) =>
          Number(b.mends) - Number(a.mends) ||
          rank(a.object, views[other]) - rank(b.object, views[other]) ||
          (title(a.object) < title(b.object) ? -1 : 1),
      )
      .map(({ object, sql, mends }) => ({
        about: title(object),
        kind: object.kind,
        schema: object.schema,
        table: object.table,
        name: object.name,
        statements: sql,
        sql: sql.join("\n"),
        hazard: hazardOf(sql),
        verify: verification(object),
        mends,
      }))
  );
}

/** The same for each of the two sides. */
export async function recommendBoth(
  production: Snapshot,
  local: Snapshot,
  explained: Drift[],
): Promise<Record<Side, Recommendation[]>> {
  return {
    production: await recommend("production", production, local, explained),
    local: await recommend("local", production, local, explained),
  };
}

/** The statements that make the whole schema again, in an order that mostly works: what fails is to be tried again when the rest is there. */
export function rebuildStatements(snapshot: Snapshot): string[] {
  const view = viewOf(snapshot);
  const columnsOfNew = (object: SchemaObject) => isColumn(object.kind) && !isPartition(object.relation?.kind);
  return snapshot.objects
    .filter((object) => !columnsOfNew(object))
    .map((object) => ({ object, rank: rank(object, view) }))
    .sort((a, b) => a.rank - b.rank)
    .flatMap(({ object }) =>
      (createStatements(object, view) ?? []).map((sql) => sql.replace(" INDEX CONCURRENTLY ", " INDEX ")),
    );
}

/** A serial's sequence keeps its type when its column gets another. */
function isOwnSequence({ production, local }: Difference): boolean {
  return (
    isSequence(production?.kind) &&
    local !== undefined &&
    "owned by" in local.attributes &&
    !local.attributes["of identity"]
  );
}

/** Whether a migration that is still to run brings it, or the table or the column that it belongs to. */
function isMendedByUpgrade({ kind, schema, table, name, attributes }: SchemaObject, pending: Drift[]): boolean {
  return pending.some((drift) => {
    if (drift.schema !== schema) return false;
    const place = isTable(drift.kind)
      ? `${drift.name}.`
      : isColumn(drift.kind)
        ? `${drift.table}.${drift.name}`
        : undefined;
    if (place !== undefined && String(attributes["owned by"] ?? "").startsWith(place)) return true;
    if (isTable(drift.kind) && table !== null && drift.table === table) return true;
    if (
      isColumn(drift.kind) &&
      drift.table === table &&
      Array.isArray(attributes.columns) &&
      attributes.columns.includes(drift.name)
    )
      return true;
    return drift.kind === kind && drift.table === table && drift.name === name;
  });
}

function statementsFor(difference: Difference, side: Side, other: Side, view: View): { sql: string[]; mends: boolean } {
  const [here, there] = [difference[side], difference[other]];
  if (!here) {
    const sql = createStatements(there!, view);
    const rename = difference.rename
      ? [`-- Perhaps it is ${difference.rename.name} under another name: then rename that instead.`]
      : [];
    return sql
      ? { sql: sql.length ? [...rename, ...sql] : [], mends: true }
      : {
          sql: [
            `-- ${title(there!)} has to be made by hand${BY_HAND[there!.kind] ? `: ${BY_HAND[there!.kind]}` : ""}.`,
          ],
          mends: false,
        };
  }
  if (!there) return { sql: [`-- ${dropStatement(here)}`], mends: false };
  const sql = alterStatements(here, there, difference.differs);
  if (sql) return { sql, mends: true };
  const again = createStatements(there, view) ?? [];
  return {
    sql: [`-- ${dropStatement(here)}`, ...again.map((statement) => statement.replace(/^/gm, "-- "))],
    mends: false,
  };
}

function rank(object: SchemaObject, view: View): number {
  const position = kinds.get(object.kind)?.rank ?? usualRank;
  const relations = [...view.relations.values()];
  if (isView(object.kind))
    return (
      position +
      relations.filter(
        ({ kind, name }) => isView(kind) && name !== object.name && String(object.attributes.definition).includes(name),
      ).length /
        10_000
    );
  const signature = `${object.attributes.arguments ?? ""} ${object.attributes.returns ?? ""}`;
  return isRoutine(object.kind) && relations.some(({ name }) => signature.includes(name)) ? afterTables : position;
}

/** A function whose signature names a table's row comes between the tables and the views. */
const afterTables = kinds.get("view")!.rank! - 5;

/** What a statement does to a running system, in words. */
const HAZARDS: [RegExp, string][] = [
  [/^-- drop table/, "Deletes the table and its rows for good."],
  [/^-- alter table \S+ drop column/, "Deletes the column's values for good."],
  [/^-- drop/, "What relies on it fails from then on."],
  [
    /^-- alter table .* drop constraint/,
    "Between the two statements the rule does not hold; the second fails where rows violate it.",
  ],
  [/add column .* not null/s, "Fails where the table has rows and the column has no default."],
  [
    /add column .*(gen_random_uuid|random\(|clock_timestamp|generated|identity)/s,
    "Rewrites the whole table under an exclusive lock.",
  ],
  [/add column/, "Takes an exclusive lock for a moment; the table is not rewritten."],
  [
    / type /,
    "May rewrite the whole table and its indexes under an exclusive lock; fails where a value does not fit the new type.",
  ],
  [/set not null/, "Reads the whole table under an exclusive lock; fails where a row has no value."],
  [
    /add constraint .* FOREIGN KEY/,
    "Blocks writes to both tables for a moment; validating reads the whole table, and fails where a row points nowhere.",
  ],
  [
    /add constraint .* CHECK/,
    "Takes an exclusive lock for a moment; validating reads the whole table, and fails where a row breaks the rule.",
  ],
  [/add constraint/, "Builds an index under an exclusive lock; fails where two rows are equal."],
  [/validate constraint/, "Reads the whole table beside normal work; fails where a row breaks the rule."],
  [
    /^CREATE UNIQUE INDEX/,
    "Builds an index beside normal work, not within a transaction; fails, and leaves an invalid index, where two rows are equal.",
  ],
  [
    /^CREATE INDEX/,
    "Builds an index beside normal work, not within a transaction; it takes as long as reading the table.",
  ],
  [/add value/, "Cannot be taken back, and the value cannot be used in the transaction that adds it."],
  [/^create table/, "None for what is there."],
  [/row level security|policy/, "Who may see which rows changes at once."],
  [/trigger/, "Every write to the table takes the new way at once."],
  [/create or replace/, "Whoever calls it gets the new one at once."],
  [/^grant|^revoke/, "Who may do what changes at once."],
  [/set (logged|unlogged)/, "Rewrites the whole table under an exclusive lock."],
  [/refresh materialized view/, "Nobody can read the view while it is filled."],
];

function hazardOf(sql: string[]): string {
  const found = sql
    .map((statement) => HAZARDS.find(([pattern]) => pattern.test(statement))?.[1])
    .filter((text): text is string => text !== undefined);
  return [...new Set(found)].join(" ") || "Takes a lock for a moment.";
}

/** A read that tells whether it can be done, or whether it was. */
function verification(object: SchemaObject): string {
  const again = "Run npx runbook drift again: it is no longer listed.";
  if (isColumn(object.kind) && object.attributes["not null"])
    return `Before: select count(*) from ${relationOf(object)} where ${quote(object.name)} is null; must give 0 where the column is there. ${again}`;
  if (isPrimaryKey(object.kind) || isUniqueConstraint(object.kind)) {
    const columns = (object.attributes.columns as string[]).map(quote).join(", ");
    return `Before: select ${columns}, count(*) from ${relationOf(object)} group by ${columns} having count(*) > 1; must give no row. ${again}`;
  }
  if (isConstraint(object.kind))
    return `After: select convalidated from pg_constraint where conname = '${object.name.replace(/'/g, "''")}'; must be true. ${again}`;
  if (isIndex(object.kind))
    return `After: select indisvalid from pg_index where indexrelid = '${relationOf({ ...object, relation: undefined, table: null }).replace(/'/g, "''")}'::regclass; must be true. ${again}`;
  return again;
}
