import { parse as parseArray } from "postgres-array";
import { isSecretName, redact, scan } from "./patterns";

/** What a text is that may leave, and which shapes of personal data or keys were withheld from it: never the values. */
export interface Sifted<T> {
  value: T;
  kinds: string[];
}

const secrets = new Set<string>();

/** Passwords and keys that this process knows: wherever one occurs in what leaves, it is masked. What is short, or an everyday word, is left to the shapes. */
export function keepSecret(...values: (string | undefined)[]): void {
  for (const value of values)
    if (value && value.length >= 8 && !/^(postgres|postgresql|password|credmate|localhost)$/i.test(value))
      secrets.add(value);
}

/**
 * Everything that leaves goes through here: results of queries as they come in, and on the way out all that a cell or the command line prints, shows, draws or
 * writes to a file. Secrets are masked. Shapes of personal data should not be there at all, because the guard stands before; where one is, it is withheld, and told.
 * Texts alone are looked at, in whatever they stand; `bare` also takes plain digits for numbers of persons.
 */
export function sift<T>(value: T, bare = false): Sifted<T> {
  const kinds = new Set<string>();
  return { value: sifted(value, bare, kinds) as T, kinds: [...kinds] };
}

function sifted(value: unknown, bare: boolean, kinds: Set<string>): unknown {
  if (typeof value === "string") return text(value, bare, kinds);
  if (Array.isArray(value)) return value.map((one) => sifted(one, bare, kinds));
  if (typeof value !== "object" || value === null || ![Object.prototype, null].includes(Object.getPrototypeOf(value)))
    return value;
  const keyOf = distinctKeys();
  return Object.fromEntries(
    Object.entries(value).map(([key, inside]) => [
      keyOf(text(key, bare, kinds)),
      pictures.has(key)
        ? inside
        : isSecretName(key) && typeof inside === "string"
          ? withheldSecret(inside)
          : sifted(inside, bare, kinds),
    ]),
  );
}

/** Names the keys of one object: two that were redacted to the same text stay two. */
function distinctKeys(): (key: string) => string {
  const taken = new Map<string, number>();
  return (key) => {
    const before = taken.get(key) ?? 0;
    taken.set(key, before + 1);
    return before === 0 ? key : `${key} (${before + 1})`;
  };
}

/** What stands under the name of a password. */
function withheldSecret(value: string): string {
  return value === "" ? "" : "•••";
}

/** Base64 may look like anything. */
const pictures = new Set(["image/png", "image/jpeg", "image/gif"]);

function text(value: string, bare: boolean, kinds: Set<string>): string {
  let masked = value;
  for (const secret of secrets) masked = masked.split(secret).join("•••");
  for (const kind of scan(masked, { bare, quiet: false })) kinds.add(kind);
  return redact(masked, { bare });
}

/** Hears of what was withheld, wherever that was in this process. */
let hear: (kinds: string[]) => void = () => undefined;

/** Names who is told of what was withheld. */
export function onAlarm(listener: typeof hear): void {
  hear = listener;
}

/** The value without what must not leave; whoever listens is told what was withheld. */
export function sieve<T>(value: T, bare = false): T {
  return tellWithheld(sift(value, bare));
}

/**
 * A text of JSON with its keys and values redacted one by one, so that it is JSON afterwards: what is withheld of a string stays within it, a number that is
 * withheld becomes a string, and everything else stands as it was written, digit for digit. Throws a SyntaxError where the text is no JSON.
 */
export function redactJson(json: string, bare = false): Sifted<string> {
  JSON.parse(json);
  const kinds = new Set<string>();
  const objects: ReturnType<typeof distinctKeys>[] = [];
  let key = "";
  const value = json.replace(jsonToken, (token, quoted: string | undefined, colon: string | undefined) => {
    if (token === "{") objects.push(distinctKeys());
    if (token === "}") objects.pop();
    if (quoted === undefined && /^[-\d]/.test(token)) {
      const isSecret = isSecretName(key);
      key = "";
      return isSecret ? '"•••"' : redactNumber(token, bare, kinds);
    }
    if (quoted === undefined) return token;
    const plain = JSON.parse(quoted) as string;
    const clean = colon === undefined && isSecretName(key) ? withheldSecret(plain) : text(plain, bare, kinds);
    key = colon === undefined ? "" : plain;
    const kept = colon === undefined ? clean : objects.at(-1)!(clean);
    return kept === plain ? token : JSON.stringify(kept) + (colon ?? "");
  });
  return { value, kinds: [...kinds] };
}

/** A string, with the colon that makes it a key; a number; what begins or ends an object or a list. */
const jsonToken = /("(?:[^"\\]|\\.)*")(\s*:)?|-?\d[\d.eE+-]*|[{}[\]]/g;

function redactNumber(token: string, bare: boolean, kinds: Set<string>): string {
  const clean = text(token, bare, kinds);
  return clean === token ? token : JSON.stringify(clean);
}

