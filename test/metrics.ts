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
  `add aggravate append apply ask attach await begin bind build call capitalize change chart check choose classify clear close
  collect compare compute conclude connect convert copy count create cut decide define demand deny describe display divide draw drop
  edit embed end ensure escape estimate execute expand explain extract fail fetch fill filter find finish fold follow format gather
  get give group guard hash has hide hold ignore import include index infer inline insert install is judge keep label launch list load
  lock log look make mark match measure merge move name normalize note omit open order pair parse pass pick plan prepare print probe
  prove put query quote raise rank reach read rebuild recommend record redact register reject remove rename render replace replay report
  require resolve respond restore retry return rewrite round run sample save say scan score seal search select send serve set shorten
  show sign skip slice sort spawn split start stop store strip sum summarize take tally tell test to trace translate trim truncate try
  unite unwrap update use validate verify wait walk warn watch wrap write`.split(/\s+/),
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
