"use strict";
// What the rows of a frame hold. tslab gives a cell the declarations of the cells before it as text, in which a frame
// is any frame: its columns are known once its cell has run. A cell that reads rows, and completion, are given the
// columns too, so that TypeScript says of `row.licences` that `licenses` is meant.

let describeRow = () => undefined;

/** `describe` writes the type of a value's rows, `{ "state": string }`, or undefined where the value is no frame. */
exports.describeRowsBy = (describe) => {
  describeRow = describe;
};

/** Whether a cell reads rows: only such a cell is translated with the types of rows, and so at its own cost. */
exports.readsRows = (source) => /\brecords\s*\(|\.toRecords\s*\(/.test(source);

const owner = String.raw`(?:\w+|import\("[^"]+"\))\.`;
const rowTyped = new RegExp(String.raw`\b${owner}Frame<\{[^{}]*\}>`, "g");
const declaredFrame = new RegExp(String.raw`([\w$]+): ${owner}(?:DataFrame<any>|Frame<\{[^{}]*\}>)(?=[,;])`, "g");

/** Declarations in which each variable that holds a frame now has the type of that frame's rows. */
exports.addRowTypes = (declarations) => {
  const values = globalThis.__tslab__?.exports ?? {};
  return declarations.replace(/^declare (?:const|let|var) .*$/gm, (line) =>
    line.replace(declaredFrame, (whole, name, at) => {
      // what stands within another type is not a variable
      if (measureDepth(line.slice(0, at)) !== 0) return whole;
      const row = describeRow(values[name]);
      return row ? `${name}: import("runbook").Frame<${row}>` : whole;
    }),
  );
};

/** The declarations as tslab would have written them: the next cell's frames are described anew. */
exports.removeRowTypes = (declarations) => declarations.replace(rowTyped, 'import("nodejs-polars").DataFrame<any>');

function measureDepth(text) {
  let depth = 0;
  for (const [bracket] of text.replaceAll("=>", "").matchAll(/[([{<>}\])]/g))
    depth += "([{<".includes(bracket) ? 1 : -1;
  return depth;
}
