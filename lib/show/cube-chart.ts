import type { DataFrame } from "nodejs-polars";
import type { TopLevelSpec } from "vega-lite";
import { beside } from "../compare/compare";
import { describeRows, largest, leading, nameLargest, slice } from "../compare/cube";
import { widest } from "../compare/distribution";
import { records, type Row } from "../frame";
import { capitalize } from "../text";
import { bars, heat, targets, timeline } from "./chart";

/**
 * A cube's number by one of its columns, production beside local: the largest values, the rest as `other`. The title
 * says which leads.
 *
 * @example await draw(chartBars(licenses, "licenses", "state"));
 */
export function chartBars(cube: DataFrame, value: string, category: string, { log = false } = {}): TopLevelSpec {
  const title = makeTitle(cube, value, category);
  return bars(largest(cube, category, value), { category, value, title, log });
}

/**
 * A cube's number by two of its columns, a panel for each side, as shares of that side. Of `y` the largest values are
 * shown, the rest as `other`.
 *
 * @example await draw(chartHeat(licenses, "licenses", "status", "license_type"));
 */
export function chartHeat(cube: DataFrame, value: string, x: string, y: string): TopLevelSpec {
  const part = slice(nameLargest(cube, y, value), y, x).sort([y, x]);
  const description = "A heat map for each side, as shares of the side: darker is more";
  return { ...heat(part, { x, y, value, title: makeTitle(cube, value, y, x) }), description };
}

/**
 * A cube's number over time, a panel for each side. `unit` is how long a bar lasts.
 *
 * @example await draw(chartTimeline(licenses, "licenses", "month", "utcyearmonth"));
 */
export function chartTimeline(
  cube: DataFrame,
  value: string,
  time: string,
  unit: "utcyearmonth" | "utcyearweek" | "utcyearmonthdate",
): TopLevelSpec {
  const points = slice(cube, time).sort(time);
  const spec = timeline(points, { time, value, unit, title: makeTitle(cube, value, time) });
  return { ...spec, description: `A panel for each side; ${describeRows(slice(cube))}` };
}

/**
 * A cube's number as percent of each side, by one of its columns: the categories that differ most.
 *
 * @example await draw(chartShares(licenses, "licenses", "state"));
 */
export function chartShares(cube: DataFrame, value: string, category: string): TopLevelSpec {
  const part = widest(cube, value, category);
  const gap = ({ difference }: Row) => Math.abs(difference);
  const [most] = records(beside(part, "percent", category)).sort((one, other) => gap(other) - gap(one));
  const percent = (share: number | null) => `${Math.round(share ?? 0)} %`;
  const title = most
    ? `${most[category]} is ${percent(most.production)} of production's ${value} and ${percent(most.local)} of local's`
    : `No ${value} on either side`;
  const description = `Percent of each side's ${value} in the categories of ${category} that differ most`;
  return { ...bars(part, { category, value: "percent", title }), description };
}

/**
 * What each category has against what it needs, for the categories with most rows.
 *
 * @example await draw(chartTargets(cycles, "state", "earned", "required"));
 */
export function chartTargets(frame: DataFrame, category: string, value: string, target: string): TopLevelSpec {
  const [number] = frame.columns.filter((column) => ![category, "source", value, target].includes(column));
  const shown = frame.sort(number, true, false, true).head(24).sort(category);
  const totals = records(slice(frame.select("source", category, number)));
  const sides = totals.map((row) => `${row[number]} ${number} in ${row.source}`).join(", ") || "nothing on either side";
  const title = `${capitalize(value)} against ${target} by ${category}: ${sides}`;
  return { ...targets(shown, { category, value, target, title }), description: `A mark stands at what is ${target}` };
}

function makeTitle(cube: DataFrame, value: string, ...by: string[]): string {
  const columns = [...new Set(["source", ...by, value])];
  return `${capitalize(value)} by ${by.join(" and ")}: ${leading(cube.select(...columns), ...by)}`;
}
