"use strict";
// Makes a kernel that has served one notebook as it was before it, for the next one of a run: lib is evaluated anew,
// and tslab forgets the cells. Whether the process is clean beside that is found out in `traces.js`.
const Module = require("node:module");
const { createRequire } = Module;
const { dirname, sep } = require("node:path");
const { compileFunction } = require("node:vm");
const { state } = require("../../show/cells");
const { describeRowsBy } = require("./frames");
const { forgetCells, hasOwnModules } = require("./translation");
const { watchProcess } = require("./traces");

const lib = dirname(dirname(__dirname)) + sep;

/** Answers the runner over the process's channel: `watch` comes before the first cell, `renew` after the last. */
exports.answerRunner = function answerRunner() {
  let began;
  state.begin = (handler) => {
    began ??= begin();
    began.handler = handler;
  };
  process.on("message", async ({ watch, renew: renewed, mostMemory }) => {
    if (watch) began ??= begin();
    if (renewed) process.send({ renewed, trace: await renew((began ??= begin()), mostMemory) });
  });
};

function begin() {
  // it changes the process, and stays
  require("../../register-typescript");
  keepCompiled();
  const jupyter = require("tslab/dist/jupyter");
  const set = [
    [process.stdout, "write"],
    [process.stderr, "write"],
    [jupyter, "lastWriteDisplayData"],
  ].map(([owner, name]) => ({ owner, name, before: Reflect.getOwnPropertyDescriptor(owner, name) }));
  return { handler: undefined, set, files: new Set(Object.keys(require.cache)), process: watchProcess() };
}

/** Resolves to what is left of the notebook, in a few words; to undefined where the kernel is as it began. */
async function renew(began, mostMemory) {
  const { handler, set, files, process: watched } = began;
  if (hasOwnModules()) return "a module of the notebook's own";
  dropLib(files);
  for (const { owner, name, before } of set)
    if (before) Object.defineProperty(owner, name, before);
    else delete owner[name];
  Object.assign(state, { ended: undefined, complete: undefined, isStepped: false });
  describeRowsBy(() => undefined);
  forgetCells();
  const { executor } = handler ?? {};
  executor?.reset();
  if (handler) handler.execCount = 0;
  if (Reflect.ownKeys(executor?.locals ?? {}).length) return "a cell's export";
  return watched.findTrace(mostMemory);
}

/**
 * Compiles each file of lib once. Its modules are evaluated anew for each notebook, by functions that V8 has got to
 * know and made fast for the one before.
 */
function keepCompiled() {
  const compiled = new Map();
  const compile = Module.prototype._compile;
  Module.prototype._compile = function (code, file, ...rest) {
    if (!file.startsWith(lib) || file.includes(`${sep}node_modules${sep}`))
      return compile.call(this, code, file, ...rest);
    let kept = compiled.get(file);
    if (kept?.code !== code) {
      const names = ["exports", "require", "module", "__filename", "__dirname"];
      const run = compileFunction(code, names, { filename: file });
      compiled.set(file, (kept = { code, run }));
    }
    return kept.run.call(this.exports, this.exports, makeRequire(this), this, file, dirname(file));
  };
}

/** What Node gives a module as `require`. */
function makeRequire(module) {
  const require = (request) => module.require(request);
  const { resolve, main, extensions, cache } = createRequire(module.filename);
  return Object.assign(require, { resolve, main, extensions, cache });
}

/** Forgets what was loaded of lib since the kernel began: with its modules goes all that they hold. */
function dropLib(files) {
  const isOfNotebook = (file) => file.startsWith(lib) && !files.has(file);
  for (const module of Object.values(require.cache))
    if (module) module.children = module.children.filter(({ filename }) => !isOfNotebook(filename ?? ""));
  for (const file of Object.keys(require.cache).filter(isOfNotebook)) delete require.cache[file];
}
