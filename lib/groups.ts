import pl, { type DataFrame } from "nodejs-polars";
import { columnsOf } from "./frame";
import { fewer } from "./guard/small";

/**
 * A frame as it is shown where small groups are hidden: `<11` for a count that is null. Counts are the columns of these names, and what a pivot or a comparison
 * has made of them, `production` and `local`. None at all is fewer than eleven too, so that nobody can tell a small group from an empty one.
 */
export function withSmallGroups(frame: DataFrame, counts: ReadonlySet<string>): DataFrame {
  const hidden = columnsOf(frame).filter((name) => {
    const column = frame.getColumn(name);
    return (counts.has(name) || name === "production" || name === "local") && /Int|Float/.test(String(column.dtype)) && column.nullCount() > 0;
  });
  return hidden.length ? frame.withColumns(...hidden.map((name) => pl.col(name).cast(pl.Utf8).fillNull(pl.lit(fewer)).alias(name))) : frame;
}
