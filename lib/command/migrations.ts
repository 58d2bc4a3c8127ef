import type { Revisions } from "../alembic/history";
import type { Recorded } from "../alembic/explain";
import { isBroken, judgeRevisions, type RevisionState, sayEffects } from "../alembic/revision-state";
import { QueryError, RunbookError } from "../errors";
import { sides, type Side } from "../ledger";
import { openRevisions, openSources } from "../open";
import { printJson } from "../privacy/redaction";
import { readSchema } from "../schema/read/read";
import { readSettings } from "../settings";
import type { Source } from "../source/guarded";
import { queryRevisions } from "../sql/queries/recorded";
import { pickSideFlags, type Given } from "./args";
import type { usage } from "./usage/migrations";

export async function run({ flags }: Given<typeof usage>): Promise<number> {
  const settings = readSettings(pickSideFlags(flags));
  const revisions = await openRevisions(settings);
  if (revisions.unknown) throw new RunbookError(revisions.unknown);
  const sources = await openSources(settings);
  try {
    const [production, local] = await Promise.all(sides.map((side) => readSchema(sources[side])));
    const recorded: Recorded = Object.fromEntries(
      await Promise.all(sides.map(async (side) => [side, await readRecorded(sources[side], revisions.versionTable)])),
    );
    const states = judgeRevisions(revisions, { production, local }, recorded);
    const { heads, problems, notes } = revisions;
    if (flags.json)
      printJson(`${JSON.stringify({ format: 1, heads, recorded, revisions: states, problems, notes }, null, 1)}\n`);
    else process.stdout.write(writeStates(states, recorded, [...problems, ...notes]));
    return decideExitStatus(states);
  } finally {
    await sources.close();
  }
}

/** What a side's `alembic_version`, or what `env.py` has in its place, holds; undefined where it has no such table. */
export async function readRecorded(
  source: Source,
  versionTable: Revisions["versionTable"],
): Promise<string[] | undefined> {
  try {
    return (await source.ask(queryRevisions(versionTable))).cells.map(([revision]) => revision!);
  } catch (error) {
    if (error instanceof QueryError && /^(undefined_table|invalid_schema_name)$/.test(error.condition ?? ""))
      return undefined;
    throw error;
  }
}

function decideExitStatus(states: RevisionState[]): number {
  const all = states.flatMap((state) => sides.map((side) => state.sides[side]!));
  if (all.some(isBroken)) return 1;
  return all.some(({ recorded, state }) => recorded === null || (recorded && state === "unknown")) ? 2 : 0;
}

function writeStates(states: RevisionState[], recorded: Recorded, problems: string[]): string {
  const cells = states.map(({ revision, message, isHead, sides: judged }) => [
    `${revision}${isHead ? " (head)" : ""}`,
    ...sides.map((side) => `${sayRecorded(judged[side]!.recorded)}, ${sayEffects(judged[side]!)}`),
    message,
  ]);
  const table = [["revision", ...sides, "message"], ...cells];
  const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)));
  const lines = table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]))
      .join("  ")
      .trimEnd(),
  );
  const notes = sides.flatMap((side) => writeNotes(side, states, recorded));
  return [...lines, "", ...notes, ...problems, ""].join("\n");
}

function sayRecorded(recorded: boolean | null): string {
  return recorded === null ? "?" : recorded ? "recorded" : "not recorded";
}

function writeNotes(side: Side, states: RevisionState[], recorded: Recorded): string[] {
  if (!recorded[side]) return [`${side} has no alembic_version: what is recorded there cannot be told.`];
  const broken = states.filter((state) => isBroken(state.sides[side]));
  return broken.map((state) => {
    const missing = state.sides[side]!.effects.missing;
    const named = missing.slice(0, 5).map(({ kind, table, name, does }) => {
      const what = `${kind} ${table && table !== name ? `${table}.` : ""}${name ?? "without a name"}`;
      return does === "drops" ? `${what} (still there)` : does === "changes" ? `${what} (unchanged)` : what;
    });
    const rest = missing.length > 5 ? ` and ${missing.length - 5} more` : "";
    return `${side} records ${state.revision} and lacks of it: ${named.join(", ")}${rest}.`;
  });
}
