import type { DataFrame } from "nodejs-polars";
import type { Revisions } from "../alembic/history";
import { records } from "../frame";
import type { Finding, Severity } from "../ledger";
import { bySide, finding, groupRows } from "./finding";

/**
 * A finding for each revision that a side has not applied yet. `standing` is what `behind` made.
 *
 * @example await conclude("migrations", pendingFindings(standing, "high"), describeStanding(standing));
 */
export function pendingFindings(standing: DataFrame, severity: Severity): Finding[] {
  const waiting = records(standing).flatMap(({ source, next }) =>
    next
      .split(", ")
      .filter(Boolean)
      .map((id: string) => ({ source, id })),
  );
  return groupRows(waiting, ({ id }) => id).map(([id, rows]) =>
    finding(
      `revision/${id}`,
      severity,
      `Migration ${id} is pending in ${rows.map(({ source }) => source).join(" and ")}`,
      "See below whether it would collide with what is there, then review and upgrade.",
      bySide(rows, () => "pending", "applied"),
    ),
  );
}

/**
 * One finding where a side is behind the head of the code: how many revisions each side has to apply.
 *
 * @example await conclude("revision", behindFindings(standing, "high"), describeStanding(standing));
 */
export function behindFindings(standing: DataFrame, severity: Severity): Finding[] {
  const late = records(standing).filter(({ pending }) => pending > 0);
  if (!late.length) return [];
  const sides = late.map(({ source, pending }) => `${source} by ${pending}`).join(", ");
  const advice = "See phase 1 for what is pending, and what it would do.";
  const values = bySide(late, ({ pending }) => pending, 0);
  return [finding("revisions/behind", severity, `Behind the head of the code: ${sides}`, advice, values)];
}

/**
 * A finding for each contradiction in the folder of revisions, and for each side that records a revision which the
 * folder lacks.
 *
 * @example await conclude("revisions", historyFindings(history, standing, { problem: "medium", unknown: "critical" }));
 */
export function historyFindings(
  history: Revisions,
  standing: DataFrame,
  severity: { problem: Severity; unknown: Severity },
): Finding[] {
  const inFiles = { production: "in the files", local: "in the files" };
  const problems = history.problems.map((problem, index) =>
    finding(`revisions/problem-${index + 1}`, severity.problem, problem, "Mend the file.", inFiles),
  );
  const lost = records(standing).filter(({ unknown }) => unknown !== "");
  const advice = "Find the branch that it came from before anything is upgraded.";
  const unknown = lost.map((side) =>
    finding(
      `revisions/unknown.${side.source}`,
      severity.unknown,
      `${side.source} records ${side.unknown}, which is in no file`,
      advice,
    ),
  );
  return [...problems, ...unknown];
}

/**
 * Where each side stands, in one sentence.
 *
 * @example describeStanding(standing) // "production records 20260115_0200, 4 behind; local records 7702d353e5b8, 1 behind."
 */
export function describeStanding(standing: DataFrame): string {
  const sides = records(standing).map(
    ({ source, recorded, pending }) =>
      `${source} records ${recorded || "no revision"}, ` +
      `${pending === null ? "and how far it is behind is not known" : `${pending} behind`}`,
  );
  return `${sides.join("; ") || "No side said what it records"}.`;
}
