import type { Usage } from "../args";

export const usage = {
  options: {},
  help: `runbook clean           takes what was saved out of the project's notebooks: outputs, counts, and what a front end has noted

  The cells stay as they are. The copies that runbook lab opens, in notebooks/mine, are left alone: git ignores them.
`,
} as const satisfies Usage;
