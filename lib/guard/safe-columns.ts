import { readFileSync } from "node:fs";
import { RunbookError } from "../errors";
import type { Catalog } from "./catalog";

/** Which columns hold nothing personal. What is not named is personal; `personal` only says that somebody has looked. */
export interface SafeColumns {
  safe: Record<string, string[] | "*">;
  personal?: Record<string, string[] | "*">;
  /** Types that are enums, for whoever judges a statement without the catalog, which knows them. */
  enums?: string[];
}

/** Reads the file that RUNBOOK_COLUMNS names. */
export function loadColumns(file: string): SafeColumns {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new RunbookError(`RUNBOOK_COLUMNS: there is no file ${file} that can be read.`, { cause });
  }
  return readColumns(text, file);
}

/** Reads the text of such a file; complains by the place that is wrong. */
export function readColumns(text: string, file: string): SafeColumns {
  const wrong = (what: string): never => {
    throw new RunbookError(
      `RUNBOOK_COLUMNS: ${file} ${what}: it should look like {"safe": {"licenses": ["id", "state"], "cme_topics": "*"}}.`,
    );
  };
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    wrong("is not JSON");
  }
  const { safe, personal, enums } = isRecord(content) ? content : wrong("is not an object");
  if (safe === undefined) wrong(`has no "safe"`);
  for (const [name, tables] of Object.entries({ safe, personal })) {
    if (tables === undefined) continue;
    if (!isRecord(tables)) wrong(`has no tables in "${name}"`);
    for (const [table, columns] of Object.entries(tables as object))
      if (columns !== "*" && !(Array.isArray(columns) && columns.every((column) => typeof column === "string")))
        wrong(`names the columns of ${table} by neither a list nor "*"`);
  }
  if (enums !== undefined && !(Array.isArray(enums) && enums.every((name) => typeof name === "string")))
    wrong(`names its "enums" by no list`);
  // Alembic's own table holds a revision, whatever the database is about
  return { safe: { alembic_version: "*", ...(safe as object) }, personal, enums } as SafeColumns;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What the file says of a table: a list of columns, all of them, or nothing. A bare name means a table of the schema public. */
export function listedOf(
  columns: SafeColumns,
  part: "safe" | "personal",
  schema: string,
  table: string,
): Set<string> | "*" | undefined {
  const sets = known.get(columns) ?? { safe: setsOf(columns.safe), personal: setsOf(columns.personal ?? {}) };
  known.set(columns, sets);
  return sets[part].get(`${schema}.${table}`) ?? (schema === "public" ? sets[part].get(table) : undefined);
}

type Sets = Map<string, Set<string> | "*">;
const known = new WeakMap<SafeColumns, { safe: Sets; personal: Sets }>();

function setsOf(tables: SafeColumns["safe"]): Sets {
  return new Map(Object.entries(tables).map(([table, names]) => [table, names === "*" ? names : new Set(names)]));
}

/** A column that nobody has looked at yet, and what its name, type and comment would make of it. */
export interface Unlisted {
  schema: string;
  table: string;
  column: string;
  type: string;
  proposed: "safe" | "personal";
  /** The file does not know the table at all. */
  wholeTable: boolean;
}

/** The columns that nobody has looked at yet: they count as personal. */
export function unlisted(catalog: Catalog, columns: SafeColumns): Unlisted[] {
  const seen = (schema: string, table: string, column: string) =>
    (["safe", "personal"] as const).some((part) => {
      const names = listedOf(columns, part, schema, table);
      return names === "*" || names?.has(column);
    });
  return catalog.relations
    .filter(({ kind }) => "rp".includes(kind))
    .flatMap(({ schema, name, columns: all }) => {
      const wholeTable = all.every((column) => !seen(schema, name, column.name));
      return all
        .filter((column) => !seen(schema, name, column.name))
        .map((column) => ({
          schema,
          table: name,
          column: column.name,
          type: column.type,
          proposed: isHarmless(catalog, column.name, column.type, column.comment ?? "")
            ? ("safe" as const)
            : ("personal" as const),
          wholeTable,
        }));
    });
}

/** A first file for a person to correct, made from names, types and comments. Whatever is not plainly harmless is personal. */
export function propose(catalog: Catalog): SafeColumns {
  const proposal = { safe: {} as Record<string, string[]>, personal: {} as Record<string, string[]> };
  for (const { schema, name, kind, columns } of catalog.relations) {
    if (!"rp".includes(kind)) continue;
    const key = schema === "public" ? name : `${schema}.${name}`;
    const harmless = columns.filter((column) => isHarmless(catalog, column.name, column.type, column.comment ?? ""));
    proposal.safe[key] = harmless.map((column) => column.name);
    proposal.personal[key] = columns.filter((column) => !harmless.includes(column)).map((column) => column.name);
  }
  return proposal;
}

const personalWords =
  /home_|employer|hire|name|mail|phone|fax|mobile|address|street|city|zip|postal|birth|dob|death|ssn|social|tax|passport|citizen|uscis|immigra|race|ethnic|gender|sex|height|weight|religion|npi|dea|licen[sc]e_n|number|password|secret|token|hash|pin\b|_pin|cvv|card|iban|account|salary|wage|private|personal|pii|encrypted|signature|photo|avatar|ip\b|ip_|agent|url|path|note|comment|text|body|message|subject|content|description|title|file|latitude|longitude|geo|device|user_?id_?external|login|credential|reference/i;
const harmlessWords =
  /(^|_)(status|state|type|kind|category|role|specialty|subspecialty|topic|priority|severity|level|stage|frequency|unit|currency|country|locale|language|timezone|channel|format|source|version|classification|reason_code|action|event_type)$/i;
const numbers = /^(smallint|integer|bigint|numeric|real|double precision)/;

function isHarmless(catalog: Catalog, name: string, type: string, comment: string): boolean {
  if (type === "boolean") return !/personal|private|pii|secret/i.test(comment);
  if (/personal|private|pii|phi\b|secret|password|confidential|encrypted|sensitive|birth/i.test(comment)) return false;
  if (/^(uuid|smallint|integer|bigint)$/.test(type) && /^id$|_id$/.test(name))
    return !/national|tax|external|uscis|government|state_id|patient/i.test(name);
  if (personalWords.test(name)) return false;
  if (catalog.enums.some((known) => [known.name, `${known.schema}.${known.name}`].includes(type))) return true;
  if (/^(timestamp|date)/.test(type)) return /(_at|_date|_on|_until|_since)$/.test(name);
  if (numbers.test(type))
    return /(^|_)(count|total|amount|credits|credit|hours|days|years|year|months|score|size|bytes|attempts|order|position|sequence|rate|percent|percentage|pages|limit|duration|ms|seconds|version|priority|retries)(_|$)/i.test(
      name,
    );
  return /^(text|character varying|character|"char")/.test(type) && !type.endsWith("[]") && harmlessWords.test(name);
}
