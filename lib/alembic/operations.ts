import { isCheckConstraint, isEnum, isForeignKey, isPrimaryKey, isUniqueConstraint } from "../kinds";
import { type Becomes, type Effect, family } from "./effect";
import { type Call, type Value, isCall, isClass, isName, listItems, nameOf, getTextValue } from "./python-value";
import { getTableOfClass } from "./python-builtins";

type Arguments = (position: number, ...names: string[]) => Value | undefined;
type Target = { table: string | null; schema: string | null };

/**
 * The effects of one of Alembic's operations, or of a table's or an enum's own method; undefined where the call is
 * none of these.
 */
export function readOperation(call: Call): Effect[] | undefined {
  const does = call.call === "create" ? "creates" : call.call === "drop" ? "drops" : undefined;
  if (does) {
    if (isCall(call.of) && /^enum$/i.test(call.of.call)) return readEnums(call.of).map((made) => ({ ...made, does }));
    if (isCall(call.of, "Table")) return readTable(call.of, does === "creates");
    if (isCall(call.of, "Index")) return readIndex(call.of, does);
    if (isCall(call.of, "Sequence"))
      return [
        {
          does,
          kind: "sequence",
          schema: readText(call.of.named.schema),
          table: null,
          name: readText(call.of.args[0]),
        },
      ];
    return undefined;
  }
  const batch = isCall(call.of, "batch_alter_table") ? call.of : undefined;
  const operation = OPERATIONS[call.call];
  if (!operation || !(batch || isOp(call.of))) return undefined;
  // a batch has said the table already: its calls lack that argument
  const skipped = batch ? operation.tableAt : undefined;
  const given: Arguments = (position, ...names) =>
    names.map((name) => call.named[name]).find((value) => value !== undefined) ??
    (skipped === undefined || position < skipped ? call.args[position] : call.args[position - 1]);
  const table = batch
    ? (batch.args[0] ?? batch.named.table_name)
    : operation.tableAt === undefined
      ? null
      : given(operation.tableAt, "table_name", "source_table", "old_table_name");
  const target: Target = {
    table: readText(table ?? undefined),
    schema: readText((batch ?? call).named.schema) ?? readText(call.named.source_schema),
  };
  return operation.effects(target, given, call);
}

/** The effects of SQLAlchemy's own DDL, as `op.execute(CreateTable(…))` has it; undefined where it is none. */
export function readConstruct(value: Value | undefined): Effect[] | undefined {
  if (!isCall(value)) return undefined;
  const [, verb, noun] = /^(Create|Drop)(Table|Index|Sequence|Schema|Constraint)$/.exec(value.call) ?? [];
  if (!verb) return value.call === "AddConstraint" ? undefined : undefined;
  const does = verb === "Create" ? "creates" : "drops";
  const [about] = value.args;
  if (noun === "Schema")
    return [{ does, kind: "schema", schema: null, table: null, name: readText(about ?? value.named.name) }];
  const table = isCall(about, "Table") ? about : getTableOfClass(about ?? null);
  if (noun === "Table" && table) return readTable(table, verb === "Create");
  if (noun === "Index" && isCall(about, "Index")) return readIndex(about, does);
  if (noun === "Sequence" && isCall(about))
    return [
      { does, kind: "sequence", schema: readText(about.named.schema), table: null, name: readText(about.args[0]) },
    ];
  return undefined;
}

