import type { DataFrame } from "nodejs-polars";
import { bySide, finding, groupRows } from "./finding";
import { records, type Row } from "../frame";
import type { Finding } from "../ledger";

/**
 * A finding for each column that nobody has looked at; one for the whole of a table that the file does not know at
 * all. `columns` is what `unlisted` answered.
 *
 * @example await conclude("columns-listed", unlistedFindings(await unlisted()));
 */
export function unlistedFindings(columns: DataFrame): Finding[] {
  const tableOf = ({ schema, table }: Row) => (schema === "public" ? String(table) : `${schema}.${table}`);
  return groupRows(records(columns), tableOf).flatMap(([table, rows]) => {
    if (rows[0].whole_table)
      return [
        makeUnlistedFinding(
          table,
          rows,
          `No column of ${table} is listed`,
          `${describeShare(rows)} of its columns look harmless: look through them, and write the table`,
        ),
      ];
    return groupRows(rows, ({ column }) => `${table}.${column}`).map(([name, same]) =>
      makeUnlistedFinding(
        name,
        same,
        `${name} is on no list`,
        `By name, type and comment it would be ${same[0].proposed}: look at it, and write it`,
      ),
    );
  });
}

function makeUnlistedFinding(name: string, rows: Row[], what: string, advice: string): Finding {
  const where = [...new Set(rows.map(({ source }) => source))].join(" and ");
  const types = bySide(rows, ({ source }) =>
    rows
      .filter((row) => row.source === source)
      .map(({ column, type }) => `${column} ${type}`)
      .join(", "),
  );
  return finding(
    `unlisted/${name}`,
    "medium",
    `${what} (${where}): it counts as personal until somebody has looked`,
    `${advice} into the file that RUNBOOK_COLUMNS names.`,
    types,
  );
}

function describeShare(rows: Row[]): string {
  return `${rows.filter(({ proposed }) => proposed === "safe").length} of ${rows.length}`;
}
