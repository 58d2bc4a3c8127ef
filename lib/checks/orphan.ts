import type { DataFrame } from "nodejs-polars";
import { bySide, finding, groupRows } from "./finding";
import { describeRows, slice } from "../compare/cube";
import { is, records } from "../frame";
import { count } from "../text";
import type { Finding } from "../ledger";

/**
 * A finding for each column of `sql.references` that refers to rows which are not there, whichever sides have them.
 * Where a foreign key should have kept them, it is graver.
 *
 * @example await conclude("orphans", orphanFindings(await both(sql.references)));
 */
export function orphanFindings(references: DataFrame): Finding[] {
  const failing = records(references).filter(({ orphans }) => orphans > 0);
  return groupRows(failing, (row) => nameOf(row)).map(([name, rows]) => {
    const all = records(references).filter((row) => nameOf(row as Record<string, string>) === name);
    const broken = rows
      .map(
        ({ source, orphans, filled, target }) =>
          `${orphans} of ${filled} in ${source} refer to ${target} that are not there`,
      )
      .join(", ");
    const severity = rows.some(({ known_by }) => known_by === "foreign key") ? "high" : "medium";
    return finding(
      `orphan/${name}`,
      severity,
      `${name}: ${broken}`,
      "Find out whether these rows or what they refer to should be there; clean up, then add the foreign key.",
      bySide(all, ({ orphans }) => orphans ?? 0),
    );
  });
}

/**
 * How many references were checked on each side, and how many find nothing, in one sentence.
 *
 * @example await conclude("orphans", orphanFindings(references), describeOrphans(references));
 */
export function describeOrphans(references: DataFrame): string {
  const checked = references.filter(is("target", null).not());
  return describeRows(slice(checked), ({ source, filled, orphans }) => {
    const columns = count(checked.filter(is("source", source)).height, "column");
    return `${source}: ${count(filled ?? 0, "reference")} in ${columns} checked, ${orphans ?? 0} find nothing`;
  });
}

/**
 * The columns that look like references and lead to no table that is known, in one sentence.
 *
 * @example say(describeUntargeted(await both(sql.references)));
 */
export function describeUntargeted(references: DataFrame): string {
  const rows = records(references.filter(is("target", null)));
  const names = rows.map(({ source, table, column }) => `${table}.${column} (${source})`);
  if (!names.length) return "Each leads to a table by its name, and was checked.";
  return `These lead to no table that is known, and were not checked: ${names.join(", ")}.`;
}

function nameOf({ schema, table, column }: Record<string, string>): string {
  return [...(schema === "public" ? [] : [schema]), table, column].join(".");
}
