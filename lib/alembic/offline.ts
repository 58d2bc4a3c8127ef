import { existsSync } from "node:fs";
import { join } from "node:path";
import { RunbookError } from "../errors";
import { runConfined, type Confined } from "./confinement";
import type { Effect } from "./effect";
import type { Revisions } from "./history";
import { readStatements } from "./statement";

/** How the project's own Alembic is called. */
export interface Alembic {
  program: string;
  /** The folder with `alembic.ini` or `pyproject.toml`, in which it runs. */
  folder: string;
  /** The variables of this process. */
  around: Confined["around"];
}

/**
 * The project's Alembic: the one of a virtual environment in the folder, else the one that is given.
 *
 * @throws RunbookError where the folder has no `alembic.ini`.
 */
export function findAlembic(
  folder: string,
  onPath: string | undefined,
  around: Confined["around"],
): Alembic | undefined {
  if (!["alembic.ini", "pyproject.toml"].some((name) => existsSync(join(folder, name))))
    throw new RunbookError(`There is no alembic.ini in ${folder}: set RUNBOOK_ALEMBIC to the folder that holds it.`);
  const own = [".venv", "venv", "env"].flatMap((name) => [
    join(folder, name, "bin", "alembic"),
    join(folder, name, "Scripts", "alembic.exe"),
  ]);
  const program = own.find((path) => existsSync(path)) ?? onPath;
  return program === undefined ? undefined : { program, folder, around };
}

/** One revision's part of what `alembic upgrade --sql` printed. */
interface Section {
  revision: string;
  sql: string;
}

/**
 * The same history with the effects that Alembic's own `upgrade --sql` shows, parsed by PostgreSQL's grammar. A
 * revision for which that does not work, such as one that asks the database, keeps the effects that were read from
 * its file. Alembic writes SQL instead of executing it, and the project's env.py can reach nothing (`runConfined`).
 */
export async function useOfflineEffects(revisions: Revisions, alembic: Alembic): Promise<Revisions> {
  const { sections, why } = await writeSql(alembic, revisions);
  const effects = new Map<string, Effect[]>();
  for (const { revision, sql } of sections) {
    const read = readSection(sql, revisions.versionTable.name);
    if (read) effects.set(revision, read);
  }
  const order = revisions.order.map((revision) => {
    const exact = effects.get(revision.id);
    // a revision that leaves something out when it runs offline is better read from its file
    const isUseful = exact && (exact.length > 0 || revision.effects.length === 0);
    return isUseful ? { ...revision, effects: exact, unread: [], readBy: "alembic" as const } : revision;
  });
  const count = order.filter(({ readBy }) => readBy === "alembic").length;
  const told =
    count === order.length
      ? `All ${count} revisions were read as Alembic's own upgrade --sql writes them${why ? `; ${why}` : ""}.`
      : `${count} of ${order.length} revisions were read as Alembic's own upgrade --sql writes them, the ` +
        `others from their files${why ? `: ${why}` : ""}.`;
  const stillUnread = new Set(order.filter(({ unread }) => unread.length).map(({ file }) => file));
  const notes = revisions.notes.filter(
    (note) => !note.includes(" was read in part: ") || stillUnread.has(note.split(" was read in part: ")[0]),
  );
  return {
    ...revisions,
    order,
    byId: new Map(order.map((revision) => [revision.id, revision])),
    notes: [told, ...notes],
  };
}

/** Runs Alembic offline; where a revision fails, goes on behind it. */
async function writeSql(
  { program, folder, around }: Alembic,
  { order }: Revisions,
): Promise<{ sections: Section[]; why?: string }> {
  // nothing of the project is loaded by this, so that a guard that is not in force is seen before
  const { isConfined } = await runConfined({ program, folder, around, words: ["--version"] });
  if (!isConfined) return { sections: [], why: sayUnconfined(program) };
  const sections: Section[] = [];
  let why: string | undefined;
  let from: string | undefined;
  for (let attempt = 0; attempt < 8; attempt += 1) {
    const words = ["upgrade", `${from === undefined ? "" : `${from}:`}heads`, "--sql"];
    const { status, output, error, refused } = await runConfined({ program, folder, around, words });
    if (refused.length) why ??= sayRefused(refused);
    const found = splitSections(output);
    sections.push(...(status === 0 ? found : found.slice(0, -1)));
    if (status === 0) return { sections, why };
    why ??= getLastLine(error);
    const failed = found.at(-1)?.revision;
    // behind a branch or a merge there is no one revision to go on from
    const isLinear = failed !== undefined && failed !== from && order.every(({ after }) => after.length < 2);
    if (!isLinear) return { sections, why };
    from = failed;
  }
  return { sections, why };
}

/** What a project's Python tried to reach, in a sentence's part. */
export function sayRefused(refused: string[]): string {
  return `the project's env.py or a revision would have reached ${refused.slice(0, 3).join(", ")}, which was refused`;
}

/** That a program is not run, in a sentence's part. */
export function sayUnconfined(program: string): string {
  return (
    `${program} starts a Python that ignores PYTHONPATH, so nothing would keep it from other databases, and ` +
    `it was not run`
  );
}

function splitSections(output: string): Section[] {
  const pieces = output.split(/^-- Running upgrade (?:.*? )?-> (\S+)\s*$/m);
  return Array.from({ length: (pieces.length - 1) / 2 }, (_, at) => ({
    revision: pieces[2 * at + 1],
    sql: pieces[2 * at + 2],
  }));
}

/** The effects of a section; undefined where it does not parse, or where some of it only a run would tell. */
function readSection(sql: string, versionTable: string): Effect[] | undefined {
  try {
    const { effects, unread } = readStatements(sql);
    return unread.length ? undefined : effects.filter(({ table }) => table !== versionTable);
  } catch {
    return undefined;
  }
}

function getLastLine(text: string): string {
  return text.trim().split("\n").at(-1)?.trim().slice(0, 200) ?? "";
}
