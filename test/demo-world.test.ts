import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startServer, type Server } from "../lib/demo/postgres";
import { canaries, exceptions, fill, guesses, planted, revisionsFolder, rowCounts } from "../lib/demo/world";
import type { Side } from "../lib/ledger";

const sides: Side[] = ["production", "local"];
const databases = { production: "credmate", local: "credmate_local", again: "credmate_again" };
const clients = {} as Record<keyof typeof databases, Client>;
let server: Server;

beforeAll(async () => {
  server = await startServer();
  const admin = await connect("postgres");
  for (const database of Object.values(databases)) await admin.query(`CREATE DATABASE ${database}`);
  await admin.end();
  for (const name of ["production", "local", "again"] as const) clients[name] = await connect(databases[name]);
  for (const side of sides) await fill(clients[side], side);
}, 60_000);

afterAll(async () => {
  for (const client of Object.values(clients)) await client.end();
  await server?.stop();
});

test("every table holds the rows that were published, but for the named exceptions", async () => {
  for (const side of sides) {
    const expected = Object.fromEntries(
      Object.entries(rowCounts).flatMap(([table, count]) => (count[side] === null ? [] : [[table, count[side]]])),
    );
    expect(await counts(side)).toEqual(expected);
  }
});

test("there are 67 tables: 55 in production, 65 in local, 53 in both", async () => {
  const [production, local] = [Object.keys(await counts("production")), Object.keys(await counts("local"))];
  expect([production.length, local.length, new Set([...production, ...local]).size]).toEqual([55, 65, 67]);
  expect(production.filter((table) => local.includes(table))).toHaveLength(53);
});

test("without the exceptions the totals are the published ones", () => {
  const total = (side: Side) =>
    Object.entries(rowCounts)
      .filter(([table]) => !["alembic_version", "session"].includes(table))
      .reduce(
        (sum, [table, count]) => sum + ((table in exceptions ? 0 : count[side]) ?? 0),
        publishedOfExceptions[side],
      );
  expect([total("production"), total("local")]).toEqual([18_044, 569]);
});

test("columns and enums differ as the published ones do, and nowhere else", async () => {
  const [production, local] = await Promise.all(sides.map(columns));
  const common = (table: string) =>
    [production, local].every((all) => [...all.keys()].some((key) => key.startsWith(`${table}.`)));
  const drift = [...new Set([...production.keys(), ...local.keys()])]
    .filter((key) => common(key.split(".")[0]) && production.get(key) !== local.get(key))
    .map((key) => `column/${key}`);
  expect(drift.sort()).toEqual(ids("column/"));
  expect(drift).toHaveLength(25);
  const types = await Promise.all(sides.map(enums));
  expect(types[1]).toEqual({
    ...types[0],
    coordinator_action_type: [...types[0].coordinator_action_type, "stage_changed"],
  });
});

test("the columns that the plan guessed exist on neither side", async () => {
  const [production, local] = await Promise.all(sides.map(columns));
  for (const column of guesses) expect([production.has(column), local.has(column)]).toEqual([false, false]);
});

test("tables, indexes, constraints and triggers differ where the list of what is planted says so, and nowhere else", async () => {
  const [production, local] = await Promise.all(sides.map(objects));
  const differing = [...new Set([...production.keys(), ...local.keys()])].filter(
    (key) => production.get(key) !== local.get(key),
  );
  const withRename = differing.filter((key) => key !== "index/notifications.ix_notifications_unread");
  const tables = new Set(ids("table/").map((id) => id.slice(6)));
  const listed = ["table/", "index/", "foreign key/", "check constraint/", "trigger/"].flatMap(ids);
  expect(
    withRename.filter((key) => key.startsWith("table/") || !tables.has(key.split("/")[1].split(".")[0])).sort(),
  ).toEqual(listed.sort());
});

