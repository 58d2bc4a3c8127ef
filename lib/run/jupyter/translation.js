"use strict";
// Translates cells with tslab's converter, and keeps what was translated on disk. Loaded by the kernel and by the
// process that translates ahead of a run.
const { readFileSync, readdirSync, statSync } = require("node:fs");
const Module = require("node:module");
const { dirname, join, relative } = require("node:path");
const { isMainThread } = require("node:worker_threads");
const cache = require("../../disk-cache");
const { addRowTypes, readsRows, removeRowTypes } = require("./frames");
const { convertOnce, forCells, forgetCell } = require("./once");
const { readOpenNotebook, startThread } = require("./thread");

const lib = join(__dirname, "..", "..");
const root = dirname(lib);
const folder = join(root, "node_modules", ".cache", "runbook", "cells");
const most = { files: 4000, bytes: 64e6 };
// the runner, which holds a channel to its kernels, translates ahead by itself
const isStepped = isMainThread && !process.channel;
/** How long after its start a kernel loads lib, in milliseconds, where no cell has asked for it before. */
const idle = 2000;

// tslab asks for TypeScript when it starts, which takes as long as a small notebook; a cell that is in the cache
// does not need it.
const converterFile = /[\\/]tslab[\\/]dist[\\/](main|jupyter)\.js$/;
const typescriptUser = /[\\/]tslab[\\/]dist[\\/](metadata|public)\.js$/;
const load = Module._load;
Module._load = function (request, parent, ...rest) {
  const loadNow = () => load.call(this, request, parent, ...rest);
  if (request === "./converter" && converterFile.test(parent?.filename ?? "")) return converterModule(loadNow);
  if (request === "@tslab/typescript-for-tslab")
    return typescriptUser.test(parent?.filename ?? "") ? loadLazily(loadNow) : forCells(loadNow());
  if (request === "./metadata" && /[\\/]tslab[\\/]dist[\\/]executor\.js$/.test(parent?.filename ?? ""))
    return metadataModule(loadNow());
  return loadNow();
};

/** tslab's converter, of which only `createConverter` is another. */
function converterModule(loadNow) {
  const own = { __esModule: true, createConverter: isStepped ? createInThread : cachingConverter(loadNow) };
  return new Proxy(own, { get: (_, name) => own[name] ?? loadNow()[name] });
}

function loadLazily(loadNow) {
  return new Proxy({}, { get: (_, name) => (name === "__esModule" ? true : loadNow()[name]) });
}

/**
 * Only a comment with an @ can hold what tslab calls a cell's metadata, and only then TypeScript is needed to read
 * it.
 */
function metadataModule(loaded) {
  return {
    ...loaded,
    getCodeMetadata: (source) => (/\/\*\*[^]*@/.test(source) ? loaded.getCodeMetadata(source) : {}),
  };
}

/**
 * The converter of a kernel that a person steps through. What is in the cache is read here; all else is asked of a
 * thread, which is started once and for that.
 */
function createInThread(options) {
  return {
    convert(declared, source) {
      const declarations = readsRows(source) ? addRowTypes(declared) : declared;
      const key = keyOf(options, declarations, source);
      const kept = key && readTranslation(key);
      const ask = () => findThread(options).ask("convert", [declarations, source], () => loadLibFor(source));
      const converted = kept ?? ask();
      last = { source, output: converted.output ?? "" };
      return converted;
    },
    inspect: (declarations, ...words) => findThread(options).ask("inspect", [addRowTypes(declarations), ...words]),
    complete(declarations, source, position) {
      // asked of an empty cell, so that TypeScript is there at the first Tab: nobody waits for that
      if (source === "" && !threads.has(JSON.stringify(options))) {
        findThread(options).warm();
        return { start: 0, end: 0, candidates: [] };
      }
      return findThread(options).ask("complete", [addRowTypes(declarations), source, position]);
    },
    addModule: (...words) => findThread(options).ask("addModule", words),
    close: () => threads.get(JSON.stringify(options))?.close(),
  };
}

const threads = new Map();
function findThread(options) {
  const name = JSON.stringify(options);
  if (!threads.has(name))
    threads.set(
      name,
      startThread(options, () => threads.delete(name)),
    );
  return threads.get(name);
}

