import { template, type Sql } from "./statement";

const marked = new WeakSet<Sql>();

/**
 * The same question, with `•••` in place of each personal value of its answer, where it would be refused without: ``both(masked(sql`select * from users limit 5`))``.
 * The mask is the same for everybody, and stands also where there is no value: it tells neither a length nor whether there is one.
 *
 * @example await both(masked(sql`select * from users where not is_deleted order by id limit 5`));
 */
export function masked(statement: Sql): Sql {
  const copy = template`${statement}`;
  marked.add(copy);
  return copy;
}

/** Whether a question asks for its answer to be masked. */
export function isMasked(statement: Sql): boolean {
  return marked.has(statement);
}
