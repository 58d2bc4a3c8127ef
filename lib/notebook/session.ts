import type { DataFrame } from "nodejs-polars";
import { chartBundle } from "../show/chart";
import { beginFooters, tellAsked, whileAsking } from "../show/footer";
import { furniture } from "../show/assets";
import { QueryError, RunbookError } from "../errors";
import { heightOf, markUnanswered, sides, tidy, withTypes } from "../frame";
import { sentence, withoutSmallCounts, withoutSmallMarks, withSmallGroups } from "../privacy/hide-small";
import { loadColumns, type SafeColumns } from "../guard/safe-columns";
import { leftOut, type Source } from "../source/guarded";
import { seen } from "../privacy/present";
import {
  forget,
  isShared,
  record,
  toTheSecond,
  type Alarm,
  type Check,
  type Finding,
  type LedgerEvent,
  type Side,
  type SourceIdentity,
} from "../ledger";
import { openRevisions, openScratches, openSources, type Sources } from "../open";
import { changesFrame, readOutcome, type Outcome } from "../run/outcome";
import { recordedBy } from "../alembic/frames";
import { costOf } from "../run/results";
import { compareAllRows, compareRows, type Budget, type Comparison, type RowsOptions } from "../rows";
import { rowFrames, type RowFrames } from "../rows/frames";
import { compareExplained, readSide, statementsFor } from "../schema/both";
import { coverageFrame, driftFrame, triedFrame, troubleFrame } from "../schema/frames";
import { proofInWords, proveBoth } from "../schema/prove/prove";
import { recommendBoth } from "../schema/ddl/recommend";
import { withViolations } from "../schema/judge/violation";
import { interactiveResults, readSettings, type Settings } from "../settings";
import { onAlarm, sieve } from "../privacy/redaction";
import { count, display, findingsBundle, noteBundle, saveCsv, saveFrame } from "../show/display";
import type { Cost } from "../source/budget";
import type { Answer } from "../source/envelope";
import { frameBundle } from "../show/table";
import { sql } from "../sql";
import { available as availableText, type Available } from "../guard/partial";
import { catalogued, isCatalogued } from "../sql/trusted";
import { expectedColumns } from "../sql/expected";
import { isMasked, masked } from "../sql/masked";
import { inline, raw, type Sql } from "../sql/template";
import type { TopLevelSpec } from "vega-lite";
import type { Revisions } from "../alembic/history";

/** What one notebook has open: its two sources, and what was asked since the last conclusion. */
interface Session {
  notebook: string;
  settings: Settings;
  sources: Sources;
  identities: Record<Side, SourceIdentity>;
  asked: {
    queries: number;
    milliseconds: number;
    failed: Map<Side | "", string>;
    leftOut: Set<string>;
    hidden: number;
  };
  /** The columns that are counts, where small groups are hidden. */
  counts: Set<string>;
  concluded: Map<string, Check & { leftOut: string[] }>;
  /** Why a side gave no answer to something that the notebook asked: what is concluded later without a question of its own may rest on it. */
  lost: Map<Side | "", string>;
}

let session: Session | undefined;

/**
 * Opens both sides for a notebook; its first cell. `notebook` is the file's name without its ending: findings and the query log go under it.
 * A source that does not answer is found out when it is first asked.
 *
 * @throws RunbookError where a setting is wrong.
 * @example await open("02-volume");
 */
export async function open(notebook: string): Promise<void> {
  await session?.sources.close();
  const settings = readSettings();
  const sources = await openSources(settings, {
    onQuery(query) {
      note({ kind: "query", ...query });
      tellAsked(query);
      session!.asked.queries++;
      session!.asked.milliseconds += query.milliseconds;
    },
    onAlarm: tellAlarm,
    spent: settings.results === interactiveResults ? undefined : spentBefore(settings.results, notebook),
  });
  forget(settings.results, notebook);
  const identity = ({ address }: Source) => ({ address, database: "", version: "" });
  session = {
    notebook,
    settings,
    sources,
    identities: { production: identity(sources.production), local: identity(sources.local) },
    asked: nothingAsked(),
    counts: new Set(),
    concluded: new Map(),
    lost: new Map(),
  };
  onAlarm(alarmed);
  beginFooters();
  const told = noteBundle(
    `Production is ${sources.production.address}, local is ${sources.local.address}. Both are read, never written.`,
  );
  display({ ...told, "text/html": `${told["text/html"]}${furniture()}` });
}

