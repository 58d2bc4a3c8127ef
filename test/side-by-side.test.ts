import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, describe, expect, test } from "vitest";
import { startDemo } from "../lib/demo";
import { run, type Run } from "../lib/run";
import { makeCoordinator } from "../lib/run/coordinator";
import { readNotebook, writeNotebook, type Notebook } from "../lib/run/notebook";
import { makeOrder, readsFindings } from "../lib/run/order";
import { buildChildEnvironment, readSettings } from "../lib/settings";
import { listCode, makeCodeNotebook } from "./code-notebook";
import { differing } from "./faults/soak";
import { makeProjectFolder } from "./folder";
import { hideTimes } from "./hide-times";

/** Notebooks of one run that are executed at the same time. */
const folder = mkdtempSync(join(tmpdir(), "runbook-side-by-side-"));
const beside = makeProjectFolder("side-by-side");
afterAll(() => {
  for (const place of [folder, beside]) rmSync(place, { recursive: true, force: true });
});

describe("the order", () => {
  test("is that of the notebooks; one that waits lets others go first, until all before it have ended", async () => {
    const order = makeOrder([false, false, true, false, true]);
    expect([await order.take(), await order.take(), await order.take()]).toEqual([0, 1, 3]);
    let next: number | undefined;
    const waiting = order.take().then((place) => (next = place));
    order.end(3);
    order.end(0);
    await new Promise(setImmediate);
    expect(next).toBeUndefined();
    order.end(1);
    await waiting;
    expect(next).toBe(2);
    const last = order.take();
    order.end(2);
    expect(await last).toBe(4);
    expect(await order.take()).toBeUndefined();
  });

  test("is over for whoever waits, where it is closed", async () => {
    const order = makeOrder([false, true]);
    await order.take();
    const waiting = order.take();
    order.close();
    expect([await waiting, await order.take()]).toEqual([undefined, undefined]);
  });

  test.each([
    ["const { causes } = outcome();", true],
    ["const plan = await plans(history, recorded);", true],
    ["const result = outcome;", true],
    ['import { readFileSync } from "node:fs";', true],
    ['const fs = await import("fs");', true],
    ['const fs = require("fs");', true],
    ['import { helper } from "./helper";', true],
    ["const place = process.env.RUNBOOK_RESULTS;", true],
    ['import pl from "nodejs-polars";\nimport { both, sql } from "runbook";', false],
    ["await show(await both(sql.counts), 'Counts');", false],
    ['await show(all.sort(pl.col("from"), true), "Distributions");', false],
  ])("%s", (source, waits) => expect(readsFindings(["1 + 1", source])).toBe(waits));

  test("of the project's own notebooks 8 and 99 wait", () => {
    const names = readdirSync(join(__dirname, "..", "notebooks")).filter((file) => /^\d\d.*\.ipynb$/.test(file));
    const waiting = names.filter((file) => readsFindings(listSources(read(file))));
    expect(waiting).toEqual(["08-plan.ipynb", "99-results.ipynb"]);
  });
});

/** A process that does what a kernel does: it asks the process that started it. */
interface Member {
  process: ChildProcess;
  /** Sends a call, and answers with what came of it. */
  call(name: "take" | "give" | "claim" | "claimFree" | "release" | "leave", ...words: unknown[]): Promise<unknown>;
}

const program = `
require("./lib/register-typescript");
const { joinCoordination } = require("./lib/source/coordination");
const { budget, claims, leave } = joinCoordination();
const releases = {};
const calls = {
  take: () => budget.take("production").then(() => "taken", (error) => error.message),
  give: (bytes) => budget.give({ received: bytes }),
  claim: async (name) => void (releases[name] = await claims.claim(name)),
  claimFree: async (...names) => {
    const { free, release } = await claims.claimFree(names);
    releases[names] = release;
    return free;
  },
  release: (...names) => releases[names](),
  leave,
};
require("node:readline").createInterface({ input: process.stdin }).on("line", async (line) => {
  const { number, name, words } = JSON.parse(line);
  console.log(JSON.stringify({ number, result: await calls[name](...words) }));
});
console.log("ready");`;

