import type { WriteStream } from "node:tty";
import { controlTerminal } from "../privacy/redaction";
import { count } from "../text";

const clearLine = "\r\x1b[2K";

/** What a run tells while it runs. */
export type Progress =
  | { kind: "notebook"; notebook: string; cells: number }
  | { kind: "cell"; notebook: string; cell: number; cells: number; title: string; queries: number }
  | { kind: "done"; notebook: string; seconds: number; queries: number; failed?: string };

/** Shows a run's progress: one line that changes on a terminal, one line a notebook anywhere else. */
export function makeProgress(stream: WriteStream | NodeJS.WritableStream): (progress: Progress) => void {
  const terminal = "isTTY" in stream && stream.isTTY ? stream : undefined;
  let since = Date.now();
  let doing = "";
  let clock: NodeJS.Timeout | undefined;

  const draw = (): void => {
    const line = `${doing} · ${((Date.now() - since) / 1000).toFixed(0)} s`;
    if (terminal) controlTerminal(terminal, clearLine);
    terminal?.write(line.slice(0, terminal.columns - 1));
  };

  return (progress) => {
    if (progress.kind === "notebook") {
      since = Date.now();
      doing = `${progress.notebook} · starting`;
      clock ??= terminal && setInterval(draw, 1000).unref();
    }
    if (progress.kind === "cell")
      doing =
        `${progress.notebook} · cell ${progress.cell} of ${progress.cells} · ${progress.title} · ` +
        `${count(progress.queries, "query")}`;
    if (progress.kind !== "done") return draw();
    clearInterval(clock);
    clock = undefined;
    if (terminal) controlTerminal(terminal, clearLine);
    stream.write(
      `${progress.failed ? "✗" : "✓"} ${progress.notebook} · ${progress.seconds.toFixed(1)} s · ` +
        `${count(progress.queries, "query")}${progress.failed ? `\n  ${progress.failed}` : ""}\n`,
    );
  };
}
