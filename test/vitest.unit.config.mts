import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "vitest/config";

/** What starts a server, a kernel, a browser or another process. */
const starting = new RegExp(
  [
    'await open\\("|startTranslator|Server|Demo\\b|Kernel|Scratch|Hostile|openSources|runNotebooks|readWholeRun|cli\\.js',
    'spawn|child_process|databases"|workshop"|hostile"|sides"|stage"',
  ].join("|"),
);

/** `npm run test:unit`: the test files that start nothing. */
export default defineConfig({
  test: {
    dir: import.meta.dirname,
    include: readdirSync(import.meta.dirname).filter(
      (file) =>
        file.endsWith(".test.ts") &&
        !file.startsWith("browser") &&
        !starting.test(readFileSync(join(import.meta.dirname, file), "utf8")),
    ),
  },
});
