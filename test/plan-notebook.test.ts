import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Kernel, startKernel } from "../lib/run/jupyter/kernel";

const notebooks = join(__dirname, "..", "notebooks");

/** The cells of 08-plan, in the real kernel, as an operator edits them. */
test("an operator leaves a step out, adopts, takes back, changes the order, and rehearses again", async () => {
  const results = mkdtempSync(join(tmpdir(), "plan-notebook-"));
  const { cells } = JSON.parse(readFileSync(join(notebooks, "08-plan.ipynb"), "utf8")) as {
    cells: { id: string; cell_type: string; source: string[] }[];
  };
  const source = (id: string) => cells.find((cell) => cell.id === id)!.source.join("");
  const environment = { PATH: process.env.PATH, HOME: results, RUNBOOK_RESULTS: results };
  const kernel = await startKernel(notebooks, environment, { seconds: 240 });
  try {
    // the first rehearsal is what other tests are about
    for (const id of ["open", "states", "steps", "details"]) await execute(kernel, source(id));
    await execute(kernel, "const rehearsal = await plan.rehearse({ leaveOut: [] });");
    const edit = source("edit")
      .replace(/leaveOut: string\[\] = \[\]/, 'leaveOut = ["repair/20260114_0100"]')
      .replace(/takeBack: string\[\] = \[\]/, 'takeBack = ["choice/session"]')
      .replace(/adopt: string\[\] = \[\]/, 'adopt = ["choice/licenses"]')
      .replace(/first: string\[\] = \[\]/, 'first = ["repair/20260115_0100"]');
    await execute(kernel, edit);
    const told = await execute(kernel, source("edit-rehearsed"));
    // the order, what was left out, and what then differs
    expect(told).toContain("ends at adopt_licenses");
    expect(told).not.toContain("which is not what the plan says");
    const rest = /What differs then: ([^<]*)/.exec(told)?.[1] ?? "";
    expect(rest).toContain("and beyond that index credential_history.ix_credential_history_license_created");
    expect(rest).toContain("table team_channels");
    expect(rest).not.toMatch(/licenses|session/);
    const [first] = await order(kernel);
    expect(first).toBe("repair/20260115_0100");
    await execute(kernel, source("write"));
    expect(readdirSync(join(results, "plan", "migrations"))).toContain("adopt_licenses.py");
    const written = readFileSync(join(results, "plan", "production.sql"), "utf8");
    expect(written).toContain("Record adopt_licenses, which adopts licenses");
    expect(written).not.toContain("Make 20260114_0100 whole");
    await execute(kernel, source("close"));
  } finally {
    await kernel.shutdown();
    rmSync(results, { recursive: true, force: true });
  }
}, 300_000);

/** Executes a cell, which must not fail; what it said. */
async function execute(kernel: Kernel, code: string): Promise<string> {
  const { status, outputs } = await kernel.execute(code);
  expect([status, outputs.filter(({ output_type }) => output_type === "error")], code).toEqual(["ok", []]);
  return JSON.stringify(outputs).replace(/\\n/g, "\n");
}

async function order(kernel: Kernel): Promise<string[]> {
  const { outputs } = await kernel.execute('console.log(again.frame.getColumn("step").toArray().join(" "))');
  return /"text":\s*"([^"]*)"/.exec(JSON.stringify(outputs))![1].split(" ");
}
