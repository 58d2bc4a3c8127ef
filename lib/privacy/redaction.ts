import { escapeControls, showControls, showControlsIn } from "../text";
import { findChanceMatches, cut, isSecretName } from "./patterns";

/** What a text is that may leave, and which shapes of personal data or keys were withheld from it: never the values. */
export interface Sifted<T> {
  value: T;
  kinds: string[];
}

const secrets = new Set<string>();

/**
 * Passwords and keys that this process knows: wherever one occurs in what leaves, it is masked. What is short, or an
 * everyday word, is left to the shapes.
 */
export function keepSecret(...values: (string | undefined)[]): void {
  for (const value of values)
    if (value && value.length >= 8 && !/^(postgres|postgresql|password|credmate|localhost)$/i.test(value))
      secrets.add(value);
}

/**
 * Everything that leaves goes through here: results of queries as they come in, and on the way out all that a cell or
 * the command line prints, shows, draws or writes to a file. Secrets are masked. Shapes of personal data should not
 * be there at all, because the guard stands before; where one is, it is withheld, and told. Texts alone are looked
 * at, in whatever they stand; `bare` also takes plain digits for numbers of persons.
 */
export function redactReporting<T>(value: T, bare = false): Sifted<T> {
  const cutting = beginCutting(bare, typeof value === "string" ? [] : listTexts(value));
  return { value: redactValue(value, cutting) as T, kinds: [...cutting.kinds] };
}

/** How texts that belong together are redacted, and what was withheld of them. */
interface Cutting {
  bare: boolean;
  /** Shapes that numbers have by chance here. */
  except: Set<string>;
  /** Shapes to be alarmed about. */
  kinds: Set<string>;
  /** Shapes that a number may have by chance, and was withheld for all the same. */
  doubtful: Set<string>;
}

function beginCutting(bare: boolean, together: string[] = []): Cutting {
  return { bare, except: findChanceMatches(together, bare), kinds: new Set(), doubtful: new Set() };
}

/** All texts of a value, its keys apart. */
function listTexts(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inside]) => (pictures.has(key) ? [] : listTexts(inside)));
}

function redactValue(value: unknown, cutting: Cutting): unknown {
  if (typeof value === "string") return redactText(value, cutting);
  if (Array.isArray(value)) return value.map((one) => redactValue(one, cutting));
  if (typeof value !== "object" || value === null || ![Object.prototype, null].includes(Object.getPrototypeOf(value)))
    return value;
  const keyOf = makeDistinctKeys();
  return Object.fromEntries(
    Object.entries(value).map(([key, inside]) => [
      keyOf(redactText(key, cutting)),
      pictures.has(key)
        ? inside
        : isSecretName(key) && typeof inside === "string"
          ? maskSecret(inside)
          : redactValue(inside, cutting),
    ]),
  );
}

/** Names the keys of one object: two that were redacted to the same text stay two. */
function makeDistinctKeys(): (key: string) => string {
  const taken = new Map<string, number>();
  return (key) => {
    const before = taken.get(key) ?? 0;
    taken.set(key, before + 1);
    return before === 0 ? key : `${key} (${before + 1})`;
  };
}

/** What stands under the name of a password. */
function maskSecret(value: string): string {
  return value === "" ? "" : "•••";
}

/** Base64 may look like anything. */
const pictures = new Set(["image/png", "image/jpeg", "image/gif"]);

function redactText(value: string, { bare, except, kinds, doubtful }: Cutting): string {
  let masked = value;
  for (const secret of secrets) masked = masked.split(secret).join("•••");
  const found = cut(masked, { bare, except });
  for (const kind of found.sure) if (!found.quiet.has(kind)) kinds.add(kind);
  for (const kind of found.doubtful) doubtful.add(kind);
  return found.text;
}

/** Hears of what was withheld, wherever that was in this process. */
let hear: (kinds: string[]) => void = () => undefined;

/** Names who is told of what was withheld. */
export function setRedactionListener(listener: typeof hear): void {
  hear = listener;
}

