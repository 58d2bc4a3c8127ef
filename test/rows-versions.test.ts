import { describe, expect, test } from "vitest";
import { comparePairs } from "./rows/hold";
import { prelude } from "./rows/pairs";
import { openSides } from "./sides";
import { otherServers, ownVersion } from "./servers";

/** The same random pairs, local's on a server of another version. */
const count = 130;
const safe = {
  safe: Object.fromEntries(Array.from({ length: count }, (_, number) => [`pair_${number}`, "*" as const])),
};

describe(`pairs of tables on PostgreSQL ${ownVersion} and on another version`, () => {
  test.skipIf(otherServers.length > 0)(
    "this machine has no server of another version: POSTGRES_SERVERS=/folder:/folder names some",
    ({ skip }) => skip(),
  );
  for (const [version, binaries] of otherServers)
    test(`version ${version}`, async () => {
      const sides = await openSides(safe, "", "", binaries);
      try {
        await sides.clients.production.query(prelude.production);
        await sides.clients.local.query(prelude.local);
        expect(await comparePairs(sides, safe, 0, count, parseInt(version) < 14 ? /multirange/ : undefined)).toEqual(
          [],
        );
      } finally {
        await sides.close();
      }
    }, 120_000);
});
