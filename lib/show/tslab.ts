import { AsyncLocalStorage } from "node:async_hooks";
import type { Bundle } from "./display";

/** tslab 1.0.22, as far as this file knows it: the only file that does. */
interface Tslab {
  /** Shows something below the running cell; null outside a kernel. */
  lastWriteDisplayData:
    | ((
        content: { data: Bundle; metadata: Record<string, unknown>; transient: { display_id?: string } },
        update: boolean,
      ) => void)
    | null;
  JupyterHandlerImpl?: { prototype: Handler };
  ZmqServer?: { prototype: { handleExecute?(socket: unknown, message: Message): Promise<unknown> } };
}

interface Handler {
  handleExecuteImpl?: ExecuteCell;
  /** The number of the cell that runs. */
  execCount?: number;
  [marked]?: (cell: EndedCell) => void;
}

/** A message of Jupyter's: front ends other than Notebook 6 name the cell. */
interface Message {
  content: Request;
  metadata?: { cellId?: unknown };
}

interface Request {
  code: string;
}

/** A cell that has come to its end, well or not. */
export interface EndedCell {
  id?: string;
  source: string;
  /** The number in its brackets. */
  count: number;
  ok: boolean;
}

const marked: unique symbol = Symbol.for("runbook.cells") as never;

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

type WriteStream = (name: "stdout" | "stderr", text: string) => void;
type ExecuteCell = (request: Request, write: WriteStream, ...rest: unknown[]) => Promise<unknown>;

/** A cell that runs, or what is left of one: code that goes on after the operator has stopped it. */
interface Cell {
  /** What the operator is told, once it is stopped. */
  stopped?: string;
}

const cells = new AsyncLocalStorage<Cell>();
let running: Cell | undefined;

/**
 * Whether the code that calls this belongs to a cell that was stopped. tslab lets such code go on when it ends the
 * cell.
 */
export function isCellStopped(): boolean {
  return cells.getStore()?.stopped !== undefined;
}

/** Marks the running cell as stopped; `told` is what stands below it, in place of tslab's stack trace. */
export function stopCell(told: string): void {
  if (running) running.stopped = told;
}

/** What tslab 1.0.22 writes below a cell that was interrupted while it awaited something. */
const tslabInterrupted = /^Error: Interrupted asynchronously\b/;

/**
 * Calls `ended` whenever a cell has come to its end, while it can still show something below it. tslab has no such
 * hook, so the method that runs a cell is wrapped, which also gives each cell a context of its own; a tslab without
 * that method shows everything but what `ended` would.
 */
export function runWhenCellEnds(ended: (cell: EndedCell) => void): void {
  const { JupyterHandlerImpl, ZmqServer } = loadTslab();
  const kernel = JupyterHandlerImpl?.prototype;
  if (!kernel?.handleExecuteImpl) return;
  const wrapped = marked in kernel;
  kernel[marked] = ended;
  if (wrapped) return;
  const ids = new WeakMap<Request, string>();
  const receive = ZmqServer?.prototype.handleExecute;
  if (receive)
    ZmqServer.prototype.handleExecute = function (this: unknown, socket, message) {
      if (typeof message.metadata?.cellId === "string") ids.set(message.content, message.metadata.cellId);
      return receive.call(this, socket, message);
    };
  const execute = kernel.handleExecuteImpl;
  kernel.handleExecuteImpl = async function (this: Handler, request, write, ...rest) {
    const cell: Cell = {};
    const writeOwn: WriteStream = (name, text) =>
      write(name, cell.stopped && tslabInterrupted.test(text) ? `Interrupted: ${cell.stopped}\n` : text);
    running = cell;
    let ok = false;
    try {
      const count = await cells.run(cell, () => execute.call(this, request, writeOwn, ...rest));
      ok = true;
      return count;
    } finally {
      kernel[marked]?.({ id: ids.get(request), source: request.code, count: this.execCount ?? 0, ok });
      running = undefined;
    }
  };
}
