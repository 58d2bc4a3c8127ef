import { RunbookError } from "../errors";
import type { Source } from "../source/guarded";
import { getFields, listNodes, parseOne } from "../guard/ast";
import { sides, type Side } from "../ledger";

/**
 * An operator's condition on a table, as the guard writes it down for either side: it is judged as if the operator
 * had asked for a count of the rows with it, so that it may not ask about a person. Throws a RunbookError where it is
 * refused, or is more than a condition.
 */
export async function resolveCondition(
  relations: Record<Side, string>,
  condition: string,
  sources: Record<Side, Source>,
): Promise<Record<Side, string>> {
  const countOf = (side: Side, text: string) => `select pg_catalog.count(*) from ${relations[side]} where (${text}\n)`;
  if (!isCondition(countOf("production", condition)))
    throw new RunbookError("--where takes one condition, such as --where \"state = 'TX'\", and nothing behind it.");
  const [production, local] = await Promise.all(
    sides.map(async (side) => {
      const written = await judgeCondition(sources[side], countOf(side, condition));
      const frame = await judgeCondition(sources[side], countOf(side, "true"));
      const before = frame.slice(0, frame.lastIndexOf("true"));
      if (!written.startsWith(before))
        throw new RunbookError("--where could not be told from the rest of the statement: write it in another way.");
      return written.slice(before.length);
    }),
  );
  return { production, local };
}

async function judgeCondition(source: Source, statement: string): Promise<string> {
  const { allowed, reason, sql } = await source.judge(statement);
  if (!allowed) throw new RunbookError(`--where: ${reason}`);
  return sql;
}

/**
 * Whether what was put in is a condition and no more: the statement is still one SELECT from one table, with WHERE
 * and nothing else.
 */
function isCondition(statement: string): boolean {
  let select;
  try {
    select = getFields("SelectStmt", parseOne(statement, 20_000));
  } catch {
    return false;
  }
  const parts = Object.keys(select ?? {}).filter(
    (part) => !["targetList", "fromClause", "whereClause", "limitOption", "op"].includes(part),
  );
  return (
    select !== undefined &&
    select.whereClause !== undefined &&
    select.op === "SETOP_NONE" &&
    parts.length === 0 &&
    listNodes(select.fromClause).length === 1
  );
}
