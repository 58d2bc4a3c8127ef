import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isBroken, sayEffects, type RevisionState } from "../alembic/revision-state";
import { sides, toTheSecond, type Side } from "../ledger";
import { quoteLiteral } from "../sql/quote";
import { writeStateCheck } from "./fingerprint";
import type { Rehearsal } from "./rehearse";
import type { Plan, Step } from "./step";

/**
 * Writes `plan/` into a folder: a file of SQL for each side, the migrations that would adopt what was made by hand,
 * and a README. Answers with its path.
 */
export function writePlan(
  out: string,
  plans: Record<Side, Plan>,
  states: RevisionState[],
  rehearsal: Rehearsal | undefined,
  made: Date,
): string {
  const folder = join(out, "plan");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, "migrations"), { recursive: true });
  for (const side of sides) writeFileSync(join(folder, `${side}.sql`), planAsSql(plans[side], made, rehearsal));
  for (const side of sides)
    for (const { file, text } of plans[side].migrations) writeFileSync(join(folder, "migrations", file), text);
  writeFileSync(join(folder, "README.md"), planAsMarkdown(plans, states, rehearsal, made));
  return folder;
}

/** A side's plan as a file for psql. It begins with a check that refuses to go on where the state has changed. */
export function planAsSql(plan: Plan, made: Date, rehearsal?: Rehearsal): string {
  const { side, recorded, steps, problems } = plan;
  const told = rehearsal?.sides.find((one) => one.side === side)?.steps;
  const body = steps.map((step, at) => {
    const outcome = told?.find(({ id }) => id === step.id);
    return [
      `-- Step ${at + 1} of ${steps.length} · ${step.title}`,
      ...formatComment(`Why: ${step.why}`),
      ...formatComment(`Locks: ${step.locks}`),
      ...formatComment(`Could fail: ${step.couldFail}`),
      ...formatComment(`Verify: ${step.verify}`),
      ...formatComment(`Undo: ${step.undo}`),
      ...(outcome ? formatComment(`Rehearsed: ${outcome.outcome}${outcome.reason ? `. ${outcome.reason}` : ""}`) : []),
      ...(step.review ?? []).flatMap(formatComment),
      ...(step.byHand ?? []).flatMap((one) => formatComment(`By hand: ${one}`)),
      ...formatStatements(step, plan.versionTable),
      "",
    ].join("\n");
  });
  return [
    `-- Plan for ${side}, made ${toTheSecond(made)}. The runbook has executed nothing there, and never will.`,
    `-- Read it, then run it: psql -f ${side}.sql "the address of ${side}". It is not one transaction: each ` +
      `statement is done when it has ended.`,
    "-- Where one fails, it stops there; mend what was in its way, make the plan again, and go on with that one.",
    `-- Made for: ` +
      `${recorded ? `alembic_version ${recorded.join(", ") || "(empty)"}` : "no alembic_version"}; tables and ` +
      `columns ${plan.fingerprint}.`,
    ...problems.flatMap((one) => formatComment(`Not planned: ${one}`)),
    "",
    "\\set ON_ERROR_STOP on",
    "-- a statement that waits long for its lock makes all others wait behind it",
    "set lock_timeout = '5s';",
    "",
    ...writeStateCheck(plan),
    "",
    ...(steps.length ? body : [`-- ${plan.done ?? "No step is planned."}`]),
    "",
  ].join("\n");
}

function formatStatements(step: Step, table: string): string[] {
  if (step.kind === "upgrade")
    return [
      `\\echo 'Run now in a shell: ${step.command}'`,
      "\\prompt 'Press Enter when it has ended: ' done",
      "do $done$ begin",
      `  if not exists (select from ${table} where version_num = ${quoteLiteral(step.revision!)}) then`,
      `    raise exception '${step.revision} is not recorded: run ${step.command} before going on';`,
      "  end if;",
      "end $done$;",
    ];
  if (step.kind === "stamp") return [`-- The same as: ${step.command}`, ...step.statements];
  if (step.isOptional) return step.statements.flatMap((sql) => sql.split("\n").map((line) => `-- ${line}`));
  return step.statements;
}

function formatComment(text: string): string[] {
  return text.split("\n").map((line) => `--   ${line}`);
}

