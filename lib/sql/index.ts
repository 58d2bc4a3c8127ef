import * as metadata from "./metadata";
import * as indexes from "./indexes";
import * as volume from "./volume";
import * as overview from "./overview";
import * as quality from "./quality";
import * as content from "./content";
import { template } from "./statement";

/**
 * Write a query as ``sql`select …` ``, or take a named one: `sql.columns`.
 *
 * @example await both(sql`select state, count(*) as licenses from licenses where status = ${"active"} group by 1 order by 1`);
 */
export const sql = Object.assign(template, metadata, volume, indexes, quality, overview, content);
