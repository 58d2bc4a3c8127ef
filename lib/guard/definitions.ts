import type { FuncCall } from "@pgsql/types";
import { getFields, isFields, listNodes, listStrings, refuse, type Fields } from "./ast";
import { findRelation, type Catalog } from "./catalog";
import { readConstant } from "./sizes";

/** What prints the definition of a view or a function, by the type that names it. */
const named = new Map([
  ["pg_get_viewdef", /^regclass$/],
  ["pg_get_functiondef", /^(regprocedure|regproc)$/],
]);

/** The calls inside of what the guard has written around them. */
const masked = new WeakSet<object>();

/** Whether a call prints a definition that a statement may ask for. */
export function isDefinition(fields: FuncCall): boolean {
  const [name, schema = "pg_catalog"] = listStrings(fields.funcname).reverse();
  return named.has(name) && schema === "pg_catalog" && !masked.has(fields);
}

/** Whether a call is the one inside. */
export function isMaskedDefinition(fields: FuncCall): boolean {
  return masked.has(fields);
}

/**
 * Writes the masking of literals around `pg_get_viewdef('name'::regclass)` and
 * `pg_get_functiondef('name(types)'::regprocedure)`: every string becomes '•••', a number of four digits or more •••,
 * and comments go. The server masks them, so that whatever is done with the text is done without them.
 */
export function writeMaskedDefinition(fields: FuncCall, catalog: Catalog | undefined): void {
  const name = listStrings(fields.funcname).pop() ?? "";
  requireOwn(name, listNodes(fields.args), catalog);
  const inside = { ...fields, funcname: makeName(name) };
  masked.add(inside);
  const replaced = replacements.reduce<unknown>(
    (text, [pattern, instead]) => makeCall("regexp_replace", text, ...[pattern, instead, "g"].map(makeText)),
    { FuncCall: inside },
  );
  const whole = makeCall("replace", replaced, makeText("''"), makeText("'•••'"));
  for (const field of Object.keys(fields)) Reflect.deleteProperty(fields, field);
  Object.assign(fields, whole.FuncCall);
}

/** The system's own views and functions are PostgreSQL's to show, and a whole list of definitions is a drift's. */
function requireOwn(name: string, [what, ...more]: unknown[], catalog: Catalog | undefined): void {
  const cast = getFields("TypeCast", what);
  const type = isFields(cast?.typeName) ? (listStrings(cast.typeName.names).pop() ?? "") : "";
  const constant = readConstant(cast?.arg) ?? "";
  const [, schema, own] = /^(?:([a-z_]\w*)\.)?([a-z_]\w*)(?:\([\w ,[\].]*\))?$/.exec(constant) ?? [];
  const isPretty = more.every((one) => getFields("A_Const", one)?.boolval !== undefined);
  const isSystem = own === undefined || /^(pg_.*|information_schema)$/.test(schema ?? own);
  const isThere =
    name !== "pg_get_viewdef" || !catalog || "vm".includes(findRelation(catalog, schema, own)?.kind ?? "none");
  if (!named.get(name)?.test(type) || isSystem || !isPretty || more.length > 1 || !isThere)
    refuse(
      `${name} prints the definition of one view or function of your own, its literals masked: write pg_get_viewdef('name'::regclass), or pg_get_functiondef('name(integer)'::regprocedure).`,
    );
}

/*
 * A definition is read from its beginning: names in quotation marks stay, and so do the quotes of strings. Where the
 * server might read a string in another way than this does, all that follows goes: after a backslash in a string that
 * is none of E'…', after a comment within a comment, after a dollar quote within the body, and in a body of another
 * language than PostgreSQL's two.
 */
const comment = String.raw`(?:[^*/]|\*+[^*/]|/+[^*/])*`;
const tokens = [
  String.raw`("[^"]*")`,
  String.raw`\m[eE](')(?:[^'\\]|\\.|'')*(')`,
  String.raw`(')(?:[^'\\]|'')*(')`,
  String.raw`'(?:[^'\\]|'')*\\.*`,
  String.raw`--[^\n]*`,
  String.raw`/\*${comment}\*+/`,
  String.raw`/\*${comment}/\*.*`,
  String.raw`\$(?!function\$|procedure\$)(?:[A-Za-z_]\w*)?\$.*`,
];

const replacements: [pattern: string, instead: string][] = [
  [String.raw`(\n LANGUAGE (?!sql\M|plpgsql\M)[^\n]*\n).*`, String.raw`\1`],
  [tokens.join("|"), String.raw`\1\2\3\4\5`],
  [String.raw`\m\d[\d.]{3,}`, "•••"],
];

function makeName(name: string): Fields[] {
  return ["pg_catalog", name].map((sval) => ({ String: { sval } }));
}

function makeText(sval: string): Fields {
  return { A_Const: { sval: { sval } } };
}

function makeCall(name: string, ...args: unknown[]): { FuncCall: Fields } {
  return { FuncCall: { funcname: makeName(name), args, funcformat: "COERCE_EXPLICIT_CALL" } };
}
