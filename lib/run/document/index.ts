import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Executed } from "../runner";
import type { Results } from "../results";
import { showControls } from "../../text";
import { renderMarkdown } from "./markdown";
import { listFrames } from "./outline";
import { type Frames, renderPage } from "./page";

/** Writes `results.html`, `results.md` and the Markdown's charts. Gives the path of the HTML. */
export function writeDocuments(out: string, found: Results, executed: Executed[]): string {
  const plan = ["plan", "README.md"];
  const results = existsSync(join(out, ...plan)) ? { ...found, plan: plan.join("/") } : found;
  const { text, charts } = renderMarkdown(results, executed);
  for (const { file, content } of charts) {
    mkdirSync(dirname(join(out, file)), { recursive: true });
    writeFileSync(join(out, file), content);
  }
  writeFileSync(join(out, "results.md"), showControls(text));
  const document = join(out, "results.html");
  writeFileSync(document, showControls(renderPage(results, executed, readWholeFrames(out, executed))));
  return document;
}

/** What the document lets one download: the frames as they were saved beside it. */
function readWholeFrames(out: string, executed: Executed[]): Frames {
  const files = listFrames(executed)
    .map(({ file }) => file)
    .filter((file) => existsSync(join(out, file)));
  return Object.fromEntries(files.map((file) => [file, JSON.parse(readFileSync(join(out, file), "utf8"))]));
}