/**
 * Closes what `open` opened; a notebook's last cell.
 *
 * @example await close();
 */
export async function close(): Promise<void> {
  await session?.sources.close();
  session = undefined;
}

/**
 * Asks both sides at once: one frame, production's rows above local's, with the side in the column `source`. Where a side cannot answer, its rows
 * are missing, the cell says why, and the check that rests on it becomes incomplete. Where neither can, the frame has its columns and no rows.
 *
 * @throws RunbookError where the door refuses the statement.
 * @example const users = await both(sql`select role, count(*) as users from users group by 1 order by 1`); // source, role, users
 */
export async function both(statement: Sql): Promise<DataFrame> {
  return gather(sides, statement);
}

/**
 * Asks both sides like `both`, but each for as much of the statement as it has columns for: what would show a column that a side lacks is null there,
 * a condition on one is left out. The cell says so, and the check's reason too. A side that lacks a whole table gives no answer.
 *
 * @throws RunbookError where the door refuses the statement.
 * @example const portal = await available(sql`select count(*) as licenses, count(portal_username) as with_portal from licenses`);
 */
export async function available(statement: Sql): Promise<DataFrame> {
  return gather(sides, statement, async (source) => availableText(inline(statement), await source.columns()));
}

/**
 * Asks production alone; a frame like `both`'s.
 *
 * @example const largest = await production(sql`select state, count(*) as licenses from licenses group by 1 order by 2 desc`);
 */
export async function production(statement: Sql): Promise<DataFrame> {
  return gather(["production"], statement);
}

/**
 * Asks local alone; a frame like `both`'s.
 *
 * @example const seeded = await local(sql`select count(*) as users from users`);
 */
export async function local(statement: Sql): Promise<DataFrame> {
  return gather(["local"], statement);
}

/**
 * Where the ways to the two databases lead: `source`, `fact`, `value`. AWS account, region, function and VPC; or host, port and user.
 *
 * @example await show(await routes(), "The ways to the two databases");
 */
export async function routes(): Promise<DataFrame> {
  return facts("fact", "value", (source) => source.route());
}

/**
 * Tries to write to each side, past the guard; `source`, `attempt`, `answer`: PostgreSQL's own refusal. A side that accepts the write is an incomplete check.
 *
 * @example await show(await proveReadOnly(), "An attempt to write");
 */
export async function proveReadOnly(): Promise<DataFrame> {
  return facts("attempt", "answer", async (source) => [["create a temporary table", await source.proveReadOnly()]]);
}

/**
 * The columns of both sides that the file of safe columns does not know: `source`, `schema`, `table`, `column`, `type`, `proposed`, safe or personal by name, type and
 * comment, and `whole_table` where it knows nothing of the table. Until somebody has decided, they are personal.
 *
 * @example await show(await unlisted(), "Columns that nobody has looked at");
 */
export async function unlisted(): Promise<DataFrame> {
  const columns = ["schema", "table", "column", "type", "proposed", "whole_table"].map((name) => ({
    name,
    type: name === "whole_table" ? "bool" : "text",
  }));
  return gathered(columns, async (source) =>
    (await source.unlisted()).map(({ schema, table, column, type, proposed, wholeTable }) => [
      schema,
      table,
      column,
      type,
      proposed,
      wholeTable ? "t" : "f",
    ]),
  );
}

/**
 * The Alembic revisions in the folder of RUNBOOK_MIGRATIONS.
 *
 * @throws RunbookError where there is no such folder.
 * @example const standing = behind(await both(sql.revisions), await revisions());
 */
export async function revisions(): Promise<Revisions> {
  return openRevisions(current().settings);
}

