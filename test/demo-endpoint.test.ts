import {
  GetFunctionConfigurationCommand,
  InvokeCommand,
  LambdaClient,
  type InvokeCommandInput,
} from "@aws-sdk/client-lambda";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serveAccount } from "../lib/demo/endpoint";
import { sqlFunction } from "../lib/demo/function";
import { startServer, type Server } from "../lib/demo/postgres";

const keys = { accessKeyId: "DEMOKEY", secretAccessKey: "a secret" };
const account = {
  region: "us-east-1",
  account: "051826703172",
  function: "credmate-rds-sql-api",
  variables: { DB_PASSWORD: "never to be shown" },
  ...keys,
};
const arn = "arn:aws:lambda:us-east-1:051826703172:function:credmate-rds-sql-api";

let server: Server;
let lambda: ReturnType<typeof sqlFunction>;
let aws: Awaited<ReturnType<typeof serveAccount>>;
let slow: typeof aws;

beforeAll(async () => {
  server = await startServer();
  lambda = sqlFunction({ ...server, database: "postgres" });
  aws = await serveAccount({ ...account, handler: lambda.handler });
  slow = await serveAccount({ ...account, handler: lambda.handler, latency: 100 });
}, 30_000);

afterAll(async () => {
  await aws?.stop();
  await slow?.stop();
  await lambda?.stop();
  await server?.stop();
});

function client(credentials = keys, region = "us-east-1", endpoint = aws.endpoint): LambdaClient {
  return new LambdaClient({ endpoint, region, credentials, maxAttempts: 1 });
}

async function invoke(event: unknown, input: Partial<InvokeCommandInput> = {}) {
  const { Payload, LogResult, ...rest } = await client().send(
    new InvokeCommand({ FunctionName: account.function, Payload: JSON.stringify(event), ...input }),
  );
  return {
    ...rest,
    payload: Buffer.from(Payload ?? []).toString(),
    log: Buffer.from(LogResult ?? "", "base64").toString(),
  };
}

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(String, ({ name, message, $metadata }) => ({ name, message, status: $metadata.httpStatusCode }));
}

describe("an invocation", () => {
  test("answers a query, by name, by full name and by a qualified name", async () => {
    for (const FunctionName of [account.function, arn, `${arn}:$LATEST`, `051826703172:function:${account.function}`]) {
      const answer = await invoke({ query: "select 1 as one" }, { FunctionName });
      expect(answer).toMatchObject({
        StatusCode: 200,
        ExecutedVersion: "$LATEST",
        payload: '{"columns": ["one"], "rows": [[1]], "row_count": 1}',
      });
      expect(answer.FunctionError).toBeUndefined();
    }
  });

  test("has a request id, and where it is asked for a log that ends with what it cost", async () => {
    const answer = await invoke({ query: "select pg_sleep(0.05)" }, { LogType: "Tail" });
    const id = answer.$metadata.requestId;
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    const report = new RegExp(
      `REPORT RequestId: ${id}\tDuration: ([\\d.]+) ms\tBilled Duration: (\\d+) ms\tMemory Size: 512 MB\tMax Memory Used: \\d+ MB\t\n$`,
    ).exec(answer.log);
    expect(Number(report![1])).toBeGreaterThan(50);
    expect(Number(report![2])).toBe(Math.ceil(Number(report![1])));
    expect((await invoke({ query: "select 1" })).log).toBe("");
  });

  test("reports a refused statement as a function's error, with Python's stack", async () => {
    const answer = await invoke({ query: "select * from x" }, { LogType: "Tail" });
    expect(answer).toMatchObject({ StatusCode: 200, FunctionError: "Unhandled" });
    expect(JSON.parse(answer.payload)).toEqual({
      errorMessage: 'relation "x" does not exist\nLINE 1: select * from x\n                      ^\n',
      errorType: "UndefinedTable",
      requestId: answer.$metadata.requestId,
      stackTrace: expect.arrayContaining([expect.stringContaining("lambda_function.py")]),
    });
    expect(answer.log).toContain("[ERROR] UndefinedTable: ");
  });

  test("with the key sql writes", async () => {
    expect((await invoke({ sql: "create table written (a int)" })).payload).toBe('{"affected_rows": -1}');
    expect((await invoke({ sql: "insert into written values (1), (2)" })).payload).toBe('{"affected_rows": 2}');
    const direct = new Client({ connectionString: server.address("postgres") });
    await direct.connect();
    expect((await direct.query("select count(*)::int as rows from written")).rows).toEqual([{ rows: 2 }]);
    await direct.end();
  });

  test("knows the four actions", async () => {
    await invoke({
      sql: "drop table if exists written; create table known (id int primary key, \"of\" text default 'x')",
    });
    expect(JSON.parse((await invoke({ action: "tables" })).payload)).toEqual({ tables: ["known"] });
    expect(JSON.parse((await invoke({ action: "count", table: "known" })).payload)).toEqual({
      table: "known",
      count: 0,
    });
    expect(JSON.parse((await invoke({ action: "version" })).payload)).toEqual({
      version: expect.stringMatching(/^PostgreSQL 15\./),
    });
    expect(JSON.parse((await invoke({ action: "schema", table: "known" })).payload)).toEqual({
      table: "known",
      columns: [
        { column_name: "id", data_type: "integer", is_nullable: "NO", column_default: null },
        { column_name: "of", data_type: "text", is_nullable: "YES", column_default: "'x'::text" },
      ],
    });
    expect(JSON.parse((await invoke({ action: "count", table: "nope" })).payload)).toMatchObject({
      errorType: "UndefinedTable",
    });
    expect(JSON.parse((await invoke({ action: "drop", table: "known" })).payload)).toMatchObject({
      errorType: "ValueError",
    });
    expect(JSON.parse((await invoke({})).payload)).toMatchObject({ errorType: "ValueError" });
  });

  test("may answer 6,291,556 bytes and not one more", async () => {
    const around = '{"columns": ["x"], "rows": [[""]], "row_count": 1}'.length;
    expect((await invoke({ query: `select repeat('x', ${6_291_556 - around}) as x` })).payload.length).toBe(6_291_556);
    const answer = await invoke({ query: `select repeat('x', ${6_291_557 - around}) as x` });
    expect(answer.FunctionError).toBe("Unhandled");
    expect(JSON.parse(answer.payload)).toEqual({
      errorType: "Function.ResponseSizeTooLarge",
      errorMessage: "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
    });
  });

  test("takes no request over 6 MB and none that is not JSON", async () => {
    expect(await failure(invoke({ query: `select '${"x".repeat(6_291_456)}'` }))).toMatchObject({
      name: "RequestEntityTooLargeException",
      status: 413,
    });
    expect(await failure(invoke({}, { Payload: "{query:" }))).toMatchObject({
      name: "InvalidRequestContentException",
      status: 400,
    });
  });

  test("can be a dry run, which runs nothing, or an event, which nobody waits for", async () => {
    expect(await invoke({ sql: "create table dry (a int)" }, { InvocationType: "DryRun" })).toMatchObject({
      StatusCode: 204,
      payload: "",
    });
    expect(await invoke({ query: "select pg_sleep(0.2)" }, { InvocationType: "Event" })).toMatchObject({
      StatusCode: 202,
      payload: "",
    });
    expect((await invoke({ query: "select to_regclass('dry')" })).payload).toContain("[[null]]");
  });

  test("is as far away as it is told to be", async () => {
    const begun = performance.now();
    await client(keys, "us-east-1", slow.endpoint).send(
      new InvokeCommand({ FunctionName: arn, Payload: '{"query": "select 1"}' }),
    );
    expect(performance.now() - begun).toBeGreaterThan(99);
  });
});

