import { quoteLiteral, quoteName, quotePlace } from "../sql/quote";
import type { PlanInput } from "./context";
import type { Step } from "./step";

/** What of production's rows local lacks, by the catalog's estimates. */
export function makeRefreshStep({ snapshots, sizes }: PlanInput): Step[] {
  const [theirs, ours] = [sizes?.production, sizes?.local];
  if (!theirs || !ours) return [];
  const empty = [...theirs]
    .filter(([table, { rows }]) => rows > 0 && ours.get(table)?.rows === 0 && (ours.get(table)?.bytes ?? 0) <= 8192)
    .map(([table]) => table)
    .sort();
  if (empty.length === 0) return [];
  const sequences = snapshots.local.objects.flatMap(({ kind, schema, table, name, attributes }) =>
    kind === "column" &&
    empty.includes(`${schema}.${table}`) &&
    (attributes.identity || /^nextval/.test(String(attributes.default)))
      ? [
          `Set its sequence: select ` +
            `setval(pg_get_serial_sequence(${quoteLiteral(quotePlace({ schema, name: table! }))}, ` +
            `${quoteLiteral(name)}), coalesce(max(${quoteName(name)}), 0) + 1, false) from ` +
            `${quotePlace({ schema, name: table! })};`,
        ]
      : [],
  );
  const names = empty.length > 6 ? `${empty.slice(0, 6).join(", ")} and ${empty.length - 6} more` : empty.join(", ");
  return [
    {
      id: "refresh/rows",
      kind: "refresh",
      title:
        `Refresh the rows of local: ${empty.length} ${empty.length === 1 ? "table" : "tables"} that ` +
        `production fills ${empty.length === 1 ? "is" : "are"} empty`,
      why:
        `By the catalog's estimates ${names} have rows in production and none in local, so nothing that reads ` +
        `them can be tried there.`,
      review: sequences,
      statements: [],
      byHand: [
        "Load reference tables with the project's own seed, after the steps above.",
        "Of tables with people's rows restore a scrubbed snapshot, never the rows as they are.",
        "Then set the sequences of what was loaded.",
      ],
      locks: "The tables that are loaded.",
      couldFail: "It fails where a row refers to one that was not loaded: load what is referred to first.",
      verify: "npx runbook run 2 counts the rows of both sides.",
      undo: "-- truncate what was loaded",
      isOptional: true,
    },
  ];
}
