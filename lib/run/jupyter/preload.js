"use strict";
// Loaded into the kernel's process before tslab, by the headless runner and by the registered kernel.
const Module = require("node:module");
const { join } = require("node:path");
const { Publisher, Router, Socket } = require(
  require.resolve("zeromq", { paths: [require.resolve("tslab/package.json")] }),
);

// tslab does not wait for one send before the next. After 512 of them in one tick zeromq makes it wait, refuses all further
// ones, and the cell's answer is lost with them. A socket that never waits has no such limit, and without a high water mark it has room.
for (const kind of [Publisher, Router]) {
  Object.defineProperty(kind.prototype, "bind", {
    value(address) {
      Object.assign(this, { sendTimeout: 0, sendHighWaterMark: 0 });
      return Socket.prototype.bind.call(this, address);
    },
  });
}

// A cell that cannot load a package is told what is missing on this machine. A cell's own require goes by the name src.js; what tslab cannot find it says on the console.
const load = Module._load;
Module._load = function (request, parent, ...rest) {
  try {
    const loaded = load.call(this, request, parent, ...rest);
    return request === "@tslab/typescript-for-tslab" ? cellsAlone(loaded) : loaded;
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

// With each import, tslab checks and translates anew all that the cell imports: for lib, seconds in every notebook. The tests check lib, and ts-node translates it;
// a kernel has to check its cells alone, against what lib says of itself.
const lib = join(__dirname, "..", "..").replaceAll("\\", "/") + "/";
function cellsAlone(typescript) {
  const watch = (host) => {
    const created = host.afterProgramCreate;
    host.afterProgramCreate = (builder) => {
      const all = builder.getAllDependencies;
      created(
        Object.assign(builder, { getAllDependencies: (file) => all(file).filter((path) => !path.startsWith(lib)) }),
      );
    };
    return typescript.createWatchProgram(host);
  };
  return new Proxy(typescript, { get: (owner, name) => (name === "createWatchProgram" ? watch : owner[name]) });
}

// A runner that is gone, however it went, takes its kernel with it.
process.on("disconnect", () => process.exit());
process.channel?.unref();
