/**
 * What a finding is about: `migrations`; `rows` that are wrong on the side where they are; `copy`, how the one side's
 * rows differ from the other's; `schema`, the rest.
 */
export type Subject = "migrations" | "rows" | "copy" | "schema";

/** The kinds of findings, which are the first parts of their ids. A kind that is not here is about the schema. */
const subjects: Record<string, Subject> = {
  pipeline: "rows",
  table: "schema",
  column: "schema",
  enum: "schema",
  rows: "copy",
  orphan: "rows",
  quality: "rows",
  content: "copy",
  revision: "migrations",
  revisions: "migrations",
  timeline: "rows",
  duplicate: "rows",
  completeness: "rows",
  providers: "rows",
  reference: "copy",
  distribution: "copy",
  match: "copy",
  users: "copy",
  organizations: "copy",
};

/** What code and people meet first: a table before its columns, rows that are wrong before what is only slow. */
const consequential = ["pipeline", "table", "column", "enum", "rows", "orphan", "quality", "content"];

/** The kind of a finding: `quality` of `quality/users.email-null`. */
export function getKind(id: string): string {
  return id.split("/")[0];
}

export function getSubject(id: string): Subject {
  return subjects[getKind(id)] ?? "schema";
}

/** Its place within a severity: a lower number comes first. */
export function rankConsequence(id: string): number {
  const place = consequential.indexOf(getKind(id));
  return place < 0 ? consequential.length : place;
}
