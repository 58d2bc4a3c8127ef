import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readRevisions } from "../lib/alembic/revision";
import { makeUnknownRevisions } from "../lib/alembic/history";
import { judgeRevisions } from "../lib/alembic/revision-state";
import { makePlans, readPlanInput } from "../lib/command/plan";
import { findBinaries, listBinaries } from "../lib/demo/binaries";
import { startScratches } from "../lib/demo/scratch";
import { openSources, type Sources } from "../lib/open";
import { type Alembic, findRehearsalAlembic } from "../lib/plan/alembic";
import type { PlanInput } from "../lib/plan/context";
import { writeStampStatements } from "../lib/plan/version-table";
import { rehearsePlans, type Rehearsal } from "../lib/plan/rehearse";
import type { Plan } from "../lib/plan/step";
import { planAsSql, formatRehearsal, writePlan } from "../lib/plan/write";
import { compareExplained } from "../lib/schema/both";
import { compareSchemas } from "../lib/schema/compare/compare";
import { rebuild, type Scratch, type Scratches } from "../lib/schema/prove/scratch";
import type { Side } from "../lib/ledger";
import { findProgramOnPath, readSettings } from "../lib/settings";
import { findPython } from "./alembic/project";

let pool: Scratches;
let alembic: Alembic | undefined;
const free: Scratch[] = [];
let made = 0;
const folder = mkdtempSync(join(tmpdir(), "runbook-plan-"));

beforeAll(async () => {
  pool = await startScratches();
  const { alembic: program } = findPython();
  if (!program) return;
  writeFileSync(join(folder, "alembic.ini"), "[alembic]\nscript_location = %(here)s\n");
  symlinkSync(dirname(dirname(program)), join(folder, ".venv"));
  alembic = await findRehearsalAlembic({ alembic: folder });
}, 90_000);

afterAll(async () => {
  await pool.close();
  rmSync(folder, { recursive: true, force: true });
});

const EMPTY = `drop schema public cascade; create schema public authorization pg_database_owner;
grant usage on schema public to public; comment on schema public is 'standard public schema'; reset all`;

/** Databases that are emptied and used again: a case takes milliseconds, not as long as it takes to make four databases. */
function reused(): Scratches & { release(): Promise<void> } {
  const used: Scratch[] = [];
  return {
    async open() {
      const scratch = free.pop() ?? (await pool.open(`case_${(made += 1)}`));
      used.push(scratch);
      return scratch;
    },
    close: async () => undefined,
    async release() {
      for (const one of used) {
        await one.execute(EMPTY);
        free.push(one);
      }
    },
  };
}

