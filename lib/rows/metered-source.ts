import { RunbookError } from "../errors";
import type { Source } from "../source/guarded";
import type { Side } from "../ledger";
import type { Answer } from "../answer";
import type { Budget } from "./limits";
import { saltSetting } from "../sql/salt";
import { trustQuery, markUncached, setSecret } from "../sql/trusted";

/** A budget that is used up. What was not compared is incomplete. */
export class OverBudget extends RunbookError {
  override name = "OverBudget";
}

/** An answer that a Lambda could not give whole: ask for less. */
export class TooMuch extends RunbookError {
  override name = "TooMuch";

  constructor(side: Side) {
    super(`an answer of ${side} had more rows than one may: narrow the comparison with --where.`);
  }
}

/** One side, and what asking it has cost. */
export interface Asker {
  side: Side;
  queries: number;
  bytes: number;
  /** What the statements of the comparison that is under way hash with. */
  secret?: string;
  /**
   * Sends one of the project's own statements. Throws TooMuch where the answer does not fit, OverBudget where it may
   * not be asked.
   */
  ask(text: string): Promise<(string | null)[][]>;
  note(answer: Pick<Answer, "bytes">): void;
  /** Whether somebody has asked to stop. */
  stopped(): boolean;
}

/** Somebody has stopped the comparison. */
export class Interrupted extends RunbookError {
  override name = "Interrupted";
}

export function makeAsker(
  source: Source,
  { questions, seconds }: Budget,
  signal?: AbortSignal,
  deadline = performance.now() + seconds * 1000,
): Asker {
  const asker: Asker = {
    side: source.side,
    queries: 0,
    bytes: 0,
    note(answer) {
      asker.queries++;
      asker.bytes += answer.bytes;
    },
    stopped: () => signal?.aborted === true,
    async ask(text) {
      if (asker.stopped()) throw new Interrupted("the comparison was interrupted");
      if (asker.queries >= questions)
        throw new OverBudget(`the budget of ${questions.toLocaleString("en")} questions to ${source.side} is used up`);
      if (performance.now() > deadline)
        throw new OverBudget(`the budget of ${seconds.toLocaleString("en")} seconds is used up`);
      const statement = markUncached(trustQuery(text));
      if (asker.secret !== undefined && text.includes(saltSetting)) setSecret(statement, asker.secret);
      const answer = await source.ask(statement).catch((error: unknown) => {
        throw asker.stopped() ? new Interrupted("the comparison was interrupted", { cause: error }) : error;
      });
      asker.note(answer);
      if (answer.cells.length < answer.total) throw new TooMuch(source.side);
      return answer.cells;
    },
  };
  return asker;
}
