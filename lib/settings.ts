import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { RunbookError } from "./errors";
import { keepSecret } from "./sieve";

/** What a run needs to know. Addresses are as the operator wrote them; `lib/source/address.ts` reads them. */
export interface Settings {
  production: string;
  local: string;
  /** Folder of Alembic revisions. */
  migrations?: string;
  /** The AWS account that production must belong to. */
  account?: string;
  /** The file that says which columns hold nothing personal. */
  columns: string;
  /** A role of local's that can read the safe columns alone; where the server has it, it gives a second opinion on each harmless query. */
  safeRole: string;
  /** Whether groups of 1 to 10 people are shown, or hidden for a document that goes outside. */
  smallGroups: "show" | "hide";
  /** Where a notebook records what it learns; the headless runner sets it. */
  results: string;
  /** A demo that runs already, as one JSON line; several notebooks share it. */
  demo?: string;
}

export type Flags = Partial<Pick<Settings, "production" | "local" | "migrations">>;

export const projectFolder = join(__dirname, "..");
export const notebooksFolder = join(projectFolder, "notebooks");
/** Where the notebooks record what they learn when a person steps through them. */
export const interactiveResults = join(notebooksFolder, "results", "interactive");

/**
 * Flag before environment before `.env` before default. The variables of `.env` that AWS and PostgreSQL read (`AWS_PROFILE`, `PGPASSWORD`, …)
 * take effect too. Throws a RunbookError where only one of the two sides is set.
 */
export function readSettings(flags: Flags = {}, environment: NodeJS.ProcessEnv = process.env): Settings {
  adoptDotEnv(environment);
  // else the AWS SDK's notice about Node 20 is the first thing that a notebook shows
  environment.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
  const set = (name: string, flag?: string) => flag?.trim() || environment[name]?.trim() || undefined;
  const production = set("RUNBOOK_PRODUCTION", flags.production);
  const local = set("RUNBOOK_LOCAL", flags.local);
  if (!production !== !local)
    throw new RunbookError(
      production
        ? "RUNBOOK_PRODUCTION is set and RUNBOOK_LOCAL is not: set RUNBOOK_LOCAL (or --local) too, so that a real database is never compared with the demo."
        : "RUNBOOK_LOCAL is set and RUNBOOK_PRODUCTION is not: set RUNBOOK_PRODUCTION (or --production) too, so that a real database is never compared with the demo.",
    );
  keepSecrets({ ...environment, production, local });
  return {
    production: production ?? "demo:production",
    local: local ?? "demo:local",
    migrations: set("RUNBOOK_MIGRATIONS", flags.migrations),
    account: set("RUNBOOK_ACCOUNT"),
    columns: set("RUNBOOK_COLUMNS") ?? join(__dirname, "guard", "credentialmate.json"),
    safeRole: set("RUNBOOK_SAFE_ROLE") ?? "runbook_safe",
    smallGroups: smallGroups(set("RUNBOOK_SMALL_GROUPS")),
    results: set("RUNBOOK_RESULTS") ?? interactiveResults,
    demo: set("RUNBOOK_DEMO"),
  };
}

function smallGroups(word = "show"): Settings["smallGroups"] {
  if (word === "show" || word === "hide") return word;
  throw new RunbookError("RUNBOOK_SMALL_GROUPS is neither show nor hide: with hide, groups of 1 to 10 people are shown as <11.");
}

/** What must never be printed: passwords and keys, as the environment and the addresses hold them. */
function keepSecrets(environment: Record<string, string | undefined>): void {
  for (const [name, value] of Object.entries(environment)) if (/PASSWORD|SECRET|SESSION_TOKEN|API_KEY|PRIVATE_KEY/.test(name)) keepSecret(value);
  for (const [, encoded] of Object.values(environment).flatMap((value) => [...(value ?? "").matchAll(/\bpostgres(?:ql)?:\/\/[^\s:@/"']*:([^\s@/"']+)@/g)]))
    keepSecret(encoded, decoded(encoded));
  keepSecret(/"secretAccessKey":\s*"([^"]+)"/.exec(environment.RUNBOOK_DEMO ?? "")?.[1]);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The environment of a process that is to have these settings: a kernel, or Jupyter. What is empty is left to its default. */
export function childEnvironment({ production, local, migrations, account, columns, safeRole, smallGroups, results, demo }: Settings): NodeJS.ProcessEnv {
  const set = { RUNBOOK_PRODUCTION: production, RUNBOOK_LOCAL: local, RUNBOOK_MIGRATIONS: migrations, RUNBOOK_ACCOUNT: account, RUNBOOK_COLUMNS: columns, RUNBOOK_SAFE_ROLE: safeRole, RUNBOOK_SMALL_GROUPS: smallGroups, RUNBOOK_RESULTS: results, RUNBOOK_DEMO: demo };
  return { ...process.env, ...Object.fromEntries(Object.entries(set).filter(([, value]) => value)) };
}

/** Where Jupyter looks for kernels (jupyter_core, "Data files"). */
export function jupyterDataFolder(environment: NodeJS.ProcessEnv = process.env, platform: NodeJS.Platform = process.platform): string {
  if (environment.JUPYTER_DATA_DIR) return environment.JUPYTER_DATA_DIR;
  if (platform === "darwin") return join(homedir(), "Library", "Jupyter");
  if (platform === "win32") return join(environment.APPDATA ?? homedir(), "jupyter");
  return join(environment.XDG_DATA_HOME ?? join(homedir(), ".local", "share"), "jupyter");
}

function adoptDotEnv(environment: NodeJS.ProcessEnv): void {
  const file = join(projectFolder, ".env");
  if (environment !== process.env || !existsSync(file)) return;
  for (const [name, value] of Object.entries(parseEnv(readFileSync(file, "utf8")))) environment[name] ??= value;
}
