import { soundsPersonal } from "../../guard/safe-columns";
import type { Recommendation } from "../ddl/recommend";
import type { Drift } from "../drift";
import type { Attributes, Snapshot } from "../read/snapshot";

/**
 * Hides literals of definitions that may be somebody's data. Equal ones have equal numbers, `•••1`, so that it can be
 * seen whether two differ. Empty text, numbers of up to six digits, yes and no, durations, formats, names of the
 * schema's objects, labels of its enums, and single words that are written as such lists are (`pending_review`) stay,
 * unless they stand beside a column whose name is personal.
 */
export interface LiteralMask {
  /** The same SQL, `•••1` in place of what is hidden. `column` is whose default it is. */
  mask(sql: string, column?: string): string;
  /** The same difference without what is hidden. */
  maskDrift(drift: Drift): Drift;
  /** The same statements; where something of them is hidden they are comments, and it is done by hand. */
  maskRecommendation(recommendation: Recommendation, from: string): Recommendation;
  /** How many different literals are hidden. */
  readonly hidden: number;
}

/** One numbering for all that is shown of two schemas. */
export function makeLiteralMask(snapshots: Snapshot[]): LiteralMask {
  const known = new Set(snapshots.flatMap(({ objects }) => objects.flatMap(listOwnWords)));
  const numbers = new Map<string, number>();
  const hide = (literal: string): string => {
    const number = numbers.get(literal) ?? numbers.size + 1;
    numbers.set(literal, number);
    return `•••${number}`;
  };

  function mask(sql: string, column?: string, dates = false): string {
    const tokens = splitTokens(sql);
    return tokens
      .map((token, at) => {
        if (token.type === "comment")
          return `${token.text.slice(0, 2)} ${hide(token.value)}${closeComment(token.text)}`;
        if (token.quote !== undefined && /^(as|do)$/i.test(skipBlanks(tokens, at, -1)?.text ?? ""))
          return `${token.quote}${mask(token.value, column)}${token.quote}`;
        if (token.type === "number") return isPlainNumber(token.value) ? token.text : hide(token.value);
        if (token.type !== "text" || isName(tokens, at) || (dates && isDate(token.value))) return token.text;
        const beside = [column, findNeighbour(tokens, at, -1), findNeighbour(tokens, at, 1)];
        const isKey = /^[-#]>{1,2}$/.test(skipBlanks(tokens, at, -1)?.text ?? "");
        const isPersonal = !isKey && beside.some((name) => name !== undefined && soundsPersonal(name));
        return isHarmless(token.value, isPersonal, known) ? token.text : `'${hide(token.value)}'`;
      })
      .join("");
  }

  const maskOption = (option: string): string => {
    const [, name, value] = /^([^=]*)=(.*)$/s.exec(option) ?? [];
    if (value === undefined || name === "search_path" || known.has(value)) return mask(option);
    return isHarmless(value, soundsPersonal(name), known) ? option : `${name}=${hide(value)}`;
  };

  function maskValue(name: string, value: unknown, drift: Drift, whole: boolean): unknown {
    if (Array.isArray(value)) return value.map((one) => maskValue(name, one, drift, whole));
    if (typeof value === "object" && value !== null)
      return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, maskValue(name, one, drift, whole)]));
    if (typeof value !== "string" || value === "") return value;
    if (whole || (name === "body" && !/^(sql|plpgsql|c|internal)$/.test(String(languageOf(drift))))) return hide(value);
    if (/options|settings/.test(name)) return maskOption(value);
    if (!sqlAttributes.has(name) && !value.includes("'")) return value;
    return mask(value, drift.kind === "column" ? drift.name : undefined, name === "bounds");
  }

  const maskAttributes = (attributes: Attributes | null, drift: Drift): Attributes | null =>
    attributes &&
    Object.fromEntries(
      Object.entries(attributes).map(([name, value]) => {
        const whole = freeText.has(name) && (drift.kind !== "enum" || name !== "values");
        return [name, name === "values" ? value : maskValue(name, value, drift, whole)];
      }),
    );

  return {
    mask,
    maskDrift: (drift) => ({
      ...drift,
      production: maskAttributes(drift.production, drift),
      local: maskAttributes(drift.local, drift),
    }),
    maskRecommendation(recommendation, from) {
      const { statements, kind, name } = recommendation;
      const column = kind === "column" ? name : undefined;
      const masked = statements.map((statement) =>
        isOurComment(statement)
          ? mask(statement.replace(/^-- /gm, ""), column).replace(/^/gm, "-- ")
          : mask(statement, column),
      );
      if (masked.every((text, at) => text === statements[at])) return recommendation;
      const why = "its definition holds literals that may be somebody's data, and they are not shown";
      const [first] = recommendation.sql.split("\n");
      const shown = masked.map((text) => (isOurComment(text) ? text : text.replace(/^/gm, "-- ")));
      return {
        ...recommendation,
        statements: [],
        sql: [
          first,
          `-- It is done by hand: ${why}. Take what stands here as •••1 and the like from ${from}.`,
          ...shown,
        ].join("\n"),
        hazard: "It is done by hand.",
        mends: false,
        byHand: why,
      };
    },
    get hidden() {
      return numbers.size;
    },
  };
}

