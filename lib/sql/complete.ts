import type { Columns } from "./fault";
import { quoteName } from "./quote";

/** Names that can stand in a statement in place of what lies between two places of its text (in characters). */
export interface Names {
  start: number;
  end: number;
  names: string[];
}

/**
 * What can stand at a place of a statement that may be unfinished: after `from` and `join` a table, after `alias.` a
 * column of that table, elsewhere a column of the statement's tables. `known` is the tables and views of the sides, as
 * `Source.columns` gives them; where nothing is known the list is empty. Names that begin with what is typed alone.
 *
 * @example completeStatement("select  from roles", 7, new Map([["public.roles", new Set(["id"])]])).names // → ["id", "roles"]
 */
export function completeStatement(statement: string, cursor: number, known: Columns): Names {
  const tokens = readTokens(statement);
  const touched = tokens.find(({ text, at }) => at < cursor && cursor <= at + text.length);
  if (touched && isValue(touched, cursor)) return { start: cursor, end: cursor, names: [] };
  const word = touched && isName(touched.text) ? touched : undefined;
  const start = word?.at ?? cursor;
  const typed = unquote(statement.slice(start, cursor)).toLowerCase();
  const before = tokens.filter(({ at }) => at < start);
  const names = listNames(before, tokens, known, typed !== "");
  const fitting = [...new Set(names)].filter((name) => name.toLowerCase().startsWith(typed));
  return { start, end: word ? word.at + word.text.length : cursor, names: fitting.map(writeName) };
}

function listNames(before: Token[], tokens: Token[], known: Columns, isTyped: boolean): string[] {
  const tables = listTables(tokens);
  if (before.at(-1)?.text === ".") return listBehindDot(unquote(before.at(-2)?.text ?? ""), tables, known);
  if (isTableNext(before)) return [...listQueries(tokens), ...listRelations(known)];
  const columns = [...tables.values()].flatMap((table) => [...(findColumns(table, known) ?? [])]);
  if (columns.length) return [...columns, ...tables.keys()];
  // before any table is written, a column of whichever table; all of them at once would be no list to read
  return isTyped ? [...known.values()].flatMap((all) => [...all]) : [];
}

interface Token {
  text: string;
  /** In characters from the beginning. */
  at: number;
}

const token = /--.*|\/\*[^]*?(?:\*\/|$)|'(?:[^']|'')*'?|"(?:[^"]|"")*"?|[\p{L}_][\p{L}\p{N}_$]*|[\d.]*\d|\S/gu;

function readTokens(statement: string): Token[] {
  return [...statement.matchAll(token)].map(({ 0: text, index }) => ({ text, at: index ?? 0 }));
}

const isName = (text: string): boolean => /^["\p{L}_]/u.test(text);
const unquote = (text: string): string => text.replace(/^"|"$/g, "").replaceAll('""', '"');

/** Whether a place is within a text, a number or a comment, where no name can stand. */
function isValue({ text, at }: Token, cursor: number): boolean {
  if (/^\d/.test(text) || /^--/.test(text)) return true;
  return /^('|\/\*)/.test(text) && (cursor < at + text.length || !/.('|\*\/)$/s.test(text));
}

const endsTables = /^(where|group|order|having|limit|offset|on|using|union|intersect|except|select|window|fetch|for)$/i;
const keyword = new RegExp(
  `${endsTables.source.slice(0, -2)}|from|join|left|right|inner|outer|full|cross|natural)$`,
  "i",
);

/** Whether what comes next is a table: after `from`, `join`, and a comma between tables. */
function isTableNext(before: Token[]): boolean {
  const last = before.at(-1)?.text ?? "";
  if (/^(from|join)$/i.test(last)) return true;
  if (last !== ",") return false;
  const opener = before.filter(({ text }) => /^from$/i.test(text) || endsTables.test(text)).at(-1);
  return /^from$/i.test(opener?.text ?? "");
}

/** The tables of a statement as they are written (`schema.name` or `name`), by the name that stands for each. */
function listTables(tokens: Token[]): Map<string, string> {
  const tables = new Map<string, string>();
  for (let index = 0; index < tokens.length; index++) {
    if (!isTableNext(tokens.slice(0, index)) || !isName(tokens[index].text) || keyword.test(tokens[index].text))
      continue;
    const parts = [unquote(tokens[index].text)];
    while (tokens[index + 1]?.text === "." && isName(tokens[index + 2]?.text ?? "")) {
      parts.push(unquote(tokens[index + 2].text));
      index += 2;
    }
    if (/^as$/i.test(tokens[index + 1]?.text ?? "")) index++;
    const next = tokens[index + 1]?.text ?? "";
    tables.set(isName(next) && !keyword.test(next) ? unquote(next) : parts.at(-1)!, parts.join("."));
  }
  return tables;
}

/** The names that `with` gives to queries. */
function listQueries(tokens: Token[]): string[] {
  const names = tokens.filter(
    ({ text }, index) => isName(text) && /^as$/i.test(tokens[index + 1]?.text ?? "") && tokens[index + 2]?.text === "(",
  );
  return names.map(({ text }) => unquote(text));
}

function listBehindDot(name: string, tables: Map<string, string>, known: Columns): string[] {
  const columns = findColumns(tables.get(name) ?? name, known);
  if (columns) return [...columns];
  return [...known.keys()].filter((place) => place.startsWith(`${name}.`)).map((place) => place.slice(name.length + 1));
}

function findColumns(table: string, known: Columns): Set<string> | undefined {
  return known.get(table) ?? known.get(`public.${table}`);
}

/** Tables and views: those of `public` by their name alone, then the others by their schema. */
function listRelations(known: Columns): string[] {
  const places = [...known.keys()];
  const own = places.filter((place) => place.startsWith("public.")).map((place) => place.slice("public.".length));
  const schemas = new Set(places.map((place) => place.slice(0, place.indexOf("."))));
  return [...own, ...[...schemas].filter((schema) => schema !== "public")];
}

const writeName = (name: string): string => (/^[a-z_][a-z0-9_]*$/.test(name) ? name : quoteName(name));
