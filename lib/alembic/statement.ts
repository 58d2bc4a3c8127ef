import { parsePlPgSQLSync, parseSync } from "libpg-query";
import { isColumn, isNamedOnTable, isPrimaryKey, isTable, isUntoldConstraint, isUntoldObject } from "../kinds";
import type { Effect } from "./effect";

type Node = Record<string, unknown>;

/** What SQL does to a schema, and what of it only a run would tell, each the rest of a sentence. */
export interface Statements {
  effects: Effect[];
  unread: string[];
}

/**
 * Reads SQL that a revision executes, or that Alembic writes for it. Data statements have no effects; what does not
 * parse throws.
 */
export function readStatements(sql: string): Statements {
  const { stmts } = parseSync(sql) as {
    stmts?: { stmt: Record<string, Node>; stmt_location?: number; stmt_len?: number }[];
  };
  const bytes = Buffer.from(sql);
  const unread: string[] = [];
  const effects = (stmts ?? []).flatMap(({ stmt, stmt_location: from = 0, stmt_len: length }) => {
    const [[tag, node]] = Object.entries(stmt);
    const statement = bytes
      .subarray(from, length ? from + length : undefined)
      .toString()
      .trim();
    if (tag === "DoStmt") return readBlock(readBlockBody(node), unread).map((effect) => ({ ...effect, statement }));
    return (STATEMENTS[tag]?.(node) ?? []).map((effect) => ({ ...effect, statement }));
  });
  return { effects, unread };
}

/** Whether SQL with some of its parts unknown can only move data, whatever these are. */
export function isDataOnly(sql: string): boolean {
  try {
    const { stmts } = parseSync(sql) as { stmts?: { stmt: Record<string, Node> }[] };
    return (stmts ?? []).every(({ stmt }) => DATA.has(Object.keys(stmt)[0]));
  } catch {
    // a value in an unusual place does not make DDL of it
    return (
      /^\s*(--[^\n]*\n\s*)*(insert|update|delete|select|with|truncate|copy|set|lock|analyze|vacuum)\b/i.test(sql) &&
      !/;\s*\S/.test(sql)
    );
  }
}

const DATA = new Set([
  ...["InsertStmt", "UpdateStmt", "DeleteStmt", "SelectStmt", "MergeStmt", "TruncateStmt", "CopyStmt"],
  ...[
    "VariableSetStmt",
    "VariableShowStmt",
    "TransactionStmt",
    "LockStmt",
    "VacuumStmt",
    "ExplainStmt",
    "RefreshMatViewStmt",
  ],
]);

