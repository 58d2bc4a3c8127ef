import { createHash } from "node:crypto";
import { QueryError, RunbookError } from "../errors";
import type { QueryRecord, Side } from "../ledger";
import { displayAddress, type Address } from "../source/address";
import { lambdaModule, seal, type Connection, type Endpoint, type LambdaModule } from "../source/connection";
import { connectPostgres } from "../source/postgres";
import { byteCap, envelope, open, openBare, rowCap, type Answer } from "../source/wire";
import { isCatalogued } from "../sql/catalogue";
import { bind, inline, type Sql } from "../sql/statement";
import { catalogQuery, judge, loadGuard, maskLiterals, readCatalog, type Catalog, type Context, type SafeColumns, type Verdict } from "./guard";

/** A database that answers reads, and nothing else. All there is between a notebook and a connection. */
export interface Source {
  readonly side: Side;
  /** Without a password. */
  readonly address: string;
  /** Judges the statement, sends its canonical text, and answers with exact text. Throws a RunbookError where it is refused, a QueryError where the source fails. */
  ask(statement: Sql): Promise<Answer>;
  /** What the guard says of a statement, by this source's catalog. Sends nothing but the question for the catalog. */
  judge(statement: string): Promise<Verdict>;
  proveReadOnly(): Promise<string>;
  route(): Promise<[fact: string, value: string][]>;
  close(): Promise<void>;
}

export interface SourceOptions {
  /** Which columns hold nothing personal; all others may be counted, and never leave. */
  columns: SafeColumns;
  /** Where a Lambda is, if the usual AWS variables do not say it. */
  endpoint?: Endpoint;
  /** The AWS account that a Lambda must belong to. */
  account?: string;
  /** What the operator calls the source, where it is not the address itself. */
  shownAs?: string;
  /** Hears of each query, answered or not. */
  onQuery?: (query: QueryRecord) => void;
}

const timeoutSeconds = 30;

/** The one way to a database: every statement of a notebook, the command line or the library goes through `ask`. Connects when first asked. */
export async function openSource(side: Side, address: Exclude<Address, { kind: "demo" }>, options: SourceOptions): Promise<Source> {
  await loadGuard();
  const connection = await connect(side, address, options);
  const { columns, onQuery } = options;
  let catalog: Promise<Catalog> | undefined;
  // the catalog is asked for once, before the first statement that is not the project's own; where that fails, the next one asks again
  const context = async (): Promise<Context> => {
    catalog ??= ask(side, connection, catalogQuery, { trust: "catalogue" }, onQuery).then(({ cells }) => readCatalog(cells[0][0]));
    catalog.catch(() => (catalog = undefined));
    return { catalog: await catalog, columns };
  };
  return {
    side,
    address: options.shownAs ?? displayAddress(address),
    ask: async (statement) => ask(side, connection, statement, isCatalogued(statement) ? { trust: "catalogue" } : await context(), onQuery),
    judge: async (statement) => judge(statement, await context()),
    proveReadOnly: () => connection.proveReadOnly(),
    route: () => connection.route(),
    close: () => connection.close(),
  };
}

/** Each kind of address has its connection. The Lambda's is loaded when it is needed: the AWS SDK takes most of a second. */
async function connect(side: Side, address: Exclude<Address, { kind: "demo" }>, { endpoint, account }: SourceOptions): Promise<Connection> {
  if (address.kind === "postgres") return connectPostgres(side, address.url, timeoutSeconds);
  const { callerIdentity, connectLambda } = (await import(lambdaModule)) as LambdaModule;
  if (account) requireAccount(side, await callerIdentity(side, address.function, endpoint), account);
  return connectLambda(side, address.function, timeoutSeconds, endpoint);
}

function requireAccount(side: Side, account: string, expected: string): void {
  if (account === expected) return;
  throw new RunbookError(`${side}: the AWS credentials belong to account ${account}, and RUNBOOK_ACCOUNT expects ${expected}: set AWS_PROFILE to the right one.`);
}

async function ask(side: Side, connection: Connection, statement: Sql, context: Context, onQuery?: SourceOptions["onQuery"]): Promise<Answer> {
  const { sql: written, kind } = allowed(side, inline(statement), context);
  const bound = bind(statement);
  const bare = kind !== "select";
  const read = bare
    ? seal(written)
    : connection.binds
      ? seal(envelope(allowed(side, bound.text, { ...context, parameters: bound.values.length }).sql, written), bound.values)
      : seal(envelope(written));

  const query = { time: new Date().toISOString(), source: side, sha256: sha256(written), sql: maskLiterals(written), rows: 0, bytes: 0 };
  const start = performance.now();
  const milliseconds = () => Math.round(performance.now() - start);
  try {
    const { rows, requestId } = await connection.send(read);
    const answer = { ...(bare ? openBare(rows, kind === "show" ? "setting" : "QUERY PLAN") : open(rows)), milliseconds: milliseconds(), requestId };
    onQuery?.({ ...query, rows: answer.total, bytes: answer.bytes, milliseconds: answer.milliseconds, requestId });
    return answer;
  } catch (error) {
    const failed = error instanceof QueryError ? error : new QueryError(side, "its answer could not be read.", undefined, { cause: error });
    onQuery?.({ ...query, milliseconds: milliseconds(), failed: failed.message });
    throw failed;
  }
}

/** The canonical text of a read that the guard allows, and its kind. A name that this side lacks is this side's answer, as if PostgreSQL had given it. */
function allowed(side: Side, statement: string, context: Context): Verdict {
  const verdict = judge(statement, context);
  if (verdict.allowed) return verdict;
  throw verdict.condition ? new QueryError(side, verdict.reason, verdict.condition) : new RunbookError(verdict.reason);
}

/** What an answer does not hold of what was asked, as a sentence; empty where it holds all. */
export function leftOut({ cells, total, bytes }: Answer): string {
  if (cells.length >= total) return "";
  const rows = (count: number) => count.toLocaleString("en");
  return total > rowCap
    ? `Only the first ${rows(cells.length)} rows are here: the query has more than ${rows(rowCap)}. Aggregate, filter, or add a LIMIT.`
    : `Only the first ${rows(cells.length)} of ${rows(total)} rows are here: they are ${rows(bytes)} bytes, and ${rows(byteCap)} fit in an answer. Aggregate, or name fewer columns.`;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

