import { as, isFields, names, nodes, refuse, unwrap, type Fields } from "./ast";

/** Functions whose size or meaning hangs on an argument, which must therefore be a constant. */
export const sizes: ReadonlyMap<string, (args: unknown[]) => void> = new Map<string, (args: unknown[]) => void>(
  Object.entries({
    generate_series: series,
    repeat: (args: unknown[]) => size("repeat", args[1]),
    lpad: (args: unknown[]) => size("lpad", args[1]),
    rpad: (args: unknown[]) => size("rpad", args[1]),
    format: (args: unknown[]) => {
      const pattern = constant(args[0]);
      if (pattern === undefined || /%[^%sIL]*(\*|\d{4,})/.test(pattern))
        refuse("The pattern of format must be a constant without wide fields: write it out, or use ||.");
    },
  }),
);

function size(name: string, length: unknown): void {
  const value = number(length);
  if (value === undefined || value > 1000) refuse(`The length in ${name} must be a constant of at most 1000.`);
}

function series(args: unknown[]): void {
  if (!(steps(args) <= most))
    refuse("generate_series needs constant bounds of at most 100,000 steps, or a constant step such as '1 day'.");
}

/** How many rows a series has; none that is known where its ends are not constants but its step is an hour or longer. */
function steps([from, to, step]: unknown[]): number {
  const unit = /^\s*([1-9]\d*)\s*(hour|day|week|mon|month|year|decade)s?\s*$/i.exec(constant(step) ?? "");
  if (unit) {
    const [first, last] = [from, to].map((end) => Date.parse(constant(end) ?? "") / 86_400_000);
    return Math.abs(last - first) / (Number(unit[1]) * (unit[2].toLowerCase() === "hour" ? 1 / 24 : 1)) || 0;
  }
  const [first, last, by] = [number(from), number(to), step === undefined ? 1 : number(step)];
  return first === undefined || last === undefined || !by ? Infinity : Math.abs(last - first) / Math.abs(by);
}

const most = 100_000;

/** A constant number, also with a sign or a cast. */
export function number(node: unknown): number | undefined {
  const { type, fields } = unwrap(node) ?? {};
  if (type === "TypeCast") return number(fields?.arg);
  if (type === "A_Expr" && fields?.lexpr === undefined && names(fields?.name).join() === "-") {
    const value = number(fields?.rexpr);
    return value === undefined ? undefined : -value;
  }
  if (type !== "A_Const" || fields === undefined) return undefined;
  if (fields.ival !== undefined) return ((fields.ival as Fields).ival as number | undefined) ?? 0;
  return fields.fval === undefined ? undefined : Number((fields.fval as Fields).fval);
}

/** A constant text, also with a cast. */
export function constant(node: unknown): string | undefined {
  const { type, fields } = unwrap(node) ?? {};
  if (type === "TypeCast") return constant(fields?.arg);
  if (type !== "A_Const" || fields?.sval === undefined) return undefined;
  return ((fields.sval as Fields).sval as string | undefined) ?? "";
}

/** A recursion must end by a condition of its own, and not after millions of turns: a time limit stops the query, and not what it writes to the disk until then. */
export function ending(arm: Fields): void {
  const joined = nodes(arm.fromClause).some((item) => conditional(as("JoinExpr", item)));
  if (arm.op === "SETOP_NONE" && arm.whereClause === undefined && !joined)
    refuse("The recursion has no condition that ends it: write one in its second part, such as where n < 1000.");
  if (
    nodes(arm.fromClause).length === 1 &&
    as("RangeVar", nodes(arm.fromClause)[0]) !== undefined &&
    constants(arm.whereClause).some((value) => Math.abs(value) > most)
  )
    refuse("The recursion counts further than 100,000: use a smaller bound.");
}

/** Three tables side by side without a condition, or series that multiply: every row with every row of the others. */
export function multiplying({ fromClause, whereClause }: Fields, isTable: (name: Fields) => boolean): void {
  const items = nodes(fromClause).flatMap(unjoined);
  const rows = items
    .map((item) => nodes(as("RangeFunction", item)?.functions))
    .flatMap((functions) => functions.map((entry) => rowsOf(nodes(as("List", entry)?.items)[0])));
  if (rows.reduce((product, count) => product * count, 1) > 10_000_000)
    refuse("The series multiply to more than 10 million rows: use fewer steps.");
  if (whereClause === undefined && items.filter((item) => isTable(as("RangeVar", item) ?? {})).length > 2)
    refuse("Three tables stand side by side without a condition, so that every row meets every row: write JOIN … ON.");
}

function unjoined(item: unknown): unknown[] {
  const join = as("JoinExpr", item);
  if (join === undefined) return [item];
  return conditional(join) ? [] : [join.larg, join.rarg].flatMap(unjoined);
}

function conditional(join: Fields | undefined): boolean {
  return join !== undefined && (join.quals !== undefined || join.usingClause !== undefined || join.isNatural === true);
}

function rowsOf(call: unknown): number {
  const { funcname, args } = as("FuncCall", call) ?? {};
  const count = names(funcname).pop() === "generate_series" ? steps(nodes(args)) : 1;
  return Number.isFinite(count) ? Math.max(1, count) : 1;
}

/** Every constant number of a condition. */
function constants(node: unknown): number[] {
  if (Array.isArray(node)) return node.flatMap(constants);
  if (!isFields(node)) return [];
  return "A_Const" in node ? [number(node) ?? 0] : Object.values(node).flatMap(constants);
}
