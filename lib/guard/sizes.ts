import { getFields, isFields, listStrings, listNodes, refuse, unwrap, type Fields } from "./ast";

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
  const { type, fields } = unwrap(node) ?? {};
  if (type === "TypeCast") return readBound(fields?.arg, op);
  if (type !== "MinMaxExpr" || fields?.op !== op) return readNumber(node);
  const known = listNodes(fields.args).flatMap((arg) => readNumber(arg) ?? []);
  if (known.length === 0) return undefined;
  return op === "IS_LEAST" ? Math.min(...known) : Math.max(...known);
}

const most = 100_000;

/** A constant number, also with a sign or a cast. */
export function readNumber(node: unknown): number | undefined {
  const { type, fields } = unwrap(node) ?? {};
  if (type === "TypeCast") return readNumber(fields?.arg);
  if (type === "A_Expr" && fields?.lexpr === undefined && listStrings(fields?.name).join() === "-") {
    const value = readNumber(fields?.rexpr);
    return value === undefined ? undefined : -value;
  }
  if (type !== "A_Const" || fields === undefined) return undefined;
  if (fields.ival !== undefined) return ((fields.ival as Fields).ival as number | undefined) ?? 0;
  return fields.fval === undefined ? undefined : Number((fields.fval as Fields).fval);
}

/** A constant text, also with a cast. */
export function readConstant(node: unknown): string | undefined {
  const { type, fields } = unwrap(node) ?? {};
  if (type === "TypeCast") return readConstant(fields?.arg);
  if (type !== "A_Const" || fields?.sval === undefined) return undefined;
  return ((fields.sval as Fields).sval as string | undefined) ?? "";
}

/**
 * A recursion must end by a condition of its own, and not after millions of turns: a time limit stops the query, and
 * not what it writes to the disk until then.
 */
export function checkEnding(arm: Fields): void {
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
export function checkMultiplying({ fromClause, whereClause }: Fields, isTable: (name: Fields) => boolean): void {
  const items = listNodes(fromClause).flatMap(listUnjoined);
  const rows = items
    .map((item) => listNodes(getFields("RangeFunction", item)?.functions))
    .flatMap((functions) => functions.map((entry) => countRowsOf(listNodes(getFields("List", entry)?.items)[0])));
  if (rows.reduce((product, count) => product * count, 1) > 10_000_000)
    refuse("The series multiply to more than 10 million rows: use fewer steps.");
  if (whereClause === undefined && items.filter((item) => isTable(getFields("RangeVar", item) ?? {})).length > 2)
    refuse("Three tables stand side by side without a condition, so that every row meets every row: write JOIN … ON.");
}

function listUnjoined(item: unknown): unknown[] {
  const join = getFields("JoinExpr", item);
  if (join === undefined) return [item];
  return isConditional(join) ? [] : [join.larg, join.rarg].flatMap(listUnjoined);
}

function isConditional(join: Fields | undefined): boolean {
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
  if (!isFields(node)) return [];
  return "A_Const" in node ? [readNumber(node) ?? 0] : Object.values(node).flatMap(listConstants);
}
