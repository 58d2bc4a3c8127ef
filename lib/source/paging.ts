import { QueryError } from "../errors";
import type { Side } from "../ledger";
import type { Answer } from "../answer";
import { readRows, rowCap, UnreadableAnswer, type Opened, type Part } from "./envelope";

/** How the door asks for one part of an answer. */
export interface Asking {
  side: Side;
  /** How many bytes one answer holds; made smaller here when an answer was too large. */
  room: { bytes: number };
  part(part: Omit<Part, "nonce">): Promise<Opened>;
  /** Number and checksum of all rows, for an answer by pages. */
  tally(): Promise<{ total: number; checksum: string }>;
}

type Whole = Pick<Answer, "columns" | "cells" | "total" | "bytes" | "doubt">;

const tries = 3;

/**
 * A whole answer, in as many parts as it needs. Each part is a transaction of its own, so each carries the number and
 * a checksum of all rows in their order: where two parts disagree, rows have changed or their order is not certain,
 * and it is begun anew. What comes back is exactly what the query had in one moment: no row lost, doubled or out of
 * order. Throws a QueryError ("rows changed") where that cannot be had.
 */
export async function fetchByOffset(asking: Asking): Promise<Whole> {
  for (let attempt = 1; attempt <= tries; attempt++) {
    const whole = await fetchOnce(asking);
    if (whole) return whole;
  }
  throw new QueryError(
    asking.side,
    "the rows changed while they were fetched in parts, or have no certain order: end the query with an " +
      "order by over a unique key, aggregate, or ask again when it is quieter.",
    undefined,
    { fault: "rows changed" },
  );
}

async function fetchOnce(asking: Asking): Promise<Whole | undefined> {
  const rows: (string | null)[][] = [];
  const slice = makeSlices(asking);
  const requireFull = makeFullness(asking);
  let first: Opened | undefined;
  for (;;) {
    const opened = await fetchFitting(asking, { after: rows.length, from: slice.from(), rows: rowCap });
    first ??= opened;
    if (opened.checksum !== first.checksum || opened.total !== first.total) return undefined;
    const text = slice.add(opened);
    const { columns, total, bytes, allowed } = first;
    if (text === undefined) continue;
    const part = readRows(text, columns);
    for (const row of part) rows.push(row);
    if (rows.length > allowed) throw new UnreadableAnswer("it has more rows than it says");
    if (rows.length === allowed) return { columns, cells: rows, total, bytes };
    requireFull(part.length, text);
  }
}

/**
 * A whole answer by pages of a key, for results that no one statement should read at once: each page reads its own
 * rows only. Each row is there once, in the key's order; one that is inserted, changed or deleted meanwhile is there
 * as it was before or after. Whether that has happened the last question finds out, by the number and the checksum of
 * all rows; then the answer says so in `doubt`. The key's columns must be unique together and never null.
 */
export async function fetchByKey(asking: Asking, key: readonly string[], most: number): Promise<Whole> {
  const rows: (string | null)[][] = [];
  const slice = makeSlices(asking);
  const requireFull = makeFullness(asking);
  let [bytes, checksum, limit] = [0, 0n, 100];
  let columns: Opened["columns"] = [];
  let places: number[] = [];
  for (;;) {
    const last = rows.length ? readKey(asking.side, rows[rows.length - 1], places, key) : undefined;
    const opened = await fetchFitting(asking, { after: 0, from: slice.from(), rows: limit, page: { key, last } });
    columns = opened.columns;
    places = key.map((name) => columns.findIndex((column) => column.name === name));
    const text = slice.add(opened);
    if (text === undefined) continue;
    const page = readRows(text, columns);
    for (const row of page) rows.push(row);
    checksum += BigInt(opened.checksum);
    bytes += Buffer.byteLength(text);
    if (rows.length >= most || (page.length === opened.total && opened.total <= limit)) break;
    if (page.length > limit) throw new UnreadableAnswer("it has more rows than it was asked for");
    if (page.length < Math.min(limit, opened.total)) requireFull(page.length, text);
    if (last && last.join("\0") === readKey(asking.side, page[page.length - 1], places, key).join("\0"))
      throw new UnreadableAnswer("the same page comes again and again");
    // as many rows as should fit, and some more: what does not fit was read for nothing, what was not asked for costs a
    // trip
    limit = Math.max(1, Math.ceil((asking.room.bytes / (Buffer.byteLength(text) / page.length)) * 1.05));
  }
  const now = await asking.tally();
  if (now.total === rows.length && now.checksum === String(checksum))
    return { columns, cells: rows, total: now.total, bytes };
  if (rows.length >= most)
    return { columns, cells: rows.slice(0, most), total: Math.max(now.total, rows.length), bytes };
  const counts = [rows.length, now.total].map((count) => count.toLocaleString("en"));
  return {
    columns,
    cells: rows,
    total: rows.length,
    bytes,
    doubt:
      `Rows changed while they were fetched, or ${key.join(", ")} is no key: these are ${counts[0]}, each as ` +
      `it was when its page was read, and at the end there were ${counts[1]}.`,
  };
}

function readKey(side: Side, row: (string | null)[], places: number[], key: readonly string[]): string[] {
  const values = places.map((place) => row[place]);
  if (values.every((value) => typeof value === "string")) return values as string[];
  throw new QueryError(
    side,
    `${key.join(", ")} is not a key of this query: its columns must be among the query's own, and never null.`,
  );
}

/**
 * Asks for a part, and for a smaller one where the answer was larger than the way can carry: the room is learnt from
 * that.
 */
async function fetchFitting(asking: Asking, part: Omit<Part, "nonce" | "budget">): Promise<Opened> {
  for (;;) {
    try {
      return await asking.part({ ...part, budget: asking.room.bytes });
    } catch (error) {
      if (!(error instanceof QueryError) || error.fault !== "answer too large" || asking.room.bytes < 1000) throw error;
      asking.room.bytes = Math.floor(asking.room.bytes / 2);
    }
  }
}

/**
 * Sees that an answer in parts comes to an end: a part that is not the last has all that fits, so no two after each
 * other fit into one. A row weighs at most seven times its bytes, and three more. Throws an UnreadableAnswer where a
 * source only says that more is to come.
 */
function makeFullness(asking: Asking): (rows: number, text: string) => void {
  let before = Infinity;
  return (rows, text) => {
    const weight = 7 * Buffer.byteLength(text) + 3 * rows;
    if (rows === 0 || before + weight < asking.room.bytes)
      throw new UnreadableAnswer("it has fewer rows than it says, and says that more are to come");
    before = weight;
  };
}

/** Puts a row together that came in slices, of which each but the last must fill the room. */
function makeSlices(asking: Asking): { from(): number; add(opened: Opened): string | undefined } {
  let begun = "";
  let characters = 0;
  let left: number | undefined;
  return {
    from: () => characters + 1,
    add({ text, rest }) {
      begun += text;
      if (rest > 0) {
        let more = 0;
        for (const _ of text) more++;
        // a character weighs at most 16, and a slice is cut by the average of its row
        if (more === 0 || more * 32 < asking.room.bytes || (left !== undefined && rest + more !== left))
          throw new UnreadableAnswer("a row comes in slices that do not fit together");
        characters += more;
        left = rest;
        return undefined;
      }
      const whole = begun;
      [begun, characters, left] = ["", 0, undefined];
      return whole;
    },
  };
}
