import { join } from "node:path";
import { QueryError } from "../errors";
import type { Side } from "../ledger";
import type { Budget, Cost } from "./budget";

/** A way to one database. Only the door may hold one; see `lib/source/guarded.ts`. */
export interface Connection {
  /** Whether values travel apart from the text. */
  readonly binds: boolean;
  /** How many bytes of rows fit in one answer, as far as it is known: less, once an answer was too large. */
  readonly room: { bytes: number };
  /**
   * The rows as lists, asked for again where that is worth it. An envelope's values are text on every way; other
   * rows' are what the way makes of them.
   */
  send(read: Read): Promise<Sent>;
  /**
   * Asks something whose answer is known; how the answers come, as rows to show. Throws a QueryError where it is not
   * that answer.
   */
  probe(): Promise<[fact: string, value: string][]>;
  /**
   * Tries to write, past the door; the answer is PostgreSQL's reason for refusing. Throws a QueryError where the
   * write was not refused.
   */
  proveReadOnly(): Promise<string>;
  /** Where the way leads, as rows to show: account, region, function, VPC; or host, port, user. Never a secret. */
  route(): Promise<[fact: string, value: string][]>;
  /**
   * Stops what is being asked: in PostgreSQL at once, behind a Lambda by the statement timeout that was sent along.
   * Answers with a sentence on what becomes of it; undefined where nothing was under way.
   */
  cancel(): string | undefined;
  close(): Promise<void>;
}

/** What came back, and what it cost. */
export interface Sent extends Cost {
  rows: unknown[][];
  requestId?: string;
}

/** Where a Lambda is reached when the usual AWS variables do not say it: an address that brings its own endpoint. */
export interface Endpoint {
  endpoint: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
}

/**
 * Not a literal, so that TypeScript does not follow it: with the AWS SDK's types in sight, each cell of a notebook is
 * checked for seconds.
 */
export const lambdaModule: string = join(__dirname, "lambda");

/** What `lib/source/lambda.ts` exports. */
export interface LambdaModule {
  connectLambda(
    side: Side,
    functionName: string,
    timeoutSeconds: number,
    budget: Budget,
    endpoint?: Endpoint,
  ): Connection;
  /** The AWS account that the credentials belong to. */
  readCallerIdentity(side: Side, functionName: string, endpoint?: Endpoint): Promise<string>;
}

/** A statement that the door has let through. A connection sends nothing else. */
export interface Read {
  readonly text: string;
  readonly values: readonly (string | null)[];
  /** The columns of the answer, where they are known beforehand. */
  readonly columns?: readonly string[];
  /** What the column `nonce` of the answer must hold, so that it is known to be the answer to this question. */
  readonly nonce?: string;
  /** The secret whose salt the statement hashes with (`lib/sql/salt.ts`); absent where it hashes nothing. */
  readonly secret?: string;
  /** Names of the database's tables and views, which an error may say. */
  readonly names?: readonly string[];
}

const sealed = new WeakSet<Read>();

/** For the door alone. */
export function seal(
  text: string,
  values: readonly (string | null)[] = [],
  expected: Pick<Read, "columns" | "nonce" | "secret" | "names"> = {},
): Read {
  const read = Object.freeze({ text, values, ...expected });
  sealed.add(read);
  return read;
}

/** Refuses a statement that did not come through the door. */
export function requireSeal(read: Read, side: Side): void {
  if (!sealed.has(read)) throw new Error(`${side}: a statement reached the connection without passing the door`);
}

/**
 * What a write canary sends: if the session were not read-only, a temporary table would come and go, and nothing
 * else.
 */
export const writeCanary = "create temporary table runbook_write_canary () on commit drop";

/** Refuses an answer that is not the one to this question: something between here and the database has mixed up two. */
export function requireAnswer(
  { columns, nonce }: Pick<Read, "columns" | "nonce">,
  rows: unknown[][],
  side: Side,
): void {
  const isWide = (row: unknown[]) => row.length === columns?.length;
  if (nonce === undefined) {
    // EXPLAIN and SHOW have no place for one: they are told from any other question by their one column
    if (columns === undefined || rows.every(isWide)) return;
  } else if (rows.length === 1 && isWide(rows[0]) && rows[0][columns!.indexOf("nonce")] === nonce) return;
  throw new QueryError(
    side,
    "what came back is not the answer to this question: ask again; where it stays so, something between " +
      "here and the database keeps or mixes up answers.",
    undefined,
    { fault: "answer to another question" },
  );
}
