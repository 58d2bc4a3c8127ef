import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startServer, type Server } from "../lib/demo/postgres";
import { canaries, fill } from "../lib/demo/world";
import { startKernel } from "../lib/run/jupyter/kernel";
import { run, type Run } from "../lib/run";
import { makeProjectFolder } from "./folder";

/** What a cell can do to get at a person's data or a secret, and to fail with it in its hands. `client` goes past the door, as only a cell can that brings its own. */
const client = `const { Client } = require("pg"); const client = new Client(process.env.RUNBOOK_LOCAL); await client.connect();`;
const cells: Record<string, string> = {
  refused: `import { open, both, sql } from "runbook"; await open("refused"); await both(sql\`select email::int from users\`);`,
  cast: `import "runbook"; ${client} try { await client.query("select email::int from users"); } catch (error) { console.error(error); throw new Error("it failed", { cause: error }); } finally { await client.end(); }`,
  violation: `import { open } from "runbook"; await open("violation"); ${client} await client.query("begin"); try { await client.query("update users set role = null where id = 1"); } finally { await client.end(); }`,
  rows: `import { open } from "runbook"; await open("rows"); ${client} const { rows } = await client.query("select id, email, phone from users order by id limit 20"); await client.end(); console.log(rows); throw rows;`,
  settings: `import { open } from "runbook"; await open("settings"); console.log(process.env, JSON.stringify(process.env), String(process.env.RUNBOOK_LOCAL)); ${client} console.log(client); await client.end(); throw client;`,
  late: `${client} const { rows } = await client.query("select email from users limit 3"); void client.end(); Promise.reject(new Error(rows.map(({ email }) => email).join())); await new Promise(() => undefined);`,
};

let server: Server;
let folder = "";
let out = "";
let finished: Run;
let told = "";

beforeAll(async () => {
  server = await startServer();
  const filled = new Client(server.address("postgres"));
  await filled.connect();
  await fill(filled, "production");
  await filled.end();
  folder = makeProjectFolder("failing");
  out = join(folder, "results");
  for (const [name, source] of Object.entries(cells))
    writeFileSync(
      join(folder, `${name}.ipynb`),
      JSON.stringify({
        cells: [{ cell_type: "code", id: name, metadata: {}, source, outputs: [], execution_count: null }],
        metadata: {},
        nbformat: 4,
        nbformat_minor: 5,
      }),
    );
  const address = server.address("postgres");
  finished = await run({
    notebooks: Object.keys(cells).map((name) => join(folder, `${name}.ipynb`)),
    out,
    production: "postgres://production",
    local: "postgres://local",
    environment: { ...process.env, RUNBOOK_PRODUCTION: address, RUNBOOK_LOCAL: address },
    onProgress: (progress) => void (told += JSON.stringify(progress)),
  });
}, 400_000);
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await server?.stop();
});

test("a run whose every cell fails holds no person and no password in anything that it wrote or told", () => {
  expect(finished.executed.map(({ failed }) => Boolean(failed))).toEqual(Object.keys(cells).map(() => true));
  const files = readdirSync(out, { recursive: true, encoding: "utf8" }).filter((file) =>
    /\.(html|md|json|jsonl|ipynb|csv)$/.test(file),
  );
  expect(files.length).toBeGreaterThan(10);
  for (const [file, text] of [
    ["progress", told],
    ...files.map((file) => [file, readFileSync(join(out, file), "utf8")]),
  ]) {
    for (const canary of canaries) expect(canary.exec(text)?.[0], file).toBeUndefined();
    expect(text.includes(server.password), file).toBe(false);
  }
});

test(
  "a query that is wrong for both sides fails its cell: one sentence, the line, a caret, what was probably meant, and no stack",
  { timeout: 300_000 },
  async () => {
    const address = server.address("postgres");
    const kernel = await startKernel(
      folder,
      { PATH: process.env.PATH, HOME: folder, RUNBOOK_PRODUCTION: address, RUNBOOK_LOCAL: address },
      { seconds: 120 },
    );
    const fail = async (code: string): Promise<string> => {
      const { status, outputs } = await kernel.execute(code);
      const errors = outputs.flatMap((output) => (output.output_type === "error" ? [output] : []));
      expect([status, errors.length, errors[0]?.ename], code).toEqual(["error", 1, "RunbookError"]);
      expect(errors[0].evalue, code).not.toMatch(/\n    at |node_modules/);
      return errors[0].evalue;
    };
    try {
      await kernel.execute('import { open, both, production, available, sql } from "runbook"; await open("wrong");');
      expect(await fail("await both(sql`\n  select stat, count(*)\n  from licenses where state = ${1}`);")).toBe(
        "production and local: There is no column stat here: check its name, and name its table. Perhaps state is meant.\n\nline 2:   select stat, count(*)\n                 ^",
      );
      expect(await fail("const rows = await production(sql`select count(*) as rows from licences`);")).toMatch(
        /^production: .*licences.* Perhaps licenses is meant\.\n\nline 1: .*\n {37}\^$/,
      );
      expect(await fail("await available(sql`select * from nowhere`);")).toMatch(/nowhere.*\n\nline 1: .*\n {22}\^$/);
      expect(await fail("await both(sql`select 1 from`);")).toMatch(/syntax error.*\n\nline 1: select 1 from\n +\^$/);
      expect(await fail("await both(sql`select 'é', email from users`);")).toMatch(
        /^users\.email is personal .*\n\nline 1: .*\n {20}\^$/,
      );
    } finally {
      await kernel.shutdown();
    }
  },
);

test("what the sieve withheld is a finding that names the place and the kind", () => {
  const withheld = finished.results.findings.filter(({ id }) => id.startsWith("withheld/"));
  expect(withheld.map(({ id }) => id)).toEqual(
    expect.arrayContaining(["withheld/rows/rows/e-mail-address", "withheld/late/late/e-mail-address"]),
  );
  for (const { severity, evidence } of withheld)
    expect([severity, Object.keys(cells).includes(evidence.cell)]).toEqual(["critical", true]);
});
