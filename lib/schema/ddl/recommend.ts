import { loadModule } from "libpg-query";
import {
  isColumn,
  isConstraint,
  isIndex,
  isPartition,
  isPrimaryKey,
  isSequence,
  isTable,
  isUniqueConstraint,
} from "../../kinds";
import type { Side } from "../../ledger";
import { unfoldPartitions } from "../compare/partitions";
import { findDifferences } from "../compare/compare";
import { dropConsequences } from "../compare/consequence";
import { makeView } from "../compare/view";
import type { Difference, Drift } from "../drift";
import { type SchemaObject, type Snapshot, describeObject } from "../read/snapshot";
import { createStatements } from "./create";
import { nameRelation } from "./name";
import { findDependencies } from "./dependency";
import { rankOf, sortByNeed } from "./order";
import { type Group, planSteps } from "./steps";
import { quoteName } from "../../sql/quote";

/** DDL that makes one object of this side match the other's. Never executed there by us. */
export interface Recommendation {
  /** What it mends: `column licenses.portal_username`. */
  about: string;
  kind: string;
  schema: string | null;
  table: string | null;
  name: string;
  /**
   * Complete statements, in the order in which they are executed; what would take data away only ever as a comment.
   * None where it is done by hand.
   */
  statements: string[];
  /** The statements for a reader; the first line says on which side they are to be run. */
  sql: string;
  /** What can go wrong, and what waits meanwhile. */
  hazard: string;
  verify: string;
  /** Whether nothing of it remains when the statements have run. */
  mends: boolean;
  /** Why no statement can be written for it, where none can. */
  byHand?: string;
}

/**
 * What would make `side` like the other, in an order that works from top to bottom in one pass; what stands there as
 * a comment alone comes last, and works in the same way. What a pending migration will mend needs nothing:
 * `explained` is the drift with its explanations.
 */
export async function recommend(
  side: Side,
  production: Snapshot,
  local: Snapshot,
  explained: Drift[] = [],
): Promise<Recommendation[]> {
  await loadModule();
  const views = { production: makeView(production), local: makeView(local) };
  const other = side === "production" ? "local" : "production";
  const { differences } = findDifferences(views, { believing: false });
  const pending = explained
    .flatMap(unfoldPartitions)
    .filter(
      ({ explanation, status }) =>
        /^(pending|unrecorded)$/.test(explanation?.state ?? "") && status !== `only in ${side}`,
    );
  const told = new Set(dropConsequences(differences, views));
  const isAwaited = (difference: Difference) => isMendedByUpgrade((difference[other] ?? difference[side])!, pending);
  const groups = planSteps({
    here: views[side],
    there: views[other],
    pairs: differences.flatMap(({ [side]: here, [other]: there }) =>
      here && there ? [[here, there] as [SchemaObject, SchemaObject]] : [],
    ),
    changes: differences
      .filter((difference) => !difference.informationOnly && !isAwaited(difference))
      .filter(
        (difference) =>
          !(difference.production && difference.local) ||
          told.has(difference) ||
          followsAKey(difference) ||
          isOwnSequence(difference),
      )
      .map(({ [side]: here, [other]: there, differs, rename }) => ({ here, there, differs, rename })),
    awaited: new Set(
      differences.flatMap((difference) => (!difference[side] && isAwaited(difference) ? [difference[other]!] : [])),
    ),
  });
  return groups.flatMap((group) => tellGroup(group, side));
}

