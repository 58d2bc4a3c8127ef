import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Client } from "pg";
import { startServer } from "../lib/demo/postgres";
import { toFrame } from "../lib/frame";
import { openSource, type Source } from "../lib/source/guarded";
import { sessionSettings } from "../lib/source/envelope";
import { sql } from "../lib/sql";
import { identifier } from "../lib/sql/template";
import { startLambda } from "./lambda";

/** Extreme values of every type that a table can hold, by PostgreSQL's own list of its types; an array, and of what has no value here a null. */
const values: Record<string, string[]> = {
  bool: ["t", "f"],
  bytea: ["\\x", "\\x00ff5c27", "\\xdeadbeef"],
  char: ["", "a", "\\377"],
  name: ["", 'a name, with "quotes"', "x".repeat(63)],
  int8: ["-9223372036854775808", "9223372036854775807", "9007199254740993"],
  int2: ["-32768", "32767"],
  int4: ["-2147483648", "2147483647"],
  int2vector: ["", "-32768 0 32767"],
  oidvector: ["", "0 4294967295"],
  text: ["", "NULL", '(a,"b")', "tab\tline\nreturn\r\\ 'é' 😀", "\u007f\u0080\u2028\ufeff", "x".repeat(5000)],
  varchar: ["", "é", "  padded  "],
  bpchar: ["", "é  ", "x"],
  oid: ["0", "4294967295"],
  xid: ["0", "4294967295"],
  xid8: ["0", "18446744073709551615"],
  cid: ["0", "4294967295"],
  tid: ["(0,0)", "(4294967295,65535)"],
  json: ["null", '{"b": 1.10, "a": 12345678901234567890.123, "b": "\\u00e9"}', " [ ] "],
  jsonb: ["null", '{"b": 1.10, "a": 1e300}', '"\\"\\\\"'],
  jsonpath: ["$", '$."a b"[*]?(@ > 1.5)'],
  xml: ["", "<a b='\"'>é<![CDATA[<]]></a>"],
  point: ["(1.5,-2)", "(1e300,-Infinity)", "(NaN,0.1)"],
  lseg: ["[(0,0),(1e-300,0.30000000000000004)]"],
  path: ["[(0,0),(1,1)]", "((0,0),(1,1),(2,0))"],
  box: ["(1,1),(0,0)", "(Infinity,1),(-Infinity,0)"],
  polygon: ["((0,0),(1,1),(2,0))"],
  line: ["{1,-1,0}", "{0,0.1,3}"],
  circle: ["<(0.1,0.2),3>", "<(0,0),Infinity>"],
  float4: ["0", "-0", "3.4028235e38", "1e-45", "NaN", "Infinity", "-Infinity", "0.1"],
  float8: [
    "0",
    "-0",
    "1.7976931348623157e308",
    "5e-324",
    "NaN",
    "-Infinity",
    "0.30000000000000004",
    "1e16",
    "123456789012345680",
  ],
  numeric: ["0", "-0.00", "NaN", "Infinity", "-Infinity", "1.10", "9".repeat(300), `0.${"0".repeat(200)}1`],
  money: ["0", "-92233720368547758.08", "92233720368547758.07"],
  date: ["0001-01-01", "4713-01-01 BC", "5874897-12-31", "infinity", "-infinity", "2000-02-29"],
  time: ["00:00:00", "24:00:00", "23:59:59.999999"],
  timetz: ["00:00:00+15:59:59", "24:00:00-15:59:59", "12:00:00.5+05:30"],
  timestamp: [
    "4713-01-01 00:00:00 BC",
    "294276-12-31 23:59:59.999999",
    "infinity",
    "-infinity",
    "2026-02-02 20:30:00.000001",
    "0044-03-15 12:00 BC",
  ],
  timestamptz: [
    "4713-01-02 00:00:00+00 BC",
    "294276-12-31 23:59:59.999999+00",
    "infinity",
    "-infinity",
    "2026-03-29 02:30:00.5+05:30",
    "1883-11-18 12:00:00-05",
  ],
  interval: [
    "0",
    "178000000 years -11 mons",
    "-178000000 years",
    "1 mon -1 days +00:00:00.000001",
    "2147483647 days",
    "-2562047787:00:54.775808",
    "1 year 2 mons 3 days 04:05:06.789",
  ],
  inet: ["0.0.0.0/0", "255.255.255.255", "::1/128", "fe80::1/10"],
  cidr: ["10.0.0.0/8", "2001:db8::/32"],
  macaddr: ["08:00:2b:01:02:03"],
  macaddr8: ["08:00:2b:01:02:03:04:05"],
  bit: ["0", "1"],
  varbit: ["", "1010101", "1".repeat(100)],
  uuid: ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"],
  tsvector: ["", "'a b':1A,2 'it''s':3"],
  tsquery: ["", "'a b':*A & !'c' <-> 'd'"],
  txid_snapshot: ["10:20:10,14,15"],
  pg_snapshot: ["10:20:10,14,15"],
  pg_lsn: ["0/0", "FFFFFFFF/FFFFFFFF"],
  aclitem: ["postgres=arwdDxt/postgres"],
  refcursor: ["", "a cursor"],
  regproc: ["-", "pg_catalog.now"],
  regprocedure: ["-", "pg_catalog.length(text)"],
  regoper: ["0", "pg_catalog.||/"],
  regoperator: ["0", "pg_catalog.+(integer,integer)"],
  regclass: ["pg_catalog.pg_type", "pg_catalog.pg_class"],
  regcollation: ["-", 'pg_catalog."C"'],
  regtype: ["-", "integer[]", "timestamp with time zone"],
  regrole: ["-", "postgres"],
  regnamespace: ["-", "pg_catalog"],
  regconfig: ["-", "english"],
  regdictionary: ["-", "simple"],
  int4range: ["empty", "[1,5)", "(,)", "[-2147483648,)"],
  int8range: ["empty", "[9007199254740993,9223372036854775807)"],
  numrange: ["empty", "[1.10,NaN)", "(-Infinity,Infinity]"],
  tsrange: ["empty", '["2026-02-02 20:30:00.5",infinity)', '(,"0044-03-15 00:00:00 BC"]'],
  tstzrange: ["empty", '["2026-02-02 20:30:00+05:30",)'],
  daterange: ["empty", "[2026-02-02,infinity)", "(,4713-01-02 BC)"],
  int4multirange: ["{}", "{[1,5),[7,9)}"],
  int8multirange: ["{}", "{[9007199254740993,9007199254740995)}"],
  nummultirange: ["{}", "{[1.10,2.0),(3,)}"],
  tsmultirange: ["{}", '{["2026-02-02 20:30:00",infinity)}'],
  tstzmultirange: ["{}", '{["2026-02-02 20:30:00+05:30",)}'],
  datemultirange: ["{}", "{[2026-02-02,2026-02-05)}"],
  mood: ["", 'sad, or "not"', "é"],
  address: ["(,)", '("Main St, 1","{1,NULL}")'],
  positive: ["1", "2147483647"],
  // no text makes one of these: only the server itself does
  pg_node_tree: [],
  pg_ndistinct: [],
  pg_dependencies: [],
  pg_mcv_list: [],
  pg_brin_bloom_summary: [],
  pg_brin_minmax_multi_summary: [],
  gtsvector: [],
};

