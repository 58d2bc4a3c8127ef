import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { RunbookError } from "../errors";
import { startDemoFor } from "../open";
import { copyNotebooks } from "../run/clean";
import {
  buildChildEnvironment,
  findJupyterDataFolder,
  notebooksFolder,
  ownNotebooksFolder,
  readSettings,
} from "../settings";
import { pickSideFlags, type Given } from "./args";
import type { usage } from "./usage/lab";

export async function run({ flags, rest }: Given<typeof usage>): Promise<number> {
  const settings = readSettings(pickSideFlags(flags));
  process.stderr.write(`The kernel "TypeScript (runbook)" is registered: ${registerKernel()}\n`);
  const behind = copyNotebooks(notebooksFolder, ownNotebooksFolder);
  process.stderr.write(`Copies of the notebooks are in ${relative(process.cwd(), ownNotebooksFolder) || "."}.\n`);
  for (const file of behind)
    process.stderr.write(
      `${file} there is yours, and the project's has changed since: rename yours to get the new one.\n`,
    );
  if (flags.register) return 0;
  const demo = await startDemoFor(settings);
  // Ctrl-C is Jupyter's, which asks whether it is meant
  const wait = (): void => undefined;
  process.on("SIGINT", wait);
  try {
    const environment = buildChildEnvironment({ ...settings, results: "", demo: demo && JSON.stringify(demo) });
    for (const front of ["lab", "notebook"]) if (await openFront(front, environment, rest)) return 0;
    throw new RunbookError(
      "No Jupyter was found: pip install jupyterlab (or apt-get install jupyter-notebook), or open the " +
        "notebooks in VS Code.",
    );
  } finally {
    process.off("SIGINT", wait);
    await demo?.stop();
  }
}

/** Writes the kernel's file with absolute paths, since a front end starts it from anywhere. Answers where it lies. */
export function registerKernel(): string {
  const tslab = join(dirname(require.resolve("tslab/package.json")), "bin", "tslab");
  const folder = join(findJupyterDataFolder(), "kernels", "tslab");
  mkdirSync(folder, { recursive: true });
  const kernel = {
    argv: [
      process.execPath,
      "--require",
      join(__dirname, "..", "run", "jupyter", "preload.js"),
      tslab,
      "kernel",
      "--config-path={connection_file}",
    ],
    display_name: "TypeScript (runbook)",
    language: "typescript",
  };
  writeFileSync(join(folder, "kernel.json"), JSON.stringify(kernel, null, 2));
  return folder;
}

/** Whether this front end is there; if so, resolves when it is closed. */
async function openFront(front: string, environment: NodeJS.ProcessEnv, words: string[]): Promise<boolean> {
  const probe = spawn("jupyter", [front, "--version"], { stdio: "ignore" });
  const [code] = (await Promise.race([once(probe, "close"), once(probe, "error").then(() => [1])])) as [number];
  if (code !== 0) return false;
  await once(
    spawn("jupyter", [front, "--notebook-dir", ownNotebooksFolder, ...words], { stdio: "inherit", env: environment }),
    "close",
  );
  return true;
}
