import { quotePlace } from "../quote";
import type { Sql } from "../template";
import { trustQuery } from "../trusted";
import { revisions } from "./metadata";

/**
 * What Alembic has recorded, in the table that the project's `env.py` names; `sql.revisions` where that is the usual
 * one.
 */
export function queryRevisions({ schema, name }: { schema: string | null; name: string }): Sql {
  const isUsual = schema === null && name === "alembic_version";
  return isUsual
    ? revisions
    : trustQuery(`select version_num as revision from ${quotePlace({ schema, name })} order by 1`);
}
