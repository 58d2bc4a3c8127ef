import { describeParameters } from "../parameters";
import type { Results } from "../results";
import { shortenVersion } from "./outline";

/** The words that a document uses in a sense of their own. */
export const glossary: Record<string, string> = {
  check: "One question that was put to both sides. Its outcome is one of the next five.",
  same: "Both sides were compared, and are alike.",
  drift: "They differ, and somebody has to look at it.",
  "expected difference": "They differ, and nothing is wrong with that.",
  "told only": "What each side holds is told; nothing was judged.",
  incomplete: "A side could not answer. This is not known, and never counts as fine.",
  finding: "One difference, with its severity: critical, high, medium or info.",
  pending: "A migration that a side does not record yet brings it.",
  phantom: "A side records the migration that brings it, and yet it is not there: no upgrade will ever bring it.",
  unrecorded:
    "It is there, though the side does not record the migration that brings it: the next upgrade will collide.",
};

/** Where the document comes from, as rows of a name and a value. */
export function listOriginRows(results: Results): [name: string, value: string][] {
  const { provenance, started, seconds } = results;
  const rows: [string, string | undefined][] = [
    ["Started", `${started}, took ${seconds} s`],
    ["production", `${results.production.address} ${shortenVersion(results.production)}`.trim()],
    ["local", `${results.local.address} ${shortenVersion(results.local)}`.trim()],
    ["the demo", provenance?.demo],
    ...Object.entries(provenance?.versions ?? {}),
    ["operator", provenance?.operator],
    ["migrations", provenance?.migrations],
    ["safe columns", provenance?.columns],
    ...Object.entries(provenance?.settings ?? {}),
    ...Object.entries(results.parameters ?? {}).map(([notebook, values]): [string, string] => [
      `parameters of ${notebook}`,
      describeParameters(values),
    ]),
    ["the same again", provenance?.command],
  ];
  return rows.flatMap(([name, value]) => (value ? [[name, value]] : []));
}
