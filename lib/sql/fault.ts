import { hasSqlDetails, parseSync } from "libpg-query";
import type { QueryError } from "../errors";
import { findNearest } from "../nearest";
import type { Sql } from "./template";
import { type Part, listStrings, visitParts } from "./tree";

/**
 * The tables and views of a side with their columns, `public.users` → `id`, `role`, …; as `Source.columns` gives
 * them.
 */
export type Columns = Map<string, Set<string>>;

/**
 * What is wrong with a statement, as a person can mend it: the sentence, what was probably meant, and the line of the
 * statement with a caret below the name that the sentence is about. `known` is the catalog of the sides that were
 * asked; the grammar must be loaded (`loadGuard`).
 *
 * @example describeFault("select stat from licenses", "There is no column stat here.", columns)
 */
export function describeFault(statement: string | Sql, sentence: string, known: Columns): string {
  const text = getText(statement);
  const found = findFault(text, sentence);
  if (found === undefined) return sentence;
  const meant = suggest(found, known);
  return `${sentence}${meant ? ` Perhaps ${meant} is meant.` : ""}\n\n${drawPointer(text, found.at)}`;
}

/**
 * Whether what the sentence says is missing is in a list of columns: then the database lacks it, and nobody mistyped
 * it.
 */
export function isListed(statement: Sql, sentence: string, listed: Columns): boolean {
  const found = findFault(getText(statement), sentence);
  if (found?.kind === "table") return listed.has(found.name) || listed.has(`${found.qualifier}.${found.name}`);
  if (found?.kind !== "column") return false;
  return listTables(found).some((table) => listed.get(table.replace(/^public\./, ""))?.has(found.name));
}

/** The text of a statement, with `$1` in place of its first value. */
function getText(statement: string | Sql): string {
  if (typeof statement === "string") return statement;
  return statement.strings.reduce((all, part, index) => `${all}$${index}${part}`);
}

/** The tables that a column may be of. */
function listTables({ qualifier, tables }: Named): string[] {
  return qualifier === undefined ? [...tables!.values()] : [tables!.get(qualifier) ?? ""];
}

/** A name in a statement: where it stands (in characters), and what it can mean. */
interface Named {
  at: number;
  name: string;
  kind?: "column" | "table";
  /** What stands before it: the alias or table of a column, the schema of a table. */
  qualifier?: string;
  /** The tables of the statement, by alias. */
  tables?: Map<string, string>;
}

/** The first name of the sentence that the statement holds; or the place of the syntax error. */
function findFault(text: string, sentence: string): Named | undefined {
  let tree: unknown;
  try {
    tree = parseSync(text);
  } catch (error) {
    const cursorPosition = hasSqlDetails(error) ? error.sqlDetails?.cursorPosition : undefined;
    return cursorPosition === undefined ? undefined : { at: findCharacter(text, cursorPosition), name: "" };
  }
  const named: Named[] = [];
  const tables = new Map<string, string>();
  visitParts(tree, (part) => collect(part, text, named, tables));
  for (const [word] of sentence.matchAll(/[\p{L}_][\p{L}\d_$]*(?:\.[\p{L}_][\p{L}\d_$]*)*/gu)) {
    const [name, qualifier] = word.split(".").reverse();
    const same = named.filter((one) => one.name === name);
    const found = same.find((one) => one.qualifier === qualifier) ?? same[0];
    if (found) return { ...found, tables };
  }
  return undefined;
}

/** The name that a part of the tree stands for, where it has a place in the text. */
function collect(part: Part, text: string, named: Named[], tables: Map<string, string>): void {
  const { RangeVar: table, ColumnRef: column, FuncCall: call } = part;
  if (table?.relname !== undefined) {
    const { relname, schemaname, alias, location = 0 } = table;
    named.push({ at: findCharacter(text, location), name: relname, kind: "table", qualifier: schemaname });
    tables.set(alias?.aliasname ?? relname, schemaname ? `${schemaname}.${relname}` : relname);
  }
  const reference = column ?? call;
  if (reference !== undefined) {
    const parts = listStrings(column?.fields ?? call?.funcname).map((part) => part || "*");
    const [name, qualifier] = parts.reverse();
    const at = findCharacter(text, reference.location ?? 0);
    named.push({ at, name, qualifier, kind: column ? "column" : undefined });
  }
}

/** PostgreSQL counts bytes. */
function findCharacter(text: string, byte: number): number {
  return Buffer.from(text).subarray(0, byte).toString().length;
}

/** The nearest name that is there in place of one that is not; undefined where it is there, or none is near. */
function suggest(found: Named, known: Columns): string | undefined {
  const { name, kind, qualifier } = found;
  if (kind === "table") {
    const there = [...known.keys()].map((table) => (qualifier === undefined ? table.replace(/^public\./, "") : table));
    return findNearest(qualifier === undefined ? name : `${qualifier}.${name}`, there);
  }
  if (kind !== "column") return undefined;
  const asked = listTables(found);
  const columns = [...known].flatMap(([table, own]) =>
    asked.some((one) => table === one || table.endsWith(`.${one}`)) ? [...own] : [],
  );
  return findNearest(name, columns);
}

const widest = 100;

/** The line of the text in which a place lies, and a caret below the place. */
function drawPointer(text: string, at: number): string {
  const before = text.slice(0, at).split("\n");
  const line = text.split("\n")[before.length - 1];
  const column = before.at(-1)!.length;
  const from = line.length > widest ? Math.max(0, Math.min(column - widest / 2, line.length - widest)) : 0;
  const cut = line.slice(from, from + widest);
  const head = `line ${before.length}: `;
  return `${head}${cut}\n${" ".repeat(head.length + column - from)}^`;
}

/** What several sides say of one statement: once, where they say the same. */
export function makeSentence(failed: QueryError[]): string {
  const said = failed.map(({ source, message }) => message.slice(source.length + 2));
  return new Set(said).size === 1
    ? `${failed.map(({ source }) => source).join(" and ")}: ${said[0]}`
    : failed.map(({ message }) => message).join(" ");
}
