import pl, { type DataFrame } from "nodejs-polars";
import { compare, getSideValues } from "./compare";
import { records, unanswered, type Row } from "../frame";
import { sides } from "../ledger";
import { identifier, join, buildTemplate as sql, type Sql } from "../sql/template";

/**
 * A table that holds what the application knows, not what people did: it is to be the same on both sides, row by row.
 */
export interface Reference {
  schema: string;
  table: string;
  /**
   * What a row is compared by: its natural key where it has one, because two sides may number the same row
   * differently.
   */
  key: string[];
  /** What is compared: all but the row's number and the times at which it was written. */
  columns: string[];
  /** Reads the table. A foreign key to another such table is read as that table's natural key. */
  statement: Sql;
}

/** At most so many rows make a table that is compared row by row. */
const mostRows = 1000;

/**
 * The reference tables among those that both sides have, found by what they are: at most 1,000 rows, other tables
 * point to them, in production fewer changes than rows since its statistics began (local is loaded and emptied at
 * will), no personal column, and they point only to other reference tables. `use`, `counts` and `columns` are the
 * answers to `sql.tableUse`, `sql.rowCounts` and `sql.columns`, the last with what `classified` says of them.
 *
 * @example const { found, frame } = referenceTables(use, counts, columns);
 */
export function referenceTables(
  use: DataFrame,
  counts: DataFrame,
  columns: DataFrame,
): { found: Reference[]; frame: DataFrame } {
  const candidates = listTables(use, counts, columns).filter(
    (table) => isSmallAndStill(table) && !table.personal && table.key.length > 0,
  );
  const found = closeOverReferences(
    candidates,
    records(counts).map(({ table }) => table),
  );
  return { found: found.map((table) => makeReference(table, found)), frame: describeFound(found) };
}

/**
 * The rows of reference tables, production beside local, in one frame: `table`, `key`, `status`, `changed`, and what
 * the changed columns hold in `production` and in `local`.
 *
 * @example await show(referenceRows(answers), "Reference rows that differ");
 */
export function collectReferenceRows(answers: { reference: Reference; rows: DataFrame }[]): DataFrame {
  const rows = answers.flatMap(({ reference, rows }) =>
    records(compare(rows, ...reference.key)).map((row) => describeReferenceRow(reference, row)),
  );
  return pl.DataFrame(
    ["table", "key", "status", "changed", "production", "local"].map((name) =>
      pl.Series(
        name,
        rows.map((row) => row[name]),
        pl.Utf8,
      ),
    ),
  );
}

function describeReferenceRow({ table, key }: Reference, row: Row): Row {
  const changed = row.changed ? String(row.changed).split(", ") : [];
  const held = sides.map((side) => [
    side,
    changed.map((column) => String(getSideValues(row, side)?.[column] ?? "null")).join(", ") || null,
  ]);
  return {
    table,
    key: key.map((column) => row[column] ?? "null").join(", "),
    status: row.status,
    changed: row.changed,
    ...Object.fromEntries(held),
  };
}

interface Table {
  schema: string;
  table: string;
  rows: Record<string, number>;
  changes: number;
  pointers: number;
  /** On both sides. */
  columns: string[];
  /** It has a column that is personal, on either side. */
  personal: boolean;
  primaryKey: string[];
  key: string[];
  foreignKeys: { column: string; table: string; refers_to: string }[];
}

