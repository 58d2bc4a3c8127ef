/** Random tables with random edits: what two sides hold, and what differs between them, by construction. */

/** The same numbers for the same seed (Mulberry32, T. Ettinger 2017). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** A kind of column: its type on either side, and two spellings of the n-th value that mean the same. `n` is at least 0; different numbers mean different values. */
interface Kind {
  types: [production: string, local: string];
  spell(n: number): [production: string, local: string];
}

const twice = (text: string): [string, string] => [text, text];
const hex = (n: number, width: number) => n.toString(16).padStart(width, "0");
const day = (n: number) => `date '1990-01-01' + ${n}`;

/** Values of every kind that PostgreSQL has a meaning for beyond their spelling, and of those that it has not. */
export const kinds: Record<string, Kind> = {
  int: { types: ["int4", "int8"], spell: (n) => twice(String(n * 7 - 1000)) },
  small: { types: ["int2", "int2"], spell: (n) => twice(`(${n % 2 ? -n : n})::int2`) },
  numeric: { types: ["numeric", "numeric(12,4)"], spell: (n) => [`${n}.50`, `${n}.5000`] },
  "numeric of integers": { types: ["int4", "numeric"], spell: (n) => [String(n), `${n}.00`] },
  double: {
    types: ["float8", "float8"],
    spell: (n) => (n === 0 ? ["'-0'", "'0'"] : n === 1 ? twice("'NaN'") : [`${n}e-3`, `${n / 1000}`]),
  },
  real: { types: ["float4", "float4"], spell: (n) => twice(`${n / 8}`) },
  "real and double": { types: ["float4", "float8"], spell: (n) => twice(`'${n}.1'`) },
  text: { types: ["text", "varchar(80)"], spell: (n) => twice(`E'it''s \\n né ${n}'`) },
  padded: { types: ["char(12)", "varchar"], spell: (n) => [`'a${n}'`, `'a${n}  '`] },
  collated: {
    types: [`text collate "C"`, `text collate "und-x-icu"`],
    spell: (n) => twice(`'${n % 2 ? "Ä" : "z"}${n}'`),
  },
  date: { types: ["date", "date"], spell: (n) => twice(n === 0 ? "'infinity'" : n === 1 ? "'4500-01-01 BC'" : day(n)) },
  timestamp: {
    types: ["timestamp", "timestamp"],
    spell: (n) => twice(n === 0 ? "'-infinity'" : `timestamp '2020-01-01' + ${n} * interval '1 microsecond'`),
  },
  "time zone": {
    types: ["timestamptz", "timestamptz"],
    spell: (n) => [
      `timestamptz '2020-01-01 12:00+00' + ${n} * interval '1 minute'`,
      `timestamptz '2020-01-01 17:30+05:30' + ${n} * interval '1 minute'`,
    ],
  },
  "date as time": { types: ["date", "timestamp"], spell: (n) => [day(n), `${day(n)} + time '00:00'`] },
  time: { types: ["time", "time"], spell: (n) => twice(`time '00:00' + ${n} * interval '1 second'`) },
  timetz: {
    types: ["timetz", "timetz"],
    spell: (n) => [`timetz '12:00+00' + ${n} * interval '1 second'`, `timetz '13:00+01' + ${n} * interval '1 second'`],
  },
  interval: { types: ["interval", "interval"], spell: (n) => [`interval '${n} days'`, `interval '${n * 24} hours'`] },
  boolean: { types: ["bool", "bool"], spell: (n) => twice(n % 2 ? "true" : "false") },
  uuid: { types: ["uuid", "uuid"], spell: (n) => twice(`'a0eebc99-9c0b-4ef8-bb6d-${hex(n, 12)}'`) },
  "uuid as text": {
    types: ["uuid", "text"],
    spell: (n) => [`'a0eebc99-9c0b-4ef8-bb6d-${hex(n, 12)}'`, `'A0EEBC99-9C0B-4EF8-BB6D-${hex(n, 12).toUpperCase()}'`],
  },
  json: {
    types: ["json", "jsonb"],
    spell: (n) => [`'{"b": [${n}, 1.50, null], "a": "x"}'`, `'{"a":"x","b":[${n},1.5,null]}'`],
  },
  "json of odd text": { types: ["json", "json"], spell: (n) => twice(`'{"a": "${n}\\u0000"}'`) },
  "long json": {
    types: ["jsonb", "jsonb"],
    spell: (n) =>
      twice(
        `(select jsonb_agg(case g when ${n % 8} then 'x' when ${(n % 8) + 32} then 'y' else '' end order by g) || '[${n}]' from generate_series(0, 39) g)`,
      ),
  },
  bytes: { types: ["bytea", "bytea"], spell: (n) => twice(`'\\x${hex(n, 8)}'`) },
  "list of numbers": { types: ["numeric[]", "numeric[]"], spell: (n) => [`'{${n}.10,null}'`, `'{${n}.1,null}'`] },
  "list of lists": {
    types: ["int4[]", "int8[]"],
    spell: (n) => twice(n % 2 ? `'{{${n},2},{3,4}}'` : `'{${n + 1},2,3,4}'`),
  },
  "list of texts": { types: ["text[]", "varchar[]"], spell: (n) => twice(`array['a,b', '${n}', null]`) },
  "list of times": {
    types: ["timestamptz[]", "timestamptz[]"],
    spell: (n) => [
      `array[timestamptz '2020-01-01 12:00+00' + ${n} * interval '1 minute']`,
      `array[timestamptz '2020-01-01 13:00+01' + ${n} * interval '1 minute']`,
    ],
  },
  range: { types: ["numrange", "numrange"], spell: (n) => [`'[${n}.10,${n}.5)'`, `'[${n}.1,${n}.50)'`] },
  enum: { types: ["mood", "mood"], spell: (n) => twice(`'${["sad", "ok", "happy"][n % 3]}'`) },
  domain: { types: ["positive", "numeric"], spell: (n) => [`${n}.0`, String(n)] },
  network: { types: ["inet", "inet"], spell: (n) => twice(`'10.0.${n >> 8}.${n % 256}'`) },
  money: { types: ["money", "money"], spell: (n) => twice(`'${n}.25'`) },
  bits: { types: ["bit(16)", "bit(16)"], spell: (n) => twice(`${n}::bit(16)`) },
  point: { types: ["point", "point"], spell: (n) => twice(`'(${n},0.1)'`) },
};

