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

/** Whether an error of this condition lies in the statement, so that the same statement ends in it again: PostgreSQL's classes 22, 3F and 42, without the right to read. */
export function isFaultOfStatement(condition?: string): boolean {
  return condition !== undefined && faultsOfStatement.has(condition);
}

/** Those whose messages hold names only: all but the classes of values, which repeat what they could not read. */
const namesOnly = new Set(
  Object.entries(conditions).flatMap(([code, condition]) => (/^2[1-3]/.test(code) ? [] : [condition])),
);

/** What a server's error may say: its first line where that cannot hold a row's values, else its condition alone. */
export function tellCondition(condition: string, message: string): string {
  return namesOnly.has(condition)
    ? message.split("\n")[0]
    : `${condition.replaceAll("_", " ")} (PostgreSQL's own message is withheld: it can hold values of rows)`;
}
