import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { QueryError } from "../lib/errors";
import type { SafeColumns } from "../lib/guard/safe-columns";
import type { Source } from "../lib/source/guarded";
import { judge } from "../lib/guard/judge";
import type { Side } from "../lib/ledger";
import { compareAllRows, compareRows, type RowsOptions } from "../lib/rows";
import { judgeOutcome } from "../lib/rows/finding";
import { estimateShare } from "../lib/rows/sample";
import { openSides, type Sides } from "./sides";

const safe: SafeColumns = {
  safe: { parcels: "*", people: ["id", "state"], accounts: ["state"], letters: "*", narrow: "*" },
};
let sides: Sides;
let folder: string;

beforeAll(async () => {
  sides = await openSides(safe);
  folder = mkdtempSync(join(tmpdir(), "runbook-rows-"));
  for (const side of ["production", "local"] as Side[])
    await sides.clients[side].query(`
      create table parcels (id int8 primary key, code uuid unique not null, state text, weight numeric);
      insert into parcels select g, md5(g::text)::uuid, 'S' || g % 50, g / 10.0 from generate_series(1, 4000) g;
      create table letters (state text, weight int, other int);
      insert into letters select 'S' || g % 5, g % 7, 1 from generate_series(1, 500) g;
      create table people (id int primary key, state text, ssn text, born date, income numeric);
      insert into people select g, 'S' || g % 50, 'canary-' || g, date '1907-01-01' + g, 770077007700000 + g from generate_series(1, 3000) g;
      create table accounts (email text primary key, state text, pin text);
      insert into accounts select 'canary-' || g || '@example.org', 'TX', 'canary-' || g from generate_series(1, 300) g;
      create table narrow (id int primary key);
      analyze`);
  await sides.clients.local.query(`
    update parcels set weight = 0 where id in (77, 3999); update parcels set state = null where id = 1234; delete from parcels where id = 5; insert into parcels values (5000, md5('x')::uuid, 'TX', 1);
    update people set ssn = 'canary-other', income = 770077007700000 where id = 17; update people set born = '1907-09-09' where id = 2999;
    update accounts set pin = 'canary-new' where email = 'canary-7@example.org'; delete from accounts where email = 'canary-8@example.org';
    delete from letters where ctid in (select ctid from letters where weight = 3 limit 2); insert into letters values ('TX', 1, 1), ('TX', 1, 1);
    insert into narrow values (3); analyze`);
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await sides?.close();
});

const compare = (table: string, options: RowsOptions = {}, sources: Record<Side, Source> = sides.sources) =>
  compareRows(sources, table, safe, options);
const tiny: RowsOptions = {
  sizes: { smallRows: 0, leafRows: 100, leafBuckets: 60, buckets: 64, firstRows: 500, fewestRows: 100 },
  budget: { rowsAStatement: 700 },
};
const changes = {
  changed: [
    { key: [77], columns: ["weight"] },
    { key: [1234], columns: ["state"] },
    { key: [3999], columns: ["weight"] },
  ],
  "only in production": [[5]],
  "only in local": [[5000]],
};

