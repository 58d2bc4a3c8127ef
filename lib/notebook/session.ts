import { beginFooters, tellAsked } from "../show/footer";
import { buildNotebookAssets } from "../show/assets";
import { RunbookError } from "../errors";
import type { Source } from "../source/guarded";
import { describeStop } from "../stop";
import { completeInCells, isCellStopped, stopCell } from "../show/tslab";
import {
  resetLedger,
  record,
  type Alarm,
  type Check,
  type LedgerEvent,
  type Side,
  type SourceIdentity,
} from "../ledger";
import { openSources, type Sources } from "../open";
import { readLedgers, sumSpent } from "../run/ledgers";
import { interactiveResults, readSettings, type Settings } from "../settings";
import { setRedactionListener, redact } from "../privacy/redaction";
import { display, makeNoteBundle } from "../show/display";
import { expectQuestions } from "./ahead";
import { completeCell } from "./complete";
import { describeRow } from "./records";

/** What one notebook has open: its two sources, and what was asked since the last conclusion. */
interface Session {
  notebook: string;
  settings: Settings;
  sources: Sources;
  identities: Record<Side, SourceIdentity>;
  asked: {
    queries: number;
    milliseconds: number;
    failed: Map<Side | "", string>;
    leftOut: Set<string>;
    hidden: number;
    /** Whether the two sides answered one of the questions differently. */
    differs: boolean;
  };
  /** The columns that are counts, where small groups are hidden. */
  counts: Set<string>;
  concluded: Map<string, Check & { leftOut: string[] }>;
  /**
   * Why a side gave no answer to something that the notebook asked: what is concluded later without a question of its
   * own may rest on it.
   */
  lost: Map<Side | "", string>;
}

let session: Session | undefined;

/**
 * Opens both sides for a notebook; its first cell. `notebook` is the file's name without its ending: findings and the
 * query log go under it. A source that does not answer is found out when it is first asked.
 *
 * @throws RunbookError where a setting is wrong.
 * @example await open("02-volume");
 */
export async function open(notebook: string): Promise<void> {
  await session?.sources.close();
  const settings = readSettings();
  const isRun = settings.results !== interactiveResults;
  const sources = await openSources(settings, {
    onQuery(query) {
      noteEvent({ kind: "query", ...query });
      if (query.ahead) return;
      tellAsked(query);
      session!.asked.queries++;
      session!.asked.milliseconds += query.milliseconds;
    },
    onAlarm: reportAlarm,
    stopping: { isStopped: isCellStopped, stop: (told) => stopCell(describeStop(told)) },
    spent: () => (isRun ? sumSpent(readLedgers(settings.results, (name) => name !== notebook)) : undefined),
  });
  resetLedger(settings.results, notebook);
  const identity = ({ address }: Source) => ({ address, database: "", version: "" });
  session = {
    notebook,
    settings,
    sources,
    identities: { production: identity(sources.production), local: identity(sources.local) },
    asked: startAsking(),
    counts: new Set(),
    concluded: new Map(),
    lost: new Map(),
  };
  setRedactionListener(reportRedactions);
  if (isRun) expectQuestions(sources.production, notebook);
  completeInCells((code, cursor) => completeCell(code, cursor, listKnownColumns(sources)), !isRun);
  beginFooters(isRun);
  // the kernel's translation of cells, which is loaded before any TypeScript
  const { describeRowsBy } = require("../run/jupyter/frames") as { describeRowsBy(describe: typeof describeRow): void };
  describeRowsBy(describeRow);
  const told = makeNoteBundle(
    `Production is ${sources.production.address}, local is ${sources.local.address}. Both are read, never written.`,
  );
  display({ ...told, "text/html": `${told["text/html"]}${buildNotebookAssets()}` });
}

/**
 * Closes what `open` opened; a notebook's last cell.
 *
 * @example await close();
 */
export async function close(): Promise<void> {
  await session?.sources.close();
  session = undefined;
}

/**
 * @throws RunbookError where nothing is open, and in what is left of a cell that the operator has stopped: it neither
 *   asks nor concludes anything more.
 */
export function getSession(): Session {
  if (isCellStopped()) throw new RunbookError("The cell was stopped: run it again.");
  return requireOpened();
}

function requireOpened(): Session {
  if (!session) throw new RunbookError(`Nothing is open: run the notebook's first cell, await open("name").`);
  return session;
}

export function noteEvent(event: LedgerEvent): void {
  const { settings, notebook } = requireOpened();
  record(settings.results, notebook, redact(event));
}

export function reportAlarm({ withheld = [], few = [], doubtful = [], refused }: Alarm): void {
  if (withheld.length) reportRedactions(withheld);
  if (few.length) noteEvent({ kind: "alarm", few });
  if (few.length)
    display(makeNoteBundle(`Withheld here: a single value with the shape of ${few.join(", ")}. Look at its column.`));
  if (doubtful.length)
    display(
      makeNoteBundle(`Withheld here: a number that by its check digit may be of the kind ${doubtful.join(", ")}.`),
    );
  if (refused) noteEvent({ kind: "alarm", refused });
}

/**
 * Notes at once what was withheld, since the cell may be the notebook's last; and tells it below the cell, when that
 * has said all that it says at once.
 */
function reportRedactions(kinds: string[]): void {
  const fresh = kinds.filter((kind) => !withheld.has(kind));
  if (!fresh.length) return;
  if (!withheld.size) setImmediate(sayWithheld);
  for (const kind of fresh) withheld.add(kind);
  if (session) noteEvent({ kind: "alarm", withheld: fresh });
}

const withheld = new Set<string>();

function sayWithheld(): void {
  display(
    makeNoteBundle(
      `Withheld here: text with the shape of ${[...withheld].join(", ")}. The guard should have kept it: ` +
        `look at what this cell shows.`,
      "incomplete",
    ),
  );
  withheld.clear();
}

export function startAsking(): Session["asked"] {
  return { queries: 0, milliseconds: 0, failed: new Map(), leftOut: new Set(), hidden: 0, differs: false };
}

/** The tables and columns of both sides, as far as their catalogs have been read. */
function listKnownColumns({ production, local }: Sources): Map<string, Set<string>> {
  const all = new Map(production.knownColumns());
  for (const [table, columns] of local.knownColumns()) all.set(table, new Set([...(all.get(table) ?? []), ...columns]));
  return all;
}

/** Whether the setting has counts of few people hidden. */
export function isHidingSmallCounts(): boolean {
  return session?.settings.smallGroups === "hide";
}
