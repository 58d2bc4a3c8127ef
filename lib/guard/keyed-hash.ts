import { createHmac, randomBytes } from "node:crypto";
import { parseSync } from "libpg-query";
import { getFields, isFields, listStrings, listNodes, refuse, type Fields } from "./ast";
import { saltSetting } from "../sql/salt";

/** Marks a call that the guard itself has written, with the column that it hashes. */
export const keyed: unique symbol = Symbol("keyed");

/** Made when the process starts, gone when it ends: a hash of one run says nothing in another. */
export const processKey = randomBytes(24).toString("hex");

/**
 * Writes `keyed_hash(column)` out as SHA-256 of a salt and the column, lower-cased and trimmed. The salt is a setting
 * of the transaction (`lib/sql/salt.ts`): neither it nor the key stands in the statement. What is shown is that
 * hash once more under the key (`hashAgain`), which never leaves this process. Two sides asked with one key give equal
 * hashes for equal values.
 */
export function writeKeyedHash(fields: Fields): void {
  const [column, ...more] = listNodes(fields.args);
  if (getFields("ColumnRef", column) === undefined || more.length > 0)
    refuse("keyed_hash takes one column: write keyed_hash(email).");
  const sql =
    `select pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to($2 || ` +
    `pg_catalog.lower(pg_catalog.btrim($1::text)), 'UTF8')), 'hex')`;
  const [call, salt] = [sql, `select pg_catalog.current_setting('${saltSetting}')`].map(parseCall);
  const written = replaceParameters(call, [column, { FuncCall: { ...salt, [salted]: true } }]);
  Object.assign(fields, written, { [keyed]: column });
}

/** Marks the call that reads the salt, which nobody may write himself. */
const salted: unique symbol = Symbol("salted");

/** Whether a call is the guard's own that reads the salt. */
export function readsSalt(fields: Fields): boolean {
  return salted in fields;
}

function parseCall(sql: string): Fields {
  const { stmt } = (parseSync(sql) as { stmts: Fields[] }).stmts[0];
  const [target] = listNodes(getFields("SelectStmt", stmt)?.targetList);
  return getFields("FuncCall", getFields("ResTarget", target)?.val) as Fields;
}

function replaceParameters(node: unknown, values: unknown[]): unknown {
  if (Array.isArray(node)) return node.map((one) => replaceParameters(one, values));
  if (!isFields(node)) return node;
  if (isFields(node.ParamRef)) return values[Number(node.ParamRef.number) - 1];
  return Object.fromEntries(Object.entries(node).map(([field, value]) => [field, replaceParameters(value, values)]));
}

/** Whether a call is one of keyed_hash. */
export function isKeyedHash(fields: Fields): boolean {
  return listStrings(fields.funcname).join(".") === "keyed_hash";
}

/** What is shown for a hash that a source has computed: its HMAC under the key. NULL stays NULL, '' stays ''. */
export function hashAgain(hash: string | null, key: string): string | null {
  return hash && createHmac("sha256", key).update(`shown ${hash}`).digest("hex");
}
