import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Server, startServer } from "../lib/demo/postgres";
import { plans } from "../lib/notebook/plan";
import { both } from "../lib/notebook/query";
import { revisions } from "../lib/notebook/schema";
import { close, open } from "../lib/notebook/session";
import { sql } from "../lib/sql";
import { newDatabase } from "./databases";

/** `runbook migrations` on two databases that record their revision in a schema of its own, as `env.py` says. */
let server: Server;
let folder: string;

beforeAll(async () => {
  server = await startServer();
  folder = mkdtempSync(join(tmpdir(), "command-"));
  mkdirSync(join(folder, "versions"));
  const env = `from alembic import context\ncontext.configure(version_table_schema="app")\n`;
  const body = `from alembic import op\nimport sqlalchemy as sa\nrevision = "a1"\ndown_revision = None\ndef upgrade():\n    op.create_table("t", sa.Column("id", sa.Integer))\n    op.create_index("ix_t", "t", ["id"])\n`;
  writeFileSync(join(folder, "env.py"), env);
  writeFileSync(join(folder, "versions", "a1.py"), body);
  const recorded = `create schema app; create table app.alembic_version (version_num varchar(32)); insert into app.alembic_version values ('a1'); create table t (id int)`;
  for (const [name, sql] of [
    ["whole", `${recorded}; create index ix_t on t (id)`],
    ["broken", recorded],
    ["unrecorded", "create table t (id int)"],
  ])
    await (await newDatabase(server, name, sql)).end();
});
afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function run(production: string, local: string, ...words: string[]) {
  const sides = ["--production", server.address(production), "--local", server.address(local), "--migrations", folder];
  const cli = join(__dirname, "..", "lib", "cli.js");
  return spawnSync(process.execPath, [cli, "migrations", ...sides, ...words], { encoding: "utf8" });
}

test("the exit status says whether every recorded revision is whole", () => {
  expect(run("whole", "whole")).toMatchObject({ status: 0, stderr: "" });
  const broken = run("broken", "whole", "--json");
  expect(broken.status).toBe(1);
  const [{ sides }] = JSON.parse(broken.stdout).revisions;
  expect(sides.production).toMatchObject({ recorded: true, state: "partial", effects: { there: 1, total: 2 } });
  expect(sides.local).toMatchObject({ recorded: true, state: "whole", effects: { there: 2, total: 2 } });
});

test("a side that records nothing cannot be told, and the rest is", () => {
  const { status, stdout } = run("whole", "unrecorded");
  expect(status).toBe(2);
  expect(stdout).toContain("recorded, 2 of 2");
  expect(stdout).toContain("local has no alembic_version: what is recorded there cannot be told.");
});

test("a cell reads what is recorded where the project's env.py says", async () => {
  const results = mkdtempSync(join(tmpdir(), "recorded-"));
  const settings = {
    RUNBOOK_PRODUCTION: server.address("whole"),
    RUNBOOK_LOCAL: server.address("broken"),
    RUNBOOK_MIGRATIONS: folder,
    RUNBOOK_RESULTS: results,
  };
  const before = Object.keys(settings).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, settings);
  try {
    await open("01-recorded");
    const recorded = await both(sql.revisions);
    expect(recorded.toRecords()).toEqual([
      { source: "production", revision: "a1" },
      { source: "local", revision: "a1" },
    ]);
    const { states } = await plans(await revisions(), recorded);
    expect(states.toRecords()).toMatchObject([{ production: "recorded, 2 of 2", local: "recorded, 1 of 2" }]);
    await close();
  } finally {
    for (const [name, value] of before) value === undefined ? delete process.env[name] : (process.env[name] = value);
    rmSync(results, { recursive: true, force: true });
  }
}, 60_000);
