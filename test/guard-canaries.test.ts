import type { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { judge } from "../lib/guard/judge";
import { openHostile, type Hostile } from "./guard/hostile";
import { query } from "./guard/random";

let hostile: Hostile;
let other: Client;
beforeAll(async () => {
  hostile = await openHostile();
  other = await hostile.copy(disguise);
  for (const client of [hostile.client, other])
    await client.query("set default_transaction_read_only = on; set statement_timeout = '200ms'");
}, 60_000);
afterAll(() => hostile?.close());

const queries = Number(process.env.RANDOM_QUERIES ?? 20_000);

/** Other people in the same places: equal values stay equal and as long as they were, and nothing else of them stays. */
const disguise = `
  set session_replication_role = replica;
  create function hidden(text) returns text language sql immutable as 'select left(repeat(md5($1), 9), length($1))';
  update users set email = hidden(email), password_hash = hidden(password_hash), first_name = hidden(first_name), last_name = hidden(last_name), phone = hidden(phone);
  update providers set first_name = hidden(first_name), last_name = hidden(last_name), email = hidden(email), phone = hidden(phone), npi = hidden(npi), weight = -weight,
    employer_start_date = date '2190-01-01' - (employer_start_date - date '1900-01-01'), "references" = to_jsonb(hidden("references"::text)), home_state = 'zz', gender = hidden(gender);
  update licenses set license_number = hidden(license_number), portal_pin = hidden(portal_pin), portal_password = hidden(portal_password);
  update organizations set slug = hidden(slug), settings = to_jsonb(hidden(settings::text)), contact_email = hidden(contact_email);
  update audit_logs set details = to_jsonb(hidden(details::text)), entity_key = hidden(entity_key), ip_address = '2001:db8::1';
  update cme_activities set title = hidden(title), certificate_number = hidden(certificate_number), course_sponsor = hidden(course_sponsor);
  update campaign_recipients set email = hidden(email);
  update x1 set c1 = -c1, c2 = hidden(c2), c4 = -c4, c5 = date '2190-01-01' - (c5 - date '1900-01-01'), c7 = to_tsvector(hidden(c7::text)), c8 = array[hidden(c8::text), 'x'], c9 = hidden(c9::text)::bytea, c10 = to_jsonb(hidden(c10::text));
  update flags set is_ill = not is_ill, id = -id;
  update attributes set entity = -entity, attribute = hidden(attribute), value = hidden(value);
  update visits set id = -id, at = date '2190-01-01' - (at - date '1900-01-01'), patient_ssn = hidden(patient_ssn);
  update archive.licenses set state = hidden(state), status = hidden(status), id = -id;
  refresh materialized view provider_cache; analyze`;

test(`of ${queries} random queries none that is allowed brings a canary, and none can tell these people from others`, async () => {
  const { catalog, columns, client } = hostile;
  const [found, told] = [[] as string[], [] as string[]];
  let [answered, compared] = [0, 0];
  for (let seed = 0; seed < queries; seed++) {
    const { allowed, sql } = judge(query(seed), { catalog, columns, mask: seed % 4 === 0 });
    if (!allowed) continue;
    const wrapped = `select * from (${sql}) x limit 300`;
    const said = await ask(client, wrapped);
    if (!said.failed) answered++;
    if (/canary|7700\d{5}|1907-0/.test(said.text)) found.push(`${sql} → ${said.text.slice(0, 200)}`);
    // Which rows a LIMIT keeps, and what a hash with a key is, is nobody's promise.
    if (said.failed || /limit|now\(|keyed|sha256/i.test(sql)) continue;
    const same = await ask(other, wrapped);
    if (same.text.includes("57014")) continue;
    compared++;
    if (jumbled(said.text) !== jumbled(same.text))
      told.push(`${sql} → ${said.text.slice(0, 150)} / ${same.text.slice(0, 150)}`);
  }
  expect(found.slice(0, 5)).toEqual([]);
  expect(told.slice(0, 5)).toEqual([]);
  expect(answered).toBeGreaterThan(queries * 0.08);
  expect(compared).toBeGreaterThan(queries * 0.05);
}, 120_000);

test("the canaries are there to be found, and the people are others", async () => {
  const leak =
    "select email, weight, employer_start_date::text from users join providers p using (email) order by p.id limit 1";
  expect((await ask(hostile.client, leak)).text).toMatch(/canary.*7700\d{5}.*1907-0/);
  expect((await ask(other, leak)).text).not.toMatch(/canary|1907-0/);
  expect((await ask(hostile.client, "select email::int from users")).text).toContain("canary");
});

/** The same rows in another order look the same. */
function jumbled(text: string): string {
  return [...text].sort().join("");
}

async function ask(client: Client, text: string): Promise<{ text: string; failed: boolean }> {
  try {
    return { text: JSON.stringify((await client.query({ text, rowMode: "array" })).rows), failed: false };
  } catch (error) {
    const { message, detail, hint, where, code } = error as Record<string, string | undefined>;
    return { text: [message, detail, hint, where, code].join(" "), failed: true };
  }
}

test("a masked query has as many rows as the query itself, or is refused", async () => {
  const { catalog, columns, client } = hostile;
  const written = [
    "select 1 as one, max(last_name) from users",
    "select max(last_name) || 'x' from users",
    "select count(*), max(email) from users where false",
    "select practice_state, min(last_name), count(*) from providers group by 1",
    "select length(last_name), count(*) from users group by 1",
    "select upper(last_name) as x, count(*) from users group by x",
    "select email, count(*) from users group by email having count(*) > 0",
    "select distinct email from users",
    "select distinct upper(email) from users",
    "select distinct on (role) role, email from users",
    "select email from users union select email from providers",
    "select upper(email) from users union select upper(email) from providers",
    "select upper(email) from users union all select upper(email) from providers",
    "select email from users intersect select email from providers",
    "select row_number() over (order by last_name), id from users",
    "select id, max(last_name) over (), count(*) over (partition by last_name) from users",
    "select string_to_table(email, '@') from users",
    "select id, unnest(string_to_array(email, '.')) from users",
    "select u.*, p.* from users u join providers p using (email)",
    "select u.email, p.email, u.email from users u join providers p on p.email = u.email",
    "select email, email::int, left(email, 1) from users",
    "select count(*), email::int from users",
    "select role, email::int from users group by role",
    "select id, email::int as e from users order by e",
    "select id, email::int as e from users order by 2 limit 1",
    "select id, email from users order by email limit 1",
    "select role, string_agg(email, ',') from users group by rollup (role)",
    "select (select max(email) from users)",
    "select id, (select upper(max(u.last_name)) from providers limit 1) from users u group by id",
    "select (select max(u.last_name)) from users u",
    "with w as (select email, role from users) select *, count(*) over () from w",
    "table users",
    "select * from users limit 3",
    "select array_agg(last_name), array(select email from users) from users",
    "select mode() within group (order by last_name) from users",
    "select count(*) filter (where is_active), max(upper(last_name)) filter (where is_active) from users",
  ];
  const random = Array.from({ length: 6_000 }, (_, seed) => query(seed + 50_000, { trusting: true }));
  const [wrong, rows] = [[] as string[], { alike: 0, masked: 0 }];
  for (const statement of [...written, ...random].filter((one) => !/keyed_hash|random\(|tablesample/.test(one))) {
    const verdict = judge(statement, { catalog, columns, mask: true });
    if (!verdict.allowed) continue;
    const [plain, masked] = [await heightOf(client, statement), await heightOf(client, verdict.sql)];
    // what PostgreSQL refuses or cannot compute has no rows to compare
    if (plain === undefined || masked === undefined) continue;
    rows.alike++;
    if (verdict.sql.includes("•••")) rows.masked++;
    if (plain !== masked) wrong.push(`${statement} has ${plain} rows, and masked ${masked}: ${verdict.sql}`);
  }
  expect(wrong.slice(0, 5)).toEqual([]);
  expect(rows.masked).toBeGreaterThan(300);
  const answer = async (statement: string) => {
    const { sql, reason } = judge(statement, { catalog, columns, mask: true });
    return reason || (await client.query({ text: sql, rowMode: "array" })).rows;
  };
  expect(await answer("select 1 as one, max(last_name) from users")).toEqual([[1, "•••"]]);
  expect(await answer("select max(last_name) from users where false")).toEqual([["•••"]]);
  expect(await answer("select upper(last_name), count(*)::int from users group by 1")).toHaveLength(7);
  expect(await answer("select left(last_name, 1), count(*) from users group by 1")).toMatch(/would change which rows/);
  expect(await answer("select length(last_name), count(*) from users group by 1")).toEqual([[null, null]]);
  expect(await answer("select id, unnest(string_to_array(email, '.')) from users")).toMatch(/would change which rows/);
  expect(await answer("select id from users order by last_name")).toMatch(/what ORDER BY goes by/);
}, 120_000);

async function heightOf(client: Client, statement: string): Promise<number | undefined> {
  try {
    return (await client.query({ text: `select count(*)::int from (${statement}) as counted`, rowMode: "array" }))
      .rows[0][0];
  } catch {
    return undefined;
  }
}
