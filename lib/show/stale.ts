import { isDeepStrictEqual } from "node:util";
import pl from "nodejs-polars";

/** A cell that has run: what tslab made of it, and the values that its names have now. */
export interface RanCell {
  /** What it is known by: the front end's id of it, or its text where the front end gives none. */
  id?: string;
  source: string;
  /** The number in its brackets. */
  count: number;
  /** Whether it came to its end. */
  ended: boolean;
  /** The JavaScript that tslab has run for it, in which a name of another cell is `exports.name`. */
  output: string;
  valueOf(name: string): unknown;
}

/** Cells that ran on values which are others now; by the number in their brackets. */
export interface Stale {
  cells: number[];
  /** The names whose values they used. */
  names: string[];
}

interface Kept {
  key: string;
  named: boolean;
  count: number;
  /** What it has written, by name. */
  wrote: Map<string, unknown>;
  /** The names that it used, and the cell that had written each. */
  used: Map<string, string>;
  /** The cells that have to run again since this one did, with the names that they used. */
  stale: Map<string, string[]>;
}

/**
 * Follows which cell used what another has written. `add` takes a cell that has run, and answers with the notes that
 * are to be shown anew: those of this cell, and those of earlier ones of whose cells this was one.
 */
export function followCells(): { add(cell: RanCell): { count: number; stale: Stale }[] } {
  const cells = new Map<string, Kept>();
  const writers = new Map<string, string>();

  return {
    add({ id, source, count, ended, output, valueOf }) {
      const { writes, uses } = readNames(output);
      const key = id ?? findEdited(cells, source, writes) ?? source;
      const before = cells.get(key);
      cells.delete(key);
      const told = [...cells.values()].filter((other) => other.stale.delete(key));
      const wrote = new Map(writes.map((name) => [name, valueOf(name)]));
      const used = new Map(
        uses.flatMap((name): [string, string][] => (writers.has(name) ? [[name, writers.get(name)!]] : [])),
      );
      const changed = before ? writes.filter((name) => !isSame(before.wrote.get(name), wrote.get(name))) : [];
      const stale = new Map(
        [...cells.values()].flatMap((other): [string, string[]][] => {
          const names = changed.filter((name) => other.used.get(name) === key);
          return names.length ? [[other.key, names]] : [];
        }),
      );
      // what a cell used that failed is seen at the cell itself
      const kept: Kept = { key, named: id !== undefined, count, wrote, used: ended ? used : new Map(), stale };
      cells.set(key, kept);
      for (const name of writes) writers.set(name, key);
      return [...(stale.size ? [kept] : []), ...told].map((one) => ({ count: one.count, stale: describe(one, cells) }));
    },
  };
}

function describe({ stale }: Kept, cells: Map<string, Kept>): Stale {
  const counts = [...stale.keys()].flatMap((key) => cells.get(key)?.count ?? []);
  return { cells: counts.sort((a, b) => a - b), names: [...new Set([...stale.values()].flat())].sort() };
}

/**
 * A cell without an id that writes the same names as one before, however it was edited: then it is that cell. One that
 * writes none is known by its text alone.
 */
function findEdited(cells: Map<string, Kept>, source: string, writes: string[]): string | undefined {
  if (cells.has(source) || writes.length === 0) return undefined;
  const names = [...writes].sort().join();
  return [...cells.values()].find(({ named, wrote }) => !named && [...wrote.keys()].sort().join() === names)?.key;
}

/** `exports.name`, with the operator behind it where it is written: `=`, `+=`, `++`, `??=` and the like. */
const nameOfCell = /\bexports\.([\p{L}\p{N}_$]+)(\s*(?:(?:[-+*/%&|^?]|<<|>>|\*\*|&&|\|\||\?\?)?=(?![=>])|\+\+|--))?/gu;

/** The names of other cells that tslab's JavaScript writes and uses. */
function readNames(output: string): { writes: string[]; uses: string[] } {
  const found = [...output.matchAll(nameOfCell)];
  const imported = [...output.matchAll(/Object\.defineProperty\(exports, "([^"]+)"/g)].map(([, name]) => name);
  const own = ["__esModule", "tsLastExpr", ...imported];
  const pick = (isWanted: (operator?: string) => boolean): string[] => {
    const names = found.filter(([, , operator]) => isWanted(operator)).map(([, name]) => name);
    return [...new Set(names)].filter((name) => !own.includes(name));
  };
  return { writes: pick((operator) => operator !== undefined), uses: pick((operator) => operator?.trim() !== "=") };
}

/** Whether nobody could tell two values apart by what they hold. */
function isSame(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (pl.DataFrame.isDataFrame(one) || pl.DataFrame.isDataFrame(other))
    return pl.DataFrame.isDataFrame(one) && pl.DataFrame.isDataFrame(other) && one.frameEqual(other, true);
  if (typeof one === "function" && typeof other === "function") return String(one) === String(other);
  try {
    return isDeepStrictEqual(one, other);
  } catch {
    return false;
  }
}
