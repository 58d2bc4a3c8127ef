import { quoteLiteral, quoteName } from "../sql/quote";

/** A type as one side has it, domains resolved to what they are made of. */
export interface ColumnType {
  /** PostgreSQL's own name of it: `int8`, `numeric`, an enum's or composite type's own name. */
  name: string;
  kind: "base" | "enum" | "array" | "range" | "multirange" | "composite";
  /** The type of an array's elements, of a range's bounds, of a multirange's ranges. */
  of?: ColumnType;
  /** The fields of a composite type. */
  fields?: { name: string; type: ColumnType }[];
}

/** What the spelling of a value depends on, besides its type. */
export interface Server {
  /** `server_version_num`: 150018. */
  version: number;
  /** `server_encoding`: UTF8. */
  encoding: string;
}

/** SQL that stands for a value in the record that is hashed. NULL where the value is. */
export type Spell = (value: string, server: Server) => string;

/** How a column is spelled on either side, or why the two cannot be compared. */
export type Encoding = { production: Spell; local: Spell; note?: string } | { why: string };

/**
 * How a row becomes bytes. Each value is spelled so that two spellings are equal if and only if the values are; the
 * spellings are the fields of a record, and PostgreSQL writes the record as a literal: `(1,"a ""b""",)`. The literal
 * of a record of n fields is injective, since `record_in` reads it back: a field with a comma, quote, backslash,
 * parenthesis or blank in it is quoted, NULL is nothing and an empty text is `""`.
 *
 * The types' own hash functions are not used. They are made for hash joins and collide by design: `hash_numeric`
 * leaves the sign out, `hashint8` folds 64 bits to 32, `hash_array` takes NULL for no element.
 *
 * `own` is the type's own output under the session's settings, which are the same on both sides (time zone UTC, ISO
 * dates, hex bytes, monetary locale C, shortest exact floats). All of it is the same from PostgreSQL 12 to 18, but
 * for what the table says.
 *
 * | type                | spelled as                    | why two values are spelled alike only if they are equal |
 * | ------------------- | ----------------------------- | ------------------------------------------------------------ |
 * | bool                | own: t, f                     | one letter each |
 * | int2, int4, int8    | own: decimal digits           | no leading zeros, one sign: equal across widths, and to a whole numeric |
 * | oid, xid, xid8, cid, tid | own                           | decimal digits; `(block,row)`; xid8 from 13 |
 * | numeric             | own, without last zeros       | all digits and the sign; NaN, Infinity and -Infinity are words: 1.10 = 1.1; 12: `rtrim`; from 13: `trim_scale` |
 * | float4, float8      | own, after + 0                | the shortest text that reads back as this very number; -0 + 0 is 0; NaN is one |
 * | money               | own                           | sign and all digits |
 * | text, varchar, name | own                           | themselves: blanks, case and Unicode forms count, whatever the collation |
 * | char(n)             | cast to text                  | without the blanks that fill it, which do not count by its `=` |
 * | "char"              | its code                      | a number of one byte; own differs from 16 on |
 * | citext              | lower(text)                   | as its `=` says |
 * | bytea, bit, varbit  | own: hex, or 0 and 1          | two digits a byte, one digit a bit |
 * | uuid, macaddr, macaddr8 | own                           | all digits in one form |
 * | inet, cidr          | own                           | address and length, where it is not the whole; a cidr as an inet beside an inet |
 * | date, time, timestamp | own, ISO                      | all fields to the microsecond; BC, infinity and -infinity are words |
 * | timestamptz         | own, in UTC                   | an instant has one spelling in one zone |
 * | timetz              | seconds after midnight UTC    | an exact number of microseconds, not wrapped at midnight |
 * | interval            | microseconds, a month of 30 days | the number that its own `=` compares; infinity is a word; infinity from 17 |
 * | enum                | own: its label                | labels differ; their numbers on the two sides do not matter |
 * | json, jsonb         | text of the jsonb             | keys sorted, last of repeated keys, blanks gone, numbers without last zeros |
 * |                     | … or own                      | where jsonb cannot hold it (\u0000, half a surrogate pair, giant numbers) |
 * | xml, jsonpath, tsvector, … | own                           | output that the type's input reads back |
 * | point, box, path, polygon … | own, -0 as 0                  | shortest exact floats; not the tolerance of their own `=` |
 * | regclass and its like | own                           | names, or the number of what is not there |
 * | array               | own; or dimensions, elements | bounds and dimensions, NULL and "NULL", `{}` and NULL are told apart |
 * | range               | own, or kind and both bounds  | empty, infinite, inclusive and exclusive are told apart |
 * | multirange          | own, or its ranges            | ranges sorted and merged by the server; from 14 |
 * | composite           | own, or its fields as a record | a record in a record; NULL and a row of NULLs are told apart |
 * | domain              | as what it is a domain of     |  |
 * | any other (of an extension) | own                           | output that the type's input reads back |
 * | gtsvector, summaries of BRIN | left out                      | their output says less than they hold |
 *
 * Two different types are compared only where a spelling is the same for what is equal: whole and other numbers, the
 * texts, float4 and float8, date and the timestamps, text and uuid, json and jsonb, inet and cidr, bit and varbit,
 * int4range and int8range, and arrays and composites of these. Where a rule has to be chosen for that, `note` says
 * it. All others are left out, with a word.
 */
