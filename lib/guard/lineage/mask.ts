import type { Node, SelectStmt } from "@pgsql/types";
import { getFields, isPart, listStrings } from "../ast";
import { aggregates } from "../functions";
import type { Column } from "./scope";
import { isShowable } from "./taint";

/*
 * A masked query has the rows of the query as it was written. What may be computed is computed inside, and masked outside: `select state, '•••' from (…)`.
 * An expression that may not even be computed is replaced inside, where that cannot change the rows; else the query is refused.
 */

const text = (sval: string): Node => ({ String: { sval } });
const dots: Node = { A_Const: { sval: { sval: "•••" } } };
const asText = (arg: Node): Node => ({ TypeCast: { arg, typeName: { names: [text("text")], typemod: -1 } } });

/** Puts the SELECT into a subquery, and `•••` in place of the columns of its answer that are personal. */
export function maskOutput(select: SelectStmt, columns: Column[]): void {
  const inside = { ...select };
  const names = columns.map((_, index) => `c${index + 1}`);
  for (const field of Object.keys(select)) Reflect.deleteProperty(select, field);
  const outside: SelectStmt = {
    targetList: columns.map((column, index) => ({
      ResTarget: {
        name: column.name,
        val: isShowable(column) ? { ColumnRef: { fields: [text(names[index])] } } : asText(dots),
      },
    })),
    fromClause: [
      {
        RangeSubselect: {
          subquery: { SelectStmt: inside },
          alias: { aliasname: "masked", colnames: names.map(text) },
        },
      },
    ],
    limitOption: "LIMIT_OPTION_DEFAULT",
    op: "SETOP_NONE",
  };
  Object.assign(select, outside);
}

/**
 * What stands in the SELECT list in place of an expression that may not be computed, so that the query has the rows
 * that it would have with it; undefined where none is known. An aggregate makes one row of many, so an aggregate
 * takes its place.
 */
export function makeMaskedReplacement(
  expression: Node | undefined,
  name: string,
  select: SelectStmt,
): Node | undefined {
  const made = collectParts(expression);
  const others = (select.targetList ?? []).map((node) => collectParts(getFields("ResTarget", node)?.val));
  const grouped = (select.groupClause ?? []).length > 0 || select.havingClause !== undefined;
  if (made.unknown || (select.distinctClause ?? []).length > 0) return undefined;
  if (made.aggregates) return made.columns ? undefined : { ResTarget: { name, val: countedDots } };
  if (grouped || others.some(({ aggregates }) => aggregates)) return undefined;
  return { ResTarget: { name, val: asText(dots) } };
}

/** `•••` in each group, and where there is no row at all: a count is never NULL. */
const countedDots: Node = {
  CaseExpr: {
    args: [
      {
        CaseWhen: {
          expr: {
            NullTest: {
              arg: {
                FuncCall: {
                  funcname: [text("pg_catalog"), text("count")],
                  agg_star: true,
                  funcformat: "COERCE_EXPLICIT_CALL",
                },
              },
              nulltesttype: "IS_NOT_NULL",
            },
          },
          result: asText(dots),
        },
      },
    ],
  },
};

/** What an expression is made of. */
export interface Parts {
  /** It holds a subquery, or a function that gives several rows. */
  unknown: boolean;
  aggregates: boolean;
  /** It names a column outside of its aggregates. */
  columns: boolean;
}

export function collectParts(node: unknown): Parts {
  const none = { unknown: false, aggregates: false, columns: false };
  const all = (list: unknown[]) =>
    list.map(collectParts).reduce<Parts>(
      (whole, part) => ({
        unknown: whole.unknown || part.unknown,
        aggregates: whole.aggregates || part.aggregates,
        columns: whole.columns || part.columns,
      }),
      none,
    );
  if (Array.isArray(node)) return all(node);
  if (!isPart(node)) return none;
  const { SubLink: subquery, ColumnRef: column, FuncCall: call } = node;
  if (subquery) return { ...none, unknown: true };
  if (column) return { ...none, columns: true };
  if (!call) return all(Object.values(node));
  const inner = all(Object.values(call));
  const name = listStrings(call.funcname).pop() ?? "";
  if (severalRows.test(name)) return { ...inner, unknown: true };
  const isAggregate =
    call.over === undefined && (call.agg_within_group === true || call.agg_star === true || aggregates.has(name));
  return isAggregate ? { unknown: inner.unknown, aggregates: true, columns: false } : inner;
}

const severalRows =
  /^(unnest|generate_series|generate_subscripts|regexp_matches|regexp_split_to_table|string_to_table|jsonb?_array_elements(_text)?|jsonb?_each(_text)?|jsonb?_object_keys|jsonb?_to_recordset|jsonb?_path_query|aclexplode)$/;
