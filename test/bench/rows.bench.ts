/**
 * What it costs to find differing rows among millions, scattered over the whole range of the key, on real PostgreSQL: production through the Lambda, local over the
 * wire. Beside it, in the same run: (a) one scan of both tables at once that counts and computes the same checksum, as parallel as the server likes; (b) the same with the
 * types' own hash functions, which collide and cannot be used: the least that any scan could cost; (c) fetching all rows in order and comparing them; (d) COPY of both
 * tables to files, sort, diff. (c) and (d) read over the wire on both sides, since no answer of a Lambda could hold them.
 * BENCH_ROWS=100000 npm run bench rows makes it quick; so many rows, several with commas, in place of 1 and 10 million. BENCH_KEY=uuid, or several of int, bigint (sparse),
 * uuid, text and composite with commas, in place of all.
 */
import { execFile, spawnSync } from "node:child_process";
import { createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Client } from "pg";
import { planOf } from "../../lib/rows/plan";
import { readCatalog } from "../../lib/rows/catalog";
import { makePiece, writeTotalsQuery } from "../../lib/rows/statements";
import { openSides, type Sides } from "../sides";

const sizes = (process.env.BENCH_ROWS ?? "1000000,10000000").split(",").map(Number);
/** What a key is made of from the row's number, and its columns. */
const keyTypes: Record<string, { columns: string; key: string }> = {
  int: { columns: "g::int as id", key: "id" },
  bigint: { columns: "g * 4294967296 - 9000000000000000000 as id", key: "id" },
  uuid: { columns: "md5('key ' || g)::uuid as id", key: "id" },
  text: { columns: "'key ' || md5(g::text) as id", key: "id" },
  composite: { columns: "(g % 1000)::int as id, g / 1000 as part", key: "id, part" },
};
const keyNames = (process.env.BENCH_KEY ?? Object.keys(keyTypes).join(",")).split(",");
const safe = { safe: { big: "*" as const } };

interface Measured {
  seconds: number;
  changed: number;
  queries: Record<"production" | "local", number>;
  bytes: Record<"production" | "local", number>;
  megabytes: number;
}

export async function bench(): Promise<void> {
  const sides = await openSides(safe);
  try {
    console.log(
      "key            rows  differing  seconds  questions  bytes of production  peak MB   / scan   / bare  / fetch  / diff   scan s   bare s  fetch s  diff s",
    );
    for (const rows of sizes) for (const key of keyNames) await benchOf(sides, rows, key);
  } finally {
    await sides.close();
  }
}

async function benchOf(sides: Sides, rows: number, name: string): Promise<void> {
  const { columns, key } = keyTypes[name];
  for (const client of Object.values(sides.clients)) await client.query(tableOf(rows, columns, key));
  for (const client of Object.values(sides.clients)) await client.query("vacuum analyze big");
  for (const differing of [0, 10, 1000, 100_000].filter((some) => some * 10 <= rows)) {
    if (differing) await sides.clients.local.query(`update big set score = -1 where number % ${rows / differing} = 0`);
    await sides.clients.local.query("vacuum big");
    const scan = await seconds(() => scanned(sides));
    const bare = await seconds(() => scannedBare(sides));
    const ours = await compared(sides);
    if (ours.changed !== differing) throw new Error(`${ours.changed} rows were found where ${differing} differ.`);
    const rest = rows <= 1_000_000 || differing === 10;
    const fetch = rest ? await seconds(() => fetched(sides, differing, key)) : undefined;
    const diff = rest ? await seconds(() => diffed(sides, key)) : undefined;
    tell(name, rows, differing, ours, [scan, bare, fetch, diff]);
  }
}

/** Ten columns of the kinds that a table has. */
function tableOf(rows: number, columns: string, key: string): string {
  return `drop table if exists big; create table big as select ${columns}, g as number, (g * 7919 % 50000)::int as provider_id, chr(65 + (g % 26)::int) || chr(65 + (g / 26 % 26)::int) as state,
    ('type ' || g % 7)::varchar(40) as license_type, md5(g::text) as note, date '2020-01-01' + (g % 2000)::int as issued, timestamptz '2024-01-01' + g * interval '1.7 seconds' as updated,
    (g % 1000 / 4.0)::numeric(8,2) as credits, g * 0.1::float8 as score from generate_series(1::int8, ${rows}) g; alter table big add primary key (${key})`;
}

