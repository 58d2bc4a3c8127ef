import type { DataFrame } from "nodejs-polars";
import { bySide, finding, groupRows } from "./finding";
import { records } from "../frame";
import type { Finding } from "../ledger";

/**
 * A finding for each column of `sql.references` that refers to rows which are not there, whichever sides have them. Where a foreign key should have kept them, it is graver.
 *
 * @example await conclude("orphans", orphanFindings(await both(sql.references)));
 */
export function orphanFindings(references: DataFrame): Finding[] {
  const broken = records(references).filter(({ orphans }) => orphans > 0);
  return groupRows(broken, (row) => nameOf(row)).map(([name, rows]) => {
    const told = rows
      .map(
        ({ source, orphans, filled, target }) =>
          `${orphans} of ${filled} in ${source} refer to ${target} that are not there`,
      )
      .join(", ");
    const severity = rows.some(({ known_by }) => known_by === "foreign key") ? "high" : "medium";
    return finding(
      `orphan/${name}`,
      severity,
      `${name}: ${told}`,
      "Find out whether these rows or what they refer to should be there; clean up, then add the foreign key.",
      bySide(rows, ({ orphans }) => orphans),
    );
  });
}

function nameOf({ schema, table, column }: Record<string, string>): string {
  return [...(schema === "public" ? [] : [schema]), table, column].join(".");
}
