import { escapeHtml } from "../../text";

/** A piece of HTML that is safe as it stands. */
export interface Html {
  readonly html: string;
}

type Piece = Html | string | number | undefined | false | Piece[];

/** HTML from a template: whatever is put in is escaped, unless it is HTML already. */
export function html(texts: TemplateStringsArray, ...pieces: Piece[]): Html {
  return { html: texts.map((text, index) => (index === 0 ? text : render(pieces[index - 1]) + text)).join("") };
}

/** Text that is HTML already: only for what this folder's other files have made. */
export function trustHtml(text: string): Html {
  return { html: text };
}

/** A name that can stand in `id` and after `#`, different for different texts. */
export function makeAnchor(text: string): string {
  return encodeURIComponent(text)
    .replace(/%2F/g, "/")
    .replace(/[%'()*!]/g, (character) => (character === "%" ? "~" : `~${character.charCodeAt(0).toString(16)}`));
}

function render(piece: Piece): string {
  if (piece === undefined || piece === false) return "";
  if (Array.isArray(piece)) return piece.map(render).join("");
  return typeof piece === "object" ? piece.html : escapeHtml(String(piece));
}
