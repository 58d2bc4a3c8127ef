/** `npm run soak [rounds] [seed]`: the whole runbook again and again with faults in a fifth of the answers; what it finds must stay the same. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { soak } from "./faults/soak";
import { openStage, runOn } from "./faults/stage";

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

main(process.argv.slice(2)).catch((problem: Error) => {
  console.error(problem.message);
  process.exitCode = 1;
});
