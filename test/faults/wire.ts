import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** What goes wrong with one statement on PostgreSQL's wire. */
export type WireFault =
  | { kind: "error"; code: string; message: string; fatal?: boolean }
  /** The connection ends: before the statement, in the middle of its answer, or when it is idle, and then the server is not there for a while or turns logins away. */
  | { kind: "cut"; when: "before" | "in the answer" }
  | { kind: "away"; milliseconds: number }
  | { kind: "login"; code: string; message: string };

export interface FaultyWire {
  port: number;
  /** Called at each statement of a transaction; what it gives goes wrong. */
  choose: () => WireFault | undefined;
  statements: number;
  stop(): Promise<void>;
}

/** Stands before a PostgreSQL server, and lets statements of the extended protocol go wrong (PostgreSQL manual, "Message Formats"). */
export async function faultyWire(behind: number): Promise<FaultyWire> {
  const open = new Set<Socket>();
  let refuseLogin: Extract<WireFault, { kind: "login" }> | undefined;

  const serve = (client: Socket): void => {
    const server = connect(behind, "127.0.0.1");
    let limit = Infinity;
    for (const socket of [client, server]) {
      open.add(socket);
      socket
        .on("error", () => undefined)
        .on("close", () => {
          open.delete(socket);
          client.destroy();
          server.destroy();
        });
    }
    server.on("data", (bytes: Buffer) => {
      client.write(bytes.subarray(0, limit));
      if (bytes.length > limit) client.end();
    });
    let rest = Buffer.alloc(0);
    let started = false;
    let swallowing: WireFault | undefined;
    client.on("data", (bytes: Buffer) => {
      rest = Buffer.concat([rest, bytes]);
      for (;;) {
        const head = started ? 1 : 0;
        if (rest.length < head + 4 || rest.length < head + rest.readInt32BE(head)) return;
        const message = rest.subarray(0, head + rest.readInt32BE(head));
        rest = rest.subarray(message.length);
        if (!started) {
          started = true;
          if (refuseLogin) {
            client.end(errorResponse("FATAL", refuseLogin.code, refuseLogin.message));
            refuseLogin = undefined;
            return;
          }
          server.write(message);
          continue;
        }
        const type = String.fromCharCode(message[0]);
        if (type === "P" && !swallowing) {
          self.statements++;
          const fault = self.choose();
          if (fault?.kind === "cut" && fault.when === "in the answer") limit = 40;
          else if (fault) {
            swallowing = fault;
            if (fault.kind === "login") refuseLogin = fault;
            if (fault.kind === "away") goAway(fault.milliseconds);
            if (fault.kind !== "error") return void client.destroy();
          }
        }
        if (!swallowing) server.write(message);
        else if (type === "S" && swallowing.kind === "error") {
          const { fatal, code, message: text } = swallowing;
          swallowing = undefined;
          client.write(errorResponse(fatal ? "FATAL" : "ERROR", code, text));
          if (fatal) return void client.end();
          client.write(Buffer.from([0x5a, 0, 0, 0, 5, 0x45])); // ready, in a failed transaction
        }
      }
    });
  };

  let listener = createServer(serve).listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address() as AddressInfo;

  /** As a server that restarts: nothing answers at its port for a while. */
  function goAway(milliseconds: number): void {
    listener.close();
    setTimeout(() => {
      listener = createServer(serve).listen(port, "127.0.0.1");
    }, milliseconds);
  }

  const self: FaultyWire = {
    port,
    choose: () => undefined,
    statements: 0,
    async stop() {
      listener.close();
      for (const socket of open) socket.destroy();
    },
  };
  return self;
}

function errorResponse(severity: string, code: string, message: string): Buffer {
  const fields = Buffer.from(`S${severity}\0V${severity}\0C${code}\0M${message}\0\0`);
  const head = Buffer.alloc(5);
  head.write("E");
  head.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
}
