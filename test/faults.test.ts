import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Client } from "pg";
import { QueryError } from "../lib/errors";
import { openSource, type Source, type SourceOptions } from "../lib/source/guarded";
import type { QueryRecord } from "../lib/ledger";
import { makeBudget } from "../lib/source/budget";
import { seal } from "../lib/source/connection";
import { connectPostgres } from "../lib/source/postgres";
import { sql } from "../lib/sql";
import { changed, faultyEndpoint, late } from "./faults/http";
import { openStage, type Stage } from "./faults/stage";
import { lambdaFaults, wireFaults } from "./faults/table";
import { faultyWire } from "./faults/wire";

/** Each fault by itself, on a real endpoint and a real server's wire: a right answer where it passes, one named error where it stays. */
let stage: Stage;
let counted: Promise<number[]>;
const closing: (() => unknown)[] = [];
beforeAll(async () => {
  stage = await openStage();
  counted = countAttempts();
}, 60_000);
afterAll(async () => {
  for (const close of closing) await close();
  await stage?.stop();
});

const columns = { safe: { users: "*" as const, licenses: "*" as const } };

async function overLambda(options: Partial<SourceOptions> = {}) {
  const way = await faultyEndpoint(stage.lambda.endpoint);
  const source = await openSource(
    "production",
    { kind: "lambda", function: stage.account.function },
    {
      columns,
      endpoint: { endpoint: way.endpoint, region: stage.account.region, credentials: stage.account },
      ...options,
    },
  );
  closing.push(
    () => source.close(),
    () => way.stop(),
  );
  return { way, source, calls: () => way.invocations };
}

async function overWire(options: Partial<SourceOptions> = {}) {
  const url = new URL((JSON.parse(stage.demo) as { local: string }).local);
  const way = await faultyWire(Number(url.port));
  const source = await openSource(
    "local",
    { kind: "postgres", url: url.href.replace(url.port, String(way.port)) },
    { columns, ...options },
  );
  closing.push(
    () => source.close(),
    () => way.stop(),
  );
  return { way, source, calls: () => way.statements };
}

const outcome = (source: Source) =>
  source.ask(sql.revisions).then(
    ({ cells }) => cells,
    (error: unknown) => error,
  );

/** Asks once in peace, once where the fault passes, and then where it stays. */
async function suffer<F>(
  { way, source, calls }: { way: { choose: () => F | undefined }; source: Source; calls(): number },
  fault: F,
) {
  const well = await outcome(source);
  let left = 1;
  way.choose = () => (left-- > 0 ? fault : undefined);
  const passed = await outcome(source);
  way.choose = () => fault;
  const before = calls();
  const stayed = await outcome(source);
  return { well, passed, stayed, calls: calls() - before };
}

describe.each([
  ["the Lambda", lambdaFaults, overLambda],
  ["PostgreSQL's wire", wireFaults, overWire],
] as const)("%s", (_, faults, way) => {
  const suffered: Record<string, Awaited<ReturnType<typeof suffer>>> = {};
  beforeAll(async () => {
    await Promise.all(
      Object.entries(faults).map(
        async ([name, [fault]]) => (suffered[name] = await suffer((await way()) as never, fault)),
      ),
    );
  }, 120_000);

  test.each(Object.entries(faults))("%s", (name, [, expected]) => {
    const { well, passed, stayed, calls } = suffered[name];
    expect(well).toHaveLength(1);
    if (expected.passes) expect(passed).toEqual(well);
    else expect(passed).toMatchObject({ fault: expected.fault });
    if (!expected.fault) return expect(stayed).toEqual(well);
    expect(stayed).toBeInstanceOf(QueryError);
    const { fault, message } = stayed as QueryError;
    expect({ fault, message }).toMatchObject({
      fault: expected.fault,
      message: expect.stringMatching(/^(production|local): .*\w/),
    });
    expect(message).not.toMatch(/secret of a row|stackTrace|var\/task|arn:aws:iam/);
    expect(calls).toBeLessThanOrEqual(expected.passes ? 14 : 1);
  });
});

