import { readFailure, isDiagnostic, isLate } from "./failure";
import type { DisplayOutput, ErrorOutput, Output, StreamOutput } from "../notebook";
import type { Message } from "./messages";

/** The displays of a kernel by their transient id, so that a later cell can update an earlier one's. */
export type Displays = Map<string, DisplayOutput>;

/** What one cell has sent so far. */
export interface Collected {
  received: Output[];
  failed: boolean;
}

/** Takes up one message of the kernel's output channel. */
export function take(collected: Collected, displays: Displays, { type, content }: Message): void {
  if (type === "stream") {
    const output: StreamOutput = {
      output_type: "stream",
      name: content.name === "stderr" ? "stderr" : "stdout",
      text: String(content.text),
    };
    collected.received.push(output);
    collected.failed ||= output.name === "stderr" && isLate(output.text);
  }
  if (type === "display_data") {
    const output = display(content);
    const id = displayId(content);
    if (id) displays.set(id, output);
    collected.received.push(output);
  }
  if (type === "update_display_data") Object.assign(displays.get(displayId(content) ?? "") ?? {}, display(content));
}

/** What a cell leaves behind: its errors as error outputs, its consecutive lines as one stream. */
export function collectOutputs(received: Output[], status: "ok" | "error", folder: string): Output[] {
  const outputs = received.map((output) =>
    isStderr(output) && isLate(output.text) ? readFailure(output.text, folder) : output,
  );
  if (status === "ok") return mergeOutputs(outputs);
  const errors = findErrors(outputs);
  const text = errors.map((output) => output.text).join("");
  const rest = outputs.filter((output) => !isStderr(output) || !errors.includes(output));
  // A failed cell says why once: an interrupt that followed a late exception is no second reason.
  return mergeOutputs(rest.some(isError) ? rest : [...rest, readFailure(text, folder)]);
}

function display(content: Record<string, unknown>): DisplayOutput {
  return {
    output_type: "display_data",
    data: (content.data ?? {}) as DisplayOutput["data"],
    metadata: (content.metadata ?? {}) as DisplayOutput["metadata"],
  };
}

function displayId(content: Record<string, unknown>): string | undefined {
  return (content.transient as { display_id?: string } | undefined)?.display_id;
}

// tslab writes a cell's error last and in one piece, and a compiler's complaints in one piece each.
function findErrors(outputs: Output[]): StreamOutput[] {
  const written = outputs.filter(isStderr);
  const complaints = written.filter((output) => isDiagnostic(output.text));
  return complaints.length > 0 ? complaints : written.slice(-1);
}

function mergeOutputs(outputs: Output[]): Output[] {
  const result: Output[] = [];
  for (const output of outputs.filter((one) => !isEmpty(one))) {
    const last = result[result.length - 1];
    if (output.output_type === "stream" && last?.output_type === "stream" && last.name === output.name) {
      result[result.length - 1] = { ...last, text: last.text + output.text };
    } else result.push(output);
  }
  return result;
}

/** A display that was taken back: a progress bar whose work is done. */
function isEmpty(output: Output): boolean {
  return output.output_type === "display_data" && Object.values(output.data).every((value) => value === "");
}

function isStderr(output: Output): output is StreamOutput {
  return output.output_type === "stream" && output.name === "stderr";
}

function isError(output: Output): output is ErrorOutput {
  return output.output_type === "error";
}
