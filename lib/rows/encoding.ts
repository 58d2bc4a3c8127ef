/** A column's type as one side has it: PostgreSQL's own name of it (a domain's base), `e` where it is an enum, and of what it is a list. */
export interface ColumnType {
  type: string;
  isEnum: boolean;
  /** The type of its elements, where it is a list. */
  element: string | null;
}

/** SQL for a 64-bit hash of a column, null where the column is: equal for values that mean the same, on every server since 12. */
export type Hash = (column: string, seed: bigint) => string;

/** How a column is hashed on either side, or why the two cannot be compared. */
export type Encoding = { production: Hash; local: Hash; note?: string } | { why: string };

/**
 * The encoding that the two sides of a column have in common. PostgreSQL's own extended hash functions (`hashint8extended` and its like, the same values on
 * 12 to 18) see the value and not its spelling: 1.10 is 1.1, a time is its instant, a json object has no order. What has no such function is hashed as text,
 * which the session's settings spell alike on both sides. Where the servers' encodings differ, text is hashed as UTF-8.
 */
export function encodingOf(production: ColumnType, local: ColumnType, sameEncoding = true): Encoding {
  const [one, other] = [familyOf(production), familyOf(local)];
  const text = sameEncoding ? plainText : utf8Text;
  const both = (hash: Hash, note?: string): Encoding => ({ production: hash, local: hash, ...(note && { note }) });
  const among = (...families: Family[]) => families.includes(one) && families.includes(other);
  if (one === other && one === "list") return listOf(production, local, both, text);
  if (one === other && one === "other")
    return production.type === local.type ? both(spelled(text)) : apart(production, local);
  if (one === other) return both(hashes(text)[one as keyof ReturnType<typeof hashes>]);
  if (among("integer", "numeric")) return both((column, seed) => `hash_numeric_extended(${column}::numeric, ${seed})`);
  if (among("text", "padded")) return both((column, seed) => text(`rtrim(${column}::text, ' ')`, seed));
  if (among("text", "uuid")) return both((column, seed) => text(`lower(${column}::text)`, seed));
  if (among("real", "double")) {
    const asRead =
      (type: Family): Hash =>
      (column, seed) =>
        `hashfloat8extended(${type === "real" ? `${column}::text::float8` : column}, ${seed})`;
    return { production: asRead(one), local: asRead(other) };
  }
  if (among("date", "timestamp", "timestamptz")) {
    const instant =
      (type: Family): Hash =>
      (column, seed) =>
        `timestamp_hash_extended(${type === "timestamptz" ? `(${column} at time zone 'UTC')` : `${column}::timestamp`}, ${seed})`;
    return {
      production: instant(one),
      local: instant(other),
      note: `${production.type} in production and ${local.type} in local are compared as UTC`,
    };
  }
  return apart(production, local);
}

/** Whether a key of these types is a number that an index can be entered by. */
export function isInteger(...types: ColumnType[]): boolean {
  return types.every((type) => familyOf(type) === "integer");
}

/** An expression that calls every function that a checksum may use, on constants: two servers that answer alike hash alike. */
export const probe = [
  "hashint8extended(-5::int8, 7)",
  "hash_numeric_extended(1.10, 7)",
  "hashfloat8extended('NaN'::float8, 7)",
  "hashfloat8extended(-1.5::float8, 7)",
  `hashtextextended('Zürich' collate "C", 7)`,
  "timestamp_hash_extended('2026-02-02 20:30:00.123456'::timestamp, 7)",
  "time_hash_extended('20:30'::time, 7)",
  "timetz_hash_extended('20:30+01'::timetz, 7)",
  "interval_hash_extended('1 mon 3 days'::interval, 7)",
  "uuid_hash_extended('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid, 7)",
  `jsonb_hash_extended('{"b": 1.10, "a": [true, null, "x"]}'::jsonb, 7)`,
  "hash_array_extended('{1.10,2}'::numeric[], 7)",
  "hash_range_extended('[1.10,2.0)'::numrange, 7)",
].join(" # ");

type Family =
  | "integer"
  | "numeric"
  | "real"
  | "double"
  | "boolean"
  | "text"
  | "padded"
  | "date"
  | "timestamp"
  | "timestamptz"
  | "time"
  | "timetz"
  | "interval"
  | "uuid"
  | "json"
  | "range"
  | "list"
  | "other";

