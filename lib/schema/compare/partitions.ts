import { isPartition } from "../../kinds";
import type { Side } from "../../ledger";
import type { Difference, Drift } from "../drift";
import type { SchemaObject } from "../read/snapshot";
import type { Views } from "./compare";
import { normalizeBounds } from "./normalize-sql";
import { nameInFull } from "./view";

const sides = ["production", "local"] as const;

/**
 * Partitions that one side lacks, one entry for each parent that both sides have: as they roll on, they come and go
 * by the month. What has the same bounds under another name is the same partition. One partition alone stays an entry
 * of its own. Returns the entries, and the differences that they stand for.
 */
export function foldPartitions(differences: Difference[], views: Views): { drift: Drift[]; folded: Set<Difference> } {
  const byParent = new Map<string, Difference[]>();
  for (const difference of differences) {
    const parent = findCommonParent(difference, views);
    if (parent) byParent.set(parent, [...(byParent.get(parent) ?? []), difference]);
  }
  const groups = [...byParent].filter(([, members]) => members.length > 1);
  return {
    drift: groups.map(([parent, members]) => tellGroup(parent, members, views)),
    folded: new Set(groups.flatMap(([, members]) => members)),
  };
}

/** The entries for its single partitions that one entry for a parent stands for; any other entry as it is. */
export function unfoldPartitions(drift: Drift): Drift[] {
  const { partitions, ...rest } = drift;
  if (!partitions) return [drift];
  return sides.flatMap((side) =>
    partitions[`only in ${side}`].map((name): Drift => ({
      ...rest,
      table: name,
      name,
      status: `only in ${side}`,
      differs: undefined,
    })),
  );
}

/** Whether a table's rows are told apart by a date or a time, on both sides. */
export function isPartitionedByTime(parent: string, views: Views): boolean {
  return sides.every((side) => {
    const table = views[side].relations.get(parent);
    const [, key] = /^RANGE \((.*)\)$/s.exec(String(table?.attributes["partitioned by"])) ?? [];
    if (!table || key === undefined) return false;
    const column = (views[side].snapshot.columns.get(table) ?? []).find(
      ({ name }) => key === name || key.startsWith(`${name},`) || key.startsWith(`"${name}"`),
    );
    // of an expression only its own words tell: date_trunc('month', at), (at)::date
    return column ? /^(date|timestamp)/.test(String(column.attributes.type)) : /date_trunc|::date|timestamp/i.test(key);
  });
}

/**
 * What follows where a side lacks partitions, by whether they come by time and by whether a default partition takes
 * their rows.
 */
export function judgePartitions(
  parent: string,
  lackedBy: Record<Side, boolean>,
  views: Views,
): Pick<Drift, "severity" | "why"> {
  const refusing = sides.filter((side) => lackedBy[side] && !hasDefault(parent, views[side].snapshot.objects));
  const filling = sides.filter((side) => lackedBy[side] && !refusing.includes(side));
  const sentences = [
    refusing.length ? `Rows of what it lacks are refused in ${refusing.join(" and ")}.` : "",
    filling.length ? `Rows of what it lacks go into the default partition in ${filling.join(" and ")}.` : "",
  ].filter(Boolean);
  if (isPartitionedByTime(parent, views))
    return {
      severity: "medium",
      why: ["Its partitions come and go by time.", ...sentences].join(" "),
    };
  return { severity: lackedBy.production ? "high" : "medium", why: sentences.join(" ") };
}

function hasDefault(parent: string, objects: SchemaObject[]): boolean {
  return objects.some((object) => object.attributes.bounds === "DEFAULT" && getParent(object) === parent);
}

/** The partitioned table, on both sides, of a partition that one side lacks: `public.events`. */
export function findCommonParent({ production, local }: Difference, views: Views): string | undefined {
  const object = production && local ? undefined : (production ?? local);
  const parent = object && isPartition(object.kind) ? getParent(object) : undefined;
  const isThere = sides.every(
    (side) => parent !== undefined && views[side].relations.get(parent)?.attributes["partitioned by"] !== undefined,
  );
  return isThere ? parent : undefined;
}

function getParent({ schema, attributes }: SchemaObject): string | undefined {
  const parent = attributes["partition of"];
  return typeof parent !== "string" ? undefined : parent.includes(".") ? parent : `${schema}.${parent}`;
}

function tellGroup(parent: string, members: Difference[], views: Views): Drift {
  const table = views.production.relations.get(parent)!;
  const own = {
    production: members.flatMap(({ production }) => production ?? []),
    local: members.flatMap(({ local }) => local ?? []),
  };
  const meaningOf = (object: SchemaObject, side: Side): string => {
    try {
      return normalizeBounds(String(object.attributes.bounds), views[side].names);
    } catch {
      return String(object.attributes.bounds);
    }
  };
  const meanings = {
    production: new Set(own.production.map((object) => meaningOf(object, "production"))),
    local: new Set(own.local.map((object) => meaningOf(object, "local"))),
  };
  const lacked = (side: Side): SchemaObject[] =>
    own[side].filter(
      (object) => !meanings[side === "production" ? "local" : "production"].has(meaningOf(object, side)),
    );
  const renamed = (side: Side): SchemaObject[] => own[side].filter((object) => !lacked(side).includes(object));
  const boundsOf = (objects: SchemaObject[]): Record<string, unknown> =>
    Object.fromEntries(objects.map((object) => [nameOf(object, table), object.attributes.bounds]));
  const isOnlyNames = sides.every((side) => lacked(side).length === 0);
  const differs = [isOnlyNames ? "" : "partitions", renamed("production").length ? "names" : ""].filter(Boolean);
  const attributes = (side: Side) => ({
    ...(isOnlyNames ? {} : { partitions: boundsOf(lacked(side)) }),
    ...(differs.includes("names") ? { names: boundsOf(renamed(side)) } : {}),
  });
  const judged = isOnlyNames
    ? { severity: "info" as const, why: "The same bounds have partitions of other names." }
    : judgePartitions(
        parent,
        { production: lacked("local").length > 0, local: lacked("production").length > 0 },
        views,
      );
  return {
    kind: "partition",
    schema: table.schema,
    table: table.name,
    name: "*",
    status: "changed",
    production: attributes("production"),
    local: attributes("local"),
    differs,
    ...judged,
    partitions: {
      "only in production": own.production.map(({ name }) => name),
      "only in local": own.local.map(({ name }) => name),
    },
  };
}

function nameOf(object: SchemaObject, parent: SchemaObject): string {
  return object.schema === parent.schema ? object.name : nameInFull(object);
}
