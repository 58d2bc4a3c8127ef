"use strict";
// What a notebook has left in its kernel's process, beside what the process began with. A kernel serves another
// notebook only where nothing was found: whatever is not known to be clean counts as left behind.
const { createHook } = require("node:async_hooks");
const Module = require("node:module");
const { sep } = require("node:path");
const { Stream } = require("node:stream");
const { isTranslating } = require("./translation");

/** What cells may load in a kernel that serves another notebook: what comes with state of its own is not known here. */
const knownPackages = new Set(["runbook", "nodejs-polars"]);

/**
 * Notes how the process is now, before the first cell. `findTrace` resolves to a few words that say what is another
 * since then; to undefined where all is as it was, and no more memory is resident than `mostMemory`, in bytes. lib and
 * tslab must have been renewed before it is asked.
 */
exports.watchProcess = function watchProcess() {
  const noted = [];
  const note = (what) => void noted.push(what);
  const pictures = [];
  const surroundings = readSurroundings();
  const modules = new Map(Object.entries(require.cache).map(([file, module]) => [file, module.exports]));
  const resources = followResources();
  watchLoading(note, pictures);
  watchRequire(note);
  pictures.push(pictureObjects(listRoots()));
  return {
    async findTrace(mostMemory) {
      await resources.settle();
      return (
        noted[0] ??
        findOther(surroundings, readSurroundings()) ??
        findModule(modules) ??
        resources.findOpen() ??
        pictures.map(findChanged).find(Boolean) ??
        (process.memoryUsage.rss() > mostMemory ? "memory" : undefined)
      );
    },
  };
};

/** Where what cells can change begins: the global object, and the modules of Node that are loaded. */
function listRoots() {
  // it changes the process as it is first loaded
  require("node:worker_threads");
  const loaded = new Set(process.moduleLoadList.map((name) => name.replace(/^NativeModule /, "")));
  const modules = Module.builtinModules.filter((name) => loaded.has(name) && !name.startsWith("_"));
  return [globalThis, ...modules.map((name) => require(name))];
}

/**
 * What objects hold, and what these hold, and so on: of each its prototype and its own properties. Getters are not
 * called.
 */
function pictureObjects(roots) {
  const seen = new Map();
  const waiting = roots.map((object) => ["", object]);
  while (waiting.length) {
    const [path, object] = waiting.pop();
    if (seen.has(object) || isVolatile(object)) continue;
    const properties = new Map();
    for (const key of Reflect.ownKeys(object)) {
      if (volatileProperties.get(object)?.has(key)) continue;
      const property = Reflect.getOwnPropertyDescriptor(object, key);
      if (!property) continue;
      properties.set(key, property);
      for (const held of [property.value, property.get, property.set])
        if (isObject(held)) waiting.push([`${path}.${String(key)}`, held]);
    }
    const prototype = Reflect.getPrototypeOf(object);
    if (prototype) waiting.push([`${path}.__proto__`, prototype]);
    seen.set(object, { path, prototype, properties, isOpen: Reflect.isExtensible(object) });
  }
  return seen;
}

/** What is in the picture and is another now, or not there any more. */
function findChanged(picture) {
  for (const [object, { path, prototype, properties, isOpen }] of picture) {
    if (Reflect.getPrototypeOf(object) !== prototype || Reflect.isExtensible(object) !== isOpen)
      return path || "globalThis";
    const volatile = volatileProperties.get(object);
    const keys = Reflect.ownKeys(object).filter((key) => !volatile?.has(key));
    const added = keys.find((key) => !properties.has(key));
    if (added !== undefined) return `${path}.${String(added)}`;
    for (const [key, before] of properties) {
      // what Node makes when it is first asked for is what its own getter gives
      const now = Reflect.getOwnPropertyDescriptor(object, key);
      if (now && "value" in now && before.get && before.get.call(object) === now.value) continue;
      if (!now || parts.some((part) => !Object.is(now[part], before[part]))) return `${path}.${String(key)}`;
    }
  }
  return undefined;
}

const parts = ["value", "get", "set", "writable", "enumerable", "configurable"];
const isObject = (value) => (typeof value === "object" && value !== null) || typeof value === "function";

/** Objects that change as Node works: what of them matters is looked at in another way. */
const isVolatile = (object) =>
  object === process.env ||
  object === process.channel ||
  channels.has(object) ||
  object === Module._cache ||
  object === Module._pathCache ||
  object === globalThis.__tslab__ ||
  object instanceof Module ||
  object instanceof Stream;

/** What Node reads the runner's words from. */
const channels = new Set(
  Object.getOwnPropertySymbols(process)
    .filter((symbol) => symbol.description === "kChannelHandle")
    .map((symbol) => process[symbol]),
);

