import { randomBytes } from "node:crypto";
import { parseSync } from "libpg-query";
import { getFields, isFields, listStrings, listNodes, refuse, type Fields } from "./ast";

/** Marks a call that the guard itself has written, with the column that it hashes. */
export const keyed: unique symbol = Symbol("keyed");

/** Made when the process starts, gone when it ends: a hash of one run says nothing in another. */
export const processKey = randomBytes(24).toString("hex");

/**
 * Writes `keyed_hash(column)` out as SHA-256 of a secret key and the column, lower-cased and trimmed. Two sides asked
 * with one key give equal hashes for equal values.
 */
export function writeKeyedHash(fields: Fields, key: string): void {
  const [column, ...more] = listNodes(fields.args);
  if (getFields("ColumnRef", column) === undefined || more.length > 0 || !/^[\w-]{16,}$/.test(key))
    refuse("keyed_hash takes one column: write keyed_hash(email).");
  const sql = `select pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to('${key}' || pg_catalog.lower(pg_catalog.btrim($1::text)), 'UTF8')), 'hex')`;
  const written = JSON.stringify((parseSync(sql) as { stmts: Fields[] }).stmts[0].stmt, (_, node) =>
    isParameter(node) ? column : node,
  );
  const call = getFields(
    "FuncCall",
    getFields("ResTarget", listNodes(getFields("SelectStmt", JSON.parse(written))?.targetList)[0])?.val,
  ) as Fields;
  Object.assign(fields, call, { [keyed]: column });
}

const isParameter = (node: unknown): boolean => isFields(node) && "ParamRef" in node;

/** Whether a call is one of keyed_hash. */
export function isKeyedHash(fields: Fields): boolean {
  return listStrings(fields.funcname).join(".") === "keyed_hash";
}