/** A key: the columns' kinds, and the n-th key as a comparison shows it, where it is shown plainly. */
export const keyKinds: Record<string, { kinds: string[]; values(n: number): number[]; shown(n: number): unknown[] }> = {
  integer: { kinds: ["int"], values: (n) => [n], shown: (n) => [n * 7 - 1000] },
  text: { kinds: ["collated"], values: (n) => [n], shown: (n) => [`${n % 2 ? "Ä" : "z"}${n}`] },
  uuid: { kinds: ["uuid"], values: (n) => [n], shown: (n) => [`a0eebc99-9c0b-4ef8-bb6d-${hex(n, 12)}`] },
  timestamp: {
    kinds: ["time zone"],
    values: (n) => [n],
    shown: (n) => [new Date(Date.UTC(2020, 0, 1, 12, n)).toISOString().replace("T", " ").replace(".000Z", "+00")],
  },
  composite: {
    kinds: ["small", "text"],
    values: (n) => [n % 7, Math.floor(n / 7)],
    shown: (n) => [String((n % 7) % 2 ? -(n % 7) : n % 7), `it's \n né ${Math.floor(n / 7)}`],
  },
};

export interface RandomTable {
  key: string[];
  /** The columns beside the key, and of which kind each is. */
  columns: { name: string; kind: string }[];
  /** By number of the key: what each column holds; null where it is NULL. */
  production: Map<number, (number | null)[]>;
  local: Map<number, (number | null)[]>;
  shown(n: number): unknown[];
  statements: { production: string[]; local: string[] };
}

/** A table of some random columns under one kind of key, and a copy of it with random edits. */
export function randomTable(name: string, keyKind: string, seed: number, rows: number, edits: number): RandomTable {
  const random = randomOf(seed);
  const pick = (below: number) => Math.floor(random() * below);
  const names = Object.keys(kinds);
  const columns = Array.from({ length: 1 + pick(8) }, (_, index) => ({
    name: index % 3 === 2 ? `Odd "${index}` : `c${index}`,
    kind: names[pick(names.length)],
  }));
  const value = () => (random() < 0.15 ? null : pick(400));
  const production = new Map(Array.from({ length: rows }, (_, n) => [n, columns.map(value)] as const));
  const local = new Map([...production].map(([n, values]) => [n, [...values]]));
  for (let edit = 0; edit < edits; edit++) {
    const n = pick(rows);
    const kind = pick(4);
    if (kind === 0) local.delete(n);
    else if (kind === 1) production.delete(n);
    else if (local.has(n)) local.get(n)![pick(columns.length)] = value();
  }
  const key = keyKinds[keyKind];
  const keys = key.kinds.map((_, index) => `k${index}`);
  const written = (side: 0 | 1, held: Map<number, (number | null)[]>) => [
    `create table ${name} (${[...keys.map((column, index) => `${column} ${kinds[key.kinds[index]].types[side]} not null`), ...columns.map((column) => `"${column.name.replaceAll('"', '""')}" ${kinds[column.kind].types[side]}`)].join(", ")}, primary key (${keys.join(", ")}))`,
    ...(held.size
      ? [
          `insert into ${name} values ${[...held].map(([n, values]) => `(${[...key.values(n).map((one, index) => kinds[key.kinds[index]].spell(one)[side]), ...values.map((one, index) => (one === null ? "null" : kinds[columns[index].kind].spell(one)[side]))].join(", ")})`).join(",\n")}`,
        ]
      : []),
    `analyze ${name}`,
  ];
  return {
    key: keys,
    columns,
    production,
    local,
    shown: key.shown,
    statements: { production: written(0, production), local: written(1, local) },
  };
}

/** What differs, by construction: keys as they are shown, and of changed rows the columns. Two numbers of a kind may mean one value (there are three moods). */
export function expected({ production, local, columns, shown }: RandomTable) {
  const meaning = (kind: string, n: number | null) =>
    n === null ? null : kind === "enum" ? n % 3 : kind === "boolean" ? n % 2 : n;
  const changed = [...production].flatMap(([n, values]) => {
    const other = local.get(n);
    const names = other
      ? columns.flatMap(({ name, kind }, index) =>
          meaning(kind, values[index]) === meaning(kind, other[index]) ? [] : [name],
        )
      : [];
    return names.length ? [{ key: shown(n), columns: names }] : [];
  });
  const missing = (one: Map<number, unknown>, other: Map<number, unknown>) =>
    [...one.keys()].filter((n) => !other.has(n)).map(shown);
  return { changed, "only in production": missing(production, local), "only in local": missing(local, production) };
}
