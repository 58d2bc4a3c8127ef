import type { A_Const, ExplainStmt, FuncCall, RangeTableSample, SelectStmt, TypeName } from "@pgsql/types";
import { findEnum, isShadowed, type Catalog } from "./catalog";
import type { SafeColumns } from "./safe-columns";
import {
  catalogueFunctions,
  checksumFunctions,
  functions,
  operators,
  settings,
  types,
  whyNotFunction,
} from "./functions";
import { isDefinition, isMaskedDefinition, writeMaskedDefinition } from "./definitions";
import { isKeyedHash, readsSalt, writeKeyedHash } from "./keyed-hash";
import { getFields, listStrings, listNodes, refuse, formatName, type Fields, type Tag, type Unwrapped } from "./ast";
import { matchPersonalShape } from "../privacy/patterns";
import { readConstant, readNumber, sizes } from "./sizes";
import type { Links } from "./lineage/links";
import { PersonalRefusal } from "./lineage/taint";

/** Who asks, and what the guard knows besides the statement. */
export interface Bounds {
  catalog?: Catalog;
  /** Where they are given, nothing personal may leave. */
  columns?: SafeColumns;
  /** A personal column of the answer is replaced rather than refused. */
  mask: boolean;
  /** `$1` to `$n` are bound by the caller. */
  parameters: number;
  /** The statement is the project's own. */
  trusted: boolean;
  /** What is followed is the definition of a view. */
  inView: boolean;
  /** Learnt on the way: the statement reads a view, a table that is not the system's, a personal column. */
  views: boolean;
  tables: boolean;
  personal: boolean;
  /** Learnt on the way: how people were put together by personal columns. */
  links: Links;
  /** Learnt on the way: it hashes, and needs the salt of `lib/sql/salt.ts`. */
  hashes: boolean;
}

/**
 * What a node must keep to besides the grammar. It also writes what is meant into the tree: `count` becomes
 * `pg_catalog.count`.
 */
export function applyRule({ type, fields }: Unwrapped, bounds: Bounds): void {
  applyRuleOf(type, fields, bounds);
}

function applyRuleOf<T extends Tag>(type: T, fields: Fields<T>, bounds: Bounds): void {
  const rule: ((fields: Fields<T>, bounds: Bounds) => void) | undefined = rules[type];
  rule?.(fields, bounds);
}

const rules: { [T in Tag]?: (fields: Fields<T>, bounds: Bounds) => void } = {
  A_Const: checkLiteral,
  ResTarget: (fields) => {
    const call = getFields("FuncCall", fields.val) ?? {};
    if (fields.name === undefined && (isKeyedHash(call) || isDefinition(call)))
      fields.name = listStrings(call.funcname).pop();
  },
  FuncCall: checkCall,
  A_Expr: ({ name, kind }) => (String(kind).includes("BETWEEN") ? undefined : checkOperator(listStrings(name))),
  SubLink: ({ operName }) => (listNodes(operName).length > 0 ? checkOperator(listStrings(operName)) : undefined),
  TypeName: checkCast,
  SelectStmt: checkSelect,
  RangeTableSample: checkTablesample,
  ParamRef: ({ number }, { parameters }) => {
    if (typeof number !== "number" || number > parameters)
      refuse("A parameter such as $1 has no value here: write the value, or use the sql`…` template.");
  },
  ExplainStmt: checkExplain,
  VariableShowStmt: ({ name }) => checkSetting(String(name)),
  CollateClause: ({ collname }) => {
    if (listStrings(collname).some((name) => !/^[\w@.-]+$/.test(name)))
      refuse("That collation is not known: leave out COLLATE.");
  },
};

function checkLiteral({ sval, ival, fval }: A_Const, { columns, trusted }: Bounds): void {
  if (columns === undefined || trusted) return;
  const written = sval?.sval ?? ival?.ival ?? fval?.fval;
  const shape = matchPersonalShape(String(written ?? ""));
  if (shape !== undefined)
    throw new PersonalRefusal(
      `A literal has the shape of a person's ${shape}: leave it out, and compare columns with each other.`,
    );
}

function checkCall(fields: FuncCall, bounds: Bounds): void {
  const { catalog, trusted, inView } = bounds;
  if (isKeyedHash(fields)) {
    bounds.hashes = true;
    return writeKeyedHash(fields);
  }
  if (isMaskedDefinition(fields)) return;
  if (isDefinition(fields) && !trusted && !inView) return writeMaskedDefinition(fields, catalog);
  const written = listStrings(fields.funcname);
  const name = written[written.length - 1] ?? "";
  const listed = functions.has(name) || (trusted && (catalogueFunctions.has(name) || checksumFunctions.has(name)));
  if (!listed || written.length > 2 || (written.length === 2 && written[0] !== "pg_catalog")) {
    const why =
      whyNotFunction.find(([pattern]) => pattern.test(name))?.[1] ??
      "only functions of PostgreSQL itself that do nothing but compute may be called";
    refuse(`The function ${formatName(...written)} is not allowed: ${why}.`);
  }
  // what a view calls was decided when it was made, and is known from pg_depend
  if (written.length === 1 && !trusted && !inView && catalog && isShadowed(catalog, "functions", name))
    refuse(
      `A schema of this database has a function ${formatName(name)} of its own: write pg_catalog.${formatName(name)}.`,
    );
  const args = listNodes(fields.args);
  if (!trusted) sizes.get(name)?.(args);
  if (!trusted && name === "current_setting" && !readsSalt(fields)) checkSetting(readConstant(args[0]));
  // Of several lists, unnest is a form of FROM, and no function that has a schema.
  if (name === "unnest" && args.length > 1 && written.length === 1) return;
  // The deparser writes this function as AT TIME ZONE, which means the same.
  if (name === "timezone" && args.length === 2 && fields.over === undefined) fields.funcformat = "COERCE_SQL_SYNTAX";
  fields.funcname = [{ String: { sval: "pg_catalog" } }, { String: { sval: name } }];
}

