import { homedir } from "node:os";
import { dirname } from "node:path";
import { stripVTControlCharacters } from "node:util";
import type { ErrorOutput } from "../notebook";

const late = /^(?:UncaughtException|UnhandledPromiseRejection):\s*/;
const diagnostic = /^(?:\S+ )?(\d+):(\d+) - /;
const thrown = /^\[?(?:Uncaught )?([A-Za-z_$][\w$.]*)(?: \[(\w+)\])?(?:: |:?$)/m;
/** What the runbook itself says without a stack: see `RunbookError` and `lib/show/tslab.ts`. */
const plain = /^(RunbookError|QueryError|Interrupted): /;
const longest = 2000;

/** True for what tslab writes about an error that nobody awaited: the cell's status says nothing of it. */
export function isLate(text: string): boolean {
  return late.test(text);
}

/** True for what tslab writes about a cell that does not compile. */
export function isDiagnostic(text: string): boolean {
  return diagnostic.test(text);
}

/**
 * The proper error output for what tslab wrote on stderr: a name and a sentence, without stack frames and without
 * this machine's folders.
 */
export function readFailure(written: string, folder: string): ErrorOutput {
  const text = stripVTControlCharacters(written).replace(late, "").trim();
  if (isDiagnostic(text))
    return makeErrorOutput("TypeScript", text.replace(new RegExp(diagnostic, "gm"), "line $1, column $2: "), folder);
  const own = plain.exec(text);
  if (own) return makeErrorOutput(own[1], text.slice(own[0].length), folder);
  const found = thrown.exec(text);
  const hasStack = /\n {4}at /.test(text) || text.startsWith("[");
  if (!found || !hasStack) return makeErrorOutput("Error", text || "The cell failed and did not say why.", folder);
  const message = text
    .slice(found.index + found[0].length)
    .split(/\n {4}at |\nRequire stack:|\]$|\] \{\n/)[0]
    .trim();
  return makeErrorOutput(found[1], message || found[2] || "It did not say why.", folder);
}

/** An error output of nbformat. Its traceback is the sentence itself: the frames of compiled cells help nobody. */
export function makeErrorOutput(ename: string, sentence: string, folder: string): ErrorOutput {
  const evalue = stripFolders(sentence, folder).slice(0, longest);
  return { output_type: "error", ename, evalue, traceback: [`${ename}: ${evalue}`] };
}

function stripFolders(text: string, folder: string): string {
  const names: [string, string][] = [
    [folder, "."],
    [dirname(folder), ".."],
    [homedir(), "~"],
  ];
  return names.filter(([path]) => path.length > 1).reduce((rest, [path, name]) => rest.split(path).join(name), text);
}
