import type { DataFrame } from "nodejs-polars";
import { chartBundle } from "./chart";
import { beginFooters, tellAsked, whileAsking } from "./footer";
import { furniture } from "./front/furniture";
import { QueryError, RunbookError } from "./errors";
import { heightOf, markUnanswered, sides, tidy, withTypes } from "./frame";
import { leftOut, type Source } from "./guard/door";
import { forget, isShared, record, type Check, type Finding, type LedgerEvent, type Side, type SourceIdentity } from "./ledger";
import { openRevisions, openScratches, openSources, type Sources } from "./open";
import { changesFrame, readOutcome, type Outcome } from "./outcome";
import { recordedBy } from "./migration";
import { costOf } from "./run/results";
import { compareExplained, readSide, statementsFor } from "./schema/both";
import { coverageFrame, driftFrame, triedFrame, troubleFrame } from "./schema/frames";
import { proofInWords, proveBoth } from "./schema/proving";
import { withViolations } from "./schema/violation";
import { interactiveResults, readSettings, type Settings } from "./settings";
import type { Cost } from "./source/budget";
import { count, display, findingsBundle, noteBundle, saveCsv, saveFrame } from "./show";
import type { Answer } from "./source/wire";
import { frameBundle } from "./table";
import { sql } from "./sql";
import { available as availableText, type Available } from "./sql/available";
import { catalogued, isCatalogued } from "./sql/catalogue";
import { expectedColumns } from "./sql/columns";
import { inline, raw, type Sql } from "./sql/statement";
import type { TopLevelSpec } from "vega-lite";
import type { Revisions } from "./alembic/history";

/** What one notebook has open: its two sources, and what was asked since the last conclusion. */
interface Session {
  notebook: string;
  settings: Settings;
  sources: Sources;
  identities: Record<Side, SourceIdentity>;
  asked: { queries: number; milliseconds: number; failed: Map<Side, string>; leftOut: Set<string> };
  concluded: Map<string, Check & { leftOut: string[] }>;
}

let session: Session | undefined;

/**
 * Opens both sides for a notebook; its first cell. `notebook` is the file's name without its ending: findings and the query log go under it.
 * Throws a RunbookError where a setting is wrong. A source that does not answer is found out when it is first asked.
 */
export async function open(notebook: string): Promise<void> {
  await session?.sources.close();
  const settings = readSettings();
  const sources = await openSources(settings, (query) => {
    note({ kind: "query", ...query });
    tellAsked(query);
    session!.asked.queries++;
    session!.asked.milliseconds += query.milliseconds;
  }, settings.results === interactiveResults ? undefined : spentBefore(settings.results, notebook));
  forget(settings.results, notebook);
  const identity = ({ address }: Source) => ({ address, database: "", version: "" });
  session = { notebook, settings, sources, identities: { production: identity(sources.production), local: identity(sources.local) }, asked: nothingAsked(), concluded: new Map() };
  beginFooters();
  const told = noteBundle(`Production is ${sources.production.address}, local is ${sources.local.address}. Both are read, never written.`);
  display({ ...told, "text/html": `${told["text/html"]}${furniture()}` });
}

/** Closes what `open` opened; a notebook's last cell. */
export async function close(): Promise<void> {
  await session?.sources.close();
  session = undefined;
}

/**
 * Asks both sides at once: one frame, production's rows above local's, with the side in the column `source`. Where a side cannot answer, its rows
 * are missing, the cell says why, and the check that rests on it becomes incomplete. Where neither can, the frame has its columns and no rows.
 */
export async function both(statement: Sql): Promise<DataFrame> {
  return gather(sides, statement);
}

/**
 * Asks both sides like `both`, but each for as much of the statement as it has columns for: what would show a column that a side lacks is null there,
 * a condition on one is left out. The cell says so, and the check's reason too. A side that lacks a whole table gives no answer.
 */
export async function available(statement: Sql): Promise<DataFrame> {
  return gather(sides, statement, async (source) => availableText(inline(statement), await source.columns()));
}

/** Asks production alone; a frame like `both`'s. */
export async function production(statement: Sql): Promise<DataFrame> {
  return gather(["production"], statement);
}

/** Asks local alone; a frame like `both`'s. */
export async function local(statement: Sql): Promise<DataFrame> {
  return gather(["local"], statement);
}

/** Where the ways to the two databases lead: `source`, `fact`, `value`. AWS account, region, function and VPC; or host, port and user. */
export async function routes(): Promise<DataFrame> {
  return facts("fact", "value", (source) => source.route());
}

/** Tries to write to each side, past the guard; `source`, `attempt`, `answer`: PostgreSQL's own refusal. A side that accepts the write is an incomplete check. */
export async function proveReadOnly(): Promise<DataFrame> {
  return facts("attempt", "answer", async (source) => [["create a temporary table", await source.proveReadOnly()]]);
}

