/** Something the operator can mend: the message is one sentence that names what to change. It never holds a secret or a person's data. */
export class RunbookError extends Error {
  override name = "RunbookError";
}

/** A source did not answer this SQL. `condition` is PostgreSQL's name of the error (`undefined_table`), where it gave one. */
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
