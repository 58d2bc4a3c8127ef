import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Demo } from "./demo";
import { exceptions } from "./demo/world/counts";
import { openSource, type Source, type SourceOptions } from "./source/guarded";
import { loadColumns } from "./guard/judge";
import { RunbookError } from "./errors";
import { sides, toTheSecond, type Side } from "./ledger";
import { processStopping, type Stopping } from "./stop";
import { makeUnknownRevisions, type Revisions } from "./alembic/history";
import type { Scratches } from "./schema/prove/scratch";
import { interactiveResults, findProgramOnPath, readSurroundings, type Settings } from "./settings";
import { displayAddress, makeIdentity, parseAddress, type Address } from "./source/address";
import { makeBudget, type Cost } from "./source/budget";
import { makeClaims } from "./source/claims";
import { joinCoordination } from "./source/coordination";
import type { Endpoint } from "./source/connection";
import { keepAnswers, keepWork, readRecording, readWork, replayAnswers, type Answers } from "./source/recording";

/** The sides, ready to be asked, and what was started for them. To speak to one that was not opened throws. */
export interface Sources {
  production: Source;
  local: Source;
  /**
   * Works something out of both sides' answers of which nothing is kept: once in a run, also where the run goes on
   * later; of two recorded sides as it was recorded. `before` says when, where it was not done now (ISO 8601). What
   * is not `whole` is done anew when a run goes on.
   */
  once<T>(what: string, work: () => Promise<T>, whole: (work: T) => boolean): Promise<{ work: T; before?: string }>;
  close(): Promise<void>;
}

/** What the opener wants to know, and to have counted. */
export interface Listening extends Pick<SourceOptions, "onQuery" | "onAlarm"> {
  /** What has been spent on production before, where no run coordinates its kernels. */
  spent?: () => Cost | undefined;
  /** Where an interrupt is noted, and asked after: that of this process, where none is named. */
  stopping?: Stopping;
  /** The sides to open: both, where none is named. The other needs no address, and no demo is started for it. */
  asked?: readonly Side[];
}

/**
 * Opens both sides. A demo address starts the demo's servers, and hands over to the same sources as every other
 * address. An interrupt (Ctrl-C, or Jupyter's) cancels what is being asked, and nothing more is asked for what was
 * stopped.
 */
export async function openSources(
  settings: Settings,
  { spent, asked = sides, stopping = processStopping, ...listeners }: Listening = {},
): Promise<Sources> {
  const addresses = readAddresses(settings);
  const columns = loadColumns(settings.columns);
  const demo = await startDemoFor(settings, asked);
  const coordination = settings.coordinated ? joinCoordination() : undefined;
  const claims = coordination?.claims ?? makeClaims();
  const answers = openAnswers(settings, addresses);
  // the key is in no file and no environment: hashes of one opening say nothing in another
  const shared = {
    columns,
    answers,
    claims,
    key: randomBytes(24).toString("hex"),
    safeRole: settings.safeRole,
    hideSmall: settings.smallGroups === "hide",
    account: settings.account,
    isStopped: () => stopping.isStopped(),
    ...listeners,
  };
  const open = async (side: Side) => {
    const { address, endpoint, shownAs } = resolve(side, addresses[side], demo);
    return openSource(side, address, {
      ...shared,
      endpoint,
      shownAs,
      budget: side === "production" ? (coordination?.budget ?? makeBudget(settings.allowance, spent?.())) : undefined,
    });
  };
  try {
    const opened = new Map<Side, Source>();
    for (const side of asked) opened.set(side, await open(side));
    const all = [...opened.values()];
    const cancel = () => stopping.stop(all.flatMap((source) => source.cancel() ?? []));
    process.on("SIGINT", cancel);
    const take = (side: Side): Source => {
      const source = opened.get(side);
      if (source) return source;
      throw new RunbookError(`${side} was not opened: this command asks ${asked.join(" and ")} alone.`);
    };
    return {
      get production() {
        return take("production");
      },
      get local() {
        return take("local");
      },
      async once<T>(what: string, work: () => Promise<T>, whole: (work: T) => boolean) {
        const recorded =
          addresses.production.kind === "recorded" && addresses.local.kind === "recorded"
            ? addresses.production.folder
            : undefined;
        const folder = recorded ?? findKept(settings);
        const from = recorded ? undefined : JSON.stringify(makeIdentities(addresses));
        const release = await claims.claim(`work ${what}`);
        try {
          const kept = folder === undefined ? undefined : readWork<T>(folder, what, from);
          if (kept && (recorded || whole(kept.work))) return { work: kept.work, before: kept.done };
          const done = await work();
          if (folder !== undefined && !recorded) keepWork(folder, what, done, from);
          return { work: done };
        } finally {
          release();
        }
      },
      async close() {
        await Promise.all(all.map((source) => source.close()));
        // A cell's code up to its first wait runs with the process's listeners put aside: one that is taken away there
        // comes back.
        process.off("SIGINT", cancel);
        coordination?.leave();
        await demo?.stop();
      },
    };
  } catch (error) {
    coordination?.leave();
    await demo?.stop();
    throw error;
  }
}

/**
 * The demo, where a side that is asked is the demo's: the one that runs already, or one that is started now and that
 * the caller stops.
 */
export async function startDemoFor(settings: Settings, asked: readonly Side[] = sides): Promise<Demo | undefined> {
  const addresses = readAddresses(settings);
  return asked.some((side) => addresses[side].kind === "demo")
    ? (await import("./demo")).startDemo(settings.demo)
    : undefined;
}

