import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, cpSync, existsSync, mkdtempSync, readdirSync, readlinkSync, rmSync, unlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, expect, test } from "vitest";
import { installedBinaries, startServer } from "../lib/demo/postgres";

const scratch = mkdtempSync(join(tmpdir(), "runbook-test-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

async function ask(address: string, query: string): Promise<unknown> {
  const client = new Client({ connectionString: address });
  await client.connect();
  const { rows } = await client.query({ text: query, rowMode: "array" });
  await client.end();
  return rows[0][0];
}

async function gone(port: number, folder: string): Promise<void> {
  for (let i = 0; i < 100 && existsSync(folder); i++) await new Promise((resolve) => setTimeout(resolve, 30));
  expect(existsSync(folder)).toBe(false);
  await expect(ask(`postgres://postgres@127.0.0.1:${port}/postgres`, "select 1")).rejects.toMatchObject({
    code: "ECONNREFUSED",
  });
}

test(
  "a server answers with its password alone, and is gone with its folder when it is stopped",
  { timeout: 20_000 },
  async () => {
    const server = await startServer();
    const address = server.address("postgres");
    const data = String(await ask(address, "show data_directory"));
    expect(await ask(address, "select version()")).toMatch(/^PostgreSQL 15\./);
    expect(
      await ask(
        address,
        "select current_setting('TimeZone') || ' ' || current_setting('server_encoding') || ' ' || current_setting('lc_collate')",
      ),
    ).toBe("UTC UTF8 C");
    await expect(ask(address.replace(server.password, "wrong"), "select 1")).rejects.toMatchObject({ code: "28P01" });
    await server.stop();
    await gone(server.port, join(data, ".."));
    await server.stop();
  },
);

test("a server ends with the process that started it, even if that is killed", { timeout: 20_000 }, async () => {
  const program = `require("./lib/register-typescript");
    require(${JSON.stringify(join(__dirname, "../lib/demo/postgres.ts"))}).startServer().then(({ address, port }) => { console.log(JSON.stringify({ address: address("postgres"), port })); setInterval(() => {}, 1000); })`;
  const owner = spawn(process.execPath, ["-e", program], { cwd: join(__dirname, "..") });
  const [line] = await once(owner.stdout.setEncoding("utf8"), "data");
  const { address, port } = JSON.parse(line) as { address: string; port: number };
  const data = String(await ask(address, "show data_directory"));
  owner.kill("SIGKILL");
  await gone(port, join(data, ".."));
});

test.skipIf(process.platform !== "linux")(
  "the binaries run though their links are missing, and though they lie where the server's user cannot go",
  { timeout: 30_000 },
  async () => {
    const hidden = join(scratch, "hidden");
    const native = join(hidden, "any-name");
    cpSync(installedBinaries(), native, { recursive: true, verbatimSymlinks: true });
    const links = readdirSync(join(native, "lib")).filter(
      (name) => name.includes("icu") && isLink(join(native, "lib", name)),
    );
    for (const name of links) unlinkSync(join(native, "lib", name));
    chmodSync(hidden, 0o700);
    const server = await startServer({ binaries: native });
    expect(links.length).toBeGreaterThan(0);
    expect(await ask(server.address("postgres"), "select 1")).toBe(1);
    await server.stop();
  },
);

test("binaries that do not run are one clear sentence", async () => {
  const native = join(scratch, "broken");
  cpSync(join(installedBinaries(), "share", "postgresql", "timezonesets"), join(native, "bin"), { recursive: true });
  await expect(startServer({ binaries: native })).rejects.toMatchObject({
    name: "RunbookError",
    message: expect.stringMatching(/does not run on this machine .*RUNBOOK_PRODUCTION and RUNBOOK_LOCAL/),
  });
});

function isLink(file: string): boolean {
  try {
    return Boolean(readlinkSync(file));
  } catch {
    return false;
  }
}
