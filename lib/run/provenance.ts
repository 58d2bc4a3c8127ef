import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { homedir, release, type as system, userInfo } from "node:os";
import { join, relative } from "node:path";
import { listVariables, projectFolder, readSettings, type Settings } from "../settings";
import { redact } from "../privacy/redaction";
import type { Provenance } from "./results";

/**
 * Where a run comes from: versions, operator, migrations, settings, and the command that makes the same run again.
 * `words` is the command line after `runbook run`; `heads` the newest revisions of the folder; `demo` what the demo's
 * rows are. Passwords are masked, and the home folder is `~`.
 */
export function describeProvenance(
  settings: Settings,
  words: string[],
  { heads, demo }: { heads?: string[]; demo?: string } = {},
): Provenance {
  const changed = listChangedSettings(settings);
  const inherited = Object.entries(changed).map(([name, value]) => `${name}=${quoteWord(value)}`);
  return redact({
    versions: {
      runbook: (JSON.parse(readFileSync(join(projectFolder, "package.json"), "utf8")) as { version: string }).version,
      commit: readCommit(),
      node: process.version,
      system: `${system()} ${release()}`,
    },
    ...(demo ? { demo } : {}),
    operator: readOperator(),
    migrations: settings.migrations && `${shorten(settings.migrations)}${heads ? `, head ${heads.join(", ")}` : ""}`,
    columns: shorten(settings.columns),
    settings: changed,
    command: [...inherited, "npx runbook run", ...words.map(quoteWord)].join(" "),
  });
}

/** The settings that differ from their default, by their variable's name; what belongs to this run alone is left out. */
function listChangedSettings(settings: Settings): Record<string, string> {
  const { RUNBOOK_RESULTS: _, RUNBOOK_DEMO: __, ...defaults } = listVariables(readSettings({}, {}));
  const values = listVariables(settings);
  return Object.fromEntries(
    Object.keys(defaults).flatMap((name): [string, string][] => {
      const value = values[name];
      return value !== undefined && value !== defaults[name] ? [[name, shorten(maskPassword(value))]] : [];
    }),
  );
}

/** An address without the password in it. */
function maskPassword(value: string): string {
  return value.replace(/^(\w+:\/\/[^\s:@/]*):[^\s@/]+@/, "$1:•••@");
}

/** The commit of this checkout, and whether files differ from it; "not known" outside a checkout. */
function readCommit(): string {
  const git = (...words: string[]): string =>
    execFileSync("git", words, { cwd: projectFolder, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  try {
    const changed = git("status", "--porcelain", "--", "lib", "notebooks") !== "";
    return `${git("rev-parse", "--short", "HEAD")}${changed ? ", with changes of one's own" : ""}`;
  } catch {
    return "not known";
  }
}

function readOperator(): string {
  try {
    return userInfo().username;
  } catch {
    return "not known";
  }
}

/** A path as a reader wants it: within the project from its folder, below the home folder from `~`. */
function shorten(path: string): string {
  if (path.startsWith(projectFolder)) return relative(projectFolder, path);
  return path.startsWith(homedir()) && homedir() !== "/" ? `~${path.slice(homedir().length)}` : path;
}

/** A word as a shell takes it. */
function quoteWord(word: string): string {
  return /^[\w@%+=:,./~-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
