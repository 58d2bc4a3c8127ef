import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { installedBinaries } from "../lib/demo/postgres";

/** Other servers on this machine, a folder with `bin` for each version: where the systems' packages put them, and what POSTGRES_SERVERS lists. */
function serversAtHand(): Map<string, string> {
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
    const version = versionOf(folder);
    if (version && parseInt(version) >= 12) found.set(version, folder);
  }
  return found;
}

/** A server's whole version, `15.20 (Debian 15.20-0+deb12u1)`: the same major version of another build is another server. */
function versionOf(binaries: string): string | undefined {
  return / (\d.*)/.exec(String(spawnSync(join(binaries, "bin", "postgres"), ["--version"]).stdout ?? ""))?.[1];
}

/** The version that the tests' own server has. */
export const ownVersion = versionOf(installedBinaries()) ?? "15";

/** The servers of other versions and builds: version and folder. */
export const otherServers = [...serversAtHand()].filter(([version]) => version !== ownVersion);
