import { place } from "../quote";
import type { Sql } from "../template";
import { catalogued } from "../trusted";
import { revisions } from "./metadata";

/** What Alembic has recorded, in the table that the project's `env.py` names; `sql.revisions` where that is the usual one. */
export function revisionsIn({ schema, name }: { schema: string | null; name: string }): Sql {
  const isUsual = schema === null && name === "alembic_version";
  return isUsual ? revisions : catalogued(`select version_num as revision from ${place({ schema, name })} order by 1`);
}
