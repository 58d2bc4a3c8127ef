import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadModule } from "libpg-query";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Recorded, explain } from "../lib/alembic/explain";
import { measureLag } from "../lib/alembic/history";
import { readRevision, readRevisions } from "../lib/alembic/revision";
import type { Drift } from "../lib/schema/drift";
import { RunbookError } from "../lib/errors";

beforeAll(loadModule);
const folders: string[] = [];
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true })));

describe("a revision's effects", () => {
  const effects = (body: string) => {
    const problems: string[] = [];
    const text = `import sqlalchemy as sa\nfrom alembic import op\nrevision = "a"\ndown_revision = None\nTABLE = "licenses"\n\ndef _add(name, kind=sa.Text()):\n    op.add_column(TABLE, sa.Column(name, kind))\n\ndef upgrade():\n${body.replace(/^/gm, "    ")}\n\ndef downgrade():\n    op.drop_table("never")\n`;
    const revision = readRevision("a.py", text, problems)!;
    return [
      ...revision.effects.map(({ does, kind, table, name, aliases, columns, values }) => {
        const called = name ?? aliases?.[0];
        return [
          does,
          kind,
          table === called ? called : `${table}.${called}`,
          ...(columns ?? []),
          ...(values ?? []),
        ].join(" ");
      }),
      ...revision.unread.map(({ line, why }) => `line ${line} ${why}`),
      ...problems,
    ];
  };

  test("a table is created with its columns, keys and enums", () => {
    expect(
      effects(`op.create_table("t", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("u", sa.Integer, sa.ForeignKey("users.id"), index=True),
    sa.Column("s", sa.Enum("a", "b", name="mood")), sa.UniqueConstraint("u", name="uq"))`),
    ).toEqual([
      "creates table t",
      "creates column t.id",
      "creates primary key t.t_pkey id",
      "creates column t.u",
      "creates foreign key t.t_u_fkey u",
      "creates index t.ix_t_u u",
      "creates column t.s",
      "creates enum null.mood a b",
      "creates unique constraint t.uq u",
    ]);
  });

  test("columns that each ask for the primary key make one key together", () => {
    const key = `sa.Column("a", sa.Text, primary_key=True), sa.Column("b", sa.Text, primary_key=True)`;
    expect(effects(`op.create_table("t", ${key})`)).toContain("creates primary key t.t_pkey a b");
  });

  test("columns are added, changed, renamed and dropped", () => {
    expect(
      effects(`op.add_column("t", sa.Column("a", sa.String(500), nullable=True))
op.alter_column("t", "b", type_=sa.Text(), nullable=False)
op.alter_column("t", "c", new_column_name="d")
op.drop_column("t", "e")
op.rename_table("t", "u")`),
    ).toEqual([
      "creates column t.a",
      "changes column t.b",
      "drops column t.c",
      "creates column t.d",
      "drops column t.e",
      "drops table t",
      "creates table u",
    ]);
  });

  test("a batch says its table once", () => {
    expect(
      effects(`with op.batch_alter_table("t", schema=None) as batch_op:
    batch_op.add_column(sa.Column("a", sa.Text()))
    batch_op.create_index(batch_op.f("ix_a"), ["a"], unique=True)
    batch_op.create_foreign_key("fk", "users", ["a"], ["id"])
    batch_op.drop_constraint("ck", type_="check")`),
    ).toEqual(["creates column t.a", "creates index t.ix_a a", "creates foreign key t.fk a", "drops constraint t.ck"]);
  });

  test("a table of SQLAlchemy's own is made by its own method, in a loop too", () => {
    expect(
      effects(`meta = sa.MetaData()
one = sa.Table("one", meta, sa.Column("id", sa.Integer, primary_key=True))
one.create()
two = sa.Table("two", meta, sa.Column("a", sa.Text))
for table in [two]:
    table.create()
only_read = sa.Table("three", meta, sa.Column("a", sa.Text))`),
    ).toEqual([
      "creates table one",
      "creates column one.id",
      "creates primary key one.one_pkey id",
      "creates table two",
      "creates column two.a",
    ]);
  });

  test("constants, loops, local functions and joined strings are followed", () => {
    expect(
      effects(`_add("a")
for name, kind in [("b", sa.Text()), ("c", sa.Integer())]:
    _add(name, kind=kind)
if True:
    op.create_index(op.f("ix_" + TABLE), TABLE, ["a", sa.text("lower(b)")])
op.execute(f"ALTER TABLE {TABLE} " "ADD COLUMN d text")`),
    ).toEqual([
      "creates column licenses.a",
      "creates column licenses.b",
      "creates column licenses.c",
      "creates index licenses.ix_licenses a lower(b)",
      "creates column licenses.d",
    ]);
  });

  test("executed SQL is read as far as it parses", () => {
    expect(
      effects(`op.execute("ALTER TYPE mood ADD VALUE IF NOT EXISTS 'sad'; CREATE INDEX i ON t (a); UPDATE t SET a = 1")
op.get_bind().execute(sa.text("CREATE VIEW v AS SELECT 1"))
op.execute("""DO $$ BEGIN CREATE TYPE e AS ENUM ('x'); EXCEPTION WHEN duplicate_object THEN NULL; END $$;""")
op.execute("ALTER TABLE t DROP COLUMN a, ALTER b SET NOT NULL, ADD CONSTRAINT k CHECK (b > 0)")
postgresql.ENUM("p", "q", name="pq").create(op.get_bind(), checkfirst=True)
op.execute("this is not SQL")`),
    ).toEqual([
      "changes enum null.mood sad",
      "creates index t.i a",
      "creates view null.v",
      "creates enum null.e x",
      "drops column t.a",
      "changes column t.b",
      "creates check constraint t.k",
      "creates enum null.pq p q",
      `line 16 executes SQL that PostgreSQL does not parse (syntax error at or near "this")`,
    ]);
  });
});

