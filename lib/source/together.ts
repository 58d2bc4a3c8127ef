import { envelopeColumns, open, readRows, type Opened } from "./envelope";
import type { Answer } from "../answer";

/** How many questions go in one call at most: they share its time limit, and the bytes that it can answer with. */
export const mostTogether = 12;

/**
 * The answer's columns where so many envelopes go in one call: each envelope's own with its number, and the nonce of
 * the whole.
 */
export function listTogetherColumns(count: number): string[] {
  return ["nonce", ...Array.from({ length: count }, (_, index) => nameNumbered(index)).flat()];
}

/**
 * Several envelopes as one statement that answers with one row: each envelope as it is, and its one row beside the
 * others'.
 */
export function joinEnvelopes(envelopes: string[], nonce: string): string {
  const parts = envelopes.map(
    (text, index) => `(\n${text}\n) as question_${index} (${nameNumbered(index).join(", ")})`,
  );
  return (
    `select '${nonce}' as nonce, ${listTogetherColumns(envelopes.length).slice(1).join(", ")} from ` +
    `${parts.join(" cross join ")}`
  );
}

/** Each question's answer out of the one row; undefined where it did not fit, or is not the answer to its own nonce. */
export function readTogether([row]: unknown[][], nonces: string[]): (Whole | undefined)[] {
  const width = envelopeColumns.length;
  return nonces.map((nonce, index) => {
    const cells = row.slice(1 + index * width, 1 + (index + 1) * width);
    return cells[envelopeColumns.indexOf("nonce")] === nonce ? readWhole(open([cells])) : undefined;
  });
}

type Whole = Pick<Answer, "columns" | "cells" | "total" | "bytes">;

function readWhole({ columns, text, total, bytes, allowed, rest }: Opened): Whole | undefined {
  if (rest > 0) return undefined;
  const cells = readRows(text, columns);
  return cells.length === allowed && allowed === total ? { columns, cells, total, bytes } : undefined;
}

function nameNumbered(index: number): string[] {
  return envelopeColumns.map((name) => `${name}_${index}`);
}
