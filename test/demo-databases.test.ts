import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { contentFiles, type Databases, startDatabases, startFilledNow } from "../lib/demo/databases";
import type { Login } from "../lib/demo/function";
import { keepTemplate, packFolder, readTemplate, unpackFolder } from "../lib/demo/template";

vi.setConfig({ testTimeout: 60_000 });

const scratch = mkdtempSync(join(tmpdir(), "runbook-test-"));
const cache = join(scratch, "clusters");
const kept = () => readdirSync(cache).map((name) => join(cache, name));
const today = new Date("2026-03-01T23:59:59.999Z");
const passwords = { credmate_lambda: "known", credmate_user: "credmate_local_pass" };

/** Two that start at once with nothing kept, and one that is a copy of what they kept. */
let started: Databases[];
beforeAll(async () => {
  started = await Promise.all([1, 2].map(() => startDatabases({ cache, today })));
  started.push(await startDatabases({ cache, today }));
}, 60_000);
afterAll(async () => {
  await Promise.all((started ?? []).map(({ server }) => server.stop()));
  rmSync(scratch, { recursive: true, force: true });
});

test("a copy of the demo's databases holds what they hold when they were just filled", async () => {
  const fresh = await startFilledNow(passwords, today);
  for (const database of ["credmate", "credmate_local"] as const) {
    const expected = await readAll(fresh.address(database));
    for (const [name, rows] of Object.entries(expected)) expect(rows.length, name).toBeGreaterThan(0);
    for (const { server } of started) expect(await readAll(server.address(database))).toEqual(expected);
  }
  await fresh.stop();
});

test("one file is kept, which only this user can read and which tells no password; none opens another's", async () => {
  expect(kept()).toHaveLength(1);
  const packed = readFileSync(kept()[0]);
  const [first, second, copy] = started;
  for (const { server, production } of started)
    for (const secret of [server.password, production.password]) expect(packed.includes(secret)).toBe(false);
  for (const [one, other] of [
    [first, second],
    [first, copy],
    [copy, first],
  ]) {
    await expect(ask(one.production, "select 1")).resolves.toEqual([[1]]);
    await expect(ask({ ...one.production, password: other.production.password }, "select 1")).rejects.toMatchObject({
      code: "28P01",
    });
    const superuser = { ...one.production, user: "postgres", password: other.server.password };
    await expect(ask(superuser, "select 1")).rejects.toMatchObject({ code: "28P01" });
  }
});

test("the databases are filled again where no server starts from what was kept", async () => {
  const [file] = kept();
  const folder = join(scratch, "repacked");
  unpackFolder(readTemplate(file)!, folder, undefined);
  writeFileSync(join(folder, "pg_hba.conf"), "nonsense\n");
  const spoiled = packFolder(folder);
  keepTemplate(file, spoiled);
  const { server, production } = await startDatabases({ cache, today });
  expect(await ask(production, "select count(*)::int from licenses")).toEqual([[4509]]);
  await server.stop();
  expect(kept()).toEqual([file]);
  expect(readTemplate(file)).toBeDefined();
  expect(readFileSync(file).equals(spoiled)).toBe(false);
});

test("another day is filled anew, and where nothing can be kept the demo starts", async () => {
  const [file] = kept();
  const { server, production } = await startDatabases({
    cache: join(file, "below-a-file"),
    today: new Date(today.getTime() + 1),
  });
  const newest = "select max(created_at)::text from audit_logs";
  expect(await ask(production, newest)).not.toEqual(await ask(started[0].production, newest));
  await server.stop();
});

test("what a demo that is wanted no longer has started is gone", async () => {
  const folder = join(scratch, "tmp");
  mkdirSync(folder);
  for (const path of [scratch, folder]) chmodSync(path, 0o777);
  vi.stubEnv("TMPDIR", folder);
  const unwanted = new AbortController();
  const starting = startDatabases({ cache: join(scratch, "unwanted"), today, signal: unwanted.signal });
  await expect.poll(() => readdirSync(folder), { timeout: 10_000 }).not.toEqual([]);
  unwanted.abort(new Error("wanted no longer"));
  await expect(starting).rejects.toThrow("wanted no longer");
  vi.unstubAllEnvs();
  expect(readdirSync(folder)).toEqual([]);
});

