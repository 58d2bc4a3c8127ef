import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The script that lets tables sort, filter and unfold: the document's, and that of a front end that runs scripts. */
export function readTableScript(): string {
  return readFileSync(join(__dirname, "tables.js"), "utf8");
}

/**
 * What a notebook's first output brings along, for all outputs below it: their looks and the tables' script. An
 * untrusted notebook is shown without it.
 */
export function buildNotebookAssets(): string {
  const style = JSON.stringify(readFileSync(join(__dirname, "outputs.css"), "utf8"));
  return (
    `<script>if (!window.runbookTables) document.head.append(Object.assign(document.createElement("style"), { ` +
    `textContent: ${style} }));\n${readTableScript()}</script>`
  );
}