describe("what is compared", () => {
  test("an outcome has the contract's shape", async () => {
    expect(await compare("parcels")).toEqual({
      table: "public.parcels",
      key: ["id"],
      columns: ["id", "code", "state", "weight"],
      "left out": [],
      notes: [],
      production: { rows: 4000 },
      local: { rows: 4000 },
      "only in production": 1,
      "only in local": 1,
      changed: 3,
      same: 3996,
      "columns that differ": { weight: 2, state: 1 },
      keys: changes,
      queries: { production: 6, local: 6 },
      bytes: expect.any(Object),
    });
  });

  test("another key, some columns, and no more keys than were asked for", async () => {
    const byCode = await compare("public.parcels", { key: ["code"], columns: ["weight"], keys: 1, ...tiny });
    expect(byCode).toMatchObject({
      key: ["code"],
      columns: ["code", "weight"],
      "left out": [
        { column: "id", why: "not among --columns" },
        { column: "state", why: "not among --columns" },
      ],
      changed: 2,
      "only in production": 1,
    });
    expect([byCode.keys.changed.length, byCode.keys["only in production"]]).toEqual([
      1,
      [["e4da3b7f-bbce-2345-d777-2b0674a318d5"]],
    ]);
  });

  test("without a key, how many there are of each row", async () => {
    for (const options of [{}, tiny])
      expect(await compare("letters", options)).toMatchObject({
        key: [],
        "only in production": 2,
        "only in local": 2,
        changed: 0,
        same: 498,
        notes: [expect.stringContaining("multisets")],
      });
  });

  test("two rows that have exchanged a value are two rows that differ", async () => {
    for (const client of Object.values(sides.clients))
      await client.query(
        "drop table if exists swapped; create table swapped (id int primary key, a text, b text); insert into swapped values (1, 'x', 'y'), (2, 'z', 'y'), (3, 'p', 'q')",
      );
    await sides.clients.local.query(
      "update swapped set a = case id when 1 then 'z' else 'x' end where id < 3; update swapped set a = 'q', b = 'p' where id = 3",
    );
    expect((await compare("swapped", { key: ["id"] })).changed).toBe(3);
  });

  test("a key that is not unique is refused, with what to write", async () => {
    await expect(compare("parcels", { key: ["state"] })).rejects.toThrow(
      /the key state is not unique in (production|local): name more columns in --key\./,
    );
  });

  test("a column that cannot be compared is left out with the reason; a key of such a column is refused", async () => {
    for (const [client, type] of [
      [sides.clients.production, "int"],
      [sides.clients.local, "text"],
    ] as const)
      await client.query(
        `drop table if exists types; create table types (id int primary key, number ${type}, ${type}_only int)`,
      );
    expect((await compare("types"))["left out"]).toEqual([
      { column: "number", why: "int4 in production and text in local cannot be compared" },
      { column: "int_only", why: "only in production" },
      { column: "text_only", why: "only in local" },
    ]);
    await expect(compare("types", { key: ["number"] })).rejects.toThrow("choose another with --key");
    await expect(compare("types", { key: ["text_only"] })).rejects.toThrow("has no column text_only in production");
    await expect(compare("nothing")).rejects.toThrow("There is no table public.nothing");
  });

  test("rows that only one side has are information, a changed row is medium, and one key for two things is information", async () => {
    expect(judgeOutcome(await compare("narrow"))).toBe("info");
    expect(judgeOutcome(await compare("parcels"))).toBe("medium");
    expect(judgeOutcome(await compare("parcels", { where: "id < 70", columns: ["weight"] }))).toBe("info");
    expect(judgeOutcome(await compare("parcels", { where: "id > 70 and id < 77" }))).toBeUndefined();
  });

  test("every table of both sides, with what could not be compared", async () => {
    const { outcomes, left } = await compareAllRows(sides.sources, safe, {
      only: ["parcels", "people", "letters", "narrow"],
    });
    expect(Object.fromEntries(outcomes.map(({ table, changed }) => [table, changed]))).toEqual({
      "public.narrow": 0,
      "public.letters": 0,
      "public.people": 2,
      "public.parcels": 3,
    });
    expect(left).toEqual([]);
    const short = await compareAllRows(sides.sources, safe, { only: ["parcels", "narrow"], budget: { questions: 3 } });
    expect([short.outcomes, short.left.map(({ why }) => why)]).toEqual([
      [],
      Array(2).fill("the budget of 3 questions to production is used up"),
    ]);
  });
});

