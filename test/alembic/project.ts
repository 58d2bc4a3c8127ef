import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A Python with Alembic: RUNBOOK_TEST_PYTHON, else a virtual environment of the tests' own. Undefined, with the reason, where there is none. */
export function findPython(): { python?: string; alembic?: string; why: string } {
  const given = process.env.RUNBOOK_TEST_PYTHON;
  const folder = join(tmpdir(), `runbook-alembic-${process.getuid?.() ?? 0}`);
  const python = given ?? join(folder, "bin", "python");
  if (!given && !hasAlembic(python)) {
    spawnSync("python3", ["-m", "venv", folder], { stdio: "ignore" });
    if (existsSync(python))
      spawnSync(python, ["-m", "pip", "install", "-q", "alembic==1.16.5", "sqlalchemy==2.0.43", "psycopg2-binary"], {
        stdio: "ignore",
        timeout: 50_000,
      });
  }
  if (!hasAlembic(python)) return { why: "there is no Python with Alembic, and pip could not install one" };
  return { python, alembic: join(python, "..", "alembic"), why: "" };
}

function hasAlembic(python: string): boolean {
  return existsSync(python) && spawnSync(python, ["-c", "import alembic, psycopg2"], { stdio: "ignore" }).status === 0;
}

const env = `import os
from alembic import context
from sqlalchemy import MetaData, create_engine
target_metadata = MetaData(naming_convention={"ix": "ix_%(column_0_label)s", "uq": "uq_%(table_name)s_%(column_0_N_name)s", "ck": "ck_%(table_name)s_%(constraint_name)s"})
if context.is_offline_mode():
    context.configure(dialect_name="postgresql", target_metadata=target_metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    with create_engine(os.environ["DATABASE_URL"]).connect() as connection:
        context.configure(connection=connection, target_metadata=target_metadata)
        with context.begin_transaction():
            context.run_migrations()
`;

/** A project that the real Alembic can run: `files` are its revisions. */
export function writeProject(folder: string, files: Record<string, string>): string {
  mkdirSync(join(folder, "migrations", "versions"), { recursive: true });
  writeFileSync(join(folder, "alembic.ini"), "[alembic]\nscript_location = %(here)s/migrations\n");
  writeFileSync(join(folder, "migrations", "env.py"), env);
  writeFileSync(join(folder, "migrations", "script.py.mako"), "");
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, "migrations", "versions", name), text);
  return join(folder, "migrations", "versions");
}

/** Runs the real Alembic in a project, against this database. */
export function runAlembic(alembic: string, folder: string, url: string, ...words: string[]): string {
  const DATABASE_URL = url.replace(/^postgres(ql)?:/, "postgresql+psycopg2:");
  return execFileSync(alembic, words, {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, DATABASE_URL },
    stdio: ["ignore", "pipe", "pipe"],
  });
}
