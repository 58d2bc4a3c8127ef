import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { availableParallelism, homedir } from "node:os";
import { delimiter, join } from "node:path";
import { parseEnv } from "node:util";
import { RunbookError } from "./errors";
import { defaultAllowance, type Allowance } from "./source/budget";
import { keepSecret } from "./privacy/redaction";
import { sides, type Side } from "./ledger";

/** What a run needs to know. Addresses are as the operator wrote them; `lib/source/address.ts` reads them. */
export interface Settings {
  production: string;
  local: string;
  /** Folder of Alembic revisions. */
  migrations?: string;
  /** The folder with the project's `alembic.ini`, where its Alembic can be called. */
  alembic?: string;
  /** The AWS account that production must belong to. */
  account?: string;
  /** The file that says which columns hold nothing personal. */
  columns: string;
  /**
   * A role of local's that can read the safe columns alone; where the server has it, it gives a second opinion on
   * each harmless query.
   */
  safeRole: string;
  /** Whether groups of 1 to 10 people are shown, or hidden for a document that goes outside. */
  smallGroups: "show" | "hide";
  /** Where a notebook records what it learns; the headless runner sets it. */
  results: string;
  /** A demo that runs already, as one JSON line; several notebooks share it. */
  demo?: string;
  /** What one run may cost production: invocations, and bytes that they answer with. */
  allowance: Allowance;
  /** How long one cell may take, in seconds, before it is interrupted and its queries cancelled. */
  cellSeconds: number;
  /** How many notebooks a run executes side by side, each in a kernel of its own. */
  kernels: number;
  /** Whether this process is a kernel of a run, whose kernels share what production allows; the runner sets it. */
  coordinated: boolean;
}

export type Flags = Partial<Pick<Settings, "production" | "local" | "migrations">>;

export const projectFolder = join(__dirname, "..");
export const notebooksFolder = join(projectFolder, "notebooks");
/** The variable that holds the process number of the run whose kernel a process is, for that process alone. */
export const coordinatedVariable = "RUNBOOK_COORDINATED";
/** Where an operator's notebooks are: copies of the project's, and whatever else. Git ignores it. */
export const ownNotebooksFolder = join(notebooksFolder, "mine");
/** Where the notebooks record what they learn when a person steps through them. */
export const interactiveResults = join(ownNotebooksFolder, "results", "interactive");

/**
 * Flag before environment before `.env` before default. The variables of `.env` that AWS and PostgreSQL read
 * (`AWS_PROFILE`, `PGPASSWORD`, …) take effect too. `asked` are the sides that will be asked: a verb that asks one
 * needs no address of the other.
 *
 * @throws RunbookError where one side is set, and one that is asked is not.
 */
export function readSettings(
  flags: Flags = {},
  environment: NodeJS.ProcessEnv = process.env,
  asked: readonly Side[] = sides,
): Settings {
  applyDotEnv(environment);
  // else the AWS SDK's notice about Node 20 is the first thing that a notebook shows
  environment.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
  // the AWS command line's variable, which the SDK does not know
  if (!environment.AWS_REGION && environment.AWS_DEFAULT_REGION)
    environment.AWS_REGION = environment.AWS_DEFAULT_REGION;
  const set = (name: string, flag?: string) => flag?.trim() || environment[name]?.trim() || undefined;
  const production = set("RUNBOOK_PRODUCTION", flags.production);
  const local = set("RUNBOOK_LOCAL", flags.local);
  const missing = production || local ? asked.find((side) => !(side === "production" ? production : local)) : undefined;
  if (missing) {
    const [lacking, given] = missing === "production" ? ["PRODUCTION", "LOCAL"] : ["LOCAL", "PRODUCTION"];
    const too = asked.length > 1 ? " too" : "";
    throw new RunbookError(
      `RUNBOOK_${given} is set and RUNBOOK_${lacking} is not: set RUNBOOK_${lacking} (or ` +
        `--${missing})${too}, so that a real database is never ` +
        `${asked.length > 1 ? "compared with" : "taken for"} the demo.`,
    );
  }
  keepSecrets({ ...environment, production, local });
  const allowance = {
    invocations: readNumber("RUNBOOK_INVOCATIONS", set("RUNBOOK_INVOCATIONS"), defaultAllowance.invocations),
    bytes: readNumber("RUNBOOK_BYTES", set("RUNBOOK_BYTES"), defaultAllowance.bytes),
  };
  return {
    production: production ?? "demo:production",
    local: local ?? "demo:local",
    migrations: set("RUNBOOK_MIGRATIONS", flags.migrations),
    alembic: set("RUNBOOK_ALEMBIC"),
    account: set("RUNBOOK_ACCOUNT"),
    columns: set("RUNBOOK_COLUMNS") ?? join(__dirname, "guard", "credentialmate.json"),
    safeRole: set("RUNBOOK_SAFE_ROLE") ?? "runbook_safe",
    smallGroups: readSmallGroups(set("RUNBOOK_SMALL_GROUPS")),
    results: set("RUNBOOK_RESULTS") ?? interactiveResults,
    demo: set("RUNBOOK_DEMO"),
    allowance,
    cellSeconds: readNumber("RUNBOOK_CELL_SECONDS", set("RUNBOOK_CELL_SECONDS"), 300),
    kernels: readNumber("RUNBOOK_KERNELS", set("RUNBOOK_KERNELS"), countKernels(allowance)),
    coordinated: Number(set(coordinatedVariable)) === process.ppid,
  };
}

