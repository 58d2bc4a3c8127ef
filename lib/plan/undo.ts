import { quotePlace } from "../sql/quote";

/** The statements that take others back, the last first: tables together, since they may refer to one another. */
export function writeUndo(statements: string[]): string {
  const name = '(?:"(?:[^"]|"")+"|\\w+)';
  const placed = `(${name}(?:\\.${name})?)`;
  const match = (pattern: string, sql: string) => new RegExp(pattern, "is").exec(sql);
  const tables = statements.flatMap((sql) => findTableMadeBy(sql) ?? []);
  const isOfNew = (table: string) => tables.includes(splitPlaceName(table));
  let isWhole = true;
  const undo = statements.flatMap((sql) => {
    if (findTableMadeBy(sql) !== undefined || /^--/.test(sql)) return [];
    const [, type, made] =
      match(
        `^create (?:or replace )?(schema|sequence|type|domain|view|materialized view|extension) (?:if not ` +
          `exists )?${placed}`,
        sql,
      ) ?? [];
    // a sequence goes with the column that owns it
    if (made) return type.toLowerCase() === "sequence" && tables.length ? [] : [`drop ${type.toLowerCase()} ${made};`];
    const [, index, on] =
      match(`^create (?:unique )?index (?:concurrently )?(?:if not exists )?(${name}) on (?:only )?${placed}`, sql) ??
      [];
    if (index)
      return isOfNew(on)
        ? []
        : [`drop index ${on.includes(".") ? `${on.slice(0, on.lastIndexOf("."))}.` : ""}${index};`];
    const [, table, rest] = match(`^alter table (?:only )?(?:if exists )?${placed} (.*)$`, sql) ?? [];
    if (table && isOfNew(table)) return [];
    const [, column] = match(`^add column (?:if not exists )?(${name})`, rest ?? "") ?? [];
    if (column) return [`alter table ${table} drop column ${column};`];
    const [, constraint] = match(`^add constraint (${name})`, rest ?? "") ?? [];
    if (constraint) return [`alter table ${table} drop constraint ${constraint};`];
    if (/^validate constraint/i.test(rest ?? "") || /^(alter sequence .* owned by|comment on|grant) /is.test(sql))
      return [];
    isWhole = false;
    return [];
  });
  const all = [...undo.reverse(), ...(tables.length ? [`drop table ${tables.join(", ")};`] : [])];
  const rest = isWhole ? [] : ["-- for the rest, read the revision's own downgrade"];
  return [...all, ...rest].join(" ") || "-- nothing is to be taken back";
}

/** The table that a statement makes, as `"schema"."name"`. */
export function findTableMadeBy(sql: string): string | undefined {
  const [, made] =
    /^create (?:unlogged )?table (?:if not exists )?((?:"(?:[^"]|"")+"|\w+)(?:\.(?:"(?:[^"]|"")+"|\w+))?)/i.exec(sql) ??
    [];
  return made && splitPlaceName(made);
}

function splitPlaceName(text: string): string {
  const names = [...text.matchAll(/"((?:[^"]|"")+)"|(\w+)/g)].map(
    ([, quoted, plain]) => quoted?.replace(/""/g, '"') ?? plain,
  );
  return quotePlace({ schema: names.length > 1 ? names[0] : "public", name: names.at(-1)! });
}