/** Both addresses, read. Throws a RunbookError that names the setting where one is not an address. */
export function readAddresses({ production, local }: Pick<Settings, "production" | "local">): Record<Side, Address> {
  return { production: parseAddress(production, "RUNBOOK_PRODUCTION"), local: parseAddress(local, "RUNBOOK_LOCAL") };
}

/**
 * Whether the demo's PostgreSQL runs on this machine: its version. Starts no server.
 *
 * @throws RunbookError that says what is in its way.
 */
export async function tryServer(): Promise<string> {
  return (await import("./demo/postgres")).tryServer();
}

/**
 * Empty databases of our own, in which statements can be tried, on this major version where the machine has it; a
 * RunbookError where this machine has no embedded PostgreSQL.
 */
export async function openScratches(major?: number): Promise<Scratches> {
  return (await import("./demo/scratch")).startScratches(major);
}

/**
 * The Alembic revisions of the settings' folder; the demo's, where none is set. With RUNBOOK_ALEMBIC, as the
 * project's own Alembic writes them.
 *
 * @throws RunbookError where there is no such folder, or where RUNBOOK_ALEMBIC names one without `alembic.ini`.
 */
export async function openRevisions(settings: Settings): Promise<Revisions> {
  const { migrations, alembic: folder } = settings;
  const named = migrations ?? folder ?? (isDemo(settings) ? join(__dirname, "demo", "world", "versions") : undefined);
  if (named === undefined) return makeUnknownRevisions();
  const { readRevisions } = await import("./alembic/revision");
  const revisions = await readRevisions(named);
  if (folder === undefined) return revisions;
  const { findAlembic, useOfflineEffects } = await import("./alembic/offline");
  const alembic = findAlembic(folder, findProgramOnPath(["alembic"]), readSurroundings());
  if (alembic) return useOfflineEffects(revisions, alembic);
  const note =
    "No alembic was found on the path or in a virtual environment of RUNBOOK_ALEMBIC: the revisions were " +
    "read from their files.";
  return { ...revisions, notes: [note, ...revisions.notes] };
}

/** What the demo's rows are, and where they are more than were counted; undefined where a side is not the demo's. */
export function describeDemo(settings: Settings): string | undefined {
  if (!isDemo(settings)) return undefined;
  const more = Object.entries(exceptions).map(
    ([table, { production, local }]) => `${table} ${production.toLocaleString("en")} and ${local.toLocaleString("en")}`,
  );
  return (
    `made-up rows, as many in each table as were counted on 2 February 2026, but for these (production and ` +
    `local), which were nearly empty then: ${more.join(", ")}`
  );
}

/** Whether both sides are the demo's, or were when they were recorded: only then are the demo's migrations theirs. */
function isDemo(settings: Settings): boolean {
  const addresses = readAddresses(settings);
  return (["production", "local"] as const).every((side) => {
    const address = addresses[side];
    return address.kind === "recorded"
      ? readRecording(address.folder)[side].startsWith("demo:")
      : address.kind === "demo";
  });
}

/**
 * A run keeps its answers in its results folder; whoever steps through a notebook asks anew. A recorded side answers
 * from its folder alone.
 */
function openAnswers(settings: Settings, addresses: Record<Side, Address>): Answers | undefined {
  const folder = (side: Side) => {
    const address = addresses[side];
    return address.kind === "recorded" ? address.folder : undefined;
  };
  const replayed = replayAnswers({ production: folder("production"), local: folder("local") });
  const kept = findKept(settings);
  const keeping = kept === undefined ? undefined : keepAnswers(kept, makeIdentities(addresses));
  const of = (side: Side) => (folder(side) === undefined ? keeping : replayed);
  return {
    find: (side, ...asked) => of(side)?.find(side, ...asked),
    keep: (side, ...asked) => of(side)?.keep(side, ...asked),
    keepFailure: (side, ...asked) => of(side)?.keepFailure(side, ...asked),
    keepFact: (side, ...asked) => of(side)?.keepFact(side, ...asked),
    apart: (side) => of(side)?.apart(side) ?? true,
    keepApart: (side) => of(side)?.keepApart(side),
  };
}

function makeIdentities({ production, local }: Record<Side, Address>): Record<Side, string> {
  const variables = readSurroundings();
  return { production: makeIdentity(production, variables), local: makeIdentity(local, variables) };
}

/**
 * Where answers are kept: nowhere for a folder that goes outside, which must not hold the counts that its document
 * hides.
 */
function findKept({ results, smallGroups }: Settings): string | undefined {
  return results === interactiveResults || smallGroups === "hide" ? undefined : results;
}

function resolve(
  side: Side,
  address: Address,
  demo?: Demo,
): { address: Exclude<Address, { kind: "demo" }>; endpoint?: Endpoint; shownAs?: string } {
  if (address.kind === "recorded") return { address, shownAs: getRecordedName(address.folder, side) };
  if (address.kind !== "demo") return { address };
  const { local, function: name, endpoint, region, accessKeyId, secretAccessKey } = demo!;
  const shownAs = `demo:${address.side}`;
  if (address.side === "local") return { address: { kind: "postgres", url: local }, shownAs };
  return {
    address: { kind: "lambda", function: name },
    endpoint: { endpoint, region, credentials: { accessKeyId, secretAccessKey } },
    shownAs,
  };
}

/** A side as a document calls it that was made from recorded answers. */
function getRecordedName(folder: string, side: Side): string {
  const recording = readRecording(folder);
  return `${recording[side]}, as recorded ${toTheSecond(recording.recorded)}`;
}

/** An address as documents and recordings call it. */
export function showAddress(text: string, side: Side): string {
  const address = parseAddress(text, `RUNBOOK_${side.toUpperCase()}`);
  return address.kind === "recorded" ? getRecordedName(address.folder, side) : displayAddress(address);
}
