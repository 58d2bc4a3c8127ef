/**
 * Where an operator's interrupt (Ctrl-C, Jupyter's Stop) is known: nothing that belongs to what was stopped asks a
 * database again.
 */
export interface Stopping {
  /** Whether the work that calls this was stopped. */
  isStopped(): boolean;
  /**
   * Notes that the operator stopped, and what becomes of the queries under way, a sentence for each side that was
   * asked.
   */
  stop(told: string[]): void;
}

let stopped = false;
const told: string[] = [];

/** A process of the command line stops as a whole, and for good. */
export const processStopping: Stopping = {
  isStopped: () => stopped,
  stop(sentences) {
    stopped = true;
    told.push(...sentences.filter((sentence) => !told.includes(sentence)));
  },
};

/** What a stopped process says last. */
export function describeStop(sentences: string[] = told): string {
  return ["Stopped; nothing more is asked.", ...sentences].join(" ");
}