describe("the plan of the demo", () => {
  let sources: Sources;
  let input: PlanInput;
  let plans: Record<Side, Plan>;

  beforeAll(async () => {
    const settings = readSettings({}, { ...process.env, RUNBOOK_PRODUCTION: "", RUNBOOK_LOCAL: "" });
    sources = await openSources(settings);
    input = await readPlanInput(settings, sources);
    plans = await makePlans(input);
  }, 120_000);
  afterAll(() => sources?.close());

  test("makes whole what is recorded, applies what waits, stamps what is there, and leaves the rest as a choice", () => {
    const ids = (side: Side) => plans[side].steps.map(({ id }) => id);
    const phantoms = ["20260108_0400", "20260109_0100", "20260109_0200", "20260109_0300"];
    expect(ids("production").filter((id) => /^(repair|upgrade|stamp)/.test(id))).toEqual([
      "repair/20260101_0000",
      ...phantoms.map((id) => `repair/${id}`),
      "repair/20260114_0100",
      "repair/20260115_0100",
      ...["20260115_0300", "20260127_0100", "7702d353e5b8", "20260131_0000"].map((id) => `upgrade/${id}`),
    ]);
    expect(ids("local").slice(0, 2)).toEqual(["repair/20260101_0000", "stamp/20260131_0000"]);
    expect(
      ids("production")
        .filter((id) => id.startsWith("choice"))
        .sort(),
    ).toEqual(["cme_activities", "licenses", "session", "team_channels"].map((name) => `choice/${name}`));
  });

  const check = (rehearsal: Rehearsal) => {
    expect(rehearsal.impossible).toBe("");
    const failed = rehearsal.sides.flatMap(({ steps }) => steps.filter(({ outcome }) => outcome === "failed"));
    expect(failed).toEqual([]);
    const foretold = rehearsal.sides.map(({ steps }) => steps.filter(({ outcome }) => /foretold/.test(outcome)).length);
    expect(foretold).toEqual([1, 1]);
    expect(rehearsal.sides.map(({ version }) => version)).toEqual([["20260131_0000"], ["20260131_0000"]]);
    expect(rehearsal.remains.filter(({ isChosen }) => !isChosen)).toEqual([]);
    expect(rehearsal.sides[0].firstAttempt).toMatch(/works, and leaves what is missing of 7 recorded revisions/);
    expect(rehearsal.sides[1].firstAttempt).toMatch(/fails at 20260131_0000: .*home_address.* already/);
  };

  test("is rehearsed with the effects that were read", async () => {
    check(await rehearsePlans(plans, input, { open: () => startScratches() }));
  }, 60_000);

  test("is rehearsed with the real Alembic, to the same end", async ({ skip }) => {
    if (!alembic) return skip("no Python with Alembic could be had here");
    check(await rehearsePlans(plans, input, { open: () => startScratches(), alembic }));
  }, 120_000);

  test("ends without a difference where every choice is to take it back", async () => {
    const chosen = plans.production.steps.filter(({ isOptional }) => isOptional).map(({ id }) => id);
    const { remains } = await rehearsePlans(plans, input, { open: () => startScratches(), chosen });
    expect(remains).toEqual([]);
  }, 60_000);

  test("is written out: two files of SQL, migrations that Python can read, and a README", async () => {
    const written = writePlan(folder, plans, input.states, undefined, new Date("2026-02-02T20:30:00Z"));
    expect(readdirSync(written).sort()).toEqual(["README.md", "local.sql", "migrations", "production.sql"]);
    const adopted = await readRevisions(join(written, "migrations"));
    expect(adopted.order.map(({ id }) => id)).toContain("adopt_session");
    expect(adopted.order.flatMap(({ unread }) => unread)).toEqual([]);
    expect(readFileSync(join(written, "README.md"), "utf8")).toContain("| 20260108_0400 | **recorded, 0 of 7** |");
  });

  test("the undo of each repair takes back what it made, and nothing else", async () => {
    const scratches = reused();
    const scratch = await scratches.open("");
    await rebuild(input.snapshots.production, input.snapshots.local, scratch);
    const before = await scratch.read();
    const repairs = plans.production.steps.filter(({ kind, id }) => kind === "repair" && id !== "grants");
    for (const { statements } of repairs) for (const sql of statements) await scratch.execute(sql);
    expect((await compareSchemas(before, await scratch.read())).drift.length).toBeGreaterThan(5);
    for (const { undo } of [...repairs].reverse()) await scratch.execute(undo);
    expect((await compareSchemas(before, await scratch.read())).drift).toEqual([]);
    await scratches.release();
  }, 60_000);

  test("migrations that adopt are loaded and applied by the real Alembic, up and down", async ({ skip }) => {
    if (!alembic) return skip("no Python with Alembic could be had here");
    const versions = join(folder, "adopted");
    cpSync(input.revisions.folder, versions, { recursive: true });
    const files = plans.production.migrations.concat(plans.local.migrations);
    expect(files.length).toBeGreaterThan(3);
    for (const { file, text } of files) writeFileSync(join(versions, file), text);
    const revisions = await readRevisions(versions);
    expect([revisions.problems, revisions.heads.length]).toEqual([[], 1]);
    const scratches = await startScratches();
    try {
      const scratch = await scratches.open("adopted");
      await rebuild(input.snapshots.local, input.snapshots.production, scratch);
      for (const sql of writeStampStatements(["20260131_0000"], "alembic_version")) await scratch.execute(sql);
      const reachable = { address: scratch.address!, socket: scratch.socket };
      await alembic.choose(reachable, revisions);
      const run = (...words: string[]) => alembic!.execute(words, reachable, revisions);
      expect(await run("upgrade", "head")).toMatchObject({ ok: true, reason: "" });
      expect(await run("downgrade", "20260131_0000")).toMatchObject({ ok: true, reason: "" });
    } finally {
      await scratches.close();
    }
  }, 120_000);

  test("psql executes a plan's file once, and refuses it the second time", async ({ skip }) => {
    const psql = findProgramOnPath(["psql"], { PATH: `${process.env.PATH}:/usr/lib/postgresql/15/bin` });
    if (!psql) return skip("there is no psql here");
    const scratches = reused();
    const scratch = await scratches.open("");
    await rebuild(input.snapshots.local, input.snapshots.production, scratch);
    for (const sql of writeStampStatements(plans.local.recorded!, "alembic_version")) await scratch.execute(sql);
    const file = join(folder, "once.sql");
    writeFileSync(file, planAsSql(plans.local, new Date()));
    const run = () => spawnSync(psql, ["-X", "-f", file, scratch.address!], { encoding: "utf8" });
    expect(run()).toMatchObject({ status: 0, stderr: "" });
    const again = run();
    expect(again.status).toBe(3);
    expect(again.stderr).toContain("local records other revisions than this plan was made for: make the plan again");
    await scratches.release();
  }, 60_000);

  test("a plan's file refuses a database whose state has changed", async () => {
    const scratches = reused();
    const scratch = await scratches.open("");
    const top = /do \$state\$.*?\$state\$;/s.exec(planAsSql(plans.local, new Date()))![0];
    for (const sql of writeStampStatements(plans.local.recorded!, "alembic_version")) await scratch.execute(sql);
    await expect(scratch.execute(top)).rejects.toThrow(/tables or columns of local have changed/);
    await scratch.execute("delete from alembic_version");
    await expect(scratch.execute(top)).rejects.toThrow(/local records other revisions/);
    await scratches.release();
  });
});