test("a side that is filled twice is the same", async () => {
  const today = new Date();
  for (const side of sides) {
    await clients.again.query("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    await fill(clients.again, side, today);
    expect(await checksums(clients.again)).toEqual(await checksums(clients[side]));
  }
}, 30_000);

test.each([
  ["orphan/providers.organization_id", "providers WHERE organization_id IS NULL AND NOT is_deleted"],
  ["orphan/audit_logs.user_id", "audit_logs WHERE user_id NOT IN (SELECT id FROM users)"],
  ["pipeline/documents.processing_status", "documents WHERE processing_status = 'uploaded'"],
  [
    "quality/licenses.active-though-expired",
    "licenses WHERE status = 'active' AND expiration_date < current_date AND NOT is_deleted",
  ],
  [
    "quality/licenses.expiration_date-before-issue_date",
    "licenses WHERE expiration_date < issue_date AND NOT is_deleted",
  ],
  [
    "quality/licenses.expiration_date-far-future",
    "licenses WHERE expiration_date > current_date + 3650 AND NOT is_deleted",
  ],
  [
    "quality/licenses.state-unknown",
    "licenses WHERE state NOT IN (SELECT state FROM cme_rule_packs) AND NOT is_deleted",
  ],
  [
    "quality/licenses.natural-key-duplicated",
    "(SELECT FROM licenses WHERE NOT is_deleted GROUP BY provider_id, state, license_number HAVING count(*) > 1 AND license_number IS NOT NULL) t",
  ],
  ["quality/licenses.license_number-null", "licenses WHERE license_number IS NULL AND NOT is_deleted"],
  ["quality/licenses.expiration_date-null", "licenses WHERE expiration_date IS NULL AND NOT is_deleted"],
  ["quality/licenses.license_type-null", "licenses WHERE license_type IS NULL AND NOT is_deleted"],
  ["quality/providers.npi-null", "providers WHERE npi IS NULL AND NOT is_deleted"],
  ["quality/providers.email-null", "providers WHERE email IS NULL AND NOT is_deleted"],
  ["quality/providers.specialty-null", "providers WHERE specialty IS NULL AND NOT is_deleted"],
  ["quality/providers.practice_state-null", "providers WHERE practice_state IS NULL AND NOT is_deleted"],
  ["quality/cme_activities.credits_earned-negative", "cme_activities WHERE credits_earned < 0 AND NOT is_deleted"],
])("production has as many rows of %s as are planted", async (id, from) => {
  expect(await count("production", from)).toBe(planted.find((entry) => entry.id === id)?.rows);
});

test("local has none of production's faults in its rows, and 84 classifications of documents that are gone", async () => {
  const faults =
    "licenses WHERE (status = 'active' AND expiration_date < current_date) OR expiration_date < issue_date OR expiration_date > current_date + 3650";
  expect(await count("local", faults)).toBe(0);
  expect(await count("local", "document_classifications WHERE document_id NOT IN (SELECT id FROM documents)")).toBe(84);
});

test("an NPI has its check digit, but for those that were planted", async () => {
  for (const side of sides) {
    const { rows } = await clients[side].query<{ npi: string }>("SELECT npi FROM providers WHERE npi IS NOT NULL");
    expect(rows.filter(({ npi }) => !passesLuhn(`80840${npi}`))).toHaveLength(side === "production" ? 4 : 0);
  }
});

test("documents came in on every day but for one gap of 45 days", async () => {
  const { rows } = await clients.production.query<{ gap: number }>(
    "SELECT gap FROM (SELECT created_at::date - lag(created_at::date) OVER (ORDER BY created_at) AS gap FROM documents) d WHERE gap > 1",
  );
  expect(rows).toEqual([{ gap: 46 }]);
});

test("one sequence stands behind its column, in local", async () => {
  for (const side of sides) {
    const { rows } = await clients[side].query<{ table: string; sequence: string }>(
      `SELECT a.attrelid::regclass::text AS table, pg_get_serial_sequence(a.attrelid::regclass::text, a.attname) AS sequence
       FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
       WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attname = 'id' AND pg_get_serial_sequence(a.attrelid::regclass::text, 'id') IS NOT NULL`,
    );
    const behind: string[] = [];
    for (const { table, sequence } of rows) {
      const answer = await clients[side].query<{ behind: boolean }>(
        `SELECT coalesce((SELECT max(id) FROM ${table}) > last_value, false) AS behind FROM ${sequence}`,
      );
      if (answer.rows[0].behind) behind.push(sequence);
    }
    expect(behind).toEqual(side === "local" ? ["public.licenses_id_seq"] : []);
  }
});

test("only the planted foreign keys lack an index, and only the planted index was never read", async () => {
  for (const side of sides) {
    const keys = await clients[side].query<{ id: string }>(
      `SELECT 'foreign key without index/' || t.relname || '.' || a.attname AS id FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
       JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = c.conkey[1]
       WHERE c.contype = 'f' AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = t.oid AND i.indkey[0] = c.conkey[1] AND i.indpred IS NULL) ORDER BY 1`,
    );
    expect(keys.rows.map(({ id }) => id)).toEqual(ids("foreign key without index/"));
    // what a session has counted reaches the shared statistics a moment later on a busy machine
    const unused = async () => {
      const { rows } = await clients[side].query<{ id: string }>(
        "SELECT 'unused index/' || relname || '.' || indexrelname AS id FROM pg_stat_user_indexes WHERE idx_scan = 0 AND schemaname = 'public' ORDER BY 1",
      );
      return rows.map(({ id }) => id);
    };
    await expect.poll(unused, { timeout: 5_000 }).toEqual(ids("unused index/"));
  }
});

test("a `*_id` column without a foreign key refers to rows that are there, but for those that were planted", async () => {
  for (const side of sides) {
    const { rows } = await clients[side].query<{ id: string }>(
      `SELECT 'orphan/' || t.relname || '.' || a.attname AS id FROM pg_class t JOIN pg_attribute a ON a.attrelid = t.oid
       WHERE t.relnamespace = 'public'::regnamespace AND t.relkind = 'r' AND a.attname LIKE '%\\_id' AND NOT a.attisdropped
       AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.contype = 'f' AND c.conrelid = t.oid AND a.attnum = ANY (c.conkey)) ORDER BY 1`,
    );
    expect(rows.map(({ id }) => id)).toEqual(
      side === "local"
        ? ["orphan/audit_logs.user_id", "orphan/document_classifications.document_id"]
        : ["orphan/audit_logs.user_id"],
    );
  }
});

test("content: one organization and one user are on both sides, and the requirements differ in seven rows", async () => {
  const content = async (side: Side) => ({
    organizations: await list(side, "SELECT name FROM organizations"),
    users: await list(side, "SELECT email FROM users"),
    requirements: await list(side, "SELECT to_jsonb(r)::text FROM cme_requirements r"),
  });
  const [production, local] = [await content("production"), await content("local")];
  const both = (what: keyof typeof local) => local[what].filter((value) => production[what].includes(value)).length;
  expect([both("organizations"), both("users"), both("requirements")]).toEqual([1, 1, 197]);
});

test("audit events of the last 24 hours exist at any hour of the day", async () => {
  expect(await count("production", "audit_logs WHERE created_at BETWEEN date_trunc('day', now()) AND now()")).toBe(6);
});

test("every personal text carries a canary, and no other text does", async () => {
  const mixed: string[] = [];
  const personal: string[] = [];
  for (const side of sides) {
    for (const [column, values] of await texts(side)) {
      const marked = values.filter((value) => canaries.some((canary) => canary.test(value))).length;
      if (marked === values.length) personal.push(column);
      else if (marked > 0) mixed.push(`${column}: ${marked} of ${values.length}`);
    }
  }
  expect(mixed).toEqual([]);
  expect([...new Set(personal)].sort()).toEqual(personalColumns);
});

test("the revisions are one chain from the base to the head", () => {
  const files = readdirSync(revisionsFolder).filter((file) => file.endsWith(".py"));
  const following = new Map(
    files.map((file) => {
      const text = readFileSync(join(revisionsFolder, file), "utf8");
      const [id] = /(?<=^revision = ")\w+/m.exec(text) ?? [];
      const [parent] = /(?<=^down_revision = ")\w+/m.exec(text) ?? [];
      return [parent, id];
    }),
  );
  const chain: string[] = [];
  for (let id = following.get(undefined); id; id = following.get(id)) chain.push(id);
  expect(chain).toEqual([
    "20260101_0000",
    "20260108_0200",
    "20260108_0400",
    "20260108_0500",
    "20260109_0100",
    "20260109_0200",
    "20260109_0300",
    "20260110_0100",
    "20260110_0200",
    "20260111_0100",
    "20260112_0100",
    "20260114_0100",
    "20260114_1830",
    "20260115_0100",
    "20260115_0200",
    "20260115_0300",
    "20260127_0100",
    "7702d353e5b8",
    "20260131_0000",
  ]);
});

async function connect(database: string): Promise<Client> {
  const client = new Client({ connectionString: server.address(database) });
  await client.connect();
  return client;
}

const ids = (start: string): string[] =>
  planted
    .map(({ id }) => id)
    .filter((id) => id.startsWith(start))
    .sort();

/** What the excepted tables hold as published: CME activities in production. */
const publishedOfExceptions: Record<Side, number> = { production: 35, local: 0 };

async function list(side: Side, sql: string): Promise<unknown[]> {
  const { rows } = await clients[side].query<unknown[]>({ text: sql, rowMode: "array" });
  return rows.map(([value]) => value);
}

async function count(side: Side, from: string): Promise<number> {
  return Number((await list(side, `SELECT count(*) FROM ${from}`))[0]);
}

async function counts(side: Side): Promise<Record<string, number>> {
  const tables = (await list(side, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")) as string[];
  const found: Record<string, number> = {};
  for (const table of tables) found[table] = await count(side, table);
  return found;
}

async function columns(side: Side): Promise<Map<string, string>> {
  const { rows } = await clients[side].query<{ key: string; shape: string }>(
    `SELECT c.relname || '.' || a.attname AS key, concat_ws(' ', format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attgenerated, a.attidentity, pg_get_expr(d.adbin, d.adrelid)) AS shape
     FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped`,
  );
  return new Map(rows.map(({ key, shape }) => [key, shape]));
}

async function enums(side: Side): Promise<Record<string, string[]>> {
  const { rows } = await clients[side].query<{ name: string; labels: string[] }>(
    "SELECT t.typname AS name, array_agg(e.enumlabel::text ORDER BY e.enumsortorder) AS labels FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid GROUP BY 1",
  );
  return Object.fromEntries(rows.map(({ name, labels }) => [name, labels]));
}

async function objects(side: Side): Promise<Map<string, string>> {
  const { rows } = await clients[side].query<{ key: string; shape: string }>(
    `SELECT 'table/' || relname AS key, relpersistence::text AS shape FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
     UNION ALL SELECT 'index/' || tablename || '.' || indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
     UNION ALL SELECT CASE contype WHEN 'f' THEN 'foreign key/' WHEN 'c' THEN 'check constraint/' ELSE 'key/' END || conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
       FROM pg_constraint WHERE connamespace = 'public'::regnamespace
     UNION ALL SELECT 'trigger/' || tgrelid::regclass || '.' || tgname, pg_get_triggerdef(oid) || tgenabled::text FROM pg_trigger WHERE NOT tgisinternal
     UNION ALL SELECT 'function/' || proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace`,
  );
  return new Map(rows.map(({ key, shape }) => [key, shape]));
}

async function checksums(client: Client): Promise<unknown[]> {
  const { rows } = await client.query(
    `SELECT c.relname, (xpath('/row/sum/text()', query_to_xml(format('SELECT md5(string_agg(t::text, chr(10) ORDER BY t::text)) AS sum FROM %I t', c.relname), false, true, '')))[1]::text AS sum
     FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' ORDER BY 1`,
  );
  return rows;
}

/** The values of every column that holds text of some kind, as text, without nulls. */
async function texts(side: Side): Promise<Map<string, string[]>> {
  const { rows } = await clients[side].query<{ table: string; column: string }>(
    `SELECT table_name AS table, column_name AS column FROM information_schema.columns
     WHERE table_schema = 'public' AND (data_type IN ('text', 'character varying', 'jsonb', 'inet', 'ARRAY', 'uuid', 'USER-DEFINED'))`,
  );
  const found = new Map<string, string[]>();
  for (const { table, column } of rows) {
    const values = (await list(
      side,
      `SELECT "${column}"::text FROM ${table} WHERE "${column}" IS NOT NULL`,
    )) as string[];
    if (values.length > 0) found.set(`${table}.${column}`, values);
  }
  return found;
}

function passesLuhn(digits: string): boolean {
  const sum = [...digits]
    .reverse()
    .map(Number)
    .reduce((total, digit, place) => total + (place % 2 === 0 ? digit : digit * 2 - (digit > 4 ? 9 : 0)), 0);
  return sum % 10 === 0;
}

const personalColumns = Object.entries({
  audit_logs: ["details", "ip_address"],
  campaign_recipients: ["email"],
  cme_activities: ["certificate_number"],
  credential_versions: ["snapshot"],
  dea_registrations: ["dea_number"],
  documents: ["content_sha256", "file_name", "storage_key"],
  extraction_results: ["extracted_data"],
  licenses: [
    "license_number",
    "portal_access_notes",
    "portal_password",
    "portal_pin",
    "portal_username",
    "renewal_notes",
  ],
  notifications: ["body"],
  organizations: ["contact_email", "contact_phone"],
  practices: ["address_line", "phone"],
  providers: [
    "aoa_number",
    "citizenship_status",
    "cv_reference",
    "date_of_birth_encrypted",
    "disclosure_notes",
    "email",
    "fcvs_fid",
    "first_name",
    "gender",
    "green_card_uscis_number",
    "height",
    "home_address",
    "home_city",
    "home_zip",
    "last_name",
    "npi",
    "phone",
    "place_of_birth",
    "previous_names",
    "race",
    "references",
    "renewal_preferences",
    "ssn_encrypted",
  ],
  session: ["data", "session_key", "user_email"],
  sessions: ["ip_address", "refresh_token_hash"],
  token_blacklist: ["token"],
  users: ["email", "first_name", "last_name", "password_hash", "phone"],
}).flatMap(([table, names]) => names.map((name) => `${table}.${name}`));
