import type { Side } from "../ledger";
import { writeAdoption } from "./adoption";
import { writeStampStatements } from "./version-table";
import type { Adoption, Plan, Step } from "./step";

/** What an operator changes of a plan before it is rehearsed: ids of steps. */
export interface PlanEdits {
  /** Steps that are not to be done. */
  leaveOut?: string[];
  /** Choices that are to be made: what was made by hand is taken back. */
  takeBack?: string[];
  /** Choices that are to be made the other way: recorded where it is, and made on the other side, by a migration. */
  adopt?: string[];
  /** The steps of a side in another order; those that are not named come after. */
  order?: Partial<Record<Side, string[]>>;
}

/**
 * Both plans with an operator's changes. What is adopted follows one another behind the heads, in the order of
 * `adopt`.
 */
export function editPlans(plans: Record<Side, Plan>, edits: PlanEdits): Record<Side, Plan> {
  const edited = { production: reorder(plans.production, edits), local: reorder(plans.local, edits) };
  for (const choice of edits.adopt ?? [])
    for (const side of ["production", "local"] as const) {
      const found = plans[side].migrations.find((one) => one.choice === choice);
      if (!found) continue;
      const other = side === "production" ? "local" : "production";
      const adoption = writeAdoption(found.name, found.upgrade, found.downgrade, edited[side].ends);
      edited[side] = addAdoption(edited[side], adoption, adoptThere(adoption, side, plans[side].versionTable));
      edited[other] = addAdoption(edited[other], adoption, adoptElsewhere(adoption, plans[other].versionTable));
    }
  return edited;
}

function reorder(plan: Plan, { leaveOut = [], adopt = [], order }: PlanEdits): Plan {
  const first = order?.[plan.side] ?? [];
  const rank = (id: string) => (first.includes(id) ? first.indexOf(id) : first.length);
  const steps = plan.steps
    .filter(({ id }) => !leaveOut.includes(id) && !adopt.includes(id))
    .map((step, at) => ({ step, at }))
    .sort((a, b) => rank(a.step.id) - rank(b.step.id) || a.at - b.at)
    .map(({ step }) => step);
  return { ...plan, steps };
}

function addAdoption(plan: Plan, adoption: Adoption, step: Step): Plan {
  const migrations = plan.migrations.map((one) => (one.choice === adoption.choice ? adoption : one));
  return { ...plan, migrations, steps: [...plan.steps, step], ends: [adoption.id] };
}

/** Where it was made by hand, its migration is only recorded. */
function adoptThere({ id, name, file }: Adoption, side: Side, table: string): Step {
  return {
    id: `adopt/${name}`,
    kind: "stamp",
    title: `Record ${id}, which adopts ${name}`,
    why: `You chose to adopt it: put plan/migrations/${file} among the revisions; it is there already in ${side}.`,
    statements: writeStampStatements([id], table),
    locks: "One row of alembic_version, for a moment.",
    couldFail: "Nothing that is known.",
    verify: `alembic current names ${id}.`,
    undo: "-- stamp the revision before it",
    isOptional: false,
  };
}

/**
 * Everywhere else it is applied; the rehearsal executes its statements, for its file is not among the revisions yet.
 */
function adoptElsewhere({ id, name, file, upgrade, downgrade }: Adoption, table: string): Step {
  return {
    id: `adopt/${name}`,
    kind: "repair",
    title: `Apply ${id}, which adopts ${name}`,
    why: `You chose to adopt it: with plan/migrations/${file} among the revisions, alembic upgrade ${id} does the same.`,
    statements: [...upgrade, ...writeStampStatements([id], table)],
    locks: "See the statements: they are those of the migration.",
    couldFail: "It fails where rows break a rule that is added.",
    verify: `alembic current names ${id}.`,
    undo: downgrade.map((sql) => sql.replace(/^-- /gm, "")).join(" "),
    isOptional: false,
  };
}
