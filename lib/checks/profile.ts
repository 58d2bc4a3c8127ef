import pl, { type DataFrame } from "nodejs-polars";
import { among, is, markUnanswered, records, unanswered } from "../frame";
import { getListed, loadColumns, type SafeColumns } from "../guard/safe-columns";
import { isNumber, isOwnRule, type Column, type Rule } from "./impossible";
import { sides, type Side } from "../ledger";
import { RunbookError } from "../errors";
import { local, production } from "../notebook/query";
import { getSession } from "../notebook/session";
import { readSettings } from "../settings";
import { query } from "../sql/trusted";
import { count } from "../text";
import { identifier, inline, join, raw, buildTemplate as sql, type Sql } from "../sql/template";

/**
 * Adds to a frame of columns whether each is `personal`, and `why`. What nobody has listed as harmless is.
 *
 * @example const columns = classified(await both(sql.columns));
 */
export function classified(columns: DataFrame, listed: SafeColumns = loadColumns(readSettings().columns)): DataFrame {
  const why = records(columns).map(({ schema, table, column }) => {
    const [safe, personal] = (["safe", "personal"] as const).map((part) => getListed(listed, part, schema, table));
    if (safe === "*" || safe?.has(column)) return "";
    return personal === "*" || personal?.has(column) ? "listed as personal" : "on no list, so taken for personal";
  });
  return columns.withColumns(
    pl.Series(
      "personal",
      why.map((reason) => reason !== ""),
      pl.Bool,
    ),
    pl.Series("why", why, pl.Utf8),
  );
}

/**
 * One line for each column: `rows` of its table, `nulls`, `blank` texts, `distinct` values, and, where it is not
 * personal, `smallest`, `largest` and `most_frequent`. `columns` is what `classified` made of `sql.readableColumns`.
 * Rows marked as deleted are left out, as in the plan. All tables of a side in few statements.
 *
 * @example await show(await profile(columns.filter(among("table", ["licenses"]))), "Every column of licenses");
 */
export async function profile(columns: DataFrame): Promise<DataFrame> {
  const names = {
    column: "text",
    rows: "bigint",
    nulls: "bigint",
    blank: "bigint",
    distinct: "bigint",
    smallest: "text",
    largest: "text",
    most_frequent: "text",
  } as const;
  return askTables(columns, names, (table) =>
    splitChunks(table, widest).map((some) => buildLines(table[0], names, some.map(listMeasures))),
  );
}

/**
 * As `profile`, with the `type` and `category` of each column.
 *
 * @example const profiled = await profileColumns(classified(await both(sql.readableColumns)));
 */
export async function profileColumns(columns: DataFrame): Promise<DataFrame> {
  const key = ["source", "schema", "table", "column"];
  const profiled = await profile(columns);
  const joined = profiled.join(columns.select(...key, "type", "category"), { on: key, how: "inner" });
  return markUnanswered(joined, unanswered(profiled));
}

/**
 * What was profiled, and which tables were left out for their size, in one sentence.
 *
 * @example await conclude("profile", [], describeProfile(profiled, tooLarge));
 */
export function describeProfile(profiled: DataFrame, tooLarge: DataFrame): string {
  const tables = (side: Side) => new Set(records(profiled.filter(is("source", side))).map(({ table }) => table)).size;
  const held = sides.map((side) => `${count(tables(side), "table")} in ${side}`).join(" and ");
  const left = [...new Set(records(tooLarge).map(({ source, table }) => `${table} in ${source}`))];
  const what = `${count(profiled.height, "column")} of ${held} that hold rows were profiled`;
  return `${what}. Left out for their size: ${left.join(", ") || "none"}.`;
}

/**
 * Adds to classified columns why a sample shows them or not: `in the sample`, `harmless, and not asked for`, or why
 * they are personal. `sampled` names the columns of each sample.
 *
 * @example explainSample(classified(columns), { users: users.columns })
 */
export function explainSample(columns: DataFrame, sampled: Record<string, string[]>): DataFrame {
  const reasons = records(columns).map(({ table, column, why }) => {
    const plain = sampled[table]?.includes(column) ? "in the sample" : "harmless, and not asked for";
    return why || plain;
  });
  return columns.withColumns(pl.Series("reason", reasons, pl.Utf8));
}

/**
 * How many of the columns of each side are personal, in one sentence.
 *
 * @example await conclude("sample", [], describePersonal(classified(columns)));
 */
export function describePersonal(columns: DataFrame): string {
  const parts = sides.map((side) => {
    const own = columns.filter(is("source", side));
    return `${own.filter(is("personal", true)).height} of ${count(own.height, "column")} in ${side}`;
  });
  return `Personal, and never shown: ${parts.join(", ")}.`;
}

/**
 * Counts the rows that break a rule: `table`, `column`, `fault`, `rows`, for every column that one is about. No rule
 * looks into a personal column.
 *
 * @example await show(await implausible(columns, impossible), "Rows that break a rule");
 */