/** A value as JSON, redacted before it is written; whoever listens is told what was withheld. */
export function toJson(value: unknown, indent?: number): string {
  return tellWithheld(redactJson(JSON.stringify(value, null, indent)));
}

function tellWithheld<T>({ value, kinds }: Sifted<T>): T {
  if (kinds.length) hear(kinds);
  return value;
}

/** Prints JSON on stdout: redacted value by value, and never as the text that it is written as, which would no longer be JSON. */
export function printJson(json: string): void {
  printRedacted(tellWithheld(redactJson(json)));
}

let isRedacted = false;

/** Prints a text whose values were redacted one by one when it was written, and which must not be cut anew. */
function printRedacted(text: string): void {
  isRedacted = true;
  try {
    process.stdout.write(text);
  } finally {
    isRedacted = false;
  }
}

/** A cell of an answer, redacted as what it is: JSON value by value, a list element by element, anything else as text. */
function redactCell(cell: string | null, type: string, kinds: Set<string>): string | null {
  if (cell === null) return null;
  try {
    if (type === "json" || type === "jsonb") return collect(redactJson(cell, true), kinds);
    if (type.startsWith("_")) return redactList(cell, type.slice(1), kinds);
  } catch {
    // not what its type says: text
  }
  return text(cell, true, kinds);
}

function collect<T>({ value, kinds: found }: Sifted<T>, kinds: Set<string>): T {
  for (const kind of found) kinds.add(kind);
  return value;
}

/** A list as array_out writes it, with its elements redacted; as it was where nothing is withheld. */
function redactList(cell: string, type: string, kinds: Set<string>): string {
  let changed = false;
  const elements = parseArray(cell.replace(/^\[.*?\]=/, ""), (element) => {
    const clean = redactCell(element, type, kinds)!;
    changed ||= clean !== element;
    return clean;
  });
  return changed ? `${/^\[.*?\]=/.exec(cell)?.[0] ?? ""}${writeList(elements)}` : cell;
}

function writeList(elements: unknown[]): string {
  const written = elements.map((element) =>
    Array.isArray(element)
      ? writeList(element)
      : element === null
        ? "NULL"
        : `"${(element as string).replace(/["\\]/g, "\\$&")}"`,
  );
  return `{${written.join(",")}}`;
}

/** An answer's cells, column by column: texts and what is written as text, numbers as they are. */
export function sieveCells(
  columns: { type: string }[],
  cells: (string | null)[][],
): { cells: (string | null)[][]; kinds: string[] } {
  const texts = columns.flatMap(({ type }, index) =>
    /^(int|float|numeric|oid|bool|date$|time|interval)/.test(type) ? [] : [index],
  );
  const suspect = texts.filter((index) => scan(cells.map((row) => row[index] ?? "").join("\n")).length > 0);
  if (suspect.length === 0) return { cells, kinds: [] };
  const kinds = new Set<string>();
  const isSuspect = columns.map((_, index) => suspect.includes(index));
  return {
    cells: cells.map((row) =>
      row.map((cell, index) => (isSuspect[index] ? redactCell(cell, columns[index].type, kinds) : cell)),
    ),
    kinds: [...kinds],
  };
}

let guarded = false;

/** Puts the sieve before this process's output: both streams, and in a notebook's kernel what is shown below a cell. The kernel sets them anew for each cell. */
export function guardOutput(): void {
  if (guarded) return;
  guarded = true;
  type Write = (chunk: unknown, ...rest: unknown[]) => unknown;
  for (const stream of [process.stdout, process.stderr])
    before(
      stream,
      "write",
      (write: Write) =>
        (chunk: unknown, ...rest: unknown[]) =>
          write.call(
            stream,
            isRedacted
              ? chunk
              : typeof chunk === "string"
                ? sieve(chunk)
                : chunk instanceof Uint8Array
                  ? sieve(Buffer.from(chunk).toString())
                  : chunk,
            ...rest,
          ),
    );
  const kernel = require.cache[kernelModule()];
  if (kernel)
    before(
      kernel.exports as Record<string, unknown>,
      "lastWriteDisplayData",
      (show: Write | null) => show && ((content: unknown, ...rest: unknown[]) => show(sieve(content), ...rest)),
    );
}

function kernelModule(): string {
  try {
    return require.resolve("tslab/dist/jupyter");
  } catch {
    return "";
  }
}

/** Wraps a function that others set anew whenever they like. */
function before<T extends object, F>(owner: T, name: keyof T, wrap: (inner: F) => unknown): void {
  let inner = owner[name] as F;
  let wrapped = wrap(inner);
  Object.defineProperty(owner, name, {
    configurable: true,
    enumerable: true,
    get: () => wrapped,
    set: (next: F) => {
      if (next === wrapped) return;
      inner = next;
      wrapped = wrap(inner);
    },
  });
}