/**
 * The whole schemas of both sides, compared by meaning: `drift`, `coverage` (how much of each kind was compared, and how much was not) and `troubles`
 * (what is out of order on one side by itself). `tried` executes what is recommended in empty databases of our own, and says in a frame and a sentence
 * what came of it. `recorded` is what `sql.revisions` answered. Where a side does not answer, nothing is compared.
 *
 * @example const { drift, coverage, troubles } = await schemas(await revisions(), await both(sql.revisions));
 */
export async function schemas(
  history: Revisions,
  recorded: DataFrame,
): Promise<{
  drift: DataFrame;
  coverage: DataFrame;
  troubles: DataFrame;
  tried: () => Promise<{ frame: DataFrame; sentence: string }>;
}> {
  const read: Partial<Record<Side, Awaited<ReturnType<typeof readSide>>>> = {};
  await askEach(sides, async (source) => {
    read[source.side] = await readSide(source);
  });
  const { production: one, local: other } = read;
  const { drift: compared, coverage } =
    one && other
      ? await compareExplained(one.snapshot, other.snapshot, history, recordedBy(recorded))
      : { drift: [], coverage: [] };
  const drift =
    one && other
      ? await withViolations(compared, { production: one.snapshot, local: other.snapshot }, current().sources)
      : compared;
  const recommended =
    one && other ? await recommendBoth(one.snapshot, other.snapshot, drift) : { production: [], local: [] };
  const tried = async () => {
    const proof =
      one && other
        ? await proveBoth(recommended, one.snapshot, other.snapshot, drift, openScratches)
        : { tried: [], left: [], impossible: "Nothing was tried: a side did not answer." };
    return { frame: triedFrame(proof.tried), sentence: proofInWords(proof) };
  };
  return {
    drift: driftFrame(drift, statementsFor(drift, recommended)),
    coverage: coverageFrame(coverage),
    troubles: troubleFrame([...(one?.troubles ?? []), ...(other?.troubles ?? [])]),
    tried,
  };
}

/**
 * Compares every table that both sides have row by row, the smallest first, until the budget is used up: checksums are computed inside the databases, and of a row
 * that differs only its key and the names of its columns come out. What was not compared stands in `left`, with the reason.
 *
 * @example
 * const { tables, keys, left } = await compareTables({ questions: 60, rows: 5_000_000, seconds: 120 });
 * await show(tables.filter(pl.col("changed").gt(0)), "Tables whose rows differ");
 */
export async function compareTables(budget: Partial<Budget> = {}): Promise<RowFrames> {
  return rowsCompared(["every table", budget], (sources, safe) => compareAllRows(sources, safe, { budget, keys: 20 }));
}

/**
 * Compares one table in the same way: by another key, in some columns, where a condition holds, or in a sample.
 *
 * @example
 * const { keys } = await compareTable("licenses", { columns: ["status", "expiration_date"], where: "state = 'TX'" });
 * await show(keys.filter(is("status", "changed")), "Licences of Texas that differ");
 */
export async function compareTable(
  name: string,
  options: Pick<RowsOptions, "key" | "columns" | "where" | "sample" | "keys" | "budget"> = {},
): Promise<RowFrames> {
  return rowsCompared([name, options], async (sources, safe) => ({
    outcomes: [await compareRows(sources, name, safe, options)],
    left: [],
  }));
}

/**
 * Says that something could not be told; the check that is concluded next is incomplete.
 *
 * @example
 * if (left.height) incomplete(`Not compared: ${records(left).map(({ table }) => table).join(", ")}.`);
 * await conclude("rows-left", []);
 */
export function incomplete(reason: string): void {
  current().asked.failed.set("", reason);
}

/**
 * What all notebooks of this run have found so far: verdict, checks, findings and queries.
 *
 * @example say(outcome().verdict);
 */
export function outcome(): Outcome {
  const { settings, sources } = current();
  return readOutcome(settings.results, sources.production.address, sources.local.address);
}

/**
 * What changed since the run before that compared the same two sides; undefined where there is none.
 *
 * @example const changed = changedSince(outcome()); // change, severity, before, title
 */
export function changedSince(outcome: Outcome): DataFrame | undefined {
  return changesFrame(current().settings.results, outcome);
}