/** The value without what must not leave; whoever listens is told what was withheld. */
export function redact<T>(value: T, bare = false): T {
  return tellWithheld(redactReporting(value, bare));
}

/**
 * A text of JSON with its keys and values redacted one by one, so that it is JSON afterwards: what is withheld of a
 * string stays within it, a number that is withheld becomes a string, and everything else stands as it was written,
 * digit for digit. Throws a SyntaxError where the text is no JSON.
 */
export function redactJson(json: string, bare = false): Sifted<string> {
  const cutting = beginCutting(bare, [json]);
  return { value: redactJsonWith(json, cutting), kinds: [...cutting.kinds] };
}

function redactJsonWith(json: string, cutting: Cutting): string {
  JSON.parse(json);
  const objects: ReturnType<typeof makeDistinctKeys>[] = [];
  let key = "";
  return json.replace(jsonToken, (token, quoted: string | undefined, colon: string | undefined) => {
    if (token === "{") objects.push(makeDistinctKeys());
    if (token === "}") objects.pop();
    if (quoted === undefined && /^[-\d]/.test(token)) {
      const isSecret = isSecretName(key);
      key = "";
      return isSecret ? '"•••"' : redactNumber(token, cutting);
    }
    if (quoted === undefined) return token;
    const plain = JSON.parse(quoted) as string;
    const clean = colon === undefined && isSecretName(key) ? maskSecret(plain) : redactText(plain, cutting);
    key = colon === undefined ? "" : plain;
    const kept = colon === undefined ? clean : objects.at(-1)!(clean);
    return kept === plain ? token : JSON.stringify(kept) + (colon ?? "");
  });
}

/** A string, with the colon that makes it a key; a number; what begins or ends an object or a list. */
const jsonToken = /("(?:[^"\\]|\\.)*")(\s*:)?|-?\d[\d.eE+-]*|[{}[\]]/g;

function redactNumber(token: string, cutting: Cutting): string {
  const clean = redactText(token, cutting);
  return clean === token ? token : JSON.stringify(clean);
}

/** A value as JSON, redacted before it is written; whoever listens is told what was withheld. */
export function toJson(value: unknown, indent?: number): string {
  return escapeControls(tellWithheld(redactJson(JSON.stringify(value, null, indent))));
}

function tellWithheld<T>({ value, kinds }: Sifted<T>): T {
  if (kinds.length) hear(kinds);
  return value;
}

/**
 * Prints JSON on stdout: redacted value by value, and never as the text that it is written as, which would no longer
 * be JSON.
 */
export function printJson(json: string): void {
  printRedacted(escapeControls(tellWithheld(redactJson(json))));
}

/**
 * Prints cells that were redacted one by one: exactly into a file or a pipe, and on a terminal without what would act
 * on it.
 */
export function printExact(text: string): void {
  printRedacted(process.stdout.isTTY ? showControls(text) : text);
}

/** Sends a terminal a sequence of our own, such as one that clears its line. */
export function controlTerminal(stream: NodeJS.WritableStream, sequence: string): void {
  printRedacted(sequence, stream);
}

let isRedacted = false;

/** Prints a text whose values were redacted one by one when it was written, and which must not be cut anew. */
function printRedacted(text: string, stream: NodeJS.WritableStream = process.stdout): void {
  isRedacted = true;
  try {
    stream.write(text);
  } finally {
    isRedacted = false;
  }
}

/**
 * A cell of an answer, redacted as what it is: JSON value by value, a list element by element, anything else as text.
 */
function redactCell(cell: string, type: string, cutting: Cutting): string {
  try {
    if (type === "json" || type === "jsonb") return redactJsonWith(cell, cutting);
    if (type.startsWith("_")) return redactList(cell, type.slice(1), cutting);
  } catch {
    // not what its type says: text
  }
  return redactText(cell, cutting);
}

