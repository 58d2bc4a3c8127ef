import { execFileSync, spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Progress, type Run, decideExitStatus, run } from "../lib/run";
import { startKernel } from "../lib/run/jupyter/kernel";
import type { CodeCell, Notebook } from "../lib/run/notebook";
import { makeProjectFolder } from "./folder";

const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const ledger = `require("fs").mkdirSync(process.env.RUNBOOK_RESULTS + "/ledger", { recursive: true });
const note = (event: object) => require("fs").appendFileSync(process.env.RUNBOOK_RESULTS + "/ledger/01-fine.jsonl", JSON.stringify(event) + "\\n");`;
const show = `require("tslab/dist/jupyter").lastWriteDisplayData`;
const finding = {
  id: "column/licenses.portal_username",
  severity: "critical",
  title: "licenses lacks <b>portal_username</b>",
  production: null,
  local: { type: "varchar(500)" },
  explanation: { state: "phantom", text: "A revision says it is there." },
  recommendation: { text: "Add it again.", sql: "alter table licenses add portal_username varchar(500)" },
};

const notebooks: Record<string, string[]> = {
  "01-fine": [
    `# Columns & <i>more</i>\n\nOne word: <script>alert(1)</script>`,
    `>${ledger}`,
    `## What differs`,
    `>note({ kind: "opened", production: { address: "demo:production", database: "credmate", version: "PostgreSQL 15.4 on x86" }, local: { address: "demo:local", database: "", version: "" } });
note({ kind: "query", time: "2026-02-02T20:30:00Z", source: "production", sha256: "ab", sql: "select ?", rows: 3, bytes: 120, milliseconds: 7, requestId: "r-1" });
note({ kind: "check", id: "columns", status: "same", why: "Too early.", queries: 1, milliseconds: 7, findings: [] });`,
    `>note({ kind: "check", id: "columns", status: "drift", why: "1 column differs.", queries: 1, milliseconds: 7, findings: [${JSON.stringify(finding)}] });
note({ kind: "frame", file: "data/columns.json", caption: "Columns", rows: 3 });
${show}({ data: { "text/html": '<table class="rb-table" onclick="x()"><thead><tr><th>a</th></tr></thead><tbody><tr><td style="x">1</td></tr></tbody></table><script>alert(2)</script></section><img src="https://example.org/x.png">', "text/markdown": "| a |\\n| --- |\\n| 1 |" }, metadata: {}, transient: {} }, false);`,
    `>${show}({ data: { "application/vnd.vegalite.v5+json": { mark: "bar" }, "image/svg+xml": "<svg xmlns='http://www.w3.org/2000/svg'/>", "image/png": "${pixel}", "text/plain": "Licences by state: Ohio leads." }, metadata: { "image/png": { width: 1, height: 1 } }, transient: {} }, false);`,
    `>const progress = require("tslab").newDisplay(); progress.text("half"); progress.text("whole"); 1 + 1`,
    `>for (let line = 0; line < 2000; line++) console.log("line", line);`,
  ],
  "02-fails": [
    `# Fails`,
    `>const kept = 1;`,
    `>throw new RangeError("no such <state> in " + process.cwd());`,
    `>console.log("never");`,
    `after it`,
    `>kept`,
  ],
  "03-late": [`>setTimeout(() => { throw new TypeError("too late"); }, 20); await new Promise(() => undefined);`, `>1`],
  "04-rejects": [`>Promise.reject(new Error("nobody waits")); 0`, `>1`],
  "05-dies": [`>console.log("last words"); process.exit(3);`, `>1`],
  "06-types": [`>const count: number = "one";`],
};

