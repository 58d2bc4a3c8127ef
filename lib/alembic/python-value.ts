/** What a Python expression in a revision amounts to, as far as it can be known without running it. */
export type Value =
  string | number | boolean | null | Value[] | Dictionary | Call | Name | ClassValue | PathValue | ModuleValue;

export interface Call {
  call: string;
  of: Value;
  args: Value[];
  named: Record<string, Value>;
  /** The line of the revision's own file. */
  line: number;
  /** Whether the function came from a module that was not read. */
  isImported?: boolean;
}

/**
 * Something that only a run would tell: an imported module, a loop's variable. A text of which a part is unknown has
 * a hole there.
 */
export interface Name {
  unknown: string;
  text?: string;
  imported?: boolean;
}

export interface Dictionary {
  entries: [Value, Value][];
}

export interface ClassValue {
  class: string;
  bases: Value[];
  members: [string, Value][];
}

/** A `pathlib.Path`, or `__file__`. */
export interface PathValue {
  path: string;
}

/** A module of the project, which gives what its names are bound to. Functions are among them. */
export interface ModuleValue {
  module: (name: string) => Value | undefined;
}

/** Stands in a text for a part that is not known. */
export const HOLE = "\u0001";

/** A value that only a run would tell. */
export function makeUnknown(source: string, isImported = false): Name {
  return { unknown: source, ...(isImported ? { imported: true } : {}) };
}

export function isCall(value: Value | undefined, ...names: string[]): value is Call {
  return isObject(value) && "call" in value && (names.length === 0 || names.includes(value.call));
}

export function isName(value: Value | undefined): value is Name {
  return isObject(value) && "unknown" in value;
}

export function isDictionary(value: Value | undefined): value is Dictionary {
  return isObject(value) && "entries" in value && Array.isArray(value.entries);
}

export function isClass(value: Value | undefined): value is ClassValue {
  return isObject(value) && "class" in value;
}

export function isPath(value: Value | undefined): value is PathValue {
  return isObject(value) && "path" in value;
}

function isObject(value: Value | undefined): value is Exclude<Value, string | number | boolean | null | Value[]> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** How a value is called in the file: `bind.dialect`, `op.get_context().dialect`. */
export function nameOf(value: Value | undefined): string | undefined {
  if (isName(value)) return value.unknown;
  return isCall(value) ? `${nameOf(value.of) ?? ""}.${value.call}()` : undefined;
}

/** The items that a loop over the value would give; undefined where they are not known. */
export function listItems(value: Value): Value[] | undefined {
  if (Array.isArray(value)) return value;
  if (isDictionary(value)) return value.entries.map(([key]) => key);
  if (isClass(value)) return value.members.map(([, member]) => member);
  return undefined;
}

/** Whether Python takes the value for true; undefined where that is not known. */
export function decideTruth(value: Value): boolean | undefined {
  if (value === null) return false;
  if (Array.isArray(value)) return value.length > 0;
  if (isDictionary(value)) return value.entries.length > 0;
  if (["string", "number", "boolean"].includes(typeof value)) return Boolean(value);
  if (isCall(value, "is_offline_mode")) return false;
  return undefined;
}

/** Wrappers that leave a text alone: `sa.text("…")`, `op.f("…")`. */
const WRAPPERS = [
  "text",
  "f",
  "DDL",
  "dedent",
  "cleandoc",
  "quoted_name",
  "literal_column",
  "str",
  "conv",
  "SQL",
  "TextClause",
];
const METHODS = ["strip", "lstrip", "rstrip", "bindparams", "bindparam", "execution_options", "columns", "compile"];

/** The text that a value stands for; undefined where a part of it is not known. */
export function getTextValue(value: Value | undefined): string | undefined {
  const text = getPartialText(value);
  return text === undefined || text.includes(HOLE) ? undefined : text;
}

/** The text that a value stands for, with a hole for each part that is not known; undefined where it is no text. */
export function getPartialText(value: Value | undefined): string | undefined {
  if (typeof value === "string") return value;
  if (isName(value)) return value.text;
  if (isPath(value)) return value.path;
  if (isCall(value, ...WRAPPERS)) return getPartialText(value.args[0] ?? value.named.text);
  if (isCall(value, ...METHODS)) return getPartialText(value.of);
  return undefined;
}
