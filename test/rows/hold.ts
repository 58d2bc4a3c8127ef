import type { SafeColumns } from "../../lib/guard/safe-columns";
import type { Side } from "../../lib/ledger";
import { compareAllRows, compareRows, type Outcome, type RowsOptions } from "../../lib/rows";
import { pairOf, type Pair, type Truth } from "./pairs";
import type { Sides } from "../sides";

/** Makes so many pairs from this number on, and says of each in which the comparison and the truth are not alike, what either says. */
export async function comparePairs(
  sides: Sides,
  safe: SafeColumns,
  first: number,
  count: number,
  lacks?: RegExp,
): Promise<{ table: string; found: unknown; truth: Truth; statements: Pair["statements"] }[]> {
  const pairs = Array.from({ length: count }, (_, index) => pairOf(first + index, lacks));
  await Promise.all(
    (["production", "local"] as Side[]).map((side) =>
      sides.clients[side].query(pairs.map(({ statements }) => statements[side]).join("\n")),
    ),
  );
  // those with a key of the database's own, or none, all at once; the others by the key that an operator names
  const named = pairs.filter(({ key }) => key.length && key[0] !== "id");
  const { outcomes, left } = await compareAllRows(sides.sources, safe, {
    only: pairs.filter((pair) => !named.includes(pair)).map(({ table }) => table),
    keys: 1,
  });
  const found = new Map<string, unknown>(outcomes.map((outcome) => [outcome.table, countsOf(outcome)]));
  for (const { table, why } of left) found.set(table, why);
  for (const [index, { table, key }] of named.entries()) {
    // through all that a large table would go through, or in one statement
    const options: RowsOptions = index % 2 ? tiny : {};
    const outcome = await compareRows(sides.sources, table, safe, { key, ...options }).catch(
      (error: Error) => error.message,
    );
    found.set(`public.${table}`, typeof outcome === "string" ? outcome : countsOf(outcome));
  }
  await Promise.all(
    Object.values(sides.clients).map((client) =>
      client.query(`drop table ${pairs.map(({ table }) => table).join(", ")}`),
    ),
  );
  return pairs.flatMap(({ table, truth, statements }) => {
    const said = found.get(`public.${table}`);
    return isAlike(said, truth) ? [] : [{ table, found: said, truth, statements }];
  });
}

const tiny: RowsOptions = {
  sizes: { smallRows: 0, leafRows: 4, leafBuckets: 3, buckets: 4, firstRows: 3, fewestRows: 2 },
  budget: { rowsAStatement: 10_000 },
};

function countsOf(outcome: Outcome): Truth & { "left out": unknown[] } {
  const { same, changed } = outcome;
  return {
    same,
    changed,
    "only in production": outcome["only in production"],
    "only in local": outcome["only in local"],
    "columns that differ": outcome["columns that differ"],
    "left out": outcome["left out"],
  };
}

function isAlike(found: unknown, truth: Truth): boolean {
  const sorted = (value: unknown) =>
    JSON.stringify(value, (_, part) =>
      part && typeof part === "object" && !Array.isArray(part) ? Object.fromEntries(Object.entries(part).sort()) : part,
    );
  return sorted(found) === sorted({ ...truth, "left out": [] });
}
