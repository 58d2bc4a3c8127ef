import { dirname, join } from "node:path";
import type { DataFrame } from "nodejs-polars";
import type { TopLevelSpec } from "vega-lite";
import { records, type Row } from "../frame";
import { escapeHtml } from "../text";
import type { Bundle } from "./display";

/**
 * The two sides' colours, the same in every chart: 3:1 on white and on dark, apart for colour-blind eyes.
 *
 * @example const color = { field: "source", type: "nominal", scale: sourceColours };
 */
export const sourceColours = { domain: ["production", "local"], range: ["#2E7EBB", "#C46A12"] };

/** More categories than these nobody reads. */
const mostCategories = 40;

/** A column's name as Vega-Lite takes it: `a.b` and `n[0]` are names, not paths. */
export function escapeField(name: string): string {
  return name.replace(/[\\.[\]'"]/g, "\\$&");
}

/** Categories that gather what is left: they stand apart, after all others. */
const isRest = (category: unknown): boolean =>
  category === null || /^\((none|other)\)$|^other( \(\d+\))?$/.test(String(category));

/** Numbers, dates and months keep their own order; everything else is compared by size. */
const hasOwnOrder = (category: unknown): boolean => /^-?\d+(\.\d+)?$|^\d{4}-\d\d(-\d\d)?$/.test(String(category));

/**
 * The categories of a chart in reading order: the largest value of production first, then of local; numbers and dates
 * ascend; `(none)` and `other` come last.
 */
export function orderCategories(rows: Row[], category: string, value: string): unknown[] {
  const categories = [...new Set(rows.map((row) => row[category]))];
  const named = categories.filter((one) => !isRest(one));
  const most = new Map<string, number>();
  for (const row of rows) most.set(`${row.source} ${row[category]}`, Number(row[value] ?? 0));
  const of = (source: string, one: unknown): number => most.get(`${source} ${one}`) ?? 0;
  const byValue = (a: unknown, b: unknown): number =>
    of("production", b) - of("production", a) || of("local", b) - of("local", a) || (String(a) < String(b) ? -1 : 1);
  const byName = (a: unknown, b: unknown): number => Number(a) - Number(b) || (String(a) < String(b) ? -1 : 1);
  const rest = categories.filter(isRest).sort((a, b) => (String(a) < String(b) ? 1 : -1));
  return [...named.sort(named.every(hasOwnOrder) ? byName : byValue), ...rest];
}

/**
 * Production beside local: a pair of bars for each category; production filled, local hollow, so that they are told
 * apart without their colours too. The frame has a column `source` and one row a category and side. The largest come
 * first, `(none)` and `other` last; numbers and dates keep their own order. Of more than 40 categories the first 40
 * are drawn, and the chart says so.
 *
 * @example await draw(bars(frame, { category: "state", value: "licenses", title: "CA leads", log: true }));
 */
export function bars(
  all: DataFrame,
  { category, value, title, log = false }: { category: string; value: string; title: string; log?: boolean },
): TopLevelSpec {
  const categories = orderCategories(records(all), category, value);
  const drawn = new Set(categories.slice(0, mostCategories));
  const rows = records(all).filter((row) => drawn.has(row[category]));
  const largest = Math.max(1, ...rows.map((row) => Number(row[value] ?? 0)));
  const powers = [0, ...Array.from({ length: Math.ceil(Math.log10(largest)) + 1 }, (_, power) => 10 ** power)];
  const rest = categories.length - drawn.size;
  return {
    title: rest ? { text: title, subtitle: `the first ${drawn.size} of ${categories.length}` } : title,
    data: { values: rows },
    width: 520,
    height: { step: 11 },
    mark: { type: "bar", tooltip: true, strokeWidth: 1 },
    encoding: {
      y: { field: escapeField(category), type: "nominal", sort: [...drawn] as string[], title: category },
      yOffset: { field: "source", sort: sourceColours.domain },
      // symlog, since a bar needs a foot and a logarithm has no 0
      x: {
        field: escapeField(value),
        type: "quantitative",
        title: log ? `${value} (logarithmic)` : value,
        ...(log
          ? { scale: { type: "symlog" as const }, axis: { values: powers } }
          : { axis: formatWhole(rows.map((row) => row[value])) }),
      },
      ...twoSides,
    },
  };
}

/**
 * An axis without half steps where the values are few and whole: there is no half a row. (Vega-Lite drops
 * `tickMinStep`.)
 */
export function formatWhole(values: unknown[]): { values?: number[]; format?: string } {
  const numbers = [0, ...values.map((value) => Number(value ?? 0))];
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
  if (most - least > 6 || !numbers.every(Number.isInteger)) return {};
  return { values: Array.from({ length: most - least + 1 }, (_, step) => least + step), format: "d" };
}

/**
 * The side as a colour, and again as a filled or a hollow shape, in the legend too: a fill that is transparent by
 * itself is drawn there as it is in the chart.
 */
const twoSides = {
  fill: {
    field: "source",
    type: "nominal" as const,
    scale: { domain: sourceColours.domain, range: [sourceColours.range[0], "#C46A1240"] },
    title: null,
    legend: { orient: "top" as const },
  },
  stroke: {
    field: "source",
    type: "nominal" as const,
    scale: sourceColours,
    title: null,
    legend: { orient: "top" as const },
  },
};

/** The length of a week in milliseconds. */
const week = 7 * 86_400_000;

/** The Monday on which the ISO week of a day begins, in milliseconds of UTC. */
function startOfIsoWeek(day: unknown): number {
  const time = new Date(String(day)).getTime();
  return time - ((new Date(time).getUTCDay() + 6) % 7) * 86_400_000;
}

/**
 * Counts over time, a panel for each side with an axis of its own, so that a small side shows its shape too. `time`
 * holds `2026-02` or `2026-02-14`; a bar spans one `unit`. Weeks are ISO weeks: they begin on Monday.
 *
 * @example await draw(timeline(months, { time: "month", value: "documents", unit: "utcyearmonth", title: "Documents by month" }), "Documents by month.");
 */
export function timeline(
  frame: DataFrame,
  {
    time,
    value,
    unit,
    title,
  }: { time: string; value: string; unit: "utcyearmonth" | "utcyearweek" | "utcyearmonthdate"; title: string },
): TopLevelSpec {
  const rows = records(frame).filter((row) => row[time] !== null);
  const weekly = unit === "utcyearweek";
  const spans = rows.map((row) => {
    const begins = weekly ? startOfIsoWeek(row[time]) : row[time];
    return weekly ? { ...row, begins, ends: begins + week } : { ...row, begins };
  });
  const axis = { field: "begins", type: "temporal" as const, title: weekly ? `${time} (ISO weeks)` : time };
  const x = weekly
    ? { x: { ...axis, scale: { type: "utc" as const }, axis: { format: "%G-W%V" } }, x2: { field: "ends" } }
    : { x: { ...axis, timeUnit: unit } };
  return {
    title,
    data: { values: spans },
    width: 560,
    height: 110,
    // of a bar with two ends along the time Vega-Lite would draw the end at its value alone
    mark: { type: weekly ? "rect" : "bar", tooltip: true },
    encoding: {
      row: { field: "source", type: "nominal", sort: sourceColours.domain, title: null },
      ...x,
      y: {
        field: escapeField(value),
        type: "quantitative",
        title: value,
        axis: { tickCount: 4, ...formatWhole(rows.map((row) => row[value])) },
      },
      ...(weekly ? { y2: { datum: 0 } } : {}),
      color: { field: "source", type: "nominal", scale: sourceColours, legend: null },
    },
    resolve: { scale: { y: "independent" } },
  };
}

/** For sorting: `(none)` and `other` after all others, which stay as they are. */
const restLast = (a: unknown, b: unknown): number => Number(isRest(a)) - Number(isRest(b));

/** The columns of a heat map with which two stand side by side in a cell of JupyterLab; wider ones stand below. */
const mostSideBySide = 5;

/**
 * How each side's whole spreads over two categories: a panel for each side, shaded from nothing to the largest share,
 * in the side's colour.
 *
 * @example await draw(heat(map, { x: "license_type", y: "state", value: "licenses", title: "CA MD leads" }), "CA MD leads.");
 */
export function heat(
  frame: DataFrame,
  { x, y, value, title }: { x: string; y: string; value: string; title: string },
): TopLevelSpec {
  const rows = frame.toRecords() as Record<string, string>[];
  const place = (field: string) => ({
    field: escapeField(field),
    type: "nominal" as const,
    scale: { domain: [...new Set(rows.map((row) => row[field]))].sort(restLast) },
    title: field,
  });
  const panel = (side: string, index: number) => ({
    title: side,
    width: { step: 46 },
    height: { step: 14 },
    transform: [
      { filter: `datum.source === '${side}'` },
      { joinaggregate: [{ op: "sum" as const, field: escapeField(value), as: "whole" }] },
      { calculate: `datum[${JSON.stringify(value)}] / datum.whole`, as: "share" },
    ],
    mark: { type: "rect" as const, tooltip: true },
    encoding: {
      x: { ...place(x), axis: { labelAngle: -40, grid: false } },
      y: { ...place(y), axis: { grid: false } },
      color: {
        field: "share",
        type: "quantitative" as const,
        scale: { domainMin: 0, range: ["#f1f1f1", sourceColours.range[index]] },
        legend: { title: `share of ${side}`, format: ".0%" },
      },
    },
  });
  const shown = sourceColours.domain.filter((side) => rows.some(({ source }) => source === side));
  const panels = shown.map((side) => panel(side, sourceColours.domain.indexOf(side)));
  const isNarrow = new Set(rows.map((row) => row[x])).size <= mostSideBySide;
  return {
    title,
    data: { values: rows },
    ...(isNarrow ? { hconcat: panels } : { vconcat: panels }),
    resolve: { scale: { color: "independent" } },
  };
}

/**
 * What is there against what there should be: a bar for each category and side, and a mark where its target lies.
 *
 * @example await draw(targets(cycles, { category: "state", value: "earned", target: "required", title: "15 of 26 are met" }), "15 of 26 cycles are met.");
 */
export function targets(
  frame: DataFrame,
  { category, value, target, title }: { category: string; value: string; target: string; title: string },
): TopLevelSpec {
  const place = {
    y: {
      field: escapeField(category),
      type: "nominal" as const,
      sort: orderCategories(records(frame), category, value) as string[],
      title: category,
    },
    yOffset: { field: "source", sort: sourceColours.domain },
  };
  return {
    title,
    data: { values: frame.toRecords() },
    width: 520,
    height: { step: 15 },
    layer: [
      {
        mark: { type: "bar", tooltip: true, strokeWidth: 1 },
        encoding: {
          ...place,
          x: { field: escapeField(value), type: "quantitative", title: `${value} (bar), ${target} (mark)` },
          ...twoSides,
        },
      },
      {
        mark: { type: "tick", color: inkOnBoth, thickness: 3, tooltip: true },
        encoding: { ...place, x: { field: escapeField(target), type: "quantitative" } },
      },
    ],
  };
}

/** A gray that keeps 4.5:1 on white, and 4:1 on the dark pages of the front ends. */
const inkOnBoth = "#767676";

/** A chart in every form: interactive, as a picture, and as the sentence for those who cannot see it. */
export async function chartBundle(
  spec: TopLevelSpec,
  sentence: string,
): Promise<{ bundle: Bundle; metadata: Record<string, unknown> }> {
  // loaded when a chart is drawn: 0.4 s that a notebook without charts does not wait for
  const [vega, vegaLite] = await Promise.all([import("vega"), import("vega-lite"), registerFont()]);
  numberAnew(vega);
  const described = { $schema: "https://vega.github.io/schema/vega-lite/v5.json", description: sentence, ...spec };
  // A front end has a theme of its own, light or dark: what it draws itself names no colour of paper or ink.
  const themed = { ...described, config: { ...theme, ...spec.config } } as TopLevelSpec;
  const onPaper = { ...described, config: { ...merge(theme, paper), ...spec.config } } as TopLevelSpec;
  const view = new vega.View(vega.parse(vegaLite.compile(onPaper).spec), { renderer: "none" });
  const svg = await view.toSVG();
  const canvas = (await view.toCanvas(2)) as unknown as {
    toBuffer(type: string): Buffer;
    width: number;
    height: number;
  };
  view.finalize();
  return {
    bundle: {
      "application/vnd.vegalite.v5+json": themed,
      "image/svg+xml": svg.replace("<svg ", `<svg role="img" aria-label="${escapeHtml(sentence)}" `),
      "image/png": canvas.toBuffer("image/png").toString("base64"),
      "text/plain": sentence,
    },
    metadata: { "image/png": { width: Math.round(canvas.width / 2), height: Math.round(canvas.height / 2) } },
  };
}

let isNumbered = false;

/** Vega numbers what pictures refer to. The numbers begin with the notebook, also in a process that served another. */
function numberAnew(vega: object): void {
  if (isNumbered) return;
  isNumbered = true;
  const { resetSVGClipId, resetSVGDefIds } = vega as Record<"resetSVGClipId" | "resetSVGDefIds", () => void>;
  resetSVGClipId();
  resetSVGDefIds();
}

const font = "DejaVu Sans";
// where a reader has no DejaVu Sans, Verdana has its widths
const fonts = `${font}, Verdana, sans-serif`;
const theme = {
  font: fonts,
  padding: 8,
  title: {
    anchor: "start" as const,
    fontSize: 14,
    font: fonts,
    subtitleFont: fonts,
    limit: 900,
  },
  axis: {
    labelFontSize: 11,
    titleFontSize: 11,
    titleFontWeight: "normal" as const,
    labelLimit: 260,
    maxExtent: 300,
    labelOverlap: true,
    labelSeparation: 8,
    grid: true,
  },
  axisQuantitative: { tickCount: 6, labelFlush: false },
  axisTemporal: { tickCount: 8, labelFlush: false },
  axisBand: { grid: false, labelOverlap: false },
  header: { labelFontSize: 12, labelLimit: 260 },
  legend: {
    labelFontSize: 11,
    titleFontSize: 11,
    symbolType: "square" as const,
    symbolStrokeWidth: 1,
    labelLimit: 300,
  },
  view: { stroke: "transparent" },
};

/** What a picture adds to the theme: it lies on white paper. */
const paper = {
  background: "white",
  title: { subtitleColor: "#555555" },
  axis: { gridColor: "#e5e5e5" },
};

function merge(one: Record<string, unknown>, other: Record<string, unknown>): Record<string, unknown> {
  const isPart = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
  const parts = Object.entries(other).map(([key, value]) => [
    key,
    isPart(one[key]) && isPart(value) ? { ...one[key], ...value } : value,
  ]);
  return { ...one, ...Object.fromEntries(parts) };
}

/** Text needs a font to be measured and drawn, and a server may have none: the project brings its own. */
async function registerFont(): Promise<void> {
  const { GlobalFonts } = (await import("canvas" as string)) as {
    GlobalFonts: { has(name: string): boolean; registerFromPath(path: string, name: string): void };
  };
  if (!GlobalFonts.has(font))
    GlobalFonts.registerFromPath(
      join(dirname(require.resolve("dejavu-fonts-ttf/package.json")), "ttf", "DejaVuSans.ttf"),
      font,
    );
}
