import type { ParseArgsConfig } from "node:util";
import { RunbookError } from "../errors";
import type { Flags } from "../settings";
import { joinWords } from "../text";

/** A word of the command line. `run` answers with the exit status. */
export interface Verb {
  help: string;
  /** Its flags, as parseArgs takes them. */
  options: ParseArgsConfig["options"];
  /** The words that a flag takes, where they are a list. */
  choices?: Record<string, readonly string[]>;
  /** The words that it takes beside its flags, where they are a list. */
  words?: () => readonly string[];
  /** How long it may take to end by itself when it is stopped, in seconds (default: 5). */
  graceSeconds?: number;
  run(words: string[]): Promise<number>;
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

/** One of a flag's words, or a sentence that names them. */
export function chooseAllowed<T extends string>(flag: string, value: string, allowed: readonly T[]): T {
  if (allowed.includes(value as T)) return value as T;
  throw new RunbookError(`--${flag} takes ${joinWords(allowed, " or ")}, not ${JSON.stringify(value)}.`);
}
