import type { Node } from "@pgsql/types";
import type { Column } from "../answer";
import { getNode, listNodesOf, parseStatements } from "./tree";

/**
 * The columns that a read would answer with, as far as its text alone tells: for a frame without rows where no source
 * could answer. A count is an integer, a cast its type, the rest text. The grammar must be loaded (`loadGuard`).
 */
export function readExpectedColumns(statement: string): Column[] {
  let query = getNode("SelectStmt", parseStatements(statement)[0]);
  while (query?.larg) query = query.larg;
  return listNodesOf("ResTarget", query?.targetList).map(({ name, val }) => ({
    name: name ?? nameOf(val),
    type: readType(val),
  }));
}

/** PostgreSQL's own rule: the column's, the function's or the cast's name, else `?column?`. */
function nameOf(value: Node | undefined): string {
  const cast = getNode("TypeCast", value);
  const inner = cast ? nameOf(cast.arg) : "?column?";
  if (inner !== "?column?") return inner;
  const names = getNode("ColumnRef", value)?.fields ?? getNode("FuncCall", value)?.funcname ?? cast?.typeName?.names;
  return getLast(names) ?? "?column?";
}

function readType(value: Node | undefined): string {
  const type = getLast(getNode("TypeCast", value)?.typeName?.names);
  return type ?? (getLast(getNode("FuncCall", value)?.funcname) === "count" ? "int8" : "text");
}

function getLast(names: Node[] | undefined): string | undefined {
  return getNode("String", names?.at(-1))?.sval;
}