/** The Alembic revisions in the folder of RUNBOOK_MIGRATIONS. */
export async function revisions(): Promise<Revisions> {
  return openRevisions(current().settings);
}

/**
 * The whole schemas of both sides, compared by meaning: `drift`, `coverage` (how much of each kind was compared, and how much was not) and `troubles`
 * (what is out of order on one side by itself). `tried` executes what is recommended in empty databases of our own, and says in a frame and a sentence
 * what came of it. `recorded` is what `sql.revisions` answered. Where a side does not answer, nothing is compared.
 */
export async function schemas(history: Revisions, recorded: DataFrame): Promise<{ drift: DataFrame; coverage: DataFrame; troubles: DataFrame; tried: () => Promise<{ frame: DataFrame; sentence: string }> }> {
  const read: Partial<Record<Side, Awaited<ReturnType<typeof readSide>>>> = {};
  await askEach(sides, async (source) => {
    read[source.side] = await readSide(source);
  });
  const { production: one, local: other } = read;
  const { drift: compared, coverage } = one && other ? await compareExplained(one.snapshot, other.snapshot, history, recordedBy(recorded)) : { drift: [], coverage: [] };
  const drift = one && other ? await withViolations(compared, { production: one.snapshot, local: other.snapshot }, current().sources) : compared;
  const statements = one && other ? await statementsFor(drift, one.snapshot, other.snapshot) : new Map();
  const tried = async () => {
    const proof = one && other ? await proveBoth(one.snapshot, other.snapshot, drift, openScratches) : { tried: [], left: [], impossible: "Nothing was tried: a side did not answer." };
    return { frame: triedFrame(proof.tried), sentence: proofInWords(proof) };
  };
  return { drift: driftFrame(drift, statements), coverage: coverageFrame(coverage), troubles: troubleFrame([...(one?.troubles ?? []), ...(other?.troubles ?? [])]), tried };
}

/** What all notebooks of this run have found so far: verdict, checks, findings and queries. */
export function outcome(): Outcome {
  const { settings, sources } = current();
  return readOutcome(settings.results, sources.production.address, sources.local.address);
}

/** What changed since the run before that compared the same two sides; undefined where there is none. */
export function changedSince(outcome: Outcome): DataFrame | undefined {
  return changesFrame(current().settings.results, outcome);
}

/** Keeps a frame beside the results, as `exports/<file>`: `licenses.csv` with a header line, `licenses.json` whole. */
export function save(frame: DataFrame, file: string): void {
  if (!/^[\w.-]+\.(csv|json)$/.test(file)) throw new RunbookError(`A file to save is called name.csv or name.json, not ${JSON.stringify(file)}.`);
  const { results } = current().settings;
  if (file.endsWith(".json")) saveFrame(frame, results, `exports/${file}`);
  else saveCsv(frame, results, `exports/${file}`);
  display(noteBundle(`Saved: exports/${file}, ${count(heightOf(frame), "row")}.`));
}

/** Shows a frame as a table, and keeps the whole of it as JSON beside the results. */
export async function show(frame: DataFrame, caption: string): Promise<void> {
  const { notebook, settings } = current();
  const file = `data/${notebook}-${slug(caption)}.json`;
  saveFrame(frame, settings.results, file);
  note({ kind: "frame", file, caption, rows: heightOf(frame) });
  // an executed copy lies in the results folder, a notebook that is stepped through two folders above it
  display(frameBundle(frame, caption, settings.results === interactiveResults ? `results/interactive/${file}` : file));
}

/** Draws a Vega-Lite chart. `sentence` says what it shows, for those who cannot see it. */
export async function draw(spec: TopLevelSpec, sentence: string): Promise<void> {
  const { bundle, metadata } = await chartBundle(spec, sentence);
  display(bundle, metadata);
}

/** Writes a sentence below the cell: what the result says, computed from it. */
export function say(sentence: string): void {
  display(noteBundle(sentence));
}

/**
 * Ends a check: its findings are kept, shown, and go into the results. Where a side did not answer something asked since the last conclusion,
 * the check is incomplete and keeps no finding: what is unknown is not drift. A fault that both sides share is kept, and is no drift either.
 */
