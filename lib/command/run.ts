import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { RunbookError } from "../errors";
import { explainWriting } from "../file";
import { sides, toTheSecond, type QueryRecord } from "../ledger";
import { readAddresses, startDemoFor, describeDemo, openRevisions, openSources, showAddress } from "../open";
import {
  decideExitStatus,
  makeProgress,
  nameResults,
  run as runNotebooks,
  type Results,
  type Run,
  type RunOptions,
} from "../run";
import { assignParameters, mergeParameters, readGivenValues, writeInheritedWords } from "../run";
import { getNotebookName, readNotebook } from "../run/notebook";
import { writeJobSummary } from "../run/job-summary";
import { count } from "../text";
import { writeJunit } from "../run/junit";
import { describeProvenance } from "../run/provenance";
import { sumCost } from "../run/results";
import { buildChildEnvironment, notebooksFolder, readSettings, type Flags, type Settings } from "../settings";
import type { Cost } from "../source/budget";
import { readRecording } from "../source/recording";
import { redact } from "../privacy/redaction";
import { pickSideFlags, type Given } from "./args";
import { choosePhases, type usage } from "./usage/run";

export async function run({ flags, positionals, words }: Given<typeof usage>): Promise<number> {
  const failOn = flags["fail-on"];
  const notebooks = (flags.quick ? ["quick-start.ipynb"] : choosePhases(positionals)).map((file) =>
    join(notebooksFolder, file),
  );
  const given = await assignParameters(
    notebooks.map((path) => ({ name: getNotebookName(path), notebook: readNotebook(path) })),
    readGivenValues(flags.parameter ?? [], flags["parameters-file"]),
  );
  const settings =
    flags.replay === undefined
      ? readSettings(pickSideFlags(flags))
      : replaySettings(resolve(flags.replay), pickSideFlags(flags));
  const [production, local] = sides.map((side) => showAddress(settings[side], side));
  const out =
    flags.out ?? (flags.resume ? cutOff(production, local) : join(notebooksFolder, "results", nameResults(new Date())));
  const earlier = flags.resume ? out : flags.replay;
  const { parameters, changes } = mergeParameters(earlier ? (readRecording(earlier).parameters ?? {}) : {}, given);
  if (earlier) for (const change of changes) process.stderr.write(`${change} What rests on it is asked anew.\n`);
  const demo = await startDemoFor(settings);
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
  try {
    const shared: Settings = { ...settings, demo: demo && JSON.stringify(demo) };
    const { preflight, heads } = await tryBoth(shared);
    const { results, document } = await runInto({
      notebooks,
      parameters,
      out,
      environment: buildChildEnvironment({ ...shared, results: "" }),
      production,
      local,
      replayed: findReplayed(settings),
      resume: flags.resume,
      preflight,
      provenance: describeProvenance(
        settings,
        [...words, ...writeInheritedWords(notebooks.map(getNotebookName), parameters, given)],
        {
          heads,
          demo: describeDemo(settings),
        },
      ),
      cellSeconds: settings.cellSeconds,
      atOnce: settings.kernels,
      allowance: settings.allowance,
      onProgress: makeProgress(process.stderr),
      signal: stop.signal,
    });
    if (flags.junit !== undefined) writeReport("junit", flags.junit, writeJunit(results, failOn));
    if (flags.summary !== undefined) writeReport("summary", flags.summary, writeJobSummary(results));
    process.stderr.write(`${tellCost(results.cost)}\n${tellNotMade(results, positionals, out, flags.quick)}`);
    process.stdout.write(`${results.verdict}\n${relative(process.cwd(), document)}\n`);
    return decideExitStatus(results, failOn);
  } finally {
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
    await demo?.stop();
  }
}

/** Runs the notebooks. Where the results folder cannot be written to, or is full, one sentence says so. */
async function runInto(options: RunOptions): Promise<Run> {
  try {
    return await runNotebooks(options);
  } catch (error) {
    throw explainWriting(resolve(options.out), error);
  }
}

