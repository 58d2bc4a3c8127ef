import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startDemo, type Demo } from "../lib/demo";
import { canaries } from "../lib/demo/world";

let demo: Demo;
let folder: string;
beforeAll(async () => {
  demo = await startDemo();
  folder = mkdtempSync(join(tmpdir(), "runbook-test-"));
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await demo?.stop();
});

/** `runbook rows …` on the demo, as a shell would run it. */
function rows(...words: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  const environment = {
    PATH: process.env.PATH,
    HOME: folder,
    RUNBOOK_DEMO: JSON.stringify(demo),
    RUNBOOK_RESULTS: folder,
  };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(__dirname, "..", "lib", "cli.js"), "rows", ...words],
      { env: environment },
      (error, stdout, stderr) => resolve({ status: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

test("names the rows of a reference table that differ, and their columns, as JSON; --fail-on ends with 1", async () => {
  const { status, stdout } = await rows("cme_requirements", "--json", "--fail-on", "medium");
  const outcome = JSON.parse(stdout);
  expect(outcome).toMatchObject({
    format: 1,
    table: "public.cme_requirements",
    key: ["id"],
    production: { rows: 204 },
    local: { rows: 200 },
    "only in production": 4,
    "only in local": 0,
    changed: 3,
    same: 197,
  });
  expect(outcome.keys.changed.map(({ columns }: { columns: string[] }) => columns)).toEqual([
    ["required_credits"],
    ["required_credits"],
    ["required_credits"],
  ]);
  expect(outcome.keys["only in production"]).toHaveLength(4);
  expect(status).toBe(1);
});

test("says in sentences what differs and what was left out; every row that differs goes to a file, and no person with it", async () => {
  const file = join(folder, "differences.jsonl");
  const { status, stdout } = await rows("licenses", "--where", "state = 'TX'", "--keys", "2", "--differences", file);
  expect(stdout).toMatch(
    /^public\.licenses: [\d,]+ rows in production, \d+ in local, compared by id in 17 columns\.$/m,
  );
  expect(stdout).toContain("Left out: portal_pin (only in local).");
  expect(stdout).toMatch(/^… and [\d,]+ more: --differences FILE names them all\.$/m);
  const told = readFileSync(file, "utf8");
  const [, ...counts] = /changed ([\d,]+), only in production ([\d,]+), only in local ([\d,]+)/.exec(stdout)!;
  expect(told.trim().split("\n")).toHaveLength(counts.reduce((sum, text) => sum + Number(text.replace(",", "")), 0));
  for (const canary of canaries) expect(stdout + told).not.toMatch(canary);
  expect([status, readdirSync(folder).includes("rows")]).toEqual([0, false]);
});

test("a key that is personal is shown hashed, differently in every run", async () => {
  const [one, other] = [
    await rows("sessions", "--json", "--keys", "1000"),
    await rows("sessions", "--json", "--keys", "1000"),
  ].map(({ stdout }) => JSON.parse(stdout).keys["only in production"].flat() as string[]);
  expect(one).toHaveLength(76);
  for (const key of one) expect(key).toMatch(/^[0-9a-f]{16}$/);
  expect(one.filter((key) => other.includes(key))).toEqual([]);
});

test("a sample says in which interval the share lies", async () => {
  const { stdout } = await rows("credential_history", "--sample", "500", "--json");
  const { sample } = JSON.parse(stdout);
  expect(sample).toMatchObject({ share: 1, to: 1, confidence: 0.95 });
  expect(sample.from).toBeGreaterThan(0.95);
});

describe("bad input ends in one sentence that names what to change", () => {
  test.concurrent.each([
    [[], "Name one table: runbook rows licenses."],
    [["session"], "public.session is not in local: there is nothing to compare it with."],
    [["licenses", "--key", "nope"], "public.licenses has no column nope in production: name one that both sides have."],
    [["users", "--where", "email like 'a%'"], "--where: users.email is personal"],
    [["licenses", "--sample", "none"], `--sample takes a whole number from 1 on, not "none".`],
    [
      ["licenses", "--budget", "100"],
      /would read about [\d,]+ rows of production in 1 statements, and the budget is 100: allow it with --budget \d+/,
    ],
  ] as [string[], string | RegExp][])("%j", async (words, says) => {
    const { status, stdout, stderr } = await rows(...words);
    expect(stderr).toMatch(says);
    expect([status, stdout, stderr.trim().split("\n").length]).toEqual([2, "", 1]);
  });
});