describe("random histories and damage", () => {
  const cases = Number(process.env.RUNBOOK_PLAN_CASES ?? 25);

  test(
    `${cases} plans end without drift and at the right revision, and nothing fails that was not foretold`,
    async () => {
      const wrong: unknown[] = [];
      const seen: Record<string, number> = {};
      const count = (what: string) => (seen[what] = (seen[what] ?? 0) + 1);
      for (let seed = 1; seed <= cases; seed += 1) {
        const scratches = reused();
        const input = await damage(seed, scratches);
        const plans = await makePlans(input);
        const steps = plans.production.steps.concat(plans.local.steps);
        const chosen = steps.flatMap(({ id, isOptional }) => (isOptional ? id : []));
        const { sides, remains } = await rehearsePlans(plans, input, { open: async () => scratches, chosen });
        const failed = sides.flatMap(({ side, steps }) =>
          steps.filter(({ outcome }) => outcome !== "worked").map((step) => ({ side, ...step })),
        );
        const heads = [...input.revisions.heads].sort();
        const versions = sides.map(({ version }) => version);
        if (failed.length || remains.length || versions.some((one) => one.join() !== heads.join()))
          wrong.push({ seed, failed, versions, heads, remains });
        steps.forEach(({ kind }) => count(kind));
        if (heads.length > 1) count("several heads");
        if (input.states.some(({ isMerge }) => isMerge)) count("merge");
        await scratches.release();
      }
      expect(wrong).toEqual([]);
      // what the cases are about did happen in them
      expect(Object.keys(seen).sort()).toEqual(["choice", "merge", "repair", "several heads", "stamp", "upgrade"]);
    },
    30_000 + 10_000 * cases,
  );
});

/** A history in one line each, `id < parent: statement; statement`, and what both sides hold and record. */
interface Given {
  history: Record<string, string>;
  production: { sql: string; records: string[] | undefined };
  local: { sql: string; records: string[] | undefined };
  /** Files as they are, in place of those that the history makes. */
  files?: Record<string, string>;
}

let folders = 0;

async function planOf(given: Given, scratches: Scratches) {
  const versions = join(folder, `given-${(folders += 1)}`);
  mkdirSync(versions);
  for (const [head, body] of Object.entries(given.history)) {
    const [id, parents = ""] = head.split(" < ");
    const after = parents
      .split(" ")
      .filter(Boolean)
      .map((one) => `"${one}",`);
    const lines = body
      .split(";")
      .map((sql) => sql.trim())
      .filter(Boolean)
      .map((sql) => `    op.execute("""${sql}""")`);
    const text = `from alembic import op\nrevision = "${id}"\ndown_revision = ${after.length ? `(${after.join(" ")})` : "None"}\ndef upgrade():\n${lines.join("\n") || "    pass"}\n`;
    writeFileSync(join(versions, `${id}.py`), text);
  }
  for (const [name, text] of Object.entries(given.files ?? {})) writeFileSync(join(versions, name), text);
  const revisions = Object.keys(given.history).length ? await readRevisions(versions) : makeUnknownRevisions();
  const recorded = { production: given.production.records, local: given.local.records };
  const snapshots = {} as PlanInput["snapshots"];
  for (const side of ["production", "local"] as const) {
    const scratch = await scratches.open("");
    for (const sql of given[side].sql.split(";").filter((one) => one.trim())) await scratch.execute(sql);
    for (const sql of recorded[side] ? writeStampStatements(recorded[side], "alembic_version") : [])
      await scratch.execute(sql);
    snapshots[side] = await scratch.read();
  }
  const { drift } = await compareExplained(snapshots.production, snapshots.local, revisions, recorded);
  const input: PlanInput = {
    snapshots,
    revisions,
    recorded,
    drift,
    states: judgeRevisions(revisions, snapshots, recorded),
  };
  return { input, plans: await makePlans(input) };
}

