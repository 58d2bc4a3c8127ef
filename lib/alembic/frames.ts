import pl, { type DataFrame } from "nodejs-polars";
import { explain, type Recorded } from "./explain";
import { measureLag, type Revisions } from "./history";
import { getSideValues, type Status } from "../compare/compare";
import { is, unanswered } from "../frame";
import { sides } from "../ledger";

/**
 * Where each side stands in the history of the migrations: `source`, `recorded`, `pending` (how many; null where that
 * cannot be known), `days` behind, `next` (the pending revisions, in the order in which they would be applied) and
 * `unknown` (recorded, but in no file). `recorded` is what `sql.revisions` answered.
 *
 * @example await show(behind(await both(sql.revisions), await revisions()), "Recorded and pending migrations");
 */
export function behind(recorded: DataFrame, revisions: Revisions): DataFrame {
  const answered = sides.filter((side) => !unanswered(recorded).includes(side));
  const lags = answered.map((side) => {
    const ids = readRecorded(recorded)[side] ?? [];
    const found = measureLag(revisions, ids);
    // without the folder, or from a revision that it does not hold, nobody can say what is pending
    if (revisions.unknown) return { ids, ...found, pending: undefined, unknown: [] };
    return { ids, ...found, pending: found.unknown.length > 0 ? undefined : found.pending };
  });
  return pl.DataFrame([
    pl.Series("source", answered, pl.Utf8),
    pl.Series(
      "recorded",
      lags.map(({ ids }) => ids.join(", ")),
      pl.Utf8,
    ),
    pl.Series(
      "pending",
      lags.map(({ pending }) => pending?.length ?? null),
      pl.Int64,
    ),
    pl.Series(
      "days",
      lags.map(({ days }) => days),
      pl.Int64,
    ),
    pl.Series(
      "next",
      lags.map(({ pending }) => pending?.map(({ id }) => id).join(", ") ?? ""),
      pl.Utf8,
    ),
    pl.Series(
      "unknown",
      lags.map(({ unknown }) => unknown.join(", ")),
      pl.Utf8,
    ),
  ]);
}

/**
 * A comparison with what the migrations say of each row: `state` (`pending`, `phantom`, `unrecorded`, `unexplained`),
 * `revision` and `explanation`. `kind` is what its rows are about, and the last column of their key: `table`,
 * `column`, `enum`.
 *
 * @example const drift = explained(differing(tables), "table", await revisions(), await both(sql.revisions));
 */
export function explained(drift: DataFrame, kind: string, revisions: Revisions, recorded: DataFrame): DataFrame {
  const texts = (drift.toRecords() as Record<string, string>[]).map((row) =>
    explain(
      {
        kind,
        schema: row.schema,
        table: row.table ?? null,
        name: row[kind],
        status: row.status as Exclude<Status, "same">,
        production: getSideValues(row, "production"),
        local: getSideValues(row, "local"),
      },
      revisions,
      readRecorded(recorded),
    ),
  );
  return drift.withColumns(
    pl.Series(
      "state",
      texts.map(({ state }) => state),
      pl.Utf8,
    ),
    pl.Series(
      "revision",
      texts.map(({ revision }) => revision),
      pl.Utf8,
    ),
    pl.Series(
      "explanation",
      texts.map(({ text }) => text),
      pl.Utf8,
    ),
  );
}

/** Which revisions each side records, where it could be asked. */
export function readRecorded(recorded: DataFrame): Recorded {
  const answered = sides.filter((side) => !unanswered(recorded).includes(side));
  return Object.fromEntries(
    answered.map((side) => [side, recorded.filter(is("source", side)).getColumn("revision").toArray() as string[]]),
  );
}
