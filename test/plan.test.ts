import { mkdtempSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readRevisions } from "../lib/alembic/revision";
import { judgeRevisions } from "../lib/alembic/revision-state";
import { makePlans, readPlanInput } from "../lib/command/plan";
import { startScratches } from "../lib/demo/scratch";
import { openSources, type Sources } from "../lib/open";
import { type Alembic, findRehearsalAlembic } from "../lib/plan/alembic";
import { stampStatements, type PlanInput } from "../lib/plan/plan";
import { rehearse, type Rehearsal } from "../lib/plan/rehearse";
import type { Plan } from "../lib/plan/step";
import { planAsSql, writePlan } from "../lib/plan/write";
import { compareExplained } from "../lib/schema/both";
import type { Scratch, Scratches } from "../lib/schema/prove/scratch";
import type { Side } from "../lib/ledger";
import { readSettings } from "../lib/settings";

let pool: Scratches;
let alembic: Alembic | undefined;
const free: Scratch[] = [];
let made = 0;
const folder = mkdtempSync(join(tmpdir(), "runbook-plan-"));

beforeAll(async () => {
  pool = await startScratches();
  alembic = await findRehearsalAlembic(readSettings({}));
}, 60_000);

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
    check(await rehearse(plans, input, { open: startScratches }));
  }, 60_000);

  test("is rehearsed with the real Alembic, to the same end", async ({ skip }) => {
    if (!alembic) return skip("there is no Alembic here: set RUNBOOK_ALEMBIC, or put one on the PATH");
    check(await rehearse(plans, input, { open: startScratches, alembic }));
  }, 120_000);

  test("ends without a difference where every choice is to take it back", async () => {
    const chosen = plans.production.steps.filter(({ isOptional }) => isOptional).map(({ id }) => id);
    const { remains } = await rehearse(plans, input, { open: startScratches, chosen });
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

  test("a plan's file refuses a database whose state has changed", async () => {
    const scratches = reused();
    const scratch = await scratches.open("");
    const top = /do \$state\$.*?\$state\$;/s.exec(planAsSql(plans.local, new Date()))![0];
    for (const sql of stampStatements(plans.local.recorded!, "alembic_version")) await scratch.execute(sql);
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
      for (let seed = 1; seed <= cases; seed += 1) {
        const scratches = reused();
        const input = await damage(seed, scratches);
        const plans = await makePlans(input);
        const chosen = plans.production.steps
          .concat(plans.local.steps)
          .flatMap(({ id, isOptional }) => (isOptional ? id : []));
        const { sides, remains } = await rehearse(plans, input, { open: async () => scratches, chosen });
        const told = {
          seed,
          failed: sides.flatMap(({ side, steps }) =>
            steps.filter(({ outcome }) => outcome !== "worked").map((step) => ({ side, ...step })),
          ),
          versions: sides.map(({ version }) => version),
          remains,
        };
        expect(told).toEqual({
          seed,
          failed: [],
          versions: [input.revisions.heads, input.revisions.heads],
          remains: [],
        });
        await scratches.release();
      }
    },
    30_000 + 10_000 * cases,
  );
});

test("a merge and two heads are followed, and what is in no file stops stamps and upgrades", async () => {
  const versions = join(folder, "merge");
  mkdirSync(versions);
  const write = (id: string, after: string, table: string) =>
    writeFileSync(
      join(versions, `${id}.py`),
      `from alembic import op\nrevision = "${id}"\ndown_revision = ${after}\ndef upgrade():\n    ${table ? `op.execute("create table ${table} (id integer primary key)")` : "pass"}\n`,
    );
  write("base", "None", "t0");
  write("left", '"base"', "t1");
  write("right", '"base"', "t2");
  write("both", '("left", "right")', "");
  const revisions = await readRevisions(versions);
  const scratches = reused();
  const side = async (tables: string[], recorded: string[]) => {
    const scratch = await scratches.open("");
    for (const table of tables) await scratch.execute(`create table ${table} (id integer primary key)`);
    for (const sql of stampStatements(recorded, "alembic_version")) await scratch.execute(sql);
    return scratch.read();
  };
  const plan = async (production: string[], local: string[]) => {
    const recorded = { production, local };
    const snapshots = {
      production: await side(["t0", "t1"], production),
      local: await side(["t0", "t1", "t2"], local),
    };
    const { drift } = await compareExplained(snapshots.production, snapshots.local, revisions, recorded);
    const input = { snapshots, revisions, recorded, drift, states: judgeRevisions(revisions, snapshots, recorded) };
    return { input, plans: await makePlans(input) };
  };
  const { input, plans } = await plan(["left"], ["left", "right"]);
  const { sides, remains } = await rehearse(plans, input, { open: async () => scratches });
  expect(sides.flatMap(({ steps }) => steps.map(({ id, outcome }) => `${id} ${outcome}`))).toEqual([
    "upgrade/right worked",
    "upgrade/both worked",
    "upgrade/both worked",
  ]);
  expect([sides.map(({ version }) => version), remains]).toEqual([[["both"], ["both"]], []]);
  const lost = (await plan(["gone"], ["both"])).plans.production;
  expect(lost.steps.filter(({ kind }) => /stamp|upgrade/.test(kind))).toEqual([]);
  expect(lost.problems.join()).toContain("production records gone, which is in no file");
  await scratches.release();
}, 60_000);

