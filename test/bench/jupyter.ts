import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Dealer, Subscriber } from "zeromq";
import { makeConnection } from "../../lib/run/jupyter/kernel";
import { type Message, makeRequest, parse } from "../../lib/run/jupyter/messages";

/** What came of one cell, in seconds from its request. */
export interface Ran {
  ok: boolean;
  seconds: number;
  /** When the first frame was shown; undefined where none was. */
  shown?: number;
}

/** A kernel that was started as Jupyter starts one: by the words of its kernel.json, in the notebook's folder. */
export interface Front {
  run(code: string): Promise<Ran>;
  stop(): Promise<void>;
}

/** Starts the kernel of this kernel.json, and resolves when it answers, as a notebook shows it "idle". */
export async function openFront(argv: string[], folder: string, environment: NodeJS.ProcessEnv): Promise<Front> {
  const place = mkdtempSync(join(tmpdir(), "runbook-front-"));
  const file = join(place, "connection.json");
  const connection = await makeConnection();
  writeFileSync(file, JSON.stringify({ ...connection, kernel_name: "bench" }));
  const words = argv.map((word) => word.replace("{connection_file}", file));
  // a group of its own: some kernels are started by a script, which takes no signal along to them
  const child = spawn(words[0], words.slice(1), { cwd: folder, env: environment, stdio: "ignore", detached: true });
  const ended = new Promise<false>((resolve) => child.once("exit", () => resolve(false)));
  const [shell, iopub] = [new Dealer({ linger: 0 }), new Subscriber({ linger: 0, receiveHighWaterMark: 0 })];
  shell.connect(`tcp://${connection.ip}:${connection.shell_port}`);
  iopub.connect(`tcp://${connection.ip}:${connection.iopub_port}`);
  iopub.subscribe();
  const listeners = new Set<(message: Message, from: "shell" | "iopub") => void>();
  for (const [socket, from] of [
    [shell, "shell"],
    [iopub, "iopub"],
  ] as const)
    void (async () => {
      for await (const frames of socket) {
        const message = parse(connection.key, frames);
        if (message) listeners.forEach((hear) => hear(message, from));
      }
    })().catch(() => undefined);

  /** Resolves when the kernel has answered and is idle again; false where it ended, or did not answer in time. */
  async function ask(type: string, content: object, seconds: number, hear: (message: Message) => void) {
    const { id, frames } = makeRequest(connection.key, type, { ...content });
    const come = new Set<string>();
    let resolve = (_: boolean): void => undefined;
    const answered = new Promise<boolean>((done) => (resolve = done));
    const listen = (message: Message, from: "shell" | "iopub"): void => {
      if (message.parent !== id) return;
      hear(message);
      if (from === "shell") come.add("reply");
      if (message.content.execution_state === "idle") come.add("idle");
      if (come.size === 2) resolve(true);
    };
    listeners.add(listen);
    await shell.send(frames);
    const late = sleep(seconds * 1000, false, { ref: false });
    const done = await Promise.race([answered, late, ended]);
    listeners.delete(listen);
    return done;
  }

  async function stop(): Promise<void> {
    await shell.send(makeRequest(connection.key, "shutdown_request", { restart: false }).frames);
    await Promise.race([ended, sleep(2000, undefined, { ref: false })]);
    endGroup(child.pid);
    await ended;
    shell.close();
    iopub.close();
    rmSync(place, { recursive: true, force: true });
  }

  for (let time = 0; ; time++) {
    if (await ask("kernel_info_request", {}, 1, () => undefined)) break;
    if (time < 60 && child.exitCode === null && child.signalCode === null) continue;
    await stop();
    throw new Error(`The kernel did not start: ${words.join(" ")}`);
  }
  return {
    async run(code) {
      const start = performance.now();
      const since = (): number => (performance.now() - start) / 1000;
      let shown: number | undefined;
      let isWell = true;
      const asked = { code, silent: false, store_history: true, user_expressions: {}, allow_stdin: false };
      const done = await ask("execute_request", asked, 120, ({ type, content }) => {
        const { "text/html": html = "" } = (content.data ?? {}) as { "text/html"?: string };
        if (type === "display_data" && html.includes("<table")) shown ??= since();
        if (type === "error" || content.status === "error") isWell = false;
      });
      return { ok: done && isWell, seconds: since(), shown };
    },
    stop,
  };
}

function endGroup(leader: number | undefined): void {
  try {
    if (leader !== undefined) process.kill(-leader, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
