import { QueryError, RunbookError, type Fault } from "../errors";
import type { SafeColumns } from "../guard/safe-columns";
import type { Source } from "../source/guarded";
import { sides, type Side } from "../ledger";
import { budget as usual, type Budget } from "./limits";
import { makeAsker, Interrupted, OverBudget, type Asker } from "./metered-source";
import { splitBatches, askBoth } from "./buckets";
import { readCatalog, type Catalog } from "./catalog";
import { compareSmall, compareTable, type Options } from "./compare";
import { resolveTableName, planOf, type Choice, type Plan } from "./plan";
import { sizes as usualSizes, type Sizes } from "./sizes";
import type { Outcome } from "./tally";
import { resolveCondition } from "./where";

export type { Progress } from "./compare";
export type { Difference, Key, Outcome, Status } from "./tally";
export type { Budget } from "./limits";

export interface RowsOptions extends Omit<Options, "budget" | "sizes">, Choice {
  /** Only rows that it holds for, on both sides. */
  where?: string;
  budget?: Partial<Budget>;
  sizes?: Partial<Sizes>;
  /** Stops the comparison: what is being asked is cancelled, and nothing more is asked. */
  signal?: AbortSignal;
}

/**
 * Compares one table row by row; `name` may lack its schema. Throws a RunbookError where it cannot be compared, a
 * QueryError where a side does not answer.
 */
export async function compareRows(
  sources: Record<Side, Source>,
  name: string,
  safe: SafeColumns,
  options: RowsOptions = {},
): Promise<Outcome> {
  const allowed = { ...usual, ...options.budget };
  const askers = openAskers(sources, allowed, options.signal);
  const catalogs = await askBoth((side) => readCatalog(sources[side], name, askers[side].note));
  const table = resolveTableName(name, catalogs);
  const plan = planOf(table, catalogs, safe, options);
  if (options.where !== undefined)
    plan.where = await resolveCondition(
      { production: plan.sides.production.relation, local: plan.sides.local.relation },
      options.where,
      sources,
    );
  plan.address = { production: sources.production.address, local: sources.local.address };
  const outcome = await compareTable(askers, plan, {
    ...options,
    budget: allowed,
    sizes: { ...usualSizes, ...options.sizes },
  });
  for (const side of sides)
    Object.assign(outcome, {
      queries: { ...outcome.queries, [side]: askers[side].queries },
      bytes: { ...outcome.bytes, [side]: askers[side].bytes },
    });
  return outcome;
}

/** What the tables of both sides have in common, row by row. */
export interface Comparison {
  outcomes: Outcome[];
  /** Tables that both sides have and that were not compared. */
  left: { table: string; why: string }[];
  queries: Record<Side, number>;
  bytes: Record<Side, number>;
}

/**
 * Compares every table that both sides have, the smallest first, until the budget is used up; small tables many to a
 * statement. A table that cannot be compared, or comes after the budget's end, is named with the reason. `only` names
 * the tables to compare.
 */
export async function compareAllRows(
  sources: Record<Side, Source>,
  safe: SafeColumns,
  options: Pick<RowsOptions, "budget" | "sizes" | "keys" | "onProgress"> & { only?: string[] } = {},
): Promise<Comparison> {
  const allowed = { ...usual, ...options.budget };
  const askers = openAskers(sources, allowed);
  const catalogs = await askBoth((side) => readCatalog(sources[side], undefined, askers[side].note));
  const comparison: Comparison = {
    outcomes: [],
    left: [],
    queries: { production: 0, local: 0 },
    bytes: { production: 0, local: 0 },
  };
  const plans = makePlans(catalogs, safe, comparison.left, options.only);
  const sizes = { ...usualSizes, ...options.sizes };
  let rows = allowed.rows;
  const parts = splitPlans(plans, sizes);
  for (const [index, part] of parts.entries()) {
    const compared = await tryPlansTogether(
      askers,
      part,
      { ...options, sizes, budget: { ...allowed, rows } },
      comparison.left,
    ).catch((error: unknown) => {
      // a side that answers no more: what is known stays known
      if (!(error instanceof QueryError) || !comparison.outcomes.length) throw error;
      comparison.left.push(
        ...parts.slice(index).flatMap((rest) => rest.map(({ table }) => ({ table, why: error.message }))),
      );
    });
    if (!compared) break;
    comparison.outcomes.push(...compared);
    rows -= compared.reduce((sum, outcome) => sum + Math.max(outcome.production.rows, outcome.local.rows), 0);
  }
  for (const side of sides)
    [comparison.queries[side], comparison.bytes[side]] = [askers[side].queries, askers[side].bytes];
  return comparison;
}

