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
  // a name, a partial or a whole ARN, each with an alias or a version where one is meant
  const lambda =
    /^lambda:((?:(?:arn:aws[\w-]*:lambda:[\w-]+:)?\d{12}:function:)?[\w-]+(?::(?:\$LATEST|[\w-]+))?)$/.exec(text);
  if (lambda) return { kind: "lambda", function: lambda[1] };
  const recorded = /^recorded:(.+)$/.exec(text);
  if (recorded) return { kind: "recorded", folder: recorded[1] };
  const demo = /^demo:(production|local)$/.exec(text);
  if (demo) return { kind: "demo", side: demo[1] as Side };
  if (/^postgres(ql)?:\/\//.test(text) && parseUrl(text)) {
    if (readPlace(text).database) return { kind: "postgres", url: addDatabaseToPath(text) };
    throw new RunbookError(`${setting} names no database: write postgres://user@host:5432/database.`);
  }
  throw new RunbookError(
    `${setting} is not an address: write lambda:function-name, postgres://user@host:5432/database, ` +
      `demo:production, demo:local, or recorded:results-folder.`,
  );
}

/** The address without its password, for everything that is shown. */
export function displayAddress(address: Address): string {
  switch (address.kind) {
    case "lambda":
      return `lambda:${address.function}`;
    case "demo":
      return `demo:${address.side}`;
    case "recorded":
      return `recorded:${basename(address.folder)}`;
    case "postgres": {
      const { user, host, port, database } = readPlace(address.url);
      return `postgres://${user ? `${user}@` : ""}${host}${port ? `:${port}` : ""}/${database}`;
    }
  }
}

/**
 * Who answers at an address, without a password: what it names, and what it leaves to the variables of libpq or AWS.
 * Two that are the same text may lead to two databases, where those variables differ. Not told apart is one that
 * another was put in place of.
 */
export function makeIdentity(address: Address, variables: Record<string, string | undefined>): string {
  const of = (...names: string[]) => names.map((name) => variables[name] ?? "").find(Boolean) ?? "";
  switch (address.kind) {
    case "postgres": {
      const { user, host, port, database } = readPlace(address.url);
      const place = [user || of("PGUSER", "USER"), host || of("PGHOST"), port || of("PGPORT") || "5432", database];
      return JSON.stringify(["postgres", ...place]);
    }
    case "lambda": {
      const aws = [
        of("AWS_REGION", "AWS_DEFAULT_REGION"),
        of("AWS_PROFILE"),
        of("AWS_ENDPOINT_URL_LAMBDA", "AWS_ENDPOINT_URL"),
        of("RUNBOOK_ACCOUNT"),
      ];
      return JSON.stringify(["lambda", address.function, ...aws]);
    }
    case "demo":
    case "recorded":
      return JSON.stringify(address);
  }
}

/** The region that a Lambda's ARN names; undefined for a name alone. */
export function extractRegion(functionName: string): string | undefined {
  return /^arn:aws[\w-]*:lambda:([\w-]+):/.exec(functionName)?.[1];
}

/**
 * Where a PostgreSQL address leads, percent-encoded as it stands: libpq lets `host=`, `port=`, `user=` and `dbname=`
 * after the question mark stand for what is before it (PostgreSQL's manual, "Connection URIs"). `host` is empty for
 * the local socket.
 */
export function readPlace(url: string): { user: string; host: string; port: string; database: string } {
  const { username, hostname, port, pathname, searchParams } = parseUrl(url)!;
  return {
    user: searchParams.get("user") || username,
    host: searchParams.get("host") || (hostname === noHost ? "" : hostname),
    port: searchParams.get("port") || port,
    database: searchParams.get("dbname") || pathname.slice(1),
  };
}

/** pg reads `host=`, `port=` and `user=` as libpq does, and not `dbname=`. */
function addDatabaseToPath(url: string): string {
  const [, before, query = ""] = /^([^?]*)\??(.*)$/s.exec(url)!;
  const parameters = new URLSearchParams(query);
  if (!parameters.get("dbname")) return url;
  const { database } = readPlace(url);
  parameters.delete("dbname");
  return `${before.replace(/^(\w+:\/\/[^/]*).*$/, "$1")}/${encodeURIComponent(database)}?${parameters}`;
}

/** A place as messages and documents call it: `host:5432`, `host`, or the local socket. */
export function showPlace({ host, port }: Pick<ReturnType<typeof readPlace>, "host" | "port">): string {
  return `${host || "the local socket"}${port ? `:${port}` : ""}`;
}

/** libpq takes a user without a host (`postgres://me@/db?host=/tmp`), a URL does not. */
const noHost = "no-host";

function parseUrl(text: string): URL | undefined {
  const whole = text.replace(/^(postgres(?:ql)?:\/\/[^/?]*@)(?=\/)/, `$1${noHost}`);
  return URL.canParse(whole) ? new URL(whole) : undefined;
}
