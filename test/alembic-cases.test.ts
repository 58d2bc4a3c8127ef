import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { type Subject, explain } from "../lib/alembic/explain";
import { readRevisions } from "../lib/alembic/revision";

/** Folders of revisions that went wrong once, each small enough to be read whole. */
const folders: string[] = [];
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true })));

function project(files: Record<string, string>): string {
  const path = mkdtempSync(join(tmpdir(), "cases-"));
  folders.push(path);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  return path;
}

const head = `import sqlalchemy as sa\nfrom alembic import op\n`;

function revision(id: string, down: string | null, body: string, above = ""): string {
  const after = down === null ? "None" : JSON.stringify(down);
  return `${head}${above}\nrevision = "${id}"\ndown_revision = ${after}\n\ndef upgrade():\n${body.replace(/^/gm, "    ")}\n`;
}

/** A history of these bodies: r1, r2, … */
function history(...bodies: string[]) {
  const files = bodies.map((body, at): [string, string] => [
    `r${at + 1}.py`,
    revision(`r${at + 1}`, at ? `r${at}` : null, body),
  ]);
  return readRevisions(project(Object.fromEntries(files)));
}

const drift = (kind: string, name: string, more: Partial<Subject> = {}): Subject => ({
  kind,
  schema: "public",
  table: kind === "table" ? name : "t",
  name,
  status: "only in local",
  production: null,
  local: null,
  ...more,
});

const told = (...args: Parameters<typeof explain>) => {
  const { state, revision: by } = explain(...args);
  return `${state} ${by}`;
};

describe("what is made anew under one name", () => {
  const first = `op.create_foreign_key("fk", "t", "u", ["a"], ["id"])`;
  const again = `op.drop_constraint("fk", "t")\nop.create_foreign_key("fk", "t", "u", ["a"], ["id"], ondelete="CASCADE")`;
  const changed = drift("foreign key", "fk", { status: "changed" });

  test("was not changed by hand", async () => {
    const revisions = await history(first, again);
    expect(told(changed, revisions, { production: ["r2"], local: ["r2"] })).toBe("phantom r2");
    expect(told(changed, revisions, { production: ["r1"], local: ["r2"] })).toBe("pending r2");
  });

  test("by the newest creator that is applied, not the newest in the folder", async () => {
    const revisions = await history(
      `op.create_index("ix", "t", ["a"])`,
      `op.drop_index("ix", "t")`,
      `op.create_index("ix", "t", ["a"])`,
    );
    const missing = drift("index", "ix", { status: "only in production" });
    expect(told(missing, revisions, { production: ["r1"], local: ["r1"] })).toBe("phantom r1");
  });

  test("by a pending revision is pending, whatever an earlier one says", async () => {
    const revisions = await history(
      `op.create_index("ix", "t", ["a"])`,
      `name = compute()\nop.drop_index(name, "t")`,
      `op.create_index("ix", "t", ["a"])`,
    );
    expect(told(drift("index", "ix"), revisions, { production: ["r2"], local: ["r3"] })).toBe("pending r3");
  });

  test("a function that is replaced was not changed by hand", async () => {
    const sql = (body: string) => `op.execute("create or replace function f() returns int language sql as '${body}'")`;
    const changedFunction = drift("function", "f()", { status: "changed", table: null });
    const recorded = { production: ["r1"], local: ["r1"] };
    expect(told(changedFunction, await history(sql("select 1")), recorded)).toBe("phantom r1");
    expect(told(changedFunction, await history(sql("select 1"), sql("select 2")), { ...recorded, local: ["r2"] })).toBe(
      "pending r2",
    );
  });
});

