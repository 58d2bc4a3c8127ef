import type { ChildProcess } from "node:child_process";
import { QueryError } from "../errors";
import type { Side } from "../ledger";
import { makeBudget, type Allowance, type Cost } from "../source/budget";
import { makeClaims } from "../source/claims";
import type { Reply, Request } from "../source/coordination";

/** Holds what the kernels of one run share; see `lib/source/coordination.ts`. */
export interface Coordinator {
  /** Answers what this kernel asks; what it holds is given back when it ends, however it ends. */
  serve(kernel: ChildProcess): void;
}

/** A coordinator for one run. `before` is what the run had cost when it was begun, where it goes on with an earlier one. */
export function makeCoordinator(allowance: Allowance, before?: Cost): Coordinator {
  const budget = makeBudget(allowance, before);
  const claims = makeClaims();
  return {
    serve(kernel) {
      let calls = 0;
      let given = 0;
      const held = new Map<number, () => void>();

      const giveAllBack = (): void => {
        for (; calls > 0; calls--) budget.give({});
        held.forEach((release) => release());
        held.clear();
      };
      const hold = (release: () => void): number => {
        held.set(++given, release);
        return given;
      };
      const answer = async ({ coordinate, side, names = [] }: Request): Promise<Omit<Reply, "coordinated">> => {
        switch (coordinate) {
          case "take":
            await budget.take(side as Side);
            calls++;
            return {};
          case "claim":
            return { ticket: hold(await claims.claim(names[0])) };
          case "claimFree": {
            const { free, release } = await claims.claimFree(names);
            return { free, ticket: hold(release) };
          }
          default:
            return {};
        }
      };
      const note = ({ coordinate, cost = {}, ticket = 0 }: Request): void => {
        if (coordinate === "leave") giveAllBack();
        if (coordinate === "release") {
          held.get(ticket)?.();
          held.delete(ticket);
        }
        // a kernel can give no place back that it has not taken
        if (coordinate === "give" && calls > 0) {
          calls--;
          budget.give(cost);
        }
      };
      kernel.on("message", (message: Partial<Request> | null) => {
        if (!message?.coordinate) return;
        const request = message as Request;
        if (request.id === undefined) return note(request);
        void answer(request)
          .catch((error: unknown) => ({ refused: readRefusal(error) }))
          .then((reply) => {
            // it may have ended while it waited
            if (!kernel.connected) return giveAllBack();
            kernel.send({ coordinated: request.id!, ...reply }, () => undefined);
          });
      });
      kernel.once("exit", giveAllBack);
    },
  };
}

/** Why a place was refused, without the side's name, which the kernel says again. */
function readRefusal(error: unknown): string {
  if (error instanceof QueryError) return error.message.replace(`${error.source}: `, "");
  throw error;
}
