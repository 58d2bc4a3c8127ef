import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { inject } from "vitest";
import { replaceFile } from "../lib/file";
import type { Results } from "../lib/run";

/** The whole runbook on the demo, as `runbook run --fail-on critical` leaves it. */
export interface WholeRun {
  /** The results folder. Several test files read it, so a test that writes copies what it needs. */
  out: string;
  /** The run's HOME, which no other process has. */
  home: string;
  status: number | null;
  stderr: string;
  results: Results;
}

/** How long a hook that asks for the whole run waits, in milliseconds: it takes two minutes where nothing else runs. */
export const wholeRunTimeout = 1_200_000;

/**
 * Runs the whole runbook once for all test files of a call of vitest: the first that asks makes it, the others wait.
 */
export async function readWholeRun(): Promise<WholeRun> {
  const folder = join(inject("shared"), "whole-run");
  const [out, home, ended] = ["results", "home", "ended.json"].map((name) => join(folder, name));
  if (claim(folder)) {
    mkdirSync(home);
    const words = [join(__dirname, "..", "lib", "cli.js"), "run", "--fail-on", "critical", "--out", out];
    const child = spawn(process.execPath, words, {
      env: { PATH: process.env.PATH, HOME: home },
      stdio: ["ignore", "ignore", "pipe"],
    });
    process.once("exit", () => child.kill());
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const status = await new Promise((resolve) => child.once("close", resolve));
    replaceFile(ended, JSON.stringify({ status, stderr }));
  }
  while (!existsSync(ended)) await sleep(250);
  const { status, stderr } = JSON.parse(readFileSync(ended, "utf8")) as Pick<WholeRun, "status" | "stderr">;
  if (!existsSync(join(out, "results.json"))) throw new Error(`The whole run wrote no results: ${stderr}`);
  return { out, home, status, stderr, results: JSON.parse(readFileSync(join(out, "results.json"), "utf8")) as Results };
}

/** Makes the folder; false where another test file has made it. */
function claim(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return false;
  }
}
