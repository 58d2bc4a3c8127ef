import { parseArgs } from "node:util";
import { cleanNotebooks } from "../run/clean";
import { notebooksFolder } from "../settings";
import { count } from "../text";
import type { Verb } from "./args";

export const clean: Verb = {
  options: {},
  help: `runbook clean           takes what was saved out of the project's notebooks: outputs, counts, and what a front end has noted

  The cells stay as they are. The copies that runbook lab opens, in notebooks/mine, are left alone: git ignores them.
`,
  async run(words) {
    parseArgs({ args: words, options: {} });
    const cleaned = cleanNotebooks(notebooksFolder);
    process.stdout.write(
      cleaned.length
        ? `Cleaned ${count(cleaned.length, "notebook")}: ${cleaned.join(", ")}.\n`
        : "No notebook holds outputs: there was nothing to clean.\n",
    );
    return 0;
  },
};
