import { raw, template, type Sql } from "./statement";

const own = new WeakSet<Sql>();

/** A query of the project's own. The door grants it what a notebook's cell may not have: functions that read the system catalog's texts. */
export function query(strings: TemplateStringsArray, ...values: Parameters<typeof template>[1][]): Sql {
  const statement = template(strings, ...values);
  own.add(statement);
  return statement;
}

/** The same for a text that another room of the library has made. */
export function catalogued(text: string): Sql {
  const statement = raw(text);
  own.add(statement);
  return statement;
}

/** Whether a query is the project's own, as it stands. A copy that somebody edited is not. */
export function isCatalogued(statement: Sql): boolean {
  return own.has(statement);
}
