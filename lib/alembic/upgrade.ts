import { isCheckConstraint, isIndex } from "../kinds";
import type { Effect } from "./effect";
import { findUnknown, isOp, NEEDS_TABLE, readConstruct, readEntity, readOperation, readTable } from "./operations";
import {
  type Call,
  HOLE,
  type Value,
  isCall,
  isClass,
  isName,
  listItems,
  nameOf,
  getPartialText,
} from "./python-value";
import { getTableOfClass } from "./python-builtins";
import type { Unread } from "./revision";
import { isDataOnly, readStatements } from "./statement";

/** What the calls of `upgrade` do to the schema, and what of them only a run would tell. */
export function readUpgrade(calls: Call[]): { effects: Effect[]; unread: Unread[] } {
  const effects: Effect[] = [];
  const unread: Unread[] = [];
  for (const call of calls) {
    const note = (why: string, table?: string) => unread.push({ line: call.line, why, ...(table ? { table } : {}) });
    try {
      effects.push(...readCall(call, calls, note));
    } catch (error) {
      note(`executes SQL that PostgreSQL does not parse (${(error as Error).message})`);
    }
  }
  return { effects, unread: removeDuplicates(unread) };
}

type Note = (why: string, table?: string) => void;

function readCall(call: Call, calls: Call[], note: Note): Effect[] {
  if (/^(execute|exec_driver_sql|scalar|scalars|executescript|executemany)$/.test(call.call))
    return readExecution(call, note);
  if (call.call === "exhausted") {
    note("is where the runbook stops: the revision does more than it reads");
    return [];
  }
  const effects = readOperation(call);
  if (effects) {
    const hazy = findUnknown(call, effects);
    if (hazy) note(hazy.why, hazy.table);
    if (effects.length === 0 && /_entity$/.test(call.call)) note(`calls ${call.call} with what only a run would tell`);
    return effects.filter(
      ({ kind, table, name, columns }) =>
        (table !== null || !NEEDS_TABLE.has(kind)) && (name !== null || columns?.length || isCheckConstraint(kind)),
    );
  }
  if (call.call === "create_all" || call.call === "drop_all") return readMetadata(call, calls, note);
  if ((call.call === "create" || call.call === "drop") && hasConnectionArgument(call)) {
    if (!isDataObject(call.of))
      note(`calls ${nameOf(call.of) ?? "something"}.${call.call}, which only a run would tell`);
    return [];
  }
  if (isOp(call.of) && !HARMLESS.has(call.call)) {
    note(`calls op.${call.call}, which is not one of Alembic's own operations that the runbook reads`);
    return [];
  }
  if (isForeign(call)) note(`calls ${[nameOf(call.of), call.call].filter(Boolean).join(".")}, which was not read`);
  return [];
}

/** Operations that change no schema by themselves. */
const HARMLESS = new Set([
  ...["get_bind", "get_context", "bulk_insert", "inline_literal", "f", "batch_alter_table", "autocommit_block"],
  ...["begin_transaction", "configure", "migration_context", "execute", "implementation_for", "register_operation"],
]);

function readExecution(call: Call, note: Note): Effect[] {
  const argument = call.args[0] ?? call.named.sqltext ?? call.named.statement ?? call.named.sql;
  const construct = readConstruct(argument) ?? readEntityStatements(argument);
  if (construct) return construct;
  const text = getPartialText(argument);
  if (text === undefined) {
    if (!isExpression(argument) && !/^scalars?$/.test(call.call)) note("executes what only a run would tell");
    return [];
  }
  const sql = fillBinds(text, call.call === "exec_driver_sql");
  if (text.includes(HOLE)) {
    const filled = sql.split(HOLE).join("runbook_unknown");
    if (isDataOnly(filled)) return [];
    return readPartly(filled, note);
  }
  if (isOtherDialect(sql)) return [];
  try {
    const { effects, unread } = readStatements(sql);
    unread.forEach((why) => note(why));
    return effects;
  } catch (error) {
    if (isDataOnly(sql)) return [];
    throw error;
  }
}

/** `entity.to_sql_statement_create()` of alembic_utils. */
function readEntityStatements(value: Value | undefined): Effect[] | undefined {
  if (!isCall(value)) return undefined;
  const [, verb] = /^to_sql_statement_(create_or_replace|create|drop)$/.exec(value.call) ?? [];
  return verb ? readEntity(value.of, verb === "drop" ? "drops" : "creates") : undefined;
}

/** SQL of which a part is unknown: what it does is known where its names are. */
function readPartly(sql: string, note: Note): Effect[] {
  const why = "executes SQL that is put together at run time";
  try {
    const { effects, unread } = readStatements(sql);
    unread.forEach((one) => note(one));
    const isHazy = ({ table, name, schema, columns, kind }: Effect) =>
      [table, name, schema, ...(isIndex(kind) ? [] : (columns ?? []))].some((one) => one?.includes("runbook_unknown"));
    for (const { table } of effects.filter(isHazy))
      note(why, table && !table.includes("runbook_unknown") ? table : undefined);
    return effects.filter((effect) => !isHazy(effect));
  } catch {
    note(why);
    return [];
  }
}