export async function conclude(id: string, findings: Finding[], says = ""): Promise<void> {
  const { asked, concluded } = current();
  // a cell that is run again without its query keeps what the query said
  const before = asked.queries + asked.failed.size === 0 ? concluded.get(id) : undefined;
  const failed = [...asked.failed].map(([side, reason]) => (reason.startsWith(side) ? reason : `${side}: ${reason}`));
  const incomplete = failed.length > 0 || before?.status === "incomplete";
  const kept = incomplete ? [] : findings;
  const check: Check = {
    id,
    status: incomplete ? "incomplete" : kept.some((finding) => finding.severity !== "info" && !isShared(finding)) ? "drift" : "same",
    why: failed.join(" ") || (incomplete && before?.why) || says || (kept.length ? `${count(kept.length, "finding")}.` : "No difference."),
    queries: before?.queries ?? asked.queries,
    milliseconds: before?.milliseconds ?? asked.milliseconds,
  };
  const leftOut = before?.leftOut ?? [...asked.leftOut];
  if (leftOut.length) check.why += ` ${leftOut.join(" ")}`;
  concluded.set(id, { ...check, leftOut });
  note({ kind: "check", ...check, findings: kept });
  current().asked = nothingAsked();
  display(incomplete ? noteBundle(`Check ${id}: ${check.why}`, "incomplete") : findingsBundle(check.why, kept));
}

async function gather(asked: readonly Side[], statement: Sql, partOf?: (source: Source) => Promise<Available>): Promise<DataFrame> {
  const answers: Partial<Record<Side, Answer>> = {};
  const parts: Partial<Record<Side, Available>> = {};
  await askEach(asked, async (source) => {
    const part = await partOf?.(source);
    const answer = await source.ask(part?.leftOut.length ? written(part.text, isCatalogued(statement)) : statement);
    answers[source.side] = answer;
    parts[source.side] = part;
    if (leftOut(answer)) display(noteBundle(`${source.side}: ${leftOut(answer)}`, "incomplete"));
  });
  remember(statement, answers);
  const answered = asked.filter((side) => answers[side]);
  sayLeftOut(answered, parts);
  const silent = asked.filter((side) => !answers[side]);
  if (answered.length === 0) return markUnanswered(tidy({ production: { columns: expectedColumns(inline(statement)), cells: [] } }), silent);
  if (answered.some((side) => parts[side]?.nulls.length)) {
    const known = answered.flatMap((side) => answers[side]!.columns.filter(({ name }) => !parts[side]?.nulls.includes(name)));
    const types = [...known, ...expectedColumns(inline(statement))];
    for (const side of answered) answers[side] = withTypes(answers[side]!, parts[side]?.nulls ?? [], types);
  }
  return markUnanswered(tidy(answers), silent);
}

/** A statement from its text; still the project's own, if the one that it was made from is. */
function written(text: string, own: boolean): Sql {
  return own ? catalogued(text) : raw(text);
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
  return leftOut.map(({ output, missing }) => (output === undefined ? `the condition on ${missing}, which is not there` : `${output}, for want of ${missing}`)).join("; ");
}

async function facts(name: string, value: string, ask: (source: Source) => Promise<[string, string][]>): Promise<DataFrame> {
  const columns = [name, value].map((column) => ({ name: column, type: "text" }));
  const answers: Partial<Record<Side, { columns: typeof columns; cells: string[][] }>> = {};
  await askEach(sides, async (source) => {
    answers[source.side] = { columns, cells: await ask(source) };
  });
  const empty = { production: { columns, cells: [] } };
  return markUnanswered(tidy(Object.keys(answers).length ? answers : empty), sides.filter((side) => !answers[side]));
}

/** Asks the sides at once. A source that fails is said below the cell and remembered for the conclusion; a refused statement ends the cell. */
async function askEach(asked: readonly Side[], ask: (source: Source) => Promise<void>): Promise<void> {
  const { sources, asked: window } = current();
  const outcomes = await Promise.allSettled(asked.map((side) => whileAsking(side, ask(sources[side]))));
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome.status === "fulfilled") continue;
    if (!(outcome.reason instanceof QueryError)) throw outcome.reason;
    window.failed.set(asked[index], outcome.reason.message);
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
    else if (answers[side]) Object.assign(identities[side], { database: column("database")[0], version: column("version")[0] });
  }
  note({ kind: "opened", ...identities });
}

function current(): Session {
  if (!session) throw new RunbookError(`Nothing is open: run the notebook's first cell, await open("name").`);
  return session;
}

/** What the notebooks before this one have cost production. */
function spentBefore(results: string, notebook: string): Cost {
  const earlier = readOutcome(results, "", "").queries.filter((query) => query.notebook !== notebook && query.source === "production");
  return costOf(earlier);
}

function note(event: LedgerEvent): void {
  const { settings, notebook } = current();
  record(settings.results, notebook, event);
}

function nothingAsked(): Session["asked"] {
  return { queries: 0, milliseconds: 0, failed: new Map(), leftOut: new Set() };
}

function slug(caption: string): string {
  return caption.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 60);
}