/** What was hidden, as a sentence; empty where nothing was. */
export function describeHidden({ hidden }: Pick<LiteralMask, "hidden">): string {
  if (hidden === 0) return "";
  return (
    `${hidden === 1 ? "One literal that may be somebody's data is" : `${hidden} literals that may be somebody's data are`} ` +
    `shown as •••1 and the like; equal ones have equal numbers. Read them in the databases themselves.`
  );
}

/** Attributes that are SQL, whatever they hold. */
const sqlAttributes = new Set([
  "default",
  "definition",
  "using",
  "check",
  "body",
  "bounds",
  "arguments",
  "partitioned by",
]);
/** Attributes that somebody has written for people. */
const freeText = new Set(["text", "comments within"]);

const isOurComment = (statement: string): boolean => /^(--[^\n]*(\n|$))+$/.test(statement);
const languageOf = ({ production, local }: Drift): unknown => production?.language ?? local?.language ?? "sql";
const closeComment = (text: string): string => (text.startsWith("/*") ? " */" : "");

function listOwnWords({ kind, schema, table, name, attributes }: Snapshot["objects"][number]): string[] {
  const labels = kind === "enum" && Array.isArray(attributes.values) ? (attributes.values as string[]) : [];
  const names = kind === "comment" ? [] : [name];
  return [...[schema, table].flatMap((one) => one ?? []), ...names, ...labels];
}

interface Token {
  type: "text" | "comment" | "number" | "word" | "other" | "blank";
  text: string;
  /** Without its quotes. */
  value: string;
  /** What stands around it, where that is `$$` or the like. */
  quote?: string;
}

const pattern =
  /(?<comment>--[^\n]*|\/\*[\s\S]*?\*\/)|(?<escape>[eE]'(?:[^'\\]|\\[\s\S]|'')*')|(?<text>(?:[bBxXnN]|[uU]&)?'(?:[^']|'')*')|(?<quote>\$(?:[A-Za-z_]\w*)?\$)(?<body>[\s\S]*?)\k<quote>|(?<quoted>"(?:[^"]|"")*")|(?<word>[\p{L}_][\p{L}\p{N}_$]*)|(?<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?<blank>\s+)|(?<other>[-+*/<>=~!@#%^&|`?:]+|[\s\S])/gu;

function splitTokens(sql: string): Token[] {
  return [...sql.matchAll(pattern)].map(({ 0: text, groups = {} }): Token => {
    const { comment, escape, text: plain, quote, body, quoted, word, number, blank } = groups;
    if (comment !== undefined) return { type: "comment", text, value: comment.replace(/^(--|\/\*)|\*\/$/g, "").trim() };
    if (body !== undefined) return { type: "text", text, value: body, quote };
    if (escape !== undefined || plain !== undefined)
      return { type: "text", text, value: text.slice(text.indexOf("'") + 1, -1).replace(/''/g, "'") };
    if (number !== undefined) return { type: "number", text, value: number };
    if (quoted !== undefined) return { type: "word", text, value: quoted.slice(1, -1) };
    return { type: word !== undefined ? "word" : blank !== undefined ? "blank" : "other", text, value: text };
  });
}