/** Writes a report that was asked for beside the results folder; the summary is appended, as CI servers expect it. */
function writeReport(flag: "junit" | "summary", file: string, text: string): void {
  try {
    writeFileSync(file, redact(text), { flag: flag === "summary" ? "a" : "w" });
  } catch (cause) {
    throw new RunbookError(
      `--${flag} ${file} could not be written (${(cause as NodeJS.ErrnoException).code}): name a file in a ` +
        `folder that is there; the results folder is whole.`,
      { cause },
    );
  }
}

/**
 * A wrong setting is told before the first notebook, in one sentence, not by each cell. Answers with what it cost
 * production, and the heads of the migrations.
 */
async function tryBoth(settings: Settings): Promise<{ preflight: Cost; heads?: string[] }> {
  const { heads } = await openRevisions(settings);
  const asked: QueryRecord[] = [];
  const sources = await openSources(settings, { onQuery: (query) => asked.push(query) });
  try {
    await Promise.all([sources.production.probe(), sources.local.probe()]);
    return { preflight: sumCost(asked.filter(({ source }) => source === "production")), heads };
  } finally {
    await sources.close();
  }
}

/** Both sides as they were recorded. */
function replaySettings(folder: string, { production, local, migrations }: Flags): Settings {
  if (production ?? local)
    throw new RunbookError(
      "--replay stands for both sides: leave out --production and --local, or write one of them as recorded:FOLDER.",
    );
  readRecording(folder);
  return readSettings({ production: `recorded:${folder}`, local: `recorded:${folder}`, migrations });
}

function findReplayed(settings: Settings): string | undefined {
  const addresses = readAddresses(settings);
  const recorded = sides.filter((side) => addresses[side].kind === "recorded");
  const times = new Set(
    Object.values(addresses).flatMap((address) =>
      address.kind === "recorded" ? toTheSecond(readRecording(address.folder).recorded) : [],
    ),
  );
  if (recorded.length === 0) return undefined;
  return recorded.length === 2
    ? `Replayed: no database was asked. These are the answers that were recorded ${[...times].join(" and ")}.`
    : `Replayed: ${recorded[0]} was not asked. Its answers are those that were recorded ${[...times].join()}; ` +
        `the other side was asked anew.`;
}

/** The newest results folder whose answers are of the same two sides. */
function cutOff(production: string, local: string): string {
  const results = join(notebooksFolder, "results");
  const folders = existsSync(results)
    ? readdirSync(results)
        .filter((name) => existsSync(join(results, name, "answers", "recording.json")))
        .sort()
        .reverse()
    : [];
  const found = folders
    .map((name) => join(results, name))
    .find((folder) => {
      const recording = readRecording(folder);
      return recording.production === production && recording.local === local;
    });
  if (found) return found;
  throw new RunbookError(
    "There is no run of these two sides to go on with: leave out --resume, or name its folder with --out.",
  );
}

/** How to go on where notebooks did not reach their end; nothing where all did. */
function tellNotMade({ checks }: Results, phases: string[], out: string, quick: boolean): string {
  const cutOff = checks.filter(({ id }) => id.startsWith("notebook/")).map(({ id }) => id.slice("notebook/".length));
  if (cutOff.length === 0) return "";
  const notMade = checks.filter((check) => check.notMade).length;
  const words = ["npx runbook run", ...(quick ? ["--quick"] : phases), "--resume --out", relative(process.cwd(), out)];
  return (
    `${count(notMade, "check")} ${notMade === 1 ? "was" : "were"} not made, of ${cutOff.join(", ")}. ` +
    `${words.join(" ")} goes on: what was answered is not asked again.\n`
  );
}

/** What a run has cost production, in one sentence. */
function tellCost({ queries, invocations, received, inFunction }: Results["cost"]): string {
  const megabytes = (received / 1e6).toLocaleString("en", { maximumFractionDigits: 2, minimumFractionDigits: 2 });
  const worked = inFunction ? `, ${(inFunction / 1000).toFixed(1)} s of work in the function` : "";
  return (
    `Production was called ${invocations.toLocaleString("en")} times for ${queries.toLocaleString("en")} ` +
    `queries: ${megabytes} MB${worked}.`
  );
}
