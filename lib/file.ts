import { mkdirSync, renameSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname } from "node:path";
import { RunbookError } from "./errors";

/**
 * Writes a file whole or not at all, since a run may be cut off at any moment; makes its folder where there is none.
 */
export function replaceFile(path: string, content: string, mode?: number): void {
  makeFolder(path);
  try {
    writeFileSync(`${path}.part`, content, { mode });
    renameSync(`${path}.part`, path);
  } catch (error) {
    rmSync(`${path}.part`, { force: true });
    throw explainWriting(dirname(path), error);
  }
}

/** Writes a file; makes its folder where there is none. A `content` that is more than a text writes the file itself. */
export function saveFile(path: string, content: string | (() => void)): void {
  makeFolder(path);
  try {
    if (typeof content === "string") writeFileSync(path, content);
    else content();
  } catch (error) {
    throw explainWriting(dirname(path), error);
  }
}

function makeFolder(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
  } catch (error) {
    throw explainWriting(dirname(path), error);
  }
}

const reasons: Record<string, string> = {
  ENOSPC: "its disk is full",
  EDQUOT: "the quota of its disk is used up",
  EFBIG: "its disk takes no file of that size",
  EIO: "its disk fails",
  EROFS: "its disk is read-only",
  EACCES: "its permissions do not allow it",
  EPERM: "its permissions do not allow it",
  ENOTDIR: "a file stands where a folder should",
  EEXIST: "a file stands where a folder should",
};

/**
 * Why a folder cannot be written to, as a sentence that says what to do; any other error as it is. An error that names
 * no file is the folder's, or the temporary one's where that has less room.
 */
export function explainWriting(folder: string, error: unknown): unknown {
  const { code = "", message, path } = error as NodeJS.ErrnoException;
  // what polars says of the system's error 28
  const reason = reasons[code] ?? (/\bos error 28\b/.test(message) ? reasons.ENOSPC : undefined);
  if (error instanceof RunbookError || reason === undefined || path?.startsWith(folder) === false) return error;
  const full = path === undefined && measureRoom(tmpdir()) < measureRoom(folder) ? tmpdir() : folder;
  const mend =
    full === folder ? "make room there, or name another with --out" : "make room there, or name another in TMPDIR";
  return new RunbookError(`The folder ${full} cannot be written to, as ${reason}: ${mend}.`, { cause: error });
}

/** The bytes that a folder's disk has left. */
function measureRoom(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return 0;
  }
}
