import { dirname, join, normalize } from "node:path";
import {
  type Call,
  HOLE,
  type Value,
  isCall,
  isClass,
  isDictionary,
  isName,
  isPath,
  listItems,
  getPartialText,
  getTextValue,
} from "./python-value";

/** A member of a known value: a class's, a module's, a path's; undefined where it is not known. */
export function readMember(value: Value, name: string): Value | undefined {
  if (isClass(value)) {
    if (name === "__table__") return getTableOfClass(value);
    const found = value.members.find(([key]) => key === name)?.[1];
    if (found !== undefined) return found;
    return value.bases.map((base) => readMember(base, name)).find((one) => one !== undefined);
  }
  if (typeof value === "object" && value !== null && "module" in value) return value.module(name);
  if (isPath(value)) {
    if (name === "parent") return { path: dirname(value.path) };
    if (name === "name") return value.path.split("/").at(-1)!;
    if (name === "stem")
      return value.path
        .split("/")
        .at(-1)!
        .replace(/\.[^.]*$/, "");
    if (name === "parents") return Array.from({ length: 8 }, (_, up) => ({ path: walkUpPath(value.path, up + 1) }));
  }
  // the values of an enum's members
  if (typeof value === "string" && (name === "value" || name === "name")) return value;
  return undefined;
}

/** The Table that a declarative class stands for. */
export function getTableOfClass(value: Value): Call | undefined {
  if (!isClass(value)) return undefined;
  const name = readMember(value, "__tablename__");
  if (typeof name !== "string") return undefined;
  const columns: Value[] = [];
  const collect = (one: Value): void => {
    if (!isClass(one)) return;
    one.bases.forEach(collect);
    for (const [key, member] of one.members) {
      if (!isCall(member, "Column", "mapped_column")) continue;
      const named = typeof member.args[0] === "string";
      columns.push({ ...member, call: "Column", args: named ? member.args : [key, ...member.args] });
    }
  };
  collect(value);
  const further = readMember(value, "__table_args__");
  const rest = Array.isArray(further) ? further : [];
  const options = rest.find(isDictionary) ?? (isDictionary(further) ? further : undefined);
  const schema = options?.entries.find(([key]) => key === "schema")?.[1];
  return {
    call: "Table",
    of: null,
    args: [name, null, ...columns, ...rest.filter((part) => isCall(part))],
    named: schema === undefined ? {} : { schema },
    line: 0,
  };
}

/** What a function of Python's own gives for these arguments; undefined where it is none, or cannot be known. */
export function callBuiltin(name: string, args: Value[], named: Record<string, Value>): Value | undefined {
  const [first] = args;
  switch (name) {
    case "list":
    case "tuple":
    case "set":
    case "frozenset":
      return args.length === 0 ? [] : listItems(first);
    case "sorted": {
      const items = listItems(first ?? null);
      return items?.every((item) => typeof item === "string") ? [...items].sort() : items;
    }
    case "reversed":
      return listItems(first ?? null)
        ?.slice()
        .reverse();
    case "enumerate":
      return listItems(first ?? null)?.map((item, at) => [at + Number(args[1] ?? named.start ?? 0), item]);
    case "zip": {
      const lists = args.map(listItems);
      if (lists.some((list) => !list)) return undefined;
      return Array.from({ length: Math.min(...lists.map((list) => list!.length)) }, (_, at) =>
        lists.map((list) => list![at]),
      );
    }
    case "range": {
      const [start, end, step] = args.length === 1 ? [0, first, 1] : [first, args[1], args[2] ?? 1];
      if (typeof start !== "number" || typeof end !== "number" || typeof step !== "number" || step === 0)
        return undefined;
      const length = Math.min(1000, Math.max(0, Math.ceil((end - start) / step)));
      return Array.from({ length }, (_, at) => start + at * step);
    }
    case "dict":
      return args.length === 0
        ? { entries: Object.entries(named) }
        : isDictionary(first)
          ? { entries: [...first.entries, ...Object.entries(named)] }
          : undefined;
    case "str":
      return typeof first === "number" ? String(first) : (getTextValue(first) ?? undefined);
    case "int":
      return typeof first === "number" ? first : undefined;
    case "len":
      return typeof first === "string" ? first.length : listItems(first ?? null)?.length;
    case "Path":
    case "pathlib.Path":
    case "PurePath":
      return mergePaths(args);
    case "os.fspath":
    case "os.path.abspath":
    case "os.path.realpath":
    case "os.path.normpath":
      return mergePaths([first]);
    case "os.path.dirname": {
      const path = mergePaths([first]);
      return path && { path: dirname(path.path) };
    }
    case "os.path.join":
      return mergePaths(args);
    default:
      // imported by their own names
      if (/^(os\.)?path\.(abspath|realpath|dirname|join)$/.test(name) || /^(abspath|realpath|dirname)$/.test(name))
        return callBuiltin(`os.path.${name.split(".").at(-1)}`, args, named);
      if (/(^|\.)Path$/.test(name)) return mergePaths(args);
      return undefined;
  }
}