/** A group's statements stand with its first change; the others that it mends name that. */
function tellGroup({ changes, statements, isComment, byHand }: Group, side: Side): Recommendation[] {
  return changes.map(({ here, there, rename }, at): Recommendation => {
    const object = (there ?? here)!;
    const own = at > 0 ? [] : isComment ? statements.map((sql) => sql.replace(/^/gm, "-- ")) : statements;
    const first = describeObject((changes[0].there ?? changes[0].here)!);
    const lines = [
      `-- on ${side}`,
      ...(rename && !here ? [`-- Perhaps it is ${rename.name} under another name: then rename that instead.`] : []),
      ...(byHand ? [`-- ${describeObject(object)} has to be made by hand: ${byHand}.`] : []),
      ...(at > 0 && !byHand ? [`-- It comes with the statements for ${first}.`] : []),
      ...own,
    ];
    return {
      about: describeObject(object),
      kind: object.kind,
      schema: object.schema,
      table: object.table,
      name: object.name,
      statements: own,
      sql: lines.join("\n"),
      hazard: byHand ? "It is done by hand." : at > 0 ? `See ${first}.` : findHazards(own),
      verify: writeVerification(object),
      mends: !isComment && !byHand,
      ...(byHand ? { byHand } : {}),
    };
  });
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

/**
 * The statements that make the whole schema again, in an order that mostly works: what fails is to be tried again
 * when the rest is there. The parser has to be loaded.
 */
export function rebuildStatements(snapshot: Snapshot): string[] {
  const view = makeView(snapshot);
  const { wants } = findDependencies(view);
  const isColumnOfNew = (object: SchemaObject) => isColumn(object.kind) && !isPartition(object.relation?.kind);
  const objects = snapshot.objects.filter((object) => !isColumnOfNew(object));
  return sortByNeed(objects, wants, (a, b) => rankOf(a) - rankOf(b)).flatMap((object) =>
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

/** A key that goes leaves its columns without nulls. */
function followsAKey({ production, differs }: Difference): boolean {
  const relation = production?.relation;
  return (
    isColumn(production?.kind) &&
    differs.join() === "not null" &&
    !isPartition(relation?.kind) &&
    relation?.attributes.inherits === undefined
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
    "May rewrite the whole table and its indexes under an exclusive lock; fails where a value does not fit " +
      "the new type.",
  ],
  [/set not null/, "Reads the whole table under an exclusive lock; fails where a row has no value."],
  [
    /add constraint .* FOREIGN KEY/,
    "Blocks writes to both tables for a moment; validating reads the whole table, and fails where a row " +
      "points nowhere.",
  ],
  [
    /add constraint .* CHECK/,
    "Takes an exclusive lock for a moment; validating reads the whole table, and fails where a row breaks the rule.",
  ],
  [/add constraint/, "Builds an index under an exclusive lock; fails where two rows are equal."],
  [/validate constraint/, "Reads the whole table beside normal work; fails where a row breaks the rule."],
  [
    /^CREATE UNIQUE INDEX/,
    "Builds an index beside normal work, not within a transaction; fails, and leaves an invalid index, " +
      "where two rows are equal.",
  ],
  [
    /^CREATE INDEX/,
    "Builds an index beside normal work, not within a transaction; it takes as long as reading the table.",
  ],
  [/add value/, "Cannot be taken back, and the value cannot be used in the transaction that adds it."],
  [/^create table/, "Nothing that is there is touched."],
  [/row level security|policy/, "Who may see which rows changes at once."],
  [/trigger/, "Every write to the table takes the new way at once."],
  [/create or replace/, "Whoever calls it gets the new one at once."],
  [/^grant|^revoke/, "Who may do what changes at once."],
  [/set (logged|unlogged)/, "Rewrites the whole table under an exclusive lock."],
  [/refresh materialized view/, "Nobody can read the view while it is filled."],
];

function findHazards(sql: string[]): string {
  const found = sql
    .map((statement) => HAZARDS.find(([pattern]) => pattern.test(statement))?.[1])
    .filter((text): text is string => text !== undefined);
  return [...new Set(found)].join(" ") || "Takes a lock for a moment.";
}

/** A read that tells whether it can be done, or whether it was. */
function writeVerification(object: SchemaObject): string {
  const again = "Run npx runbook drift again: it is no longer listed.";
  if (isColumn(object.kind) && object.attributes["not null"])
    return (
      `Before: select count(*) from ${nameRelation(object)} where ${quoteName(object.name)} is null; must ` +
      `give 0 where the column is there. ${again}`
    );
  if (isPrimaryKey(object.kind) || isUniqueConstraint(object.kind)) {
    const columns = (object.attributes.columns as string[]).map(quoteName).join(", ");
    return (
      `Before: select ${columns}, count(*) from ${nameRelation(object)} group by ${columns} having count(*) > ` +
      `1; must give no row. ${again}`
    );
  }
  if (isConstraint(object.kind))
    return (
      `After: select convalidated from pg_constraint where conname = '${object.name.replace(/'/g, "''")}'; ` +
      `must be true. ${again}`
    );
  if (isIndex(object.kind))
    return (
      `After: select indisvalid from pg_index where indexrelid = ` +
      `'${nameRelation({ ...object, relation: undefined, table: null }).replace(/'/g, "''")}'::regclass; must ` +
      `be true. ${again}`
    );
  return again;
}
