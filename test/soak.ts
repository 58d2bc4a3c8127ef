/**
 * `npm run soak [rounds] [seed]`: the whole runbook again and again with faults in a fifth of the answers; what it finds must stay the same.
 * `npm run soak rows [rounds] [seed]`: 500 random pairs of tables a round, each comparison held against the truth.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { soak } from "./faults/soak";
import { openStage, runOn } from "./faults/stage";
import type { SafeColumns } from "../lib/guard/safe-columns";
import { comparePairs } from "./rows/hold";
import { prelude } from "./rows/pairs";
import { openSides } from "./sides";

async function main([rounds = "50", seed = String(Date.now() % 1_000_000)]: string[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "runbook-soak-"));
  const stage = await openStage();
  try {
    const { results } = await runOn(stage, join(folder, "reference"));
    console.log(
      `Without faults: ${results.findings.length} findings in ${results.checks.length} checks, ${results.seconds} s. The first seed is ${seed}.`,
    );
    let [finished, differing, faults] = [0, 0, 0];
    for (let round = 0; round < Number(rounds); round++) {
      const { seed: used, ran, ...told } = await soak(stage, folder, results, Number(seed) + round);
      faults += told.faults;
      if (told.finished) finished++;
      if (told.finished && told.differs.length) differing++;
      console.log(
        `Round ${round + 1}, seed ${used}: ${told.faults} faults, ${ran.results.seconds} s, ${told.finished ? "finished" : "not finished"}, ${told.differs.length ? `differs in ${told.differs.join(", ")}` : "the same findings"}.`,
      );
    }
    console.log(
      `${finished} of ${rounds} rounds finished under ${faults} faults; ${finished - differing} of them found the same as the run without faults.`,
    );
    process.exitCode = differing ? 1 : 0;
  } finally {
    await stage.stop();
    rmSync(folder, { recursive: true });
  }
}

async function soakRows([rounds = "20", seed = String(Date.now() % 1_000_000)]: string[]): Promise<void> {
  const columns: SafeColumns = { safe: {} };
  const sides = await openSides(columns);
  try {
    for (const side of ["production", "local"] as const) await sides.clients[side].query(prelude[side]);
    let wrong = 0;
    for (let round = 0; round < Number(rounds); round++) {
      const first = (Number(seed) + round) * 500;
      for (let number = first; number < first + 500; number++) columns.safe[`pair_${number}`] = "*";
      const found = await comparePairs(sides, columns, first, 500);
      wrong += found.length;
      console.log(`Round ${round + 1}, pairs from ${first} on: ${found.length} compared wrongly.`);
      for (const one of found) console.log(JSON.stringify(one, null, 1));
    }
    console.log(`${Number(rounds) * 500} pairs, ${wrong} compared wrongly.`);
    process.exitCode = wrong ? 1 : 0;
  } finally {
    await sides.close();
  }
}

const words = process.argv.slice(2);
(words[0] === "rows" ? soakRows(words.slice(1)) : main(words)).catch((problem: Error) => {
  console.error(problem.message);
  process.exitCode = 1;
});
