import { isTable } from "../../kinds";
import type { Side } from "../../ledger";
import type { SchemaObject, Snapshot } from "../read/snapshot";

/**
 * What follows where an object belongs to another role on either side: nothing (undefined) where only the names
 * differ, a sentence where a role that an application logs in with owns it on one side and not on the other. A role
 * is the same under the same name; where the other side has none of that name, the owner of most tables stands for
 * it, and the owners of most tables on both sides stand for each other in any case. Superusers and roles that nobody logs in with are no application's.
 */
export function judgeOwner(
  production: SchemaObject,
  local: SchemaObject,
  snapshots: Record<Side, Snapshot>,
): string | undefined {
  const owners = { production: String(production.attributes.owner), local: String(local.attributes.owner) };
  // the role that owns most on one side stands for the one that does on the other, whatever roles a server knows besides
  if (isMain(snapshots.production, owners.production) && isMain(snapshots.local, owners.local)) return undefined;
  for (const [side, other] of [
    ["production", "local"],
    ["local", "production"],
  ] as const) {
    const owning = listLogins(snapshots[side], owners[side]);
    const lost = owning.filter((role) => {
      const memberOf = snapshots[other].logins.get(role);
      return memberOf !== undefined && !memberOf.has(owners[other]);
    });
    if (lost.length) return describe(lost, side, other);
    const isKnown = owning.some((role) => snapshots[other].logins.has(role));
    if (
      owning.length &&
      !isKnown &&
      isMain(snapshots[side], owners[side]) &&
      findMainOwner(snapshots[other]) !== undefined
    )
      if (!isMain(snapshots[other], owners[other])) return describe(owning, side, other);
  }
  return undefined;
}

function describe(roles: string[], side: Side, other: Side): string {
  const [role] = roles.sort();
  return (
    `Role ${role} owns it in ${side}, and its like does not in ${other}: there it may not alter it, and do ` +
    `only what is granted.`
  );
}

/** The roles that log in and have an owner's rights. */
function listLogins({ logins }: Snapshot, owner: string): string[] {
  return [...logins].filter(([, memberOf]) => memberOf.has(owner)).map(([role]) => role);
}

function isMain(snapshot: Snapshot, owner: string): boolean {
  return findMainOwner(snapshot) === owner;
}

/** Who owns more than half of a side's tables; undefined where there are too few to tell. */
function findMainOwner({ objects }: Snapshot): string | undefined {
  const tables = objects.filter(({ kind }) => isTable(kind));
  const counts = new Map<unknown, number>();
  for (const { attributes } of tables) counts.set(attributes.owner, (counts.get(attributes.owner) ?? 0) + 1);
  const [main] = [...counts].find(([, count]) => tables.length > 2 && count * 2 > tables.length) ?? [];
  return main as string | undefined;
}
