/**
 * A number of things: `1 row`, `67 rows`, `3 indexes`.
 *
 * @example count(3, "index") // "3 indexes"
 */
export function count(number: number, noun: string): string {
  return `${number.toLocaleString("en")} ${number === 1 ? noun : pluralize(noun)}`;
}

/** The plural of a regular noun: `index` gives `indexes`, `query` gives `queries`. */
export function pluralize(noun: string): string {
  if (/[^aeiou]y$/.test(noun)) return `${noun.slice(0, -1)}ies`;
  return noun.endsWith("statistics") ? noun : /(x|s|sh|ch)$/.test(noun) ? `${noun}es` : `${noun}s`;
}

/** The text with a capital first letter. */
export function capitalize(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** Text as HTML shows it, also within quotes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Text as Markdown shows it, on one line. An underscore within a word means nothing to Markdown, and stays. */
export function escapeMarkdown(text: string): string {
  return text
    .replace(/\s+/g, " ")
    .trim()
    .replace(/[\\`*[\]|$]|~(?=~)|(?<!\w)_|_(?!\w)|^[#+-](?=\s)/g, "\\$&")
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;");
}
