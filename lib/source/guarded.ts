import type { Answer } from "../answer";
import { makeClaims, type Claims } from "./claims";
import { createHash, randomBytes } from "node:crypto";
import { QueryError, RunbookError } from "../errors";
import type { Alarm, QueryRecord, Side } from "../ledger";
import { displayAddress, type Address } from "./address";
import { makeBudget, defaultAllowance, type Budget } from "./budget";
import { lambdaModule, seal, type Connection, type Endpoint, type LambdaModule } from "./connection";
import { fetchByKey, fetchByOffset, type Asking } from "./paging";
import { mostTogether, readTogether, joinEnvelopes, listTogetherColumns } from "./together";
import { connectPostgres } from "./postgres";
import { connectRecording, isKeyed, type Answers } from "./recording";
import {
  byteCap,
  wrapInEnvelope,
  envelopeColumns,
  open,
  openBare,
  rowCap,
  tally,
  tallyColumns,
  UnreadableAnswer,
} from "./envelope";
import { getSecret, isCatalogued, isFixed, isFleeting } from "../sql/trusted";
import { hashAgain, processKey } from "../guard/keyed-hash";
import { isMasked } from "../sql/masked";
import { makeInterruptedError } from "./retry";
import { bind, inline, type Sql } from "../sql/template";
import {
  catalogQuery,
  judge,
  loadGuard,
  maskLiterals,
  readCatalog,
  safeSession,
  findUnlisted,
  type Catalog,
  type Context,
  type SafeColumns,
  type Unlisted,
  type Verdict,
} from "../guard/judge";
import { listExisting, type Existing } from "../guard/grants";
import { setRoleInUrl, makeSecondOpinion, type RoleSession, type SecondOpinion } from "./safe-role";

/** A database that answers reads, and nothing else. All there is between a notebook and a connection. */
export interface Source {
  readonly side: Side;
  /** Without a password. */
  readonly address: string;
  /**
   * Judges the statement, sends its canonical text, and answers with exact text. Throws a RunbookError where it is
   * refused, a QueryError where the source fails.
   */
  ask(statement: Sql, pages?: Pages): Promise<Answer>;
  /**
   * Names statements that will be asked later. The first of them that is asked takes others along, where a call costs
   * more than an answer and answers are kept; each is judged as if it were asked alone. Whatever goes wrong with
   * that, each is asked alone then.
   */
  expect(statements: () => Promise<Sql[]> | Sql[]): void;
  /** What the guard says of a statement, by this source's catalog. Sends nothing but the question for the catalog. */
  judge(statement: string): Promise<Verdict>;
  /** Each table's columns, as the guard knows them, for `grants`. */
  tables(): Promise<Existing>;
  /**
   * The columns that nobody has looked at yet, and what the guard would propose to write into the file. Sends nothing
   * but the question for the catalog.
   */
  unlisted(): Promise<Unlisted[]>;
  proveReadOnly(): Promise<string>;
  route(): Promise<[fact: string, value: string][]>;
  /** Asks something whose answer is known: the way is open, and answers come whole; how they come, as rows to show. */
  probe(): Promise<[fact: string, value: string][]>;
  /**
   * The columns of each table and view, `public.users` → `id`, `role`, …; from the catalog that the guard judges by.
   */
  columns(): Promise<Map<string, Set<string>>>;
  /** The same where the catalog has been read; empty where it has not. Asks nothing. */
  knownColumns(): Map<string, Set<string>>;
  /**
   * Stops what is being asked, there as well as here where that can be. Answers with what becomes of it there;
   * undefined where nothing was under way.
   */
  cancel(): string | undefined;
  close(): Promise<void>;
}

/**
 * For results of any number of rows: fetched page by page in the order of `key`, columns of the answer that are
 * unique together and never null.
 */
export interface Pages {
  key: readonly string[];
  /** At most so many rows. */
  rows?: number;
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
  /** What it may cost, and has cost already. */
  budget?: Budget;
  /** Where answers are kept, and taken from where they are there. */
  answers?: Answers;
  /** Who asks what now, among all who keep their answers in one place. */
  claims?: Claims;
  /** What keyed_hash hashes with: made for one opening of both sides, and gone with it. */
  key?: string;
  /**
   * Groups of 1 to 10 are hidden from who sees the answers: the guard makes each answer say how large its groups are.
   */
  hideSmall?: boolean;
  /**
   * A role of local's that can read the safe columns alone, for a second opinion on what the guard takes for
   * harmless.
   */
  safeRole?: string;
  /** Hears of what stands behind the guard and had something to do. */
  onAlarm?: (alarm: Alarm) => void;
  /** Whether whoever asks was stopped by the operator: then nothing more is sent. */
  isStopped?: () => boolean;
  /** Hears of each query, answered or not. */
  onQuery?: (query: QueryRecord) => void;
}

