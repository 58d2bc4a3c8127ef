import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Client } from "pg";
import { startServer } from "../lib/demo/postgres";
import type { QueryRecord } from "../lib/ledger";
import { findQuestions } from "../lib/run/questions";
import type { Source } from "../lib/source/guarded";
import { keepAnswers } from "../lib/source/recording";
import { raw } from "../lib/sql/template";
import { startLambda, type TestLambda } from "./lambda";

/** Several questions of a notebook in one call of the Lambda, against each of them asked alone. */
const folder = mkdtempSync(join(tmpdir(), "runbook-together-"));
let stop: () => Promise<void>;
let lambda: TestLambda;
let sent: string[] = [];
let asked: QueryRecord[] = [];

beforeAll(async () => {
  const server = await startServer();
  const { host, port, user, password } = server;
  const admin = new Client({ host, port, user, password, database: "postgres" });
  await admin.connect();
  await admin.query(`
    create table notes (id integer primary key, body text, amount numeric(12, 2), at timestamptz, email text);
    insert into notes values (1, E'a "quote", a \\\\ and 100 %\\nin two lines', 1.10, '2026-02-02 20:30:00+00', 'a'),
      (2, null, null, null, 'b'), (3, '', 0, 'infinity', 'c'), (4, 'é😀', -1, '2026-01-01', 'd');
    create table broad (id integer primary key, body text);
    insert into broad select g, repeat(md5(g::text), 100000) from generate_series(1, 2) as g;
    analyze`);
  await admin.end();
  lambda = await startLambda({ host, port, user, password, database: "postgres" }, (handler) => async (event) => {
    sent.push(JSON.stringify(event));
    return handler(event);
  });
  stop = async () => {
    await lambda.stop();
    await server.stop();
    rmSync(folder, { recursive: true });
  };
});
afterAll(() => stop());
beforeEach(() => ([sent, asked] = [[], []]));

let runs = 0;
async function openRun(answers = keepAnswers(join(folder, String(++runs)))): Promise<Source> {
  return lambda.open({
    columns: { safe: { notes: ["id", "body", "amount", "at"], broad: "*" } },
    answers,
    onQuery: (query) => asked.push(query),
  });
}

const questions = [
  "select id, body, amount, at from notes order by id",
  "select count(*) as notes from notes",
  "select body from notes where false",
  "select amount, count(*) from notes group by 1 order by 1",
  "values (1, 'a%b'), (2, '%s')",
];

async function askEach(source: Source, texts: string[]) {
  const answers = [];
  for (const text of texts) {
    const { columns, cells, total, bytes, counted } = await source.ask(raw(text));
    answers.push({ columns, cells, total, bytes, counted });
  }
  return answers;
}

/** How many calls carried one of these tables or values: the catalog's question does not count. */
const calls = () => sent.filter((text) => !text.includes("pg_depend")).length;

test("questions that are expected go in one call, and each answer is what it is alone", async () => {
  const alone = await openRun();
  const expected = await askEach(alone, questions);
  expect(calls()).toBe(questions.length);
  await alone.close();
  [sent, asked] = [[], []];

  const source = await openRun();
  source.expect(() => questions.map((text) => raw(text)));
  expect(await askEach(source, questions)).toEqual(expected);
  expect(calls()).toBe(1);
  await source.close();

  const [ahead, own] = [true, false].map((is) =>
    asked.filter(({ ahead = false, sql }) => !/pg_depend/.test(sql) && ahead === is),
  );
  expect(ahead.map(({ sha256, rows, bytes }) => [sha256, rows, bytes])).toEqual(
    own.map(({ sha256, rows, bytes }) => [sha256, rows, bytes]),
  );
  expect(ahead.map(({ invocations }) => invocations)).toEqual([1, 0, 0, 0, 0]);
  expect(new Set(ahead.map(({ requestId }) => requestId)).size).toBe(1);
  expect(own.every(({ cached, invocations }) => cached !== undefined && invocations === undefined)).toBe(true);
});

test("a question that nobody expects goes alone, and so does one whose answer is long", async () => {
  const source = await openRun();
  const long = "select id, body from broad order by id";
  source.expect(() => [long, questions[0], questions[1]].map((text) => raw(text)));
  await source.ask(raw("select 7 as seven"));
  expect(calls()).toBe(1);
  const [{ cells }] = await askEach(source, [long]);
  expect(cells.map(([, body]) => body?.length)).toEqual([3_200_000, 3_200_000]);
  const before = calls();
  await askEach(source, questions.slice(0, 2));
  expect(calls()).toBe(before);
  await source.close();
});