/** Named parameters as nulls, as SQLAlchemy finds them: `:name`, and `\:` for a colon. */
function fillBinds(text: string, isRaw: boolean): string {
  if (isRaw) return text.replace(/%\(\w+\)s|%s/g, "NULL").replace(/%%/g, "%");
  return text
    .replace(/\bin\s+:\w+(?![:\w])/gi, "in (NULL)")
    .replace(/(?<![:\w\\]):(\w+)(?!:)/g, "NULL")
    .replace(/\\:/g, ":");
}

function isOtherDialect(sql: string): boolean {
  return (
    /^\s*(pragma|set\s+foreign_key_checks|set\s+sql_mode|exec\s+sp_|use\s+\w+\s*;?$|show\s+(tables|columns))\b/i.test(
      sql,
    ) ||
    /`\w+`/.test(sql) ||
    /\balter\s+table\s+\S+\s+(modify|change)\s/i.test(sql)
  );
}

/**
 * `metadata.create_all`: the tables that the revision declares itself; the project's models are known to a run alone.
 */
function readMetadata(call: Call, calls: Call[], note: Note): Effect[] {
  const isMade = call.call === "create_all";
  const given = call.named.tables === undefined ? undefined : listItems(call.named.tables);
  const tables = (given ?? calls).flatMap((value) => {
    const table = isCall(value, "Table") ? value : isClass(value) ? getTableOfClass(value) : undefined;
    return table ? [table] : [];
  });
  const isOwn = isCall(call.of, "MetaData");
  if (given ? tables.length < given.length : !isOwn) note(`calls ${call.call} for models that only a run would tell`);
  return given || isOwn ? tables.flatMap((table) => readTable(table, isMade)) : [];
}

/** What SQLAlchemy builds to read or to move rows. */
function isExpression(value: Value | undefined): boolean {
  if (value === undefined) return false;
  let base: Value = value;
  while (isCall(base)) {
    if (
      /^(select|insert|update|delete|values|union|union_all|exists|with_only_columns|on_conflict_do_\w+|func|query|text|case)$/.test(
        base.call,
      )
    )
      return true;
    base = base.of;
  }
  return (
    isName(base) &&
    /\b(insert|update|delete|select|stmt|query)\b|_(insert|update|delete|select|stmt|query)$/.test(base.unknown) &&
    isCall(value)
  );
}

function hasConnectionArgument({ args, named }: Call): boolean {
  return (
    [...args, named.bind, named.connection].some((value) => value !== undefined && isConnection(value)) ||
    "checkfirst" in named
  );
}

function isConnection(value: Value): boolean {
  return (
    isCall(value, "get_bind") ||
    isOp(value) ||
    /(^|[._])(bind|conn|connection|engine|session|cursor)\d?(\(\))?$/i.test(nameOf(value) ?? "")
  );
}

function isDataObject(value: Value): boolean {
  return /session|query|objects/i.test(nameOf(value) ?? "");
}

/**
 * A function of a module that was not read, and that may change a schema: it is given a connection, or it stands
 * beside the project's own.
 */
function isForeign(call: Call): boolean {
  const name = [nameOf(call.of), call.call].filter(Boolean).join(".");
  if (!call.isImported && !(isName(call.of) && call.of.imported)) return false;
  if (
    /^(sqlalchemy|alembic|sqlmodel|geoalchemy2|pgvector|sqlalchemy_utils|flask_sqlalchemy|flask|werkzeug)\b/.test(name)
  )
    return /^alembic_\w+/.test(name) && hasConnectionArgument(call);
  if (STANDARD.has(name.split(".")[0])) return false;
  if (/^[A-Z]/.test(call.call) || ASKING.test(call.call)) return false;
  const isCalledItself = call.of === null || call.isImported === true;
  return (
    [...call.args, ...Object.values(call.named)].some(isConnection) || (isCalledItself && SUSPICIOUS.test(call.call))
  );
}

/** Functions that look, and change nothing: `has_table`, `column_exists`, `get_existing_tables`. */
const ASKING =
  /^_?(has|is|get|check|find|list|inspect|load|read|fetch|generate|compute|should|needs)_|_?exists?$|^(inspect|exists)/i;

const SUSPICIOUS =
  /create|drop|add|alter|rename|remove|upgrade|migrate|execute|run|install|apply|table|column|index|constraint|schema|enum|trigger|view/i;

const STANDARD = new Set(
  (
    "abc ast base64 binascii calendar collections contextlib copy csv dataclasses datetime decimal enum " +
    "functools hashlib hmac importlib inspect io itertools " +
    "json logging loguru math operator os pathlib pickle pprint random re secrets shutil string structlog " +
    "struct subprocess sys tempfile textwrap time traceback " +
    "types typing typing_extensions unicodedata urllib uuid warnings zlib zoneinfo yaml tqdm numpy pandas " +
    "requests pydantic pytz dateutil packaging cryptography bcrypt passlib click"
  ).split(" "),
);

function removeDuplicates(unread: Unread[]): Unread[] {
  const seen = new Set<string>();
  return unread.filter((one) => {
    const key = JSON.stringify([one.line, one.table]);
    return !seen.has(key) && Boolean(seen.add(key));
  });
}