const timeoutSeconds = 30;

/**
 * The one way to a database: every statement of a notebook, the command line or the library goes through `ask`.
 * Connects when first asked.
 */
export async function openSource(
  side: Side,
  address: Exclude<Address, { kind: "demo" }>,
  options: SourceOptions,
): Promise<Source> {
  await loadGuard();
  const connection = await connect(side, address, options);
  const { columns, claims = makeClaims(), key = processKey, hideSmall } = options;
  const second =
    side === "local" && address.kind === "postgres" && options.safeRole
      ? makeSecondOpinion(makeRoleSession(side, address.url, options.safeRole), options.safeRole)
      : undefined;
  const answer = (statement: Sql, context: Context, pages?: Pages) =>
    ask({ ...options, side, connection, second, claims, key }, statement, context, pages);
  let catalog: Promise<Catalog> | undefined;
  let known: Catalog | undefined;
  // the catalog is asked for once, before the first statement that is not the project's own; where that fails, the next
  // one asks again
  const readCatalogOnce = (): Promise<Catalog> => {
    catalog ??= answer(catalogQuery, trusted).then(({ cells }) => requireSafeSession(side, readCatalog(cells[0][0])));
    catalog.then(
      (read) => (known = read),
      () => (catalog = undefined),
    );
    return catalog;
  };
  const context = async (mask = false): Promise<Context> => ({
    catalog: await readCatalogOnce(),
    columns,
    mask,
    hideSmall,
  });
  const contextOf = async (statement: Sql, pages?: Pages): Promise<Context> =>
    isCatalogued(statement) ? trustedContext(statement, pages) : context(isMasked(statement));
  // where the project's own query compares columns of somebody's tables, whose operators are meant depends on what the
  // database has
  const trustedContext = async (statement: Sql, pages?: Pages): Promise<Context> => {
    if (isFixed(statement) && !pages) return trusted;
    const { allowed, tables, sql } = judgeCached(inline(statement), trusted);
    const compares = allowed && tables && (pages !== undefined || sql.includes("OPERATOR("));
    return compares ? trustBeside(await readCatalogOnce().catch(() => undefined)) : trusted;
  };
  const others =
    address.kind === "lambda" && options.answers
      ? takeAlong({ ...options, answers: options.answers, side, connection, claims }, contextOf)
      : undefined;
  return {
    side,
    address: options.shownAs ?? displayAddress(address),
    async ask(statement, pages) {
      if (!pages) await others?.before(statement);
      return answer(statement, await contextOf(statement, pages), pages);
    },
    expect: (statements) => others?.expect(statements),
    judge: async (statement) => judge(statement, await context()),
    columns: async () => listColumnNames(await readCatalogOnce()),
    knownColumns: () => (known ? listColumnNames(known) : new Map()),
    tables: async () => listExisting(await readCatalogOnce()),
    unlisted: async () => findUnlisted(await readCatalogOnce(), columns),
    proveReadOnly: () => recordFact({ side, ...options }, "read-only", () => connection.proveReadOnly()),
    route: () => recordFact({ side, ...options }, "route", () => connection.route()),
    probe: () => recordFact({ side, ...options }, "probe", () => connection.probe()),
    cancel: () => connection.cancel(),
    async close() {
      await second?.close();
      await connection.close();
    },
  };
}

function listColumnNames({ relations }: Catalog): Map<string, Set<string>> {
  return new Map(
    relations.map(({ schema, name, columns }) => [`${schema}.${name}`, new Set(columns.map((column) => column.name))]),
  );
}

/** Tested in the answer that the guard reads the catalog from, so that it costs no question. */
function requireSafeSession(side: Side, catalog: Catalog): Catalog {
  if (catalog.session === safeSession) return catalog;
  throw new QueryError(
    side,
    "its session is not the one that the guard relies on (read-only, standard_conforming_strings on, a % " +
      "left as it is): have the role's and the function's settings looked at.",
  );
}

/**
 * Each kind of address has its connection. The Lambda's is loaded when it is needed: the AWS SDK takes most of a
 * second.
 */