const STATEMENTS: Record<string, (node: Node) => Effect[]> = {
  CreateStmt: (node) => {
    const table = readRelation(node.relation);
    const parts = list(node.tableElts).flatMap((element) => readTableElement(table, element));
    return [makeCreation("table", table), ...parts.map((part): Effect => ({ ...part, within: true }))];
  },
  AlterTableStmt: (node) => {
    const kind = OBJECTS[String(node.objtype)] ?? "table";
    return list(node.cmds).flatMap((command) =>
      readTableCommand(kind, readRelation(node.relation), command.AlterTableCmd as Node),
    );
  },
  IndexStmt: (node) => [
    {
      ...readRelation(node.relation),
      does: "creates",
      kind: "index",
      name: readOptional(node.idxname),
      ...(node.idxname ? {} : { aliases: [indexName(node)] }),
      columns: list(node.indexParams).map((part) => String((part.IndexElem as Node).name ?? "")),
    },
  ],
  DropStmt: (node) =>
    list(node.objects).map((object) => ({
      ...readDrop(OBJECTS[String(node.removeType)] ?? "object", object),
      ...(node.behavior === "DROP_CASCADE" ? { cascades: true } : {}),
    })),
  RenameStmt: readRename,
  CreateEnumStmt: (node) => [
    { ...makeFreeStanding("enum", node.typeName), does: "creates", values: readStrings(node.vals) },
  ],
  AlterEnumStmt: (node) => [
    { ...makeFreeStanding("enum", node.typeName), does: "changes", values: [String(node.newVal)] },
  ],
  CompositeTypeStmt: (node) => [{ ...makeCreation("composite type", readRelation(node.typevar)), table: null }],
  CreateRangeStmt: (node) => [{ ...makeFreeStanding("range type", node.typeName), does: "creates" }],
  CreateDomainStmt: (node) => [{ ...makeFreeStanding("domain", node.domainname), does: "creates" }],
  AlterDomainStmt: (node) => [{ ...makeFreeStanding("domain", node.typeName), does: "changes" }],
  CreateSeqStmt: (node) => [{ ...makeCreation("sequence", readRelation(node.sequence)), table: null }],
  AlterSeqStmt: (node) => [{ ...makeCreation("sequence", readRelation(node.sequence)), table: null, does: "changes" }],
  ViewStmt: (node) => [
    {
      ...makeCreation("view", readRelation(node.view)),
      table: null,
      restsOn: findTables(node.query),
      ...(node.replace ? { replaces: true } : {}),
    },
  ],
  CreateTableAsStmt: (node) => {
    const into = readRelation((node.into as Node).rel);
    return [
      node.objtype === "OBJECT_MATVIEW"
        ? { ...makeCreation("materialized view", into), table: null, restsOn: findTables(node.query) }
        : makeCreation("table", into),
    ];
  },
  CreateFunctionStmt: (node) => [
    { ...makeFreeStanding("function", node.funcname), does: "creates", ...(node.replace ? { replaces: true } : {}) },
  ],
  CreateTrigStmt: (node) => [
    { ...readRelation(node.relation), does: "creates", kind: "trigger", name: String(node.trigname) },
  ],
  CreatePolicyStmt: (node) => [
    { ...readRelation(node.table), does: "creates", kind: "policy", name: String(node.policy_name) },
  ],
  RuleStmt: (node) => [{ ...readRelation(node.relation), does: "creates", kind: "rule", name: String(node.rulename) }],
  CreateExtensionStmt: (node) => [
    { does: "creates", kind: "extension", schema: null, table: null, name: String(node.extname) },
  ],
  AlterExtensionStmt: (node) => [
    { does: "changes", kind: "extension", schema: null, table: null, name: String(node.extname) },
  ],
  CreateSchemaStmt: (node) => [
    { does: "creates", kind: "schema", schema: null, table: null, name: String(node.schemaname) },
  ],
  CreateStatsStmt: (node) => [{ ...makeFreeStanding("statistics", node.defnames), does: "creates" }],
  CommentStmt: readComment,
  AlterObjectSchemaStmt: (node) => {
    const kind = OBJECTS[String(node.objectType)] ?? "object";
    const old = node.relation ? makeCreation(kind, readRelation(node.relation)) : readDrop(kind, node.object as Node);
    return [
      { ...old, does: "drops" },
      { ...old, does: "creates", schema: String(node.newschema) },
    ];
  },
  AlterFunctionStmt: (node) => [{ ...makeFreeStanding("function", (node.func as Node).objname), does: "changes" }],
};

const OBJECTS: Record<string, string> = {
  OBJECT_TABLE: "table",
  OBJECT_VIEW: "view",
  OBJECT_MATVIEW: "materialized view",
  OBJECT_INDEX: "index",
  OBJECT_SEQUENCE: "sequence",
  OBJECT_TYPE: "type",
  OBJECT_DOMAIN: "domain",
  OBJECT_FUNCTION: "function",
  OBJECT_PROCEDURE: "function",
  OBJECT_TRIGGER: "trigger",
  OBJECT_POLICY: "policy",
  OBJECT_RULE: "rule",
  OBJECT_EXTENSION: "extension",
  OBJECT_SCHEMA: "schema",
  OBJECT_STATISTIC_EXT: "statistics",
};

const CONSTRAINTS: Record<string, string> = {
  CONSTR_PRIMARY: "primary key",
  CONSTR_UNIQUE: "unique constraint",
  CONSTR_FOREIGN: "foreign key",
  CONSTR_CHECK: "check constraint",
  CONSTR_EXCLUSION: "exclusion constraint",
};

type Place = { schema: string | null; table: string | null };

