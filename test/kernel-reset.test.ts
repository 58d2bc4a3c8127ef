import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startKernel, type Kernel } from "../lib/run/jupyter/kernel";
import type { Output } from "../lib/run/notebook";
import { makeProjectFolder } from "./folder";

/** A kernel that serves one notebook after another: what the second sees of the first. */
let folder: string;
let kernel: Kernel | undefined;
beforeAll(() => {
  folder = makeProjectFolder("reset");
});
afterAll(async () => {
  await kernel?.shutdown();
  rmSync(folder, { recursive: true, force: true });
});

describe("a kernel that served another notebook", () => {
  test("knows no name, no import and no session of it, and counts from 1", async () => {
    await run('import { close, is, open } from "runbook"; const kept = 1; function twice() { return 2; }', "kept");
    await run('await open("first");', "await close();");
    expect(await (await begin()).reset()).toBe(true);
    expect(await run("kept")).toEqual([1, expect.stringContaining("Cannot find name 'kept'")]);
  });
});

async function begin(): Promise<Kernel> {
  return (kernel ??= await startKernel(folder, {
    ...process.env,
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
    RUNBOOK_PRODUCTION: "postgres://nobody@127.0.0.1:1/none",
    RUNBOOK_LOCAL: "postgres://nobody@127.0.0.1:1/none",
    RUNBOOK_RESULTS: folder,
  }));
}

/** Runs cells in the kernel; the number of the last, and what it said. */
async function run(...cells: string[]): Promise<[number | null, string]> {
  let last: [number | null, string] = [null, ""];
  for (const cell of cells) {
    const { outputs, executionCount } = await (await begin()).execute(cell);
    last = [executionCount, outputs.map(textOf).join("")];
  }
  return last;
}

function textOf(output: Output): string {
  if (output.output_type === "stream") return output.text;
  return output.output_type === "error" ? `${output.ename}: ${output.evalue}` : "";
}
