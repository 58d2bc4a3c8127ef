import { severities } from "../../ledger";
import type { Executed } from "../runner";
import type { Results } from "../results";
import { count } from "../../text";
import { type Html, makeAnchor, html } from "./html";
import { renderShape } from "./marks";
import { listPhases, formatNumber } from "./outline";

/** The matrix of the phases, and all checks folded below it. */
export function renderChecks(results: Results, executed: Executed[]): Html {
  const cell = (count: number, name = ""): Html =>
    html`<td class="num ${count ? name : "zero"}">${count ? formatNumber(count) : "·"}</td>`;
  return html`<section id="checks" aria-labelledby="checks-title">
    <h2 id="checks-title">Checks</h2>
    <div class="scroll" tabindex="0" role="group" aria-label="Matrix of the phases">
      <table class="matrix">
        <caption>
          What each phase checked, and what it found
        </caption>
        <thead>
          <tr>
            <th scope="col">Phase</th>
            <th scope="col" class="num">same</th>
            <th scope="col" class="num">drift</th>
            <th scope="col" class="num">incomplete</th>
            ${severities.map((severity) => html`<th scope="col" class="num">${renderShape(severity)} ${severity}</th>`)}
            <th scope="col" class="num">queries</th>
            <th scope="col" class="num">seconds</th>
          </tr>
        </thead>
        <tbody>
          ${listPhases(results, executed).map(
            (phase) =>
              html`<tr>
                <th scope="row"><a href="#${makeAnchor(phase.name)}">${phase.title}</a></th>
                ${cell(phase.same)}${cell(phase.drift, "is-drift")}${cell(phase.incomplete, "is-incomplete")}${severities.map((severity) => cell(phase.found[severity], severity))}${cell(phase.queries)}
                <td class="num">${phase.seconds.toFixed(1)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${
      results.checks.length > 0 &&
      html`<details class="checks-all">
        <summary>All ${count(results.checks.length, "check")}</summary>
        <div class="scroll" tabindex="0" role="group" aria-label="All checks">
          <table class="rb-table checks">
            <caption>
              All checks
            </caption>
            <thead>
              <tr>
                <th scope="col" class="num">Phase</th>
                <th scope="col">Check</th>
                <th scope="col">Status</th>
                <th scope="col">Why</th>
                <th scope="col" class="num">Queries</th>
                <th scope="col" class="num">ms</th>
              </tr>
            </thead>
            <tbody>
              ${results.checks.map(
                ({ id, phase, status, label, why, queries, milliseconds }) =>
                  html`<tr>
                    <td class="num">${phase}</td>
                    <th scope="row"><code>${id}</code></th>
                    <td><span class="status is-${status}">${label ?? status}</span></td>
                    <td>${why}</td>
                    <td class="num">${formatNumber(queries)}</td>
                    <td class="num">${formatNumber(milliseconds)}</td>
                  </tr>`,
              )}
            </tbody>
          </table>
        </div>
      </details>`
    }
  </section>`;
}

/** The checks that a side could not answer, each with its reason. */
export function renderNotChecked(results: Results): Html {
  const open = results.checks.filter(({ status }) => status === "incomplete");
  return html`<section id="not-checked" aria-labelledby="not-checked-title">
    <h2 id="not-checked-title">What was not checked</h2>
    ${
      open.length === 0
        ? html`<p>Every check was completed.</p>`
        : html`<ul class="open">
            ${open.map(({ id, why }) => html`<li><code>${id}</code> ${why}</li>`)}
          </ul>`
    }
  </section>`;
}
