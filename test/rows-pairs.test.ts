import { afterAll, beforeAll, expect, test } from "vitest";
import { comparePairs } from "./rows/hold";
import { prelude } from "./rows/pairs";
import { openSides, type Sides } from "./sides";

/** 2,000 random pairs of tables, production's behind the Lambda: nothing that differs is missed, and nothing invented. `npm run soak rows` goes on. */
const count = 2000;
const safe = {
  safe: Object.fromEntries(Array.from({ length: count }, (_, number) => [`pair_${number}`, "*" as const])),
};
let sides: Sides;

beforeAll(async () => {
  sides = await openSides(safe);
  await sides.clients.production.query(prelude.production);
  await sides.clients.local.query(prelude.local);
});
afterAll(() => sides?.close());

test.each([0, 500, 1000, 1500])(
  "pairs from %i on",
  async (first) => {
    expect(await comparePairs(sides, safe, first, 500)).toEqual([]);
  },
  120_000,
);
