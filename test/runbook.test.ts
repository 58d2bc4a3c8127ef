import { execFile, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startServer, type Server } from "../lib/demo/postgres";
import { canaries, fill, planted, rowCounts } from "../lib/demo/world";
import { isShared } from "../lib/ledger";
import type { Results } from "../lib/run";
import { connect, newDatabase } from "./databases";
import { readWholeRun, type WholeRun, wholeRunTimeout } from "./whole-run";

/** The whole runbook as the command line runs it: real kernel, real servers. */
const cli = join(__dirname, "..", "lib", "cli.js");
const migrations = join(__dirname, "..", "lib", "demo", "world", "versions");
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "runbook-test-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function runbook(out: string, words: string[], settings: Record<string, string> = {}) {
  const environment = { PATH: process.env.PATH, HOME: folder, ...settings };
  const { code = 0 } = (await promisify(execFile)(
    process.execPath,
    [cli, "run", "--out", join(folder, out), ...words],
    { env: environment },
  ).catch((error: { code: number }) => error)) as { code?: number };
  return { status: code, results: JSON.parse(readFileSync(join(folder, out, "results.json"), "utf8")) as Results };
}

/** A file's text; nothing where it is another user's, or gone. */
function readIfAllowed(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function readFrame(out: string, file: string): Record<string, unknown>[] {
  const { columns, rows } = JSON.parse(readFileSync(join(out, "data", file), "utf8")) as {
    columns: { name: string }[];
    rows: unknown[][];
  };
  return rows.map((row) => Object.fromEntries(columns.map(({ name }, index) => [name, row[index]])));
}

describe("the demo", { timeout: 300_000 }, () => {
  let { out, home, status, results } = {} as WholeRun;
  beforeAll(async () => {
    ({ out, home, status, results } = await readWholeRun());
  }, wholeRunTimeout);

  test("has critical drift, so --fail-on critical ends with 1, and every check could tell", () => {
    expect(results.checks.filter(({ status }) => status === "incomplete")).toEqual([]);
    expect(status).toBe(1);
  });

  test("its findings come from 15 causes, and each belongs to one", () => {
    const causes = results.causes ?? [];
    expect(causes.map(({ id }) => id).filter((id) => !id.startsWith("phantom revision/"))).toEqual([
      "pipeline that never ran/production",
      "change by hand/production",
      "data that broke a rule/both",
      "unrecorded revision/local/20260131_0000",
      "pending revision/production",
      "change by hand/production/licenses",
      "change by hand/local",
      "seed that was never loaded/local",
      "local data/local",
      "upkeep/both",
    ]);
    expect(causes.length).toBe(15);
    expect(causes.flatMap(({ findings }) => findings).sort()).toEqual(results.findings.map(({ id }) => id).sort());
    expect(readFileSync(join(out, "results.html"), "utf8")).toContain('href="plan/README.md"');
    const [production, local] = readFileSync(join(out, "plan", "README.md"), "utf8").split("## Local");
    expect(production).toMatch(/\*\*Decide: providers\.npi is null: \d+ rows in production\*\*/);
    expect(local).not.toMatch(/\*\*Decide: .* in production\*\*/);
  });

  test("lists 12 tables only in local, 2 only in production, 25 columns and the enum value's type, and no other of these", () => {
    const ids = (kind: string, status: string) =>
      results.findings
        .filter(({ object }) => object?.kind === kind && object.status === status)
        .map(({ id }) => id)
        .sort();
    const of = (kind: string) =>
      planted
        .filter(({ id, foundBy }) => id.startsWith(`${kind}/`) && foundBy === 1)
        .map(({ id }) => id)
        .sort();
    expect(ids("table", "only in local")).toHaveLength(12);
    expect(ids("table", "only in production")).toEqual(["table/session", "table/team_channels"]);
    expect([...ids("table", "only in local"), ...ids("table", "only in production")].sort()).toEqual(of("table"));
    expect(ids("column", "only in local")).toEqual(of("column"));
    expect(of("column").filter((id) => id.startsWith("column/providers."))).toHaveLength(20);
    expect(of("column").filter((id) => id.startsWith("column/licenses."))).toHaveLength(5);
    expect(results.findings.filter(({ object }) => object?.kind === "column").length).toBe(25);
    expect(ids("enum", "changed")).toEqual(["enum/coordinator_action_type"]);
  });

  test("names the nine tables that no upgrade will create and the three columns dropped by hand", () => {
    const phantom = results.findings.filter(({ explanation }) => explanation?.state === "phantom");
    expect(phantom.filter(({ id }) => id.startsWith("table/"))).toHaveLength(9);
    expect(phantom.filter(({ id }) => id.startsWith("column/")).map(({ id }) => id)).toEqual(
      ["access_notes", "password", "username"].map((name) => `column/licenses.portal_${name}`),
    );
    for (const { id, severity } of phantom.filter(({ id }) => /^(table|column)\//.test(id)))
      expect(severity, id).toBe("critical");
  });

  test("counts the rows that the demo's world gives, and their totals follow", () => {
    const counts = readFrame(out, "02-volume-rows-of-every-table.json");
    for (const { table, production, local } of counts)
      expect({ production, local }, String(table)).toEqual(rowCounts[table as string]);
    expect(counts).toHaveLength(67);
  });

  test("finds each planted fault, and invents none", () => {
    const found = new Set(results.findings.map(({ id }) => id));
    expect(planted.map(({ id }) => id).filter((id) => !found.has(id))).toEqual([]);
    const known = new Set(planted.map(({ id }) => id));
    // what follows from a planted fault, told by another question
    const follows = ["rows/document_classifications", "rows/extraction_results", "content/cme_requirements"];
    expect(
      results.findings
        .filter(({ id, severity }) => severity !== "info" && !known.has(id) && !follows.includes(id))
        .map(({ id }) => id),
    ).toEqual([]);
  });

  test("names the 180 documents that were never processed", () =>
    expect(results.findings.find(({ id }) => id === "pipeline/documents.processing_status")).toMatchObject({
      severity: "critical",
      title: expect.stringContaining("180 documents of production"),
    }));

  test("names both sides, their versions and revisions", () => {
    expect(results.production).toMatchObject({
      address: "demo:production",
      database: "credmate",
      revision: ["20260115_0200"],
    });
    expect(results.local).toMatchObject({
      address: "demo:local",
      database: "credmate_local",
      revision: ["7702d353e5b8"],
    });
    expect(results.production.version).toMatch(/^PostgreSQL 15/);
  });

  test("writes the results folder of the contract", () => {
    const written = readdirSync(out);
    for (const file of [
      "results.md",
      "results.html",
      "results.json",
      "queries.jsonl",
      "00-setup.ipynb",
      "01-metadata.ipynb",
      "02-volume.ipynb",
    ])
      expect(written).toContain(file);
    const html = readFileSync(join(out, "results.html"), "utf8");
    expect(html).not.toMatch(/(src|href)="https?:/);
    expect(html).toContain("data:image/");
    expect(readFileSync(join(out, "results.md"), "utf8")).toMatch(/!\[[^\]]+\]\(charts\//);
    const query = JSON.parse(readFileSync(join(out, "queries.jsonl"), "utf8").split("\n")[0]);
    expect(Object.keys(query)).toEqual(
      expect.arrayContaining(["time", "source", "notebook", "cell", "sha256", "sql", "rows", "bytes", "milliseconds"]),
    );
  });

  test("shows no person: not one planted value is in anything that the run wrote", () => {
    const pictures = /"image\/png": "[^"]*"|data:image\/png;base64,[\w+/=]*/g;
    for (const file of readdirSync(out, { recursive: true, encoding: "utf8" })) {
      if (!/\.(html|md|json|jsonl|ipynb|csv)$/.test(file)) continue;
      const text = readFileSync(join(out, file), "utf8").replace(pictures, "");
      for (const canary of canaries) expect(canary.exec(text)?.[0], file).toBeUndefined();
    }
  });

  test("gives statements to review for what no upgrade will mend", () => {
    const sql = (id: string) => results.findings.find((finding) => finding.id === id)?.recommendation?.sql;
    expect(sql("column/licenses.portal_username")).toContain('add column "portal_username" varchar(500)');
    expect(sql("table/threads")).toMatch(/^-- on production\ncreate sequence [^;]*;\ncreate table "public"\."threads"/);
    expect(sql("column/providers.race")).toBeUndefined();
  });

  test("leaves no server behind: what it started has the run's home in its environment", async () => {
    const { stdout } = await promisify(execFile)("ps", ["-eo", "pid=,args="]);
    const servers = stdout.split("\n").filter((line) => /serve\.js|postgres -D/.test(line));
    const own = servers.filter((line) => {
      const environment = `/proc/${line.trim().split(" ")[0]}/environ`;
      return existsSync(environment) && readIfAllowed(environment).includes(`HOME=${home}`);
    });
    expect(own).toEqual([]);
  });
});

describe("other databases", { timeout: 600_000 }, () => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server?.stop());

  async function database(name: string, prepare?: (client: Client) => Promise<void>): Promise<string> {
    const client = await newDatabase(server, name);
    await prepare?.(client);
    await client.end();
    return server.address(name);
  }

  test("two that hold none of these tables: no failed cell, what rests on a table that is not there is incomplete, with the reason", async () => {
    const [production, local] = [await database("bare_one"), await database("bare_other")];
    const { status, results } = await runbook("bare", [], { RUNBOOK_PRODUCTION: production, RUNBOOK_LOCAL: local });
    expect(status).toBe(2);
    expect(results.checks.filter(({ id }) => id.startsWith("notebook/"))).toEqual([]);
    expect(results.checks.find(({ id }) => id === "migrations")).toMatchObject({
      status: "incomplete",
      why: expect.stringContaining('relation "alembic_version" does not exist'),
    });
    expect(results.findings.filter(({ severity }) => severity === "critical" || severity === "high")).toEqual([]);
  });

  test("a database and its copy: no drift at all, and --fail-on info ends with 0", async () => {
    // the side with more tables, and with fewer rows
    const original = await database("original", (client) => fill(client, "local"));
    const copy = original.replace("/original", "/its_copy");
    const client = await newDatabase(server, "its_copy", "", "template original");
    await client.query("vacuum analyze");
    await client.end();
    const { status, results } = await runbook("copies", ["--fail-on", "info"], {
      RUNBOOK_PRODUCTION: original,
      RUNBOOK_LOCAL: copy,
      RUNBOOK_MIGRATIONS: migrations,
    });
    expect(results.checks.filter(({ status }) => status !== "same")).toEqual([]);
    expect(results.findings.filter((finding) => !isShared(finding)).map(({ id }) => id)).toEqual([]);
    expect(status).toBe(0);
  });

  test("a local database that is stopped in mid-run: the document is written, what could not be asked is incomplete", async () => {
    const gone = await startServer();
    const client = await connect(gone, "postgres");
    await fill(client, "local");
    await client.end();
    const production = await database("stays", (other) => fill(other, "production"));
    const out = join(folder, "stopped");
    mkdirSync(out);
    const run = spawn(process.execPath, [cli, "run", "0", "1", "4", "6", "--out", out], {
      env: {
        PATH: process.env.PATH,
        HOME: folder,
        RUNBOOK_PRODUCTION: production,
        RUNBOOK_LOCAL: gone.address("postgres"),
        RUNBOOK_MIGRATIONS: migrations,
      },
      stdio: "ignore",
    });
    while (!existsSync(join(out, "00-setup.ipynb")) && run.exitCode === null)
      await new Promise((resolve) => setTimeout(resolve, 20));
    await gone.stop();
    const status = await new Promise((resolve) => run.once("close", resolve));
    const results = JSON.parse(readFileSync(join(out, "results.json"), "utf8")) as Results;
    expect(status).toBe(2);
    const incomplete = results.checks.filter(({ status }) => status === "incomplete");
    expect(incomplete.length).toBeGreaterThan(0);
    for (const { why } of incomplete) expect(why).toMatch(/local: .*(start PostgreSQL|check that PostgreSQL)/);
    expect(readFileSync(join(out, "results.html"), "utf8")).toContain("could not be completed");
  });
});
