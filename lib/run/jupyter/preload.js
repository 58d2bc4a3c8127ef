"use strict";
// Loaded into the kernel's process before tslab, by the headless runner and by the registered kernel.
const Module = require("node:module");
const { join } = require("node:path");
// Where Node can, it keeps what it compiled of packages: tslab and TypeScript are loaded in each kernel.
Module.enableCompileCache?.(join(__dirname, "..", "..", "..", "node_modules", ".cache", "runbook", "compile"));
const { Publisher, Router, Socket } = require(
  require.resolve("zeromq", { paths: [require.resolve("tslab/package.json")] }),
);

// tslab does not wait for one send before the next. After 512 of them in one tick zeromq makes it wait, refuses all
// further ones, and the cell's answer is lost with them. A socket that never waits has no such limit, and without a
// high water mark it has room.
for (const kind of [Publisher, Router]) {
  Object.defineProperty(kind.prototype, "bind", {
    value(address) {
      Object.assign(this, { sendTimeout: 0, sendHighWaterMark: 0 });
      return Socket.prototype.bind.call(this, address);
    },
  });
}

// A cell that cannot load a package is told what is missing on this machine. A cell's own require goes by the name
// src.js; what tslab cannot find it says on the console.
require("./translation");
const { wrapCells } = require("../../show/cells");
const load = Module._load;
Module._load = function (request, parent, ...rest) {
  try {
    const loaded = load.call(this, request, parent, ...rest);
    if (request === "./jupyter" && /[\\/]tslab[\\/]dist[\\/]main\.js$/.test(parent?.filename ?? "")) wrapCells(loaded);
    return loaded;
  } catch (error) {
    const ofCell = /[\\/]src\.js$/.test(parent?.filename ?? "");
    if (
      ofCell &&
      (/MODULE_NOT_FOUND|ERR_DLOPEN_FAILED/.test(error?.code) ||
        /Cannot find module|native binding/i.test(error?.message))
    )
      help();
    throw error;
  }
};
const complain = console.error;
console.error = function (...words) {
  complain.apply(this, words);
  if (words[0] === "%s%d:%d - %s" && /^Cannot find module/.test(words[4])) help();
};
function help() {
  const text = require("../../first-aid").firstAid();
  if (text) process.stdout.write(text);
}

// A runner may give this kernel another notebook; Jupyter asks for another kernel.
if (process.channel) require("./renew").answerRunner();

// A runner that is gone, however it went, takes its kernel with it.
process.on("disconnect", () => process.exit());
process.channel?.unref();
