import pl, { type DataFrame } from "nodejs-polars";
import { readRecorded } from "../alembic/frames";
import type { Revisions } from "../alembic/history";
import { judgeRevisions, sayEffects } from "../alembic/revision-state";
import { sides, type Finding, type Side } from "../ledger";
import { openScratches } from "../open";
import { findRehearsalAlembic } from "../plan/alembic";
import { editPlans, type PlanEdits } from "../plan/edit";
import type { PlanInput } from "../plan/context";
import { makePlan } from "../plan/plan";
import { rehearsePlans, type Rehearsal } from "../plan/rehearse";
import { readSizes } from "../plan/sizes";
import type { Plan, Sizes } from "../plan/step";
import { sayRehearsed, sayRemains, writePlan } from "../plan/write";
import { compareExplained } from "../schema/both";
import { addViolations } from "../schema/judge/violation";
import { readSchema } from "../schema/read/read";
import type { Snapshot } from "../schema/read/snapshot";
import { outcome } from "./conclude";
import { askEach } from "./query";
import { getSession } from "./session";

/** A plan that can be looked at, changed, rehearsed and written out. */
export interface PlanInHand {
  /** `revision`, `production`, `local`, `message`, in the order of the history. */
  states: DataFrame;
  /** `side`, `step`, `what`, `why`, `command`, `locks`, `could fail`, `verify`, `undo`, `statements`, `review`. */
  steps: DataFrame;
  /** Executes the plan, with these changes, in scratch databases of our own; neither real database hears of it. */
  rehearse(edits?: PlanEdits): Promise<{ frame: DataFrame; sentences: string[]; findings: Finding[] }>;
  /** Writes `plan/` into the results folder, with the last rehearsal, and answers with its path. */
  write(): string;
}

/**
 * What to do on each side, and in which order, made from the state of each revision. `recorded` is what
 * `sql.revisions` answered. Where a side does not answer, the plan is empty and the next check incomplete.
 *
 * @example const plan = await plans(await revisions(), await both(sql.revisions));
 */
export async function plans(history: Revisions, recorded: DataFrame): Promise<PlanInHand> {
  const snapshots: Partial<Record<Side, Snapshot>> = {};
  const sizes: Partial<Record<Side, Sizes>> = {};
  await askEach(sides, async (source) => {
    const snapshot = await readSchema(source);
    sizes[source.side] = await readSizes(source, snapshot);
    snapshots[source.side] = snapshot;
  });
  const { production, local } = snapshots;
  if (!production || !local) return makeEmptyPlan();
  const both = { production, local };
  const versions = readRecorded(recorded);
  const { drift } = await compareExplained(production, local, history, versions);
  const input: PlanInput = {
    snapshots: both,
    revisions: history,
    recorded: versions,
    sizes,
    drift: await addViolations(drift, both, getSession().sources),
    states: judgeRevisions(history, both, versions),
    findings: outcome().findings,
  };
  const made = { production: await makePlan("production", input), local: await makePlan("local", input) };
  let last: { plans: Record<Side, Plan>; rehearsal?: Rehearsal } = { plans: made };
  return {
    states: makeStatesFrame(input),
    steps: makeStepsFrame(made),
    async rehearse(edits = {}) {
      const edited = editPlans(made, edits);
      const alembic = await findRehearsalAlembic(getSession().settings);
      const rehearsal = await rehearsePlans(edited, input, { open: openScratches, alembic, chosen: edits.takeBack });
      last = { plans: edited, rehearsal };
      return {
        frame: makeRehearsedFrame(rehearsal),
        sentences: sayRehearsal(rehearsal),
        findings: judgeRehearsal(rehearsal),
      };
    },
    write: () => writePlan(getSession().settings.results, last.plans, input.states, last.rehearsal, new Date()),
  };
}

function makeEmptyPlan(): PlanInHand {
  const empty = { production: undefined, local: undefined };
  return {
    states: makeTextFrame({ revision: [], production: [], local: [], message: [] }),
    steps: makeStepsFrame(empty),
    rehearse: async () => ({
      frame: makeRehearsedFrame(undefined),
      sentences: ["Nothing was rehearsed: a side did not answer."],
      findings: [],
    }),
    write: () => "",
  };
}

function makeStatesFrame({ states }: PlanInput): DataFrame {
  const cell = (side: Side) =>
    states.map(({ sides: judged }) => {
      const one = judged[side]!;
      const recorded = one.recorded === null ? "not known" : one.recorded ? "recorded" : "not recorded";
      return `${recorded}, ${sayEffects(one)}`;
    });
  return makeTextFrame({
    revision: states.map(({ revision }) => revision),
    production: cell("production"),
    local: cell("local"),
    message: states.map(({ message }) => message),
  });
}

function makeStepsFrame(plans: Record<Side, Plan | undefined>): DataFrame {
  const all = sides.flatMap((side) => (plans[side]?.steps ?? []).map((step) => ({ side, ...step })));
  return makeTextFrame({
    side: all.map(({ side }) => side),
    step: all.map(({ id }) => id),
    what: all.map(({ title }) => title),
    why: all.map(({ why }) => why),
    command: all.map(({ command }) => command ?? ""),
    locks: all.map(({ locks }) => locks),
    "could fail": all.map(({ couldFail }) => couldFail),
    verify: all.map(({ verify }) => verify),
    undo: all.map(({ undo }) => undo),
    statements: all.map(({ statements }) => statements.join("\n")),
    review: all.map(({ review = [], byHand = [] }) => [...review, ...byHand].join("\n")),
  });
}

function makeRehearsedFrame(rehearsal: Rehearsal | undefined): DataFrame {
  const all = (rehearsal?.sides ?? []).flatMap(({ side, steps }) => steps.map((step) => ({ side, ...step })));
  return makeTextFrame({
    side: all.map(({ side }) => side),
    step: all.map(({ id }) => id),
    outcome: all.map(({ outcome }) => outcome),
    reason: all.map(({ reason }) => reason),
  });
}

function sayRehearsal(rehearsal: Rehearsal): string[] {
  if (rehearsal.impossible) return [rehearsal.impossible];
  return [
    ...rehearsal.sides.map(({ side, firstAttempt }) => `Without the plan, on ${side} as it stands: ${firstAttempt}`),
    `${rehearsal.means} ${rehearsal.server}`,
    ...rehearsal.sides.map(sayRehearsed),
    `What differs then: ${sayRemains(rehearsal.remains)}.`,
  ];
}

/** What of a rehearsal nobody foresaw. */
function judgeRehearsal({ sides: rehearsed, remains }: Rehearsal): Finding[] {
  const failed = rehearsed.flatMap(({ side, steps }) =>
    steps
      .filter(({ outcome }) => outcome === "failed")
      .map(({ id, title, reason }): Finding => ({
        id: `plan/${side}.${id}`,
        severity: "info",
        title: `A step of the plan for ${side} fails in the rehearsal: ${title}`,
        recommendation: { text: reason },
      })),
  );
  const left = remains
    .filter(({ isChosen }) => !isChosen)
    .map(({ about, status }): Finding => ({
      id: `plan/left.${about}`,
      severity: "info",
      title: `The plan leaves a difference: ${about} is ${status}`,
    }));
  return [...failed, ...left];
}

function makeTextFrame(columns: Record<string, string[]>): DataFrame {
  return pl.DataFrame(Object.entries(columns).map(([name, values]) => pl.Series(name, values, pl.Utf8)));
}
