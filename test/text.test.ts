import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import MarkdownIt from "markdown-it";
import { expect, test } from "vitest";
import { replaceFile } from "../lib/file";
import { quoteLiteral, quotePlace, quoteName } from "../lib/sql/quote";
import { count, escapeHtml, escapeMarkdown } from "../lib/text";

test("a number of things has its plural", () => {
  const counted = [
    count(1, "row"),
    count(1234, "row"),
    count(0, "index"),
    count(2, "query"),
    count(2, "foreign key"),
    count(2, "policy"),
    count(2, "branch"),
    count(2, "statistics"),
  ];
  expect(counted).toEqual([
    "1 row",
    "1,234 rows",
    "0 indexes",
    "2 queries",
    "2 foreign keys",
    "2 policies",
    "2 branches",
    "2 statistics",
  ]);
});

test("text that is escaped for Markdown is shown as it is", () => {
  for (const text of [
    "a_b",
    "_a_",
    "*a* **b**",
    "`a`",
    "[a](b)",
    "a | b",
    "<b>",
    "&lt;",
    "# a",
    "> a",
    "- a",
    "~~a~~",
    "\\a",
  ])
    expect(new MarkdownIt({ html: true }).render(escapeMarkdown(text))).toBe(
      `<p>${text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;")}</p>\n`,
    );
  expect(escapeMarkdown(" a\n  b ")).toBe("a b");
  expect(escapeHtml(`<a b="c" d='e'>&`)).toBe("&#60;a b=&#34;c&#34; d=&#39;e&#39;&#62;&#38;");
});

test("names and texts stand in a statement whatever is in them", () => {
  expect([quoteName('a"b'), quotePlace({ schema: "a.b", name: "C" }), quotePlace({ schema: null, name: "c" })]).toEqual(
    ['"a""b"', '"a.b"."C"', '"c"'],
  );
  expect([quoteLiteral("it's"), quoteLiteral("\\d'"), quoteLiteral(" a "), quoteLiteral("")]).toEqual([
    "'it''s'",
    "E'\\\\d'''",
    "' a '",
    "''",
  ]);
});

test("a file is replaced whole, in a folder that need not be there, with its mode", () => {
  const folder = mkdtempSync(join(tmpdir(), "runbook-file-"));
  const path = join(folder, "a", "b.json");
  replaceFile(path, "1", 0o600);
  replaceFile(path, "2", 0o600);
  expect(readFileSync(path, "utf8")).toBe("2");
  expect(readdirSync(join(folder, "a"))).toEqual(["b.json"]);
  if (process.platform !== "win32") expect(statSync(path).mode & 0o777).toBe(0o600);
  rmSync(folder, { recursive: true });
});
