import { describeFault, type Columns } from "../sql/fault";
import { type CodeCell, readNotebook, type Cell } from "./notebook";
import { lintParameters } from "./parameters";

/** What is to be mended in a notebook, and where: the number of the code cell and the line in it, each from 1. */
export interface Problem {
  cell: number;
  line: number;
  says: string;
}

/** What the guard says of a statement. */
export type JudgeText = (statement: string) => Promise<{ allowed: boolean; reason: string }>;

/**
 * Looks through a notebook without running it: whether it opens first and closes last, what is wrong with its
 * parameters, and whether the guard would let each statement through that its cells write as sql`…`. `known` is the catalog of the side that judges, for
 * suggestions.
 */
export async function lintNotebook(path: string, judge: JudgeText, known: Columns = new Map()): Promise<Problem[]> {
  const cells = readNotebook(path).cells.filter(isCode);
  const problems: Problem[] = [];
  if (cells.length === 0) return [{ cell: 1, line: 1, says: "There is no cell of code: write one." }];
  if (!/\bopen\(/.test(cells[0].source))
    problems.push({ cell: 1, line: 1, says: 'The first cell opens nothing: end it with await open("name").' });
  if (!/\bclose\(\)/.test(cells.at(-1)!.source))
    problems.push({ cell: cells.length, line: 1, says: "The last cell does not close: write await close()." });
  for (const { cell, line, says } of await lintParameters(cells))
    problems.push({ cell: cells.indexOf(cell) + 1, line, says });
  for (const [index, { source }] of cells.entries())
    for (const { text, values, line } of extractStatements(source)) {
      const { allowed, reason } = await judge(text);
      // a value may be a piece of SQL, which is known when it runs
      if (allowed || (values > 0 && /syntax error/.test(reason))) continue;
      problems.push({ cell: index + 1, line, says: describeFault(text, reason, known).split("\n")[0] });
    }
  return problems;
}

/**
 * The statements that a cell writes as sql`…`, with null for each value; those that are masked are masked rather than
 * refused.
 */
function extractStatements(source: string): { text: string; values: number; line: number }[] {
  return [...source.matchAll(/(?<![\w.]|masked\()sql`((?:[^`\\]|\\.)*)`/g)].map((found) => {
    let values = 0;
    const text = found[1].replace(/\$\{[^}]*\}/g, () => {
      values++;
      return "null";
    });
    return { text, values, line: source.slice(0, found.index).split("\n").length };
  });
}

function isCode(cell: Cell): cell is CodeCell {
  return cell.cell_type === "code" && cell.source.trim() !== "";
}