describe("a run over six notebooks", () => {
  let folder = "";
  let out = "";
  let finished: Run;
  const progress: Progress[] = [];

  beforeAll(async () => {
    folder = makeProjectFolder("run");
    out = join(folder, "results");
    for (const [name, cells] of Object.entries(notebooks))
      writeFileSync(join(folder, `${name}.ipynb`), JSON.stringify(notebook(cells)));
    finished = await run({
      notebooks: Object.keys(notebooks).map((name) => join(folder, `${name}.ipynb`)),
      out,
      environment: process.env,
      production: "demo:production",
      local: "demo:local",
      onProgress: (event) => progress.push(event),
    });
  }, 120_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("a cell keeps its id, its count and its outputs, consecutive lines as one stream", () => {
    const [, , , last] = cellsOf("01-fine").slice(-4);
    expect(last).toMatchObject({ id: "c7", execution_count: 6 });
    expect(last.outputs).toHaveLength(1);
    expect(last.outputs[0]).toMatchObject({
      output_type: "stream",
      name: "stdout",
      text: Array.from({ length: 2000 }, (_, line) => `line ${line}\n`).join(""),
    });
  });

  test("a display that is updated is shown once, as it was last", () => {
    expect(cellsOf("01-fine")[4].outputs).toEqual([
      { output_type: "display_data", data: { "text/plain": "whole" }, metadata: {} },
      { output_type: "stream", name: "stdout", text: "2\n" },
    ]);
  });

  test("a cell that throws is kept as an error of one sentence, and what follows it is not run", () => {
    const [kept, thrown, ...rest] = cellsOf("02-fails");
    expect(kept.execution_count).toBe(1);
    expect(thrown.outputs).toEqual([
      {
        output_type: "error",
        ename: "RangeError",
        evalue: "no such <state> in .",
        traceback: ["RangeError: no such <state> in ."],
      },
    ]);
    expect(rest.map(({ execution_count, outputs }) => [execution_count, outputs[0]])).toEqual(
      Array(2).fill([null, { output_type: "stream", name: "stdout", text: "not run: an earlier cell failed\n" }]),
    );
  });

  test.each([
    ["03-late", "TypeError", "too late"],
    ["04-rejects", "Error", "nobody waits"],
    [
      "05-dies",
      "KernelDied",
      "The kernel stopped by itself (exit status 3): the cell, or something it loaded, ended the process.",
    ],
    ["06-types", "TypeScript", "line 1, column 7: Type 'string' is not assignable to type 'number'."],
  ])("%s fails with a %s that says why, once", (name, ename, evalue) => {
    const [cell, ...rest] = cellsOf(name);
    expect(cell.outputs.filter(({ output_type }) => output_type === "error")).toEqual([
      { output_type: "error", ename, evalue, traceback: [`${ename}: ${evalue}`] },
    ]);
    expect(cell.outputs.filter((output) => output.output_type === "stream" && output.name === "stderr")).toEqual([]);
    expect(rest.every(({ execution_count }) => execution_count === null)).toBe(true);
  });

  test("results.json has the contract's shape, and the last word about a check counts", () => {
    const results = JSON.parse(readFileSync(join(out, "results.json"), "utf8"));
    expect(Object.keys(results)).toEqual([
      "format",
      "started",
      "seconds",
      "production",
      "local",
      "verdict",
      "cost",
      "checks",
      "findings",
      "causes",
    ]);
    expect(results).toMatchObject({
      format: 1,
      production: { address: "demo:production", database: "credmate", version: "PostgreSQL 15.4 on x86" },
      local: { address: "demo:local" },
    });
    expect(results.checks[0]).toEqual({
      id: "columns",
      phase: 1,
      status: "drift",
      label: "drift",
      why: "1 column differs.",
      queries: 1,
      milliseconds: 7,
    });
    expect(
      results.checks.slice(1).map(({ id, phase, status }: Record<string, unknown>) => [id, phase, status]),
    ).toEqual(
      Object.keys(notebooks)
        .slice(1)
        .map((name, index) => [`notebook/${name}`, index + 2, "incomplete"]),
    );
    expect(results.checks[1].why).toBe("cell 2 of 4 failed: no such <state> in . (2 cells not run)");
    expect(results.findings).toEqual([{ ...finding, phase: 1, evidence: { notebook: "01-fine", cell: "c4" } }]);
    expect(results.verdict).toBe(
      "Production and local are not the same: drift in 1 of 1 check, with 1 critical finding; 5 checks could not be completed, so this is not the whole answer.",
    );
    expect(decideExitStatus(results, "info")).toBe(2);
  });

  test("every query is one line, with the cell that asked", () => {
    const lines = readFileSync(join(out, "queries.jsonl"), "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines).toEqual([
      {
        time: "2026-02-02T20:30:00Z",
        source: "production",
        notebook: "01-fine",
        cell: "c3",
        sha256: "ab",
        sql: "select ?",
        rows: 3,
        bytes: 120,
        milliseconds: 7,
        requestId: "r-1",
      },
    ]);
  });

  test("the HTML holds the findings and the charts, and nothing that runs or asks the network", () => {
    const html = readFileSync(finished.document, "utf8");
    expect(html).toContain("licenses lacks &#60;b&#62;portal_username&#60;/b&#62;");
    expect(html).toContain('href="#01-fine/c4"');
    expect(html).toContain('id="01-fine/c4"');
    expect(html).toContain('href="#finding/column/licenses.portal_username"');
    expect(html).toContain(
      '<table class="rb-table"><thead><tr><th scope="col">a</th></tr></thead><tbody><tr><td>1</td></tr></tbody></table>',
    );
    expect(html).toContain('alt="Licences by state: Ohio leads."');
    expect(html).toContain("and 1,900 more lines");
    expect(html).toContain("Not run: an earlier cell failed.");
    const withoutCode = html.replace(/<pre tabindex="0"><code>[^<]*<\/code><\/pre>/g, "");
    expect(withoutCode).not.toMatch(/alert\(2\)|<script>alert|onclick|example\.org|style="x"/);
    expect(html.match(/<section/g)?.length).toBe(html.match(/<\/section>/g)?.length);
  });

  test("the Markdown is its twin, with the charts beside it and the notebooks' headings below its own", () => {
    const markdown = readFileSync(join(out, "results.md"), "utf8");
    expect(markdown).toContain(
      "| ● critical | licenses lacks &lt;b&gt;portal_username&lt;/b&gt; | absent | type: varchar(500) | [01-fine](#01-fine/c4) |",
    );
    expect(markdown).toContain('<a id="01-fine/c4"></a>');
    expect(markdown).toContain("#### What differs");
    expect(markdown).toContain("| a |\n| --- |\n| 1 |");
    expect(markdown).toContain("![Licences by state: Ohio leads.](charts/01-fine-c5.png)");
    expect(readFileSync(join(out, "charts", "01-fine-c5.png")).toString("base64")).toBe(pixel);
  });

  test("no folder of this machine stands in what is forwarded", () => {
    for (const file of ["results.html", "results.md", "results.json", "02-fails.ipynb"])
      expect(readFileSync(join(out, file), "utf8")).not.toContain(folder);
  });

  test("progress names the notebook, the cell's heading, the queries so far, and the failures", () => {
    expect(progress).toContainEqual({
      kind: "cell",
      notebook: "01-fine",
      cell: 3,
      cells: 6,
      title: "What differs",
      queries: 1,
    });
    expect(
      progress.filter(({ kind }) => kind === "done").map((event) => "failed" in event && event.failed !== undefined),
    ).toEqual([false, true, true, true, true, true]);
  });

  function cellsOf(name: string): CodeCell[] {
    const { cells } = JSON.parse(readFileSync(join(out, `${name}.ipynb`), "utf8")) as Notebook;
    return cells.filter((cell): cell is CodeCell => cell.cell_type === "code");
  }
});

