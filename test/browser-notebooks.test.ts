import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { closeNotebook, lacking, openNotebook, runAll, startBrowser, startLab, type Lab } from "./browser/jupyter";

/** Every notebook as a person meets it: `runbook lab`, a real Jupyter, a real browser, run all cells, look. */
const notebooks = readdirSync(join(__dirname, "..", "notebooks"))
  .filter((file) => file.endsWith(".ipynb"))
  .map((file) => file.replace(".ipynb", ""));

const eyes = readFileSync(join(__dirname, "browser", "look.js"), "utf8");

describe.skipIf(lacking)(`the notebooks in Jupyter ${lacking ?? ""}`, { timeout: 300_000 }, () => {
  let lab: Lab;
  let browser: Browser;
  let executed: { cells: { metadata: { trusted?: boolean } }[] } | undefined;
  beforeAll(async () => {
    [lab, browser] = await Promise.all([startLab(), startBrowser()]);
  }, 300_000);
  afterAll(async () => {
    await browser?.close();
    await lab?.stop();
  }, 60_000);

  test.each(notebooks)("%s runs from top to bottom, and all it shows can be read", async (notebook) => {
    const page = await openNotebook(browser, lab, notebook);
    await runAll(page);
    const seen = await look(page);
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
    await closeNotebook(page);
  });

  test("a table is sorted by its head, filtered, and shows the rest of its rows at a click", async () => {
    const page = await openNotebook(browser, lab, "02-volume");
    await runAll(page);
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

  test("a label that is cut, or touches another, is seen", async () => {
    const page = await browser.newPage();
    await page.setContent(
      '<div class="output_area"><svg width="60" height="60"><g><text x="40" y="20">beyond</text></g><g><text x="2" y="50">one</text><text x="9" y="50">two</text></g></svg></div>',
    );
    await page.evaluate(eyes);
    expect(await page.evaluate("eyes.cutLabels()")).toEqual(["beyond is cut", "one touches another"]);
    await page.close();
  });

  test("an executed copy that nobody has trusted still shows its tables and pictures, and runs no script", async () => {
    for (const { metadata } of executed!.cells) delete metadata.trusted;
    const page = await openNotebook(browser, lab, "02-volume", executed);
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

async function look(page: Page): Promise<Seen> {
  await page.evaluate(eyes);
  return page.evaluate("eyes.look()");
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
