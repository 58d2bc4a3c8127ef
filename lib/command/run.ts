import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { RunbookError } from "../errors";
import { severities } from "../ledger";
import { demoFor, openRevisions, openSources } from "../open";
import { exitStatus, progressOn, resultsName, run as runNotebooks } from "../run";
import { childEnvironment, notebooksFolder, readSettings, type Settings } from "../settings";
import { sql } from "../sql";
import { flagsOf, oneOf, sideFlags, type Verb } from "./verb";

export const run: Verb = {
  help: `runbook run [PHASE…]     executes the notebooks in order, and writes a results folder

  --quick                  the quick start alone
  --out FOLDER             where the results go (default: notebooks/results/<UTC time>)
  --fail-on SEVERITY       exit status 1 from this severity on: ${severities.join(", ")} (default: never)
  --production, --local ADDRESS, --migrations FOLDER

  runbook run                                       the whole runbook on the demo
  runbook run 0 1                                   phases 0 and 1
  runbook run --fail-on high --production lambda:credmate-rds-sql-api --local postgres://credmate_user@localhost:5432/credmate_local

Exit status: 0 it ran; 1 it found what --fail-on names; 2 a check could not tell.
`,
  async run(words) {
    const { values: flags, positionals } = parseArgs({
      args: words,
      allowPositionals: true,
      options: { ...sideFlags, quick: { type: "boolean", default: false }, out: { type: "string" }, "fail-on": { type: "string" } },
    });
    const failOn = flags["fail-on"] === undefined ? undefined : oneOf("fail-on", flags["fail-on"], severities);
    const notebooks = flags.quick ? ["quick-start.ipynb"] : choose(positionals);
    const settings = readSettings(flagsOf(flags));
    const demo = await demoFor(settings);
    const stop = new AbortController();
    const interrupt = () => stop.abort();
    process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
    try {
      const shared: Settings = { ...settings, demo: demo && JSON.stringify(demo) };
      await tryBoth(shared);
      const { results, document } = await runNotebooks({
        notebooks: notebooks.map((file) => join(notebooksFolder, file)),
        out: flags.out ?? join(notebooksFolder, "results", resultsName(new Date())),
        environment: childEnvironment({ ...shared, results: "" }),
        production: settings.production,
        local: settings.local,
        onProgress: progressOn(process.stderr),
        signal: stop.signal,
      });
      process.stdout.write(`${results.verdict}\n${relative(process.cwd(), document)}\n`);
      return exitStatus(results, failOn);
    } finally {
      process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
      await demo?.stop();
    }
  },
};

/** The notebooks of the phases that were named, by number or by name; all of them where none was. */
function choose(phases: string[]): string[] {
  const numbered = readdirSync(notebooksFolder).filter((file) => /^\d\d-.*\.ipynb$/.test(file)).sort();
  if (phases.length === 0) return numbered;
  const wanted = new Set(
    phases.map((phase) => {
      const file = numbered.find((one) => one === `${phase}.ipynb` || one.startsWith(`${phase.padStart(2, "0")}-`));
      if (file) return file;
      throw new RunbookError(`There is no phase ${JSON.stringify(phase)}: name one of ${numbered.map((one) => one.replace(".ipynb", "")).join(", ")}, or its number.`);
    }),
  );
  return numbered.filter((file) => wanted.has(file));
}

/** A wrong setting is told before the first notebook, in one sentence, not by each cell. */
async function tryBoth(settings: Settings): Promise<void> {
  await openRevisions(settings);
  const sources = await openSources(settings);
  try {
    await Promise.all([sources.production.ask(sql.identity), sources.local.ask(sql.identity)]);
  } finally {
    await sources.close();
  }
}
