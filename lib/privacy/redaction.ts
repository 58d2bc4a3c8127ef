import { redact, scan } from "./patterns";

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
  return Object.fromEntries(
    Object.entries(value).map(([key, inside]) => [
      text(key, bare, kinds),
      pictures.has(key) ? inside : sifted(inside, bare, kinds),
    ]),
  );
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
  const { value: clean, kinds } = sift(value, bare);
  if (kinds.length) hear(kinds);
  return clean;
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
  const { value, kinds } = sift(
    cells.map((row) => suspect.map((index) => row[index])),
    true,
  );
  return {
    cells: cells.map((row, number) =>
      row.map((cell, index) => (suspect.includes(index) ? value[number][suspect.indexOf(index)] : cell)),
    ),
    kinds,
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
            typeof chunk === "string"
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
