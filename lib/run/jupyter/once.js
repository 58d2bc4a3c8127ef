"use strict";
// TypeScript as tslab's converter meets it. tslab makes two programs for each cell: one to learn the names that the
// cell declares, and one in which they are exported. For each it looks up what every file of lib and of the packages
// refers to. tslab and its TypeScript are used as they come; only the watch program that tslab asks for is another, and
// it is given of lib what cells can see.
const { dirname } = require("node:path");
const { surfaceOf } = require("./surface");

const inLib = dirname(dirname(__dirname)).replaceAll("\\", "/") + "/";
const cellFile = /(?:^|\/)__tslab__\.[jt]s$/;
const declarationsFile = /(?:^|\/)__prev__\.d\.ts$/;
const state = { namesFirst: false, last: "" };

/** What tslab's `converter.convert` returns, with one program made for it in place of two. */
exports.convertOnce = function convertOnce(converter, declarations, source) {
  const cell = JSON.stringify([declarations, source]);
  // tslab changes the declarations in the program that it used. Where the same cell comes again at once TypeScript
  // would give out that program once more, so then tslab makes two, as it does by itself.
  state.namesFirst = cell !== state.last;
  state.last = cell;
  try {
    return converter.convert(declarations, source);
  } finally {
    state.namesFirst = false;
  }
};

/** The cell that comes next is not one that comes again. */
exports.forgetCell = () => {
  state.last = "";
};

/** The module `typescript`, of which only `createWatchProgram` is another. */
exports.forCells = function forCells(typescript) {
  const createWatchProgram = (host) => watchCells(typescript, host);
  return new Proxy(typescript, {
    get: (owner, name) => (name === "createWatchProgram" ? createWatchProgram : owner[name]),
  });
};

function watchCells(typescript, host) {
  const cell = host.rootFiles.find((name) => cellFile.test(name));
  const { afterProgramCreate, readFile, setTimeout, clearTimeout } = host;
  const skipped = new Set();
  let current;
  host.readFile = (name, encoding) => {
    const text = readFile(name, encoding);
    const isOfLib = name.startsWith(inLib) && /(?<!\.d)\.ts$/.test(name);
    return isOfLib && text !== undefined ? surfaceOf(typescript, name, text) : text;
  };
  host.createProgram = (...words) => {
    // It keeps no list of what refers to what, which the usual one makes for all files of each program.
    const builder = typescript.createAbstractBuilder(...words);
    // A checker binds the files, and tslab expects them bound. The first program holds no cell yet.
    if (current) builder.getProgram().getTypeChecker();
    const { emit } = builder;
    return Object.assign(builder, {
      emit: (file, write, cancellation, onlyDeclarations, transformers) =>
        emit(file, write, cancellation, onlyDeclarations, {
          ...transformers,
          before: [
            writeOutShorthands(typescript, builder.getProgram().getTypeChecker()),
            ...(transformers?.before ?? []),
          ],
        }),
      getAllDependencies: (file) => sourcesOf(typescript, builder.getProgram(), file),
    });
  };
  host.afterProgramCreate = (builder) => afterProgramCreate((current = builder));
  // By this timer tslab starts each of its updates.
  host.setTimeout = (update) => {
    const timer = setTimeout(() => {
      const names = state.namesFirst && readNames(typescript, host, cell);
      state.namesFirst = false;
      if (names) skipped.add(timer);
      else update();
      afterProgramCreate(names || current);
    });
    return timer;
  };
  host.clearTimeout = (timer) => skipped.delete(timer) || clearTimeout(timer);
  return typescript.createWatchProgram(host);
}

/**
 * `{ frame }` as `{ frame: exports.frame }` where an earlier cell has declared it. tslab looks up names as they are
 * translated, and takes the name in `{ frame }` for that of the property, so that the cell would end in "frame is not
 * defined".
 */
function writeOutShorthands(typescript, checker) {
  const { factory } = typescript;
  return (context) => (file) => {
    const isEarlier = (node) =>
      checker
        .getShorthandAssignmentValueSymbol(node)
        ?.declarations?.some((declaration) => declarationsFile.test(declaration.getSourceFile().fileName));
    const visit = (node) => {
      if (!typescript.isShorthandPropertyAssignment(node) || node.objectAssignmentInitializer || !isEarlier(node))
        return typescript.visitEachChild(node, visit, context);
      const name = factory.createIdentifier(node.name.text);
      const value = factory.createPropertyAccessExpression(factory.createIdentifier("exports"), name);
      return factory.createPropertyAssignment(factory.createIdentifier(node.name.text), value);
    };
    return typescript.visitNode(file, visit);
  };
}

/**
 * In place of a program the cell alone, parsed and bound, which is all that tslab looks at to learn its names.
 * Undefined where it declares nothing: then tslab goes on with the first program.
 */
function readNames(typescript, host, cell) {
  const file = typescript.createSourceFile(cell, host.readFile(cell), host.options.target);
  typescript.bindSourceFile(file, host.options);
  return file.locals?.size ? { getSourceFile: () => file } : undefined;
}

/**
 * The names of the files that are checked and translated with a cell: itself and what it imports from beside it. Not
 * lib, which would take seconds in every notebook: the tests check it, and the kernel translates it by itself. A
 * declaration file leads to nothing that is translated.
 */
function sourcesOf(typescript, program, file) {
  const changesGlobals = file.moduleAugmentations.some(({ parent }) => typescript.isGlobalScopeAugmentation(parent));
  const found = new Set();
  const queue = changesGlobals ? [...program.getSourceFiles()] : [file];
  while (queue.length) {
    const next = queue.pop();
    if (found.has(next.fileName) || next.isDeclarationFile || next.fileName.startsWith(inLib)) continue;
    found.add(next.fileName);
    queue.push(...importsOf(program, next));
  }
  return [...found];
}

function importsOf(program, file) {
  const checker = program.getTypeChecker();
  const imported = file.imports
    .flatMap((name) => checker.getSymbolAtLocation(name)?.declarations ?? [])
    .map((declaration) => declaration.getSourceFile());
  const referenced = file.referencedFiles.map(({ fileName }) =>
    program.getSourceFile(`${dirname(file.fileName)}/${fileName}`),
  );
  return [...imported, ...referenced].filter(Boolean);
}
