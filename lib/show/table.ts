import { type DataFrame } from "nodejs-polars";
import { type TextColumn, getHeight, listRows, readTexts } from "../frame";
import { count, escapeHtml, escapeMarkdown } from "../text";
import { distinguish } from "../distinguish";
import type { Bundle } from "./display";

/** What is seen at once, in HTML and in Markdown; what a click shows; the rest is in the file. */
const [seen, shown] = [15, 500];
/** A column with a text of more characters needs some width to be read. */
const longText = 60;
/** A column whose texts all have no more than these is not broken into lines. */
const shortText = 24;

interface Header {
  name: string;
  type: string;
  number: boolean;
  classes: string;
}

type Cells = (string | null)[][];

/** The same file in another format: `data/x.json` is `data/x.csv` too. */
export function withEnding(file: string, ending: "csv" | "parquet"): string {
  return file.replace(/json$/, ending);
}

/**
 * A frame as a table: caption, shape, types, numbers with separators and aligned, 15 rows at once and up to 500 at a
 * click. `file` is where the whole of it lies; `texts` are the frame's own, where they were read before.
 */
export function makeFrameBundle(frame: DataFrame, caption: string, file: string, texts = readTexts(frame)): Bundle {
  const cells = formatTexts(frame, texts);
  const headers = texts.map((text, column) =>
    describeHeader(
      text,
      cells.map((row) => row[column]),
    ),
  );
  const height = getHeight(frame);
  const shape = `${count(height, "row")} × ${count(headers.length, "column")}`;
  const more = height > cells.length ? `${shape}, the first ${cells.length} here` : shape;
  return {
    "text/html": renderHtmlTable(headers, cells, caption, more, file, height),
    "text/markdown": renderMarkdownTable(headers, cells, caption, shape, file, height),
    "text/plain": `${caption} (${shape})\n${height ? frame.head(seen).toString() : "no rows"}`,
  };
}

function describeHeader({ name, type: stored }: TextColumn, cells: (string | null)[]): Header {
  const type = nameType(stored);
  const number = type === "integer" || type === "number";
  const longest = Math.max(0, ...cells.map((cell) => cell?.length ?? 0));
  const classes = [
    number ? "num" : longest <= shortText ? "short" : longest > longText && "text",
    /\bproduction$/.test(name) && "production",
    /\blocal$/.test(name) && "local",
  ]
    .filter(Boolean)
    .join(" ");
  return { name, type, number, classes };
}

function nameType(dtype: string): string {
  if (/Int\d/.test(dtype)) return "integer";
  if (/Float/.test(dtype)) return "number";
  if (/Bool/.test(dtype)) return "true or false";
  if (/Datetime/.test(dtype)) return "time, UTC";
  return /Date/.test(dtype) ? "date" : "text";
}

function renderHtmlTable(
  headers: Header[],
  cells: Cells,
  caption: string,
  shape: string,
  file: string,
  height: number,
): string {
  const attribute = (classes: string) => (classes ? ` class="${classes}"` : "");
  const head = `<thead><tr>${headers.map(({ name, type, classes }) => `<th scope="col"${attribute(classes)}>${escapeHtml(name)}<br><small>${type}</small></th>`).join("")}</tr></thead>`;
  const cell = (text: string | null, { classes, number }: Header) =>
    text === null
      ? `<td class="null${number ? " num" : ""}">null</td>`
      : `<td${attribute(classes)}>${escapeHtml(text)}</td>`;
  const body = (rows: Cells) =>
    `<tbody>${rows.map((row) => `<tr>${row.map((text, index) => cell(text, headers[index])).join("")}</tr>`).join("\n")}</tbody>`;
  const rest = cells.slice(seen);
  return (
    `<table class="rb-table"><caption ` +
    `data-title="${escapeHtml(caption)}"><strong>${escapeHtml(caption)}</strong> <a ` +
    `href="${escapeHtml(encodeURI(file))}">${shape}</a>${otherFormats(file, (href, name) => ` <a class="rb-format" href="${escapeHtml(href)}">${name}</a>`)}${rest.length ? `<span class="rb-shown">, ${seen} of ${height} shown</span>` : ""}</caption>${head}${body(cells.slice(0, seen))}</table>` +
    (rest.length
      ? `<details class="rb-rest"><summary>${count(rest.length, "more row")}</summary><table ` +
        `class="rb-table">${head}${body(rest)}</table></details>`
      : "")
  );
}

