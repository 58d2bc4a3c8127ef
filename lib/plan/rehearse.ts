import type { Revisions } from "../alembic/history";
import { measureLag } from "../alembic/history";
import { RunbookError } from "../errors";
import type { Side } from "../ledger";
import { compareSchemas } from "../schema/compare/compare";
import { makeDriftKey, type Drift } from "../schema/drift";
import { rebuild, type Scratch, type Scratches } from "../schema/prove/scratch";
import { describeObject, type Snapshot } from "../schema/read/snapshot";
import { quoteLiteral } from "../sql/quote";
import type { Alembic } from "./alembic";
import { writeStateCheck } from "./fingerprint";
import type { PlanInput } from "./context";
import { findObstacle } from "./plan";
import { createVersionTable, writeStampStatements, nameVersionTable } from "./version-table";
import { insertRowsThatBreakRules, type Represented } from "./represent";
import type { Plan, Step } from "./step";

export type RehearsedOutcome = "worked" | "failed" | "failed as foretold" | "not tried";

/** One step, and what came of it in the scratch database. */
export interface RehearsedStep {
  id: string;
  title: string;
  outcome: RehearsedOutcome;
  /** The server's own sentence where it failed, ours where it was not tried. */
  reason: string;
}

/** A plan, executed in a scratch database from top to bottom. */
export interface RehearsedSide {
  side: Side;
  /** What `alembic upgrade heads` does there as it stands, before any of the plan. */
  firstAttempt: string;
  steps: RehearsedStep[];
  /** What `alembic_version` held at the end, and whether that is what the plan says. */
  version: string[];
  isVersionRight: boolean;
  /** What could not be built again, and what therefore was not put to the test. */
  notRebuilt: { sql: string; reason: string }[];
  /** Rules that rows break today, each with whether a row stood for them. */
  represented: Represented[];
}

export interface Rehearsal {
  /** Why nothing was rehearsed; empty where it was. */
  impossible: string;
  /** `alembic 1.13.1`, or that only the effects that were read were executed. */
  means: string;
  /** On which version of PostgreSQL, and what that leaves open. */
  server: string;
  sides: RehearsedSide[];
  /** What differs between the two at the end: by choice, or named. */
  remains: { about: string; status: string; isChosen: boolean }[];
}

export interface RehearsalOptions {
  /** Where scratch databases come from, on a server of this major version where there is one. */
  open: (major: number) => Promise<Scratches>;
  /** The real Alembic; without it, the effects that were read are executed. */
  alembic?: Alembic;
  /** Ids of optional steps that are to be executed too. */
  chosen?: string[];
}

/**
 * Builds both schemas again in scratch databases, with their `alembic_version`, and executes each plan there as
 * written, step by step, in one pass. Neither real database is asked or changed. A foretold failure is provoked by a
 * row of our own, which is then taken away, and the step done again.
 */
export async function rehearsePlans(
  plans: Record<Side, Plan>,
  input: PlanInput,
  { open, alembic: given, chosen = [] }: RehearsalOptions,
): Promise<Rehearsal> {
  const pools = new Map<number, Scratches>();
  try {
    const sides: RehearsedSide[] = [];
    const ends: Partial<Record<Side, Snapshot>> = {};
    let chosenAlembic: { means: string; usable?: Alembic } | undefined;
    for (const side of ["production", "local"] as const) {
      const scratches = await openPool(getMajor(input.snapshots[side]));
      chosenAlembic ??= await chooseAlembic(given, input.revisions, scratches);
      const alembic = chosenAlembic.usable;
      const firstAttempt = await tryFirst(input, plans[side], scratches, alembic);
      const scratch = await scratches.open(`plan_${side}`);
      const { told, end } = await rehearsePlan(plans[side], input, scratch, { alembic, chosen });
      sides.push({ ...told, firstAttempt });
      ends[side] = end;
    }
    const { drift } = await compareSchemas(ends.production!, ends.local!);
    return {
      impossible: "",
      means: chosenAlembic!.means,
      server: sayServers(input.snapshots, ends as Record<Side, Snapshot>),
      sides,
      remains: nameRest(drift, input),
    };
  } catch (problem) {
    if (!(problem instanceof RunbookError)) throw problem;
    return { impossible: `Nothing was rehearsed: ${problem.message}`, means: "", server: "", sides: [], remains: [] };
  } finally {
    for (const scratches of pools.values()) await scratches.close();
  }

  async function openPool(major: number): Promise<Scratches> {
    const known = pools.get(major) ?? (await open(major));
    pools.set(major, known);
    return known;
  }
}

