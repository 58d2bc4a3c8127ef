import pl from "nodejs-polars";
import { expect, test } from "vitest";
import { orphanFindings } from "../lib/checks/orphan";

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
