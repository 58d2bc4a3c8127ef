import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, expect, test } from "vitest";
import { startTranslator, type Cells, type Translator } from "../lib/run/jupyter/ahead";

/** The process that translates a run's cells before a kernel gets them. */
const folder = mkdtempSync(join(tmpdir(), "runbook-ahead-"));
const cache = join(__dirname, "..", "node_modules", ".cache", "runbook", "cells");
let translator: Translator | undefined;
afterEach(() => translator?.stop());
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const start = (notebooks: Cells[], place = folder) =>
  (translator = startTranslator(place, notebooks, { ...process.env }));
const begun = Date.now() - 1000;
/** Whether the cache holds a cell's translation; other tests write into it too. */
const isKept = (cell: string) =>
  (existsSync(cache) ? readdirSync(cache) : [])
    .map((name) => join(cache, name))
    .some((file) => {
      const stat = statSync(file, { throwIfNoEntry: false });
      return stat && stat.mtimeMs > begun && readFileSync(file, "utf8").includes(cell.split(" ")[1]);
    });
/** Which of these waits are over. */
async function over(waits: Promise<void>[]): Promise<boolean[]> {
  const done = waits.map(() => false);
  waits.forEach((wait, index) => void wait.then(() => (done[index] = true)));
  await sleep(20);
  return done;
}
/** A cell that no earlier test has translated. */
const fresh = () => `const value${Math.random().toString(36).slice(2)} = ${Date.now()};`;

test("a cell is waited for until it is in the cache, notebook after notebook", async () => {
  const cells = [fresh(), fresh(), fresh()];
  const { wait } = start([
    { name: "one", cells: cells.slice(0, 2) },
    { name: "other", cells: cells.slice(2) },
  ]);
  const waits = [wait("one", 0), wait("one", 1), wait("other", 0)];
  expect(await over(waits)).toEqual([false, false, false]);
  for (const [index, wait] of waits.entries()) {
    await wait;
    expect(isKept(cells[index])).toBe(true);
  }
  // what was translated is not waited for again
  expect(await over([wait("one", 0), wait("other", 0)])).toEqual([true, true]);
});

test("after a cell that cannot be translated nothing of its notebook is waited for, and the next notebook is translated", async () => {
  const cells = [fresh(), "const c = (", fresh(), fresh()];
  const { wait } = start([
    { name: "broken", cells: cells.slice(0, 3) },
    { name: "whole", cells: cells.slice(3) },
  ]);
  await Promise.all([wait("broken", 0), wait("broken", 1), wait("broken", 2), wait("whole", 0)]);
  expect([cells[0], cells[2], cells[3]].map(isKept)).toEqual([true, false, true]);
});

test("nobody waits for a process that was stopped, that ended, or that could not start", async () => {
  const { wait, stop } = start([{ name: "one", cells: [fresh()] }]);
  const waits = [wait("one", 0), wait("unknown", 5)];
  stop();
  await Promise.all(waits);
  await start([{ name: "one", cells: [fresh()] }], join(folder, "nowhere")).wait("one", 0);
  // a notebook that it was not given is waited for until it ends
  await start([{ name: "one", cells: [fresh()] }]).wait("unknown", 0);
});
