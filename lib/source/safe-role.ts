import { QueryError } from "../errors";
import { quoteLiteral } from "../sql/quote";
import type { Verdict } from "../guard/judge";

/**
 * A second session to local, as a role that can read the safe columns alone: what the guard takes for harmless, it
 * must be able to read.
 */
export interface SecondOpinion {
  /** PostgreSQL's reason for refusing a statement that the guard let through as harmless, if it refuses it. */
  refusal(verdict: Verdict): Promise<string | undefined>;
  close(): Promise<void>;
}

/** A session of that role. Only the door can make one. */
export interface RoleSession {
  ask(text: string): Promise<unknown[][]>;
  close(): Promise<void>;
}

/**
 * Asks nothing before it is asked. Where the server has no such role, or the user may not act as it, there is no
 * second opinion.
 */
export function makeSecondOpinion(session: RoleSession, role: string): SecondOpinion {
  let isThere: Promise<boolean> | undefined;
  return {
    async refusal({ sql, kind, personal, views }) {
      if (kind !== "select" || personal || views || hidden.test(sql)) return undefined;
      if (!(await (isThere ??= isActingAs(session, role)))) return undefined;
      // a plan is refused as the query would be, and costs nothing
      return session.ask(`explain ${sql}`).then(
        () => undefined,
        (error: unknown) =>
          error instanceof QueryError && error.condition === "insufficient_privilege"
            ? error.message.split(":").slice(1).join(":").trim()
            : undefined,
      );
    },
    close: () => session.close(),
  };
}

/** The address of a session as a role. Nothing is written for it: the role must be there. */
export function setRoleInUrl(url: string, role: string): string {
  const address = new URL(url);
  address.searchParams.set("options", `-c role=${role.replace(/([\\ ])/g, "\\$1")}`);
  return address.href;
}

/** PostgreSQL's own columns cannot be granted one by one. */
const hidden = /\b(ctid|xmin|xmax|cmin|cmax|tableoid)\b/;

async function isActingAs(session: RoleSession, role: string): Promise<boolean> {
  return session.ask(`select current_user operator(pg_catalog.=) ${quoteLiteral(role)}`).then(
    ([row]) => /^t/.test(String(row?.[0])),
    () => false,
  );
}
