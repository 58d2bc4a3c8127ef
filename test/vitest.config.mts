import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    dir: import.meta.dirname,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxConcurrency: 2,
    // most of a test's time goes by in servers and kernels: two files at once, also where there are two cores
    maxWorkers: Math.max(2, availableParallelism() - 1),
  },
});