describe("a folder of revisions", () => {
  test("merges, branches, labels and dependencies are put in an order in which they could be applied", async () => {
    const revisions = await folder({
      e: "('c', 'd')",
      a: "None",
      c: "'b'",
      d: "'b'",
      b: "'a'",
      x: "None; depends_on = 'lab'",
      l: "'a'; branch_labels = ('lab',)",
    });
    const order = revisions.order.map(({ id }) => id);
    expect(order.indexOf("e")).toBeGreaterThan(Math.max(order.indexOf("c"), order.indexOf("d")));
    expect(order.indexOf("x")).toBeGreaterThan(order.indexOf("l"));
    expect(revisions.heads.sort()).toEqual(["e", "l", "x"]);
    expect(revisions.bases.sort()).toEqual(["a", "x"]);
    expect(revisions.problems).toEqual([]);
  });

  test("what is pending follows from the ancestry of what is recorded, never from the ids' spelling", async () => {
    const revisions = await folder({ "2026_0131": "'7702d'", "7702d": "'2026_0127'", "2026_0127": "None" });
    expect(measureLag(revisions, ["7702d"])).toMatchObject({
      applied: new Set(["7702d", "2026_0127"]),
      unknown: [],
      days: 1,
    });
    expect(measureLag(revisions, ["7702d"]).pending.map(({ id }) => id)).toEqual(["2026_0131"]);
    expect(measureLag(revisions, []).pending.map(({ id }) => id)).toEqual(["2026_0127", "7702d", "2026_0131"]);
    expect(measureLag(revisions, ["gone", "2026_0131"])).toMatchObject({ pending: [], unknown: ["gone"] });
  });

  test("an id used twice, a parent that is missing, a circle and a file that does not parse are each a sentence", async () => {
    const revisions = await folder(
      { a: "None", b: "'a'", c: "'nowhere'", p: "'q'", q: "'p'" },
      {
        "again.py": `revision = "b"\ndown_revision = "a"`,
        "broken.py": `revision = "z"\ndown_revision = "a"\ndef upgrade(:\n    op.)(`,
        "env.py": "x = 1",
      },
    );
    expect(revisions.problems).toEqual([
      "broken.py does not parse at line 3: what stands there is unknown.",
      "again.py and b.py both call themselves b: only the first is followed.",
      "c.py comes after nowhere, which is in no file.",
      "These revisions follow one another in a circle, or come after such: p, q. Their order is unknown.",
    ]);
    expect(revisions.byId.size).toBe(6);
  });

  test("a history with several permanent heads has a row for each of them, and nothing is pending", async () => {
    const revisions = await folder({ c: "'a'", b: "'a'", a: "None", other: "None; branch_labels = ('other',)" });
    expect(revisions.heads.sort()).toEqual(["b", "c", "other"]);
    expect(measureLag(revisions, ["b", "c", "other"])).toMatchObject({ pending: [], unknown: [] });
    expect(measureLag(revisions, ["b", "other"]).pending.map(({ id }) => id)).toEqual(["c"]);
  });

  test("of a squashed history nothing is known of what an older stamp had applied", async () => {
    const revisions = await folder({ next: "'squashed'", squashed: "None" });
    expect(measureLag(revisions, ["before_the_squash"])).toMatchObject({
      applied: new Set(),
      unknown: ["before_the_squash"],
    });
    expect(measureLag(revisions, ["before_the_squash", "squashed"])).toMatchObject({
      applied: new Set(["squashed"]),
      unknown: ["before_the_squash"],
    });
  });

  test("a folder for each release is read like one", async () => {
    const path = mkdtempSync(join(tmpdir(), "revisions-"));
    folders.push(path);
    for (const [release, id, down] of [
      ["2024", "a", "None"],
      ["2025", "b", "'a'"],
    ]) {
      mkdirSync(join(path, "versions", release), { recursive: true });
      writeFileSync(join(path, "versions", release, `${id}.py`), `revision = "${id}"\ndown_revision = ${down}\n`);
    }
    expect((await readRevisions(path)).order.map(({ id, file }) => [id, file])).toEqual([
      ["a", join("2024", "a.py")],
      ["b", join("2025", "b.py")],
    ]);
  });

  test("a folder that is missing or empty names the setting", async () => {
    await expect(readRevisions("/nowhere/versions")).rejects.toThrow(/RUNBOOK_MIGRATIONS/);
    await expect(folder({})).rejects.toThrow(RunbookError);
  });
});