function openAskers(sources: Record<Side, Source>, allowed: Budget, signal?: AbortSignal): Record<Side, Asker> {
  signal?.addEventListener("abort", () => sides.forEach((side) => sources[side].cancel()), { once: true });
  return {
    production: makeAsker(sources.production, allowed, signal),
    local: makeAsker(sources.local, allowed, signal),
  };
}

function makePlans(
  catalogs: Record<Side, Catalog>,
  safe: SafeColumns,
  left: Comparison["left"],
  only?: string[],
): Plan[] {
  const common = [...catalogs.production.tables.keys()].filter(
    (table) =>
      catalogs.local.tables.has(table) &&
      (!only || only.includes(table) || only.includes(table.replace("public.", ""))),
  );
  const plans = common.flatMap((table) => {
    try {
      return [planOf(table, catalogs, safe)];
    } catch (error) {
      left.push({ table, why: error instanceof RunbookError ? error.message : "its comparison could not be planned" });
      return [];
    }
  });
  return plans.sort((one, other) => estimateSize(one) - estimateSize(other));
}

/** Small tables together, in statements of a size that a person could still read; each larger one alone. */
function splitPlans(plans: Plan[], { smallRows }: Sizes): Plan[][] {
  const small = plans.filter((plan) => estimateSize(plan) <= smallRows);
  const columns = splitBatches(small, 800, ({ columns }) => columns.length);
  return [...columns, ...plans.filter((plan) => !small.includes(plan)).map((plan) => [plan])];
}

function estimateSize({ sides: { production, local } }: Plan): number {
  return Math.max(production.rows, local.rows);
}

/** What a side that answers no more fails with: there is no use in asking it for the next table. */
const gone = new Set<Fault>([
  "no region",
  "no credentials",
  "credentials expired",
  "credentials refused",
  "access denied",
  "function absent",
  "function unusable",
  "function's network",
  "not reached",
  "login refused",
  "server gone",
  "budget spent",
  "interrupted",
  "not recorded",
]);

/**
 * Compares some tables. Where a statement of several fails, each is tried alone, so that one table's trouble is not
 * another's.
 */
async function tryPlansTogether(
  askers: Record<Side, Asker>,
  plans: Plan[],
  options: Options,
  left: Comparison["left"],
): Promise<Outcome[]> {
  try {
    return plans.length > 1 || estimateSize(plans[0]) <= options.sizes.smallRows
      ? await compareSmall(askers, plans, options)
      : [await compareTable(askers, plans[0], options)];
  } catch (error) {
    if (error instanceof Interrupted || (error instanceof QueryError && gone.has(error.fault))) throw error;
    if (plans.length > 1 && !(error instanceof OverBudget)) {
      const outcomes: Outcome[] = [];
      for (const plan of plans) outcomes.push(...(await tryPlansTogether(askers, [plan], options, left)));
      return outcomes;
    }
    // the message of an error that nobody foresaw may hold anything: its name alone is told
    const why =
      error instanceof RunbookError ? error.message : `it could not be compared (${(error as Error)?.name ?? "error"})`;
    left.push(...plans.map(({ table }) => ({ table, why })));
    return [];
  }
}
