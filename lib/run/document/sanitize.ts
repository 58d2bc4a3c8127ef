import { FilterXSS, escapeAttrValue, escapeHtml, friendlyAttrValue } from "xss";
import { type Html, trustHtml } from "./html";

const tags = (
  "a abbr b blockquote br caption code col colgroup dd del details div dl dt em figcaption figure hr i img " +
  "ins kbd li mark ol p pre q s samp " +
  "section small span strong sub summary sup table tbody td tfoot th thead time tr u ul var"
).split(" ");
const attributes = (
  "class title lang dir scope colspan rowspan headers open alt width height datetime start value role " +
  "tabindex src href"
).split(" ");
const empty = new Set(["br", "col", "hr", "img"]);
/** Elements of which not even the text is shown. */
const dropped = new Set("script style template iframe object svg math noscript textarea title head".split(" "));

const safeUrls = new Map([
  ["src", /^data:image\/(?:png|jpeg|gif|webp);base64,[\w+/=\s]*$/i],
  ["href", /^(?:#|https?:\/\/|[\w.-]+(?:\/|$))/i],
]);

const whiteList = Object.fromEntries(tags.map((tag) => [tag, attributes]));

/** Keeps of one tag the attributes that are safe. */
const tagFilter = new FilterXSS({
  whiteList,
  onTagAttr: (_tag, name, value, known) => {
    const url = friendlyAttrValue(value);
    const safe = safeUrls.get(name);
    if (safe) return safe.test(url) ? `${name}="${escapeAttrValue(url)}"` : "";
    return known || /^(?:aria-[a-z]+|data-[a-z-]+)$/.test(name) ? `${name}="${escapeAttrValue(value)}"` : "";
  },
});

/**
 * A notebook's own HTML, reduced to what a document needs: no script, style or address outside, and every tag closed.
 */
export function sanitizeHtml(source: string): Html {
  const open: string[] = [];
  let hidden: string | undefined;

  const filter = new FilterXSS({
    whiteList,
    escapeHtml: (text) => (hidden === undefined ? escapeHtml(text) : ""),
    onTag: (given, text, { isClosing }) => {
      if (hidden !== undefined) {
        if (isClosing && given === hidden) hidden = undefined;
        return "";
      }
      if (dropped.has(given)) {
        if (!isClosing && !/\/\s*>$/.test(text)) hidden = given;
        return "";
      }
      // Headings of the document's own outline must not be mixed with those of an output.
      const name = given.replace(/^h[1-6]$/, "p");
      if (!tags.includes(name)) return /^<[\/!?]?[a-z]/i.test(text) ? "" : escapeHtml(text);
      if (isClosing) return open.includes(name) ? closeTags(open.splice(open.lastIndexOf(name))) : "";
      const scope =
        name === "th" && !/\bscope\b/i.test(text) ? ` scope="${open.includes("thead") ? "col" : "row"}"` : "";
      if (!empty.has(name)) open.push(name);
      return tagFilter.process(text.replace(/^<\s*[a-z0-9]+/i, `<${name}${scope}`)).replace(/ \/>$/, ">");
    },
  });
  return trustHtml(filter.process(source) + closeTags(open));
}

function closeTags(names: string[]): string {
  return names
    .reverse()
    .map((name) => `</${name}>`)
    .join("");
}
