import { hasSqlDetails, loadModule, parseSync } from "libpg-query";
import type { Node, RawStmt } from "@pgsql/types";
import { isPart, unwrapNode, type Fields as FieldsOf, type Tag } from "../sql/tree";

export { isPart, isPart as isFields, type Part, type Tag, type Unwrapped } from "../sql/tree";

/** The fields of a node of one type; of no type, those of any, until every file here says which it reads. */
export type Fields<T = undefined> = T extends Tag ? FieldsOf<T> : Record<string, unknown>;
type Loose<T extends Tag> = FieldsOf<T> & Record<string, unknown>;

/** A statement that must not be sent. The message is one sentence: which part, why, and what to write instead. */
export class Refusal extends Error {
  override name = "Refusal";

  constructor(
    sentence: string,
    readonly condition?: "undefined_table" | "undefined_column",
  ) {
    super(sentence);
  }
}

/**
 * Ends the judgement of a statement. `condition` is PostgreSQL's name of the error, where it would give the same one.
 */
export function refuse(sentence: string, condition?: Refusal["condition"]): never {
  throw new Refusal(sentence, condition);
}

/** Loads PostgreSQL's grammar, once. */
export async function loadParser(): Promise<void> {
  await loadModule();
  loaded = true;
}

let loaded = false;

/** Whether the grammar is there. */
export function isParserLoaded(): boolean {
  return loaded;
}

/** The tree of a text that holds exactly one statement. */
export function parseOne(text: string, longest: number): Node {
  if (typeof text !== "string") refuse("The statement is not a text: give it one SQL statement.");
  // The parser and the wire both stop at a NUL, so what follows it would be judged by nobody.
  if (text.includes("\0")) refuse("The statement holds a NUL character: remove it.");
  if (/[\uD800-\uDFFF]/u.test(text)) refuse("The statement holds half of a character: type it again.");
  if (Buffer.byteLength(text) > longest)
    refuse(`The statement is longer than ${longest} bytes: ask for less at a time.`);
  const statements = parseAll(text);
  if (statements.length === 0) refuse("There is no statement: write a SELECT, EXPLAIN or SHOW.");
  if (statements.length > 1) refuse("There is more than one statement: send one at a time.");
  const statement = statements[0].stmt;
  return isPart(statement) ? statement : refuse("There is no statement: write a SELECT, EXPLAIN or SHOW.");
}

function parseAll(text: string): RawStmt[] {
  try {
    return parseSync(text).stmts ?? [];
  } catch (error) {
    const details = hasSqlDetails(error) ? error.sqlDetails : undefined;
    if (details === undefined)
      return text.trim() === "" ? [] : refuse("PostgreSQL's grammar could not read the statement: make it simpler.");
    // The parser's own words quote the statement, literals and all.
    return refuse(`This is not PostgreSQL: there is a syntax error at character ${(details.cursorPosition ?? 0) + 1}.`);
  }
}

/** The type and the fields of a node that stands in its wrapping, `{ColumnRef: {…}}`; an empty one is no node. */
export function unwrap(node: unknown): { [T in Tag]: { type: T; fields: Loose<T> } }[Tag] | undefined {
  if (!isPart(node)) return undefined;
  const types = Object.keys(node);
  if (types.length === 0) return undefined;
  if (types.length > 1 || !isPart(node[types[0]]))
    return refuse("The statement has a part that the runbook does not know: write it in another way.");
  return unwrapNode(node) as { [T in Tag]: { type: T; fields: Loose<T> } }[Tag];
}

/** The fields of a node, where it is of this type. */
export function getFields<T extends Tag>(type: T, node: unknown): Loose<T> | undefined {
  const found = unwrap(node);
  return found?.type === type ? (found.fields as Loose<T>) : undefined;
}

/** A list of nodes, or none. */
export function listNodes(value: unknown): Node[] {
  return Array.isArray(value) ? value : [];
}

/** The strings of a list of String nodes: a dotted name. */
export function listStrings(value: unknown): string[] {
  return listNodes(value).map((node) => getFields("String", node)?.sval ?? "");
}

/** Conditions that must all hold; a single one is itself. */
export function makeAnd(...args: Node[]): Node {
  return args.length === 1 ? args[0] : { BoolExpr: { boolop: "AND_EXPR", args } };
}

/** Conditions of which one must hold; a single one is itself. */
export function makeOr(...args: Node[]): Node {
  return args.length === 1 ? args[0] : { BoolExpr: { boolop: "OR_EXPR", args } };
}

/** A name as a reason may show it: what does not look like one might be a person's data. */
export function formatName(...name: string[]): string {
  const whole = name.filter(Boolean).join(".");
  return /^[a-z_][a-z0-9_$]*(\.[a-z_][a-z0-9_$]*)*$/i.test(whole) && whole.length <= 80 && !/\d{4}/.test(whole)
    ? whole
    : "that name";
}
