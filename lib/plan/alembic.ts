import { existsSync, readFileSync } from "node:fs";
import { delimiter, join, resolve, sep } from "node:path";
import {
  runConfined,
  buildReachableUrl,
  type Confined,
  type ConfinedResult,
  type Reachable,
} from "../alembic/confinement";
import { readEnvironment } from "../alembic/folder";
import { findAlembic as findProgram, sayRefused, sayUnconfined } from "../alembic/offline";
import type { Revisions } from "../alembic/history";
import { RunbookError } from "../errors";
import { findProgramOnPath, readSurroundings, type Settings } from "../settings";

/** A real Alembic that is at hand for a rehearsal. */
export interface Alembic {
  program: string;
  /** `alembic 1.13.1` */
  version: string;
  /**
   * Decides, once for a rehearsal, whose env.py is executed: the project's, where it connects to the scratch database
   * alone, else a minimal one of ours. Answers with a sentence that says which, and why; it does not work where
   * neither reaches the database.
   */
  choose(scratch: Reachable, revisions: Revisions): Promise<{ works: boolean; says: string }>;
  /** Executes one command (`["upgrade", "head"]`) against the scratch database, with the revisions of this folder. */
  execute(words: string[], scratch: Reachable, revisions: Revisions): Promise<AlembicResult>;
}

export interface AlembicResult {
  ok: boolean;
  /** The sentence of the server or of Alembic, where it failed. */
  reason: string;
  /** The revision that it was at when it failed; undefined where it had not begun with one. */
  at?: string;
}

/**
 * Finds the Alembic of RUNBOOK_ALEMBIC (a folder with `alembic.ini`, whose virtual environment is used where it has
 * one), else the one on the PATH. Undefined where there is none; a RunbookError where the setting names nothing that
 * works. Whatever is executed can reach the scratch database alone (`runConfined`).
 */
export async function findRehearsalAlembic({ alembic }: Pick<Settings, "alembic">): Promise<Alembic | undefined> {
  const around = readSurroundings();
  const { program, folder } = locateAlembic(alembic);
  if (!program) return undefined;
  const { status, output, error, isConfined } = await runConfined({ program, folder, around, words: ["--version"] });
  if (status !== 0 || !isConfined) {
    if (!alembic) return undefined;
    const why = status === 0 ? sayUnconfined(program) : `${program} does not start: ${getLastLine(error || output)}`;
    throw new RunbookError(`RUNBOOK_ALEMBIC cannot be used: ${why}.`);
  }
  let ini: Ini = writeOwnIni;
  return {
    program,
    version: getLastLine(output) || "alembic",
    async choose(scratch, revisions) {
      const current = (settings: Ini) =>
        runConfined({
          program,
          folder,
          around,
          words: ["current"],
          reachable: scratch,
          ...settings(scratch, revisions),
        });
      const refusal = await refuseProjects();
      if (refusal === undefined) {
        ini = findIni(folder!)!;
        const says = "The project's own env.py was executed, and could reach the scratch databases alone.";
        return { works: true, says };
      }
      ini = writeOwnIni;
      const { status, output, error, hasReached } = await current(ini);
      const works = status === 0 && hasReached;
      const why = works ? "" : `, and it fails as well: ${extractReason(error || output)}`;
      return { works, says: `An env.py of ours was executed, not the project's, ${refusal}${why}.` };

      /** Why the project's own env.py is not used; undefined where it may be. */
      async function refuseProjects(): Promise<string | undefined> {
        const projects = alembic === undefined ? undefined : findIni(folder!);
        if (!projects) return "for RUNBOOK_ALEMBIC names no alembic.ini";
        if (!hasSameVersions(folder!, revisions))
          return "for RUNBOOK_ALEMBIC and RUNBOOK_MIGRATIONS name different revisions";
        const { refused, status, hasReached, output, error } = await current(projects);
        if (refused.length) return `for ${sayRefused(refused)}`;
        if (status !== 0) return `which failed: ${extractReason(error || output)}`;
        return hasReached ? undefined : "which never connected to the scratch database whose address it was given";
      }
    },
    async execute(words, scratch, revisions) {
      const ended = await runConfined({
        program,
        folder,
        around,
        words,
        reachable: scratch,
        ...ini(scratch, revisions),
      });
      return readResult(ended);
    },
  };
}

