"use strict";
// Runs in the thread that thread.js starts: answers the kernel, and translates ahead while the kernel asks nothing.
const { workerData } = require("node:worker_threads");
const { createConverter, translateChain } = require("./translation");

const { options, port, answered } = workerData;
let converter;
let ahead;

port.on("message", ({ id, method, words, ahead: cells, warm }) => {
  if (warm) return void make().complete("", "", 0);
  if (cells) {
    ahead = translateChain(make(), cells);
    setImmediate(goOn);
    return;
  }
  const answer = { id };
  try {
    answer.value = make()[method](...words);
    // what TypeScript said, for whoever wants more than tslab's answer, cannot be sent, and nobody reads it
    if (method === "complete") answer.value = { ...answer.value, original: undefined };
  } catch ({ name, message, stack, code }) {
    answer.error = { name, message, stack, code };
  }
  port.postMessage(answer);
  Atomics.add(answered, 0, 1);
  Atomics.notify(answered, 0);
});

const make = () => (converter ??= createConverter(options));

/** One cell at a time, so that the kernel waits for one cell at most. */
function goOn() {
  if (!ahead?.next().done) setImmediate(goOn);
}