/** Where Node puts what its `fetch` sends with, an Agent, when `fetch` or what belongs to it is first used. */
const dispatcher = Symbol.for("undici.globalDispatcher.1");

/** Properties that change as Node works. */
const volatileProperties = new Map([
  [process, new Set(["_events", "_eventsCount", "moduleLoadList"])],
  [globalThis, new Set([dispatcher])],
]);

/** Properties that packages of lib add as they are loaded. */
const additions = [
  { request: "vega-lite", object: Set.prototype, key: "toJSON" },
  { request: "@aws/lambda-invoke-store", object: globalThis, key: "awslambda" },
];

/** What of the process is no object: as text or identity, by name. */
function readSurroundings() {
  const listeners = process
    .eventNames()
    .flatMap((name) => process.rawListeners(name).map((listener, at) => [`listener ${String(name)} ${at}`, listener]));
  return new Map([
    ...listeners,
    ...Object.entries(process.env).map(([name, value]) => [`environment ${name}`, value]),
    ["working folder", process.cwd()],
    ["umask", process.umask()],
    ["fetch", globalThis[dispatcher]?.constructor?.name ?? "Agent"],
    ["exception callback", process.hasUncaughtExceptionCaptureCallback()],
  ]);
}

function findOther(before, now) {
  return [...new Set([...before.keys(), ...now.keys()])].find((name) => !Object.is(before.get(name), now.get(name)));
}

/** A module that was there and is another, or one that is neither of lib nor of a package. */
function findModule(before) {
  for (const [file, exported] of before) if (require.cache[file]?.exports !== exported) return `module ${file}`;
  return Object.keys(require.cache).find((file) => !before.has(file) && !file.includes(`${sep}node_modules${sep}`));
}

/** Notes what cells load that is not known to be without traces, and takes a picture of polars as it is loaded. */
function watchLoading(note, pictures) {
  const load = Module._load;
  const cellFile = `${process.cwd()}${sep}src.js`;
  let polars;
  Module._load = function (request, parent, ...rest) {
    if ((parent?.filename === cellFile && !knownPackages.has(request)) || (parent && parent === process.mainModule))
      note(`package ${request}`);
    const adding = additions.filter((one) => one.request === request && !Object.hasOwn(one.object, one.key));
    const loaded = load.call(this, request, parent, ...rest);
    for (const { object, key } of adding)
      pictures[0]?.get(object)?.properties.set(key, Reflect.getOwnPropertyDescriptor(object, key));
    if (request === "nodejs-polars" && !polars) pictures.push((polars = picturePolars(note)));
    return loaded;
  };
}

/** polars keeps its settings in the library beneath it, where nobody can look: setting one is noted. */
function picturePolars(note) {
  const folder = `${sep}node_modules${sep}nodejs-polars${sep}`;
  const modules = Object.entries(require.cache).filter(([file]) => file.includes(folder));
  const native = modules.find(([file]) => file.endsWith(`${sep}native-polars.js`))?.[1].exports;
  for (const name of Object.keys(native ?? {}).filter((name) => /^set[A-Z]/.test(name))) {
    const set = native[name];
    native[name] = (...given) => {
      note(`polars' ${name}`);
      return set(...given);
    };
  }
  return pictureObjects(modules.map(([, module]) => module.exports));
}

/** Notes where a cell looks into its `require`, through which every loaded module can be reached. */
function watchRequire(note) {
  const tslab = globalThis.__tslab__;
  const look =
    (read) =>
    (owner, name, ...rest) => {
      note(`require.${String(name)}`);
      return read(owner, name, ...rest);
    };
  const { get, set, defineProperty, deleteProperty, getOwnPropertyDescriptor } = Reflect;
  const traps = { get, set, defineProperty, deleteProperty, getOwnPropertyDescriptor };
  tslab.require = new Proxy(
    tslab.require,
    Object.fromEntries(Object.entries(traps).map(([name, read]) => [name, look(read)])),
  );
}

/** Follows what waits for something outside, whether or not it holds the process: timers, sockets, files, processes. */
function followResources() {
  const open = new Map();
  let own = false;
  createHook({
    init(id, type) {
      if (outside.test(type) && !own && !isTranslating()) open.set(id, type);
    },
    destroy: (id) => void open.delete(id),
  }).enable();
  return {
    /** What ends by itself has a moment for it. */
    async settle() {
      for (let turns = 0; turns < 4; turns++)
        await new Promise((resolve) => {
          own = true;
          setImmediate(resolve);
          own = false;
        });
    },
    findOpen: () => open.values().next().value,
  };
}

// a signal's is there as long as it has listeners, which are looked at by themselves
const outside = /^(Timeout|Immediate|(?!SIGNAL).*WRAP|FSREQ.*|FILEHANDLE|WORKER|MESSAGEPORT|STATWATCHER|ZLIB)$/;
