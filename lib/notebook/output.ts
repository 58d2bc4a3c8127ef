import { join, relative, sep } from "node:path";
import type { DataFrame } from "nodejs-polars";
import type { TopLevelSpec } from "vega-lite";
import { RunbookError } from "../errors";
import { getHeight, readTexts } from "../frame";
import { hideInSentence, removeSmallMarks, markSmallGroups } from "../privacy/hide-small";
import { redact } from "../privacy/redaction";
import { interactiveResults } from "../settings";
import { chartBundle } from "../show/chart";
import { describeRows } from "../compare/cube";
import { display, makeNoteBundle, saveCsv, saveFrame, saveParquet } from "../show/display";
import { count, showControlsIn } from "../text";
import { makeFrameBundle, withEnding } from "../show/table";
import { getSession, isHidingSmallCounts, noteEvent } from "./session";

/**
 * Shows a frame as a table, and keeps the whole of it beside the results: as JSON, CSV and Parquet, to each of which
 * a link leads.
 *
 * @example await show(licenses.sort("state"), "Licences by state");
 */
export async function show(frame: DataFrame, caption: string): Promise<void> {
  const { notebook, settings } = getSession();
  const file = `data/${notebook}-${makeFileName(caption)}.json`;
  const shown = hideSmallGroups(frame);
  const texts = readTexts(shown);
  saveFrame(shown, settings.results, file, texts);
  saveCsv(shown, settings.results, withEnding(file, "csv"), texts);
  saveParquet(shown, settings.results, withEnding(file, "parquet"), texts);
  noteEvent({ kind: "frame", file, caption, rows: getHeight(frame) });
  // an executed copy lies in the results folder; the kernel of a notebook that is stepped through runs in the notebook's
  const link = settings.results === interactiveResults ? relative(process.cwd(), join(settings.results, file)) : file;
  display(makeFrameBundle(shown, caption, link.split(sep).join("/"), texts));
}

/**
 * Draws a Vega-Lite chart. Those who cannot see it read `says`; without it, the chart's own title and description.
 *
 * @example await draw(bars(licenses, { category: "state", value: "licenses", title: "Licences by state: CA leads with 463" }));
 */
export async function draw(spec: TopLevelSpec, says = describeChart(spec)): Promise<void> {
  const { counts } = getSession();
  const { bundle, metadata } = await chartBundle(
    showControlsIn(redact(isHidingSmallCounts() ? removeSmallMarks(spec, counts) : spec)),
    redact(hideInText(says)),
  );
  display(bundle, metadata);
}

/** A chart in words: its title, its subtitle and its description. */
function describeChart({ title, description }: TopLevelSpec): string {
  const { text, subtitle } = typeof title === "object" && "text" in title ? title : { text: title, subtitle: "" };
  const parts = [text, subtitle, description].flat().filter((part) => typeof part === "string" && part !== "");
  return parts.map((part) => `${part}`.replace(/[.]?$/, ".")).join(" ");
}

/**
 * Writes a sentence below the cell: what the result says, computed from it; or a frame's rows, put in words.
 *
 * @example say(`${count(67, "table")} were counted.`);
 */
export function say(what: string | DataFrame): void {
  display(makeNoteBundle(hideInText(typeof what === "string" ? what : describeRows(what))));
}

/**
 * Keeps a frame beside the results, as `exports/<file>`: `licenses.csv` with a header line, `licenses.json` whole.
 *
 * @throws RunbookError where the file is called anything but name.csv or name.json.
 * @example save(licenses, "licenses.csv");
 */
export function save(frame: DataFrame, file: string): void {
  if (!/^[\w.-]+\.(csv|json)$/.test(file))
    throw new RunbookError(`A file to save is called name.csv or name.json, not ${JSON.stringify(file)}.`);
  const { results } = getSession().settings;
  const shown = hideSmallGroups(frame);
  if (file.endsWith(".json")) saveFrame(shown, results, `exports/${file}`);
  else saveCsv(shown, results, `exports/${file}`);
  display(makeNoteBundle(`Saved: exports/${file}, ${count(getHeight(frame), "row")}.`));
}

/** As the setting would have counts of few people shown. */
function hideSmallGroups(frame: DataFrame): DataFrame {
  return isHidingSmallCounts() ? markSmallGroups(frame, getSession().counts) : frame;
}

export function hideInText(text: string): string {
  return isHidingSmallCounts() ? hideInSentence(text) : text;
}

function makeFileName(caption: string): string {
  return caption
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "")
    .slice(0, 60);
}
