import "../load-pg";
import { escapeIdentifier, escapeLiteral } from "pg";

/** A name as it stands in a statement, whatever is in it. */
export function quoteName(name: string): string {
  return escapeIdentifier(name);
}

/** A name in its schema. */
export function quotePlace({ schema, name }: { schema: string | null; name: string }): string {
  return schema === null ? quoteName(name) : `${quoteName(schema)}.${quoteName(name)}`;
}

/** Text as a literal that means the same whatever `standard_conforming_strings` is. */
export function quoteLiteral(text: string): string {
  // pg puts a blank before an E''
  return escapeLiteral(text).trimStart();
}

/** A setting's value as it stands behind TO: some are lists of names. */
export function writeSettingValue(name: string, value: string): string {
  return /^(search_path|temp_tablespaces|(local|session|shared)_preload_libraries|unix_socket_directories)$/i.test(name)
    ? value || "''"
    : quoteLiteral(value);
}
