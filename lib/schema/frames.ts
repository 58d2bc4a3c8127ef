import pl, { type DataFrame } from "nodejs-polars";
import { keyOfDrift, type Coverage, type Drift } from "./drift";
import type { Tried } from "./prove/prove";
import type { Recommendation } from "./ddl/recommend";
import type { Trouble } from "./judge/health";

/**
 * Drift as a frame, a row each: `kind`, `schema`, `table`, `name`, `status`, `severity`, `differs`, `why`, `in production`, `in local` (the definition,
 * or the attributes as JSON), `state`, `revision`, `explanation` where the migrations explain it, and `sql` with its `hazard`: statements to review, never run.
 */
export function driftFrame(drift: Drift[], statements: Map<string, Recommendation>): DataFrame {
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
    text("in production", ({ production }) => definition(production)),
    text("in local", ({ local }) => definition(local)),
    text("state", ({ explanation }) => explanation?.state),
    text("revision", ({ explanation }) => explanation?.revision),
    text("explanation", ({ explanation }) => explanation?.text),
    text("sql", (one) => statements.get(keyOfDrift(one))?.sql),
    text("hazard", (one) => statements.get(keyOfDrift(one))?.hazard),
  ]);
}

/** How much of each kind was compared, and how much was not: `kind`, `compared`, `not compared`, `not readable`. */
export function coverageFrame(coverage: Coverage[]): DataFrame {
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

/** What is out of order on one side by itself: `source`, `kind`, `schema`, `table`, `name`, `severity`, `text`. */
export function troubleFrame(troubles: Trouble[]): DataFrame {
  const text = (name: string, value: (one: Trouble) => string | null) => pl.Series(name, troubles.map(value), pl.Utf8);
  return pl.DataFrame([
    text("source", ({ side }) => side),
    ...(["kind", "schema", "table", "name", "severity", "text"] as const).map((name) => text(name, (one) => one[name])),
  ]);
}

/** What came of each recommended change in a scratch database: `source`, `about`, `statements`, `outcome`, `reason`. */
export function triedFrame(tried: Tried[]): DataFrame {
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

function definition(attributes: Drift["production"]): string | null {
  if (!attributes) return null;
  return typeof attributes.definition === "string" ? attributes.definition : JSON.stringify(attributes);
}
