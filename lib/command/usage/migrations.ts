import { sideFlags, type Usage } from "../args";

export const usage = {
  options: { ...sideFlags, json: { type: "boolean" } },
  help: `runbook migrations       the state of each revision on each side: recorded or not, and how many of its effects are there

  --json                   {"format": 1, "revisions": [{"revision": …, "sides": {"production": {"recorded": true, "state": "partial", …}}}], …}
  --production, --local ADDRESS, --migrations FOLDER

  Exit status 1 where a side records a revision and lacks some of its effects, 2 where that cannot be told of a recorded revision.

  runbook migrations
  runbook migrations --json | jq '.revisions[] | select(.sides.production.state == "partial")'
`,
} as const satisfies Usage;
