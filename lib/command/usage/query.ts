import { RunbookError } from "../../errors";
import { sideFlags, type Given, type Usage } from "../args";

export const usage = {
  options: {
    ...sideFlags,
    on: { type: "string", default: "production" },
    json: { type: "boolean", default: false },
    csv: { type: "boolean", default: false },
    mask: { type: "boolean", default: false },
    version: { type: "boolean" },
    tables: { type: "boolean" },
    schema: { type: "string" },
    count: { type: "string" },
    key: { type: "string" },
    expanded: { type: "boolean", short: "x", default: false },
  },
  takesWords: true,
  choices: { on: ["production", "local", "both"] },
  help: `runbook query SQL        one read, and its answer on stdout

  --on production|local|both   whom to ask (default: production)
  --json                       {"format": 1, "production": {"columns": [{"name", "type"}], "rows": [[…]]}, …}
  --csv                        with a header line; a column "source" where both were asked
  --mask                       ••• in place of personal values, where the statement would be refused without
  --version                    the server's version
  --tables                     the tables and their size
  --schema TABLE               a table's columns
  --count TABLE                a table's exact rows
  --key COL,…                  all rows, however many, page by page in the order of these columns, which are unique together and never null
  -x, --expanded               a line for each value; a terminal has it by itself where a row is wider than the screen
  --production, --local ADDRESS   the side that is not asked needs none

  runbook query "select state, count(*) from licenses group by state order by 2 desc"
  runbook query --on both --json "select status, count(*) from documents group by 1"
  runbook query --count users --on both
  runbook query --csv --key id "select id, state, status from licenses" > licenses.csv

Integers past 2^53 and numerics are text in JSON, so that no digit is lost; timestamps are UTC.
In CSV a text that a spreadsheet would take for a formula (it begins with = + - @, a tab or a line's end) has an apostrophe before it; a program that
reads the file takes one away there. Numbers, negative ones too, stay as they are. What acts unseen on a terminal is shown as \\x1b, \\u202e, …
In a terminal, an answer that is longer than the screen goes through PAGER (default: less -FRSX).
`,
} as const satisfies Usage;

export function checkGiven({ flags, positionals }: Given<typeof usage>): void {
  const { version, tables, schema, count } = flags;
  const asked = [
    ...positionals,
    ...[version, tables, schema, count].filter((one) => one !== undefined && one !== false),
  ];
  if (asked.length === 0)
    throw new RunbookError('There is nothing to ask: write runbook query "select …". See runbook query --help.');
  if (asked.length > 1)
    throw new RunbookError(
      "One question at a time: give one SQL text, or one of --version, --tables, --schema, --count.",
    );
  if (flags.json && flags.csv) throw new RunbookError("--json and --csv exclude each other: choose one.");
}
