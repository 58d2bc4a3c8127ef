import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** A folder that the test files of one call of vitest have in common. */
    shared: string;
  }
}

/**
 * Makes the folder that test files share, for the whole run (`whole-run.ts`). With RUNBOOK_TEST_TIMES set it prints at
 * the end what each file has cost (`processor-time.ts`).
 */
export default function setup({ provide }: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), "runbook-shared-"));
  provide("shared", folder);
  return () => {
    const times = join(folder, "times");
    if (existsSync(times)) console.log(sortTimes(readFileSync(times, "utf8")));
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
}

/** Seconds of processor time and file, a line each: the dearest first, and the sum. */
function sortTimes(text: string): string {
  const lines = text.trim().split("\n");
  const sum = lines.reduce((total, line) => total + parseFloat(line), 0);
  const sorted = lines.sort((one, other) => parseFloat(other) - parseFloat(one));
  return `Seconds of processor time:\n${sorted.join("\n")}\n${sum.toFixed(1)} together`;
}
