import { inspect } from "node:util";
import { RunbookError } from "./errors";
import type { Verb } from "./command/args";
import { guardOutput } from "./privacy/redaction";

/** Verbs are loaded when they are called: a command line should answer at once. */
const verbs: Record<string, { says: string; load: () => Promise<Verb> }> = {
  run: {
    says: "execute the notebooks, and write a results document",
    load: async () => (await import("./command/run")).run,
  },
  drift: {
    says: "compare the two schemas alone, and explain each difference",
    load: async () => (await import("./command/drift")).drift,
  },
  migrations: {
    says: "say of each revision what each side records of it, and what is there",
    load: async () => (await import("./command/migrations")).migrations,
  },
  plan: {
    says: "say what to do on each side, in which order, and rehearse it in scratch databases",
    load: async () => (await import("./command/plan")).plan,
  },
  rows: {
    says: "compare one table row by row, and name what differs",
    load: async () => (await import("./command/rows")).rows,
  },
  diff: {
    says: "say what changed from one results folder to a later one",
    load: async () => (await import("./command/diff")).diff,
  },
  query: {
    says: "ask one read of production, of local, or of both",
    load: async () => (await import("./command/query")).query,
  },
  check: {
    says: "say whether a statement would be let through; runs nothing",
    load: async () => (await import("./command/check")).check,
  },
  pdf: { says: "print the document of a results folder", load: async () => (await import("./command/pdf")).pdf },
  doctor: {
    says: "say what is missing on this machine, and what mends it",
    load: async () => (await import("./command/doctor")).doctor,
  },
  lab: {
    says: "open the notebooks in JupyterLab or Jupyter Notebook",
    load: async () => (await import("./command/lab")).lab,
  },
};

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

  runbook VERB --help says more. Without RUNBOOK_PRODUCTION and RUNBOOK_LOCAL it compares the demo's two databases.
  Nothing is ever written to either database.
`;
}

/** What parseArgs says of words that it does not know. */
function isUsage(error: unknown): boolean {
  return String((error as { code?: string }).code).startsWith("ERR_PARSE_ARGS");
}
