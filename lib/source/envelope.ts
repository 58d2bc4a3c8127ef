import { parse as parseArray } from "postgres-array";
import type { Answer, Column } from "../answer";
import { quoteLiteral, quoteName } from "../sql/quote";

/**
 * How rows cross a wire. JSON and client parsers lose values (int8, bytea, intervals, NaN, far dates), so only text
 * crosses: the server's own output of each row, under settings that are the same on both sides. The types come from
 * the server too, in the same answer.
 */
export const sessionSettings: Record<string, string> = {
  TimeZone: "UTC",
  DateStyle: "ISO, YMD",
  IntervalStyle: "postgres",
  bytea_output: "hex",
  extra_float_digits: "1",
  lc_monetary: "C",
  xmlbinary: "base64",
  quote_all_identifiers: "off",
  synchronize_seqscans: "off",
  lock_timeout: "2s",
  idle_in_transaction_session_timeout: "60s",
};

/**
 * Lets PostgreSQL's own names come first where the search path has pg_catalog behind another schema: what is left out
 * of the path is searched before it. Functions such as pg_get_viewdef ask the catalog in SQL of their own
 * (`query_getviewrule` in ruleutils.c), whose operators have no schema.
 */
export const catalogFirst =
  `select pg_catalog.set_config('search_path', ` +
  `pg_catalog.regexp_replace(pg_catalog.current_setting('search_path'), ', *"?pg_catalog"? *(?=,|$)', '', ` +
  `'g'), true)`;

/** How many rows an answer may have, and how many bytes; what is more is left out, and said. */
export const rowCap = 100_000;
export const byteCap = 32_000_000;
/** How many bytes one invocation can be asked for; a longer answer comes in parts. */
export const partBytes = 4_000_000;

/**
 * One part of an answer: the rows after the first `after`, of which the first `from - 1` characters are here already;
 * as much of it as `budget` bytes hold.
 */
export interface Part {
  nonce: string;
  after: number;
  from: number;
  budget: number;
  /** The rows that the whole answer may have. */
  rows: number;
  /**
   * Where rows have a key: the page's order, and the last key of the page before; names of operators that somebody
   * has of his own. `after` then counts within the page.
   */
  page?: { key: readonly string[]; last?: readonly string[]; own?: readonly string[] };
}

export const envelopeColumns = ["types", "nonce", "total", "bytes", "allowed", "checksum", "rest", "rows"];

/**
 * Wraps a read so that it answers with one row of text: its types, its number of rows, their bytes, a checksum, and
 * as many rows as fit, in order. Each row is weighed as JSON will carry it at the worst (quotes doubled, all beyond
 * ASCII escaped). A row too heavy by itself comes in slices; `rest` is what is missing of it. The checksum is of
 * every row and its place, or in a page of the rows that are in it, whatever their place. `described` is the same
 * read with its values written out, since a description cannot bind. Costs no second trip; describing makes the plan
 * serial, so that each part sees one order. `offset 0` keeps the planner from computing each row twice.
 */
export function wrapInEnvelope(
  read: string,
  { nonce, after, from, budget, rows, page }: Part,
  described = read,
): string {
  const allowed = `number ${le} ${rows}${page ? "" : ` and (reached ${le} ${byteCap} or number ${eq} 1)`}`;
  const included = `number ${gt} ${after} and (running ${le} ${budget} or number ${eq} ${after + 1}) and ${allowed}`;
  const sliced = `number ${eq} ${after + 1} and (weight ${gt} ${budget} or ${from} ${gt} 1)`;
  const span = `greatest(1, ((${budget}::numeric ${times} pg_catalog.char_length(row)) ${over} weight)::integer)`;
  const checksum = page
    ? `pg_catalog.sum(pg_catalog.hashtextextended(row, 0)) filter (where ${included})`
    : "pg_catalog.sum(pg_catalog.hashtextextended(row, number))";
  const rest = `(pg_catalog.char_length(row) ${minus} ${from - 1}) ${minus} ${span}`;
  const weight =
    `pg_catalog.octet_length(pg_catalog.to_json(row)::${text}) ${plus} (4 ${times} ` +
    `(pg_catalog.octet_length(row) ${minus} pg_catalog.char_length(row))) ${plus} 1`;
  return `select pg_catalog.query_to_xmlschema(${quoteLiteral(described)}, true, false, '')::${text} as types, '${nonce}' as nonce,
  pg_catalog.count(*)::${text} as total, coalesce(pg_catalog.sum(pg_catalog.octet_length(row)), 0)::${text} as bytes,
  pg_catalog.count(*) filter (where ${allowed})::${text} as allowed,
  coalesce(${checksum}, 0)::${text} as checksum,
  coalesce(pg_catalog.max(${rest}) filter (where ${sliced}), 0)::${text} as rest,
  coalesce(pg_catalog.string_agg(case when ${sliced} then pg_catalog.substr(row, ${from}, ${span}) else row end, E'\n') filter (where ${included}), '') as rows
from (select row, number, weight, pg_catalog.sum(case when number ${gt} ${after} then weight else 0 end) over (rows unbounded preceding) as running,
    pg_catalog.sum(pg_catalog.octet_length(row)) over (rows unbounded preceding) as reached
  from (select row, pg_catalog.row_number() over (rows unbounded preceding) as number,
      ${weight} as weight
    from (select (answer.*)::${text} as row from (
${page ? addPage(read, page) : read}
) as answer limit ${rows + 1} offset 0) as read) as weighed offset 0) as counted`;
}

