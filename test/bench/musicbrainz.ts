/** MusicBrainz' schema, of which nothing is kept here: its Python package brings it. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadModule, parseSync } from "libpg-query";
import { Client } from "pg";

/** In the order in which MusicBrainz' own script reads them. */
const files = [
  ...["Extensions", "CreateCollations", "CreateSearchConfiguration", "CreateTypes", "CreateTables"],
  ...["CreatePrimaryKeys", "CreateFunctions", "CreateIndexes", "CreateFKConstraints", "CreateConstraints"],
  ...["CreateViews", "CreateTriggers", "CreateSearchIndexes"],
];

/** The statements of the schema in one version of the package, or why they cannot be had. */
export async function fetchMusicBrainz(version: string): Promise<string[] | { missing: string }> {
  const folder = mkdtempSync(join(tmpdir(), "runbook-musicbrainz-"));
  const run = (program: string, ...words: string[]) =>
    spawnSync(program, words, { cwd: folder, encoding: "utf8", timeout: 120_000 });
  try {
    const words = ["download", "--quiet", "--no-deps", "--only-binary", ":all:", `mbdata==${version}`];
    if (run("python3", "-m", "pip", ...words).status !== 0) return { missing: `pip could not fetch mbdata ${version}` };
    const wheel = readdirSync(folder).find((name) => name.endsWith(".whl"))!;
    run("python3", "-m", "zipfile", "-e", wheel, "wheel");
    const sql = join(folder, "wheel", "mbdata", "sql");
    const texts = files.map((name) => join(sql, `${name}.sql`)).filter((file) => existsSync(file));
    if (texts.length === 0) return { missing: `mbdata ${version} holds no SQL` };
    await loadModule();
    return texts.flatMap((file) => splitStatements(readFileSync(file, "utf8")));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Single statements, without what is psql's and without transactions. */
function splitStatements(text: string): string[] {
  const sql = text.replace(/^\\.*$/gm, "");
  const bytes = Buffer.from(sql);
  const { stmts = [] } = parseSync(sql) as { stmts?: { stmt: object; stmt_location?: number; stmt_len?: number }[] };
  return stmts
    .filter(({ stmt }) => !("TransactionStmt" in stmt))
    .map(({ stmt_location: from = 0, stmt_len: length }) =>
      bytes.subarray(from, length === undefined ? undefined : from + length).toString(),
    );
}

/** Executes what can be: a server may lack an extension. Answers with how many statements failed. */
export async function createMusicBrainz(address: string, statements: readonly string[]): Promise<number> {
  const client = new Client({ connectionString: address });
  await client.connect();
  await client.query("create schema if not exists musicbrainz");
  await client.query("set check_function_bodies = off");
  let failed = 0;
  for (const statement of statements) {
    await client.query("set search_path = musicbrainz, public");
    await client.query(statement).catch(() => failed++);
  }
  await client.end();
  return failed;
}