/** Which Alembic is used, and with whose env.py: the project's is tried first in a database of its own. */
async function chooseAlembic(
  alembic: Alembic | undefined,
  revisions: Revisions,
  scratches: Scratches,
): Promise<{ means: string; usable?: Alembic }> {
  const effects = "stamps and upgrades were executed as the effects that were read of the revisions.";
  if (!alembic) return { means: `No Alembic was at hand: ${effects}` };
  const { address, socket } = await scratches.open("probe");
  if (!address) return { means: `No other program reaches the scratch databases: ${effects}` };
  const { works, says } = await alembic.choose({ address, socket }, revisions);
  return works
    ? {
        usable: alembic,
        means: `Stamps and upgrades were executed by ${alembic.version}, against the scratch databases alone. ${says}`,
      }
    : { means: `${alembic.version} could not be used: ${effects} ${says}` };
}

async function rehearsePlan(
  plan: Plan,
  input: PlanInput,
  scratch: Scratch,
  { alembic, chosen }: { alembic?: Alembic; chosen: string[] },
): Promise<{ told: Omit<RehearsedSide, "firstAttempt">; end: Snapshot }> {
  const { side } = plan;
  const notRebuilt = await build(plan, input, scratch);
  const steps: RehearsedStep[] = [];
  await scratch.execute(writeStateCheck(plan).join("\n")).catch((error: Error) => {
    // what could not be built again is missing, and named
    if (notRebuilt.length === 0)
      steps.push({ id: "check", title: "The check of the state", outcome: "failed", reason: error.message });
  });
  const represented = await insertRowsThatBreakRules(side, input, scratch);
  for (const step of plan.steps) {
    const { id, title: what } = step;
    const tell = (outcome: RehearsedOutcome, reason = "") => steps.push({ id, title: what, outcome, reason });
    if (step.isOptional && step.statements.length > 0 && !chosen.includes(id)) {
      tell("not tried", "It is a choice that nobody has made.");
      continue;
    }
    if (step.isOptional && step.statements.length === 0) {
      tell("not tried", "It is about rows, of which a scratch database has none.");
      continue;
    }
    if (step.statements.length === 0 && !(step.command && alembic) && step.byHand?.length) {
      tell("not tried", step.byHand[0]);
      continue;
    }
    const reason = await executeStep(step, input.revisions, scratch, alembic);
    if (reason === undefined) {
      if (step.unread && !alembic)
        tell("not tried", `Only in part, for ${step.unread}. The real Alembic could try all of it.`);
      else tell("worked");
      continue;
    }
    const lacking = findExtensions(notRebuilt);
    if (lacking.length && /does not exist|is not available/.test(reason)) {
      tell(
        "not tried",
        `It depends on what could not be built again without the extension ${lacking.join(", ")}: ${reason}`,
      );
      continue;
    }
    if (step.foretold === undefined) {
      tell("failed", reason);
      continue;
    }
    for (const one of represented) for (const sql of one.takeAway) await scratch.execute(sql).catch(() => undefined);
    const again = await executeStep(step, input.revisions, scratch, alembic);
    tell(
      again === undefined ? "failed as foretold" : "failed",
      again === undefined ? `${addStop(reason)} Without such rows it worked.` : again,
    );
  }
  const end = await scratch.read();
  const version = await readVersion(scratch, plan.ends, plan.versionTable);
  return {
    told: { side, steps, version, isVersionRight: version.join() === plan.ends.join(), notRebuilt, represented },
    end,
  };
}

