import { spawn } from "node:child_process";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startServer, type Server } from "../lib/demo/postgres";
import { newDatabase } from "./schema/database";

const cli = join(__dirname, "..", "lib", "cli.js");
// nothing listens there
const nowhere = "postgres://postgres@127.0.0.1:1/x";

/** A verb that fails on one side ends, though the other side is connected and at work. */
describe("every verb ends where one side does not answer", () => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer();
    const client = await newDatabase(server, "there", "create table t (id integer primary key, a text)");
    await client.end();
  });
  afterAll(() => server?.stop());

  const verbs = [
    ["drift"],
    ["rows", "t"],
    ["query", "--on", "both", "select 1 as one"],
    ["migrations", "--migrations", join(__dirname, "..", "lib", "demo", "world", "versions")],
  ];
  test.each(verbs.flatMap((words) => [words.join(" ") + ", local", words.join(" ") + ", production"]))(
    "%s",
    async (name) => {
      const [line, failing] = name.split(", ");
      const words = verbs.find((one) => one.join(" ") === line)!;
      const there = server.address("there");
      const sides = failing === "local" ? [there, nowhere] : [nowhere, there];
      const { status, said } = await runVerb([...words, "--production", sides[0], "--local", sides[1]]);
      expect(said).toContain(`${failing}: nothing answers at 127.0.0.1:1`);
      expect(status).toBe(2);
    },
  );
});

/** Ctrl-C while a server holds a question back: the verb ends with 130, and the server has nothing left to do for it. */
describe("every verb stops", () => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer();
    const client = await newDatabase(server, "held", "create table t (id integer primary key, a text)");
    await client.end();
  });
  afterAll(() => server?.stop());

  const migrations = ["--migrations", join(__dirname, "..", "lib", "demo", "world", "versions")];
  const verbs: [words: string[], stdin?: string][] = [
    [["query", "--on", "both", "select 1 as one"]],
    [["drift", "--prove"]],
    [["plan", "--rehearse", ...migrations]],
    [["migrations", ...migrations]],
    [["check", "--on", "local"], '{"sql": "select 1"}\n'],
  ];
  test.each(verbs)("%j", async (words, stdin = "") => {
    const admin = new Client({ connectionString: server.address("held") });
    await admin.connect();
    // within a transaction, pg_stat_activity stands still
    const watch = new Client({ connectionString: server.address("held") });
    await watch.connect();
    await admin.query("begin; lock table pg_description in access exclusive mode");
    const address = server.address("held");
    const child = spawn(process.execPath, [cli, ...words, "--production", address, "--local", address], {
      stdio: ["pipe", "pipe", "pipe"],
      timeout: 40_000,
    });
    child.stdin.write(stdin);
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (text: Buffer) => (said += text.toString()));
    const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
    const held = async () =>
      (
        await watch.query(
          "select pid from pg_stat_activity where application_name = 'runbook' and wait_event_type = 'Lock'",
        )
      ).rowCount;
    while (child.exitCode === null && (await held()) === 0) await new Promise((resolve) => setTimeout(resolve, 50));
    const begun = performance.now();
    child.kill("SIGINT");
    expect([await ended, said]).toEqual([
      130,
      expect.stringMatching(/runbook: Stopped; nothing more is asked\. .*its query is being cancelled on the server/),
    ]);
    expect(performance.now() - begun).toBeLessThan(8_000);
    expect(await held()).toBe(0);
    await admin.end();
    await watch.end();
  });
});

/** Runs a verb to its end; one that has not ended after 40 s is killed, and has no status. */
async function runVerb(words: string[]): Promise<{ status: number | null; said: string }> {
  const child = spawn(process.execPath, [cli, ...words], { stdio: ["ignore", "pipe", "pipe"], timeout: 40_000 });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text: Buffer) => (said += text.toString()));
  const status = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { status, said };
}
