import { runChecks, type Diagnosis } from "../doctor";
import { printJson } from "../privacy/redaction";
import { pickSideFlags, type Given } from "./args";
import type { usage } from "./usage/doctor";

export async function run({ flags }: Given<typeof usage>): Promise<number> {
  const found = await runChecks(pickSideFlags(flags), !flags.offline);
  if (flags.json) printJson(`${JSON.stringify(found, null, 1)}\n`);
  else process.stdout.write(report(found));
  return found.some(({ state }) => state === "broken") ? 2 : 0;
}

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