/** A history of 5 to 30 revisions, and two databases that were made by it and damaged since. */
async function damage(seed: number, scratches: Scratches): Promise<PlanInput> {
  const random = generator(seed);
  const versions = join(folder, `case-${seed}`);
  mkdirSync(versions);
  const history = writeHistory(5 + Math.floor(random() * 26), random, versions);
  const revisions = await readRevisions(versions);
  const recorded = {} as Record<Side, string[]>;
  const snapshots = {} as PlanInput["snapshots"];
  // what is damaged on one side is whole on the other: else nobody could say what it was
  const hurt = new Map<number, Side>(history.map((_, at) => [at, random() < 0.5 ? "production" : "local"]));
  for (const side of ["production", "local"] as const) {
    const scratch = await scratches.open("");
    const upTo = Math.max(1, Math.floor(history.length * (0.4 + random() * 0.6)));
    for (const [at, { statements }] of history.entries()) {
      const isHurt = hurt.get(at) === side && random() < 0.4;
      const isRecorded = at < upTo;
      const part = random() < 0.5 ? 0 : 1;
      for (const [position, sql] of statements.entries()) {
        const happens = isRecorded ? !isHurt || position < part : isHurt && hurt.get(at) === side;
        if (happens) await scratch.execute(sql).catch(() => undefined);
      }
    }
    if (random() < 0.3) await scratch.execute(`create table by_hand_${side} (id integer primary key, note text)`);
    recorded[side] = [history[upTo - 1].id];
    for (const sql of stampStatements(recorded[side], "alembic_version")) await scratch.execute(sql);
    snapshots[side] = await scratch.read();
  }
  const { drift } = await compareExplained(snapshots.production, snapshots.local, revisions, recorded);
  return { snapshots, revisions, recorded, drift, states: judgeRevisions(revisions, snapshots, recorded) };
}

interface Generated {
  id: string;
  statements: string[];
}

function writeHistory(length: number, random: () => number, versions: string): Generated[] {
  const tables: { name: string; columns: string[] }[] = [];
  const history: Generated[] = [];
  for (let at = 0; at < length; at += 1) {
    const id = `r${String(at).padStart(3, "0")}`;
    const statements: string[] = [];
    for (let one = 0; one < 1 + random() * 3; one += 1) {
      const table = tables[Math.floor(random() * tables.length)];
      const what = random();
      if (!table || what < 0.4) {
        const name = `t${at}_${one}`;
        const to = table && random() < 0.4 ? `, parent integer references ${table.name} (id)` : "";
        statements.push(`create table ${name} (id integer primary key, name varchar(50) not null${to})`);
        tables.push({ name, columns: ["name"] });
      } else if (what < 0.7) {
        const column = `c${at}_${one}`;
        statements.push(
          `alter table ${table.name} add column ${column} ${random() < 0.5 ? "text" : "integer default 3 not null"}`,
        );
        table.columns.push(column);
      } else {
        const column = table.columns[Math.floor(random() * table.columns.length)];
        statements.push(`create index ix_${at}_${one} on ${table.name} (${column})`);
      }
    }
    const parent = at === 0 ? "None" : JSON.stringify(history[at - 1].id);
    const body = statements.map((sql) => `    op.execute("""${sql}""")`).join("\n");
    const text = `"""${id}\n\nRevision ID: ${id}\n"""\nfrom alembic import op\n\nrevision = "${id}"\ndown_revision = ${parent}\n\n\ndef upgrade():\n${body}\n`;
    writeFileSync(join(versions, `${id}.py`), text);
    history.push({ id, statements });
  }
  return history;
}

function generator(seed: number): () => number {
  let state = seed * 2654435761;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 0x9e3779b9) | 0;
    return ((state ^ (state >>> 13)) >>> 0) / 4294967296;
  };
}