describe("what the kernels of a run share", () => {
  const members: Member[] = [];
  afterAll(() => members.forEach((member) => member.process.kill("SIGKILL")));

  async function startMember(coordinator: ReturnType<typeof makeCoordinator>): Promise<Member> {
    const child = spawn(process.execPath, ["-e", program], {
      cwd: join(__dirname, ".."),
      stdio: ["pipe", "pipe", "inherit", "ipc"],
    });
    coordinator.serve(child);
    const waiting = new Map<number, (result: unknown) => void>();
    const lines = createInterface({ input: child.stdout! });
    await once(lines, "line");
    lines.on("line", (line) => {
      const { number, result } = JSON.parse(line) as { number: number; result: unknown };
      waiting.get(number)?.(result);
    });
    let calls = 0;
    const member: Member = {
      process: child,
      call: (name, ...words) =>
        new Promise((resolve) => {
          waiting.set(++calls, resolve);
          child.stdin!.write(`${JSON.stringify({ number: calls, name, words })}\n`);
        }),
    };
    members.push(member);
    return member;
  }

  const isOpen = (promise: Promise<unknown>) =>
    Promise.race([promise.then(() => false), new Promise<boolean>((resolve) => setTimeout(resolve, 300, true))]);

  test("the allowance: one sentence for whoever comes when it is spent, in whichever kernel", async () => {
    const coordinator = makeCoordinator({ invocations: 5, bytes: 1000 }, { invocations: 1, received: 0 });
    const [one, other] = [await startMember(coordinator), await startMember(coordinator)];
    for (const member of [one, other, one]) {
      expect(await member.call("take")).toBe("taken");
      await member.call("give", 10);
    }
    expect(await other.call("take")).toBe("taken");
    // it gives back more than it has taken
    for (let time = 0; time < 3; time++) await other.call("give", 10);
    const spent =
      "production: the run has cost the 5 invocations that it may: nothing more is asked. " +
      "Raise RUNBOOK_INVOCATIONS, or run fewer phases.";
    expect([await one.call("take"), await other.call("take")]).toEqual([spent, spent]);
    [one, other].forEach((member) => member.process.kill("SIGKILL"));
  });

  test("four calls at a time; those of a kernel that was killed are free again", async () => {
    const coordinator = makeCoordinator({ invocations: 100, bytes: 1000 });
    const [one, other] = [await startMember(coordinator), await startMember(coordinator)];
    for (const member of [one, one, other, other]) expect(await member.call("take")).toBe("taken");
    const [fifth, sixth] = [other.call("take"), other.call("take")];
    expect(await isOpen(fifth)).toBe(true);
    one.process.kill("SIGKILL");
    expect([await fifth, await sixth]).toEqual(["taken", "taken"]);
    other.process.kill("SIGKILL");
  });

  test("a question is one kernel's, until it gives it back, leaves or is killed", async () => {
    const coordinator = makeCoordinator({ invocations: 100, bytes: 1000 });
    const [one, other] = [await startMember(coordinator), await startMember(coordinator)];
    await one.call("claim", "a");
    expect(await other.call("claimFree", "a", "b", "c")).toEqual(["b", "c"]);
    const waiting = other.call("claim", "a");
    expect(await isOpen(waiting)).toBe(true);
    await one.call("release", "a");
    await waiting;
    const [b, again] = [one.call("claim", "b"), one.call("claim", "a")];
    expect([await isOpen(b), await isOpen(again)]).toEqual([true, true]);
    await other.call("release", "a", "b", "c");
    await b;
    expect(await isOpen(again)).toBe(true);
    await other.call("leave");
    await again;
    const third = await startMember(coordinator);
    const last = third.call("claim", "a");
    expect(await isOpen(last)).toBe(true);
    one.process.kill("SIGKILL");
    await last;
    for (const { process: child } of [other, third]) child.kill("SIGKILL");
  });

  test("what a kernel still waits for when it leaves, nobody else waits for", async () => {
    const coordinator = makeCoordinator({ invocations: 100, bytes: 1000 });
    const [one, other] = [await startMember(coordinator), await startMember(coordinator)];
    await one.call("claim", "a");
    for (let place = 0; place < 4; place++) await one.call("take");
    void other.call("claim", "a");
    void other.call("take");
    await other.call("leave");
    await one.call("release", "a");
    await one.call("claim", "a");
    await one.call("give", 10);
    expect(await one.call("take")).toBe("taken");
    for (const { process: child } of [one, other]) child.kill("SIGKILL");
  });
});

