import { createHash } from "node:crypto";
import { RunbookError } from "../errors";
import { quoteName } from "../sql/quote";
import type { SafeColumns } from "../guard/safe-columns";
import { sides, type Side } from "../ledger";
import { identifier } from "../sql/template";
import { isPersonal, type Catalog, type Table } from "./catalog";
import { chooseEncoding, isInteger, type Encoding, type Server } from "./encoding";

/** How one table is compared: what both sides have in common, and what is left out. */
export interface Plan {
  table: string;
  /** Empty where there is no key: the rows are compared as multisets. */
  key: string[];
  /** The key's columns whose values may not be shown. */
  personal: Set<string>;
  /** The columns compared, in production's order; the key's are among them. */
  columns: string[];
  leftOut: { column: string; why: string }[];
  notes: string[];
  /** The key is one harmless integer: it is its own number, and with an index on it a way into the table. */
  integer: boolean;
  indexed: boolean;
  sides: Record<Side, PlannedSide>;
  /** Both databases hold text in the same encoding; else it is hashed as UTF-8. */
  sameEncoding: boolean;
  encodings: Map<string, Exclude<Encoding, { why: string }>>;
  /** A condition of the operator's, as the guard wrote it down, on either side. */
  where?: Record<Side, string>;
  /** Where the two sides are, without a password. */
  address?: Record<Side, string>;
}

/** A table as one side has it, and what its statements depend on. */
export interface PlannedSide extends Server, Pick<Table, "kind" | "rows" | "blocks" | "schema" | "name"> {
  relation: string;
}

export interface Choice {
  key?: string[];
  columns?: string[];
}

/**
 * Plans the comparison of a table that both sides have. Throws a RunbookError where what the operator chose is not
 * there.
 */
export function planOf(table: string, catalogs: Record<Side, Catalog>, safe: SafeColumns, choice: Choice = {}): Plan {
  const tables = { production: findTable(table, catalogs, "production"), local: findTable(table, catalogs, "local") };
  if (catalogs.production.probe !== catalogs.local.probe)
    throw new RunbookError(
      "The two servers hash the same values differently, so that no checksum can be compared: ask for the " +
        "versions of both with runbook query --on both --version.",
    );
  for (const side of sides)
    if (tables[side].hidden) throw new RunbookError(`${table} cannot be compared: in ${side} ${tables[side].hidden}.`);
  for (const column of [...(choice.key ?? []), ...(choice.columns ?? [])])
    for (const side of sides) requireColumn(tables[side], column, side);
  const { leftOut, encodings, notes } = chooseEncodings(tables, choice.columns);
  const key = choice.key ?? chooseKey(tables, encodings, choice.columns !== undefined);
  for (const column of key) addKeyColumn(column, tables, encodings, notes);
  const columns = [...tables.production.columns.keys()].filter((column) => encodings.has(column));
  const personal = new Set(key.filter((column) => sides.some((side) => isPersonal(safe, tables[side], column))));
  const integer =
    key.length === 1 &&
    personal.size === 0 &&
    sides.every((one) => tables[one].notNull.has(key[0])) &&
    isInteger(tables.production.columns.get(key[0])!, tables.local.columns.get(key[0])!);
  const side = (one: Side) => ({
    relation: identifier(tables[one].schema, tables[one].name).sql,
    schema: tables[one].schema,
    name: tables[one].name,
    kind: tables[one].kind,
    rows: tables[one].rows,
    blocks: tables[one].blocks,
    version: catalogs[one].version,
    encoding: catalogs[one].encoding,
  });
  if (!columns.length)
    throw new RunbookError(`${table} cannot be compared: its two sides have no column in common that can be.`);
  return {
    table,
    key,
    personal,
    columns,
    integer,
    encodings,
    leftOut: leftOut.filter(({ column }) => !key.includes(column)),
    notes: [
      ...notes,
      ...(key.length
        ? []
        : [
            "Without a key the rows are compared as multisets: how many there are of each, not which has " +
              "changed into which.",
          ]),
    ],
    sameEncoding: isSameBytes(catalogs.production.encoding, catalogs.local.encoding),
    indexed: integer && sides.every((one) => tables[one].indexed.has(key[0])),
    sides: { production: side("production"), local: side("local") },
  };
}

