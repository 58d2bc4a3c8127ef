import { expect, test } from "vitest";
import { setSeverity } from "../lib/checks/finding";
import type { CheckStatus, Finding, Severity } from "../lib/ledger";
import { renderMarkdown } from "../lib/run/document/markdown";
import { renderPage } from "../lib/run/document/page";
import { sanitizeHtml } from "../lib/run/document/sanitize";
import { readFailure } from "../lib/run/jupyter/failure";
import type { Executed, StampedEvent } from "../lib/run/runner";
import { findChanges, findMissingPhases } from "../lib/run/changes";
import { decideExitStatus, collectResults } from "../lib/run/results";
import { makeFindingsBundle } from "../lib/show/display";
import { hostileHtml } from "./hostile-html";

const settings = {
  started: new Date("2026-02-02T20:30:00.123Z"),
  seconds: 1.26,
  production: "demo:production",
  local: "demo:local",
};

test("the exit status is 2 where something could not be told, else 1 for what --fail-on names", () => {
  const same = collectResults([phase("01-a", [["tables", "same"]])], settings);
  const high = collectResults([phase("01-a", [["tables", "drift", "high"]])], settings);
  const open = collectResults(
    [
      phase("01-a", [
        ["tables", "drift", "high"],
        ["columns", "incomplete"],
      ]),
    ],
    settings,
  );
  expect([
    decideExitStatus(same),
    decideExitStatus(same, "info"),
    decideExitStatus(high),
    decideExitStatus(high, "critical"),
    decideExitStatus(high, "high"),
    decideExitStatus(high, "info"),
    decideExitStatus(open, "high"),
    decideExitStatus(open),
  ]).toEqual([0, 0, 0, 0, 1, 1, 2, 2]);
});

test("the verdict says what was found, and what could not be told", () => {
  const verdict = (...phases: Executed[]): string => collectResults(phases, settings).verdict;
  expect(verdict()).toBe("Nothing was compared: no notebook recorded a check.");
  expect(
    verdict(
      phase("01-a", [
        ["a", "same"],
        ["b", "same"],
      ]),
    ),
  ).toBe("Production and local are the same in all 2 checks.");
  expect(verdict(phase("01-a", [["a", "same", "info"]]))).toBe(
    "Production and local are the same in the one check, with 1 info finding.",
  );
  expect(
    verdict(
      phase("01-a", [
        ["a", "same"],
        ["b", "incomplete"],
      ]),
    ),
  ).toBe("No drift was found in 1 check, but 1 check could not be completed, so this is not the whole answer.");
  expect(
    verdict(
      phase("01-a", [
        ["a", "drift", "high"],
        ["b", "drift", "info"],
        ["c", "same"],
      ]),
    ),
  ).toBe("Production and local are not the same: drift in 2 of 3 checks, with 1 high and 1 info findings.");
});

test("a notebook that was cut off counts as the checks that it did not make, and a comparison says that its phase is missing", () => {
  const whole = collectResults(
    [
      phase("01-a", [["a", "same"]]),
      phase("02-b", [
        ["b", "same"],
        ["c", "drift", "high"],
      ]),
    ],
    settings,
  );
  const cutOff: Executed = {
    ...phase("02-b", []),
    failed: { cell: "c0", why: "The kernel did not start.", notRun: 4, notMade: ["b", "c"] },
  };
  const results = collectResults([phase("01-a", [["a", "same"]]), cutOff], settings);
  expect(results.verdict).toBe(
    "No drift was found in 1 check, but 2 checks were not made, so this is not the whole answer.",
  );
  expect(results.checks.map(({ id, status, why }) => [id, status, why])).toEqual([
    ["a", "same", expect.anything()],
    ["b", "incomplete", "not made: The kernel did not start."],
    ["c", "incomplete", "not made: The kernel did not start."],
    ["notebook/02-b", "incomplete", "The kernel did not start. (4 cells not run)"],
  ]);
  expect(collectResults([cutOff], settings).verdict).toBe(
    "It cannot be said whether production and local are the same: 2 checks were not made.",
  );
  expect(findChanges(whole, results)).toEqual([]);
  const why = "The kernel did not start. (4 cells not run)";
  expect(findMissingPhases(whole, results)).toEqual([{ run: "after", phase: 2, checks: 2, why }]);
  expect(findMissingPhases(collectResults([phase("01-a", [["a", "same"]])], settings), whole)).toEqual([
    { run: "before", phase: 2, checks: 2 },
  ]);
  expect(findMissingPhases(whole, whole)).toEqual([]);
});

