import { isPrivilege, isServersOwn } from "../../kinds";
import { quote } from "../../sql/quote";
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
  /** Recommended statements that failed, with the server's reason. */
  failed: { sql: string; reason: string }[];
  /** What could not be made again in the scratch database, and was not put to the test. */
  notRebuilt: { sql: string; reason: string }[];
}

/** Rebuilds one side in a scratch database, applies what was recommended for it, and compares with the other side again. */
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
  const roles = new Set([mended, other].flatMap(rolesOf));
  for (const role of roles)
    await scratch
      .execute(`do $$ begin create role ${quote(role)}; exception when duplicate_object then null; end $$`)
      .catch(() => undefined);
  await scratch.execute("set check_function_bodies = off");
  return executeAll(rebuildStatements(mended), scratch);
}

/** Executes what was recommended in a scratch database that is like one side, and compares it with the other. */
export async function apply(
  recommendations: Recommendation[],
  other: Snapshot,
  scratch: Scratch,
): Promise<Pick<Proof, "failed" | "remains">> {
  const failed = await executeAll(
    recommendations.filter(({ mends }) => mends).flatMap(({ statements }) => statements),
    scratch,
  );
  const { drift } = await compareSchemas(await scratch.read(), other, { partitionsApart: true });
  // the scratch database is another's, on another server
  const isOwner = ({ kind, differs }: Drift) => isServersOwn(kind) || differs?.join() === "owner";
  const remains = drift.filter((one) => one.severity !== "info" && !isOwner(one));
  return { remains, failed };
}

/** Executes what can be executed, in as many rounds as something new succeeds: a view may need another that comes after it. */
async function executeAll(statements: string[], { execute }: Scratch): Promise<{ sql: string; reason: string }[]> {
  let waiting = statements.map((sql) => ({ sql, reason: "" }));
  for (let before = Infinity; waiting.length > 0 && waiting.length < before;) {
    before = waiting.length;
    const failed: typeof waiting = [];
    for (const { sql } of waiting)
      await execute(sql).catch((error: Error) => failed.push({ sql, reason: error.message }));
    waiting = failed;
  }
  return waiting;
}

function rolesOf({ objects }: Snapshot): string[] {
  return objects.flatMap(({ kind, name, on, attributes }) => {
    const granted = isPrivilege(kind) && on ? [name.replace(new RegExp(` on ${on.kind} .*`, "s"), "")] : [];
    return [attributes.owner, ...granted].filter(
      (role): role is string => typeof role === "string" && !/^(public|owner)$|^pg_/.test(role),
    );
  });
}
