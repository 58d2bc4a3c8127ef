import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { installedBinaries } from "./postgres";

/** A PostgreSQL of this machine that a scratch server can be started from. */
export interface Binaries {
  major: number;
  /** The folder with `bin`. */
  folder: string;
}

/** The one from the registry first, then those that the system's packages or Homebrew have installed. */
export function listBinaries(): Binaries[] {
  const below = (parent: string, name: RegExp) =>
    existsSync(parent)
      ? readdirSync(parent)
          .filter((folder) => name.test(folder))
          .map((folder) => join(parent, folder))
      : [];
  return [
    installedBinaries(),
    ...below("/usr/lib/postgresql", /^\d+$/),
    ...below("/opt/homebrew/opt", /^postgresql@\d+$/),
    ...below("/usr/local/opt", /^postgresql@\d+$/),
  ].flatMap((folder) => {
    const { stdout } = spawnSync(join(folder, "bin", "postgres"), ["--version"], { encoding: "utf8" });
    const major = Number(/\) (\d+)/.exec(stdout ?? "")?.[1]);
    return Number.isNaN(major) ? [] : [{ major, folder }];
  });
}

/**
 * The folder of a server of this major version; undefined where there is none, and the one from the registry is
 * taken.
 */
export function findBinaries(major: number | undefined, atHand: Binaries[]): string | undefined {
  return major === undefined ? undefined : atHand.find((one) => one.major === major)?.folder;
}
