import type { Place } from "./lineage/query";
import { as, names, nodes, refuse, unwrap, type Fields } from "./ast";
import { resolve, type Column } from "./lineage/scope";

/** Refuses an operator where somebody's own of that name fits its two sides as well as PostgreSQL's. Where nothing is known of them, `qualify` says that PostgreSQL's is meant. */
export function notOverloaded(symbol: string, left: unknown, right: unknown, place: Place, qualify?: () => void): void {
  if (!place.bounds.catalog?.operators.length) return;
  if (place.bounds.trusted) return qualify?.();
  const [one, other] = [left, right].map((side) => categoryOf(side, place));
  if (one === undefined && other === undefined && qualify !== undefined) qualify();
  else notOverloadedFor(symbol, one, other, place);
}

/** The same, where the kinds of types are known and not the expressions. */
export function notOverloadedFor(
  symbol: string,
  left: string | undefined,
  right: string | undefined,
  { bounds }: Place,
): void {
  const fits = (category: string, known: string | undefined) =>
    known === undefined || known === category || category === "P";
  for (const own of bounds.catalog?.operators ?? [])
    if (own.name === symbol && fits(own.left, left) && fits(own.right, right))
      refuse(
        `A schema of this database has an operator ${symbol} of its own, which may run anything: write OPERATOR(pg_catalog.${symbol}).`,
      );
}

/** PostgreSQL's letter for the kind of type that an expression has, where that is plain to see. */
function categoryOf(node: unknown, place: Place): string | undefined {
  const { type, fields } = unwrap(node) ?? {};
  if (type === undefined || fields === undefined) return undefined;
  if (type === "A_Const")
    return fields.sval !== undefined || fields.isnull ? undefined : fields.boolval !== undefined ? "B" : "N";
  if (type === "ColumnRef") return (resolve(fields.fields, place.scope) as Partial<Column>).category;
  if (type === "SQLValueFunction") return /DATE|TIME/.test(String(fields.op)) ? "D" : "S";
  if (type === "FuncCall") return numbers.test(names(fields.funcname).pop() ?? "") ? "N" : undefined;
  if (type === "TypeCast")
    return nodes((fields.typeName as Fields).arrayBounds).length > 0
      ? "A"
      : cast.get(names((fields.typeName as Fields).names).pop() ?? "");
  if (type === "A_ArrayExpr") return "A";
  if (type === "List") return categoryOf(nodes(as("List", node)?.items)[0], place);
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
