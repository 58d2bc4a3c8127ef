/** What a revision does to one object of the schema, in the words of drift. `name` is null where the revision leaves it to the server. */
export interface Effect {
  does: "creates" | "changes" | "drops";
  kind: string;
  schema: string | null;
  table: string | null;
  name: string | null;
  /** The columns that an index or a constraint is about. */
  columns?: string[];
  /** What a column becomes, as far as the revision says: the type is in the revision's own spelling. */
  becomes?: { type?: string; nullable?: boolean };
  /** The values that an enum has, or is given, by this revision. */
  values?: string[];
}

/** Kinds of which the names live in one place: a unique constraint may come back as an index. */
export function family(kind: string): string {
  if (/constraint$|key$|^index$/.test(kind)) return "constraint";
  if (/^(procedure|aggregate|function)$/.test(kind)) return "function";
  if (/^(partition|foreign table|table)$/.test(kind)) return "table";
  if (/^(enum|domain|type|composite type|range type)$/.test(kind)) return "type";
  return kind;
}
