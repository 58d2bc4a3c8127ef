import { parsePlPgSQLSync, parseSync } from "libpg-query";
import type {
  AlterTableCmd,
  CommentStmt,
  Constraint,
  DoStmt,
  IndexStmt,
  Node,
  RangeVar,
  RenameStmt,
  TypeName,
} from "@pgsql/types";
import { isColumn, isNamedOnTable, isPrimaryKey, isTable, isUntoldConstraint, isUntoldObject } from "../kinds";
import {
  getNode,
  isPart,
  listNodesOf,
  listStrings,
  parseStatements,
  unwrapNode,
  visitParts,
  type Fields,
  type Tag,
} from "../sql/tree";
import type { Effect } from "./effect";

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
  const bytes = Buffer.from(sql);
  const unread: string[] = [];
  const effects = (parseSync(sql).stmts ?? []).flatMap(({ stmt, stmt_location: from = 0, stmt_len: length }) => {
    const statement = bytes
      .subarray(from, length ? from + length : undefined)
      .toString()
      .trim();
    const block = getNode("DoStmt", stmt);
    const found = block ? readBlock(readBlockBody(block), unread) : readStatement(stmt);
    return found.map((effect) => ({ ...effect, statement }));
  });
  return { effects, unread };
}

/** Whether SQL with some of its parts unknown can only move data, whatever these are. */
export function isDataOnly(sql: string): boolean {
  try {
    return parseStatements(sql).every((statement) => DATA.has(Object.keys(statement)[0]));
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

function readStatement(statement: Node | undefined): Effect[] {
  const node = unwrapNode(statement);
  return node ? readAs(node.type, node.fields) : [];
}

function readAs<T extends Tag>(type: T, fields: Fields<T>): Effect[] {
  const read: ((fields: Fields<T>) => Effect[]) | undefined = STATEMENTS[type];
  return read?.(fields) ?? [];
}

const STATEMENTS: { [T in Tag]?: (node: Fields<T>) => Effect[] } = {
  CreateStmt: (node) => {
    const table = readRelation(node.relation);
    const parts = (node.tableElts ?? []).flatMap((element) => readTableElement(table, element));
    return [makeCreation("table", table), ...parts.map((part): Effect => ({ ...part, within: true }))];
  },
  AlterTableStmt: (node) => {
    const kind = OBJECTS[String(node.objtype)] ?? "table";
    return listNodesOf("AlterTableCmd", node.cmds).flatMap((command) =>
      readTableCommand(kind, readRelation(node.relation), command),
    );
  },
  IndexStmt: (node) => [
    {
      ...readRelation(node.relation),
      does: "creates",
      kind: "index",
      name: readOptional(node.idxname),
      ...(node.idxname ? {} : { aliases: [indexName(node)] }),
      columns: listNodesOf("IndexElem", node.indexParams).map(({ name }) => name ?? ""),
    },
  ],
  DropStmt: (node) =>
    (node.objects ?? []).map((object) => ({
      ...readDrop(OBJECTS[String(node.removeType)] ?? "object", object),
      ...(node.behavior === "DROP_CASCADE" ? { cascades: true } : {}),
    })),
  RenameStmt: readRename,
  CreateEnumStmt: (node) => [
    { ...makeFreeStanding("enum", node.typeName), does: "creates", values: listStrings(node.vals) },
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
    const into = readRelation(node.into?.rel);
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
    const old = node.relation ? makeCreation(kind, readRelation(node.relation)) : readDrop(kind, node.object);
    return [
      { ...old, does: "drops" },
      { ...old, does: "creates", schema: String(node.newschema) },
    ];
  },
  AlterFunctionStmt: (node) => [{ ...makeFreeStanding("function", node.func?.objname), does: "changes" }],
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

function readTableElement(table: Place, element: Node | undefined): Effect[] {
  const column = getNode("ColumnDef", element);
  if (!column) return readConstraint(table, getNode("Constraint", element));
  const name = String(column.colname);
  const inside = listNodesOf("Constraint", column.constraints);
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

function readConstraint(table: Place, node: Constraint | undefined, column?: string): Effect[] {
  const kind = CONSTRAINTS[String(node?.contype)];
  if (!node || !kind) return [];
  const columns = column === undefined ? listStrings(node.fk_attrs ?? node.keys) : [column];
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
      ...(node.pktable ? { restsOn: [String(node.pktable.relname)] } : {}),
      ...(node.conname ? {} : { aliases: [given] }),
    },
  ];
}

function readTableCommand(kind: string, table: Place, command: AlterTableCmd): Effect[] {
  const about = { ...table, kind: "column", name: String(command.name) };
  switch (command.subtype) {
    case "AT_AddColumn":
      return readTableElement(table, command.def);
    case "AT_DropColumn":
      return [{ ...about, does: "drops" }];
    case "AT_AlterColumnType":
      return [
        { ...about, does: "changes", becomes: { type: readTypeName(getNode("ColumnDef", command.def)?.typeName) } },
      ];
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
      return readConstraint(table, getNode("Constraint", command.def));
    case "AT_DropConstraint":
      return [{ ...about, kind: "constraint", does: "drops" }];
    case "AT_ValidateConstraint":
      return [{ ...about, kind: "constraint", does: "changes" }];
    default:
      return [{ ...makeCreation(kind, table), does: "changes" }];
  }
}

function readRename(node: RenameStmt): Effect[] {
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
  const old = node.relation ? makeCreation(kind, table) : readDrop(kind, node.object);
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

function readDrop(kind: string, object: Node | undefined): Effect {
  const text = getNode("String", object);
  const names = text ? [text.sval ?? ""] : listStrings(listNameParts(object));
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

/** The parts of an object's name, whichever way the statement holds it. */
function listNameParts(object: Node | undefined): Node[] | undefined {
  return (
    getNode("List", object)?.items ?? getNode("TypeName", object)?.names ?? getNode("ObjectWithArgs", object)?.objname
  );
}

function readComment(node: CommentStmt): Effect[] {
  const kind = OBJECTS[String(node.objtype)] ?? CONSTRAINED[String(node.objtype)] ?? "object";
  const text = readOptional(node.comment);
  if (isUntoldObject(kind)) return [];
  const names = listStrings(getNode("List", node.object)?.items);
  const on = names.length > 1 && (isColumn(kind) || isUntoldConstraint(kind) || isNamedOnTable(kind));
  const about = on
    ? { schema: names[names.length - 3] ?? null, table: names[names.length - 2], name: names[names.length - 1] }
    : readDrop(kind, node.object);
  const name = isColumn(kind) || isTable(kind) ? about.name : `${kind} ${about.name}`;
  const { schema, table } = about;
  return [{ does: "changes", kind: "comment", schema, table, name, becomes: { comment: text } }];
}

const CONSTRAINED: Record<string, string> = { OBJECT_COLUMN: "column", OBJECT_TABCONSTRAINT: "constraint" };

/** The tables that a query reads. */
function findTables(query: Node | undefined): string[] {
  const found = new Set<string>();
  visitParts(query, ({ RangeVar: table }) => void (table && found.add(String(table.relname))));
  return [...found];
}

function indexName(node: IndexStmt): string {
  const columns = listNodesOf("IndexElem", node.indexParams).map(({ name }) => name ?? "expr");
  return [readRelation(node.relation).table, ...columns, "idx"].join("_");
}

function readBlockBody(node: DoStmt): string {
  const texts = listNodesOf("DefElem", node.args).flatMap(({ arg }) => getNode("String", arg) ?? []);
  return texts[0]?.sval ?? "";
}

/** What a block of PL/pgSQL executes, whichever way it goes: what it builds from pieces cannot be known. */
function readBlock(body: string, unread: string[]): Effect[] {
  const tree: unknown = parsePlPgSQLSync(
    `create function f() returns void language plpgsql as $runbook_body$${body}$runbook_body$`,
  );
  const effects: Effect[] = [];
  visitParts(tree, (part) => {
    const dynamic = readQuery(part, "PLpgSQL_stmt_dynexecute", "query");
    const sql = readQuery(part, "PLpgSQL_stmt_execsql", "sqlstmt") ?? readLiteral(dynamic);
    if (sql !== undefined) {
      const inner = readStatements(sql);
      effects.push(...inner.effects);
      unread.push(...inner.unread);
    } else if (dynamic !== undefined) unread.push("executes SQL that a block of PL/pgSQL puts together");
  });
  return effects;
}

/** The SQL in a field of a statement of PL/pgSQL, whose tree has no types of its own. */
function readQuery(part: unknown, statement: string, field: string): string | undefined {
  let found = part;
  for (const step of [statement, field, "PLpgSQL_expr", "query"]) found = isPart(found) ? found[step] : undefined;
  return typeof found === "string" ? found : undefined;
}

function readLiteral(expression: string | undefined): string | undefined {
  return expression === undefined ? undefined : /^'((?:[^']|'')*)'$/.exec(expression.trim())?.[1].replace(/''/g, "'");
}

function makeCreation(kind: string, place: Place): Effect {
  return { ...place, does: "creates", kind, name: place.table };
}

function makeFreeStanding(kind: string, names: Node[] | undefined): Omit<Effect, "does"> {
  const parts = listStrings(names);
  return { kind, schema: parts[parts.length - 2] ?? null, table: null, name: parts[parts.length - 1] };
}

function readRelation(range: RangeVar | undefined): Place {
  return { schema: readOptional(range?.schemaname), table: readOptional(range?.relname) };
}

function readTypeName(type: TypeName | undefined): string | undefined {
  return listStrings(type?.names).pop();
}

function readOptional(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