/** Plans and rehearses, with what came of it in short. */
async function tryPlan(given: Given) {
  const scratches = reused();
  try {
    const { input, plans } = await planOf(given, scratches);
    const { sides, remains } = await rehearsePlans(plans, input, { open: async () => scratches });
    return {
      input,
      plans,
      steps: sides.map(({ steps }) => steps.map(({ id, outcome }) => `${id} ${outcome}`)),
      first: sides.map(({ firstAttempt }) => firstAttempt),
      versions: sides.map(({ version }) => version),
      remains: remains.map(({ about }) => about),
    };
  } finally {
    await scratches.release();
  }
}

const T = "create table t (id integer primary key)";
const U = "create table u (id integer primary key)";

describe("histories of every kind", () => {
  test("a merge and two heads are followed", async () => {
    const history = {
      base: T,
      "left < base": U,
      "right < base": "create table v (id integer primary key)",
      "both < left right": "",
    };
    const tried = await tryPlan({
      history,
      production: { sql: `${T};${U}`, records: ["left"] },
      local: { sql: `${T};${U};${history["right < base"]}`, records: ["left", "right"] },
    });
    expect(tried.steps).toEqual([["upgrade/right worked", "upgrade/both worked"], ["upgrade/both worked"]]);
    expect([tried.versions, tried.remains]).toEqual([[["both"], ["both"]], []]);
  }, 60_000);

  test("several heads are each brought to their end, and taken back apart", async () => {
    const history = { base: T, "left < base": U, "right < base": "create table v (id integer primary key)" };
    const { plans, versions, remains } = await tryPlan({
      history,
      production: { sql: T, records: ["base"] },
      local: { sql: `${T};${U};${history["right < base"]}`, records: ["left", "right"] },
    });
    expect(plans.production.steps.map(({ command }) => command)).toEqual([
      "alembic upgrade left",
      "alembic upgrade right",
    ]);
    expect(plans.production.steps.map(({ undo }) => undo.split("  #")[0])).toEqual([
      "alembic downgrade base",
      "alembic downgrade right@-1",
    ]);
    expect([versions, remains]).toEqual([
      [
        ["left", "right"],
        ["left", "right"],
      ],
      [],
    ]);
  }, 60_000);

  test("what is recorded and in no file stops every step, in a sentence", async () => {
    const { plans } = await tryPlan({
      history: { base: T },
      production: { sql: T, records: ["gone"] },
      local: { sql: T, records: ["base"] },
    });
    expect(plans.production.steps).toEqual([]);
    expect(plans.production.problems.join()).toContain("production records gone, which is in no file: find that file");
  }, 60_000);

  test.each([
    ["a gap", { a1: T, "a3 < a2": U }, undefined, "a3.py comes after a2, which is in no file."],
    [
      "a revision that is no Python",
      { a1: T },
      { "a3.py": 'revision = "a3"\ndown_revision = "a1"\ndef upgrade(:\n  !!!\n' },
      "a3.py does not parse at line 3",
    ],
  ])(
    "%s in the folder: Alembic refuses it, so nothing is stamped or upgraded",
    async (_, history, files, said) => {
      const { plans, first, steps } = await tryPlan({
        history: history as Record<string, string>,
        files,
        production: { sql: T, records: ["a1"] },
        local: { sql: `${T};${U}`, records: ["a3"] },
      });
      for (const side of ["production", "local"] as const) {
        expect(plans[side].steps).toEqual([]);
        expect(plans[side].done).toBeUndefined();
        expect(plans[side].problems[0]).toContain(said);
        expect(plans[side].problems[1]).toContain("nothing is stamped or upgraded until it is mended");
      }
      expect(first[0]).toContain(`alembic upgrade heads fails before it begins: ${said}`);
      expect(steps).toEqual([[], []]);
    },
    60_000,
  );

  test("no folder: nothing is planned, and the sentence says what to set", async () => {
    const { plans, first, remains } = await tryPlan({
      history: {},
      production: { sql: T, records: ["a1"] },
      local: { sql: `${T};${U}`, records: ["a2"] },
    });
    expect(plans.production.problems.join()).toMatch(/^The migrations are not known: set RUNBOOK_MIGRATIONS[^,]*$/);
    expect(plans.production.done).toBeUndefined();
    expect(first[0]).toBe("alembic upgrade heads was not tried: the migrations are not known.");
    expect(remains).toEqual(["table u"]);
  }, 60_000);

  test("no drift: one line says so, and why that can be believed", async () => {
    const same = { sql: `${T};${U}`, records: ["a2"] };
    const { plans } = await tryPlan({ history: { a1: T, "a2 < a1": U }, production: same, local: same });
    expect(plans.local.done).toMatch(
      /^Nothing is to be done on local: each of the 2 revisions of the folder is recorded and whole \(2 effects seen\), none waits, and no difference was found between its \d+ objects and production's\.$/,
    );
    expect(planAsSql(plans.local, new Date())).toContain(`-- ${plans.local.done}`);
  }, 60_000);

  test("a revision that only moves rows: nobody can see whether it ran, and that is said", async () => {
    const history = { a1: T, "d1 < a1": "update t set id = id + 1", "a2 < d1": U };
    const { plans, steps, versions } = await tryPlan({
      history,
      production: { sql: `${T};${U}`, records: ["a1"] },
      local: { sql: `${T};${U}`, records: ["a2"] },
    });
    expect(steps[0]).toEqual(["upgrade/d1 worked", "stamp/a2 worked"]);
    expect(plans.production.steps[0].why).toBe(
      "It waits in production, and no schema shows whether it ran: it changes rows, or nothing.",
    );
    expect(plans.production.steps[0].couldFail).toContain("Then record it instead: alembic stamp d1.");
    expect(versions[0]).toEqual(["a2"]);
  }, 60_000);

  test("a pending revision that was read in part is not said to have worked without the real Alembic", async () => {
    const text =
      'from alembic import op\nrevision = "a2"\ndown_revision = "a1"\ndef upgrade():\n    for name in op.get_bind().execute("select 1"):\n        op.execute("create table " + name)\n';
    const { plans, steps, remains } = await tryPlan({
      history: { a1: T },
      files: { "a2.py": text },
      production: { sql: T, records: ["a1"] },
      local: { sql: `${T};${U}`, records: ["a2"] },
    });
    expect(steps[0]).toEqual(["upgrade/a2 not tried"]);
    expect(plans.production.steps[0].couldFail).toContain("Cannot be told in full: line 6 of it");
    expect(remains).toEqual(["table u"]);
  }, 60_000);

  test("a side without alembic_version: what a revision makes is not said to be made by hand", async () => {
    const { plans, first, versions, remains } = await tryPlan({
      history: { a1: T, "a2 < a1": U },
      production: { sql: T, records: undefined },
      local: { sql: `${T};${U}`, records: ["a2"] },
    });
    expect(plans.production.steps.map(({ id }) => id)).toEqual(["stamp/a1", "upgrade/a2"]);
    expect(plans.local.steps).toEqual([]);
    expect(first[0]).toBe("alembic upgrade heads fails at a1: table t is there already.");
    expect([versions[0], remains]).toEqual([["a2"], []]);
  }, 60_000);

  test("each side is rehearsed on its own major version where the machine has it, and else that is said", async () => {
    const scratches = reused();
    const { input, plans } = await planOf(
      {
        history: { a1: T, "a2 < a1": U },
        production: { sql: T, records: ["a1"] },
        local: { sql: `${T};${U}`, records: ["a2"] },
      },
      scratches,
    );
    const asked: number[] = [];
    const open = async (major: number) => {
      asked.push(major);
      return scratches;
    };
    const same = await rehearsePlans(plans, input, { open });
    expect(same.server).toBe("Both sides were rehearsed on PostgreSQL 15, as they run themselves.");
    const snapshots = { ...input.snapshots, production: { ...input.snapshots.production, version: 180_001 } };
    const other = await rehearsePlans(plans, { ...input, snapshots }, { open });
    expect(other.server).toContain(
      "Production was rehearsed on PostgreSQL 15, and runs 18, which this machine does not have: what",
    );
    expect(other.server).toContain("Local was rehearsed on PostgreSQL 15, as it runs itself.");
    expect(asked).toEqual([15, 18, 15]);
    await scratches.release();
  }, 60_000);

  test("the server of a major version is the one from the registry, else one that is installed", async ({ skip }) => {
    const atHand = [
      { major: 15, folder: "/registry" },
      { major: 15, folder: "/usr/lib/postgresql/15" },
      { major: 17, folder: "/usr/lib/postgresql/17" },
    ];
    expect([15, 17, 18].map((major) => findBinaries(major, atHand))).toEqual([
      "/registry",
      "/usr/lib/postgresql/17",
      undefined,
    ]);
    const [installed] = listBinaries().slice(1);
    if (!installed) return skip("no other PostgreSQL is installed here");
    // as if it were another major version
    const scratches = await startScratches(99, [{ major: 99, folder: installed.folder }]);
    try {
      const { version } = await (await scratches.open("other")).read();
      expect(Math.floor(version / 10_000)).toBe(installed.major);
    } finally {
      await scratches.close();
    }
  }, 60_000);

  test("an extension that the scratch server lacks is named, and what depends on it is not tried", async () => {
    const scratches = reused();
    const trees = "create table trees (id integer primary key, path ltree)";
    const { input, plans } = await planOf(
      {
        history: { a1: `create extension ltree; ${T}`, "a2 < a1": trees, "a3 < a2": U },
        production: { sql: `create extension ltree;${T}`, records: ["a1"] },
        local: { sql: `create extension ltree;${T};${trees};${U}`, records: ["a3"] },
      },
      scratches,
    );
    const without = async (name: string): Promise<Scratch> => {
      const scratch = await scratches.open(name);
      return {
        ...scratch,
        execute: (sql) =>
          /create extension.*ltree/i.test(sql)
            ? Promise.reject(new Error('extension "ltree" is not available'))
            : scratch.execute(sql),
      };
    };
    const told = await rehearsePlans(plans, input, { open: async () => ({ ...scratches, open: without }) });
    expect(told.sides[0].steps.map(({ id, outcome }) => `${id} ${outcome}`)).toEqual([
      "upgrade/a2 not tried",
      "upgrade/a3 worked",
    ]);
    expect(told.sides[0].steps[0].reason).toMatch(/without the extension ltree: type .*ltree.* does not exist/);
    expect(formatRehearsal(told).join("\n")).toMatch(
      /Not built again for production, and not tried: create extension .*ltree/i,
    );
    await scratches.release();
  }, 60_000);

  test("a schema of 1,000 tables is planned and rehearsed within two minutes", async () => {
    const tables = Array.from(
      { length: 1000 },
      (_, at) => `create table big_${at} (id integer primary key, name text not null, at timestamptz)`,
    );
    const began = Date.now();
    const { steps, remains } = await tryPlan({
      history: { a1: tables.join(";"), "a2 < a1": U },
      production: { sql: tables.slice(0, 990).join(";"), records: ["a1"] },
      local: { sql: `${tables.join(";")};${U}`, records: ["a2"] },
    });
    expect(steps).toEqual([["repair/a1 worked", "upgrade/a2 worked"], []]);
    expect(remains).toEqual([]);
    expect(Date.now() - began).toBeLessThan(120_000);
  }, 180_000);
});

