import type { Side } from "../ledger";
import type { Recommendation } from "../schema/ddl/recommend";
import type { Snapshot } from "../schema/read/snapshot";
import { describeLocks } from "./locks";
import type { Sizes, Step } from "./step";

/** What the other side grants on what the steps before have made: no revision says it, and code fails without it. */
export function makeGrantStep(side: Side, grants: Recommendation[], snapshot: Snapshot, sizes: Sizes): Step {
  const statements = grants.flatMap((one) => one.statements);
  const known = new Set(
    snapshot.objects.filter(({ kind }) => kind === "privilege").map(({ name }) => name.split(" on ")[0]),
  );
  const strange = [...new Set(grants.map(({ name }) => getRole(name)))].filter((role) => !known.has(role));
  return {
    id: "grants",
    kind: "repair",
    title: `Grant what the other side grants on what was made: ${grants.length} privileges`,
    why: "The tables that were made above belong to whoever made them; no revision grants them to the roles that use them.",
    statements,
    locks: describeLocks(statements, sizes),
    couldFail: strange.length
      ? `${side} shows no role ${strange.join(", ")} so far: leave those out, or make the role first.`
      : "It fails where a role is not there.",
    verify: "npx runbook drift lists no privilege.",
    undo: grants
      .flatMap((one) => one.statements)
      .map((sql) => sql.replace(/^grant (.*) to /is, "revoke $1 from ").replace(/ with grant option/i, ""))
      .join(" "),
    isOptional: false,
  };
}

/** The role of a privilege, whose name may begin with the table's. */
function getRole(name: string): string {
  return name.split(" on ")[0];
}
