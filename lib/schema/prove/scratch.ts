import { isPrivilege, isServersOwn } from "../../kinds";
import { quoteName } from "../../sql/quote";
import { loadModule } from "libpg-query";
import { compareSchemas } from "../compare/compare";
import type { Drift } from "../drift";
import { type Recommendation, rebuildStatements } from "../ddl/recommend";
import type { Snapshot } from "../read/snapshot";

/** An empty database that may be filled at will. */
export interface Scratch {
  /** Where it lies, for another program of this machine; absent where only `execute` reaches it. */
  address?: string;
  /** The folder of its server's Unix socket, where it has one. */
  socket?: string;
  execute(sql: string): Promise<void>;
  read(): Promise<Snapshot>;
}

/** Where such databases come from. */
export interface Scratches {
  open(name: string): Promise<Scratch>;
  close(): Promise<void>;
}

export interface Proof {
  /** What was left when the recommended statements had run. */
  remains: Drift[];
  /**
   * Recommended statements that failed, with the server's reason: those that stand as a comment among them, without
   * its signs.
   */
  failed: { sql: string; reason: string }[];
  /** What was left when those that stand as a comment had run too: what is done by hand. */
  remainsAtLast: Drift[];
  /** What could not be made again in the scratch database, and was not put to the test. */
  notRebuilt: { sql: string; reason: string }[];
}

/**
 * Rebuilds one side in a scratch database, applies what was recommended for it, and compares with the other side
 * again.
 */
export async function prove(
  recommendations: Recommendation[],
  mended: Snapshot,
  other: Snapshot,
  scratch: Scratch,
): Promise<Proof> {
  const notRebuilt = await rebuild(mended, other, scratch);
  return { ...(await apply(recommendations, other, scratch)), notRebuilt };
}

/** Makes one side's schema in a scratch database, with the roles of both; what could not be made. */
export async function rebuild(mended: Snapshot, other: Snapshot, scratch: Scratch): Promise<Proof["notRebuilt"]> {
  const roles = new Set([mended, other].flatMap(listRoles));
  for (const role of roles)
    await scratch
      .execute(`do $$ begin create role ${quoteName(role)}; exception when duplicate_object then null; end $$`)
      .catch(() => undefined);
  await scratch.execute("set check_function_bodies = off");
  await loadModule();
  return executeInRounds(rebuildStatements(mended), scratch);
}

/**
 * Executes what was recommended in a scratch database that is like one side, and compares it with the other: each
 * statement once, in the listed order, as whoever runs the list does. Then what stands there as a comment, in the
 * same way.
 */
export async function apply(
  recommendations: Recommendation[],
  other: Snapshot,
  scratch: Scratch,
): Promise<Omit<Proof, "notRebuilt">> {
  const failed = await executeOnce(
    recommendations.filter(({ mends }) => mends).flatMap(({ statements }) => statements),
    scratch,
  );
  const remains = await compareWith(other, scratch);
  const commented = recommendations.filter(({ mends }) => !mends).flatMap(({ statements }) => statements);
  if (commented.length === 0) return { failed, remains, remainsAtLast: remains };
  failed.push(...(await executeOnce(commented.map(uncomment), scratch)));
  return { failed, remains, remainsAtLast: await compareWith(other, scratch) };
}

/** A statement that stands as a comment, without the signs. */
export function uncomment(sql: string): string {
  return sql.replace(/^-- /gm, "");
}

async function compareWith(other: Snapshot, scratch: Scratch): Promise<Drift[]> {
  const { drift } = await compareSchemas(await scratch.read(), other, { partitionsApart: true });
  // the scratch database is another's, on another server
  const isOwner = ({ kind, differs }: Drift) => isServersOwn(kind) || differs?.join() === "owner";
  return drift.filter((one) => one.severity !== "info" && !isOwner(one));
}

async function executeOnce(statements: string[], { execute }: Scratch): Promise<Proof["failed"]> {
  const failed: Proof["failed"] = [];
  for (const sql of statements) await execute(sql).catch((error: Error) => failed.push({ sql, reason: error.message }));
  return failed;
}

/**
 * Executes what can be executed, in as many rounds as something new succeeds: nobody reads this list, and a
 * function's source may name what comes later.
 */
async function executeInRounds(statements: string[], scratch: Scratch): Promise<Proof["failed"]> {
  let waiting = statements;
  for (;;) {
    const failed = await executeOnce(waiting, scratch);
    if (failed.length === 0 || failed.length === waiting.length) return failed;
    waiting = failed.map(({ sql }) => sql);
  }
}

function listRoles({ objects }: Snapshot): string[] {
  return objects.flatMap(({ kind, name, on, attributes }) => {
    const granted = isPrivilege(kind) && on ? [name.replace(new RegExp(` on ${on.kind} .*`, "s"), "")] : [];
    return [attributes.owner, ...granted].filter(
      (role): role is string => typeof role === "string" && !/^(public|owner)$|^pg_/.test(role),
    );
  });
}
