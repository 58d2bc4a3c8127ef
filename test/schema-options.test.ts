import { expect, test } from "vitest";
import { sortIndexOptions, sortOptions } from "../lib/schema/read/settable-options";
import { readSnapshot } from "../lib/schema/read/snapshot";
import { compareSchemas } from "../lib/schema/compare/compare";
import { inWords, openWorkshop, readCatalog } from "./schema/workshop";

test("what people set is kept, what only a server can have written is named", () => {
  const sort = (kind: string, attribute: string, ...options: string[]) => sortOptions(kind, attribute, options, true);
  expect(sort("column", "options", "n_distinct=5", "pg_attver=1")).toEqual({
    set: ["n_distinct=5"],
    managed: ["pg_attver"],
  });
  expect(sort("table", "options", "pg_relver=1", "fillfactor=70", "autovacuum_enabled=false")).toEqual({
    set: ["fillfactor=70", "autovacuum_enabled=false"],
    managed: ["pg_relver"],
  });
  expect(sort("view", "options", "security_barrier=true", "x=1")?.managed).toEqual(["x"]);
  expect(sort("table", "toast options", "autovacuum_enabled=false", "y=1")?.managed).toEqual(["y"]);
  expect(sort("primary key", "storage options", "fillfactor=70", "z=1")?.managed).toEqual(["z"]);
  expect(sort("foreign table", "options", "anything=1")).toBeUndefined();
  expect(sortOptions("table", "options", ["columnar=1"], false)).toBeUndefined();
});

test("an index keeps the options of its access method, and an extension's access method any", () => {
  const index = (using: string, options: string) => `CREATE INDEX i ON t USING ${using} (a) WITH (${options})`;
  expect(sortIndexOptions(index("btree", "fillfactor='70', pg_idxver='1'"))).toEqual({
    definition: index("btree", "fillfactor='70'"),
    managed: ["pg_idxver"],
  });
  expect(sortIndexOptions(index("btree", "pg_idxver='1'")).definition).toBe("CREATE INDEX i ON t USING btree (a)");
  expect(sortIndexOptions(index("hnsw", "m='16'")).managed).toEqual([]);
});

test("a server's own records are no drift, and stand in the coverage by name and count", async () => {
  const workshop = await openWorkshop();
  try {
    await workshop.client.query(
      "begin; create table t (a integer, b text); alter table t alter a set (n_distinct = 5)",
    );
    const recorded = async (versions: [string, string]): Promise<string> => {
      // this server keeps no records of its own: they are written as the distribution's 15.20 writes them
      for (const [column, version] of [
        ["a", versions[0]],
        ["b", versions[1]],
      ])
        await workshop.client.query(
          `update pg_attribute set attoptions = array_append(array_remove(array_remove(attoptions, 'pg_attver=1'), 'pg_attver=2'), 'pg_attver=${version}')
           where attrelid = 't'::regclass and attname = '${column}'`,
        );
      return readCatalog(workshop.client);
    };
    const [one, other] = [readSnapshot(await recorded(["1", "1"])), readSnapshot(await recorded(["2", "2"]))];
    const compared = await compareSchemas(one, other);
    expect(inWords(compared)).toEqual([]);
    expect(compared.coverage.filter((kind) => kind["not compared"])).toMatchObject([
      { kind: "option pg_attver of column", "not compared": 2 },
    ]);
  } finally {
    await workshop.client.query("rollback");
    await workshop.close();
  }
});
