/**
 * The nearest of the names that are there to one that is not, or the one that it begins; undefined where it is there,
 * or none is near.
 */
export function findNearest(name: string, there: string[]): string | undefined {
  if (there.includes(name)) return undefined;
  const near = there.flatMap((one) => {
    const distance = measureDistance(name.toLowerCase(), one.toLowerCase());
    const longest = Math.max(1, Math.floor(name.length / 3));
    if (distance <= longest) return [{ one, distance }];
    // the beginning of a longer name
    return name.length >= 3 && one.startsWith(name) ? [{ one, distance: longest + 1 }] : [];
  });
  return near.sort((a, b) => a.distance - b.distance || (a.one < b.one ? -1 : 1))[0]?.one;
}

/** `; perhaps license_type is meant`, to end a sentence about a name that is not there; empty where none is near. */
export function suggestNearest(name: string, there: string[]): string {
  const meant = findNearest(name, there);
  return meant === undefined ? "" : `; perhaps ${meant} is meant`;
}

/**
 * Insertions, deletions, substitutions and swaps of neighbours that lead from one word to another (optimal string
 * alignment).
 */
function measureDistance(from: string, to: string): number {
  const rows = [Array.from({ length: to.length + 1 }, (_, column) => column)];
  for (let row = 1; row <= from.length; row++) {
    rows.push([row]);
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1];
      let least = Math.min(
        rows[row - 1][column] + 1,
        rows[row][column - 1] + 1,
        rows[row - 1][column - 1] + (same ? 0 : 1),
      );
      const isSwap = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (isSwap) least = Math.min(least, rows[row - 2][column - 2] + 1);
      rows[row].push(least);
    }
  }
  return rows[from.length][to.length];
}
