import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";

/** The one database that a confined Python may reach. */
export interface Reachable {
  /** Its address over TCP: `postgres://user:password@127.0.0.1:5433/name`. */
  address: string;
  /** The folder of its server's Unix socket; with it, the kernel can refuse every other network. */
  socket?: string;
}

/** A program of the project's Python, and what it may use. */
export interface Confined {
  program: string;
  words: string[];
  /** The variables of this process, of which it is given the harmless ones. */
  around: Readonly<Record<string, string | undefined>>;
  /** The folder in which it runs, and from which it may import. */
  folder: string | undefined;
  /** Without it, nothing can be reached at all. */
  reachable?: Reachable;
  /**
   * A file of settings for Alembic, which lies beside `files` in a folder of its own; its path goes before the words
   * as `-c`.
   */
  ini?: string;
  files?: Record<string, string>;
  /** Folders that are linked beside them. */
  links?: Record<string, string>;
  seconds?: number;
}

export interface ConfinedResult {
  /** Null where the program did not start, or was stopped for its time. */
  status: number | null;
  output: string;
  error: string;
  /** Whether the guard was in force from the start: a Python that ignores PYTHONPATH never loads it. */
  isConfined: boolean;
  /** Whether the kernel refuses every network too. */
  isIsolated: boolean;
  /** Whether the scratch database was reached. */
  hasReached: boolean;
  /** What it tried to reach and was refused: `db.example.org:5432`, `program psql`. */
  refused: string[];
}

/**
 * Runs a program of the project's Python, such as `alembic`, so that it can reach nothing but one database. It is
 * given PATH, LANG and the like, an address of that database under the usual names, and no other address, credential
 * or home. A `sitecustomize` of ours is loaded before any other code: on Linux the kernel then refuses every socket
 * but a Unix one (seccomp), for what it starts too; everywhere Python's audit events and the drivers' own `connect`
 * refuse every other address, and every other program.
 */
