import { capitalize } from "../text";
import type { Sizes } from "./step";

/** Rows in a second, cautiously, of a statement that reads a table, and of one that writes it anew. */
const READ_PER_SECOND = 1_000_000;
const WRITTEN_PER_SECOND = 100_000;

type Work = "none" | "reads" | "rewrites";

const WORK: [RegExp, Work, string][] = [
  [
    /^create (unlogged )?table|^create sequence|^create type|^create schema|^comment|^grant|^revoke/i,
    "none",
    "no table",
  ],
  [/^create (unique )?index concurrently/i, "reads", "nothing that reads or writes; not within a transaction"],
  [/^create (unique )?index/i, "reads", "writes to the table"],
  [/validate constraint/i, "reads", "nothing that reads or writes the table"],
  [/not valid/i, "none", "the table, for a moment"],
  [/set not null/i, "reads", "the whole table"],
  [/ type /i, "rewrites", "the whole table"],
  [
    /add column .*(gen_random_uuid|random\(|clock_timestamp|nextval|generated|identity)/is,
    "rewrites",
    "the whole table",
  ],
  [/add constraint/i, "reads", "the whole table"],
  [/^alter table|^drop|^create (constraint )?trigger|^create policy/i, "none", "the table, for a moment"],
];

/** What statements lock, and for how long to expect it from the rows and bytes of their tables as counted. */
export function describeLocks(statements: string[], sizes: Sizes): string {
  const told = statements
    .filter((sql) => !sql.startsWith("--"))
    .map((sql) => {
      const [, work, locks] = WORK.find(([pattern]) => pattern.test(sql)) ?? [
        ,
        "none" as Work,
        "what it is about, for a moment",
      ];
      return { work, locks, table: findLockedTable(sql) };
    });
  const heavy = told.filter(({ work, table }) => work !== "none" && table !== undefined && sizes.has(table));
  const said = [...new Set(heavy.map(({ work, locks, table }) => sayWork(work, locks!, table!, sizes)))];
  if (said.length) return said.join(" ");
  const referred = statements.flatMap((sql) => {
    const named = /^alter table.* references (\S+?)\s*\(/is.exec(sql)?.[1].replace(/"/g, "");
    return named ? [named.includes(".") ? named : `public.${named}`] : [];
  });
  const touched = told.flatMap(({ table }) => table ?? []).concat(referred);
  const locked = [...new Set(touched.filter((table) => sizes.has(table)))];
  return locked.length
    ? `${locked.join(", ")}, for a moment; nothing is read whole or rewritten (well under a second, once it ` +
        `has the lock).`
    : "Nothing that is in use; well under a second.";
}

function sayWork(work: Work, locks: string, table: string, sizes: Sizes): string {
  const { rows, bytes } = sizes.get(table)!;
  const seconds = Math.max(rows, 0) / (work === "reads" ? READ_PER_SECOND : WRITTEN_PER_SECOND);
  const size =
    `${Math.max(rows, 0).toLocaleString("en")} ` +
    `rows${bytes === undefined ? "" : `, ${(bytes / 1e6).toFixed(1)} MB`}`;
  const time =
    seconds < 1
      ? "under a second"
      : seconds < 90
        ? `about ${Math.ceil(seconds)} s`
        : `about ${Math.ceil(seconds / 60)} minutes`;
  return (
    `${capitalize(locks === "the whole table" ? table : `${locks} (${table})`)}, ${time}: ` +
    `${work === "reads" ? "the table is read" : "it is rewritten"} whole (${size}).`
  );
}

function findLockedTable(sql: string): string | undefined {
  const name = '("(?:[^"]|"")+"|\\w+)';
  const found = new RegExp(`(?:alter table (?:only )?(?:if exists )?| on (?:only )?)(?:${name}\\.)?${name}`, "i").exec(
    sql,
  );
  if (!found) return undefined;
  const plain = (word: string | undefined) => word?.replace(/^"|"$/g, "").replace(/""/g, '"');
  return `${plain(found[1]) ?? "public"}.${plain(found[2])}`;
}
