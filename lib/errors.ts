import { inspect } from "node:util";

/**
 * Something the operator can mend: the message is one sentence that names what to change. It never holds a secret or
 * a person's data.
 *
 * @example throw new RunbookError("RUNBOOK_LOCAL names no database: add one after the port.");
 */
export class RunbookError extends Error {
  override name = "RunbookError";

  /** What a front end prints of it: the sentence, and none of our stack. */
  [inspect.custom](): string {
    return `${this.name}: ${this.message}`;
  }
}

/**
 * What kept a source from answering, by one name each; `lib/source/retry.ts` says which of them are worth asking
 * again.
 */
export type Fault =
  | "no region"
  | "no credentials"
  | "credentials expired"
  | "credentials refused"
  | "access denied"
  | "function absent"
  | "function changing"
  | "function unusable"
  | "function's network"
  | "throttled"
  | "service failed"
  | "request too large"
  | "request refused"
  | "not reached"
  | "connection cut"
  | "no answer in time"
  | "function timed out"
  | "function out of memory"
  | "function crashed"
  | "function not importable"
  | "function failed"
  | "answer too large"
  | "answer unreadable"
  | "answer of an unknown shape"
  | "answer to another question"
  | "rows changed"
  | "login refused"
  | "too many connections"
  | "server starting"
  | "server gone"
  | "statement timeout"
  | "cancelled"
  | "interrupted"
  | "deadlock"
  | "serialization failure"
  | "out of shared memory"
  | "locked"
  | "refused by the server"
  | "budget spent"
  | "not recorded";

/**
 * A source did not answer this SQL. `condition` is PostgreSQL's name of the error (`undefined_table`), where it gave
 * one.
 *
 * @example new QueryError("production", "the Lambda was cut off after 300 s: add a LIMIT.", "query_canceled")
 */
export class QueryError extends RunbookError {
  override name = "QueryError";
  readonly fault: Fault;
  /** Seconds after which the source itself said that it could be asked again. */
  readonly retryAfter?: number;

  constructor(
    readonly source: string,
    reason: string,
    readonly condition?: string,
    options: ErrorOptions & { fault?: Fault; retryAfter?: number } = {},
  ) {
    super(`${source}: ${reason}`, options);
    this.fault = options.fault ?? "refused by the server";
    this.retryAfter = options.retryAfter;
  }
}
