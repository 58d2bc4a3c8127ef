import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { SafeColumns } from "../lib/guard/safe-columns";
import type { Side } from "../lib/ledger";
import { compareRows, type Outcome, type RowsOptions } from "../lib/rows";
import { expected, keyKinds, kinds, randomTable } from "./rows/random";
import { openSides, type Sides } from "./sides";

let sides: Sides;
const tables = Number(process.env.RANDOM_TABLES ?? 8);
const names = Object.keys(keyKinds).flatMap((key) =>
  Array.from({ length: tables }, (_, seed) => ({ key, seed, table: `random_${key}_${seed}` })),
);
const safe: SafeColumns = {
  safe: Object.fromEntries(
    [...names.map(({ table }) => table), "plain", "kinds"].map((table) => [table, "*" as const]),
  ),
};

beforeAll(async () => {
  sides = await openSides(
    safe,
    "-c TimeZone=Asia/Kolkata -c DateStyle=SQL,DMY -c bytea_output=escape -c IntervalStyle=iso_8601 -c extra_float_digits=0",
  );
  await run("create type mood as enum ('sad', 'ok', 'happy')", "create domain positive as numeric check (value >= 0)");
  // the same values under other numbers
  await sides.clients.local.query(
    "drop type mood; create type other as enum ('x'); create type mood as enum ('happy', 'ok', 'sad')",
  );
});
afterAll(() => sides?.close());

async function run(...statements: string[]): Promise<void> {
  for (const side of ["production", "local"] as Side[])
    for (const statement of statements) await sides.clients[side].query(statement);
}

const compare = (table: string, options: RowsOptions = {}) =>
  compareRows(sides.sources, table, safe, { keys: 100_000, ...options });

/** So small that a table of some hundred rows goes through all that one of a billion would. */
const tiny: RowsOptions = {
  sizes: { smallRows: 0, leafRows: 40, leafBuckets: 30, buckets: 16, firstRows: 100, fewestRows: 50 },
  budget: { rowsAStatement: 150 },
};
/** Where the first pass is one statement, and the rows are asked for at once. */
const plain: RowsOptions = { sizes: { smallRows: 0 } };

function found({ keys }: Outcome) {
  return {
    changed: sorted(keys.changed),
    "only in production": sorted(keys["only in production"]),
    "only in local": sorted(keys["only in local"]),
  };
}
const sorted = <T>(list: T[]): T[] =>
  list
    .map((one) => [JSON.stringify(one), one] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, one]) => one);

describe.each(Object.keys(keyKinds))("random tables with random edits, key %s", (key) => {
  for (const { seed, table } of names.filter((one) => one.key === key))
    test(`exactly the edited keys and columns are found: ${seed}`, async () => {
      const made = randomTable(table, key, seed * 31 + key.length, 20 + seed * 90, seed * seed * 2);
      for (const side of ["production", "local"] as const)
        for (const statement of made.statements[side]) await sides.clients[side].query(statement);
      const should = Object.fromEntries(
        Object.entries(expected(made)).map(([status, list]) => [status, sorted<unknown>(list)]),
      );
      for (const options of [{}, plain, tiny]) {
        const outcome = await compare(table, options);
        expect(found(outcome), made.columns.map((column) => column.kind).join()).toEqual(should);
        expect([outcome.changed, outcome["only in production"], outcome["only in local"]]).toEqual([
          should.changed.length,
          should["only in production"].length,
          should["only in local"].length,
        ]);
        expect([outcome.production.rows, outcome.local.rows, outcome["left out"]]).toEqual([
          made.production.size,
          made.local.size,
          [],
        ]);
        expect(outcome.same).toBe(outcome.production.rows - outcome.changed - outcome["only in production"]);
      }
    });
});

test.each(Object.entries(kinds))(
  "%s: what means the same is the same, and what does not is found",
  async (_, { types, spell }) => {
    for (const [index, side] of (["production", "local"] as const).entries()) {
      const client = sides.clients[side];
      await client.query(`drop table if exists kinds; create table kinds (id int primary key, value ${types[index]})`);
      // row 8 has changed, row 9 has lost its value
      for (let n = 0; n < 8; n++) await client.query(`insert into kinds values (${n}, ${spell(n)[index]})`);
      await client.query(
        `insert into kinds values (8, ${spell(8 + index)[index]}), (9, ${index ? "null" : spell(9)[index]})`,
      );
    }
    expect(found(await compare("kinds"))).toEqual({
      changed: [
        { key: [8], columns: ["value"] },
        { key: [9], columns: ["value"] },
      ],
      "only in production": [],
      "only in local": [],
    });
  },
);
