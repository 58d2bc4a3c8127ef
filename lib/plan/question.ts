import type { Finding, Side } from "../ledger";
import { isAboutRows } from "./cause";
import type { Step } from "./step";

/**
 * A question about rows that a check has counted on this side; what to do is its recommendation, as a statement to
 * review.
 */
export function makeQuestionStep(side: Side, finding: Finding): Step[] {
  const value = finding[side];
  const other = side === "production" ? "local" : "production";
  // the numbers of a title are those of the side that it names
  const isOthers = finding.title.includes(`in ${other}`) && !finding.title.includes(side);
  if (isOthers || !isAboutRows(finding) || value === null || value === undefined || value === 0) return [];
  const { text = "Decide on the rows.", sql } = finding.recommendation ?? {};
  return [
    {
      id: `question/${finding.id}`,
      kind: "data",
      title: `Decide: ${finding.title.replace(/\.$/, "")}`,
      why:
        `A check found it in ${side} (${finding.severity}${typeof value === "number" ? `, ${value}` : ""}). ` +
        `Mend what writes such rows first, or they come back.`,
      ...(sql ? { review: [`To review: ${sql}`] } : {}),
      statements: [],
      byHand: [text],
      locks: "The rows that it changes, until it is committed.",
      couldFail: "It fails where other rows refer to those that it deletes.",
      verify: "The same check finds none in the next run.",
      undo: "-- there is none for rows: keep a copy of those that are changed",
      isOptional: true,
    },
  ];
}
