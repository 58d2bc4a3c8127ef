import { execFileSync } from "node:child_process";
import { chownSync, chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startServer, type Server } from "../lib/demo/postgres";
import { findProgramOnPath } from "../lib/settings";
import { openSource } from "../lib/source/guarded";
import { sql } from "../lib/sql";

/** A server with a certificate of a CA that nobody knows, as a company's own, or Amazon's. */
const openssl = findProgramOnPath(["openssl"]);
if (!openssl) console.warn("openssl is not installed: certificates are not tried.");

let server: Server;
let folder: string;
let address: string;

beforeAll(async () => {
  if (!openssl) return;
  server = await startServer();
  folder = mkdtempSync(join(tmpdir(), "runbook-tls-"));
  chmodSync(folder, 0o755);
  makeCertificates();
  address = `postgres://${server.user}:${server.password}@${server.host}:${server.port}/postgres`;
  const client = new Client({ connectionString: address });
  await client.connect();
  const { data_directory: data } = (await client.query("show data_directory")).rows[0] as { data_directory: string };
  const { uid, gid } = statSync(data);
  if (process.getuid?.() === 0) chownSync(join(folder, "server.key"), uid, gid);
  await client.query(`alter system set ssl_cert_file = '${join(folder, "server.pem")}'`);
  await client.query(`alter system set ssl_key_file = '${join(folder, "server.key")}'`);
  await client.query("alter system set ssl = on");
  await client.query("select pg_reload_conf()");
  await client.end();
  await vi.waitFor(async () => expect(await askWith("sslmode=no-verify")).toBe("answered"), { timeout: 10_000 });
});

afterAll(async () => {
  await server?.stop();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

test.skipIf(!openssl)(
  "a certificate of an unknown CA is refused in a sentence that names the setting, and accepted with it",
  async () => {
    expect(await askWith("sslmode=verify-full")).toMatch(
      /a CA that this machine does not trust: name the CA's file in RUNBOOK_LOCAL/,
    );
    expect(await askWith(`sslmode=verify-full&sslrootcert=${join(folder, "ca.pem")}`)).toBe("answered");
  },
);

test.skipIf(!openssl)("a root certificate that is not there is named", async () =>
  expect(await askWith("sslmode=verify-full&sslrootcert=/nowhere/ca.pem")).toMatch(
    /[Tt]he file \/nowhere\/ca.pem, which the PostgreSQL address names, cannot be read \(ENOENT\): correct its sslrootcert/,
  ),
);

test.skipIf(!openssl)("a certificate for another host says so", async () => {
  const elsewhere = address.replace("127.0.0.1", "localhost");
  expect(await askWith(`sslmode=verify-full&sslrootcert=${join(folder, "ca.pem")}`, elsewhere)).toMatch(
    /the certificate of localhost:\d+ is for another host/,
  );
});

async function askWith(parameters: string, url = address): Promise<string> {
  const columns = { safe: {} } as never;
  const source = await openSource("local", { kind: "postgres", url: `${url}?${parameters}` }, { columns });
  try {
    await source.ask(sql.identity);
    return "answered";
  } catch (error) {
    return (error as Error).message;
  } finally {
    await source.close();
  }
}

/** A CA, and a certificate of it for 127.0.0.1 alone. */
function makeCertificates(): void {
  const run = (...words: string[]) => execFileSync(openssl!, words, { cwd: folder, stdio: "pipe" });
  const days = ["-days", "2"];
  const subject = (name: string) => ["-nodes", "-subj", `/CN=${name}`];
  run(
    "req",
    "-x509",
    "-newkey",
    "rsa:2048",
    ...subject("a private CA"),
    ...days,
    "-keyout",
    "ca.key",
    "-out",
    "ca.pem",
  );
  run("req", "-newkey", "rsa:2048", ...subject("127.0.0.1"), "-keyout", "server.key", "-out", "server.csr");
  writeFileSync(join(folder, "names"), "subjectAltName = IP:127.0.0.1\n");
  const signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "names", ...days];
  run("x509", "-req", "-in", "server.csr", ...signed, "-out", "server.pem");
  chmodSync(join(folder, "server.key"), 0o600);
}
