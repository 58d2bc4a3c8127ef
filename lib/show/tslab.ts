import type { AsyncLocalStorage } from "node:async_hooks";
import type { Bundle } from "./display";

/** tslab 1.0.22, as far as this file and `cells.js` know it: no other does. */
interface Tslab {
  /** Shows something below the running cell; null outside a kernel. */
  lastWriteDisplayData:
    | ((
        content: { data: Bundle; metadata: Record<string, unknown>; transient: { display_id?: string } },
        update: boolean,
      ) => void)
    | null;
}

/** A cell that has come to its end, well or not. */
export interface EndedCell {
  id?: string;
  source: string;
  /** The number in its brackets. */
  count: number;
  ok: boolean;
}

/** A cell that runs, or what is left of one: code that goes on after the operator has stopped it. */
interface Cell {
  /** What the operator is told, once it is stopped, in place of tslab's stack trace. */
  stopped?: string;
}

/** Names that can stand in place of what lies between two places of a cell's text (in characters). */
export interface Completion {
  start: number;
  end: number;
  names: string[];
}

/** `cells.js`, which the kernel has loaded before any TypeScript. */
interface Cells {
  contexts: AsyncLocalStorage<Cell>;
  state: {
    running?: Cell;
    ended?: (cell: EndedCell) => void;
    complete?: (code: string, cursor: number) => Completion | undefined;
    /** Whether a person steps through the notebook. */
    isStepped: boolean;
  };
  wrapCells(tslab: Tslab): void;
}

const { contexts, state, wrapCells } = require("./cells") as Cells;

function loadTslab(): Tslab {
  return require("tslab/dist/jupyter") as Tslab;
}

/** Whether this process is a notebook's kernel. */
export function isInCell(): boolean {
  return loadTslab().lastWriteDisplayData !== null;
}

/** Shows a bundle below the running cell. With an `id` it can be shown anew, in its place. */
export function showInCell(bundle: Bundle, metadata: Record<string, unknown> = {}, id?: string, again = false): void {
  loadTslab().lastWriteDisplayData?.({ data: bundle, metadata, transient: id ? { display_id: id } : {} }, again);
}

/**
 * Whether the code that calls this belongs to a cell that was stopped. tslab lets such code go on when it ends the
 * cell.
 */
export function isCellStopped(): boolean {
  return contexts.getStore()?.stopped !== undefined;
}

/** Marks the running cell as stopped; `told` is what stands below it, in place of tslab's stack trace. */
export function stopCell(told: string): void {
  if (state.running) state.running.stopped = told;
}

/** Calls `ended` whenever a cell has come to its end, while it can still show something below it. */
export function runWhenCellEnds(ended: (cell: EndedCell) => void): void {
  wrapCells(loadTslab());
  state.ended = ended;
}

/**
 * Has `complete` asked for names before TypeScript is, which it is where `complete` answers undefined. Where a person
 * steps through the notebook TypeScript is made ready for that.
 */
export function completeInCells(
  complete: (code: string, cursor: number) => Completion | undefined,
  isStepped: boolean,
): void {
  wrapCells(loadTslab());
  Object.assign(state, { complete, isStepped });
}
