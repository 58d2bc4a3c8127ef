import { isSequence } from "../../kinds";
import { quoteLiteral, quoteName } from "../../sql/quote";
import type { Severity, Side } from "../../ledger";
import type { Snapshot } from "../read/snapshot";

/** Something about one side's schema that breaks things, whatever the other side has. */
export interface Trouble {
  side: Side;
  kind: string;
  schema: string | null;
  table: string | null;
  name: string;
  severity: Severity;
  text: string;
  /**
   * The attribute of the catalog that says so, its value in a word, and what a side without the fault shows instead.
   */
  attribute: string;
  value: string;
  sound: string;
}

/**
 * What is out of order on one side by itself: invalid indexes, rules that do not hold, views that were never filled.
 */
export function findTroubles(side: Side, snapshot: Snapshot): Trouble[] {
  return snapshot.objects.flatMap((object) =>
    CHECKS.filter(
      ({ attribute, holds }) => attribute in object.attributes && (holds?.(object.attributes[attribute]) ?? true),
    ).map(({ severity, text, attribute, value, sound }) => ({
      side,
      kind: object.kind,
      schema: object.schema,
      table: object.table,
      name: object.name,
      severity,
      text,
      attribute,
      value,
      sound,
    })),
  );
}

interface HealthCheck extends Pick<Trouble, "attribute" | "severity" | "text" | "value" | "sound"> {
  holds?: (value: unknown) => boolean;
}

const CHECKS: HealthCheck[] = [
  {
    attribute: "invalid",
    value: "not valid",
    sound: "valid",
    severity: "high",
    text: "The index is not valid: no query uses it, and it enforces nothing. Drop it and build it again.",
  },
  {
    attribute: "definition",
    value: "not validated",
    sound: "validated",
    holds: (value) => / NOT VALID$/.test(String(value)),
    severity: "medium",
    text: "The constraint was never validated: rows from before it may break it.",
  },
  {
    attribute: "not null not validated",
    value: "not validated",
    sound: "validated",
    severity: "medium",
    text: "That the column is not null was never validated: rows from before it may have no value.",
  },
  {
    attribute: "triggers disabled",
    value: "disabled",
    sound: "enabled",
    severity: "critical",
    text: "The foreign key's triggers are disabled: it enforces nothing.",
  },
  {
    attribute: "enabled",
    value: "disabled",
    sound: "enabled",
    holds: (value) => value === "D",
    severity: "high",
    text: "It is disabled: it does nothing.",
  },
  {
    attribute: "not populated",
    value: "never filled",
    sound: "filled",
    severity: "high",
    text: "The materialized view was never filled: every query of it fails.",
  },
  {
    attribute: "collation version mismatch",
    value: "of another version",
    sound: "of the same version",
    severity: "high",
    text: "The database's collation is of another version than the server's library: indexes on text may be out of order.",
  },
  {
    attribute: "version mismatch",
    value: "of another version",
    sound: "of the same version",
    severity: "high",
    text: "The collation is of another version than the server's library: indexes on it may be out of order.",
  },
];

/**
 * One SELECT that says how far each sequence stands behind the greatest value of the column that it serves; nothing
 * where there is no sequence. Columns: `schema`, `table`, `column`, `sequence`, `last` (what it gave last) and
 * `greatest` (in the column), as text.
 */
export function writeSequenceStatement(snapshot: Snapshot): string | undefined {
  const served = snapshot.objects.filter(
    ({ kind, attributes }) => isSequence(kind) && "owned by" in attributes && !attributes.unreadable,
  );
  const selects = served.map((sequence) => {
    const [table, column] = splitLast(String(sequence.attributes["owned by"]));
    const [schema, name] = table.includes(".") ? splitLast(table) : [sequence.schema ?? "public", table];
    const last = sequence.attributes["last value"] ?? "0";
    return (
      `select ` +
      `${[schema, name, column, sequence.name, last].map((value) => quoteLiteral(String(value))).join(", ")}, ` +
      `(select max(${quoteName(column)})::text from ${quoteName(schema)}.${quoteName(name)})`
    );
  });
  return selects.length
    ? `select * from (${selects.join("\nunion all\n")}) sequences(schema, "table", "column", sequence, last, ` +
        `greatest) where greatest::numeric > last::numeric order by 1, 2, 3`
    : undefined;
}

/** A sequence that stands behind its column, from a row of that answer: the next insert will collide. */
export function describeBehindColumn(
  side: Side,
  row: { schema: string; table: string; column: string; sequence: string; last: string; greatest: string },
): Trouble {
  const text =
    `The sequence stands at ${row.last}, ${row.table}.${row.column} at ${row.greatest}: the next insert will ` +
    `collide with a row that is there.`;
  return {
    side,
    kind: "sequence",
    schema: row.schema,
    table: row.table,
    name: row.sequence,
    severity: "critical",
    text,
    attribute: "last value",
    value: `at ${row.last}, the column at ${row.greatest}`,
    sound: "not behind its column",
  };
}

function splitLast(path: string): [string, string] {
  const at = path.lastIndexOf(".");
  return [path.slice(0, at), path.slice(at + 1)];
}
