import { ChildProcess, ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import type { Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { RunbookError } from "../errors";

/**
 * Where the demo's two databases are: production behind a Lambda's endpoint, with the keys it takes, and local at an
 * address.
 */
export interface DemoAddresses {
  endpoint: string;
  local: string;
  function: string;
  region: string;
  account: string;
  accessKeyId: string;
  secretAccessKey: string;
}

export interface Demo extends DemoAddresses {
  stop(): Promise<void>;
}

/**
 * Starts the demo in a process of its own, which ends with this one. `shared` is the JSON of a demo that runs already
 * and that someone else stops; `latency` is how many milliseconds away its production is.
 */
export async function startDemo(shared?: string, latency = 0): Promise<Demo> {
  if (shared) return { ...addressesIn(shared), stop: async () => undefined };
  // In a session of its own, so that an interrupt meant for a cell does not end it.
  const child = spawn(process.execPath, [join(__dirname, "serve.js"), String(latency)], {
    detached: process.platform !== "win32",
    windowsHide: true,
  });
  const addresses = addressesIn(await firstLine(child));
  child.stdout.resume();
  for (const handle of [child, child.stdin, child.stdout, child.stderr]) (handle as ChildProcess | Socket).unref();
  return { ...addresses, stop: () => stopped(child) };
}

function addressesIn(json: string): DemoAddresses {
  try {
    const addresses = JSON.parse(json) as DemoAddresses;
    for (const address of [addresses.endpoint, addresses.local]) new URL(address);
    return addresses;
  } catch (cause) {
    throw new RunbookError(
      "RUNBOOK_DEMO does not hold what a running demo says of itself: unset it, and the runbook starts a " +
        "demo of its own.",
      { cause },
    );
  }
}

/** What the child says when it is ready; where it ends before, why. */
async function firstLine(child: ChildProcessWithoutNullStreams): Promise<string> {
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (complaint = (complaint + text).slice(-4000)));
  const lines = createInterface({ input: child.stdout });
  const line = once(lines, "line").then(([text]) => text as string);
  const end = once(child, "close").then(() => {
    throw new RunbookError(
      complaint.trim().split("\n").pop() || "The demo ended before it was ready: run it once more.",
    );
  });
  return Promise.race([line, end]).finally(() => lines.close());
}

async function stopped(child: ChildProcessWithoutNullStreams): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.ref();
  child.stdin.end();
  await once(child, "exit");
}
