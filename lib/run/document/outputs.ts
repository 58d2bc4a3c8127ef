import { stripVTControlCharacters } from "node:util";
import type { DisplayOutput, MimeBundle, Output } from "../notebook";

/** An output as a document shows it, whatever the document's own language. */
export type Shown =
  | { kind: "html"; html: string; markdown?: string }
  | { kind: "chart"; svg?: string; png?: string; width?: number; sentence: string }
  | { kind: "markdown"; markdown: string }
  | { kind: "text"; text: string; stream?: "stdout" | "stderr" }
  | { kind: "error"; name: string; sentence: string };

const mostLines = 100;

/** What a document shows of an output; nothing where it has no form that one can read. */
export function chooseShown(output: Output): Shown | undefined {
  if (output.output_type === "error") return { kind: "error", name: output.ename, sentence: output.evalue };
  if (output.output_type === "stream")
    return { kind: "text", text: shortenText(stripVTControlCharacters(output.text)), stream: output.name };
  return display(output);
}

function display({ data, metadata }: DisplayOutput): Shown | undefined {
  const [html, svg, png, markdown, plain] = [
    "text/html",
    "image/svg+xml",
    "image/png",
    "text/markdown",
    "text/plain",
  ].map((type) => getText(data, type));
  if (html) return { kind: "html", html, markdown };
  if (svg || png)
    return {
      kind: "chart",
      svg,
      png: png?.replace(/\s/g, ""),
      width: (metadata["image/png"] as { width?: number } | undefined)?.width,
      sentence: plain?.trim() || "A chart without a description.",
    };
  if (markdown) return { kind: "markdown", markdown };
  return !plain ? undefined : { kind: "text", text: shortenText(plain) };
}

function getText(data: MimeBundle, type: string): string | undefined {
  const value = data[type];
  return Array.isArray(value) ? value.join("") : typeof value === "string" ? value : undefined;
}

function shortenText(text: string): string {
  const lines = text.trimEnd().split("\n");
  if (lines.length <= mostLines) return text.trimEnd();
  return [
    ...lines.slice(0, mostLines),
    `… and ${(lines.length - mostLines).toLocaleString("en")} more lines, in the executed notebook`,
  ].join("\n");
}
