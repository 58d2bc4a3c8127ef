import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { LedgerEvent } from "../ledger";
import type { Cost } from "../source/budget";
import { collectQueries, sumCost } from "./results";
import type { Executed, StampedEvent } from "./runner";

/**
 * What the notebooks of a results folder have said so far, in the order of their names. The ledgers are written as the
 * notebooks run, so this works in the middle of a run as well. `isRead` chooses notebooks by name.
 */
export function readLedgers(folder: string, isRead: (notebook: string) => boolean = () => true): Executed[] {
  const place = join(folder, "ledger");
  const names = existsSync(place)
    ? readdirSync(place).flatMap((file) => (file.endsWith(".jsonl") ? [file.replace(".jsonl", "")] : []))
    : [];
  return names
    .filter(isRead)
    .sort()
    .map((name) => ({
      name,
      title: name,
      notebook: { cells: [], metadata: {}, nbformat: 4, nbformat_minor: 5 },
      seconds: 0,
      events: readFileSync(join(place, `${name}.jsonl`), "utf8")
        .split("\n")
        .filter(Boolean)
        .map((line): StampedEvent => ({ ...(JSON.parse(line) as LedgerEvent), notebook: name, cell: "" })),
    }));
}

/** What these notebooks have cost production so far. */
export function sumSpent(executed: Executed[]): Required<Cost> {
  return sumCost(collectQueries(executed).filter(({ source }) => source === "production"));
}
