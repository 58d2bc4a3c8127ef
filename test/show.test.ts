import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pl from "nodejs-polars";
import { describe, expect, test } from "vitest";
import { bars, chartBundle, formatWhole } from "../lib/show/chart";
import { makeAskedBundle, findEditedSince } from "../lib/show/footer";
import type { Finding, QueryRecord } from "../lib/ledger";
import { startKernel } from "../lib/run/jupyter/kernel";
import { makeFindingsBundle, saveCsv, saveFrame, saveParquet } from "../lib/show/display";
import { makeFrameBundle } from "../lib/show/table";

const rows = (...cells: string[]) => cells.join("</tr>\n<tr>");

describe("a frame as a table", () => {
  const frame = pl.DataFrame([
    pl.Series("state", ["CA", "<b>", null], pl.Utf8),
    pl.Series("licenses in production", ["1234567", "1", null], pl.Utf8).cast(pl.Int64),
    pl.Series("ratio", [1.5, 0.25, null], pl.Float64),
  ]);
  const shown = makeFrameBundle(frame, "Licences", "data/x.json");

  test("says its shape and types, separates thousands, aligns the decimal points, and shows nulls as nulls", () => {
    const html = String(shown["text/html"]);
    expect(html).toContain('<strong>Licences</strong> <a href="data/x.json">3 rows × 3 columns</a>');
    expect(html).toContain(
      '<th scope="col" class="num production">licenses in production<br><small>integer</small></th><th scope="col" class="num">ratio<br><small>number</small></th>',
    );
    expect(html).toContain(
      rows(
        '<td class="short">CA</td><td class="num production">1,234,567</td><td class="num">1.50</td>',
        '<td class="short">&#60;b&#62;</td><td class="num production">1</td><td class="num">0.25</td>',
        '<td class="null">null</td><td class="null num">null</td><td class="null num">null</td>',
      ),
    );
    expect(shown["text/markdown"]).toContain("| CA | 1,234,567 | 1.50 |");
  });

  test("shows no number as 0 that is not", () =>
    expect(
      makeFrameBundle(pl.DataFrame([pl.Series("share", [0.00004, 0.5], pl.Float64)]), "", "")["text/html"],
    ).toContain('<td class="num">0.00004</td>'));

  test("shows 15 rows at once, the rest at a click, and says where the whole is beyond 500", () => {
    const long = String(
      makeFrameBundle(
        pl.DataFrame([
          pl.Series(
            "n",
            Array.from({ length: 600 }, (_, n) => n),
            pl.Int64,
          ),
        ]),
        "Long",
        "data/long.json",
      )["text/html"],
    );
    const [first, rest] = long.split('<details class="rb-rest"><summary>485 more rows</summary>');
    expect([first, rest].map((part) => part.match(/<tr><td/g)?.length)).toEqual([15, 485]);
    expect(long).toContain("600 rows × 1 column, the first 500 here");
  });
});

test("findings are chips, the gravest first, told by a word and a shape; more than ten are folded", () => {
  const finding = (severity: Finding["severity"], title: string): Finding => ({ id: title, severity, title });
  const html = String(
    makeFindingsBundle("12.", [
      finding("info", "Known"),
      ...Array.from({ length: 10 }, (_, n) => finding("medium", `Odd ${n}`)),
      finding("critical", "Gone"),
    ])["text/html"],
  );
  expect(html).toMatch(
    /^<p class="rb-note">12\.<\/p><p class="rb-finding rb-critical"><strong class="rb-chip">● critical<\/strong> Gone\.<\/p>/,
  );
  expect(html.split("<details")[1]).toMatch(
    /^ class="rb-further"><summary>2 more findings<\/summary>.*○ info<\/strong> Known\./,
  );
});

