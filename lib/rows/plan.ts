import { createHash } from "node:crypto";
import { RunbookError } from "../errors";
import { sides } from "../frame";
import type { SafeColumns } from "../guard/safe-columns";
import type { Side } from "../ledger";
import { identifier } from "../sql/template";
import { isPersonal, type Catalog, type Table } from "./catalog";
import { encodingOf, isInteger, type Encoding } from "./encoding";

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
  sides: Record<Side, { relation: string; rows: number; blocks: number; version: number }>;
  encodings: Map<string, Exclude<Encoding, { why: string }>>;
  /** A condition of the operator's, as the guard wrote it down, on either side. */
  where?: Record<Side, string>;
  /** Where the two sides are, without a password. */
  address?: Record<Side, string>;
}

export interface Choice {
  key?: string[];
  columns?: string[];
}

/** Plans the comparison of a table that both sides have. Throws a RunbookError where what the operator chose is not there. */
export function planOf(table: string, catalogs: Record<Side, Catalog>, safe: SafeColumns, choice: Choice = {}): Plan {
  const tables = { production: tableOf(table, catalogs, "production"), local: tableOf(table, catalogs, "local") };
  if (catalogs.production.probe !== catalogs.local.probe)
    throw new RunbookError(
      "The two servers hash the same values differently, so that no checksum can be compared: ask for the versions of both with runbook query --on both --version.",
    );
  for (const side of sides)
    if (tables[side].hidden) throw new RunbookError(`${table} cannot be compared: in ${side} ${tables[side].hidden}.`);
  for (const column of [...(choice.key ?? []), ...(choice.columns ?? [])])
    for (const side of sides) requireColumn(tables[side], column, side);
  const { leftOut, encodings, notes } = encode(tables, catalogs, choice.columns);
  const key = choice.key ?? keyOf(tables, encodings, choice.columns !== undefined);
  for (const column of key) keyColumn(column, tables, catalogs, encodings);
  const columns = [...tables.production.columns.keys()].filter((column) => encodings.has(column));
  const personal = new Set(key.filter((column) => sides.some((side) => isPersonal(safe, tables[side], column))));
  const integer =
    key.length === 1 &&
    personal.size === 0 &&
    isInteger(tables.production.columns.get(key[0])!, tables.local.columns.get(key[0])!);
  const side = (one: Side) => ({
    relation: identifier(tables[one].schema, tables[one].name).sql,
    rows: tables[one].rows,
    blocks: tables[one].blocks,
    version: catalogs[one].version,
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
            "Without a key the rows are compared as multisets: how many there are of each, not which has changed into which.",
          ]),
    ],
    indexed: integer && sides.every((one) => tables[one].indexed.has(key[0])),
    sides: { production: side("production"), local: side("local") },
  };
}

/** `schema.table` for a name that may lack its schema. */
export function fullName(table: string, catalogs: Record<Side, Catalog>): string {
  if (table.includes(".")) return table;
  const names = new Set(
    sides.flatMap((side) =>
      [...catalogs[side].tables.values()]
        .filter(({ name }) => name === table)
        .map(({ schema }) => `${schema}.${table}`),
    ),
  );
  if (names.size > 1 && !names.has(`public.${table}`))
    throw new RunbookError(`Several schemas have a table ${table}: name one of ${[...names].join(", ")}.`);
  return names.size && !names.has(`public.${table}`) ? [...names][0] : `public.${table}`;
}

function tableOf(table: string, catalogs: Record<Side, Catalog>, side: Side): Table {
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

function encode(
  tables: Record<Side, Table>,
  catalogs: Record<Side, Catalog>,
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
      const encoding = encodingOf(one, other, catalogs.production.encoding === catalogs.local.encoding);
      if ("why" in encoding) leftOut.push({ column, why: encoding.why });
      else encodings.set(column, encoding);
      if ("note" in encoding) notes.push(`${column}: ${encoding.note}.`);
    }
  }
  return { leftOut, encodings, notes };
}

/** The first key of production, its primary key before others, that local has too; by columns that can be compared. */
function keyOf({ production, local }: Record<Side, Table>, encodings: Plan["encodings"], chosen: boolean): string[] {
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
function keyColumn(
  column: string,
  { production, local }: Record<Side, Table>,
  catalogs: Record<Side, Catalog>,
  encodings: Plan["encodings"],
): void {
  if (encodings.has(column)) return;
  const encoding = encodingOf(
    production.columns.get(column)!,
    local.columns.get(column)!,
    catalogs.production.encoding === catalogs.local.encoding,
  );
  if ("why" in encoding)
    throw new RunbookError(`The key's column ${column} is ${encoding.why}: choose another with --key.`);
  encodings.set(column, encoding);
}

/** A number for each part of a checksum, out of a secret that is made for one comparison: nobody who has not got it can try values. */
export function seedOf(secret: string, ...of: string[]): bigint {
  return (
    createHash("sha256")
      .update(JSON.stringify([secret, ...of]))
      .digest()
      .readBigUInt64BE() >> 2n
  );
}
