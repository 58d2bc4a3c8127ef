import { describe, expect, test } from "vitest";
import type { Finding, RevisionSummary, Severity } from "../lib/ledger";
import { findCauses, sayWhatMatters } from "../lib/plan/cause";
import { renderCauses } from "../lib/run/document/findings";
import { findCauseChanges } from "../lib/run/changes";
import type { Results } from "../lib/run/results";

const lacks = (id: string, revision: string, state = "phantom", severity: Severity = "critical"): Finding => {
  const [kind, name] = id.split("/");
  const [table, own = table] = name.split(".");
  const object = { kind, schema: "public", table, name: own, status: "only in local" };
  return { id, severity, title: `${id} is only in local`, object, explanation: { state, revision, text: "" } };
};
const plain = (id: string, severity: Severity = "medium", values: Partial<Finding> = {}): Finding => ({
  id,
  severity,
  title: `${id} says something`,
  ...values,
});
const state = (revision: string, there: number, total: number): RevisionSummary => ({
  revision,
  sides: { production: { recorded: true, state: there === total ? "whole" : "partial", there, total } },
});

const found = [
  lacks("table/a", "r1"),
  lacks("table/b", "r1"),
  lacks("column/c.d", "r2", "unrecorded", "medium"),
  lacks("table/e", "r3", "pending", "high"),
  lacks("index/f.g", "r0", "phantom", "medium"),
  plain("revision/r2", "high", { production: "pending", local: "pending" }),
  plain("revision/r3", "high", { production: "pending", local: null }),
  plain("pipeline/documents.status", "critical", { production: 180, local: null }),
  plain("reference/topics"),
  plain("orphan/h.i", "medium", { production: 3, local: null }),
  plain("unused index/j.k", "info"),
  plain("something/new"),
];

test("the document leads to the plan where one was written", () => {
  const results = { findings: [], causes: findCauses(found, []) } as unknown as Results;
  const link = 'href="plan/README.md"';
  expect(renderCauses({ ...results, plan: "plan/README.md" })?.html).toContain(link);
  expect(renderCauses(results)?.html).not.toContain(link);
});

describe("every finding belongs to one cause", () => {
  test.each([["with states", [state("r0", 9, 10), state("r1", 0, 2)]] as const, ["without", []] as const])(
    "%s",
    (_, states) => {
      const causes = findCauses(found, [...states]);
      const members = causes.flatMap(({ findings }) => findings);
      expect(members.sort()).toEqual(found.map(({ id }) => id).sort());
      expect(causes.map(({ id }) => id)).toEqual([
        "phantom revision/production/r1",
        "pipeline that never ran/production",
        "unrecorded revision/local/r2",
        "pending revision/production",
        "change by hand/production",
        "data that broke a rule/both",
        "seed that was never loaded/local",
        "other/production",
        "upkeep/both",
      ]);
    },
  );
});

test("a revision that is gone for the most part is a phantom, also where only its indexes are missing", () => {
  const [cause] = findCauses([lacks("index/f.g", "r0")], [state("r0", 0, 3)]);
  expect([cause.kind, cause.revision]).toEqual(["phantom revision", "r0"]);
});

test("one table that was changed often is a cause of its own", () => {
  const byHand = (id: string) => lacks(id, "", "unexplained", "high");
  const ids = findCauses([byHand("index/f.g"), byHand("trigger/f.h"), byHand("column/f.i"), byHand("table/j")]);
  expect(ids.map(({ id, findings }) => [id, findings.length])).toEqual([
    ["change by hand/local", 1],
    ["change by hand/local/f", 3],
  ]);
});

test("the verdict names the gravest causes, and nothing where none is grave", () => {
  expect(sayWhatMatters(findCauses(found))).toMatch(
    /^Production counts 1 migration as done that never happened there, .*; pipeline.*; and local has migration r2 unrec/,
  );
  expect(sayWhatMatters(findCauses([plain("reference/topics")]))).toBe("");
  expect(findCauses([])).toEqual([]);
});

test("a diff of two runs says which causes are new, grown and resolved", () => {
  const results = (findings: Finding[]): Results =>
    ({ findings: findings.map((one) => ({ ...one, phase: 1 })), checks: [{ phase: 1, status: "drift" }] }) as never;
  const before = results([lacks("table/a", "r1"), plain("reference/topics")]);
  const after = results([lacks("table/a", "r1"), lacks("table/b", "r1"), plain("orphan/h.i")]);
  const told = findCauseChanges(before, after).map(({ change, cause }) => [change, cause.kind]);
  expect(told).toEqual([
    ["new", "data that broke a rule"],
    ["grown", "phantom revision"],
    ["resolved", "seed that was never loaded"],
  ]);
});