/**
 * Keeps a frame beside the results, as `exports/<file>`: `licenses.csv` with a header line, `licenses.json` whole.
 *
 * @throws RunbookError where the file is called anything but name.csv or name.json.
 * @example save(licenses, "licenses.csv");
 */
export function save(frame: DataFrame, file: string): void {
  if (!/^[\w.-]+\.(csv|json)$/.test(file))
    throw new RunbookError(`A file to save is called name.csv or name.json, not ${JSON.stringify(file)}.`);
  const { results } = current().settings;
  const shown = inGroups(frame);
  if (file.endsWith(".json")) saveFrame(shown, results, `exports/${file}`);
  else saveCsv(shown, results, `exports/${file}`);
  display(noteBundle(`Saved: exports/${file}, ${count(heightOf(frame), "row")}.`));
}

/**
 * Shows a frame as a table, and keeps the whole of it as JSON beside the results.
 *
 * @example await show(licenses.sort("state"), "Licences by state");
 */
export async function show(frame: DataFrame, caption: string): Promise<void> {
  const { notebook, settings } = current();
  const file = `data/${notebook}-${slug(caption)}.json`;
  const shown = inGroups(frame);
  saveFrame(shown, settings.results, file);
  note({ kind: "frame", file, caption, rows: heightOf(frame) });
  // an executed copy lies in the results folder, a notebook that is stepped through two folders above it
  display(frameBundle(shown, caption, settings.results === interactiveResults ? `results/interactive/${file}` : file));
}

/**
 * Draws a Vega-Lite chart. `says` tells what it shows, for those who cannot see it.
 *
 * @example await draw(bars(licenses, { category: "state", value: "licenses", title: "CA leads" }), "Licences by state: CA leads with 463.");
 */
export async function draw(spec: TopLevelSpec, says: string): Promise<void> {
  const { counts } = current();
  const { bundle, metadata } = await chartBundle(
    sieve(hides() ? withoutSmallMarks(spec, counts) : spec),
    sieve(told(says)),
  );
  display(bundle, metadata);
}

/**
 * Writes a sentence below the cell: what the result says, computed from it.
 *
 * @example say(`${count(67, "table")} were counted.`);
 */
export function say(text: string): void {
  display(noteBundle(told(text)));
}

/**
 * Ends a check: its findings are kept, shown, and go into the results. Where a side did not answer something asked since the last conclusion,
 * the check is incomplete and keeps no finding: what is unknown is not drift. A fault that both sides share is kept, and is no drift either.
 *
 * @example await conclude("users", [finding("rows/users", "critical", "Production holds no user")], "163 users in production.");
 */
export async function conclude(id: string, findings: Finding[], says = ""): Promise<void> {
  const { asked, concluded, lost } = current();
  const ownQuestion = asked.queries + asked.failed.size > 0;
  // a cell that is run again without its query keeps what the query said
  const before = ownQuestion ? undefined : concluded.get(id);
  const failed = [...(ownQuestion ? asked.failed : lost)].map(([side, reason]) =>
    reason.startsWith(side) ? reason : `${side}: ${reason}`,
  );
  const incomplete = failed.length > 0 || before?.status === "incomplete";
  const kept = incomplete ? [] : hides() ? findings.map(withoutSmallCounts) : findings;
  const check: Check = {
    id,
    status: incomplete
      ? "incomplete"
      : kept.some((finding) => finding.severity !== "info" && !isShared(finding))
        ? "drift"
        : "same",
    why:
      failed.join(" ") ||
      (incomplete && before?.why) ||
      told(says) ||
      (kept.length ? `${count(kept.length, "finding")}.` : "No difference."),
    queries: before?.queries ?? asked.queries,
    milliseconds: before?.milliseconds ?? asked.milliseconds,
  };
  const leftOut = before?.leftOut ?? [...asked.leftOut];
  if (leftOut.length) check.why += ` ${leftOut.join(" ")}`;
  if (asked.hidden)
    check.why += ` ${count(asked.hidden, "count")} of 1 to 10, or that would give one away, hidden: what follows from them is not judged.`;
  concluded.set(id, { ...check, leftOut });
  note({ kind: "check", ...check, findings: kept });
  current().asked = nothingAsked();
  display(incomplete ? noteBundle(`Check ${id}: ${check.why}`, "incomplete") : findingsBundle(check.why, kept));
}