function locateAlembic(folder: string | undefined): { program: string | undefined; folder: string | undefined } {
  const onPath = findProgramOnPath(["alembic"]);
  return folder
    ? { program: findProgram(resolve(folder), onPath, readSurroundings())?.program, folder: resolve(folder) }
    : { program: onPath, folder };
}

function readResult({ status, output, error, refused, hasReached }: ConfinedResult): AlembicResult {
  const all = `${output}${error}`;
  const at = [...all.matchAll(/Running (?:upgrade|stamp_revision)[^\n]*-> ([^\s,]+)/g)].at(-1)?.[1];
  const reason = refused.length
    ? `${sayRefused(refused)}.`
    : status !== 0
      ? extractReason(all)
      : hasReached
        ? ""
        : "It ended without having connected to the scratch database.";
  return { ok: reason === "", reason, ...(at ? { at } : {}) };
}

/** The server's own sentence, where it is in there, else the last line. */
function extractReason(output: string): string {
  const [, said] = /\((?:psycopg2?|pg8000|sqlalchemy\.dialects\.postgresql\.asyncpg)[^)]*\)\s*(.+)/.exec(output) ?? [];
  return (said ?? (getLastLine(output) || "it ended without a word")).trim();
}

function getLastLine(text: string): string {
  return (
    text
      .trim()
      .split("\n")
      .filter((line) => line.trim())
      .at(-1) ?? ""
  ).trim();
}

function hasSameVersions(folder: string, revisions: Revisions): boolean {
  const [one, other] = [folder, revisions.folder].map((path) =>
    readEnvironment(path).versions.map((each) => resolve(each)),
  );
  return one.sort().join("\n") === other.sort().join("\n");
}

/** Writes the settings under which Alembic runs against a scratch database. */
type Ini = (scratch: Reachable, revisions: Revisions) => Pick<Confined, "ini" | "files" | "links">;

/** The project's own settings with another address; undefined where it has no alembic.ini. */
function findIni(folder: string): Ini | undefined {
  const path = join(folder, "alembic.ini");
  if (!existsSync(path)) return undefined;
  const text = readFileSync(path, "utf8");
  return (scratch) => {
    // a project that names its driver imports that one
    const scheme = /^sqlalchemy\.url\s*[=:]\s*(postgresql(?:\+\w+)?):/m.exec(text)?.[1];
    const url = buildReachableUrl(scratch, scheme).replace(/%/g, "%%");
    const { scripts } = readEnvironment(folder);
    const own = [`sqlalchemy.url = ${url}`, `script_location = ${scripts.replace(/%/g, "%%")}`];
    const ini = text
      .replace(/^(sqlalchemy\.url|script_location)\s*[=:].*$(\n[ \t]+.*$)*/gm, "")
      .replace(/%\(here\)s/g, folder.replace(/%/g, "%%"))
      .replace(/^\[alembic\][^\n]*$/m, (title) => [title, ...own].join("\n"));
    return { ini };
  };
}

function writeOwnIni(scratch: Reachable, revisions: Revisions): ReturnType<Ini> {
  const { schema, name } = revisions.versionTable;
  const { versions, isRecursive } = readEnvironment(revisions.folder);
  const ini = [
    "[alembic]",
    "script_location = %(here)s",
    `version_locations = ${versions.map((_, at) => `%(here)s${sep}versions${at}`).join(delimiter)}`,
    "version_path_separator = os",
    "path_separator = os",
    ...(isRecursive ? ["recursive_version_locations = true"] : []),
    "",
  ].join("\n");
  const settings = { url: buildReachableUrl(scratch), table: name, schema };
  // a link, for a path of the project may hold what separates paths
  const links = Object.fromEntries(versions.map((folder, at) => [`versions${at}`, resolve(folder)]));
  return { ini, links, files: { "env.py": ENV.replace("SETTINGS", () => JSON.stringify(JSON.stringify(settings))) } };
}

const ENV = `import json
import logging
import sys

from alembic import context
from sqlalchemy import create_engine, pool

settings = json.loads(SETTINGS)
logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
for driver in ("psycopg2", "psycopg"):
    try:
        __import__(driver)
        break
    except ImportError:
        pass
else:
    sys.exit("This Python has no driver for PostgreSQL: pip install psycopg2-binary beside Alembic.")
engine = create_engine(settings["url"].replace("postgresql:", "postgresql+%s:" % driver), poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=None,
        version_table=settings["table"],
        version_table_schema=settings["schema"],
    )
    with context.begin_transaction():
        context.run_migrations()
`;
