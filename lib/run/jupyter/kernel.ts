import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Dealer, Subscriber } from "zeromq";
import { RunbookError } from "../../errors";
import { makeErrorOutput } from "./failure";
import type { Output } from "../notebook";
import { type Collected, type Displays, collectOutputs, take } from "./outputs";
import { type Connection, type Message, parse, makeRequest } from "./messages";

export interface Execution {
  status: "ok" | "error";
  outputs: Output[];
  executionCount: number | null;
}

/** A running tslab kernel. */
export interface Kernel {
  /**
   * Runs one cell. What goes wrong in it, a late exception and the kernel's death included, is an error output, never
   * a rejection. `id` is the cell's, as a front end would send it.
   */
  execute(code: string, id?: string): Promise<Execution>;
  /** Asks what a front end asks beside cells, such as a `complete_request`. Answers with the reply's content. */
  ask(type: string, content: Record<string, unknown>): Promise<Record<string, unknown>>;
  /** Stops the running cell. */
  interrupt(): void;
  /**
   * Makes the kernel ready for another notebook of its folder, with nothing left of the one that it has served. True
   * where it is as fresh; false where it is not, or not known to be: then it is being ended, which `shutdown` awaits.
   * Nor is it kept with more resident memory than `mostMemory`, in bytes.
   */
  reset(mostMemory?: number): Promise<boolean>;
  /** Ends the process: asked first, then told, then killed. */
  shutdown(): Promise<void>;
}

/**
 * Starts the project's tslab in `folder` with `environment` as its whole environment, ready to execute. It takes two
 * seconds on a machine that has nothing else to do, and was seen to take more than 30 on one that had; so it is
 * waited for, and where it has not come after `seconds`, started once more. `onSpawn` is told the process of each try.
 */
export async function startKernel(
  folder: string,
  environment: NodeJS.ProcessEnv,
  { seconds = 120, onSpawn = () => undefined }: { seconds?: number; onSpawn?: (kernel: ChildProcess) => void } = {},
): Promise<Kernel> {
  try {
    return await tryStart(folder, environment, seconds, onSpawn);
  } catch (error) {
    // Somebody took one of the ports between our choice and the kernel's call: others will be free.
    const isWorthRepeating =
      error instanceof LateStart || (error instanceof KernelDeath && portTaken.test(error.lastWords));
    if (isWorthRepeating) return tryStart(folder, environment, seconds, onSpawn);
    throw error instanceof KernelDeath
      ? new RunbookError(`The tslab kernel did not start (${error.how}): reinstall with npm ci.`, { cause: error })
      : error;
  }
}

async function tryStart(
  folder: string,
  environment: NodeJS.ProcessEnv,
  seconds: number,
  onSpawn: (kernel: ChildProcess) => void,
): Promise<Kernel> {
  const connection = await makeConnection();
  const child = spawnKernel(connection, folder, environment);
  onSpawn(child);
  const { kernel, ready } = startConversation(connection, child, connect(connection), folder);
  try {
    await Promise.race([ready, startDeadline(seconds)]);
    child.send({ watch: true }, () => undefined);
    return kernel;
  } catch (error) {
    child.kill("SIGKILL");
    await kernel.shutdown();
    throw error;
  }
}

/** Five ports of this machine that were free a moment ago, and a key, as Jupyter hands them to a kernel. */
export async function makeConnection(): Promise<Connection> {
  const servers = await Promise.all(
    Array.from({ length: 5 }, async () => {
      const server = createServer().listen(0, "127.0.0.1");
      await once(server, "listening");
      return server;
    }),
  );
  const [shell_port, iopub_port, control_port, stdin_port, hb_port] = servers.map(
    (server) => (server.address() as AddressInfo).port,
  );
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return {
    transport: "tcp",
    ip: "127.0.0.1",
    key: randomUUID(),
    signature_scheme: "hmac-sha256",
    shell_port,
    iopub_port,
    control_port,
    stdin_port,
    hb_port,
  };
}

const alive = new Set<ChildProcess>();
process.once("exit", () => alive.forEach((child) => child.kill("SIGKILL")));

