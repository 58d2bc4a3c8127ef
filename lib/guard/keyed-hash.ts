import { createHmac, randomBytes } from "node:crypto";
import type { FuncCall, Node } from "@pgsql/types";
import { parseStatements } from "../sql/tree";
import { getFields, isPart, listStrings, refuse } from "./ast";
import { saltSetting } from "../sql/salt";

/** Marks a call that the guard itself has written, with the column that it hashes. */
const keyed: unique symbol = Symbol("keyed");
/** Marks the call that reads the salt, which nobody may write himself. */
const salted: unique symbol = Symbol("salted");

type OwnCall = FuncCall & { [keyed]?: Node; [salted]?: true };

/** Made when the process starts, gone when it ends: a hash of one run says nothing in another. */
export const processKey = randomBytes(24).toString("hex");

/**
 * Writes `keyed_hash(column)` out as SHA-256 of a salt and the column, lower-cased and trimmed. The salt is a setting
 * of the transaction (`lib/sql/salt.ts`): neither it nor the key stands in the statement. What is shown is that
 * hash once more under the key (`hashAgain`), which never leaves this process. Two sides asked with one key give equal
 * hashes for equal values.
 */
export function writeKeyedHash(fields: FuncCall): void {
  const [column, ...more] = fields.args ?? [];
  if (getFields("ColumnRef", column) === undefined || more.length > 0)
    refuse("keyed_hash takes one column: write keyed_hash(email).");
  const sql =
    `select pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to($2 || ` +
    `pg_catalog.lower(pg_catalog.btrim($1::text)), 'UTF8')), 'hex')`;
  const [call, salt] = [sql, `select pg_catalog.current_setting('${saltSetting}')`].map(parseCall);
  const reading: OwnCall = { ...salt, [salted]: true };
  const written = replaceParameters(call, [column, { FuncCall: reading }]);
  Object.assign(fields, written, { [keyed]: column });
}

/** Whether a call is the guard's own that reads the salt. */
export function readsSalt(fields: OwnCall): boolean {
  return fields[salted] === true;
}

/** The column that a call of the guard's own hashes; undefined of any other call. */
export function getHashedColumn(fields: OwnCall): Node | undefined {
  return fields[keyed];
}

function parseCall(sql: string): FuncCall {
  const target = getFields("SelectStmt", parseStatements(sql)[0])?.targetList?.[0];
  const call = getFields("FuncCall", getFields("ResTarget", target)?.val);
  if (call === undefined) throw new Error("The statement selects no call.");
  return call;
}

function replaceParameters(node: unknown, values: Node[]): unknown {
  if (Array.isArray(node)) return node.map((one) => replaceParameters(one, values));
  if (!isPart(node)) return node;
  if (node.ParamRef) return values[Number(node.ParamRef.number) - 1];
  return Object.fromEntries(Object.entries(node).map(([field, value]) => [field, replaceParameters(value, values)]));
}

/** Whether a call is one of keyed_hash. */
export function isKeyedHash(fields: FuncCall): boolean {
  return listStrings(fields.funcname).join(".") === "keyed_hash";
}

/** What is shown for a hash that a source has computed: its HMAC under the key. NULL stays NULL, '' stays ''. */
export function hashAgain(hash: string | null, key: string): string | null {
  return hash && createHmac("sha256", key).update(`shown ${hash}`).digest("hex");
}
