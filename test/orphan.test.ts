import pl from "nodejs-polars";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { orphanFindings } from "../lib/checks/orphan";
import { startServer, type Server } from "../lib/demo/postgres";
import { references } from "../lib/sql/queries/overview";
import { bind } from "../lib/sql/template";

test("a column that refers to nothing is one finding, whichever sides it is on, and graver where a foreign key should have kept it", () => {
  const text = (name: string, values: (string | null)[]) => pl.Series(name, values, pl.Utf8);
  const references = pl.DataFrame([
    text("source", ["production", "local", "local", "local"]),
    text("schema", ["public", "public", "audit", "public"]),
    text("table", ["logs", "logs", "notes", "users"]),
    text("column", ["user_id", "user_id", "user_id", "external_id"]),
    text("target", ["users", "users", "users", null]),
    text("known_by", ["name", "name", "foreign key", "name"]),
    pl.Series("filled", [19, 4, 5, null], pl.Int64),
    pl.Series("orphans", [3, 1, 2, null], pl.Int64),
  ]);
  expect(orphanFindings(references).map(({ id, severity, title }) => [id, severity, title])).toEqual([
    [
      "orphan/logs.user_id",
      "medium",
      "logs.user_id: 3 of 19 in production refer to users that are not there, 1 of 4 in local refer to users that are not there",
    ],
    ["orphan/audit.notes.user_id", "high", "audit.notes.user_id: 2 of 5 in local refer to users that are not there"],
  ]);
});

describe("the question itself", () => {
  let server: Server;
  let client: Client;
  beforeAll(async () => {
    server = await startServer();
    client = new Client(server.address("postgres"));
    await client.connect();
  });
  afterAll(async () => {
    await client?.end();
    await server?.stop();
  });

  test("a column whose target cannot be guessed is named without a count, and the others are counted", async () => {
    await client.query(`create table users (id int primary key); create table logs (id int primary key, entity_id int, user_id int);
      insert into logs values (1, 5, 7)`);
    const { rows } = await client.query(bind(references).text);
    expect(rows.map(({ column, target, orphans }) => [column, target, orphans])).toEqual([
      ["entity_id", null, null],
      ["user_id", "users", "1"],
    ]);
  });
});
