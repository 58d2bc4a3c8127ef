import pl from "nodejs-polars";
import { expect, test } from "vitest";
import { collectReferenceRows, referenceTables } from "../lib/compare/reference";
import { inline } from "../lib/sql/template";
import { toFrame } from "../lib/frame";

test("a reference table is small, pointed to, still, harmless, and points only to its like", () => {
  const { found, frame } = referenceTables(...asked());
  expect(found.map(({ table }) => table)).toEqual(["rules", "topics"]);
  expect(frame.toRecords()[1]).toEqual({
    table: "topics",
    production: 2,
    local: 0,
    "changes in production": 0,
    "pointed to by": 3,
    "compared by": "code",
  });
});

test.each([
  ["has a thousand and one rows", { rows: 1001 }],
  ["is changed more often than it has rows", { changes: 3 }],
  ["has a personal column", { personal: true }],
  ["nothing points to", { pointers: 0 }],
  ["points to a table that is none, though no foreign key says so", { column: "user_id" }],
])("a table that %s is none, and neither is what points to it", (_, topics) =>
  expect(referenceTables(...asked(topics)).found).toEqual([]),
);

test("rows are read by natural key, without their number and times, and a foreign key as what it points to", () => {
  const [rules, topics] = referenceTables(...asked()).found;
  expect(inline(topics.statement)).toBe(`select r."code",r."name" from "public"."topics" r order by "code"`);
  expect(inline(rules.statement)).toBe(
    `select r."rule_code",r."credits",(select o."code"::text from "public"."topics" o where o."id" = r."topic_id") as "topic_id" from "public"."rules" r order by "rule_code"`,
  );
});

test("rows are told apart by key, with what the changed columns hold on either side", () => {
  const [rules] = referenceTables(...asked()).found;
  const columns = ["source", "rule_code", "credits", "topic_id"].map((name) => ({ name, type: "text" }));
  const rows = toFrame({
    columns,
    cells: [
      ["production", "a", "50", "x"],
      ["production", "b", "20", "x"],
      ["local", "a", "36", "x"],
    ],
  });
  expect(collectReferenceRows([{ reference: rules, rows }]).toRecords()).toEqual([
    { table: "rules", key: "a", status: "changed", changed: "credits", production: "50", local: "36" },
    { table: "rules", key: "b", status: "only in production", changed: "", production: null, local: null },
  ]);
  expect(collectReferenceRows([]).getColumns().length).toBe(6);
});

/** Two tables on both sides, rules pointing to topics; what is said of topics can be changed. */
function asked({ rows = 2, changes = 0, personal = false, pointers = 3, column = "name" } = {}): [
  pl.DataFrame,
  pl.DataFrame,
  pl.DataFrame,
] {
  const sides = ["production", "local"];
  const refers = JSON.stringify([{ column: "topic_id", table: "topics", refers_to: "id" }]);
  const use = sides.flatMap((side) => [
    [side, "public", "rules", "0", "1", "0", `["id"]`, `["rule_code"]`, refers],
    [side, "public", "topics", String(changes), String(pointers), "0", `["id"]`, `["code"]`, null],
  ]);
  const counts = [
    ["production", "public", "rules", "3"],
    ["local", "public", "rules", "3"],
    ["production", "public", "topics", String(rows)],
    ["local", "public", "topics", "0"],
    ["production", "public", "users", "9"],
  ];
  const named = {
    rules: ["id", "rule_code", "credits", "topic_id", "created_at"],
    topics: ["id", "code", column, "updated_at"],
  };
  const columns = sides.flatMap((side) =>
    Object.entries(named).flatMap(([table, all]) =>
      all.map((name) => [side, "public", table, name, personal && name === column ? "t" : "f"]),
    ),
  );
  return [
    typed(
      [
        "source",
        "schema",
        "table",
        "changes:int8",
        "foreign_keys:int8",
        "id_columns:int8",
        "primary_key",
        "natural_key",
        "refers",
      ],
      use,
    ),
    typed(["source", "schema", "table", "rows:int8"], counts),
    typed(["source", "schema", "table", "column", "personal:bool"], columns),
  ];
}

function typed(columns: string[], cells: (string | null)[][]): pl.DataFrame {
  return toFrame({
    columns: columns.map((column) => ({ name: column.split(":")[0], type: column.split(":")[1] ?? "text" })),
    cells,
  });
}