function readTableElement(table: Place, element: Node): Effect[] {
  const column = element.ColumnDef as Node | undefined;
  if (!column) return element.Constraint ? readConstraint(table, element.Constraint as Node) : [];
  const name = String(column.colname);
  const inside = list(column.constraints).map((part) => part.Constraint as Node);
  const nullable = !inside.some(({ contype }) => contype === "CONSTR_NOTNULL" || contype === "CONSTR_PRIMARY");
  return [
    { ...table, does: "creates", kind: "column", name, becomes: { type: readTypeName(column.typeName), nullable } },
    ...inside.flatMap((part) => readConstraint(table, part, name)),
  ];
}

const SUFFIXES: Record<string, string> = {
  "unique constraint": "_key",
  "foreign key": "_fkey",
  "check constraint": "_check",
};

function readConstraint(table: Place, node: Node, column?: string): Effect[] {
  const kind = CONSTRAINTS[String(node.contype)];
  if (!kind) return [];
  const columns = column === undefined ? readStrings(node.fk_attrs ?? node.keys) : [column];
  const given = isPrimaryKey(kind)
    ? `${table.table}_pkey`
    : `${[table.table, ...columns].join("_")}${SUFFIXES[kind] ?? ""}`;
  return [
    {
      ...table,
      does: "creates",
      kind,
      name: readOptional(node.conname),
      columns,
      ...(node.pktable ? { restsOn: [String((node.pktable as Node).relname)] } : {}),
      ...(node.conname ? {} : { aliases: [given] }),
    },
  ];
}

function readTableCommand(kind: string, table: Place, command: Node): Effect[] {
  const about = { ...table, kind: "column", name: String(command.name) };
  const definition = (command.def ?? {}) as Record<string, Node>;
  switch (command.subtype) {
    case "AT_AddColumn":
      return readTableElement(table, definition);
    case "AT_DropColumn":
      return [{ ...about, does: "drops" }];
    case "AT_AlterColumnType":
      return [{ ...about, does: "changes", becomes: { type: readTypeName(definition.ColumnDef?.typeName) } }];
    case "AT_SetNotNull":
    case "AT_DropNotNull":
      return [{ ...about, does: "changes", becomes: { nullable: command.subtype === "AT_DropNotNull" } }];
    case "AT_ColumnDefault":
      return [{ ...about, does: "changes", becomes: { default: command.def !== undefined } }];
    case "AT_SetIdentity":
    case "AT_AddIdentity":
    case "AT_DropIdentity":
    case "AT_SetExpression":
    case "AT_DropExpression":
    case "AT_SetStatistics":
    case "AT_SetStorage":
    case "AT_SetCompression":
    case "AT_SetOptions":
      return [{ ...about, does: "changes" }];
    case "AT_AddConstraint":
      return readConstraint(table, definition.Constraint);
    case "AT_DropConstraint":
      return [{ ...about, kind: "constraint", does: "drops" }];
    case "AT_ValidateConstraint":
      return [{ ...about, kind: "constraint", does: "changes" }];
    default:
      return [{ ...makeCreation(kind, table), does: "changes" }];
  }
}

function readRename(node: Node): Effect[] {
  const table = readRelation(node.relation);
  const next = String(node.newname);
  const kind =
    OBJECTS[String(node.renameType)] ??
    { OBJECT_COLUMN: "column", OBJECT_TABCONSTRAINT: "constraint" }[String(node.renameType)] ??
    "object";
  if (isColumn(kind) || isUntoldConstraint(kind) || node.subname)
    return [
      { ...table, does: "drops", kind, name: String(node.subname), renamedTo: next },
      { ...table, does: "creates", kind, name: next, renamedFrom: String(node.subname) },
    ];
  const old = node.relation ? makeCreation(kind, table) : { ...readDrop(kind, node.object as Node) };
  return [
    { ...old, does: "drops", renamedTo: next },
    {
      ...old,
      does: "creates",
      table: isTable(kind) ? next : null,
      name: next,
      renamedFrom: old.name ?? undefined,
    },
  ];
}

function readDrop(kind: string, object: Node): Effect {
  const [[tag, inside]] = Object.entries(object) as [string, Node][];
  const names = tag === "String" ? [String(inside.sval)] : readStrings(inside.items ?? inside.names ?? inside.objname);
  const name = names[names.length - 1] ?? null;
  // a trigger, a policy or a rule is named behind its table
  if (isNamedOnTable(kind))
    return {
      does: "drops",
      kind,
      schema: names[names.length - 3] ?? null,
      table: names[names.length - 2] ?? null,
      name,
    };
  return { does: "drops", kind, schema: names[names.length - 2] ?? null, table: isTable(kind) ? name : null, name };
}

