import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Executed } from "../runner";
import type { Results } from "../results";
import { showControls } from "../../text";
import { markdownDocument } from "./markdown";
import { framesOf } from "./outline";
import { type Frames, page } from "./page";

/** Writes `results.html`, `results.md` and the Markdown's charts. Gives the path of the HTML. */
export function writeDocuments(out: string, found: Results, executed: Executed[]): string {
  const plan = ["plan", "README.md"];
  const results = existsSync(join(out, ...plan)) ? { ...found, plan: plan.join("/") } : found;
  const { text, charts } = markdownDocument(results, executed);
  for (const { file, content } of charts) {
    mkdirSync(dirname(join(out, file)), { recursive: true });
    writeFileSync(join(out, file), content);
  }
  writeFileSync(join(out, "results.md"), showControls(text));
  const document = join(out, "results.html");
  writeFileSync(document, showControls(page(results, executed, wholeFrames(out, executed))));
  return document;
}

/** What the document lets one download: the frames as they were saved beside it. */
function wholeFrames(out: string, executed: Executed[]): Frames {
  const files = framesOf(executed)
    .map(({ file }) => file)
    .filter((file) => existsSync(join(out, file)));
  return Object.fromEntries(files.map((file) => [file, JSON.parse(readFileSync(join(out, file), "utf8"))]));
}
