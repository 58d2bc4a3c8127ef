import type { Fault } from "../errors";

/** PostgreSQL's error conditions that a read can meet (PostgreSQL manual, appendix A). */
export const conditions: Record<string, string> = {
  "0A000": "feature_not_supported",
  "08006": "connection_failure",
  "21000": "cardinality_violation",
  "22003": "numeric_value_out_of_range",
  "22007": "invalid_datetime_format",
  "22008": "datetime_field_overflow",
  "22012": "division_by_zero",
  "22021": "character_not_in_repertoire",
  "22023": "invalid_parameter_value",
  "2201B": "invalid_regular_expression",
  "22P02": "invalid_text_representation",
  "25006": "read_only_sql_transaction",
  "28000": "invalid_authorization_specification",
  "28P01": "invalid_password",
  "3D000": "invalid_catalog_name",
  "3F000": "invalid_schema_name",
  "40001": "serialization_failure",
  "40P01": "deadlock_detected",
  "42501": "insufficient_privilege",
  "42601": "syntax_error",
  "42602": "invalid_name",
  "42622": "name_too_long",
  "42701": "duplicate_column",
  "42702": "ambiguous_column",
  "42703": "undefined_column",
  "42704": "undefined_object",
  "42712": "duplicate_alias",
  "42725": "ambiguous_function",
  "42803": "grouping_error",
  "42804": "datatype_mismatch",
  "42883": "undefined_function",
  "42P01": "undefined_table",
  "42P02": "undefined_parameter",
  "42P10": "invalid_column_reference",
  "42P18": "indeterminate_datatype",
  "42P20": "windowing_error",
  "53100": "disk_full",
  "53200": "out_of_memory",
  "53300": "too_many_connections",
  "55P03": "lock_not_available",
  "57014": "query_canceled",
  "57P01": "admin_shutdown",
  "57P02": "crash_shutdown",
  "57P03": "cannot_connect_now",
};

const faultsOfStatement = new Set(
  Object.entries(conditions).flatMap(([code, condition]) =>
    /^(22|42|3F)/.test(code) && condition !== "insufficient_privilege" ? [condition] : [],
  ),
);

/**
 * Whether an error of this condition lies in the statement, so that the same statement ends in it again: PostgreSQL's
 * classes 22, 3F and 42, without the right to read.
 */
export function isFaultOfStatement(condition?: string): boolean {
  return condition !== undefined && faultsOfStatement.has(condition);
}

/** What a server said of a failure. */
export interface Complaint {
  message: string;
  /** It names the place in the statement: it was found before any row was read. */
  placed?: boolean;
  /** The statement that was sent. */
  statement?: string;
  /** Names of tables and views in the database, for what stands behind a view. */
  names?: readonly string[];
}

/**
 * What a server's error may say: its first line, where that is one of PostgreSQL's own sentences; where it names
 * something, only what stands in the statement, and only where the error was found while the statement was read. Else
 * its condition alone: a view can put a row's value into a message of any class, as `last_name::regclass` does, and
 * who asks could name a thousand values to see which of them is shown.
 */
export function tellCondition(
  condition: string,
  { message, placed = false, statement = "", names = [] }: Complaint,
): string {
  const line = message.split("\n")[0];
  // PostgreSQL checks rights before it reads a row: the table that it names is one of the catalog's
  const known = /^permission denied for (table|view|materialized view) /.test(line)
    ? `${statement} ${names.join(" ")}`
    : statement;
  return isOwn(line, placed, known)
    ? line
    : `${condition.replaceAll("_", " ")} (PostgreSQL's own message is withheld: it can hold values of rows)`;
}

function isOwn(line: string, placed: boolean, statement: string): boolean {
  const known = new Set(statement.match(word)?.map((one) => one.toLowerCase()));
  return sentencesWithoutValues.some((sentence) => {
    const found = sentence.exec(line)?.slice(1);
    if (found === undefined) return false;
    if (found.length > 0 && !placed && !/^(permission denied|must be owner)/.test(line)) return false;
    return found.every((name) => (name.match(word) ?? []).every((one) => isName(one, known)));
  });
}

