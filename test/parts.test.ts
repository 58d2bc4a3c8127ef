import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Client } from "pg";
import { limits } from "../lib/demo/account";
import { startServer } from "../lib/demo/postgres";
import { describeLeftOut, openSource, type Source } from "../lib/source/guarded";
import type { QueryRecord } from "../lib/ledger";
import { sql } from "../lib/sql";
import { startLambda } from "./lambda";

/** Results of any size, through a Lambda that may answer with 5 MB and over the wire. */
const limit = limits.response;
let stop: () => Promise<void>;
let admin: Client;
let lambda: Source;
let wire: Source;
let asked: QueryRecord[] = [];
/** Called before each invocation. */
let before: (count: number) => Promise<unknown> | undefined = () => undefined;

beforeAll(async () => {
  limits.response = 5_000_000;
  const server = await startServer();
  const { host, port, user, password } = server;
  admin = new Client({ host, port, user, password, database: "postgres" });
  await admin.connect();
  await admin.query(`
    create table numbers (id integer primary key, label text not null, amount numeric(12, 2));
    insert into numbers select g, 'row ' || g || case when g % 1000 = 0 then ' é "quoted" 😀' else '' end, g / 7.0 from generate_series(1, 1000000) as g;
    create table broad (id integer primary key, body text);
    insert into broad select g, repeat(md5(g::text), 125000) from generate_series(1, 3) as g;
    create table odd (id integer primary key, body text);
    insert into odd select g, repeat('é"😀', 400000) from generate_series(1, 2) as g;
    create table repeated (name text);
    insert into repeated select 'the same row, many times over: ' || repeat('x', 60) from generate_series(1, 90000);
    analyze`);
  let count = 0;
  const served = await startLambda({ host, port, user, password, database: "postgres" }, (handler) => async (event) => {
    await before(++count);
    return handler(event);
  });
  const columns = { safe: { numbers: "*" as const, broad: "*" as const, odd: "*" as const, repeated: "*" as const } };
  lambda = await served.open({ columns, onQuery: (query) => asked.push(query) });
  wire = await openSource("local", { kind: "postgres", url: server.address("postgres") }, { columns });
  stop = async () => {
    await Promise.all([lambda.close(), wire.close(), served.stop(), admin.end()]);
    await server.stop();
  };
}, 60_000);
afterAll(async () => {
  limits.response = limit;
  await stop();
});

const md5 = (cells: (string | null)[][]) => {
  const hash = createHash("md5");
  cells.forEach((row, index) => hash.update(`${index ? "\n" : ""}${row.join("|")}`));
  return hash.digest("hex");
};

async function one<T>(statement: string): Promise<T> {
  return Object.values((await admin.query(statement)).rows[0] as object)[0] as T;
}

test("a million rows through a 5 MB limit, the same on both ends", { timeout: 120_000 }, async () => {
  asked = [];
  const statement = sql`select id, label, amount from numbers`;
  const answer = await lambda.ask(statement, { key: ["id"] });
  expect(answer.cells).toHaveLength(1_000_000);
  expect(describeLeftOut(answer)).toBe("");
  expect(md5(answer.cells)).toBe(
    await one("select md5(string_agg(id || '|' || label || '|' || amount, E'\n' order by id)) from numbers"),
  );
  const { invocations, received } = asked.at(-1)!;
  expect(received! / invocations!).toBeGreaterThan(3_000_000);
  expect(invocations).toBeLessThan(20);
});

describe("an answer in parts is whole and in order, and the same on both ways", () => {
  const statements = {
    "ordered by a key": [
      sql`select id, label, label as again, amount, label as once_more from numbers where id <= 90000 order by id desc`,
      "select md5(string_agg(concat_ws('|', id, label, label, amount, label), E'\n' order by id desc)) from numbers where id <= 90000",
    ],
    "rows that are alike": [sql`select name from repeated`, "select md5(string_agg(name, E'\n')) from repeated"],
    "rows of 4 MB each": [
      sql`select id, body from broad order by id`,
      "select md5(string_agg(id || '|' || body, E'\n' order by id)) from broad",
    ],
    "rows that are heavier than an invocation can carry": [
      sql`select id, body from odd order by id`,
      "select md5(string_agg(id || '|' || body, E'\n' order by id)) from odd",
    ],
  } as const;
  test.each(Object.entries(statements))("%s", async (_, [statement, expected]) => {
    asked = [];
    const [production, local] = await Promise.all([lambda.ask(statement), wire.ask(statement)]);
    expect(describeLeftOut(production)).toBe("");
    expect(md5(production.cells)).toBe(await one(expected));
    expect(md5(local.cells)).toBe(md5(production.cells));
    expect(asked.at(-1)!.invocations).toBeGreaterThan(1);
  });
});

test("what an answer may not hold is left out alike on both ways, and said", async () => {
  for (const [statement, says] of [
    [sql`select id from numbers order by id`, /^Only the first 100,000 rows are here: the query has more\./],
    [
      sql`select id, repeat('x', 800) as body from numbers where id <= 50000 order by id`,
      /^Only the first 39,[\d,]+ of 50,000 rows are here: they are 40,[\d,]+ bytes, and 32,000,000 are as many/,
    ],
  ] as const) {
    const [production, local] = await Promise.all([lambda.ask(statement), wire.ask(statement)]);
    expect(production.cells.length).toBe(local.cells.length);
    expect(md5(production.cells)).toBe(md5(local.cells));
    for (const answer of [production, local]) expect(describeLeftOut(answer)).toMatch(says);
  }
});

describe("rows that change between two parts", () => {
  const once = (statement: string, at = 2) => {
    let count = 0;
    before = () => (++count === at ? admin.query(statement) : undefined);
  };

  test("once: it is begun anew, and the answer is of one moment", async () => {
    const statement = sql`select id, label, label as again, amount, label as once_more from numbers where id <= 90000 order by id`;
    once("update numbers set label = 'changed' where id = 1");
    const { cells } = await lambda.ask(statement);
    expect(cells).toHaveLength(90_000);
    expect(cells[0].slice(0, 2)).toEqual(["1", "changed"]);
  });

  test("all the time: a named error, and no frame", async () => {
    let tick = 0;
    before = () => admin.query(`update numbers set label = 'tick ${tick++}' where id = 2`);
    await expect(
      lambda.ask(
        sql`select id, label, label as again, amount, label as once_more from numbers where id <= 90000 order by id`,
      ),
    ).rejects.toMatchObject({ fault: "rows changed", message: expect.stringContaining("order by") });
  });

  test("by pages: each row once, and the answer says that rows changed", async () => {
    once("delete from numbers where id = 3", 4);
    const answer = await lambda.ask(
      sql`select id, label, label as again, amount, label as once_more from numbers where id <= 90000`,
      { key: ["id"] },
    );
    expect(answer.cells).toHaveLength(90_000);
    expect(describeLeftOut(answer)).toBe(
      "Rows changed while they were fetched, or id is no key: these are 90,000, each as it was when its page was read, and at the end there were 89,999.",
    );
  });

  test("what is no key is found out", async () => {
    before = () => undefined;
    const doubtful = await lambda.ask(sql`select id / 150 as id from numbers where id <= 200`, { key: ["id"] });
    expect(describeLeftOut(doubtful)).toContain("or id is no key");
    await expect(
      lambda.ask(sql`select nullif(id, id) as id from numbers where id <= 200`, { key: ["id"] }),
    ).rejects.toThrow(/id is not a key/);
    await expect(lambda.ask(sql`select id from numbers where id <= 200`, { key: ["nope"] })).rejects.toThrow(/nope/);
  });
});
