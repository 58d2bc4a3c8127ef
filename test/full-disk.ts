import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Mounts a small disk over a folder for one command alone, which no other process sees. */
const script = 'mount -t tmpfs -o "size=$1" tmpfs "$2" && folder=$2 && shift 2 && "$@"; status=$?';
const list = '; find "$folder" -name "*.*" | sed "s|.*/|left |" >&2; exit $status';

/**
 * The words of a command that has a disk of so many bytes (`16k`) in place of a folder, and lists on stderr what it
 * leaves there under a name with a dot.
 */
export function withSmallDisk(folder: string, size: string, command: string[]): [program: string, words: string[]] {
  mkdirSync(folder, { recursive: true });
  return ["unshare", ["-rm", "sh", "-c", script + list, "sh", size, folder, ...command]];
}

/** Whether a test may mount a disk here: Linux, and a kernel that lets its users. */
export function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), "runbook-disk-"));
  try {
    const { status } = spawnSync(...withSmallDisk(folder, "16k", ["true"]), { stdio: "ignore" });
    if (status !== 0) console.warn("No disk can be mounted here: what a full one does is not tried.");
    return status === 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
