import { spawnSync } from "node:child_process";
import { chownSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { RunbookError } from "../errors";
import { type Account, dropTemplate, keepTemplate, keyOf, packFolder, readTemplate, unpackFolder } from "./template";

/** A data folder that is to be made: by which binaries, where, for whom, and with which password of the superuser. */
export interface Cluster {
  native: string;
  data: string;
  account: Account;
  password: string;
}

export const windows = process.platform === "win32";
/** What PostgreSQL's programs see of this process's environment. */
export const environment = windows ? undefined : { LC_ALL: "C", PATH: "/usr/bin:/bin" };

const options = ["--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"];

/** What a data folder of these binaries is kept under, as initdb makes it. */
export function keyOfCluster(binaries: string, version: string): string {
  return keyOf(version, describeBinaries(binaries), ...options);
}

/** Which binaries these are: another build of the same version may lie in the same place. */
export function describeBinaries(binaries: string): string {
  const files = ["postgres", "initdb"].map((name) => join(binaries, "bin", windows ? `${name}.exe` : name));
  const stats = files.map((file) => statSync(file, { throwIfNoEntry: false }));
  return [process.platform, process.arch, binaries, ...stats.map((stat) => `${stat?.mtimeMs} ${stat?.size}`)].join(
    "\n",
  );
}

/** Makes the data folder by initdb, and keeps it in this file. */
export function createCluster({ native, data, account, password }: Cluster, file: string): void {
  const secret = `${data}.password`;
  writeFileSync(secret, password, { mode: 0o600 });
  if (account) chownSync(secret, account.uid, account.gid);
  const made = spawnSync(join(native, "bin", "initdb"), [...options, `--pwfile=${secret}`, "-D", data], {
    ...account,
    cwd: "/",
    env: environment,
  });
  rmSync(secret);
  if (made.status !== 0)
    throw new RunbookError(
      `The demo's PostgreSQL could not make its data folder in ${data}: ` +
        `${made.error?.message ?? lastLine(made.stderr)}`,
    );
  try {
    keepTemplate(file, packFolder(data));
  } catch {
    // the next server makes its own
  }
}

/** Makes the data folder a copy of what was kept in this file; false where that cannot be, and it is kept no longer. */
export function copyCluster(cluster: Cluster, file: string): boolean {
  const packed = readTemplate(file);
  if (!packed) return false;
  try {
    unpackCluster(cluster, packed);
    return true;
  } catch {
    dropTemplate(file);
    rmSync(cluster.data, { recursive: true, force: true });
    return false;
  }
}

/** Makes the data folder of what was packed, and gives these roles other passwords besides the superuser's. */
export function unpackCluster(cluster: Cluster, packed: Buffer, passwords: Record<string, string> = {}): void {
  unpackFolder(packed, cluster.data, cluster.account);
  changePasswords(cluster, { postgres: cluster.password, ...passwords });
}

/**
 * Each server has passwords of its own for its one life, though its data is a copy: they are changed before it can be
 * reached. What was kept tells none.
 */
function changePasswords({ native, data, account }: Cluster, passwords: Record<string, string>): void {
  const input = Object.entries(passwords).map(([role, password]) => `ALTER ROLE ${role} PASSWORD '${password}'\n`);
  const { status, error, stderr } = spawnSync(
    join(native, "bin", "postgres"),
    ["--single", "-F", "-D", data, "postgres"],
    { ...account, cwd: "/", env: environment, encoding: "utf8", input: input.join("") },
  );
  const fault = error?.message ?? /^.*(?:ERROR|FATAL|PANIC): .*/m.exec(stderr)?.[0];
  if (status !== 0 || fault) throw new Error(fault ?? lastLine(stderr));
}

/** What a program said last. */
export function lastLine(text: Buffer | string): string {
  return String(text).trim().split("\n").pop() ?? "";
}