async function connect(
  side: Side,
  address: Exclude<Address, { kind: "demo" }>,
  { endpoint, account, budget = makeBudget(defaultAllowance) }: SourceOptions,
): Promise<Connection> {
  switch (address.kind) {
    case "recorded":
      return connectRecording(side, address.folder);
    case "postgres":
      return connectPostgres(side, address.url, timeoutSeconds);
    case "lambda": {
      const { readCallerIdentity, connectLambda } = (await import(lambdaModule)) as LambdaModule;
      if (account) requireAccount(side, await readCallerIdentity(side, address.function, endpoint), account);
      return connectLambda(side, address.function, timeoutSeconds, budget, endpoint);
    }
  }
}

function makeRoleSession(side: Side, url: string, role: string): RoleSession {
  const connection = connectPostgres(side, setRoleInUrl(url, role), timeoutSeconds);
  return { ask: async (text) => (await connection.send(seal(text))).rows, close: () => connection.close() };
}

function requireAccount(side: Side, account: string, expected: string): void {
  if (account === expected) return;
  throw new RunbookError(
    `${side}: the AWS credentials belong to account ${account}, and RUNBOOK_ACCOUNT expects ${expected}: ` +
      `set AWS_PROFILE to the right one.`,
  );
}

interface Asked extends Pick<SourceOptions, "onQuery" | "onAlarm" | "answers" | "isStopped"> {
  side: Side;
  connection: Connection;
  claims: Claims;
  second?: SecondOpinion;
}

async function ask(
  { side, connection, second, onQuery, onAlarm, key, ...asked }: Asked & { key: string },
  statement: Sql,
  context: Context,
  pages?: Pages,
): Promise<Answer> {
  const answers = isFleeting(statement) ? undefined : asked.answers;
  const plain = inline(statement);
  const verdict = requireAllowed(side, plain, context);
  const { sql: written, kind } = verdict;
  requireShownKey(pages, verdict);
  const record = onQuery && beginRecord(side, written);
  const report = (outcome: Partial<QueryRecord> & Pick<QueryRecord, "milliseconds">): void =>
    record && onQuery({ ...record, ...outcome });
  const name = nameAnswer(plain, context.mask && written, pages);
  const secret = verdict.hashes ? key : getSecret(statement);
  const counts = verdict.tables ? readCounts(verdict) : {};
  const { before, release } = await claimQuestion({ side, answers, claims: asked.claims }, name, plain);
  if (before) {
    report({ rows: before.total, bytes: before.bytes, milliseconds: 0, cached: before.cached });
    return { ...before, ...counts };
  }
  const start = performance.now();
  const cost = { invocations: 0, received: 0, inFunction: 0 };
  const done = () => ({
    milliseconds: Math.round(performance.now() - start),
    ...cost,
    inFunction: Math.round(cost.inFunction),
  });
  let requestId: string | undefined;
  const send = async (read: Parameters<Connection["send"]>[0]) => {
    requireGoing(side, asked);
    const sent = await connection.send(read);
    requestId = sent.requestId;
    cost.invocations += sent.invocations;
    cost.received += sent.received;
    cost.inFunction += sent.inFunction ?? 0;
    return sent.rows;
  };
  try {
    const whole =
      kind === "select"
        ? hashShown(
            await fetchWhole({ side, connection, context, statement, written, secret, send }, pages),
            verdict,
            key,
          )
        : openBare(await send(seal(written, [], { columns: ["text"] })), kind === "show" ? "setting" : "QUERY PLAN");
    const answer = { ...whole, milliseconds: done().milliseconds, requestId, ...counts };
    answers?.keep(side, name, plain, answer);
    report({ rows: answer.total, bytes: answer.bytes, requestId, ...done() });
    const refused = context.trust ? undefined : await second?.refusal(verdict);
    if (refused) onAlarm?.({ refused });
    return answer;
  } catch (error) {
    const failed = convertToQueryError(side, error);
    answers?.keepFailure(side, name, plain, failed);
    report({ ...done(), failed: failed.message });
    throw failed;
  } finally {
    release();
  }
}

/**
 * The answer that is kept already, or the right to ask: who wants an answer that somebody else in the run is asking for
 * waits for it.
 */
async function claimQuestion(
  { side, answers, claims }: Pick<Asked, "side" | "answers" | "claims">,
  name: string,
  plain: string,
): Promise<{ before?: Answer; release(): void }> {
  const before = answers?.find(side, name, plain);
  if (before || !answers || isKeyed(plain)) return { before, release: () => undefined };
  const release = await claims.claim(nameClaim(side, name));
  const meanwhile = answers.find(side, name, plain);
  if (meanwhile) release();
  return { before: meanwhile, release };
}

