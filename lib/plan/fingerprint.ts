import { createHash } from "node:crypto";
import { quoteLiteral } from "../sql/quote";
import type { Snapshot } from "../schema/read/snapshot";
import type { Plan } from "./step";

/** A read that gives one text for the tables and columns of a database, and what it gives for this snapshot. */
export function makeFingerprint(snapshot: Snapshot, versionTable: string): { query: string; value: string } {
  const columns = snapshot.objects.filter(
    ({ kind, relation }) => kind === "column" && /^(table|partition)$/.test(relation?.kind ?? ""),
  );
  const schemas = [...new Set(["public", ...columns.map(({ schema }) => schema ?? "public")])].sort();
  const names = columns
    .filter(({ table }) => table !== versionTable)
    .map(({ schema, table, name }) => Buffer.from(`${schema}.${table}.${name}`))
    .sort(Buffer.compare)
    .map((name) => name.toString());
  const query = `select md5(coalesce(string_agg(name, ',' order by name collate "C"), '')) from (
  select n.nspname || '.' || c.relname || '.' || a.attname as name
  from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped and c.relname <> ${quoteLiteral(versionTable)}
    and n.nspname in (${schemas.map(quoteLiteral).join(", ")})
    and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
) columns`;
  return { query, value: createHash("md5").update(names.join()).digest("hex") };
}

/**
 * The lines of the check at a plan's top: one statement, which fails where the state is another than the plan was
 * made for.
 */
export function writeStateCheck({ side, recorded, versionTable, fingerprint, fingerprintQuery }: Plan): string[] {
  const list = recorded?.map(quoteLiteral).join(", ");
  const version = recorded
    ? [
        `  if (select coalesce(array_agg(version_num::text order by version_num::text collate "C"), '{}') ` +
          `from ${versionTable})`,
        `    is distinct from array[${list}]::text[] then`,
        `    raise exception '${side} records other revisions than this plan was made for: make the plan again';`,
        "  end if;",
      ]
    : [
        `  if to_regclass(${quoteLiteral(versionTable)}) is not null then`,
        `    raise exception '${side} has a table of revisions since this plan was made: make the plan again';`,
        "  end if;",
      ];
  return [
    "do $state$",
    "begin",
    ...version,
    `  if (${fingerprintQuery}) is distinct from ${quoteLiteral(fingerprint)} then`,
    `    raise exception 'tables or columns of ${side} have changed since this plan was made: make the plan again';`,
    "  end if;",
    "end",
    "$state$;",
  ];
}