describe("an effect that a later revision undoes or overwrites does not count against the earlier one", () => {
  test.each<[string, Record<string, string>, string]>([
    [
      "a column, dropped",
      { a1: T, "a2 < a1": "alter table t add column x text", "a3 < a2": "alter table t drop column x" },
      T,
    ],
    [
      "a column, dropped in one revision with its index",
      {
        a1: T,
        "a2 < a1": "alter table t add column x text; create index ix on t (x)",
        "a3 < a2": "alter table t drop column x",
      },
      T,
    ],
    [
      "a column, renamed",
      { a1: T, "a2 < a1": "alter table t add column x text", "a3 < a2": "alter table t rename column x to y" },
      "create table t (id integer primary key, y text)",
    ],
    [
      "a table, renamed, and then its column",
      {
        a1: T,
        "a2 < a1": "alter table t add column x text",
        "a3 < a2": "alter table t rename to s",
        "a4 < a3": "alter table s rename column x to y",
      },
      "create table s (id integer constraint t_pkey primary key, y text)",
    ],
    [
      "a column's type, changed twice",
      {
        a1: "create table t (id integer primary key, x varchar(5))",
        "a2 < a1": "alter table t alter column x type varchar(10)",
        "a3 < a2": "alter table t alter column x type text",
      },
      "create table t (id integer primary key, x text)",
    ],
    [
      "a default, set and taken away",
      {
        a1: "create table t (id integer primary key, x text)",
        "a2 < a1": "alter table t alter column x set default 'a'",
        "a3 < a2": "alter table t alter column x drop default",
      },
      "create table t (id integer primary key, x text)",
    ],
    [
      "a column that must not be null, and then may",
      {
        a1: "create table t (id integer primary key, x text)",
        "a2 < a1": "alter table t alter column x set not null",
        "a3 < a2": "alter table t alter column x drop not null",
      },
      "create table t (id integer primary key, x text)",
    ],
    [
      "a table, dropped and made anew",
      {
        a1: "create table t (id integer primary key, old text); create index ix_old on t (old)",
        "a2 < a1": "drop table t",
        "a3 < a2": T,
      },
      T,
    ],
    [
      "a view, replaced",
      {
        a1: T,
        "a2 < a1": "create view v as select id from t",
        "a3 < a2": "create or replace view v as select id, 1 as one from t",
      },
      `${T};create view v as select id, 1 as one from t`,
    ],
    [
      "a function, replaced",
      {
        a1: "create function f() returns integer language sql as 'select 1'",
        "a2 < a1": "create or replace function f() returns integer language sql as 'select 2'",
      },
      "create function f() returns integer language sql as 'select 2'",
    ],
    [
      "an index, made anew under its name",
      {
        a1: "create table t (id integer primary key, x text, y text); create index ix on t (x)",
        "a2 < a1": "drop index ix; create index ix on t (y)",
      },
      "create table t (id integer primary key, x text, y text);create index ix on t (y)",
    ],
    [
      "an index, renamed",
      {
        a1: "create table t (id integer primary key, x text); create index ix on t (x)",
        "a2 < a1": "alter index ix rename to ix_new",
      },
      "create table t (id integer primary key, x text);create index ix_new on t (x)",
    ],
    [
      "a constraint, made anew under its name",
      {
        a1: "create table t (id integer primary key, x integer, constraint ck check (x > 0))",
        "a2 < a1": "alter table t drop constraint ck; alter table t add constraint ck check (x > 1)",
      },
      "create table t (id integer primary key, x integer, constraint ck check (x > 1))",
    ],
    [
      "an enum's value, added later",
      { a1: "create type e as enum ('a')", "a2 < a1": "alter type e add value 'b'" },
      "create type e as enum ('a', 'b')",
    ],
    [
      "an enum, renamed and made anew",
      {
        a1: "create type e as enum ('a'); create table t (id integer primary key, x e)",
        "a2 < a1":
          "alter type e rename to e_old; create type e as enum ('b'); alter table t alter column x type e using x::text::e; drop type e_old",
      },
      "create type e as enum ('b');create table t (id integer primary key, x e)",
    ],
    [
      "a table in a schema, dropped with it",
      {
        a1: "create schema s; create table s.t (id integer primary key)",
        "a2 < a1": "drop schema s cascade",
        "a3 < a2": T,
      },
      T,
    ],
    [
      "a table moved to a schema",
      { a1: T, "a2 < a1": "create schema s; alter table t set schema s" },
      "create schema s;create table s.t (id integer primary key)",
    ],
    [
      "a view that goes with a table dropped with cascade",
      { a1: T, "a2 < a1": "create view v as select id from t", "a3 < a2": "drop table t cascade", "a4 < a3": U },
      U,
    ],
    ["a sequence, dropped", { a1: T, "a2 < a1": "create sequence q", "a3 < a2": "drop sequence q" }, T],
    [
      "a trigger and its function, dropped",
      {
        a1: `${T}; create function f() returns trigger language plpgsql as 'begin return new, end'; create trigger g before insert on t for each row execute function f()`,
        "a2 < a1": "drop trigger g on t; drop function f()",
      },
      T,
    ],
  ])(
    "%s",
    async (_, history, sql) => {
      const head = Object.keys(history).at(-1)!.split(" < ")[0];
      const scratches = reused();
      try {
        const side = { sql, records: [head] };
        const { input, plans } = await planOf({ history, production: side, local: side }, scratches);
        const short = input.states
          .map(({ revision, sides }) => ({
            revision,
            missing: sides.production!.effects.missing.map(({ does, kind, name }) => `${does} ${kind} ${name}`),
          }))
          .filter(({ missing }) => missing.length);
        expect(short).toEqual([]);
        expect(plans.production.steps).toEqual([]);
      } finally {
        await scratches.release();
      }
    },
    60_000,
  );
});

