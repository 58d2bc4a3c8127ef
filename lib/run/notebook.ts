import { readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { RunbookError } from "../errors";

export type MimeBundle = Record<string, unknown>;
export interface StreamOutput {
  output_type: "stream";
  name: "stdout" | "stderr";
  text: string;
}
export interface DisplayOutput {
  output_type: "display_data";
  data: MimeBundle;
  metadata: Record<string, unknown>;
}
export interface ErrorOutput {
  output_type: "error";
  ename: string;
  evalue: string;
  traceback: string[];
}
export type Output = StreamOutput | DisplayOutput | ErrorOutput;

interface CellParts {
  id: string;
  source: string;
  metadata: Record<string, unknown>;
}
export type ProseCell = CellParts & { cell_type: "markdown" | "raw" };
export type CodeCell = CellParts & { cell_type: "code"; execution_count: number | null; outputs: Output[] };
export type Cell = ProseCell | CodeCell;

/** A notebook as nbformat 4.5 has it, with every text as one string. */
export interface Notebook {
  cells: Cell[];
  metadata: Record<string, unknown>;
  nbformat: 4;
  nbformat_minor: 5;
}

/**
 * Reads a notebook to be executed: outputs of earlier runs are left behind, and a cell without an id gets one by its
 * place.
 */
export function readNotebook(path: string): Notebook {
  const found = parse(path);
  if (found.nbformat !== 4 || !Array.isArray(found.cells))
    throw new RunbookError(`${basename(path)} is not a notebook of nbformat 4: save it again with a newer Jupyter.`);
  return { cells: found.cells.map(clearCell), metadata: found.metadata ?? {}, nbformat: 4, nbformat_minor: 5 };
}

/** A notebook's text with its keys in order, as Jupyter writes it, so that two copies can be compared line by line. */
export function formatNotebook(notebook: object): string {
  return `${JSON.stringify(sortKeys(notebook), null, 1)}\n`;
}

/** Writes a notebook as `formatNotebook` has it. */
export function writeNotebook(path: string, notebook: Notebook): void {
  writeFileSync(path, formatNotebook(notebook));
}

/** A notebook is called what its file is called, without the ending. */
export function getNotebookName(path: string): string {
  return basename(path, ".ipynb");
}

/** The first heading of a notebook, or its name where it has none. */
export function findTitle(notebook: Notebook, name: string): string {
  const prose = notebook.cells.filter((cell) => cell.cell_type === "markdown");
  return prose.map((cell) => findHeading(cell.source)).find(Boolean) ?? name;
}

/** The first heading in a Markdown text, without its marks. */
export function findHeading(markdown: string): string | undefined {
  return /^#{1,6}[ \t]+(.+?)[ \t#]*$/m.exec(markdown)?.[1];
}

interface FoundCell {
  cell_type: Cell["cell_type"];
  id?: string;
  source: string | string[];
  metadata?: Record<string, unknown>;
}
interface FoundNotebook {
  nbformat?: number;
  cells?: FoundCell[];
  metadata?: Record<string, unknown>;
}

function parse(path: string): FoundNotebook {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new RunbookError(`The notebook ${basename(path)} cannot be read: check the name and the folder.`, { cause });
  }
  try {
    return JSON.parse(text) as FoundNotebook;
  } catch (cause) {
    throw new RunbookError(`${basename(path)} is not a notebook: it does not hold JSON.`, { cause });
  }
}

function clearCell(cell: FoundCell, index: number): Cell {
  const source = Array.isArray(cell.source) ? cell.source.join("") : cell.source;
  const parts = { id: cell.id ?? `cell-${index + 1}`, source, metadata: cell.metadata ?? {} };
  if (cell.cell_type !== "code") return { cell_type: cell.cell_type, ...parts };
  return { cell_type: "code", ...parts, execution_count: null, outputs: [] };
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, part]) => [key, sortKeys(part)]),
  );
}
