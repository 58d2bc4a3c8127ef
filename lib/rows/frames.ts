import type { DataFrame } from "nodejs-polars";
import { toFrame } from "../frame";
import { isCoincidence } from "./finding";
import type { Comparison } from "./index";
import type { Outcome } from "./tally";

/** Compared tables, what differs in them, and what was not compared. */
export interface RowFrames {
  /**
   * `table`, `key`, `production`, `local` (rows), `same`, `changed`, `only in production`, `only in local`, `columns`
   * compared, `differing` (columns, and in how many rows), `left out`, `by chance`.
   */
  tables: DataFrame;
  /**
   * `table`, `status`, `key`, `columns`: the first rows that differ, of each status. What is personal in a key is
   * hashed.
   */
  keys: DataFrame;
  /** `table`, `why` it was not compared. */
  left: DataFrame;
}

/**
 * A comparison as three frames, tables by name. `by chance` is whether most columns of the changed rows differ: then
 * both sides gave a key to different things.
 */
export function makeRowFrames({ outcomes, left }: Pick<Comparison, "outcomes" | "left">): RowFrames {
  const sorted = [...outcomes].sort((one, other) => (one.table < other.table ? -1 : 1));
  return {
    tables: makeFrame(
      [
        "table",
        "key",
        "production:int8",
        "local:int8",
        "same:int8",
        "changed:int8",
        "only in production:int8",
        "only in local:int8",
        "columns:int8",
        "differing",
        "left out",
        "by chance:bool",
      ],
      sorted.map(formatTableRow),
    ),
    keys: makeFrame(["table", "status", "key", "columns"], sorted.flatMap(formatKeyRows)),
    left: makeFrame(
      ["table", "why"],
      left.map(({ table, why }) => [shortenName(table), why]),
    ),
  };
}

function formatTableRow(outcome: Outcome): (string | null)[] {
  const differing = Object.entries(outcome["columns that differ"]).map(([column, rows]) => `${column} (${rows})`);
  const counts = [
    outcome.production.rows,
    outcome.local.rows,
    outcome.same,
    outcome.changed,
    outcome["only in production"],
    outcome["only in local"],
    outcome.columns.length,
  ].map(String);
  const chance = outcome.changed && isCoincidence(outcome) ? "t" : "f";
  return [
    shortenName(outcome.table),
    outcome.key.join(", "),
    ...counts,
    differing.join(", "),
    outcome["left out"].map(({ column, why }) => `${column} (${why})`).join(", "),
    chance,
  ];
}

function formatKeyRows({ table, keys }: Outcome): string[][] {
  const row = (status: string, key: unknown[], columns: string[] = []) => [
    shortenName(table),
    status,
    key.join(", "),
    columns.join(", "),
  ];
  return [
    ...keys.changed.map(({ key, columns }) => row("changed", key, columns)),
    ...(["only in production", "only in local"] as const).flatMap((status) =>
      keys[status].map((key) => row(status, key)),
    ),
  ];
}

function shortenName(table: string): string {
  return table.replace(/^public\./, "");
}

function makeFrame(columns: string[], cells: (string | null)[][]): DataFrame {
  return toFrame({
    columns: columns.map((column) => ({ name: column.split(":")[0], type: column.split(":")[1] ?? "text" })),
    cells,
  });
}
