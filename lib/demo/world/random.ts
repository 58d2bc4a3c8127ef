/** Numbers, choices and texts that are the same for the same seed. */
export interface Random {
  integer(low: number, high: number): number;
  chance(share: number): boolean;
  pick<T>(list: readonly T[]): T;
  /** One of the keys, as often as its weight says. */
  weighted<K extends string>(weights: Record<K, number>): K;
  digits(length: number): string;
  hex(length: number): string;
  base64(length: number): string;
  uuid(): string;
}

/** Makes the demo's chance repeatable (mulberry32). */
export function seeded(seed: number): Random {
  let state = seed;
  const number = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const integer = (low: number, high: number): number => low + Math.floor(number() * (high - low + 1));
  const text =
    (alphabet: string) =>
    (length: number): string =>
      Array.from({ length }, () => alphabet[integer(0, alphabet.length - 1)]).join("");
  const hex = text("0123456789abcdef");

  return {
    integer,
    chance: (share) => number() < share,
    pick: (list) => list[integer(0, list.length - 1)],
    weighted: (weights) => {
      const keys = Object.keys(weights) as (keyof typeof weights)[];
      let left = number() * keys.reduce((sum, key) => sum + weights[key], 0);
      return keys.find((key) => (left -= weights[key]) < 0) ?? keys[keys.length - 1];
    },
    digits: text("0123456789"),
    hex,
    base64: text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"),
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`,
  };
}
