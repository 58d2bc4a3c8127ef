import { randomOf } from "./random";

/**
 * Random pairs of small tables over all types, with values that are hard to tell apart, and what differs between the two by construction: each value
 * is known by its meaning, a number, and has one or more spellings. What a comparison finds is held against a comparison of the meanings in memory.
 */
export interface Pair {
  table: string;
  key: string[];
  /** Statements that make the table on either side. */
  statements: { production: string; local: string };
  truth: Truth;
}

export interface Truth {
  same: number;
  changed: number;
  "only in production": number;
  "only in local": number;
  "columns that differ": Record<string, number>;
}

/** A column's type on either side, and groups of spellings: those of one group mean the same, those of different groups do not. */
interface Kind {
  types: [production: string, local: string];
  groups(random: () => number): string[][];
}

const quoted = (groups: (string | string[])[]): string[][] =>
  groups.map((group) => [group].flat().map((text) => `'${text.replaceAll("'", "''")}'`));
const bare = (groups: (string | string[])[]): string[][] => groups.map((group) => [group].flat());

/** Whole numbers that differ in a bit, in sign, in one half. */
function integers(bits: number): (random: () => number) => string[][] {
  return (random) => {
    const edge = 1n << BigInt(bits - 1);
    const some = BigInt(Math.floor(random() * 2 ** 31)) % edge;
    const half = 1n << BigInt(Math.floor(bits / 2));
    const near = [
      0n,
      1n,
      -1n,
      2n,
      half,
      -half,
      half - 1n,
      half + 1n,
      2n * half - 1n,
      edge - 1n,
      -edge,
      -edge + 1n,
      edge - half,
    ];
    const flipped = Array.from({ length: 4 }, () => some ^ (1n << BigInt(Math.floor(random() * (bits - 1)))));
    const all = [...near, some, -some, ...flipped, some + half].filter((value) => value >= -edge && value < edge);
    return [...new Set(all)].map((value) => [`'${value}'`]);
  };
}

const numerics = (random: () => number): string[][] => {
  const some = String(1 + Math.floor(random() * 1e9));
  return quoted([
    ["0", "0.00", "-0"],
    ["1", "1.0", "1.000"],
    ["-1", "-1.0"],
    ["1.10", "1.1"],
    ["-1.1", "-1.10"],
    "1.01",
    "10",
    "100",
    "0.1",
    "0.10000001",
    "10000",
    "100000000",
    "0.0001",
    "0.00000001",
    "99999999999999999999",
    "99999999999999999998",
    some,
    `-${some}`,
    `0.${some}1`,
    `-0.${some}1`,
    "NaN",
    "4294967296",
    "4294967297",
    "12345678901234567890.5",
    "-12345678901234567890.5",
  ]);
};

