import { sideFlags, type Usage } from "../args";
import { severities } from "../../ledger";

export const usage = {
  options: {
    ...sideFlags,
    json: { type: "boolean" },
    prove: { type: "boolean" },
    "fail-on": { type: "string" },
  },
  choices: { "fail-on": severities },
  help: `runbook drift            compares the two schemas, explains each difference by the migrations, and groups them by cause

  --prove                  also the statements that would mend it, each tried in an empty database of our own first (takes some seconds)
  --json                   {"format": 1, "production": {…}, "local": {…}, "drift": [{…}], "coverage": [{…}], "causes": [{…}]}
  --fail-on SEVERITY       exit status 1 from this severity on: ${severities.join(", ")} (default: never)
  --production, --local ADDRESS, --migrations FOLDER

  runbook drift
  runbook drift --json --fail-on high > drift.json
`,
} as const satisfies Usage;
