import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { RunbookError } from "../errors";
import { findBrowser, notebooksFolder } from "../settings";
import type { Given } from "./args";
import type { usage } from "./usage/pdf";

export async function run({ positionals }: Given<typeof usage>): Promise<number> {
  const folder = resolve(positionals[0] ?? findNewestResults());
  process.stdout.write(`${relative(process.cwd(), printDocument(folder))}\n`);
  return 0;
}

function findNewestResults(): string {
  const results = join(notebooksFolder, "results");
  const runs = existsSync(results)
    ? readdirSync(results)
        .filter((name) => existsSync(join(results, name, "results.html")))
        .sort()
    : [];
  if (runs.length === 0) throw new RunbookError("There is no results folder yet: npx runbook run writes one.");
  return join(results, runs.at(-1)!);
}

/** Prints `results.html`; answers where the PDF lies. */
function printDocument(folder: string): string {
  const document = join(folder, "results.html");
  if (!existsSync(document))
    throw new RunbookError(`${folder} holds no results.html: name a results folder, as runbook run has written it.`);
  const browser = findBrowser();
  if (!browser)
    throw new RunbookError(
      "No Chromium or Chrome was found: install one (apt-get install chromium), name one in " +
        "RUNBOOK_BROWSER, or print results.html from any browser.",
    );
  const file = join(folder, "results.pdf");
  const profile = mkdtempSync(join(tmpdir(), "runbook-pdf-"));
  const options = [
    "--headless",
    "--disable-gpu",
    "--no-pdf-header-footer",
    `--user-data-dir=${profile}`,
    `--print-to-pdf=${file}`,
  ];
  // a browser's sandbox refuses to run as root
  const sandbox = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  const { status, stderr, error } = spawnSync(browser, [...options, ...sandbox, pathToFileURL(document).href], {
    encoding: "utf8",
    timeout: 120_000,
  });
  rmSync(profile, { recursive: true, force: true });
  if (status !== 0 || !existsSync(file) || statSync(file).size === 0)
    throw new RunbookError(
      `${browser} did not print the document: ` +
        `${error?.message ?? (stderr.trim().split("\n").pop() || `exit status ${status}`)}`,
    );
  return file;
}