function nameClaim(side: Side, name: string): string {
  return `${side} ${name}`;
}

/**
 * An error as a source's own: what the operator can mend keeps its sentence, what nobody foresaw is kept as the cause
 * alone.
 */
function convertToQueryError(side: Side, error: unknown): QueryError {
  if (error instanceof QueryError) return error;
  return error instanceof RunbookError
    ? new QueryError(side, error.message, undefined, { cause: error })
    : new QueryError(side, explainUnreadable(error), undefined, { cause: error, fault: "answer unreadable" });
}

/** Pages are read in the order of their key, which must therefore be in the answer as it is. */
function requireShownKey(pages: Pages | undefined, { shows = [] }: Verdict): void {
  const hidden = pages?.key.find((name) => shows.some((column) => column.name === name && column.masked));
  if (hidden !== undefined)
    throw new RunbookError(
      `The key column ${JSON.stringify(hidden)} is masked, so no page can begin after another: name a key ` +
        `of columns that are shown.`,
    );
}

/** Hashes again what a source has hashed: its own hashes are shown to nobody, as its logs may hold their salt. */
function hashShown<T extends Pick<Answer, "cells">>(answer: T, { shows = [] }: Verdict, key: string): T {
  const hashed = shows.flatMap((column, index) => (column.hashed ? [index] : []));
  if (hashed.length === 0) return answer;
  const cells = answer.cells.map((row) => {
    const shown = [...row];
    for (const index of hashed) shown[index] = hashAgain(row[index], key);
    return shown;
  });
  return { ...answer, cells };
}

/** Which columns of an answer are counts; those that the guard has added are. */
function readCounts({ shows, added = 0 }: Verdict): Pick<Answer, "counted" | "counts" | "added"> {
  const behind = Array.from({ length: added }, () => true);
  const counted = shows && [...shows.map((column) => column.counted), ...behind];
  if (!shows?.some(({ count }) => count !== undefined)) return { counted };
  return { counted, counts: [...shows.map(({ count = false }) => count), ...behind], added };
}

function explainUnreadable(error: unknown): string {
  const why = error instanceof UnreadableAnswer ? `: ${error.message}` : "";
  return `its answer cannot be read${why}. Ask again; where it stays so, look at what stands between here and the database.`;
}

/**
 * What a kept answer is called. `masked` is the text that was sent where its values are masked: undefined for the
 * project's own queries, else false.
 */
function nameAnswer(plain: string, masked: string | false | undefined, pages?: Pages): string {
  return hashText(JSON.stringify([plain, pages, masked]));
}

/** What a query log holds of a statement before it is answered. Its literals are masked, which takes a parse. */
function beginRecord(side: Side, written: string) {
  return {
    time: new Date().toISOString(),
    source: side,
    sha256: hashText(written),
    sql: maskLiterals(written),
    rows: 0,
    bytes: 0,
  };
}

/** A statement that was judged, and can go in one call with others. */
interface Expected {
  name: string;
  plain: string;
  written: string;
}

/**
 * Asks questions that are expected together with the first of them that is asked, and keeps their answers for their
 * own cells.
 */
