import {
  closeSync,
  fchownSync,
  ftruncateSync,
  lchownSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { digestOf, keepChecked, removeOldest } from "../disk-cache";

export { keyOf, readChecked as readTemplate, removeFile as dropTemplate } from "../disk-cache";

/** A user of this machine; absent where this process's own is meant. */
export type Account = { uid: number; gid: number } | undefined;

/** Where the data folders are kept that servers start from. */
export const templates = join(__dirname, "..", "..", "node_modules", ".cache", "runbook", "clusters");
const most = { files: 12, bytes: 200e6 };

/** A folder: its path alone. A file: path, size, and where its content without trailing zeros begins, and how long. */
type Entry = [string] | [string, number, number, number];

/**
 * A server's data folder as one piece: a line of JSON with the entries, and the contents. What several files have in
 * common is there once: PostgreSQL copies its catalogs into each database. The folder's server must have been stopped
 * cleanly. Throws where something is neither file nor folder.
 */
export function packFolder(folder: string): Buffer {
  const entries: Entry[] = [];
  const places = new Map<string, number>();
  const contents: Buffer[] = [];
  let length = 0;
  const pack = (inner: string) => {
    for (const entry of readdirSync(join(folder, inner), { withFileTypes: true })) {
      const path = inner ? `${inner}/${entry.name}` : entry.name;
      // what a server writes about itself when it starts
      if (/^postmaster\.(pid|opts)$/.test(path)) continue;
      if (entry.isDirectory()) {
        entries.push([path]);
        pack(path);
        continue;
      }
      if (!entry.isFile()) throw new Error(`${path} is neither a file nor a folder`);
      const whole = readFileSync(join(folder, path));
      const content = whole.subarray(0, lengthWithoutZeros(whole));
      const digest = digestOf(content);
      if (!places.has(digest)) {
        places.set(digest, length);
        contents.push(content);
        length += content.length;
      }
      entries.push([path, whole.length, places.get(digest)!, content.length]);
    }
  };
  pack("");
  return Buffer.concat([Buffer.from(`${JSON.stringify(entries)}\n`), ...contents]);
}

/** Writes what was packed into a new folder, which belongs to this account. */
export function unpackFolder(packed: Buffer, folder: string, account: Account): void {
  const end = packed.indexOf("\n");
  const entries = JSON.parse(packed.toString("utf8", 0, end)) as Entry[];
  const make = (path: string) => {
    mkdirSync(path, { mode: 0o700 });
    if (account) lchownSync(path, account.uid, account.gid);
  };
  make(folder);
  for (const [name, ...content] of entries) {
    const path = join(folder, name);
    if (content.length === 0) make(path);
    else {
      const [size, from, length] = content;
      const file = openSync(path, "wx", 0o600);
      try {
        writeFileSync(file, packed.subarray(end + 1 + from, end + 1 + from + length));
        if (length < size) ftruncateSync(file, size);
        if (account) fchownSync(file, account.uid, account.gid);
      } finally {
        closeSync(file);
      }
    }
  }
}

/** Keeps what was packed, whole or not at all; of others in the same folder, those that were used last stay. */
export function keepTemplate(file: string, packed: Buffer): void {
  if (keepChecked(file, packed, 0o600)) removeOldest(dirname(file), most);
}

const zeros = Buffer.alloc(8192);
/** Files are written in pages, and a log's file is made in its whole length. */
function lengthWithoutZeros(content: Buffer): number {
  let length = content.length;
  while (length >= zeros.length && content.subarray(length - zeros.length, length).equals(zeros))
    length -= zeros.length;
  return length;
}
