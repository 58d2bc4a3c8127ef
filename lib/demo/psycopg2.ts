import { decimal, jsonAgain, jsonFloat, jsonString, PythonError, rewrite, timedelta } from "./python";

/**
 * What `json.dumps(value, default=str)` writes for a value that psycopg2 read: what is lost on that way is lost here.
 */
export function jsonValue(type: number, text: string | null): string {
  return text === null ? "null" : (casts.get(type) ?? jsonString)(text);
}

type Cast = (text: string) => string;

const quoted =
  (python: Cast): Cast =>
  (text) =>
    jsonString(python(text));
const integer: Cast = (text) => text;
const float: Cast = (text) => jsonFloat(Number(text));
const boolean: Cast = (text) => String(text === "t");
const binary: Cast = () => `"<memory at 0x7f${Math.random().toString(16).slice(2, 12).padEnd(10, "0")}>"`;

// What psycopg2 knows by itself: the oid of a type, that of its array, and what becomes of a value. All else stays
// the server's text. It fails to see that a date in an array is infinite.
const known: [type: number | number[], array: number | number[], cast: Cast, element?: Cast][] = [
  [16, 1000, boolean],
  [17, 1001, binary],
  [[20, 21, 23, 26], [1005, 1006, 1007, 1013, 1016, 1028], integer],
  [[700, 701], [1021, 1022], float],
  [1700, 1231, quoted(decimal)],
  [1082, 1182, quoted(date), quoted(finiteDate)],
  [[1083, 1266], [1183, 1270], quoted(time)],
  [1114, 1115, quoted(timestamp), quoted(finiteTimestamp)],
  [1184, 1185, quoted(timestamptz), quoted(finiteTimestamp)],
  [[704, 1186], 1187, quoted(interval)],
  [[114, 3802], [199, 3807], jsonAgain],
  [[3904, 3926], [3905, 3927], quoted(range(integer))],
  [3906, 3907, quoted(range(decimal))],
  [3912, 3913, quoted(range(date))],
  [3908, 3909, quoted(range(timestamp))],
  [3910, 3911, quoted(range(timestamptz))],
  [[], [651, 1002, 1003, 1009, 1014, 1015, 1040, 1041], jsonString],
];

const casts = new Map<number, Cast>(
  known.flatMap(([types, arrays, cast, element = cast]) => [
    ...[types].flat().map((type): [number, Cast] => [type, cast]),
    ...[arrays].flat().map((type): [number, Cast] => [type, list(element)]),
  ]),
);

function list(cast: Cast): Cast {
  const syntax = new Map([
    ["{", "["],
    ["}", "]"],
    [",", ", "],
    ["NULL", "null"],
  ]);
  const plain = (tokens: string) => tokens.replace(/[{},]|[^{},]+/g, (token) => syntax.get(token) ?? cast(token));
  const inQuotes = (element: string) => cast(element.slice(1, -1).replace(/\\([^])/g, "$1"));
  // What stands before the first brace are bounds that do not begin at 1.
  return (text) => rewrite(text.slice(text.indexOf("{")), plain, inQuotes);
}

/** `str(Range)`. */
function range(bound: Cast): Cast {
  return (text) => {
    const match = /^([[(])(?:"((?:[^"]|"")*)"|([^",]+))?,(?:"((?:[^"]|"")*)"|([^"\])]+))?([\])])$/.exec(text);
    if (!match) return text;
    const [, opening, quotedLower, lower = quotedLower, quotedUpper, upper = quotedUpper, closing] = match;
    const end = (value: string | undefined) => (value === undefined ? "None" : bound(value));
    return `${opening}${end(lower)}, ${end(upper)}${closing}`;
  };
}

/** `str(date)`. */
function date(text: string): string {
  if (text === "infinity") return "9999-12-31";
  if (text === "-infinity") return "0001-01-01";
  return finiteDate(text);
}

function finiteDate(text: string): string {
  const match = /^(\d{4,})(-\d\d-\d\d)( BC)?$/.exec(text);
  if (!match) throw new PythonError("DataError", "unable to parse date");
  const year = match[3] ? -Number(match[1]) : Number(match[1]);
  if (year < 1 || year > 9999) throw new PythonError("ValueError", `year ${year} is out of range`);
  return match[1] + match[2];
}

/** `str(time)`, with or without a time zone. */
function time(text: string): string {
  const match = /^(\d\d)(:\d\d:\d\d)(?:\.(\d+))?([+-]\S+)?$/.exec(text);
  if (!match) throw new PythonError("DataError", "unable to parse time");
  const [, hour, rest, fraction = "", zone = ""] = match;
  const microseconds = Number(fraction) ? `.${fraction.padEnd(6, "0")}` : "";
  return `${hour === "24" ? "00" : hour}${rest}${microseconds}${zone && !zone.includes(":") ? `${zone}:00` : zone}`;
}

/** `str(datetime)`. */
function timestamp(text: string): string {
  if (text === "infinity") return "9999-12-31 23:59:59.999999";
  if (text === "-infinity") return "0001-01-01 00:00:00";
  return finiteTimestamp(text);
}

function timestamptz(text: string): string {
  return text.endsWith("infinity") ? `${timestamp(text)}+00:00` : finiteTimestamp(text);
}

function finiteTimestamp(text: string): string {
  const [day, clock = "", era] = text.split(" ");
  return `${finiteDate(era ? `${day} ${era}` : day)} ${time(clock)}`;
}

/** `str(timedelta)`: a month has 30 days and a year 365, as psycopg2 counts, letter by letter as it reads. */
function interval(text: string): string {
  let [value, sign, decimals, part] = [0, 1, 0, 0];
  const parts = { years: 0, months: 0, days: 0, hours: 0, minutes: 0, seconds: 0, microseconds: 0 };
  for (const token of text.match(/\d|[a-zA-Z]+|[-:.]/g) ?? []) {
    if (/\d/.test(token)) {
      value = value * 10 + Number(token);
      if (part === 6) decimals++;
    } else if (token === "-") sign = -1;
    else if (token === ":" && part <= 3) [parts.hours, value, part] = [value, 0, 4];
    else if (token === ":" && part === 4) [parts.minutes, value, part] = [value, 0, 5];
    else if (token === "." && part === 5) [parts.seconds, value, part] = [value, 0, 6];
    else if (token.startsWith("y") && part === 0) [parts.years, value, sign, part] = [value * sign, 0, 1, 1];
    else if (token.startsWith("m") && part <= 1) [parts.months, value, sign, part] = [value * sign, 0, 1, 2];
    else if (token.startsWith("d") && part <= 2) [parts.days, value, sign, part] = [value * sign, 0, 1, 3];
    else if (token.startsWith("P"))
      throw new PythonError("NotSupportedError", "iso_8601 intervalstyle currently not supported");
  }
  if (part === 0 && !/^\d+$/.test(text))
    throw new PythonError("ValueError", `invalid literal for int() with base 10: '${text}'`);
  if (part === 4) parts.minutes = value;
  else if (part === 5 || part === 0) parts.seconds = value;
  else if (part === 6) parts.microseconds = value * 10 ** (6 - decimals);
  const seconds = parts.hours * 3600 + parts.minutes * 60 + parts.seconds;
  return timedelta(parts.years * 365 + parts.months * 30 + parts.days, sign * seconds, sign * parts.microseconds);
}
