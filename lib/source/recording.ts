import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { QueryError, RunbookError, type Fault } from "../errors";
import { replaceFile } from "../file";
import type { Side } from "../ledger";
import { redactCells } from "../privacy/redaction";
import type { Connection } from "./connection";
import type { Answer } from "../answer";

/**
 * Where answers are kept, in the folder `answers` of a results folder: what the guard let through and a source
 * answered, one file each, called by the source and the SHA-256 of what was asked. A question that is there is not
 * asked again; a results folder can be run through again with no database.
 */
export interface Answers {
  /** The answer that is here already; undefined where there is none, or where it is not to be used. */
  find(side: Side, name: string, statement: string): Answer | undefined;
  keep(side: Side, name: string, statement: string, answer: Answer): void;
  keepFailure(side: Side, name: string, statement: string, error: QueryError): void;
  keepFact(side: Side, what: string, said: unknown): void;
  /** Whether several questions in one call have failed in this run, so that each goes alone from then on. */
  apart(side: Side): boolean;
  keepApart(side: Side): void;
}

/** What a folder's recording is of. */
export interface Recording {
  format: 1;
  recorded: string;
  production: string;
  local: string;
  /** The values that notebooks were given for their parameters, by notebook and name. */
  parameters?: Record<string, Record<string, unknown>>;
}

interface Kept extends Pick<Answer, "columns" | "cells" | "total" | "bytes" | "doubt" | "requestId"> {
  answered: string;
  /** Whose answer it is: see `identityOf`. Absent in folders that were written before this was kept. */
  from?: string;
  /**
   * What the sieve took out of it: good enough to be replayed, not to be compared with a fresh answer of the other
   * side.
   */
  withheld?: string[];
}

interface Failed {
  from?: string;
  failed: { reason: string; condition?: string; fault: Fault };
}

/**
 * Keeps the answers of one run, and gives back those that are there: what an earlier notebook has asked, and with
 * `--resume` an earlier run. `from` says who answers on each side: an answer that another database gave is asked for
 * anew.
 */
export function keepAnswers(folder: string, from: Partial<Record<Side, string>> = {}): Answers {
  const file = makeFileNamer(folder);
  return {
    find(side, name, statement) {
      // each notebook hashes people with a key of its own, so that hashes of two notebooks say nothing of each other
      if (isKeyed(statement)) return undefined;
      const kept = readKept(file(side, name));
      return kept && "cells" in kept && kept.from === from[side] && !kept.withheld ? makeAnswer(kept) : undefined;
    },
    keep(side, name, _, { milliseconds, cached, ...answer }) {
      const { cells, kinds, few, doubtful } = redactCells(answer.columns, answer.cells);
      const withheld = [...kinds, ...few, ...doubtful];
      writeJson(file(side, name), {
        answered: new Date().toISOString(),
        from: from[side],
        ...answer,
        cells,
        ...(withheld.length && { withheld }),
      });
    },
    keepFailure(side, name, _, { message, condition, fault }) {
      const kept = readKept(file(side, name));
      if (!kept || kept.from !== from[side])
        writeJson(file(side, name), {
          from: from[side],
          failed: { reason: message.replace(`${side}: `, ""), condition, fault },
        });
    },
    keepFact: (side, what, said) => writeJson(file(side, what), { said }),
    apart: (side) => existsSync(file(side, "apart")),
    keepApart: (side) => writeJson(file(side, "apart"), { said: true }),
  };
}

/** Gives back every answer of a recording, and none that is not there. */
export function replayAnswers(folders: Record<Side, string | undefined>): Answers {
  const nothing = () => undefined;
  return {
    find(side, name) {
      if (folders[side] === undefined) return undefined;
      const kept = readKept(makeFileNamer(folders[side]!)(side, name));
      if (kept && "failed" in kept)
        throw new QueryError(side, kept.failed.reason, kept.failed.condition, { fault: kept.failed.fault });
      return kept && makeAnswer(kept);
    },
    keep: nothing,
    keepFailure: nothing,
    keepFact: nothing,
    apart: () => true,
    keepApart: nothing,
  };
}

/** What was worked out from answers of which nothing is kept, and when; undefined where it is not there. */
export function readWork<T>(folder: string, what: string, from?: string): { work: T; done: string } | undefined {
  const path = getWorkFile(folder, what);
  if (!existsSync(path)) return undefined;
  const kept = JSON.parse(readFileSync(path, "utf8")) as { work: T; done: string; from?: string };
  return from === undefined || kept.from === from ? kept : undefined;
}

/** Keeps what was worked out, so that a run that goes on or is replayed need not ask again. */
export function keepWork(folder: string, what: string, work: unknown, from?: string): void {
  writeJson(getWorkFile(folder, what), { done: new Date().toISOString(), from, work });
}

function getWorkFile(folder: string, what: string): string {
  return join(folder, "answers", `work-${createHash("sha256").update(what).digest("hex").slice(0, 32)}.json`);
}

/** Begins a recording, or goes on with one. */
export function beginRecording(
  folder: string,
  addresses: Pick<Recording, "production" | "local">,
  parameters?: Recording["parameters"],
): Recording {
  const path = join(folder, "answers", "recording.json");
  const begun = existsSync(path) ? readRecording(folder) : undefined;
  const recording: Recording = {
    ...(begun ?? { format: 1, recorded: new Date().toISOString(), ...addresses }),
    parameters,
  };
  if (!begun || JSON.stringify(begun.parameters) !== JSON.stringify(parameters)) writeJson(path, recording);
  return recording;
}

/** What a results folder's recording is of. Throws a RunbookError where it holds none. */
export function readRecording(folder: string): Recording {
  try {
    return JSON.parse(readFileSync(join(folder, "answers", "recording.json"), "utf8")) as Recording;
  } catch (cause) {
    throw new RunbookError(`${folder} holds no recorded answers: name a results folder that runbook run has written.`, {
      cause,
    });
  }
}

/** In place of a connection: whatever is not recorded cannot be asked. */
export function connectRecording(side: Side, folder: string): Connection {
  const { recorded } = readRecording(folder);
  const fact = <T>(what: string): T => {
    const kept = readKept(makeFileNamer(folder)(side, what)) as unknown as { said: T } | undefined;
    if (kept) return kept.said;
    throw missing();
  };
  const missing = () =>
    new QueryError(
      side,
      `this was not asked when the answers were recorded (${recorded}): ask a database for it.`,
      undefined,
      { fault: "not recorded" },
    );
  return {
    binds: false,
    room: { bytes: 0 },
    send: async () => {
      throw missing();
    },
    probe: async () => [["answers", `as recorded ${recorded}`]],
    proveReadOnly: async () => fact<string>("read-only"),
    route: async () => [["recorded", recorded], ...fact<[string, string][]>("route")],
    cancel: () => undefined,
    close: async () => undefined,
  };
}

function makeFileNamer(folder: string) {
  return (side: Side, name: string) => join(folder, "answers", `${side}-${name.slice(0, 32)}.json`);
}

function readKept(path: string): Kept | Failed | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Kept | Failed;
  } catch {
    return undefined;
  }
}

function makeAnswer({ answered, withheld, from, ...answer }: Kept): Answer {
  return { ...answer, milliseconds: 0, cached: answered };
}

function writeJson(path: string, content: object): void {
  replaceFile(path, JSON.stringify(content));
}

/** Whether each notebook asks this with a key of its own. */
export function isKeyed(statement: string): boolean {
  return /\bkeyed_hash\b/i.test(statement);
}
