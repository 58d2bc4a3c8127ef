import { parseArgs } from "node:util";
import { lag, type Revisions } from "../alembic/history";
import { sides } from "../frame";
import type { Source } from "../source/guarded";
import { atLeast, severities, type Side } from "../ledger";
import { openRevisions, openScratches, openSources } from "../open";
import { compareExplained, readSide } from "../schema/both";
import type { Drift } from "../schema/drift";
import { type Proof, proofInWords, proveBoth } from "../schema/prove/prove";
import { type Recommendation, recommendBoth } from "../schema/ddl/recommend";
import { describeDrift, driftId } from "../schema/judge/describe";
import type { Snapshot } from "../schema/read/snapshot";
import { withViolations } from "../schema/judge/violation";
import { readSettings } from "../settings";
import { sql } from "../sql";
import { readRecorded } from "./migrations";
import { flagsOf, oneOf, sideFlags, type Verb } from "./args";

export const drift: Verb = {
  help: `runbook drift            compares the two schemas, and explains each difference by the migrations

  --prove                  also the statements that would mend it, each tried in an empty database of our own first (takes some seconds)
  --json                   {"format": 1, "production": {…}, "local": {…}, "drift": [{…}], "coverage": [{…}]}
  --fail-on SEVERITY       exit status 1 from this severity on: ${severities.join(", ")} (default: never)
  --production, --local ADDRESS, --migrations FOLDER

  runbook drift
  runbook drift --json --fail-on high > drift.json
`,
  async run(words) {
    const { values: flags } = parseArgs({
      args: words,
      options: { ...sideFlags, json: { type: "boolean" }, prove: { type: "boolean" }, "fail-on": { type: "string" } },
    });
    const failOn = flags["fail-on"] === undefined ? undefined : oneOf("fail-on", flags["fail-on"], severities);
    const settings = readSettings(flagsOf(flags));
    const revisions = await openRevisions(settings);
    const sources = await openSources(settings);
    try {
      const [production, local] = await Promise.all([readSide(sources.production), readSide(sources.local)]);
      const recorded = Object.fromEntries(
        await Promise.all(sides.map(async (side) => [side, await readRecorded(sources[side], revisions.versionTable)])),
      );
      const { drift: compared, coverage } = await compareExplained(
        production.snapshot,
        local.snapshot,
        revisions,
        recorded,
      );
      const drift = await withViolations(compared, { production: production.snapshot, local: local.snapshot }, sources);
      const identity = async (side: Side) => ({
        ...(await identityOf(sources[side])),
        revision: recorded[side] ?? [],
        pending: recorded[side] ? lag(revisions, recorded[side]).pending.map(({ id }) => id) : null,
      });
      const told = {
        format: 1,
        production: await identity("production"),
        local: await identity("local"),
        drift: drift.map((one) => ({ id: driftId(one), ...one })),
        coverage,
        migrations: { problems: revisions.problems, notes: revisions.notes },
      };
      const proved = flags.prove ? await provedStatements(production.snapshot, local.snapshot, drift) : undefined;
      process.stdout.write(
        flags.json
          ? `${JSON.stringify({ ...told, ...proved }, null, 1)}\n`
          : asText(drift) + folderAsText(revisions) + (proved ? provedAsText(proved) : ""),
      );
      return failOn && drift.some(({ severity }) => atLeast(severity, failOn)) ? 1 : 0;
    } finally {
      await sources.close();
    }
  },
};

interface Proved {
  recommendations: Record<Side, Recommendation[]>;
  proof: Proof;
}

/** What would bring each side to the other, and what came of it in scratch databases. */
async function provedStatements(production: Snapshot, local: Snapshot, drift: Drift[]): Promise<Proved> {
  const recommendations = await recommendBoth(production, local, drift);
  return { recommendations, proof: await proveBoth(recommendations, production, local, drift, openScratches) };
}

function provedAsText({ recommendations, proof }: Proved): string {
  const listed = sides.flatMap((side) => [
    `\n-- For ${side}, to be reviewed; nothing was executed there.\n`,
    ...recommendations[side].map(({ about, sql, hazard }) => `\n-- ${about}: ${hazard}\n${sql}\n`),
  ]);
  return `${listed.join("")}\n${proofInWords(proof)}\n`;
}

async function identityOf(source: Source): Promise<{ address: string; database: string; version: string }> {
  const { columns, cells } = await source.ask(sql.identity);
  const fact = (name: string) => cells[0][columns.findIndex((column) => column.name === name)]!;
  return { address: source.address, database: fact("database"), version: fact("version") };
}

function asText(drift: Drift[]): string {
  const shown = drift.filter(({ severity }) => severity !== "info");
  const lines = shown.map(
    (one) =>
      `${one.severity.padEnd(8)}  ${describeDrift(one)}\n          ${stateOf(one)}${one.explanation?.text ?? ""}\n`,
  );
  const rest = drift.length - shown.length;
  return `${lines.join("")}${shown.length ? `${shown.length} differences` : "No drift"}${rest ? `, and ${rest} that are information only (--json lists them)` : ""}.\n`;
}

/** What is wrong with the folder of revisions, and what was read of it in part only. */
function folderAsText({ problems, notes }: Revisions): string {
  return [...problems, ...notes].map((sentence) => `${sentence}\n`).join("");
}

function stateOf({ explanation }: Drift): string {
  return explanation ? `${explanation.state}: ` : "";
}