function spawnKernel(connection: Connection, folder: string, environment: NodeJS.ProcessEnv): ChildProcess {
  const place = mkdtempSync(join(tmpdir(), "runbook-kernel-"));
  const file = join(place, "connection.json");
  writeFileSync(file, JSON.stringify(connection), { mode: 0o600 });
  const tslab = join(dirname(require.resolve("tslab/package.json")), "bin", "tslab");
  const child = spawn(
    process.execPath,
    ["--require", join(__dirname, "preload.js"), tslab, "kernel", `--config-path=${file}`],
    {
      cwd: folder,
      env: { ...environment, FORCE_COLOR: "0" },
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    },
  );
  alive.add(child);
  const forget = (): void => {
    alive.delete(child);
    rmSync(place, { recursive: true, force: true });
  };
  child.once("exit", forget).once("error", forget);
  return child;
}

interface Sockets {
  shell: Dealer;
  iopub: Subscriber;
}

function connect({ ip, shell_port, iopub_port }: Connection): Sockets {
  const options = { linger: 0, reconnectInterval: 50, receiveHighWaterMark: 0 };
  const sockets = { shell: new Dealer(options), iopub: new Subscriber(options) };
  sockets.shell.connect(`tcp://${ip}:${shell_port}`);
  sockets.iopub.connect(`tcp://${ip}:${iopub_port}`);
  sockets.iopub.subscribe();
  return sockets;
}

/** How long a kernel may take to make itself anew: one that is busy with something else is not kept. */
const renewSeconds = 5;

const portTaken = /EADDRINUSE|address already in use/i;

interface Answered {
  reply?: Message;
  idle?: boolean;
  done(): void;
}

