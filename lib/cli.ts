import { readFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { RunbookError } from "./errors";
import { verbs } from "./command/verbs";
import { describeStop } from "./stop";
import { guardOutput } from "./privacy/redaction";

/** Exit status: 0 it ran; 1 it ran and found what `--fail-on` names; 2 it could not tell; 130 it was stopped. */
export async function main(words: string[]): Promise<void> {
  guardOutput();
  const isStopped = watchStop();
  process.exitCode = await runVerb(words).catch((error: unknown) => {
    if (isStopped()) return stoppedStatus; // what failed, failed because it was stopped
    // what nobody foresaw is told whole, but by us: what Node prints of an error does not go through the sieve
    process.stderr.write(
      error instanceof RunbookError || isUsage(error)
        ? `runbook: ${(error as Error).message}\n`
        : `${inspect(error)}\n`,
    );
    return 2;
  });
  // a verb that never waits gives no signal a chance to be heard
  await new Promise(setImmediate);
  if (!isStopped()) return;
  process.stderr.write(`runbook: ${describeStop()}\n`);
  process.exitCode = stoppedStatus;
}

const stoppedStatus = 130;
let graceSeconds = 5;

/**
 * Ctrl-C ends every verb: at once where nothing is open, else when its queries are cancelled and what is open has
 * been closed. A second one does not wait; npx passes the first on, so that it comes twice.
 */
function watchStop(): () => boolean {
  let since: number | undefined;
  const stop = (): void => {
    const isAlone = process.listenerCount("SIGINT") === 1;
    if (isAlone || (since !== undefined && Date.now() - since > 500)) process.exit(stoppedStatus);
    if (since !== undefined) return;
    since = Date.now();
    setTimeout(() => process.exit(stoppedStatus), graceSeconds * 1000).unref();
  };
  process.on("SIGINT", stop).on("SIGTERM", () => process.emit("SIGINT"));
  return () => since !== undefined;
}

async function runVerb([word, ...rest]: string[]): Promise<number> {
  if (!word || word === "--help" || word === "-h" || word === "help") {
    process.stdout.write(describeVerbs());
    return word ? 0 : 2;
  }
  if (word === "--version" || word === "-V" || word === "version") {
    process.stdout.write(`runbook ${readPackageVersion()}, Node ${process.versions.node}\n`);
    return 0;
  }
  if (!(word in verbs))
    throw new RunbookError(
      `There is no verb ${JSON.stringify(word)}: write one of ${Object.keys(verbs).join(", ")}. See runbook --help.`,
    );
  const usage = await verbs[word].loadUsage();
  if (rest.includes("--help") || rest.includes("-h")) {
    process.stdout.write(usage.help);
    return 0;
  }
  graceSeconds = usage.graceSeconds ?? graceSeconds;
  return verbs[word].run(rest);
}

function describeVerbs(): string {
  const lines = Object.entries(verbs).map(([name, { says }]) => `  ${name.padEnd(10)} ${says}`);
  return `runbook: is production the same as what I have here?

${lines.join("\n")}

  runbook VERB --help says more; runbook --version says which this is. Without RUNBOOK_PRODUCTION and RUNBOOK_LOCAL it compares the demo's two databases.
  Nothing is ever written to either database.
`;
}

function readPackageVersion(): string {
  const { version } = JSON.parse(readFileSync(join(__dirname, "..", "package.json"), "utf8")) as { version: string };
  return version;
}

/** What parseArgs says of words that it does not know. */
function isUsage(error: unknown): boolean {
  return String((error as { code?: string }).code).startsWith("ERR_PARSE_ARGS");
}
