import type { DataFrame } from "nodejs-polars";
import type { Revisions } from "../alembic/history";
import { readRecorded } from "../alembic/frames";
import { judgeRevisions } from "../alembic/revision-state";
import { sides, type Side } from "../ledger";
import { openRevisions, openScratches } from "../open";
import { compareExplained, hideLiterals, readSide, collectStatementsFor } from "../schema/both";
import { makeLiteralMask } from "../schema/judge/literals";
import { recommendBoth } from "../schema/ddl/recommend";
import { makeCoverageFrame, makeDriftFrame, makeObjectFrame, makeTriedFrame, makeTroubleFrame } from "../schema/frames";
import { addViolations } from "../schema/judge/violation";
import { describeProof, proveBoth } from "../schema/prove/prove";
import { askEach } from "./query";
import { getSession, noteEvent } from "./session";
import { summarizeStates } from "../plan/state";

/**
 * The Alembic revisions in the folder of RUNBOOK_MIGRATIONS.
 *
 * @throws RunbookError where there is no such folder.
 * @example const standing = behind(await both(sql.revisions), await revisions());
 */
export async function revisions(): Promise<Revisions> {
  return openRevisions(getSession().settings);
}

/**
 * The whole schemas of both sides, compared by meaning: `drift`, `objects` (each object that was compared, and its
 * status), `coverage` (how much of each kind was compared, and how much was not) and `troubles` (what is out of order
 * on one side by itself). `tried` executes what is recommended in empty databases of our own, and says in a frame and
 * a sentence what came of it. `recorded` is what `sql.revisions` answered. Where a side does not answer, nothing is
 * compared.
 *
 * @example const { drift, coverage, troubles } = await schemas(await revisions(), await both(sql.revisions));
 */
export async function schemas(
  history: Revisions,
  recorded: DataFrame,
): Promise<{
  drift: DataFrame;
  objects: DataFrame;
  coverage: DataFrame;
  troubles: DataFrame;
  tried: () => Promise<{ frame: DataFrame; sentence: string }>;
}> {
  const read: Partial<Record<Side, Awaited<ReturnType<typeof readSide>>>> = {};
  await askEach(sides, async (source) => {
    read[source.side] = await readSide(source);
  });
  const { production: one, local: other } = read;
  const {
    drift: compared,
    coverage,
    literals,
  } = one && other
    ? await compareExplained(one.snapshot, other.snapshot, history, readRecorded(recorded))
    : { drift: [], coverage: [], literals: makeLiteralMask([]) };
  const drift =
    one && other
      ? await addViolations(compared, { production: one.snapshot, local: other.snapshot }, getSession().sources)
      : compared;
  if (one && other) {
    const snapshots = { production: one.snapshot, local: other.snapshot };
    noteEvent({
      kind: "revisions",
      revisions: summarizeStates(judgeRevisions(history, snapshots, readRecorded(recorded))),
    });
  }
  const recommended =
    one && other ? await recommendBoth(one.snapshot, other.snapshot, drift) : { production: [], local: [] };
  const tried = async () => {
    const proof =
      one && other
        ? await proveBoth(recommended, one.snapshot, other.snapshot, drift, () => openScratches())
        : { tried: [], left: [], impossible: "Nothing was tried: a side did not answer." };
    return { frame: makeTriedFrame(proof.tried), sentence: describeProof(proof) };
  };
  const snapshots = one && other ? { production: one.snapshot, local: other.snapshot } : {};
  return {
    drift: makeDriftFrame(drift, collectStatementsFor(drift, hideLiterals(recommended, literals))),
    objects: makeObjectFrame(snapshots, drift),
    coverage: makeCoverageFrame(coverage),
    troubles: makeTroubleFrame([...(one?.troubles ?? []), ...(other?.troubles ?? [])], snapshots, drift),
    tried,
  };
}
