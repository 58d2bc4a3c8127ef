import pl from "nodejs-polars";
import { describe, expect, test } from "vitest";
import { bars, chartBundle, heat, orderCategories, targets, timeline } from "../lib/show/chart";

type Rows = Record<string, unknown>[];

/** A frame of two sides, one row a side and category. */
function frameOf(rows: Rows) {
  const names = Object.keys(rows[0]);
  return pl.DataFrame(
    names.map((name) =>
      pl.Series(
        name,
        rows.map((row) => row[name] as never),
        typeof rows[0][name] === "number" ? pl.Float64 : pl.Utf8,
      ),
    ),
  );
}

async function draw(spec: Parameters<typeof chartBundle>[0]) {
  const { bundle } = await chartBundle(spec, "A sentence.");
  return { svg: String(bundle["image/svg+xml"]), spec: bundle["application/vnd.vegalite.v5+json"] as Rows[0] };
}

/** The marks of a picture, by what Vega calls them. */
const marks = (svg: string, kind: "bar" | "rect mark") =>
  svg.match(new RegExp(`aria-roledescription="${kind}"`, "g"))?.length ?? 0;

describe("columns of any name are drawn", () => {
  const names = ["plain", "a.b", "n[0]", `it's "so"`, "back\\slash", "two words"];
  test.each(names)("%s", async (name) => {
    const frame = frameOf([
      { source: "production", [name]: "2026-01", [`${name}2`]: "x", n: 3 },
      { source: "local", [name]: "2026-02", [`${name}2`]: "y", n: 5 },
    ]);
    const one = { category: name, value: "n", title: "T" };
    expect(marks((await draw(bars(frame, one))).svg, "bar")).toBe(2);
    const valued = frame.rename({ n: name + "3" });
    expect(marks((await draw(bars(valued, { ...one, value: name + "3" }))).svg, "bar")).toBe(2);
    expect(
      marks((await draw(timeline(frame, { time: name, value: "n", unit: "utcyearmonth", title: "T" }))).svg, "bar"),
    ).toBe(2);
    const map = heat(frame, { x: name, y: `${name}2`, value: "n", title: "T" });
    expect(marks((await draw(map)).svg, "rect mark")).toBeGreaterThanOrEqual(2);
    const aims = targets(frame, { category: name, value: "n", target: "n", title: "T" });
    expect(marks((await draw(aims)).svg, "bar")).toBe(2);
  });
});

describe("categories stand in the order of what is compared", () => {
  const rows = (categories: [string | null, number, number][]) =>
    categories.flatMap(([state, production, local]) => [
      { source: "production", state, n: production },
      { source: "local", state, n: local },
    ]);
  test("production's largest first, then local's; (none) and other last, however large", () =>
    expect(
      orderCategories(
        rows([
          ["(none)", 900, 0],
          ["TX", 2, 1],
          ["other (7)", 800, 9],
          ["NY", 2, 5],
          ["CA", 7, 0],
        ]),
        "state",
        "n",
      ),
    ).toEqual(["CA", "NY", "TX", "other (7)", "(none)"]));
  test("numbers and months keep their own order", () => {
    const order = (names: string[]) =>
      orderCategories(rows(names.map((name, index) => [name, index, 0])), "state", "n");
    expect(order(["10", "9", "2.5"])).toEqual(["2.5", "9", "10"]);
    expect(order(["2026-02", "2025-12", "(none)"])).toEqual(["2025-12", "2026-02", "(none)"]);
  });
});

test("a week begins on Monday, and is named as ISO 8601 names it", async () => {
  // 2026-12-28 is the Monday of 2026-W53; 2027-01-03 is its Sunday
  const frame = frameOf([
    { source: "production", week: "2026-12-28", n: 3 },
    { source: "local", week: "2027-01-03", n: 5 },
  ]);
  const spec = timeline(frame, { time: "week", value: "n", unit: "utcyearweek", title: "T" }) as { data?: unknown };
  const begins = (spec.data as { values: Rows }).values.map((row) => row.begins);
  expect(begins).toEqual([Date.UTC(2026, 11, 28), Date.UTC(2026, 11, 28)]);
  const { svg } = await draw(spec as never);
  expect(svg).toContain("2026-W53");
  // a bar stands on the axis: what is drawn is as high as its panel where the value is the largest of its side
  const heights = [...svg.matchAll(/<path aria-label="[^"]*" role="graphics-symbol"[^>]* d="([^"]*)"/g)].map(([, d]) =>
    Math.max(...[...d.matchAll(/v(-?[\d.]+)/g)].map(([, high]) => Math.abs(Number(high)))),
  );
  expect(heights).toHaveLength(2);
  for (const high of heights) expect(high).toBeGreaterThan(80);
});

test("two heat maps stand side by side where a cell has room for both, and below each other where it has not", () => {
  const spec = (columns: number) =>
    heat(
      frameOf(
        Array.from({ length: columns }, (_, type) =>
          ["production", "local"].map((source) => ({ source, type: `t${type}`, state: "CA", n: 1 })),
        ).flat(),
      ),
      { x: "type", y: "state", value: "n", title: "T" },
    );
  expect(spec(5)).toHaveProperty("hconcat");
  expect(spec(6)).toHaveProperty("vconcat");
});

test("an interactive chart follows the front end's theme; a picture lies on white", async () => {
  const frame = frameOf([{ source: "production", state: "CA", n: 3 }]);
  const { svg, spec } = await draw(bars(frame, { category: "state", value: "n", title: "T" }));
  expect(JSON.stringify(spec.config)).not.toMatch(/background|white|#000|"#555555"|"#e5e5e5"/);
  expect(svg).toMatch(/fill="white"/);
});

test("the legend is drawn like the marks: production filled, local hollow", async () => {
  const rows = [
    { state: "CA", source: "production", n: 3 },
    { state: "CA", source: "local", n: 2 },
  ];
  const { svg } = await draw(bars(frameOf(rows), { category: "state", value: "n", title: "CA leads" }));
  const fills = (part: string) =>
    new Set([...part.matchAll(/fill="(#(?:2E7EBB|C46A12)\w*)"/gi)].map(([, fill]) => fill));
  const legend = svg.slice(svg.indexOf("role-legend"));
  expect(fills(legend)).toEqual(fills(svg));
  expect(fills(legend).size).toBe(2);
});
