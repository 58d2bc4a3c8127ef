/**
 * Whether a notebook reads what the notebooks before it have found, so that it has to wait for them. Read from the
 * text of its code cells, and on the safe side: one that loads anything but the library and polars, or looks at its
 * process or at files, may read the results folder too.
 */
export function readsFindings(cells: string[]): boolean {
  return cells.some((source) => readers.test(source) || loadsOthers(source));
}

const readers = /\b(outcome|plans|process|globalThis|require|eval|Function)\b/;

function loadsOthers(source: string): boolean {
  const loaded = [...source.matchAll(/(?<![."'`])\b(?:from|import)\s*\(?\s*["'`]([^"'`]*)["'`]/g)].map(
    ([, name]) => name,
  );
  return loaded.some((name) => name !== "runbook" && name !== "nodejs-polars");
}

/** Hands out the notebooks of a run, by their places in it, to those who execute them. */
export interface Order {
  /** The next that may begin, when there is one; undefined where none is left. */
  take(): Promise<number | undefined>;
  /** This one has ended. */
  end(place: number): void;
  /** Nothing more is handed out. */
  close(): void;
}

/** One notebook after another; one of `waits` begins when all before it have ended, and lets others go first. */
export function makeOrder(waits: boolean[]): Order {
  const left = waits.map((_, place) => place);
  const ended = new Set<number>();
  let waiting: (() => void)[] = [];
  const mayBegin = (place: number): boolean =>
    !waits[place] || waits.slice(0, place).every((_, before) => ended.has(before));
  const wakeAll = (): void => {
    const woken = waiting;
    waiting = [];
    woken.forEach((wake) => wake());
  };
  return {
    async take() {
      while (left.length) {
        const place = left.findIndex(mayBegin);
        if (place >= 0) return left.splice(place, 1)[0];
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
      return undefined;
    },
    end(place) {
      ended.add(place);
      wakeAll();
    },
    close() {
      left.length = 0;
      wakeAll();
    },
  };
}
