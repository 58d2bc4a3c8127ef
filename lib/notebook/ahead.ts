import { existsSync } from "node:fs";
import { join } from "node:path";
import { planAvailable } from "../guard/partial";
import { readNotebook } from "../run/notebook";
import { findQuestions, type StaticQuestion } from "../run/questions";
import type { Source } from "../source/guarded";
import { sql } from "../sql";
import { rewriteStatement } from "../sql/rewrite";
import { inline, raw, Sql as SqlStatement, type Sql } from "../sql/template";

/**
 * Tells a source which questions this notebook's cells will ask it, so that several can go in one call. The notebook
 * is the one of the working folder; where it is not there, each question goes alone.
 */
export function expectQuestions(source: Source, notebook: string): void {
  const file = join(process.cwd(), `${notebook}.ipynb`);
  if (!/^[\w-]+$/.test(notebook) || !existsSync(file)) return;
  source.expect(() => {
    const cells = readNotebook(file).cells.filter((cell) => cell.cell_type === "code");
    return prepareQuestions(source, findQuestions(cells.map((cell) => cell.source)));
  });
}

/** The statements as `both` and `available` will ask them. */
async function prepareQuestions(source: Source, questions: StaticQuestion[]): Promise<Sql[]> {
  const reduced = questions.some(({ verb }) => verb === "available");
  const columns = reduced ? await source.columns() : new Map<string, Set<string>>();
  return questions.flatMap(({ verb, name, text }) => {
    const statement = name === undefined ? raw(text!) : (sql as unknown as Record<string, unknown>)[name];
    if (!(statement instanceof SqlStatement)) return [];
    if (verb !== "available") return [statement];
    const part = planAvailable(inline(statement), columns);
    return [part.leftOut.length ? rewriteStatement(part.text, statement) : statement];
  });
}
