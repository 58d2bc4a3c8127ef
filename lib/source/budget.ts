import { QueryError } from "../errors";
import type { Side } from "../ledger";

/**
 * What an answer has cost: calls made, bytes that came, and milliseconds that the function says it worked. Several
 * calls where it was asked again, or came in parts.
 */
export interface Cost {
  invocations: number;
  received: number;
  /** Milliseconds in the function, by the last lines of its log; absent where there is no function. */
  inFunction?: number;
}

/** What a run may cost production. */
export interface Allowance {
  invocations: number;
  bytes: number;
}

/** Lets a source be called while the run's allowance lasts, a few calls at a time, and counts what they cost. */
export interface Budget {
  /**
   * Resolves when a call may go, and counts it; `give` must follow. Throws a QueryError where the run has cost what it
   * may.
   */
  take(side: Side): Promise<void>;
  /** The call has ended, and has cost this. */
  give(cost: Partial<Cost>): void;
  /** What this process has spent, and what the run had spent before it. */
  readonly spent: Cost;
}

export const defaultAllowance: Allowance = { invocations: 1000, bytes: 1_000_000_000 };

/** So many invocations at a time: each holds one of production's connections. */
const mostCalls = 4;

/** A budget of this process alone; `before` is what the run had cost when it was made. */
export function makeBudget(allowance: Allowance, before: Cost = { invocations: 0, received: 0 }): Budget {
  const spent: Required<Cost> = { inFunction: 0, ...before };
  const places = makePlaces(mostCalls);
  return {
    spent,
    async take(side) {
      await places.take();
      try {
        requireAllowance(side, allowance, spent);
      } catch (error) {
        places.give();
        throw error;
      }
      spent.invocations++;
    },
    give({ received = 0, inFunction = 0 }) {
      spent.received += received;
      spent.inFunction += inFunction;
      places.give();
    },
  };
}

function requireAllowance(side: Side, allowance: Allowance, spent: Cost): void {
  if (spent.invocations >= allowance.invocations)
    throw explainOverdrawn(side, `${allowance.invocations.toLocaleString("en")} invocations`, "RUNBOOK_INVOCATIONS");
  if (spent.received >= allowance.bytes)
    throw explainOverdrawn(side, `${allowance.bytes.toLocaleString("en")} bytes`, "RUNBOOK_BYTES");
}

function explainOverdrawn(side: Side, what: string, setting: string): QueryError {
  return makeOverdrawnError(
    side,
    `the run has cost the ${what} that it may: nothing more is asked. Raise ${setting}, or run fewer phases.`,
  );
}

/** What a question ends with that the run's allowance has no room for. */
export function makeOverdrawnError(side: Side, reason: string): QueryError {
  return new QueryError(side, reason, undefined, { fault: "budget spent" });
}

/** So many places: who comes when all are taken waits for one, in order. */
function makePlaces(most: number): { take(): Promise<void>; give(): void } {
  let taken = 0;
  const waiting: (() => void)[] = [];
  return {
    async take() {
      if (taken >= most) await new Promise<void>((resolve) => waiting.push(resolve));
      else taken++;
    },
    give() {
      const next = waiting.shift();
      if (next) next();
      else taken--;
    },
  };
}
