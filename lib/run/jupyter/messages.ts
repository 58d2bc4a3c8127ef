import { createHmac, randomUUID } from "node:crypto";

/** What a kernel needs to know to listen, as its connection file says it. */
export interface Connection {
  transport: "tcp";
  ip: string;
  key: string;
  signature_scheme: "hmac-sha256";
  shell_port: number;
  iopub_port: number;
  control_port: number;
  stdin_port: number;
  hb_port: number;
}

/** One message of the Jupyter protocol, as far as a runner reads it. */
export interface Message {
  id: string;
  type: string;
  parent: string | undefined;
  content: Record<string, unknown>;
}

const delimiter = "<IDS|MSG>";
const session = randomUUID();

/** A request and its signed frames. `metadata` is what a front end says beside it, such as the cell's id. */
export function makeRequest(
  key: string,
  type: string,
  content: Record<string, unknown>,
  metadata: Record<string, unknown> = {},
): { id: string; frames: string[] } {
  const id = randomUUID();
  const header = {
    msg_id: id,
    msg_type: type,
    session,
    username: "runbook",
    date: new Date().toISOString(),
    version: "5.3",
  };
  const body = [header, {}, metadata, content].map((part) => JSON.stringify(part));
  return { id, frames: [delimiter, sign(key, body), ...body] };
}

/** The message in these frames, or nothing where the signature is not ours. */
export function parse(key: string, frames: Buffer[]): Message | undefined {
  const start = frames.findIndex((frame) => frame.toString() === delimiter);
  const [signature, ...body] = frames.slice(start + 1).map((frame) => frame.toString());
  if (start < 0 || signature !== sign(key, body.slice(0, 4))) return undefined;
  const [header, parent, , content] = body.map((part) => JSON.parse(part) as Record<string, unknown>);
  return {
    id: String(header.msg_id),
    type: String(header.msg_type),
    parent: parent.msg_id as string | undefined,
    content,
  };
}

function sign(key: string, body: string[]): string {
  return body.reduce((hash, part) => hash.update(part), createHmac("sha256", key)).digest("hex");
}
