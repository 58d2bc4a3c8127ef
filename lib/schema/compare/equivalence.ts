import type { Meaning } from "../read/object-kinds";
import {
  type Names,
  normalizeBounds,
  normalizeConstraint,
  normalizeDefault,
  normalizeExpression,
  normalizeStatement,
  normalizeType,
  splitWords,
} from "./normalize-sql";

/** Identical is spelled alike, equivalent means the same, information is worth a word and no more. */
export type Verdict = "identical" | "equivalent" | "information" | "different";

/** One side's value of an attribute, and what it takes to understand it. */
export interface Reading {
  value: unknown;
  names: Names;
  /** The type of the column that a default belongs to, or the language of a function's body. */
  of?: string;
}

/** Whether two values of an attribute mean the same. `libpg-query` must have been loaded. */
export function compareMeaning(meaning: Meaning, left: Reading, right: Reading): Verdict {
  if (meaning === "silent" || (left.value === undefined && right.value === undefined)) return "identical";
  // the same words can mean something else where names are looked for elsewhere
  const alike = JSON.stringify(left.value) === JSON.stringify(right.value);
  if (alike && left.of === right.of && left.names.sign === right.names.sign) return "identical";
  if (meaning === "known" || meaning === "secret") return alike ? "identical" : compareKnown(left.value, right.value);
  if (meaning === "information") return alike ? "identical" : "information";
  if (meaning === "body") return compareBodies(left, right);
  const [a, b] = [left, right].map((reading) => read(meaning, reading));
  return a === b ? "equivalent" : "different";
}

/** Of what not every role may read: only what both sides show says anything. */
function compareKnown(left: unknown, right: unknown): Verdict {
  if (left === undefined || right === undefined) return "identical";
  const isObject = (value: unknown): value is Record<string, unknown> =>
    typeof value === "object" && value !== null && !Array.isArray(value);
  if (!isObject(left) || !isObject(right)) return "different";
  const differs = Object.keys(left).some(
    (name) => name in right && JSON.stringify(left[name]) !== JSON.stringify(right[name]),
  );
  return differs ? "different" : "identical";
}

function read(meaning: Meaning, { value, names, of }: Reading): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== "string")
    return JSON.stringify(meaning === "set" && Array.isArray(value) ? value.map(readOption).sort() : value);
  try {
    switch (meaning) {
      case "type":
        return normalizeType(value, names);
      case "expression":
        return normalizeExpression(`(${value})`, names);
      case "default":
        return normalizeDefault(`(${value})`, of ?? "text", names);
      case "query":
      case "statement":
        return normalizeStatement(value, names);
      case "bounds":
        return normalizeBounds(value, names);
      case "constraint":
        return normalizeConstraint(value, names);
      default:
        return stripText(value);
    }
  } catch {
    // a spelling that the parser does not know is compared as it stands
    return stripText(value);
  }
}

function compareBodies(left: Reading, right: Reading): Verdict {
  const [a, b] = [left, right].map(({ value }) => (typeof value === "string" ? stripText(value) : value));
  if (a === b) return "equivalent";
  if (typeof a !== "string" || typeof b !== "string" || !/^(sql|plpgsql)$/.test(left.of ?? "")) return "different";
  // a body of SQL's own is printed by the server, in each version's way
  if ([a, b].every((body) => body.startsWith("CREATE ")))
    return read("statement", left) === read("statement", right) ? "equivalent" : "different";
  try {
    const [one, other] = [splitWords(a), splitWords(b)];
    if (one.code !== other.code) return "different";
    return one.comments === other.comments ? "equivalent" : "information";
  } catch {
    return "different";
  }
}

const SWITCHES =
  /^((?:toast\.)?(?:autovacuum_enabled|vacuum_truncate|user_catalog_table|security_barrier|security_invoker|fastupdate|deduplicate_items|autosummarize))=(.*)$/;

/** A storage option: what can be on or off can be said in several ways. */
function readOption(text: unknown): unknown {
  const [, name, value] = typeof text === "string" ? (SWITCHES.exec(text) ?? []) : [];
  return name === undefined ? text : `${name}=${/^(true|on|yes|1)$/i.test(value)}`;
}

function stripText(text: string): string {
  return text
    .replace(/\r\n?/g, "\n")
    .replace(/[ \t]+$/gm, "")
    .trim();
}
