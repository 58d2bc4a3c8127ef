import XMLBuilder from "fast-xml-builder";
import type { Severity } from "../ledger";
import { listFailing, type PhaseCheck, type PhaseFinding, type Results } from "./results";

interface TestCase {
  "@name": string;
  "@classname": string;
  "@time"?: string;
  failure?: { "@message": string; "@type": string; "#text": string };
  error?: { "@message": string };
}

/**
 * A run as JUnit XML, which CI servers list: a suite for each phase; in it each check, which is an error where it is
 * incomplete, and each finding that `failOn` counts, which is a failure. So the file fails exactly where the exit
 * status is not 0.
 */
export function writeJunit(results: Results, failOn?: Severity): string {
  const counts = listFailing(results, failOn);
  const phases = [...new Set([...results.checks, ...counts].map(({ phase }) => phase))].sort((a, b) => a - b);
  const suites = phases.map((phase) => {
    const cases = [
      ...results.checks.filter((check) => check.phase === phase).map(makeCheckCase),
      ...counts.filter((finding) => finding.phase === phase).map(makeFindingCase),
    ];
    return {
      "@name": `phase ${phase}`,
      "@timestamp": results.started,
      "@tests": String(cases.length),
      "@failures": String(cases.filter(({ failure }) => failure).length),
      "@errors": String(cases.filter(({ error }) => error).length),
      testcase: cases,
    };
  });
  const xml = new XMLBuilder({ ignoreAttributes: false, attributeNamePrefix: "@", format: true }).build({
    testsuites: { "@name": "runbook", "@time": String(results.seconds), testsuite: suites },
  }) as string;
  return `<?xml version="1.0" encoding="UTF-8"?>\n${stripControls(xml)}`;
}

function makeCheckCase({ id, phase, status, why, milliseconds }: PhaseCheck): TestCase {
  return {
    "@name": id,
    "@classname": `runbook.phase${phase}`,
    "@time": String(milliseconds / 1000),
    ...(status === "incomplete" ? { error: { "@message": why } } : {}),
  };
}

function makeFindingCase({ id, phase, severity, title, recommendation, explanation }: PhaseFinding): TestCase {
  const says = [explanation?.text, recommendation?.text].filter((text) => typeof text === "string");
  return {
    "@name": id,
    "@classname": `runbook.phase${phase}`,
    failure: { "@message": title, "@type": severity, "#text": says.join("\n") },
  };
}

/** What XML 1.0 has no way to write. */
function stripControls(text: string): string {
  return text.replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "�");
}
