import { completeStatement } from "../sql/complete";
import type { Columns } from "../sql/fault";
import type { Completion } from "../show/tslab";

/**
 * Names for a cell's statement: where the place (in characters) is inside of a `` sql`…` ``, the tables and columns of
 * `known`. Undefined elsewhere, where TypeScript knows better.
 */
export function completeCell(code: string, cursor: number, known: Columns): Completion | undefined {
  const template = findTemplate(code, cursor);
  if (!template || template.tag !== "sql") return undefined;
  const { start, end, names } = completeStatement(template.text, cursor - template.at, known);
  return { start: start + template.at, end: end + template.at, names };
}

interface Template {
  /** The name before the backquote. */
  tag: string;
  /** Where the text begins, in characters. */
  at: number;
  /** Up to the closing backquote or the end; each value is a number of the same length. */
  text: string;
}

const piece = /\/\/.*|\/\*[^]*?(?:\*\/|$)|"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?|[{}`]|[^]/g;

/** The template whose text a place is in; undefined in code, in its values too. */
function findTemplate(code: string, cursor: number): Template | undefined {
  // a template that is open in another's value, and how deep its braces are
  const open: { tag: string; at: number; depth: number; values: [from: number, to: number][] }[] = [];
  const templates: (Template & { values: [number, number][] })[] = [];
  const close = (end: number) => {
    const { tag, at, values } = open.pop()!;
    const chars = code.slice(at, end).split("");
    for (const [from, to] of values) chars.fill("0", from - at, to - at);
    templates.push({ tag, at, text: chars.join(""), values });
  };
  for (let index = 0; index < code.length;) {
    const inside = open.at(-1);
    if (inside?.depth === 0) {
      if (code[index] === "\\") index++;
      else if (code[index] === "`") close(index);
      else if (code.startsWith("${", index)) {
        inside.depth = 1;
        inside.values.push([index, code.length]);
        index++;
      }
      index++;
      continue;
    }
    piece.lastIndex = index;
    const [text] = piece.exec(code)!;
    if (text === "`") {
      const tag = /([\w$]+)\s*$/.exec(code.slice(0, index))?.[1] ?? "";
      open.push({ tag, at: index + 1, depth: 0, values: [] });
    } else if (inside && text === "{") inside.depth++;
    else if (inside && text === "}" && --inside.depth === 0) inside.values.at(-1)![1] = index + 1;
    index += text.length;
  }
  while (open.length) close(code.length);
  return templates.find(
    ({ at, text, values }) =>
      at <= cursor && cursor <= at + text.length && !values.some(([from, to]) => from < cursor && cursor < to),
  );
}
