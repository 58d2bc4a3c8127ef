import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";

/** The code cells of a notebook, as they will be executed. */
export interface Cells {
  name: string;
  cells: string[];
}

/** A process that translates cells before a kernel gets them. */
export interface Translator {
  /** Resolves when the cell is in the cache, or will not come to be there; never rejects. `index` counts from 0. */
  wait(name: string, index: number): Promise<void>;
  stop(): void;
}

const running = new Set<ChildProcess>();
process.once("exit", () => running.forEach((child) => child.kill("SIGKILL")));

/**
 * Translates the notebooks of one folder in their order. Without it a run is slower, and nothing else: its failures
 * are not reported.
 */
export function startTranslator(folder: string, notebooks: Cells[], environment: NodeJS.ProcessEnv): Translator {
  const translated = new Map<string, number>();
  let waiting: { name: string; index: number; resolve(): void }[] = [];
  let over = false;
  const release = (): void => {
    const ready = ({ name, index }: { name: string; index: number }) => over || (translated.get(name) ?? 0) > index;
    waiting.filter(ready).forEach(({ resolve }) => resolve());
    waiting = waiting.filter((one) => !ready(one));
  };
  const child = fork(join(__dirname, "translate.js"), [], {
    cwd: folder,
    env: environment,
    stdio: "ignore",
    execArgv: [],
  });
  running.add(child);
  const end = (): void => {
    over = true;
    running.delete(child);
    release();
  };
  child.once("exit", end).once("error", end);
  child.on("message", ({ name, count }: { name: string; count?: number }) => {
    translated.set(name, count ?? Infinity);
    release();
  });
  child.send(notebooks, () => undefined);
  return {
    wait: (name, index) =>
      new Promise((resolve) => {
        waiting.push({ name, index, resolve });
        release();
      }),
    stop: () => child.kill("SIGKILL"),
  };
}