/**
 * A history of 5 to 30 revisions, with branches and merges, and two databases that were made by it and damaged since: recorded and missing in whole or in part,
 * there and unrecorded, changed by hand.
 */
async function damage(seed: number, scratches: Scratches): Promise<PlanInput> {
  const random = generator(seed);
  const versions = join(folder, `case-${seed}`);
  mkdirSync(versions);
  const history = writeHistory(5 + Math.floor(random() * 26), random, versions);
  const revisions = await readRevisions(versions);
  const recorded = {} as Record<Side, string[]>;
  const snapshots = {} as PlanInput["snapshots"];
  // what is damaged on one side is whole on the other: else nobody could say what it was
  const hurt = new Map<string, Side>(history.map(({ id }) => [id, random() < 0.5 ? "production" : "local"]));
  for (const side of ["production", "local"] as const) {
    const scratch = await scratches.open("");
    const applied = new Set<string>();
    const reach = 0.4 + random() * 0.6;
    for (const { id, after } of history)
      if (
        after.every((one) => applied.has(one)) &&
        (applied.size === 0 || random() < 0.8 + reach / 5) &&
        applied.size < reach * history.length
      )
        applied.add(id);
    for (const { id, statements } of history) {
      const isHurt = hurt.get(id) === side && random() < 0.4;
      const isWhole = random() < 0.5;
      for (const sql of statements) {
        const isPart = isWhole || random() < 0.5;
        const happens = applied.has(id) ? !isHurt || !isPart : isHurt && isPart;
        if (happens) await scratch.execute(sql).catch(() => undefined);
      }
    }
    await changeByHand(side, scratch, random);
    recorded[side] = findHeads(history.filter(({ id }) => applied.has(id)));
    for (const sql of writeStampStatements(recorded[side], "alembic_version")) await scratch.execute(sql);
    snapshots[side] = await scratch.read();
  }
  const { drift } = await compareExplained(snapshots.production, snapshots.local, revisions, recorded);
  return { snapshots, revisions, recorded, drift, states: judgeRevisions(revisions, snapshots, recorded) };
}