export function chooseEncoding(production: ColumnType, local: ColumnType): Encoding {
  const encoding = pairOf(production, local, 0);
  if (!encoding) return { why: `${nameOf(production)} in production and ${nameOf(local)} in local cannot be compared` };
  const { production: one, local: other, note } = encoding;
  return { production: one ?? own, local: other ?? own, ...(note && { note }) };
}

/** Whether a key of these types is a number that an index can be entered by. */
export function isInteger(...types: ColumnType[]): boolean {
  return types.every(({ kind, name }) => kind === "base" && /^int[248]$/.test(name));
}

/**
 * Constants that are hashed: two servers that answer alike hash alike. ASCII alone, since the two may differ in their
 * encoding.
 */
export const probe = `hashtextextended(row(-1.5::float8, 1.10, 'a "b"', null, date '2026-02-02')::text collate "C", 7)`;

/** Spellings of the two sides; undefined is the type's own output. */
interface Pair {
  production?: Spell;
  local?: Spell;
  note?: string;
}

const own: Spell = (value) => value;

function pairOf(production: ColumnType, local: ColumnType, depth: number): Pair | undefined {
  if (production.kind === "enum" || local.kind === "enum") {
    const [one, other] = [production, local].map((type) => (type.kind === "enum" ? "text" : type.name));
    const isText = [production, local].every(({ kind, name }) => kind === "enum" || texts.has(name));
    return isText ? pairBaseTypes(one, other) : undefined;
  }
  if (production.kind !== local.kind) return undefined;
  switch (production.kind) {
    case "array":
      return listPair(pairOf(production.of!, local.of!, depth + 1), depth, arrayOf);
    case "multirange":
      return listPair(pairOf(production.of!, local.of!, depth + 1), depth, multirangeOf);
    case "range":
      return pairRanges(production, local, depth);
    case "composite":
      return pairComposites(production, local, depth);
    default:
      return pairBaseTypes(production.name, local.name);
  }
}

const texts = new Set(["text", "varchar", "name", "bpchar", "citext"]);
const moments = new Set(["date", "timestamp", "timestamptz"]);
const shapes = new Set(["point", "line", "lseg", "box", "path", "polygon", "circle"]);
const saysLess = new Set(["gtsvector", "pg_brin_bloom_summary", "pg_brin_minmax_multi_summary"]);
/** Types whose own output is the same for what is equal. */
const alike = [
  ["int2", "int4", "int8", "oid", "numeric"],
  ["text", "varchar", "name"],
  ["bit", "varbit"],
];

