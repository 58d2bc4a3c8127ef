import type { Revisions } from "../alembic/history";
import { quoteLiteral, quotePlace } from "../sql/quote";

/** What `alembic_version` holds once the revision is there: its parents give way to it. */
export function applyToVersion(version: Set<string>, revision: string, { byId }: Revisions): Set<string> {
  const above = new Set<string>();
  // what a revision depends on gives way to it as its parents do
  const parents = (id: string) => [...(byId.get(id)?.after ?? []), ...(byId.get(id)?.needs ?? [])];
  const visit = parents(revision);
  for (let id = visit.pop(); id !== undefined; id = visit.pop()) {
    if (above.has(id)) continue;
    above.add(id);
    visit.push(...parents(id));
  }
  return new Set([...version].filter((id) => !above.has(id)).concat(revision));
}

/** The table in which Alembic records revisions, as it stands in a statement. */
export function nameVersionTable({ versionTable: { schema, name } }: Revisions): string {
  return quotePlace({ schema, name });
}

/** The statements that make `alembic_version` hold exactly this. */
export function writeStampStatements(ids: string[], table: string): string[] {
  const list = ids.map(quoteLiteral).join(", ");
  return [
    createVersionTable(table),
    ...(ids.length
      ? [
          `delete from ${table} where version_num not in (${list});`,
          `insert into ${table} (version_num) select v from unnest(array[${list}]) v where v not in (select ` +
            `version_num from ${table});`,
        ]
      : [`delete from ${table};`]),
  ];
}

/** As Alembic makes it. */
export function createVersionTable(table: string): string {
  return `create table if not exists ${table} (version_num varchar(32) not null primary key);`;
}
