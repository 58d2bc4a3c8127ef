import { escaped, type Html, trusted } from "./html";

const tags = new Set(
  (
    "a abbr b blockquote br caption code col colgroup dd del details div dl dt em figcaption figure hr i img ins kbd li mark ol p pre q s samp " +
    "section small span strong sub summary sup table tbody td tfoot th thead time tr u ul var"
  ).split(" "),
);
const empty = new Set(["br", "col", "hr", "img"]);
const dropped =
  /<(script|style|template|iframe|object|svg|math|noscript|textarea|title|head)\b[\s\S]*?<\/\1\s*>|<!--[\s\S]*?-->/gi;
const attributes =
  /^(?:class|title|lang|dir|scope|colspan|rowspan|headers|open|alt|width|height|datetime|start|value|role|tabindex|aria-[a-z]+|data-[a-z-]+)$/;
const tag = /<(\/?)([a-z][a-z0-9]*)((?:\s+[a-z][a-z0-9-]*(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'<>=]+))?)*)\s*\/?>/gi;
const attribute = /([a-z][a-z0-9-]*)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>=]+)))?/gi;

/** A notebook's own HTML, reduced to what a document needs: no script, no style, no address outside, every tag closed. */
export function sanitized(source: string): Html {
  const text = source.replace(dropped, "");
  const open: string[] = [];
  let result = "";
  let end = 0;
  for (const match of text.matchAll(tag)) {
    const start = match.index ?? 0;
    result += words(text.slice(end, start));
    end = start + match[0].length;
    result += element(match[1] === "/", match[2].toLowerCase(), match[3], open);
  }
  return trusted(result + words(text.slice(end)) + closing(open));
}

function element(closes: boolean, name: string, rest: string, open: string[]): string {
  // Headings of the document's own outline must not be mixed with those of an output.
  const kept = /^h[1-6]$/.test(name) ? "p" : name;
  if (!tags.has(kept)) return "";
  if (closes) return open.includes(kept) ? closing(open.splice(open.lastIndexOf(kept))) : "";
  const extra = kept === "th" && !/\bscope\b/i.test(rest) ? ` scope="${open.includes("thead") ? "col" : "row"}"` : "";
  if (!empty.has(kept)) open.push(kept);
  return `<${kept}${[...rest.matchAll(attribute)].map(safeAttribute).join("")}${extra}>`;
}

function safeAttribute([, given, ...values]: RegExpMatchArray): string {
  const name = given.toLowerCase();
  const value = values.find((found) => found !== undefined) ?? "";
  const safe =
    attributes.test(name) ||
    (name === "src" && /^data:image\/(?:png|jpeg|gif|webp);base64,/i.test(value)) ||
    (name === "href" && /^(?:#|https?:\/\/|[\w.-]+(?:\/|$))/i.test(value));
  return safe ? ` ${name}="${escapedOnce(value)}"` : "";
}

function words(text: string): string {
  return text.replace(/[<>]/g, escaped);
}

function escapedOnce(value: string): string {
  return value.replace(/&(?!#?\w+;)|[<>"']/g, escaped);
}

function closing(names: string[]): string {
  return names
    .reverse()
    .map((name) => `</${name}>`)
    .join("");
}