/** `'licenses_id_seq'::regclass`: the name of something in the schema. */
function isName(tokens: Token[], at: number): boolean {
  const rest = tokens.slice(at + 1, at + 6).filter(({ type }) => type !== "blank");
  return rest[0]?.text === "::" && /^reg/.test(rest[1]?.text ?? "");
}

function skipBlanks(tokens: Token[], at: number, step: 1 | -1): Token | undefined {
  for (let place = at + step; tokens[place] !== undefined; place += step)
    if (tokens[place].type !== "blank") return tokens[place];
  return undefined;
}

/** The column that a literal is compared with or chosen by: the nearest name before or behind it. */
function findNeighbour(tokens: Token[], at: number, step: 1 | -1): string | undefined {
  for (let place = at + step; tokens[place] !== undefined && Math.abs(place - at) < 400; place += step) {
    const { type, text, value } = tokens[place];
    if (text === ";" || (type === "word" && /^(and|or|where|when|then|else|from|returns|begin|set)$/i.test(text)))
      return undefined;
    if (step === 1 && text === ",") return undefined;
    const isType = skipBlanks(tokens, place, -1)?.text === "::" || sqlWords.test(text);
    const isFunction = tokens[place + 1]?.text === "(";
    if (type === "word" && !isType && !isFunction) return value;
  }
  return undefined;
}

const sqlWords =
  /^(character|varying|varchar|char|text|date|time|timestamp|timestamptz|with|without|zone|interval|integer|int|bigint|numeric|boolean|jsonb?|uuid|bytea|any|all|some|array|in|not|is|null|like|ilike|similar|to|between|as|collate|default|check|constraint|using|on|for|values|case|end|select|distinct|cast|row|escape)$/i;

function isHarmless(literal: string, isPersonal: boolean, known: ReadonlySet<string>): boolean {
  if (structural.some((one) => one.test(literal)) || isPlainNumber(literal)) return true;
  return !isPersonal && (known.has(literal) || (literal.length <= 40 && word.test(literal)));
}

/** `pending_review`, `IMLC`, `step-2`. */
const word = /^(?:[a-z]+(?:[_-][a-z]+)*|[A-Z]+(?:[_-][A-Z]+)*)(?:[_-]?\d{1,2})?$/;
const structural = [
  /^[\s\p{P}\p{S}]*$/u,
  /^(t|f|true|false|yes|no|on|off|now|today|infinity|-infinity|epoch|utc|null)$/i,
  /^[+-]?\d{1,6} ?(ms|s|min|h|d|kb|mb|gb|years?|mons?|months?|weeks?|days?|hours?|minutes?|seconds?)$/i,
  /^\d\d:\d\d(:\d\d)?$/,
  /^(YYYY|YY|MM|DD|HH24|HH12|HH|MI|SS|MS|US|Month|Mon|Day|Dy|IYYY|IW|ID|WW|TZ|FM|AM|PM|[-:/.,\s"T])+$/,
  // a pattern of classes and counts, without a letter of its own
  /^(\[(?:\^|\\?[A-Za-z0-9]-[A-Za-z0-9]|\\.|[-_.@+\s])*\]|\\[dwsDWSb]|\{\d{1,3}(,\d{0,3})?\}|[\^$.*+?|()\-_\s/])+$/,
];

/** Years, counts and limits; not the number of a person, an account or a telephone. */
function isPlainNumber(literal: string): boolean {
  return (
    /^[+-]?\d{1,6}(\.\d{1,6})?$/.test(literal) ||
    /^[+-]?\d0+$/.test(literal) ||
    ["2147483647", "-2147483648", "9223372036854775807", "-9223372036854775808"].includes(literal)
  );
}

const isDate = (literal: string): boolean => /^\d{4}-\d\d-\d\d( 00:00:00(\+00)?)?$/.test(literal);