describe("changes", () => {
  test("a comment is a revision's, on a table and on a column", async () => {
    const revisions = await history(
      `op.create_table("t", sa.Column("a", sa.Text, comment="first"), comment="table")`,
      `op.alter_column("t", "a", comment="c", existing_type=sa.Text(), existing_comment="first")`,
    );
    const comment = (name: string, more: Partial<Subject>) => drift("comment", name, more);
    const recorded = { production: ["r1"], local: ["r2"] };
    expect(
      told(
        comment("a", { status: "changed", production: { text: "first" }, local: { text: "c" } }),
        revisions,
        recorded,
      ),
    ).toBe("pending r2");
    expect(told(comment("t", {}), revisions, recorded)).toBe("phantom r1");
  });

  test("a default's change explains no other type", async () => {
    const revisions = await history(
      `op.create_table("t", sa.Column("a", sa.Text))`,
      `op.alter_column("t", "a", server_default="x", existing_type=sa.Text(), existing_nullable=True)`,
    );
    const column = (differs: string[]) =>
      drift("column", "a", {
        status: "changed",
        differs,
        production: { type: "text", default: null, nullable: true },
        local: { type: "text", default: "'x'", nullable: true },
      });
    const recorded = { production: ["r2"], local: ["r2"] };
    expect(told(column(["default"]), revisions, recorded)).toBe("phantom r2");
    expect(told(column(["type"]), revisions, recorded)).toBe("unexplained null");
  });

  test("what was done under a table's old name is the new one's", async () => {
    const revisions = await history(
      `op.create_table("old", sa.Column("a", sa.Text), sa.Column("b", sa.Text))`,
      `op.rename_table("old", "t")`,
    );
    expect(told(drift("column", "b"), revisions, { production: ["r2"], local: ["r2"] })).toBe("phantom r1");
  });
});

describe("names", () => {
  test("that the project's MetaData gives are read from env.py and from what it imports", async () => {
    const path = project({
      "alembic.ini": "[alembic]\nscript_location = %(here)s/migrations\n",
      "models.py": `from sqlalchemy import MetaData\nmetadata = MetaData(naming_convention={"pk": "pk_%(table_name)s", "ck": "ck_%(table_name)s_%(constraint_name)s"})\n`,
      "migrations/env.py": `from models import metadata\ntarget_metadata = metadata\n`,
      "migrations/versions/r1.py": revision(
        "r1",
        null,
        `op.create_table("orgs", sa.Column("id", sa.Integer), sa.PrimaryKeyConstraint("id"), sa.CheckConstraint("id > 0", name="positive"))`,
      ),
    });
    const revisions = await readRevisions(join(path, "migrations", "versions"));
    const recorded = { production: ["r1"], local: ["r1"] };
    expect(told(drift("primary key", "pk_orgs", { table: "orgs" }), revisions, recorded)).toBe("phantom r1");
    expect(told(drift("check constraint", "ck_orgs_positive", { table: "orgs" }), revisions, recorded)).toBe(
      "phantom r1",
    );
  });

  test("that nobody gave are found by what they are about", async () => {
    const revisions = await history(
      `op.create_table("t", sa.Column("id", sa.Integer, primary_key=True))\nop.create_unique_constraint(None, "t", ["a", "b"])`,
    );
    const recorded = { production: ["r1"], local: ["r1"] };
    expect(told(drift("primary key", "odd", { local: { columns: ["id"] } }), revisions, recorded)).toBe("phantom r1");
    expect(told(drift("unique constraint", "odd2", { local: { columns: ["b", "a"] } }), revisions, recorded)).toBe(
      "phantom r1",
    );
    expect(told(drift("unique constraint", "odd3", { local: { columns: ["a"] } }), revisions, recorded)).toBe(
      "unexplained null",
    );
  });

  test("that PostgreSQL cut are the same", async () => {
    const long = "ix_" + "a_very_long_name_".repeat(5);
    const revisions = await history(`op.execute("create index ${long} on t (a)")`);
    expect(told(drift("index", long.slice(0, 63)), revisions, { production: ["r1"], local: ["r1"] })).toBe(
      "phantom r1",
    );
  });

  test("a table whose name cannot be worked out speaks of no other table", async () => {
    const revisions = await history(`op.add_column(compute(), sa.Column("a", sa.Text))`);
    expect(told(drift("column", "b"), revisions, { production: ["r1"], local: ["r1"] })).toBe("open r1");
    expect(revisions.order[0].effects).toEqual([]);
  });
});

