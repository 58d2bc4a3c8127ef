"use strict";
// Translates the cells of a run's notebooks ahead of it, one notebook after the other, into the cache that the
// kernels read. A process of its own: it stays warm from one notebook to the next, and works while the kernels wait
// for the databases.
const { createConverter, translateChain } = require("./translation");

const converter = createConverter({ isJS: false, isBrowser: false });
process.on("disconnect", () => process.exit());
process.on("message", (notebooks) => {
  for (const { name, cells } of notebooks) translateCells(name, cells);
  process.disconnect();
});

/**
 * Says after each cell that it is in the cache. At the first that cannot be translated it stops: the kernel says
 * why, when it comes to it.
 */
function translateCells(name, cells) {
  let count = 0;
  for (const _ of translateChain(converter, cells)) process.send({ name, count: ++count });
  process.send({ name });
}
