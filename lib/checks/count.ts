import type { DataFrame } from "nodejs-polars";
import { tally } from "../compare/compare";
import { slice } from "../compare/cube";
import { among, records } from "../frame";
import type { Finding, Severity } from "../ledger";
import { count } from "../text";
import { bySide, finding, groupRows } from "./finding";

/**
 * One finding where a count is not 0: `counts` has a row for each side, its column `rows` is the number of rows at
 * fault, `what` says what they are.
 *
 * @example countFindings(ownerless, "orphan/licenses.provider_id", "high", "licences without a provider", "Find out whose they are.")
 */
export function countFindings(
  counts: DataFrame,
  id: string,
  severity: Severity,
  what: string,
  advice?: string,
): Finding[] {
  const rows = records(counts);
  const broken = rows.filter((row) => row.rows > 0);
  if (!broken.length) return [];
  const sides = broken.map((row) => `${row.rows} ${what} in ${row.source}`).join(", ");
  return [
    finding(
      id,
      severity,
      sides,
      advice,
      bySide(rows, (row) => row.rows),
    ),
  ];
}

/**
 * One finding where some, but not all, are on both sides, and one where such a pair has changed. `comparison` is what
 * `compare` made; `changed` names the second finding.
 *
 * @example await conclude("users", matchFindings(people, "match/users.email", "people", "info"), describeMatches(people, "people"));
 */
export function matchFindings(
  comparison: DataFrame,
  id: string,
  what: string,
  severity: Severity,
  advice?: string,
): Finding[] {
  const common = comparison.filter(among("status", ["same", "changed"]));
  if (common.height === 0 || common.height === comparison.height) return [];
  return [finding(id, severity, `Of ${comparison.height} ${what}, ${common.height} on both sides`, advice)];
}

/**
 * One finding where what is on both sides has changed. `comparison` is what `compare` made.
 *
 * @example changedFindings(people, "match/users.role", "people with another role or activity", "medium")
 */
export function changedFindings(
  comparison: DataFrame,
  id: string,
  what: string,
  severity: Severity,
  advice?: string,
): Finding[] {
  const { changed } = tally(comparison);
  return changed ? [finding(id, severity, `On both sides, but changed: ${changed} ${what}`, advice)] : [];
}

/**
 * How many are on both sides and on one, in one sentence. `comparison` is what `compare` made.
 *
 * @example describeMatches(people, "people") // "people on both sides: 1; only in production: 161; only in local: 0."
 */
export function describeMatches(comparison: DataFrame, what: string): string {
  const numbers = tally(comparison);
  const lone = (["only in production", "only in local"] as const).map((status) => `${status}: ${numbers[status]}`);
  return `${what} on both sides: ${numbers.same + numbers.changed}; ${lone.join("; ")}.`;
}

/**
 * One finding where nothing ever came out of a pipeline: a side of which every document still waits, and from which
 * nothing was extracted.
 *
 * @example await conclude("documents", pipelineFindings(documents, waiting, extractions, "critical"));
 */
export function pipelineFindings(
  documents: DataFrame,
  waiting: DataFrame,
  extractions: DataFrame,
  severity: Severity,
): Finding[] {
  const number = (frame: DataFrame, column: string) =>
    Object.fromEntries(records(slice(frame)).map((row) => [row.source, row[column] ?? 0]));
  const [all, left, done] = [
    number(documents, "documents"),
    number(waiting, "documents"),
    number(extractions, "extractions"),
  ];
  const stuck = Object.keys(all).filter((side) => all[side] > 0 && left[side] === all[side] && !done[side]);
  if (!stuck.length) return [];
  const sides = stuck.map(
    (side) => `all ${count(all[side], "document")} of ${side} still wait, and nothing was extracted`,
  );
  const advice =
    "Look whether the worker is deployed and reads the right queue; then process the backlog, oldest first.";
  const values = { production: left.production ?? 0, local: left.local ?? 0 };
  return [
    finding(
      "pipeline/documents.processing_status",
      severity,
      `The pipeline never ran: ${sides.join("; ")}`,
      advice,
      values,
    ),
  ];
}

/**
 * A finding for each table of which local holds more rows than production: medium where production holds none.
 * `tables` is what `beside` made of `sql.rowCounts`.
 *
 * @example await conclude("row-counts", surplusFindings(rows.filter(pl.col("difference").lt(0))));
 */
export function surplusFindings(tables: DataFrame): Finding[] {
  return records(tables).map(({ table, production, local }) =>
    production === 0
      ? finding(
          `rows/${table}`,
          "medium",
          `Only local holds rows of ${table}: ${local}`,
          "Find out whether production's part of the pipeline has ever run.",
          { production, local },
        )
      : finding(
          `rows/${table}`,
          "info",
          `Local holds more rows of ${table}: ${local} against ${production}`,
          "Most likely test data.",
          { production, local },
        ),
  );
}

/**
 * A finding for each table of which a side's statistics are far from its rows. `stale` has `source`, `table`, `rows`
 * and the estimate, `live_rows`.
 *
 * @example await conclude("estimates", estimateFindings(beliefs.filter(pl.col("error").abs().gt(1000)), "info"));
 */
export function estimateFindings(stale: DataFrame, severity: Severity): Finding[] {
  return groupRows(records(stale), ({ table }) => table).map(([table, sides]) =>
    finding(
      `estimate/${table}`,
      severity,
      sides
        .map(
          ({ source, rows, live_rows }) =>
            `The statistics of ${source} take ${table} for ${live_rows} rows, and it has ${rows}`,
        )
        .join("; "),
      `Run ANALYZE ${table} there.`,
      bySide(sides, ({ rows, live_rows }) => ({ rows, live_rows }), "close to the rows"),
    ),
  );
}
