import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Server, startServer } from "../lib/demo/postgres";
import type { Severity } from "../lib/ledger";
import type { Results } from "../lib/run";
import { dice, makeWorld } from "./schema/changes";
import { newDatabase } from "./databases";
import { readWholeRun, wholeRunTimeout } from "./whole-run";

/** A difference has one severity and one sentence: `drift --json` and the results of phases 1 and 3 agree, id by id. */
const cli = join(__dirname, "..", "lib", "cli.js");
let folder: string;
let server: Server;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "runbook-judge-"));
  server = await startServer();
});
afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Told {
  id: string;
  severity: Severity;
  why: string;
}

async function runbook(words: string[], settings: Record<string, string>): Promise<string> {
  const env = { PATH: process.env.PATH, HOME: folder, ...settings };
  return (await promisify(execFile)(process.execPath, [cli, ...words], { env, maxBuffer: 1 << 28 })).stdout;
}

async function readDrift(settings: Record<string, string> = {}): Promise<Told[]> {
  return (JSON.parse(await runbook(["drift", "--json"], settings)) as { drift: Told[] }).drift;
}

async function askBoth(name: string, settings: Record<string, string>): Promise<{ drift: Told[]; results: Results }> {
  const drift = await readDrift(settings);
  await runbook(["run", "1", "3", "--out", join(folder, name)], settings);
  return { drift, results: JSON.parse(readFileSync(join(folder, name, "results.json"), "utf8")) as Results };
}

/** What the two say differently: an id that the results lack, another severity, another sentence. */
function disagreements(drift: Told[], results: Results): string[] {
  const found = new Map(results.findings.map((finding) => [finding.id, finding]));
  return drift.flatMap(({ id, severity, why }) => {
    const finding = found.get(id);
    if (!finding) return [`${id} is in no result`];
    if (finding.severity !== severity) return [`${id} is ${severity} in drift, ${finding.severity} in the results`];
    return finding.title.endsWith(`: ${why}`) ? [] : [`${id}: ${why} | ${finding.title}`];
  });
}

/** Two databases of one generated world; some of its changes were made to each. */
async function makePair(seed: number): Promise<Record<string, string>> {
  const { sql: world, changes } = makeWorld(seed);
  const sql = `${world};\ncreate table alembic_version (version_num varchar(32) primary key)`;
  const roll = dice(seed * 31);
  const chosen = changes.filter(() => roll() < 0.4).map((change) => ({ ...change, production: roll() < 0.5 }));
  const open = async (side: "production" | "local") => {
    const name = `pair_${seed}_${side}`;
    const client = await newDatabase(server, name, sql);
    for (const change of chosen) if (change.production === (side === "production")) await client.query(change.sql);
    await client.end();
    return server.address(name);
  };
  return {
    RUNBOOK_PRODUCTION: await open("production"),
    RUNBOOK_LOCAL: await open("local"),
    RUNBOOK_MIGRATIONS: join(__dirname, "..", "lib", "demo", "world", "versions"),
  };
}

describe("drift --json and results.json say the same", { timeout: 120_000 }, () => {
  let demo: { drift: Told[]; results: Results };
  beforeAll(async () => {
    demo = { drift: await readDrift(), results: (await readWholeRun()).results };
  }, wholeRunTimeout);

  test("of the demo: no id with two severities, and a fact that the drift reports is no finding of its own beside it", () => {
    const { drift, results } = demo;
    expect(drift.length).toBeGreaterThan(40);
    expect(disagreements(drift, results)).toEqual([]);
    const ids = results.findings.map(({ id }) => id);
    expect(ids).toContain("trigger/licenses.set_updated_at");
    expect(ids.filter((id) => id.startsWith("state/"))).toEqual(["state/sequence/licenses_id_seq"]);
  });

  test("of the demo: a side without the fault shows its own value", () => {
    const { results } = demo;
    const values = (id: string) => {
      const { production, local } = results.findings.find((finding) => finding.id === id)!;
      return { production, local };
    };
    expect(values("trigger/licenses.set_updated_at")).toEqual({
      production: { enabled: "disabled" },
      local: { enabled: "enabled" },
    });
    expect(values("revision/20260115_0300")).toEqual({ production: "pending", local: "applied" });
    expect(values("state/sequence/licenses_id_seq")).toEqual({
      production: "not behind its column",
      local: "at 200, the column at 270",
    });
  });

  test.each([1, 2, 3])("of generated pair %i", async (seed) => {
    const { drift, results } = await askBoth(`pair-${seed}`, await makePair(seed));
    expect(drift.length).toBeGreaterThan(5);
    expect(disagreements(drift, results)).toEqual([]);
  });
});