describe("a folder", () => {
  const root = revision("e1", null, "pass");
  const below = revision("x1", null, "pass");

  test("is read as Alembic reads it: without what lies below, unless that is set", async () => {
    const files = { "versions/e1.py": root, "versions/legacy/x1.py": below };
    const revisions = await readRevisions(project(files));
    expect(revisions.heads).toEqual(["e1"]);
    expect(revisions.notes).toEqual([
      "legacy below versions holds 1 revision that Alembic does not read: recursive_version_locations is not set.",
    ]);
    const set = "[alembic]\nscript_location = %(here)s\nrecursive_version_locations = true\n";
    expect((await readRevisions(project({ ...files, "alembic.ini": set, "env.py": "" }))).heads.sort()).toEqual([
      "e1",
      "x1",
    ]);
  });

  test("says in alembic.ini or pyproject.toml where else revisions are", async () => {
    const files = { "db/env.py": "", "db/versions/e1.py": root, "more/x1.py": below };
    const ini = "[alembic]\nscript_location = db\nversion_locations = %(here)s/db/versions %(here)s/more\n";
    expect((await readRevisions(project({ ...files, "alembic.ini": ini }))).heads.sort()).toEqual(["e1", "x1"]);
    const toml = `[tool.alembic]\nscript_location = "%(here)s/db"\nversion_locations = [\n  "%(here)s/db/versions",\n  "%(here)s/more",\n]\n`;
    const path = project({ ...files, "pyproject.toml": toml });
    expect((await readRevisions(path)).heads.sort()).toEqual(["e1", "x1"]);
    expect((await readRevisions(join(path, "db"))).heads.sort()).toEqual(["e1", "x1"]);
  });

  test("says in env.py where a database records its revision", async () => {
    const env = `from alembic import context\ndef run_migrations_online():\n    context.configure(connection=connection, version_table_schema="app", version_table="done")\n`;
    const { versionTable } = await readRevisions(project({ "env.py": env, "versions/e1.py": root }));
    expect(versionTable).toEqual({ schema: "app", name: "done" });
  });

  test("leaves out editors' locks and links that lead nowhere, with a word", async () => {
    const path = project({ "versions/e1.py": root, "versions/e1.py~": root, "versions/e1.py.bak": root });
    symlinkSync("nobody@nowhere:1", join(path, "versions", ".#n1.py"));
    symlinkSync("nowhere.py", join(path, "versions", "gone.py"));
    const { heads, notes, problems } = await readRevisions(path);
    expect(heads).toEqual(["e1"]);
    expect(notes).toEqual([
      ".#n1.py is an editor's lock, and no revision.",
      "gone.py is a link that leads nowhere: it was left out.",
    ]);
    expect(problems).toEqual([]);
  });
});

describe("what is not mended in a file", () => {
  test.each([
    ["named parameters", `op.execute(sa.text("UPDATE t SET id = :x WHERE a IN :y").bindparams(x=1, y=2))`],
    ["escaped colons", String.raw`op.execute("UPDATE t SET a = '{\"b\"\\:1}'")`],
    ["other servers' SQL", "op.execute('PRAGMA foreign_keys=OFF')\nop.execute('ALTER TABLE `t` MODIFY a int')"],
    ["rows", `op.get_bind().execute(sa.update(t).where(t.c.a == 1).values(a=2))\nop.bulk_insert(t, rows)`],
    ["unknown values", `op.execute(f"UPDATE t SET a = '{value()}' WHERE id = {number()}")`],
  ])("%s", async (_, body) => {
    const { order, problems, notes } = await history(body);
    expect([problems, notes, order[0].effects]).toEqual([[], [], []]);
  });

  test("a byte order mark", async () => {
    const { order, problems } = await readRevisions(
      project({ "r1.py": `\uFEFF${revision("r1", null, `op.drop_table("t")`)}` }),
    );
    expect([order.length, order[0].effects.length, problems]).toEqual([1, 1, []]);
  });
});