// The schema stands before each function, operator and type: a schema of the database may have its own of the same
// name.
const [le, gt, eq, plus, minus, times, over] = ["<=", ">", "=", "+", "-", "*", "/"].map(
  (symbol) => `operator(pg_catalog.${symbol})`,
);
const text = "pg_catalog.text";

function addPage(read: string, { key, last, own = [">"] }: NonNullable<Part["page"]>): string {
  const columns = key.map(quoteName).join(", ");
  // a key of an extension's type, such as citext, is compared by the extension's operator; PostgreSQL's own stands
  // where somebody has another of that name
  const after = own.includes(">") ? gt : ">";
  return (
    `select keyed.* from (\n${read}\n) as ` +
    `keyed${last ? ` where (${columns}) ${after} (${last.map(quoteLiteral).join(", ")})` : ""} order by ` +
    `${columns}`
  );
}

/** The number and the checksum of all rows, as the pages' checksums add up if no row has changed meanwhile. */
export function tally(read: string, nonce: string): string {
  return `select '${nonce}' as nonce, pg_catalog.count(*)::${text} as total, coalesce(pg_catalog.sum(pg_catalog.hashtextextended((answer.*)::${text}, 0)), 0)::${text} as checksum from (
${read}
) as answer`;
}

export const tallyColumns = ["nonce", "total", "checksum"];

/** What an envelope held. `text` are whole rows, or where `rest` is not zero a slice of one. */
export interface Opened {
  columns: Column[];
  text: string;
  total: number;
  bytes: number;
  /** How many of the rows the answer may have. */
  allowed: number;
  checksum: string;
  rest: number;
}

/** Reads an envelope's one row. */
export function open([reply]: unknown[][]): Opened {
  const [types, , total, bytes, allowed, checksum, rest, rows] = (reply ?? []).map((cell) =>
    typeof cell === "number" ? String(cell) : cell,
  ) as string[];
  if (
    typeof types !== "string" ||
    typeof rows !== "string" ||
    ![total, bytes, allowed].every((count) => /^\d{1,15}$/.test(count)) ||
    ![checksum, rest].every((number) => /^-?\d+$/.test(number))
  )
    throw new UnreadableAnswer("it lacks the counts that belong to it");
  if (Number(allowed) > Number(total) || Number(total) > Number(bytes) + 1)
    throw new UnreadableAnswer("its counts contradict each other");
  return {
    columns: readTypes(types),
    text: rows,
    total: Number(total),
    bytes: Number(bytes),
    allowed: Number(allowed),
    checksum,
    rest: Math.max(0, Number(rest)),
  };
}

/** Reads the rows of EXPLAIN and SHOW, which no envelope can hold: text as it came, everything else as JSON. */
export function openBare(rows: unknown[][], name: string): Pick<Answer, "columns" | "cells" | "total" | "bytes"> {
  const cells = rows.map((row) =>
    row.map((cell) => (cell === null || typeof cell === "string" ? cell : JSON.stringify(cell))),
  );
  return {
    columns: [{ name, type: "text" }],
    cells,
    total: cells.length,
    bytes: cells.flat().reduce((bytes, cell) => bytes + Buffer.byteLength(cell ?? ""), 0),
  };
}

/**
 * Names and types from PostgreSQL's XML Schema mapping (SQL/XML, ISO 9075-14; PostgreSQL: "XML Functions",
 * `query_to_xmlschema`).
 */
export function readTypes(xml: string): Column[] {
  const bases = new Map(
    [...xml.matchAll(/<xsd:simpleType name="(Domain\.[^"]+)">\s*<xsd:restriction base="([^"]+)"/g)].map(
      ([, name, base]) => [name, base],
    ),
  );
  const row = xml.slice(xml.indexOf('<xsd:complexType name="RowType"'));
  return [
    ...row.slice(0, row.indexOf("</xsd:complexType>")).matchAll(/<xsd:element name="([^"]*)" type="([^"]*)"/g),
  ].map(([, name, type]) => ({
    name: decodeName(name),
    type: nameType(type, bases),
  }));
}

