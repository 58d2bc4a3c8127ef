/** A name as it stands in a statement, whatever is in it. */
export function quote(name: string): string {
  return `"${name.replace(/"/g, '""')}"`;
}

/** A name in its schema. */
export function place({ schema, name }: { schema: string | null; name: string }): string {
  return schema === null ? quote(name) : `${quote(schema)}.${quote(name)}`;
}

/** A text as a constant. */
export function literal(text: string): string {
  return text.includes("\\")
    ? `E'${text.replace(/\\/g, "\\\\").replace(/'/g, "''")}'`
    : `'${text.replace(/'/g, "''")}'`;
}

/** A setting's value as it stands behind TO: some are lists of names. */
export function settingValue(name: string, value: string): string {
  return /^(search_path|temp_tablespaces|(local|session|shared)_preload_libraries|unix_socket_directories)$/i.test(name)
    ? value || "''"
    : literal(value);
}
