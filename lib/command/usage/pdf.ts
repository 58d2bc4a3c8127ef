import { RunbookError } from "../../errors";
import type { Given, Usage } from "../args";

export const usage = {
  options: {},
  takesWords: true,
  help: `runbook pdf [FOLDER]     prints the document of a results folder as results.pdf (default: the newest run)

  It takes the Chromium or Chrome that is installed, or the one that RUNBOOK_BROWSER names.

  runbook pdf
  runbook pdf notebooks/results/2026-02-02T20-30-00Z
`,
} as const satisfies Usage;

export function checkGiven({ positionals }: Given<typeof usage>): void {
  if (positionals.length > 1) throw new RunbookError("runbook pdf prints one results folder: name one.");
}
