import type { Source } from "../../source/guarded";
import { trustQuery } from "../../sql/trusted";
import { partBytes } from "../../source/envelope";
import { writeCatalogStatement, writeUnreadableStatement } from "./catalog-query";
import { listPartsAsked, readSnapshot, type Snapshot } from "./snapshot";
import { describeBehindColumn, writeSequenceStatement, findTroubles, type Trouble } from "../judge/health";
import { QueryError } from "../../errors";

/**
 * Reads a source's whole schema: one question, or as many as the answer needs to fit. What its role may not read is
 * left out, and said in the coverage.
 */
export async function readSchema(source: Source): Promise<Snapshot> {
  const budget = partBytes - 100_000;
  const ask = async (options: Parameters<typeof writeCatalogStatement>[0]) =>
    askOneCell(source, writeCatalogStatement({ budget, ...options }));
  let without: string[] = [];
  const first = await ask({}).catch(async (error: unknown) => {
    if (!(error instanceof QueryError) || error.condition !== "insufficient_privilege") throw error;
    without = JSON.parse(await askOneCell(source, writeUnreadableStatement())) as string[];
    return ask({ without });
  });
  const parts = listPartsAsked(first);
  if (parts.length === 0) return readSnapshot(first);
  return readSnapshot(...(await Promise.all(parts.map((part) => ask({ part, without })))));
}

/**
 * What is out of order on one side by itself, its sequences included: one question more, where it has any. Where that
 * question fails, the snapshot says why, and the coverage counts the sequences as not readable.
 */
export async function readTroubles(source: Source, snapshot: Snapshot): Promise<Trouble[]> {
  const statement = writeSequenceStatement(snapshot);
  const nothing = { columns: [], cells: [] };
  const { columns, cells } = await (statement ? source.ask(trustQuery(statement)) : Promise.resolve(nothing)).catch(
    (error: unknown) => {
      if (!(error instanceof QueryError)) throw error;
      snapshot.positionsUnread = error.message;
      return nothing;
    },
  );
  const rows = cells.map((row) =>
    Object.fromEntries(columns.map(({ name }, index) => [name, row[index]])),
  ) as unknown as Parameters<typeof describeBehindColumn>[1][];
  return [...findTroubles(source.side, snapshot), ...rows.map((row) => describeBehindColumn(source.side, row))];
}

async function askOneCell(source: Source, statement: string): Promise<string> {
  return (await source.ask(trustQuery(statement))).cells[0][0] ?? "";
}
