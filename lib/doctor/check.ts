import { RunbookError } from "../errors";

/**
 * What one look at the machine has found. `mend` is the one command that helps. A `note` is worth knowing, and stops
 * nothing.
 */
export interface Diagnosis {
  about: string;
  state: "fine" | "note" | "broken";
  says: string;
  mend?: string;
}

export function reportFine(about: string, says: string): Diagnosis {
  return { about, state: "fine", says };
}

export function note(about: string, says: string, mend?: string): Diagnosis {
  return { about, state: "note", says, ...(mend ? { mend } : {}) };
}

export function reportBroken(about: string, says: string, mend: string): Diagnosis {
  return { about, state: "broken", says, mend };
}

/** What `look` answers as fine; what it throws as broken, in its own sentence. */
export async function tryCheck(about: string, mend: string, look: () => string | Promise<string>): Promise<Diagnosis> {
  try {
    return reportFine(about, await look());
  } catch (error) {
    return reportBroken(about, makeSentence(error), mend);
  }
}

/** An error's first line: the stack and Node's list of who required whom help nobody. */
function makeSentence(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return error instanceof RunbookError ? text : text.split("\n")[0];
}
