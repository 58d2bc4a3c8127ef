import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startServer, type Server } from "../lib/demo/postgres";
import { openRevisions } from "../lib/open";
import { readSettings } from "../lib/settings";
import { newDatabase } from "./databases";

const cli = join(__dirname, "..", "lib", "cli.js");

describe("the demo's migrations explain the demo alone", () => {
  test("both sides are the demo: its own folder", async () =>
    expect((await openRevisions(readSettings({}, {}))).heads).toEqual(["20260131_0000"]));
  test("a real database on either side: nothing is known", async () => {
    const real = "postgres://postgres@localhost/x";
    for (const [production, local] of [
      [real, real],
      ["demo:production", real],
      [real, "demo:local"],
    ]) {
      const revisions = await openRevisions(readSettings({ production, local }, {}));
      expect(revisions.unknown).toMatch(/set RUNBOOK_MIGRATIONS/);
      expect(revisions.order).toEqual([]);
    }
  });
});

describe("two equal databases, and no folder of migrations", () => {
  let server: Server;
  let out: string;
  beforeAll(async () => {
    out = mkdtempSync(join(tmpdir(), "runbook-unknown-"));
    server = await startServer();
    const sql = `create table alembic_version (version_num varchar(32) primary key); insert into alembic_version values ('deadbeef');
      create table t (id integer primary key)`;
    for (const name of ["one", "other"]) await (await newDatabase(server, name, sql)).end();
    await (await newDatabase(server, "third", `${sql}; create table made_here (id integer)`)).end();
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(out, { recursive: true, force: true });
  });

  const between = (one: string, other: string) => [
    "--production",
    server.address(one),
    "--local",
    server.address(other),
  ];

  test("a run finds nothing, and says of the checks that need migrations that they could not be made", async () => {
    const { status } = await runVerb(["run", "1", "--fail-on", "medium", "--out", out, ...between("one", "other")]);
    const { checks, findings } = JSON.parse(readFileSync(join(out, "results.json"), "utf8")) as {
      checks: { id: string; status: string; why: string }[];
      findings: { id: string; severity: string }[];
    };
    expect(findings.filter(({ severity }) => severity !== "info")).toEqual([]);
    expect(checks.filter((check) => check.status === "incomplete").map(({ id }) => id)).toEqual([
      "migrations",
      "revisions",
    ]);
    expect(checks.find(({ id }) => id === "migrations")?.why).toMatch(/The migrations are not known/);
    expect(status).toBe(2);
  }, 120_000);

  test("a difference is open, never somebody's doing by hand", async () => {
    const { stdout } = await runVerb(["drift", "--json", ...between("one", "third")]);
    const { drift } = JSON.parse(stdout) as { drift: { name: string; explanation: { state: string; text: string } }[] };
    expect(drift.map(({ name, explanation }) => [name, explanation.state])).toEqual([["made_here", "open"]]);
    expect(drift[0].explanation.text).toMatch(/set RUNBOOK_MIGRATIONS/);
  });

  test("literals that may be somebody's are hidden in all that drift prints, and counted", async () => {
    const made = (who: string) => `create table t (id integer primary key, contact text default '${who} Canary');
      comment on table t is 'as ${who} Canary wants it'; create view v as select id from t where contact <> '${who}.canary'`;
    for (const name of ["jane", "john"]) await (await newDatabase(server, name, made(name))).end();
    for (const more of [[], ["--json"], ["--prove"], ["--json", "--prove"]]) {
      const { stdout } = await runVerb(["drift", ...more, ...between("jane", "john")]);
      expect(/.{0,80}canary/i.exec(stdout)?.[0]).toBeUndefined();
      expect(stdout).toContain("6 literals that may be somebody's data are shown as •••1 and the like");
      if (more.includes("--json")) expect(JSON.parse(stdout)["hidden literals"].count).toBe(6);
    }
  }, 60_000);

  test("runbook migrations says what to set", async () => {
    const { status, stderr } = await runVerb(["migrations", ...between("one", "other")]);
    expect([status, stderr]).toEqual([
      2,
      expect.stringMatching(/^runbook: The migrations are not known: set RUNBOOK_MIGRATIONS/),
    ]);
  });
});

async function runVerb(words: string[]): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const { RUNBOOK_MIGRATIONS: _, ...env } = process.env;
  const child = spawn(process.execPath, [cli, ...words], { stdio: ["ignore", "pipe", "pipe"], env });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (text: Buffer) => (stdout += text.toString()));
  child.stderr.on("data", (text: Buffer) => (stderr += text.toString()));
  const status = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { status, stdout, stderr };
}
