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
  const doing = new Map<string, { what: string; since: number }>();
  let clock: NodeJS.Timeout | undefined;

  const draw = (): void => {
    if (!terminal) return;
    const parts = [...doing].map(
      ([notebook, { what, since }]) => `${notebook} · ${what} · ${((Date.now() - since) / 1000).toFixed(0)} s`,
    );
    controlTerminal(terminal, clearLine);
    terminal.write(parts.join("  |  ").slice(0, terminal.columns - 1));
  };

  return (progress) => {
    const { notebook } = progress;
    if (progress.kind === "notebook") {
      doing.set(notebook, { what: "starting", since: Date.now() });
      clock ??= terminal && setInterval(draw, 1000).unref();
    }
    if (progress.kind === "cell") {
      const title = doing.size > 1 ? "" : `${progress.title} · `;
      const what = `cell ${progress.cell} of ${progress.cells} · ${title}${count(progress.queries, "query")}`;
      doing.set(notebook, { what, since: doing.get(notebook)?.since ?? Date.now() });
    }
    if (progress.kind !== "done") return draw();
    doing.delete(notebook);
    if (doing.size === 0) {
      clearInterval(clock);
      clock = undefined;
    }
    if (terminal) controlTerminal(terminal, clearLine);
    stream.write(
      `${progress.failed ? "✗" : "✓"} ${notebook} · ${progress.seconds.toFixed(1)} s · ` +
        `${count(progress.queries, "query")}${progress.failed ? `\n  ${progress.failed}` : ""}\n`,
    );
    draw();
  };
}
