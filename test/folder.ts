import { mkdirSync, mkdtempSync } from "node:fs";
import { join } from "node:path";

/**
 * A new folder inside the project, which git ignores: a notebook in it finds the package `runbook`. Whoever asks for it
 * removes it, and it alone: other test files have theirs beside it.
 */
export function makeProjectFolder(name: string): string {
  const parent = join(__dirname, ".tmp");
  mkdirSync(parent, { recursive: true });
  return mkdtempSync(join(parent, `${name}-`));
}
