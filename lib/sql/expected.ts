import { parseSync } from "libpg-query";
import type { Column } from "../answer";

/**
 * The columns that a read would answer with, as far as its text alone tells: for a frame without rows where no source
 * could answer. A count is an integer, a cast its type, the rest text. The grammar must be loaded (`loadGuard`).
 */
export function readExpectedColumns(statement: string): Column[] {
  let query = (parseSync(statement) as Parsed).stmts[0].stmt.SelectStmt;
  while (query?.larg) query = query.larg;
  return (query?.targetList ?? []).map(({ ResTarget: target }) => ({
    name: target.name ?? nameOf(target.val),
    type: readType(target.val),
  }));
}

interface Parsed {
  stmts: { stmt: { SelectStmt?: Select } }[];
}
interface Select {
  larg?: Select;
  targetList?: { ResTarget: { name?: string; val: Expression } }[];
}
type Name = { String?: { sval: string } };
interface Expression {
  ColumnRef?: { fields: Name[] };
  FuncCall?: { funcname: Name[] };
  TypeCast?: { arg: Expression; typeName: { names: Name[] } };
}

/** PostgreSQL's own rule: the column's, the function's or the cast's name, else `?column?`. */
function nameOf({ ColumnRef: column, FuncCall: call, TypeCast: cast }: Expression): string {
  return (
    (cast && nameOf(cast.arg) !== "?column?"
      ? nameOf(cast.arg)
      : getLast(column?.fields ?? call?.funcname ?? cast?.typeName.names)) ?? "?column?"
  );
}

function readType({ FuncCall: call, TypeCast: cast }: Expression): string {
  return (cast && getLast(cast.typeName.names)) ?? (getLast(call?.funcname) === "count" ? "int8" : "text");
}

function getLast(names?: Name[]): string | undefined {
  return names?.at(-1)?.String?.sval;
}
