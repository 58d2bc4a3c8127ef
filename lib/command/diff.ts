import { findChanges, findCauseChanges, findMissingPhases, readResults } from "../run/changes";
import type { CauseChange, Change, MissingPhase } from "../run/changes";
import { describeParameters, type GivenParameters } from "../run/parameters";
import { count } from "../text";
import { printJson } from "../privacy/redaction";
import type { Given } from "./args";
import type { usage } from "./usage/diff";

export async function run({ flags, positionals }: Given<typeof usage>): Promise<number> {
  const [before, after] = positionals.map(readResults);
  const found = findChanges(before, after);
  const causes = findCauseChanges(before, after);
  const missing = findMissingPhases(before, after);
  const given = [before, after].map(({ parameters = {} }) => parameters);
  if (flags.json) printJson(formatJson(found, causes, missing));
  else
    process.stdout.write(
      `${formatMissing(missing, positionals)}${formatGiven(given, positionals)}${formatCauses(causes)}${formatText(found)}`,
    );
  return 0;
}

function formatJson(found: Change[], causes: CauseChange[], missing: MissingPhase[]): string {
  const of = (kind: Change["change"]) =>
    found
      .filter(({ change }) => change === kind)
      .map(({ finding, before }) => ({ ...finding, ...(before ? { before } : {}) }));
  const told = {
    ...{ format: 1, new: of("new"), worse: of("worse"), better: of("better"), resolved: of("resolved") },
    missing,
    causes: causes.map(({ change, cause, before, now }) => ({ change, before, now, ...cause })),
  };
  return `${JSON.stringify(told, null, 1)}\n`;
}

function formatText(found: Change[]): string {
  const lines = found.map(
    ({ change, finding, before }) =>
      `${change.padEnd(8)}  ${(before ? `${before} → ${finding.severity}` : finding.severity).padEnd(8)}  ` +
      `${finding.title}\n`,
  );
  return `${lines.join("")}${found.length ? "" : "Nothing changed.\n"}`;
}

function formatMissing(missing: MissingPhase[], [before, after]: string[]): string {
  const lines = missing.map(({ run, phase, checks, why }) => {
    const folder = run === "before" ? before : after;
    const follows = run === "before" ? "what is there now may not be new" : "nothing of it counts as resolved";
    return (
      `Phase ${phase} is missing in ${folder}: ${count(checks, "check")} ${checks === 1 ? "was" : "were"} not ` +
      `made there, and ${follows}${why ? ` (${why})` : ""}.\n`
    );
  });
  return lines.length ? `${lines.join("")}\n` : "";
}

/** What each run gave its notebooks, where it is not the same. */
function formatGiven(given: GivenParameters[], folders: string[]): string {
  const told = given.map((notebooks) => {
    const each = Object.entries(notebooks).map(([name, values]) => `${describeParameters(values)} in ${name}`);
    return each.sort().join("; ");
  });
  if (told[0] === told[1]) return "";
  const lines = folders.map(
    (folder, at) => `${folder} was run with ${told[at] || "the parameters of the notebooks"}.\n`,
  );
  return `${lines.join("")}\n`;
}

function formatCauses(causes: CauseChange[]): string {
  if (causes.length === 0) return "";
  const lines = causes.map(({ change, cause, before, now }) => {
    const count = `${change === "new" ? now : `${before} → ${now}`} ${now === 1 ? "finding" : "findings"}`;
    return `${change.padEnd(8)}  ${cause.severity.padEnd(8)}  ${cause.title} (${count})\n`;
  });
  return `Causes\n${lines.join("")}\nFindings\n`;
}
