import pl, { type DataFrame } from "nodejs-polars";
import { isSequence } from "../kinds";
import { makeDriftId, describeDriftValue } from "./judge/describe";
import { unfoldPartitions } from "./compare/partitions";
import { makeDriftKey, type Coverage, type Drift } from "./drift";
import type { Tried } from "./prove/prove";
import type { Recommendation } from "./ddl/recommend";
import type { Trouble } from "./judge/health";
import type { Snapshot } from "./read/snapshot";
import type { Side } from "../ledger";

/**
 * Drift as a frame, a row each: `kind`, `schema`, `table`, `name`, `status`, `severity`, `differs`, `why`,
 * `in production`, `in local` (the definition, or the attributes; of what is on both sides only those that differ),
 * the same as JSON in `production` and `local`, `state`, `revision`, `explanation` where the migrations explain it,
 * and `sql` with its `hazard`: statements to review, never run.
 */
export function makeDriftFrame(drift: Drift[], statements: Map<string, Recommendation>): DataFrame {
  const text = (name: string, value: (one: Drift) => string | null | undefined) =>
    pl.Series(
      name,
      drift.map((one) => value(one) ?? null),
      pl.Utf8,
    );
  return pl.DataFrame([
    text("kind", ({ kind }) => kind),
    text("schema", ({ schema }) => schema),
    text("table", ({ table }) => table),
    text("name", ({ name }) => name),
    text("status", ({ status }) => status),
    text("severity", ({ severity }) => severity),
    text("differs", ({ differs }) => differs?.join(", ")),
    text("why", ({ why }) => why),
    text("in production", (one) => describeInWords(describeDriftValue(one, "production"))),
    text("in local", (one) => describeInWords(describeDriftValue(one, "local"))),
    text("production", (one) => JSON.stringify(describeDriftValue(one, "production"))),
    text("local", (one) => JSON.stringify(describeDriftValue(one, "local"))),
    text("state", ({ explanation }) => explanation?.state),
    text("revision", ({ explanation }) => explanation?.revision),
    text("explanation", ({ explanation }) => explanation?.text),
    text("sql", (one) => statements.get(makeDriftKey(one))?.sql),
    text("hazard", (one) => statements.get(makeDriftKey(one))?.hazard),
  ]);
}

/** How much of each kind was compared, and how much was not: `kind`, `compared`, `not compared`, `not readable`. */
export function makeCoverageFrame(coverage: Coverage[]): DataFrame {
  const seen = coverage.filter((one) => one.compared + one["not compared"] + one["not readable"] > 0);
  const number = (name: "compared" | "not compared" | "not readable") =>
    pl.Series(
      name,
      seen.map((one) => one[name]),
      pl.Int64,
    );
  return pl.DataFrame([
    pl.Series(
      "kind",
      seen.map(({ kind }) => kind),
      pl.Utf8,
    ),
    number("compared"),
    number("not compared"),
    number("not readable"),
  ]);
}

/**
 * What is out of order on one side by itself: `source`, `kind`, `schema`, `table`, `name`, `severity`, `text`,
 * `value` (the fault in a word), `elsewhere` (what the other side has: `enabled`, or `no such trigger`), and
 * `reported as`: the id of the difference that reports the same fact already.
 */
export function makeTroubleFrame(
  troubles: Trouble[],
  snapshots: Partial<Record<Side, Snapshot>>,
  drift: Drift[],
): DataFrame {
  const held = { production: listKeys(snapshots.production), local: listKeys(snapshots.local) };
  const changed = new Map(drift.filter(({ status }) => status === "changed").map((one) => [makeDriftKey(one), one]));
  const text = (name: string, value: (one: Trouble) => string | null) => pl.Series(name, troubles.map(value), pl.Utf8);
  return pl.DataFrame([
    text("source", ({ side }) => side),
    ...(["kind", "schema", "table", "name", "severity", "text", "value"] as const).map((name) =>
      text(name, (one) => one[name]),
    ),
    text("elsewhere", (one) =>
      held[one.side === "production" ? "local" : "production"].has(makeTroubleKey(one))
        ? one.sound
        : `no such ${one.kind}`,
    ),
    text("reported as", (one) => {
      const same = changed.get(makeTroubleKey(one));
      return same?.differs?.includes(one.attribute) ? makeDriftId(same) : null;
    }),
  ]);
}

/**
 * The objects that the comparison looked at: `kind`, `schema`, `table`, `name`, `status`. What belongs to a table
 * that one side lacks is not listed.
 */
export function makeObjectFrame(snapshots: Partial<Record<Side, Snapshot>>, drift: Drift[]): DataFrame {
  const statuses = new Map(
    drift.flatMap(unfoldPartitions).map((one) => [makeDriftKey(one), one.severity === "info" ? "same" : one.status]),
  );
  const other = listKeys(snapshots.local);
  const rows = [
    ...(snapshots.production?.objects ?? []).filter(
      (one) => statuses.has(makeDriftKey(one)) || other.has(makeDriftKey(one)),
    ),
    ...(snapshots.local?.objects ?? []).filter((one) => statuses.get(makeDriftKey(one)) === "only in local"),
  ];
  const text = (name: "kind" | "schema" | "table" | "name") =>
    pl.Series(
      name,
      rows.map((one) => one[name]),
      pl.Utf8,
    );
  const status = rows.map((one) => statuses.get(makeDriftKey(one)) ?? "same");
  return pl
    .DataFrame([text("kind"), text("schema"), text("table"), text("name"), pl.Series("status", status, pl.Utf8)])
    .sort(["kind", "schema", "table", "name"]);
}

/** A sequence is known by its name; its trouble names the table that it serves, too. */
function makeTroubleKey(one: Trouble): string {
  return makeDriftKey(isSequence(one.kind) ? { ...one, table: null } : one);
}

function listKeys(snapshot: Snapshot | undefined): Set<string> {
  return new Set(snapshot?.objects.map(makeDriftKey));
}

/** What came of each recommended change in a scratch database: `source`, `about`, `statements`, `outcome`, `reason`. */
export function makeTriedFrame(tried: Tried[]): DataFrame {
  const text = (name: "source" | "about" | "outcome" | "reason") =>
    pl.Series(
      name,
      tried.map((one) => one[name]),
      pl.Utf8,
    );
  return pl.DataFrame([
    text("source"),
    text("about"),
    pl.Series(
      "statements",
      tried.map(({ statements }) => statements),
      pl.Int64,
    ),
    text("outcome"),
    text("reason"),
  ]);
}

/** A value in words, for a table; null where the side has no such object. */
function describeInWords(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value !== "object") return String(value);
  if (Array.isArray(value)) return value.join(", ");
  return (
    Object.entries(value)
      .map(([name, part]) => `${name}: ${describeInWords(part) ?? "none"}`)
      .join(", ") || "present"
  );
}
