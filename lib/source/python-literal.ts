/**
 * Reads what Python writes where JSON was expected: `json.dumps` with NaN and Infinity, or `str()` of dicts, lists
 * and tuples with None, True, Decimal('1.10'). Numbers too long for JavaScript stay text. Throws a SyntaxError where
 * it is neither.
 */
export function readPython(text: string): unknown {
  const [value, end] = readValue(text, skipBlanks(text, 0));
  if (skipBlanks(text, end) !== text.length) throw new SyntaxError(`something follows the value at character ${end}`);
  return value;
}

type Read = [value: unknown, end: number];

const words: Record<string, unknown> = {
  None: null,
  null: null,
  True: true,
  true: true,
  False: false,
  false: false,
  NaN: "NaN",
  nan: "NaN",
  Infinity: "Infinity",
  inf: "Infinity",
};

function readValue(text: string, at: number): Read {
  const character = text[at];
  if (character === "{") return readDict(text, at);
  if (character === "[" || character === "(") return listAt(text, at, character === "[" ? "]" : ")");
  if (character === '"' || character === "'") return readString(text, at);
  const number = match(/-?(?:\d[\d_]*\.?\d*(?:[eE][+-]?\d+)?|(?:Infinity|inf)\b)/y, text, at);
  if (number) return [readNumber(number), at + number.length];
  const word = match(/[A-Za-z_][\w.]*/y, text, at);
  if (word in words) return [words[word], at + word.length];
  // Decimal('1.10'), memoryview and the like: what stands in the brackets is what counts
  if (word && text[at + word.length] === "(") {
    const [parts, end] = listAt(text, at + word.length, ")");
    return [(parts as unknown[])[0], end];
  }
  throw new SyntaxError(`no value at character ${at}`);
}

function readNumber(text: string): unknown {
  const value = Number(text);
  return Number.isFinite(value) && (!/^-?\d+$/.test(text) || Number.isSafeInteger(value))
    ? value
    : text.replace(/^(-?)inf$/, "$1Infinity");
}

function readDict(text: string, start: number): Read {
  const entries: [string, unknown][] = [];
  let at = skipBlanks(text, start + 1);
  while (text[at] !== "}") {
    const [key, colon] = readValue(text, at);
    at = skipMark(text, colon, ":");
    const [value, end] = readValue(text, at);
    entries.push([String(key), value]);
    at = skipSeparator(text, end, "}");
  }
  return [Object.fromEntries(entries), at + 1];
}

function listAt(text: string, start: number, close: string): Read {
  const values: unknown[] = [];
  let at = skipBlanks(text, start + 1);
  while (text[at] !== close) {
    const [value, end] = readValue(text, at);
    values.push(value);
    at = skipSeparator(text, end, close);
  }
  return [values, at + 1];
}

function readString(text: string, start: number): Read {
  const quote = text[start];
  const pieces: string[] = [];
  let at = start + 1;
  for (;;) {
    let end = at;
    while (end < text.length && text[end] !== quote && text[end] !== "\\") end++;
    pieces.push(text.slice(at, end));
    if (end >= text.length) throw new SyntaxError("a text does not end");
    if (text[end] === quote) return [pieces.join(""), end + 1];
    const escape = match(/\\(?:u[\da-fA-F]{4}|U[\da-fA-F]{8}|x[\da-fA-F]{2}|[\s\S])/y, text, end);
    pieces.push(decodeEscape(escape));
    at = end + escape.length;
  }
}

function decodeEscape(escape: string): string {
  const plain: Record<string, string> = {
    n: "\n",
    r: "\r",
    t: "\t",
    b: "\b",
    f: "\f",
    v: "\v",
    a: "\x07",
    "0": "\0",
    "\n": "",
  };
  if (escape.length > 2)
    return escape[1] === "U"
      ? String.fromCodePoint(parseInt(escape.slice(2), 16))
      : String.fromCharCode(parseInt(escape.slice(2), 16));
  return plain[escape[1]] ?? escape[1];
}

function skipSeparator(text: string, at: number, close: string): number {
  const next = skipBlanks(text, at);
  if (text[next] === close) return next;
  return skipMark(text, next, ",");
}

function skipMark(text: string, at: number, mark: string): number {
  const next = skipBlanks(text, at);
  if (text[next] !== mark) throw new SyntaxError(`${mark} is missing at character ${next}`);
  return skipBlanks(text, next + 1);
}

function skipBlanks(text: string, at: number): number {
  while (at < text.length && /\s/.test(text[at])) at++;
  return at;
}

function match(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? "";
}
