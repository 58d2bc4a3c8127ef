import type { Source } from "../../source/guarded";
import { catalogued } from "../../sql/trusted";
import { partBytes } from "../../source/envelope";
import { catalogStatement, unreadableStatement } from "./catalog-query";
import { partsAsked, readSnapshot, type Snapshot } from "./snapshot";
import { behindItsColumn, sequenceStatement, troubles, type Trouble } from "../judge/health";
import { QueryError } from "../../errors";

/** Reads a source's whole schema: one question, or as many as the answer needs to fit. What its role may not read is left out, and said in the coverage. */
export async function readSchema(source: Source): Promise<Snapshot> {
  const budget = partBytes - 100_000;
  const ask = async (options: Parameters<typeof catalogStatement>[0]) =>
    oneCell(source, catalogStatement({ budget, ...options }));
  let without: string[] = [];
  const first = await ask({}).catch(async (error: unknown) => {
    if (!(error instanceof QueryError) || error.condition !== "insufficient_privilege") throw error;
    without = JSON.parse(await oneCell(source, unreadableStatement())) as string[];
    return ask({ without });
  });
  const parts = partsAsked(first);
  if (parts.length === 0) return readSnapshot(first);
  return readSnapshot(...(await Promise.all(parts.map((part) => ask({ part, without })))));
}

/**
 * What is out of order on one side by itself, its sequences included: one question more, where it has any. Where that question fails, the snapshot says why,
 * and the coverage counts the sequences as not readable.
 */
export async function readTroubles(source: Source, snapshot: Snapshot): Promise<Trouble[]> {
  const statement = sequenceStatement(snapshot);
  const nothing = { columns: [], cells: [] };
  const { columns, cells } = await (statement ? source.ask(catalogued(statement)) : Promise.resolve(nothing)).catch(
    (error: unknown) => {
      if (!(error instanceof QueryError)) throw error;
      snapshot.positionsUnread = error.message;
      return nothing;
    },
  );
  const rows = cells.map((row) =>
    Object.fromEntries(columns.map(({ name }, index) => [name, row[index]])),
  ) as unknown as Parameters<typeof behindItsColumn>[1][];
  return [...troubles(source.side, snapshot), ...rows.map((row) => behindItsColumn(source.side, row))];
}

async function oneCell(source: Source, statement: string): Promise<string> {
  return (await source.ask(catalogued(statement))).cells[0][0] ?? "";
}
