import type { Node } from "@pgsql/types";
import type { Place } from "./lineage/query";
import { listStrings, refuse, unwrap } from "./ast";
import { resolve } from "./lineage/scope";

/**
 * Refuses an operator that can only be somebody's own: of its sides' kinds, as far as they are plain to see,
 * PostgreSQL has none of that name. Where it has one, that one is meant, and `qualify` writes it.
 */
export function requireNotOverloaded(
  symbol: string,
  left: Node | undefined,
  right: Node | undefined,
  place: Place,
): void {
  const [one, other] = [left === undefined ? "" : getCategory(left, place), getCategory(right, place)];
  if (one === undefined && other === undefined) return;
  if (findFitting(symbol, one, other, place).some(({ shadows }) => !shadows))
    refuse(
      `A schema of this database has an operator ${symbol} of its own, which may run anything: write OPERATOR(pg_catalog.${symbol}).`,
    );
}

/**
 * Refuses a join by USING of columns that an operator of somebody's own could compare: there is no way to write which
 * one is meant.
 */
export function requireNotOverloadedJoin(left: string | undefined, right: string | undefined, place: Place): void {
  if (findFitting("=", left, right, place).length > 0)
    refuse("A schema of this database has an operator = of its own, which may run anything: write JOIN … ON.");
}

function findFitting(symbol: string, left: string | undefined, right: string | undefined, { bounds }: Place) {
  const fits = (category: string, known: string | undefined) =>
    known === undefined || known === category || category === "P";
  if (bounds.trusted || bounds.inView) return [];
  return (bounds.catalog?.operators ?? []).filter(
    (own) => own.name === symbol && fits(own.left, left) && fits(own.right, right),
  );
}

/** PostgreSQL's letter for the kind of type that an expression has, where that is plain to see. */
function getCategory(value: Node | undefined, place: Place): string | undefined {
  const node = unwrap(value);
  switch (node?.type) {
    case "A_Const":
      return node.fields.sval !== undefined || node.fields.isnull
        ? undefined
        : node.fields.boolval !== undefined
          ? "B"
          : "N";
    case "ColumnRef":
      return resolve(node.fields.fields, place.scope).category;
    case "SQLValueFunction":
      return /DATE|TIME/.test(String(node.fields.op)) ? "D" : "S";
    case "FuncCall":
      return numbers.test(listStrings(node.fields.funcname).pop() ?? "") ? "N" : undefined;
    case "TypeCast": {
      const { names, arrayBounds = [] } = node.fields.typeName ?? {};
      return arrayBounds.length > 0 ? "A" : cast.get(listStrings(names).pop() ?? "");
    }
    case "A_ArrayExpr":
      return "A";
    case "List":
      return getCategory(node.fields.items?.[0], place);
    default:
      return undefined;
  }
}

const numbers =
  /^(count|avg|length|char_length|extract|date_part|array_length|cardinality|row_number|rank|dense_rank|pg_\w+_size)$/;

const cast = new Map(
  Object.entries({
    N: "int2 int4 int8 float4 float8 numeric",
    S: "text varchar bpchar name",
    D: "date time timetz timestamp timestamptz",
    T: "interval",
    B: "bool",
    U: "json jsonb uuid bytea",
  }).flatMap(([category, types]) => types.split(" ").map((type) => [type, category] as const)),
);
