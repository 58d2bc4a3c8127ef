import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { judge, loadGuard } from "../guard/guard";
import type { Verb } from "./verb";

export const check: Verb = {
  help: `runbook check < statements    one JSON object {"sql": "…"} a line in, one {"verdict": "allow"|"deny", "reason": "…"} a line out

  Runs nothing, and connects to nothing.

  echo '{"sql": "select count(*) from licenses"}' | runbook check
`,
  async run(words) {
    parseArgs({ args: words, options: {} });
    await loadGuard();
    for await (const line of createInterface({ input: process.stdin })) if (line.trim()) process.stdout.write(`${JSON.stringify(verdict(line))}\n`);
    return 0;
  },
};

function verdict(line: string): { verdict: "allow" | "deny"; reason: string } {
  const sql = statement(line);
  if (sql === undefined) return { verdict: "deny", reason: 'The line is not a JSON object {"sql": "…"}: write one a line.' };
  const { allowed, reason } = judge(sql);
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
