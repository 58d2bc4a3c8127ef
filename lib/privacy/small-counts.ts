import type { Answer } from "../answer";

type Cells = Answer["cells"];

/** Groups of this many people and fewer are small: each of them could be somebody. */
const small = 10;

/**
 * An answer without its counts of 1 to 10, and without what would give one away: in each row another count that
 * differs from it by as few, and in each line of groups (all rows alike but in one column) the smallest count beside
 * it, for the sum of the line may be known. What is hidden is null; whatever is made of counts goes with them. Counts
 * are told by `counted`, from the guard. (Complementary suppression: Cox, "Suppression methodology and statistical
 * disclosure control", 1980.)
 */
export function hideSmall({
  columns,
  cells,
  counted: shows = [],
  counts: sizes,
}: Pick<Answer, "columns" | "cells" | "counted" | "counts">): {
  cells: Cells;
  hidden: number;
} {
  const counted = columns.flatMap((_, index) => (shows[index] ? [index] : []));
  const counts = counted.filter((index) => sizes?.[index] ?? /^int[248]$/.test(columns[index].type));
  const groups = columns.map((_, index) => index).filter((index) => !counted.includes(index));
  const secret = cells.map((row) => new Set(counts.filter((index) => isSmall(Number(row[index] ?? 0)))));
  let before: number;
  do {
    before = countSecrets(secret);
    cells.forEach((row, number) => hideNear(row, counts, secret[number]));
    for (const column of counts) for (const line of groupLines(cells, groups)) hideBeside(line, column, cells, secret);
  } while (countSecrets(secret) > before);
  // an average or a share of what is hidden could be turned back into it
  for (const hidden of secret)
    if (hidden.size) for (const index of counted) if (!counts.includes(index)) hidden.add(index);
  return {
    cells: cells.map((row, number) => row.map((cell, index) => (secret[number].has(index) ? null : cell))),
    hidden: countSecrets(secret),
  };
}

/** The answer without the columns that were added for small groups to be told by. */
export function removeAdded(answer: Answer): Answer {
  const { columns, cells, counted, counts, added = 0 } = answer;
  if (added === 0) return answer;
  const asked = <T>(list: T[]): T[] => list.slice(0, columns.length - added);
  return {
    ...answer,
    columns: asked(columns),
    cells: cells.map(asked),
    ...(counted && { counted: asked(counted) }),
    ...(counts && { counts: asked(counts) }),
    added: 0,
  };
}

/** The answer as it is printed: a count that is hidden as `<11`, its column as text. */
export function spellCounts<Part extends Pick<Answer, "columns" | "cells" | "counted">>(answer: Part): Part {
  const { columns, cells, counted = [] } = answer;
  const spelled = columns.map((column, index) => (counted[index] ? { ...column, type: "text" } : column));
  return {
    ...answer,
    columns: spelled,
    cells: cells.map((row) => row.map((cell, index) => (cell === null && counted[index] ? fewer : cell))),
  };
}

/** What stands for a group of 1 to 10. */
export const fewer = "<11";

/** Whether a count is of 1 to 10. */
export function isSmall(count: number): boolean {
  return count >= 1 && count <= small;
}

function countSecrets(secret: Set<number>[]): number {
  return secret.reduce((sum, hidden) => sum + hidden.size, 0);
}

/**
 * Two counts of one row whose difference is small, such as all and those with a telephone: the lesser goes. So does
 * one more where the rest would add up to the hidden one.
 */
function hideNear(row: Cells[number], counts: number[], hidden: Set<number>): void {
  const value = (index: number) => Number(row[index] ?? 0);
  const open = () =>
    counts.filter((index) => !hidden.has(index) && value(index) > 0).sort((one, other) => value(one) - value(other));
  for (const [place, index] of open().entries())
    if (
      open()
        .slice(place + 1)
        .some((other) => isSmall(value(other) - value(index)))
    )
      hidden.add(index);
  if (hidden.size === 1 && open().length > 1) hidden.add(open()[0]);
}

/** In a line of groups one hidden count is the sum less the others: a second one goes with it. */
function hideBeside(line: number[], column: number, cells: Cells, secret: Set<number>[]): void {
  const hidden = line.filter((row) => secret[row].has(column));
  const sum = hidden.reduce((all, row) => all + Number(cells[row][column]), 0);
  if (line.length < 2 || hidden.length === 0 || (hidden.length > 1 && sum > small)) return;
  const open = line.filter((row) => !secret[row].has(column) && Number(cells[row][column] ?? 0) > 0);
  const least = open.sort((one, other) => Number(cells[one][column]) - Number(cells[other][column]))[0];
  if (least !== undefined) secret[least].add(column);
}

/** Rows that are alike but in one of the columns that tell the groups; all rows, where one column or none does. */
function groupLines(cells: Cells, groups: number[]): number[][] {
  const found = (groups.length ? groups : [-1]).flatMap((free) => {
    const byRest = new Map<string, number[]>();
    cells.forEach((row, number) => {
      const rest = JSON.stringify(groups.filter((index) => index !== free).map((index) => row[index]));
      byRest.set(rest, [...(byRest.get(rest) ?? []), number]);
    });
    return [...byRest.values()];
  });
  return found;
}
