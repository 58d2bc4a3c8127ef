import type { CodeCell, Notebook } from "../lib/run/notebook";

/** A notebook of these code cells, which no kernel has executed. */
export function makeCodeNotebook(sources: string[]): Notebook {
  const cells = sources.map((source, index): CodeCell => ({
    cell_type: "code",
    id: `cell-${index}`,
    metadata: {},
    source,
    outputs: [],
    execution_count: null,
  }));
  return { cells, metadata: {}, nbformat: 4, nbformat_minor: 5 };
}

export function listCode({ cells }: Notebook): CodeCell[] {
  return cells.filter((cell): cell is CodeCell => cell.cell_type === "code");
}
