import { type Severity, shapes } from "../../ledger";
import { type Html, html } from "./html";

/** A severity as a colour, a shape and a word, so that each alone is enough. */
export function renderChip(severity: Severity): Html {
  return html`<span class="chip ${severity}">${renderShape(severity)} ${severity}</span>`;
}

/** The shape of a severity, for the eye alone. */
export function renderShape(severity: Severity): Html {
  return html`<span class="shape ${severity}" aria-hidden="true">${shapes[severity]}</span>`;
}
