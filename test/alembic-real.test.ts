import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { explain } from "../lib/alembic/explain";
import { findAlembic, useOfflineEffects } from "../lib/alembic/offline";
import { readRevisions } from "../lib/alembic/revision";
import { judgeRevisions } from "../lib/alembic/revision-state";
import { type Server, startServer } from "../lib/demo/postgres";
import { readSnapshot, type Snapshot } from "../lib/schema/read/snapshot";
import { findPython, runAlembic, writeProject } from "./alembic/project";
import { inventHistory } from "./alembic/random";
import { newDatabase } from "./databases";
import { readCatalog } from "./schema/workshop";

/** Random histories, upgraded by the real Alembic: what it did is the truth that the reading of the files must come to. */
const { alembic, why } = findPython();
const seeds = Array.from({ length: Number(process.env.RUNBOOK_TEST_HISTORIES ?? 4) }, (_, at) => at + 1);
const LENGTH = 16;

describe.skipIf(!alembic)(`the real Alembic${why ? ` (skipped: ${why})` : ""}`, () => {
  let server: Server;
  let work: string;
  beforeAll(async () => {
    server = await startServer();
    work = mkdtempSync(join(tmpdir(), "real-"));
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(work, { recursive: true, force: true });
  });

  const snapshotOf = async (client: Client): Promise<Snapshot> => readSnapshot(await readCatalog(client));

  test.each(seeds)("history %i: at each of three revisions, and offline", async (seed) => {
    const folder = join(work, `history${seed}`);
    mkdirSync(folder);
    const versions = writeProject(folder, write(inventHistory(seed, LENGTH)));
    const revisions = await readRevisions(versions);
    expect([...revisions.problems, ...revisions.notes]).toEqual([]);
    const client = await newDatabase(server, `history${seed}`, "");
    try {
      for (const at of [5, 11, LENGTH]) {
        runAlembic(alembic!, folder, server.address(`history${seed}`), "upgrade", `r${at}`);
        const snapshot = await snapshotOf(client);
        const states = judgeRevisions(revisions, { production: snapshot }, { production: [`r${at}`] });
        // what is recorded is whole
        expect(
          states
            .slice(0, at)
            .flatMap(({ revision, sides }) =>
              sides.production!.effects.missing.map((effect) => ({ revision, effect })),
            ),
        ).toEqual([]);
        // every object has its revision
        const recorded = { production: [`r${at}`], local: [`r${at}`] };
        const unknown = snapshot.objects
          .filter((object) => isOfRevisions(object))
          .filter((object) => {
            const about = {
              ...object,
              status: "only in production" as const,
              production: object.attributes,
              local: null,
            };
            return explain(about, revisions, recorded).state !== "phantom";
          });
        expect(unknown.map(({ kind, table, name }) => `${kind} ${table}.${name}`)).toEqual([]);
      }
      await checkDamage(client, revisions, seed);
      const exact = await useOfflineEffects(revisions, findAlembic(folder, alembic, process.env)!);
      expect(exact.notes).toEqual([`All ${LENGTH} revisions were read as Alembic's own upgrade --sql writes them.`]);
      const told = ({ order }: typeof exact) =>
        order.map(({ id, effects }) => [
          id,
          ...effects
            .filter(({ kind }) => kind !== "comment")
            .map(
              ({ does, kind, table, name, aliases, columns }) =>
                `${does} ${kind} ${does === "drops" && kind === "index" ? "" : table} ${/key$|constraint$/.test(kind) && does === "creates" ? columns : (name ?? aliases?.[0])}`,
            )
            .sort(),
        ]);
      expect(told(exact).map(([id, ...effects]) => [id, ...new Set(effects)])).toEqual(
        told(revisions).map(([id, ...effects]) => [id, ...new Set(effects)]),
      );
    } finally {
      await client.end();
    }
  });

  /** What is dropped by hand is missing from the revision that made it, and from no other. */
  async function checkDamage(client: Client, revisions: Awaited<ReturnType<typeof readRevisions>>, seed: number) {
    const before = await snapshotOf(client);
    const indexes = before.objects.filter(({ kind }) => kind === "index");
    const lost = indexes[seed % Math.max(1, indexes.length)];
    if (!lost) return;
    await client.query(`drop index "${lost.name}"`);
    const states = judgeRevisions(revisions, { production: await snapshotOf(client) }, { production: [`r${LENGTH}`] });
    const missing = states.flatMap(({ sides }) => sides.production!.effects.missing);
    expect(missing.map(({ kind, name, aliases }) => [kind, name ?? aliases?.[0]])).toEqual([["index", lost.name]]);
  }

  function isOfRevisions({ kind, name, attributes }: Snapshot["objects"][number]): boolean {
    if (
      /^(schema|privilege|database|extension)$/.test(kind) ||
      name.startsWith("alembic_version") ||
      /^(schema|extension) /.test(name)
    )
      return false;
    return (
      !(kind === "sequence" && attributes["owned by"]) &&
      !String(attributes.table ?? "").startsWith("alembic_version") &&
      !(kind === "column" && name === "version_num")
    );
  }
});

function write(bodies: string[]): Record<string, string> {
  return Object.fromEntries(
    bodies.map((body, at) => [
      `r${at + 1}.py`,
      `"""Revision ${at + 1}"""\nimport sqlalchemy as sa\nfrom alembic import op\nfrom sqlalchemy.dialects import postgresql\nrevision = "r${at + 1}"\ndown_revision = ${at ? `"r${at}"` : "None"}\n\ndef upgrade():\n${body.replace(/^/gm, "    ")}\n`,
    ]),
  );
}
