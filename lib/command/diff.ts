import { parseArgs } from "node:util";
import { RunbookError } from "../errors";
import { findChanges, findCauseChanges, findMissingPhases, readResults } from "../run/changes";
import type { CauseChange, Change, MissingPhase } from "../run/changes";
import { describeParameters, type GivenParameters } from "../run/parameters";
import { count } from "../text";
import { printJson } from "../privacy/redaction";
import type { Verb } from "./args";

const options = { json: { type: "boolean" } } as const;

export const diff: Verb = {
  options,
  help: `runbook diff A B         what changed from one results folder to a later one: causes that are new, grown, shrunk or resolved,
                         then findings that are new, worse, better or resolved

  --json                   {"format": 1, "new": [{…}], "worse": […], "better": […], "resolved": […]}

  runbook diff notebooks/results/2026-02-02T20-30-00Z notebooks/results/2026-02-09T20-30-00Z
`,
  async run(words) {
    const { values: flags, positionals } = parseArgs({
      args: words,
      allowPositionals: true,
      options,
    });
    if (positionals.length !== 2)
      throw new RunbookError("Name two results folders, the earlier first: runbook diff A B.");
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
  },
};

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