let lambda: Source;
let wire: Source;
let admin: Client;
let types: { name: string; array: boolean }[];
let stop: () => Promise<void>;

beforeAll(async () => {
  const server = await startServer();
  admin = new Client(server.address("postgres"));
  await admin.connect();
  await admin.query(
    `create type mood as enum ('', 'sad, or "not"', 'é'); create type address as (street text, numbers integer[]); create domain positive as integer check (value > 0)`,
  );
  // arrays have a row of their own in pg_type, and so have the row types of the catalog's relations, which hold what these hold
  types = (
    await admin.query(`select t.typname as name, t.typarray <> 0 as array from pg_type t left join pg_class c on c.oid = t.typrelid
    where t.typtype in ('b', 'r', 'm', 'e', 'd', 'c') and not exists (select 1 from pg_type e where e.typarray = t.oid) and coalesce(c.relkind, 'c') = 'c'
      and t.typnamespace in ('pg_catalog'::regnamespace, 'public'::regnamespace) order by 1`)
  ).rows as typeof types;
  for (const { name, array } of types) {
    const type = `"${name}"`;
    await admin.query(
      `create table "holds_${name}" (id serial primary key, value ${type}${array ? `, list ${type}[]` : ""})`,
    );
    for (const value of values[name] ?? [])
      await admin.query(
        `insert into "holds_${name}" (value${array ? ", list" : ""}) select $1::text::${type}${array ? `, array[$1::text::${type}, null]` : ""}`,
        [value],
      );
    await admin.query(`insert into "holds_${name}" (value) values (null)`);
  }
  await admin.query("create role production login password 'production' superuser");
  for (const [setting, value] of Object.entries({
    TimeZone: "America/New_York",
    IntervalStyle: "sql_standard",
    bytea_output: "escape",
    extra_float_digits: "-5",
    lc_numeric: "POSIX",
    quote_all_identifiers: "on",
    xmlbinary: "hex",
  }))
    await admin.query(`alter role production set ${setting} = '${value}'`);
  const served = await startLambda({
    host: server.host,
    port: server.port,
    user: "production",
    password: "production",
    database: "postgres",
  });
  const columns = { safe: Object.fromEntries(types.map(({ name }) => [`holds_${name}`, "*" as const])) };
  lambda = await served.open({ columns });
  const odd = encodeURIComponent(
    "-c TimeZone=Asia/Kolkata -c DateStyle=SQL,DMY -c IntervalStyle=iso_8601 -c extra_float_digits=3 -c lc_numeric=C",
  );
  wire = await openSource(
    "local",
    { kind: "postgres", url: `${server.address("postgres")}?options=${odd}` },
    { columns },
  );
  for (const [setting, value] of Object.entries(sessionSettings)) await admin.query(`set ${setting} = '${value}'`);
  stop = async () => {
    await Promise.all([lambda.close(), wire.close(), served.stop(), admin.end()]);
    await server.stop();
  };
}, 60_000);
afterAll(() => stop?.());

