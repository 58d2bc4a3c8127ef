import { buildTemplate, type Sql } from "./template";

const marked = new WeakSet<Sql>();

/**
 * The same question, with `•••` in place of each personal value of its answer, where it would be refused without. The
 * mask is the same for everybody, and stands also where there is no value: it tells neither a length nor whether
 * there is one.
 *
 * @example await show(await both(masked(sql`select * from users order by id limit 5`)), "Five users, masked");
 */
export function masked(statement: Sql): Sql {
  const copy = buildTemplate`${statement}`;
  marked.add(copy);
  return copy;
}

/** Whether a question asks for its answer to be masked. */
export function isMasked(statement: Sql): boolean {
  return marked.has(statement);
}
