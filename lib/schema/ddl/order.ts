import { kinds, usualRank } from "../../kinds";
import type { SchemaObject } from "../read/snapshot";

/** Where a kind stands in a list of statements that make things, where nothing else decides. */
export function rankOf({ kind }: SchemaObject): number {
  return kinds.get(kind)?.rank ?? usualRank;
}

/**
 * Puts each item behind what it needs, and otherwise in the order that `compare` says. Where items need each other in
 * a circle, the one that `compare` puts first comes first.
 */
export function sortByNeed<T>(items: T[], needs: (item: T) => Iterable<T>, compare: (a: T, b: T) => number): T[] {
  const sorted = [...items].sort(compare);
  const all = new Set(items);
  const waiting = new Map(
    sorted.map((item) => [item, new Set([...needs(item)].filter((need) => need !== item && all.has(need)))]),
  );
  const result: T[] = [];
  while (waiting.size) {
    const next = [...waiting].find(([, open]) => open.size === 0)?.[0] ?? ([...waiting.keys()][0] as T);
    waiting.delete(next);
    for (const open of waiting.values()) open.delete(next);
    result.push(next);
  }
  return result;
}

/**
 * The circles in which items need each other, each with its members: R. Tarjan 1972. Items that are in none are left
 * out.
 */
export function findCircles<T>(items: T[], needs: (item: T) => Iterable<T>): T[][] {
  const all = new Set(items);
  const order = new Map<T, number>();
  const low = new Map<T, number>();
  const stack: T[] = [];
  const open = new Set<T>();
  const circles: T[][] = [];
  const visit = (item: T): void => {
    order.set(item, order.size);
    low.set(item, order.get(item)!);
    stack.push(item);
    open.add(item);
    for (const need of needs(item)) {
      if (!all.has(need)) continue;
      if (!order.has(need)) {
        visit(need);
        low.set(item, Math.min(low.get(item)!, low.get(need)!));
      } else if (open.has(need)) low.set(item, Math.min(low.get(item)!, order.get(need)!));
    }
    if (low.get(item) !== order.get(item)) return;
    const circle = stack.splice(stack.indexOf(item));
    for (const member of circle) open.delete(member);
    if (circle.length > 1) circles.push(circle);
  };
  for (const item of items) if (!order.has(item)) visit(item);
  return circles;
}