/** Extensions that the scratch server lacks. */
function findExtensions(notRebuilt: RehearsedSide["notRebuilt"]): string[] {
  return notRebuilt.flatMap(({ sql }) => /^create extension (?:if not exists )?"?([^"\s;]+)/i.exec(sql)?.[1] ?? []);
}

/** One side's schema and its alembic_version, in an empty database. */
async function build(
  { side, recorded }: Plan,
  { snapshots, revisions }: PlanInput,
  scratch: Scratch,
): Promise<RehearsedSide["notRebuilt"]> {
  const other = side === "production" ? "local" : "production";
  const notRebuilt = await rebuild(snapshots[side], snapshots[other], scratch);
  if (recorded)
    for (const sql of writeStampStatements(recorded, nameVersionTable(revisions))) await scratch.execute(sql);
  return notRebuilt;
}

/** Executes one step as it is written; the reason where it failed. */
async function executeStep(
  step: Step,
  revisions: Revisions,
  scratch: Scratch,
  alembic: Alembic | undefined,
): Promise<string | undefined> {
  if (step.command && alembic && scratch.address) {
    const words = step.command.replace(/^alembic /, "").split(" ");
    const { ok, reason } = await alembic.execute(words, { ...scratch, address: scratch.address }, revisions);
    return ok ? undefined : reason;
  }
  // an upgrade is one transaction, which an index that is made concurrently cannot be in
  const isTogether = step.kind === "upgrade";
  const statements = isTogether
    ? step.statements.map((sql) => sql.replace(/ INDEX CONCURRENTLY /i, " INDEX "))
    : step.statements;
  for (const sql of statements.filter((one) => !one.startsWith("--")))
    try {
      await scratch.execute(sql);
    } catch (error) {
      return (error as Error).message;
    }
  if (step.kind === "upgrade")
    for (const sql of writeAdvanceStatements(step.revision!, revisions)) await scratch.execute(sql);
  return undefined;
}

/** What Alembic does to its table after an upgrade: the revision's parents give way to it. */
function writeAdvanceStatements(revision: string, revisions: Revisions): string[] {
  const above = [...measureLag(revisions, [revision]).applied].filter((id) => id !== revision);
  const table = nameVersionTable(revisions);
  return [
    createVersionTable(table),
    ...(above.length ? [`delete from ${table} where version_num in (${above.map(quoteLiteral).join(", ")});`] : []),
    `insert into ${table} values (${quoteLiteral(revision)}) on conflict do nothing;`,
  ];
}

/**
 * Whether the table holds exactly these; what it holds is not readable through `execute`, so it is asked by a
 * statement that fails otherwise.
 */
async function readVersion(scratch: Scratch, expected: string[], table: string): Promise<string[]> {
  const list = expected.map(quoteLiteral).join(", ");
  const same = `(select coalesce(array_agg(version_num::text order by version_num::text collate "C"), '{}') from ${table})`;
  const check =
    `do $check$ begin if ${same} is distinct from array[${list}]::text[] then raise exception '%', ` +
    `array_to_string(${same}, ','); end if; end $check$`;
  try {
    await scratch.execute(check);
    return expected;
  } catch (error) {
    return (error as Error).message.includes("does not exist")
      ? []
      : (error as Error).message.split(",").filter(Boolean);
  }
}

