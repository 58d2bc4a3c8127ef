import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openSides, type Sides } from "./sides";

let sides: Sides;
let folder: string;
beforeAll(async () => {
  sides = await openSides({ safe: {} });
  folder = mkdtempSync(join(tmpdir(), "runbook-rows-"));
  writeFileSync(join(folder, "columns.json"), JSON.stringify({ safe: { big: "*" } }));
  for (const client of Object.values(sides.clients))
    await client.query(`create table big (id int primary key, v int); insert into big select g, g from generate_series(1, 1400000) g;
      analyze big`);
  await sides.clients.local.query("update big set v = 0 where id in (7, 1399999)");
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await sides?.close();
});

function start(...words: string[]) {
  const { production, local } = sides.addresses;
  const environment = {
    PATH: process.env.PATH,
    HOME: folder,
    RUNBOOK_PRODUCTION: production,
    RUNBOOK_LOCAL: local,
    RUNBOOK_RESULTS: folder,
    RUNBOOK_COLUMNS: join(folder, "columns.json"),
  };
  return spawn(process.execPath, [join(__dirname, "..", "lib", "cli.js"), "rows", "big", ...words], {
    env: environment,
  });
}

test("Ctrl-C ends a comparison at once with 130, cancels what the servers do, and --resume goes on", async () => {
  const child = start();
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  while (!said.includes("reading")) await once(child.stderr, "data");
  const interrupted = performance.now();
  child.kill("SIGINT");
  const [status] = await once(child, "exit");
  expect(status, said).toBe(130);
  expect(performance.now() - interrupted).toBeLessThan(3000);
  expect(said).toContain("--resume goes on");
  expect(existsSync(join(folder, "rows", "big.json"))).toBe(true);
  const busy =
    "select 1 from pg_stat_activity where application_name = 'runbook' and state = 'active' and query like '%hashtextextended%'";
  expect((await sides.clients.local.query(busy)).rows).toEqual([]);

  const resumed = start("--resume", "--json");
  let answer = "";
  resumed.stdout.setEncoding("utf8").on("data", (text: string) => (answer += text));
  expect((await once(resumed, "close"))[0]).toBe(0);
  expect(JSON.parse(answer).keys.changed).toEqual([
    { key: [7], columns: ["v"] },
    { key: [1399999], columns: ["v"] },
  ]);
});
