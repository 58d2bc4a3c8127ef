import { raw, buildTemplate, type Sql } from "./template";

const own = new WeakSet<Sql>();

/**
 * A query of the project's own. The door grants it what a notebook's cell may not have: functions that read the
 * system catalog's texts.
 */
export function query(strings: TemplateStringsArray, ...values: Parameters<typeof buildTemplate>[1][]): Sql {
  const statement = makeImmutable(buildTemplate(strings, ...values));
  own.add(statement);
  if (values.length === 0) fixed.add(statement);
  return statement;
}

const fixed = new WeakSet<Sql>();

/**
 * Whether a query of the project's own stands as a whole in its source: it compares nothing but numbers, dates and
 * words of its own.
 */
export function isFixed(statement: Sql): boolean {
  return fixed.has(statement);
}

/** A trusted statement stays as it was written: whoever holds it can put nothing into it. */
function makeImmutable(statement: Sql): Sql {
  Object.freeze(statement.strings);
  Object.freeze(statement.values);
  return Object.freeze(statement);
}

/** The same for a text that another room of the library has made. */
export function trustQuery(text: string): Sql {
  const statement = makeImmutable(raw(text));
  own.add(statement);
  return statement;
}

const once = new WeakSet<Sql>();

/**
 * The same query, of whose answer nothing is kept: it holds for one comparison only, because a secret of that
 * comparison's is in it.
 */
export function markUncached(statement: Sql): Sql {
  once.add(statement);
  return statement;
}

const secrets = new WeakMap<Sql, string>();

/** The same query, which hashes with the salt of a secret (`lib/sql/salt.ts`). */
export function setSecret(statement: Sql, secret: string): Sql {
  secrets.set(statement, secret);
  return statement;
}

/** The secret whose salt a query hashes with, if it hashes. */
export function getSecret(statement: Sql): string | undefined {
  return secrets.get(statement);
}

/** Whether nothing is to be kept of a query's answer. */
export function isFleeting(statement: Sql): boolean {
  return once.has(statement);
}

/** Whether a query is the project's own, as it stands. A copy that somebody edited is not. */
export function isCatalogued(statement: Sql): boolean {
  return own.has(statement);
}
