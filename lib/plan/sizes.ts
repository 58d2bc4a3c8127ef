import { QueryError } from "../errors";
import type { Source } from "../source/guarded";
import { trustQuery } from "../sql/trusted";
import type { Snapshot } from "../schema/read/snapshot";
import type { Sizes } from "./step";

/**
 * Rows (as the server estimates them) and bytes of each table, indexes left out; the catalog's rows alone where that
 * may not be asked.
 */
export async function readSizes(source: Source, snapshot: Snapshot): Promise<Sizes> {
  const statement = `select n.nspname, c.relname, greatest(c.reltuples, 0)::int8, pg_table_size(c.oid)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'm') and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_'`;
  try {
    const { cells } = await source.ask(trustQuery(statement));
    return new Map(
      cells.map(([schema, name, rows, bytes]) => [`${schema}.${name}`, { rows: Number(rows), bytes: Number(bytes) }]),
    );
  } catch (error) {
    if (error instanceof QueryError && error.fault !== "interrupted") return collectSizes(snapshot);
    throw error;
  }
}

/** Rows as the catalog estimates them, where nobody counted. */
export function collectSizes(snapshot: Snapshot): Sizes {
  return new Map(
    [...snapshot.relations.values()]
      .filter(({ attributes }) => typeof attributes.rows === "number")
      .map(({ schema, name, attributes }) => [`${schema}.${name}`, { rows: Number(attributes.rows) }]),
  );
}
