import type { Revisions } from "../alembic/history";
import type { Side } from "../ledger";
import { recommend } from "../schema/ddl/recommend";
import { makeChoiceSteps } from "./choice";
import type { Context, PlanInput } from "./context";
import { makeFingerprint } from "./fingerprint";
import { makeGrantStep } from "./grant";
import { findOwners } from "./owner";
import { makeQuestionStep } from "./question";
import { makeRefreshStep } from "./refresh";
import { makeRepairStep } from "./repair";
import { collectSizes } from "./sizes";
import type { Plan, Step } from "./step";
import { makeStampStep, makeUpgradeStep } from "./upgrade";
import { applyToVersion, nameVersionTable } from "./version-table";

/**
 * What is to be done on one side, in steps that work from top to bottom: make whole what is recorded and partly
 * missing, stamp only what is whole, upgrade what is absent, in the order of the history; then questions about rows,
 * and as choices what no revision explains. Pure: nothing is asked or executed.
 */
export async function makePlan(side: Side, input: PlanInput): Promise<Plan> {
  const { snapshots, revisions, states, recorded } = input;
  const { production, local } = snapshots;
  const sizes = input.sizes?.[side] ?? collectSizes(snapshots[side]);
  const recommended = await recommend(side, production, local);
  const unknown = (recorded[side] ?? []).filter((id) => !revisions.byId.has(id));
  const obstacle = findObstacle(revisions);
  const problems = [
    ...revisions.problems,
    ...(revisions.unknown ? [`${revisions.unknown} Without it nothing can be planned: see npx runbook drift.`] : []),
    ...(obstacle
      ? [
          "Alembic itself refuses such a folder, whatever it is asked: nothing is stamped or upgraded until " +
            "it is mended.",
        ]
      : []),
    ...(revisions.unknown ? [] : unknown).map(
      (id) => `${side} records ${id}, which is in no file: find that file before anything is stamped or upgraded.`,
    ),
  ];
  const all = findOwners(side, recommended, input);
  const owners = all.filter(({ one }) => one.kind !== "privilege");
  const grants = all
    .filter(({ one, revision }) => one.kind === "privilege" && revision !== undefined)
    .map(({ one }) => one);
  const steps: Step[] = [];
  const later: Step[] = [];
  let version = new Set(recorded[side] ?? []);
  if (recorded[side] === undefined && states.length && !obstacle)
    problems.push(`${side} has no alembic_version: what is whole there is stamped, as if nothing had been recorded.`);
  for (const isRecorded of [true, false])
    for (const [at, revision] of states.entries()) {
      const state = revision.sides[side];
      if (!state || (state.recorded === true) !== isRecorded || unknown.length) continue;
      if (!isRecorded && obstacle) continue;
      const own = owners.filter(({ revision: owner }) => owner === revision.revision).map(({ one }) => one);
      const context: Context = { side, revision, state, at, own, input, sizes };
      if (isRecorded) {
        if (state.effects.missing.length || own.length) keep(makeRepairStep(context));
        continue;
      }
      const isAbsent = state.effects.there === 0;
      if (!isAbsent && state.effects.missing.length) keep(makeRepairStep(context));
      const before = [...version].sort();
      version = applyToVersion(version, revision.revision, input.revisions);
      steps.push(
        isAbsent || state.state === "unknown"
          ? makeUpgradeStep(context, before)
          : makeStampStep(context, before, [...version].sort()),
      );
    }
  function keep({ step, data }: { step: Step | undefined; data: Step[] }): void {
    if (step) steps.push(step);
    later.push(...data);
  }
  if (grants.length) steps.push(makeGrantStep(side, grants, snapshots[side], sizes));
  const choices = owners.filter(({ revision }) => revision === undefined).map(({ one }) => one);
  const { steps: chosen, migrations } = await makeChoiceSteps(side, choices, input, sizes);
  const questions = (input.findings ?? []).flatMap((finding) => makeQuestionStep(side, finding));
  const refresh = side === "local" ? makeRefreshStep(input) : [];
  const after = [...later, ...questions, ...chosen, ...refresh];
  const fingerprint = makeFingerprint(snapshots[side], revisions.versionTable.name);
  return {
    side,
    recorded: recorded[side],
    versionTable: nameVersionTable(revisions),
    fingerprintQuery: fingerprint.query,
    fingerprint: fingerprint.value,
    steps: [...steps, ...after],
    ends: [...version].sort(),
    problems,
    migrations,
    ...(steps.length + after.length + problems.length ? {} : { done: sayDone(side, input) }),
  };
}

/**
 * Why Alembic cannot load the folder at all: a parent that is missing, a file that is no Python, a circle. Undefined
 * where it can.
 */
export function findObstacle({ problems }: Revisions): string | undefined {
  return problems.find((problem) => !problem.includes("both call themselves"));
}

/** That there is nothing to do, and why that can be believed. */
function sayDone(side: Side, { states, snapshots, drift }: PlanInput): string {
  const seen = states.flatMap((state) => state.sides[side] ?? []);
  const effects = seen.reduce((sum, one) => sum + one.effects.there, 0);
  const untold = seen.filter(({ state }) => state === "unknown").length;
  const other = side === "production" ? "local" : "production";
  const left = drift.length
    ? `what still differs (${drift.length}) is ${other}'s to mend, or has no consequence`
    : `no difference was found between its ${snapshots[side].objects.length} objects and ${other}'s`;
  return [
    `Nothing is to be done on ${side}: each of the ${states.length} revisions of the folder is recorded and ` +
      `whole (${effects} ${effects === 1 ? "effect" : "effects"} seen), none waits, and ${left}.`,
    ...(untold
      ? [
          `${untold} of them ${untold === 1 ? "does" : "do"} something that a schema does not show, or that ` +
            `was not read.`,
        ]
      : []),
  ].join(" ");
}
