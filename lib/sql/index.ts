import * as metadata from "./queries/metadata";
import * as indexes from "./queries/indexes";
import * as volume from "./queries/volume";
import * as overview from "./queries/overview";
import * as quality from "./queries/quality";
import * as content from "./queries/content";
import { buildTemplate } from "./template";

/**
 * Write a query as ``sql`select …` ``, or take a named one: `sql.columns`.
 *
 * @example await both(sql`select state, count(*) as licenses from licenses where status = ${"active"} group by 1 order by 1`);
 */
export const sql = Object.freeze(
  Object.assign(buildTemplate, { ...metadata, ...volume, ...indexes, ...quality, ...overview, ...content }),
);