/** SQL_ASCII says nothing of its bytes: they are compared as they are. */
function isSameBytes(one: string, other: string): boolean {
  return one === other || one === "SQL_ASCII" || other === "SQL_ASCII";
}

/**
 * The full name of the table that a text means: it may lack the schema, and hold dots, or quotes around either part.
 */
export function resolveTableName(text: string, catalogs: Record<Side, Catalog>): string {
  const tables = new Map(sides.flatMap((side) => [...catalogs[side].tables]));
  const spellings = ({ schema, name }: Table, withSchema: boolean) => {
    const both = (part: string) => [part, quoteName(part)];
    return withSchema ? both(schema).flatMap((one) => both(name).map((other) => `${one}.${other}`)) : both(name);
  };
  const meant = (withSchema: boolean) =>
    [...tables].filter(([, table]) => spellings(table, withSchema).includes(text)).map(([full]) => full);
  const found = [...meant(true), ...meant(false)];
  const first = meant(true)[0] ?? found.find((full) => tables.get(full)!.schema === "public") ?? found[0];
  if (first === undefined) return text.includes(".") ? text : `public.${text}`;
  if (!meant(true).length && found.length > 1 && tables.get(first)!.schema !== "public")
    throw new RunbookError(`Several schemas have a table ${text}: name one of ${found.join(", ")}.`);
  return first;
}

function findTable(table: string, catalogs: Record<Side, Catalog>, side: Side): Table {
  const found = catalogs[side].tables.get(table);
  if (found) return found;
  const other = side === "production" ? "local" : "production";
  throw new RunbookError(
    catalogs[other].tables.has(table)
      ? `${table} is not in ${side}: there is nothing to compare it with.`
      : `There is no table ${table}: runbook query --tables lists those of production.`,
  );
}

function requireColumn(table: Table, column: string, side: Side): void {
  if (!table.columns.has(column))
    throw new RunbookError(
      `${table.schema}.${table.name} has no column ${column} in ${side}: name one that both sides have.`,
    );
}

function chooseEncodings(
  tables: Record<Side, Table>,
  chosen?: string[],
): Pick<Plan, "leftOut" | "encodings" | "notes"> {
  const leftOut: Plan["leftOut"] = [];
  const encodings: Plan["encodings"] = new Map();
  const notes: string[] = [];
  const { production, local } = tables;
  for (const column of new Set([...production.columns.keys(), ...local.columns.keys()])) {
    const [one, other] = [production.columns.get(column), local.columns.get(column)];
    if (!one || !other) leftOut.push({ column, why: `only in ${one ? "production" : "local"}` });
    else if (chosen && !chosen.includes(column)) leftOut.push({ column, why: "not among --columns" });
    else {
      const encoding = chooseEncoding(one, other);
      if ("why" in encoding) leftOut.push({ column, why: encoding.why });
      else encodings.set(column, encoding);
      if ("note" in encoding) notes.push(`${column}: ${encoding.note}.`);
    }
  }
  return { leftOut, encodings, notes };
}

/** The first key of production, its primary key before others, that local has too; by columns that can be compared. */
function chooseKey(
  { production, local }: Record<Side, Table>,
  encodings: Plan["encodings"],
  chosen: boolean,
): string[] {
  const same = (one: string[], other: string[]) =>
    one.length === other.length && one.every((column) => other.includes(column));
  const usable = (columns: string[]) =>
    columns.every((column) => (chosen ? local.columns.has(column) : encodings.has(column)));
  return (
    production.keys.find(({ columns }) => usable(columns) && local.keys.some((other) => same(columns, other.columns)))
      ?.columns ?? []
  );
}

/** A column of the key is compared even where it was not chosen. */
function addKeyColumn(
  column: string,
  { production, local }: Record<Side, Table>,
  encodings: Plan["encodings"],
  notes: string[],
): void {
  if (encodings.has(column)) return;
  const encoding = chooseEncoding(production.columns.get(column)!, local.columns.get(column)!);
  if ("why" in encoding)
    throw new RunbookError(`The key's column ${column} is ${encoding.why}: choose another with --key.`);
  if (encoding.note) notes.push(`${column}: ${encoding.note}.`);
  encodings.set(column, encoding);
}

/** A number for each use of a comparison's salt, so that no two parts of a checksum have one seed. */
export function numberUse(...use: string[]): bigint {
  return createHash("sha256").update(JSON.stringify(use)).digest().readBigUInt64BE() >> 2n;
}