/** The effects of a view, a function or the like of alembic_utils; undefined where the value is none. */
export function readEntity(value: Value | undefined, does: Effect["does"]): Effect[] | undefined {
  if (!isCall(value)) return undefined;
  const kind = ENTITIES[value.call];
  if (!kind) return undefined;
  const signature = readText(value.named.signature ?? value.args[1]);
  const on = readText(value.named.on_entity);
  const [schema, table] = on === null ? [readText(value.named.schema ?? value.args[0]), null] : splitName(on);
  return [{ does, kind, schema, table, name: signature?.replace(/\(.*/s, "").replace(/"/g, "").trim() ?? null }];
}

const ENTITIES: Record<string, string> = {
  PGFunction: "function",
  PGView: "view",
  PGMaterializedView: "materialized view",
  PGTrigger: "trigger",
  PGPolicy: "policy",
  PGExtension: "extension",
};

function splitName(name: string): [schema: string | null, table: string] {
  const pieces = name.replace(/"/g, "").split(".");
  return [pieces.length > 1 ? pieces[pieces.length - 2] : null, pieces[pieces.length - 1]];
}

/** A table that is written out as SQLAlchemy's, with its MetaData. */
export function readTable(table: Call, isMade: boolean): Effect[] {
  const target = { table: readText(table.args[0] ?? table.named.name), schema: readText(table.named.schema) };
  return isMade
    ? createTable(target, table.args.slice(1), table.named.comment)
    : [{ does: "drops", kind: "table", ...target, name: target.table }];
}

function readIndex(index: Call, does: "creates" | "drops"): Effect[] {
  const table = index.args.slice(1).map(getTableOfColumn).find(Boolean);
  return [
    {
      does,
      kind: "index",
      schema: null,
      table: table ?? null,
      name: readText(index.args[0]),
      columns: readTexts(index.args.slice(1)),
    },
  ];
}

function getTableOfColumn(value: Value): string | undefined {
  const found = isName(value) ? /^(\w+)\.c\.\w+$/.exec(value.unknown)?.[1] : undefined;
  return found;
}

/** What of an operation cannot be known: undefined where its table and its names are. */
export function findUnknown(call: Call, effects: Effect[]): { why: string; table?: string } | undefined {
  const hazy = effects.find(
    ({ kind, table, name, does, columns }) =>
      (NEEDS_TABLE.has(kind) && table === null) || (name === null && !(does === "creates" && columns?.length)),
  );
  if (!hazy) return undefined;
  const isConstraint = hazy.table !== null && family(hazy.kind) === "constraint";
  // an unnamed check has no columns that the file tells
  if (isConstraint && hazy.does === "creates" && !isUnknown(call, hazy)) return undefined;
  return {
    why: `calls ${call.call} with a name that only a run would tell`,
    ...(hazy.table === null ? {} : { table: hazy.table }),
  };
}

function isUnknown({ args, named }: Call, { kind }: Effect): boolean {
  const name = named.constraint_name ?? named.index_name ?? args[0];
  return !isCheckConstraint(kind) && isName(name);
}

export const NEEDS_TABLE = new Set([
  "table",
  "column",
  "primary key",
  "foreign key",
  "unique constraint",
  "check constraint",
  "constraint",
]);

interface Operation {
  tableAt?: number;
  effects: (target: Target, given: Arguments, call: Call) => Effect[];
}

const constraint = (kind: string, columnsAt: number, ...columnNames: string[]): Operation => ({
  tableAt: 1,
  effects: (target, given) => [
    {
      does: "creates",
      kind,
      ...target,
      name: readText(given(0, "constraint_name", "index_name")),
      columns: readTexts(given(columnsAt, ...columnNames)),
      ...(isForeignKey(kind) ? { restsOn: [readText(given(2, "referent_table")) ?? ""] } : {}),
    },
  ],
});

const drops =
  (kind: string, ...names: string[]) =>
  (target: Target, given: Arguments): Effect[] => [
    { does: "drops", kind, ...target, name: readText(given(0, ...names)) },
  ];

const tableComment =
  (comment: (given: Arguments) => string | null): Operation["effects"] =>
  (target, given) => [
    { does: "changes", kind: "comment", ...target, name: target.table, becomes: { comment: comment(given) } },
  ];

const OPERATIONS: Record<string, Operation> = {
  create_table: {
    tableAt: 0,
    effects: (target, _, call) => createTable(target, call.args.slice(1), call.named.comment),
  },
  drop_table: { tableAt: 0, effects: (target) => [{ does: "drops", kind: "table", ...target, name: target.table }] },
  rename_table: {
    tableAt: 0,
    effects: (target, given) => {
      const next = readText(given(1, "new_table_name"));
      return [
        { does: "drops", kind: "table", ...target, name: target.table, renamedTo: next ?? undefined },
        {
          does: "creates",
          kind: "table",
          schema: target.schema,
          table: next,
          name: next,
          renamedFrom: target.table ?? undefined,
        },
      ];
    },
  },
  add_column: { tableAt: 0, effects: (target, given) => createColumn(target, given(1, "column"), true) },
  drop_column: {
    tableAt: 0,
    effects: (target, given) => [{ does: "drops", kind: "column", ...target, name: readText(given(1, "column_name")) }],
  },
  alter_column: { tableAt: 0, effects: readAlterColumn },
  create_index: constraint("index", 2, "columns"),
  create_unique_constraint: constraint("unique constraint", 2, "columns"),
  create_primary_key: constraint("primary key", 2, "columns"),
  create_check_constraint: constraint("check constraint", 9),
  create_exclude_constraint: constraint("exclusion constraint", 9),
  create_foreign_key: constraint("foreign key", 3, "local_cols"),
  drop_index: { tableAt: 1, effects: drops("index", "index_name") },
  drop_constraint: { tableAt: 1, effects: drops("constraint", "constraint_name") },
  create_table_comment: { tableAt: 0, effects: tableComment((given) => readText(given(1, "comment"))) },
  drop_table_comment: { tableAt: 0, effects: tableComment(() => null) },
  create_entity: { effects: (_, given) => readEntity(given(0, "entity"), "creates") ?? [] },
  replace_entity: { effects: (_, given) => readEntity(given(0, "entity"), "changes") ?? [] },
  drop_entity: { effects: (_, given) => readEntity(given(0, "entity"), "drops") ?? [] },
  // of alembic-postgresql-enum
  sync_enum_values: {
    effects: (_, given) => [
      {
        does: "changes",
        kind: "enum",
        schema: readText(given(0, "enum_schema")),
        table: null,
        name: readText(given(1, "enum_name")),
        values: readTexts(given(2, "new_values")),
      },
    ],
  },
};

function createTable(target: Target, parts: Value[], comment?: Value): Effect[] {
  const inside = mergeKeys(
    parts.flatMap((part): Effect[] => {
      if (isCall(part, "Column", "mapped_column")) return createColumn(target, part, false);
      const made = isCall(part) ? TABLE_CONSTRAINTS[part.call] : undefined;
      if (!isCall(part) || !made) return [];
      const columns =
        made === "check constraint"
          ? []
          : made === "foreign key"
            ? readTexts(part.args[0] ?? part.named.columns)
            : made === "index"
              ? readTexts(part.args.slice(1))
              : readTexts(part.args);
      return [
        {
          does: "creates",
          kind: made,
          ...target,
          name: readText(part.named.name ?? (made === "index" ? part.args[0] : undefined)),
          columns,
          ...(made === "foreign key" ? { restsOn: listReferred(part) } : {}),
        },
      ];
    }),
  );
  const said: Effect[] = getTextValue(comment)
    ? [
        {
          does: "changes",
          kind: "comment",
          ...target,
          name: target.table,
          becomes: { comment: readText(comment) },
          within: true,
        },
      ]
    : [];
  // the server makes one index for a key and for a unique constraint on the same columns
  const keys = inside.filter(({ kind }) => isPrimaryKey(kind)).map(({ columns }) => columns?.join());
  const made = inside.filter(
    ({ kind, name, columns }) => !isUniqueConstraint(kind) || name !== null || !keys.includes(columns?.join()),
  );
  return [
    { does: "creates", kind: "table", ...target, name: target.table },
    ...said,
    ...made.map((part): Effect => (isEnum(part.kind) ? part : { ...part, within: true })),
  ];
}

const TABLE_CONSTRAINTS: Record<string, string> = {
  PrimaryKeyConstraint: "primary key",
  ForeignKeyConstraint: "foreign key",
  UniqueConstraint: "unique constraint",
  CheckConstraint: "check constraint",
  ExcludeConstraint: "exclusion constraint",
  Index: "index",
};

/**
 * A column brings what its own arguments ask for: a foreign key, an index, a key. `add_column` makes no primary key,
 * and no enum.
 */
function createColumn(target: Target, value: Value | undefined, isAdded: boolean): Effect[] {
  if (!isCall(value, "Column", "mapped_column")) return [];
  const name = readText(value.args[0] ?? value.named.name);
  const type = value.args.slice(1).find((part) => !isCall(part, ...NOT_TYPES)) ?? value.named.type_;
  const about = { ...target, columns: name === null ? [] : [name] };
  const isKey = value.named.primary_key === true;
  const effects: Effect[] = [
    {
      does: "creates",
      kind: "column",
      ...target,
      name,
      becomes: {
        type: readTypeText(type),
        nullable: typeof value.named.nullable === "boolean" ? value.named.nullable : !isKey,
      },
    },
  ];
  const brings = (kind: string, named: string) =>
    effects.push({ does: "creates", kind, ...about, name: null, aliases: [named] });
  for (const part of value.args)
    if (isCall(part, "ForeignKey")) {
      const given = readText(part.named.name);
      effects.push({
        does: "creates",
        kind: "foreign key",
        ...about,
        name: given,
        aliases: [`${target.table}_${name}_fkey`],
        restsOn: [getTableOfTarget(part.args[0])],
      });
    } else if (isCall(part, "CheckConstraint"))
      effects.push({
        does: "creates",
        kind: "check constraint",
        ...about,
        name: readText(part.named.name),
        aliases: [`${target.table}_${name}_check`],
      });
  if (isKey && !isAdded) brings("primary key", `${target.table}_pkey`);
  if (value.named.index === true)
    brings("index", `ix_${target.schema ? `${target.schema}_` : ""}${target.table}_${name}`);
  else if (value.named.unique === true) brings("unique constraint", `${target.table}_${name}_key`);
  if (!isAdded) effects.push(...readEnums(value).map((made): Effect => ({ ...made, does: "creates" })));
  if (value.named.comment !== undefined)
    effects.push({
      does: "changes",
      kind: "comment",
      ...target,
      name,
      becomes: { comment: readText(value.named.comment) },
    });
  return effects;
}

const NOT_TYPES = [
  "ForeignKey",
  "Identity",
  "Computed",
  "Sequence",
  "CheckConstraint",
  "FetchedValue",
  "DefaultClause",
];

/** Columns that each ask for the primary key make one key together. */
function mergeKeys(effects: Effect[]): Effect[] {
  const isKey = ({ kind, name }: Effect) => isPrimaryKey(kind) && name === null;
  const keys = effects.filter(isKey);
  if (keys.length < 2) return effects;
  const columns = keys.flatMap((key) => key.columns ?? []);
  return effects.flatMap((effect) => (effect === keys[0] ? [{ ...effect, columns }] : isKey(effect) ? [] : [effect]));
}

/** `users` of `users.id`, or of `app.users.id`. */
function getTableOfTarget(value: Value | undefined): string {
  return readText(value)?.split(".").at(-2) ?? "";
}

function listReferred(part: Call): string[] {
  const targets = part.args[1] ?? part.named.refcolumns;
  return [getTableOfTarget(Array.isArray(targets) ? targets[0] : undefined)];
}

function readAlterColumn(target: Target, given: Arguments, call: Call): Effect[] {
  const name = readText(given(1, "column_name"));
  const renamed = readText(given(9, "new_column_name", "name"));
  const isRenamed = renamed !== null && renamed !== name;
  const now = isRenamed ? renamed : name;
  const type = given(9, "type_");
  const nullable = given(9, "nullable");
  const becomes: Becomes = {
    ...(type === undefined ? {} : { type: readTypeText(type) }),
    ...(typeof nullable === "boolean" ? { nullable } : {}),
    ...("server_default" in call.named ? { default: readDefault(call.named.server_default) } : {}),
  };
  const effects: Effect[] = isRenamed
    ? [
        { does: "drops", kind: "column", ...target, name, renamedTo: renamed },
        { does: "creates", kind: "column", ...target, name: renamed, renamedFrom: name ?? undefined },
      ]
    : [];
  if (Object.keys(becomes).length) effects.push({ does: "changes", kind: "column", ...target, name: now, becomes });
  if ("comment" in call.named && call.named.comment !== false)
    effects.push({
      does: "changes",
      kind: "comment",
      ...target,
      name: now,
      becomes: { comment: readText(call.named.comment) },
    });
  // all that it says is what the column was already
  return effects.length || name !== null ? effects : [{ does: "changes", kind: "column", ...target, name }];
}

function readDefault(value: Value): string | boolean {
  if (value === null || value === false) return false;
  return getTextValue(value) ?? true;
}

/** The enums that SQLAlchemy creates along with what `value` describes. */
function readEnums(value: Value): Omit<Effect, "does">[] {
  if (!isCall(value)) return [];
  const inner = [...value.args, ...(value.named.type_ === undefined ? [] : [value.named.type_])].flatMap(readEnums);
  if (!/^enum$/i.test(value.call) || value.named.create_type === false || value.named.native_enum === false)
    return inner;
  const [first] = value.args;
  const name = readText(value.named.name) ?? (isClass(first) ? first.class.toLowerCase() : null);
  if (name === null) return inner;
  // of a class of Python's, SQLAlchemy takes the names
  const values = isClass(first)
    ? first.members.map(([key]) => key).filter((key) => !key.startsWith("_"))
    : readTexts(value.args);
  return [
    { kind: "enum", schema: readText(value.named.schema), table: null, name, ...(values.length ? { values } : {}) },
  ];
}

/** Whether a value is Alembic's `op`, under whichever name. */
export function isOp(value: Value): boolean {
  return /(^|\.)(op|operations|Operations)$/.test(nameOf(value) ?? "");
}

function readTypeText(value: Value | undefined): string | undefined {
  if (isCall(value, "ARRAY")) {
    const inner = readTypeText(value.args[0] ?? value.named.item_type);
    return inner && `${inner}[]`;
  }
  if (isCall(value, "with_variant") && isCall(value.of)) return readTypeText(value.of);
  if (isCall(value)) {
    if (/^enum$/i.test(value.call)) return readText(value.named.name) ?? undefined;
    const zone = value.named.timezone === true || value.args[0] === true ? "tz" : "";
    const name = /^(datetime|timestamp|time)$/i.test(value.call)
      ? `${value.call.replace(/datetime/i, "timestamp")}${zone}`
      : value.call;
    const size = [...value.args, value.named.length, value.named.precision, value.named.scale].filter(
      (part) => typeof part === "number",
    );
    return `${name}${size.length ? `(${size.join(",")})` : ""}`;
  }
  return isName(value) ? value.unknown.split(".").pop() : undefined;
}

function readText(value: Value | undefined): string | null {
  return getTextValue(value) ?? null;
}

/** The names among the values: columns as text, and as `table.c.name`. */
function readTexts(value: Value | undefined): string[] {
  return (
    (value === undefined ? undefined : listItems(value))?.flatMap((item) => {
      const name = getTextValue(item) ?? (isName(item) ? /\.c\.(\w+)$/.exec(item.unknown)?.[1] : undefined);
      return name === undefined ? [] : [name];
    }) ?? []
  );
}
