/** An exception of the Python that runs in the function, as Lambda reports it. */
export class PythonError extends Error {
  constructor(
    readonly type: string,
    message: string,
  ) {
    super(message);
  }
}

/** A string as `json.dumps` writes it: ASCII alone. */
export function jsonString(text: string): string {
  return JSON.stringify(text).replace(
    /[\x7f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** A float as `json.dumps` writes it, which is not always JSON. */
export function jsonFloat(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  const [digits, exponent] = value.toExponential().split("e");
  const power = Number(exponent);
  if (power < -4 || power >= 16) return `${digits}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
  const plain = power < 0 ? value.toFixed(digits.replace(/\D/g, "").length - 1 - power) : String(value);
  return plain.includes(".") ? plain : `${plain}.0`;
}

/**
 * What `json.loads` and then `json.dumps` make of a document: its numbers have been floats, its spaces are Python's.
 */
export function jsonAgain(document: string): string {
  const again = (tokens: string) =>
    tokens.replace(/-?\d[\d.eE+-]*|[,:]|\s+/g, (token) => {
      if (/\d/.test(token)) return /[.eE]/.test(token) ? jsonFloat(Number(token)) : token === "-0" ? "0" : token;
      return token === "," ? ", " : token === ":" ? ": " : "";
    });
  return rewrite(document, again, (text) => jsonString(JSON.parse(text) as string));
}

/**
 * Rewrites what stands in double quotes one way, and what stands between them another. A regular expression would run
 * out of stack on a long string.
 */
export function rewrite(text: string, between: (text: string) => string, quoted: (text: string) => string): string {
  const pieces: string[] = [];
  for (let at = 0, end; at < text.length; at = end) {
    end = text[at] === '"' ? endOfQuoted(text, at) : text.indexOf('"', at);
    if (end < 0) end = text.length;
    pieces.push((text[at] === '"' ? quoted : between)(text.slice(at, end)));
  }
  return pieces.join("");
}

function endOfQuoted(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at + 1;
}

/** `str(Decimal(text))`. */
export function decimal(text: string): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (!match) return text;
  const [, sign, whole, fraction = ""] = match;
  const digits = (whole + fraction).replace(/^0+(?=\d)/, "");
  const power = digits.length - fraction.length - 1;
  if (power >= -6) return text;
  return `${sign}${digits[0]}${digits.length > 1 ? `.${digits.slice(1)}` : ""}E${power}`;
}

/** `str(timedelta(days, seconds, microseconds))`. */
export function timedelta(days: number, seconds: number, microseconds: number): string {
  const [carried, micros] = divide(microseconds, 1_000_000);
  const [moreDays, rest] = divide(seconds + carried, 86_400);
  const total = days + moreDays;
  if (Math.abs(total) >= 2 ** 31) throw new PythonError("OverflowError", "Python int too large to convert to C int");
  if (Math.abs(total) > 999_999_999)
    throw new PythonError("OverflowError", `days=${total}; must have magnitude <= 999999999`);
  const [minutes, second] = divide(rest, 60);
  const [hour, minute] = divide(minutes, 60);
  const clock = `${hour}:${twoDigits(minute)}:${twoDigits(second)}${micros ? `.${String(micros).padStart(6, "0")}` : ""}`;
  return total === 0 ? clock : `${total} day${Math.abs(total) === 1 ? "" : "s"}, ${clock}`;
}

function divide(value: number, by: number): [number, number] {
  const quotient = Math.floor(value / by);
  return [quotient, value - quotient * by];
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
