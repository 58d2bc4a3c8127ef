import { availableParallelism } from "node:os";
import { basename, join } from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * The files that take longest, longest first, so that none of them is left for the end, when one worker would wait for
 * it. The first makes the whole run, and with it the cache of translated cells; files that need either come later.
 */
const first = [
  "runbook",
  "rows",
  "plan",
  "browser-notebooks",
  "faults-run",
  "resume",
  "one-judge",
  "command-line",
  "cli",
  "rows-pairs",
  "translation",
  "verbs-end",
].map((name) => `${name}.test.ts`);

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const place = first.indexOf(basename(moduleId));
      return place < 0 ? first.length : place;
    };
    return (await super.sort(files)).sort((one, other) => rank(one) - rank(other));
  }
}

export default defineConfig({
  test: {
    dir: import.meta.dirname,
    globalSetup: join(import.meta.dirname, "global-setup.ts"),
    setupFiles: join(import.meta.dirname, "processor-time.ts"),
    sequence: { sequencer: LongestFirst },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxConcurrency: 2,
    // a third of a test's time goes by in waiting for servers and kernels: three files at once, also on two cores
    maxWorkers: Math.max(3, availableParallelism() - 1),
  },
});
