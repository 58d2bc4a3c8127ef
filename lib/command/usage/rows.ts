import { RunbookError } from "../../errors";
import { severities } from "../../ledger";
import { certainty } from "../../rows/finding";
import { budget, fewKeys } from "../../rows/limits";
import { sideFlags, type Given, type Usage } from "../args";

export const usage = {
  options: {
    ...sideFlags,
    key: { type: "string" },
    columns: { type: "string" },
    where: { type: "string" },
    sample: { type: "string" },
    differences: { type: "string" },
    keys: { type: "string" },
    budget: { type: "string" },
    resume: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    "fail-on": { type: "string" },
  },
  takesWords: true,
  choices: { "fail-on": severities },
  help: `runbook rows TABLE       which rows of a table differ, and in which columns; the rows themselves stay where they are

  --key COL,…              what tells rows apart (default: the primary key, or another unique key that both sides have)
  --columns COL,…          compare these columns only
  --where CONDITION        compare only rows that it holds for; it may not ask about a person
  --sample N               compare about N rows, and say in which interval the share of all that differ lies
  --differences FILE       write every row that differs to a file, one JSON object a line
  --keys N                 name at most N keys of each kind (default: ${fewKeys})
  --budget ROWS            read at most so many rows of a side (default: ${budget.rows.toLocaleString("en")})
  --resume                 go on where a comparison of the same table was interrupted
  --json                   {"format": 1, "table": …, "key": […], "only in production": 12, …, "keys": {…}}
  --fail-on SEVERITY       exit status 1 from this severity on: ${severities.join(", ")} (default: never)
  --production, --local ADDRESS

  runbook rows licenses
  runbook rows cme_topics --key topic_code --json
  runbook rows audit_logs --where "created_at >= '2026-01-01'" --sample 10000

Both databases compute checksums; sums and hashes travel, and the keys of rows that differ. A key that is personal is shown hashed.
A row that differs is of severity medium; rows that only one side has are information. Ctrl-C stops both databases at once, with exit status 130;
--resume then goes on from what is known. "Same" rests on 128 bits a row: ${certainty}
`,
} as const satisfies Usage;

export function checkGiven({ flags, positionals }: Given<typeof usage>): void {
  if (positionals.length !== 1)
    throw new RunbookError("Name one table: runbook rows licenses. See runbook rows --help.");
  for (const flag of ["sample", "keys", "budget"] as const) readWholeNumber(flag, flags[flag]);
}

export function readWholeNumber(flag: string, text?: string): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new RunbookError(`--${flag} takes a whole number from 1 on, not ${JSON.stringify(text)}.`);
}
