import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { followCells, type Stale } from "./stale";
import { isInCell, showInCell, runWhenCellEnds, type EndedCell } from "./tslab";
import type { QueryRecord, Side } from "../ledger";
import { count, escapeHtml, escapeMarkdown, joinWords } from "../text";
import { display, type Bundle } from "./display";

/** What the running cell has asked, and what it is still waiting for. */
let asked: QueryRecord[] = [];
let waiting: { since: number; begun: Side[]; answered: number; shown?: string; clock?: NodeJS.Timeout } | undefined;
let told = "";
let looked = 0;

/**
 * From now on each cell says below its result what it asked, that `lib` was edited, where it was, and which cells have
 * to run again; in a run each runs once.
 */
export function beginFooters(isRun: boolean): void {
  asked = [];
  told = "";
  looked = 0;
  const sayStale = isRun ? () => undefined : makeStaleNotes();
  runWhenCellEnds((cell) => {
    stopWaiting();
    if (asked.length) display(makeAskedBundle(asked));
    asked = [];
    sayEdited();
    sayStale(cell);
  });
  sayEdited();
}

/** Remembers a query for the cell's footer. */
export function tellAsked(query: QueryRecord): void {
  asked.push(query);
}

/** Passes an answer on; a cell that waits long for its answers shows a bar, which goes when they are there. */
export async function showWhileAsking<Answer>(side: Side, answer: Promise<Answer>): Promise<Answer> {
  const mine = (waiting ??= { since: Date.now(), begun: [], answered: 0 });
  mine.begun.push(side);
  mine.clock ??= isInCell() ? setInterval(() => draw(mine), 500).unref() : undefined;
  try {
    return await answer;
  } finally {
    mine.answered++;
    if (mine.answered === mine.begun.length && waiting === mine) stopWaiting();
  }
}

/** Takes the bar back: the answers are there, or the cell was interrupted. */
function stopWaiting(): void {
  clearInterval(waiting?.clock);
  if (waiting?.shown) showInCell(nothing, {}, waiting.shown, true);
  waiting = undefined;
}

const nothing: Bundle = { "text/html": "", "text/plain": "" };

function draw(wait: NonNullable<typeof waiting>): void {
  const seconds = (Date.now() - wait.since) / 1000;
  if (seconds < 1) return;
  const sentence = `${wait.answered} of ${count(wait.begun.length, "answer")} after ${seconds.toFixed(0)} s`;
  const bundle = {
    "text/html":
      `<p class="rb-asked"><progress max="${wait.begun.length}" value="${wait.answered}" ` +
      `aria-label="Answers"></progress> ${sentence}</p>`,
    "text/plain": sentence,
  };
  const again = wait.shown !== undefined;
  wait.shown ??= `runbook-progress-${wait.since}`;
  showInCell(bundle, {}, wait.shown, again);
}

/** Says below a cell that has run again which cells used what it has changed; taken back as they run again. */
function makeStaleNotes(): (cell: EndedCell) => void {
  // loaded by the kernel alone, before any TypeScript; without it nobody knows what a cell uses
  const translation = Object.keys(require.cache).find((file) => translationFile.test(file));
  const tslab = (globalThis as { __tslab__?: { exports: Record<string, unknown> } }).__tslab__;
  if (!translation || !tslab) return () => undefined;
  const { getLastTranslated } = require(translation) as { getLastTranslated(): { source: string; output: string } };
  const cells = followCells();
  const shown = new Set<number>();
  return ({ ok, ...cell }) => {
    const { source, output } = getLastTranslated();
    if (source !== cell.source) return;
    const notes = cells.add({ ...cell, ended: ok, output, valueOf: (name) => tslab.exports[name] });
    for (const { count, stale } of notes) {
      showInCell(
        stale.cells.length ? makeStaleBundle(stale) : nothing,
        {},
        `runbook-stale-${begun}-${count}`,
        shown.has(count),
      );
      shown.add(count);
    }
  };
}

const translationFile = /[\\/]run[\\/]jupyter[\\/]translation\.js$/;

function makeStaleBundle({ cells, names }: Stale): Bundle {
  const isOne = cells.length === 1;
  const numbers = joinWords(cells.map((one) => `[${one}]`));
  return makeNotice(
    "Stale",
    `Stale now: ${isOne ? "cell" : "cells"} ${numbers} used ${joinWords(names)} from this cell; ` +
      `run ${isOne ? "it" : "them"} again.`,
  );
}

/** A sentence that asks for something, below a cell; `word` stands before it in Markdown. */
function makeNotice(word: string, sentence: string): Bundle {
  return {
    "text/html": `<p class="rb-notice">${escapeHtml(sentence)}</p>`,
    "text/markdown": `> **${word}.** ${escapeMarkdown(sentence)}`,
    "text/plain": sentence,
  };
}

const longest = 240;

/**
 * What a cell asked: statements, rows and milliseconds of each side, and the statements themselves at a click, their
 * literals masked.
 */
export function makeAskedBundle(queries: QueryRecord[]): Bundle {
  const sides = [...new Set(queries.map(({ source }) => source))].sort().reverse();
  const sum = (own: QueryRecord[], key: "rows" | "milliseconds") => own.reduce((total, query) => total + query[key], 0);
  const parts = sides.map((side) => {
    const own = queries.filter(({ source }) => source === side);
    const failed = own.filter((query) => query.failed).length;
    return (
      `${side} ${count(own.length, "statement")}, ${count(sum(own, "rows"), "row")}, ` +
      `${sum(own, "milliseconds").toLocaleString("en")} ms${failed ? `, ${failed} without an answer` : ""}`
    );
  });
  const kept = queries.filter(({ cached }) => cached).length;
  const sentence =
    `Asked ${parts.join("; ")}; ` +
    `${kept === 0 ? "live" : kept === queries.length ? "from an earlier answer" : `${kept} of them from an earlier answer`}.`;
  const statements = [...new Set(queries.map(({ sql }) => shortenStatement(sql)))];
  return {
    "text/html":
      `<details ` +
      `class="rb-asked"><summary>${escapeHtml(sentence)}</summary><pre>${statements.map(escapeHtml).join("\n")}</pre></details>`,
    "text/markdown": `<sub>${escapeMarkdown(sentence)}</sub>`,
    "text/plain": sentence,
  };
}

function shortenStatement(statement: string): string {
  const line = statement.replace(/\s+/g, " ");
  return line.length > longest ? `${line.slice(0, longest)} …` : line;
}

const begun = Date.now();

/** The files of this folder that were edited after this process began. */
export function findEditedSince(time: number, folder = join(__dirname, "..")): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
    (file) => /\.(ts|js|json|sql)$/.test(file) && !file.includes("node_modules"),
  );
  return files.filter((file) => statSync(join(folder, file)).mtimeMs > time).sort();
}

/** A kernel keeps the `lib` that it began with; said once for each edit, and again when a notebook is opened. */
function sayEdited(): void {
  // looking at every file takes as long as a small cell: cells that follow each other at once look once a second
  if (!isInCell() || Date.now() - looked < 1000) return;
  looked = Date.now();
  const edited = findEditedSince(begun).join(", ");
  if (!edited || edited === told) return;
  told = edited;
  const sentence =
    `lib was edited after this kernel began (${edited.length > 120 ? `${edited.slice(0, 120)} …` : edited}): ` +
    `restart the kernel to use what it says now.`;
  display(makeNotice("Restart", sentence));
}