/** What is known of each table that both sides have. */
function listTables(use: DataFrame, counts: DataFrame, columns: DataFrame): Table[] {
  if ([use, counts].some((frame) => unanswered(frame).length)) return [];
  const [uses, counted, named] = [use, counts, columns].map((frame) => groupRowsByTable(records(frame)));
  return [...uses].flatMap(([name, rows]) => {
    const [production, local] = sides.map((side) => rows.find(({ source }) => source === side));
    if (!production || !local) return [];
    const columnsOn = sides.map((side) =>
      (named.get(name) ?? []).filter(({ source }) => source === side).map(({ column }) => String(column)),
    );
    const common = columnsOn[0].filter((column) => columnsOn[1].includes(column));
    const keys = [production.natural_key, production.primary_key].map(parseList<string>);
    return {
      schema: production.schema,
      table: production.table,
      rows: Object.fromEntries((counted.get(name) ?? []).map(({ source, rows }) => [source, Number(rows)])),
      changes: Number(production.changes),
      pointers: Math.max(
        ...[production, local].flatMap(({ foreign_keys, id_columns }) => [Number(foreign_keys), Number(id_columns)]),
      ),
      columns: common,
      personal: (named.get(name) ?? []).some(({ personal }) => personal),
      primaryKey: keys[1],
      key: keys.find((key) => key.length && key.every((column) => common.includes(column))) ?? [],
      foreignKeys: parseList<Table["foreignKeys"][number]>(production.refers),
    };
  });
}

function isSmallAndStill({ rows, changes, pointers }: Table): boolean {
  const [production, local] = sides.map((side) => rows[side] ?? 0);
  return pointers > 0 && production + local > 0 && Math.max(production, local) <= mostRows && changes <= production;
}

/** Leaves out what points to a table that is none of them, until nothing more falls out. */
function closeOverReferences(candidates: Table[], names: string[]): Table[] {
  const kept = candidates.filter((table) => {
    const declared = table.foreignKeys.every((key) => candidates.some((one) => one.table === key.table));
    const undeclared = table.columns.filter(
      (column) => column.endsWith("_id") && !table.foreignKeys.some((key) => key.column === column),
    );
    return declared && undeclared.every((column) => isPointingInside(column, candidates, names));
  });
  return kept.length === candidates.length ? kept : closeOverReferences(kept, names);
}

function isPointingInside(column: string, candidates: Table[], names: string[]): boolean {
  const plural = `${column.slice(0, -3)}s`;
  const targets = names.filter((name) => name === plural || name.endsWith(`_${plural}`));
  return targets.every((target) => candidates.some(({ table }) => table === target));
}

function makeReference({ schema, table, key, columns, primaryKey, foreignKeys }: Table, found: Table[]): Reference {
  const numbered = primaryKey.some((column) => !key.includes(column)) ? primaryKey : [];
  const compared = columns.filter(
    (column) => !key.includes(column) && !numbered.includes(column) && !["created_at", "updated_at"].includes(column),
  );
  const read = (column: string): Sql => {
    const foreign = foreignKeys.find((one) => one.column === column);
    const target = foreign && found.find((one) => one.table === foreign.table && !one.key.includes(foreign.refers_to));
    if (!foreign || !target) return sql`r.${identifier(column)}`;
    const name = join(
      target.key.map((part) => sql`o.${identifier(part)}::text`),
      " || ' ' || ",
    );
    return sql`(select ${name} from ${identifier(target.schema, target.table)} o where o.${identifier(foreign.refers_to)} = r.${identifier(column)}) as ${identifier(column)}`;
  };
  const statement = sql`select ${join([...key, ...compared].map(read))} from ${identifier(schema, table)} r order by ${join(key.map((_, index) => sql`${identifier(key[index])}`))}`;
  return { schema, table, key, columns: compared, statement };
}

function describeFound(found: Table[]): DataFrame {
  const text = (name: string, value: (table: Table) => string) => pl.Series(name, found.map(value), pl.Utf8);
  const number = (name: string, value: (table: Table) => number) => pl.Series(name, found.map(value), pl.Int64);
  return pl.DataFrame([
    text("table", ({ table }) => table),
    ...sides.map((side) => number(side, ({ rows }) => rows[side] ?? 0)),
    number("changes in production", ({ changes }) => changes),
    number("pointed to by", ({ pointers }) => pointers),
    text("compared by", ({ key }) => key.join(", ")),
  ]);
}

function groupRowsByTable(rows: Row[]): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const name = `${row.schema}.${row.table}`;
    groups.set(name, [...(groups.get(name) ?? []), row]);
  }
  return groups;
}

function parseList<T>(json: unknown): T[] {
  return json === null || json === undefined ? [] : (JSON.parse(String(json)) as T[]);
}
