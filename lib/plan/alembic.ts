import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, resolve, sep } from "node:path";
import { findAlembic as findProgram } from "../alembic/offline";
import { readEnvironment } from "../alembic/folder";
import type { Revisions } from "../alembic/history";
import { RunbookError } from "../errors";
import { programOnPath, surroundings, type Settings } from "../settings";

/** A real Alembic that is at hand for a rehearsal. */
export interface Alembic {
  program: string;
  /** `alembic 1.13.1` */
  version: string;
  /** Executes one command (`["upgrade", "head"]`) against the database of this address, with the revisions of this folder. */
  execute(words: string[], address: string, revisions: Revisions): Promise<AlembicResult>;
}

export interface AlembicResult {
  ok: boolean;
  /** The sentence of the server or of Alembic, where it failed. */
  reason: string;
  /** The revision that it was at when it failed; undefined where it had not begun with one. */
  at?: string;
}

const SECONDS = 120;

/**
 * Finds the Alembic of RUNBOOK_ALEMBIC (a folder with `alembic.ini`, whose virtual environment is used where it has one), else the one on the PATH. Undefined where there is none; a RunbookError where the setting names nothing that works.
 *
 * The project's own `env.py` is never run: it may connect to wherever it likes. A minimal one of ours takes its place, which knows the scratch database's
 * address alone; of the surroundings it is given PATH and the like, and no address and no credential of anything else.
 */
export async function findRehearsalAlembic({ alembic }: Pick<Settings, "alembic">): Promise<Alembic | undefined> {
  const { program, folder } = locate(alembic);
  if (!program) return undefined;
  const version = await start(program, ["--version"], folder, {});
  if (!version.ok) {
    if (!alembic) return undefined;
    throw new RunbookError(
      `RUNBOOK_ALEMBIC names ${program}, which does not start: ${version.output.trim().split("\n").at(-1)}`,
    );
  }
  return {
    program,
    version: version.output.trim().split("\n").at(-1) ?? "alembic",
    execute: (words, address, revisions) => executeIn({ program, folder, words, address, revisions }),
  };
}

function locate(folder: string | undefined): { program: string | undefined; folder: string | undefined } {
  const onPath = programOnPath(["alembic"]);
  return folder
    ? { program: findProgram(resolve(folder), onPath)?.program, folder: resolve(folder) }
    : { program: onPath, folder };
}

async function executeIn({
  program,
  folder,
  words,
  address,
  revisions,
}: {
  program: string;
  folder: string | undefined;
  words: string[];
  address: string;
  revisions: Revisions;
}): Promise<AlembicResult> {
  const scratch = mkdtempSync(join(tmpdir(), "runbook-alembic-"));
  try {
    const { schema, name } = revisions.versionTable;
    const { versions, isRecursive } = readEnvironment(revisions.folder);
    const links = versions.map((folder, at) => {
      symlinkSync(resolve(folder), join(scratch, `versions${at}`), "junction");
      return `%(here)s${sep}versions${at}`;
    });
    writeFileSync(join(scratch, "env.py"), ENV);
    const ini = [
      "[alembic]",
      "script_location = %(here)s",
      `version_locations = ${links.join(delimiter)}`,
      "version_path_separator = os",
      "path_separator = os",
      ...(isRecursive ? ["recursive_version_locations = true"] : []),
      "",
    ].join("\n");
    writeFileSync(join(scratch, "alembic.ini"), ini);
    const { ok, output } = await start(program, ["-c", join(scratch, "alembic.ini"), ...words], folder, {
      RUNBOOK_SCRATCH: address,
      RUNBOOK_VERSION_TABLE: name,
      ...(schema === null ? {} : { RUNBOOK_VERSION_SCHEMA: schema }),
      PYTHONDONTWRITEBYTECODE: "1",
    });
    const at = [...output.matchAll(/Running (?:upgrade|stamp_revision)[^\n]*-> ([^\s,]+)/g)].at(-1)?.[1];
    return { ok, reason: ok ? "" : reasonIn(output), ...(at ? { at } : {}) };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** The server's own sentence, where it is in there, else the last line. */
function reasonIn(output: string): string {
  const [, said] = /\((?:psycopg2?|pg8000)[^)]*\)\s*(.+)/.exec(output) ?? [];
  const last =
    output
      .trim()
      .split("\n")
      .filter((line) => line.trim())
      .at(-1) ?? "it ended without a word";
  return (said ?? last).trim();
}

function start(
  program: string,
  words: string[],
  folder: string | undefined,
  own: Record<string, string>,
): Promise<{ ok: boolean; output: string }> {
  const around = surroundings();
  const kept = ["PATH", "Path", "HOME", "LANG", "SYSTEMROOT", "TEMP", "TMPDIR", "PYENV_VERSION", "PYENV_ROOT"];
  const environment = {
    ...Object.fromEntries(kept.flatMap((name) => (around[name] ? [[name, around[name]]] : []))),
    PATH: [dirname(program), around.PATH ?? ""].join(delimiter),
    ...(folder ? { PYTHONPATH: folder } : {}),
    ...own,
  };
  return new Promise((done) => {
    const options = { env: environment, timeout: SECONDS * 1000, maxBuffer: 1e7, cwd: folder ?? tmpdir() };
    execFile(program, words, options, (error, stdout, stderr) => done({ ok: !error, output: `${stdout}${stderr}` }));
  });
}

const ENV = `import logging
import os
import sys

from alembic import context
from sqlalchemy import create_engine, pool

logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
url = os.environ["RUNBOOK_SCRATCH"].split("://", 1)[1]
for driver in ("psycopg2", "psycopg", "pg8000"):
    try:
        __import__(driver)
        break
    except ImportError:
        pass
else:
    sys.exit("This Python has no driver for PostgreSQL: pip install psycopg2-binary beside Alembic.")
engine = create_engine("postgresql+%s://%s" % (driver, url), poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=None,
        version_table=os.environ["RUNBOOK_VERSION_TABLE"],
        version_table_schema=os.environ.get("RUNBOOK_VERSION_SCHEMA"),
    )
    with context.begin_transaction():
        context.run_migrations()
`;
