import { RunbookError } from "../errors";

type Called = (...given: unknown[]) => unknown;

/**
 * What a cell imports, with each function saying in one sentence that it was given something of another kind than it
 * takes, where it would else end in a TypeError from within. TypeScript says so beforehand in a cell; it cannot where
 * a value is `any`, or the cell is JavaScript.
 */
export function explainArguments<Library extends object>(library: Library): Library {
  const explained = Object.defineProperty({}, "__esModule", { value: true }) as Record<string, unknown>;
  for (const [name, value] of Object.entries(library))
    explained[name] =
      typeof value === "function" && !/^class\b/.test(Function.prototype.toString.call(value))
        ? new Proxy(value as Called, { apply: (called, self, given: unknown[]) => call(name, called, self, given) })
        : value;
  return explained as Library;
}

function call(name: string, called: Called, self: unknown, given: unknown[]): unknown {
  const explain = (error: unknown): never => {
    throw isOfWrongKind(error, given) ? new RunbookError(sayKinds(name, called, given), { cause: error }) : error;
  };
  try {
    const result = called.apply(self, given);
    return result instanceof Promise ? result.catch(explain) : result;
  } catch (error) {
    return explain(error);
  }
}

/** What comes of a value of a wrong kind; but an error of a function that the cell gave is the cell's own. */
function isOfWrongKind(error: unknown, given: unknown[]): boolean {
  if (given.some((one) => typeof one === "function")) return false;
  return (
    error instanceof TypeError ||
    error instanceof RangeError ||
    /^$|^Failed to convert JavaScript value|^Failed to determine supertype/.test((error as Error)?.message)
  );
}

function sayKinds(name: string, called: Called, given: unknown[]): string {
  const kinds = given.map(describeKind).join(", ") || "nothing";
  return (
    `${name} was given ${kinds}, and takes ${name}(${readParameters(called)}): check what each of them is, ` +
    `and that what it comes from is not empty.`
  );
}

/** A value's kind in a word, never the value. */
function describeKind(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return "a list";
  if (typeof value === "string") return "a text";
  if (typeof value !== "object") return `a ${typeof value}`;
  const name = value.constructor?.name ?? "Object";
  return "getColumns" in value
    ? "a frame"
    : name === "Sql"
      ? "a statement"
      : name === "Object"
        ? "an object"
        : `a ${name}`;
}

/** The names of a function's parameters, as its source has them. */
function readParameters(called: Called): string {
  const source = Function.prototype.toString.call(called);
  let depth = 0;
  const from = source.indexOf("(");
  for (let at = from; at < source.length; at++) {
    if ("([{".includes(source[at])) depth++;
    if (")]}".includes(source[at]) && --depth === 0)
      return source
        .slice(from + 1, at)
        .replace(/\s+/g, " ")
        .trim();
  }
  return "…";
}