/** Loads what a cell imports of lib: it is there when the cell runs. */
function loadLibFor(source) {
  if (!/\bfrom\s*["']runbook["']/.test(source)) return;
  try {
    require("../../register-typescript");
    require("../../index.ts");
  } catch {
    // the cell will try it again, and say what is wrong
  }
}

/** Has the notebook that is open translated before a cell of it is asked for, where it is not in the cache. */
function translateOpenNotebook() {
  const options = { isJS: false, isBrowser: false };
  const cells = readOpenNotebook();
  if (!cells.length) return;
  const kept = { convert: (...words) => readTranslation(keyOf(options, ...words) ?? "") };
  if ([...translateChain(kept, cells)].length < cells.length) findThread(options).translateAhead(cells);
  setTimeout(loadLibFor, idle, cells.join("\n")).unref();
}

/**
 * Translates the cells of a notebook one after the other, and yields after each that is in the cache then. It ends at
 * the first that cannot be translated.
 */
exports.translateChain = translateChain;
function* translateChain(converter, cells) {
  let declarations = "";
  for (const source of cells) {
    try {
      const { module, mode } = exports.getCodeMetadata(source);
      if (module || mode === "browser") return;
      const converted = converter.convert(declarations, source);
      if (!converted || converted.diagnostics.length) return;
      declarations = converted.declOutput || "";
    } catch {
      return;
    }
    yield;
  }
}

const cachingConverter = (loadNow) => (options) => {
  let made;
  const converter = () => (made ??= loadNow().createConverter(options));
  const translate = (work) => {
    translating = true;
    try {
      return work();
    } finally {
      translating = false;
    }
  };
  return {
    convert(declared, source) {
      const converted = convertCached(readsRows(source) ? addRowTypes(declared) : declared, source);
      last = { source, output: converted.output ?? "" };
      return converted;
    },
    inspect: (declarations, ...words) => translate(() => converter().inspect(addRowTypes(declarations), ...words)),
    complete: (declarations, ...words) => translate(() => converter().complete(addRowTypes(declarations), ...words)),
    addModule(...words) {
      ownModules = true;
      return converter().addModule(...words);
    },
    close: () => made?.close(),
  };

  function convertCached(declarations, source) {
    const key = keyOf(options, declarations, source);
    const kept = key && readTranslation(key);
    if (kept) return kept;
    const converted = translate(() => convertOnce(converter(), declarations, source));
    for (const problem of converted.diagnostics) problem.messageText = sayImport(problem.messageText);
    if (converted.declOutput) converted.declOutput = removeRowTypes(converted.declOutput);
    if (converted.sideOutputs) ownModules = true;
    if (key && converted.diagnostics.length === 0 && !converted.sideOutputs) keepTranslation(key, converted);
    return converted;
  }
};

/** Undefined for a cell that is not kept: what it imports from beside the notebook is translated with it. */
function keyOf(options, declarations, source) {
  if (importsFile.test(declarations) || importsFile.test(source)) return undefined;
  return cache.keyOf(surroundings(), JSON.stringify(options ?? {}), declarations, source);
}

/** What TypeScript says of a name that nothing declares, with the line that imports it where the library has it. */
function sayImport(text) {
  const name = /^(?:Cannot find name|No value exists in scope for the shorthand property) '(\w+)'/.exec(text)?.[1];
  if (name === "pl") return 'pl is not imported: write import pl from "nodejs-polars"; above.';
  if (!name || !libraryNames().has(name)) return text;
  return `${name} is not imported: write import { ${name} } from "runbook"; above.`;
}

/** What `runbook` exports, read from the text of its index: a cell that cannot be run loads nothing. */
function libraryNames() {
  const exported = String(textOf(join(lib, "index.ts"))).matchAll(/^export (?:type )?\{([^}]*)\}/gm);
  return new Set([...exported].flatMap(([, names]) => names.match(/\b(?!type\b|as\b)\w+/g) ?? []));
}

let last = { source: "", output: "" };
/** The cell that was translated last, and the JavaScript that came of it. */
exports.getLastTranslated = () => last;

let translating = false;
/** Whether TypeScript works: what it watches of the file system is no cell's. */
exports.isTranslating = () => translating;

let ownModules = false;
/** Whether cells have made or imported modules beside the notebook, which tslab and TypeScript keep. */
exports.hasOwnModules = () => ownModules;

/** As if no cell had been translated yet; what is known of any cell stays. */
exports.forgetCells = () => {
  last = { source: "", output: "" };
  forgetCell();
};

const importsFile = /\b(?:from|import|require)\b\s*\(?\s*["'`][./]|<reference\s/;

/**
 * All that a translation depends on beside the cell and what was declared before it: lib, the packages, Node, and
 * the folder.
 */
function surroundings() {
  // looking at every file takes longer than most cells: of cells that follow each other at once, one looks in a second
  if (seen.text && Date.now() - seen.looked < 1000) return seen.text;
  const packages = join(root, "node_modules", ".package-lock.json");
  const files = [...sourcesIn(lib), packages, join(root, "package-lock.json")];
  const state = files.map((file) => `${file}\0${stampOf(file)}`).join("\n");
  if (state !== seen.state) {
    const contents = files.map((file) => `${relative(root, file)}\0${cache.digestOf(textOf(file))}`);
    seen = {
      state,
      text: cache.digestOf(["1", process.version, relative(root, process.cwd()), ...contents].join("\n")),
    };
  }
  seen.looked = Date.now();
  return seen.text;
}
let seen = { state: "", text: "", looked: 0 };

function sourcesIn(place) {
  return readdirSync(place, { withFileTypes: true }).flatMap((entry) => {
    const path = join(place, entry.name);
    if (entry.isDirectory()) return sourcesIn(path);
    return /\.([cm]?[jt]s|json)$/.test(entry.name) ? [path] : [];
  });
}

function stampOf(file) {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat ? `${stat.mtimeMs} ${stat.size} ${stat.ino}` : "";
}

function textOf(file) {
  try {
    return readFileSync(file);
  } catch {
    return "";
  }
}

function readTranslation(key) {
  const kept = cache.readChecked(join(folder, key));
  return kept && JSON.parse(kept);
}

let written = 0;
function keepTranslation(key, converted) {
  if (!cache.keepChecked(join(folder, key), JSON.stringify(converted))) return;
  // looked at now and then only
  if (written++ % 200 === 0) cache.removeOldest(folder, most);
}

/** tslab's converter with the cache in front of it, and what tslab reads of a cell's comments. */
const tslab = join(dirname(require.resolve("tslab/package.json")), "dist");
exports.createConverter = cachingConverter(() => require(join(tslab, "converter.js")));
exports.getCodeMetadata = (source) => metadataModule(require(join(tslab, "metadata.js"))).getCodeMetadata(source);

if (isStepped) translateOpenNotebook();
