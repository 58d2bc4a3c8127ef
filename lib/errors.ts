/**
 * Something the operator can mend: the message is one sentence that names what to change. It never holds a secret or a person's data.
 *
 * @example throw new RunbookError("RUNBOOK_LOCAL names no database: add one after the port.");
 */
export class RunbookError extends Error {
  override name = "RunbookError";
}

/**
 * A source did not answer this SQL. `condition` is PostgreSQL's name of the error (`undefined_table`), where it gave one.
 *
 * @example new QueryError("production", "the Lambda was cut off after 300 s: add a LIMIT.", "query_canceled")
 */
export class QueryError extends RunbookError {
  override name = "QueryError";

  constructor(
    readonly source: string,
    reason: string,
    readonly condition?: string,
    options?: ErrorOptions,
  ) {
    super(`${source}: ${reason}`, options);
  }
}