/** A file that each kernel loads first: it waits for five minutes where `condition` holds. */
function writeWaitingFile(folder: string, condition: string): string {
  const file = join(folder, "waits.js");
  writeFileSync(
    file,
    `const { existsSync, writeFileSync } = require("node:fs");
const marker = ${JSON.stringify(join(folder, "started"))};
if (process.argv.includes("kernel") && (${condition})) {
  writeFileSync(marker, "");
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300_000);
}`,
  );
  return file;
}

test("a kernel that does not start in time is stopped, and one sentence says so", async () => {
  const folder = makeProjectFolder("never");
  const NODE_OPTIONS = `--require ${writeWaitingFile(folder, "true")}`;
  await expect(startKernel(__dirname, { ...process.env, NODE_OPTIONS }, { seconds: 0.5 })).rejects.toThrow(
    "The tslab kernel did not start within 0.5 s, twice, and was stopped",
  );
  rmSync(folder, { recursive: true, force: true });
});

test("a kernel whose first start takes too long is started once more", async () => {
  const folder = makeProjectFolder("slow");
  const NODE_OPTIONS = `--require ${writeWaitingFile(folder, "!existsSync(marker)")}`;
  const kernel = await startKernel(__dirname, { ...process.env, NODE_OPTIONS }, { seconds: 20 });
  expect(existsSync(join(folder, "started"))).toBe(true);
  expect((await kernel.execute("1 + 1")).outputs).toMatchObject([{ text: "2\n" }]);
  await kernel.shutdown();
  rmSync(folder, { recursive: true, force: true });
});

test("a run that is stopped ends the cell, and says of the rest that it was not run", async () => {
  const folder = makeProjectFolder("stop");
  writeFileSync(
    join(folder, "01-waits.ipynb"),
    JSON.stringify(notebook([">await new Promise(() => undefined)", ">1"])),
  );
  writeFileSync(join(folder, "02-next.ipynb"), JSON.stringify(notebook([">1"])));
  const stop = new AbortController();
  const { results, executed } = await run({
    notebooks: ["01-waits", "02-next"].map((name) => join(folder, `${name}.ipynb`)),
    out: join(folder, "results"),
    environment: process.env,
    production: "p",
    local: "l",
    signal: stop.signal,
    onProgress: ({ kind }) => kind === "cell" && setTimeout(() => stop.abort(), 300),
  });
  expect(executed.map(({ failed }) => failed?.why)).toEqual([
    "the run was stopped",
    "The run was stopped before this notebook.",
  ]);
  expect(results.verdict).toBe(
    "It cannot be said whether production and local are the same: all 2 checks could not be completed.",
  );
  rmSync(folder, { recursive: true, force: true });
}, 30_000);