function readComment(node: Node): Effect[] {
  const kind = OBJECTS[String(node.objtype)] ?? CONSTRAINED[String(node.objtype)] ?? "object";
  const text = readOptional(node.comment);
  if (isUntoldObject(kind)) return [];
  const names = readStrings((node.object as Record<string, Node>).List?.items);
  const on = names.length > 1 && (isColumn(kind) || isUntoldConstraint(kind) || isNamedOnTable(kind));
  const about = on
    ? { schema: names[names.length - 3] ?? null, table: names[names.length - 2], name: names[names.length - 1] }
    : readDrop(kind, node.object as Node);
  const name = isColumn(kind) || isTable(kind) ? about.name : `${kind} ${about.name}`;
  const { schema, table } = about;
  return [{ does: "changes", kind: "comment", schema, table, name, becomes: { comment: text } }];
}

const CONSTRAINED: Record<string, string> = { OBJECT_COLUMN: "column", OBJECT_TABCONSTRAINT: "constraint" };

/** The tables that a query reads. */
function findTables(query: unknown): string[] {
  const found = new Set<string>();
  const walk = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    const range = (value as Record<string, Node>).RangeVar;
    if (range) found.add(String(range.relname));
    Object.values(value).forEach(walk);
  };
  walk(query);
  return [...found];
}

function indexName(node: Node): string {
  const columns = list(node.indexParams).map((part) => String((part.IndexElem as Node).name ?? "expr"));
  return [readRelation(node.relation).table, ...columns, "idx"].join("_");
}

function readBlockBody(node: Node): string {
  const text = list(node.args)
    .map((part) => ((part.DefElem as Node).arg as Node)?.String as Node)
    .find(Boolean);
  return String(text?.sval ?? "");
}

/** What a block of PL/pgSQL executes, whichever way it goes: what it builds from pieces cannot be known. */
function readBlock(body: string, unread: string[]): Effect[] {
  const tree: unknown = parsePlPgSQLSync(
    `create function f() returns void language plpgsql as $runbook_body$${body}$runbook_body$`,
  );
  const effects: Effect[] = [];
  const walk = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    const node = value as Record<string, Node>;
    const dynamic = query(node.PLpgSQL_stmt_dynexecute?.query);
    const sql = query(node.PLpgSQL_stmt_execsql?.sqlstmt) ?? readLiteral(dynamic);
    if (sql !== undefined) {
      const inner = readStatements(sql);
      effects.push(...inner.effects);
      unread.push(...inner.unread);
    } else if (dynamic !== undefined) unread.push("executes SQL that a block of PL/pgSQL puts together");
    Object.values(node).forEach(walk);
  };
  walk(tree);
  return effects;
}

function query(expression: unknown): string | undefined {
  return ((expression as Record<string, Node> | undefined)?.PLpgSQL_expr?.query as string | undefined) ?? undefined;
}

function readLiteral(expression: string | undefined): string | undefined {
  return expression === undefined ? undefined : /^'((?:[^']|'')*)'$/.exec(expression.trim())?.[1].replace(/''/g, "'");
}

function makeCreation(kind: string, place: Place): Effect {
  return { ...place, does: "creates", kind, name: place.table };
}

function makeFreeStanding(kind: string, names: unknown): Omit<Effect, "does"> {
  const parts = readStrings(names);
  return { kind, schema: parts[parts.length - 2] ?? null, table: null, name: parts[parts.length - 1] };
}

function readRelation(node: unknown): Place {
  const range = (node ?? {}) as Node;
  return { schema: readOptional(range.schemaname), table: readOptional(range.relname) };
}

function readTypeName(node: unknown): string | undefined {
  return node ? readStrings((node as Node).names).pop() : undefined;
}

function list(value: unknown): Node[] {
  return Array.isArray(value) ? (value as Node[]) : [];
}

function readStrings(value: unknown): string[] {
  return list(value).map((part) => String((part.String as Node | undefined)?.sval ?? ""));
}

function readOptional(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