test("all of lib that fills the databases is part of what they are kept under", () => {
  const lib = join(__dirname, "../lib");
  const program = `require(${JSON.stringify(join(lib, "register-typescript"))});
    require(${JSON.stringify(join(lib, "demo/databases.ts"))}); console.log(JSON.stringify(Object.keys(require.cache)))`;
  const loaded = (JSON.parse(execFileSync(process.execPath, ["-e", program], { encoding: "utf8" })) as string[])
    .map((file) => relative(lib, file).replaceAll("\\", "/"))
    .filter((file) => !file.startsWith("..") && file !== "register-typescript.js");
  expect(loaded).toContain("demo/world/rows.ts");
  expect(loaded.filter((file) => !contentFiles.includes(file))).toEqual([]);
  const scripts = readdirSync(join(lib, "demo/world")).filter((name) => name.endsWith(".sql"));
  expect(contentFiles).toEqual(expect.arrayContaining(scripts.map((name) => `demo/world/${name}`)));
});

async function ask(login: Login | string, query: string): Promise<unknown[][]> {
  const client = new Client(typeof login === "string" ? { connectionString: login } : login);
  await client.connect();
  try {
    return (await client.query<unknown[]>({ text: query, rowMode: "array" })).rows;
  } finally {
    await client.end();
  }
}

/** Statistics first: what is asked after them counts as use. */
async function readAll(address: string): Promise<Record<string, unknown[][]>> {
  const found: Record<string, unknown[][]> = {};
  for (const [name, query] of Object.entries(questions)) found[name] = await ask(address, query);
  return found;
}

const questions = {
  "use of tables": `select relname, seq_scan, seq_tup_read, idx_scan, idx_tup_fetch, n_tup_ins, n_tup_upd, n_tup_del, n_live_tup,
    n_dead_tup, n_mod_since_analyze, n_ins_since_vacuum, vacuum_count, analyze_count, last_analyze is not null
    from pg_stat_user_tables order by 1`,
  "use of indexes": "select indexrelname, idx_scan, idx_tup_read, idx_tup_fetch from pg_stat_user_indexes order by 1",
  sizes: `select relname, relkind, relpersistence, reltuples, relpages, relallvisible, relhasindex, relacl::text,
    pg_get_userbyid(relowner), pg_relation_size(oid) from pg_class
    where relnamespace = 'public'::regnamespace and relkind <> 'c' order by 1`,
  statistics: `select tablename, attname, null_frac, avg_width, n_distinct, most_common_vals::text, most_common_freqs::text,
    histogram_bounds::text, correlation from pg_stats where schemaname = 'public' order by 1, 2`,
  columns: `select c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attnum, a.attacl::text,
    pg_get_expr(d.adbin, d.adrelid) from pg_attribute a join pg_class c on c.oid = a.attrelid
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where c.relnamespace = 'public'::regnamespace and a.attnum > 0 order by 1, 5`,
  indexes: "select indexname, indexdef from pg_indexes where schemaname = 'public' order by 1",
  constraints: `select conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated from pg_constraint
    where connamespace = 'public'::regnamespace order by 1, 2`,
  triggers: `select tgrelid::regclass::text, tgname, pg_get_triggerdef(oid), tgenabled from pg_trigger
    where not tgisinternal order by 1, 2`,
  functions: "select proname, prosrc, proacl::text from pg_proc where pronamespace = 'public'::regnamespace order by 1",
  enums: `select t.typname, string_agg(e.enumlabel, ' ' order by e.enumsortorder) from pg_enum e
    join pg_type t on t.oid = e.enumtypid group by 1 order by 1`,
  sequences: "select sequencename, last_value::text, increment_by::text from pg_sequences order by 1",
  roles: `select rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolconfig::text,
    array(select m.roleid::regrole::text from pg_auth_members m where m.member = r.oid) from pg_roles r order by 1`,
  databases: `select datname, pg_get_userbyid(datdba), pg_encoding_to_char(encoding), datcollate, datctype, datacl::text, datconnlimit
    from pg_database order by 1`,
  settings: `select name, setting from pg_settings
    where name not in ('port', 'data_directory', 'config_file', 'hba_file', 'ident_file', 'unix_socket_directories')
    order by 1`,
  rows: `select c.relname, (xpath('/row/sum/text()', query_to_xml(format(
    'select md5(string_agg(t::text, chr(10) order by t::text)) as sum from %I t', c.relname), false, true, '')))[1]::text
    from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' order by 1`,
};