function pairBaseTypes(one: string, other: string): Pair | undefined {
  const among = (...names: string[]) => names.includes(one) && names.includes(other);
  const both = (spell: (type: string) => Spell | undefined, note?: string): Pair => ({
    production: spell(one),
    local: spell(other),
    note,
  });
  if (saysLess.has(one)) return undefined;
  if (one === other || alike.some((types) => among(...types))) return both((type) => spellings[type]);
  if (texts.has(one) && texts.has(other)) {
    if ([one, other].includes("citext"))
      return both(() => (value, server) => `lower(${trimmed(value, server)})`, "compared without regard to case");
    return both(() => trimmed, "compared without blanks at the end, which char(n) fills up with");
  }
  if (among("uuid", "text", "varchar"))
    return both((type) => (type === "uuid" ? undefined : lowered), "compared in small letters");
  if (among("float4", "float8"))
    return both(
      (type) => (type === "float4" ? (value) => noMinusZero(`${value}::text::float8`, "float8") : spellings.float8),
      "float4 and float8 are compared by their shortest decimal spelling",
    );
  if (moments.has(one) && moments.has(other))
    return both((type) => timestampSpellings[type], `${one} in production and ${other} in local are compared as UTC`);
  if (among("json", "jsonb")) return both((type) => spellings[type]);
  if (among("inet", "cidr")) return both(() => (value) => `${value}::inet`);
  return undefined;
}

const trimmed: Spell = (value) => `rtrim(${value}::text, ' ')`;
const lowered: Spell = (value) => `lower(${value}::text)`;
const noMinusZero = (value: string, type: string) => `(${value} + '0'::${type})`;

/** Types whose own output is not the same for equal values, or not on every server. */
const spellings: Record<string, Spell | undefined> = {
  numeric: (value, { version }) =>
    version >= 130_000
      ? `trim_scale(${value})`
      : `case when strpos(${value}::text, '.') > 0 then rtrim(rtrim(${value}::text, '0'), '.') else ${value}::text end`,
  float4: (value) => noMinusZero(value, "float4"),
  float8: (value) => noMinusZero(value, "float8"),
  bpchar: (value) => `${value}::text`,
  char: (value) => `${value}::int4`,
  citext: lowered,
  timetz: (value) => `date_part('epoch', ${value})::numeric(12, 6)`,
  interval: (value) => {
    const part = (name: string) => `date_part('${name}', ${value})::numeric`;
    const days = `(${part("year")} * 12 + ${part("month")}) * 30 + ${part("day")}`;
    const sum = `(((${days}) * 24 + ${part("hour")}) * 60 + ${part("minute")}) * 60000000 + ${part("microseconds")}`;
    return `case when isfinite(${value}) then (${sum})::text else ${value}::text end`;
  },
  jsonb: (value) => stripLastZeros(`${value}::text`),
  json: (value, { encoding }) => {
    const text = `${value}::text`;
    return (
      `case when ${isBeyondJsonb(text, encoding)} then ${text} else ` + `${stripLastZeros(`${value}::jsonb::text`)} end`
    );
  },
  ...Object.fromEntries(
    [...shapes].map((shape): [string, Spell] => [
      shape,
      (value) => `regexp_replace(${value}::text, ${quoteLiteral("(?<![0-9.e])-0(?![0-9.])")}, '0', 'g')`,
    ]),
  ),
};

/** Spelled as a timestamp in UTC. As text, since the cast fails on days that a timestamp cannot hold. */
const timestampSpellings: Record<string, Spell | undefined> = {
  date: (value) =>
    `case when isfinite(${value}) then regexp_replace(${value}::text, '^[^ ]+', ` +
    `${quoteLiteral("\\& 00:00:00")}) else ${value}::text end`,
  timestamp: undefined,
  timestamptz: (value) => `(${value} at time zone 'UTC')`,
};

/**
 * The text of a jsonb without the last zeros of its numbers: 1.10 is 1.1. A string is matched as a whole and put back
 * as it is, so that only what stands outside strings changes.
 */
function stripLastZeros(text: string): string {
  const string = '("(?:[^"\\\\]|\\\\.)*")';
  const pattern = `${string}|(\\.[0-9]*[1-9])0+(?![0-9])|\\.0+(?![0-9])`;
  return (
    `case when strpos(${text}, '.') > 0 then regexp_replace(${text}, ${quoteLiteral(pattern)}, ` +
    `${quoteLiteral("\\1\\2")}, 'g') else ${text} end`
  );
}

/**
 * Whether a json holds what jsonb cannot, so that the cast would fail: the character \u0000, half a surrogate pair, a
 * character that the database's encoding may lack, a number of more than 131,072 digits.
 */
