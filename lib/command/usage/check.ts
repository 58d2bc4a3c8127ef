import { sideFlags, type Usage } from "../args";

export const usage = {
  options: { ...sideFlags, on: { type: "string" }, grants: { type: "string" } },
  takesWords: true,
  choices: { on: ["production", "local"] },
  help: `runbook check < statements    one JSON object {"sql": "…"} a line in, one {"verdict": "allow"|"deny", "reason": "…"} a line out

  runbook check FILE.ipynb …    looks through notebooks instead: one line for each statement that would be refused, and for what is missing to run them;
                           without a name, through those of notebooks/mine where a terminal is asked
  --on production|local    judge by that side's catalog too; asks it for nothing else
  --production, --local ADDRESS
  --grants ROLE            prints instead what a DBA should run, so that ROLE can have a second opinion from a role that
                           can read the safe columns alone; with --on, of the columns that are there

  Runs nothing. Without --on it connects to nothing, and judges by the statement alone.

  Exit status 1 where something in a notebook is to be mended.

  runbook check notebooks/mine/*.ipynb
  echo '{"sql": "select count(*) from licenses"}' | runbook check
`,
} as const satisfies Usage;
