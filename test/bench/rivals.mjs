/** `node rivals.mjs TOOL PRODUCTION LOCAL…`: what another tool says of one database against each of the others, a line of JSON for each: `found` (texts) and `milliseconds`. */
import { createClient } from "@pgkit/client";
import { Migration } from "@pgkit/migra";
import { PostgreSQL } from "@pgkit/schemainspect";
import { extract } from "@supabase/pg-delta/extract";
import { plan } from "@supabase/pg-delta/plan";
import pg from "pg";

const tools = {
  "pg-delta": {
    async read(address) {
      const pool = new pg.Pool({ connectionString: address });
      const { factBase } = await extract(pool);
      await pool.end();
      return factBase;
    },
    async compare(production, local) {
      const { deltas, filteredDeltas } = plan(production, local);
      return [...deltas, ...filteredDeltas].map((delta) =>
        JSON.stringify(delta, (_, value) => (typeof value === "bigint" ? String(value) : value)),
      );
    },
  },
  migra: {
    async read(address) {
      const client = createClient(address);
      const schema = await PostgreSQL.create(client);
      await client.end();
      return schema;
    },
    async compare(production, local) {
      const migration = await Migration.create(production, local, {});
      migration.set_safety(false);
      migration.add_all_changes(true);
      return [...migration.statements];
    },
  },
};

const [name, production, ...locals] = process.argv.slice(2);
const { read, compare } = tools[name];
const timed = async (work) => {
  const start = performance.now();
  return [await work(), performance.now() - start];
};
const [before, reading] = await timed(() => read(production));
for (const local of locals) {
  const [found, milliseconds] = await timed(async () => compare(before, await read(local)));
  console.log(JSON.stringify({ found, milliseconds: Math.round(reading + milliseconds) }));
}
process.exit(0);
