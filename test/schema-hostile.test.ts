import { randomBytes } from "node:crypto";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startScratches } from "../lib/demo/scratch";
import { type Server, startServer } from "../lib/demo/postgres";
import { judge, loadGuard } from "../lib/guard/judge";
import { type Source, openSource } from "../lib/source/guarded";
import { readSide } from "../lib/schema/both";
import { writeCatalogStatement, writeUnreadableStatement } from "../lib/schema/read/catalog-query";
import { compareSchemas } from "../lib/schema/compare/compare";
import { describeProof, proveBoth } from "../lib/schema/prove/prove";
import { recommendBoth } from "../lib/schema/ddl/recommend";
import { writeSequenceStatement } from "../lib/schema/judge/health";
import { addViolations } from "../lib/schema/judge/violation";
import { RunbookError } from "../lib/errors";
import { newDatabase } from "./databases";
import { inWords } from "./schema/workshop";

let server: Server;
let admin: Client;
const opened: Source[] = [];
beforeAll(async () => {
  server = await startServer();
  admin = await connected("postgres", "postgres", server.password);
});
afterAll(async () => {
  for (const source of opened) await source.close();
  await admin.end();
  await server.stop();
});

test("a role that may not read one table learns the positions of the other sequences, and how many it did not learn", async () => {
  const sql = `create table seen (id serial primary key); create table hidden (id serial primary key); create schema shut; create table shut.inner (id serial primary key);
    insert into seen values (7); insert into hidden values (7); create role little login password 'little'; grant select on seen, seen_id_seq to little`;
  await database("partly", sql);
  const { snapshot, troubles } = await readSide(await source("local", "partly", "little"));
  expect(troubles.map(({ name }) => name)).toEqual(["seen_id_seq"]);
  const { coverage } = await compareSchemas(snapshot, snapshot);
  expect(coverage.find(({ kind }) => kind === "sequence's position")).toMatchObject({ compared: 1, "not readable": 2 });
});

test("where the positions cannot be read at all, the comparison goes on and says so", async () => {
  await database("stuck", "create table t (id serial primary key); create table u (id integer)");
  const side = await source("local", "stuck");
  const failing: Source = {
    ...side,
    ask: async (statement) =>
      statement.sql.includes("sequences(schema")
        ? side.ask({ ...statement, strings: ["select 1 / 0"] } as never)
        : side.ask(statement),
  };
  const { snapshot, troubles } = await readSide(failing);
  expect(troubles).toEqual([]);
  const { coverage } = await compareSchemas(snapshot, snapshot);
  expect(coverage.find(({ kind }) => kind === "sequence's position")).toMatchObject({ compared: 0, "not readable": 1 });
});

test("rows that break a rule already are counted on the side that lacks it, and make it graver", async () => {
  const both = `create table p (id integer primary key); create table t (id integer, a integer, b integer, c text, "d e" integer); insert into p values (1);
    insert into t values (1, -5, 9, null, 1), (2, 5, 1, 'x', 1), (3, -7, null, 'y', 2)`;
  await database("loose", both);
  await database(
    "strict",
    `${both.replace(/insert into t .*/s, "")}; alter table t add constraint positive check (a > 0), add foreign key (b) references p, add unique ("d e"), alter c set not null, add primary key (id), add constraint fine check (id > 0)`,
  );
  const sources = { production: await source("production", "loose"), local: await source("local", "strict") };
  const [production, local] = [await readSide(sources.production), await readSide(sources.local)];
  const { drift } = await compareSchemas(production.snapshot, local.snapshot);
  const weighed = await addViolations(drift, { production: production.snapshot, local: local.snapshot }, sources);
  expect(Object.fromEntries(weighed.map(({ name, violations, severity }) => [name, [violations, severity]]))).toEqual({
    positive: [2, "critical"],
    t_b_fkey: [1, "critical"],
    "t_d e_key": [1, "critical"],
    c: [1, "critical"],
    t_pkey: [0, "critical"],
    fine: [0, "high"],
  });
  expect(weighed.find(({ name }) => name === "positive")!.why).toBe(
    "Rows that break the rule can be written in production. 2 rows of production break it already: it cannot be added before they are mended.",
  );
});

