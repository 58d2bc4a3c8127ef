import { once } from "node:events";
import { type AddressInfo, type Socket, connect, createServer } from "node:net";

/** What went through: questions that waited for an answer, and the answers' bytes. */
export interface Traffic {
  questions: number;
  bytes: number;
}

/** Stands before a PostgreSQL server and counts. */
export async function countingProxy(
  host: string,
  port: number,
): Promise<{ port: number; count(): Traffic; stop(): void }> {
  let traffic: Traffic = { questions: 0, bytes: 0 };
  const server = createServer((client) => {
    const upstream = connect(port, host);
    client.on(
      "data",
      counter(() => (traffic.questions += 1)),
    );
    upstream.on("data", (chunk) => (traffic.bytes += chunk.length));
    join(client, upstream);
    join(upstream, client);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const count = () => {
    const counted = traffic;
    traffic = { questions: 0, bytes: 0 };
    return counted;
  };
  return { port: (server.address() as AddressInfo).port, count, stop: () => void server.close() };
}

function join(from: Socket, to: Socket): void {
  from.pipe(to);
  from.on("error", () => to.destroy());
}

/** Hears a simple query, and the end of an extended one, in what a client sends. The first message has no letter. */
function counter(question: () => void): (chunk: Buffer) => void {
  let waiting = Buffer.alloc(0);
  let started = false;
  return (chunk) => {
    waiting = Buffer.concat([waiting, chunk]);
    for (;;) {
      const head = started ? 1 : 0;
      if (waiting.length < head + 4) return;
      const length = head + waiting.readInt32BE(head);
      if (waiting.length < length) return;
      if (started && /[QS]/.test(String.fromCharCode(waiting[0]))) question();
      // a request for encryption, or the like, is followed by the first message
      started ||= waiting.readInt32BE(4) >> 16 === 3;
      waiting = waiting.subarray(length);
    }
  };
}
