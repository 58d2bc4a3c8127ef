import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startServer, type Server } from "../lib/demo/postgres";
import { newDatabase } from "./databases";

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
  // each with a table that its questions have to read
  const verbs: [words: string[], locked: string, stdin?: string][] = [
    [["query", "--on", "both", "select 1 as one"], "pg_description"],
    [["drift", "--prove"], "pg_description"],
    [["plan", "--rehearse", ...migrations], "pg_description"],
    [["migrations", ...migrations], "pg_description"],
    [["check", "--on", "local"], "pg_description", '{"sql": "select 1"}\n'],
    [["rows", "t"], "t"],
    [["doctor"], "pg_cast"],
  ];
  test.each(verbs)("%j", async (words, locked, stdin = "") => {
    const admin = new Client({ connectionString: server.address("held") });
    await admin.connect();
    // within a transaction, pg_stat_activity stands still
    const watch = new Client({ connectionString: server.address("held") });
    await watch.connect();
    const held = async () =>
      (
        await watch.query(
          "select pid from pg_stat_activity where application_name = 'runbook' and wait_event_type = 'Lock'",
        )
      ).rowCount;
    await held(); // what this connection has looked up needs no lock any more
    await admin.query(`begin; lock table ${locked} in access exclusive mode`);
    const address = server.address("held");
    const child = spawn(process.execPath, [cli, ...words, "--production", address, "--local", address], {
      stdio: ["pipe", "pipe", "pipe"],
      timeout: 40_000,
    });
    child.stdin.write(stdin);
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (text: Buffer) => (said += text.toString()));
    const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
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

test("diff, which asks no server, ends with 130 too, and leaves nothing running", async () => {
  const folder = mkdtempSync(join(tmpdir(), "runbook-diff-"));
  const findings = Array.from({ length: 30_000 }, (_, at) => ({
    ...{ id: `column/t.c${at}`, severity: "high", phase: 1, title: `t lacks c${at}` },
    evidence: { notebook: "01-metadata", cell: "columns" },
  }));
  const sides = { production: { address: "p" }, local: { address: "l" } };
  const results = { format: 1, started: "2026-02-02T20:30:00Z", ...sides, checks: [], findings };
  for (const [name, found] of [
    ["a", []],
    ["b", findings],
  ] as const) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, "results.json"), JSON.stringify({ ...results, findings: found }));
  }
  // says when the verb is at its work, which it does in one go
  const preload = join(folder, "preload.js");
  writeFileSync(
    preload,
    `const { readFileSync } = require("fs");
    require("fs").readFileSync = (file, ...rest) => {
      if (String(file).endsWith("results.json")) process.stderr.write("reading\\n");
      return readFileSync(file, ...rest);
    };`,
  );
  const child = spawn(process.execPath, ["--require", preload, cli, "diff", join(folder, "a"), join(folder, "b")], {
    stdio: ["ignore", "ignore", "pipe"],
    timeout: 40_000,
  });
  child.stderr.once("data", () => child.kill("SIGINT"));
  const ended = await new Promise((resolve) => child.on("close", (...words) => resolve(words)));
  expect(ended).toEqual([130, null]);
  rmSync(folder, { recursive: true });
});

/** Runs a verb to its end; one that has not ended after 40 s is killed, and has no status. */
async function runVerb(words: string[]): Promise<{ status: number | null; said: string }> {
  const child = spawn(process.execPath, [cli, ...words], { stdio: ["ignore", "pipe", "pipe"], timeout: 40_000 });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text: Buffer) => (said += text.toString()));
  const status = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { status, said };
}