/** What a method of a known value gives; undefined where it is not known. */
export function callMethod(
  subject: Value,
  name: string,
  args: Value[],
  named: Record<string, Value>,
  readText?: (path: string) => string | undefined,
): Value | undefined {
  const qualified = isName(subject) ? callBuiltin(`${subject.unknown}.${name}`, args, named) : undefined;
  if (qualified !== undefined) return qualified;
  if (isDictionary(subject)) {
    if (name === "items") return subject.entries.map((entry) => [...entry]);
    if (name === "keys") return subject.entries.map(([key]) => key);
    if (name === "values") return subject.entries.map(([, value]) => value);
    if (name === "copy") return subject;
    if (name === "get") return subject.entries.find(([key]) => key === args[0])?.[1] ?? args[1] ?? null;
    return undefined;
  }
  if (Array.isArray(subject)) {
    if (name === "append") {
      subject.push(args[0]);
      return null;
    }
    if (name === "extend") {
      subject.push(...(listItems(args[0]) ?? []));
      return null;
    }
    if (name === "copy") return [...subject];
    return undefined;
  }
  if (name === "read" && isCall(subject, "open"))
    return readContents(subject.args[0] ?? (isPath(subject.of) ? subject.of : null), readText);
  if (isPath(subject)) {
    if (name === "read_text") return readContents(subject, readText);
    if (name === "joinpath") return mergePaths([subject, ...args]);
    if (/^(resolve|absolute|expanduser)$/.test(name)) return subject;
    if (name === "with_suffix" && typeof args[0] === "string")
      return { path: subject.path.replace(/\.[^./]*$/, "") + args[0] };
    if (name === "with_name" && typeof args[0] === "string") return { path: join(dirname(subject.path), args[0]) };
    return undefined;
  }
  const text = typeof subject === "string" || isName(subject) ? getPartialText(subject) : getTextValue(subject);
  return text === undefined ? undefined : callOnText(text, name, args, named);
}

function callOnText(text: string, name: string, args: Value[], named: Record<string, Value>): Value | undefined {
  const [first, second] = args;
  const whole = (result: string): Value => (result.includes(HOLE) ? { unknown: name, text: result } : result);
  switch (name) {
    case "format":
      return whole(formatBraces(text, args, named));
    case "join": {
      const items = listItems(first ?? null)?.map(getPartialText);
      return items ? whole(items.map((item) => item ?? HOLE).join(text)) : whole(HOLE);
    }
    case "split": {
      if (args.length === 0 || first === null) return text.trim().split(/\s+/).map(whole);
      return typeof first === "string" ? text.split(first).map(whole) : undefined;
    }
    case "splitlines":
      return text.split(/\r?\n/).map(whole);
    case "strip":
    case "lstrip":
    case "rstrip": {
      const set = typeof first === "string" ? first.replace(/[\]\\^-]/g, "\\$&") : "\\s";
      const start = name === "rstrip" ? text : text.replace(new RegExp(`^[${set}]+`), "");
      return whole(name === "lstrip" ? start : start.replace(new RegExp(`[${set}]+$`), ""));
    }
    case "replace":
      return typeof first === "string" && typeof second === "string"
        ? whole(text.split(first).join(second))
        : undefined;
    case "lower":
      return whole(text.toLowerCase());
    case "upper":
      return whole(text.toUpperCase());
    case "removeprefix":
      return typeof first === "string" && text.startsWith(first) ? whole(text.slice(first.length)) : whole(text);
    case "removesuffix":
      return typeof first === "string" && text.endsWith(first) ? whole(text.slice(0, -first.length)) : whole(text);
    case "startswith":
    case "endswith": {
      if (text.includes(HOLE)) return undefined;
      const ends = Array.isArray(first) ? first : [first];
      return ends.some(
        (end) => typeof end === "string" && (name === "startswith" ? text.startsWith(end) : text.endsWith(end)),
      );
    }
    default:
      return undefined;
  }
}

/** Python's `%`, with a hole for what is not known. */
export function formatPercent(text: string, value: Value): Value {
  const values = Array.isArray(value) ? [...value] : [value];
  const result = text.replace(/%(?:\((\w+)\))?([sdrif%])/g, (_, key: string | undefined, letter: string) => {
    if (letter === "%") return "%";
    const item = key
      ? isDictionary(value)
        ? value.entries.find(([name]) => name === key)?.[1]
        : undefined
      : values.shift();
    return showText(item) + "";
  });
  return result.includes(HOLE) ? { unknown: "%", text: result } : result;
}

function formatBraces(text: string, args: Value[], named: Record<string, Value>): string {
  let next = 0;
  return text.replace(
    /\{\{|\}\}|\{([^{}!:]*)(![rs])?(:[^{}]*)?\}/g,
    (whole, field: string | undefined, conversion = "") => {
      if (whole === "{{") return "{";
      if (whole === "}}") return "}";
      const key = field === "" || field === undefined ? String(next++) : field;
      const shown = showText(/^\d+$/.test(key) ? args[Number(key)] : named[key]);
      return conversion === "!r" ? `'${shown}'` : shown;
    },
  );
}

function showText(value: Value | undefined): string {
  return typeof value === "number" ? String(value) : (getPartialText(value) ?? HOLE);
}

function mergePaths(pieces: (Value | undefined)[]): { path: string } | undefined {
  const texts = pieces.map((piece) => getTextValue(piece));
  if (texts.length === 0 || texts.some((text) => text === undefined)) return undefined;
  return {
    path: texts.reduce<string>(
      (path, text) => (text!.startsWith("/") ? text! : path ? join(path, text!) : normalize(text!)),
      "",
    ),
  };
}

function readContents(path: Value, readText?: (path: string) => string | undefined): Value | undefined {
  const text = getTextValue(path);
  return text === undefined ? undefined : readText?.(text);
}

function walkUpPath(path: string, times: number): string {
  return times === 0 ? path : walkUpPath(dirname(path), times - 1);
}