describe("every form that creates the table t", () => {
  const create = "CREATE TABLE t (id int)";
  test.each<[string, string, string?, Record<string, string>?]>([
    ["format", `op.execute("CREATE TABLE {} (id int)".format("t"))`],
    ["format with names", `op.execute("CREATE TABLE {name} (id int)".format(name="t"))`],
    ["percent", `op.execute("CREATE TABLE %s (id int)" % "t")`],
    ["percent with names", `op.execute("CREATE TABLE %(t)s (id int)" % {"t": "t"})`],
    ["join", `op.execute(" ".join(["CREATE TABLE", "t", "(id int)"]))`],
    ["an f-string over a constant", `op.execute(f"CREATE TABLE {T} (id int)")`, `T = "t"`],
    ["split", `for s in SQL.split(";"):\n    op.execute(s)`, `SQL = "${create}; SELECT 1"`],
    [
      "split with a filter",
      `for s in [p.strip() for p in SQL.split(";") if p.strip()]:\n    op.execute(s)`,
      `SQL = "${create}; SELECT 1;"`,
    ],
    ["a comprehension", `[op.execute("CREATE TABLE %s (id int)" % n) for n in ("t", "u")]`],
    ["a driver's SQL", `op.get_bind().exec_driver_sql("${create}")`],
    ["a connection's", `conn = op.get_bind()\nconn.execute(sa.text("${create}"))`],
    ["an alias of op", `o.create_table("t", sa.Column("id", sa.Integer))`, "from alembic import op as o"],
    ["alembic.op", `alembic.op.create_table("t")`, "import alembic"],
    ["a function out of op", `make("t", sa.Column("id", sa.Integer))`, "make = op.create_table"],
    ["aliases of SQLAlchemy", `op.create_table("t", C("id", I))`, "from sqlalchemy import Column as C, Integer as I"],
    [
      "a file",
      `op.execute(open(path).read())`,
      `import os\npath = os.path.join(os.path.dirname(__file__), "t.sql")`,
      { "t.sql": create },
    ],
    [
      "a file in a with",
      `with open(path) as f:\n    op.execute(f.read())`,
      `import os.path\npath = os.path.join(os.path.dirname(os.path.abspath(__file__)), "t.sql")`,
      { "t.sql": create },
    ],
    [
      "a path",
      `op.execute((Path(__file__).parent / "sql" / "t.sql").read_text())`,
      "from pathlib import Path",
      { "sql/t.sql": create },
    ],
    [
      "a path's own file",
      `op.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))`,
      "from pathlib import Path",
      { "r1.sql": create },
    ],
    ["a helper of the same file", `make("t")`, `def make(name, *rest, **options):\n    op.create_table(name, *rest)`],
    [
      "a helper of another file",
      `make_table("t")`,
      "from helpers import make_table",
      { "helpers.py": `${head}def make_table(name):\n    op.create_table(name, sa.Column("id", sa.Integer))\n` },
    ],
    [
      "a module of helpers",
      `helpers.make_table("t")`,
      "import helpers",
      { "helpers.py": `${head}def make_table(name):\n    op.create_table(name)\n` },
    ],
    [
      "a package of helpers",
      `make_table("t")`,
      "from lib.helpers import make_table",
      {
        "lib/__init__.py": "",
        "lib/helpers.py": `${head}from lib.names import PREFIX\ndef make_table(name):\n    op.create_table(PREFIX + name)\n`,
        "lib/names.py": `PREFIX = ""\n`,
      },
    ],
    [
      "metadata of its own",
      `metadata = sa.MetaData()\nsa.Table("t", metadata, sa.Column("id", sa.Integer))\nmetadata.create_all(op.get_bind())`,
    ],
    [
      "a declarative class",
      `T.__table__.create(op.get_bind())`,
      `from sqlalchemy.orm import declarative_base\nBase = declarative_base()\nclass T(Base):\n    __tablename__ = "t"\n    id = sa.Column(sa.Integer, primary_key=True)`,
    ],
    [
      "create_all of some tables",
      `Base.metadata.create_all(op.get_bind(), tables=[T.__table__])`,
      `from sqlalchemy.orm import declarative_base\nBase = declarative_base()\nclass T(Base):\n    __tablename__ = "t"\n    id = sa.Column(sa.Integer)`,
    ],
    ["CreateTable", `op.execute(sa.schema.CreateTable(sa.Table("t", sa.MetaData(), sa.Column("id", sa.Integer))))`],
    ["a lambda", `make = lambda name: op.create_table(name)\nmake("t")`],
    ["the PostgreSQL arm", `if op.get_bind().dialect.name == "sqlite":\n    return\nop.create_table("t")`],
    [
      "a match",
      `match op.get_context().dialect.name:\n    case "mysql":\n        pass\n    case "postgresql":\n        op.create_table("t")`,
    ],
    [
      "a decorated upgrade",
      "",
      `def only(f):\n    return f\n`,
      {
        "r1.py": `${head}revision = "r1"\ndown_revision = None\ndef once(f):\n    return f\n@once\ndef upgrade():\n    op.create_table("t")\n`,
      },
    ],
    [
      "several databases",
      "",
      "",
      {
        "r1.py": `${head}revision = "r1"\ndown_revision = None\ndef upgrade(engine_name):\n    globals()["upgrade_%s" % engine_name]()\ndef upgrade_main():\n    op.create_table("t")\n`,
      },
    ],
    ["a block", `op.execute("DO $$ BEGIN EXECUTE 'CREATE TABLE t (id int)'; END $$")`],
    ["a walrus and a conditional", `if (name := "t" if True else "u"):\n    op.create_table(name)`],
    ["autocommit", `with op.get_context().autocommit_block():\n    op.execute("${create}")`],
  ])("%s", async (_, body, above = "", files = {}) => {
    const path = project({ "r1.py": revision("r1", null, body || "pass", above), ...files });
    const revisions = await readRevisions(path);
    expect(told(drift("table", "t"), revisions, { production: ["r1"], local: ["r1"] })).toBe("phantom r1");
    expect(revisions.notes).toEqual([]);
  });
});

