import type { JoinExpr, Node, RangeVar, SelectStmt } from "@pgsql/types";
import { getFields, isPart, listStrings, listNodes, refuse, unwrap } from "./ast";

/** Functions whose size or meaning hangs on an argument, which must therefore be a constant. */
export const sizes: ReadonlyMap<string, (args: unknown[]) => void> = new Map<string, (args: unknown[]) => void>(
  Object.entries({
    generate_series: checkSeries,
    repeat: (args: unknown[]) => checkSize("repeat", args[1]),
    lpad: (args: unknown[]) => checkSize("lpad", args[1]),
    rpad: (args: unknown[]) => checkSize("rpad", args[1]),
    format: (args: unknown[]) => {
      const pattern = readConstant(args[0]);
      if (pattern === undefined || /%[^%sIL]*(\*|\d{4,})/.test(pattern))
        refuse("The pattern of format must be a constant without wide fields: write it out, or use ||.");
    },
  }),
);

function checkSize(name: string, length: unknown): void {
  const value = readNumber(length);
  if (value === undefined || value > 1000) refuse(`The length in ${name} must be a constant of at most 1000.`);
}

function checkSeries(args: unknown[]): void {
  if (!(countSteps(args) <= most))
    refuse(
      "generate_series needs bounds at most 100,000 steps apart, or a constant step such as '1 day': write generate_series(1, least((select max(id) from licenses), 100000)).",
    );
}

/**
 * How many rows a series has; none that is known where its ends are not constants but its step is an hour or longer.
 */
function countSteps([from, to, step]: unknown[]): number {
  const unit = /^\s*([1-9]\d*)\s*(hour|day|week|mon|month|year|decade)s?\s*$/i.exec(readConstant(step) ?? "");
  if (unit) {
    const [first, last] = [from, to].map((end) => Date.parse(readConstant(end) ?? "") / 86_400_000);
    return Math.abs(last - first) / (Number(unit[1]) * (unit[2].toLowerCase() === "hour" ? 1 / 24 : 1)) || 0;
  }
  const by = step === undefined ? 1 : readNumber(step);
  if (!by) return Infinity;
  const [first, last] =
    by > 0 ? [readBound(from, "IS_GREATEST"), readBound(to, "IS_LEAST")] : [readNumber(from), readNumber(to)];
  return first === undefined || last === undefined ? Infinity : Math.abs(last - first) / Math.abs(by);
}

/**
 * What a bound is at most, or at least: a constant, or that of `least((select max(id) from t), 100000)`. A bound
 * within it makes the series shorter, or empty.
 */
function readBound(node: unknown, op: "IS_GREATEST" | "IS_LEAST"): number | undefined {
  const found = unwrap(node);
  if (found?.type === "TypeCast") return readBound(found.fields.arg, op);
  if (found?.type !== "MinMaxExpr" || found.fields.op !== op) return readNumber(node);
  const known = listNodes(found.fields.args).flatMap((arg) => readNumber(arg) ?? []);
  if (known.length === 0) return undefined;
  return op === "IS_LEAST" ? Math.min(...known) : Math.max(...known);
}

const most = 100_000;

/** A constant number, also with a sign or a cast. */
export function readNumber(node: unknown): number | undefined {
  const found = unwrap(node);
  if (found?.type === "TypeCast") return readNumber(found.fields.arg);
  if (found?.type === "A_Expr" && found.fields.lexpr === undefined && listStrings(found.fields.name).join() === "-") {
    const value = readNumber(found.fields.rexpr);
    return value === undefined ? undefined : -value;
  }
  if (found?.type !== "A_Const") return undefined;
  const { ival, fval } = found.fields;
  if (ival !== undefined) return ival.ival ?? 0;
  return fval === undefined ? undefined : Number(fval.fval);
}

/** A constant text, also with a cast. */
export function readConstant(node: unknown): string | undefined {
  const found = unwrap(node);
  if (found?.type === "TypeCast") return readConstant(found.fields.arg);
  if (found?.type !== "A_Const" || found.fields.sval === undefined) return undefined;
  return found.fields.sval.sval ?? "";
}

/**
 * A recursion must end by a condition of its own, and not after millions of turns: a time limit stops the query, and
 * not what it writes to the disk until then.
 */
export function checkEnding(arm: SelectStmt): void {
  const joined = listNodes(arm.fromClause).some((item) => isConditional(getFields("JoinExpr", item)));
  if (arm.op === "SETOP_NONE" && arm.whereClause === undefined && !joined)
    refuse("The recursion has no condition that ends it: write one in its second part, such as where n < 1000.");
  if (
    listNodes(arm.fromClause).length === 1 &&
    getFields("RangeVar", listNodes(arm.fromClause)[0]) !== undefined &&
    listConstants(arm.whereClause).some((value) => Math.abs(value) > most)
  )
    refuse("The recursion counts further than 100,000: use a smaller bound.");
}

/** Three tables side by side without a condition, or series that multiply: every row with every row of the others. */
export function checkMultiplying({ fromClause, whereClause }: SelectStmt, isTable: (name: RangeVar) => boolean): void {
  const items = listNodes(fromClause).flatMap(listUnjoined);
  const rows = items
    .map((item) => listNodes(getFields("RangeFunction", item)?.functions))
    .flatMap((functions) => functions.map((entry) => countRowsOf(listNodes(getFields("List", entry)?.items)[0])));
  if (rows.reduce((product, count) => product * count, 1) > 10_000_000)
    refuse("The series multiply to more than 10 million rows: use fewer steps.");
  if (whereClause === undefined && items.filter((item) => isTable(getFields("RangeVar", item) ?? {})).length > 2)
    refuse("Three tables stand side by side without a condition, so that every row meets every row: write JOIN … ON.");
}

function listUnjoined(item: Node | undefined): (Node | undefined)[] {
  const join = getFields("JoinExpr", item);
  if (join === undefined) return [item];
  return isConditional(join) ? [] : [join.larg, join.rarg].flatMap(listUnjoined);
}

function isConditional(join: JoinExpr | undefined): boolean {
  return join !== undefined && (join.quals !== undefined || join.usingClause !== undefined || join.isNatural === true);
}

function countRowsOf(call: unknown): number {
  const { funcname, args } = getFields("FuncCall", call) ?? {};
  const count = listStrings(funcname).pop() === "generate_series" ? countSteps(listNodes(args)) : 1;
  return Number.isFinite(count) ? Math.max(1, count) : 1;
}

/** Every constant number of a condition. */
function listConstants(node: unknown): number[] {
  if (Array.isArray(node)) return node.flatMap(listConstants);
  if (!isPart(node)) return [];
  return "A_Const" in node ? [readNumber(node) ?? 0] : Object.values(node).flatMap(listConstants);
}