test.skipIf(process.platform === "win32")(
  "a runner that is killed takes its kernel with it",
  async () => {
    const program = `require("./lib/run/jupyter/kernel").startKernel(".", process.env).then((kernel) => kernel.execute("require('net').createServer().listen(0); console.log(process.pid)")).then(({ outputs }) => console.log(outputs[0].text.trim()))`;
    const runner = spawn(process.execPath, ["--require", "./lib/register-typescript.js", "--eval", program], {
      cwd: join(__dirname, ".."),
    });
    const pid = await new Promise<string>((resolve) =>
      runner.stdout.once("data", (data: Buffer) => resolve(data.toString().trim())),
    );
    expect(isAlive(pid)).toBe(true);
    runner.kill("SIGKILL");
    await expect.poll(() => isAlive(pid), { timeout: 5000 }).toBe(false);
  },
  30_000,
);

function isAlive(pid: string): boolean {
  try {
    return !execFileSync("ps", ["-o", "stat=", "-p", pid]).toString().startsWith("Z");
  } catch {
    return false;
  }
}

test("a parameter is set in the run's copy, the kernel checks its type, and results and documents say so", async () => {
  const folder = makeProjectFolder("run");
  const made = notebook(['>let by: "state" | "status" = "state"; let top = 1;', ">by + top"]) as Notebook;
  made.cells[0].metadata = { tags: ["parameters"] };
  writeFileSync(join(folder, "01-set.ipynb"), JSON.stringify(made));
  writeFileSync(join(folder, "02-unset.ipynb"), JSON.stringify(made));
  const out = join(folder, "results");
  const options = { notebooks: ["01-set", "02-unset"].map((name) => join(folder, `${name}.ipynb`)), out };
  const rest = { environment: process.env, production: "demo:production", local: "demo:local" };
  const { results, executed } = await run({ ...options, ...rest, parameters: { "01-set": { by: "status", top: 2 } } });
  const shown = executed.map((one) => (one.notebook.cells.at(-1) as CodeCell).outputs);
  expect(shown).toEqual([
    [{ output_type: "stream", name: "stdout", text: "status2\n" }],
    [expect.objectContaining({ text: "state1\n" })],
  ]);
  const copy = JSON.parse(readFileSync(join(out, "01-set.ipynb"), "utf8")) as Notebook;
  expect(copy.cells.map(({ id, metadata }) => [id, metadata.tags])).toEqual([
    ["c2", ["parameters"]],
    ["injected-parameters", ["injected-parameters"]],
    ["c3", undefined],
  ]);
  expect(results.parameters).toEqual({ "01-set": { by: "status", top: 2 } });
  expect(JSON.parse(readFileSync(join(out, "answers", "recording.json"), "utf8"))).toMatchObject({
    parameters: results.parameters,
  });
  expect(readFileSync(join(out, "results.html"), "utf8")).toContain("Run with by = &#34;status&#34;, top = 2.");
  expect(readFileSync(join(out, "results.md"), "utf8")).toContain("run with by = ");
  // what no -p lets through, a caller of the library may still ask for
  const wrong = await run({
    ...options,
    ...rest,
    out: join(folder, "wrong"),
    parameters: { "01-set": { by: "stat" } },
  });
  expect(wrong.executed[0].failed?.why).toContain(`Type '"stat"' is not assignable to type '"state" | "status"'.`);
  rmSync(folder, { recursive: true, force: true });
}, 120_000);

function notebook(cells: string[]): object {
  let code = 0;
  const made = cells.map((text) =>
    text.startsWith(">")
      ? {
          cell_type: "code",
          id: `c${(code += 1) + 1}`,
          source: text.slice(1),
          metadata: {},
          outputs: [],
          execution_count: null,
        }
      : { cell_type: "markdown", id: `m${code}`, source: text.split(/(?<=\n)/), metadata: {} },
  );
  return {
    cells: made,
    metadata: { kernelspec: { name: "tslab", display_name: "TypeScript" } },
    nbformat: 4,
    nbformat_minor: 5,
  };
}