describe("the account", () => {
  test("says whose it is", async () => {
    const sts = new STSClient({ endpoint: aws.endpoint, region: "us-east-1", credentials: keys });
    expect(await sts.send(new GetCallerIdentityCommand({}))).toMatchObject({
      Account: "051826703172",
      Arn: "arn:aws:iam::051826703172:user/runbook-demo",
    });
    const stranger = new STSClient({
      endpoint: aws.endpoint,
      region: "us-east-1",
      credentials: { ...keys, accessKeyId: "OTHER" },
      maxAttempts: 1,
    });
    expect(await failure(stranger.send(new GetCallerIdentityCommand({})))).toMatchObject({
      name: "InvalidClientTokenId",
      status: 403,
    });
  });

  test("says how the function is set up, its environment with the password too", async () => {
    expect(await client().send(new GetFunctionConfigurationCommand({ FunctionName: arn }))).toMatchObject({
      FunctionName: "credmate-rds-sql-api",
      FunctionArn: arn,
      Runtime: "python3.11",
      Timeout: 300,
      MemorySize: 512,
      State: "Active",
      LastUpdateStatus: "Successful",
      VpcConfig: {
        VpcId: expect.stringMatching(/^vpc-/),
        SubnetIds: [expect.any(String), expect.any(String)],
        SecurityGroupIds: [expect.any(String)],
      },
      Environment: { Variables: { DB_PASSWORD: "never to be shown" } },
    });
  });

  test("knows no other function, region or account", async () => {
    const other = (FunctionName: string) => failure(invoke({ query: "select 1" }, { FunctionName }));
    expect(await other("nope")).toEqual({
      name: "ResourceNotFoundException",
      message: "Function not found: arn:aws:lambda:us-east-1:051826703172:function:nope",
      status: 404,
    });
    expect(await other(arn.replace("us-east-1", "eu-west-1"))).toMatchObject({ name: "ResourceNotFoundException" });
    expect(await other(arn.replace("051826703172", "111122223333"))).toMatchObject({
      name: "AccessDeniedException",
      status: 403,
    });
    expect(await failure(client().send(new GetFunctionConfigurationCommand({ FunctionName: "nope" })))).toMatchObject({
      name: "ResourceNotFoundException",
    });
  });

  test("turns away what is not signed, or not with its keys", async () => {
    const version = (connection: LambdaClient) =>
      failure(connection.send(new GetFunctionConfigurationCommand({ FunctionName: arn })));
    expect(await version(client({ ...keys, accessKeyId: "OTHER" }))).toMatchObject({
      name: "UnrecognizedClientException",
      status: 403,
    });
    expect(await version(client({ ...keys, secretAccessKey: "another secret" }))).toMatchObject({
      name: "InvalidSignatureException",
      status: 403,
    });
    expect(await version(client(keys, "eu-west-1"))).toMatchObject({ name: "InvalidSignatureException", status: 403 });
    const bare = await fetch(`${aws.endpoint}/2015-03-31/functions/${account.function}/invocations`, {
      method: "POST",
      body: '{"query": "select 1"}',
    });
    expect([bare.status, bare.headers.get("x-amzn-errortype"), await bare.json()]).toEqual([
      403,
      "MissingAuthenticationTokenException",
      { message: "Missing Authentication Token" },
    ]);
  });
});