function startConversation(
  { key }: Connection,
  child: ChildProcess,
  { shell, iopub }: Sockets,
  folder: string,
): { kernel: Kernel; ready: Promise<void> } {
  const asked = new Map<string, Answered>();
  const displays: Displays = new Map();
  let collected: Collected = { received: [], failed: false };
  let lastWords = "";
  let running = 0;
  // whether a cell has failed or was interrupted, after which nobody knows what it has left
  let spoiled = false;
  let ending: Promise<void> | undefined;
  child.stderr?.on("data", (chunk: Buffer) => {
    lastWords = (lastWords + chunk.toString()).slice(-4000);
    if (portTaken.test(lastWords)) child.kill("SIGKILL");
  });
  const death = new Promise<string>((resolve) => {
    child.once("exit", (code, signal) => resolve(signal ? `signal ${signal}` : `exit status ${code}`));
    child.once("error", (error) => resolve(error.message));
  });

  void readMessages(key, shell, (message) => answer(message, { reply: message }));
  void readMessages(key, iopub, (message) => {
    if (message.type === "status") return message.content.execution_state === "idle" && answer(message, { idle: true });
    // Late output names an earlier cell as its parent; it belongs to the cell that was running when it came.
    take(collected, displays, message);
    if (collected.failed) interrupt();
  });

  function answer({ parent }: Message, part: Partial<Answered>): void {
    const waiting = asked.get(parent ?? "");
    if (waiting && Object.assign(waiting, part).reply && waiting.idle) waiting.done();
  }

  async function ask(type: string, content: Record<string, unknown>, metadata = {}): Promise<Message> {
    const { id, frames } = makeRequest(key, type, content, metadata);
    const waiting: Answered = { done: () => undefined };
    const answered = new Promise<void>((resolve) => (waiting.done = resolve));
    asked.set(id, waiting);
    await shell.send(frames);
    const died = await Promise.race([answered, death]);
    asked.delete(id);
    if (died) throw new KernelDeath(died, lastWords);
    return waiting.reply as Message;
  }

  // The first questions may be answered before the output channel is connected, so they are asked until one comes back
  // whole.
  async function greet(): Promise<void> {
    const told = ask("kernel_info_request", {});
    told.catch(() => undefined);
    const answered = await Promise.race([told.then(() => true), sleep(250).then(() => false)]);
    if (!answered) return greet();
  }

  async function execute(code: string, id?: string): Promise<Execution> {
    try {
      running += 1;
      const request = { code, silent: false, store_history: true, user_expressions: {} };
      const { content } = await ask(
        "execute_request",
        { ...request, allow_stdin: false, stop_on_error: true },
        id === undefined ? {} : { cellId: id },
      );
      // For 200 ms after an error tslab answers everything with "abort", and runs nothing.
      if (content.status === "abort") return sleep(100).then(() => execute(code, id));
      // A rejection that nobody awaits is written after the cell's own answer, and before the next question's.
      await ask("kernel_info_request", {});
      const status = content.status === "ok" && !collected.failed ? "ok" : "error";
      spoiled ||= status === "error";
      return {
        status,
        outputs: collectOutputs(collected.received, status, folder),
        executionCount: (content.execution_count as number | undefined) ?? null,
      };
    } catch (error) {
      if (!(error instanceof KernelDeath)) throw error;
      return {
        status: "error",
        outputs: [
          ...collectOutputs(collected.received, "ok", folder),
          makeErrorOutput("KernelDied", error.message, folder),
        ],
        executionCount: null,
      };
    } finally {
      running += 1;
      collected = { received: [], failed: false };
    }
  }

  async function reset(mostMemory = 400e6): Promise<boolean> {
    const late = sleep(renewSeconds * 1000, false, { ref: false });
    const isFresh = await Promise.race([renew(mostMemory), late]);
    if (!isFresh) void shutdown();
    return isFresh;
  }

  async function renew(mostMemory: number): Promise<boolean> {
    try {
      // what was still on its way is here when the answer is
      await ask("kernel_info_request", {});
      if (spoiled || collected.received.length || !child.connected || !(await isRenewed(mostMemory))) return false;
      await ask("kernel_info_request", {});
      displays.clear();
      return collected.received.length === 0 && !collected.failed;
    } catch (error) {
      if (error instanceof KernelDeath) return false;
      throw error;
    }
  }

  /** Whether the process says that nothing of the notebook is left. */
  async function isRenewed(mostMemory: number): Promise<boolean> {
    const id = randomUUID();
    let hear = (_: { renewed?: string; trace?: string }): void => undefined;
    const told = new Promise<boolean>((resolve) => {
      hear = ({ renewed, trace }) => {
        if (renewed === id) resolve(trace === undefined);
      };
    });
    child.on("message", hear);
    child.send({ renew: id, mostMemory }, () => undefined);
    const isClean = await Promise.race([told, death.then(() => false)]);
    child.off("message", hear);
    return isClean;
  }

  function interrupt(): void {
    spoiled = true;
    const interrupted = running;
    child.kill("SIGINT");
    // A cell that does not listen is ended with its kernel.
    setTimeout(() => running === interrupted && child.kill("SIGKILL"), 5000).unref();
  }

  function shutdown(): Promise<void> {
    return (ending ??= end());
  }

  async function end(): Promise<void> {
    // An open connection in the notebook keeps tslab alive after it was asked to go.
    const ask = (): void =>
      void shell.send(makeRequest(key, "shutdown_request", { restart: false }).frames).catch(() => undefined);
    for (const step of [ask, () => child.connected && child.disconnect(), () => child.kill("SIGKILL")]) {
      if (!alive.has(child)) break;
      step();
      await Promise.race([death, sleep(1000, undefined, { ref: false })]);
    }
    shell.close();
    iopub.close();
  }

  return {
    kernel: { execute, ask: async (type, content) => (await ask(type, content)).content, interrupt, reset, shutdown },
    ready: greet(),
  };
}

class LateStart extends RunbookError {}

class KernelDeath extends RunbookError {
  constructor(
    readonly how: string,
    readonly lastWords: string,
  ) {
    const why = /heap out of memory/i.test(lastWords) ? "it ran out of memory" : how;
    super(`The kernel stopped by itself (${why}): the cell, or something it loaded, ended the process.`);
  }
}

async function readMessages(
  key: string,
  socket: AsyncIterable<Buffer[]>,
  hear: (message: Message) => unknown,
): Promise<void> {
  for await (const frames of socket) {
    const message = parse(key, frames);
    if (message) hear(message);
  }
}

async function startDeadline(seconds: number): Promise<never> {
  await sleep(seconds * 1000, undefined, { ref: false });
  throw new LateStart(
    `The tslab kernel did not start within ${seconds} s, twice, and was stopped: try again when the machine ` +
      `is less busy, or reinstall with npm ci.`,
  );
}
