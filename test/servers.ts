import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { installedBinaries } from "../lib/demo/postgres";

/** Other servers on this machine, a folder with `bin` for each major version: where the systems' packages put them, and what POSTGRES_SERVERS lists. */
export function serversAtHand(): Map<string, string> {
  const below = (parent: string, name: RegExp) =>
    existsSync(parent)
      ? readdirSync(parent)
          .filter((folder) => name.test(folder))
          .map((folder) => join(parent, folder))
      : [];
  const folders = [
    ...below("/usr/lib/postgresql", /^\d+$/),
    ...below("/opt/homebrew/opt", /^postgresql@\d+$/),
    ...below("/usr/local/opt", /^postgresql@\d+$/),
    ...(process.env.POSTGRES_SERVERS ?? "").split(":").filter(Boolean),
  ];
  const found = new Map<string, string>();
  for (const folder of folders) {
    const [, major] =
      / (\d+)/.exec(String(spawnSync(join(folder, "bin", "postgres"), ["--version"]).stdout ?? "")) ?? [];
    if (major && Number(major) >= 12) found.set(major, folder);
  }
  return found;
}

/** The major version that the tests' own server has. */
export const ownMajor =
  / (\d+)/.exec(String(spawnSync(join(installedBinaries(), "bin", "postgres"), ["--version"]).stdout))?.[1] ?? "15";

/** The servers of other versions. */
export const otherServers = [...serversAtHand()].filter(([major]) => major !== ownMajor);
