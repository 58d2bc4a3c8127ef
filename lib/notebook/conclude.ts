import type { DataFrame } from "nodejs-polars";
import { isShared, severities, type Check, type CheckLabel, type CheckStatus, type Finding } from "../ledger";
import { hideSmallCounts } from "../privacy/hide-small";
import { changesFrame, readOutcome, type Outcome } from "../run/outcome";
import { describeRows } from "../compare/cube";
import { display, makeFindingsBundle, makeNoteBundle } from "../show/display";
import { count } from "../text";
import { hideInText } from "./output";
import { interactiveResults } from "../settings";
import { getSession, isHidingSmallCounts, noteEvent, startAsking } from "./session";

/**
 * Ends a check: its findings are kept, shown, and go into the results. Where a side did not answer something asked
 * since the last conclusion, the check is incomplete and keeps no finding: what is unknown is not drift. A fault that
 * both sides share is kept, and is no drift either.
 *
 * `says` is the sentence, or a frame that is put in words; without it, the findings are counted. `label` is what the
 * document calls the outcome; left out, it is worked out: a check without a finding whose two sides answered
 * differently told something and judged nothing.
 *
 * @example await conclude("users", [finding("rows/users", "critical", "Production holds no user")], "163 users in production.");
 */
export async function conclude(
  id: string,
  findings: Finding[],
  says: string | DataFrame = "",
  label?: CheckLabel,
): Promise<void> {
  const { asked, concluded, lost } = getSession();
  const ownQuestion = asked.queries + asked.failed.size > 0;
  // a cell that is run again without its query keeps what the query said
  const before = ownQuestion ? undefined : concluded.get(id);
  const failed = [...(ownQuestion ? asked.failed : lost)].map(([side, reason]) =>
    reason.startsWith(side) ? reason : `${side}: ${reason}`,
  );
  const incomplete = failed.length > 0 || before?.status === "incomplete";
  const kept = incomplete ? [] : isHidingSmallCounts() ? findings.map(hideSmallCounts) : findings;
  const status: CheckStatus = incomplete
    ? "incomplete"
    : kept.some((finding) => finding.severity !== "info" && !isShared(finding))
      ? "drift"
      : "same";
  const differs = ownQuestion ? asked.differs : before?.label === "told only";
  const check: Check = {
    id,
    status,
    label: status === "same" ? (label ?? labelSame(kept, differs)) : status,
    why:
      failed.join(" ") ||
      (incomplete && before?.why) ||
      hideInText(typeof says === "string" ? says : describeRows(says)) ||
      summarize(kept),
    queries: before?.queries ?? asked.queries,
    milliseconds: before?.milliseconds ?? asked.milliseconds,
  };
  const leftOut = before?.leftOut ?? [...asked.leftOut];
  if (leftOut.length) check.why += ` ${leftOut.join(" ")}`;
  if (asked.hidden)
    check.why +=
      ` ${count(asked.hidden, "count")} of 1 to 10, or that would give one away, hidden: what follows from ` +
      `them is not judged.`;
  concluded.set(id, { ...check, leftOut });
  noteEvent({ kind: "check", ...check, findings: kept });
  getSession().asked = startAsking();
  display(incomplete ? makeNoteBundle(`Check ${id}: ${check.why}`, "incomplete") : makeFindingsBundle(check.why, kept));
}

/** How many findings of each severity there are. */
function summarize(findings: Finding[]): string {
  if (!findings.length) return "No finding.";
  const each = severities.flatMap((severity) => {
    const number = findings.filter((one) => one.severity === severity).length;
    return number ? [`${number} ${severity}`] : [];
  });
  return `${count(findings.length, "finding")}: ${each.join(", ")}.`;
}

/** What a check without drift is called: findings that only inform are differences that one expects. */
function labelSame(findings: Finding[], differs: boolean): CheckLabel {
  if (findings.some((finding) => !isShared(finding))) return "expected difference";
  return differs && findings.length === 0 ? "told only" : "same";
}

/**
 * Says that something could not be told; the check that is concluded next is incomplete.
 *
 * @example
 * if (left.height) incomplete(`Not compared: ${records(left).map(({ table }) => table).join(", ")}.`);
 * await conclude("rows-left", []);
 */
export function incomplete(reason: string): void {
  getSession().asked.failed.set("", reason);
}

/**
 * What the notebooks of this run up to this one have found: verdict, checks, findings and queries. Of those that a
 * person steps through, what all have found.
 *
 * @example say(outcome().verdict);
 */
export function outcome(): Outcome {
  const { settings, sources, notebook } = getSession();
  // others of a run may be executed at the same time, or have left something when it was last executed
  const isEarlier = (name: string): boolean => settings.results === interactiveResults || name <= notebook;
  return readOutcome(settings.results, sources.production.address, sources.local.address, isEarlier);
}

/**
 * What changed since the run before that compared the same two sides; undefined where there is none.
 *
 * @example const changed = changedSince(outcome()); // change, severity, before, title
 */
export function changedSince(outcome: Outcome): DataFrame | undefined {
  return changesFrame(getSession().settings.results, outcome);
}