test("findings stand by severity and then by id, each once, with its phase", () => {
  const { findings } = collectResults(
    [
      phase("02-b", [
        ["z", "drift", "info"],
        ["y", "drift", "critical"],
      ]),
      phase("01-a", [
        ["x", "drift", "critical"],
        ["z", "drift", "info"],
      ]),
    ],
    settings,
  );
  expect(findings.map(({ id, severity, phase }) => [id, severity, phase])).toEqual([
    ["x", "critical", 1],
    ["y", "critical", 2],
    ["z", "info", 1],
  ]);
});

test("what a later notebook did not ask does not take away what an earlier one learnt", () => {
  const first = phase("00-a", []);
  first.events.push({
    kind: "opened",
    notebook: "00-a",
    cell: "c",
    local: { address: "demo:local", database: "credmate_local", version: "PostgreSQL 15.18" },
  });
  const second = phase("01-b", []);
  second.events.push({
    kind: "opened",
    notebook: "01-b",
    cell: "c",
    local: { address: "demo:local", database: "", version: "", revision: ["7702d353e5b8"] },
  });
  expect(collectResults([first, second], settings).local).toEqual({
    address: "demo:local",
    database: "credmate_local",
    version: "PostgreSQL 15.18",
    revision: ["7702d353e5b8"],
  });
});

test("a notebook's HTML loses its scripts, styles, handlers and foreign addresses, and is closed", () => {
  const cases: [given: string, kept: string][] = [
    [`<p onclick="x" class="rb-note">a < b</p>`, `<p class="rb-note">a &lt; b</p>`],
    [`<a href="javascript:alert(1)">x</a><a href="data/a.json">y</a>`, `<a>x</a><a href="data/a.json">y</a>`],
    [`</div></main><div><b>open`, `<div><b>open</b></div>`],
    [`<img src="https://example.org/a.png"><iframe src=x></iframe>`, `<img>`],
    [`<h2>Title</h2>`, `<p>Title</p>`],
    [`<td title="a&quot;b">`, `<td title="a&quot;b"></td>`],
    [`<td title="&#60;b&#62; &amp;lt;">a &amp; b</td>`, `<td title="&#60;b&#62; &amp;lt;">a &amp; b</td>`],
    [`<details open aria-label='x' data-title=y>`, `<details open="" aria-label="x" data-title="y"></details>`],
    [`<table><thead><tr><th>a</table>`, `<table><thead><tr><th scope="col">a</th></tr></thead></table>`],
    [`<pre>a\tb\n  c</pre>`, `<pre>a\tb\n  c</pre>`],
    [`<style>a > b { content: "x" }</style><b>x</b><!-- <b> -->`, `<b>x</b>`],
    [`<img src="data:image/png;base64,iVBO">`, `<img src="data:image/png;base64,iVBO">`],
    [`1 <2 and 3> 2, <- and ->`, `1 &lt;2 and 3&gt; 2, &lt;- and -&gt;`],
  ];
  for (const [given, kept] of cases) expect(sanitizeHtml(given).html).toBe(kept);
});

