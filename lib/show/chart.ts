import { dirname, join } from "node:path";
import type { DataFrame } from "nodejs-polars";
import type { TopLevelSpec } from "vega-lite";
import { records } from "../frame";
import type { Bundle } from "./display";

/**
 * The two sides' colours, the same in every chart: 3:1 on white and on dark, apart for colour-blind eyes.
 *
 * @example const color = { field: "source", type: "nominal", scale: sourceColours };
 */
export const sourceColours = { domain: ["production", "local"], range: ["#2E7EBB", "#C46A12"] };

/** More categories than these nobody reads. */
const mostCategories = 40;

/**
 * Production beside local: a pair of bars for each category, in the frame's order; production filled, local hollow, so that they are told apart without
 * their colours too. The frame has a column `source`. Of more than 40 categories the first 40 are drawn, and the chart says so.
 *
 * @example await draw(bars(frame, { category: "state", value: "licenses", title: "CA leads", log: true }), "CA leads, with 463 licences.");
 */
export function bars(
  all: DataFrame,
  { category, value, title, log = false }: { category: string; value: string; title: string; log?: boolean },
): TopLevelSpec {
  const categories = [...new Set(all.getColumn(category).toArray())];
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
      y: { field: category, type: "nominal", sort: null, title: category },
      yOffset: { field: "source", sort: sourceColours.domain },
      // symlog, since a bar needs a foot and a logarithm has no 0
      x: {
        field: value,
        type: "quantitative",
        title: log ? `${value} (logarithmic)` : value,
        ...(log
          ? { scale: { type: "symlog" as const }, axis: { values: powers } }
          : { axis: whole(rows.map((row) => row[value])) }),
      },
      ...twoSides,
    },
  };
}

/** An axis without half steps where the values are few and whole: there is no half a row. (Vega-Lite drops `tickMinStep`.) */
export function whole(values: unknown[]): { values?: number[]; format?: string } {
  const numbers = [0, ...values.map((value) => Number(value ?? 0))];
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
  if (most - least > 6 || !numbers.every(Number.isInteger)) return {};
  return { values: Array.from({ length: most - least + 1 }, (_, step) => least + step), format: "d" };
}

/** The side as a colour, and again as a filled or a hollow shape. */
const twoSides = {
  color: {
    field: "source",
    type: "nominal" as const,
    scale: sourceColours,
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
  fillOpacity: {
    field: "source",
    type: "ordinal" as const,
    scale: { domain: sourceColours.domain, range: [1, 0.25] },
    title: null,
    legend: { orient: "top" as const },
  },
};

/**
 * Counts over time, a panel for each side with an axis of its own, so that a small side shows its shape too. `time` holds `2026-02` or `2026-02-14`; a bar spans one `unit`.
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
  const rows = records(frame);
  return {
    title,
    data: { values: rows },
    width: 560,
    height: 110,
    mark: { type: "bar", tooltip: true },
    encoding: {
      row: { field: "source", type: "nominal", sort: sourceColours.domain, title: null },
      x: { field: time, type: "temporal", timeUnit: unit, title: time },
      y: {
        field: value,
        type: "quantitative",
        title: value,
        axis: { tickCount: 4, ...whole(rows.map((row) => row[value])) },
      },
      color: { field: "source", type: "nominal", scale: sourceColours, legend: null },
    },
    resolve: { scale: { y: "independent" } },
  };
}

/**
 * How each side's whole spreads over two categories: a panel for each side, shaded from nothing to the largest share, in the side's colour.
 *
 * @example await draw(heat(map, { x: "license_type", y: "state", value: "licenses", title: "CA MD leads" }), "CA MD leads.");
 */
export function heat(
  frame: DataFrame,
  { x, y, value, title }: { x: string; y: string; value: string; title: string },
): TopLevelSpec {
  const rows = frame.toRecords() as Record<string, string>[];
  const place = (field: string) => ({
    field,
    type: "nominal" as const,
    scale: { domain: [...new Set(rows.map((row) => row[field]))] },
    title: field,
  });
  const panel = (side: string, index: number) => ({
    title: side,
    width: { step: 46 },
    height: { step: 14 },
    transform: [
      { filter: `datum.source === '${side}'` },
      { joinaggregate: [{ op: "sum" as const, field: value, as: "whole" }] },
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
  return {
    title,
    data: { values: rows },
    hconcat: shown.map((side) => panel(side, sourceColours.domain.indexOf(side))),
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
    y: { field: category, type: "nominal" as const, sort: null, title: category },
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
          x: { field: value, type: "quantitative", title: `${value} (bar), ${target} (mark)` },
          ...twoSides,
        },
      },
      {
        mark: { type: "tick", color: "#222222", thickness: 3, tooltip: true },
        encoding: { ...place, x: { field: target, type: "quantitative" } },
      },
    ],
  };
}

/** A chart in every form: interactive, as a picture, and as the sentence for those who cannot see it. */
export async function chartBundle(
  spec: TopLevelSpec,
  sentence: string,
): Promise<{ bundle: Bundle; metadata: Record<string, unknown> }> {
  // loaded when a chart is drawn: 0.4 s that a notebook without charts does not wait for
  const [vega, vegaLite] = await Promise.all([import("vega"), import("vega-lite"), registerFont()]);
  const themed = {
    $schema: "https://vega.github.io/schema/vega-lite/v5.json",
    description: sentence,
    ...spec,
    config: { ...theme, ...spec.config },
  } as TopLevelSpec;
  const view = new vega.View(vega.parse(vegaLite.compile(themed).spec), { renderer: "none" });
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
      "image/svg+xml": svg.replace(
        "<svg ",
        `<svg role="img" aria-label="${sentence.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)}" `,
      ),
      "image/png": canvas.toBuffer("image/png").toString("base64"),
      "text/plain": sentence,
    },
    metadata: { "image/png": { width: Math.round(canvas.width / 2), height: Math.round(canvas.height / 2) } },
  };
}

const font = "DejaVu Sans";
// where a reader has no DejaVu Sans, Verdana has its widths
const fonts = `${font}, Verdana, sans-serif`;
const theme = {
  background: "white",
  font: fonts,
  padding: 8,
  title: {
    anchor: "start" as const,
    fontSize: 14,
    font: fonts,
    subtitleFont: fonts,
    subtitleColor: "#555555",
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
    gridColor: "#e5e5e5",
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