function planAsMarkdown(
  plans: Record<Side, Plan>,
  states: RevisionState[],
  rehearsal: Rehearsal | undefined,
  made: Date,
): string {
  const table = [
    "| revision | production | local | message |",
    "| --- | --- | --- | --- |",
    ...states.map(({ revision, sides: judged, message }) => {
      const cell = (side: Side) => {
        const one = judged[side];
        if (!one) return "not read";
        const recorded = one.recorded === null ? "?" : one.recorded ? "recorded" : "not recorded";
        return `${isBroken(one) ? "**" : ""}${recorded}, ${sayEffects(one)}${isBroken(one) ? "**" : ""}`;
      };
      return `| ${revision} | ${cell("production")} | ${cell("local")} | ${message.replace(/\|/g, "\\|")} |`;
    }),
  ];
  return [
    `# The plan, made ${toTheSecond(made)}`,
    "",
    ...sides.map(
      (side) =>
        `- ${side} records ${plans[side].recorded?.join(", ") || "nothing"}; tables and columns ` +
        `\`${plans[side].fingerprint}\``,
    ),
    "",
    "The runbook executes nothing of this on either side. `production.sql` and `local.sql` begin with a " +
      "check that refuses to go on where that state has changed.",
    "",
    "## The state of each revision",
    "",
    ...table,
    "",
    ...(rehearsal ? ["## The rehearsal", "", ...formatRehearsal(rehearsal), ""] : []),
    ...sides.flatMap((side) => [
      `## ${side === "production" ? "Production" : "Local"}`,
      "",
      ...planLines(plans[side], rehearsal),
      "",
    ]),
  ].join("\n");
}

function planLines({ side, steps, problems, done }: Plan, rehearsal: Rehearsal | undefined): string[] {
  const told = rehearsal?.sides.find((one) => one.side === side)?.steps;
  const lines = steps.flatMap((step, at) => {
    const outcome = told?.find(({ id }) => id === step.id);
    return [
      `${at + 1}. **${step.title}** ${step.isOptional ? "(a choice)" : ""}`,
      `   - Why: ${step.why}`,
      ...(step.command ? [`   - Command: \`${step.command}\``] : []),
      `   - Locks: ${step.locks}`,
      `   - Could fail: ${step.couldFail}`,
      ...(step.review ?? []).map((one) => `   - ${one.replace(/: (.*)$/s, ": `$1`")}`),
      ...(step.byHand ?? []).map((one) => `   - By hand: ${one}`),
      `   - Verify: ${step.verify}`,
      `   - Undo: ${step.undo.startsWith("--") ? step.undo.replace(/^-- /, "") : `\`${step.undo}\``}`,
      ...(outcome ? [`   - Rehearsed: ${outcome.outcome}${outcome.reason ? `. ${outcome.reason}` : ""}`] : []),
    ];
  });
  return [...problems, ...(lines.length ? lines : [done ?? "No step is planned."])];
}

/** The rehearsal in lines of Markdown. */
export function formatRehearsal(rehearsal: Rehearsal): string[] {
  if (rehearsal.impossible) return [rehearsal.impossible];
  const { means, server, sides: rehearsed, remains } = rehearsal;
  return [
    ...rehearsed.map(({ side, firstAttempt }) => `- Without the plan, on ${side} as it stands: ${firstAttempt}`),
    "",
    `${means} ${server}`,
    "",
    ...rehearsed.map((one) => `- ${sayRehearsed(one)}`),
    ...rehearsed.flatMap(({ side, notRebuilt }) =>
      notRebuilt.map(
        ({ sql, reason }) =>
          `- Not built again for ${side}, and not tried: ${sql.replace(/\s+/g, " ").slice(0, 80)} (${reason})`,
      ),
    ),
    `- What differs then: ${sayRemains(remains)}`,
  ];
}

/** `production: 12 steps worked, 1 failed as foretold, …`. */
export function sayRehearsed({
  side,
  steps,
  isVersionRight,
  version,
  represented,
}: Rehearsal["sides"][number]): string {
  const outcomes = ["worked", "failed as foretold", "failed", "not tried"] as const;
  const counts = outcomes.map((outcome) => [steps.filter((step) => step.outcome === outcome).length, outcome] as const);
  const told = counts.filter(([count]) => count > 0).map(([count, outcome]) => `${count} ${outcome}`);
  const failed = steps.filter(({ outcome }) => outcome === "failed").map(({ id, reason }) => `${id}: ${reason}`);
  const ends = isVersionRight
    ? `ends at ${version.join(", ") || "no revision"}`
    : `ends at ${version.join(", ") || "no revision"}, which is not what the plan says`;
  const unseen = represented.filter(({ isRepresented }) => !isRepresented).map(({ about }) => about);
  return [
    `${side}: ${steps.length ? told.join(", ") : "no step"}; ${ends}.`,
    ...failed,
    ...(unseen.length ? [`No row could be made that breaks ${unseen.join(", ")}.`] : []),
  ].join(" ");
}

/** What differs after both plans: nothing, what was left by choice, or what nobody foresaw. */
export function sayRemains(remains: Rehearsal["remains"]): string {
  const list = (chosen: boolean) =>
    remains.filter(({ isChosen }) => isChosen === chosen).map(({ about, status }) => `${about} (${status})`);
  const [chosen, other] = [list(true), list(false)];
  return (
    [
      ...(chosen.length ? [`what is left to choose: ${chosen.join(", ")}`] : []),
      ...(other.length ? [`and beyond that ${other.join(", ")}`] : []),
    ].join("; ") || "nothing"
  );
}