describe("what only a run would tell leaves a difference open", () => {
  test.each<[string, string, string?]>([
    ["models", `Base.metadata.create_all(op.get_bind())`, "from app.models import Base"],
    ["SQL from elsewhere", `op.execute(fetch_sql())`, "from somewhere import fetch_sql"],
    ["a computed name", `op.execute(f"CREATE TABLE {name()} (id int)")`],
    ["a helper that is not there", `create_tables(op)`, "from lost.helpers import create_tables"],
    [
      "a block that builds its SQL",
      `op.execute("DO $$ BEGIN EXECUTE format('CREATE TABLE %I (id int)', 'x' || 'y'); END $$")`,
    ],
    ["an operation of the project's own", `op.create_audited_table("x")`],
    ["a file that is not there", `op.execute(open("/nowhere/x.sql").read())`],
    ["a loop over the database", `for name in sa.inspect(op.get_bind()).get_table_names():\n    op.drop_table(name)`],
  ])("%s", async (_, body, above) => {
    const revisions = await readRevisions(project({ "r1.py": revision("r1", null, body, above) }));
    expect(told(drift("table", "t"), revisions, { production: ["r1"], local: ["r1"] })).toBe("open r1");
    expect(revisions.problems).toEqual([]);
    expect(revisions.notes).toHaveLength(1);
  });

  test("but only where it may have run, and only for what it may touch", async () => {
    const revisions = await history(`pass`, `op.drop_constraint(find(), "u")`, `op.execute(find())`);
    const missing = drift("column", "a");
    expect(told(missing, revisions, { production: ["r2"], local: ["r2"] })).toBe("unexplained null");
    expect(told({ ...missing, table: "u" }, revisions, { production: ["r2"], local: ["r2"] })).toBe("open r2");
    expect(told(missing, revisions, { production: ["r2"], local: ["r3"] })).toBe("open r3");
  });
});

describe("objects of other libraries", () => {
  test("alembic_utils", async () => {
    const revisions = await readRevisions(
      project({
        "r1.py": revision(
          "r1",
          null,
          `op.create_entity(f)\nop.execute(PGView(schema="public", signature="v", definition="select 1").to_sql_statement_create())`,
          `from alembic_utils.pg_function import PGFunction\nfrom alembic_utils.pg_view import PGView\nf = PGFunction(schema="public", signature="g(a integer)", definition="returns int as 'select 1' language sql")`,
        ),
      }),
    );
    const recorded = { production: ["r1"], local: ["r1"] };
    expect(told(drift("function", "g(integer)", { table: null }), revisions, recorded)).toBe("phantom r1");
    expect(told(drift("view", "v", { table: null }), revisions, recorded)).toBe("phantom r1");
    expect(revisions.notes).toEqual([]);
  });

  test("alembic-postgresql-enum", async () => {
    const revisions = await history(
      `op.sync_enum_values(enum_schema="public", enum_name="mood", new_values=["calm", "sad"], affected_columns=[])`,
    );
    const mood = drift("enum", "mood", {
      table: null,
      status: "changed",
      production: { values: ["calm"] },
      local: { values: ["calm", "sad"] },
    });
    expect(told(mood, revisions, { production: ["r1"], local: ["r1"] })).toBe("phantom r1");
  });
});
