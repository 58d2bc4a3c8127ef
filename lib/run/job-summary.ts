import { severities, shapes } from "../ledger";
import { count, escapeMarkdown } from "../text";
import type { Results } from "./results";

/**
 * A run on one screen of Markdown, for the page of a CI job: the verdict, the causes that are more than information,
 * and what could not be told.
 */
export function writeJobSummary(results: Results): string {
  const { verdict, causes = [], checks, production, local, started, seconds } = results;
  const grave = causes.filter(({ severity }) => severity !== "info");
  const incomplete = checks.filter(({ status }) => status === "incomplete");
  const rows = grave.map(
    ({ severity, title, action, findings }) =>
      `| ${shapes[severity]} ${severity} | ${escapeMarkdown(title)} | ${escapeMarkdown(action)} | ${findings.length} |`,
  );
  const counts = severities.map(
    (severity) => `${results.findings.filter((finding) => finding.severity === severity).length} ${severity}`,
  );
  return [
    "## Is production the same as local?",
    escapeMarkdown(verdict),
    ...(rows.length
      ? [["| severity | cause | what to do | findings |", "| --- | --- | --- | ---: |", ...rows].join("\n")]
      : []),
    ...(incomplete.length
      ? [
          `**${count(incomplete.length, "check")} could not be completed**`,
          incomplete.map(({ id, why }) => `- ${escapeMarkdown(id)}: ${escapeMarkdown(why)}`).join("\n"),
        ]
      : []),
    `${escapeMarkdown(production.address)} and ${escapeMarkdown(local.address)}, ${started}, ${seconds} s: ` +
      `${count(checks.length, "check")}, ${count(results.findings.length, "finding")} (${counts.join(", ")}).`,
    "",
  ].join("\n\n");
}