test("a rule that cannot be counted leaves the others counted", async () => {
  const both =
    "create table t (a integer, b integer); insert into t values (-1, -1); create function f(integer) returns boolean language plpgsql immutable as 'begin return true; end'";
  await database("counted", both);
  await database(
    "ruled",
    `${both}; delete from t; alter table t add constraint own check (f(a)), add constraint plain check (b > 0)`,
  );
  const sources = { production: await source("production", "counted"), local: await source("local", "ruled") };
  const [production, local] = [(await readSide(sources.production)).snapshot, (await readSide(sources.local)).snapshot];
  const weighed = await addViolations((await compareSchemas(production, local)).drift, { production, local }, sources);
  expect(weighed.map(({ name, violations }) => [name, violations]).sort()).toEqual([
    ["own", undefined],
    ["plain", 1],
  ]);
});

test("two hundred schemas are read in one statement, and one change in one of them is found", async () => {
  const all = Array.from(
    { length: 200 },
    (_, at) =>
      `create schema "s ${at}"; create table "s ${at}".t (id serial primary key, a text); create view "s ${at}".v as select a from "s ${at}".t`,
  ).join(";");
  await database("many", all);
  await database("many_too", `${all}; alter table "s 177".t add b integer`);
  const [one, other] = [
    await readSide(await source("production", "many")),
    await readSide(await source("local", "many_too")),
  ];
  expect(inWords(await compareSchemas(one.snapshot, other.snapshot))).toEqual(["only in local column s 177.t.b"]);
});

test("keys that point in a circle, and names that need quoting, are made in scratch databases as they are recommended", async () => {
  const made = `create table "A ""b" (id integer primary key, "select" integer); create table c (id integer primary key, a integer references "A ""b");
    alter table "A ""b" add constraint back foreign key ("select") references c deferrable initially deferred; create table "größe" ("名" integer references "größe" ("名"), unique ("名"))`;
  await database("without", "create table here (a integer)");
  await database(
    "with_circle",
    `create table here (a integer); ${made.replace('create table "größe"', 'create table "größe" ("名" integer unique); --')}`,
  );
  const [one, other] = [
    (await readSide(await source("production", "without"))).snapshot,
    (await readSide(await source("local", "with_circle"))).snapshot,
  ];
  const { drift } = await compareSchemas(one, other);
  const recommended = await recommendBoth(one, other, drift);
  const proof = await proveBoth(recommended, one, other, drift, () => startScratches());
  expect(
    proof.tried
      .map(({ source: side, outcome, reason }) => [side, outcome, reason])
      .filter(([, outcome]) => outcome !== "mended"),
  ).toEqual([]);
  expect(describeProof(proof)).toMatch(
    /^For production (\d+) of \1 recommended changes mended what they claim; what remains then: nothing\. For local 0 of 0 .*: 3 that only a drop or a hand would mend\.$/,
  );
  const nowhere = await proveBoth(recommended, one, other, drift, async () =>
    Promise.reject(new RunbookError("The package is not installed.")),
  );
  expect(describeProof(nowhere)).toBe(
    "Nothing was tried, for want of an embedded PostgreSQL: The package is not installed.",
  );
});

test("the guard lets the catalog's statements pass, whole, in parts and without what may not be read", async () => {
  await loadGuard();
  const statements = [
    writeCatalogStatement(),
    writeCatalogStatement({ part: { part: 0, of: 3 } }),
    writeCatalogStatement({ without: ["pg_proc", "pg_constraint"] }),
    writeUnreadableStatement(),
  ];
  expect(statements.map((statement) => judge(statement, { trust: "catalogue" }).reason)).toEqual(["", "", "", ""]);
  const { snapshot } = await readSide(await source("local", "partly"));
  expect(judge(writeSequenceStatement(snapshot)!, { trust: "catalogue" }).reason).toBe("");
});

async function connected(name: string, user: string, password: string): Promise<Client> {
  const client = new Client({ host: server.host, port: server.port, user, password, database: name });
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

async function database(name: string, sql: string): Promise<void> {
  await (await newDatabase(server, name, sql)).end();
}

/** A source through the door, for the superuser, or for a role whose password is its name. */
async function source(side: "production" | "local", name: string, role?: string): Promise<Source> {
  const url = role ? server.address(name).replace(/\/\/[^@]*@/, `//${role}:${role}@`) : server.address(name);
  const one = await openSource(
    side,
    { kind: "postgres", url },
    { columns: { safe: {} }, shownAs: randomBytes(2).toString("hex") },
  );
  opened.push(one);
  return one;
}
