import { join } from "node:path";
import type { Side } from "../ledger";

/** A way to one database. Only the door may hold one; see `lib/guard/door.ts`. */
export interface Connection {
  /** Whether values travel apart from the text. */
  readonly binds: boolean;
  /** The rows as lists. An envelope's values are text on every way; other rows' are what the way makes of them. */
  send(read: Read): Promise<{ rows: unknown[][]; requestId?: string }>;
  /** Tries to write, past the door; the answer is PostgreSQL's reason for refusing. Throws a QueryError where the write was not refused. */
  proveReadOnly(): Promise<string>;
  /** Where the way leads, as rows to show: account, region, function, VPC; or host, port, user. Never a secret. */
  route(): Promise<[fact: string, value: string][]>;
  close(): Promise<void>;
}

/** Where a Lambda is reached when the usual AWS variables do not say it: an address that brings its own endpoint. */
export interface Endpoint {
  endpoint: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
}

/** Not a literal, so that TypeScript does not follow it: with the AWS SDK's types in sight, each cell of a notebook is checked for seconds. */
export const lambdaModule: string = join(__dirname, "lambda");

/** What `lib/source/lambda.ts` exports. */
export interface LambdaModule {
  connectLambda(side: Side, functionName: string, timeoutSeconds: number, endpoint?: Endpoint): Connection;
  /** The AWS account that the credentials belong to. */
  callerIdentity(side: Side, functionName: string, endpoint?: Endpoint): Promise<string>;
}

/** A statement that the door has let through. A connection sends nothing else. */
export interface Read {
  readonly text: string;
  readonly values: readonly (string | null)[];
}

const sealed = new WeakSet<Read>();

/** For the door alone. */
export function seal(text: string, values: readonly (string | null)[] = []): Read {
  const read = Object.freeze({ text, values });
  sealed.add(read);
  return read;
}

/** Refuses a statement that did not come through the door. */
export function requireSeal(read: Read, side: Side): void {
  if (!sealed.has(read)) throw new Error(`${side}: a statement reached the connection without passing the door`);
}

/** What a write canary sends: if the session were not read-only, a temporary table would come and go, and nothing else. */
export const writeCanary = "create temporary table runbook_write_canary ()";
