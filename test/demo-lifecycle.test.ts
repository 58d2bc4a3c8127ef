import { GetFunctionConfigurationCommand, InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startDemo, type Demo, type DemoAddresses } from "../lib/demo";

let demo: Demo;
beforeAll(async () => {
  demo = await startDemo();
}, 60_000);
afterAll(async () => {
  await demo?.stop();
});

async function production(
  query: string,
  { endpoint, region, function: FunctionName, accessKeyId, secretAccessKey }: DemoAddresses = demo,
) {
  const client = new LambdaClient({ endpoint, region, credentials: { accessKeyId, secretAccessKey }, maxAttempts: 1 });
  const { Payload } = await client.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify({ query }) }));
  return JSON.parse(Buffer.from(Payload ?? []).toString()).rows as unknown[][];
}

async function local(query: string, address = demo.local) {
  const client = new Client({ connectionString: address });
  await client.connect();
  const { rows } = await client.query({ text: query, rowMode: "array" });
  await client.end();
  return rows as unknown[][];
}

/** Where a demo's server keeps its data; that no longer exists when nothing of the demo is left. */
async function folderOf(addresses: DemoAddresses): Promise<string> {
  const [[port]] = await local("select inet_server_port()", addresses.local);
  const line = execFileSync("ps", ["-eo", "args"], { encoding: "utf8" })
    .split("\n")
    .find((args) => !args.startsWith("sh ") && args.includes(` -p ${port} `));
  return join(/ -D (\S+) /.exec(line ?? "")![1], "..");
}

async function gone(addresses: DemoAddresses, folder: string): Promise<void> {
  for (let i = 0; i < 200 && existsSync(folder); i++) await new Promise((resolve) => setTimeout(resolve, 30));
  expect(existsSync(folder)).toBe(false);
  await expect(local("select 1", addresses.local)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  await expect(fetch(addresses.endpoint)).rejects.toThrow();
  expect(execFileSync("ps", ["-eo", "args"], { encoding: "utf8" })).not.toContain(folder);
}

test("the two databases are there, each where its address says, with its side's revision", async () => {
  expect(await production("select current_database(), version_num from alembic_version")).toEqual([
    ["credmate", "20260115_0200"],
  ]);
  expect(await local("select current_database(), version_num from alembic_version")).toEqual([
    ["credmate_local", "7702d353e5b8"],
  ]);
  expect(demo.local).toMatch(/^postgres:\/\/credmate_user:credmate_local_pass@127\.0\.0\.1:\d+\/credmate_local$/);
  expect(demo).toMatchObject({ account: "051826703172", region: "us-east-1", function: "credmate-rds-sql-api" });
});

test("each database belongs to its own user, who is no superuser", async () => {
  const own =
    "select rolsuper, (select pg_get_userbyid(datdba) = current_user from pg_database where datname = current_database()) from pg_roles where rolname = current_user";
  expect(await production(own)).toEqual([[false, true]]);
  expect(await local(own)).toEqual([[false, true]]);
});

test("the function's environment holds its database's password, so that a test can prove that it is never shown", async () => {
  const { endpoint, region, accessKeyId, secretAccessKey } = demo;
  const client = new LambdaClient({ endpoint, region, credentials: { accessKeyId, secretAccessKey } });
  const { Environment } = await client.send(new GetFunctionConfigurationCommand({ FunctionName: demo.function }));
  const { DB_USER, DB_PASSWORD } = Environment!.Variables!;
  expect(
    await local(
      "select current_database()",
      `postgres://${DB_USER}:${DB_PASSWORD}@${new URL(demo.local).host}/credmate`,
    ),
  ).toEqual([["credmate"]]);
});

test("a demo that runs already is handed over, and not stopped", async () => {
  const { stop, ...addresses } = demo;
  const shared = await startDemo(JSON.stringify(addresses));
  expect({ ...shared, stop }).toEqual(demo);
  await shared.stop();
  expect(await production("select 1", shared)).toEqual([[1]]);
});

test("what is not a demo is named by its variable", async () => {
  for (const value of ["{", "7", "{}"])
    await expect(startDemo(value)).rejects.toMatchObject({
      name: "RunbookError",
      message: expect.stringContaining("RUNBOOK_DEMO"),
    });
});

test(
  "a process that does not stop its demo can end, and takes it along; so does one that is killed",
  { timeout: 60_000 },
  async () => {
    const program = (then: string) => `require("./lib/register-typescript");
    require(${JSON.stringify(join(__dirname, "../lib/demo/index.ts"))}).startDemo().then((demo) => { process.stdout.write(JSON.stringify(demo)); ${then} })`;
    // The one waits so long that this test can look at its demo; both start at once.
    const owners = ["setTimeout(() => {}, 1500)", "setInterval(() => {}, 1000)"].map((then) =>
      spawn(process.execPath, ["-e", program(then)], { cwd: join(__dirname, "..") }),
    );
    const demos = await Promise.all(
      owners.map(async (owner) => {
        const [line] = await once(owner.stdout.setEncoding("utf8"), "data");
        const addresses = JSON.parse(line) as DemoAddresses;
        return { addresses, folder: await folderOf(addresses) };
      }),
    );
    if (owners[0].exitCode === null) await once(owners[0], "exit");
    expect(owners[0].exitCode).toBe(0);
    await gone(demos[0].addresses, demos[0].folder);

    expect(await production("select 1", demos[1].addresses)).toEqual([[1]]);
    owners[1].kill("SIGKILL");
    await gone(demos[1].addresses, demos[1].folder);
  },
);

test("a demo that is stopped leaves nothing", async () => {
  const folder = await folderOf(demo);
  await demo.stop();
  await gone(demo, folder);
  await demo.stop();
});
