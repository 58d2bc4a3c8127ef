import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** A Lambda endpoint's answer, as it went over the wire. */
export interface Answered {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

/** What goes wrong with one invocation. `answered` asks the endpoint behind; `earlier` is an answer that it gave before. */
export type HttpFault = (
  response: ServerResponse,
  answered: () => Promise<Answered>,
  earlier?: Answered,
) => Promise<void> | void;

export interface FaultyEndpoint {
  endpoint: string;
  /** Called at each invocation; what it gives goes wrong. */
  choose: () => HttpFault | undefined;
  invocations: number;
  stop(): Promise<void>;
}

/** Stands before an endpoint, and lets invocations go wrong. */
export async function faultyEndpoint(behind: string): Promise<FaultyEndpoint> {
  let earlier: Answered | undefined;
  const server = createServer({ keepAliveTimeout: 60_000 }, (incoming, response) => {
    void respond(incoming, response).catch(() => response.destroy());
  });
  async function respond(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const answered = () => forward(behind, incoming, Buffer.concat(chunks));
    if (!incoming.url?.includes("/invocations")) return send(response, await answered());
    self.invocations++;
    const fault = self.choose();
    if (fault) return fault(response, answered, earlier);
    const answer = await answered();
    if (answer.body.length < 100_000) earlier = answer;
    send(response, answer);
  }
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const self: FaultyEndpoint = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    choose: () => undefined,
    invocations: 0,
    async stop() {
      server.close();
      server.closeAllConnections();
    },
  };
  return self;
}

export function send(response: ServerResponse, { status, headers, body }: Answered): void {
  response.writeHead(status, { ...headers, "content-length": body.length }).end(body);
}

async function forward(behind: string, incoming: IncomingMessage, body: Buffer): Promise<Answered> {
  const { port } = new URL(behind);
  const outgoing = request({
    host: "127.0.0.1",
    port,
    method: incoming.method,
    path: incoming.url,
    headers: incoming.headers,
  });
  outgoing.end(body);
  const [answer] = (await once(outgoing, "response")) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  const { connection: _, "transfer-encoding": __, ...headers } = answer.headers;
  return { status: answer.statusCode!, headers, body: Buffer.concat(chunks) };
}

/** An error of AWS' own, in its words. */
export function aws(name: string, status: number, body: object, headers: Record<string, string> = {}): HttpFault {
  return (response) =>
    send(response, {
      status,
      headers: {
        "content-type": "application/json",
        "x-amzn-errortype": name,
        "x-amzn-requestid": randomUUID(),
        ...headers,
      },
      body: Buffer.from(JSON.stringify(body)),
    });
}

/** What Lambda answers where the function itself failed. */
export function functionError(body: object | string, log = ""): HttpFault {
  return raw(typeof body === "string" ? body : JSON.stringify(body), {
    "x-amz-function-error": "Unhandled",
    ...(log && { "x-amz-log-result": Buffer.from(log).toString("base64") }),
  });
}

/** Any body, with status 200. */
export function raw(body: string, headers: Record<string, string> = {}): HttpFault {
  return (response) =>
    send(response, {
      status: 200,
      headers: { "content-type": "application/json", "x-amzn-requestid": randomUUID(), ...headers },
      body: Buffer.from(body),
    });
}

/** The connection ends in the middle of the answer. */
export const cutInAnswer: HttpFault = async (response, answered) => {
  const { status, headers, body } = await answered();
  response.writeHead(status, { ...headers, "content-length": body.length });
  response.write(body.subarray(0, body.length >> 1));
  await sleep(5);
  response.destroy();
};

/** The connection ends before the answer. */
export const cutBeforeAnswer: HttpFault = (response) => void response.destroy();

/** The answer is there, and changed on its way. */
export function changed(change: (body: string) => string): HttpFault {
  return async (response, answered) => {
    const answer = await answered();
    send(response, { ...answer, body: Buffer.from(change(answer.body.toString())) });
  };
}

/** Somebody else's answer. */
export const anotherAnswer: HttpFault = async (response, answered, earlier) => {
  const answer = await answered();
  send(
    response,
    earlier ?? {
      ...answer,
      body: Buffer.from('{"columns": ["one"], "rows": [["of something else"]], "row_count": 1}'),
    },
  );
};

/** The function starts cold, or thinks. */
export function late(milliseconds: number): HttpFault {
  return async (response, answered) => {
    await sleep(milliseconds);
    send(response, await answered());
  };
}
