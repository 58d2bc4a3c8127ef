import pl, { type DataFrame } from "nodejs-polars";
import { listColumns } from "../frame";
import { fewer, isSmall } from "./small-counts";
import type { Finding } from "../ledger";

/** What a comparison, a pivot or a rule calls its counts; a query's own counts are known by the guard. */
const madeOfCounts = new Set([
  "production",
  "local",
  "difference",
  "same",
  "changed",
  "only in production",
  "only in local",
  "rows",
  "people",
  "wrong",
]);

/**
 * A frame as it is shown where small groups are hidden: `<11` for a count that is null, and for one of 1 to 10 that a
 * cell has made itself. Counts are the columns of these names, and those that comparisons and pivots make of them. A
 * group that a side does not have is fewer than eleven too.
 */
export function markSmallGroups(frame: DataFrame, counts: ReadonlySet<string>): DataFrame {
  const hidden = listColumns(frame).filter(
    (name) => (counts.has(name) || madeOfCounts.has(name)) && /Int|Float/.test(String(frame.getColumn(name).dtype)),
  );
  const spelled = hidden.flatMap((name) => {
    const values = frame.getColumn(name).cast(pl.Utf8).toArray() as (string | null)[];
    return values.some(isHidden)
      ? [
          pl.Series(
            name,
            values.map((value) => (isHidden(value) ? fewer : value)),
            pl.Utf8,
          ),
        ]
      : [];
  });
  return spelled.length ? frame.withColumns(...spelled) : frame;
}

/** The values of a chart without small counts: where one was, nothing is drawn. */
export function removeSmallMarks<T>(spec: T, counts: ReadonlySet<string>): T {
  const { data = {} } = spec as { data?: { values?: unknown } };
  if (!Array.isArray(data.values)) return spec;
  const values = data.values.map((row: Record<string, unknown>) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => [
        name,
        (counts.has(name) || madeOfCounts.has(name)) && isHidden(value) ? null : value,
      ]),
    ),
  );
  return { ...spec, data: { ...data, values } };
}

/** A sentence without counts of few: `4 rows`, `4 of 827`, `both sides: 4`. */
export function hideInSentence(text: string): string {
  return text
    .replace(
      /(?<![\d.,-])(?:[1-9]|10)(?= (?:rows?|people|persons?|users?|providers?|licen[cs]es?|documents?|NPIs?|organizations?|accounts?|of [\d,]+)\b)/g,
      fewer,
    )
    .replace(/(?<=: )(?:[1-9]|10)(?=[;.,]|$)/g, fewer);
}

/** A finding without counts of few, in its sentences and in what each side has. */
export function hideSmallCounts(finding: Finding): Finding {
  const value = (one: unknown, name = ""): unknown => {
    if (typeof one === "string") return hideInSentence(one);
    if (typeof one === "number") return madeOfCounts.has(name) && isHidden(one) ? fewer : one;
    if (Array.isArray(one)) return one.map((inner) => value(inner));
    return typeof one === "object" && one !== null
      ? Object.fromEntries(Object.entries(one).map(([key, inner]) => [key, value(inner, key)]))
      : one;
  };
  const { title, recommendation, production, local } = finding;
  return {
    ...finding,
    title: hideInSentence(title),
    ...(recommendation && { recommendation: { ...recommendation, text: hideInSentence(recommendation.text) } }),
    ...(production !== undefined && { production: value(production, "production") }),
    ...(local !== undefined && { local: value(local, "local") }),
  };
}

function isHidden(value: unknown): boolean {
  return (
    value === null || ((typeof value === "number" || typeof value === "string") && isSmall(Math.abs(Number(value))))
  );
}
