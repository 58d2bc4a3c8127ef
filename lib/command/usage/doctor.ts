import { sideFlags, type Usage } from "../args";

export const usage = {
  options: {
    ...sideFlags,
    offline: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
  help: `runbook doctor          what is missing on this machine, each with the one command that mends it

  --offline               ask neither side, and start no demo
  --json                  [{"about", "state": "fine"|"note"|"broken", "says", "mend"}, …]
  --production, --local ADDRESS, --migrations FOLDER

  runbook doctor
  runbook doctor --offline

  ✓ is as it should be, ! is worth knowing, ✗ keeps the runbook from running.
  Exit status: 0 nothing keeps the runbook from running; 2 something does.
`,
} as const satisfies Usage;
