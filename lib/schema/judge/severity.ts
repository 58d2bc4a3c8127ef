import { holdsRows, isColumn, isIndex, isTable } from "../../kinds";
import type { Severity } from "../../ledger";
import type { Drift } from "../drift";

export interface Facts {
  /** Nothing but names, order and owners differ. */
  informationOnly: boolean;
  /** The planner's estimate of the rows of the table in question. */
  rows: { production?: number; local?: number };
}

/** How grave a difference is, by what follows from it. The first rule that fits decides. */
export function judgeSeverity(drift: Drift, facts: Facts): { severity: Severity; why: string } {
  const { severity, why } = RULES.find(({ fits }) => fits(drift, facts))!;
  return { severity, why };
}

/**
 * The same difference, as grave as the migrations' word makes it: what an upgrade will never mend is worse than what
 * it will.
 */
export function aggravate(drift: Drift): Drift {
  const never =
    drift.explanation?.state === "phantom" &&
    drift.status === "only in local" &&
    (isTable(drift.kind) || isColumn(drift.kind));
  return never
    ? {
        ...drift,
        severity: "critical",
        why: `${drift.why} No upgrade will mend it: production records the revision as applied.`,
      }
    : drift;
}

/**
 * The same difference, as grave as the rows make it that are there: how many of the side that lacks a rule break it
 * already.
 */
export function applyViolations(drift: Drift, violations: number): Drift {
  if (violations === 0 && drift["enforced by"] !== undefined) return { ...drift, violations };
  if (violations === 0) return { ...drift, violations, why: `${drift.why} No row breaks it yet.` };
  const side = isColumn(drift.kind)
    ? drift.production?.nullable === false
      ? "local"
      : "production"
    : drift.status === "only in local"
      ? "production"
      : "local";
  const rows = `${violations >= 1_000 ? "1,000 rows or more" : violations === 1 ? "1 row" : `${violations} rows`} of ${side}`;
  const why = `${drift.why} ${rows} break${violations === 1 ? "s" : ""} it already: it cannot be added before they are mended.`;
  return { ...drift, violations, severity: side === "production" ? "critical" : drift.severity, why };
}

/** A table of this many rows is not read from end to end without anybody's noticing. */
const LARGE = 100_000;

interface Rule {
  fits: (drift: Drift, facts: Facts) => boolean;
  severity: Severity;
  why: string;
}

const rule = (severity: Severity, why: string, fits: Rule["fits"]): Rule => ({ fits, severity, why });

const is =
  (...kinds: string[]) =>
  ({ kind }: Drift) =>
    kinds.includes(kind);
const lacks =
  (side: "production" | "local") =>
  ({ status }: Drift) =>
    status === (side === "production" ? "only in local" : "only in production");
const differs =
  (...attributes: string[]) =>
  (drift: Drift) =>
    attributes.some((attribute) => drift.differs?.includes(attribute));
const all =
  (...conditions: Rule["fits"][]): Rule["fits"] =>
  (drift, facts) =>
    conditions.every((condition) => condition(drift, facts));

const hasRows = ({ kind }: Drift) => holdsRows(kind);
const isConstraint = is("unique constraint", "check constraint", "foreign key", "exclusion constraint");
const isViewThere = is("view", "materialized view");
const isFunctionThere = is("function", "procedure", "aggregate");
/** What acts by itself when something happens. */
const isReaction = is("trigger", "rule", "event trigger");
const isType = is("enum", "domain", "composite type", "range type", "base type", "shell type");
const isUnique = ({ kind, production, local }: Drift) =>
  isIndex(kind) && /^CREATE UNIQUE/.test(String((production ?? local)?.definition));
const isUniqueIndex = (attributes: Drift["production"]) => /^CREATE UNIQUE/.test(String(attributes?.definition));
/**
 * A constraint's definition without what it does not demand of rows: when it is checked, what its index holds beside.
 */
const keysOf = (attributes: Drift["production"]) =>
  String(attributes?.definition).replace(/ INCLUDE \([^)]*\)| NOT VALID| DEFERRABLE| INITIALLY DEFERRED/g, "");
const hasSameKeys = (drift: Drift) =>
  drift.status === "changed" && !differs("invalid")(drift) && keysOf(drift.production) === keysOf(drift.local);
const differsInActions = (drift: Drift) => {
  const [one, other] = [drift.production, drift.local].map((side) =>
    keysOf(side).replace(/ ON (DELETE|UPDATE) (CASCADE|RESTRICT|NO ACTION|SET (NULL|DEFAULT)( \([^)]*\))?)/g, ""),
  );
  return drift.status === "changed" && differs("definition")(drift) && one === other;
};
const differsInValidation = ({ differs, production, local }: Drift) => {
  const [one, other] = [production, local].map((side) => String(side?.definition).replace(/ NOT VALID$/, ""));
  return differs?.join() === "definition" && one === other;
};

