import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { dir: __dirname, testTimeout: 60_000, hookTimeout: 60_000, maxConcurrency: 2 },
});
