import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startDemo, type Demo } from "../lib/demo";
import {
  closeNotebook,
  explainLacking,
  openNotebook,
  restartAndRunAll,
  runAll,
  startBrowser,
  startLab,
  waitUntilStill,
  type Front,
  type Lab,
} from "./browser/jupyter";
import { readWholeRun, wholeRunTimeout, type WholeRun } from "./whole-run";

/**
 * Every notebook as a person meets it: `runbook lab`, a real Jupyter, a real browser. Some run there; that the others
 * run from top to bottom is shown by the whole run, and here they are opened as it has left them.
 */
const notebooks = readdirSync(join(__dirname, "..", "notebooks"))
  .filter((file) => file.endsWith(".ipynb"))
  .map((file) => file.replace(".ipynb", ""));

const eyes = readFileSync(join(__dirname, "browser", "look.js"), "utf8");

const fronts: Front[] = ["Notebook 6", "JupyterLab 4", "Notebook 7"];
const atHand = fronts.filter((front) => !explainLacking(front));

/** Notebooks that run in one front end, and are looked at closely; the others are opened in one of them by turns. */
const closely: Record<string, Front> = {
  "02-volume": "Notebook 6",
  "04-overview": "JupyterLab 4",
  "90-follow-up": "Notebook 7",
};
const others = notebooks
  .filter((notebook) => !atHand.includes(closely[notebook]))
  .map((notebook, index) => [notebook, atHand[index % atHand.length]] as const);

