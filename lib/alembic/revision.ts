import { existsSync, readFileSync, statSync } from "node:fs";
import { loadModule } from "libpg-query";
import { RunbookError } from "../errors";
import type { Effect } from "./effect";
import { listRevisionFiles, openProject, readEnvironment } from "./folder";
import { nameByConvention } from "./naming";
import { readModule, type Surroundings } from "./python";
import type { Value } from "./python-value";
import { readUpgrade } from "./upgrade";
import { type Revisions, sortRevisions } from "./history";

/** One migration, as its file says it. */
export interface Revision {
  id: string;
  file: string;
  message: string;
  /** As the file's docstring has it; null where it has none. */
  created: string | null;
  after: string[];
  labels: string[];
  needs: string[];
  effects: Effect[];
  /** What of it was not read, and may change the schema; empty where all was. */
  unread: Unread[];
  /** Set where its effects are what Alembic itself would execute. */
  readBy?: "alembic";
}

/** A place of a revision that runs what cannot be known without running it. */
export interface Unread {
  line: number;
  /** The rest of a sentence that begins with the line: `executes SQL that is put together at run time`. */
  why: string;
  /** The one table that it is about, where that is known. */
  table?: string;
}

/**
 * Reads a folder of Alembic revisions: a folder of versions, the one above it, or a project's that holds
 * `alembic.ini`. What is wrong with a file stands among the problems; the rest is read all the same.
 *
 * @throws RunbookError where there is no such folder, or no revision in it.
 */
export async function readRevisions(folder: string): Promise<Revisions> {
  if (!existsSync(folder) || !statSync(folder).isDirectory())
    throw new RunbookError(
      `There is no folder ${folder}: set RUNBOOK_MIGRATIONS to the folder of your Alembic revisions.`,
    );
  await loadModule();
  const problems: string[] = [];
  const environment = readEnvironment(folder);
  const listed = listRevisionFiles(environment);
  // where nobody has said how the folder is read, its subfolders are better than nothing
  const isBare = listed.files.length === 0 && environment.root === undefined;
  const { files, notes } = isBare ? listRevisionFiles({ ...environment, isRecursive: true }) : listed;
  const project = openProject(environment);
  const revisions = files.flatMap(({ shown, path }) => {
    const text = readFileSync(path, "utf8");
    const revision = readRevision(shown, text, problems, { ...project, path });
    return revision
      ? [{ ...revision, effects: revision.effects.map((effect) => nameByConvention(effect, environment.naming)) }]
      : [];
  });
  if (revisions.length === 0)
    throw new RunbookError(
      `The folder ${folder} holds no Alembic revision: set RUNBOOK_MIGRATIONS to the folder that does.`,
    );
  for (const { file, unread } of revisions)
    if (unread.length) {
      const others = new Set(unread.map(({ line }) => line)).size - 1;
      const more = others > 0 ? ` (and ${others} ${others === 1 ? "line" : "lines"} more)` : "";
      notes.push(`${file} was read in part: line ${unread[0].line} ${unread[0].why}${more}.`);
    }
  const { versionTable } = environment;
  return { ...sortRevisions(folder, revisions, problems), notes, versionTable };
}

/** Reads one revision's text; nothing where the file is none. `libpg-query` must have been loaded. */
export function readRevision(
  file: string,
  text: string,
  problems: string[],
  surroundings: Surroundings = {},
): Revision | undefined {
  const module = readModule(text.replace(/^\uFEFF/, ""), surroundings);
  if (module.brokenAt !== null)
    problems.push(`${file} does not parse at line ${module.brokenAt}: what stands there is unknown.`);
  const id = module.constants.get("revision");
  if (typeof id !== "string") {
    if (module.constants.has("down_revision")) problems.push(`${file} names no revision that can be read.`);
    return undefined;
  }
  const { effects, unread } = readUpgrade(module.calls("upgrade"));
  return {
    id,
    file,
    message: module.docstring.trim().split("\n")[0].trim(),
    created: /^Create Date:\s*(.+)$/im.exec(module.docstring)?.[1].trim() ?? null,
    after: readNames(module.constants.get("down_revision")),
    labels: readNames(module.constants.get("branch_labels")),
    needs: readNames(module.constants.get("depends_on")),
    effects,
    unread: module.brokenAt === null ? unread : [{ line: module.brokenAt, why: "is no Python" }, ...unread],
  };
}

function readNames(value: Value | undefined): string[] {
  if (typeof value === "string") return [value];
  return Array.isArray(value) ? value.filter((name): name is string => typeof name === "string") : [];
}
