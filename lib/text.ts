/**
 * A number of things: `1 row`, `67 rows`, `3 indexes`.
 *
 * @example count(3, "index") // "3 indexes"
 */
export function count(number: number, noun: string): string {
  return `${number.toLocaleString("en")} ${number === 1 ? noun : makePlural(noun)}`;
}

/** The plural of a regular noun: `index` gives `indexes`, `query` gives `queries`. */
export function makePlural(noun: string): string {
  if (/[^aeiou]y$/.test(noun)) return `${noun.slice(0, -1)}ies`;
  return noun.endsWith("statistics") ? noun : /(x|s|sh|ch)$/.test(noun) ? `${noun}es` : `${noun}s`;
}

/** Words as a sentence lists them: `a, b and c`. */
export function joinWords(words: readonly string[], last = " and ", between = ", "): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(between)}${last}${words.at(-1)}`;
}

/** The text with a capital first letter. */
export function capitalize(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** Text as HTML shows it, also within quotes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/**
 * What acts on whatever shows it, and is not seen: control characters of terminals (a tab and the end of a line are
 * none), a carriage return that is no end of a line, marks that turn the direction of reading (Unicode, UAX 9), what
 * has no width, tags, halves of characters.
 */
const invisible =
  /[\0-\x08\v\f\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff\u{e0000}-\u{e0fff}]|\r(?!\n)/gu;

/**
 * The text with what acts unseen written out, as `\x1b`, `\r` or `\u202e`: for a terminal, a document, a notebook, a
 * log.
 */
export function showControls(text: string): string {
  return text.replace(invisible, (character) => {
    const code = character.codePointAt(0)!;
    if (character === "\r") return "\\r";
    const hex = code.toString(16);
    return code < 0x100 ? `\\x${hex.padStart(2, "0")}` : code < 0x10000 ? `\\u${hex.padStart(4, "0")}` : `\\u{${hex}}`;
  });
}

/** The same of every text in a value, its keys too; what is base64 holds none. */
export function showControlsIn<T>(value: T): T {
  if (typeof value === "string") return showControls(value) as T;
  if (Array.isArray(value)) return value.map(showControlsIn) as T;
  if (typeof value !== "object" || value === null || ![Object.prototype, null].includes(Object.getPrototypeOf(value)))
    return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inside]) => [showControls(key), showControlsIn(inside)]),
  ) as T;
}

/** JSON with the same characters written as JSON's own escapes: it means what it meant. */
export function escapeControls(json: string): string {
  return json.replace(invisible, (character) =>
    Array.from(
      { length: character.length },
      (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`,
    ).join(""),
  );
}

/**
 * Text as Markdown shows it, on one line. An underscore within a word means nothing to Markdown, and stays. An
 * address, which a front end would make a link of, stands as code.
 */
export function escapeMarkdown(text: string): string {
  const line = showControls(text).replace(/\s+/g, " ").trim();
  let [escaped, from] = ["", 0];
  for (const { 0: found, index } of line.matchAll(linkable)) {
    escaped += escapePlain(line.slice(from, index), from === 0) + writeCode(found);
    from = index + found.length;
  }
  return escaped + escapePlain(line.slice(from), from === 0);
}

/** What GitHub's Markdown makes a link of (GFM, "Autolinks"), and schemes that others do. */
const linkable =
  /\b(?:https?|ftps?|file|mailto|xmpp|javascript|data|vbscript):[^\s|<>]+|\bwww\.[^\s|<>]+|[\w.+-]+@[\w-]+\.[\w.-]+/gi;

function escapePlain(text: string, isStart: boolean): string {
  return text
    .replace(/[\\`*[\]|$]|~(?=~)|(?<!\w)_|_(?!\w)/g, "\\$&")
    .replace(isStart ? /^[#+-](?=\s)/ : /(?!)/, "\\$&")
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;");
}

/** Text as code in Markdown, on one line, also within a table. */
export function writeCode(text: string): string {
  const once = showControls(text).replace(/\s+/g, " ").replace(/\|/g, "\\|");
  const longest = Math.max(0, ...[...once.matchAll(/`+/g)].map(([run]) => run.length));
  if (once === "") return "";
  return longest > 0 ? `${"`".repeat(longest + 1)} ${once} ${"`".repeat(longest + 1)}` : `\`${once}\``;
}
