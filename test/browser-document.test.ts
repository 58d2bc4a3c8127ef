import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sanitizeHtml } from "../lib/run/document/sanitize";
import { lackingBrowser, startBrowser } from "./browser/jupyter";
import { hostileHtml } from "./hostile-html";
import { readWholeRun, wholeRunTimeout } from "./whole-run";

const cli = join(__dirname, "..", "lib", "cli.js");
const axe = readFileSync(createRequire(__filename).resolve("axe-core/axe.min.js"), "utf8");

/** What people forward, as a reader's browser shows it: the whole run of the demo, without a network. */
describe.skipIf(lackingBrowser)(`the document in a browser ${lackingBrowser ?? ""}`, { timeout: 120_000 }, () => {
  let out: string;
  let browser: Browser;
  beforeAll(async () => {
    out = mkdtempSync(join(tmpdir(), "runbook-document-"));
    cpSync((await readWholeRun()).out, out, { recursive: true });
    browser = await startBrowser();
  }, wholeRunTimeout);
  afterAll(async () => {
    await browser?.close();
    rmSync(out, { recursive: true, force: true });
  });

  async function read(scheme: "light" | "dark" = "light", width = 1280): Promise<{ page: Page; heard: string[] }> {
    const context = await browser.newContext({
      offline: true,
      colorScheme: scheme,
      viewport: { width, height: 900 },
      acceptDownloads: true,
    });
    const page = await context.newPage();
    const heard: string[] = [];
    const document = pathToFileURL(join(out, "results.html")).href;
    page.on(
      "request",
      (request) => request.url() !== document && !request.url().startsWith("data:") && heard.push(request.url()),
    );
    page.on("console", (message) => heard.push(message.text()));
    page.on("pageerror", (error) => heard.push(error.message));
    await page.goto(document);
    return { page, heard };
  }

  test("hostile HTML runs nothing and asks for nothing; as it stands it would", async () => {
    const context = await browser.newContext({ offline: true });
    const page = await context.newPage();
    const heard: string[] = [];
    page.on("dialog", (dialog) => (heard.push("alert"), void dialog.dismiss()));
    page.on("request", (request) => /^(data:|about:)/.test(request.url()) || heard.push(request.url()));
    const show = async (outputs: string[]) => {
      for (const output of outputs) await page.setContent(`<main>${output}</main>`);
      await page.evaluate(`document.querySelectorAll("*").forEach((one) => one.click())`);
      return heard.splice(0).length;
    };
    expect(await show([`<img src=x onerror=alert(1)>`])).toBeGreaterThan(0);
    expect(await show(hostileHtml.map((given) => sanitizeHtml(given).html.replace(/ href="https:[^"]*"/g, "")))).toBe(
      0,
    );
    await context.close();
  });

  const unfold = (page: Page) =>
    page.evaluate(`document.querySelectorAll("details").forEach((one) => (one.open = true))`);

  test("asks nothing of the network, says nothing on the console, and is smaller than 2 MB", async () => {
    const { page, heard } = await read();
    await page.evaluate("scrollTo(0, document.body.scrollHeight)");
    await page.waitForLoadState("networkidle");
    expect(heard).toEqual([]);
    expect(await page.evaluate("[...document.images].filter((image) => image.naturalWidth === 0).length")).toBe(0);
    expect(statSync(join(out, "results.html")).size).toBeLessThan(2e6);
    await page.context().close();
  });

  test.each(["light", "dark"] as const)(
    "meets WCAG 2.2 AA in the %s, with all that is folded opened, as far as axe-core can tell",
    async (scheme) => {
      const { page } = await read(scheme);
      await unfold(page);
      await page.evaluate(axe);
      const violations =
        await page.evaluate(`axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], resultTypes: ["violations"] })
      .then(({ violations }) => violations.map(({ id, impact, nodes }) => [id, impact, nodes[0].html]))`);
      expect(violations).toEqual([]);
      await page.context().close();
    },
  );

  test("a finding leads to its evidence and back, and nothing leads nowhere", async () => {
    const { page } = await read();
    const dead = await page.evaluate(
      `[...document.querySelectorAll('a[href^="#"]')].map((link) => decodeURIComponent(link.getAttribute("href").slice(1))).filter((id) => !document.getElementById(id))`,
    );
    expect(dead).toEqual([]);
    await unfold(page);
    const finding = page.locator("article.finding article.finding", { hasText: "portal_username" }).first();
    await finding.getByRole("link", { name: /^Evidence in 01-metadata/ }).click();
    const cell = page.locator(".cell:target");
    expect(await cell.count()).toBe(1);
    await cell
      .locator(".back a", { hasText: "portal_username" })
      .first()
      .evaluate((link) => (link as unknown as { click(): void }).click());
    expect(await page.evaluate("document.querySelector(':target').textContent")).toContain("portal_username");
    await page.context().close();
  });

  test("works with the keyboard: the skip link, sorting by Enter, unfolding by Space", async () => {
    const { page } = await read();
    await page.keyboard.press("Tab");
    expect(await page.evaluate("document.activeElement.textContent")).toBe("Skip to the findings");
    await unfold(page);
    const table = page.locator("table", { hasText: "Rows of every table" }).first();
    const sort = table.getByRole("button", { name: /^production/ });
    await sort.focus();
    await page.keyboard.press("Enter");
    expect(await table.locator('th[aria-sort="ascending"]').textContent()).toMatch(/^production/);
    const more = page.getByRole("button", { name: "Show 52 more rows" }).first();
    await more.focus();
    await page.keyboard.press("Space");
    expect(await table.locator("tbody tr:visible").count()).toBe(67);
    await page.context().close();
  });

  test("gives a table's whole data as CSV, also where the document travels alone", async () => {
    const { page } = await read();
    await unfold(page);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name: "Download as CSV: Rows of every table" }).click(),
    ]);
    const lines = readFileSync(await download.path(), "utf8")
      .trim()
      .split("\r\n");
    expect(lines[0]).toBe("schema,table,production,local,difference");
    expect(lines).toHaveLength(68);
    expect(lines).toContain("public,licenses,4509,270,4239");
    await page.context().close();
  });

  test("can be read in a few minutes before anything is unfolded, and tells each finding once", async () => {
    const { page } = await read();
    expect(await page.evaluate("document.body.innerText.split(/\\s+/).length")).toBeLessThan(6000);
    const { findings } = JSON.parse(readFileSync(join(out, "results.json"), "utf8")) as { findings: { id: string }[] };
    const told = (await page.evaluate(
      `[...document.querySelectorAll('[id^="finding/"]')].map((one) => one.id)`,
    )) as string[];
    expect(told.length).toBe(findings.length);
    expect(new Set(told).size).toBe(told.length);
    expect(await page.evaluate(`document.querySelector("#provenance").textContent`)).toMatch(
      /npx runbook run --fail-on critical/,
    );
    expect(await page.evaluate(`document.querySelector("#provenance").textContent`)).toMatch(
      /made-up rows, .* but for these .*: cme_activities 3,640 and 320, /,
    );
    await page.context().close();
  });

  test.each([320, 390, 1280])("fits a screen that is %i pixels wide", async (width) => {
    const { page } = await read("light", width);
    expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
    await page.context().close();
  });

  test("runbook pdf prints it", () => {
    execFileSync(process.execPath, [cli, "pdf", out]);
    const pdf = readFileSync(join(out, "results.pdf")).toString("latin1");
    expect(pdf.slice(0, 5)).toBe("%PDF-");
    expect(Math.max(...[...pdf.matchAll(/\/Count (\d+)/g)].map(([, count]) => Number(count)))).toBeLessThanOrEqual(30);
  });

  test("the Markdown's pictures and data lie beside it", () => {
    const text = readFileSync(join(out, "results.md"), "utf8");
    const beside = [...text.matchAll(/\]\((charts\/[^)]+|data\/[^)]+)\)/g)].map(([, file]) => decodeURI(file));
    expect(beside.length).toBeGreaterThan(20);
    expect(beside.filter((file) => !existsSync(join(out, file)))).toEqual([]);
  });
});
