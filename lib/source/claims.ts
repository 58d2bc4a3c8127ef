/**
 * Who asks what now: of several that want the same answer one asks, and the others wait until it is kept. A name
 * stands for a question to one side.
 */
export interface Claims {
  /** Resolves when the name is the caller's, who gives it back with what it resolves to. */
  claim(name: string): Promise<() => void>;
  /** Those of the names that nobody holds: they are the caller's at once, until they are given back together. */
  claimFree(names: string[]): Promise<{ free: string[]; release(): void }>;
}

/** Claims among all that use this object. */
export function makeClaims(): Claims {
  const held = new Map<string, (() => void)[]>();
  const release = (name: string): void => {
    const next = held.get(name)?.shift();
    if (next) next();
    else held.delete(name);
  };
  return {
    async claim(name) {
      const waiting = held.get(name);
      if (waiting) await new Promise<void>((resolve) => waiting.push(resolve));
      else held.set(name, []);
      return callOnce(() => release(name));
    },
    async claimFree(names) {
      const free = names.filter((name) => !held.has(name));
      for (const name of free) held.set(name, []);
      return { free, release: callOnce(() => free.forEach(release)) };
    },
  };
}

function callOnce(work: () => void): () => void {
  let called = false;
  return () => {
    if (!called) work();
    called = true;
  };
}