/** A list as array_out writes it, with its elements redacted; as it was where nothing is withheld. */
function redactList(cell: string, type: string, cutting: Cutting): string {
  let changed = false;
  const bounds = /^\[.*?\]=/.exec(cell)?.[0] ?? "";
  // loaded when a list is looked at: `--help` loads no package
  const { parse: parseArray } = require("postgres-array") as typeof import("postgres-array");
  const elements = parseArray(cell.slice(bounds.length), (element) => {
    const clean = redactCell(element, type, cutting);
    changed ||= clean !== element;
    return clean;
  });
  return changed ? `${bounds}${writeList(elements)}` : cell;
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

/** An answer's cells without what must not leave. */
export interface SievedCells {
  cells: (string | null)[][];
  /**
   * Shapes that at least half of a column's values have, and nearly all that are written like them: the column is one
   * of such values.
   */
  kinds: string[];
  /** Shapes that single values have in columns of other values. */
  few: string[];
  /** Shapes that single numbers may have by chance, and were withheld for all the same. */
  doubtful: string[];
}

/** Redacts an answer column by column: texts and what is written as text, numbers as they are. */
export function redactCells(columns: { type: string }[], cells: (string | null)[][]): SievedCells {
  const [kinds, few, doubtful] = [new Set<string>(), new Set<string>(), new Set<string>()];
  const clean = new Map<number, (string | null)[]>();
  for (const [index, { type }] of columns.entries()) {
    if (/^(int|float|numeric|oid|bool|date$|time|interval)/.test(type)) continue;
    const column = cells.map((row) => row[index]);
    const values = column.filter((cell) => cell !== null);
    const found = cut(values.join("\n"));
    if (
      found.sure.size +
        found.doubtful.size +
        [...secrets].filter((one) => values.some((cell) => cell.includes(one))).length ===
      0
    )
      continue;
    const having = new Map<string, number>();
    clean.set(
      index,
      column.map((cell) => {
        if (cell === null) return null;
        const cutting: Cutting = { ...beginCutting(true), except: found.chance };
        const kept = redactCell(cell, type, cutting);
        for (const kind of [...cutting.kinds, ...cutting.doubtful]) having.set(kind, (having.get(kind) ?? 0) + 1);
        return kept;
      }),
    );
    for (const [kind, count] of having)
      if (found.quiet.has(kind)) continue;
      else if (!found.sure.has(kind)) doubtful.add(kind);
      else (count * 2 >= values.length && !found.mixed.has(kind) ? kinds : few).add(kind);
  }
  return {
    cells: clean.size
      ? cells.map((row, number) => row.map((cell, index) => clean.get(index)?.[number] ?? cell))
      : cells,
    kinds: [...kinds],
    few: [...few].filter((kind) => !kinds.has(kind)),
    doubtful: [...doubtful].filter((kind) => !kinds.has(kind) && !few.has(kind)),
  };
}

let guarded = false;

/**
 * Puts the sieve, and `showControls` after it, before this process's output: both streams, and in a notebook's kernel
 * what is shown below a cell. The kernel sets them anew for each cell.
 */
export function guardOutput(): void {
  if (guarded) return;
  guarded = true;
  type Write = (chunk: unknown, ...rest: unknown[]) => unknown;
  for (const stream of [process.stdout, process.stderr])
    wrapMethod(
      stream,
      "write",
      (write: Write) =>
        (chunk: unknown, ...rest: unknown[]) =>
          write.call(
            stream,
            isRedacted
              ? chunk
              : typeof chunk === "string"
                ? showControls(redact(chunk))
                : chunk instanceof Uint8Array
                  ? showControls(redact(Buffer.from(chunk).toString()))
                  : chunk,
            ...rest,
          ),
    );
  const kernel = require.cache[loadKernelModule()];
  if (kernel)
    wrapMethod(
      kernel.exports as Record<string, unknown>,
      "lastWriteDisplayData",
      (show: Write | null) =>
        show && ((content: unknown, ...rest: unknown[]) => show(showControlsIn(redact(content)), ...rest)),
    );
}

function loadKernelModule(): string {
  try {
    return require.resolve("tslab/dist/jupyter");
  } catch {
    return "";
  }
}

/** Wraps a function that others set anew whenever they like. */
function wrapMethod<T extends object, F>(owner: T, name: keyof T, wrap: (inner: F) => unknown): void {
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
