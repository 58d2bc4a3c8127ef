import { createHash } from "node:crypto";
import { QueryError, RunbookError } from "../errors";
import type { Alarm, QueryRecord, Side } from "../ledger";
import { displayAddress, type Address } from "../source/address";
import { lambdaModule, seal, type Connection, type Endpoint, type LambdaModule } from "../source/connection";
import { connectPostgres } from "../source/postgres";
import { sieveCells } from "../sieve";
import { byteCap, envelope, open, openBare, rowCap, type Answer } from "../source/wire";
import { isCatalogued } from "../sql/catalogue";
import { isMasked } from "../sql/masked";
import { bind, inline, type Sql } from "../sql/statement";
import { catalogQuery, judge, loadGuard, maskLiterals, readCatalog, safeSession, unlisted, type Catalog, type Context, type SafeColumns, type Unlisted, type Verdict } from "./guard";
import { existing, type Existing } from "./grants";
import { asRole, secondOpinion, type RoleSession, type SecondOpinion } from "./second";
import { withoutSmall } from "./small";

/** A database that answers reads, and nothing else. All there is between a notebook and a connection. */
export interface Source {
  readonly side: Side;
  /** Without a password. */
  readonly address: string;
  /** Judges the statement, sends its canonical text, and answers with exact text. Throws a RunbookError where it is refused, a QueryError where the source fails. */
  ask(statement: Sql): Promise<Answer>;
  /** What the guard says of a statement, by this source's catalog. Sends nothing but the question for the catalog. */
  judge(statement: string): Promise<Verdict>;
  /** Each table's columns, as the guard knows them, for `grants`. */
  tables(): Promise<Existing>;
  /** The columns that nobody has looked at yet, and what the guard would propose to write into the file. Sends nothing but the question for the catalog. */
  unlisted(): Promise<Unlisted[]>;
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
  /** What keyed_hash hashes with: made for one opening of both sides, and gone with it. */
  key?: string;
  /** A role of local's that can read the safe columns alone, for a second opinion on what the guard takes for harmless. */
  safeRole?: string;
  /** Counts of 1 to 10 people, and what would give them away, are null. */
  hidesSmall?: boolean;
  /** Hears of what stands behind the guard and had something to do. */
  onAlarm?: (alarm: Alarm) => void;
  /** Hears of each query, answered or not. */
  onQuery?: (query: QueryRecord) => void;
}

const timeoutSeconds = 30;

/** The one way to a database: every statement of a notebook, the command line or the library goes through `ask`. Connects when first asked. */
export async function openSource(side: Side, address: Exclude<Address, { kind: "demo" }>, options: SourceOptions): Promise<Source> {
  await loadGuard();
  const connection = await connect(side, address, options);
  const { columns, key, onQuery } = options;
  const second = side === "local" && address.kind === "postgres" && options.safeRole ? secondOpinion(roleSession(side, address.url, options.safeRole), options.safeRole) : undefined;
  const aside: Aside = { ...options, second };
  let catalog: Promise<Catalog> | undefined;
  // the catalog is asked for once, before the first statement that is not the project's own; where that fails, the next one asks again
  const context = async (mask = false): Promise<Context & { catalog: Catalog }> => {
    catalog ??= ask(side, connection, catalogQuery, { trust: "catalogue" }, { onQuery }).then(({ cells }) => requireSafeSession(side, readCatalog(cells[0][0])));
    catalog.catch(() => (catalog = undefined));
    return { catalog: await catalog, columns, key, mask };
  };
  return {
    side,
    address: options.shownAs ?? displayAddress(address),
    ask: async (statement) => ask(side, connection, statement, isCatalogued(statement) ? { trust: "catalogue", columns } : await context(isMasked(statement)), aside),
    judge: async (statement) => judge(statement, await context()),
    tables: async () => existing((await context()).catalog),
    unlisted: async () => unlisted((await context()).catalog, columns),
    proveReadOnly: () => connection.proveReadOnly(),
    route: () => connection.route(),
    async close() {
      await second?.close();
      await connection.close();
    },
  };
}

/** What is done about a statement besides asking it. */
interface Aside extends Pick<SourceOptions, "onQuery" | "onAlarm" | "hidesSmall"> {
  second?: SecondOpinion;
}

/** Tested in the answer that the guard reads the catalog from, so that it costs no question. */
function requireSafeSession(side: Side, catalog: Catalog): Catalog {
  if (catalog.session === safeSession) return catalog;
  throw new QueryError(side, "its session is not the one that the guard relies on (read-only, standard_conforming_strings on, a % left as it is): have the role's and the function's settings looked at.");
}

/** Each kind of address has its connection. The Lambda's is loaded when it is needed: the AWS SDK takes most of a second. */
async function connect(side: Side, address: Exclude<Address, { kind: "demo" }>, { endpoint, account }: SourceOptions): Promise<Connection> {
  if (address.kind === "postgres") return connectPostgres(side, address.url, timeoutSeconds);
  const { callerIdentity, connectLambda } = (await import(lambdaModule)) as LambdaModule;
  if (account) requireAccount(side, await callerIdentity(side, address.function, endpoint), account);
  return connectLambda(side, address.function, timeoutSeconds, endpoint);
}

function roleSession(side: Side, url: string, role: string): RoleSession {
  const connection = connectPostgres(side, asRole(url, role), timeoutSeconds);
  return { ask: async (text) => (await connection.send(seal(text))).rows, close: () => connection.close() };
}

function requireAccount(side: Side, account: string, expected: string): void {
  if (account === expected) return;
  throw new RunbookError(`${side}: the AWS credentials belong to account ${account}, and RUNBOOK_ACCOUNT expects ${expected}: set AWS_PROFILE to the right one.`);
}

async function ask(side: Side, connection: Connection, statement: Sql, context: Context, { second, onQuery, ...aside }: Aside): Promise<Answer> {
  const verdict = allowed(side, inline(statement), context);
  const { sql: written, kind } = verdict;
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
    const whole = { ...(bare ? openBare(rows, kind === "show" ? "setting" : "QUERY PLAN") : open(rows)), milliseconds: milliseconds(), requestId };
    onQuery?.({ ...query, rows: whole.total, bytes: whole.bytes, milliseconds: whole.milliseconds, requestId });
    const refused = context.trust ? undefined : await second?.refusal(verdict);
    if (refused) aside.onAlarm?.({ refused });
    return shown(whole, verdict, aside);
  } catch (error) {
    const failed = error instanceof QueryError ? error : new QueryError(side, "its answer could not be read.", undefined, { cause: error });
    onQuery?.({ ...query, milliseconds: milliseconds(), failed: failed.message });
    throw failed;
  }
}

/** What of an answer may be seen: small groups hidden where the setting says so, and nothing that has the shape of a person's data or of a key. */
function shown(answer: Answer, { shows, tables }: Verdict, { hidesSmall, onAlarm }: Aside): Answer {
  const large = hidesSmall && tables && shows?.length === answer.columns.length ? withoutSmall(answer, shows) : { cells: answer.cells, hidden: 0 };
  const { cells, kinds } = sieveCells(answer.columns, large.cells);
  if (kinds.length) onAlarm?.({ withheld: kinds });
  return { ...answer, cells, ...(hidesSmall && { hidden: large.hidden, counts: shows?.flatMap(({ name, counted }) => (counted ? [name] : [])) }) };
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