const standardTypes: Record<string, string> = {
  BOOLEAN: "bool",
  SMALLINT: "int2",
  INTEGER: "int4",
  BIGINT: "int8",
  REAL: "float4",
  DOUBLE: "float8",
  NUMERIC: "numeric",
  CHAR: "bpchar",
  VARCHAR: "varchar",
  DATE: "date",
  TIME: "time",
  TIME_WTZ: "timetz",
  TIMESTAMP: "timestamp",
  TIMESTAMP_WTZ: "timestamptz",
  XML: "xml",
};

function nameType(type: string, bases: Map<string, string>): string {
  const base = bases.get(type);
  if (base) return nameType(base, bases);
  const own = /^(?:UDT|Domain)\.(?:[^.]*\.){2}(.*)$/.exec(type);
  if (own) return decodeName(own[1]);
  return standardTypes[type.replace(/(_\d+)+$/, "")] ?? type.toLowerCase();
}

function decodeName(name: string): string {
  return name
    .replace(/_x([0-9A-F]{4,8})_/g, (_, code: string) => String.fromCodePoint(parseInt(code, 16)))
    .replace(
      /&(lt|gt|amp|quot|apos|#\d+);/g,
      (entity, key: string) => entities[key] ?? String.fromCodePoint(Number(entity.slice(2, -1))),
    );
}
const entities: Record<string, string> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

/**
 * An answer that contradicts itself. The message says in what, in words that go on "its answer cannot be read: …",
 * and holds nothing of the answer.
 */
export class UnreadableAnswer extends Error {
  override name = "UnreadableAnswer";
}

/** Reads a part's rows, each value as its column's type writes it. Throws an UnreadableAnswer where one is not. */
export function readRows(text: string, columns: Column[]): (string | null)[][] {
  const rows = readRecords(text, columns.length);
  for (const [index, { type }] of columns.entries()) {
    const isWritten = spellings[type] ?? (type.startsWith("_") ? isList : undefined);
    if (isWritten && !rows.every((row) => row[index] === null || isWritten(row[index])))
      throw new UnreadableAnswer(`a value of column ${index + 1} is none of the type that the answer names`);
  }
  return rows;
}

const matches = (pattern: RegExp) => (text: string) => pattern.test(text);
const integer = matches(/^-?\d{1,20}$/);
const float = matches(/^-?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|Infinity)$|^NaN$/);
const moment = matches(/^\d{4,}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?(?:[+-]\d\d(?::\d\d){0,2})?(?: BC)?$|^-?infinity$/);

/** How the server writes values of the types that we read more from than a text. */
const spellings: Record<string, (text: string) => boolean> = {
  int2: integer,
  int4: integer,
  int8: integer,
  oid: integer,
  float4: float,
  float8: float,
  numeric: float,
  bool: matches(/^[tf]$/),
  date: matches(/^\d{4,}-\d\d-\d\d(?: BC)?$|^-?infinity$/),
  timestamp: moment,
  timestamptz: moment,
  json: isJson,
  jsonb: isJson,
};

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function isList(text: string): boolean {
  try {
    parseArray(text.replace(/^\[.*?\]=/, ""));
    return true;
  } catch {
    return false;
  }
}

/**
 * Reads record literals as `record_out` writes them, a line each: `(1,"a ""b""",)`. An empty field is NULL, `""` is
 * empty text. Throws an UnreadableAnswer where the text ends in a value, or a record has another number of fields.
 */
function readRecords(text: string, width: number): (string | null)[][] {
  const records: (string | null)[][] = [];
  let at = 0;
  while (at < text.length) {
    if (text[at] !== "(") throw new UnreadableAnswer("its rows do not begin where they should");
    const record: (string | null)[] = [];
    if (width === 0) at++;
    else
      do {
        const field = readField(text, at + 1);
        record.push(field.value);
        at = field.end;
      } while (text[at] === ",");
    if (text[at] !== ")") throw new UnreadableAnswer("its rows end in the middle of a value");
    if (record.length !== width) throw new UnreadableAnswer("a row has another number of values than it has columns");
    if (at + 1 < text.length && text[at + 1] !== "\n")
      throw new UnreadableAnswer("its rows do not end where they should");
    records.push(record);
    at += 2; // past ")" and the line's end
  }
  return records;
}

function readField(text: string, start: number): { value: string | null; end: number } {
  if (text[start] !== '"') {
    let end = start;
    while (end < text.length && text[end] !== "," && text[end] !== ")") end++;
    return { value: end === start ? null : text.slice(start, end), end };
  }
  let value = "";
  let at = start + 1;
  for (;;) {
    const quote = findNextSpecial(text, at);
    if (quote >= text.length) throw new UnreadableAnswer("its rows end in the middle of a value");
    value += text.slice(at, quote);
    const doubled = text[quote] === "\\" || text[quote + 1] === '"';
    if (!doubled) return { value, end: quote + 1 };
    value += text[quote + 1] ?? "";
    at = quote + 2;
  }
}

function findNextSpecial(text: string, from: number): number {
  let at = from;
  while (at < text.length && text[at] !== '"' && text[at] !== "\\") at++;
  return at;
}
