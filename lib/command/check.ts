import { createInterface } from "node:readline";
import { join, relative } from "node:path";
import { writeGrants, makeRole } from "../guard/grants";
import { judge, loadColumns, loadGuard, type Verdict } from "../guard/judge";
import { sides } from "../ledger";
import { openSources } from "../open";
import { printJson } from "../privacy/redaction";
import { listNotebooks } from "../run/clean";
import { lintNotebook, type JudgeText } from "../run/lint";
import type { Columns } from "../sql/fault";
import { ownNotebooksFolder, readSettings } from "../settings";
import { count } from "../text";
import { pickSideFlags, type Given } from "./args";
import type { usage } from "./usage/check";

export async function run({ flags, positionals }: Given<typeof usage>): Promise<number> {
  const on = flags.on ?? sides.find((side) => flags[side] !== undefined);
  const asked = on ? [on] : [];
  const settings = readSettings(pickSideFlags(flags), undefined, asked);
  await loadGuard();
  const columns = loadColumns(settings.columns);
  const sources = on && (await openSources(settings, { asked }));
  try {
    if (flags.grants !== undefined) {
      const statements = writeGrants(columns, settings.safeRole, flags.grants, on && (await sources![on].tables()));
      process.stdout.write(
        `-- for a DBA to review and run, once on each server, then in each ` +
          `database\n${[makeRole(settings.safeRole), ...statements].join("\n")}\n`,
      );
      return 0;
    }
    const judged = sources ? sources[on!].judge : async (sql: string) => judge(sql, { columns });
    const files = positionals.length || !process.stdin.isTTY ? positionals : listOwn();
    if (files.length) return await lint(files, judged, await sources?.[on!].columns());
    const lines = createInterface({ input: process.stdin });
    process.once("SIGINT", () => lines.close());
    for await (const line of lines) if (line.trim()) printJson(`${JSON.stringify(await judgeLine(line, judged))}\n`);
    return 0;
  } finally {
    await sources?.close();
  }
}

/** The operator's own notebooks. */
function listOwn(): string[] {
  return listNotebooks(ownNotebooksFolder).map((file) => join(ownNotebooksFolder, file));
}

/** Prints what is to be mended in notebooks, a line each. */
async function lint(files: string[], judged: JudgeText, known?: Columns): Promise<number> {
  const found = await Promise.all(
    files.map(async (file) => ({ file, problems: await lintNotebook(file, judged, known) })),
  );
  for (const { file, problems } of found)
    for (const { cell, line, says } of problems)
      process.stdout.write(`${relative(process.cwd(), file)}: cell ${cell}, line ${line}: ${says}\n`);
  const all = found.reduce((sum, { problems }) => sum + problems.length, 0);
  process.stdout.write(`${count(files.length, "notebook")}, ${all ? count(all, "problem") : "nothing to mend"}.\n`);
  return all ? 1 : 0;
}

async function judgeLine(
  line: string,
  judged: (sql: string) => Promise<Verdict>,
): Promise<{ verdict: "allow" | "deny"; reason: string }> {
  const sql = readStatement(line);
  if (sql === undefined)
    return { verdict: "deny", reason: 'The line is not a JSON object {"sql": "…"}: write one a line.' };
  const { allowed, reason } = await judged(sql);
  return { verdict: allowed ? "allow" : "deny", reason };
}

function readStatement(line: string): string | undefined {
  try {
    const { sql } = JSON.parse(line) as { sql?: unknown };
    return typeof sql === "string" ? sql : undefined;
  } catch {
    return undefined;
  }
}
