import { existsSync, lstatSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { tryCheck, reportBroken, reportFine, note, type Diagnosis } from "./check";

/** What is looked at: the project's folder, and the Node that runs. Tests look at others. */
export interface Installation {
  project: string;
  node: string;
  platform: NodeJS.Platform;
  arch: string;
  /** The version of glibc; undefined on musl and outside Linux. */
  glibc?: string;
  require(name: string): unknown;
}

/** This process's own. */
export function readInstallation(project: string): Installation {
  const { header } = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };
  return {
    project,
    node: process.versions.node,
    platform: process.platform,
    arch: process.arch,
    glibc: header.glibcVersionRuntime,
    require: (name) => require(require.resolve(name, { paths: [project] })),
  };
}

/** Node, the packages and what they bring for this platform: most of what goes wrong with a fresh install. */
export async function checkPackages(installation: Installation): Promise<Diagnosis[]> {
  return [
    checkNodeVersion(installation),
    checkLibc(installation),
    checkVersions(installation),
    checkWorkspace(installation),
    ...(await Promise.all(checkNatives(installation))),
  ];
}

function checkNodeVersion({ node }: Installation): Diagnosis {
  const [major, minor] = node.split(".").map(Number);
  if (major < 20 || major === 21 || (major === 20 && minor < 19) || (major === 22 && minor < 12))
    return reportBroken(
      "Node",
      `Node ${node} is too old: 20.19, 22.12 or newer is needed.`,
      "nvm install 22 && npm ci",
    );
  return major % 2
    ? note(
        "Node",
        `Node ${node} is no long-term release: packages with native parts may lack one for it.`,
        "nvm install 22 && npm ci",
      )
    : reportFine("Node", `Node ${node}`);
}

function checkLibc({ platform, glibc }: Installation): Diagnosis {
  if (platform !== "linux" || glibc) return reportFine("C library", glibc ? `glibc ${glibc}` : platform);
  return note(
    "C library",
    "This Linux has musl in place of glibc: the demo's PostgreSQL does not run here. Name two databases of " +
      "your own in RUNBOOK_PRODUCTION and RUNBOOK_LOCAL, or use an image with glibc.",
    'docker run --rm -it -v "$PWD":/runbook -w /runbook node:22-bookworm bash',
  );
}

/**
 * Each package in the version that the project names: others of tslab, vega, polars and TypeScript are known not to
 * work together.
 */
function checkVersions({ project }: Installation): Diagnosis {
  const { dependencies } = JSON.parse(readFileSync(join(project, "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
  };
  const wrong = Object.entries(dependencies).flatMap(([name, wanted]) => {
    const file = join(project, "node_modules", name, "package.json");
    if (!existsSync(file)) return [`${name} is missing`];
    const { version } = JSON.parse(readFileSync(file, "utf8")) as { version: string };
    return version === wanted.replace(/^npm:.*@/, "") ? [] : [`${name} is ${version}, not ${wanted}`];
  });
  return wrong.length
    ? reportBroken("packages", `${wrong.slice(0, 5).join("; ")}${wrong.length > 5 ? "; …" : ""}.`, "npm ci")
    : reportFine("packages", `${Object.keys(dependencies).length} packages in the versions of package.json`);
}

/** Cells say `import … from "runbook"`, which npm links to `lib`. */
function checkWorkspace({ project }: Installation): Diagnosis {
  const link = join(project, "node_modules", "runbook");
  const right = existsSync(link) && realpathSync(link) === realpathSync(join(project, "lib"));
  if (right) return reportFine("the package runbook", "node_modules/runbook is this project's lib");
  return reportBroken(
    "the package runbook",
    `node_modules/runbook ${existsSync(link) || isDangling(link) ? "leads elsewhere" : "is missing"}: cells ` +
      `cannot import lib.`,
    "npm ci",
  );
}

function isDangling(link: string): boolean {
  return lstatSync(link, { throwIfNoEntry: false }) !== undefined;
}

/**
 * The packages with a native part. npm leaves that out without a word where an engine does not fit, an option says
 * so, or scripts are not run.
 */
function checkNatives({ platform, arch, require: load }: Installation): Promise<Diagnosis>[] {
  const optional = `npm ci --include=optional`;
  const loads = (name: string, mend: string, what: string) =>
    tryCheck(name, mend, () => {
      load(name);
      return `loads on ${platform}-${arch}: ${what}`;
    });
  return [
    loads("nodejs-polars", optional, "the native part of the frames"),
    loads("zeromq", "npm rebuild zeromq --ignore-scripts=false", "the kernel's sockets"),
    loads("canvas", optional, "what draws the charts' pictures"),
    loads("libpg-query", "npm ci", "PostgreSQL's grammar, which the guard judges by"),
    tryCheck("font", "npm ci", () => {
      const folder = join(require.resolve("dejavu-fonts-ttf/package.json"), "..", "ttf", "DejaVuSans.ttf");
      if (!existsSync(folder))
        throw new Error("DejaVuSans.ttf is missing from dejavu-fonts-ttf: charts would lose their text.");
      return "the charts' font is here, whatever the system has";
    }),
  ];
}
