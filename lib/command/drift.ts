import { measureLag, type Revisions } from "../alembic/history";
import { judgeRevisions } from "../alembic/revision-state";
import type { Source } from "../source/guarded";
import { sides, isAtLeast, compareSeverity, type Finding, type Side } from "../ledger";
import { openRevisions, openScratches, openSources } from "../open";
import { compareExplained, hideLiterals, readSide } from "../schema/both";
import type { Drift } from "../schema/drift";
import { type Proof, describeProof, proveBoth } from "../schema/prove/prove";
import { type Recommendation, recommendBoth } from "../schema/ddl/recommend";
import { findCauses, type Cause } from "../plan/cause";
import { summarizeStates } from "../plan/state";
import { describeDrift, makeDriftId, describeDriftValue } from "../schema/judge/describe";
import type { Snapshot } from "../schema/read/snapshot";
import { addViolations } from "../schema/judge/violation";
import { printJson } from "../privacy/redaction";
import { describeHidden, type LiteralMask } from "../schema/judge/literals";
import { readSettings } from "../settings";
import { sql } from "../sql";
import { count } from "../text";
import { readRecorded } from "./migrations";
import { pickSideFlags, type Given } from "./args";
import type { usage } from "./usage/drift";

export async function run({ flags }: Given<typeof usage>): Promise<number> {
  const failOn = flags["fail-on"];
  const settings = readSettings(pickSideFlags(flags));
  const revisions = await openRevisions(settings);
  const sources = await openSources(settings);
  try {
    const [production, local] = await Promise.all([readSide(sources.production), readSide(sources.local)]);
    const recorded = Object.fromEntries(
      await Promise.all(sides.map(async (side) => [side, await readRecorded(sources[side], revisions.versionTable)])),
    );
    const {
      drift: compared,
      coverage,
      literals,
    } = await compareExplained(production.snapshot, local.snapshot, revisions, recorded);
    const snapshots = { production: production.snapshot, local: local.snapshot };
    const drift = await addViolations(compared, snapshots, sources);
    const identity = async (side: Side) => ({
      ...(await readIdentity(sources[side])),
      revision: recorded[side] ?? [],
      pending: recorded[side] ? measureLag(revisions, recorded[side]).pending.map(({ id }) => id) : null,
    });
    const told = {
      format: 1,
      production: await identity("production"),
      local: await identity("local"),
      drift: drift.map((one) => ({ id: makeDriftId(one), ...one })),
      coverage,
      migrations: { problems: revisions.problems, notes: revisions.notes },
    };
    const states = revisions.unknown ? [] : summarizeStates(judgeRevisions(revisions, snapshots, recorded));
    const causes = findCauses(makeFindings(drift), states);
    const proved = flags.prove
      ? await proveStatements(production.snapshot, local.snapshot, drift, literals)
      : undefined;
    const hidden = describeHidden(literals);
    const masked = hidden ? { "hidden literals": { count: literals.hidden, text: hidden } } : {};
    if (flags.json) printJson(`${JSON.stringify({ ...told, ...masked, causes, ...proved }, null, 1)}\n`);
    else
      process.stdout.write(
        formatText(drift, causes) +
          formatFolder(revisions) +
          (proved ? formatProved(proved) : "") +
          (hidden && `${hidden}\n`),
      );
    return failOn && drift.some(({ severity }) => isAtLeast(severity, failOn)) ? 1 : 0;
  } finally {
    await sources.close();
  }
}

interface Proved {
  recommendations: Record<Side, Recommendation[]>;
  proof: Proof;
}

/** What would bring each side to the other, and what came of it in scratch databases. */
async function proveStatements(
  production: Snapshot,
  local: Snapshot,
  drift: Drift[],
  literals: LiteralMask,
): Promise<Proved> {
  const recommended = await recommendBoth(production, local, drift);
  const proof = await proveBoth(recommended, production, local, drift, () => openScratches());
  return { recommendations: hideLiterals(recommended, literals), proof };
}

function formatProved({ recommendations, proof }: Proved): string {
  const listed = sides.flatMap((side) => [
    `\n-- For ${side}, to be reviewed; nothing was executed there.\n`,
    ...recommendations[side].map(({ about, sql, hazard }) => `\n-- ${about}: ${hazard}\n${sql}\n`),
  ]);
  return `${listed.join("")}\n${describeProof(proof)}\n`;
}

async function readIdentity(source: Source): Promise<{ address: string; database: string; version: string }> {
  const { columns, cells } = await source.ask(sql.identity);
  const fact = (name: string) => cells[0][columns.findIndex((column) => column.name === name)]!;
  return { address: source.address, database: fact("database"), version: fact("version") };
}

/** The causes, the gravest first, each with its differences, the gravest first; what is information only is counted. */
function formatText(drift: Drift[], causes: Cause[]): string {
  const shown = new Map(drift.filter(({ severity }) => severity !== "info").map((one) => [makeDriftId(one), one]));
  const blocks = causes.flatMap((cause) => {
    const members = cause.findings.flatMap((id) => shown.get(id) ?? []).sort(compareSeverity);
    if (members.length === 0) return [];
    const lines = members.map((one) => `  ${one.severity.padEnd(8)}  ${describeMember(one, cause)}\n`);
    return [`${cause.title}.\n${cause.consequence} ${cause.action}\n${lines.join("")}\n`];
  });
  const rest = drift.length - shown.size;
  const counted = shown.size ? `${count(shown.size, "difference")} of ${count(blocks.length, "cause")}` : "No drift";
  return `${blocks.join("")}${counted}${rest ? `, and ${rest} that are information only (--json lists them)` : ""}.\n`;
}

/**
 * A difference under its cause. Of a revision's objects the cause has said what follows; of others each says it, and
 * how it is explained.
 */
function describeMember(one: Drift, cause: Cause): string {
  const isOfRevision = one.explanation?.revision && one.explanation.revision === cause.revision;
  // rows that break a rule are said wherever it stands
  if (isOfRevision && !one.violations) return describeDrift(one).split(":", 1)[0];
  return `${describeDrift(one)}\n            ${getState(one)}${one.explanation?.text ?? ""}`;
}

/** The findings that these differences are in a run, as far as their causes need them. */
function makeFindings(drift: Drift[]): Finding[] {
  return drift.map((one) => ({
    id: makeDriftId(one),
    severity: one.severity,
    title: describeDrift(one),
    object: { ...one },
    production: describeDriftValue(one, "production"),
    local: describeDriftValue(one, "local"),
    ...(one.explanation ? { explanation: { ...one.explanation } } : {}),
  }));
}

/** What is wrong with the folder of revisions, and what was read of it in part only. */
function formatFolder({ problems, notes }: Revisions): string {
  return [...problems, ...notes].map((sentence) => `${sentence}\n`).join("");
}

function getState({ explanation }: Drift): string {
  return explanation ? `${explanation.state}: ` : "";
}
