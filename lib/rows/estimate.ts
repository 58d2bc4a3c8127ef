import { RunbookError } from "../errors";
import { sides } from "../frame";
import type { Side } from "../ledger";
import { OverBudget, type Asker, type Budget } from "./metered-source";
import { explainOf, plainRowsOf, type Piece } from "./statements";

interface Node {
  "Node Type": string;
  "Plan Rows": number;
  Plans?: Node[];
}

/**
 * Asks EXPLAIN how many rows the comparison would read on a side, and refuses where that passes the budget, with the figure. A condition that an index
 * answers reads what the index leads to; any other reads the table. A key that is no indexed integer is read for twice: once for the checksums, once for the rows that differ.
 */
export async function requireBudget(
  askers: Record<Side, Asker>,
  pieces: Record<Side, Piece[]>,
  { rows, rowsAStatement }: Budget,
): Promise<Record<Side, number>> {
  const read = await Promise.all(sides.map((side) => rowsRead(askers[side], pieces[side])));
  for (const [index, side] of sides.entries()) {
    const passes = pieces[side].length === 1 && pieces[side][0].way !== "integer" ? 2 : 1;
    const needed = read[index] * passes;
    if (needed <= rows) continue;
    const figure = (value: number) => Math.round(value).toLocaleString("en");
    throw new OverBudget(
      `${pieces[side].map(({ plan }) => plan.table).join(", ")}: it would read about ${figure(needed)} rows of ${side} in ${figure(Math.ceil(needed / rowsAStatement))} statements, and the budget is ${figure(rows)}: allow it with --budget ${needed}, or narrow it with --where on an indexed column.`,
    );
  }
  return { production: read[0], local: read[1] };
}

async function rowsRead(asker: Asker, pieces: Piece[]): Promise<number> {
  const plan = async (conditional: boolean) =>
    leaves(planIn(await asker.ask(explainOf(plainRowsOf(pieces, conditional)))));
  const total = (nodes: Node[]) => nodes.reduce((sum, node) => sum + node["Plan Rows"], 0);
  if (pieces.some(({ plan }) => plan.where)) {
    const narrowed = await plan(true);
    if (narrowed.every((node) => /Index|Bitmap/.test(node["Node Type"]))) return total(narrowed);
  }
  return total(await plan(false));
}

function planIn(cells: (string | null)[][]): Node {
  const [{ Plan }] = JSON.parse(cells[0]?.[0] ?? "[{}]") as [{ Plan?: Node }];
  if (!Plan) throw new RunbookError("EXPLAIN gave no plan: what the comparison would cost is not known.");
  return Plan;
}

/** The scans. A bitmap's index below its heap would count twice. */
function leaves(node: Node): Node[] {
  if (!node.Plans || /Bitmap Heap/.test(node["Node Type"])) return [node];
  return node.Plans.flatMap(leaves);
}