/** (a): no buckets, no envelope, as parallel as the server likes. */
async function scanned({ sources, clients }: Sides): Promise<void> {
  const catalogs = {
    production: await readCatalog(sources.production, "big", () => undefined),
    local: await readCatalog(sources.local, "big", () => undefined),
  };
  const plan = planOf("public.big", catalogs, safe);
  await Promise.all(
    (["production", "local"] as const).map(async (side) => {
      await clients[side].query("select set_config('runbook.salt', 'salt', false)");
      await clients[side].query(
        writeTotalsQuery([makePiece(plan, side, plan.integer ? "integer" : "hash")]).replace(" offset 0", ""),
      );
    }),
  );
}

/** (b): the bare minimum, which tells -1 from 1 in no numeric. */
async function scannedBare({ clients }: Sides): Promise<void> {
  const own = `hashint8extended(number, 1) # hashint4extended(provider_id, 2) # hashtextextended(state, 3) # hashtextextended(license_type, 4) # hashtextextended(note, 5)
    # hashint4extended(issued - date '2000-01-01', 6) # timestamp_hash_extended(updated at time zone 'UTC', 7) # hash_numeric_extended(credits, 8) # hashfloat8extended(score, 9)`;
  await Promise.all(Object.values(clients).map((client) => client.query(`select count(*), sum(${own}) from big`)));
}

async function compared({ addresses }: Sides): Promise<Measured> {
  const words = [
    "--require",
    join(__dirname, "..", "..", "lib", "register-typescript.js"),
    join(__dirname, "rows", "compare.ts"),
    JSON.stringify(addresses),
    "big",
  ];
  const { stdout } = await promisify(execFile)(process.execPath, words, {
    env: { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
  });
  return JSON.parse(stdout) as Measured;
}

/** (c): both tables in the order of their key, as text, a part at a time. */
async function fetched(sides: Sides, differing: number, key: string): Promise<void> {
  const [production, local] = [parts(sides.addresses.production, key), parts(sides.addresses.local, key)];
  let different = 0;
  for (;;) {
    const [one, other] = await Promise.all([production.next(), local.next()]);
    if (one.done || other.done) break;
    for (let row = 0; row < one.value.length; row++) if (one.value[row] !== other.value[row]) different++;
  }
  if (different !== differing) throw new Error(`Fetching found ${different} rows where ${differing} differ.`);
}

/** (d): two files, sorted, and diff. */
async function diffed({ addresses }: Sides, key: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "runbook-bench-"));
  try {
    await Promise.all([
      written(addresses.production, key, join(folder, "production.txt")),
      written(addresses.local, key, join(folder, "local.txt")),
    ]);
    spawnSync("diff", ["production.txt", "local.txt"], { cwd: folder, stdio: "ignore" });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function written(address: string, key: string, file: string): Promise<void> {
  const stream = createWriteStream(file);
  for await (const rows of parts(address, key))
    if (!stream.write(`${rows.join("\n")}\n`))
      await new Promise<void>((resolve) => stream.once("drain", () => resolve()));
  await new Promise<void>((resolve) => stream.end(resolve));
}

async function* parts(address: string, key: string): AsyncGenerator<string[]> {
  const client = new Client(address);
  await client.connect();
  await client.query(`begin; declare rows cursor for select (big.*)::text from big order by ${key}`);
  for (;;) {
    const { rows } = await client.query<[string]>({ text: "fetch 20000 from rows", rowMode: "array" });
    if (!rows.length) break;
    yield rows.map(([row]) => row);
  }
  await client.end();
}

async function seconds(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

function tell(
  key: string,
  rows: number,
  differing: number,
  { seconds: ours, queries, bytes, megabytes }: Measured,
  others: (number | undefined)[],
): void {
  const cell = (value: number | undefined, width: number, digits = 0) =>
    (value === undefined
      ? ""
      : value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits })
    ).padStart(width);
  const ratios = others.map((other, index) => cell(other && ours / other, [9, 9, 9, 8][index], 2)).join("");
  console.log(
    `${key.padEnd(9)}${cell(rows, 10)}${cell(differing, 11)}${cell(ours, 9, 1)}${cell(queries.production + queries.local, 11)}${cell(bytes.production, 21)}${cell(megabytes, 9)}${ratios}${cell(others[0], 9, 1)}${cell(others[1], 9, 1)}${cell(others[2], 9, 1)}${cell(others[3], 8, 1)}`,
  );
}