const families: Record<string, Family> = {
  int2: "integer",
  int4: "integer",
  int8: "integer",
  oid: "integer",
  numeric: "numeric",
  float4: "real",
  float8: "double",
  bool: "boolean",
  text: "text",
  varchar: "text",
  name: "text",
  citext: "text",
  char: "text",
  bpchar: "padded",
  date: "date",
  timestamp: "timestamp",
  timestamptz: "timestamptz",
  time: "time",
  timetz: "timetz",
  interval: "interval",
  uuid: "uuid",
  json: "json",
  jsonb: "json",
  numrange: "range",
  int4range: "range",
  int8range: "range",
};

function familyOf({ type, isEnum, element }: ColumnType): Family {
  if (element !== null) return "list";
  return isEnum ? "text" : (families[type] ?? "other");
}

type Text = (expression: string, seed: bigint) => string;

// the collation is named, since one that is not deterministic would hash what it sorts by
const plainText: Text = (expression, seed) => `hashtextextended(${expression} collate "C", ${seed})`;
const utf8Text: Text = (expression, seed) => plainText(`encode(convert_to(${expression}, 'UTF8'), 'hex')`, seed);
const spelled =
  (text: Text): Hash =>
  (column, seed) =>
    text(`${column}::text`, seed);

function hashes(text: Text): Record<Exclude<Family, "list" | "other">, Hash> {
  // a value stands inside a hash and nowhere else: nothing beside it may ask about a person, and the guard holds to that
  const json: Hash = (column, seed) => {
    // jsonb cannot hold this character, and the cast would fail on it
    const value = `(case when strpos(${column}::text, '\\u0000') = 0 then ${column}::jsonb end)`;
    return `coalesce(${jsonHash(value, seed, text)}, ${text(`${column}::text`, seed)})`;
  };
  return {
    integer: (column, seed) => `hashint8extended(${column}::int8, ${seed})`,
    numeric: (column, seed) => `hash_numeric_extended(${column}, ${seed})`,
    real: (column, seed) => `hashfloat8extended(${column}::float8, ${seed})`,
    double: (column, seed) => `hashfloat8extended(${column}, ${seed})`,
    boolean: (column, seed) => `hashint8extended(${column}::int4::int8, ${seed})`,
    text: spelled(text),
    padded: spelled(text),
    // the days that a timestamp cannot hold, infinity among them, are hashed as text
    date: (column, seed) =>
      `coalesce(timestamp_hash_extended(case when ${column} between '4000-01-01 BC' and '200000-01-01' then ${column}::timestamp end, ${seed}), ${text(`${column}::text`, seed)})`,
    timestamp: (column, seed) => `timestamp_hash_extended(${column}, ${seed})`,
    timestamptz: (column, seed) => `timestamp_hash_extended((${column} at time zone 'UTC'), ${seed})`,
    time: (column, seed) => `time_hash_extended(${column}, ${seed})`,
    timetz: (column, seed) => `timetz_hash_extended((${column} at time zone 'UTC'), ${seed})`,
    interval: (column, seed) => `interval_hash_extended(${column}, ${seed})`,
    uuid: (column, seed) => `uuid_hash_extended(${column}, ${seed})`,
    json,
    range: (column, seed) => `hash_range_extended(${column}, ${seed})`,
  };
}

/** jsonb's own hash turns by one bit an element, so that two elements 32 apart could change places unseen; the text, without its numbers' last zeros, sees that. */
function jsonHash(value: string, seed: bigint, text: Text): string {
  const zeros = `regexp_replace(${value}::text, '(\\.[0-9]*[1-9])0+(?=[],}]|$)|\\.0+(?=[],}]|$)', '\\1', 'g')`;
  return `jsonb_hash_extended(${value}, ${seed}) # ${text(`case when strpos(${value}::text, '.') > 0 then ${zeros} else ${value}::text end`, seed ^ 1n)}`;
}

function listOf(production: ColumnType, local: ColumnType, both: (hash: Hash) => Encoding, text: Text): Encoding {
  const [one, other] = [production, local].map(({ element }) => families[element ?? ""] ?? "other");
  const numbers: Family[] = ["integer", "numeric", "real", "double"];
  if (one === other && numbers.includes(one))
    return both(
      (column, seed) => `hash_array_extended(${column}, ${seed}) # ${text(`array_dims(${column})`, seed ^ 1n)}`,
    );
  return production.element === local.element || (one === "text" && other === "text")
    ? both(spelled(text))
    : apart(production, local);
}

function apart(production: ColumnType, local: ColumnType): Encoding {
  return { why: `${nameOf(production)} in production and ${nameOf(local)} in local cannot be compared` };
}

function nameOf({ type, element }: ColumnType): string {
  return element === null ? type : `list of ${element}`;
}
