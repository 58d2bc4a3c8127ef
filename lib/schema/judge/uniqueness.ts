import type { IndexElem } from "@pgsql/types";
import { capitalize } from "../../text";
import { isColumn, isIndex, isPrimaryKey, isUniqueConstraint } from "../../kinds";
import type { Severity } from "../../ledger";
import type { SchemaObject } from "../read/snapshot";
import { getNode, listNodesOf, listStrings, parseStatements } from "../../sql/tree";

/** What a primary key, a unique constraint or a unique index forbids: two rows that are equal in these keys. */
interface UniqueRule {
  object: SchemaObject;
  /** The columns' names, or the expressions as text. */
  keys: string[];
  /** Every key is a plain column. */
  isPlain: boolean;
  /** The condition of a partial index as text. */
  where: string | null;
  nullsNotDistinct: boolean;
  isDeferrable: boolean;
}

/** A difference's severity and sentence, and the object that demands the same of the side that lacks it. */
export interface Verdict {
  severity: Severity;
  why: string;
  enforcedBy: string;
}

/**
 * What follows where `side` lacks a unique rule although another object of the same table there forbids the same
 * rows. Undefined where `lacking` is no unique rule, or where nothing forbids what it forbids. `others` are the
 * objects of that table on `side`; `libpg-query` must have been loaded.
 */
export function judgeUniqueness(
  lacking: SchemaObject,
  side: "production" | "local",
  others: SchemaObject[],
): Verdict | undefined {
  const rule = readRule(lacking);
  if (!rule) return undefined;
  const notNull = new Set(
    others.filter(({ kind, attributes }) => isColumn(kind) && attributes["not null"]).map(({ name }) => name),
  );
  const rules = others.flatMap((other) => readRule(other) ?? []);
  const enforcing = rules.filter((other) => isAsStrict(other, rule, notNull));
  const best = enforcing.find((other) => isAsWide(other, rule) && !other.isDeferrable) ?? enforcing[0];
  return best && { ...describe(rule, best, side, notNull), enforcedBy: best.object.name };
}

function describe(
  lacking: UniqueRule,
  held: UniqueRule,
  side: string,
  notNull: Set<string>,
): Pick<Verdict, "severity" | "why"> {
  const { kind, name } = lacking.object;
  const same = isAsWide(held, lacking);
  const demands = same ? "forbids the same rows" : "forbids more";
  const other = `${isIndex(held.object.kind) ? "Unique index" : capitalize(held.object.kind)} ${held.object.name}`;
  const start = `${other} of ${side} ${demands}`;
  if (isPrimaryKey(kind)) {
    if (!held.keys.every((key) => notNull.has(key)))
      return { severity: "high", why: `${start}, but takes rows without a key: its columns may be null.` };
    return {
      severity: "medium",
      why:
        `${start}, and takes no null. What needs a primary key fails: logical replication by it, foreign keys ` +
        `that name no column.`,
    };
  }
  if (held.isDeferrable && !lacking.isDeferrable)
    return {
      severity: "medium",
      why: `${start}, but can be deferred: no ON CONFLICT and no foreign key can use it.`,
    };
  if (lacking.isDeferrable && !held.isDeferrable)
    return { severity: "medium", why: `${start}, and is checked at once: it cannot be deferred.` };
  if (!same)
    return {
      severity: "medium",
      why:
        `${start}, so no row can break it. ON ` +
        `CONFLICT${lacking.isPlain && lacking.where === null ? " and foreign keys" : ""} of exactly these ` +
        `keys fail in ${side}.`,
    };
  if (isIndex(kind))
    return {
      severity: "info",
      why: `${start}: ON CONFLICT${lacking.where === null ? " and foreign keys find" : " finds"} it by its columns.`,
    };
  const index = isIndex(held.object.kind);
  return {
    severity: "medium",
    why: index
      ? `${start}. Only ON CONFLICT ON CONSTRAINT ${name} fails in ${side}.`
      : `${start}. Only what names the constraint ${name} fails in ${side}.`,
  };
}

/** Whether no two rows that `wanted` forbids can stand together under `held`. */
function isAsStrict(held: UniqueRule, wanted: UniqueRule, notNull: Set<string>): boolean {
  const nulls =
    !wanted.nullsNotDistinct || held.nullsNotDistinct || held.keys.every((key) => held.isPlain && notNull.has(key));
  const rows = held.where === null || held.where === wanted.where;
  return held.keys.length > 0 && held.keys.every((key) => wanted.keys.includes(key)) && rows && nulls;
}

/** Whether `held`, which forbids what `wanted` does, forbids no more. */
function isAsWide(held: UniqueRule, wanted: UniqueRule): boolean {
  return new Set(held.keys).size === new Set(wanted.keys).size && held.where === wanted.where;
}

function readRule(object: SchemaObject): UniqueRule | undefined {
  const { kind, attributes } = object;
  const definition = String(attributes.definition ?? "");
  if (attributes.invalid) return undefined;
  const isUniqueIndex = isIndex(kind) && definition.startsWith("CREATE UNIQUE INDEX");
  if (!isUniqueIndex && !isPrimaryKey(kind) && !isUniqueConstraint(kind)) return undefined;
  try {
    return isUniqueIndex ? readIndexRule(object, definition) : readConstraintRule(object, definition);
  } catch {
    // what the parser does not know forbids nothing that we could tell
    return undefined;
  }
}

function readIndexRule(object: SchemaObject, definition: string): UniqueRule | undefined {
  const index = getNode("IndexStmt", parseStatements(definition)[0]);
  if (!index) return undefined;
  const elements = listNodesOf("IndexElem", index.indexParams);
  const getColumn = ({ name, collation, opclass }: IndexElem) => (collation || opclass ? undefined : name);
  return {
    object,
    keys: elements.map((element) => {
      // which end comes first has no part in what is unique
      const { ordering: _ordering, nulls_ordering: _nulls, ...rest } = element;
      return getColumn(element) ?? deparseText(rest);
    }),
    isPlain: elements.every((element) => getColumn(element) !== undefined),
    where: index.whereClause ? deparseText(index.whereClause) : null,
    nullsNotDistinct: index.nulls_not_distinct === true,
    isDeferrable: false,
  };
}

function readConstraintRule(object: SchemaObject, definition: string): UniqueRule | undefined {
  const alter = getNode("AlterTableStmt", parseStatements(`alter table this add ${definition}`)[0]);
  const constraint = getNode("Constraint", getNode("AlterTableCmd", alter?.cmds?.[0])?.def);
  return (
    constraint && {
      object,
      keys: listStrings(constraint.keys),
      isPlain: true,
      where: null,
      nullsNotDistinct: constraint.nulls_not_distinct === true,
      isDeferrable: constraint.deferrable === true,
    }
  );
}

/** A tree as text, without where its parts stand. */
function deparseText(tree: unknown): string {
  return JSON.stringify(tree, (key, value: unknown) => (/location$/.test(key) ? undefined : value));
}
