import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { startKernel } from "../lib/run/jupyter/kernel";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { canaries } from "../lib/demo/world";
import { runNotebooks } from "../lib/run/runner";
import { makeCodeNotebook } from "./code-notebook";
import { differing } from "./faults/soak";
import { canMount, withSmallDisk } from "./full-disk";
import { openStage, runOn, type Ran, type Stage } from "./faults/stage";

/** A run that was cut off goes on where it was; one that came to its end can be run again with no database. */
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });
let stage: Stage;
let folder: string;
let first: Ran;
/** How often that run has called the Lambda, as the Lambda's endpoint counts. */
let called: number;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "runbook-test-"));
  stage = await openStage();
  first = await runOn(stage, join(folder, "first"), ["--quick"]);
  called = stage.lambda.invocations;
}, 120_000);
afterAll(async () => {
  await stage?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const asked = () => [stage.lambda.invocations, stage.wire.statements];

test("a run counts right how often it called production", () => expect(first.results.cost.invocations).toBe(called));

describe("--resume", () => {
  test("does not ask again what was answered, and says which answers are from before", async () => {
    const out = join(folder, "resumed");
    cpSync(join(folder, "first"), out, { recursive: true });
    const kept = readdirSync(join(out, "answers")).filter((file) =>
      /^(production|local)-[0-9a-f]{32}\.json$/.test(file),
    );
    expect(kept).toHaveLength(12);
    // as a run leaves them that was cut off: one answer is not there, one is half written
    rmSync(join(out, "answers", kept[0]));
    writeFileSync(join(out, "answers", kept[3]), '{"answered": "2026');
    const before = asked();
    const { status, results, queries } = await runOn(stage, out, ["--quick", "--resume"]);
    const [invocations, statements] = asked().map((count, index) => count - before[index]);
    // one more invocation opens the run
    expect(invocations - 1 + statements).toBe(2);
    expect(queries.filter(({ cached }) => cached)).toHaveLength(10);
    expect(results.origin).toMatch(
      /^Resumed: 10 of 12 answers are from before, given between \S+ and \S+ \(quick-start 10 of 12\); the others are of this run\.$/,
    );
    expect(readFileSync(join(out, "results.md"), "utf8").split("\n")[0]).toContain("Resumed: 10 of 12 answers");
    expect(status).toBe(first.status);
    expect(differing(first.results, results)).toEqual([]);
  });

  test("names the folder that holds no answers; without it a folder is begun anew", async () => {
    await expect(runOn(stage, join(folder, "nowhere"), ["--quick", "--resume"])).rejects.toThrow(
      /nowhere holds no recorded answers/,
    );
    const before = asked();
    const { results } = await runOn(stage, join(folder, "resumed"), ["--quick"]);
    expect(asked()[0] - before[0]).toBe(6);
    expect(results.origin).toBeUndefined();
  });
});

describe("--replay", () => {
  test.skipIf(!canMount())("a results folder whose disk is full is told in one sentence", async () => {
    const disk = join(folder, "disk");
    const words = ["run", "--quick", "--replay", join(folder, "first"), "--out", join(disk, "results")];
    const [program, whole] = withSmallDisk(disk, "64k", [
      process.execPath,
      join(__dirname, "..", "lib", "cli.js"),
      ...words,
    ]);
    const run = spawn(program, whole, { stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    for (const stream of [run.stdout, run.stderr]) stream.on("data", (chunk: Buffer) => (said += chunk));
    expect(await once(run, "close")).toEqual([2, null]);
    const sentence = (part: string) =>
      `The folder ${join(disk, "results")}${part} cannot be written to, as its disk is full: make room there, or ` +
      `name another with --out.`;
    expect(said).toMatch(new RegExp(`cell \\d of 8 failed: ${sentence("/\\w+")}\\n`));
    expect(said).toContain(`runbook: ${sentence("")}\n`);
    expect(said).not.toMatch(/ENOSPC| at .*\.ts|\.part/);
  });
  test("runs the same again with no database, and the document's first line says so", async () => {
    const out = join(folder, "replayed");
    const { status, results, queries } = await runOn({ demo: "" }, out, ["--quick", "--replay", join(folder, "first")]);
    expect(results.origin).toMatch(
      /^Replayed: no database was asked\. These are the answers that were recorded \d{4}-\d\d-\d\dT[\d:]+Z\.$/,
    );
    expect(readFileSync(join(out, "results.md"), "utf8").split("\n")[0]).toContain("Replayed: no database was asked");
    expect(readFileSync(join(out, "results.html"), "utf8")).toMatch(
      /<main>\s*<p [^>]*id="origin">Replayed: no database was asked/,
    );
    expect(results.production.address).toMatch(/^demo:production, as recorded 20/);
    expect(results.cost).toMatchObject({ invocations: 0, received: 0 });
    expect(queries.every(({ cached }) => cached)).toBe(true);
    expect(status).toBe(first.status);
    expect(differing(first.results, results)).toEqual([]);
    expect(existsSync(join(out, "answers"))).toBe(false);
  });

  test("what was not asked then is not known now", async () => {
    const { status, results } = await runOn({ demo: "" }, join(folder, "unknown"), [
      "0",
      "--replay",
      join(folder, "first"),
    ]);
    expect(status).toBe(2);
    expect(results.checks.find(({ id }) => id === "identity")?.why).toMatch(
      /production: this was not asked when the answers were recorded/,
    );
  });

  test("the recorded answers hold no person", () => {
    for (const file of readdirSync(join(folder, "first", "answers"))) {
      const text = readFileSync(join(folder, "first", "answers", file), "utf8");
      for (const canary of canaries) expect(canary.exec(text)?.[0], file).toBeUndefined();
    }
  });
});

describe("what is stopped stops there as well", () => {
  const cells = [
    'import { open, close, both, local, sql } from "runbook";\nawait open("slow");',
    // of local alone: production's share would go on in its function for 30 s, and keep a processor busy
    "await local(sql`select count(*) as endless from licenses as a join licenses as b using (is_deleted) join licenses as c using (is_deleted) join licenses as d using (is_deleted) join licenses as e using (is_deleted)`);",
    "await close();",
  ];
  const notebook = makeCodeNotebook(cells);

  async function busy(): Promise<number> {
    const client = new Client({ connectionString: (JSON.parse(stage.demo) as { local: string }).local });
    await client.connect();
    const { rows } = await client.query(
      "select count(*)::integer as busy from pg_stat_activity where state = 'active' and query like '%endless%' and usename = 'credmate_user' and pid <> pg_backend_pid()",
    );
    await client.end();
    return (rows as { busy: number }[])[0].busy;
  }
  const until = async (holds: (busy: number) => boolean) => {
    const start = performance.now();
    while (!holds(await busy())) {
      if (performance.now() - start > 120_000) throw new Error("waited for two minutes");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return performance.now() - start;
  };

  test(
    "a cell over its time, and one that is interrupted: PostgreSQL's query ends within two seconds",
    { timeout: 400_000 },
    async () => {
      const path = join(__dirname, "slow.ipynb");
      writeFileSync(path, JSON.stringify(notebook));
      try {
        const environment = { PATH: process.env.PATH, HOME: folder, RUNBOOK_DEMO: stage.demo };
        const late = runNotebooks({ notebooks: [path], results: join(folder, "late"), environment, cellSeconds: 15 });
        await until((count) => count > 0);
        const [executed] = await late;
        expect(await until((count) => count === 0)).toBeLessThan(2000);
        expect(executed.failed?.why).toMatch(/took longer than 15 s and was stopped/);

        const stop = new AbortController();
        const interrupted = runNotebooks({
          notebooks: [path],
          results: join(folder, "interrupted"),
          environment,
          signal: stop.signal,
        });
        await until((count) => count > 0);
        stop.abort();
        expect(await until((count) => count === 0)).toBeLessThan(2000);
        expect((await interrupted)[0].failed?.why).toBe("the run was stopped");
      } finally {
        rmSync(path);
      }
    },
  );

  test("Stop ends a loop of queries: the second is never asked, and what becomes of the first is said", async () => {
    const environment = { PATH: process.env.PATH, HOME: folder, RUNBOOK_DEMO: stage.demo };
    const kernel = await startKernel(__dirname, environment);
    const loop = (work: string) =>
      `for (const n of [1, 2, 3, 4]) {\n  const slow = sql\`select count(*) as endless, \${n}::int as round from licenses as a join licenses as b using (is_deleted) join licenses as c using (is_deleted) join licenses as d using (is_deleted) join licenses as e using (is_deleted)\`;\n  ${work}\n}`;
    try {
      expect((await kernel.execute(cells[0])).status).toBe("ok");
      const loops = {
        both: loop("await both(slow);"),
        "with errors caught": loop("try { await local(slow); } catch {}"),
      };
      for (const [name, code] of Object.entries(loops)) {
        const running = kernel.execute(code);
        await until((count) => count > 0);
        kernel.interrupt();
        const { status, outputs } = await running;
        expect(await until((count) => count === 0), name).toBeLessThan(2000);
        const [error, ...others] = outputs.filter((output) => output.output_type === "error");
        expect([status, error.ename, others], name).toEqual(["error", "Interrupted", []]);
        expect(error.evalue).toMatch(
          /^Stopped; nothing more is asked\. .*local: its query is being cancelled on the server/,
        );
        if (name === "both")
          expect(error.evalue).toContain(
            "production: a Lambda that was called cannot be stopped; its query goes on there for at most 30 s",
          );
        await new Promise((resolve) => setTimeout(resolve, 1500));
        expect(await busy(), name).toBe(0);
      }
      // the next cell asks as ever
      const { status, outputs } = await kernel.execute("(await local(sql`select 1 as one`)).height");
      expect([status, JSON.stringify(outputs)]).toEqual(["ok", expect.stringContaining("1")]);
    } finally {
      await kernel.shutdown();
    }
  });

  test("the first cell of a notebook stops too, and the kernel completes names of the sides from then on", async () => {
    const environment = { PATH: process.env.PATH, HOME: folder, RUNBOOK_DEMO: stage.demo };
    const kernel = await startKernel(__dirname, environment);
    const complete = async (code: string) => {
      const reply = await kernel.ask("complete_request", { code, cursor_pos: code.length });
      return { from: reply.cursor_start as number, names: reply.matches as string[] };
    };
    const nothing = "await local(sql`select count(*) as early from ";
    const slow =
      "sql`select count(*) as endless from licenses as a join licenses as b using (is_deleted) join licenses as c using (is_deleted) join licenses as d using (is_deleted) join licenses as e using (is_deleted)`";
    try {
      const first = `import { open, local, sql } from "runbook";\nawait open("slow");\nfor (const n of [1, 2, 3]) {\n  try { await local(${slow}); } catch {}\n}`;
      const running = kernel.execute(first);
      await until((count) => count > 0);
      kernel.interrupt();
      const { outputs } = await running;
      const errors = outputs.filter((output) => output.output_type === "error");
      expect(errors.map(({ ename, evalue }) => `${ename}: ${evalue}`)).toEqual([
        expect.stringMatching(/^Interrupted: Stopped; nothing more is asked\. local: its query is being cancelled/),
      ]);
      expect(await until((count) => count === 0)).toBeLessThan(2000);
      await new Promise((resolve) => setTimeout(resolve, 1500));
      expect(await busy()).toBe(0);

      // an interrupted cell has declared nothing
      const opening = 'import { open, both, local, sql } from "runbook";\nawait open("names");';
      expect((await kernel.execute(opening)).status).toBe("ok");
      const before = asked();
      expect(await complete(nothing)).toEqual({ from: nothing.length, names: [] });
      expect(asked()).toEqual(before);
      expect((await complete("sql.row")).names).toContain("rowCounts");
      await kernel.execute("const one = await local(sql`select count(*) as licenses from licenses`);");
      const known = asked();
      expect((await complete(nothing)).names).toEqual(expect.arrayContaining(["licenses", "users"]));
      const dotted = "await both(sql`\n  select l.st from licenses as l`)";
      const place = dotted.indexOf("l.st") + 4;
      const reply = await kernel.ask("complete_request", { code: dotted, cursor_pos: place });
      expect([reply.cursor_start, reply.cursor_end]).toEqual([place - 2, place]);
      expect(reply.matches).toEqual(expect.arrayContaining(["state", "status"]));
      expect(asked()).toEqual(known);

      // what an earlier cell declared, in the short form of a property
      const short = await kernel.execute("Object.keys({ one, local }).join() + ({ one }).one.height");
      expect([short.status, JSON.stringify(short.outputs)]).toEqual(["ok", expect.stringContaining("one,local1")]);
      const unknown = await kernel.execute("await draw(one);");
      expect(JSON.stringify(unknown.outputs)).toContain(
        'draw is not imported: write import { draw } from \\"runbook\\"; above.',
      );
    } finally {
      await kernel.shutdown();
    }
  });

  test("Ctrl-C on the command line", async () => {
    const words = [
      "query",
      "--on",
      "local",
      "select count(*) as endless from licenses as a join licenses as b using (is_deleted) join licenses as c using (is_deleted) join licenses as d using (is_deleted) join licenses as e using (is_deleted)",
    ];
    const child = spawn(process.execPath, [join(__dirname, "..", "lib", "cli.js"), ...words], {
      env: { PATH: process.env.PATH, HOME: folder, RUNBOOK_DEMO: stage.demo },
    });
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    await until((count) => count > 0);
    child.kill("SIGINT");
    expect(await until((count) => count === 0)).toBeLessThan(2000);
    const status = await new Promise((resolve) =>
      child.exitCode === null ? child.once("close", resolve) : resolve(child.exitCode),
    );
    expect([status, stderr]).toEqual([
      130,
      "runbook: Stopped; nothing more is asked. local: its query is being cancelled on the server.\n",
    ]);
  });
});