function findHeads(history: Generated[]): string[] {
  const above = new Set(history.flatMap(({ after }) => after));
  return history.map(({ id }) => id).filter((id) => !above.has(id));
}

/** A table, and of a table of the first revision a column, an index, another default: what somebody does by hand. */
async function changeByHand(side: Side, scratch: Scratch, random: () => number): Promise<void> {
  const changes = [
    `create table by_hand_${side} (id integer primary key, note text)`,
    `alter table t0_0 add column by_hand_${side} text`,
    `create index by_hand_${side}_index on t0_0 (name)`,
    `alter table t0_0 alter column name set default 'by hand'`,
    `alter table t0_0 alter column name type varchar(80)`,
  ];
  for (const sql of changes) if (random() < 0.25) await scratch.execute(sql).catch(() => undefined);
}

interface Generated {
  id: string;
  after: string[];
  statements: string[];
  tables: GeneratedTable[];
}

interface GeneratedTable {
  name: string;
  columns: string[];
}

function writeHistory(length: number, random: () => number, versions: string): Generated[] {
  const history: Generated[] = [];
  const pick = <T>(list: T[]): T => list[Math.floor(random() * list.length)];
  for (let at = 0; at < length; at += 1) {
    const id = `r${String(at).padStart(3, "0")}`;
    const heads = findHeads(history);
    const after =
      at === 0
        ? []
        : heads.length > 1 && random() < 0.3
          ? heads.slice(-2)
          : [random() < 0.2 ? pick(history).id : pick(heads)];
    // a revision knows what its own ancestors made
    const tables = new Map<string, GeneratedTable>();
    for (const one of history.filter((each) => after.includes(each.id)))
      for (const { name, columns } of one.tables)
        tables.set(name, { name, columns: [...new Set([...(tables.get(name)?.columns ?? []), ...columns])] });
    const statements =
      after.length > 1 && random() < 0.7 ? [] : inventStatements(at, [...tables.values()], tables, random);
    const parent =
      after.length > 1
        ? `(${after.map((one) => JSON.stringify(one)).join(", ")})`
        : after.length
          ? JSON.stringify(after[0])
          : "None";
    const body = statements.map((sql) => `    op.execute("""${sql}""")`).join("\n") || "    pass";
    const text = `"""${id}\n\nRevision ID: ${id}\n"""\nfrom alembic import op\n\nrevision = "${id}"\ndown_revision = ${parent}\n\n\ndef upgrade():\n${body}\n`;
    writeFileSync(join(versions, `${id}.py`), text);
    history.push({ id, after, statements, tables: [...tables.values()] });
  }
  return history;
}

