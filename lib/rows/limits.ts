/** What a comparison may cost a side. */
export interface Budget {
  /** Rows read on a side, as EXPLAIN expects them, all passes together. */
  rows: number;
  /** Rows that one statement reads. */
  rowsAStatement: number;
  /** Questions to a side. */
  questions: number;
  /** Seconds of the whole comparison; what is begun is ended. */
  seconds: number;
}

export const budget: Budget = { rows: 100_000_000, rowsAStatement: 5_000_000, questions: 10_000, seconds: 3600 };

/** How many keys of each status an outcome holds, if nobody asks for more. */
export const fewKeys = 100;