test("what is retried is asked at most eight times, and once a source has stopped answering, at most twice", async () => {
  expect(await counted).toEqual([8, 8, 2]);
});

/** How often a throttled Lambda is called for each of three questions. It waits between them, so it begins before the other tests. */
async function countAttempts(): Promise<number[]> {
  const { way, source } = await overLambda();
  way.choose = () => lambdaFaults["throttled: reserved concurrency"][0];
  const counts: number[] = [];
  for (let question = 0; question < 3; question++) {
    const before = way.invocations;
    await outcome(source);
    counts.push(way.invocations - before);
  }
  return counts;
}

describe("an answer that contradicts itself is one sentence, after few calls", () => {
  type Cells = Record<string, string>;
  /** Changes the one row of each envelope that comes back. */
  const lying = (change: (cells: Cells) => Cells) =>
    changed((body) => {
      const { columns, rows, ...rest } = JSON.parse(body) as { columns: string[]; rows: string[][] };
      const cells = change(Object.fromEntries(columns.map((name, index) => [name, rows[0][index]])));
      return JSON.stringify({ columns, rows: [columns.map((name) => cells[name])], ...rest });
    });
  const typed = (type: string, value: string) => (cells: Cells) => ({
    ...cells,
    types: cells.types.replace(/(name="n" type=")[^"]*"/, `$1${type}"`),
    rows: `(${JSON.stringify(value).replace(/\\"/g, '""')},x)`,
  });
  const cases: Record<string, [(cells: Cells) => Cells, RegExp]> = {
    "rows that end in a bare value": [(cells) => ({ ...cells, rows: "(12" }), /middle of a value/],
    "rows that end in a quoted value": [(cells) => ({ ...cells, rows: '(1,"ab' }), /middle of a value/],
    "rows that end after a backslash": [(cells) => ({ ...cells, rows: '(1,"ab\\' }), /middle of a value/],
    "rows that end after a comma": [(cells) => ({ ...cells, rows: "(1," }), /middle of a value/],
    "rows that begin elsewhere": [(cells) => ({ ...cells, rows: "1,x)" }), /begin where/],
    "something after a row": [(cells) => ({ ...cells, rows: "(1,x) and" }), /end where/],
    "too few fields": [(cells) => ({ ...cells, rows: "(1)" }), /another number of values/],
    "too many fields": [(cells) => ({ ...cells, rows: "(1,x,2)" }), /another number of values/],
    "more rows than it says": [(cells) => ({ ...cells, rows: "(1,x)\n(2,x)" }), /more rows than it says/],
    "no rows, and more to come": [(cells) => ({ ...cells, rows: "" }), /more are to come/],
    "more allowed than there are": [(cells) => ({ ...cells, allowed: "100000" }), /contradict/],
    "many rows that never come": [
      (cells) => ({ ...cells, allowed: "100000", total: "100000", bytes: "600000" }),
      /more are to come/,
    ],
    "a row that never ends": [(cells) => ({ ...cells, rest: "1000000" }), /slices/],
    "counts that are none": [(cells) => ({ ...cells, total: "many" }), /lacks the counts/],
    "a checksum that is none": [(cells) => ({ ...cells, checksum: "x" }), /lacks the counts/],
    "an integer that is JSON": [typed("BIGINT", '1,"x":2'), /none of the type/],
    "an integer that is empty": [typed("INTEGER", ""), /none of the type/],
    "a truth that is neither": [typed("BOOLEAN", "true, 1"), /none of the type/],
    "a date that is none": [typed("DATE", "yesterday"), /none of the type/],
    "a time that is none": [typed("TIMESTAMP_WTZ_6", "12:00"), /none of the type/],
    "a number that is none": [typed("NUMERIC_10_2", "1.2.3"), /none of the type/],
    "JSON that is none": [typed("UDT.credmate.pg_catalog.jsonb", '{"a": 1}, "b": 2'), /none of the type/],
    "a list that is none": [typed("UDT.credmate.pg_catalog._int4", "{1,"), /none of the type/],
  };

  test.each(Object.entries(cases))("%s", { timeout: 20_000 }, async (_, [change, says]) => {
    const { way, source } = await overLambda();
    const question = sql`select 1 as n, 'x' as t`;
    expect((await source.ask(question)).cells).toEqual([["1", "x"]]);
    way.choose = () => lying(change);
    const before = way.invocations;
    const error = await source.ask(question).then(
      () => "answered",
      (problem: unknown) => problem,
    );
    expect(error).toMatchObject({ fault: "answer unreadable", message: expect.stringMatching(says) });
    expect((error as QueryError).message).not.toMatch(/TypeError|undefined|yesterday|1\.2\.3/);
    expect(way.invocations - before).toBeLessThanOrEqual(3);
  });
});

test("no more than four invocations are under way at a time", async () => {
  const { way, source } = await overLambda();
  let running = 0;
  let most = 0;
  way.choose = () => async (response, answered) => {
    most = Math.max(most, ++running);
    await late(30)(response, answered);
    running--;
  };
  await Promise.all(Array.from({ length: 12 }, () => source.ask(sql.revisions)));
  expect(most).toBe(4);
});

test("a run costs no more than it may: invocations and bytes are counted, and what goes beyond is not asked", async () => {
  const asked: QueryRecord[] = [];
  const budget = makeBudget({ invocations: 3, bytes: 1_000_000 }, { invocations: 1, received: 0 });
  const { way, source } = await overLambda({ budget, onQuery: (query) => asked.push(query) });
  await source.ask(sql.revisions);
  await source.ask(sql.tables);
  expect(asked.map(({ invocations }) => invocations)).toEqual([1, 1]);
  expect(budget.spent.received).toBe(asked[0].received! + asked[1].received!);
  expect(budget.spent.inFunction).toBeGreaterThan(0);
  await expect(source.ask(sql.revisions)).rejects.toMatchObject({
    fault: "budget spent",
    message: expect.stringContaining("RUNBOOK_INVOCATIONS"),
  });
  expect(way.invocations).toBe(2);
  const tight = await overLambda({ budget: makeBudget({ invocations: 10, bytes: 100 }) });
  await tight.source.ask(sql.revisions);
  await expect(tight.source.ask(sql.revisions)).rejects.toThrow(/RUNBOOK_BYTES/);
});

test("an endpoint that stands in for AWS without a word is shown as such", async () => {
  const { way, source } = await overLambda();
  expect(Object.fromEntries(await source.route()).endpoint).toBe(way.endpoint);
  const variables = {
    AWS_ENDPOINT_URL: way.endpoint,
    AWS_REGION: stage.account.region,
    AWS_ACCESS_KEY_ID: stage.account.accessKeyId,
    AWS_SECRET_ACCESS_KEY: stage.account.secretAccessKey,
  };
  Object.assign(process.env, variables);
  const redirected = await openSource("production", { kind: "lambda", function: stage.account.function }, { columns });
  const facts = Object.fromEntries(await redirected.route());
  for (const name of Object.keys(variables)) delete process.env[name];
  await redirected.close();
  expect(facts.endpoint).toBe(`${way.endpoint}, as AWS_ENDPOINT_URL or the AWS configuration has it`);
  expect(facts.answers).toBe("rows as lists, as JSON with Python's NaN, numerics as text");
});

describe("an interrupt", () => {
  const long = sql`select count(*) as endless from licenses as a join licenses as b using (is_deleted) join licenses as c using (is_deleted) join licenses as d using (is_deleted) join licenses as e using (is_deleted)`;

  async function running(): Promise<number> {
    const client = new Client({ connectionString: (JSON.parse(stage.demo) as { local: string }).local });
    await client.connect();
    const { rows } = await client.query(
      "select count(*)::integer as busy from pg_stat_activity where state = 'active' and query like '%endless%' and pid <> pg_backend_pid()",
    );
    await client.end();
    return (rows as { busy: number }[])[0].busy;
  }

  test("cancels the query in PostgreSQL within two seconds, and the next question is answered", async () => {
    const { source } = await overWire();
    await source.ask(sql.revisions);
    const asked = source.ask(long).catch((error: unknown) => error);
    while ((await running()) === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    const start = performance.now();
    source.cancel();
    expect(await asked).toMatchObject({ fault: "interrupted" });
    while ((await running()) > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(performance.now() - start).toBeLessThan(2000);
    expect(await outcome(source)).toHaveLength(1);
  });

  test("leaves a Lambda at once; what goes on there is bounded by the statement timeout that was sent along", async () => {
    const { way, source } = await overLambda();
    let timeout = "";
    await source.ask(sql`show statement_timeout`).then(({ cells }) => (timeout = String(cells[0][0])));
    expect(timeout).toBe("30s");
    way.choose = () => late(10_000);
    const asked = source.ask(sql.revisions).catch((error: unknown) => error);
    setTimeout(() => source.cancel(), 100);
    expect(await asked).toMatchObject({ fault: "interrupted" });
    way.choose = () => undefined;
    expect(await outcome(source)).toHaveLength(1);
  });
});

describe("a real server", () => {
  const admin = async <T>(work: (client: Client) => Promise<T>): Promise<T> => {
    const client = new Client({ connectionString: (JSON.parse(stage.demo) as { local: string }).local });
    await client.connect();
    return work(client).finally(() => client.end());
  };
  const others =
    "from pg_stat_activity where application_name = 'runbook' and datname = current_database() and pid <> pg_backend_pid()";
  const slow = sql`select count(*) as lengthy from licenses as a join licenses as b using (is_deleted) join licenses as c using (is_deleted)`;

  test("that ends an idle connection is asked over a new one", async () => {
    const { source } = await overWire();
    await source.ask(sql.revisions);
    await admin((client) => client.query(`select pg_terminate_backend(pid) ${others}`));
    expect(await outcome(source)).toHaveLength(1);
  });

  test("whose administrator ends the connection in mid-query is asked again, and one who cancels the query is heeded", async () => {
    const { source } = await overWire();
    await source.ask(sql.revisions);
    const busy = `${others} and state = 'active' and query like '%lengthy%'`;
    const asked = source.ask(slow);
    await admin(async (client) => {
      while (!(await client.query(`select pg_terminate_backend(pid) ${busy}`)).rowCount);
    });
    expect(await asked).toMatchObject({ total: 1 });
    let ended = false;
    const cancelled = source
      .ask(slow)
      .catch((error: unknown) => error)
      .finally(() => (ended = true));
    // a cancellation that comes between two messages of the protocol is lost, in PostgreSQL as well
    await admin(async (client) => {
      while (!ended) await client.query(`select pg_cancel_backend(pid) ${busy}`);
    });
    expect(await cancelled).toMatchObject({ fault: "cancelled" });
  });

  test("takes one statement at a time: what follows a semicolon does not run", async () => {
    const connection = connectPostgres("local", (JSON.parse(stage.demo) as { local: string }).local, 5);
    await expect(connection.send(seal("select 1; select 2"))).rejects.toMatchObject({ condition: "syntax_error" });
    await connection.close();
  });

  test("on which a table is locked gives up after two seconds, and says so", async () => {
    const { source } = await overWire();
    await source.ask(sql.revisions);
    await admin(async (client) => {
      await client.query("begin; lock table alembic_version in access exclusive mode");
      expect(await outcome(source)).toMatchObject({ fault: "locked" });
      await client.query("rollback");
    });
    expect(await outcome(source)).toHaveLength(1);
  });
});