async function gather(
  asked: readonly Side[],
  statement: Sql,
  partOf?: (source: Source) => Promise<Available>,
): Promise<DataFrame> {
  const answers: Partial<Record<Side, Answer>> = {};
  const parts: Partial<Record<Side, Available>> = {};
  await askEach(asked, async (source) => {
    const part = await partOf?.(source);
    const whole = await source.ask(part?.leftOut.length ? written(part.text, statement) : statement);
    const { answer, hidden } = seen(whole, current().settings, tellAlarm);
    answers[source.side] = answer;
    current().asked.hidden += hidden;
    answer.columns.forEach(({ name }, index) => answer.counted?.[index] && current().counts.add(name));
    parts[source.side] = part;
    if (leftOut(answer)) display(noteBundle(`${source.side}: ${leftOut(answer)}`, "incomplete"));
  });
  remember(statement, answers);
  const answered = asked.filter((side) => answers[side]);
  sayLeftOut(answered, parts);
  const silent = asked.filter((side) => !answers[side]);
  if (answered.length === 0)
    return markUnanswered(tidy({ production: { columns: expectedColumns(inline(statement)), cells: [] } }), silent);
  if (answered.some((side) => parts[side]?.nulls.length)) {
    const known = answered.flatMap((side) =>
      answers[side]!.columns.filter(({ name }) => !parts[side]?.nulls.includes(name)),
    );
    const types = [...known, ...expectedColumns(inline(statement))];
    for (const side of answered) answers[side] = withTypes(answers[side]!, parts[side]?.nulls ?? [], types);
  }
  return markUnanswered(tidy(answers), silent);
}

/** A side that does not answer leaves nothing to compare: the cell says so, and the check is incomplete. */
async function rowsCompared(
  what: unknown[],
  compare: (sources: Sources, safe: SafeColumns) => Promise<Pick<Comparison, "outcomes" | "left">>,
): Promise<RowFrames> {
  const { sources, settings, asked } = current();
  try {
    const { work, before } = await sources.once(
      `rows ${JSON.stringify(what)}`,
      () => compare(sources, loadColumns(settings.columns)),
      ({ left }) => left.length === 0,
    );
    if (before) display(noteBundle(`The rows were compared at ${toTheSecond(before)}, and not again.`));
    return rowFrames(work);
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    asked.failed.set(error.source as Side, error.message);
    display(noteBundle(error.message, "incomplete"));
    return rowFrames({ outcomes: [], left: [{ table: "every table", why: error.message }] });
  }
}

/** A statement from its text; still the project's own, or masked, if the one that it was made from is. */
function written(text: string, statement: Sql): Sql {
  if (isMasked(statement)) return masked(raw(text));
  return isCatalogued(statement) ? catalogued(text) : raw(text);
}

/** Says what each side was not asked for, and remembers it for the conclusion; in one sentence, where it is the same on both. */
function sayLeftOut(answered: Side[], parts: Partial<Record<Side, Available>>): void {
  const lacking = new Map<string, Side[]>();
  for (const side of answered) {
    const part = parts[side];
    if (part?.leftOut.length) lacking.set(leftOutOf(part), [...(lacking.get(leftOutOf(part)) ?? []), side]);
  }
  for (const [what, where] of lacking) {
    const sentence = `Left out in ${where.join(" and ")}: ${what}.`;
    current().asked.leftOut.add(sentence);
    display(noteBundle(sentence));
  }
}

function leftOutOf({ leftOut }: Available): string {
  return leftOut
    .map(({ output, missing }) =>
      output === undefined ? `the condition on ${missing}, which is not there` : `${output}, for want of ${missing}`,
    )
    .join("; ");
}

async function facts(
  name: string,
  value: string,
  ask: (source: Source) => Promise<[string, string][]>,
): Promise<DataFrame> {
  return gathered(
    [name, value].map((column) => ({ name: column, type: "text" })),
    ask,
  );
}

