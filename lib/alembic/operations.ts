import type { Effect } from "./effect";
import { type Call, type Value, isCall, textOf } from "./python";

type Arguments = (position: number, ...names: string[]) => Value | undefined;
type Target = { table: string | null; schema: string | null };

/** The effects of one call on Alembic's `op`, on a batch of it, or on an enum of SQLAlchemy's; SQL that it executes is given back as text. */
export function effectsOfCall(call: Call): { effects: Effect[]; sql?: string } {
  if (call.call === "execute") return executed(call);
  if (isCall(call.of) && ["create", "drop"].includes(call.call) && /^enum$/i.test(call.of.call))
    return { effects: enums(call.of).map((made) => ({ ...made, does: call.call === "create" ? "creates" : "drops" })) };
  if (isCall(call.of) && ["create", "drop"].includes(call.call) && /^table$/i.test(call.of.call))
    return { effects: ofTable(call.of, call.call === "create") };
  const batch = isCall(call.of, "batch_alter_table") ? call.of : undefined;
  const operation = OPERATIONS[call.call];
  if (!operation || !(batch || isOp(call.of))) return { effects: [] };
  // a batch has said the table already: its calls lack that argument
  const skipped = batch ? operation.tableAt : undefined;
  const given: Arguments = (position, ...names) =>
    names.map((name) => call.named[name]).find((value) => value !== undefined) ??
    (skipped === undefined || position < skipped ? call.args[position] : call.args[position - 1]);
  const table = batch
    ? batch.args[0]
    : operation.tableAt === undefined
      ? null
      : given(operation.tableAt, "table_name", "source_table", "old_table_name");
  const target: Target = {
    table: textOf(table ?? undefined) ?? null,
    schema: textOf((batch ?? call).named.schema) ?? textOf(call.named.source_schema) ?? null,
  };
  return { effects: operation.effects(target, given, call) };
}

/** A table that is written out as SQLAlchemy's, with its MetaData, and made or dropped by its own method. */
function ofTable(table: Call, isMade: boolean): Effect[] {
  const target = { table: textOf(table.args[0]) ?? null, schema: textOf(table.named.schema) ?? null };
  return isMade
    ? createTable(target, table.args.slice(1))
    : [{ does: "drops", kind: "table", ...target, name: target.table }];
}

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
      name: text(given(0, "constraint_name", "index_name")),
      columns: texts(given(columnsAt, ...columnNames)),
    },
  ],
});

