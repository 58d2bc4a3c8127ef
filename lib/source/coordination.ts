import type { Side } from "../ledger";
import { makeOverdrawnError, type Budget, type Cost } from "./budget";
import type { Claims } from "./claims";

/**
 * What the kernels of one run have in common, held by the process that started them (`lib/run/coordinator.ts`): the
 * allowance of production, how many calls are under way at a time, and who asks which question.
 */
export interface Coordination {
  budget: Budget;
  claims: Claims;
  /** Gives back whatever this process holds. */
  leave(): void;
}

/**
 * What a kernel says to the process that started it: `take` asks for a place among production's calls and `give` gives
 * it back; `claim` asks for one name when nobody holds it, `claimFree` for those of the names that nobody holds, and
 * `release` gives a claim back; `leave` gives back everything. One with an `id` is answered.
 */
export interface Request {
  coordinate: "take" | "give" | "claim" | "claimFree" | "release" | "leave";
  id?: number;
  side?: Side;
  cost?: Partial<Cost>;
  names?: string[];
  /** The number of a claim, as the answer to it said. */
  ticket?: number;
}

/** The answer to a request: `refused` is a sentence, where the run has cost what it may. */
export interface Reply {
  coordinated: number;
  refused?: string;
  ticket?: number;
  free?: string[];
}

/** The coordination of the run that this process is a kernel of; undefined where nobody has started it as one. */
export function joinCoordination(): Coordination | undefined {
  if (!process.send) return undefined;
  const waiting = new Map<number, (reply: Reply) => void>();
  const spent: Required<Cost> = { invocations: 0, received: 0, inFunction: 0 };
  let asked = 0;
  const hear = (message: unknown): void => {
    const reply = message as Partial<Reply>;
    const resolve = waiting.get(reply?.coordinated ?? -1);
    waiting.delete(reply?.coordinated ?? -1);
    resolve?.(reply as Reply);
  };
  process.on("message", hear);
  // a kernel that has nothing else to do may end
  process.channel?.unref();
  // a run that is gone takes its kernels with it
  const tell = (request: Request): void => void process.send?.(request, undefined, undefined, () => undefined);
  const ask = (request: Request): Promise<Reply> =>
    new Promise((resolve) => {
      const id = ++asked;
      waiting.set(id, resolve);
      tell({ ...request, id });
    });
  const giveBack =
    ({ ticket }: Reply) =>
    (): void =>
      tell({ coordinate: "release", ticket });
  return {
    budget: {
      spent,
      async take(side) {
        const { refused } = await ask({ coordinate: "take", side });
        if (refused !== undefined) throw makeOverdrawnError(side, refused);
        spent.invocations++;
      },
      give(cost) {
        spent.received += cost.received ?? 0;
        spent.inFunction += cost.inFunction ?? 0;
        tell({ coordinate: "give", cost });
      },
    },
    claims: {
      claim: async (name) => giveBack(await ask({ coordinate: "claim", names: [name] })),
      async claimFree(names) {
        const reply = await ask({ coordinate: "claimFree", names });
        return { free: reply.free ?? [], release: giveBack(reply) };
      },
    },
    leave() {
      process.off("message", hear);
      tell({ coordinate: "leave" });
    },
  };
}
