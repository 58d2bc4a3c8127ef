import { family, type Effect } from "../alembic/effect";
import { followEffect } from "../alembic/identity";
import { listServerNames } from "../alembic/presence";
import type { Side } from "../ledger";
import type { Recommendation } from "../schema/ddl/recommend";
import { makeDriftKey } from "../schema/drift";
import { quotePlace } from "../sql/quote";
import type { PlanInput } from "./context";

interface Owned {
  one: Recommendation;
  /** Undefined where no revision explains it. */
  revision: string | undefined;
}

/**
 * Each recommended change with the revision that it belongs to on this side; what is the other side's to mend is left
 * out.
 */
export function findOwners(
  side: Side,
  recommended: Recommendation[],
  { states, revisions, drift }: PlanInput,
): Owned[] {
  const wanted = states.flatMap((state, at) => {
    const here = state.sides[side];
    if (!here) return [];
    const effects = here.recorded ? here.effects.missing : (revisions.order[at]?.effects ?? []);
    const later = revisions.order.slice(at + 1).flatMap((one) => one.effects);
    return effects.flatMap((effect) => {
      const today = followEffect(effect, later) ?? effect;
      return [{ revision: state.revision, effect: today }];
    });
  });
  const drifted = new Map(drift.map((one) => [makeDriftKey(one), one]));
  const owned = recommended.map((one): Owned | undefined => {
    const found = wanted.find(({ effect }) => isAbout(effect, one) && (effect.does === "drops") === isDrop(one));
    if (found) return { one, revision: found.revision };
    const about = drifted.get(makeDriftKey(one));
    const explanation = about?.explanation;
    if (!explanation || explanation.state === "unexplained") return undefined;
    const isHere =
      explanation.state === "pending"
        ? explanation.text.includes(`pending on ${side}`)
        : explanation.text.startsWith(`${side} records`);
    return isHere && !isDrop(one) ? { one, revision: explanation.revision ?? undefined } : undefined;
  });
  const tables = new Map(
    owned.flatMap((each) =>
      each?.revision && family(each.one.kind) === "table" ? [[namePlace(each.one), each.revision]] : [],
    ),
  );
  const columns = owned.filter((each): each is Owned => each?.one.kind === "column");
  return recommended.flatMap((one, at) => {
    if (owned[at]) return [owned[at]!];
    const byTable = one.table === null ? undefined : tables.get(`${one.schema}.${one.table}`);
    const bySequence = [...tables].find(
      ([place]) => one.kind === "sequence" && one.sql.includes(`owned by ${quoteQualified(place)}.`),
    )?.[1];
    const byColumn = columns.find(
      ({ one: column }) =>
        column.table === one.table && column.schema === one.schema && one.sql.includes(`"${column.name}"`),
    )?.revision;
    const revision = byTable ?? bySequence ?? byColumn;
    if (revision) return [{ one, revision }];
    const about = drifted.get(makeDriftKey(one));
    const isVersions = (one.kind === "table" ? one.name : one.table) === revisions.versionTable.name;
    if (isVersions || !about || about.severity === "info" || /^(owner|database)$/.test(about.kind)) return [];
    // what a revision makes was not made by hand, even where nobody knows whether that one was applied
    const isMade = revisions.order.some(({ effects }) =>
      effects.some((effect) => effect.does === "creates" && isAbout(effect, one)),
    );
    if (isMade && about.status !== "changed") return [];
    const isOurs = about.status === `only in ${side}` || (about.status === "changed" && side === "production");
    return about.explanation?.state === "unexplained" && isOurs ? [{ one, revision: undefined }] : [];
  });
}

function quoteQualified(text: string): string {
  const [schema, ...name] = text.split(".");
  return quotePlace({ schema, name: name.join(".") });
}

function namePlace({ schema, name }: { schema: string | null; name: string }): string {
  return `${schema}.${name}`;
}

export function isDrop({ statements, mends }: Recommendation): boolean {
  return !mends && statements.length === 1 && /^-- (alter table \S+ )?drop /.test(statements[0]);
}

export function isAbout(effect: Effect, { kind, schema, table, name }: Recommendation): boolean {
  if (family(effect.kind) !== family(kind) && effect.kind !== "object") return false;
  if (effect.schema !== null && effect.schema !== schema) return false;
  const isTable = family(kind) === "table";
  if (!isTable && effect.table !== null && effect.table !== table) return false;
  const names = [effect.name, ...(effect.aliases ?? [])]
    .filter((one): one is string => one !== null)
    .flatMap(listServerNames);
  if (names.length) return names.includes(family(kind) === "function" ? name.replace(/\(.*/s, "") : name);
  return false;
}
