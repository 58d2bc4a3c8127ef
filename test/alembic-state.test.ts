import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RevisionState, judgeRevisions, sayEffects } from "../lib/alembic/revision-state";
import { readRevisions } from "../lib/alembic/revision";
import { openWorkshop, type Workshop } from "./schema/workshop";

let workshop: Workshop;
let work: string;
let count = 0;

beforeAll(async () => {
  workshop = await openWorkshop();
  work = mkdtempSync(join(tmpdir(), "states-"));
});
afterAll(async () => {
  await workshop?.close();
  rmSync(work, { recursive: true, force: true });
});

async function judge(bodies: string[], schema: string, recorded: number | null): Promise<RevisionState[]> {
  const folder = join(work, `history${(count += 1)}`);
  mkdirSync(folder);
  bodies.forEach((body, at) =>
    writeFileSync(
      join(folder, `r${at + 1}.py`),
      `import sqlalchemy as sa\nfrom alembic import op\nrevision = "r${at + 1}"\ndown_revision = ${at ? `"r${at}"` : "None"}\ndef upgrade():\n${body.replace(/^/gm, "    ")}\n`,
    ),
  );
  const snapshot = await workshop.schemaOf(schema);
  const ids = recorded === null ? {} : { production: recorded ? [`r${recorded}`] : [] };
  return judgeRevisions(await readRevisions(folder), { production: snapshot }, ids);
}

async function say(...args: Parameters<typeof judge>): Promise<string[]> {
  return (await judge(...args)).map(({ revision, sides }) => {
    const { recorded, state } = sides.production!;
    return `${revision} ${recorded === null ? "?" : recorded ? "recorded" : "pending"} ${state}: ${sayEffects(sides.production!)}`;
  });
}

const table = `op.create_table("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", sa.Text))`;

describe("the state of each revision", () => {
  test("a table counts once, and its parts are named where it is there", async () => {
    const bodies = [`${table}\nop.create_index("ix", "t", ["a"])`];
    expect(await say(bodies, "create table t (id int primary key, a text); create index ix on t (a)", 1)).toEqual([
      "r1 recorded whole: 2 of 2",
    ]);
    const [{ sides }] = await judge(bodies, "create table t (id int primary key)", 1);
    expect(sides.production!.effects.missing.map(({ name }) => name)).toEqual(["a", "ix"]);
    expect(await say(bodies, "", 1)).toEqual(["r1 recorded absent: 0 of 2"]);
  });

  test("what a later revision drops, renames or changes again does not count against an earlier one", async () => {
    const bodies = [
      table,
      `op.add_column("t", sa.Column("b", sa.String(10)))`,
      `op.alter_column("t", "b", type_=sa.String(20))`,
      `op.alter_column("t", "b", type_=sa.Text())\nop.rename_table("t", "u")`,
      `op.drop_column("u", "a")\nop.alter_column("u", "b", new_column_name="c")`,
    ];
    expect(await say(bodies, "create table u (id int primary key, c text)", 5)).toEqual([
      "r1 recorded whole: 1 of 1",
      "r2 recorded whole: 1 of 1",
      "r3 recorded nothing left: nothing left to see",
      "r4 recorded whole: 3 of 3",
      "r5 recorded whole: 3 of 3",
    ]);
    expect((await say(bodies, "create table t (id int primary key, a text, b varchar(10))", 2)).slice(0, 3)).toEqual([
      "r1 recorded whole: 1 of 1",
      "r2 recorded whole: 1 of 1",
      "r3 pending absent: 0 of 1",
    ]);
  });

  test("what happened unrecorded overwrites as well", async () => {
    const bodies = [table, `op.drop_column("t", "a")\nop.add_column("t", sa.Column("z", sa.Text))`];
    expect(await say(bodies, "create table t (id int primary key, z text)", 1)).toEqual([
      "r1 recorded whole: 1 of 1",
      "r2 pending whole: 2 of 2",
    ]);
  });

  test("a constraint that the revision leaves unnamed is found by its columns", async () => {
    const bodies = [`${table}\nop.create_unique_constraint(None, "t", ["a"])`];
    expect(await say(bodies, "create table t (id int primary key, a text, constraint odd unique (a))", 1)).toEqual([
      "r1 recorded whole: 2 of 2",
    ]);
  });

  test("where nothing is recorded, that is told", async () => {
    expect(await say([table], "create table t (id int primary key, a text)", null)).toEqual(["r1 ? whole: 1 of 1"]);
  });
});
