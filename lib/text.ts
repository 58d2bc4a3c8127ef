/**
 * A number of things: `1 row`, `67 rows`, `3 indexes`.
 *
 * @example count(3, "index") // "3 indexes"
 */
export function count(number: number, noun: string): string {
  const ending = number === 1 ? "" : /(x|s|sh|ch)$/.test(noun) ? "es" : "s";
  return `${number.toLocaleString("en")} ${noun}${ending}`;
}

/** The text with a capital first letter. */
export function capitalize(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** Text as HTML shows it, also within quotes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Text as Markdown shows it, on one line. */
export function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_[\]<>|#]/g, "\\$&").replace(/\r?\n/g, " ");
}