/**
 * Two where there are two cores. Where the operator allows less than usual it is one, so that the same notebooks are
 * answered each time, the first ones.
 */
function countKernels({ invocations, bytes }: Allowance): number {
  const isLess = invocations < defaultAllowance.invocations || bytes < defaultAllowance.bytes;
  return isLess ? 1 : Math.min(2, availableParallelism());
}

function readNumber(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new RunbookError(`${name} is ${JSON.stringify(text)}: write a whole number above 0.`);
}

function readSmallGroups(word = "show"): Settings["smallGroups"] {
  if (word === "show" || word === "hide") return word;
  throw new RunbookError(
    "RUNBOOK_SMALL_GROUPS is neither show nor hide: with hide, groups of 1 to 10 people are shown as <11.",
  );
}

/** What must never be printed: passwords and keys, as the environment and the addresses hold them. */
function keepSecrets(environment: Record<string, string | undefined>): void {
  for (const [name, value] of Object.entries(environment))
    if (/PASSWORD|SECRET|SESSION_TOKEN|API_KEY|PRIVATE_KEY/.test(name)) keepSecret(value);
  for (const [, encoded] of Object.values(environment).flatMap((value) => [
    ...(value ?? "").matchAll(/\bpostgres(?:ql)?:\/\/[^\s:@/"']*:([^\s@/"']+)@/g),
  ]))
    keepSecret(encoded, decodeText(encoded));
  keepSecret(/"secretAccessKey":\s*"([^"]+)"/.exec(environment.RUNBOOK_DEMO ?? "")?.[1]);
}

function decodeText(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The settings as the environment names them; undefined where one has no value. */
export function listVariables(settings: Settings): Record<string, string | undefined> {
  return {
    RUNBOOK_PRODUCTION: settings.production,
    RUNBOOK_LOCAL: settings.local,
    RUNBOOK_MIGRATIONS: settings.migrations,
    RUNBOOK_ALEMBIC: settings.alembic,
    RUNBOOK_ACCOUNT: settings.account,
    RUNBOOK_COLUMNS: settings.columns,
    RUNBOOK_SAFE_ROLE: settings.safeRole,
    RUNBOOK_SMALL_GROUPS: settings.smallGroups,
    RUNBOOK_RESULTS: settings.results,
    RUNBOOK_DEMO: settings.demo,
    RUNBOOK_INVOCATIONS: String(settings.allowance.invocations),
    RUNBOOK_BYTES: String(settings.allowance.bytes),
    RUNBOOK_CELL_SECONDS: String(settings.cellSeconds),
    RUNBOOK_KERNELS: String(settings.kernels),
  };
}

/**
 * The environment of a process that is to have these settings: a kernel, or Jupyter. What is empty is left to its
 * default.
 */
export function buildChildEnvironment(settings: Settings): NodeJS.ProcessEnv {
  const set = Object.entries(listVariables(settings)).filter(([, value]) => value);
  return { ...process.env, ...Object.fromEntries(set) };
}

/** What the surroundings have set, for those who look for what is amiss in them. */
export function readSurroundings(): Readonly<NodeJS.ProcessEnv> {
  return process.env;
}

/** The first of these programs that the PATH holds, as a whole path. */
export function findProgramOnPath(names: string[], environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const endings = process.platform === "win32" ? (environment.PATHEXT ?? ".EXE;.CMD;.BAT").split(";") : [""];
  const folders = (environment.PATH ?? environment.Path ?? "").split(delimiter).filter(Boolean);
  return names
    .flatMap((name) => folders.flatMap((folder) => endings.map((ending) => join(folder, name + ending))))
    .find(isProgram);
}

/**
 * A Chromium or Chrome: the one of RUNBOOK_BROWSER, else one on the PATH or where its installer puts it. Undefined
 * where there is none.
 */
export function findBrowser(
  environment: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string | undefined {
  if (environment.RUNBOOK_BROWSER)
    return isProgram(environment.RUNBOOK_BROWSER) ? environment.RUNBOOK_BROWSER : undefined;
  const onPath = findProgramOnPath(
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge", "msedge"],
    environment,
  );
  if (onPath) return onPath;
  const names = ["Google Chrome", "Chromium", "Microsoft Edge"];
  if (platform === "darwin")
    return names.map((name) => `/Applications/${name}.app/Contents/MacOS/${name}`).find(isProgram);
  const installed = [environment.PROGRAMFILES, environment["PROGRAMFILES(X86)"], environment.LOCALAPPDATA].filter(
    (folder): folder is string => Boolean(folder),
  );
  return installed
    .flatMap((folder) => [
      join(folder, "Google", "Chrome", "Application", "chrome.exe"),
      join(folder, "Microsoft", "Edge", "Application", "msedge.exe"),
    ])
    .find(isProgram);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Where Jupyter looks for kernels (jupyter_core, "Data files"). */
export function findJupyterDataFolder(
  environment: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  if (environment.JUPYTER_DATA_DIR) return environment.JUPYTER_DATA_DIR;
  if (platform === "darwin") return join(homedir(), "Library", "Jupyter");
  if (platform === "win32") return join(environment.APPDATA ?? homedir(), "jupyter");
  return join(environment.XDG_DATA_HOME || join(homedir(), ".local", "share"), "jupyter");
}

function applyDotEnv(environment: NodeJS.ProcessEnv): void {
  const file = join(projectFolder, ".env");
  if (environment !== process.env || !existsSync(file)) return;
  for (const [name, value] of Object.entries(parseEnv(readFileSync(file, "utf8")))) environment[name] ??= value;
}
