/**
 * What a field holds: a node in its wrapping, a list of them, the bare fields of one type, one of some words, or a
 * plain value.
 */
export type Field = "node" | "nodes" | "plain" | { bare: string } | { oneOf: string[] };

const node = "node";
const nodes = "nodes";
const plain = "plain";
const bare = (type: string): Field => ({ bare: type });
const oneOf = (prefix: string, words: string): Field => ({ oneOf: words.split(" ").map((word) => prefix + word) });

const listed: Record<string, Record<string, Field>> = {
  SelectStmt: {
    distinctClause: nodes,
    targetList: nodes,
    fromClause: nodes,
    whereClause: node,
    groupClause: nodes,
    havingClause: node,
    windowClause: nodes,
    valuesLists: nodes,
    sortClause: nodes,
    limitOffset: node,
    limitCount: node,
    limitOption: oneOf("LIMIT_OPTION_", "DEFAULT COUNT"),
    withClause: bare("WithClause"),
    op: oneOf("SETOP_", "NONE UNION INTERSECT EXCEPT"),
    all: plain,
    larg: bare("SelectStmt"),
    rarg: bare("SelectStmt"),
  },
  ExplainStmt: { query: node, options: nodes },
  DefElem: { defname: plain, arg: node, defaction: oneOf("DEFELEM_", "UNSPEC") },
  VariableShowStmt: { name: plain },
  WithClause: { ctes: nodes, recursive: plain },
  CommonTableExpr: {
    ctename: plain,
    aliascolnames: nodes,
    ctequery: node,
    ctematerialized: oneOf("CTEMaterialize", "Default Always Never"),
    search_clause: bare("CTESearchClause"),
    cycle_clause: bare("CTECycleClause"),
  },
  CTESearchClause: { search_col_list: nodes, search_breadth_first: plain, search_seq_column: plain },
  CTECycleClause: {
    cycle_col_list: nodes,
    cycle_mark_column: plain,
    cycle_mark_value: node,
    cycle_mark_default: node,
    cycle_path_column: plain,
  },
  ResTarget: { name: plain, val: node },
  SortBy: {
    node,
    sortby_dir: oneOf("SORTBY_", "DEFAULT ASC DESC"),
    sortby_nulls: oneOf("SORTBY_NULLS_", "DEFAULT FIRST LAST"),
  },
  GroupingSet: { kind: oneOf("GROUPING_SET_", "EMPTY SIMPLE ROLLUP CUBE SETS"), content: nodes },
  WindowDef: {
    name: plain,
    refname: plain,
    partitionClause: nodes,
    orderClause: nodes,
    frameOptions: plain,
    startOffset: node,
    endOffset: node,
  },

  RangeVar: { schemaname: plain, relname: plain, inh: plain, relpersistence: { oneOf: ["p"] }, alias: bare("Alias") },
  RangeSubselect: { lateral: plain, subquery: node, alias: bare("Alias") },
  RangeFunction: {
    lateral: plain,
    ordinality: plain,
    is_rowsfrom: plain,
    functions: nodes,
    alias: bare("Alias"),
    coldeflist: nodes,
  },
  RangeTableSample: { relation: node, method: nodes, args: nodes, repeatable: node },
  JoinExpr: {
    jointype: oneOf("JOIN_", "INNER LEFT FULL RIGHT"),
    isNatural: plain,
    larg: node,
    rarg: node,
    usingClause: nodes,
    join_using_alias: bare("Alias"),
    quals: node,
    alias: bare("Alias"),
  },
  Alias: { aliasname: plain, colnames: nodes },
  ColumnDef: { colname: plain, typeName: bare("TypeName"), is_local: plain },

  ColumnRef: { fields: nodes },
  A_Star: {},
  ParamRef: { number: plain },
  A_Const: {
    ival: bare("Integer"),
    fval: bare("Float"),
    boolval: bare("Boolean"),
    sval: bare("String"),
    bsval: bare("BitString"),
    isnull: plain,
  },
  Integer: { ival: plain },
  Float: { fval: plain },
  Boolean: { boolval: plain },
  String: { sval: plain },
  BitString: { bsval: plain },
  A_Expr: {
    kind: oneOf(
      "AEXPR_",
      "OP OP_ANY OP_ALL DISTINCT NOT_DISTINCT NULLIF IN LIKE ILIKE SIMILAR BETWEEN NOT_BETWEEN BETWEEN_SYM NOT_BETWEEN_SYM",
    ),
    name: nodes,
    lexpr: node,
    rexpr: node,
  },
  BoolExpr: { boolop: oneOf("", "AND_EXPR OR_EXPR NOT_EXPR"), args: nodes },
  NullTest: { arg: node, nulltesttype: oneOf("IS_", "NULL NOT_NULL") },
  BooleanTest: { arg: node, booltesttype: oneOf("IS_", "TRUE NOT_TRUE FALSE NOT_FALSE UNKNOWN NOT_UNKNOWN") },
  CaseExpr: { arg: node, args: nodes, defresult: node },
  CaseWhen: { expr: node, result: node },
  CoalesceExpr: { args: nodes },
  MinMaxExpr: { op: oneOf("IS_", "GREATEST LEAST"), args: nodes },
  SubLink: {
    subLinkType: oneOf("", "EXISTS_SUBLINK ALL_SUBLINK ANY_SUBLINK ROWCOMPARE_SUBLINK EXPR_SUBLINK ARRAY_SUBLINK"),
    testexpr: node,
    operName: nodes,
    subselect: node,
  },
  FuncCall: {
    funcname: nodes,
    args: nodes,
    agg_order: nodes,
    agg_filter: node,
    over: bare("WindowDef"),
    agg_within_group: plain,
    agg_star: plain,
    agg_distinct: plain,
    funcformat: oneOf("COERCE_", "EXPLICIT_CALL SQL_SYNTAX"),
  },
  NamedArgExpr: { arg: node, name: plain, argnumber: plain },
  GroupingFunc: { args: nodes },
  SQLValueFunction: {
    op: oneOf(
      "SVFOP_",
      "CURRENT_DATE CURRENT_TIME CURRENT_TIME_N CURRENT_TIMESTAMP CURRENT_TIMESTAMP_N LOCALTIME LOCALTIME_N LOCALTIMESTAMP LOCALTIMESTAMP_N CURRENT_ROLE CURRENT_USER USER SESSION_USER CURRENT_CATALOG CURRENT_SCHEMA",
    ),
    typmod: plain,
  },
  TypeCast: { arg: node, typeName: bare("TypeName") },
  TypeName: { names: nodes, typmods: nodes, typemod: plain, arrayBounds: nodes },
  CollateClause: { arg: node, collname: nodes },
  A_ArrayExpr: { elements: nodes },
  RowExpr: { args: nodes, row_format: oneOf("COERCE_", "EXPLICIT_CALL IMPLICIT_CAST") },
  A_Indirection: { arg: node, indirection: nodes },
  A_Indices: { is_slice: plain, lidx: node, uidx: node },
  List: { items: nodes },
};

