"use strict";
// What the runbook adds to tslab's way of running cells: a context for each cell, a word when it has ended, and
// completion of its own. The kernel loads this before tslab, so that the notebook's first cell has a context too.
const { AsyncLocalStorage } = require("node:async_hooks");

/** The cell that the code which asks belongs to, also where it goes on after the cell has ended. */
const contexts = new AsyncLocalStorage();

/**
 * The cell that runs, what is called with tslab's handler before one begins, and when one has ended, what is asked for
 * completions before TypeScript is, and whether a person will ask for them.
 */
const state = { running: undefined, begin: undefined, ended: undefined, complete: undefined, isStepped: false };

/** How long the kernel is idle before it loads TypeScript, in milliseconds. */
const idle = 4000;

/** What tslab 1.0.22 writes below a cell that was interrupted while it awaited something. */
const tslabInterrupted = /^Error: Interrupted asynchronously\b/;
const wrapped = new WeakSet();

/**
 * Wraps the methods of tslab's module `jupyter` that run a cell and complete a name, once. tslab has no such hooks; a
 * tslab without these methods shows everything but what is added here.
 */
function wrapCells({ JupyterHandlerImpl, ZmqServer }) {
  const handler = JupyterHandlerImpl?.prototype;
  if (!handler?.handleExecuteImpl || wrapped.has(handler)) return;
  wrapped.add(handler);
  const ids = new WeakMap();
  const receive = ZmqServer?.prototype.handleExecute;
  if (receive)
    ZmqServer.prototype.handleExecute = function (socket, message) {
      if (typeof message.metadata?.cellId === "string") ids.set(message.content, message.metadata.cellId);
      return receive.call(this, socket, message);
    };
  // A front end waits a second for names. TypeScript, which cells out of the cache do not need, takes longer to load, so
  // that the first Tab would show nothing: it is loaded when the person reads or types.
  let warming;
  const warm = (executor) => {
    if (!state.isStepped || warming === false) return;
    warming = setTimeout(() => {
      warming = false;
      executor.complete("", 0);
    }, idle).unref();
  };
  const execute = handler.handleExecuteImpl;
  handler.handleExecuteImpl = async function (request, write, ...rest) {
    clearTimeout(warming || undefined);
    state.begin?.(this);
    const cell = {};
    const writeOwn = (name, text) =>
      write(name, cell.stopped && tslabInterrupted.test(text) ? `Interrupted: ${cell.stopped}\n` : text);
    state.running = cell;
    let ok = false;
    try {
      const count = await contexts.run(cell, () => execute.call(this, request, writeOwn, ...rest));
      ok = true;
      return count;
    } finally {
      state.ended?.({ id: ids.get(request), source: request.code, count: this.execCount ?? 0, ok });
      state.running = undefined;
      warm(this.executor);
    }
  };
  const complete = handler.handleComplete;
  if (complete)
    handler.handleComplete = function (request) {
      const own = state.complete?.(request.code, request.cursor_pos);
      if (!own) return complete.call(this, request);
      return { cursor_start: own.start, cursor_end: own.end, matches: own.names, metadata: {}, status: "ok" };
    };
}

module.exports = { contexts, state, wrapCells };