const RULES: Rule[] = [
  rule("info", "Nothing works otherwise because of it.", (_, { informationOnly }) => informationOnly),

  rule("high", "Code that reads or writes the table fails in production.", all(hasRows, lacks("production"))),
  rule("medium", "Production holds a table that local knows nothing of.", all(hasRows, lacks("local"))),
  rule(
    "critical",
    "One side hides rows from those who may not see them, the other shows them.",
    all(hasRows, differs("row security", "forced row security")),
  ),
  rule("high", "An unlogged table is empty after a crash.", all(hasRows, differs("unlogged"))),
  rule(
    "high",
    "Rows go into other partitions, or into none.",
    all(hasRows, differs("kind", "partitioned by", "bounds", "partition of", "inherits")),
  ),
  rule("medium", "The table is stored or replicated in another way.", hasRows),

  rule("high", "Code that reads or writes the column fails in production.", all(is("column"), lacks("production"))),
  rule(
    "high",
    "Production demands a value for a column that local's code does not know.",
    all(
      is("column"),
      lacks("local"),
      ({ production }) => production?.nullable === false && production.default === null && !production.identity,
    ),
  ),
  rule("medium", "Production holds values in a column that local knows nothing of.", all(is("column"), lacks("local"))),
  rule(
    "high",
    "What fits into the column locally does not fit in production.",
    all(
      is("column"),
      differs("type"),
      ({ production, local }) => measureWidth(production?.type) < measureWidth(local?.type),
    ),
  ),
  rule(
    "high",
    "The column holds another kind of value.",
    all(
      is("column"),
      differs("type"),
      ({ production, local }) => getBaseType(production?.type) !== getBaseType(local?.type),
    ),
  ),
  rule("medium", "The column takes longer values in production than locally.", all(is("column"), differs("type"))),
  rule(
    "high",
    "Rows without a value are accepted locally and refused in production.",
    all(is("column"), differs("not null"), ({ production }) => production?.nullable === false),
  ),
  rule(
    "medium",
    "Production can hold rows without a value, which local's code does not expect.",
    all(is("column"), differs("not null")),
  ),
  rule("high", "New rows get another value, or none.", all(is("column"), differs("default", "identity", "generated"))),
  rule("high", "Text sorts and compares in another way.", all(is("column"), differs("collation"))),
  rule("medium", "The column is stored or estimated in another way.", is("column")),

  rule(
    "critical",
    "Without its primary key a table takes the same row twice.",
    all(is("primary key"), lacks("production")),
  ),
  rule("high", "Local takes the same row twice, which production refuses.", all(is("primary key"), lacks("local"))),
  rule(
    "medium",
    "The same rows are refused, at another moment or by an index that is stored in another way.",
    all(is("primary key", "unique constraint"), hasSameKeys),
  ),
  rule("high", "The two sides do not tell rows apart by the same key.", is("primary key")),
  rule("high", "Rows that break the rule can be written in production.", all(isConstraint, lacks("production"))),
  rule("medium", "Local accepts rows that production refuses.", all(isConstraint, lacks("local"))),
  rule(
    "critical",
    "The foreign key's triggers are disabled in production: it enforces nothing.",
    all(
      is("foreign key"),
      differs("triggers disabled"),
      ({ production }) => production?.["triggers disabled"] === true,
    ),
  ),
  rule(
    "high",
    "The rule stands there and is not enforced.",
    all(isConstraint, differs("triggers disabled", "invalid")),
  ),
  rule(
    "medium",
    "It was never validated on one side: rows from before it may break it there.",
    all(isConstraint, differsInValidation),
  ),
  rule(
    "high",
    "When a row that others refer to is deleted or changed, something else happens to those, or at another moment.",
    all(is("foreign key"), differsInActions),
  ),
  rule(
    "medium",
    "The index behind the constraint is stored in another way.",
    all(isConstraint, (drift) => drift.differs?.join() === "storage options"),
  ),
  rule("high", "The two sides accept different rows.", isConstraint),
  rule(
    "high",
    "Rows that are equal in a unique index can be written in production.",
    all(isUnique, lacks("production")),
  ),
  rule("medium", "Local accepts rows that are equal in production's unique index.", all(isUnique, lacks("local"))),
  rule("high", "An index that is not valid serves no query.", all(is("index"), differs("invalid"))),
  rule(
    "high",
    "Queries read a large table from end to end in production.",
    all(is("index"), lacks("production"), (_, { rows }) => (rows.production ?? 0) >= LARGE),
  ),
  rule(
    "high",
    "Rows that are equal in the index are refused on one side and written on the other.",
    all(
      is("index"),
      ({ production, local }) => isUniqueIndex(production) !== isUniqueIndex(local),
      differs("definition"),
    ),
  ),
  rule("medium", "Queries find their rows in another way.", is("index")),

  rule(
    "high",
    "Writing a value that production's type does not know fails.",
    all(is("enum"), ({ production, local }) => isMissingValues(local?.values, production?.values)),
  ),
  rule(
    "medium",
    "Local's type does not know every value that production's can hold, or sorts them otherwise.",
    all(is("enum"), differs("values")),
  ),
  rule(
    "medium",
    "Nothing fails because of it; what people and tools read about the object differs.",
    (drift) => drift.differs?.join() === "comments within",
  ),
  rule("medium", "Production has a type that local knows nothing of.", all(isType, lacks("local"))),
  rule("high", "What is declared with the type cannot be there in production.", all(isType, lacks("production"))),
  rule("medium", "Values of the type are checked or stored in another way.", isType),

  rule(
    "high",
    "It fires on one side and not on the other.",
    all(is("trigger", "rule", "event trigger"), differs("enabled")),
  ),
  rule("high", "Code that reads it fails in production.", all(isViewThere, lacks("production"))),
  rule("medium", "Production has a view that local knows nothing of.", all(isViewThere, lacks("local"))),
  rule("high", "Reading it gives something else on either side.", isViewThere),
  rule("high", "Code that calls it fails in production.", all(isFunctionThere, lacks("production"))),
  rule("medium", "Production has a function that local knows nothing of.", all(isFunctionThere, lacks("local"))),
  rule("high", "Calling it does, or may do, something else on either side.", isFunctionThere),
  rule(
    "high",
    "What it does to rows or commands locally does not happen in production.",
    all(isReaction, lacks("production")),
  ),
  rule(
    "high",
    "What it does to rows or commands in production does not happen locally.",
    all(isReaction, lacks("local")),
  ),
  rule("high", "It does something else on either side, or at another moment.", isReaction),
  rule("high", "Code that takes a value from it fails in production.", all(is("sequence"), lacks("production"))),
  rule("medium", "Production has a sequence that local knows nothing of.", all(is("sequence"), lacks("local"))),
  rule("medium", "It gives other values, or keeps them in another way.", is("sequence")),
  rule("medium", "The planner estimates rows in another way.", is("statistics")),
  rule("medium", "Other changes are replicated, or to another place.", is("publication", "subscription")),
  rule(
    "medium",
    "What is read through it comes from another place, or under another name.",
    is("foreign data wrapper", "foreign server", "user mapping"),
  ),
  rule("critical", "Rows are shown to those who may not see them, or hidden from those who may.", is("policy")),
  rule(
    "high",
    "Everyone may do in one place what is not for everyone in the other.",
    all(is("privilege"), ({ name }) => name === "public" || name.startsWith("public on ")),
  ),
  rule("medium", "A role may do in one place what it may not in the other.", is("privilege", "default privilege")),
  rule("high", "What the extension brings is missing in production.", all(is("extension"), lacks("production"))),
  rule("high", "Everything in the schema is missing in production.", all(is("schema"), lacks("production"))),
  rule(
    "high",
    "Sessions behave in another way from their first statement on.",
    all(is("database setting"), ({ name }) =>
      /^(search_path|timezone|role|default_transaction|session_replication_role|row_security)/i.test(name),
    ),
  ),
  rule(
    "medium",
    "Nothing fails because of it; what people and tools read about the object differs.",
    is("comment", "security label"),
  ),
  rule("medium", "What uses it locally fails or works otherwise in production.", lacks("production")),
  rule("medium", "Production has something that local knows nothing of.", lacks("local")),
  rule("medium", "The two sides do not behave alike.", () => true),
];

function isMissingValues(wanted: unknown, held: unknown): boolean {
  return Array.isArray(wanted) && Array.isArray(held) && wanted.some((value) => !held.includes(value));
}

const WIDTHS: Record<string, number> = { smallint: 2, integer: 4, bigint: 8, real: 4, "double precision": 8 };

/** How much a type holds, among types of one kind. */
function measureWidth(type: unknown): number {
  const text = String(type);
  return WIDTHS[text] ?? Number(/\((\d+)/.exec(text)?.[1] ?? Infinity);
}

function getBaseType(type: unknown): string {
  const text = String(type).replace(/\(.*?\)/, "");
  return /^(varchar|text|char)$/.test(text) ? "text" : /^(smallint|integer|bigint)$/.test(text) ? "whole number" : text;
}