function checkOperator(written: string[]): void {
  const name = written[written.length - 1] ?? "";
  if (!operators.has(name) || written.length > 2 || (written.length === 2 && written[0] !== "pg_catalog"))
    refuse(
      "The statement uses an operator that is not one of PostgreSQL's own plain ones: write it with =, <, ||, ~ or a function.",
    );
}

function checkCast(fields: TypeName, { catalog, columns, trusted }: Bounds): void {
  const written = listStrings(fields.names);
  const name = written[written.length - 1] ?? "";
  if (listNodes(fields.typmods).some((modifier) => getFields("A_Const", modifier) === undefined))
    refuse("A type's length must be a constant number.");
  const [schema] = written.length === 2 ? written : [undefined];
  if (
    written.length <= 2 &&
    (schema === undefined || schema === "pg_catalog") &&
    (types.has(name) ||
      (trusted &&
        /^(regprocedure|regproc|regoper|regoperator|regclass|regtype|regrole|regnamespace|regcollation|regdictionary|regconfig|xml|pg_node_tree|aclitem|xid|oidvector|int2vector|char|name)$/.test(
          name,
        )))
  ) {
    if (catalog && isShadowed(catalog, "casts", name))
      refuse(`This database has a cast to ${name} of its own, which may run anything: leave out the cast.`);
    return;
  }
  if (catalog === undefined && written.length === 1 && columns?.enums?.includes(name)) return;
  const found = written.length <= 2 ? catalog && findEnum(catalog, schema, name) : undefined;
  if (found === undefined || found.own)
    refuse(
      `The type ${formatName(...written)} is not one to cast to: only PostgreSQL's own plain types and enums are.`,
    );
  fields.names = [{ String: { sval: found.schema } }, { String: { sval: found.name } }];
}

function checkSelect(fields: SelectStmt): void {
  for (const clause of [fields.limitCount, fields.limitOffset])
    if (
      clause !== undefined &&
      readNumber(clause) === undefined &&
      getFields("ParamRef", clause) === undefined &&
      getFields("A_Const", clause)?.isnull !== true
    )
      refuse("LIMIT and OFFSET must be constant numbers.");
  let sets = 1;
  for (const item of listNodes(fields.groupClause)) sets *= countGroupingSets(item);
  if (sets > 64) refuse("CUBE and ROLLUP make more than 64 grouping sets: name the sets that you need.");
}

function countGroupingSets(item: unknown): number {
  const { kind, content } = getFields("GroupingSet", item) ?? {};
  const width = listNodes(content).length;
  if (kind === "GROUPING_SET_CUBE" && width > 4)
    refuse("CUBE of more than four columns doubles the work with each: name the sets that you need.");
  if (kind === "GROUPING_SET_CUBE") return 2 ** width;
  if (kind === "GROUPING_SET_ROLLUP") return width + 1;
  if (kind === "GROUPING_SET_SETS")
    return listNodes(content).reduce<number>((sum, inner) => sum + countGroupingSets(inner), 0);
  return 1;
}

function checkTablesample({ method, args, repeatable }: RangeTableSample): void {
  const name = listStrings(method);
  if (name.length !== 1 || !["bernoulli", "system"].includes(name[0]))
    refuse("TABLESAMPLE is allowed with BERNOULLI or SYSTEM.");
  if (
    [...listNodes(args), ...(repeatable === undefined ? [] : [repeatable])].some((arg) => readNumber(arg) === undefined)
  )
    refuse("TABLESAMPLE needs constant numbers.");
}

function checkExplain({ query, options }: ExplainStmt): void {
  if (getFields("SelectStmt", query) === undefined)
    refuse("EXPLAIN of anything but a SELECT is not a read: explain a SELECT.");
  for (const option of listNodes(options)) {
    const name = String(getFields("DefElem", option)?.defname);
    if (name === "analyze") refuse("EXPLAIN ANALYZE executes the statement: leave out ANALYZE.");
    if (!["verbose", "costs", "format", "settings", "summary"].includes(name))
      refuse("That option of EXPLAIN is not allowed: use VERBOSE, COSTS, FORMAT, SETTINGS or SUMMARY.");
  }
}

function checkSetting(name: string | undefined): void {
  if (name === undefined || !settings.has(name.toLowerCase()))
    refuse(
      name === undefined
        ? "current_setting needs a constant name of a setting."
        : "That setting is not one of those that tell nothing but how the server is set up: ask for server_version, timezone, search_path and the like.",
    );
}
