import { closeSync, existsSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { loadColumns } from "../guard/judge";
import { isAtLeast } from "../ledger";
import { openSources } from "../open";
import { compareRows, type Outcome, type Progress, type RowsOptions } from "../rows";
import { certainty, judgeOutcome } from "../rows/finding";
import { printJson, toJson } from "../privacy/redaction";
import { readSettings, type Settings } from "../settings";
import { formatTable } from "../show/print";
import { pickSideFlags, type Given } from "./args";
import { readWholeNumber, type usage } from "./usage/rows";

export async function run({ flags, positionals }: Given<typeof usage>): Promise<number> {
  const failOn = flags["fail-on"];
  const settings = readSettings(pickSideFlags(flags));
  const compared: RowsOptions = {
    key: list(flags.key),
    columns: list(flags.columns),
    where: flags.where,
    sample: readWholeNumber("sample", flags.sample),
    keys: readWholeNumber("keys", flags.keys),
    ...(flags.budget === undefined ? {} : { budget: { rows: readWholeNumber("budget", flags.budget) } }),
    state: { file: getStateFile(settings, positionals[0]), resume: flags.resume },
    onProgress: showProgress,
  };
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  compared.signal = stop.signal;
  const sources = await openSources(settings);
  const file = flags.differences === undefined ? undefined : openSync(flags.differences, flags.resume ? "a" : "w");
  if (file !== undefined) compared.onDifference = (difference) => writeSync(file, `${toJson(difference)}\n`);
  try {
    const outcome = await compareRows(sources, positionals[0], loadColumns(settings.columns), compared);
    if (flags.json) printJson(`${JSON.stringify({ format: 1, ...outcome }, null, 1)}\n`);
    else process.stdout.write(formatText(outcome));
    const severity = judgeOutcome(outcome);
    return failOn && severity && isAtLeast(severity, failOn) ? 1 : 0;
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    process.stderr.write(
      existsSync(compared.state!.file)
        ? "Interrupted. What is known is kept: the same command with --resume goes on from there.\n"
        : "Interrupted, before anything was known that could be kept.\n",
    );
    return 130;
  } finally {
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
    if (file !== undefined) closeSync(file);
    await sources.close();
  }
}

function list(words?: string): string[] | undefined {
  return words
    ?.split(",")
    .map((word) => word.trim())
    .filter(Boolean);
}

/** Where an interrupted comparison is kept: beside the results, a file a table. */
function getStateFile({ results }: Settings, name: string): string {
  return join(results, "rows", `${name.replace(/[^\w.]/g, "_")}.json`);
}

function showProgress({ table: name, doing, done, of }: Progress): void {
  if (done < of)
    process.stderr.write(
      `${name}: ${doing}, ${done.toLocaleString("en")} of ${of.toLocaleString("en")} rows, ` +
        `${(of - done).toLocaleString("en")} left\n`,
    );
}

function formatText(outcome: Outcome): string {
  const { table: name, key, columns, sample, keys, notes } = outcome;
  const number = (value: number) => value.toLocaleString("en");
  const percent = (share: number) => `${(share * 100).toFixed(share < 0.1 ? 2 : 1)} %`;
  const differing = Object.entries(outcome["columns that differ"]).map(
    ([column, rows]) => `${column} (${number(rows)})`,
  );
  const shown = [
    ...keys.changed.map((one) => ["changed", one.key, one.columns.join(", ")] as const),
    ...(["only in production", "only in local"] as const).flatMap((status) =>
      keys[status].map((one) => [status, one, ""] as const),
    ),
  ];
  const all = outcome.changed + outcome["only in production"] + outcome["only in local"];
  return [
    `${name}: ${number(outcome.production.rows)} rows in production, ${number(outcome.local.rows)} in ` +
      `local, compared by ${key.join(", ") || "all columns"} in ${columns.length} columns.`,
    `same ${number(outcome.same)}, changed ${number(outcome.changed)}, only in production ` +
      `${number(outcome["only in production"])}, only in local ${number(outcome["only in local"])}.`,
    ...(sample
      ? [
          `A sample of ${number(sample.rows)} rows: ${percent(sample.share)} differ; of all rows between ` +
            `${percent(sample.from)} and ${percent(sample.to)} (95 % confidence).`,
        ]
      : []),
    ...(differing.length ? [`Changed in: ${differing.join(", ")}.`] : []),
    ...outcome["left out"].map(({ column, why }) => `Left out: ${column} (${why}).`),
    ...notes,
    `Same means: ${certainty}`,
    ...(shown.length
      ? [
          "",
          formatTable(
            [
              { name: "status", type: "text" },
              { name: key.join(", "), type: "text" },
              { name: "columns", type: "text" },
            ],
            shown.map(([status, parts, names]) => [status, parts.join(", "), names]),
          ).trimEnd(),
        ]
      : []),
    ...(shown.length && shown.length < all
      ? [`… and ${number(all - shown.length)} more: --differences FILE names them all.`]
      : []),
    "",
  ].join("\n");
}
