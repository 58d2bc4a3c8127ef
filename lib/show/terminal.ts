import { spawnSync } from "node:child_process";
import { redact } from "../privacy/redaction";
import { readSurroundings } from "../settings";
import { showControls } from "../text";

/** How many columns and lines the terminal has that stdout is; undefined where stdout is a pipe or a file. */
export function getTerminalSize(): { columns: number; lines: number } | undefined {
  return process.stdout.isTTY ? { columns: process.stdout.columns || 80, lines: process.stdout.rows || 24 } : undefined;
}

/**
 * Writes to stdout; through a pager where stdout is a terminal and the text has more lines than it. `PAGER` names the
 * pager, as for psql and git (default: `less -FRSX`); empty, or `cat`, it means none. Where the pager cannot be
 * started, the text is written as it is.
 */
export function writePaged(text: string): void {
  const size = getTerminalSize();
  const pager = readSurroundings().PAGER ?? "less -FRSX";
  if (size && !/^(cat)?$/.test(pager.trim()) && text.split("\n").length > size.lines) {
    const { status, error } = spawnSync(pager, {
      shell: true,
      input: showControls(redact(text)),
      stdio: ["pipe", "inherit", "inherit"],
    });
    // 126 and 127 are the shell's words for a program that cannot be run
    if (!error && status !== 126 && status !== 127) return;
  }
  process.stdout.write(text);
}
