import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { loadModule } from "libpg-query";
import { RunbookError } from "../errors";
import type { Effect } from "./effect";
import { effectsOfCall } from "./operations";
import { type Module, type Value, readModule } from "./python";
import { effectsOfSql } from "./statement";
import { type Revisions, arrange } from "./history";

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
}

/** A place of a revision that runs what cannot be known without running it. */
export interface Unread {
  line: number;
  /** The rest of a sentence that begins with the line: `executes SQL that is put together at run time`. */
  why: string;
  /** The one table that it is about, where that is known. */
  table?: string;
}

/** Reads a folder of Alembic revisions. What is wrong with a file stands among the problems; the rest is read all the same. */
export async function readRevisions(folder: string): Promise<Revisions> {
  const versions = existsSync(join(folder, "versions")) ? join(folder, "versions") : folder;
  if (!existsSync(versions) || !statSync(versions).isDirectory())
    throw new RunbookError(
      `There is no folder ${folder}: set RUNBOOK_MIGRATIONS to the folder of your Alembic revisions.`,
    );
  await loadModule();
  const problems: string[] = [];
  // some projects keep a folder for each release
  const files = (readdirSync(versions, { recursive: true }) as string[]).filter((file) => file.endsWith(".py")).sort();
  const revisions = files.flatMap(
    (file) => readRevision(file, readFileSync(join(versions, file), "utf8"), problems) ?? [],
  );
  if (revisions.length === 0)
    throw new RunbookError(
      `The folder ${folder} holds no Alembic revision: set RUNBOOK_MIGRATIONS to the folder that does.`,
    );
  return arrange(folder, revisions, problems);
}

/** Reads one revision's text; nothing where the file is none. `libpg-query` must have been loaded. */
export function readRevision(file: string, text: string, problems: string[]): Revision | undefined {
  const module = readModule(text);
  if (module.brokenAt !== null)
    problems.push(`${file} does not parse at line ${module.brokenAt}: what stands there is unknown.`);
  const id = module.constants.get("revision");
  if (typeof id !== "string") {
    if (module.constants.has("down_revision")) problems.push(`${file} names no revision that can be read.`);
    return undefined;
  }
  return {
    id,
    file,
    message: module.docstring.trim().split("\n")[0].trim(),
    created: /^Create Date:\s*(.+)$/im.exec(module.docstring)?.[1].trim() ?? null,
    after: names(module.constants.get("down_revision")),
    labels: names(module.constants.get("branch_labels")),
    needs: names(module.constants.get("depends_on")),
    effects: effects(file, module, problems),
    unread: [],
  };
}

function effects(file: string, module: Module, problems: string[]): Effect[] {
  return module.calls("upgrade").flatMap((call) => {
    const { effects: found, sql } = effectsOfCall(call);
    if (sql === undefined) return found;
    try {
      return effectsOfSql(sql);
    } catch (error) {
      problems.push(
        `${file} executes SQL that does not parse (${(error as Error).message}): ${sql.trim().replace(/\s+/g, " ").slice(0, 60)}`,
      );
      return [];
    }
  });
}

function names(value: Value | undefined): string[] {
  if (typeof value === "string") return [value];
  return Array.isArray(value) ? value.filter((name): name is string => typeof name === "string") : [];
}