/** Every type of node and every field of it that a read may hold. What does not stand here is refused. */
export const grammar = new Map(Object.entries(listed).map(([type, fields]) => [type, new Map(Object.entries(fields))]));

/** Fields that say where a part stood in the text: they mean nothing. */
export const places = new Set([
  "location",
  "list_start",
  "list_end",
  "rexpr_list_start",
  "rexpr_list_end",
  "stmt_len",
  "stmt_location",
]);

/** Why a known part of PostgreSQL's grammar is refused, where there is more to say than that it is not on the list. */
export const whyNot = new Map(
  Object.entries({
    "SelectStmt.intoClause": "SELECT INTO makes a table: leave out INTO.",
    "SelectStmt.lockingClause": "FOR UPDATE and FOR SHARE lock rows: leave the clause out.",
    "SelectStmt.groupDistinct": "GROUP BY DISTINCT cannot be sent: write the grouping sets one by one.",
    "FuncCall.func_variadic": "VARIADIC is not allowed: write the arguments one by one.",
    "RangeVar.catalogname": "A table is named by its schema and its name: leave out the database.",
    "TypeName.setof": "SETOF is not a type to cast to: name a plain type.",
    "TypeName.pct_type": "%TYPE is not a type to cast to: name a plain type.",
    XmlExpr: "XML functions are not allowed: read the column as text.",
    XmlSerialize: "XML functions are not allowed: read the column as text.",
    RangeTableFunc: "XMLTABLE is not allowed: read the column as text.",
    JsonTable: "JSON_TABLE is not allowed: use jsonb_to_recordset or jsonb_array_elements.",
    CurrentOfExpr: "WHERE CURRENT OF belongs to an update: leave it out.",
    SetToDefault: "DEFAULT has no meaning in a read: write the value.",
  }),
);
