import { judgeRevisions } from "../alembic/revision-state";
import { sides, type Side } from "../ledger";
import { openRevisions, openScratches, openSources, type Sources } from "../open";
import { findRehearsalAlembic } from "../plan/alembic";
import type { PlanInput } from "../plan/context";
import { makePlan } from "../plan/plan";
import { rehearsePlans, type Rehearsal } from "../plan/rehearse";
import { readSizes } from "../plan/sizes";
import type { Plan } from "../plan/step";
import { planAsSql, formatRehearsal, writePlan } from "../plan/write";
import { printJson } from "../privacy/redaction";
import { compareExplained } from "../schema/both";
import { addViolations } from "../schema/judge/violation";
import { readSchema } from "../schema/read/read";
import { readSettings, type Settings } from "../settings";
import { pickSideFlags, type Given } from "./args";
import type { usage } from "./usage/plan";
import { readRecorded } from "./migrations";

export async function run({ flags }: Given<typeof usage>): Promise<number> {
  const settings = readSettings(pickSideFlags(flags));
  const sources = await openSources(settings);
  const made = new Date();
  try {
    const input = await readPlanInput(settings, sources);
    const plans = await makePlans(input);
    const alembic = flags.rehearse ? await findRehearsalAlembic(settings) : undefined;
    const rehearsal = flags.rehearse ? await rehearsePlans(plans, input, { open: openScratches, alembic }) : undefined;
    if (flags.out !== undefined) {
      const folder = writePlan(flags.out, plans, input.states, rehearsal, made);
      process.stderr.write(`The plan is in ${folder}.\n`);
    }
    if (flags.json) printJson(`${JSON.stringify({ format: 1, plans, rehearsal }, null, 1)}\n`);
    else process.stdout.write(formatText(plans, rehearsal, made));
    return decideExitStatus(rehearsal);
  } finally {
    await sources.close();
  }
}

/** Both plans of what was read. */
export async function makePlans(input: PlanInput): Promise<Record<Side, Plan>> {
  return { production: await makePlan("production", input), local: await makePlan("local", input) };
}

/** Asks both sides what a plan has to know: their schemas, what they record, how many rows break rules, and sizes. */
export async function readPlanInput(settings: Settings, sources: Pick<Sources, Side>): Promise<PlanInput> {
  const revisions = await openRevisions(settings);
  const [production, local] = await Promise.all(sides.map((side) => readSchema(sources[side])));
  const snapshots = { production, local };
  const of = async <T>(read: (side: Side) => Promise<T>) =>
    Object.fromEntries(await Promise.all(sides.map(async (side) => [side, await read(side)]))) as Record<Side, T>;
  const recorded = await of((side) => readRecorded(sources[side], revisions.versionTable));
  const { drift: compared } = await compareExplained(production, local, revisions, recorded);
  const drift = await addViolations(compared, snapshots, sources);
  const sizes = await of((side) => readSizes(sources[side], snapshots[side]));
  return { snapshots, revisions, recorded, drift, sizes, states: judgeRevisions(revisions, snapshots, recorded) };
}

function formatText(plans: Record<Side, Plan>, rehearsal: Rehearsal | undefined, made: Date): string {
  const told = rehearsal ? [...formatRehearsal(rehearsal), ""] : [];
  return [
    ...told,
    ...sides.map((side) => (plans[side].done ? `${plans[side].done}\n` : planAsSql(plans[side], made, rehearsal))),
  ].join("\n");
}

function decideExitStatus(rehearsal: Rehearsal | undefined): number {
  if (!rehearsal) return 0;
  if (rehearsal.impossible) return 2;
  const isWrong = rehearsal.sides.some(
    ({ steps, isVersionRight }) => !isVersionRight || steps.some(({ outcome }) => outcome === "failed"),
  );
  return isWrong || rehearsal.remains.some(({ isChosen }) => !isChosen) ? 1 : 0;
}