function takeAlong(
  { side, connection, answers, claims, onQuery, isStopped }: Asked & { answers: Answers },
  contextOf: (statement: Sql) => Promise<Context>,
) {
  let expected: Promise<Expected[]> | undefined;
  let prepare: (() => Promise<Expected[]>) | undefined;
  let turn: Promise<void> = Promise.resolve();
  const isKept = ({ name, plain }: Expected) => answers.find(side, name, plain) !== undefined;
  const judgeOne = async (statement: Sql): Promise<Expected[]> => {
    const plain = inline(statement);
    // another key in each notebook; the display of masked values; secrets of one comparison: no answer to these is kept
    // for later
    if (isFleeting(statement) || isMasked(statement) || isKeyed(plain)) return [];
    const context = await contextOf(statement);
    const verdict = judgeCached(plain, context);
    if (!verdict.allowed || verdict.kind !== "select") return [];
    return [{ name: nameAnswer(plain, context.mask && verdict.sql), plain, written: verdict.sql }];
  };
  async function askTogether(asked: Expected[]): Promise<void> {
    const nonces = asked.map(makeNonce);
    const nonce = makeNonce();
    const budget = Math.floor(connection.room.bytes / asked.length);
    const part = { after: 0, from: 1, budget, rows: rowCap };
    const envelopes = asked.map(({ written }, index) => wrapInEnvelope(written, { ...part, nonce: nonces[index] }));
    const start = performance.now();
    const records = asked.map(({ written }) => ({ ...beginRecord(side, written), ahead: true }));
    requireGoing(side, { isStopped });
    try {
      const columns = listTogetherColumns(asked.length);
      const sent = await connection.send(seal(joinEnvelopes(envelopes, nonce), [], { nonce, columns }));
      const { invocations, received, inFunction = 0, requestId } = sent;
      const milliseconds = Math.round(performance.now() - start);
      const cost = { milliseconds, invocations, received, inFunction: Math.round(inFunction) };
      const free = { milliseconds: 0, invocations: 0, received: 0, inFunction: 0 };
      for (const [index, whole] of readTogether(sent.rows, nonces).entries()) {
        if (whole) answers.keep(side, asked[index].name, asked[index].plain, { ...whole, milliseconds, requestId });
        const { total: rows, bytes } = whole ?? { total: 0, bytes: 0 };
        onQuery?.({ ...records[index], rows, bytes, requestId, ...(index === 0 ? cost : free) });
      }
    } catch (error) {
      answers.keepApart(side);
      const failed = convertToQueryError(side, error).message;
      const sql = records.map((record) => record.sql).join(";\n");
      onQuery?.({ ...records[0], sql, milliseconds: Math.round(performance.now() - start), failed });
    }
  }
  async function begin(name: string): Promise<void> {
    // what cannot be prepared is asked by its cell, which says what is wrong
    const all = await expected!.catch((): Expected[] => []);
    const mine = all.find((one) => one.name === name);
    if (!mine || isKept(mine) || answers.apart(side)) return;
    const release = await claims.claim(nameClaim(side, name));
    try {
      if (!isKept(mine)) await askWith(mine, all);
    } finally {
      release();
    }
  }
  async function askWith(mine: Expected, all: Expected[]): Promise<void> {
    const others = all.filter((one) => one !== mine && !isKept(one)).slice(0, mostTogether - 1);
    const { free, release } = await claims.claimFree(others.map(({ name }) => nameClaim(side, name)));
    try {
      // another notebook may have asked for one between the look and the claim
      const isFree = (one: Expected) => free.includes(nameClaim(side, one.name)) && !isKept(one);
      const asked = [mine, ...others.filter(isFree)];
      for (const one of asked) all.splice(all.indexOf(one), 1);
      if (asked.length > 1) await askTogether(asked);
    } finally {
      release();
    }
  }
  return {
    expect(statements: () => Promise<Sql[]> | Sql[]): void {
      expected = undefined;
      prepare = async () => {
        const each = await Promise.all((await statements()).map(judgeOne));
        return [...new Map(each.flat().map((one) => [one.name, one])).values()];
      };
    },
    /** Resolves when the statement's answer is kept, or when it is to be asked alone; never rejects. */
    before(statement: Sql): Promise<void> {
      if (!prepare || isFleeting(statement) || isMasked(statement)) return Promise.resolve();
      expected ??= prepare();
      const name = nameAnswer(inline(statement), isCatalogued(statement) ? undefined : false);
      turn = turn.then(() => begin(name)).catch(() => undefined);
      return turn;
    },
  };
}

/** Nothing is sent for a cell, or a command, that the operator has stopped. */
function requireGoing(side: Side, { isStopped }: Pick<SourceOptions, "isStopped">): void {
  if (isStopped?.()) throw makeInterruptedError(side);
}

function makeNonce(): string {
  return `q${randomBytes(9).toString("hex")}`;
}

interface Fetching {
  side: Side;
  connection: Connection;
  context: Context;
  statement: Sql;
  written: string;
  secret?: string;
  send(read: Parameters<Connection["send"]>[0]): Promise<unknown[][]>;
}

