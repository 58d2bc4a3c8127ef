import { existsSync, readFileSync, readdirSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import type { VersionTable } from "./history";
import { openSession, readModule, type Surroundings } from "./python";
import { isDictionary, getTextValue, type Value } from "./python-value";

/** How a project keeps its revisions: what `alembic.ini`, `pyproject.toml` and `env.py` say of it. */
export interface Environment {
  /** The folder with `alembic.ini`, where there is one. */
  root: string | undefined;
  /** The folder with `env.py`. */
  scripts: string;
  versions: string[];
  isRecursive: boolean;
  isSourceless: boolean;
  versionTable: VersionTable;
  /** How the project's MetaData names constraints, by `pk`, `fk`, `uq`, `ck` and `ix`. */
  naming: Map<string, string>;
}

/**
 * Reads how the folder's project is set up. The folder is that of the versions, the one above it, or one that holds
 * `alembic.ini`.
 */
export function readEnvironment(folder: string): Environment {
  const given = resolve(folder);
  const root = findRoot(given);
  const settings = root === undefined ? new Map<string, string>() : readSettingsOf(root);
  const place = (text: string) => resolvePlace(text, root ?? given);
  const location = settings.get("script_location");
  const declared = location === undefined ? undefined : place(location);
  const isDeclared =
    declared !== undefined && (given === root || isWithin(given, declared) || isWithin(declared, given));
  const scripts = isDeclared ? declared : existsSync(join(given, "env.py")) ? given : dirname(given);
  const listed = settings.get("version_locations");
  const locations =
    isDeclared && listed
      ? splitLocations(listed, settings)
          .map(place)
          .filter((path) => existsSync(path))
      : [];
  const isOneOf = given === root || given === scripts || locations.some((path) => path === given);
  const own = [join(given, "versions"), ...(given === root ? [join(scripts, "versions")] : [])].find((path) =>
    existsSync(path),
  );
  return {
    root,
    scripts,
    versions: locations.length && isOneOf ? locations : [own ?? given],
    isRecursive: settings.get("recursive_version_locations")?.toLowerCase() === "true",
    isSourceless: settings.get("sourceless")?.toLowerCase() === "true",
    ...readEnvPy(scripts, root),
  };
}

function findRoot(folder: string): string | undefined {
  let place = folder;
  for (let up = 0; up < 5; up += 1) {
    if (existsSync(join(place, "alembic.ini"))) return place;
    const project = join(place, "pyproject.toml");
    if (existsSync(project) && /^\s*\[tool\.alembic\]/m.test(readFileSync(project, "utf8"))) return place;
    if (dirname(place) === place) return undefined;
    place = dirname(place);
  }
  return undefined;
}

/** The settings of `[alembic]`, and those of `[tool.alembic]`, which Alembic reads first; `%(here)s` is the folder. */
function readSettingsOf(root: string): Map<string, string> {
  const settings = new Map<string, string>();
  const read = (file: string, section: string, comments: RegExp) => {
    if (!existsSync(join(root, file))) return;
    let isInside = false;
    let last = "";
    for (const line of readFileSync(join(root, file), "utf8").split(/\r?\n/)) {
      const title = /^\s*\[([^\]]+)\]/.exec(line);
      if (title && !/^\s+\S/.test(line)) isInside = title[1].trim() === section;
      if (!isInside || comments.test(line)) continue;
      const [, name, value] = /^([\w.]+)\s*[=:]\s*(.*)$/.exec(line) ?? [];
      if (name) settings.set((last = name), removeQuotes(value));
      else if (/^\s+\S/.test(line) && last)
        settings.set(last, `${settings.get(last)}\n${removeQuotes(line.trim().replace(/,$/, ""))}`);
    }
  };
  read("alembic.ini", "alembic", /^\s*[#;]/);
  read("pyproject.toml", "tool.alembic", /^\s*#/);
  for (const [name, value] of settings) settings.set(name, value.replace(/%\(here\)s/g, root).replace(/%%/g, "%"));
  return settings;
}

function removeQuotes(text: string): string {
  return text
    .replace(/\s+#.*$/, "")
    .replace(/^\[|\]$/g, "")
    .trim()
    .replace(/^["']|["']$/g, "");
}

function splitLocations(text: string, settings: Map<string, string>): string[] {
  const separator = { os: /:/, ":": /:/, ";": /;/, space: /\s+/, newline: /\n/ }[
    settings.get("path_separator") ?? settings.get("version_path_separator") ?? ""
  ];
  return text
    .split(separator ?? /[\s,"']+|(?<!^[A-Za-z]):/)
    .map((path) => path.trim())
    .filter(Boolean);
}

/** A path of the settings; `package:folder` is a folder of a package. */
function resolvePlace(text: string, root: string): string {
  const [, name, path] = /^([\w.]{2,}):(.+)$/.exec(text) ?? [];
  if (name) {
    const inside = join(...name.split("."), path);
    return [join(root, inside), join(root, "src", inside)].find((place) => existsSync(place)) ?? join(root, inside);
  }
  return isAbsolute(text) ? text : join(root, text);
}

function readEnvPy(
  scripts: string,
  root: string | undefined,
): { versionTable: VersionTable; naming: Map<string, string> } {
  const path = join(scripts, "env.py");
  const versionTable: VersionTable = { schema: null, name: "alembic_version" };
  if (!existsSync(path)) return { versionTable, naming: new Map() };
  const project = openProject({ scripts, versions: [], root });
  const module = readModule(readFileSync(path, "utf8"), { ...project, path });
  const calls = module.allCalls();
  for (const { call, named } of calls) {
    if (call !== "configure") continue;
    versionTable.schema = getTextValue(named.version_table_schema) ?? versionTable.schema;
    versionTable.name = getTextValue(named.version_table) ?? versionTable.name;
  }
  const target = module.lookUp("target_metadata");
  return {
    versionTable,
    naming: readNaming([...module.constants.values(), ...(target === undefined ? [] : [target])]),
  };
}

/** The naming convention of a MetaData among the values, where it stands as a literal. */
function readNaming(values: Value[]): Map<string, string> {
  const naming = new Map<string, string>();
  const walk = (value: Value | undefined, depth: number): void => {
    if (depth > 6 || typeof value !== "object" || value === null) return;
    if (Array.isArray(value)) return value.forEach((item) => walk(item, depth + 1));
    if (isDictionary(value)) {
      for (const [key, form] of value.entries)
        if (
          typeof key === "string" &&
          typeof form === "string" &&
          /^(pk|fk|uq|ck|ix)$/.test(key) &&
          form.includes("%(")
        )
          naming.set(key, form);
    } else if ("call" in value)
      [value.of, ...value.args, ...Object.values(value.named)].forEach((item) => walk(item, depth + 1));
    else if ("class" in value) value.members.forEach(([, member]) => walk(member, depth + 1));
  };
  values.forEach((value) => walk(value, 0));
  return naming;
}

interface Listed {
  files: { shown: string; path: string }[];
  notes: string[];
}

/** The files that Alembic would read, and a sentence for what stands beside them and is left out. */
export function listRevisionFiles({ versions, isRecursive, isSourceless }: Environment): Listed {
  const listed: Listed = { files: [], notes: [] };
  const seen = new Set<string>();
  for (const folder of versions) {
    const names = (readdirSync(folder, { recursive: true }) as string[]).sort();
    const below = names.filter((name) => name.includes(sep) && isRevisionName(name) && hasRevision(join(folder, name)));
    for (const name of names) {
      if (!/\.py$/.test(name) || (name.includes(sep) && !isRecursive)) continue;
      const path = join(folder, name);
      const shown = versions.length > 1 ? join(basename(folder), name) : name;
      if (!isRevisionName(name)) {
        if (/^\.#/.test(basename(name))) listed.notes.push(`${shown} is an editor's lock, and no revision.`);
      } else if (!existsSync(path)) listed.notes.push(`${shown} is a link that leads nowhere: it was left out.`);
      else if (statSync(path).isFile() && !seen.has(realpathSync(path))) {
        seen.add(realpathSync(path));
        listed.files.push({ shown, path });
      }
    }
    if (below.length && !isRecursive) {
      const folders = [...new Set(below.map((name) => dirname(name)))];
      listed.notes.push(
        `${folders.join(", ")} below ${basename(folder)} ${folders.length === 1 ? "holds" : "hold"} ` +
          `${below.length} ${below.length === 1 ? "revision" : "revisions"} that Alembic does not read: ` +
          `recursive_version_locations is not set.`,
      );
    }
    const compiled = names.filter((name) => name.endsWith(".pyc") && !name.includes(sep));
    if (isSourceless && compiled.some((name) => !names.includes(name.slice(0, -1))))
      listed.notes.push(`${basename(folder)} holds compiled revisions without their source, which cannot be read.`);
  }
  return listed;
}

/** As Alembic's own pattern has it: no `__init__.py`, and no lock of an editor's. */
function isRevisionName(name: string): boolean {
  const file = basename(name);
  return /\.py$/.test(file) && !/^(\.|__init__)/.test(file) && !name.includes("__pycache__");
}

function hasRevision(path: string): boolean {
  return existsSync(path) && statSync(path).isFile() && /^down_revision\b/m.test(readFileSync(path, "utf8"));
}

/** How the revisions' imports and the files that they open are found; nothing outside of the project is read. */
export function openProject({
  scripts,
  versions,
  root,
}: Pick<Environment, "scripts" | "versions" | "root">): Required<Omit<Surroundings, "path">> {
  const roots = listAncestors(versions[0] ?? scripts, root);
  const last = roots[roots.length - 1];
  const isInstalled = /^(site|dist)-packages$/.test(basename(last));
  const own = basename(roots[roots.length - 2] ?? "");
  const top = roots.reduce((one, other) => (other.length < one.length ? other : one));
  const read = readCached();
  return {
    findModule: (dotted, level, from) => {
      const base =
        level > 0 ? [walkUp(dirname(from), level - 1)] : [...roots, ...roots.map((place) => join(place, "src"))];
      const inside = dotted.split(".").filter(Boolean);
      // beside an installed project stand the packages of others
      if (level === 0 && (FOREIGN.test(inside[0] ?? "") || (isInstalled && inside[0] !== own))) return undefined;
      for (const place of base)
        for (const path of [`${join(place, ...inside)}.py`, join(place, ...inside, "__init__.py")]) {
          const text = inside.length || level > 0 ? read(path) : undefined;
          if (text !== undefined) return { path, text };
        }
      return undefined;
    },
    session: openSession(),
    readText: (path) => {
      const places = isAbsolute(path) ? [path] : roots.map((place) => join(place, path));
      return places
        .filter((place) => isWithin(place, top))
        .map(read)
        .find((text) => text !== undefined);
    },
  };
}

/** What is read by its meaning, or never makes a schema. */
const FOREIGN =
  /^(alembic|sqlalchemy|alembic_\w+|sqlalchemy_\w+|sqlmodel|geoalchemy2|pgvector|flask\w*|typing|logging)$/;

/**
 * The folder and those above it, from which the project's modules are imported: up to the one that a project begins
 * with.
 */
function listAncestors(folder: string, root: string | undefined): string[] {
  const places = [resolve(folder)];
  const isProject = (place: string) =>
    [".git", "pyproject.toml", "setup.py", "setup.cfg"].some((name) => existsSync(join(place, name)));
  while (places.length < 9 && !isProject(places[places.length - 1])) {
    const above = dirname(places[places.length - 1]);
    if (dirname(above) === above) break;
    places.push(above);
  }
  if (isProject(places[places.length - 1])) return places;
  // else what holds the topmost package, or alembic.ini; else the folder above that of the versions, which surely
  // belongs to it
  const isPackage = (place: string) => existsSync(join(place, "__init__.py"));
  const holding = places.map((place, at) => at > 0 && isPackage(places[at - 1]) && !isPackage(place)).lastIndexOf(true);
  const set = root === undefined ? -1 : places.indexOf(root);
  return places.slice(0, Math.max(holding, set, 2) + 1);
}

function readCached(): (path: string) => string | undefined {
  const texts = new Map<string, string | undefined>();
  return (path) => {
    if (!texts.has(path)) {
      const isText = existsSync(path) && statSync(path).isFile() && statSync(path).size < 5_000_000;
      texts.set(path, isText ? readFileSync(path, "utf8").replace(/^\uFEFF/, "") : undefined);
    }
    return texts.get(path);
  };
}

function walkUp(path: string, times: number): string {
  return times === 0 ? path : walkUp(dirname(path), times - 1);
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || !relative(folder, path).startsWith("..");
}
