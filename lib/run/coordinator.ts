import type { ChildProcess } from "node:child_process";
import { QueryError } from "../errors";
import type { Side } from "../ledger";
import { makeBudget, type Allowance, type Budget, type Cost } from "../source/budget";
import { makeClaims, type Claims } from "../source/claims";
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
      let member = makeMember(budget, claims);
      const leave = (): void => {
        member.leave();
        member = makeMember(budget, claims);
      };
      kernel.on("message", (message: Partial<Request> | null) => {
        if (!message?.coordinate) return;
        const request = message as Request;
        if (request.coordinate === "leave") return leave();
        if (request.id === undefined) return member.note(request);
        void member
          .answer(request)
          .catch((error: unknown) => ({ refused: readRefusal(error) }))
          .then((reply) => kernel.connected && kernel.send({ coordinated: request.id!, ...reply }, () => undefined));
      });
      kernel.once("exit", leave);
    },
  };
}

/** What one kernel holds, from when it joins until it leaves: what it is given after that is given back at once. */
function makeMember(budget: Budget, claims: Claims) {
  let hasLeft = false;
  let calls = 0;
  let given = 0;
  const held = new Map<number, () => void>();

  const hold = (release: () => void): number => {
    if (hasLeft) release();
    else held.set(++given, release);
    return given;
  };
  return {
    async answer({ coordinate, side, names = [] }: Request): Promise<Omit<Reply, "coordinated">> {
      switch (coordinate) {
        case "take":
          await budget.take(side as Side);
          if (hasLeft) budget.give({});
          else calls++;
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
    },
    note({ coordinate, cost = {}, ticket = 0 }: Request): void {
      if (coordinate === "release") {
        held.get(ticket)?.();
        held.delete(ticket);
      }
      // a kernel can give no place back that it has not taken
      if (coordinate === "give" && calls > 0) {
        calls--;
        budget.give(cost);
      }
    },
    leave(): void {
      hasLeft = true;
      for (; calls > 0; calls--) budget.give({});
      held.forEach((release) => release());
      held.clear();
    },
  };
}

/** Why a place was refused, without the side's name, which the kernel says again. */
function readRefusal(error: unknown): string {
  if (error instanceof QueryError) return error.message.replace(`${error.source}: `, "");
  throw error;
}
