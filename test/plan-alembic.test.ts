import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo, type Server as Listener } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { runConfined } from "../lib/alembic/confinement";
import { findAlembic, useOfflineEffects } from "../lib/alembic/offline";
import { judgeRevisions } from "../lib/alembic/revision-state";
import { readRevisions } from "../lib/alembic/revision";
import { makePlans } from "../lib/command/plan";
import { startScratches } from "../lib/demo/scratch";
import { findRehearsalAlembic } from "../lib/plan/alembic";
import { checkSurroundings } from "../lib/doctor/surroundings";
import type { PlanInput } from "../lib/plan/context";
import { writeStampStatements } from "../lib/plan/version-table";
import { rehearsePlans } from "../lib/plan/rehearse";
import { compareExplained } from "../lib/schema/both";
import type { Scratch, Scratches } from "../lib/schema/prove/scratch";
import { readSettings } from "../lib/settings";
import { findPython, writeProject } from "./alembic/project";

/** A project's own Python, run so that it can reach the scratch database and nothing else. */
const { python, alembic, why } = findPython();

describe.skipIf(!alembic)(`the project's Python, confined${why ? ` (skipped: ${why})` : ""}`, () => {
  let elsewhere: Listener;
  let address: string;
  let arrived = 0;
  let pool: Scratches;
  let work: string;
  let made = 0;

  beforeAll(async () => {
    elsewhere = createServer((socket) => {
      arrived += 1;
      socket.destroy();
    }).listen(0, "127.0.0.1");
    await once(elsewhere, "listening");
    address = `127.0.0.1:${(elsewhere.address() as AddressInfo).port}`;
    pool = await startScratches();
    work = mkdtempSync(join(tmpdir(), "confined-"));
  }, 60_000);
  beforeEach(() => void (arrived = 0));
  afterAll(async () => {
    elsewhere?.close();
    await pool?.close();
    rmSync(work, { recursive: true, force: true });
  });

  const revision = (id: string, after: string, sql: string) =>
    `from alembic import op\nrevision = "${id}"\ndown_revision = ${after}\ndef upgrade():\n    op.execute("${sql}")\ndef downgrade():\n    pass\n`;
  const files = {
    "a1.py": revision("a1", "None", "create table t (id integer primary key)"),
    "a2.py": revision("a2", '"a1"', "create table u (id integer primary key)"),
  };

  /** A project of two revisions with this env.py, whose virtual environment has Alembic. */
  function makeProject(env?: string): string {
    const folder = join(work, `project${(made += 1)}`);
    mkdirSync(folder);
    writeProject(folder, files);
    if (env !== undefined) writeFileSync(join(folder, "migrations", "env.py"), env);
    symlinkSync(dirname(dirname(alembic!)), join(folder, ".venv"));
    return folder;
  }

  async function rehearseIn(folder: string) {
    const versions = join(folder, "migrations", "versions");
    const revisions = await readRevisions(versions);
    const recorded = { production: ["a1"], local: ["a1", "a2"].slice(1) };
    const scratch = await pool.open(`sides_${(made += 1)}`);
    const other = await pool.open(`sides_${(made += 1)}`);
    for (const one of [scratch, other]) await one.execute("create table t (id integer primary key)");
    await other.execute("create table u (id integer primary key)");
    for (const [one, ids] of [
      [scratch, recorded.production],
      [other, recorded.local],
    ] as [Scratch, string[]][])
      for (const sql of writeStampStatements(ids, "alembic_version")) await one.execute(sql);
    const snapshots = { production: await scratch.read(), local: await other.read() };
    const { drift } = await compareExplained(snapshots.production, snapshots.local, revisions, recorded);
    const states = judgeRevisions(revisions, snapshots, recorded);
    const input: PlanInput = { snapshots, revisions, recorded, drift, states };
    const found = await findRehearsalAlembic({ alembic: folder });
    const again = made;
    return rehearsePlans(await makePlans(input), input, {
      open: async () => ({ open: (name) => pool.open(`${name}_${again}`), close: async () => undefined }),
      alembic: found,
    });
  }

  test("the project's own env.py is executed where it takes the address that it is given", async () => {
    const { means, sides, remains } = await rehearseIn(makeProject());
    expect(means).toMatch(/^Stamps and upgrades were executed by alembic .* The project's own env\.py was executed/);
    expect(sides.map(({ firstAttempt }) => firstAttempt)).toEqual([
      "alembic upgrade heads works, and leaves nothing missing.",
      "alembic upgrade heads does nothing, and leaves nothing missing.",
    ]);
    expect(sides[0].steps.map(({ id, outcome }) => `${id} ${outcome}`)).toEqual(["upgrade/a2 worked"]);
    expect(sides.map(({ version }) => version)).toEqual([["a2"], ["a2"]]);
    expect(remains).toEqual([]);
  }, 60_000);

  const hardCoded = (body: string) => `from alembic import context
from sqlalchemy import create_engine
${body}
context.configure(dialect_name="postgresql", literal_binds=True)
with context.begin_transaction():
    context.run_migrations()
`;

  test("an env.py that connects elsewhere is refused, in a sentence, and nothing arrives there", async () => {
    const url = `postgresql+psycopg2://app:secret@${address}/production`;
    const env = hardCoded(`create_engine("${url}").connect()`);
    const { means, sides, remains } = await rehearseIn(makeProject(env));
    expect(means).toContain(
      `An env.py of ours was executed, not the project's, for the project's env.py or a revision would have reached ${address}, which was refused.`,
    );
    expect(sides[0].steps.map(({ outcome }) => outcome)).toEqual(["worked"]);
    expect(remains).toEqual([]);
    expect(arrived).toBe(0);
  }, 60_000);

  test.each([
    [
      "never connects to the scratch database",
      `from alembic import context\nfrom sqlalchemy import create_engine\ncontext.configure(connection=create_engine("sqlite://").connect())\ncontext.run_migrations()\n`,
      "which never connected to the scratch database whose address it was given",
    ],
    [
      "cannot import the project's models",
      "from app.models import Base\n",
      "which failed: ModuleNotFoundError: No module named 'app'",
    ],
  ])(
    "an env.py that %s is not used, and that is said",
    async (_, env, said) => {
      const folder = makeProject(env);
      const found = (await findRehearsalAlembic({ alembic: folder }))!;
      const scratch = await pool.open(`choose_${(made += 1)}`);
      const revisions = await readRevisions(join(folder, "migrations", "versions"));
      const reachable = { ...scratch, address: scratch.address! };
      const { works, says } = await found.choose(reachable, revisions);
      expect([works, says]).toEqual([true, expect.stringContaining(said)]);
      // ours takes its place
      expect(await found.execute(["upgrade", "heads"], reachable, revisions)).toMatchObject({ ok: true, at: "a2" });
    },
    60_000,
  );

  test("the doctor finds it, and says what it is used for", async () => {
    const variables = { RUNBOOK_ALEMBIC: makeProject(), RUNBOOK_RESULTS: join(work, "results") };
    const found = await checkSurroundings(readSettings({}, variables), variables);
    expect(found.find(({ about }) => about === "alembic")).toMatchObject({
      state: "fine",
      says: expect.stringMatching(
        /^alembic \d.* reads the revisions with upgrade --sql, and executes stamps and upgrades in the/,
      ),
    });
  }, 30_000);

  test("an Alembic whose Python has no driver leaves the rehearsal to what was read", async () => {
    const folder = makeProject();
    const versions = join(folder, "migrations", "versions");
    writeFileSync(join(folder, "psycopg2.py"), "raise ImportError('no driver')\n");
    const found = (await findRehearsalAlembic({ alembic: folder }))!;
    const scratch = await pool.open(`choose_${(made += 1)}`);
    const { works, says } = await found.choose(
      { ...scratch, address: scratch.address! },
      await readRevisions(versions),
    );
    expect({ works, says }).toMatchObject({
      works: false,
      says: expect.stringContaining("This Python has no driver for PostgreSQL"),
    });
  }, 30_000);

  test("upgrade --sql, too, reaches nothing, and the files are read instead", async () => {
    const url = `postgresql+psycopg2://app:secret@${address}/production`;
    const swallowed = `try:\n    create_engine("${url}").connect()\nexcept Exception:\n    pass`;
    for (const [body, count] of [
      [`create_engine("${url}").connect()`, "0 of 2"],
      [swallowed, "All 2"],
    ]) {
      const folder = makeProject(hardCoded(body));
      const revisions = await readRevisions(join(folder, "migrations", "versions"));
      const { order, notes } = await useOfflineEffects(revisions, findAlembic(folder, undefined, process.env)!);
      expect(order.map(({ effects }) => effects.length > 0)).toEqual([true, true]);
      expect(notes[0]).toContain(count);
      expect(notes.join()).toContain(`would have reached ${address}, which was refused`);
    }
    expect(arrived).toBe(0);
  }, 60_000);

  test("sockets, drivers, names, other programs and Unix sockets of others are refused; the scratch database is not", async () => {
    const { address: scratch, socket } = await pool.open("reachable");
    const [host, port] = address.split(":");
    const others = mkdtempSync(join(tmpdir(), "others-"));
    const path = join(others, ".s.PGSQL.5432");
    const unix = createServer((one) => {
      arrived += 1;
      one.destroy();
    }).listen(path);
    await once(unix, "listening");
    const attempts = [
      `import socket; socket.create_connection(("${host}", ${port}))`,
      `import socket; s = socket.socket(socket.AF_UNIX); s.connect("${path}")`,
      `import socket; socket.getaddrinfo("db.example.org", 5432)`,
      `import psycopg2; psycopg2.connect("host=${host} port=${port} user=x dbname=y")`,
      `import psycopg2; psycopg2.connect(host="${others}", user="x", dbname="y")`,
      `import psycopg2; psycopg2.connect("hostaddr=${host} port=${port} user=x dbname=y")`,
      `import psycopg2; psycopg2.connect("service=production")`,
      `import subprocess; subprocess.run(["psql", "-h", "${host}", "-p", "${port}"])`,
      `import os; os.system("true")`,
    ];
    const run = (code: string, reachable = true) =>
      runConfined({
        program: python!,
        folder: undefined,
        around: process.env,
        words: ["-c", code],
        ...(reachable ? { reachable: { address: scratch!, socket } } : {}),
      });
    for (const code of attempts) {
      const ended = await run(code);
      expect({ code, ...ended }).toMatchObject({ code, status: 1, isConfined: true, hasReached: false });
      expect(ended.refused.length, code).toBeGreaterThan(0);
      expect(ended.error).toContain("The runbook lets the project reach nothing but its scratch database");
    }
    expect(arrived).toBe(0);
    const connect = `import psycopg2; c = psycopg2.connect(""); k = c.cursor(); k.execute("select current_database()"); print(k.fetchone()[0])`;
    expect(await run(connect)).toMatchObject({ status: 0, output: "reachable\n", hasReached: true, refused: [] });
    // without a database, that one is refused as well
    expect(await run(connect, false)).toMatchObject({ status: 1, hasReached: false });
    unix.close();
    rmSync(others, { recursive: true, force: true });
  }, 60_000);

  test("the kernel refuses what goes past Python, where it is Linux", async ({ skip }) => {
    const { address: scratch, socket } = await pool.open("isolated");
    const code = `import ctypes, sys; c = ctypes.CDLL(None); sys.exit(0 if c.socket(2, 1, 0) < 0 and c.socket(10, 1, 0) < 0 else 3)`;
    const words = ["-c", code];
    const ended = await runConfined({
      program: python!,
      folder: undefined,
      around: process.env,
      words,
      reachable: { address: scratch!, socket },
    });
    if (!ended.isIsolated) return skip("this system has no seccomp");
    expect(ended).toMatchObject({ status: 0 });
  });

  test("of the surroundings it is given no address, no credential and no home", async () => {
    const secrets = [
      "PGSERVICE",
      "PGOPTIONS",
      "AWS_SECRET_ACCESS_KEY",
      "AWS_PROFILE",
      "RUNBOOK_PRODUCTION",
      "MY_TOKEN",
    ];
    const before = secrets.map((name) => [name, process.env[name]] as const);
    for (const name of secrets) process.env[name] = `secret-${name}`;
    try {
      const words = ["-c", "import os, json; print(json.dumps(dict(os.environ)))"];
      const { output } = await runConfined({ program: python!, folder: undefined, around: process.env, words });
      expect(output).not.toContain("secret-");
      expect(JSON.parse(output)).toMatchObject({ PGHOST: "127.0.0.1", PGPORT: "1" });
      expect(Object.keys(JSON.parse(output)).filter((name) => /^(AWS|RUNBOOK)_/.test(name))).toEqual([]);
    } finally {
      for (const [name, value] of before) value === undefined ? delete process.env[name] : (process.env[name] = value);
    }
  });
});