export async function runConfined(run: Confined): Promise<ConfinedResult> {
  const own = mkdtempSync(join(tmpdir(), "runbook-alembic-"));
  try {
    const report = join(own, "report");
    mkdirSync(join(own, "home"));
    mkdirSync(join(own, "guard"));
    writeFileSync(join(own, "guard", "sitecustomize.py"), guardText(report, run.reachable));
    for (const [name, text] of Object.entries(run.files ?? {})) writeFileSync(join(own, name), text);
    for (const [name, to] of Object.entries(run.links ?? {})) symlinkSync(to, join(own, name), "junction");
    const words = run.ini === undefined ? run.words : ["-c", join(own, "alembic.ini"), ...run.words];
    if (run.ini !== undefined) writeFileSync(join(own, "alembic.ini"), run.ini);
    const ended = await start(run, words, buildConfinedEnvironment(run, own));
    const lines = existsSync(report) ? readFileSync(report, "utf8").split("\n") : [];
    const refused = lines.flatMap((line) => /^refused (.*)$/.exec(line)?.[1] ?? []);
    return {
      ...ended,
      isConfined: lines.includes("confined"),
      isIsolated: lines.includes("isolated"),
      hasReached: lines.includes("reached"),
      refused: [...new Set(refused)],
    };
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}

/** An address of the database as SQLAlchemy takes it, over the Unix socket where there is one. */
export function buildReachableUrl({ address, socket }: Reachable, scheme = "postgresql"): string {
  const { username, password, port, pathname, host } = new URL(address);
  return socket === undefined
    ? `${scheme}://${username}:${password}@${host}${pathname}`
    : `${scheme}://${username}:${password}@${pathname}?host=${encodeURIComponent(socket)}&port=${port}`;
}

/** Nothing listens there: an address for those who only want to see one. */
const NOWHERE: Reachable = { address: "postgres://runbook:none@127.0.0.1:1/scratch" };

const KEPT = ["PATH", "Path", "LANG", "LC_ALL", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "PYENV_VERSION", "VIRTUAL_ENV"];

function buildConfinedEnvironment(
  { program, folder, around, reachable = NOWHERE }: Confined,
  own: string,
): Record<string, string> {
  const { username, password, port, pathname, hostname } = new URL(reachable.address);
  const url = buildReachableUrl(reachable);
  const home = homedir();
  const pyenv = around.PYENV_ROOT ?? join(home, ".pyenv");
  return {
    ...Object.fromEntries(KEPT.flatMap((name) => (around[name] ? [[name, around[name]]] : []))),
    PATH: [dirname(program), around.PATH ?? around.Path ?? ""].join(delimiter),
    PYTHONPATH: [join(own, "guard"), ...(folder ? [folder] : [])].join(delimiter),
    PYTHONDONTWRITEBYTECODE: "1",
    PYTHONUSERBASE: around.PYTHONUSERBASE ?? join(home, ".local"),
    ...(existsSync(pyenv) ? { PYENV_ROOT: pyenv } : {}),
    HOME: join(own, "home"),
    PGHOST: reachable.socket ?? hostname,
    PGPORT: port,
    PGUSER: username,
    PGPASSWORD: password,
    PGDATABASE: pathname.slice(1),
    PGPASSFILE: join(own, "none"),
    PGSERVICEFILE: join(own, "none"),
    PGSYSCONFDIR: own,
    ...Object.fromEntries(
      ["DATABASE_URL", "DATABASE_URI", "DB_URL", "SQLALCHEMY_DATABASE_URL", "SQLALCHEMY_DATABASE_URI"].map((name) => [
        name,
        url,
      ]),
    ),
  };
}

function start(
  { program, folder, seconds = 120 }: Confined,
  words: string[],
  env: Record<string, string>,
): Promise<Pick<ConfinedResult, "status" | "output" | "error">> {
  return new Promise((resolve) => {
    const child = spawn(program, words, {
      cwd: folder ?? tmpdir(),
      env,
      stdio: ["ignore", "pipe", "pipe"],
      timeout: seconds * 1000,
      killSignal: "SIGKILL",
    });
    const text = { output: "", error: "" };
    child.stdout.setEncoding("utf8").on("data", (piece: string) => (text.output += piece));
    child.stderr.setEncoding("utf8").on("data", (piece: string) => (text.error += piece));
    child.on("error", (error) => resolve({ status: null, output: "", error: error.message }));
    child.on("close", (status, signal) => {
      const late = signal === "SIGKILL" ? `\nIt was stopped after ${seconds} seconds.` : "";
      resolve({ status, output: text.output, error: text.error + late });
    });
  });
}

function guardText(report: string, reachable: Reachable | undefined): string {
  const to = reachable && new URL(reachable.address);
  const settings = {
    report,
    host: to?.hostname ?? null,
    port: to ? Number(to.port) : null,
    socket: reachable?.socket ?? null,
  };
  return GUARD.replace("SETTINGS", () => JSON.stringify(JSON.stringify(settings)));
}

// in the kernel's filter: the system call's number is at 0, the architecture at 4, the first argument at 16
const GUARD = `"""Lets this Python reach one scratch database, and nothing else."""
import json
import os
import sys

_settings = json.loads(SETTINGS)
_isolated = False


def _report(line):
    handle = os.open(_settings["report"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(handle, (line + "\\n").encode("utf-8", "replace"))
    os.close(handle)


def _refuse(what):
    _report("refused " + what.replace("\\n", " "))
    raise PermissionError("The runbook lets the project reach nothing but its scratch database, and refused " + what)


def _is_scratch(host, port):
    if _settings["host"] is None:
        return False
    if _settings["socket"] is not None and host == _settings["socket"]:
        return int(port or 5432) == _settings["port"]
    return host == _settings["host"] and int(port or 5432) == _settings["port"]


def _visit(host, port):
    if not _is_scratch(host, port):
        _refuse("%s:%s" % (host, port))
    _report("reached")


def _visit_address(address):
    if isinstance(address, tuple):
        return _visit(address[0], address[1])
    path = os.fsdecode(address) if isinstance(address, (bytes, str)) else str(address)
    folder, name = os.path.split(path)
    if _settings["socket"] != folder or name != ".s.PGSQL.%s" % _settings["port"]:
        _refuse(path)
    _report("reached")


def _audit(event, args):
    if event in ("socket.connect", "socket.sendto"):
        _visit_address(args[1])
    elif event == "socket.sendmsg" and args[1] is not None:
        _visit_address(args[1])
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = os.fsdecode(args[0]) if isinstance(args[0], bytes) else args[0]
        port = args[1] if event == "socket.getaddrinfo" else None
        if host is not None and (_isolated or host not in (_settings["host"], "localhost", "127.0.0.1", "::1")):
            _refuse("%s:%s" % (host, port) if port else str(host))
    elif event in ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.startfile"):
        what = args[0] if isinstance(args[0], str) else os.fsdecode(args[0]) if isinstance(args[0], bytes) else str(args[0])
        # these ask the machine about itself, and are a part of Python's own library
        if os.path.basename(what.split(" ")[0]) not in ("uname", "ldconfig", "lsb_release"):
            _refuse("the program " + what)


def _isolate():
    """Asks Linux to refuse every socket but a Unix one, for this process and what it starts."""
    import ctypes
    import platform
    import struct

    known = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}.get(platform.machine())
    if sys.platform != "linux" or known is None or (_settings["host"] and not _settings["socket"]):
        return False
    step = lambda code, yes, no, value: struct.pack("HBBI", code, yes, no, value)
    load, equal, at_least, end = 0x20, 0x15, 0x35, 0x06
    refuse, allow, io_uring_setup, unix = 0x0005000D, 0x7FFF0000, 425, 1
    program = [
        step(load, 0, 0, 4),
        step(equal, 0, 7, known[0]),
        step(load, 0, 0, 0),
        step(at_least, 5, 0, 0x40000000),
        step(equal, 4, 0, io_uring_setup),
        step(equal, 0, 2, known[1]),
        step(load, 0, 0, 16),
        step(equal, 0, 1, unix if _settings["host"] else 0xFFFFFFFF),
        step(end, 0, 0, allow),
        step(end, 0, 0, refuse),
    ]
    text = ctypes.create_string_buffer(b"".join(program))

    class Filter(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("steps", ctypes.c_void_p)]

    asked = Filter(len(program), ctypes.addressof(text))
    system = ctypes.CDLL(None, use_errno=True)
    none = ctypes.c_ulong(0)
    if system.prctl(38, ctypes.c_ulong(1), none, none, none) != 0:
        return False
    return system.prctl(22, ctypes.c_ulong(2), ctypes.byref(asked), none, none) == 0


def _visit_parameters(given, port):
    hosts = (given.get("hostaddr") or given.get("host") or os.environ.get("PGHOST") or "").split(",")
    if given.get("service"):
        _refuse("the service " + given["service"])
    for host in hosts + (given.get("host") or hosts[0]).split(","):
        _visit(host, given.get("port") or port)


def _guard_drivers():
    """The drivers that connect in C, of which Python's own events say nothing."""
    port = os.environ.get("PGPORT")
    try:
        import psycopg2
        from psycopg2 import extensions

        connect = psycopg2._connect

        def connect_psycopg2(dsn, *args, **kwargs):
            _visit_parameters(extensions.parse_dsn(dsn), port)
            return connect(dsn, *args, **kwargs)

        psycopg2._connect = connect_psycopg2
    except ImportError:
        pass
    try:
        import psycopg
        from psycopg import conninfo

        def wrap(kind):
            connect = kind.connect.__func__

            def connect_psycopg(cls, conninfo_text="", **kwargs):
                libpq = {name: value for name, value in kwargs.items() if name in _NAMES}
                _visit_parameters(conninfo.conninfo_to_dict(conninfo_text, **libpq), port)
                return connect(cls, conninfo_text, **kwargs)

            kind.connect = classmethod(connect_psycopg)
            return kind.connect

        psycopg.connect = wrap(psycopg.Connection)
        wrap(psycopg.AsyncConnection)
    except ImportError:
        pass


_NAMES = ("host", "hostaddr", "port", "service", "dbname", "user")

try:
    _isolated = _isolate()
except Exception:
    _isolated = False
_guard_drivers()
sys.addaudithook(_audit)
_report("isolated" if _isolated else "open")
_report("confined")
`;