/** A SELECT's whole answer, in as many parts as it takes. */
function fetchWhole(
  { side, connection, context, statement, written, secret, send }: Fetching,
  pages?: Pages,
): ReturnType<typeof fetchByOffset> {
  const bound = bind(statement);
  // without a value in it, what is bound is what was judged
  const [text, values] =
    connection.binds && bound.values.length > 0
      ? [requireAllowed(side, bound.text, { ...context, parameters: bound.values.length }).sql, bound.values]
      : [written, []];
  const nonce = makeNonce();
  const own = (context.catalog ?? context.own)?.operators.map(({ name }) => name);
  const names = context.catalog?.relations.map(({ name }) => name);
  const asking: Asking = {
    side,
    room: connection.room,
    part: async (part) => {
      const page = part.page && { ...part.page, own };
      const asked = wrapInEnvelope(text, { ...part, page, nonce }, written);
      return open(await send(seal(asked, values, { nonce, columns: envelopeColumns, secret, names })));
    },
    tally: async () => {
      const [[, total, checksum]] = await send(
        seal(tally(text, nonce), values, { nonce, columns: tallyColumns, secret, names }),
      );
      return { total: Number(total), checksum: String(checksum) };
    },
  };
  return pages ? fetchByKey(asking, pages.key, pages.rows ?? Infinity) : fetchByOffset(asking);
}

/**
 * What a source says of itself: recorded for a replay, never taken from an earlier run, and counted with the
 * questions where it asked one.
 */
async function recordFact<T>(
  { side, budget, answers, onQuery, isStopped }: SourceOptions & { side: Side },
  what: string,
  ask: () => Promise<T>,
): Promise<T> {
  requireGoing(side, { isStopped });
  const query = {
    time: new Date().toISOString(),
    source: side,
    sha256: hashText(what),
    sql: `(${what})`,
    rows: 0,
    bytes: 0,
  };
  const start = performance.now();
  const before = { ...budget?.spent };
  const done = () => ({
    milliseconds: Math.round(performance.now() - start),
    invocations: (budget?.spent.invocations ?? 0) - (before.invocations ?? 0),
    received: (budget?.spent.received ?? 0) - (before.received ?? 0),
  });
  try {
    const said = await ask();
    answers?.keepFact(side, what, said);
    if (done().invocations) onQuery?.({ ...query, ...done() });
    return said;
  } catch (error) {
    if (done().invocations && error instanceof QueryError) onQuery?.({ ...query, ...done(), failed: error.message });
    throw error;
  }
}

/**
 * The canonical text of a read that the guard allows, and its kind. A name that this side lacks is this side's
 * answer, as if PostgreSQL had given it.
 */
function requireAllowed(side: Side, statement: string, context: Context): Verdict {
  const verdict = judgeCached(statement, context);
  if (verdict.allowed) return verdict;
  throw verdict.condition ? new QueryError(side, verdict.reason, verdict.condition) : new RunbookError(verdict.reason);
}

/** What the guard knows beside the project's own query, where whose operators are meant does not matter: nothing. */
const trusted: Context = { trust: "catalogue" };

/** The same where it does matter, beside a database that has no operator and no type of its own. */
const trustedPlain: Context = { ...trusted, own: readCatalog("{}") };

/** What the guard knows beside the project's own query of tables. */
function trustBeside(own: Catalog | undefined): Context {
  const isPlain = own !== undefined && own.operators.length === 0 && own.types.length === 0;
  return isPlain ? trustedPlain : { ...trusted, own };
}

const verdicts = new Map<string, Verdict>();

/**
 * What the guard says. Of the project's own queries that follows from the text alone: the longest of them are asked of
 * both sides, and are judged once.
 */
function judgeCached(statement: string, context: Context): Verdict {
  if (context !== trusted && context !== trustedPlain) return judge(statement, context);
  const name = `${context === trusted ? "trusted" : "plain"} ${statement}`;
  const verdict = verdicts.get(name) ?? judge(statement, context);
  verdicts.delete(name);
  verdicts.set(name, verdict);
  if (verdicts.size > 20) verdicts.delete(verdicts.keys().next().value!);
  return verdict;
}

/**
 * What an answer does not hold of what was asked, or what is not certain of it, as a sentence; empty where it holds
 * all.
 */
export function describeLeftOut({ cells, total, bytes, doubt = "" }: Answer): string {
  if (cells.length >= total) return doubt;
  const rows = (count: number) => count.toLocaleString("en");
  return total > rowCap && cells.length >= rowCap
    ? `Only the first ${rows(cells.length)} rows are here: the query has more. Aggregate, filter, or add a LIMIT.`
    : `Only the first ${rows(cells.length)} of ${total > rowCap ? `more than ${rows(rowCap)}` : rows(total)} ` +
        `rows are here: they are ${total > rowCap ? "more than " : ""}${rows(bytes)} bytes, and ` +
        `${rows(byteCap)} are as many as an answer may have. Aggregate, or name fewer columns.`;
}

function hashText(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
