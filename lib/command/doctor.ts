import { parseArgs } from "node:util";
import { runChecks, type Diagnosis } from "../doctor";
import { printJson } from "../privacy/redaction";
import { pickSideFlags, sideFlags, type Verb } from "./args";

const options = {
  ...sideFlags,
  offline: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
} as const;

export const doctor: Verb = {
  options,
  help: `runbook doctor          what is missing on this machine, each with the one command that mends it

  --offline               ask neither side, and start no demo
  --json                  [{"about", "state": "fine"|"note"|"broken", "says", "mend"}, …]
  --production, --local ADDRESS, --migrations FOLDER

  runbook doctor
  runbook doctor --offline

  ✓ is as it should be, ! is worth knowing, ✗ keeps the runbook from running.
  Exit status: 0 nothing keeps the runbook from running; 2 something does.
`,
  async run(words) {
    const { values: flags } = parseArgs({
      args: words,
      options,
    });
    const found = await runChecks(pickSideFlags(flags), !flags.offline);
    if (flags.json) printJson(`${JSON.stringify(found, null, 1)}\n`);
    else process.stdout.write(report(found));
    return found.some(({ state }) => state === "broken") ? 2 : 0;
  },
};

const marks = { fine: "✓", note: "!", broken: "✗" };

function report(found: Diagnosis[]): string {
  const lines = found.map(
    ({ about, state, says, mend }) =>
      `${marks[state]} ${about}: ` +
      `${says.startsWith(`${about}: `) ? says.slice(about.length + 2) : says}\n${mend && state !== "fine" ? `    ${mend}\n` : ""}`,
  );
  const broken = found.filter(({ state }) => state === "broken").length;
  const verdict = broken
    ? `${broken === 1 ? "One thing keeps" : `${broken} things keep`} the runbook from running here: run the ` +
      `command below each ✗.`
    : "Nothing keeps the runbook from running here.";
  return `${lines.join("")}\n${verdict}\n`;
}
