import { readdirSync } from "node:fs";
import { RunbookError } from "../../errors";
import { severities } from "../../ledger";
import { notebooksFolder } from "../../settings";
import { sideFlags, type Given, type Usage } from "../args";

export const usage = {
  options: {
    ...sideFlags,
    quick: { type: "boolean", default: false },
    out: { type: "string" },
    "fail-on": { type: "string" },
    resume: { type: "boolean", default: false },
    replay: { type: "string" },
    parameter: { type: "string", short: "p", multiple: true },
    "parameters-file": { type: "string" },
    junit: { type: "string" },
    summary: { type: "string" },
  },
  takesWords: true,
  choices: { "fail-on": severities },
  words: () => listPhases().map((file) => file.replace(".ipynb", "")),
  help: `runbook run [PHASE…]     executes the notebooks in order, and writes a results folder

  --quick                  the quick start alone
  --out FOLDER             where the results go (default: notebooks/results/<UTC time>)
  --fail-on SEVERITY       exit status 1 from this severity on: ${severities.join(", ")} (default: never)
  --resume                 goes on with the newest run that compared the same two sides (or the one in --out): what was answered is not asked again
  --replay FOLDER          the recorded answers of that results folder, and no database
  -p, --parameter NAME=VALUE  another value for what a notebook declares in its cell with the tag parameters; repeatable.
                           VALUE is JSON, or a text as it stands; --resume and --replay keep those of that run
  --parameters-file FILE   the same from a JSON object
  --junit FILE             also the checks, and the findings that --fail-on counts, as JUnit XML for a CI server
  --summary FILE           appends verdict and causes as Markdown: in GitHub Actions, --summary "$GITHUB_STEP_SUMMARY"
  --production, --local ADDRESS, --migrations FOLDER

  runbook run                                       the whole runbook on the demo
  runbook run 0 1                                   phases 0 and 1
  runbook run -p by=license_type 4                   phase 4, its licences counted by type
  runbook run --replay notebooks/results/2026-02-02T20-30-00Z
  runbook run --fail-on high --production lambda:credmate-rds-sql-api --local postgres://credmate_user@localhost:5432/credmate_local

Exit status: 0 it ran; 1 it found what --fail-on names; 2 a check could not tell; 130 it was stopped.
`,
  // the running cell is stopped, and the document of what is known is written
  graceSeconds: 60,
} as const satisfies Usage;

export function checkGiven({ flags, positionals }: Given<typeof usage>): void {
  if (!flags.quick) choosePhases(positionals);
}

/** The files of the phases' notebooks, in their order. */
function listPhases(): string[] {
  return readdirSync(notebooksFolder)
    .filter((file) => /^\d\d-.*\.ipynb$/.test(file))
    .sort();
}

/** The notebooks of the phases that were named, by number or by name; all of them where none was. */
export function choosePhases(phases: string[]): string[] {
  const numbered = listPhases();
  if (phases.length === 0) return numbered;
  const wanted = new Set(
    phases.map((phase) => {
      const file = numbered.find((one) => one === `${phase}.ipynb` || one.startsWith(`${phase.padStart(2, "0")}-`));
      if (file) return file;
      throw new RunbookError(
        `There is no phase ${JSON.stringify(phase)}: name one of ` +
          `${numbered.map((one) => one.replace(".ipynb", "")).join(", ")}, or its number.`,
      );
    }),
  );
  return numbered.filter((file) => wanted.has(file));
}
