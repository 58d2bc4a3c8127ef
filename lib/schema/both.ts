import { explainAll, type Recorded } from "../alembic/explain";
import type { Revisions } from "../alembic/history";
import type { Side } from "../ledger";
import type { Source } from "../guard/door";
import { compareSchemas, type Comparison } from "./compare";
import type { Drift } from "./drift";
import { recommend, type Recommendation } from "./recommend";
import { readSchema, readTroubles } from "./read";
import type { Snapshot } from "./snapshot";
import type { Trouble } from "./state";

/** Each difference between two schemas, with what the migrations say of it and as grave as that makes it. */
export async function compareExplained(production: Snapshot, local: Snapshot, revisions: Revisions | undefined, recorded: Recorded): Promise<Comparison> {
  const { drift, coverage } = await compareSchemas(production, local);
  return { drift: explainAll(drift, revisions, recorded), coverage };
}

/**
 * The statements to review for what no pending migration will mend: what production lacks, for production; what local lacks, for local.
 * Keyed by `keyOfDrift`. Nothing is ever executed.
 */
export async function statementsFor(drift: Drift[], production: Snapshot, local: Snapshot): Promise<Map<string, Recommendation>> {
  const adding = (side: Side) => new Set(drift.filter(({ status }) => status !== `only in ${side}`).map(keyOfDrift));
  const statements = new Map<string, Recommendation>();
  for (const side of ["local", "production"] as const)
    for (const one of await recommend(side, production, local, drift)) if (adding(side).has(keyOfDrift(one))) statements.set(keyOfDrift(one), one);
  return statements;
}

/** What makes one object of a schema the same in a drift and in a recommendation. */
export function keyOfDrift({ kind, schema, table, name }: Pick<Drift, "kind" | "schema" | "table" | "name">): string {
  return JSON.stringify([kind, schema, table, name]);
}

/** One side's schema, and what is out of order in it: two questions. */
export async function readSide(source: Source): Promise<{ side: Side; snapshot: Snapshot; troubles: Trouble[] }> {
  const snapshot = await readSchema(source);
  return { side: source.side, snapshot, troubles: await readTroubles(source, snapshot) };
}
