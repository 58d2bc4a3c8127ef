import { RunbookError } from "../../errors";
import type { Given, Usage } from "../args";

const shells = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof shells)[number];

export const usage = {
  options: {},
  takesWords: true,
  words: () => shells,
  help: `runbook completion SHELL  prints what lets bash, zsh or fish complete the verbs and their flags

  The shell completes a command called runbook: make that name one for npx runbook, where it is none.

  bash   alias runbook="npx runbook"; eval "$(npx runbook completion bash)"
  zsh    alias runbook="npx runbook"; autoload -U compinit && compinit; eval "$(npx runbook completion zsh)"
  fish   alias runbook "npx runbook"; npx runbook completion fish | source

  Written into ~/.bashrc, ~/.zshrc or ~/.config/fish/config.fish, it holds for every new shell.
`,
} as const satisfies Usage;

export function checkGiven({ positionals }: Given<typeof usage>): void {
  if (positionals.length !== 1 || !shells.includes(positionals[0] as Shell))
    throw new RunbookError("Name one shell: runbook completion bash, zsh or fish.");
}
