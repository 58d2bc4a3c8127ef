import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, describe, expect, test } from "vitest";
import { installedBinaries, startServer, type Server } from "../lib/demo/postgres";
import { keepTemplate, packFolder, readTemplate, unpackFolder } from "../lib/demo/template";

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

describe("what initdb made is kept, and copied", { timeout: 60_000 }, () => {
  const cache = join(scratch, "clusters");
  const kept = () => readdirSync(cache).map((name) => join(cache, name));
  const identifier = (server: Server) =>
    ask(server.address("postgres"), "select system_identifier::text from pg_control_system()");

  test("a copy is the same cluster with a password of its own, and none is kept", async () => {
    const first = await startServer({ cache });
    const [file] = kept();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const second = await startServer({ cache });
    expect(await identifier(second)).toBe(await identifier(first));
    expect(second.password).not.toBe(first.password);
    for (const [server, other] of [
      [first, second],
      [second, first],
    ])
      await expect(
        ask(server.address("postgres").replace(server.password, other.password), "select 1"),
      ).rejects.toMatchObject({ code: "28P01" });
    await Promise.all([first.stop(), second.stop()]);
    expect(kept()).toEqual([file]);
    for (const { password } of [first, second]) expect(readFileSync(file).includes(password)).toBe(false);
  });

  const repack = (file: string, change: (folder: string) => void) => {
    const folder = join(scratch, "repacked");
    unpackFolder(readTemplate(file)!, folder, undefined);
    change(folder);
    keepTemplate(file, packFolder(folder));
    rmSync(folder, { recursive: true });
  };
  test.each<[string, (file: string) => void]>([
    ["was cut off", (file) => writeFileSync(file, readFileSync(file).subarray(0, 9_000_000))],
    ["is empty", (file) => writeFileSync(file, "")],
    [
      "has another byte",
      (file) => {
        const packed = readFileSync(file);
        packed[packed.length - 9000] ^= 1;
        writeFileSync(file, packed);
      },
    ],
    ["is of another version", (file) => repack(file, (folder) => writeFileSync(join(folder, "PG_VERSION"), "14\n"))],
    ["is of no server", (file) => repack(file, (folder) => rmSync(join(folder, "global"), { recursive: true }))],
    // this is read when the server opens its port, and not before
    ["does not open", (file) => repack(file, (folder) => writeFileSync(join(folder, "pg_hba.conf"), "nonsense\n"))],
  ])("a server starts, and what was kept is made anew, where it %s", async (_, spoil) => {
    const [file] = kept();
    const before = readFileSync(file);
    spoil(file);
    expect(readFileSync(file).equals(before)).toBe(false);
    const server = await startServer({ cache });
    expect(await ask(server.address("postgres"), "select 1")).toBe(1);
    await server.stop();
    expect(kept()).toEqual([file]);
    expect(readTemplate(file)!.equals(before)).toBe(false);
  });

  test("two servers that start at once with nothing kept are two servers, and one file is kept", async () => {
    const empty = join(scratch, "empty");
    const programs = [1, 2].map(() =>
      spawn(
        process.execPath,
        [
          "-e",
          `require(${JSON.stringify(join(__dirname, "../lib/register-typescript"))});
          require(${JSON.stringify(join(__dirname, "../lib/demo/postgres.ts"))}).startServer({ cache: ${JSON.stringify(empty)} })
            .then((server) => { console.log(server.address("postgres")); process.stdin.once("end", () => server.stop()).resume(); })`,
        ],
        { cwd: join(__dirname, "..") },
      ),
    );
    const addresses = await Promise.all(
      programs.map(async ({ stdout }) => String((await once(stdout, "data"))[0]).trim()),
    );
    for (const address of addresses) expect(await ask(address, "select 1")).toBe(1);
    await Promise.all(
      programs.map(async (program) => {
        program.stdin.end();
        await once(program, "exit");
      }),
    );
    expect(readdirSync(empty)).toHaveLength(1);
    expect(readTemplate(join(empty, readdirSync(empty)[0]))).toBeDefined();
  });

  test("a server starts where nothing can be kept", async () => {
    const server = await startServer({ cache: join(kept()[0], "below-a-file") });
    expect(await ask(server.address("postgres"), "select 1")).toBe(1);
    await server.stop();
  });

  test("what was not used for longest goes", () => {
    const folder = join(scratch, "many");
    mkdirSync(folder);
    const names = Array.from({ length: 14 }, (_, index) => String(index));
    for (const name of names) {
      writeFileSync(join(folder, name), "");
      utimesSync(join(folder, name), 0, Number(name));
    }
    keepTemplate(join(folder, "new"), Buffer.from(""));
    expect(readdirSync(folder).sort()).toEqual(["new", ...names.slice(3)].sort());
  });
});

function isLink(file: string): boolean {
  try {
    return Boolean(readlinkSync(file));
  } catch {
    return false;
  }
}