test.each(hostileHtml)("hostile HTML keeps nothing that could run: %s", (given) => {
  const { html } = sanitizeHtml(`${given}<p class="after">after</p>`);
  const tags = html.match(/<[^>]*>?/g) ?? [];
  expect(tags.filter((tag) => !/^<\/?[a-z]+(?: [a-z-]+="[^"<>]*")*>$/.test(tag))).toEqual([]);
  expect(tags.filter((tag) => /^<\/?(?!a|b|div|img|p|table|td|tr)\w+/.test(tag))).toEqual([]);
  const names = tags.flatMap((tag) => tag.replace(/"[^"]*"/g, "").match(/[\w-]+(?==)/g) ?? []);
  expect(names.filter((name) => /^(?:on|style|srcdoc|formaction|xlink|id$|name$)/.test(name))).toEqual([]);
  expect(tags.filter((tag) => / (?:src|href)="(?!https:\/\/example\.org\/|data:image\/png;base64,)/.test(tag))).toEqual(
    [],
  );
});

test("an error is a name and a sentence, without stack and folders", () => {
  const said = (text: string): [string, string] => [
    readFailure(text, "/home/me/notebooks").ename,
    readFailure(text, "/home/me/notebooks").evalue,
  ];
  expect(said("Error: first\nsecond\n    at evalmachine.<anonymous>:1:7\n    at x {\n  code: 'E'\n}")).toEqual([
    "Error",
    "first\nsecond",
  ]);
  expect(
    said("UncaughtException: AggregateError [ECONNREFUSED]: \n    at x (/y:1:1) {\n  code: 'ECONNREFUSED'\n}"),
  ).toEqual(["AggregateError", "ECONNREFUSED"]);
  expect(said("[RunbookError: no stack]")).toEqual(["RunbookError", "no stack"]);
  expect(said("just: text")).toEqual(["Error", "just: text"]);
  expect(said("Error: Cannot find module './nope'\nRequire stack:\n- /home/me/notebooks/src.js\n    at x")).toEqual([
    "Error",
    "Cannot find module './nope'",
  ]);
});

test("a severity that a cell set decides, and the results and the document say what the rules would", () => {
  const column = (name: string): Finding => ({
    id: `column/licenses.${name}`,
    severity: "medium",
    title: `${name} differs`,
  });
  const set = setSeverity([column("a.b"), column("c")], "column/*.a.b", "high");
  expect(set).toEqual([{ ...column("a.b"), severity: "high", severityByRules: "medium" }, column("c")]);
  expect(setSeverity(setSeverity(set, "column/*", "info"), "*", "medium")).toEqual([column("a.b"), column("c")]);
  expect(setSeverity([column("c")], "column/licensesXc", "high")).toEqual([column("c")]);

  const executed = phase("01-a", [["columns", "drift"]]);
  executed.events[0] = { ...(executed.events[0] as StampedEvent & { kind: "check" }), findings: set };
  const results = collectResults([executed], settings);
  expect(results.findings[0]).toMatchObject({ severity: "high", severityByRules: "medium" });
  expect([decideExitStatus(results, "high"), decideExitStatus(results, "critical")]).toEqual([1, 0]);
  const sentence = "Severity set in the notebook: high, by the rules medium.";
  expect(renderPage(results, [executed]).split(sentence)).toHaveLength(2);
  expect(renderMarkdown(results, [executed]).text).toContain(`| a.b differs. ${sentence} |`);
  expect(makeFindingsBundle("", set)["text/plain"]).toContain(`a.b differs. ${sentence}`);
});

test("the page of a run in which nothing was found still says so in every section", () => {
  const html = renderPage(collectResults([phase("01-a", [["tables", "same"]])], settings), [
    phase("01-a", [["tables", "same"]]),
  ]);
  expect(html).toContain("No finding.");
  expect(html).toContain("Every check was completed.");
});

function phase(name: string, checks: [string, CheckStatus, Severity?][]): Executed {
  const events = checks.map(([id, status, severity]) => ({
    kind: "check" as const,
    notebook: name,
    cell: "c",
    id,
    status,
    why: "",
    queries: 1,
    milliseconds: 1,
    findings: severity ? [{ id, severity, title: id }] : [],
  }));
  return {
    name,
    title: name,
    notebook: { cells: [], metadata: {}, nbformat: 4, nbformat_minor: 5 },
    seconds: 1,
    events,
  };
}
