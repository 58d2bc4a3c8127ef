import MarkdownIt from "markdown-it";
import { expect, test } from "vitest";
import { redact, toJson } from "../lib/privacy/redaction";
import { formatCsv, formatRecords, formatTable } from "../lib/show/print";
import { escapeControls, escapeHtml, escapeMarkdown, showControls, showControlsIn, writeCode } from "../lib/text";

/** What must not act on a terminal, a page or a reader, by what stands for it. */
const hostile: Record<string, string> = {
  "\x1b]8;;https://evil.example\x07click\x1b]8;;\x07": "\\x1b]8;;https://evil.example\\x07click\\x1b]8;;\\x07",
  "\x1b[2J\x1b[31mred": "\\x1b[2J\\x1b[31mred",
  "\x9b2J": "\\x9b2J",
  "all is well\rboo": "all is well\\rboo",
  "a\bb\x7f\0": "a\\x08b\\x7f\\x00",
  "user\u202egpj.exe": "user\\u202egpj.exe",
  "\u2066\u2069\u200e\u061c": "\\u2066\\u2069\\u200e\\u061c",
  "zero\u200bwidth\ufeff\u2060": "zero\\u200bwidth\\ufeff\\u2060",
  "line\u2028para\u2029": "line\\u2028para\\u2029",
  "tag\u{e0041}": "tag\\u{e0041}",
  "half\ud800": "half\\ud800",
};
const acting =
  /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e0fff}]|\r(?!\n)/u;

test("what acts unseen is written out, in every form that leaves", () => {
  for (const [text, shown] of Object.entries(hostile)) {
    expect(showControls(text)).toBe(shown);
    expect(showControlsIn({ [text]: [text, 1, null] })).toEqual({ [shown]: [shown, 1, null] });
    const columns = [{ name: text, type: "text" }];
    for (const written of [
      formatTable(columns, [[text]]),
      formatRecords(columns, [[text]]),
      escapeMarkdown(text),
      writeCode(text),
    ])
      expect(written).not.toMatch(acting);
    expect(toJson({ [text]: text })).not.toMatch(acting);
    expect(JSON.parse(escapeControls(JSON.stringify({ [text]: text })))).toEqual({ [text]: text });
  }
  expect(showControls("a line\nand\ta tab\r\nčeština 漢字 😀 é")).toBe("a line\nand\ta tab\r\nčeština 漢字 😀 é");
  expect(formatTable([{ name: "a", type: "text" }], [["one\ntwo\tthree\r\nfour"]])).toContain(
    "one\\ntwo\\tthree\\r\\nfour",
  );
});

test("no text of data becomes a link, an image or an element in Markdown", () => {
  const readers = [new MarkdownIt({ html: true }), new MarkdownIt({ html: true, linkify: true })];
  for (const text of [
    "https://evil.example/?q=1",
    "see http://evil.example, or www.evil.example/x.",
    "(https://evil.example/a|b)",
    "`https://evil.example`",
    "javascript:alert(1)",
    "mailto:x@evil.example",
    "[click](https://evil.example)",
    "![pixel](https://evil.example/x.png)",
    "<https://evil.example>",
    "<img src=x onerror=alert(1)>",
    "[x]: https://evil.example",
    "git@github.com:org/repo.git",
    "| a | b |",
    "# head",
    "*bold* _it_ ~~gone~~ `code` $x$",
    "&lt;b&gt;",
  ])
    for (const reader of readers)
      for (const place of [escapeMarkdown(text), `| ${escapeMarkdown(text)} |\n| --- |\n| ${escapeMarkdown(text)} |`]) {
        const html = reader.render(place);
        expect(html, text).not.toMatch(/<(a|img|h1|em|strong|s)\b/);
        expect(html.match(/<table>/g)?.length ?? 0).toBe(place.includes("---") ? 1 : 0);
      }
  expect(escapeHtml('<a href="x">')).not.toMatch(/[<>"]/);
});

test("a spreadsheet takes no text of a CSV file for a formula, and a program gets each value back", () => {
  const cells = [
    '=HYPERLINK("https://evil.example","x")',
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "=1;2",
    "＝1",
    "'=1",
    "''-x",
    "'plain",
    "-",
    "--1",
    "-1 day",
    "+49 30",
    "-1",
    "-1.50",
    "-1e-7",
    "-0",
    "1",
    "",
    null,
    "a;b",
    'say "x"',
    "-Infinity",
    "jan-uary",
    "a=b",
  ];
  const file = formatCsv(
    ["=name", "n"],
    cells.map((cell) => [cell, "-5"]),
  );
  const rows = readCsv(file);
  expect(rows[0]).toEqual(["'=name", "n"]);
  for (const [index, cell] of cells.entries()) {
    const [written, number] = rows[index + 1];
    expect(number).toBe("-5");
    if (cell === null || /^-?[\d.]+(e-\d+)?$|^-Infinity$/.test(cell)) expect(written).toBe(cell ?? "");
    else expect(written).not.toMatch(/^[=+\-@\t\r\n＝]/);
    expect(written.replace(/^'(?='*[=+\-@\t\r\n＝])/, "")).toBe(cell ?? "");
  }
  expect(file).toContain('"a;b"');
  expect(redact(["=jane@example.com"])).toEqual(["=•••"]);
});

/** Fields by RFC 4180. */
function readCsv(text: string): string[][] {
  return [...text.matchAll(/((?:(?:"(?:[^"]|"")*"|[^,"\r\n]*)(?:,|\r\n))+?)(?<=\r\n)/g)].map(([line]) =>
    [...line.matchAll(/("(?:[^"]|"")*"|[^,"\r\n]*)(?:,|\r\n)/g)].map(([, field]) =>
      field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field,
    ),
  );
}
