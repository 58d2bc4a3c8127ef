import type { Executed } from "../runner";
import type { Results } from "../results";
import { count } from "../../text";
import { type Html, html } from "./html";
import { listCostCells, listFrames } from "./outline";
import { glossary, listOriginRows } from "./words";

/** The words that the document uses in a sense of their own, each in one sentence. */
export function renderGlossary(): Html {
  return html`<details id="words" class="words">
    <summary>Words of this document</summary>
    <dl>
      ${Object.entries(glossary).map(
        ([word, meaning]) =>
          html`<dt>${word}</dt>
            <dd>${meaning}</dd>`,
      )}
    </dl>
  </details>`;
}

/** Versions, operator, settings, and the command that makes the same run again. */
export function renderOrigin(results: Results): Html {
  return html`<section id="provenance" aria-labelledby="provenance-title">
    <h2 id="provenance-title">How this document was made</h2>
    <dl class="values">
      ${listOriginRows(results).map(
        ([name, value]) =>
          html`<dt>${name}</dt>
            <dd><code>${value}</code></dd>`,
      )}
    </dl>
  </section>`;
}

/** What was asked of each side, and the files behind the tables. */
export function renderCosts(executed: Executed[], results: Results): Html {
  const frames = listFrames(executed);
  const heads = ["Queries", "Answered before", "Failed", "Rows", "Invocations", "Received", "ms in the function", "ms"];
  const rows = listCostCells(executed, results).map(
    ({ side: name, cells }) =>
      html`<tr>
        <th scope="row" class="${name}">${name}</th>
        ${cells.map((cell) => html`<td class="num">${cell}</td>`)}
      </tr>`,
  );
  return html`<section id="queries" aria-labelledby="queries-title">
    <h2 id="queries-title">Queries and data</h2>
    <details>
      <summary>What was asked of each side</summary>
      <div class="scroll">
        <table class="rb-table">
          <caption>
            Each query stands in
            <code>queries.jsonl</code
            >, beside this document
          </caption>
          <thead>
            <tr>
              <th scope="col">Source</th>
              ${heads.map((head) => html`<th scope="col" class="num">${head}</th>`)}
            </tr>
          </thead>
          <tbody>
            ${rows}
          </tbody>
        </table>
      </div>
    </details>
    ${
      frames.length > 0 &&
      html`<details>
        <summary>The data behind the tables: ${count(frames.length, "file")}</summary>
        <ul>
          ${frames.map(({ file, caption, rows }) => html`<li><a href="${encodeURI(file)}" download>${caption}</a>, ${count(rows, "row")}</li>`)}
        </ul>
      </details>`
    }
  </section>`;
}
