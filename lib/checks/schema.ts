import type { DataFrame } from "nodejs-polars";
import { tally } from "../compare/compare";
import { among, is, records } from "../frame";
import type { Finding, Severity } from "../ledger";
import { count } from "../text";
import { bySide, finding, groupRows } from "./finding";

/**
 * How many objects of these kinds are the same and how many are not, in one sentence. `objects` is what `schemas`
 * answered.
 *
 * @example await conclude("tables", driftFindings(tables), describeObjects(objects, "table"));
 */
export function describeObjects(objects: DataFrame, ...kinds: string[]): string {
  const chosen = kinds.length ? objects.filter(among("kind", kinds)) : objects;
  const numbers = tally(chosen);
  const parts = Object.entries(numbers).filter(([status, number]) => status === "same" || number > 0);
  const what = kinds.length === 1 ? kinds[0] : "object";
  return (
    `Of ${count(chosen.height, what)} compared: ` +
    `${parts.map(([status, number]) => `${number} ${status}`).join(", ")}.`
  );
}

/**
 * The drift of these kinds of object, of all without any, with the columns that are worth reading. `drift` is what
 * `schemas` answered.
 *
 * @example await show(selectDrift(drift, "index"), "Indexes that differ");
 */
export function selectDrift(drift: DataFrame, ...kinds: string[]): DataFrame {
  const columns = ["kind", "table", "name", "status", "severity", "in production", "in local", "state", "revision"];
  const chosen = kinds.length ? drift.filter(among("kind", kinds)) : drift;
  return chosen.select(...columns.slice(kinds.length === 1 ? 1 : 0), "explanation");
}

/**
 * A finding for each kind of object of which a part was not compared or could not be read. What a server keeps for
 * itself (`option pg_attver of column`) is told in the coverage alone: it is nobody's to mend.
 *
 * @example await conclude("coverage", coverageFindings(coverage, "info"));
 */
export function coverageFindings(coverage: DataFrame, severity: Severity): Finding[] {
  return records(coverage)
    .filter((one) => one["not compared"] + one["not readable"] > 0 && !one.kind.startsWith("option "))
    .map((one) =>
      finding(
        `coverage/${one.kind}`,
        severity,
        `${one["not compared"]} of kind ${one.kind} were not compared, ${one["not readable"]} not readable`,
      ),
    );
}

/**
 * A finding for each recommended change that did not mend what it claims to when it was tried in a scratch database.
 *
 * @example await conclude("proof", proofFindings(proof.frame, "info"), proof.sentence);
 */
export function proofFindings(tried: DataFrame, severity: Severity): Finding[] {
  const failing = records(tried.filter(is("outcome", "mended").not()));
  return failing.map(({ source, about, outcome, reason }) => {
    const happened = outcome === "remains" ? "does not mend it" : `was ${outcome}`;
    return finding(
      `proof/${source}.${about}`,
      severity,
      `What is recommended for ${about} in ${source} ${happened}`,
      reason,
    );
  });
}

/**
 * A finding for each table of a list that neither side has. `objects` is what `schemas` answered.
 *
 * @example await conclude("expected-tables", expectedFindings(objects, ["users", "sessions"], "info"));
 */
export function expectedFindings(objects: DataFrame, expected: string[], severity: Severity): Finding[] {
  const there = new Set(objects.filter(is("kind", "table")).getColumn("name").toArray());
  const none = { production: "no such table", local: "no such table" };
  return expected
    .filter((table) => !there.has(table))
    .map((table) =>
      finding(
        `expected/${table}`,
        severity,
        `The plan expects ${table}, and neither side has it`,
        "Most likely it has another name.",
        none,
      ),
    );
}

/**
 * A finding for each foreign key that no index serves: medium where a side's table has more rows than `largeTable`,
 * info otherwise. `keys` is what `sql.unindexedForeignKeys` answered.
 *
 * @example await conclude("unindexed-foreign-keys", unindexedFindings(await both(sql.unindexedForeignKeys), 100_000));
 */
export function unindexedFindings(keys: DataFrame, largeTable: number): Finding[] {
  return groupRows(records(keys), ({ table, columns }) => `${table}.${columns}`).map(([key, rows]) =>
    finding(
      `foreign key without index/${key}`,
      rows.some((one) => one.rows > largeTable) ? "medium" : "info",
      `No index serves the foreign key ${key} of ${rows.map(({ source }) => source).join(" and ")}`,
      "Create one concurrently, if rows that it refers to are ever deleted or changed.",
      bySide(rows, () => "no index", "an index, or no such key"),
    ),
  );
}

/**
 * A finding for each index that production has never read. `indexes` is what `sql.unusedIndexes` answered.
 *
 * @example await conclude("unused-indexes", unusedFindings(await both(sql.unusedIndexes), "info"));
 */
export function unusedFindings(indexes: DataFrame, severity: Severity): Finding[] {
  return groupRows(records(indexes), ({ table, index }) => `${table}.${index}`)
    .filter(([, rows]) => rows.some(({ source }) => source === "production"))
    .map(([index, rows]) =>
      finding(
        `unused index/${index}`,
        severity,
        `Production never read index ${index} (${rows[0].bytes} bytes)`,
        "See that no rare report needs it before you drop it.",
        bySide(rows, () => "never read", "read, or no such index"),
      ),
    );
}
