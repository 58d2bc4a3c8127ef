/**
 * What a revision does to one object of the schema, in the words of drift. `name` is null where the revision leaves
 * it to the server.
 */
export interface Effect {
  does: "creates" | "changes" | "drops";
  kind: string;
  schema: string | null;
  table: string | null;
  name: string | null;
  /** What it may be called where the revision leaves its name to the server or to a naming convention. */
  aliases?: string[];
  /** The columns that an index or a constraint is about. */
  columns?: string[];
  /** What a column becomes, as far as the revision says: the type is in the revision's own spelling. */
  becomes?: Becomes;
  /** The values that an enum has, or is given, by this revision. */
  values?: string[];
  /** Set on a part of a table that stands in the statement that creates the table: a column, a key. */
  within?: boolean;
  /** Set on what a rename creates and on what it drops: the name on the other side of the rename. */
  renamedFrom?: string;
  renamedTo?: string;
  /** The tables that a view or a foreign key rests on; dropped with `cascade`, they take it with them. */
  restsOn?: string[];
  cascades?: boolean;
  /** Set on `create or replace`: it may have been there before. */
  replaces?: boolean;
  /** The SQL of it, where the revision executes SQL: the whole statement, of which one may have several effects. */
  statement?: string;
}

export interface Becomes {
  type?: string;
  nullable?: boolean;
  /** A default as text, true where there is one that the file does not tell, false where it is taken away. */
  default?: string | boolean;
  /** Null where the comment is taken away. */
  comment?: string | null;
}

/** A kind, or what a revision says where it tells no more: `type`, `constraint`, `object`. */
export { getFamily as family } from "../kinds";
