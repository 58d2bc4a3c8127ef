/** What the command line spends before and beside its question, with servers that run already. */
import { rmSync } from "node:fs";
import { Client } from "pg";
import { startServer, type Server } from "../../lib/demo/postgres";
import { makeWorld } from "../schema/changes";
import { createMusicBrainz, fetchMusicBrainz } from "./musicbrainz";
import { copyProject, measureCached, printRow, printTitle, showSeconds } from "./project";

export async function bench(): Promise<void> {
  printTitle("the command line, processor time of the whole command");
  const project = copyProject();
  const server = await startServer();
  try {
    await makePair(server);
    const sides = (one: string, other = one) => ["--production", server.address(one), "--local", server.address(other)];
    for (const [name, words, goal] of [
      ["runbook --help", ["--help"], "0.15 s"],
      ["runbook query --help", ["query", "--help"], "0.15 s"],
      ['runbook query "select 1"', ["query", "select 1", ...sides("postgres")], "0.6 s"],
      ["runbook drift, 375 tables, 186 changes", ["drift", ...sides("one", "other")], "1.5 s"],
    ] as const)
      printRow(name, showSeconds((await measureCached(project, [...words])).processor), goal);
    await measureMusicBrainz(project, server);
  } finally {
    await server.stop();
    rmSync(project, { recursive: true, force: true });
  }
}

/** The schema of one release of MusicBrainz against the one before: 375 tables, as a project has them. */
async function measureMusicBrainz(project: string, server: Server): Promise<void> {
  const name = "runbook drift, MusicBrainz' schema 31 against 30";
  const address = (database: string) => server.address(database);
  let failed = 0;
  for (const [database, version] of [
    ["music", "31.0.1"],
    ["music_before", "30.0.1"],
  ]) {
    const statements = await fetchMusicBrainz(version);
    if ("missing" in statements) return printRow(name, `left out: ${statements.missing}`);
    await execute(server, "postgres", [`create database ${database} template template0`]);
    failed += await createMusicBrainz(address(database), statements);
  }
  const words = ["drift", "--production", address("music"), "--local", address("music_before")];
  const { processor } = await measureCached(project, words);
  printRow(name, showSeconds(processor) + (failed ? `, without ${failed} statements` : ""), "1.5 s");
}

/** Two databases of 375 tables, as many as MusicBrainz has; every second table of the other has changed. */
async function makePair(server: Server): Promise<void> {
  const count = Math.floor((375 - 3) / 2);
  const world = makeWorld(375, count);
  const kinds = world.changes.filter(({ at }) => at === 0).length;
  const changes = Array.from({ length: count }, (_, at) => {
    const own = world.changes.filter((change) => change.at === at);
    return own[(at * 5) % kinds].sql;
  });
  for (const [name, statements, template] of [
    ["one", [world.sql], "template0"],
    ["other", changes, "one"],
  ] as const) {
    await execute(server, "postgres", [`create database ${name} template ${template}`]);
    await execute(server, name, statements);
  }
}

async function execute(server: Server, database: string, statements: readonly string[]): Promise<void> {
  const client = new Client({ connectionString: server.address(database) });
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
}