const floats = quoted([
  ["0", "-0"],
  "1",
  "-1",
  "1.5",
  "-1.5",
  "0.1",
  "NaN",
  "Infinity",
  "-Infinity",
  "1e-30",
  "1e30",
  "16777216",
  "16777218",
  "3.4e38",
  "-3.4e38",
]);
const doubles = [
  ...floats,
  ...quoted(["0.10000000000000002", "9007199254740993e3", "1e-300", "5e-324", "1e300", "1.0000000000000002"]),
];
const texts = quoted([
  "",
  " ",
  "a",
  "A",
  "a ",
  " a",
  "ab",
  "a\tb",
  "NULL",
  "null",
  '"',
  '""',
  "\\",
  "\\\\",
  ",",
  "(a,b)",
  "a,b",
  '"a","b"',
  "(",
  ")",
  "é",
  "e\u0301",
  "ﬁ",
  "fi",
  "ß",
  "ss",
  "\u200b",
  "0",
  "00",
  "-0",
  "1.0",
  "1.00",
  "{}",
  "{a}",
  "x\ny",
  "😀",
  "it's",
]);
const moments = [
  "2026-01-01 00:00:00",
  "2026-01-01 00:00:00.000001",
  "2025-12-31 23:59:59.999999",
  "0044-03-15 00:00:00 BC",
  "0044-03-15 00:00:00",
  "1970-01-01 00:00:00",
  "9999-12-31 00:00:00",
  "infinity",
  "-infinity",
];
const jsons = quoted([
  "null",
  "{}",
  "[]",
  '""',
  "true",
  "false",
  ["0", "-0", "0.00"],
  ["1", "1.0", "1.00"],
  "-1",
  ["1.10", "1.1"],
  '"1.10"',
  '"1.1"',
  '"1.10,"',
  '"1.1,"',
  '"a.0]"',
  '"a]"',
  ['{"a": 1, "b": 2}', '{"b":2,"a":1.0}', '{"a": 5, "a": 1, "b": 2}'],
  '{"a": 2, "b": 1}',
  '{"a": null}',
  "[1, 2]",
  "[2, 1]",
  "[[1], 2]",
  "[null]",
  ['"\\u00e9"', '"é"'],
  '"\\\\u0000"',
  ['{"a": [1.50, "x.50"]}', '{"a": [1.5, "x.50"]}'],
  '{"a": [1.5, "x.5"]}',
  "[1, [2]]",
  '"\\"1.0\\""',
  '"1.0"',
  '"\\\\"',
  '{"": 1}',
  '{"a":{"b":{"c":0.10}}}',
]);
const bits = quoted([
  "0000000000000000",
  "0000000000000001",
  "1000000000000000",
  "1111111111111111",
  "0111111111111111",
]);
const intervals = quoted([
  ["1 mon", "30 days", "720:00:00"],
  "1 mon 1 day",
  "31 days 00:00:00.000001",
  ["1 day", "24:00:00"],
  "-1 day",
  ["0", "1 day -24:00:00"],
  "00:00:00.000001",
  "-00:00:00.000001",
  ["1 year", "12 mons", "360 days"],
  "365 days",
  ["-1 mon 1 day", "-29 days"],
  "178000000 years",
]);
const uuids = quoted([
  "00000000-0000-0000-0000-000000000000",
  "00000000-0000-0000-0000-000000000001",
  "00000001-0000-0000-0000-000000000000",
  "ffffffff-ffff-ffff-ffff-ffffffffffff",
  "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
  "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a10",
]);
const fixed = (type: string, groups: string[][], other = type): Kind => ({
  types: [type, other],
  groups: () => groups,
});

