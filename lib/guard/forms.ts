/*
 * Patterns that tell what a text is like and not what it says: of whole classes of characters, and of what stands
 * between words and digits. A letter, a digit or a part of the alphabet would be a question about a value: by
 * `^[a-m]` and its like a name can be found in a few dozen steps.
 */

const classes = String.raw`\\[dDsSwW]|\[\^?(?:A-Z|a-z|0-9|\\[dswDSW]|\[:(?:alpha|digit|alnum|upper|lower|space|punct|blank):\]|[ _@/:,#&'+*.()]|\\[-.+*?()/ @_])+-?\]|\.`;
const separators = String.raw`[-_@/:,#&' ]|\\[-.+*?()/@_ ]`;
const quantifier = String.raw`(?:[*+?]|\{\d{1,3}(?:,\d{0,3})?\})?`;
const piece = new RegExp(`^(?:(?:${classes}|${separators})${quantifier})`);

/**
 * Whether a regular expression is made of classes, separators, groups, alternatives, quantifiers and anchors alone.
 */
export function isFormPattern(pattern: string | undefined): boolean {
  if (pattern === undefined || pattern === "" || pattern.length > 200) return false;
  let [rest, depth] = [pattern, 0];
  while (rest !== "") {
    const open = /^\((?:\?:)?/.exec(rest)?.[0];
    const close = new RegExp(`^\\)${quantifier}`).exec(rest)?.[0];
    const found = open ?? close ?? /^[|^$]/.exec(rest)?.[0] ?? piece.exec(rest)?.[0];
    if (found === undefined) return false;
    depth += open !== undefined ? 1 : close !== undefined ? -1 : 0;
    if (depth < 0) return false;
    rest = rest.slice(found.length);
  }
  return depth === 0;
}

/** Whether a pattern of LIKE is made of wildcards and of what stands between words alone. */
export function isWildcardPattern(pattern: string | undefined): boolean {
  return pattern !== undefined && /^[%_ @./:,#&'+()-]{1,50}$/.test(pattern);
}
