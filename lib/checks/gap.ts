import pl, { type DataFrame } from "nodejs-polars";
import type { TopLevelSpec } from "vega-lite";
import { escapeField, sourceColours, formatWhole } from "../show/chart";
import { bySide, finding, groupRows } from "./finding";
import { is, records, type Row } from "../frame";
import { capitalize, count } from "../text";
import { sides, type Finding, type Severity } from "../ledger";

/**
 * The days between one day with rows and the next, for each side: `source`, `after` (the last day with rows),
 * `before` (the next one), `days` without any, and `usual`, the median of that side. The longest first. `day` is a
 * column of dates.
 *
 * @example const silent = gaps(await both(sql`select created_at::date as day, count(*) as documents from documents group by 1 order by 1`), "day");
 */
export function gaps(frame: DataFrame, day: string): DataFrame {
  const found = sides.flatMap((side) => {
    const days = records(frame)
      .filter(({ source, [day]: date }) => source === side && date !== null)
      .map(({ [day]: date }) => Number(date))
      .sort((a, b) => a - b);
    const between = days.slice(1).map((date, index) => ({
      source: side,
      after: days[index],
      before: date,
      days: Math.round((date - days[index]) / oneDay) - 1,
    }));
    const usual = computeMedian(between.map((gap) => gap.days));
    return between.filter((gap) => gap.days > 0).map((gap) => ({ ...gap, usual }));
  });
  found.sort((a, b) => b.days - a.days || a.after - b.after);
  const date = (name: "after" | "before") =>
    pl
      .Series(
        name,
        found.map((gap) => Math.round(gap[name] / oneDay)),
        pl.Int32,
      )
      .cast(pl.Date);
  return pl.DataFrame([
    pl.Series(
      "source",
      found.map(({ source }) => source),
      pl.Utf8,
    ),
    date("after"),
    date("before"),
    pl.Series(
      "days",
      found.map((gap) => gap.days),
      pl.Int64,
    ),
    pl.Series(
      "usual",
      found.map(({ usual }) => usual),
      pl.Float64,
    ),
  ]);
}

/**
 * One finding for all the gaps of a timeline; none where there is no gap. `what` is what did not happen:
 * `document was created`.
 *
 * @example await conclude("documents", gapFindings(silent, "timeline/documents", "high", "document was created", "Look at the worker."));
 */
export function gapFindings(gaps: DataFrame, id: string, severity: Severity, what: string, advice: string): Finding[] {
  const spans = records(gaps).map(({ source, after, before, days }) => ({
    source,
    days,
    span: `after ${formatDay(after)}, until ${formatDay(before)}`,
  }));
  const periods = spans.map(({ source, days, span }) => `for ${days} days in ${source} (${span})`);
  const values = bySide(
    groupRows(spans, ({ source }) => source).map(([source, rows]) => ({ source, rows })),
    ({ rows }) => (rows as Row[]).map(({ span }) => span),
    "no gap",
  );
  return periods.length ? [finding(id, severity, `No ${what} ${periods.join(", nor ")}`, advice, values)] : [];
}

/**
 * What came on which day, a panel for each side, the gaps shaded.
 *
 * @example await draw(gapChart(days, silent, { day: "day", value: "documents" }));
 */
export function gapChart(
  frame: DataFrame,
  gaps: DataFrame,
  { day, value, title = makeTitle(gaps, value) }: { day: string; value: string; title?: string },
): TopLevelSpec {
  const shaded = records(gaps).map(({ source, after, before, days }) => ({
    source,
    after,
    before,
    gap: `${days} days`,
  }));
  const x = {
    type: "temporal" as const,
    scale: { type: "utc" as const },
    axis: { format: "%b %Y" },
    title: `${day} (UTC)`,
  };
  return {
    title,
    data: { values: [...records(frame).filter((row) => row[day] !== null), ...shaded] },
    facet: { row: { field: "source", type: "nominal", sort: sourceColours.domain, title: null } },
    spec: {
      width: 560,
      height: 110,
      layer: [
        {
          transform: [{ filter: "isValid(datum.gap)" }],
          mark: { type: "rect", color: "#8a8a8a", opacity: 0.25 },
          encoding: {
            x: { field: "after", ...x },
            x2: { field: "before" },
            tooltip: { field: "gap", type: "nominal" },
          },
        },
        {
          transform: [{ filter: "!isValid(datum.gap)" }],
          mark: { type: "bar", width: 2, tooltip: true },
          encoding: {
            x: { field: escapeField(day), ...x },
            y: {
              field: escapeField(value),
              type: "quantitative",
              title: value,
              axis: formatWhole(records(frame).map((row) => row[value])),
            },
            color: { field: "source", type: "nominal", scale: sourceColours, legend: null },
          },
        },
      ],
    },
    resolve: { scale: { y: "independent" } },
  };
}

/**
 * How many rows came on each side, and the longest time without one, in one sentence. `gaps` is what `gaps` found.
 *
 * @example await conclude("timeline", [], describeGaps(documentsByDay, "documents", gaps(documentsByDay, "day")));
 */
export function describeGaps(frame: DataFrame, value: string, gaps: DataFrame): string {
  const counts = sides.map((side) => `${frame.filter(is("source", side)).getColumn(value).sum() ?? 0} in ${side}`);
  const longest = gaps.height ? (gaps.getColumn("days").max() as number) : 0;
  return `${capitalize(value)}: ${counts.join(", ")}; the longest time without one was ${count(longest, "day")}.`;
}

function makeTitle(gaps: DataFrame, value: string): string {
  if (!gaps.height) return `${capitalize(value)} came without an unusual gap`;
  return `No ${value} for ${count(gaps.getColumn("days").max() as number, "day")}`;
}

const oneDay = 86_400_000;

function computeMedian(numbers: number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

function formatDay(date: Date): string {
  return date.toISOString().slice(0, 10);
}
