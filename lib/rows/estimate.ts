import { randomBytes } from "node:crypto";
import { QueryError } from "../errors";
import { sides, type Side } from "../ledger";
import type { Budget } from "./limits";
import { OverBudget, type Asker } from "./metered-source";
import { explainOf, writePlainRowsQuery, type Piece } from "./statements";

interface Node {
  "Node Type": string;
  "Plan Rows": number;
  Plans?: Node[];
}

/**
 * Asks EXPLAIN how many rows the comparison would read on a side, and refuses where that passes the budget, with the
 * figure. A condition that an index answers reads what the index leads to; any other reads the table. A key that is
 * no indexed integer is read for twice: once for the checksums, once for the rows that differ.
 */
export async function requireBudget(
  askers: Record<Side, Asker>,
  pieces: Record<Side, Piece[]>,
  { rows, rowsAStatement }: Budget,
): Promise<Record<Side, number>> {
  const read = await Promise.all(sides.map((side) => estimateRowsRead(askers[side], pieces[side])));
  for (const [index, side] of sides.entries()) {
    const passes = pieces[side].length === 1 && pieces[side][0].way !== "integer" ? 2 : 1;
    const needed = read[index] * passes;
    if (needed <= rows) continue;
    const figure = (value: number) => Math.round(value).toLocaleString("en");
    throw new OverBudget(
      `${pieces[side].map(({ plan }) => plan.table).join(", ")}: it would read about ${figure(needed)} rows ` +
        `of ${side} in ${figure(Math.ceil(needed / rowsAStatement))} statements, and the budget is ` +
        `${figure(rows)}: allow it with --budget ${needed}, or narrow it with --where on an indexed column.`,
    );
  }
  return { production: read[0], local: read[1] };
}

async function estimateRowsRead(asker: Asker, pieces: Piece[]): Promise<number> {
  const plan = async (conditional: boolean) =>
    listLeaves(await planOf(asker, writePlainRowsQuery(pieces, conditional)));
  const total = (nodes: Node[]) => nodes.reduce((sum, node) => sum + node["Plan Rows"], 0);
  if (pieces.some(({ plan }) => plan.where)) {
    const narrowed = await plan(true);
    if (narrowed.every((node) => /Index|Bitmap/.test(node["Node Type"]))) return total(narrowed);
  }
  return total(await plan(false));
}

/** The plan of a statement, asked for again where another question's came back. */
async function planOf(asker: Asker, statement: string): Promise<Node> {
  for (let attempt = 1; attempt <= 3; attempt++) {
    const nonce = `q${randomBytes(9).toString("hex")}`;
    const [[text] = []] = await asker.ask(explainOf(statement, nonce));
    if (text?.includes(nonce)) return (JSON.parse(text) as [{ Plan: Node }])[0].Plan;
  }
  throw new QueryError(
    asker.side,
    "EXPLAIN gave the plan of another question: something between here and the database keeps or mixes up answers.",
    undefined,
    { fault: "answer to another question" },
  );
}

/** The scans. A bitmap's index below its heap would count twice. */
function listLeaves(node: Node): Node[] {
  if (!node.Plans || /Bitmap Heap/.test(node["Node Type"])) return [node];
  return node.Plans.flatMap(listLeaves);
}
