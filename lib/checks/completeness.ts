import pl, { type DataFrame } from "nodejs-polars";
import type { TopLevelSpec } from "vega-lite";
import { among, records } from "../frame";
import { sourceColours } from "../show/chart";
import { count } from "../text";

/**
 * Adds to a profile what is missing of each column, null or blank: `name` (table and column), `missing` and `share`
 * of the table's rows. The least complete come first.
 *
 * @example await show(missingShares(profiled).filter(pl.col("missing").gt(0)), "Columns that are not complete");
 */
export function missingShares(profiled: DataFrame): DataFrame {
  const missing = profiled.withColumns(
    pl.col("nulls").add(pl.col("blank").fillNull("zero")).alias("missing"),
    pl.concatString([pl.col("table"), pl.col("column")], ".").alias("name"),
  );
  const share = pl.col("missing").div(pl.col("rows").cast(pl.Float64)).alias("share");
  return missing.withColumns(share).sort("name").sort("share", true, true, true);
}

/**
 * The columns that hold nothing at all on one side or both, though their table holds rows, in one sentence.
 *
 * @example say(describeEmpty(missingShares(profiled)));
 */
export function describeEmpty(missing: DataFrame): string {
  const names = findEmptyColumns(missing);
  const holds = names.length === 1 ? "holds" : "hold";
  const where = "nothing at all on one side or both, though their table holds rows";
  return `${count(names.length, "column")} ${holds} ${where}: ${names.join(", ") || "none"}.`;
}

function findEmptyColumns(missing: DataFrame): string[] {
  return listNames(missing.filter(pl.col("share").eq(1)));
}

/** The columns of which something is missing, each once, in the frame's order. */
function listNames(missing: DataFrame): string[] {
  const some = missing.filter(pl.col("missing").gt(0));
  return [...new Set(some.getColumn("name").toArray() as string[])];
}

/**
 * How much of each column is missing on either side: the least complete columns that hold something; undefined where
 * every column is complete or empty. `missing` is what `missingShares` made.
 *
 * @example const chart = chartCompleteness(missingShares(profiled), 25);
 */
export function chartCompleteness(missing: DataFrame, most: number): TopLevelSpec | undefined {
  const empty = findEmptyColumns(missing);
  const names = listNames(missing).filter((name) => !empty.includes(name));
  const shown = names.slice(0, most);
  if (!shown.length) return undefined;
  const title = `${shown[0]} is the least complete column of those that are filled`;
  const frame = missing.filter(among("name", shown));
  const cells = frame.select("source", pl.col("name").alias("column"), pl.col("share").alias("missing"));
  const description = `The share of rows without a value, production beside local, of ${count(shown.length, "column")}`;
  return { ...chartShares(cells, title), description };
}

/** `column`, `source`, and `missing` as a share from 0 to 1. In the frame's order. */
function chartShares(frame: DataFrame, title: string): TopLevelSpec {
  const place = {
    y: { field: "column", type: "nominal" as const, sort: null, title: "table.column", axis: { grid: false } },
    x: {
      field: "source",
      type: "nominal" as const,
      sort: sourceColours.domain,
      title: null,
      axis: { grid: false, labelAngle: 0 },
    },
  };
  const missing = { field: "missing", type: "quantitative" as const, title: "share missing", format: ".0%" };
  return {
    title,
    data: { values: records(frame) },
    width: { step: 90 },
    height: { step: 15 },
    layer: [
      {
        mark: { type: "rect", tooltip: true },
        encoding: {
          ...place,
          color: {
            ...missing,
            scale: { domain: [0, 1], range: ["#f4f4f4", "#3a3a3a"] },
            legend: { title: "share missing", format: ".0%" },
          },
        },
      },
      {
        mark: { type: "text", fontSize: 10 },
        encoding: {
          ...place,
          text: missing,
          color: { condition: { test: "datum.missing > 0.5", value: "white" }, value: "black" },
        },
      },
    ],
  };
}