test("the server's list of its types holds none that this test does not know", () => {
  expect(types.map(({ name }) => name).filter((name) => !(name in values))).toEqual([]);
  expect(types.length).toBeGreaterThan(75);
});

describe("a value is the same on both ways, whatever the two sides' settings, and the same as the server writes it", () => {
  test.each(Object.keys(values))("%s", async (name) => {
    const known = types.find((type) => type.name === name);
    if (!known) return;
    const table = identifier(`holds_${name}`);
    const statement = known.array
      ? sql`select id, value, list from ${table} order by id`
      : sql`select id, value from ${table} order by id`;
    const [one, other] = await Promise.all([lambda.ask(statement), wire.ask(statement)]);
    const { rows } = await admin.query<{ value: string | null; list: string | null }>(
      `select case when num_nulls(value) = 0 then format('%s', value) end as value${known.array ? ", case when num_nulls(list) = 0 then format('%s', list) end as list" : ""} from "holds_${name}" order by id`,
    );
    expect(one.columns).toEqual(other.columns);
    expect(one.cells).toEqual(other.cells);
    expect(String(toFrame(one))).toBe(String(toFrame(other)));
    expect(one.cells.map(([, value, list]) => [value, list])).toEqual(rows.map(({ value, list }) => [value, list]));
    expect(one.cells).toHaveLength(values[name].length + 1);
  });
});
