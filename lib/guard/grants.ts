import { quoteName } from "../sql/quote";
import type { Catalog } from "./catalog";
import type { SafeColumns } from "./safe-columns";

/**
 * What there is to grant on: `licenses` or `archive.licenses` → its columns. Where it is absent, everything that the
 * file names.
 */
export type Existing = Map<string, Set<string>>;

/**
 * The statements by which a DBA makes a role that can read the safe columns and nothing else, and lets `member` act
 * as it. They are printed for review, and run by nobody but the demo, on its own databases.
 */
export function writeGrants({ safe }: SafeColumns, role: string, member: string, existing?: Existing): string[] {
  const tables = Object.entries(safe).flatMap(([table, columns]) => {
    const there = existing?.get(table);
    if (existing && !there) return [];
    const named = columns === "*" ? columns : columns.filter((column) => there?.has(column) ?? true);
    return named.length
      ? [
          `grant select${named === "*" ? "" : ` (${(named as string[]).map(quoteIfNeeded).join(", ")})`} on ${name(table)} to ${quoteIfNeeded(role)};`,
        ]
      : [];
  });
  const schemas = [
    ...new Set(Object.keys(safe).map((table) => (table.includes(".") ? table.split(".")[0] : "public"))),
  ].sort();
  return [
    ...schemas.map((schema) => `grant usage on schema ${quoteIfNeeded(schema)} to ${quoteIfNeeded(role)};`),
    ...tables,
    `grant ${quoteIfNeeded(role)} to ${quoteIfNeeded(member)};`,
  ];
}

/** The tables of a catalog, as the file of safe columns calls them. */
export function listExisting({ relations }: Catalog): Existing {
  return new Map(
    relations
      .filter(({ kind }) => "rpvm".includes(kind))
      .flatMap(({ schema, name, columns }) => {
        const own = new Set(columns.map((column) => column.name));
        return [`${schema}.${name}`, ...(schema === "public" ? [name] : [])].map((key) => [key, own] as const);
      }),
  );
}

/** A role that cannot log in, for the grants above: made once a server. */
export function makeRole(role: string): string {
  return `create role ${quoteIfNeeded(role)} nologin;`;
}

function name(table: string): string {
  return (table.includes(".") ? table.split(".") : ["public", table]).map(quoteIfNeeded).join(".");
}

function quoteIfNeeded(text: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(text) &&
    !/^(user|references|session|order|group|table|select|all|end|grant)$/.test(text)
    ? text
    : quoteName(text);
}
