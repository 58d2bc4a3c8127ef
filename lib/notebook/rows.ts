import { QueryError } from "../errors";
import { loadColumns, type SafeColumns } from "../guard/safe-columns";
import { toTheSecond, type Side } from "../ledger";
import type { Sources } from "../open";
import { compareAllRows, compareRows, type Budget, type Comparison, type RowsOptions } from "../rows";
import { makeRowFrames, type RowFrames } from "../rows/frames";
import { display, makeNoteBundle } from "../show/display";
import { getSession } from "./session";

/**
 * Compares every table that both sides have row by row, the smallest first, until the budget is used up: checksums
 * are computed inside the databases, and of a row that differs only its key and the names of its columns come out.
 * What was not compared stands in `left`, with the reason.
 *
 * @example
 * const { tables, keys, left } = await compareTables({ questions: 60, rows: 5_000_000, seconds: 120 });
 * await show(tables.filter(pl.col("changed").gt(0)), "Tables whose rows differ");
 */
export async function compareTables(budget: Partial<Budget> = {}): Promise<RowFrames> {
  return compareOnce(["every table", budget], (sources, safe) => compareAllRows(sources, safe, { budget, keys: 20 }));
}

/**
 * Compares one table in the same way: by another key, in some columns, where a condition holds, or in a sample.
 *
 * @example
 * const { keys } = await compareTable("licenses", { columns: ["status", "expiration_date"], where: "state = 'TX'" });
 * await show(keys.filter(is("status", "changed")), "Licences of Texas that differ");
 */
export async function compareTable(
  name: string,
  options: Pick<RowsOptions, "key" | "columns" | "where" | "sample" | "keys" | "budget"> = {},
): Promise<RowFrames> {
  return compareOnce([name, options], async (sources, safe) => ({
    outcomes: [await compareRows(sources, name, safe, options)],
    left: [],
  }));
}

/** A side that does not answer leaves nothing to compare: the cell says so, and the check is incomplete. */
async function compareOnce(
  what: unknown[],
  compare: (sources: Sources, safe: SafeColumns) => Promise<Pick<Comparison, "outcomes" | "left">>,
): Promise<RowFrames> {
  const { sources, settings, asked } = getSession();
  try {
    const { work, before } = await sources.once(
      `rows ${JSON.stringify(what)}`,
      () => compare(sources, loadColumns(settings.columns)),
      ({ left }) => left.length === 0,
    );
    if (before) display(makeNoteBundle(`The rows were compared at ${toTheSecond(before)}, and not again.`));
    return makeRowFrames(work);
  } catch (error) {
    if (!(error instanceof QueryError) || error.fault === "interrupted") throw error;
    asked.failed.set(error.source as Side, error.message);
    display(makeNoteBundle(error.message, "incomplete"));
    return makeRowFrames({ outcomes: [], left: [{ table: "every table", why: error.message }] });
  }
}
