import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type Browser, type Page } from "playwright-core";
import { findBrowser, findProgramOnPath } from "../../lib/settings";

const root = process.getuid?.() === 0;

/** Why no page can be opened here; undefined where one can. */
export const lackingBrowser = findBrowser()
  ? undefined
  : "skipped: no Chromium or Chrome is installed (apt-get install chromium, or RUNBOOK_BROWSER)";

/** Why no notebook can be opened in a browser here; undefined where one can. */
export const lacking =
  lackingBrowser ??
  (findProgramOnPath(["jupyter"]) ? undefined : "skipped: no Jupyter is installed (apt-get install jupyter-notebook)");

/** The installed browser, headless. Its sandbox refuses to run as root, and only then is it left out. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: findBrowser(), args: root ? ["--no-sandbox"] : [] });
}

/** A Jupyter that `runbook lab` has started, with the kernel registered in a home of its own. */
export interface Lab {
  /** Where a notebook is opened. */
  address(notebook: string): string;
  stop(): Promise<void>;
}

/** Starts `runbook lab` as a person does, but for the browser that it would open. */
export async function startLab(): Promise<Lab> {
  const home = mkdtempSync(join(tmpdir(), "runbook-lab-"));
  const words = [
    "lab",
    "--",
    "--no-browser",
    `--port=${await freePort()}`,
    "--ip=127.0.0.1",
    ...(root ? ["--allow-root"] : []),
  ];
  const { PATH, LANG } = process.env;
  const lab = spawn(process.execPath, [join(__dirname, "..", "..", "lib", "cli.js"), ...words], {
    env: { PATH, LANG, HOME: home },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const url = new URL(await firstUrl(lab));
  return {
    address: (notebook) => `${url.origin}/notebooks/${notebook}.ipynb${url.search}`,
    async stop() {
      // Jupyter asks twice on a terminal, and ends at once when it is told to
      process.kill(-lab.pid!, "SIGTERM");
      if (lab.exitCode === null && lab.signalCode === null) await once(lab, "exit");
      rmSync(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Notebook 6 does not say which port it was given, so one is chosen for it; where that is taken meanwhile, it takes the next. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

function firstUrl(lab: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    for (const stream of [lab.stdout!, lab.stderr!])
      stream.on("data", (chunk: Buffer) => {
        said += chunk.toString();
        const found = /http:\/\/127\.0\.0\.1:\d+\/[^\s]*\?token=\w+/.exec(said);
        if (found) resolve(found[0]);
      });
    lab.once("exit", (code) => reject(new Error(`runbook lab ended with ${code}:\n${said.slice(-2000)}`)));
  });
}

/** Opens a notebook in Jupyter Notebook 6; with a `content` in its place, one that Jupyter does not trust. Nothing is saved: the project's notebooks stay as they are. */
export async function openNotebook(browser: Browser, lab: Lab, notebook: string, content?: unknown): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await page.route("**/api/contents/**", async (route) => {
    if (route.request().method() !== "GET") return route.abort();
    if (!content) return route.continue();
    const answer = await route.fetch();
    const model = (await answer.json()) as { content?: unknown };
    return route.fulfill({ response: answer, json: { ...model, ...(model.content ? { content } : {}) } });
  });
  await page.goto(lab.address(notebook));
  await page.waitForFunction(() => (globalThis as any).Jupyter?.notebook?.kernel?.is_connected?.(), undefined, {
    timeout: 60_000,
  });
  return page;
}

/** Runs all cells, and waits until the last one has ended, and what it shows has had time to come: a cell's answer and its outputs arrive on ways of their own. */
export async function runAll(page: Page): Promise<void> {
  await page.evaluate(() => (globalThis as any).Jupyter.notebook.execute_all_cells());
  await page.waitForFunction(
    () => {
      const cells = (globalThis as any).Jupyter.notebook.get_cells().filter((cell: any) => cell.cell_type === "code");
      return (
        cells.every((cell: any) => typeof cell.input_prompt_number === "number") &&
        !(globalThis as any).Jupyter.notebook.kernel_busy
      );
    },
    undefined,
    { timeout: 280_000 },
  );
  await page.waitForTimeout(2_000);
}

/** Ends the notebook's kernel with its page. */
export async function closeNotebook(page: Page): Promise<void> {
  await page.evaluate(() => (globalThis as any).Jupyter.notebook.session.delete());
  await page.close();
}
