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
  JupyterHandlerImpl?: { prototype: { handleExecuteImpl?: (...request: unknown[]) => Promise<unknown> } };
}

function tslab(): Tslab {
  return require("tslab/dist/jupyter") as Tslab;
}

/** Whether this process is a notebook's kernel. */
export function inCell(): boolean {
  return tslab().lastWriteDisplayData !== null;
}

/** Shows a bundle below the running cell. With an `id` it can be shown anew, in its place. */
export function showInCell(bundle: Bundle, metadata: Record<string, unknown> = {}, id?: string, again = false): void {
  tslab().lastWriteDisplayData?.({ data: bundle, metadata, transient: id ? { display_id: id } : {} }, again);
}

const marked = Symbol.for("runbook.cells");

/**
 * Calls `ended` whenever a cell has come to its end, while it can still show something below it. tslab has no such hook, so the method that runs a cell
 * is wrapped; a tslab without that method shows everything but what `ended` would.
 */
export function whenCellEnds(ended: () => void): void {
  const kernel = tslab().JupyterHandlerImpl?.prototype as
    ({ handleExecuteImpl?: (...request: unknown[]) => Promise<unknown> } & { [marked]?: () => void }) | undefined;
  if (!kernel?.handleExecuteImpl) return;
  const wrapped = marked in kernel;
  kernel[marked] = ended;
  if (wrapped) return;
  const execute = kernel.handleExecuteImpl;
  kernel.handleExecuteImpl = async function (this: unknown, ...request) {
    try {
      return await execute.apply(this, request);
    } finally {
      kernel[marked]?.();
    }
  };
}
