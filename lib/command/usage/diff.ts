import { RunbookError } from "../../errors";
import type { Given, Usage } from "../args";

export const usage = {
  options: { json: { type: "boolean" } },
  takesWords: true,
  help: `runbook diff A B         what changed from one results folder to a later one: causes that are new, grown, shrunk or resolved,
                         then findings that are new, worse, better or resolved

  --json                   {"format": 1, "new": [{…}], "worse": […], "better": […], "resolved": […]}

  runbook diff notebooks/results/2026-02-02T20-30-00Z notebooks/results/2026-02-09T20-30-00Z
`,
} as const satisfies Usage;

export function checkGiven({ positionals }: Given<typeof usage>): void {
  if (positionals.length !== 2)
    throw new RunbookError("Name two results folders, the earlier first: runbook diff A B.");
}
