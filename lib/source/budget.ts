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

/** Counts what a source costs; `before` is what the run had cost when this source was opened. */
export interface Budget {
  /** Throws a QueryError where the run has cost what it may. */
  take(side: Side): void;
  add(cost: Partial<Cost>): void;
  readonly spent: Cost;
}

export const defaultAllowance: Allowance = { invocations: 1000, bytes: 1_000_000_000 };

export function makeBudget(allowance: Allowance, before: Cost = { invocations: 0, received: 0 }): Budget {
  const spent: Required<Cost> = { inFunction: 0, ...before };
  return {
    spent,
    take(side) {
      if (spent.invocations >= allowance.invocations)
        throw explainOverdrawn(
          side,
          `${allowance.invocations.toLocaleString("en")} invocations`,
          "RUNBOOK_INVOCATIONS",
        );
      if (spent.received >= allowance.bytes)
        throw explainOverdrawn(side, `${allowance.bytes.toLocaleString("en")} bytes`, "RUNBOOK_BYTES");
      spent.invocations++;
    },
    add({ received = 0, inFunction = 0 }) {
      spent.received += received;
      spent.inFunction += inFunction;
    },
  };
}

function explainOverdrawn(side: Side, what: string, setting: string): QueryError {
  return new QueryError(
    side,
    `the run has cost the ${what} that it may: nothing more is asked. Raise ${setting}, or run fewer phases.`,
    undefined,
    { fault: "budget spent" },
  );
}

/** Lets few things happen at a time: the rest wait their turn, in order. */
export function limitConcurrency(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}