describe.skipIf(!atHand.length)(
  `the notebooks in Jupyter ${atHand.length ? "" : explainLacking("Notebook 6")}`,
  {
    timeout: 300_000,
  },
  () => {
    let demo: Demo;
    let browser: Browser;
    const labs = new Map<Front, Lab>();
    let wholeRun: WholeRun;
    let executed: Executed | undefined;
    beforeAll(async () => {
      wholeRun = await readWholeRun();
      [demo, browser] = await Promise.all([startDemo(), startBrowser()]);
      const { stop: _, ...addresses } = demo;
      for (const front of atHand) {
        const shared = front === "Notebook 7" ? labs.get("JupyterLab 4") : undefined;
        labs.set(front, shared ?? (await startLab(front, JSON.stringify(addresses))));
      }
    }, wholeRunTimeout);
    afterAll(async () => {
      await browser?.close();
      await Promise.all([...new Set(labs.values())].map((lab) => lab.stop()));
      await demo?.stop();
    }, 60_000);

    const open = (notebook: string, front: Front, content?: unknown) =>
      openNotebook(browser, labs.get(front)!, notebook, front, content);

    test.each(others)("all that %s shows can be read in %s", async (notebook, front) => {
      // JupyterLab 4 and Notebook 7 take no content in place of a file's
      const isRun = front !== "Notebook 6" || notebook === "quick-start";
      const page = await open(notebook, front, isRun ? undefined : readExecuted(notebook));
      if (isRun) await runAll(page);
      else await waitUntilStill(page);
      await expectReadable(page, notebook);
      await closeNotebook(page);
    });

    /** A notebook as the whole run has left it, and as one who trusts it sees it. */
    function readExecuted(notebook: string): Executed {
      const content = JSON.parse(readFileSync(join(wholeRun.out, `${notebook}.ipynb`), "utf8")) as Executed;
      for (const { metadata } of content.cells) metadata.trusted = true;
      return content;
    }

    describe.skipIf(!atHand.includes("Notebook 6"))(`Notebook 6 ${explainLacking("Notebook 6") ?? ""}`, () => {
      test("a table is sorted by its head, filtered, and shows the rest of its rows at a click", async () => {
        const page = await open("02-volume", "Notebook 6");
        await runAll(page);
        await expectReadable(page, "02-volume");
        const table = page.locator("table.rb-table", { hasText: "Rows of every table" });
        const shown = () => table.locator("tbody tr:visible").count();
        expect(await shown()).toBe(15);
        await page.getByRole("button", { name: "Show 52 more rows" }).first().click();
        expect(await shown()).toBe(67);
        await table.getByRole("button", { name: /^table/ }).click();
        expect(await table.locator("tbody tr td:nth-child(2)").first().textContent()).toBe("accuracy_test_results");
        await page.getByRole("searchbox").first().fill("licens");
        expect(await table.locator("tbody tr:visible td:nth-child(2)").allTextContents()).toEqual(
          expect.arrayContaining(["licenses"]),
        );
        expect(await shown()).toBeLessThan(10);
        // where each link of a table leads: to the whole of it as JSON, CSV and Parquet
        const followed = (await page.evaluate(
          "Promise.all([...document.querySelectorAll('.output caption a')].map(async ({ href }) => [href, (await fetch(href)).status]))",
        )) as [string, number][];
        expect(followed.length).toBeGreaterThan(2);
        expect(followed.filter(([, status]) => status !== 200)).toEqual([]);
        executed = await page.evaluate("Jupyter.notebook.toJSON()");
        // what Tab and Shift-Tab ask the kernel
        const completed = await asked(page, "complete", "conc");
        expect(completed.matches).toContain("conclude");
        const inspected = await asked(page, "inspect", "beside");
        expect(inspected.data["text/plain"]).toMatch(/function beside\(frame: .*DataFrame.*value: string/s);
        expect(inspected.data["text/plain"]).toContain(
          'await show(beside(await both(sql.rowCounts), "rows", "schema", "table"), "Rows of every table");',
        );
        await closeNotebook(page);
      });

      test("an executed copy that nobody has trusted still shows its tables and pictures, and runs no script", async () => {
        for (const { metadata } of executed!.cells) delete metadata.trusted;
        const page = await open("02-volume", "Notebook 6", executed);
        expect(await page.locator("table.rb-table tbody tr:visible").count()).toBeGreaterThan(30);
        expect(
          await page.evaluate(
            "[...document.querySelectorAll('.output_png img')].filter((picture) => picture.naturalWidth > 0).length",
          ),
        ).toBe(1);
        expect(await page.evaluate("typeof window.runbookTables")).toBe("undefined");
        await closeNotebook(page);
      });
    });

    const newFronts = (["JupyterLab 4", "Notebook 7"] as const).map((front) => [front, explainLacking(front)] as const);
    describe.each(newFronts)("%s", (front, lacking) => {
      const notebook = Object.keys(closely).find((name) => closely[name] === front)!;
      let page: Page;
      beforeAll(async () => {
        if (!lacking) page = await open(notebook, front);
      }, 120_000);
      afterAll(async () => {
        if (page) await closeNotebook(page);
      });

      test.skipIf(lacking)(
        `${notebook}: restart and run all; all it shows can be read, in the light and in the dark theme ${lacking ?? ""}`,
        async () => {
          await restartAndRunAll(page);
          await expectReadable(page, notebook);
          const counts = await page.evaluate<number[]>("eyes.counts()");
          expect(counts).toEqual(counts.map((_, index) => index + 1));
          expect(await page.evaluate("eyes.faintTexts()"), "light").toEqual([]);
          expect(await page.evaluate("eyes.wideCharts()"), "charts that are cut at the right").toEqual([]);
          await page.evaluate('eyes.chooseTheme("JupyterLab Dark")');
          await page.waitForFunction("eyes.isStill()", undefined, { polling: 300 });
          expect(await page.evaluate("eyes.faintTexts()"), "dark").toEqual([]);
        },
      );

      test.skipIf(lacking)(`Tab completes a name, and Shift-Tab says what it is for ${lacking ?? ""}`, async () => {
        await addCell(page);
        await page.keyboard.type("conc");
        // a front end waits a second for an answer, and the first one loads TypeScript, which no cell may have needed
        const complete = async () => {
          await page.keyboard.press("Tab");
          const name = page.locator(".jp-Completer-item", { hasText: "conclude" }).first();
          return name.waitFor({ timeout: 2_000 }).then(
            () => true,
            () => false,
          );
        };
        await expect.poll(complete, { timeout: 60_000 }).toBe(true);
        await page.keyboard.press("Enter");
        await page.keyboard.press("Shift+Tab");
        expect(await page.locator(".jp-Tooltip").textContent({ timeout: 60_000 })).toMatch(
          /function conclude\(.*findings/s,
        );
        await page.keyboard.press("Escape");
      });

      test.skipIf(lacking)(
        `Stop ends the cell with a sentence, and nothing more is asked ${lacking ?? ""}`,
        async () => {
          await addCell(page);
          await page.keyboard.insertText(
            [
              'import { local } from "runbook";',
              'await open("stopped");',
              "for (let turn = 0; turn < 3; turn++)",
              "  await local(sql`select count(*) as endless from licenses a join licenses b using (is_deleted)",
              "    join licenses c using (is_deleted) join licenses d using (is_deleted)`);",
            ].join("\n"),
          );
          await page.keyboard.press("Shift+Enter");
          const client = new Client({ connectionString: demo.local });
          await client.connect();
          const countBusy = async () => {
            const { rows } = await client.query<{ busy: number }>(
              "select count(*)::integer as busy from pg_stat_activity where state = 'active' and query like '%endless%' and pid <> pg_backend_pid()",
            );
            return rows[0].busy;
          };
          try {
            await expect.poll(countBusy, { timeout: 60_000 }).toBe(1);
            await page.locator('[data-command="notebook:interrupt-kernel"]').first().click();
            await page.getByText(/^Interrupted: Stopped; nothing more is asked\..*local/).waitFor();
            await expect.poll(countBusy, { timeout: 5_000 }).toBe(0);
            await page.waitForFunction("eyes.isConnected()");
            await new Promise((resolve) => setTimeout(resolve, 1_000));
            expect(await countBusy()).toBe(0);
          } finally {
            await client.end();
          }
        },
      );
    });

    test("a label that is cut, or touches another, and a text that is faint, are seen", async () => {
      const page = await browser.newPage();
      await page.setContent(
        '<div class="output_area"><svg width="60" height="60"><g><text x="40" y="20">beyond</text></g><g><text x="2" y="50">one</text><text x="9" y="50">two</text></g></svg><p style="color: #999">faint</p><p>black</p></div>',
      );
      await page.evaluate(eyes);
      expect(await page.evaluate("eyes.cutLabels()")).toEqual(["beyond is cut", "one touches another"]);
      expect(await page.evaluate("eyes.faintTexts()")).toEqual(["faint: 2.85"]);
      await page.close();
    });
  },
);

/** All that a notebook shows is there and can be read; nothing in it went wrong. */
async function expectReadable(page: Page, notebook: string): Promise<void> {
  const seen = await page.evaluate<Seen>("eyes.look()");
  expect(seen.errors, "errors").toEqual([]);
  expect(seen.silent, "cells that call show, draw, say or conclude, and show nothing").toEqual([]);
  expect(seen.headless, "tables without a head or a caption").toEqual([]);
  const { tables, pictures } = promised(notebook);
  expect(seen.tables).toBeGreaterThanOrEqual(tables);
  expect(seen.pictures).toBeGreaterThanOrEqual(pictures);
  expect(seen.blank, "charts that are not drawn").toEqual([]);
  expect(
    seen.chips.every((chip) => /^[●▲◆○] (critical|high|medium|info)$/.test(chip)),
    seen.chips.join(),
  ).toBe(true);
  expect(seen.asked, "no cell says what it asked").toEqual(
    notebook === "99-results"
      ? []
      : expect.arrayContaining([
          expect.stringMatching(
            /^Asked production \d+ statements?, [\d,]+ rows?, [\d,]+ ms; local .*(live|from an earlier answer)\.$/,
          ),
        ]),
  );
  if (notebook === "99-results")
    expect(seen.notes).toContainEqual(
      expect.stringMatching(/^production: [\d,]+ queries, [\d,]+ rows, [1-9][\d,]+ bytes; local: /),
    );
  expect(await page.evaluate("eyes.cutLabels()"), "labels outside their picture").toEqual([]);
}

/** A new cell below the last one that was active, in which one can type. */
async function addCell(page: Page): Promise<void> {
  await page.evaluate(`(async () => {
    await jupyterapp.commands.execute("notebook:insert-cell-below");
    await jupyterapp.commands.execute("notebook:enter-edit-mode");
  })()`);
  await page.locator(".jp-Cell.jp-mod-active .cm-content").click();
}

interface Executed {
  cells: { metadata: { trusted?: boolean } }[];
}

interface Seen {
  errors: string[];
  silent: string[];
  headless: string[];
  blank: string[];
  tables: number;
  pictures: number;
  chips: string[];
  notes: string[];
  asked: string[];
}

/** The tables and charts that a notebook's cells show without a condition. */
function promised(notebook: string): { tables: number; pictures: number } {
  const { cells } = JSON.parse(readFileSync(join(__dirname, "..", "notebooks", `${notebook}.ipynb`), "utf8")) as {
    cells: { cell_type: string; source: string[] }[];
  };
  const lines = cells.filter(({ cell_type }) => cell_type === "code").flatMap(({ source }) => source);
  return {
    tables: lines.filter((line) => /^await show\(/.test(line)).length,
    pictures: lines.filter((line) => /^await draw\(/.test(line)).length,
  };
}

/** A question to the kernel about half-written code, its cursor at the end. */
function asked(
  page: Page,
  question: "complete" | "inspect",
  code: string,
): Promise<{ matches: string[]; data: Record<string, string> }> {
  return page.evaluate(
    `new Promise((resolve) => Jupyter.notebook.kernel.${question}(${JSON.stringify(code)}, ${code.length}, (reply) => resolve(reply.content)))`,
  );
}
