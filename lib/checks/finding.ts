import type { DataFrame } from "nodejs-polars";
import { sideOf } from "../compare/compare";
import { records, type Row } from "../frame";
import type { Finding, Severity, Side } from "../ledger";

/** One row of a comparison as a judge sees it: its key, `status`, `changed`, the values of both sides, and `state` where `explained` has added it. */
export type Drift = Record<string, unknown> & {
  schema: string;
  table?: string;
  status: string;
  changed: string;
  state?: string;
  revision?: string;
  explanation?: string;
};

/**
 * A finding in one line: `finding("rows/users", "critical", "Production holds no user", "Look at …")`. The id says what it is about, so that two runs can
 * be compared. `values` says what each side has; where both have the same, it is a shared fault and no drift.
 *
 * @example finding("rows/users", "critical", "Production holds no user", "Restore them.", { production: 0, local: 5 })
 */
export function finding(
  id: string,
  severity: Severity,
  title: string,
  advice?: string,
  values?: Partial<Record<Side, unknown>>,
): Finding {
  const sides = values ? { production: values.production ?? null, local: values.local ?? null } : {};
  return { id, severity, title, ...sides, ...(advice ? { recommendation: { text: advice } } : {}) };
}

/**
 * One value for each side, out of rows that have a `source`: `bySide(records(frame), ({ rows }) => rows)`.
 *
 * @example bySide([{ source: "production", rows: 3 }], ({ rows }) => rows) // { production: 3 }
 */
export function bySide(rows: Row[], value: (row: Row) => unknown): Partial<Record<Side, unknown>> {
  return Object.fromEntries(rows.map((row) => [row.source, value(row)]));
}

/**
 * Rows in groups of one name, each with its name: what two sides say of one thing.
 *
 * @example grouped(records(standing), ({ next }) => next).map(([id, rows]) => `${id}: ${rows.length}`)
 */
export function grouped(rows: Row[], name: (row: Row) => string): [name: string, rows: Row[]][] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) groups.set(name(row), [...(groups.get(name(row)) ?? []), row]);
  return [...groups];
}

/**
 * A finding for each row of a comparison that `differing` left. `kind` is also the last column of its key (`table`, `column`, `enum`);
 * `severity` judges a row, `advice` says what to do about it.
 *
 * @example findings(drift, "column", ({ state }) => (state === "phantom" ? "critical" : "medium"), advice)
 */
export function findings(
  drift: DataFrame,
  kind: string,
  severity: (row: Drift) => Severity,
  advice?: (row: Drift) => string,
): Finding[] {
  return (drift.toRecords() as Drift[]).map((row) => {
    const name = String(row[kind]);
    const table = kind === "table" ? name : (row.table ?? null);
    const path = [row.schema === "public" ? undefined : row.schema, kind === "table" ? undefined : row.table, name]
      .filter(Boolean)
      .join(".");
    return {
      ...finding(
        `${kind}/${path}`,
        severity(row),
        `${capital(kind)} ${path} is ${row.status}${row.changed && ` (${row.changed})`}`,
        advice?.(row),
      ),
      object: { kind, schema: row.schema, table, name, status: row.status },
      production: sideOf(row, "production"),
      local: sideOf(row, "local"),
      ...(row.state
        ? { explanation: { state: row.state, revision: row.revision ?? null, text: capital(row.explanation ?? "") } }
        : {}),
    };
  });
}

/**
 * A finding for each row of the drift that `schemas` found, as grave as the comparison says.
 *
 * @example await conclude("schema", driftFindings(drift));
 */
export function driftFindings(drift: DataFrame): Finding[] {
  return (records(drift) as SchemaDrift[]).map(
    ({
      kind,
      schema,
      table,
      name,
      status,
      severity,
      differs,
      why,
      "in production": production,
      "in local": local,
      state,
      revision,
      explanation,
      sql,
      hazard,
    }) => ({
      ...finding(
        `${kind}/${pathOf({ kind, schema, table, name })}`,
        severity,
        `${capital(kind)} ${pathOf({ kind, schema, table, name })} is ${status}${differs ? ` (${differs})` : ""}: ${why}`,
        undefined,
      ),
      ...(severity === "info"
        ? {}
        : {
            recommendation: {
              text: `${advice({ state, revision })}${hazard ? ` ${hazard}` : ""}`,
              ...(sql ? { sql } : {}),
            },
          }),
      object: { kind, schema, table, name, status },
      production,
      local,
      ...(state ? { explanation: { state, revision, text: capital(explanation) } } : {}),
    }),
  );
}

/**
 * Findings with the statements that would mend them, where the drift of `schemas` has some: to be reviewed, never run.
 *
 * @example await conclude("tables", withStatements(findings(tableDrift, "table", () => "high"), drift));
 */
export function withStatements(findings: Finding[], drift: DataFrame): Finding[] {
  const mended = new Map(driftFindings(drift).map((one) => [one.id, one.recommendation]));
  return findings.map((one) => (mended.get(one.id)?.sql ? { ...one, recommendation: mended.get(one.id) } : one));
}

/**
 * A finding for each row of the troubles that `schemas` found.
 *
 * @example await conclude("troubles", troubleFindings(troubles));
 */
export function troubleFindings(troubles: DataFrame): Finding[] {
  const named = (row: Row) =>
    `${row.kind}/${pathOf((row.kind === "sequence" ? { ...row, table: null } : row) as Named)}`;
  return grouped(records(troubles), named).map(([name, rows]) => {
    const [{ kind, schema, table, name: own, severity, text }] = rows;
    const where = rows.map(({ source }) => source).join(" and ");
    return {
      ...finding(
        `state/${name}`,
        severity,
        `${capital(name.replace("/", " "))} of ${where}: ${text}`,
        undefined,
        bySide(rows, (row) => row.text),
      ),
      object: { kind, schema, table, name: own },
    };
  });
}

interface Named {
  kind: string;
  schema: string | null;
  table: string | null;
  name: string;
}
type SchemaDrift = Named &
  Record<
    | "status"
    | "differs"
    | "why"
    | "in production"
    | "in local"
    | "state"
    | "revision"
    | "explanation"
    | "sql"
    | "hazard",
    string
  > & { severity: Severity };

function pathOf({ schema, table, name }: Named): string {
  return [schema === "public" ? null : schema, table === name ? null : table, name].filter(Boolean).join(".");
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/**
 * What to do about a drift that the migrations explain, or do not.
 *
 * @example findings(drift, "table", () => "high", advice)
 */
export function advice({ state, revision }: Pick<Drift, "state" | "revision">): string {
  if (state === "phantom")
    return `Do by hand what ${revision} does: it counts as applied, so no upgrade ever will. Code that relies on it fails today.`;
  if (state === "pending") return `It comes with ${revision}: review that migration and upgrade.`;
  if (state === "unrecorded")
    return `Before the next upgrade, record ${revision} where its effects already are (alembic stamp): applying it there would collide.`;
  return "Find out who made it: adopt it in a migration, or take it back.";
}
