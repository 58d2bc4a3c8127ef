"use strict";
// tslab's converter in a thread of its own. TypeScript needs seconds for its first cell; meanwhile the kernel loads
// what the cell imports, and before the first cell the thread translates the notebook that is open.
const { existsSync, readFileSync } = require("node:fs");
const { basename, join } = require("node:path");
const { MessageChannel, Worker, receiveMessageOnPort } = require("node:worker_threads");

/** How long an answer may take before the thread counts as dead, in milliseconds: it may have run out of memory. */
const patience = 120_000;

/**
 * A thread that translates with tslab's converter of these options, behind the cache. It never keeps the process.
 * `ended` is called when it has ended, however that came about: then another can be started.
 * `ask` calls one of the converter's methods and waits for what it returns, as tslab does; `meanwhile` is called once
 * the thread is at work. `translateAhead` fills the cache with the cells of a notebook, and `warm` has TypeScript
 * loaded; both wait for nothing.
 */
exports.startThread = function startThread(options, ended) {
  const answered = new Int32Array(new SharedArrayBuffer(4));
  const { port1: port, port2: end } = new MessageChannel();
  const worker = new Worker(join(__dirname, "in-thread.js"), {
    workerData: { options, port: end, answered },
    transferList: [end],
    execArgv: [],
  });
  worker
    .on("error", () => undefined)
    .once("exit", ended)
    .unref();
  port.unref();
  let asked = 0;
  return {
    ask(method, words, meanwhile) {
      const id = ++asked;
      port.postMessage({ id, method, words });
      meanwhile?.();
      const answer = waitFor(port, answered, id);
      if (!answer) {
        void worker.terminate();
        ended();
        throw new Error("TypeScript has not answered for two minutes: run the cell again.");
      }
      if (answer.error) throw Object.assign(new Error(answer.error.message), answer.error);
      return answer.value;
    },
    warm: () => port.postMessage({ warm: true }),
    translateAhead: (cells) => port.postMessage({ ahead: cells }),
    close: () => void worker.terminate(),
  };
};

function waitFor(port, answered, id) {
  for (const start = Date.now(); ;) {
    const count = Atomics.load(answered, 0);
    for (let got; (got = receiveMessageOnPort(port));) if (got.message.id === id) return got.message;
    const left = start + patience - Date.now();
    if (left <= 0 || Atomics.wait(answered, 0, count, left) === "timed-out") return undefined;
  }
}

/**
 * The code cells of the notebook that a front end has started this kernel for, where it says which: Jupyter's servers
 * do. Empty where none is known.
 */
exports.readOpenNotebook = function readOpenNotebook() {
  const file = basename(process.env.JPY_SESSION_NAME ?? "");
  if (!file.endsWith(".ipynb") || !existsSync(file)) return [];
  try {
    const { cells } = JSON.parse(readFileSync(file, "utf8"));
    return cells.filter(({ cell_type }) => cell_type === "code").map(({ source }) => [source].flat().join(""));
  } catch {
    // what is no notebook is told where it is opened
    return [];
  }
};