describe("a person's data", () => {
  const canary = /canary|1907-\d\d-\d\d|770077007700/;
  test("takes part in checksums, and never leaves: of a row that differs its key, hashed where it is personal, and its columns", async () => {
    sides.answers.length = 0;
    const file = join(folder, "people.json");
    const told: unknown[] = [];
    for (const options of [{}, tiny]) {
      const people = await compare("people", { ...options, onDifference: (one) => told.push(one) });
      expect(people.keys.changed).toEqual([
        { key: [17], columns: ["ssn", "income"] },
        { key: [2999], columns: ["born"] },
      ]);
      const accounts = await compare("accounts", {
        ...options,
        state: { file, resume: false },
        onProgress: () => existsSync(file) && told.push(readFileSync(file, "utf8")),
      });
      expect(accounts.keys).toEqual({
        changed: [{ key: [expect.stringMatching(/^[0-9a-f]{16}$/)], columns: ["pin"] }],
        "only in production": [[expect.stringMatching(/^[0-9a-f]{16}$/)]],
        "only in local": [],
      });
      told.push(people, accounts);
    }
    expect(sides.answers.length).toBeGreaterThan(10);
    for (const text of [JSON.stringify(told), ...sides.answers, JSON.stringify(sides.queries)])
      expect(canary.exec(text)?.[0]).toBeUndefined();
  });

  test("the library's own statement may hash a personal value, a notebook's may not, and nobody may show it beside the hash", () => {
    const verdict = (sql: string, trust?: "catalogue") => judge(sql, { columns: safe, trust }).allowed;
    const hash = 'hashtextextended(rtrim(ssn::text) collate "C", 7)';
    expect([
      verdict(`select sum(${hash}) as s from people`, "catalogue"),
      verdict(`select sum(${hash}) as s from people`),
    ]).toEqual([true, false]);
    for (const shown of ["ssn", "ssn::int", "max(ssn)", `case when ssn > 'a' then ${hash} end`, "md5(ssn)"])
      expect(verdict(`select ${shown} as s from people`, "catalogue"), shown).toBe(false);
  });

  test.each([
    ["ssn like 'c%'", "people.ssn is personal"],
    ["income > 5", "people.income is personal"],
    ["exists (select 1 from accounts where pin = 'x')", "accounts.pin is personal"],
    ["true) or (ssn > 'a'", "people.ssn is personal"],
    ["pg_sleep(5) is null", "it makes others wait"],
    ["true group by 1", "--where takes one condition"],
    ["true) union (select 1", "--where takes one condition"],
    ["true); delete from people; select (1", "--where takes one condition"],
    ["", "--where takes one condition"],
  ])("--where %j is refused", async (where, reason) => expect(compare("people", { where })).rejects.toThrow(reason));

  test("a harmless condition narrows both sides, comments and all", async () => {
    expect(await compare("people", { where: "id < 100 or state = 'none' -- and no more" })).toMatchObject({
      production: { rows: 99 },
      changed: 1,
    });
    expect(await compare("parcels", { where: "people.id = 1" }).catch((error: Error) => error.message)).toContain(
      "people",
    );
    expect(
      await compare("parcels", {
        where: "exists (select 1 from people p where p.id = parcels.id and p.state = 'S27')",
        ...tiny,
      }),
    ).toMatchObject({ production: { rows: 60 }, changed: 1 });
  });
});

describe("what it may cost", () => {
  test("more rows than the budget are refused with the figure, before any is read", async () => {
    const before = sides.queries.length;
    await expect(compare("parcels", { ...tiny, budget: { rows: 3000 } })).rejects.toThrow(
      /would read about 4,000 rows of production in 1 statements, and the budget is 3,000: allow it with --budget 4000/,
    );
    expect(sides.queries.slice(before).filter(({ sql }) => /\bs1\b/.test(sql))).toEqual([]);
    await expect(
      compare("parcels", { key: ["code"], sizes: { smallRows: 0 }, budget: { rows: 7000 } }),
    ).rejects.toThrow("would read about 8,000 rows");
    await expect(compare("parcels", { ...tiny, where: "id < 20", budget: { rows: 3000 } })).resolves.toMatchObject({
      production: { rows: 18 + 1 },
    });
  });

  test("no statement reads more rows than it may, and no answer holds many", async () => {
    const before = sides.queries.length;
    expect((await compare("parcels", tiny)).keys).toEqual(changes);
    const firsts = sides.queries
      .slice(before)
      .filter(({ sql, source }) => source === "production" && /\bs1\b/.test(sql) && /ctid/.test(sql));
    expect(firsts.length).toBeGreaterThanOrEqual(4000 / 700);
    expect(Math.max(...sides.queries.slice(before).map(({ rows }) => rows))).toBeLessThanOrEqual(100);
  });

  test("a statement that runs out of time is asked again for less", async () => {
    let cancelled = 0;
    const production: Source = {
      ...sides.sources.production,
      ask: (statement) =>
        /ctid/.test(statement.strings.join("")) && cancelled++ === 0
          ? Promise.reject(new QueryError("production", "the query ran longer than it may.", "query_canceled"))
          : sides.sources.production.ask(statement),
    };
    expect((await compare("parcels", tiny, { ...sides.sources, production })).keys).toEqual(changes);
    expect(cancelled).toBeGreaterThan(5);
  });

  test("a comparison that was interrupted goes on where it was, keeps its file to its owner, and leaves none behind", async () => {
    const file = join(folder, "rows", "parcels.json");
    const small = { ...tiny, sizes: { ...tiny.sizes, leafRows: 70, leafBuckets: 8 } };
    const state = (resume: boolean) => ({ ...small, state: { file, resume } });
    const stopAt = (doing: string, times: number) => (progress: { doing: string; done: number; of: number }) => {
      if (progress.doing.startsWith(doing) && progress.done < progress.of && --times === 0)
        throw new Error("interrupted");
    };
    await expect(compare("parcels", { ...state(false), onProgress: stopAt("reading production", 4) })).rejects.toThrow(
      "interrupted",
    );
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const whole = await compare("parcels", small);
    await expect(compare("parcels", { ...state(true), onProgress: stopAt("finding", 2) })).rejects.toThrow(
      "interrupted",
    );
    const rest = await compare("parcels", state(true));
    expect(rest.keys).toEqual(changes);
    expect(rest).toMatchObject({ changed: 3, same: 3996 });
    expect(rest.queries.production).toBeLessThan(whole.queries.production - 3);
    expect(existsSync(file)).toBe(false);
  });

  test("what another comparison left is not taken up", async () => {
    const file = join(folder, "rows", "other.json");
    const stop = () => {
      throw new Error("interrupted");
    };
    await expect(
      compare("parcels", { ...tiny, where: "id < 3000", state: { file, resume: false }, onProgress: stop }),
    ).rejects.toThrow("interrupted");
    expect(await compare("parcels", { ...tiny, state: { file, resume: true } })).toMatchObject({
      production: { rows: 4000 },
      keys: changes,
    });
  });
});

