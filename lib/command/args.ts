import { parseArgs, type ParseArgsConfig } from "node:util";
import { RunbookError } from "../errors";
import type { Flags } from "../settings";
import { joinWords } from "../text";

/**
 * How a verb is called: all that its help, its completion and a wrong flag need. It stands in a file of its own,
 * lib/command/usage/VERB.ts, so that none of them loads what the verb works with.
 */
export interface Usage {
  help: string;
  /** Its flags, as parseArgs takes them. */
  options: NonNullable<ParseArgsConfig["options"]>;
  /** The words that a flag takes, where they are a list. */
  choices?: Record<string, readonly string[]>;
  /** Whether it takes words beside its flags. */
  takesWords?: boolean;
  /** Whether what stands behind `--` is left to another program. */
  leavesRest?: boolean;
  /** The words that it takes beside its flags, where they are a list. */
  words?: () => readonly string[];
  /** How long it may take to end by itself when it is stopped, in seconds (default: 5). */
  graceSeconds?: number;
}

type Values<U extends Usage> = ReturnType<
  typeof parseArgs<{ options: U["options"]; allowPositionals: true }>
>["values"];

/** What a verb was given. A flag with choices is one of them. */
export interface Given<U extends Usage = Usage> {
  flags: {
    [K in keyof Values<U>]: K extends keyof U["choices"] ? Choice<U["choices"][K], Values<U>[K]> : Values<U>[K];
  };
  positionals: string[];
  /** What stands behind `--`, where it is left to another program. */
  rest: string[];
  /** All of it, as it was written. */
  words: string[];
}

type Choice<Allowed, Value> = Allowed extends readonly (infer Word)[] ? Word | Extract<Value, undefined> : Value;

/** A word of the command line. `run` answers with the exit status. */
export interface Verb {
  says: string;
  loadUsage(): Promise<Usage>;
  run(words: string[]): Promise<number>;
}

/**
 * A verb of two files: one says how it is called, and may refuse what makes no sense together; the other does the work,
 * and is loaded when nothing was refused.
 */
export function defineVerb<U extends Usage>(
  says: string,
  loadUsage: () => Promise<{ usage: U; checkGiven?: (given: Given<U>) => void }>,
  loadWork: () => Promise<{ run: (given: Given<U>) => Promise<number> }>,
): Verb {
  return {
    says,
    loadUsage: async () => (await loadUsage()).usage,
    async run(words) {
      const { usage, checkGiven } = await loadUsage();
      const given = readGiven(usage, words);
      checkGiven?.(given);
      return (await loadWork()).run(given);
    },
  };
}

/** Reads the words of a verb. Throws where a flag is unknown, lacks its word, or has one that it does not take. */
function readGiven<U extends Usage>(usage: U, words: string[]): Given<U> {
  const end = usage.leavesRest && words.includes("--") ? words.indexOf("--") : words.length;
  const { values, positionals } = parseArgs({
    args: words.slice(0, end),
    allowPositionals: usage.takesWords ?? false,
    options: usage.options,
  });
  for (const [flag, allowed] of Object.entries(usage.choices ?? {})) {
    const word = values[flag];
    if (typeof word === "string" && !allowed.includes(word))
      throw new RunbookError(`--${flag} takes ${joinWords(allowed, " or ")}, not ${JSON.stringify(word)}.`);
  }
  return { flags: values as Given<U>["flags"], positionals, rest: words.slice(end + 1), words };
}

/** The flags that name the two sides, for parseArgs. */
export const sideFlags = {
  production: { type: "string" },
  local: { type: "string" },
  migrations: { type: "string" },
} as const;

/** Those flags again, out of all that was given. */
export function pickSideFlags({ production, local, migrations }: Flags): Flags {
  return { production, local, migrations };
}