/** One to three statements about tables that are there; what they make is put into `tables`. */
function inventStatements(
  at: number,
  there: GeneratedTable[],
  tables: Map<string, GeneratedTable>,
  random: () => number,
): string[] {
  const statements: string[] = [];
  for (let one = 0; one < 1 + random() * 3; one += 1) {
    const table = there[Math.floor(random() * there.length)];
    const what = random();
    if (!table || what < 0.3) {
      const name = `t${at}_${one}`;
      const to = table && random() < 0.4 ? `, parent integer references ${table.name} (id)` : "";
      statements.push(`create table ${name} (id integer primary key, name varchar(50) not null${to})`);
      const made = { name, columns: ["name"] };
      tables.set(name, made);
      there.push(made);
    } else if (what < 0.6) {
      const column = `c${at}_${one}`;
      statements.push(
        `alter table ${table.name} add column ${column} ${random() < 0.5 ? "text" : "integer default 3 not null"}`,
      );
      table.columns.push(column);
    } else if (what < 0.75) {
      const column = table.columns[Math.floor(random() * table.columns.length)];
      statements.push(`create index ix_${at}_${one} on ${table.name} (${column})`);
    } else if (what < 0.85)
      statements.push(`alter table ${table.name} add constraint ck_${at}_${one} check (id > ${at})`);
    else if (what < 0.93) statements.push(`alter table ${table.name} add constraint uq_${at}_${one} unique (id, name)`);
    else statements.push(`create type e_${at}_${one} as enum ('a', 'b')`);
  }
  return statements;
}

function generator(seed: number): () => number {
  let state = seed * 2654435761;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 0x9e3779b9) | 0;
    return ((state ^ (state >>> 13)) >>> 0) / 4294967296;
  };
}