describe("servers that differ", () => {
  /** The same two databases, whose server says something else of itself. */
  const pretending = (column: string, value: string, only?: Side) =>
    Object.fromEntries(
      (["production", "local"] as Side[]).map((side) => {
        const source = sides.sources[side];
        const ask: Source["ask"] = async (statement) => {
          const answer = await source.ask(statement);
          const index = answer.columns.findIndex(({ name }) => name === column);
          return index < 0 || (only && only !== side)
            ? answer
            : { ...answer, cells: answer.cells.map((row) => row.map((cell, at) => (at === index ? value : cell))) };
        };
        return [side, { ...source, ask }];
      }),
    ) as Record<Side, Source>;

  test("before PostgreSQL 14 a table is read in parts of its integer key, and another key's only as far as one statement may", async () => {
    const old = pretending("version", "130000", "production");
    const before = sides.queries.length;
    expect((await compare("parcels", tiny, old)).keys).toEqual(changes);
    expect(
      sides.queries.slice(before).filter(({ sql, source }) => source === "production" && /ctid/.test(sql)),
    ).toEqual([]);
    await expect(compare("parcels", { ...tiny, key: ["code"] }, old)).rejects.toThrow(
      /production would read about 4,000 rows in one statement, since a server before PostgreSQL 14/,
    );
    expect((await compare("parcels", { ...tiny, budget: {}, key: ["code"] }, old)).changed).toBe(3);
  });

  test("servers that hash the same values differently are not compared", async () => {
    await expect(compare("parcels", {}, pretending("probe", "1", "local"))).rejects.toThrow(
      "The two servers hash the same values differently",
    );
  });

  test("texts of servers with different encodings are compared as UTF-8", async () => {
    expect((await compare("parcels", {}, pretending("encoding", "LATIN1", "local"))).keys).toEqual(changes);
  });
});

describe("a sample", () => {
  test("says in which interval the share of rows that differ lies (Brown, Cai and DasGupta 2001)", () => {
    expect(estimateShare(0, 10)).toMatchObject({ share: 0, from: 0, to: expect.closeTo(0.2775, 4) });
    expect(estimateShare(5, 10)).toMatchObject({ from: expect.closeTo(0.2366, 4), to: expect.closeTo(0.7634, 4) });
    expect(estimateShare(0, 0)).toMatchObject({ from: 0, to: 1 });
  });

  test("takes about as many rows as were asked for, the same on both sides", async () => {
    await sides.clients.local.query(
      "drop table if exists sampled; create table sampled (id int primary key, value int); insert into sampled select g, g from generate_series(1, 20000) g; analyze sampled",
    );
    await sides.clients.production.query(
      "drop table if exists sampled; create table sampled (id int primary key, value int); insert into sampled select g, case when g % 4 = 0 then -g else g end from generate_series(1, 20000) g; analyze sampled",
    );
    const outcome = await compare("sampled", { sample: 2000 });
    expect(outcome.production.rows).toBeGreaterThan(1700);
    expect(outcome.production.rows).toBeLessThan(2300);
    expect(outcome.production.rows).toBe(outcome.local.rows);
    // one interval in a million would miss a quarter by so much
    expect(Math.abs(outcome.sample!.share - 0.25)).toBeLessThan(0.05);
    expect(outcome.sample!.to - outcome.sample!.from).toBeLessThan(0.05);
    expect(outcome["only in production"] + outcome["only in local"]).toBe(0);
  });
});
