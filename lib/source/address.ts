import { basename } from "node:path";
import { RunbookError } from "../errors";
import type { Side } from "../ledger";

export type Address =
  | { kind: "recorded"; folder: string }
  | { kind: "lambda"; function: string }
  | { kind: "postgres"; url: string }
  | { kind: "demo"; side: Side };

/** Reads an address; `setting` is the variable that a complaint names. */
export function parseAddress(text: string, setting: string): Address {
  const lambda = /^lambda:(arn:aws[\w-]*:lambda:[\w-]+:\d{12}:function:[\w-]+|[\w-]+)$/.exec(text);
  if (lambda) return { kind: "lambda", function: lambda[1] };
  const recorded = /^recorded:(.+)$/.exec(text);
  if (recorded) return { kind: "recorded", folder: recorded[1] };
  const demo = /^demo:(production|local)$/.exec(text);
  if (demo) return { kind: "demo", side: demo[1] as Side };
  if (/^postgres(ql)?:\/\//.test(text) && URL.canParse(text)) {
    const { pathname } = new URL(text);
    if (pathname.length > 1) return { kind: "postgres", url: text };
    throw new RunbookError(`${setting} names no database: write postgres://user@host:5432/database.`);
  }
  throw new RunbookError(
    `${setting} is not an address: write lambda:function-name, postgres://user@host:5432/database, demo:production, demo:local, or recorded:results-folder.`,
  );
}

/** The address without its password, for everything that is shown. */
export function displayAddress(address: Address): string {
  if (address.kind === "lambda") return `lambda:${address.function}`;
  if (address.kind === "demo") return `demo:${address.side}`;
  if (address.kind === "recorded") return `recorded:${basename(address.folder)}`;
  const url = new URL(address.url);
  return `postgres://${url.username ? `${url.username}@` : ""}${url.host}${url.pathname}`;
}