function isBeyondJsonb(text: string, encoding: string): string {
  const replaced = (from: string, pattern: string, to: string) =>
    `regexp_replace(${from}, ${quoteLiteral(pattern)}, ${quoteLiteral(to)}, 'g')`;
  const escapes = replaced(text, "\\\\\\\\", " ");
  const unpaired = replaced(escapes, "\\\\u[dD][89aAbB][0-9a-fA-F]{2}\\\\u[dD][c-fC-F][0-9a-fA-F]{2}", " ");
  const escaped =
    encoding === "UTF8"
      ? `${unpaired} ~ ${quoteLiteral("\\\\u(0000|[dD][89a-fA-F])")}`
      : `${escapes} ~ ${quoteLiteral("\\\\u(0000|(?!00[0-7]))")}`;
  const exponent = quoteLiteral("[0-9][eE][-+]?[0-9]{4}");
  const outside = replaced(text, '"(?:[^"\\\\]|\\\\.)*"', "");
  return (
    `(strpos(${text}, ${quoteLiteral("\\u")}) > 0 and ${escaped})` +
    ` or (${text} ~ ${exponent} and ${outside} ~ ${exponent})` +
    ` or (length(${text}) > 100000 and ${text} ~ '[0-9]{255}')`
  );
}

/** An array or a multirange: its own output where its elements' own output will do, else its elements one by one. */
function listPair(
  elements: Pair | undefined,
  depth: number,
  list: (spell: Spell, depth: number) => Spell,
): Pair | undefined {
  if (!elements || (!elements.production && !elements.local)) return elements;
  const { production, local, note } = elements;
  return { production: list(production ?? own, depth), local: list(local ?? own, depth), note };
}

// unnest stands in the list of columns: in FROM it would take a composite element apart, and make NULL of it a row of
// NULLs
const arrayOf =
  (spell: Spell, depth: number): Spell =>
  (value, server) => {
    const element = `runbook_element${depth}`;
    const elements =
      `array(select ${spell(element, server)} from (select unnest(${value}) as ${element}) as ` +
      `runbook_list${depth})`;
    return `case when ${value} is not null then row(array_dims(${value}), ${elements})::text end`;
  };

const multirangeOf =
  (spell: Spell, depth: number): Spell =>
  (value, server) => {
    const element = `runbook_element${depth}`;
    const ranges =
      `array(select ${spell(element, server)} from (select unnest(${value}) as ${element}) as ` +
      `runbook_list${depth})`;
    return `case when ${value} is not null then ${ranges}::text end`;
  };

function pairRanges(production: ColumnType, local: ColumnType, depth: number): Pair | undefined {
  const discrete = [production, local].every(({ name }) => /^int[48]range$/.test(name));
  if (production.name !== local.name && !discrete) return undefined;
  const bounds = pairOf(production.of!, local.of!, depth + 1);
  if (!bounds || (!bounds.production && !bounds.local)) return bounds;
  const range =
    (spell: Spell = own): Spell =>
    (value, server) => {
      const kind = ["isempty", "lower_inf", "upper_inf", "lower_inc", "upper_inc"].map((name) => `${name}(${value})`);
      const ends = ["lower", "upper"].map((name) => spell(`${name}(${value})`, server));
      return `case when ${value} is not null then row(${[...kind, ...ends].join(", ")})::text end`;
    };
  return { production: range(bounds.production), local: range(bounds.local), note: bounds.note };
}

function pairComposites(production: ColumnType, local: ColumnType, depth: number): Pair | undefined {
  const [ones, others] = [production.fields!, local.fields!];
  if (ones.length !== others.length || ones.some(({ name }, index) => name !== others[index].name)) return undefined;
  const fields = ones.map(({ type }, index) => pairOf(type, others[index].type, depth + 1));
  if (fields.some((field) => !field)) return undefined;
  if (fields.every((field) => !field!.production && !field!.local)) return {};
  const record =
    (side: "production" | "local"): Spell =>
    (value, server) => {
      const spelled = fields.map((field, index) =>
        (field![side] ?? own)(`(${value}).${quoteName(ones[index].name)}`, server),
      );
      // IS NULL holds of a row of NULLs too
      return `case when ${value}::text is not null then row(${spelled.join(", ")})::text end`;
    };
  return {
    production: record("production"),
    local: record("local"),
    note: fields.map((field) => field!.note).find(Boolean),
  };
}

function nameOf({ name, kind, of }: ColumnType): string {
  return kind === "array" ? `list of ${nameOf(of!)}` : name;
}