const word = /[\p{L}\p{N}_$]+/gu;

/** A word of a name: of the statement, or of PostgreSQL's types and kinds of objects. */
function isName(one: string, known: ReadonlySet<string>): boolean {
  return known.has(one.toLowerCase()) || typeWords.has(one.toLowerCase());
}

const typeWords = new Set(
  `integer int int2 int4 int8 smallint bigint numeric decimal real double precision float4 float8 text character varying varchar char bpchar name boolean bool date time
   timestamp timestamptz with without zone interval uuid json jsonb bytea inet cidr macaddr oid regclass unknown record anyelement anyarray anycompatible bit money xml point
   tsvector tsquery pg_lsn int4range int8range numrange daterange tsrange tstzrange pg_catalog public information_schema
   table view materialized foreign sequence schema function relation column database language type index`.split(/\s+/),
);

/**
 * The sentences that PostgreSQL 12 to 18 say of a read (`parser/`, `executor/` and `tcop/` of its source; `%s` is a
 * name). One that can quote a value, such as `invalid input syntax for type %s: "%s"`, is not among them.
 */
const sentencesWithoutValues = `
relation "%s" does not exist
relation "%s.%s" does not exist
column "%s" does not exist
column %s does not exist
column "%s" of relation "%s" does not exist
column "%s" not found in data type %s
column reference "%s" is ambiguous
column "%s" specified in USING clause does not exist in left table
column "%s" specified in USING clause does not exist in right table
common column name "%s" appears more than once in left table
common column name "%s" appears more than once in right table
column "%s" must appear in the GROUP BY clause or be used in an aggregate function
column "%s.%s" must appear in the GROUP BY clause or be used in an aggregate function
subquery uses ungrouped column "%s" from outer query
subquery uses ungrouped column "%s.%s" from outer query
missing FROM-clause entry for table "%s"
invalid reference to FROM-clause entry for table "%s"
table name "%s" specified more than once
table reference "%s" is ambiguous
table "%s" has %d columns available but %d columns specified
function %s(%s) does not exist
function %s(%s) is not unique
function %s() does not exist
operator does not exist: %o
operator is not unique: %o
type "%s" does not exist
schema "%s" does not exist
role "%s" does not exist
database "%s" does not exist
language "%s" does not exist
collation "%s" for encoding "%s" does not exist
text search configuration "%s" does not exist
cannot cast type %s to %s
CASE types %s and %s cannot be matched
COALESCE types %s and %s cannot be matched
UNION types %s and %s cannot be matched
INTERSECT types %s and %s cannot be matched
EXCEPT types %s and %s cannot be matched
IN types %s and %s cannot be matched
ARRAY types %s and %s cannot be matched
argument of %w must be type %s, not type %s
argument of %w must not return a set
each %w query must have the same number of columns
aggregate functions are not allowed in %w
aggregate function calls cannot be nested
aggregate function calls cannot contain window function calls
aggregate function calls cannot contain set-returning function calls
window functions are not allowed in %w
window function calls cannot be nested
window function %s requires an OVER clause
window "%s" does not exist
set-returning functions are not allowed in %w
set-returning functions must appear at top level of FROM
SELECT DISTINCT ON expressions must match initial ORDER BY expressions
for SELECT DISTINCT, ORDER BY expressions must appear in select list
in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list
ORDER BY position %d is not in select list
GROUP BY position %d is not in select list
ORDER BY "%s" is ambiguous
GROUP BY "%s" is ambiguous
could not determine data type of parameter $%d
could not determine polymorphic type because input has type unknown
could not identify an equality operator for type %s
could not identify an ordering operator for type %s
could not identify a comparison function for type %s
could not determine which collation to use for %w
subquery must return only one column
subquery has too few columns
subquery has too many columns
subquery in FROM must have an alias
unequal number of entries in row expressions
more than one row returned by a subquery used as an expression
permission denied for %s %s
permission denied for %s
must be owner of %s %s
cannot execute %w in a read-only transaction
canceling statement due to statement timeout
canceling statement due to lock timeout
canceling statement due to user request
canceling statement due to conflict with recovery
terminating connection due to administrator command
terminating connection due to conflict with recovery
division by zero
deadlock detected
out of memory
out of shared memory
stack depth limit exceeded
integer out of range
bigint out of range
smallint out of range
numeric field overflow
value out of range: overflow
value out of range: underflow
cannot take square root of a negative number
cannot take logarithm of zero
cannot take logarithm of a negative number
date out of range
timestamp out of range
interval out of range
could not serialize access due to concurrent update
could not serialize access due to concurrent delete
could not serialize access due to read/write dependencies among transactions
syntax error at end of input
remaining connection slots are reserved for non-replication superuser connections
sorry, too many clients already
the database system is starting up
the database system is shutting down
the database system is in recovery mode
cached plan must not change result type
current transaction is aborted, commands ignored until end of transaction block
recursive reference to query "%s" must not appear within its non-recursive term
recursive query "%s" column %d has type %s in non-recursive term but type %s overall
materialized view "%s" has not been populated
invalid memory alloc request size %d
target lists can have at most %d entries
bind message supplies %d parameters, but prepared statement "" requires %d`
  .trim()
  .split("\n")
  .map((sentence) => {
    const escaped = sentence.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    // a name may be anything that has no quote in it; words of the grammar are capitals, or few; a number tells nothing
    // but itself
    const open = escaped
      .replaceAll("%s", '([^"]{0,300}?)')
      .replaceAll("%d", "[0-9]{1,6}")
      .replaceAll("%o", "([^\"']{1,300}?)")
      .replaceAll(
        "%w",
        "(?:[A-Z][A-Z ./]{1,60}|JOIN conditions|[a-z]+ expressions?|functions in FROM|window [A-Z ]+|string [a-z]+)",
      );
    return new RegExp(`^${open}$`);
  });