function otherFormats(file: string, write: (href: string, name: string) => string): string {
  if (!file.endsWith(".json")) return "";
  return write(encodeURI(withEnding(file, "csv")), "CSV") + write(encodeURI(withEnding(file, "parquet")), "Parquet");
}

function renderMarkdownTable(
  headers: Header[],
  cells: Cells,
  caption: string,
  shape: string,
  file: string,
  height: number,
): string {
  const line = (texts: string[]) => `| ${texts.join(" | ")} |`;
  const rows = cells.slice(0, seen);
  return [
    `**${escapeMarkdown(caption)}** ` +
      `([${shape}](${encodeURI(file)})${otherFormats(file, (href, name) => `, [${name}](${href})`)})`,
    "",
    line(headers.map(({ name }) => escapeMarkdown(name))),
    line(headers.map(({ number }) => (number ? "---:" : "---"))),
    ...rows.map((row) => line(row.map((text) => (text === null ? "*null*" : escapeMarkdown(text))))),
    ...(height > rows.length
      ? ["", `… and ${count(height - rows.length, "more row")}, in [${escapeMarkdown(file)}](${encodeURI(file)})`]
      : []),
  ].join("\n");
}

/**
 * The cells as a person reads them. Where both sides' values of a comparison differ and would look alike, they are
 * shown in full.
 */
function formatTexts(frame: DataFrame, texts: TextColumn[]): Cells {
  const names = texts.map(({ name }) => name);
  const exact = texts.map((column) => column.texts.slice(0, shown));
  const columns = texts.map(({ name, type }, at) => {
    if (/Int\d/.test(type)) return exact[at].map((cell) => cell && BigInt(cell).toLocaleString("en"));
    if (/Float/.test(type)) return formatDecimals(frame.getColumn(name).head(shown).toArray() as (number | null)[]);
    if (/Datetime/.test(type)) return exact[at].map((cell) => cell && `${cell.slice(0, 19)}Z`);
    return [...exact[at]];
  });
  for (const [one, other] of findPairs(names))
    exact[one].forEach((left, row) => {
      const right = exact[other][row];
      if (left === null || right === null || left === right) return;
      const alike = columns[one][row] === columns[other][row];
      [columns[one][row], columns[other][row]] = alike
        ? distinguish(left, right)
        : distinguish(columns[one][row]!, columns[other][row]!);
    });
  return listRows(columns);
}

/**
 * The places of two columns that hold one value of both sides: `rows in production` and `rows in local`, `production`
 * and `local`.
 */
function findPairs(names: string[]): [number, number][] {
  return names.flatMap((name, at): [number, number][] => {
    const other = names.indexOf(name.replace(/(^| in )production$/, "$1local"));
    return other === -1 || other === at ? [] : [[at, other]];
  });
}

/**
 * Numbers with the same number of decimals, so that their points stand below each other: as few as show them all, at
 * most three, or six where three would show 0.
 */
function formatDecimals(numbers: (number | null)[]): (string | null)[] {
  const finite = numbers.filter((number): number is number => number !== null && Number.isFinite(number));
  const digits = (most: number) =>
    Math.max(0, ...finite.map((number) => number.toFixed(most).replace(/0+$/, "").split(".")[1]?.length ?? 0));
  const places = digits(finite.some((number) => number !== 0 && Number(number.toFixed(3)) === 0) ? 6 : 3);
  return numbers.map(
    (number) => number?.toLocaleString("en", { minimumFractionDigits: places, maximumFractionDigits: places }) ?? null,
  );
}