export const kinds: Record<string, Kind> = {
  int2: { types: ["int2", "int2"], groups: integers(16) },
  int4: { types: ["int4", "int4"], groups: integers(32) },
  int8: { types: ["int8", "int8"], groups: integers(64) },
  "int4 and int8": { types: ["int4", "int8"], groups: integers(32) },
  "int8 and numeric": { types: ["int8", "numeric"], groups: integers(64) },
  oid: fixed("oid", quoted(["0", "1", "2147483648", "4294967295"])),
  numeric: { types: ["numeric", "numeric"], groups: numerics },
  "numeric of two scales": fixed(
    "numeric(10,2)",
    quoted(["0", ["1.1", "1.10"], "-1.1", "100", "-100", "0.01", "-0.01"]),
    "numeric(12,4)",
  ),
  float4: fixed("float4", floats),
  float8: fixed("float8", doubles),
  money: fixed("money", quoted(["0", "1.25", "-1.25", "92233720368547758.07", "-92233720368547758.08", "42949672.96"])),
  bool: fixed("bool", bare(["true", "false"])),
  text: fixed("text", texts),
  "text and varchar": fixed("text", texts, "varchar(80)"),
  "char(n)": fixed("char(6)", quoted([["", " "], ["a", "a  "], "A", "ab", " a", "b"])),
  '"char"': fixed('"char"', quoted(["", "a", "A", " "])),
  name: fixed("name", quoted(["", "a", "A", "a "])),
  bytea: fixed("bytea", quoted(["\\x", "\\x00", "\\x0000", "\\x01", "\\xff", "\\x5c", "\\x3030"])),
  bit: fixed("bit(16)", bits),
  varbit: fixed("varbit", [...bits, ...quoted(["", "0", "1", "00"])]),
  uuid: fixed("uuid", uuids),
  "uuid and text": fixed("uuid", uuids, "text"),
  date: fixed(
    "date",
    quoted([
      "2026-01-01",
      "2026-01-02",
      "0044-03-15 BC",
      "0044-03-15",
      "infinity",
      "-infinity",
      "4713-01-01 BC",
      "5874897-12-31",
    ]),
  ),
  timestamp: fixed("timestamp", quoted(moments)),
  timestamptz: fixed("timestamptz", [
    ...quoted(moments),
    ...quoted([["2026-06-01 12:00+00", "2026-06-01 17:30+05:30"], "2026-06-01 12:00+01"]),
  ]),
  "date and timestamp": fixed(
    "date",
    quoted(["2026-01-01", "2026-01-02", "0044-03-15 BC", "0044-03-15", "infinity", "-infinity"]),
    "timestamp",
  ),
  "timestamp and timestamptz": fixed("timestamp", quoted(moments), "timestamptz"),
  time: fixed("time", quoted(["00:00", "24:00", "00:00:00.000001", "12:00", "23:59:59.999999"])),
  timetz: fixed("timetz", quoted([["12:00+00", "13:00+01"], "12:00+01", "23:30-01", "00:30+00", "00:00:00.000001+00"])),
  interval: fixed("interval", intervals),
  json: fixed("json", [...jsons, ...quoted(['"\\u0000"', '{"a": "\\u0000"}', '"\\ud800"', "1e400000", "-1e400000"])]),
  jsonb: fixed("jsonb", jsons),
  "json and jsonb": fixed("json", jsons, "jsonb"),
  xml: fixed("xml", quoted(["<a/>", "<a></a>", "<a b='1'/>", "<a> </a>"])),
  inet: fixed(
    "inet",
    quoted([["10.0.0.1", "10.0.0.1/32"], "10.0.0.1/24", "10.0.0.0/24", "::1", "::1/64", "::ffff:10.0.0.1"]),
  ),
  cidr: fixed("cidr", quoted(["10.0.0.0/24", "10.0.0.0/25", "::/0", "0.0.0.0/0"])),
  macaddr: fixed("macaddr", quoted(["08:00:2b:01:02:03", "08:00:2b:01:02:04", "88:00:2b:01:02:03"])),
  point: fixed(
    "point",
    quoted(
      [["(0,0)", "(-0,0)"], "(0,1)", "(1,0)", "(1e-05,-0.5)", "(-1,0)", "(0.1,0.2)", "(0.1,0.20000000000000001)"].slice(
        0,
        6,
      ),
    ),
  ),
  box: fixed("box", quoted([["(1,1),(0,0)", "(0,0),(1,1)"], "(1,1),(0,0.5)", "(2,1),(0,0)"])),
  path: fixed("path", quoted(["((0,0),(1,1))", "[(0,0),(1,1)]", "[(0,0),(1,1),(0,0)]"])),
  circle: fixed("circle", quoted(["<(0,0),1>", "<(0,0),2>", "<(1,0),1>"])),
  tsvector: fixed("tsvector", quoted(["", "a", "a:1", "a:1A", "a b", "'a b'"])),
  pg_lsn: fixed("pg_lsn", quoted(["0/0", "0/1", "1/0"])),
  enum: fixed("mood", quoted(["sad", "ok", "happy"])),
  "enum and text": fixed("mood", quoted(["sad", "ok", "happy"]), "text"),
  "domain over a domain": { types: ["outer_domain", "numeric"], groups: numerics },
  "int8[]": fixed(
    "int8[]",
    quoted([
      "{}",
      "{NULL}",
      "{0}",
      "{1}",
      "{4294967296}",
      "{-1}",
      "{4294967295}",
      "{1,2}",
      "{2,1}",
      "{{1,2}}",
      "{{1},{2}}",
      "[0:1]={1,2}",
    ]),
  ),
  "int4[] and numeric[]": fixed(
    "int4[]",
    quoted(["{}", "{NULL}", "{1}", "{-1}", "{{1,2},{3,4}}", "{1,2,3,4}", "[0:0]={1}"]),
    "numeric[]",
  ),
  "numeric[]": fixed(
    "numeric[]",
    quoted([
      "{}",
      ["{1.10}", "{1.1}"],
      "{-1.1}",
      ["{1,NULL}", "{1.0,NULL}"],
      "{NULL,1}",
      "{NaN}",
      "{{1,2}}",
      "{1,2}",
      "[0:1]={1,2}",
    ]),
  ),
  "text[]": fixed(
    "text[]",
    quoted(["{}", '{""}', "{NULL}", '{"NULL"}', '{"a,b"}', "{a,b}", '{"{a}"}', "{a}", '{"a "}', '{"\\\\"}', '{"\\""}']),
  ),
  "json[]": fixed(
    "json[]",
    quoted([['{"{\\"a\\": 1.0}"}', '{"{\\"a\\":1}"}'], '{"{\\"a\\": 2}"}', "{}", "{NULL}", '{"null"}']),
  ),
  "float8[]": fixed("float8[]", quoted([["{0}", "{-0}"], "{}", "{1,2}", "{2,1}", "{NaN}"])),
  "interval[]": fixed("interval[]", quoted([["{1 mon}", "{30 days}"], "{31 days}", "{}", "{NULL}"])),
  int8range: fixed(
    "int8range",
    quoted([
      "empty",
      ["[1,2)", "[1,1]", "(0,1]"],
      "[1,)",
      "(,1)",
      "(,)",
      "[1,4294967297)",
      "[-1,2)",
      "[4294967295,4294967296)",
    ]),
  ),
  "int4range and int8range": fixed(
    "int4range",
    quoted(["empty", ["[1,2)", "[1,1]"], "[1,)", "(,1)", "[-1,2)"]),
    "int8range",
  ),
  numrange: fixed(
    "numrange",
    quoted([
      "empty",
      ["[1.10,2)", "[1.1,2.0)"],
      "[-1.1,2)",
      "(1.1,2)",
      "[1.1,2]",
      "(,)",
      "[1.1,)",
      "(,1.1)",
      "[1.1,NaN)",
    ]),
  ),
  tstzrange: fixed(
    "tstzrange",
    quoted([
      ["[2026-01-01 12:00+00,)", "[2026-01-01 13:00+01,)"],
      "(2026-01-01 12:00+00,)",
      "[2026-01-01 12:00+00,infinity)",
      "empty",
    ]),
  ),
  nummultirange: fixed(
    "nummultirange",
    quoted(["{}", ["{[1.10,2),[3,4)}", "{[1.1,2.0),[3,4)}"], "{[1.1,2)}", ["{[1,3)}", "{[1,2),[2,3)}"]]),
  ),
  int4multirange: fixed("int4multirange", quoted(["{}", "{[1,2)}", "{[1,2),[3,4)}", "{(,)}"])),
  composite: fixed(
    "duo",
    quoted(["(,)", ["(1.10,a)", "(1.1,a)"], "(-1.1,a)", '(1.1,"")', "(1.1,)", '(1.1,"a ")', "(,a)"]),
  ),
  "composite[]": fixed("duo[]", quoted(["{}", ['{"(1.10,a)"}', '{"(1.1,a)"}'], '{"(-1.1,a)"}', '{"(,)"}', "{NULL}"])),
};