const OPERATIONS: Record<string, Operation> = {
  create_table: { tableAt: 0, effects: (target, _, call) => createTable(target, call.args.slice(1)) },
  drop_table: { tableAt: 0, effects: (target) => [{ does: "drops", kind: "table", ...target, name: target.table }] },
  rename_table: {
    tableAt: 0,
    effects: (target, given) => {
      const next = text(given(1, "new_table_name"));
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
  add_column: { tableAt: 0, effects: (target, given) => column(target, given(1, "column")) },
  drop_column: {
    tableAt: 0,
    effects: (target, given) => [{ does: "drops", kind: "column", ...target, name: text(given(1, "column_name")) }],
  },
  alter_column: { tableAt: 0, effects: alterColumn },
  create_index: constraint("index", 2, "columns"),
  create_unique_constraint: constraint("unique constraint", 2, "columns"),
  create_primary_key: constraint("primary key", 2, "columns"),
  create_check_constraint: constraint("check constraint", 9),
  create_exclude_constraint: constraint("exclusion constraint", 9),
  create_foreign_key: constraint("foreign key", 3, "local_cols"),
  drop_index: {
    tableAt: 1,
    effects: (target, given) => [{ does: "drops", kind: "index", ...target, name: text(given(0, "index_name")) }],
  },
  drop_constraint: {
    tableAt: 1,
    effects: (target, given) => [
      { does: "drops", kind: "constraint", ...target, name: text(given(0, "constraint_name")) },
    ],
  },
  create_table_comment: {
    tableAt: 0,
    effects: (target) => [{ does: "creates", kind: "comment", ...target, name: target.table }],
  },
  drop_table_comment: {
    tableAt: 0,
    effects: (target) => [{ does: "drops", kind: "comment", ...target, name: target.table }],
  },
};

function createTable(target: Target, parts: Value[]): Effect[] {
  const inside = parts.flatMap((part): Effect[] => {
    if (isCall(part, "Column"))
      return [...column(target, part), ...enums(part).map((made): Effect => ({ ...made, does: "creates" }))];
    const made = isCall(part) ? TABLE_CONSTRAINTS[part.call] : undefined;
    if (!isCall(part) || !made) return [];
    const columns =
      made === "foreign key"
        ? texts(part.args[0])
        : part.args.map(text).filter((name): name is string => name !== null);
    return [{ does: "creates", kind: made, ...target, name: text(part.named.name), columns }];
  });
  return [
    { does: "creates", kind: "table", ...target, name: target.table },
    ...inside.map((part): Effect => (part.kind === "enum" ? part : { ...part, within: true })),
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

/** A column brings what its own arguments ask for: a foreign key, an index, a key. */
function column(target: Target, value: Value | undefined): Effect[] {
  if (!isCall(value, "Column")) return [];
  const name = text(value.args[0] ?? value.named.name);
  const type =
    value.args
      .slice(1)
      .find((part) => !isCall(part, "ForeignKey", "Identity", "Computed", "Sequence", "CheckConstraint")) ??
    value.named.type_;
  const about = { ...target, columns: name === null ? [] : [name] };
  const effects: Effect[] = [
    {
      does: "creates",
      kind: "column",
      ...target,
      name,
      becomes: { type: typeText(type), nullable: value.named.nullable !== false },
    },
  ];
  const brings = (kind: string, named: string) => effects.push({ does: "creates", kind, ...about, name: named });
  if (value.args.some((part) => isCall(part, "ForeignKey"))) brings("foreign key", `${target.table}_${name}_fkey`);
  if (value.named.primary_key === true) brings("primary key", `${target.table}_pkey`);
  if (value.named.index === true) brings("index", `ix_${target.table}_${name}`);
  else if (value.named.unique === true) brings("unique constraint", `${target.table}_${name}_key`);
  return effects;
}

function alterColumn(target: Target, given: Arguments): Effect[] {
  const name = text(given(1, "column_name"));
  const renamed = text(given(9, "new_column_name"));
  if (renamed !== null && renamed !== name)
    return [
      { does: "drops", kind: "column", ...target, name, renamedTo: renamed },
      { does: "creates", kind: "column", ...target, name: renamed, renamedFrom: name ?? undefined },
    ];
  const type = given(9, "type_");
  const nullable = given(9, "nullable");
  const becomes = {
    ...(type === undefined ? {} : { type: typeText(type) }),
    ...(typeof nullable === "boolean" ? { nullable } : {}),
  };
  return [{ does: "changes", kind: "column", ...target, name, becomes }];
}

function executed(call: Call): { effects: Effect[]; sql?: string } {
  const argument = call.args[0] ?? call.named.sqltext ?? call.named.statement;
  const sql = textOf(argument);
  return { effects: [], sql };
}

/** The enums that SQLAlchemy creates along with what `value` describes. */
function enums(value: Value): Omit<Effect, "does">[] {
  if (!isCall(value)) return [];
  const inner = value.args.flatMap(enums);
  const name = text(value.named.name);
  if (!/^enum$/i.test(value.call) || name === null || value.named.create_type === false) return inner;
  return [{ kind: "enum", schema: text(value.named.schema), table: null, name, values: texts(value.args) }];
}

function isOp(value: Value): boolean {
  return typeof value === "object" && value !== null && "unknown" in value && /^(op|operations)$/.test(value.unknown);
}

function typeText(value: Value | undefined): string | undefined {
  if (isCall(value)) {
    const size = [...value.args, value.named.length, value.named.precision, value.named.scale].filter(
      (part) => typeof part === "number",
    );
    return `${value.call}${size.length ? `(${size.join(",")})` : ""}`;
  }
  return typeof value === "object" && value !== null && "unknown" in value ? value.unknown.split(".").pop() : undefined;
}

function text(value: Value | undefined): string | null {
  return textOf(value) ?? null;
}

function texts(value: Value | undefined): string[] {
  return Array.isArray(value) ? value.map(text).filter((name): name is string => name !== null) : [];
}