test("two notebooks that want the same answer at the same time: production is asked once", async () => {
  const cells = (name: string) => [
    `import { open, production, sql } from "runbook";\nawait open("${name}");`,
    "const slow = await production(sql`select count(*) as pairs from licenses a join licenses b using (is_deleted)`);",
    "console.log(slow.height);",
  ];
  const names = ["10-one", "11-other"];
  for (const name of names) writeNotebook(join(beside, `${name}.ipynb`), makeCodeNotebook(cells(name)));
  const { executed } = await execute("twice", names, 2);
  const queries = executed.map(({ events }) =>
    events.flatMap((event) => (event.kind === "query" && /pairs/.test(event.sql) ? [event] : [])),
  );
  expect(executed.map(({ failed }) => failed)).toEqual([undefined, undefined]);
  expect(queries.map((asked) => asked.map(({ rows }) => rows))).toEqual([[1], [1]]);
  expect(queries.flat().filter(({ cached }) => !cached)).toHaveLength(1);
});

test(
  "the whole runbook with nothing translated and two kernels, and translated with one: the same but for times",
  { timeout: 1_200_000 },
  async () => {
    const nonce = `of ${randomUUID()}`;
    const files = readdirSync(join(__dirname, "..", "notebooks")).filter((file) => /^\d\d.*\.ipynb$/.test(file));
    for (const file of files) {
      const notebook = read(file);
      for (const cell of listCode(notebook)) cell.source = `void "${nonce}";\n${cell.source}`;
      writeNotebook(join(beside, file), notebook);
    }
    const names = files.map((file) => file.replace(".ipynb", ""));
    const [empty, full] = [await execute("empty", names, 2), await execute("full", names, 1)];
    const cache = join(__dirname, "..", "node_modules", ".cache", "runbook", "cells");
    const kept = readdirSync(cache).filter((file) => readFileSync(join(cache, file), "utf8").includes(nonce));
    expect(kept).toHaveLength(names.flatMap((name) => listSources(readNotebook(join(beside, `${name}.ipynb`)))).length);
    expect(empty.results.checks.length).toBeGreaterThan(60);
    expect(differing(empty.results, full.results)).toEqual([]);
    expect(empty.results.causes).toEqual(full.results.causes);
    expect(empty.results.cost.queries).toBe(full.results.cost.queries);
    expect(readFrames("empty")).toEqual(readFrames("full"));
    expect(readDocument("empty")).toEqual(readDocument("full"));
  },
);

async function execute(name: string, notebooks: string[], atOnce: number): Promise<Run> {
  // each run has a demo of its own, since a run's reads count in the statistics that the next one finds
  const demo = await startDemo();
  try {
    const settings = { ...readSettings({}, {}), demo: JSON.stringify(demo) };
    return await run({
      notebooks: notebooks.map((notebook) => join(beside, `${notebook}.ipynb`)),
      out: findResults(name),
      environment: buildChildEnvironment({ ...settings, results: "" }),
      production: settings.production,
      local: settings.local,
      atOnce,
    });
  } finally {
    await demo.stop();
  }
}

/** Each in a folder of its own: a run tells what has changed since the one beside it. */
function findResults(name: string): string {
  return join(folder, name, "results");
}

function readDocument(name: string): string[] {
  return hidePorts(hideTimes(readFileSync(join(findResults(name), "results.md"), "utf8")))
    .replace(/^(\| \d+ \| `.*) [\d,]+ \|$/gm, "$1 (milliseconds) |")
    .replace(/[\d,.]+(?= (bytes|kB|MB)\b)/g, "(size)")
    .replace(/^(\| (?:production|local) \| \d+ \|).* [\d,]+ \|$/gm, "$1 (cost) |")
    .split("\n");
}

function readFrames(name: string): Record<string, string> {
  const place = join(findResults(name), "data");
  // how long the queries took, and how many bytes times of the day are written in
  const files = readdirSync(place).filter((file) => file.endsWith(".csv") && !file.endsWith("-queries-by-source.csv"));
  return Object.fromEntries(files.map((file) => [file, hidePorts(hideTimes(readFileSync(join(place, file), "utf8")))]));
}

function hidePorts(text: string): string {
  return text.replace(/127\.0\.0\.1:\d+|(?<=^local,port,|^\| local \| port \| )\d+/gm, "(port)");
}

function read(file: string): Notebook {
  return readNotebook(join(__dirname, "..", "notebooks", file));
}

function listSources(notebook: Notebook): string[] {
  return listCode(notebook).map(({ source }) => source);
}
