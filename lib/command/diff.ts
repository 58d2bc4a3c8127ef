import { parseArgs } from "node:util";
import { RunbookError } from "../errors";
import { changes, readResults, type Change } from "../run/changes";
import type { Verb } from "./args";

export const diff: Verb = {
  help: `runbook diff A B         what changed from one results folder to a later one: findings that are new, worse, better, resolved

  --json                   {"format": 1, "new": [{…}], "worse": […], "better": […], "resolved": […]}

  runbook diff notebooks/results/2026-02-02T20-30-00Z notebooks/results/2026-02-09T20-30-00Z
`,
  async run(words) {
    const { values: flags, positionals } = parseArgs({
      args: words,
      allowPositionals: true,
      options: { json: { type: "boolean" } },
    });
    if (positionals.length !== 2)
      throw new RunbookError("Name two results folders, the earlier first: runbook diff A B.");
    const [before, after] = positionals.map(readResults);
    const found = changes(before, after);
    process.stdout.write(flags.json ? asJson(found) : asText(found));
    return 0;
  },
};

function asJson(found: Change[]): string {
  const of = (kind: Change["change"]) =>
    found
      .filter(({ change }) => change === kind)
      .map(({ finding, before }) => ({ ...finding, ...(before ? { before } : {}) }));
  return `${JSON.stringify({ format: 1, new: of("new"), worse: of("worse"), better: of("better"), resolved: of("resolved") }, null, 1)}\n`;
}

function asText(found: Change[]): string {
  const lines = found.map(
    ({ change, finding, before }) =>
      `${change.padEnd(8)}  ${(before ? `${before} → ${finding.severity}` : finding.severity).padEnd(8)}  ${finding.title}\n`,
  );
  return `${lines.join("")}${found.length ? "" : "Nothing changed.\n"}`;
}
