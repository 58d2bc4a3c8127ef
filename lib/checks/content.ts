import pl, { type DataFrame } from "nodejs-polars";
import { tally } from "../compare/compare";
import { collectReferenceRows, type Reference } from "../compare/reference";
import { among, is, records } from "../frame";
import type { Finding } from "../ledger";
import { both } from "../notebook/query";
import { count } from "../text";
import { finding } from "./finding";

/**
 * A finding for each distribution that is apart (info) or far apart (medium). `distances` is what `distance` made.
 *
 * @example await conclude("distribution-users", distanceFindings(distance("users.role", users, "users", "role")));
 */
export function distanceFindings(distances: DataFrame): Finding[] {
  const advice = "What is tested on local is not what production meets: make local's data by production's shares.";
  return records(distances.filter(among("verdict", ["apart", "far apart"]))).map((row) => {
    const measured = `${row.measure} ${row.distance.toFixed(2)}, at least ${row.from.toFixed(2)}`;
    return finding(
      `distribution/${row.distribution}`,
      row.verdict === "far apart" ? "medium" : "info",
      `${row.distribution} is ${row.verdict}: ${measured}`,
      advice,
    );
  });
}

/**
 * The verdict on each distribution in one sentence.
 *
 * @example describeDistances(distance("users.role", users, "users", "role")) // "users.role: too few rows (162 and 1 rows)."
 */
export function describeDistances(distances: DataFrame): string {
  const parts = records(distances).map(
    ({ distribution, verdict, production, local }) => `${distribution}: ${verdict} (${production} and ${local} rows)`,
  );
  return `${parts.join("; ") || "Nothing was measured"}.`;
}

/**
 * Adds to a frame the first of these subjects whose pattern its column `table` has; `other` where none fits.
 *
 * @example addSubject(missing, { cme: /^cme_/, people: /user|session/ })
 */
export function addSubject(frame: DataFrame, subjects: Record<string, RegExp>): DataFrame {
  const subjectOf = (table: string) => Object.keys(subjects).find((name) => subjects[name].test(table)) ?? "other";
  const names = records(frame).map(({ table }) => subjectOf(table));
  return frame.withColumns(pl.Series("subject", names, pl.Utf8));
}

/**
 * Reads reference tables from both sides and compares them row by row; what `collectReferenceRows` makes.
 *
 * @example const rows = await readReferences(found);
 */
export async function readReferences(found: Reference[]): Promise<DataFrame> {
  const answers = [];
  for (const reference of found) answers.push({ reference, rows: await both(reference.statement) });
  return collectReferenceRows(answers);
}

/**
 * A finding for each reference table whose rows are not the same on both sides. `rows` is what `readReferences` made.
 *
 * @example await conclude("reference-tables", referenceFindings(found, rows), describeReferences(found, rows));
 */
export function referenceFindings(found: Reference[], rows: DataFrame): Finding[] {
  const advice =
    "Load it into the other side with the script that seeds it: what is computed from it differs until then.";
  return found.flatMap(({ table }) => {
    const {
      same,
      changed,
      "only in production": ours,
      "only in local": theirs,
    } = tally(rows.filter(is("table", table)));
    if (!changed && !ours && !theirs) return [];
    const sides = ours ? "production and none in local" : "local and none in production";
    const oneSided = !same && !changed && !(ours && theirs);
    const title = oneSided
      ? `${table} holds ${ours || theirs} rows in ${sides}`
      : `${table} differs: ${ours} rows only in production, ${theirs} only in local, ${changed} changed`;
    return [finding(`reference/${table}`, "medium", title, advice)];
  });
}

/**
 * How many rows of each reference table are the same, in one sentence.
 *
 * @example describeReferences(found, rows) // "cme_topics: 49 rows are the same."
 */
export function describeReferences(found: Reference[], rows: DataFrame): string {
  const same = ({ table }: Reference) => tally(rows.filter(is("table", table))).same;
  const parts = found.map((one) => `${one.table}: ${count(same(one), "row")} the same`);
  return `${parts.join("; ") || "No table here is one of reference: nothing to compare"}.`;
}

/**
 * A finding for each table of which rows of the same key differ: medium where most shared rows are the same, info
 * otherwise. `tables` is what `compareTables` answered; `except` are tables that another check reports.
 *
 * @example await conclude("rows", contentFindings(compared.tables, found));
 */
export function contentFindings(tables: DataFrame, except: Pick<Reference, "table">[] = []): Finding[] {
  const advice = "See which side is right, and bring the change over with the script or the migration that made it.";
  const elsewhere = except.map(({ table }) => table);
  const changed = tables.filter(pl.col("changed").gt(0).and(among("table", elsewhere).not()));
  return records(changed).map((row) =>
    finding(
      `content/${row.table}`,
      row.same > row.changed ? "medium" : "info",
      `${row.table}: ${row.changed} rows of the same key differ, ${row.same} do not; in ${row.differing}`,
      advice,
    ),
  );
}