/** What a server refused for its own state, not for the statement, in the words that hold on every way to it. */
export function explainCondition(condition: string, message: string): [Fault, string] | undefined {
  if (condition === "query_canceled" && /user request/.test(message))
    return ["cancelled", "somebody cancelled the query on the server: ask its administrator why before asking again."];
  const explanations: Record<string, [Fault, string]> = {
    query_canceled: [
      "statement timeout",
      "the query ran longer than it may (statement timeout): aggregate, filter, or add a LIMIT.",
    ],
    too_many_connections: [
      "too many connections",
      "the server has no connection left: close some, or ask again later.",
    ],
    cannot_connect_now: ["server starting", "PostgreSQL is starting or stopping: ask again in a moment."],
    admin_shutdown: [
      "server gone",
      "the server ended the connection: check that PostgreSQL is running, and ask again.",
    ],
    crash_shutdown: [
      "server gone",
      "PostgreSQL ended after a crash of one of its processes: look at its log, and ask again.",
    ],
    deadlock_detected: [
      "deadlock",
      "the query and somebody's change waited for each other, and the server ended the query: ask again " +
        "when the change is done.",
    ],
    serialization_failure: [
      "serialization failure",
      "the rows changed while they were read, and the server ended the query: ask again.",
    ],
    out_of_memory: [
      "out of shared memory",
      "the server has no memory left for the query (out of shared memory): ask again later, or ask a DBA " +
        "for a higher max_locks_per_transaction.",
    ],
    lock_not_available: [
      "locked",
      "a table is locked by somebody's change, and the query did not wait longer than 2 s: ask again when " +
        "the change is done.",
    ],
    disk_full: ["refused by the server", "the server's disk is full: tell its administrator at once."],
  };
  return explanations[condition];
}
