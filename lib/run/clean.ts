import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { RunbookError } from "../errors";
import { formatNotebook } from "./notebook";

interface SavedCell {
  cell_type: string;
  id?: string;
  source: string | string[];
  metadata?: Record<string, unknown>;
  outputs?: unknown[];
  execution_count?: number | null;
  attachments?: unknown;
}
interface SavedNotebook {
  cells: SavedCell[];
  metadata?: Record<string, unknown>;
  nbformat: number;
  nbformat_minor: number;
}

/** What front ends write into a notebook when it is run, looked at or scrolled; tags and the like are the author's. */
const traces = ["execution", "ExecuteTime", "collapsed", "scrolled", "trusted", "jupyter"];

const kernel = {
  kernelspec: { display_name: "TypeScript", language: "typescript", name: "tslab" },
  language_info: {
    codemirror_mode: { mode: "typescript", name: "javascript", typescript: true },
    file_extension: ".ts",
    mimetype: "text/typescript",
    name: "typescript",
    version: "3.7.2",
  },
};

/**
 * A notebook's text without outputs, counts and the traces of a front end, written as the project's own are: key by
 * key, a line of source a line.
 */
function stripNotebook(text: string, name: string): string {
  const { cells, nbformat } = parseNotebook(text, name);
  const stripped = cells.map(({ outputs, execution_count, ...cell }, index) => ({
    ...cell,
    id: cell.id ?? `cell-${index + 1}`,
    source: splitLines(cell.source),
    metadata: Object.fromEntries(Object.entries(cell.metadata ?? {}).filter(([key]) => !traces.includes(key))),
    ...(cell.cell_type === "code" ? { execution_count: null, outputs: [] } : {}),
  }));
  return formatNotebook({ cells: stripped, metadata: kernel, nbformat, nbformat_minor: 5 });
}

/** Strips the notebooks of a folder of what was saved in them. Answers with the names of those that held something. */
export function cleanNotebooks(folder: string): string[] {
  return listNotebooks(folder).filter((file) => {
    const path = join(folder, file);
    const text = readFileSync(path, "utf8");
    const stripped = stripNotebook(text, file);
    if (stripped !== text) writeFileSync(path, stripped);
    return stripped !== text;
  });
}

/**
 * Copies notebooks into a folder in which they can be run and saved. A copy that the operator has edited is left as
 * it is; one that only holds outputs is replaced where the project's notebook has changed. Answers with the names of
 * edited copies whose original has changed meanwhile.
 */
export function copyNotebooks(from: string, to: string): string[] {
  mkdirSync(to, { recursive: true });
  const made = join(to, ".copied.json");
  const copied = existsSync(made) ? (JSON.parse(readFileSync(made, "utf8")) as Record<string, string>) : {};
  const behind: string[] = [];
  for (const file of listNotebooks(from)) {
    const original = stripNotebook(readFileSync(join(from, file), "utf8"), file);
    const copy = join(to, file);
    if (existsSync(copy)) {
      if (copied[file] === hashText(original)) continue;
      if (copied[file] !== hashText(readStripped(copy))) {
        behind.push(file);
        continue;
      }
    }
    writeFileSync(copy, original);
    copied[file] = hashText(original);
  }
  writeFileSync(made, JSON.stringify(copied, null, 1));
  return behind;
}

/** A copy as it would be without outputs; nothing where it cannot be read, which then counts as edited. */
function readStripped(path: string): string {
  try {
    return stripNotebook(readFileSync(path, "utf8"), basename(path));
  } catch {
    return "";
  }
}

function parseNotebook(text: string, name: string): SavedNotebook {
  try {
    const found = JSON.parse(text) as SavedNotebook;
    if (found.nbformat === 4 && Array.isArray(found.cells)) return found;
  } catch {
    // said below
  }
  throw new RunbookError(`${name} is not a notebook of nbformat 4: take it out of the folder, or save it again.`);
}

/** The notebooks of a folder by their names, in order; none where there is no such folder. */
export function listNotebooks(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith(".ipynb"))
    .sort();
}

function splitLines(source: string | string[]): string[] {
  const text = Array.isArray(source) ? source.join("") : source;
  return text === "" ? [] : text.split(/(?<=\n)/);
}

function hashText(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
