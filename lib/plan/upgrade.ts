import { makeDriftKey } from "../schema/drift";
import { describeObject } from "../schema/read/snapshot";
import type { Context } from "./context";
import { describeLocks } from "./locks";
import { collectStatements } from "./repair";
import type { Step } from "./step";
import { nameVersionTable, writeStampStatements } from "./version-table";

export function makeStampStep({ side, revision, state, input }: Context, before: string[], after: string[]): Step {
  const id = revision.revision;
  return {
    id: `stamp/${id}`,
    kind: "stamp",
    revision: id,
    title: `Record ${id}`,
    why:
      state.state === "nothing left"
        ? `Nothing of it is left to see on ${side}, and what came after it is there.`
        : `${sayAll(state.effects.total)} in ${side}, once the steps above are done; only the record is missing.`,
    statements: writeStampStatements(after, nameVersionTable(input.revisions)).slice(input.recorded[side] ? 1 : 0),
    command: `alembic stamp ${id}`,
    locks: "One row of alembic_version, for a moment.",
    couldFail: state.unknown
      ? `Cannot be told: ${state.unknown}; it may have moved rows, which a stamp does not.`
      : "Nothing that is known.",
    verify: `alembic current names ${after.join(" and ")}.`,
    undo: `alembic stamp --purge ${before.join(" ") || "base"}`,
    isOptional: false,
  };
}

function sayAll(total: number): string {
  return total === 1 ? "Its one effect is" : `All ${total} of its effects are`;
}

export function makeUpgradeStep(context: Context, before: string[]): Step {
  const { revision, state, at, input, own, side, sizes } = context;
  const id = revision.revision;
  const { statements, byHand } = collectStatements(context);
  const broken = input.drift.filter(
    (one) =>
      (one.violations ?? 0) > 0 &&
      one.status !== `only in ${side}` &&
      own.some((each) => makeDriftKey(each) === makeDriftKey(one)),
  );
  const isInvisible = state.effects.total === 0 && !state.unknown;
  const isPassed = input.states.slice(at + 1).some(({ sides }) => (sides[side]?.effects.there ?? 0) > 0);
  const rows = broken.reduce((sum, { violations }) => sum + violations!, 0);
  return {
    id: `upgrade/${id}`,
    kind: "upgrade",
    revision: id,
    title: `Apply ${id}${revision.message ? `: ${revision.message}` : ""}`,
    why: [
      state.recorded === null ? `${side} does not say whether it was applied` : `It waits in ${side}`,
      isInvisible
        ? "and no schema shows whether it ran: it changes rows, or nothing."
        : state.unknown
          ? "and what was read of it is not there."
          : "and none of it is there.",
    ].join(", "),
    statements,
    command: `alembic upgrade ${id}`,
    locks: describeLocks(statements, sizes),
    couldFail:
      [
        ...broken.map((one) => `${one.violations} rows break ${describeObject(one)} today.`),
        ...(state.unknown ? [`Cannot be told in full: ${state.unknown}.`] : []),
        ...(isInvisible && isPassed
          ? [
              `Later revisions are there already, so it may have run: where it has, a second run changes ` +
                `rows twice. Then record it instead: alembic stamp ${id}.`,
            ]
          : []),
      ].join(" ") || "Nothing that is known today.",
    ...(rows ? { foretold: rows } : {}),
    verify: `alembic current names ${id}; npx runbook migrations says that it is whole.`,
    ...(state.unknown ? { unread: state.unknown } : {}),
    undo:
      `alembic downgrade ` +
      `${before.length === 1 && revision.down.join() === before[0] ? before[0] : `${id}@-1`}  # read its ` +
      `downgrade first: it may delete rows`,
    isOptional: false,
    ...(byHand.length ? { byHand } : {}),
  };
}
