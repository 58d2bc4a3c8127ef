import type { Side } from "../../ledger";
import { RunbookError } from "../../errors";
import { makeDriftKey, type Drift } from "../drift";
import { unfoldPartitions } from "../compare/partitions";
import { type Scratches, prove, uncomment } from "./scratch";
import type { Recommendation } from "../ddl/recommend";
import type { Snapshot } from "../read/snapshot";

/** One recommended change, and what came of it in the scratch database. */
export interface Tried {
  /** For which side it is. */
  source: Side;
  about: string;
  statements: number;
  outcome: "mended" | "remains" | "failed" | "not tried";
  /** The server's reason where it failed, ours where it was not tried. */
  reason: string;
}

export interface Proof {
  tried: Tried[];
  /** What was left of the whole drift of that side, by why. */
  left: { source: Side; pending: number; "by hand": number; other: number }[];
  /** Why nothing could be tried; empty where something was. */
  impossible: string;
}

/**
 * Builds both schemas again from what was read, each in an empty database, executes what is `recommended` for it, and
 * compares with the other side once more. The two real sources are not asked for anything.
 */
export async function proveBoth(
  recommended: Record<Side, Recommendation[]>,
  production: Snapshot,
  local: Snapshot,
  explained: Drift[],
  open: () => Promise<Scratches>,
): Promise<Proof> {
  const opened = await open().catch((problem: unknown) => {
    if (problem instanceof RunbookError) return problem;
    throw problem;
  });
  if (opened instanceof RunbookError)
    return {
      tried: [],
      left: [],
      impossible: `Nothing was tried, for want of an embedded PostgreSQL: ${opened.message}`,
    };
  try {
    const one = await proveSide("production", recommended.production, production, local, explained, opened);
    const other = await proveSide("local", recommended.local, local, production, explained, opened);
    return { tried: [...one.tried, ...other.tried], left: [one.left, other.left], impossible: "" };
  } finally {
    await opened.close();
  }
}

async function proveSide(
  source: Side,
  recommendations: Recommendation[],
  mended: Snapshot,
  other: Snapshot,
  explained: Drift[],
  scratches: Scratches,
): Promise<{ tried: Tried[]; left: Proof["left"][number] }> {
  const { remains, failed, notRebuilt } = await prove(
    recommendations,
    mended,
    other,
    await scratches.open(`as_${source}`),
  );
  const remaining = new Set(remains.map(makeDriftKey));
  const reasons = new Map(failed.map(({ sql, reason }) => [sql, reason]));
  const tried = recommendations
    // of what stands as a comment it is said where it does not work
    .filter(({ mends, statements }) => mends || statements.some((sql) => reasons.has(uncomment(sql))))
    .map((one): Tried => {
      const reason = one.statements
        .map((sql) => reasons.get(one.mends ? sql : uncomment(sql)))
        .find((each) => each !== undefined);
      return {
        source,
        about: one.about,
        statements: one.statements.length,
        outcome: reason !== undefined ? "failed" : remaining.has(makeDriftKey(one)) ? "remains" : "mended",
        reason: reason ?? "",
      };
    });
  const untried = notRebuilt.map(({ sql, reason }): Tried => ({
    source,
    about: sql.replace(/\s+/g, " ").slice(0, 80),
    statements: 1,
    outcome: "not tried",
    reason: `It could not be built again: ${reason}`,
  }));
  const byHand = new Set(recommendations.filter(({ mends }) => !mends).map(makeDriftKey));
  const awaited = new Set(
    explained
      .flatMap(unfoldPartitions)
      .filter(({ explanation }) => /^(pending|unrecorded)$/.test(explanation?.state ?? ""))
      .map(makeDriftKey),
  );
  const count = (fits: (key: string) => boolean) => remains.map(makeDriftKey).filter(fits).length;
  const left = {
    source,
    pending: count((key) => awaited.has(key)),
    "by hand": count((key) => !awaited.has(key) && byHand.has(key)),
    other: count((key) => !awaited.has(key) && !byHand.has(key)),
  };
  return { tried: [...tried, ...untried], left };
}

/** The proof in a few sentences. */
export function describeProof({ tried, left, impossible }: Proof): string {
  if (impossible) return impossible;
  return left
    .map(({ source, pending, "by hand": byHand, other }) => {
      const own = tried.filter((one) => one.source === source);
      const of = (outcome: Tried["outcome"]) => own.filter((one) => one.outcome === outcome).length;
      const bad = (["failed", "remains", "not tried"] as const)
        .filter((outcome) => of(outcome))
        .map((outcome) => `${of(outcome)} ${outcome}`);
      const rest = [
        pending && `${pending} for pending migrations to mend`,
        byHand && `${byHand} that only a drop or a hand would mend`,
        other && `${other} for another reason`,
      ].filter(Boolean);
      return (
        `For ${source} ${of("mended")} of ${own.length} recommended changes mended what they ` +
        `claim${bad.length ? ` (${bad.join(", ")})` : ""}; what remains then: ` +
        `${rest.join(", ") || "nothing"}.`
      );
    })
    .join(" ");
}
