/**
 * A question that stands in a notebook as it will be asked: the verb that asks it, and its text or its name in `sql`.
 */
export interface StaticQuestion {
  verb: "both" | "available" | "production";
  text?: string;
  name?: string;
}

/**
 * The questions of a notebook's cells that production is asked whatever the answers before them are: statements of
 * their own, without a value in them. Read from the text alone, and on the safe side: what is not found here is asked
 * by its cell as ever.
 */
export function findQuestions(cells: string[]): StaticQuestion[] {
  return cells.flatMap((source) =>
    [...source.matchAll(question)].map(([, verb, name, text]) => ({
      verb: verb as StaticQuestion["verb"],
      ...(name === undefined ? { text } : { name }),
    })),
  );
}

// At the beginning of a line, so that it stands in no block, loop or comment; a backslash or a value in the text
// rules it out.
const question =
  /^(?:const (?:\w+|\{[^}]*\}|\[[^\]]*\]) = )?await (both|available|production)\(sql(?:\.(\w+)|`([^`$\\]*)`)\);?[ \t]*$/gm;
