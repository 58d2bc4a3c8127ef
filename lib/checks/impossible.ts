import type { Severity } from "../ledger";
import { identifier, buildTemplate as sql, type Sql } from "../sql/template";

/** A column of one side, as `sql.readableColumns` and `classified` describe it. */
export interface Column {
  schema: string;
  table: string;
  column: string;
  type: string;
  category: string;
  marks_deleted: boolean;
  estimated_rows: number;
  personal: boolean;
}

/**
 * What makes a value impossible. `wrong` is the condition, where the rule is about such a column; `others` are the
 * harmless columns of its table.
 */
export interface Rule {
  fault: string;
  severity: Severity;
  says: string;
  advice: string;
  wrong(column: Column, others: Column[]): Sql | undefined;
}

/**
 * Two letters of the United States Postal Service: the states, DC, the territories, the freely associated states.
 *
 * @example licenses.filter(among("state", states))
 */
export const states = (
  "AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND " +
  "OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY " +
  "AS GU MP PR VI FM MH PW"
).split(" ");

/** An end and the beginning that it cannot come before. */
const spans = [
  ["expiration_date", "issue_date"],
  ["expires_at", "created_at"],
  ["ends_on", "starts_on"],
  ["end_date", "start_date"],
  ["applies_until", "applies_from"],
  ["finished_at", "started_at"],
  ["resolved_at", "detected_at"],
  ["updated_at", "created_at"],
  ["read_at", "created_at"],
  ["opened_at", "sent_at"],
];

const rules: Rule[] = [
  ...spans.map(([end, begin]): Rule => ({
    fault: `before-${begin}`,
    severity: end === "expiration_date" ? "high" : "medium",
    says: `lies before ${begin}`,
    advice: "Correct the two dates from the source document: what is computed from them is wrong.",
    wrong: (column, others) =>
      column.column === end && isDay(column) && others.some((other) => other.column === begin && isDay(other))
        ? sql`${identifier(end)} < ${identifier(begin)}`
        : undefined,
  })),
  {
    fault: "far-future",
    severity: "high",
    says: "lies more than 50 years ahead",
    advice: "Correct the year: nobody will ever be reminded of such a date.",
    wrong: (column) =>
      isDay(column)
        ? sql`${identifier(column.column)} > now() + interval '50 years' and isfinite(${identifier(column.column)})`
        : undefined,
  },
  {
    fault: "long-past",
    severity: "medium",
    says: "lies before 1900",
    advice: "Correct the year, or make it null where it stands for unknown.",
    wrong: (column) =>
      isDay(column)
        ? sql`${identifier(column.column)} < '1900-01-01' and isfinite(${identifier(column.column)})`
        : undefined,
  },
  {
    fault: "negative",
    severity: "high",
    says: "is below zero",
    advice: "Find out what wrote it, correct the rows, then add a CHECK: sums are too small until then.",
    wrong: (column) => (isAmount(column) ? sql`${identifier(column.column)} < 0` : undefined),
  },
  {
    fault: "unknown",
    severity: "medium",
    says: "is no state, district or territory of the United States",
    advice: "Correct the code: no rule of any board applies to such a row.",
    wrong: (column) => (isStateCode(column) ? sql`${identifier(column.column)} <> all (${states})` : undefined),
  },
];

/**
 * The rules of phase 7. Take some, or add your own.
 *
 * @example await implausible(columns, impossible.filter(({ fault }) => /future/.test(fault)));
 */
export const impossible: readonly Rule[] = rules;

const own = new WeakSet(rules.map((rule) => Object.freeze(rule)));
Object.freeze(rules);

/**
 * Whether a rule is the library's, as it stands here. The condition of any other is judged like a cell's own
 * question.
 */
export function isOwnRule(rule: Rule): boolean {
  return own.has(rule);
}

/** Whether a column's type is one to calculate with. */
export function isNumber({ type }: Pick<Column, "type">): boolean {
  return /^(smallint|integer|bigint|numeric|real|double precision|money)[^[]*$/.test(type);
}

const isDay = ({ type }: Column) => /^(date|timestamp)[^[]*$/.test(type);
const isAmount = (column: Column) =>
  isNumber(column) &&
  /credit|count|bytes|size|score|hours|pages|duration|latency|_ms$|attempts|successes|tokens|cost|amount|total|years|months/.test(
    column.column,
  );
const isStateCode = ({ type, column }: Column) =>
  /^character( varying)?\(2\)$/.test(type) && /(^|_)state$/.test(column);
