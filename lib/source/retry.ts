import { setTimeout as sleep } from "node:timers/promises";
import { QueryError, type Fault } from "../errors";

/**
 * How often a read that met such a fault is asked in all. Every read may be asked again without harm, so the question
 * is only whether it is worth it: what is not named here comes back the same, or was stopped for a reason.
 */
const attempts: Partial<Record<Fault, number>> = {
  throttled: 8,
  "function changing": 8,
  "service failed": 8,
  "function crashed": 8,
  "answer unreadable": 8,
  "answer to another question": 8,
  "connection cut": 8,
  "function's network": 8,
  "too many connections": 8,
  "server starting": 8,
  "server gone": 8,
  deadlock: 8,
  "serialization failure": 8,
  "out of shared memory": 8,
  locked: 2,
};

/**
 * A statement that worked for longer than this before it was cut off is not run a second time: it would cost the same
 * again, and may end the same.
 */
const worthRepeating = 10_000;
const firstWait = 100;
const longestWait = 4_000;

/**
 * Asks, and asks again while that is worth it: with full jitter, between nothing and twice as long as before each
 * time (Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog). `seldom` says that this source has
 * not answered lately, so that no more than two attempts are made.
 */
export async function retryTransient<T>(ask: () => Promise<T>, signal: AbortSignal, seldom: () => boolean): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const began = performance.now();
    try {
      return await ask();
    } catch (error) {
      const worth = error instanceof QueryError ? (attempts[error.fault] ?? 1) : 1;
      const most = seldom() ? Math.min(worth, 2) : worth;
      if (attempt >= most || signal.aborted || performance.now() - began > worthRepeating) throw error;
      await sleep(waitAfter(attempt, (error as QueryError).retryAfter), undefined, { signal }).catch(() => undefined);
      if (signal.aborted) throw error;
    }
  }
}

function waitAfter(attempt: number, asked = 0): number {
  return Math.min(longestWait, Math.max(asked * 1000, firstWait * 2 ** attempt * Math.random()));
}

/** What a question that was stopped by its asker ends with. */
export function makeInterruptedError(side: string): QueryError {
  return new QueryError(
    side,
    "the question was interrupted, and nothing more is asked: ask it again when you want its answer.",
    "query_canceled",
    { fault: "interrupted" },
  );
}

/** An error's name and code, without the message and detail, which can hold a row's values or a secret. */
export function stripDetails(error: unknown): Error {
  const { name = "Error", code = "" } = (error ?? {}) as { name?: string; code?: string };
  const bare = new Error(code || name);
  bare.stack = undefined;
  return bare;
}