test("what the guard refuses is not sent with the others, and is refused when it is asked", async () => {
  const source = await openRun();
  const refused = ["select email from notes", "select pg_sleep(1)", "delete from notes"];
  source.expect(() => [...questions, ...refused].map((text) => raw(text)));
  await askEach(source, questions);
  expect(calls()).toBe(1);
  expect(sent.join()).not.toMatch(/pg_sleep|delete from|notes\.email|select email/i);
  for (const text of refused) await expect(source.ask(raw(text))).rejects.toThrow();
  expect(calls()).toBe(1);
  await source.close();
});

test("where one of them fails each is asked alone, in this notebook and in those after it", async () => {
  const answers = keepAnswers(join(folder, String(++runs)));
  const source = await openRun(answers);
  const failing = "select 1 / (count(*) - 4) as never from notes";
  source.expect(() => [failing, ...questions].map((text) => raw(text)));
  await expect(source.ask(raw(failing))).rejects.toThrow(/division_by_zero|division by zero/i);
  const alone = await openRun();
  expect(await askEach(source, questions)).toEqual(await askEach(alone, questions));
  expect(asked.filter(({ ahead }) => ahead).map(({ failed }) => failed)).toEqual([expect.stringMatching(/production/)]);
  const next = await openRun(answers);
  next.expect(() => ["select 1 as one", "select 2 as two"].map((text) => raw(text)));
  const before = calls();
  await askEach(next, ["select 1 as one", "select 2 as two"]);
  expect(calls() - before).toBe(2);
  await Promise.all([source, alone, next].map((one) => one.close()));
});

test("what cannot be prepared, and what is asked at once, is answered as ever", async () => {
  const source = await openRun();
  source.expect(() => Promise.reject(new Error("no notebook")));
  expect((await askEach(source, [questions[1]]))[0].cells).toEqual([["4"]]);
  source.expect(() => questions.map((text) => raw(text)));
  const [one, other] = await Promise.all([questions[0], questions[3]].map((text) => source.ask(raw(text))));
  expect([one.total, other.total]).toEqual([4, 4]);
  expect(calls()).toBe(2);
  await source.close();
});

test("an answer that was kept is not asked again, and what does not fit in one call goes in the next", async () => {
  const answers = keepAnswers(join(folder, String(++runs)));
  const many = Array.from({ length: 15 }, (_, index) => `select ${index} as n from notes`);
  const first = await openRun(answers);
  await askEach(first, many.slice(0, 1));
  const next = await openRun(answers);
  next.expect(() => many.map((text) => raw(text)));
  const before = calls();
  await askEach(next, many);
  // fourteen are left: twelve, and two
  expect(calls() - before).toBe(2);
  await Promise.all([first.close(), next.close()]);
});

describe("the questions of a notebook", () => {
  test("are found where a cell asks them whatever the answers before are", () => {
    const cells = [
      "const users = await available(sql`\n  select role from users`);",
      "const a = await both(sql.licenses);\nawait show(a, 'A');\nconst b = await production(sql`select 1 as one`)",
      "await both(sql`select 2 as two`);",
    ];
    expect(findQuestions(cells)).toEqual([
      { verb: "available", text: "\n  select role from users" },
      { verb: "both", name: "licenses" },
      { verb: "production", text: "select 1 as one" },
      { verb: "both", text: "select 2 as two" },
    ]);
  });

  test("are not found in a comment, a block or a loop, with a value or a backslash in them, or where local is asked", () => {
    const cells = [
      "// const a = await both(sql`select 1`);",
      "if (some) {\n  const a = await both(sql`select 1`);\n}",
      "for (const state of states) await both(sql`select 1`);",
      "const a = await both(sql`select ${state}`);",
      "const a = await both(sql`select '\\\\d'`);",
      "const a = await local(sql`select 1`);",
      "const a = compare(await both(sql`select 1`), 'id');",
    ];
    expect(findQuestions(cells)).toEqual([]);
  });

  test("are most of what the notebooks ask", () => {
    const notebooks = join(__dirname, "..", "notebooks");
    const found = readdirSync(notebooks)
      .filter((file) => file.endsWith(".ipynb"))
      .flatMap((file) => {
        const { cells } = JSON.parse(readFileSync(join(notebooks, file), "utf8")) as {
          cells: { source: string | string[] }[];
        };
        return findQuestions(cells.map(({ source }) => [source].flat().join("")));
      });
    expect(found.length).toBeGreaterThan(50);
  });
});
