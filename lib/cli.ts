import { readFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { RunbookError } from "./errors";
import { verbs } from "./command/verbs";
import { guardOutput } from "./privacy/redaction";

/** Exit status: 0 it ran; 1 it ran and found what `--fail-on` names; 2 it could not tell. */
export async function main(words: string[]): Promise<void> {
  guardOutput();
  process.exitCode = await status(words).catch((error: unknown) => {
    // what nobody foresaw is told whole, but by us: what Node prints of an error does not go through the sieve
    process.stderr.write(
      error instanceof RunbookError || isUsage(error)
        ? `runbook: ${(error as Error).message}\n`
        : `${inspect(error)}\n`,
    );
    return 2;
  });
}

async function status([word, ...rest]: string[]): Promise<number> {
  if (!word || word === "--help" || word === "-h" || word === "help") {
    process.stdout.write(overview());
    return word ? 0 : 2;
  }
  if (word === "--version" || word === "-V" || word === "version") {
    process.stdout.write(`runbook ${packageVersion()}, Node ${process.versions.node}\n`);
    return 0;
  }
  if (!(word in verbs))
    throw new RunbookError(
      `There is no verb ${JSON.stringify(word)}: write one of ${Object.keys(verbs).join(", ")}. See runbook --help.`,
    );
  const verb = await verbs[word].load();
  if (rest.includes("--help") || rest.includes("-h")) {
    process.stdout.write(verb.help);
    return 0;
  }
  return verb.run(rest);
}

function overview(): string {
  const lines = Object.entries(verbs).map(([name, { says }]) => `  ${name.padEnd(10)} ${says}`);
  return `runbook: is production the same as what I have here?

${lines.join("\n")}

  runbook VERB --help says more; runbook --version says which this is. Without RUNBOOK_PRODUCTION and RUNBOOK_LOCAL it compares the demo's two databases.
  Nothing is ever written to either database.
`;
}

function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(join(__dirname, "..", "package.json"), "utf8")) as { version: string };
  return version;
}

/** What parseArgs says of words that it does not know. */
function isUsage(error: unknown): boolean {
  return String((error as { code?: string }).code).startsWith("ERR_PARSE_ARGS");
}