describe("what a cell says of itself", () => {
  const query = (more: Partial<QueryRecord>): QueryRecord => ({
    time: "",
    source: "production",
    sha256: "",
    sql: "select 1",
    rows: 67,
    bytes: 0,
    milliseconds: 84,
    ...more,
  });

  test("the statements, rows and milliseconds of each side, live or kept", () => {
    const asked = (...queries: QueryRecord[]) => makeAskedBundle(queries)["text/plain"];
    expect(asked(query({}), query({ source: "local", rows: 1, milliseconds: 1200 }))).toBe(
      "Asked production 1 statement, 67 rows, 84 ms; local 1 statement, 1 row, 1,200 ms; live.",
    );
    expect(asked(query({ cached: "2026-02-02T20:30:00Z" }))).toMatch(/; from an earlier answer\.$/);
    expect(asked(query({}), query({ cached: "2026-02-02T20:30:00Z" }), query({ failed: "timeout", rows: 0 }))).toBe(
      "Asked production 3 statements, 134 rows, 252 ms, 1 without an answer; 1 of them from an earlier answer.",
    );
    expect(
      String(
        makeAskedBundle([query({ sql: "select\n  1 < 2" }), query({ source: "local", sql: "select\n  1 < 2" })])[
          "text/html"
        ],
      ),
    ).toContain("<pre>select 1 &#60; 2</pre>");
  });

  test("which files of lib were edited since the kernel began", () => {
    const folder = mkdtempSync(join(tmpdir(), "runbook-edited-"));
    mkdirSync(join(folder, "sql"));
    for (const file of ["old.ts", join("sql", "new.ts"), "notes.md"]) writeFileSync(join(folder, file), "");
    utimesSync(join(folder, "old.ts"), 1000, 1000);
    expect(findEditedSince(Date.now() - 60_000, folder)).toEqual([join("sql", "new.ts")]);
    rmSync(folder, { recursive: true });
  });

  test("a bar while it waits for long, and nothing of it when the answer is there", async () => {
    const kernel = await startKernel(join(__dirname, "..", "notebooks"), process.env);
    const inside = (file: string) => JSON.stringify(join(__dirname, "..", "lib", file));
    const wait = (until: string) =>
      kernel.execute(
        `require(${inside("register-typescript.js")}); await Promise.race([require(${inside("show/footer.ts")}).showWhileAsking("production", ${until}), new Promise((done) => setTimeout(done, 2600))]);`,
      );
    const answered = await wait("new Promise((done) => setTimeout(done, 2000))");
    const waiting = await wait("new Promise(() => undefined)");
    await kernel.shutdown();
    expect(waiting.outputs).toMatchObject([
      {
        output_type: "display_data",
        data: {
          "text/html": expect.stringContaining('<progress max="1" value="0"'),
          "text/plain": expect.stringMatching(/^0 of 1 answer after \d s$/),
        },
      },
    ]);
    expect(answered.outputs).toEqual([]);
  }, 60_000);
});

describe("a chart", () => {
  const frame = pl.DataFrame([
    pl.Series(
      "source",
      Array.from({ length: 50 }, () => "production"),
      pl.Utf8,
    ),
    pl.Series(
      "state",
      Array.from({ length: 50 }, (_, n) => `State ${n}`),
      pl.Utf8,
    ),
    pl.Series(
      "licenses",
      Array.from({ length: 50 }, (_, n) => n),
      pl.Int64,
    ),
  ]);

  test("is an interactive one, two pictures and a sentence, in a font that the project brings", async () => {
    const { bundle, metadata } = await chartBundle(
      bars(frame.head(3), { category: "state", value: "licenses", title: "Three" }),
      "Three states & more.",
    );
    expect(Object.keys(bundle)).toEqual([
      "application/vnd.vegalite.v5+json",
      "image/svg+xml",
      "image/png",
      "text/plain",
    ]);
    expect(bundle["image/svg+xml"]).toContain('role="img" aria-label="Three states &#38; more."');
    expect(bundle["image/svg+xml"]).toContain('font-family="DejaVu Sans, Verdana, sans-serif"');
    expect(metadata["image/png"]).toEqual({ width: expect.any(Number), height: expect.any(Number) });
  });

  test("draws no more categories than one can read, and says so", () => {
    const spec = bars(frame, { category: "state", value: "licenses", title: "Many" });
    expect(spec.title).toEqual({ text: "Many", subtitle: "the first 40 of 50" });
    expect((spec.data as { values: unknown[] }).values).toHaveLength(40);
  });

  test("has no half steps where there are only a few whole things", () => {
    expect(formatWhole([0, 1, null])).toEqual({ values: [0, 1], format: "d" });
    expect(formatWhole([0.5, 1])).toEqual({});
    expect(formatWhole([1000])).toEqual({});
  });
});

test("the whole of a frame lies beside the results as JSON, CSV and Parquet, without what must not leave", () => {
  const folder = mkdtempSync(join(tmpdir(), "runbook-test-"));
  const frame = pl.DataFrame([
    pl.Series("n", [1n, -2n, null], pl.Int64),
    pl.Series("x", [0.5, null, 2], pl.Float64),
    pl.Series("t", ["=1+1", "jane@example.com", null], pl.Utf8),
    pl.Series("d", [0, 1, null], pl.Int32).cast(pl.Date),
  ]);
  try {
    for (const shown of [frame, frame.head(0)]) {
      saveFrame(shown, folder, "data/a.json");
      saveCsv(shown, folder, "data/a.csv");
      saveParquet(shown, folder, "data/a.parquet");
      const read = pl.readParquet(join(folder, "data/a.parquet"));
      expect(read.getColumns().map(({ name, dtype }) => [name, String(dtype)])).toEqual(
        shown.getColumns().map(({ name, dtype }) => [name, String(dtype)]),
      );
      expect(read.height).toBe(shown.height);
      if (shown.height) expect(read.getColumn("t").toArray()).toEqual(["=1+1", "•••", null]);
      for (const ending of ["json", "csv"])
        expect(readFileSync(join(folder, `data/a.${ending}`), "utf8")).not.toContain("jane");
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  const { "text/html": html, "text/markdown": markdown } = makeFrameBundle(frame, "A", "data/a b.json");
  expect([...String(html).matchAll(/href="([^"]*)"/g)].map(([, href]) => href)).toEqual([
    "data/a%20b.json",
    "data/a%20b.csv",
    "data/a%20b.parquet",
  ]);
  expect(markdown).toContain("[CSV](data/a%20b.csv), [Parquet](data/a%20b.parquet))");
});