describe("a difference is explained by the migrations", () => {
  const column = (name: string, status: Drift["status"]): Parameters<typeof explain>[0] => ({
    kind: "column",
    schema: "public",
    table: "t",
    name,
    status,
    production: null,
    local: null,
  });
  const history = () =>
    folder(
      {},
      {
        "1.py": migration(
          "1",
          "None",
          `op.add_column("t", sa.Column("old", sa.Text()))\n    op.add_column("t", sa.Column("gone", sa.Text()))`,
        ),
        "2.py": migration(
          "2",
          "'1'",
          `op.add_column("t", sa.Column("middle", sa.Text()))\n    op.drop_column("t", "gone")`,
        ),
        "3.py": migration(
          "3",
          "'2'",
          `op.add_column("t", sa.Column("new", sa.Text()))\n    op.execute("ALTER TYPE mood ADD VALUE 'sad'")`,
        ),
      },
    );
  const state = async (drift: Parameters<typeof explain>[0], recorded: Recorded) => {
    const { state: name, revision, text } = explain(drift, await history(), recorded);
    return [name, revision, text];
  };

  test("pending: the side that lacks it has not recorded the revision", async () => {
    expect(await state(column("middle", "only in local"), { production: ["1"], local: ["2"] })).toEqual([
      "pending",
      "2",
      "2 creates it, and is pending on production.",
    ]);
    expect(
      (await state(column("gone", "only in production"), { production: ["1"], local: ["2"] })).slice(0, 2),
    ).toEqual(["pending", "2"]);
  });

  test("phantom: the side records the revision, and does not have it", async () => {
    expect(await state(column("old", "only in local"), { production: ["2"], local: ["2"] })).toEqual([
      "phantom",
      "1",
      "production records 1 as applied, which creates it, and yet it is not there: no upgrade will ever create it.",
    ]);
    expect(await state(column("gone", "only in local"), { production: ["2"], local: ["2"] })).toEqual([
      "phantom",
      "2",
      "local records 2 as applied, which drops it, and yet it is there.",
    ]);
  });

  test("unrecorded: the side has it, and neither records the revision", async () => {
    const [name, revision, text] = await state(column("new", "only in local"), { production: ["1"], local: ["2"] });
    expect([name, revision]).toEqual(["unrecorded", "3"]);
    expect(text).toContain("on local it will collide");
  });

  test("unexplained: no revision speaks of it", async () => {
    expect(
      (await state(column("hotfix", "only in production"), { production: ["3"], local: ["3"] })).slice(0, 2),
    ).toEqual(["unexplained", null]);
  });

  test("an enum's value is the revision's that adds it", async () => {
    const drift = {
      ...column("mood", "changed"),
      kind: "enum",
      table: null,
      production: { values: ["calm"] },
      local: { values: ["calm", "sad"] },
    };
    expect((await state(drift, { production: ["2"], local: ["3"] })).slice(0, 2)).toEqual(["pending", "3"]);
    expect((await state(drift, { production: ["3"], local: ["3"] })).slice(0, 2)).toEqual(["phantom", "3"]);
    expect((await state(drift, { production: ["2"], local: ["2"] })).slice(0, 2)).toEqual(["unrecorded", "3"]);
  });

  test("where a record cannot be followed, it is said so", async () => {
    expect(
      (await state(column("new", "only in local"), { production: ["stamped by hand"], local: ["2"] }))[2],
    ).toContain("production records stamped by hand, which is in no file");
    expect((await state(column("new", "only in local"), { local: ["3"] }))[2]).toContain(
      "production has no alembic_version",
    );
    expect(explain(column("new", "only in local"), undefined, {}).text).toBe(
      "There is no folder of revisions to explain it.",
    );
  });
});

/** A folder with a file for each revision, by what stands behind `down_revision =`; the day of its date is its place. */
async function folder(revisions: Record<string, string>, files: Record<string, string> = {}) {
  const path = mkdtempSync(join(tmpdir(), "revisions-"));
  folders.push(path);
  Object.entries(revisions).forEach(([id, down], at) =>
    writeFileSync(
      join(path, `${id}.py`),
      `"""${id}\n\nCreate Date: 2026-01-${30 - at} 10:00:00\n"""\nrevision = "${id}"\ndown_revision = ${down}\n`,
    ),
  );
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  return readRevisions(path);
}

function migration(id: string, down: string, body: string): string {
  return `import sqlalchemy as sa\nfrom alembic import op\nrevision: str = "${id}"\ndown_revision = ${down}\n\ndef upgrade() -> None:\n    ${body}\n`;
}