/** What the team would do without a plan: upgrade the side as it stands. */
async function tryFirst(
  input: PlanInput,
  plan: Plan,
  scratches: Scratches,
  alembic: Alembic | undefined,
): Promise<string> {
  const { revisions } = input;
  const { recorded, side } = plan;
  if (revisions.unknown) return "alembic upgrade heads was not tried: the migrations are not known.";
  const obstacle = findObstacle(revisions);
  if (obstacle) return `alembic upgrade heads fails before it begins: ${obstacle}`;
  const { pending, unknown } = measureLag(revisions, recorded ?? []);
  if (unknown.length) return `alembic upgrade heads fails: it cannot locate revision ${unknown.join(", ")}.`;
  const missing = input.states.filter(({ sides }) => sides[side]?.recorded && sides[side].effects.missing.length);
  const left = missing.length
    ? `and leaves what is missing of ${missing.length} recorded ` +
      `${missing.length === 1 ? "revision" : "revisions"} missing for ever ` +
      `(${missing.map(({ revision }) => revision).join(", ")})`
    : "and leaves nothing missing";
  if (pending.length === 0) return `alembic upgrade heads does nothing, ${left}.`;
  const scratch = await scratches.open(`first_attempt_${side}`);
  await build(plan, input, scratch);
  await insertRowsThatBreakRules(side, input, scratch);
  if (alembic && scratch.address) {
    const { ok, reason, at } = await alembic.execute(
      ["upgrade", "heads"],
      { ...scratch, address: scratch.address },
      revisions,
    );
    return ok
      ? `alembic upgrade heads works, ${left}.`
      : `alembic upgrade heads fails${at ? ` at ${at}` : ""}: ${reason}`;
  }
  const collides = input.states.find(
    ({ sides }) => sides[side] && !sides[side].recorded && sides[side].effects.there > 0,
  );
  if (collides) {
    const { present } = collides.sides[side]!.effects;
    const one = present.find(({ within }) => !within) ?? present[0];
    return (
      `alembic upgrade heads fails at ${collides.revision}: ` +
      `${describeObject({ ...one, name: one.name ?? "" })} is there already.`
    );
  }
  const upgrades = plan.steps.filter(({ kind }) => kind === "upgrade");
  for (const step of upgrades) {
    const reason = await executeStep(step, revisions, scratch, undefined);
    if (reason !== undefined) return `alembic upgrade heads fails at ${step.revision}: ${reason}`;
  }
  return `alembic upgrade heads works, ${left}.`;
}

function nameRest(drift: Drift[], { drift: before, revisions }: PlanInput): Rehearsal["remains"] {
  const unexplained = new Set(
    before.filter(({ explanation }) => explanation?.state === "unexplained").map(makeDriftKey),
  );
  const tables = new Set(
    before
      .filter(({ kind, explanation }) => kind === "table" && explanation?.state === "unexplained")
      .map(({ schema, name }) => `${schema}.${name}`),
  );
  return drift
    .filter(
      ({ kind, severity, name }) =>
        severity !== "info" && !/^(database|owner)$/.test(kind) && name !== revisions.versionTable.name,
    )
    .map((one) => ({
      about: describeObject(one),
      status: one.status,
      isChosen: unexplained.has(makeDriftKey(one)) || tables.has(`${one.schema}.${one.table}`),
    }));
}

function getMajor({ version }: Snapshot): number {
  return Math.floor(version / 10_000);
}

/**
 * On which major version each side was rehearsed, and what that leaves open where it is another than the side's own.
 */
function sayServers(sides: Record<Side, Snapshot>, scratch: Record<Side, Snapshot>): string {
  const said = (["production", "local"] as const).map((side) => {
    const [own, used] = [getMajor(sides[side]), getMajor(scratch[side])];
    return own === used
      ? { side, text: `PostgreSQL ${used}, as it runs itself` }
      : {
          side,
          text:
            `PostgreSQL ${used}, and runs ${own}, which this machine does not have: what those two do ` +
            `otherwise (locks, rewrites, messages) was not put to the test`,
        };
  });
  return said[0].text === said[1].text
    ? `Both sides were rehearsed on ` +
        `${said[0].text.replace("it runs itself", "they run themselves").replace("and runs", "and run")}.`
    : said
        .map(({ side, text }) => `${side === "production" ? "Production" : "Local"} was rehearsed on ${text}.`)
        .join(" ");
}

function addStop(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
