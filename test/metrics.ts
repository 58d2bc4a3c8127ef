import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import ts from "typescript";

/** `npm run metrics`: how the source reads, in figures. Each is of the files as they are. */
const project = join(__dirname, "..");

export interface SourceText {
  /** The path below `lib`, with slashes. */
  file: string;
  text: string;
}

export function readSources(): SourceText[] {
  return readdirSync(join(project, "lib"), { recursive: true, encoding: "utf8" })
    .filter((file) => /\.ts$/.test(file))
    .map((file) => ({ file: file.replaceAll("\\", "/"), text: readFileSync(join(project, "lib", file), "utf8") }));
}

/** The folders of `lib` that import each other's values, as `a ↔ b`; a file outside all folders is none. Types alone are no dependency. */
export function mutualFolders(sources: SourceText[]): string[] {
  const imports = new Set(
    sources.flatMap(({ file, text }) =>
      [...text.matchAll(/^(?:import|export) (?!type )[^;]*? from "(\.[^"]+)"/gms)].flatMap(([whole, name]) => {
        const typesOnly = /^import \{([^}]*)\}/
          .exec(whole)?.[1]
          .split(",")
          .every((one) => /^\s*(type |$)/.test(one));
        const [from, to] = [file, relative(".", join(dirname(file), name))].map(folderOf);
        return typesOnly || from === to || !from || !to ? [] : [`${from} ${to}`];
      }),
    ),
  );
  return [...imports].flatMap((pair) => {
    const [one, other] = pair.split(" ");
    return one < other && imports.has(`${other} ${one}`) ? [`${one} ↔ ${other}`] : [];
  });
}

function folderOf(file: string): string {
  return file.includes("/") ? file.split("/")[0] : "";
}

const verbs = new Set(
  `add adopt advance aggravate allow alter analyze append apply arrange ask assemble assign attach attempt avoid
  await begin bind build call cancel capitalize carry cast change chart check choose classify clear climb close
  collect combine compare compute conclude connect converse convert copy count create cut decide decode define
  demand demote deny deparse derive descend describe disable display distinguish divide draw drop edit embed enable
  encode end ensure escape estimate examine execute expand expect explain extract fail fence fetch fill filter find
  finish flatten fold follow forbid forget format freeze gather get give group guard has hash hide hold identify
  ignore import include indent index infer inline insert inspect install invert is join judge keep label launch
  leave limit lint list listen load locate lock log look lowercase make mark mask match measure merge modify move
  name need negate normalize note omit open order pair parse pass pick plan pluralize prefer prepare present print
  probe propose prove publish put qualify query quote raise rank reach read rebuild recommend record redact reduce
  refine refuse register rehearse reject remake remember remove rename render reorder reparse repeat replace replay
  report represent require reset resolve respond restart restore retry return retype reverse rewrite round run
  sample sanitize save say scan score seal search select send serve set settle shorten show sift sign skip slice
  sort spawn spell split start stop store strip suggest sum summarize switch take tally tell test to trace transfer
  translate trim truncate trust try uncomment unescape unfold unite unlock unquote unwrap update use validate verify
  visit wait walk warn watch weigh widen withhold wrap write`.split(/\s+/),
);

/** How many of the top-level functions begin with a verb. */
export function countVerbs(sources: SourceText[]): { functions: number; verbFirst: number } {
  const names = sources.flatMap(({ file, text }) =>
    ts
      .createSourceFile(file, text, ts.ScriptTarget.ES2022)
      .statements.flatMap((statement) =>
        ts.isFunctionDeclaration(statement) && statement.name ? [statement.name.text] : [],
      ),
  );
  const first = (name: string) => /^[a-z]+/.exec(name)?.[0] ?? "";
  return { functions: names.length, verbFirst: names.filter((name) => verbs.has(first(name))).length };
}

/** How often a kind of schema object is tested as a string. */
export function countKindTests(sources: SourceText[]): number {
  const tested =
    /\bkind (?:===|!==) "|"[^"\n]+" (?:===|!==) \w*\.?kind\b|\.test\((?:\w+\.)?kind\)|includes\((?:\w+\.)?kind\)/g;
  return sources
    .filter(({ file }) => /^(schema|alembic)\//.test(file))
    .reduce((sum, { text }) => sum + [...text.matchAll(tested)].length, 0);
}

/** How often a file that reads syntax trees casts, or says `any`: the trees have types of their own. */
export function countTreeCasts(sources: SourceText[]): number {
  const reads = /from "(libpg-query|pgsql-deparser|@pgsql\/types|[./]+(guard\/ast|ast|sql\/tree|tree))"/;
  const count = (node: ts.Node): number => {
    const isCast = ts.isAsExpression(node) && !ts.isConstTypeReference(node.type);
    let sum = isCast || ts.isTypeAssertionExpression(node) || node.kind === ts.SyntaxKind.AnyKeyword ? 1 : 0;
    ts.forEachChild(node, (child) => void (sum += count(child)));
    return sum;
  };
  return sources
    .filter(({ text }) => reads.test(text))
    .reduce((sum, { file, text }) => sum + count(ts.createSourceFile(file, text, ts.ScriptTarget.ES2022)), 0);
}

/** The code of every notebook cell. */
export function readCells(): string[] {
  return readdirSync(join(project, "notebooks"))
    .filter((file) => file.endsWith(".ipynb"))
    .flatMap((file) => {
      const notebook = JSON.parse(readFileSync(join(project, "notebooks", file), "utf8")) as {
        cells: { cell_type: string; source: string[] }[];
      };
      return notebook.cells.filter(({ cell_type }) => cell_type === "code").map(({ source }) => source.join(""));
    });
}

function quantile(numbers: number[], share: number): number {
  return numbers.sort((one, other) => one - other)[Math.floor((numbers.length - 1) * share)];
}

if (require.main === module) {
  const sources = readSources();
  const own = sources.filter(({ file }) => !file.startsWith("demo/"));
  const lines = sources.flatMap(({ text }) => text.split("\n"));
  const { functions, verbFirst } = countVerbs(own);
  const cells = readCells();
  const sizes = cells.map((cell) => cell.split("\n").length);
  const figures: Record<string, unknown> = {
    "top-level functions that begin with a verb": `${verbFirst} of ${functions} (${Math.round((100 * verbFirst) / functions)} %)`,
    "lines of lib over 120 characters": `${lines.filter((line) => line.length > 120).length} of ${lines.length}`,
    "folders that import each other": mutualFolders(sources).join(", ") || "none",
    "tests of a schema object's kind as a string": countKindTests(sources),
    "casts in files that read syntax trees": countTreeCasts(sources),
    cells: cells.length,
    "lines of a cell, median and 90th percentile": `${quantile(sizes, 0.5)}, ${quantile(sizes, 0.9)}`,
    "characters of a cell, median": quantile(
      cells.map((cell) => cell.length),
      0.5,
    ),
    "lines of cells over 100 characters": cells.flatMap((cell) => cell.split("\n")).filter((line) => line.length > 100)
      .length,
  };
  for (const [name, figure] of Object.entries(figures)) process.stdout.write(`${name}: ${figure}\n`);
}
