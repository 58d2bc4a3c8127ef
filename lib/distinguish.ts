/**
 * Two texts that differ, so that a reader sees where: as they are, or, where they look alike, with what hides the
 * difference written out (`\u200b`, `\t`).
 *
 * @example distinguish("Reno", "Reno ") // ["Reno", "Reno\\u0020"]
 */
export function distinguish(one: string, other: string): [string, string] {
  if (one === other || describeOutline(one) !== describeOutline(other)) return [one, other];
  const [left, right] = [[...one], [...other]];
  let start = 0;
  while (start < Math.min(left.length, right.length) && left[start] === right[start]) start++;
  let end = 0;
  while (end < Math.min(left.length, right.length) - start && left.at(-1 - end) === right.at(-1 - end)) end++;
  const spell = (characters: string[]): string =>
    characters
      .map((character, at) => (at >= start && at < characters.length - end ? escapeCharacter(character) : character))
      .join("");
  return [spell(left), spell(right)];
}

/**
 * What a text looks like at a glance: without blanks, marks that are not seen, and with one letter for those of one
 * shape.
 */
function describeOutline(text: string): string {
  return [...text.normalize("NFKC").replace(/[\s\p{Cc}\p{Cf}\p{Mn}\p{Default_Ignorable_Code_Point}]/gu, "")]
    .map((character) => SHAPES[character] ?? character)
    .join("");
}

/**
 * Letters of other scripts that are drawn like a Latin one, the capital sharp s, and dashes and quotes of one shape.
 */
const SHAPES: Record<string, string> = Object.fromEntries(
  [
    ["АΑ", "A"],
    ["ВΒ", "B"],
    ["С", "C"],
    ["ЕΕ", "E"],
    ["НΗ", "H"],
    ["ІΙ", "I"],
    ["Ј", "J"],
    ["КΚ", "K"],
    ["МΜ", "M"],
    ["Ν", "N"],
    ["ОΟ", "O"],
    ["РΡ", "P"],
    ["Ѕ", "S"],
    ["ТΤ", "T"],
    ["ХΧ", "X"],
    ["ΥҮ", "Y"],
    ["Ζ", "Z"],
    ["а", "a"],
    ["с", "c"],
    ["е", "e"],
    ["һ", "h"],
    ["і", "i"],
    ["ј", "j"],
    ["оο", "o"],
    ["р", "p"],
    ["ѕ", "s"],
    ["ν", "v"],
    ["х", "x"],
    ["у", "y"],
    ["ẞβ", "ß"],
    ["‐‑‒–—−", "-"],
    ["‘’‚ʼ", "'"],
    ["“”„", '"'],
  ].flatMap(([letters, shape]) => [...letters].map((letter) => [letter, shape])),
);

function escapeCharacter(character: string): string {
  if (/[!-~]/.test(character)) return character;
  const named = { "\t": "\\t", "\n": "\\n", "\r": "\\r" }[character];
  const code = character.codePointAt(0)!.toString(16);
  return named ?? (code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, "0")}`);
}
