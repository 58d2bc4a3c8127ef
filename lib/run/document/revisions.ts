import { type RevisionSummary, type Side } from "../../ledger";
import type { Results } from "../results";
import { count } from "../../text";
import { type Html, html } from "./html";

type OnOneSide = NonNullable<RevisionSummary["sides"][Side]>;

const sides = ["production", "local"] as const;

/** What one side's state of a revision comes to, in one word of the glossary; nothing where record and schema agree. */
export function chooseWord({
  recorded,
  state,
}: OnOneSide): "phantom" | "unrecorded" | "pending" | "cannot be told" | "" {
  if (state === "unknown" || recorded === null) return "cannot be told";
  if (recorded) return state === "whole" || state === "nothing left" ? "" : "phantom";
  return state === "absent" || state === "nothing left" ? "pending" : "unrecorded";
}

/** `recorded, 7 of 7`. A revision without effects on the schema has none to count. */
export function describeState(side: OnOneSide): string {
  const record = side.recorded === null ? "record not known" : side.recorded ? "recorded" : "not recorded";
  return side.total > 0 ? `${record}, ${side.there} of ${side.total}` : `${record}, no effect on the schema`;
}

/**
 * What each side records of each revision and what is there of it, in the order of the history: a table that is its
 * own chart.
 */
export function renderRevisions({ revisions = [] }: Results): Html | undefined {
  if (revisions.length === 0) return undefined;
  const odd = revisions.filter(({ sides: all }) => Object.values(all).some((side) => chooseWord(side) !== ""));
  return html`<section id="revisions" aria-labelledby="revisions-title">
    <h2 id="revisions-title">Migrations</h2>
    <p>
      ${count(revisions.length, "revision")} in the order of the history: is it recorded, and how many of its effects
      are there? ${odd.length === 0 ? "Record and schema agree everywhere." : `${odd.length} do not agree on a side.`}
    </p>
    <div class="scroll" tabindex="0" role="group" aria-label="Table: the state of each revision">
      <table class="revisions">
        <thead>
          <tr>
            <th scope="col">Revision</th>
            ${sides.map((side) => html`<th scope="col" class="${side}">${side}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${revisions.map(
            ({ revision, sides: all }) =>
              html`<tr>
                <th scope="row"><code>${revision}</code></th>
                ${sides.map((side) => renderState(all[side]))}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`;
}

function renderState(side?: OnOneSide): Html {
  if (!side) return html`<td><span class="null">not asked</span></td>`;
  const word = chooseWord(side);
  const share = side.total > 0 ? Math.round((100 * side.there) / side.total) : 0;
  return html`<td class="${word === "phantom" ? "critical" : word && "high"}">
    <span class="share" aria-hidden="true"><span style="width:${share}%"></span></span> ${describeState(side)}
    ${word && html`<strong>${word}</strong>`}
  </td>`;
}
