import type { Place } from "./lineage/query";
import { getFields, listStrings, listNodes, refuse, unwrap, type Fields } from "./ast";
import { resolve, type Column } from "./lineage/scope";

/**
 * Refuses an operator that can only be somebody's own: of its sides' kinds, as far as they are plain to see,
 * PostgreSQL has none of that name. Where it has one, that one is meant, and `qualify` writes it.
 */
export function requireNotOverloaded(symbol: string, left: unknown, right: unknown, place: Place): void {
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
function getCategory(node: unknown, place: Place): string | undefined {
  const { type, fields } = unwrap(node) ?? {};
  if (type === undefined || fields === undefined) return undefined;
  if (type === "A_Const")
    return fields.sval !== undefined || fields.isnull ? undefined : fields.boolval !== undefined ? "B" : "N";
  if (type === "ColumnRef") return (resolve(fields.fields, place.scope) as Partial<Column>).category;
  if (type === "SQLValueFunction") return /DATE|TIME/.test(String(fields.op)) ? "D" : "S";
  if (type === "FuncCall") return numbers.test(listStrings(fields.funcname).pop() ?? "") ? "N" : undefined;
  if (type === "TypeCast")
    return listNodes((fields.typeName as Fields).arrayBounds).length > 0
      ? "A"
      : cast.get(listStrings((fields.typeName as Fields).names).pop() ?? "");
  if (type === "A_ArrayExpr") return "A";
  if (type === "List") return getCategory(listNodes(getFields("List", node)?.items)[0], place);
  return undefined;
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