export async function implausible(columns: DataFrame, rules: readonly Rule[]): Promise<DataFrame> {
  const names = { column: "text", fault: "text", rows: "bigint" } as const;
  return askTables(columns, names, async (table, side) => {
    const harmless = table.filter(({ personal }) => !personal);
    const counts: Cell[][] = [];
    for (const rule of rules)
      for (const column of harmless) {
        const written = rule.wrong(column, harmless);
        const condition = written && (isOwnRule(rule) ? written : await judgeCondition(side, table[0], written));
        if (condition) counts.push([column.column, rule.fault, sql`count(*) filter (where ${condition})`]);
      }
    return counts.length ? [buildLines(table[0], names, counts)] : [];
  });
}

/**
 * A condition of somebody's own rule as the guard writes it down: judged as if a count of the table's rows with it
 * had been asked for, since what is asked for all tables together is the library's own statement, which is not.
 */
async function judgeCondition(side: Side, { schema, table }: Column, condition: Sql): Promise<Sql> {
  const place = identifier(schema, table).sql;
  const judged = async (text: string) => {
    const {
      allowed,
      reason,
      sql: written,
    } = await getSession().sources[side].judge(`select pg_catalog.count(*) filter (where (${text}\n)) from ${place}`);
    if (!allowed) throw new RunbookError(`A rule about ${schema}.${table}: ${reason}`);
    return written;
  };
  const [written, frame] = [await judged(inline(condition)), await judged("true")];
  const [before, after] = frame.split("true");
  if (!written.startsWith(before) || !written.endsWith(after))
    throw new RunbookError(`A rule about ${schema}.${table} must be one condition: write it in another way.`);
  return raw(written.slice(before.length, written.length - after.length));
}

/**
 * How many rows repeat another's natural key: `{ licenses: ["provider_id", "state", "license_number"] }`. Rows that
 * lack a part of the key do not count; a side that lacks a column is not asked.
 *
 * @example await show(await repeated(columns, { licenses: ["provider_id", "state", "license_number"] }), "Repeated keys");
 */
export async function repeated(columns: DataFrame, keys: Record<string, string[]>): Promise<DataFrame> {
  const names = { key: "text", rows: "bigint" } as const;
  return askTables(
    columns,
    names,
    (table) => {
      const key = keys[table[0].table] ?? [];
      const parts = key.flatMap((name) => table.filter(({ column }) => column === name));
      if (!key.length || parts.length < key.length) return [];
      const values = join(parts.map(({ column }) => identifier(column)));
      const whole = join(
        parts.map(({ column }) => sql`${identifier(column)} is not null`),
        " and ",
      );
      return [
        buildLines(table[0], names, [
          [key.join(", "), sql`count(*) filter (where ${whole}) - count(distinct (${values})) filter (where ${whole})`],
        ]),
      ];
    },
    Object.keys(keys)[0],
  );
}

/**
 * The newest row of each table, a line for each column: its `value`, ••• where the column is personal. Not even
 * whether such a value is there is told.
 *
 * @example await show(await newest(columns, "licenses", "documents"), "The newest rows");
 */
export async function newest(columns: DataFrame, ...tables: string[]): Promise<DataFrame> {
  const names = { column: "text", value: "text" } as const;
  return askTables(
    columns.filter(among("table", tables)),
    names,
    (table) => {
      const order = ["created_at", "id"].filter((name) =>
        table.some(({ column, personal }) => column === name && !personal),
      );
      const newestFirst = order.length
        ? sql` order by ${join(order.map((name) => sql`${identifier(name)} desc nulls last`))}`
        : sql``;
      const cells = table.map(({ column, personal }) => [column, personal ? "•••" : sql`${identifier(column)}::text`]);
      return [buildLines(table[0], names, cells, sql`${newestFirst} limit 1`)];
    },
    tables[0],
  );
}

/** PostgreSQL allows 1,664 expressions in a list; a column is profiled by six. */
const widest = 250;
/**
 * So many rows are read by one statement at most, unless one table alone has more; and so many tables, that the guard
 * need not read for seconds.
 */
const rowsAStatement = 500_000;
const selectsAStatement = 30;

/** The columns of an answer, after where they are. */
type Names = Record<string, "text" | "bigint">;

/**
 * Asks each side for the selects that `build` makes of each of its tables, many in one statement. The frame begins
 * with `source`, `schema`, `table`. A side for which there is nothing to ask is asked `instead` for a table's name:
 * it says itself why it has no answer, or that it has none to give.
 */
