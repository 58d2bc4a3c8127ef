import { isTable } from "../kinds";
import { explain, type Recorded } from "../alembic/explain";
import type { Revisions } from "../alembic/history";
import type { Side } from "../ledger";
import { aggravate } from "./judge/severity";
import type { Source } from "../source/guarded";
import { compareSchemas, type Comparison } from "./compare/compare";
import { unfoldPartitions } from "./compare/partitions";
import { makeLiteralMask, type LiteralMask } from "./judge/literals";
import { makeDriftKey, type Drift, type Explanation } from "./drift";
import type { Recommendation } from "./ddl/recommend";
import { readSchema, readTroubles } from "./read/read";
import type { Snapshot } from "./read/snapshot";
import type { Trouble } from "./judge/health";

/** Every difference with what the migrations say of it, and as grave as that makes it. */
export function explainAll(drift: Drift[], revisions: Revisions | undefined, recorded: Recorded): Drift[] {
  return drift.map((each) => aggravate({ ...each, explanation: explainEach(each, revisions, recorded) }));
}

/**
 * What the migrations say of a difference; of partitions that are told together, what they say of every one of them.
 */
function explainEach(drift: Drift, revisions: Revisions | undefined, recorded: Recorded): Explanation {
  const members = unfoldPartitions(drift).map((each) => explain(each, revisions, recorded));
  const [first] = members;
  if (first && members.every(({ state, revision }) => state === first.state && revision === first.revision)) {
    const isUnspoken = drift.partitions && first.state === "unexplained" && revisions;
    return isUnspoken
      ? { ...first, text: "No revision speaks of these partitions: a job may make and drop them." }
      : first;
  }
  const spoken = members.filter(({ revision }) => revision !== null);
  return {
    state: spoken.length && spoken.length === members.length ? spoken[0].state : "open",
    revision: spoken[0]?.revision ?? null,
    text: (
      `Revisions speak of ${spoken.length} of these ${members.length} partitions. ` +
      `${spoken[0]?.text ?? first?.text ?? ""}`
    ).trim(),
  };
}

/**
 * Each difference between two schemas, with what the migrations say of it and as grave as that makes it. Literals that
 * may be somebody's data are hidden in it, and `literals` hides them in what else is shown of it.
 */
export async function compareExplained(
  production: Snapshot,
  local: Snapshot,
  revisions: Revisions | undefined,
  recorded: Recorded,
): Promise<Comparison & { literals: LiteralMask }> {
  const { drift, coverage } = await compareSchemas(production, local);
  const literals = makeLiteralMask([production, local]);
  return { drift: explainAll(drift, revisions, recorded).map(literals.maskDrift), coverage, literals };
}

/**
 * The statements to review for what no pending migration will mend: what production lacks or has otherwise, for
 * production; what local lacks, for local. Keyed by `makeDriftKey`; a missing table has its keys, indexes and
 * sequences with it. Each is for one side alone. Nothing is ever executed.
 */
export function collectStatementsFor(
  drift: Drift[],
  recommended: Record<Side, Recommendation[]>,
): Map<string, Recommendation> {
  const statements = new Map<string, Recommendation>();
  for (const side of ["local", "production"] as const) {
    const mended = drift.filter(({ status }) =>
      side === "production" ? status !== "only in production" : status === "only in production",
    );
    const keys = new Set(mended.map(makeDriftKey));
    const whole = mended.filter(({ kind, status }) => isTable(kind) && status !== "changed");
    const folded = new Map(
      mended
        .filter(({ partitions }) => partitions)
        .flatMap((one) => unfoldPartitions(one).map((each) => [makeDriftKey(each), one])),
    );
    for (const one of recommended[side]) {
      const table = whole.find((each) => each.name === one.table && each.schema === one.schema);
      const key = makeDriftKey(folded.get(makeDriftKey(one)) ?? table ?? one);
      const before = statements.get(key);
      if (keys.has(key)) statements.set(key, before ? mergeRecommendations(before, one) : one);
    }
  }
  return statements;
}

/** A table and its parts: they are listed in an order that works. */
function mergeRecommendations(one: Recommendation, other: Recommendation): Recommendation {
  if (other.statements.length === 0 && !other.byHand) return one;
  const [first, second] = [one, other].map(({ sql }) => sql.split("\n"));
  const main = [one, other].find(({ kind }) => isTable(kind)) ?? one;
  const hazard = [...new Set([main.hazard, one.hazard, other.hazard])].join(" ");
  return {
    ...main,
    statements: [...one.statements, ...other.statements],
    sql: [...first, ...second.slice(1)].join("\n"),
    hazard,
  };
}

/** The statements for a reader, once they have been tried: without literals that may be somebody's data. */
export function hideLiterals(
  { production, local }: Record<Side, Recommendation[]>,
  literals: LiteralMask,
): Record<Side, Recommendation[]> {
  return {
    production: production.map((one) => literals.maskRecommendation(one, "local")),
    local: local.map((one) => literals.maskRecommendation(one, "production")),
  };
}

/** One side's schema, and what is out of order in it: two questions. */
export async function readSide(source: Source): Promise<{ side: Side; snapshot: Snapshot; troubles: Trouble[] }> {
  const snapshot = await readSchema(source);
  return { side: source.side, snapshot, troubles: await readTroubles(source, snapshot) };
}
