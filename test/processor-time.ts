import { appendFileSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { afterAll, expect, inject } from "vitest";

/** The processor time, in seconds, that this test file has cost over all that it started (Linux alone). */
if (process.env.RUNBOOK_TEST_TIMES) {
  const before = sumTicks();
  // registered before any other, so that it comes last, when the file's servers have ended
  afterAll(() => {
    const seconds = ((sumTicks() - before) / 100).toFixed(1);
    appendFileSync(join(inject("shared"), "times"), `${seconds} ${basename(expect.getState().testPath!)}\n`);
  });
}

/** The ticks, a hundredth of a second each, of this process and of its children that have ended (proc(5), "stat"). */
function sumTicks(): number {
  const [, fields] = readFileSync("/proc/self/stat", "utf8").split(/\) /);
  const [user, system, childrenUser, childrenSystem] = fields.split(" ").slice(11, 15).map(Number);
  return user + system + childrenUser + childrenSystem;
}