/** A frame of what each side says of itself. */
async function gathered(columns: Answer["columns"], ask: (source: Source) => Promise<string[][]>): Promise<DataFrame> {
  const answers: Partial<Record<Side, { columns: typeof columns; cells: string[][] }>> = {};
  await askEach(sides, async (source) => {
    answers[source.side] = { columns, cells: await ask(source) };
  });
  const empty = { production: { columns, cells: [] } };
  return markUnanswered(
    tidy(Object.keys(answers).length ? answers : empty),
    sides.filter((side) => !answers[side]),
  );
}

/** Asks the sides at once. A source that fails is said below the cell and remembered for the conclusion; a refused statement ends the cell. */
async function askEach(asked: readonly Side[], ask: (source: Source) => Promise<void>): Promise<void> {
  const { sources, asked: window } = current();
  const outcomes = await Promise.allSettled(asked.map((side) => whileAsking(side, ask(sources[side]))));
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome.status === "fulfilled") continue;
    if (!(outcome.reason instanceof QueryError)) throw outcome.reason;
    window.failed.set(asked[index], outcome.reason.message);
    // that something is not there is an answer; what rests on it is empty, and rightly so
    if (!outcome.reason.condition?.startsWith("undefined_")) current().lost.set(asked[index], outcome.reason.message);
    display(noteBundle(`${outcome.reason.message}`, "incomplete"));
  }
}

/** The results name each source by what these two queries answered, whichever notebook asked them. */
function remember(statement: Sql, answers: Partial<Record<Side, Answer>>): void {
  if (statement !== sql.identity && statement !== sql.revisions) return;
  const { identities } = current();
  for (const side of sides) {
    const { columns, cells } = answers[side] ?? { columns: [], cells: [] };
    const column = (name: string) => cells.map((row) => row[columns.findIndex((one) => one.name === name)] ?? "");
    if (answers[side] && statement === sql.revisions) identities[side].revision = column("revision");
    else if (answers[side])
      Object.assign(identities[side], { database: column("database")[0], version: column("version")[0] });
  }
  note({ kind: "opened", ...identities });
}

function current(): Session {
  if (!session) throw new RunbookError(`Nothing is open: run the notebook's first cell, await open("name").`);
  return session;
}

/** What the notebooks before this one have cost production. */
function spentBefore(results: string, notebook: string): Cost {
  const earlier = readOutcome(results, "", "").queries.filter(
    (query) => query.notebook !== notebook && query.source === "production",
  );
  return costOf(earlier);
}

function note(event: LedgerEvent): void {
  const { settings, notebook } = current();
  record(settings.results, notebook, sieve(event));
}

function tellAlarm({ withheld = [], refused }: Alarm): void {
  if (withheld.length) alarmed(withheld);
  if (refused) note({ kind: "alarm", refused });
}

/** Notes at once what was withheld, since the cell may be the notebook's last; and tells it below the cell, when that has said all that it says at once. */
function alarmed(kinds: string[]): void {
  const fresh = kinds.filter((kind) => !withheld.has(kind));
  if (!fresh.length) return;
  if (!withheld.size) setImmediate(tellWithheld);
  for (const kind of fresh) withheld.add(kind);
  if (session) note({ kind: "alarm", withheld: fresh });
}

const withheld = new Set<string>();

function tellWithheld(): void {
  display(
    noteBundle(
      `Withheld here: text with the shape of ${[...withheld].join(", ")}. The guard should have kept it: look at what this cell shows.`,
      "incomplete",
    ),
  );
  withheld.clear();
}

/** As the setting would have counts of few people shown. */
function inGroups(frame: DataFrame): DataFrame {
  return hides() ? withSmallGroups(frame, current().counts) : frame;
}

function told(text: string): string {
  return hides() ? sentence(text) : text;
}

function hides(): boolean {
  return session?.settings.smallGroups === "hide";
}

function nothingAsked(): Session["asked"] {
  return { queries: 0, milliseconds: 0, failed: new Map(), leftOut: new Set(), hidden: 0 };
}

function slug(caption: string): string {
  return caption
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "")
    .slice(0, 60);
}
