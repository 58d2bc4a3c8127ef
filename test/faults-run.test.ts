import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Results } from "../lib/run";
import { differing, soak } from "./faults/soak";
import { openStage, runOn, type Ran, type Stage } from "./faults/stage";
import { lambdaFaults, wireFaults } from "./faults/table";
import { readWholeRun, type WholeRun, wholeRunTimeout } from "./whole-run";

/** The runbook on ways that fail: every fault of the table in one run, then faults at random; both are compared with the whole run, that none befalls. */
let stage: Stage;
let folder: string;
let reference: WholeRun;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "runbook-test-"));
  [stage, reference] = await Promise.all([openStage(), readWholeRun()]);
}, wholeRunTimeout);
afterAll(async () => {
  await stage?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test("a run says what it has cost production, and stays well below the plan's 117 invocations", () => {
  expect(reference.stderr).toMatch(
    /Production was called \d+ times for \d+ queries: [\d.]+ MB, [\d.]+ s of work in the function\./,
  );
  expect(reference.results.cost.invocations).toBeLessThanOrEqual(45);
});

/** Gives each fault to one question: after one that passes the next call is let through, so that it can pass. The first call opens the run. */
function oneEach<F>(faults: Record<string, [F, { passes: boolean }]>): { choose: () => F | undefined; left: string[] } {
  const left = Object.keys(faults);
  let rest = 1;
  return {
    left,
    choose: () => {
      if (rest-- > 0) return undefined;
      const name = left.shift();
      if (name === undefined) return undefined;
      rest = faults[name][1].passes ? 1 : 0;
      return faults[name][0];
    },
  };
}

// as many as it takes for all faults to happen; the dearest is left to the faults at random
const faultyPhases = ["0", "1", "2", "3", "4", "6", "7", "8", "90", "99"];
const soakedPhases = ["5", "6", "7"];

describe("a run in which each fault of the table happens once", () => {
  let ran: Ran;
  let left: string[];
  let out: string;
  beforeAll(async () => {
    const [onLambda, onWire] = [oneEach(lambdaFaults), oneEach(wireFaults)];
    stage.lambda.choose = onLambda.choose;
    stage.wire.choose = onWire.choose;
    out = join(folder, "faults");
    ran = await runOn(stage, out, faultyPhases);
    stage.lambda.choose = () => undefined;
    stage.wire.choose = () => undefined;
    left = [...onLambda.left, ...onWire.left];
  }, 600_000);

  test(`comes to its end with all ${Object.keys(lambdaFaults).length + Object.keys(wireFaults).length} of them, and its status says that something could not be told`, () => {
    expect(left).toEqual([]);
    expect([ran.status, ran.signal]).toEqual([2, null]);
  });

  test("no cell fails, and the documents are written", () => {
    expect(ran.results.checks.filter(({ id }) => id.startsWith("notebook/"))).toEqual([]);
    for (const file of ["results.html", "results.md", "99-results.ipynb"])
      expect(existsSync(join(out, file)), file).toBe(true);
    expect(readFileSync(join(out, "results.md"), "utf8")).toContain("could not be completed");
  });

  test("each fault that does not pass is one named error; those that pass are not noticed", () => {
    const staying = [...Object.values(lambdaFaults), ...Object.values(wireFaults)].filter(([, { passes }]) => !passes);
    const failed = ran.queries.flatMap(({ failed: why }) => why ?? []);
    expect(failed.length).toBe(staying.length);
    for (const why of failed) expect(why).toMatch(/^(production|local): .*\w/);
  });

  test("every check is either as without faults, or incomplete with the reason: no finding is invented, none changed", () => {
    const incomplete = ran.results.checks.filter(({ status }) => status === "incomplete");
    for (const { why } of incomplete) expect(why).toMatch(/production: |local: |did not count/);
    expect(incomplete.length).toBeGreaterThan(5);
    const rest = (results: Results): Results => ({
      ...results,
      checks: results.checks
        .filter(({ id, phase }) => !incomplete.some((one) => one.id === id && one.phase === phase))
        // how many steps a plan has hangs on the findings of other checks, those that are incomplete among them
        .map((check) => (check.id === "plan" ? { ...check, why: "" } : check)),
      findings: [],
    });
    expect(differing(rest(of(reference.results, faultyPhases)), rest(ran.results))).toEqual([]);
    const known = new Map(reference.results.findings.map((finding) => [finding.id, finding]));
    for (const finding of ran.results.findings) expect(finding).toEqual(known.get(finding.id));
  });
});

/** What the whole run has found in these phases. */
function of(results: Results, phases: string[]): Results {
  const among = ({ phase }: { phase: number }): boolean => phases.includes(String(phase));
  return { ...results, checks: results.checks.filter(among), findings: results.findings.filter(among) };
}

const rounds = Number(process.env.RUNBOOK_SOAK ?? 1);
const firstSeed = Number(process.env.RUNBOOK_SOAK_SEED ?? Math.floor(Math.random() * 1e6));

test.each(Array.from({ length: rounds }, (_, round) => firstSeed + round))(
  "a soak with seed %i: faults in a fifth of the answers, and the same findings",
  { timeout: 600_000 },
  async (seed) => {
    const { ran, faults, finished, differs } = await soak(
      stage,
      folder,
      of(reference.results, soakedPhases),
      seed,
      soakedPhases,
    );
    expect(faults).toBeGreaterThan(2);
    expect(ran.signal).toBeNull();
    if (finished) expect(differs).toEqual([]);
    else expect(ran.status).toBe(2);
  },
);