async function askTables(
  columns: DataFrame,
  names: Names,
  build: (table: Column[], side: Side) => Sql[] | Promise<Sql[]>,
  instead?: string,
): Promise<DataFrame> {
  const listed = loadColumns(getSession().settings.columns);
  const answers = await Promise.all(
    sides.map(async (side) => {
      const selects: { select: Sql; rows: number }[] = [];
      for (const table of groupTables(columns, side, listed))
        for (const select of await build(table, side)) selects.push({ select, rows: table[0].estimated_rows });
      return askSide(side, selects, instead);
    }),
  );
  const silent = sides.filter((_, index) => answers[index] === undefined);
  const rows = answers.flatMap((frames) => frames ?? []);
  const empty = Object.entries({ source: "text", schema: "text", table: "text", ...names }).map(([name, type]) =>
    pl.Series(name, [], type === "bigint" ? pl.Int64 : pl.Utf8),
  );
  return markUnanswered(rows.length ? pl.concat(rows) : pl.DataFrame(empty), [
    ...new Set([...silent, ...unanswered(columns)]),
  ]);
}

/** The frames of one side. Undefined where one of its statements found no answer: half a side would look like drift. */
async function askSide(
  side: Side,
  selects: { select: Sql; rows: number }[],
  instead?: string,
): Promise<DataFrame[] | undefined> {
  const ask = { production, local }[side];
  const frames: DataFrame[] = [];
  const nothing = sql`select 1, 2, 3, 4${instead ? sql` from ${identifier(instead)}` : sql``} where false`;
  for (const batch of selects.length ? splitBatches(selects) : [[nothing]]) {
    const frame = await ask(query`${join(batch, "\nunion all\n")} order by 1, 2, 3, 4`);
    if (unanswered(frame).length) return undefined;
    if (frame.height) frames.push(frame);
  }
  return frames;
}

function splitBatches(selects: { select: Sql; rows: number }[]): Sql[][] {
  const batches: Sql[][] = [];
  let room = 0;
  for (const { select, rows } of selects) {
    if (rows > room || !batches.length || batches[batches.length - 1].length === selectsAStatement) {
      batches.push([]);
      room = rowsAStatement;
    }
    batches[batches.length - 1].push(select);
    room -= Math.max(rows, 0);
  }
  return batches;
}

/**
 * A side's columns by table. What the file does not list as safe is personal, whatever the frame says: a cell can
 * make a frame.
 */
function groupTables(columns: DataFrame, side: Side, listed: SafeColumns): Column[][] {
  const tables = new Map<string, Column[]>();
  for (const written of records(columns) as (Column & { source: Side })[]) {
    const safe = getListed(listed, "safe", written.schema, written.table);
    const column = { ...written, personal: written.personal !== false || (safe !== "*" && !safe?.has(written.column)) };
    const name = `${column.schema}.${column.table}`;
    if (column.source === side) tables.set(name, [...(tables.get(name) ?? []), column]);
  }
  return [...tables.values()];
}

/** A cell of a line: computed by PostgreSQL, known already, or null. */
type Cell = Sql | string | null;

/** One select that computes all cells in one pass over the table, and answers with a line for each list of them. */
function buildLines({ schema, table, marks_deleted }: Column, names: Names, cells: Cell[][], tail: Sql = sql``): Sql {
  const computed = [...new Set(cells.flat().filter((cell): cell is Sql => typeof cell === "object" && cell !== null))];
  const place = (cell: Cell) =>
    cell === null
      ? sql`null`
      : typeof cell === "string"
        ? sql`${cell}::text`
        : identifier(`c${computed.indexOf(cell)}`);
  const columns = Object.keys(names).map((name) => identifier(name));
  const typed = Object.values(names).map((type, index) =>
    type === "bigint" ? sql`${columns[index]}::bigint` : columns[index],
  );
  return sql`select ${schema}::text as schema, ${table}::text as "table", ${join(typed)} from (
select ${join(computed.map((cell, index) => sql`${cell} as ${identifier(`c${index}`)}`))} from ${identifier(schema, table)}${marks_deleted ? sql` where is_deleted is not true` : sql``}${tail}) as computed
cross join lateral (values ${join(cells.map((line) => sql`(${join(line.map(place))})`))}) as line (${join(columns)})`;
}

const rows = sql`count(*)`;

/** What `profile` tells of a column, in the order of its names. */
function listMeasures({ column, type, category, personal }: Column): Cell[] {
  const it = identifier(column);
  // json, xml, points and the like know no equality, their text does
  const comparable = /[NSDBET]/.test(category) ? it : sql`${it}::text`;
  const distinct = sql`count(distinct ${comparable})`;
  const ordered = !personal && (isNumber({ type }) || /[DT]/.test(category));
  return [
    column,
    rows,
    sql`count(*) - count(${it})`,
    category === "S" ? sql`count(*) filter (where ${it} = '')` : null,
    distinct,
    ordered ? sql`min(${it})::text` : null,
    ordered ? sql`max(${it})::text` : null,
    // in a column of keys no value is frequent
    !personal && /[NSDBE]/.test(category)
      ? sql`case when ${distinct} < count(${it}) then (mode() within group (order by ${it}))::text end`
      : null,
  ];
}

function splitChunks<T>(list: T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, index) =>
    list.slice(index * size, (index + 1) * size),
  );
}
