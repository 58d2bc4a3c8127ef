import { compareRows } from "../../../lib/rows";
import { sql } from "../../../lib/sql";
import { openBoth, type Addresses } from "../../sides";

/** Compares one table in a process of its own, so that its memory is its own, and says in one line of JSON what it cost. */
async function main(addresses: Addresses, table: string): Promise<void> {
  const safe = { safe: { [table]: "*" as const } };
  const sources = await openBoth(addresses, safe);
  // the first question loads the AWS SDK, and opens the connections
  await Promise.all(Object.values(sources).map((source) => source.ask(sql`select 1 as one`)));
  const started = performance.now();
  const { changed, queries, bytes } = await compareRows(sources, table, safe);
  const seconds = (performance.now() - started) / 1000;
  process.stdout.write(
    JSON.stringify({ seconds, changed, queries, bytes, megabytes: process.resourceUsage().maxRSS / 1024 }),
  );
  await Promise.all(Object.values(sources).map((source) => source.close()));
}

main(JSON.parse(process.argv[2]), process.argv[3]).catch((error: Error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
});