/** What the kinds need, on either side; the enum's labels in another order on local. */
export const prelude = {
  production:
    "create type mood as enum ('sad', 'ok', 'happy'); create domain inner_domain as numeric; create domain outer_domain as inner_domain; create type duo as (n numeric, t text)",
  local:
    "create type mood as enum ('happy', 'ok', 'sad'); create domain inner_domain as numeric; create domain outer_domain as inner_domain; create type duo as (n numeric, t text)",
};

/** A value's meaning: which group; null is NULL. */
type Meaning = number | null;

interface Column {
  name: string;
  kind: Kind;
  groups: string[][];
}

/** The pair of this number, without the kinds that a server lacks. */
export function pairOf(number: number, lacks?: RegExp): Pair {
  const table = `pair_${number}`;
  const random = randomOf(number * 2654435761);
  const pick = (below: number) => Math.floor(random() * below);
  const kindNames = Object.keys(kinds).filter((name) => !lacks?.test(name));
  const column = (name: string): Column => {
    // so that every kind comes up as often in the first column
    const kind = kinds[kindNames[name === "c0" ? number % kindNames.length : pick(kindNames.length)]];
    return { name, kind, groups: kind.groups(random) };
  };
  const columns = Array.from({ length: 1 + pick(4) }, (_, index) => column(`c${index}`));
  const keyed = pick(16);
  const serial: Column = {
    name: "id",
    kind: kinds.int8,
    groups: Array.from({ length: 60 }, (_, n) => [`'${n * 3 - 20}'`]),
  };
  // no key; a key of some of the odd types, named by the operator; or a plain primary key
  const key = keyed < 2 ? [] : keyed === 2 ? columns.slice(0, 1 + pick(columns.length)) : [serial];
  const all = key[0] === serial ? [serial, ...columns] : columns;
  const rest = all.filter((one) => !key.includes(one));
  const meaning = ({ groups }: Column): Meaning => (random() < 0.15 ? null : pick(groups.length));
  const keys = new Set<string>();
  const newRow = (): Map<string, Meaning> | undefined => {
    const row = new Map(all.map((one) => [one.name, one === serial ? pick(serial.groups.length) : meaning(one)]));
    const mark = JSON.stringify(key.map(({ name }) => row.get(name)));
    if (key.length && keys.has(mark)) return undefined;
    keys.add(mark);
    return row;
  };
  const rows = Array.from({ length: pick(14) }, newRow).filter((row) => row !== undefined);
  const production = rows.map((row) => new Map(row));
  const local = rows.map((row) => new Map(row));
  for (let edits = pick(5); edits > 0; edits--) {
    const what = pick(6);
    const [one, other] = [local[pick(local.length)], local[pick(local.length)]];
    const changed = rest[pick(rest.length)];
    if (what === 0) {
      const row = newRow();
      if (row) (pick(2) ? local : production).push(row);
    } else if (what === 1 && local.length) local.splice(pick(local.length), 1);
    else if (!changed || !one || !other) continue;
    else if (what === 2) {
      // two rows exchange a value
      const held = one.get(changed.name)!;
      one.set(changed.name, other.get(changed.name)!);
      other.set(changed.name, held);
    } else if (what === 3) {
      // two rows change alike
      const value = meaning(changed);
      one.set(changed.name, value);
      other.set(changed.name, value);
    } else one.set(changed.name, meaning(changed));
  }
  const spell = (held: Map<string, Meaning>[], side: 0 | 1) => {
    const made = `create table ${table} (${all.map(({ name, kind }) => `${name} ${kind.types[side]}${name === "id" ? " primary key" : ""}`).join(", ")})`;
    const values = held.map((row) =>
      all.map(({ name, groups, kind }) => {
        const group = row.get(name);
        return group === null || group === undefined
          ? "null"
          : `${groups[group][pick(groups[group].length)]}::${kind.types[side]}`;
      }),
    );
    const shuffled = values.map((row) => [random(), row] as const).sort(([a], [b]) => a - b);
    return `${made};${values.length ? ` insert into ${table} values ${shuffled.map(([, row]) => `(${row.join(", ")})`).join(", ")};` : ""}`;
  };
  return {
    table,
    key: key.map(({ name }) => name),
    statements: { production: spell(production, 0), local: spell(local, 1) },
    truth: truthOf(production, local, key, rest),
  };
}

function truthOf(
  production: Map<string, Meaning>[],
  local: Map<string, Meaning>[],
  key: Column[],
  rest: Column[],
): Truth {
  const truth: Truth = { same: 0, changed: 0, "only in production": 0, "only in local": 0, "columns that differ": {} };
  const mark = (row: Map<string, Meaning>) =>
    JSON.stringify((key.length ? key : rest).map(({ name }) => row.get(name)));
  const left = [...local];
  for (const row of production) {
    const place = left.findIndex((other) => mark(other) === mark(row));
    if (place < 0) {
      truth["only in production"]++;
      continue;
    }
    const [other] = left.splice(place, 1);
    const names = rest.map(({ name }) => name).filter((name) => row.get(name) !== other.get(name));
    if (names.length) truth.changed++;
    else truth.same++;
    for (const name of names) truth["columns that differ"][name] = (truth["columns that differ"][name] ?? 0) + 1;
  }
  truth["only in local"] = left.length;
  return truth;
}
