import MarkdownIt from "markdown-it";
import { shapes } from "../../ledger";
import type { Cell, CodeCell } from "../notebook";
import { describeParameters } from "../parameters";
import type { Executed } from "../runner";
import type { Results } from "../results";
import { count } from "../../text";
import { type Html, makeAnchor, html, trustHtml } from "./html";
import { listFindingsOf, isNotRun } from "./outline";
import { type Shown, chooseShown } from "./outputs";
import { sanitizeHtml } from "./sanitize";

// Pictures in prose would ask the network; HTML in prose is shown as text.
const markdown = new MarkdownIt({ html: false }).disable("image");

/** One executed notebook as a section of the document. */
export function renderNotebook(
  { name, title, notebook, seconds, failed, parameters }: Executed,
  results: Results,
): Html {
  const outline = { level: 3, titled: false };
  return html`<section class="notebook" aria-labelledby="${makeAnchor(name)}">
    <h3 id="${makeAnchor(name)}">${title}</h3>
    ${failed && html`<p class="rb-incomplete"><strong>Not complete:</strong> ${failed.why}</p>`}
    <details class="phase">
      <summary>Questions and answers<span class="unseen"> of ${title}</span></summary>
      <p class="trace"><a href="${encodeURI(name)}.ipynb">${name}.ipynb</a>, ${seconds.toFixed(1)} s</p>
      ${parameters && html`<p class="rb-note">Run with ${describeParameters(parameters)}.</p>`}
      ${notebook.cells.map((cell) => renderCell(cell, name, results, outline))}
    </details>
  </section>`;
}

interface Outline {
  level: number;
  titled: boolean;
}

function renderCell(cell: Cell, notebook: string, results: Results, outline: Outline): Html | undefined {
  if (cell.cell_type === "raw" || cell.source.trim() === "") return undefined;
  return cell.cell_type === "code"
    ? renderCode(cell, notebook, results, outline)
    : html`<div class="prose">${renderProse(cell.source, outline)}</div>`;
}

function renderCode(cell: CodeCell, notebook: string, results: Results, outline: Outline): Html {
  const lines = cell.source.trimEnd().split("\n").length;
  const findings = listFindingsOf(results, notebook, cell.id);
  const outputs = cell.outputs.flatMap((output) => chooseShown(output) ?? []);
  return html`<div class="cell" id="${makeAnchor(`${notebook}/${cell.id}`)}">
    <details class="code">
      <summary>Code <span class="count">${count(lines, "line")}</span></summary>
      <pre tabindex="0"><code>${cell.source.trimEnd()}</code></pre>
    </details>
    ${isNotRun(cell) ? html`<p class="not-run">Not run: an earlier cell failed.</p>` : outputs.map((output) => renderOutput(output, outline))}
    ${
      findings.length > 0 &&
      html`<details class="back" ${findings.length <= 3 && trustHtml(" open")}>
        <summary>${count(findings.length, "finding")} from here</summary>
        <ul>
          ${findings.map(
            ({ id, title, severity }) =>
              html`<li>
                <a href="#${makeAnchor(`finding/${id}`)}"
                  ><span class="shape ${severity}" aria-hidden="true">${shapes[severity]}</span> ${title}</a
                >
              </li>`,
          )}
        </ul>
      </details>`
    }
  </div>`;
}

function renderOutput(output: Shown, outline: Outline): Html {
  if (output.kind === "error")
    return html`<div class="error" role="note" aria-label="Error">
      <p><strong>${output.name}</strong></p>
      <p class="sentence">${output.sentence}</p>
    </div>`;
  if (output.kind === "html") return makeScrollable(sanitizeHtml(output.html));
  if (output.kind === "markdown")
    return html`<div class="prose">${renderProse(output.markdown, { ...outline, titled: true })}</div>`;
  if (output.kind === "text") return html`<pre class="text ${output.stream ?? ""}" tabindex="0">${output.text}</pre>`;
  const picture = output.svg
    ? `data:image/svg+xml;base64,${Buffer.from(addDarkStyle(output.svg)).toString("base64")}`
    : `data:image/png;base64,${output.png ?? ""}`;
  // The picture's text is read aloud once, as its alternative; the caption is for the eye.
  return html`<figure>
    <img
      src="${picture}"
      alt="${output.sentence}"
      ${output.width !== undefined && !output.svg && html` width="${output.width}"`}
    />
    <figcaption aria-hidden="true">${output.sentence}</figcaption>
  </figure>`;
}

/** Wide tables scroll by themselves, with the keyboard too. */
function makeScrollable({ html: text }: Html): Html {
  return trustHtml(
    text.replace(/<table\b[\s\S]*?<\/table>/g, (table) => {
      const title = /data-title="([^"]*)"/.exec(table)?.[1];
      return (
        `<div class="scroll" tabindex="0" role="group" ` +
        `aria-label="${title ? `Table: ${title}` : "Table"}">${table}</div>`
      );
    }),
  );
}

/** A picture that follows the page into the dark. An SVG that is a picture knows what its page prefers. */
function addDarkStyle(svg: string): string {
  const dark = `text[fill="#000"],path[fill="#000"]{fill:#e6e6e3}text[fill="#555555"]{fill:#a3a8b0}rect[fill="white"],path[fill="white"]{fill:#1f2226}[stroke="#e5e5e5"],[stroke="#ddd"]{stroke:#3a3e44}[stroke="#888"]{stroke:#8b9098}[stroke="#222222"],path[fill="#222222"]{stroke:#e6e6e3;fill:#e6e6e3}`;
  return svg.replace(/(<svg\b[^>]*>)/, `$1<style>@media (prefers-color-scheme:dark){${dark}}</style>`);
}

// A notebook's headings continue the document's outline without a gap, and its title is said once.
function renderProse(source: string, outline: Outline): Html {
  const tokens = markdown.parse(source, {});
  const title = outline.titled ? -1 : tokens.findIndex((token) => token.type === "heading_open");
  if (title >= 0) {
    tokens.splice(title, 3);
    outline.titled = true;
  }
  for (const token of tokens) {
    if (token.type === "heading_open") outline.level = Math.min(Number(token.tag.slice(1)) + 2, outline.level + 1, 6);
    if (token.type === "heading_open" || token.type === "heading_close") token.tag = `h${outline.level}`;
    if (token.type === "th_open") token.attrSet("scope", "col");
  }
  return trustHtml(markdown.renderer.render(tokens, markdown.options, {}));
}
