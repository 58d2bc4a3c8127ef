import { sideFlags, type Usage } from "../args";

export const usage = {
  options: {
    ...sideFlags,
    json: { type: "boolean" },
    rehearse: { type: "boolean" },
    out: { type: "string" },
  },
  help: `runbook plan             what to do on each side, in which order, and what happens when it is done; nothing is executed on either

  --rehearse               executes the plan first in scratch databases of our own, with the real Alembic where RUNBOOK_ALEMBIC or the PATH has one
  --out FOLDER             writes FOLDER/plan/production.sql, local.sql, migrations/*.py and README.md
  --json                   {"format": 1, "plans": {"production": {"steps": [{…}]}, "local": {…}}, "rehearsal": {…}}
  --production, --local ADDRESS, --migrations FOLDER

  Exit status 1 where a step of the rehearsal failed that was not foretold, 2 where it could not be rehearsed.

  runbook plan --rehearse --out notebooks/results/today
  runbook plan --json | jq '.plans.production.steps[].title'
`,
} as const satisfies Usage;
