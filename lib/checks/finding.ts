import type { DataFrame } from "nodejs-polars";
import { exactRecords, getSideValues } from "../compare/compare";
import { among, records, type Row } from "../frame";
import type { Finding, Severity, Side } from "../ledger";
import type { Status } from "../schema/drift";
import { describeDrift, makeDriftId } from "../schema/judge/describe";
import { capitalize } from "../text";

/**
 * One row of a comparison as a judge sees it: its key, `status`, `changed`, the values of both sides, and `state`
 * where `explained` has added it.
 */
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
 * A finding in one line: `finding("rows/users", "critical", "Production holds no user", "Look at …")`. The id says
 * what it is about, so that two runs can be compared. `values` says what each side has; where both have the same, it
 * is a shared fault and no drift.
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
 * The findings, of which those whose id matches `ids` have another severity than the rules gave them. A `*` in `ids`
 * stands for any text. The results keep the severity by the rules beside it, and the document says that the notebook
 * set it.
 *
 * @example await conclude("columns", setSeverity(driftFindings(drift, "column"), "column/licenses.*", "high"));
 */
export function setSeverity(findings: Finding[], ids: string, severity: Severity): Finding[] {
  const pieces = ids.split("*").map((piece) => piece.replace(/[\\^$.+?()[\]{}|]/g, "\\$&"));
  const pattern = new RegExp(`^${pieces.join(".*")}$`, "s");
  return findings.map((finding) => {
    if (!pattern.test(finding.id)) return finding;
    const { severityByRules = finding.severity, ...rest } = finding;
    return { ...rest, severity, ...(severity === severityByRules ? {} : { severityByRules }) };
  });
}

/**
 * One value for each side, out of rows that have a `source`. A side without a row has none of what was asked for:
 * `otherwise` says what it has instead.
 *
 * @example bySide([{ source: "production", rows: 3 }], ({ rows }) => rows, 0) // { production: 3, local: 0 }
 */
export function bySide(rows: Row[], value: (row: Row) => unknown, otherwise?: unknown): Partial<Record<Side, unknown>> {
  const none = otherwise === undefined ? {} : { production: otherwise, local: otherwise };
  return { ...none, ...Object.fromEntries(rows.map((row) => [row.source, value(row)])) };
}

/**
 * Rows in groups of one name, each with its name: what two sides say of one thing.
 *
 * @example groupRows(records(standing), ({ next }) => next).map(([id, rows]) => `${id}: ${rows.length}`)
 */
export function groupRows(rows: Row[], name: (row: Row) => string): [name: string, rows: Row[]][] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) groups.set(name(row), [...(groups.get(name(row)) ?? []), row]);
  return [...groups];
}

/**
 * A finding for each row of a comparison that `differing` left. `kind` is also the last column of its key (`table`,
 * `column`, `enum`); `severity` judges a row, `advice` says what to do about it.
 *
 * @example findings(drift, "column", ({ state }) => (state === "phantom" ? "critical" : "medium"), advice)
 */
export function findings(
  drift: DataFrame,
  kind: string,
  severity: (row: Drift) => Severity,
  advice?: (row: Drift) => string,
): Finding[] {
  return (exactRecords(drift) as Drift[]).map((row) => {
    const name = String(row[kind]);
    const table = kind === "table" ? name : (row.table ?? null);
    const path = [row.schema === "public" ? undefined : row.schema, kind === "table" ? undefined : row.table, name]
      .filter(Boolean)
      .join(".");
    return {
      ...finding(
        `${kind}/${path}`,
        severity(row),
        `${capitalize(kind)} ${path} is ${row.status}${row.changed && ` (${row.changed})`}`,
        advice?.(row),
      ),
      object: { kind, schema: row.schema, table, name, status: row.status },
      production: getSideValues(row, "production"),
      local: getSideValues(row, "local"),
      ...(row.state
        ? { explanation: { state: row.state, revision: row.revision ?? null, text: capitalize(row.explanation ?? "") } }
        : {}),
    };
  });
}

/**
 * A finding for each row of the drift that `schemas` found, of these kinds or of all: the same id, severity and
 * sentence as `runbook drift` gives it.
 *
 * @example await conclude("columns", driftFindings(drift, "column"));
 */
export function driftFindings(drift: DataFrame, ...kinds: string[]): Finding[] {
  const chosen = kinds.length ? drift.filter(among("kind", kinds)) : drift;
  return (records(chosen) as DriftRow[]).map((row) => {
    const { kind, schema, table, name, status, severity, state, revision, sql, hazard } = row;
    const differs = row.differs ? row.differs.split(", ") : [];
    return {
      id: makeDriftId(row),
      severity,
      title: describeDrift({ kind, schema, table, name, status, differs, why: row.why }),
      object: { kind, schema, table, name, status },
      production: JSON.parse(row.production),
      local: JSON.parse(row.local),
      ...(severity === "info"
        ? {}
        : {
            recommendation: {
              text: `${advice({ state, revision })}${hazard ? ` ${hazard}` : ""}`,
              ...(sql ? { sql } : {}),
            },
          }),
      ...(state ? { explanation: { state, revision, text: capitalize(row.explanation) } } : {}),
    };
  });
}

/**
 * A finding for each row of the troubles that `schemas` found, but those that a difference between the two sides
 * reports already.
 *
 * @example await conclude("states", troubleFindings(troubles));
 */
export function troubleFindings(troubles: DataFrame): Finding[] {
  const own = records(troubles).filter((row) => row["reported as"] === null);
  return groupRows(own, (row) =>
    makeDriftId({ ...(row as TroubleRow), ...(row.kind === "sequence" ? { table: null } : {}) }),
  ).map(([name, rows]) => {
    const [{ kind, schema, table, name: called, severity, text, elsewhere }] = rows;
    const where = rows.map(({ source }) => source).join(" and ");
    return {
      ...finding(
        `state/${name}`,
        severity,
        `${capitalize(name.replace("/", " "))} of ${where}: ${text}`,
        undefined,
        bySide(rows, ({ value }) => value, elsewhere),
      ),
      object: { kind, schema, table, name: called },
    };
  });
}

interface Named {
  kind: string;
  schema: string | null;
  table: string | null;
  name: string;
}
type TroubleRow = Named & Row & { severity: Severity };
type DriftRow = Named &
  Record<
    "differs" | "why" | "production" | "local" | "state" | "revision" | "explanation" | "sql" | "hazard",
    string
  > & {
    status: Status;
    severity: Severity;
  };

/**
 * What to do about a drift that the migrations explain, or do not.
 *
 * @example findings(drift, "table", () => "high", advice)
 */
export function advice({ state, revision }: Pick<Drift, "state" | "revision">): string {
  if (state === "phantom") return `Do by hand what ${revision} does: it counts as applied, so no upgrade ever will.`;
  if (state === "pending") return `It comes with ${revision}: review that migration and upgrade.`;
  if (state === "unrecorded")
    return (
      `Before the next upgrade, record ${revision} where its effects already are (alembic stamp): applying it ` +
      `there would collide.`
    );
  if (state === "open") return `Read ${revision}: it was read in part only, and may be what makes or changes this.`;
  return "Find out who made it: adopt it in a migration, or take it back.";
}
