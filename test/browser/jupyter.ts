import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { chromium, type Browser, type Page } from "playwright-core";
import { findBrowser, findProgramOnPath } from "../../lib/settings";

const root = process.getuid?.() === 0;

/** Why no page can be opened here; undefined where one can. */
export const lackingBrowser = findBrowser()
  ? undefined
  : "skipped: no Chromium or Chrome is installed (apt-get install chromium, or RUNBOOK_BROWSER)";

/** The programs of a virtual environment with JupyterLab 4 and Notebook 7: `.ci/run` makes one and names it. */
const newPrograms = join(process.env.RUNBOOK_JUPYTER ?? "", process.platform === "win32" ? "Scripts" : "bin");
const hasNew = Boolean(process.env.RUNBOOK_JUPYTER) && existsSync(join(newPrograms, "jupyter-lab"));

/** The front ends that the tests know. JupyterLab 4 and Notebook 7 are served by one Jupyter. */
export type Front = "Notebook 6" | "JupyterLab 4" | "Notebook 7";

/** Why no notebook can be opened in this front end here; undefined where one can. */
export function explainLacking(front: Front): string | undefined {
  if (lackingBrowser) return lackingBrowser;
  if (front === "Notebook 6")
    return findProgramOnPath(["jupyter"])
      ? undefined
      : "skipped: no Jupyter is installed (apt-get install jupyter-notebook)";
  return hasNew
    ? undefined
    : "skipped: RUNBOOK_JUPYTER names no virtual environment with it (python3 -m venv FOLDER, " +
        "FOLDER/bin/pip install 'jupyterlab==4.*' 'notebook==7.*')";
}

/** The installed browser, headless. Its sandbox refuses to run as root, and only then is it left out. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: findBrowser(), args: root ? ["--no-sandbox"] : [] });
}

/** A Jupyter that `runbook lab` has started, with the kernel registered in a home of its own. */
export interface Lab {
  /** Where a notebook is opened. */
  findAddress(notebook: string, front: Front): string;
  stop(): Promise<void>;
}

/**
 * Starts `runbook lab` as a person does, but for the browser that it would open: the system's Jupyter for Notebook 6,
 * that of the virtual environment for the others. `demo` is the JSON of a demo that runs already.
 */
export async function startLab(front: Front = "Notebook 6", demo = ""): Promise<Lab> {
  const home = mkdtempSync(join(tmpdir(), "runbook-lab-"));
  const isNew = front !== "Notebook 6";
  const words = [
    "lab",
    "--",
    "--no-browser",
    `--port=${await freePort()}`,
    "--ip=127.0.0.1",
    ...(root ? ["--allow-root"] : []),
    // so that a page's application can be asked what it holds
    ...(isNew ? ["LabApp", "JupyterNotebookApp"].map((app) => `--${app}.expose_app_in_browser=True`) : []),
  ];
  const { PATH = "", LANG } = process.env;
  const lab = spawn(process.execPath, [join(__dirname, "..", "..", "lib", "cli.js"), ...words], {
    env: { PATH: isNew ? `${newPrograms}${delimiter}${PATH}` : PATH, LANG, HOME: home, RUNBOOK_DEMO: demo },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const { origin, search } = new URL(await firstUrl(lab));
  return {
    // with `reset` JupyterLab opens this notebook alone, and not what was open before beside it
    findAddress: (notebook, front) =>
      `${origin}/${front === "JupyterLab 4" ? "lab/tree" : "notebooks"}/${notebook}.ipynb${search}&reset`,
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

const eyes = readFileSync(join(__dirname, "look.js"), "utf8");

/**
 * Opens a notebook, its kernel connected; with a `content` in its place, whose cells are trusted where they say so.
 * Nothing is saved: the project's notebooks stay as they are. The page has `eyes` (look.js).
 */
export async function openNotebook(
  browser: Browser,
  lab: Lab,
  notebook: string,
  front: Front = "Notebook 6",
  content?: unknown,
): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await page.route("**/api/contents/**", async (route) => {
    // a save that were refused would show a dialog over the page: it is answered as one that changed nothing
    if (route.request().method() === "PUT")
      return route.fulfill({ response: await route.fetch({ method: "GET", postData: "" }) });
    if (route.request().method() !== "GET") return route.continue();
    if (!content) return route.continue();
    const answer = await route.fetch();
    const model = (await answer.json()) as { content?: unknown };
    return route.fulfill({ response: answer, json: { ...model, ...(model.content ? { content } : {}) } });
  });
  await page.goto(lab.findAddress(notebook, front));
  await page.evaluate(eyes);
  await page.waitForFunction("eyes.isConnected()", undefined, { timeout: 120_000 });
  await page.evaluate("eyes.showAllCells()");
  return page;
}

/** Runs all cells, and waits until the last one has ended, and what it shows has had time to come. */
export async function runAll(page: Page): Promise<void> {
  await page.evaluate("void eyes.runAll()");
  await waitForEnd(page);
}

/** Restarts the kernel and runs all cells, as the button of JupyterLab 4 and Notebook 7 does. */
export async function restartAndRunAll(page: Page): Promise<void> {
  await page.locator('[data-command="notebook:restart-run-all"]').first().click();
  await page.locator(".jp-Dialog .jp-mod-accept").click();
  await waitForEnd(page);
}

/** A cell's answer and its outputs arrive on ways of their own: the end is when nothing more comes. */
async function waitForEnd(page: Page): Promise<void> {
  await page.waitForFunction("eyes.haveAllRun()", undefined, { timeout: 280_000 });
  await waitUntilStill(page);
}

/** Waits until nothing more comes that the page shows. */
export async function waitUntilStill(page: Page): Promise<void> {
  await page.waitForFunction("eyes.isStill()", undefined, { polling: 300, timeout: 60_000 });
}

/** Ends the notebook's kernel with its page. */
export async function closeNotebook(page: Page): Promise<void> {
  await page.evaluate("eyes.shutdown()");
  await page.close();
}
