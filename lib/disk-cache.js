"use strict";
// What is kept on disk to save time: lose it, and only time is lost. Plain JavaScript, as it is loaded before any
// TypeScript can be.
const { createHash } = require("node:crypto");
const {
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} = require("node:fs");
const { dirname, join } = require("node:path");

/** The SHA-256 of a text or of bytes, as hexadecimal digits. */
exports.digestOf = digestOf;
function digestOf(content) {
  return createHash("sha256").update(content).digest("hex");
}

/** A key of these parts, none of which can be taken for a piece of another. */
exports.keyOf = (...parts) => digestOf(parts.map((part) => `${part.length}:${part}`).join(""));

/**
 * Writes a file whole or not at all, also where another process writes it at the same time. A folder that cannot be
 * written to, or is full, is no error: then it answers false.
 */
exports.writeWhole = writeWhole;
function writeWhole(file, content, mode) {
  const unfinished = `${file}.${process.pid}`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(unfinished, content, { mode });
    renameSync(unfinished, file);
    return true;
  } catch {
    removeFile(unfinished);
    return false;
  }
}

/** Keeps bytes behind a line with their checksum. Answers as `writeWhole` does. */
exports.keepChecked = (file, content, mode) =>
  writeWhole(file, Buffer.concat([Buffer.from(`${digestOf(content)}\n`), Buffer.from(content)]), mode);

/**
 * The bytes that were kept in a file, which counts as used then. Undefined where nothing was, or where it was cut off
 * or something else wrote it.
 */
exports.readChecked = (file) => {
  try {
    const kept = readFileSync(file);
    const end = kept.indexOf("\n");
    const content = kept.subarray(end + 1);
    if (kept.toString("latin1", 0, end) !== digestOf(content)) return undefined;
    if (Date.now() - statSync(file).mtimeMs > 3_600_000) utimesSync(file, new Date(), new Date());
    return content;
  } catch {
    return undefined;
  }
};

/**
 * Removes of a folder's files those that were not used for longest, until there are no more than `most.files` and they
 * have less than `most.bytes`.
 */
exports.removeOldest = (folder, most) => {
  const files = listFiles(folder).sort((a, b) => b.stat.mtimeMs - a.stat.mtimeMs);
  let bytes = 0;
  for (const [index, { path, stat }] of files.entries()) {
    bytes += stat.size;
    if (index >= most.files || bytes >= most.bytes) removeFile(path);
  }
};

function listFiles(folder) {
  try {
    return readdirSync(folder)
      .map((name) => ({ path: join(folder, name), stat: statSync(join(folder, name), { throwIfNoEntry: false }) }))
      .filter(({ stat }) => stat?.isFile());
  } catch {
    return [];
  }
}

/** Removes a file, if it is there and can be. */
exports.removeFile = removeFile;
function removeFile(file) {
  try {
    unlinkSync(file);
  } catch {
    // another process has removed it, or has it open, on Windows
  }
}
