import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { grants, makeRole } from "../guard/grants";
import { judge, loadColumns, loadGuard, type Verdict } from "../guard/judge";
import { openSources } from "../open";
import { printJson } from "../privacy/redaction";
import { readSettings } from "../settings";
import { flagsOf, oneOf, sideFlags, type Verb } from "./args";

const options = { ...sideFlags, on: { type: "string" }, grants: { type: "string" } } as const;

export const check: Verb = {
  options,
  choices: { on: ["production", "local"] },
  help: `runbook check < statements    one JSON object {"sql": "…"} a line in, one {"verdict": "allow"|"deny", "reason": "…"} a line out

  --on production|local    judge by that side's catalog too; asks it for nothing else
  --production, --local ADDRESS
  --grants ROLE            prints instead what a DBA should run, so that ROLE can have a second opinion from a role that
                           can read the safe columns alone; with --on, of the columns that are there

  Runs nothing. Without --on it connects to nothing, and judges by the statement alone.

  echo '{"sql": "select count(*) from licenses"}' | runbook check
`,
  async run(words) {
    const { values: flags } = parseArgs({
      args: words,
      options,
    });
    const given = flags.on ?? (["production", "local"] as const).find((side) => flags[side] !== undefined);
    const on = given === undefined ? undefined : oneOf("on", given, ["production", "local"] as const);
    const asked = on ? [on] : [];
    const settings = readSettings(flagsOf(flags), undefined, asked);
    await loadGuard();
    const columns = loadColumns(settings.columns);
    const sources = on && (await openSources(settings, { asked }));
    try {
      if (flags.grants !== undefined) {
        const statements = grants(columns, settings.safeRole, flags.grants, on && (await sources![on].tables()));
        process.stdout.write(
          `-- for a DBA to review and run, once on each server, then in each database\n${[makeRole(settings.safeRole), ...statements].join("\n")}\n`,
        );
        return 0;
      }
      const judged = sources ? sources[on].judge : async (sql: string) => judge(sql, { columns });
      const lines = createInterface({ input: process.stdin });
      process.once("SIGINT", () => lines.close());
      for await (const line of lines) if (line.trim()) printJson(`${JSON.stringify(await verdict(line, judged))}\n`);
      return 0;
    } finally {
      await sources?.close();
    }
  },
};

async function verdict(
  line: string,
  judged: (sql: string) => Promise<Verdict>,
): Promise<{ verdict: "allow" | "deny"; reason: string }> {
  const sql = statement(line);
  if (sql === undefined)
    return { verdict: "deny", reason: 'The line is not a JSON object {"sql": "…"}: write one a line.' };
  const { allowed, reason } = await judged(sql);
  return { verdict: allowed ? "allow" : "deny", reason };
}

function statement(line: string): string | undefined {
  try {
    const { sql } = JSON.parse(line) as { sql?: unknown };
    return typeof sql === "string" ? sql : undefined;
  } catch {
    return undefined;
  }
}
