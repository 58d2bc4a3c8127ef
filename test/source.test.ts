import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Client } from "pg";
import { startServer } from "../lib/demo/postgres";
import { canaries, fill, rowCounts } from "../lib/demo/world";
import { toFrame } from "../lib/frame";
import { describeLeftOut, openSource, type Source } from "../lib/source/guarded";
import { formatJsonRows } from "../lib/show/print";
import { sql } from "../lib/sql";
import { join, raw } from "../lib/sql/template";
import { startLambda } from "./lambda";

/** One database, asked through the Lambda and over the wire; the second way has settings that a careless client would stumble over. */
let stop: () => Promise<void>;
let lambda: Source;
let wire: Source;

beforeAll(async () => {
  const server = await startServer();
  const { host, port, user, password } = server;
  const login = { host, port, user, password, database: "postgres" };
  const client = new Client(login);
  await client.connect();
  await fill(client, "production");
  await client.end();
  const served = await startLambda(login, undefined, { DB_PASSWORD: "secret-of-the-function" });
  stop = async () => {
    await Promise.all([lambda.close(), wire.close(), served.stop()]);
    await server.stop();
  };
  // here nothing is personal: every value of every table is to cross
  const columns = { safe: Object.fromEntries(Object.keys(rowCounts).map((table) => [table, "*" as const])) };
  const odd = encodeURIComponent(
    "-c TimeZone=Asia/Kolkata -c DateStyle=SQL,DMY -c bytea_output=escape -c IntervalStyle=iso_8601 -c extra_float_digits=0",
  );
  lambda = await served.open({ columns });
  wire = await openSource(
    "local",
    { kind: "postgres", url: `${server.address("postgres")}?options=${odd}` },
    { columns },
  );
});
afterAll(() => stop());

describe("both sources answer the same SQL with the same columns, types and values", () => {
  const values: Record<string, string> = {
    "integers past 2^53": "9007199254740993::bigint",
    "the smallest integer": "(-9223372036854775807 - 1)::bigint",
    "numerics with their zeros": "1.10::numeric(10,4)",
    "numerics of many digits": "12345678901234567890.123456789::numeric",
    "not a number": "'NaN'::float8",
    infinity: "'-Infinity'::float8",
    floats: "0.1::float8 + 0.2::float8",
    booleans: "true",
    dates: "date '2026-02-02'",
    "dates before Christ": "date '0044-03-15 BC'",
    "far dates": "date '20000-01-01'",
    "infinite dates": "date 'infinity'",
    "timestamps with microseconds": "timestamp '2026-02-02 20:30:00.123456'",
    "timestamps with time zone": "timestamptz '2026-02-02 20:30:00.123456+05:30'",
    times: "time '23:59:59.5'",
    intervals: "interval '1 year 2 months 3 days 04:05:06.789'",
    json: `'{"a": 1.10, "b": 12345678901234567890.123}'::json`,
    jsonb: `'{"b": 1.10, "a": null}'::jsonb`,
    "a json null": "'null'::jsonb",
    bytes: "'\\xdeadbeef'::bytea",
    uuids: "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid",
    lists: "array[1, null, 3]",
    "lists of text": `array['a,b', 'c"d', null]`,
    "lists of timestamps": "array[timestamptz '2026-02-02 20:30:00+05:30']",
    "text with quotes, lines and emoji": `E'it''s "quoted",\\n(brackets) \\\\ back é 😀'`,
    "empty text": "''",
    nulls: "null::integer",
    "enum values": "(select enumlabel from pg_enum order by 1 limit 1)",
    "padded characters": "'ab'::char(5)",
  };
  for (const [what, expression] of Object.entries(values))
    test(what, async () => {
      const statement = sql`select ${raw(expression)} as value`;
      const [one, other] = await Promise.all([lambda.ask(statement), wire.ask(statement)]);
      expect(one.columns).toEqual(other.columns);
      expect(one.cells).toEqual(other.cells);
      expect(toFrame(one).toString()).toBe(toFrame(other).toString());
      expect(one.cells).toHaveLength(1);
    });

  test("no rows, with the columns and types kept", async () => {
    const [one, other] = await ask(sql`select 1 as a, now() as b where false`);
    expect(one).toEqual(other);
    expect(toFrame(one).columns).toEqual(["a", "b"]);
  });

  test("two columns of one name, in their order", async () => {
    const [one, other] = await ask(sql`select 1 as a, 'x' as a, true as a`);
    expect(one).toEqual(other);
    expect(toFrame(one).columns).toEqual(["a", "a_2", "a_3"]);
  });

  test("values in a template: bound where the source binds, quoted where it does not", async () => {
    const [one, other] = await ask(
      sql`select ${5} as i, ${2 ** 40} as big, ${0.5} as f, ${true} as b, ${"it's \\ 100%"} as t, ${null} as n, ${new Date(0)} as d, ${2n ** 62n} as huge
        where 'b' = any(${["a", "b", 'c"', "d\\"]}) and 3 in (${join([1, 2, 3])})`,
    );
    expect(one).toEqual(other);
    expect(formatJsonRows(one.columns, one.cells)).toBe(
      `[\n  [5, 1099511627776, 0.5, true, "it's \\\\ 100%", null, "1970-01-01T00:00:00Z", "4611686018427387904"]\n ]`,
    );
  });

  test("every table of the demo, read whole", async () => {
    const { cells } = await wire.ask(sql.tables);
    for (const [, table] of cells) {
      const [one, other] = await ask(sql`select * from ${raw(`"${table}"`)} order by 1 limit 300`);
      expect(one, String(table)).toEqual(other);
    }
  });

  async function ask(statement: Parameters<Source["ask"]>[0]) {
    const answers = await Promise.all([lambda.ask(statement), wire.ask(statement)]);
    return answers.map(({ columns, cells, total, bytes }) => ({ columns, cells, total, bytes, milliseconds: 0 }));
  }
});

test("an answer that does not fit says what is left out", async () => {
  const answer = await wire.ask(sql`select g, repeat('x', 700) as padding from generate_series(1, 60000) as g`);
  expect(answer.total).toBe(60_000);
  expect(answer.cells.length).toBeLessThan(60_000);
  expect(answer.cells.at(-1)![0]).toBe(String(answer.cells.length));
  expect(describeLeftOut(answer)).toMatch(/^Only the first [\d,]+ of 60,000 rows are here/);
});

test("both sides prove that they refuse a write", async () => {
  expect(await lambda.proveReadOnly()).toContain("read-only transaction");
  expect(await wire.proveReadOnly()).toContain("read-only transaction");
});

test("a statement that writes does not reach a connection", async () => {
  for (const source of [lambda, wire])
    await expect(source.ask(sql`with gone as (delete from users returning 1) select * from gone`)).rejects.toThrow(
      /not a read|only reads|SELECT/,
    );
});

test("an error tells names, never a value", async () => {
  for (const source of [lambda, wire]) {
    await expect(source.ask(sql`select nope from users`)).rejects.toThrow(/column nope/);
    const error = (await source
      .ask(sql`select count(email::integer) from users`)
      .catch((error: unknown) => error)) as Error;
    expect(error.message).toContain("invalid text representation");
    for (const canary of canaries) expect(inspect(error)).not.toMatch(canary);
  }
});

test("the way to the Lambda shows no secret of its configuration", async () => {
  const route = await lambda.route();
  expect(Object.fromEntries(route)).toMatchObject({ account: "051826703172", region: "us-east-1", state: "Active" });
  expect(JSON.stringify(route)).not.toMatch(/password|secret/i);
});
