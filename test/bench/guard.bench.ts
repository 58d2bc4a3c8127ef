import { judge, type Context } from "../../lib/guard/judge";
import { openHostile } from "../guard/hostile";
import { plan } from "../guard/plan";
import { reads } from "../guard/reads";

/** What the guard costs a statement: with the catalog and the file of columns, as at the door; against reading the text alone, the cheapest thing that a guard could do. */
export async function bench(): Promise<void> {
  const hostile = await openHostile();
  const { parseSync } = await import("libpg-query");
  const statements = [...reads, ...plan.map(({ sql }) => sql)];
  const contexts: Record<string, Context> = {
    "statement alone": { columns: hostile.columns },
    "with the catalog": { columns: hostile.columns, catalog: hostile.catalog },
  };
  const parsed = milliseconds(() => statements.forEach((statement) => parseSync(statement))) / statements.length;
  console.log(`guard: ${statements.length} statements, median of ${rounds} rounds`);
  console.log(`  parse alone       ${parsed.toFixed(3)} ms a statement`);
  for (const [name, context] of Object.entries(contexts)) {
    const judged = milliseconds(() => statements.forEach((statement) => judge(statement, context))) / statements.length;
    const slowest = Math.max(...statements.map((statement) => milliseconds(() => judge(statement, context))));
    console.log(
      `  ${name.padEnd(17)} ${judged.toFixed(3)} ms a statement, ${(judged / parsed).toFixed(1)} times the parse; the slowest ${slowest.toFixed(2)} ms`,
    );
  }
  await hostile.close();
}

const rounds = 9;

function milliseconds(work: () => void): number {
  work();
  const times = Array.from({ length: rounds }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  return times.sort((a, b) => a - b)[Math.floor(rounds / 2)];
}
