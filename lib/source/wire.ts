import { literal } from "../sql/statement";

/**
 * How rows cross a wire. JSON and client parsers lose values (int8, bytea, intervals, NaN, far dates), so only text crosses: the server's own
 * output of each row, under settings that are the same on both sides. The types come from the server too, in the same answer.
 */
export const sessionSettings: Record<string, string> = {
  TimeZone: "UTC",
  DateStyle: "ISO, YMD",
  IntervalStyle: "postgres",
  bytea_output: "hex",
  extra_float_digits: "1",
  lc_monetary: "C",
  xmlbinary: "base64",
  lock_timeout: "2s",
  idle_in_transaction_session_timeout: "60s",
};

/** A column as the server describes it: `type` is PostgreSQL's name of it (`int8`, `numeric`, `_text` for a list of text, an enum's own name). */
export interface Column {
  name: string;
  type: string;
}

/** What a source answered: exact text, `null` for NULL. `total` counts the rows that the query has, `cells` those that fit. */
export interface Answer {
  columns: Column[];
  cells: (string | null)[][];
  total: number;
  bytes: number;
  milliseconds: number;
  requestId?: string;
  /** Where small groups are hidden: how many counts are, and which columns are counts. */
  hidden?: number;
  counts?: string[];
}

export const rowCap = 100_000;
export const byteCap = 4_000_000;

/**
 * Wraps a read so that it answers with one row of text: its types, its number of rows, its bytes, and as many rows as fit, in order.
 * `described` is the same read with its values written out, since a description cannot bind. Costs no second trip;
 * describing makes the plan serial. `offset 0` keeps the planner from computing each row twice.
 */
export function envelope(read: string, described = read): string {
  return `select query_to_xmlschema(${literal(described)}, true, false, '')::text as types,
  count(*)::text as total, coalesce(sum(octet_length(row)), 0)::text as bytes,
  string_agg(row, E'\\n') filter (where running <= ${byteCap} and number <= ${rowCap}) as rows
from (select row, row_number() over (rows unbounded preceding) as number, sum(octet_length(row) + 1) over (rows unbounded preceding) as running
  from (select (answer.*)::text as row from (
${read}
) as answer limit ${rowCap + 1} offset 0) as read) as counted`;
}

/** Reads an envelope's one row. */
export function open([reply]: unknown[][]): Pick<Answer, "columns" | "cells" | "total" | "bytes"> {
  const [types, total, bytes, rows] = (reply ?? []) as (string | null)[];
  if (typeof types !== "string" || !/^\d+$/.test(total ?? "") || !/^\d+$/.test(bytes ?? "")) throw new TypeError("not an envelope's answer");
  const columns = readTypes(types);
  return { columns, cells: readRecords(rows ?? "", columns.length, Number(total)), total: Number(total), bytes: Number(bytes) };
}

/** Reads the rows of EXPLAIN and SHOW, which no envelope can hold: text as it came, everything else as JSON. */
export function openBare(rows: unknown[][], name: string): Pick<Answer, "columns" | "cells" | "total" | "bytes"> {
  const cells = rows.map((row) => row.map((cell) => (cell === null || typeof cell === "string" ? cell : JSON.stringify(cell))));
  return { columns: [{ name, type: "text" }], cells, total: cells.length, bytes: cells.flat().reduce((bytes, cell) => bytes + Buffer.byteLength(cell ?? ""), 0) };
}

/** Names and types from PostgreSQL's XML Schema mapping (SQL/XML, ISO 9075-14; PostgreSQL: "XML Functions", `query_to_xmlschema`). */
export function readTypes(xml: string): Column[] {
  const bases = new Map([...xml.matchAll(/<xsd:simpleType name="(Domain\.[^"]+)">\s*<xsd:restriction base="([^"]+)"/g)].map(([, name, base]) => [name, base]));
  const row = xml.slice(xml.indexOf('<xsd:complexType name="RowType"'));
  return [...row.slice(0, row.indexOf("</xsd:complexType>")).matchAll(/<xsd:element name="([^"]*)" type="([^"]*)"/g)].map(([, name, type]) => ({
    name: unescapeName(name),
    type: typeName(type, bases),
  }));
}

const standardTypes: Record<string, string> = {
  BOOLEAN: "bool", SMALLINT: "int2", INTEGER: "int4", BIGINT: "int8", REAL: "float4", DOUBLE: "float8", NUMERIC: "numeric",
  CHAR: "bpchar", VARCHAR: "varchar", DATE: "date", TIME: "time", TIME_WTZ: "timetz", TIMESTAMP: "timestamp", TIMESTAMP_WTZ: "timestamptz", XML: "xml",
}; // prettier-ignore

function typeName(type: string, bases: Map<string, string>): string {
  const base = bases.get(type);
  if (base) return typeName(base, bases);
  const own = /^(?:UDT|Domain)\.(?:[^.]*\.){2}(.*)$/.exec(type);
  if (own) return unescapeName(own[1]);
  return standardTypes[type.replace(/(_\d+)+$/, "")] ?? type.toLowerCase();
}

function unescapeName(name: string): string {
  return name
    .replace(/_x([0-9A-F]{4,8})_/g, (_, code: string) => String.fromCodePoint(parseInt(code, 16)))
    .replace(/&(lt|gt|amp|quot|apos|#\d+);/g, (entity, key: string) => entities[key] ?? String.fromCodePoint(Number(entity.slice(2, -1))));
}
const entities: Record<string, string> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

/** Reads record literals as `record_out` writes them, one after the other: `(1,"a ""b""",)`. An empty field is NULL, `""` is empty text. */
export function readRecords(text: string, width: number, total: number): (string | null)[][] {
  if (width === 0) return Array.from({ length: Math.min(total, rowCap) }, () => []);
  const records: (string | null)[][] = [];
  let at = 0;
  while (at < text.length) {
    const record: (string | null)[] = [];
    do {
      const field = readField(text, at + 1);
      record.push(field.value);
      at = field.end;
    } while (text[at] === ",");
    records.push(record);
    at += 2; // past ")" and the line's end
  }
  return records;
}

function readField(text: string, start: number): { value: string | null; end: number } {
  if (text[start] !== '"') {
    let end = start;
    while (text[end] !== "," && text[end] !== ")") end++;
    return { value: end === start ? null : text.slice(start, end), end };
  }
  let value = "";
  let at = start + 1;
  for (;;) {
    const quote = nextSpecial(text, at);
    value += text.slice(at, quote);
    const doubled = text[quote] === "\\" || text[quote + 1] === '"';
    if (!doubled) return { value, end: quote + 1 };
    value += text[quote + 1];
    at = quote + 2;
  }
}

function nextSpecial(text: string, from: number): number {
  let at = from;
  while (text[at] !== '"' && text[at] !== "\\") at++;
  return at;
}
