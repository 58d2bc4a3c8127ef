import { type Side } from "./ledger";

/**
 * A column as the server describes it: `type` is PostgreSQL's name of it (`int8`, `numeric`, `_text` for a list of
 * text, an enum's own name).
 */
export interface Column {
  name: string;
  type: string;
}

/**
 * What a source answered: exact text, `null` for NULL. `total` counts the rows that the query has, `cells` those that
 * are here.
 */
export interface Answer {
  columns: Column[];
  cells: (string | null)[][];
  total: number;
  bytes: number;
  milliseconds: number;
  requestId?: string;
  /** When it was answered, where it was not asked for anew (ISO 8601). */
  cached?: string;
  /** What is not certain of it, as a sentence. */
  doubt?: string;
  /** Which columns are counts of rows, or made of counts; absent where no table of the database's own was read. */
  counted?: boolean[];
  /** Which of them are counts themselves, whatever their type; where it is absent, those of whole numbers. */
  counts?: boolean[];
  /**
   * How many columns stand behind those that were asked for: counts that small groups are told by, and that nobody is
   * shown.
   */
  added?: number;
}

/** Types of one kind are spelled alike where they mean the same value. */
export type Kind = "integer" | "numeric" | "number" | "boolean" | "date" | "timestamp" | "timestamptz" | "text";

const kinds = new Map<string, Kind>([
  ["int2", "integer"],
  ["int4", "integer"],
  ["int8", "integer"],
  ["oid", "integer"],
  // its text holds digits that a float would lose
  ["numeric", "numeric"],
  ["float4", "number"],
  ["float8", "number"],
  ["bool", "boolean"],
  ["date", "date"],
  ["timestamp", "timestamp"],
  ["timestamptz", "timestamptz"],
]);

/** The kind of a type by PostgreSQL's name of it; what is no other kind is text. */
export function findKind(type: string): Kind {
  return kinds.get(type) ?? "text";
}

/**
 * The columns of both answers whose types no one polars type holds without loss:
 * `[{ name: "a", production: "int4", local: "text" }]`.
 */
export function listDifferingTypes(
  answers: Partial<Record<Side, Pick<Answer, "columns">>>,
): { name: string; production: string; local: string }[] {
  const typesOf = (side: Side): Map<string, string> => {
    const columns = answers[side]?.columns ?? [];
    const names = makeDistinctNames(columns);
    return new Map(columns.map(({ type }, at) => [names[at], type]));
  };
  const local = typesOf("local");
  return [...typesOf("production")].flatMap(([name, type]) => {
    const other = local.get(name);
    if (other === undefined || other === type) return [];
    return findKind(type) === findKind(other) ? [] : [{ name, production: type, local: other }];
  });
}

/**
 * The columns that one of two answers lacks, by the side that lacks them. A second column of one name counts as
 * another: `a_2`.
 */
function listLackingColumns(answers: Partial<Record<Side, Pick<Answer, "columns">>>): [side: Side, names: string[]][] {
  const { production, local } = answers;
  if (!production || !local) return [];
  const [one, other] = [makeDistinctNames(production.columns), makeDistinctNames(local.columns)];
  const lacks = (names: string[], others: string[]): string[] => names.filter((name) => !others.includes(name));
  return (
    [
      ["production", lacks(other, one)],
      ["local", lacks(one, other)],
    ] as [Side, string[]][]
  ).filter(([, names]) => names.length > 0);
}

/**
 * In a sentence each: which columns one of two answers lacks (`lacking`), and which have types that no one type holds
 * (`retyped`).
 */
export function describeColumns(answers: Partial<Record<Side, Pick<Answer, "columns">>>): {
  lacking: string[];
  retyped: string[];
} {
  return {
    lacking: listLackingColumns(answers).map(
      ([side, names]) => `${side} has no column ${names.join(", ")}: null in its rows.`,
    ),
    retyped: listDifferingTypes(answers).map(
      ({ name, production, local }) =>
        `Column ${name} is ${production} in production and ${local} in local: both are shown as text.`,
    ),
  };
}

/** Names that a frame can hold: each once. */
export function makeDistinctNames(columns: Pick<Column, "name">[]): string[] {
  const taken = new Set<string>();
  return columns.map(({ name }) => {
    let distinct = name;
    for (let copy = 2; taken.has(distinct); copy++) distinct = `${name}_${copy}`;
    taken.add(distinct);
    return distinct;
  });
}
