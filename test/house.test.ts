import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { countTreeCasts, mutualFolders } from "./metrics";

const project = join(__dirname, "..");

/** The house's own rules: who may know whom, and what a notebook may look like. */
const files = readdirSync(join(project, "lib"), { recursive: true, encoding: "utf8" })
  .filter((file) => /\.ts$/.test(file))
  .map((file) => ({ file: file.replaceAll("\\", "/"), text: readFileSync(join(project, "lib", file), "utf8") }));

const importing = (what: RegExp) =>
  files.filter(({ text }) => importsOf(text).some((name) => what.test(name))).map(({ file }) => file);

function importsOf(text: string): string[] {
  return [...text.matchAll(/^import (?!type )[^;]*? from "([^"]+)"|(?:import|require)\(("[^"]+"|\w+Module)\)/gms)].map(
    ([, name, dynamic]) => name ?? dynamic.replaceAll('"', ""),
  );
}

/** Rooms that compute from what they are given. */
const pureRooms = ["alembic", "answer", "compare", "frame", "guard", "kinds", "ledger", "schema", "text"];

function impureImports(text: string): string[] {
  return importsOf(text).filter((name) =>
    /tslab|aws-sdk|^pg$|\/settings$|\/notebook\/|^node:(http|net)|source\/guarded/.test(name),
  );
}

test("the top level holds what the user's card allows, and nothing more", () => {
  const allowed = [
    "package.json",
    "package-lock.json",
    "tsconfig.json",
    "notebooks",
    "lib",
    "test",
    "README.md",
    "LICENSE",
    "node_modules",
  ];
  expect(readdirSync(project).filter((name) => !name.startsWith(".") && !allowed.includes(name))).toEqual([]);
});

describe("who may know whom", () => {
  test("one file knows the AWS SDK", () => expect(importing(/^@aws-sdk/)).toEqual(["source/lambda.ts"]));
  test("one file connects to PostgreSQL; the demo has its own way to its own servers", () =>
    expect(
      files
        .filter(({ text }) => /import \{[^}]*\bClient\b[^}]*\} from "pg"/.test(text))
        .map(({ file }) => file)
        .filter((file) => !file.startsWith("demo/")),
    ).toEqual(["source/postgres.ts"]));
  test("nothing but the guarded source reaches a connection or seals a statement", () => {
    expect(
      importing(/(source\/|\.\/)(lambda|postgres)$|lambdaModule/).filter((file) => !file.startsWith("demo/")),
    ).toEqual(["source/guarded.ts"]);
    expect(
      files
        .filter(({ text }) => /\bseal\b/.test(text))
        .map(({ file }) => file)
        .sort(),
    ).toEqual(["source/connection.ts", "source/guarded.ts"]);
  });
  test("a payload for the Lambda is built in one place, with one key", () => {
    const building = files.filter(({ text }) => /Payload:/.test(text));
    expect(building.map(({ file }) => file)).toEqual(["source/lambda.ts"]);
    expect(building[0].text).toContain("JSON.stringify({ query })");
  });
  test("the environment is read in the settings", () =>
    expect(files.filter(({ text }) => text.includes("process.env")).map(({ file }) => file)).toEqual(["settings.ts"]));
  test.each(pureRooms)("%s knows no network, no notebook, no settings and no connection", (room) => {
    const inside = files.filter(({ file }) => file.startsWith(`${room}/`) || file === `${room}.ts`);
    expect(inside.length, `${room} is not there any more`).toBeGreaterThan(0);
    expect(inside.flatMap(({ file, text }) => impureImports(text).map((name) => `${file} imports ${name}`))).toEqual(
      [],
    );
  });
  test("the rule for pure rooms finds what it is about", () => {
    expect(impureImports('import { open } from "../notebook/session";')).toEqual(["../notebook/session"]);
    expect(impureImports('import { Client } from "pg";')).toEqual(["pg"]);
    expect(impureImports('import { readSettings } from "../settings";')).toEqual(["../settings"]);
    expect(impureImports('import { guard } from "../source/guarded";')).toEqual(["../source/guarded"]);
    expect(impureImports('import type { Source } from "../source/guarded";')).toEqual([]);
  });
  test("no two folders import each other", () => {
    expect(mutualFolders(files)).toEqual([]);
    const circle = [
      { file: "show/table.ts", text: 'import { compare } from "../compare/compare";' },
      { file: "compare/compare.ts", text: 'import { count, type Word } from "../show/text";' },
    ];
    expect(mutualFolders(circle)).toEqual(["compare ↔ show"]);
    expect(mutualFolders([circle[0], { file: "compare/a.ts", text: 'import type { B } from "../show/b";' }])).toEqual(
      [],
    );
  });
  test("what reads a syntax tree says what it reads by its type: casts are not to become more", () => {
    expect(countTreeCasts(files)).toBeLessThanOrEqual(27);
    const casting =
      'import { parseSync } from "libpg-query"; const tree = parseSync("") as any; const one = [1] as const;';
    expect(countTreeCasts([{ file: "a.ts", text: casting }])).toBe(2);
    expect(countTreeCasts([{ file: "a.ts", text: casting.replace("libpg-query", "pg") }])).toBe(0);
  });
  test("the library never imports its tests, and nothing but opening knows the demo", () => {
    expect(importing(/test\//)).toEqual([]);
    expect(importing(/^\.\.?\/demo/).sort()).toEqual(["open.ts"]);
  });
});

const notebooks = readdirSync(join(project, "notebooks")).filter((file) => file.endsWith(".ipynb"));

interface Cell {
  id: string;
  cell_type: string;
  source: string[];
  outputs?: unknown[];
  execution_count?: null;
}

/** Sections that answer no question of their own: lists to look through. */
const lists = new Set([
  "01-metadata: The plan's key tables",
  "05-content: All of them, the furthest apart first",
  "05-content: The shares side by side",
  "06-samples: What was left out, and why",
  "07-quality: From when to when?",
]);

/** A notebook's second-level sections: their headings, their code, and whether they say what is to be expected. */
function sectionsOf(cells: Cell[]): { heading: string; code: string; expected: boolean }[] {
  const sections = [{ heading: "", code: "", expected: false }];
  for (const { cell_type, source } of cells) {
    const text = source.join("");
    const heading = /^## (.*)/.exec(text)?.[1];
    if (cell_type === "markdown" && heading) sections.push({ heading, code: "", expected: false });
    const section = sections.at(-1)!;
    if (cell_type === "markdown") section.expected ||= text.includes("*Expected: ");
    else section.code += `${text}\n`;
  }
  return sections;
}

describe.each(notebooks)("%s", (file) => {
  const { cells } = JSON.parse(readFileSync(join(project, "notebooks", file), "utf8")) as { cells: Cell[] };
  const code = cells.filter(({ cell_type }) => cell_type === "code");

  test("is committed without outputs, and each cell has an id of its own that says what it is", () => {
    for (const { outputs, execution_count } of code) expect([outputs, execution_count]).toEqual([[], null]);
    expect(new Set(cells.map(({ id }) => id)).size).toBe(cells.length);
    for (const { id } of cells) expect(id).toMatch(/^[a-z][a-z0-9-]{1,60}$/);
  });

  test("begins by saying what it answers and that it changes nothing, opens first and closes last", () => {
    expect(cells[0].source[0]).toMatch(/^# .*\n/);
    expect(cells[0].source.join("")).toMatch(
      /nothing is changed|changes nothing|nothing (is|will be) (changed|written)/i,
    );
    expect(code[0].source.join("")).toContain(`await open("${file.replace(".ipynb", "")}")`);
    expect(code.at(-1)!.source.join("")).toBe("await close();");
  });

  test("says before each result what one would expect, and after it what it says, computed", () => {
    for (const { heading, code, expected } of sectionsOf(cells)) {
      const name = `${file.replace(".ipynb", "")}: ${heading}`;
      if (!/\b(show|draw|say|conclude)\(/.test(code) || lists.has(name)) continue;
      expect(expected, `${name} does not say what to expect`).toBe(true);
      expect(code, `${name} does not say what its result says`).toMatch(/\b(say|conclude|draw)\(/);
    }
  });

  test("introduces every result, in short cells", () => {
    let introduced = "";
    for (const { cell_type, source, id } of cells) {
      if (cell_type === "markdown") introduced = source.join("");
      else expect(introduced.trim(), `${id} is not introduced`).not.toBe("");
    }
    for (const { id, source } of code) expect(faultsOfCell(source.join("")), id).toEqual([]);
  });
});

/** What a cell holds that belongs to the library: a front end clips long lines, and an operator reads past long cells. */
function faultsOfCell(text: string): string[] {
  const lines = text.split("\n");
  const rules: [fault: string, broken: boolean][] = [
    ["more than 9 lines", lines.length > 9],
    ["a line of more than 100 characters", lines.some((line) => line.length > 100)],
    ["a function", /^(export )?(async )?function |^(const|let) \w+ = (async )?(\([^()]*\)|\w+) =>/m.test(text)],
    ["a cast to a severity", /as "(critical|high|medium|info)"/.test(text)],
    ["a set built by hand", /new Set\(/.test(text)],
    ["a frame built by hand", /pl\.(DataFrame|Series)\(/.test(text)],
  ];
  return rules.filter(([, broken]) => broken).map(([fault]) => fault);
}

test("each rule for cells finds what it is about", () => {
  expect(faultsOfCell("const a = 1;\n".repeat(10))).toEqual(["more than 9 lines"]);
  expect(faultsOfCell(`say("${"a".repeat(100)}");`)).toEqual(["a line of more than 100 characters"]);
  expect(faultsOfCell("const judge = (row) => row.id;")).toEqual(["a function"]);
  expect(faultsOfCell('finding("a", severity as "high", "b")')).toEqual(["a cast to a severity"]);
  expect(faultsOfCell("const names = [...new Set(all)];")).toEqual(["a set built by hand"]);
  expect(faultsOfCell('await show(pl.DataFrame([pl.Series("a", [1])]), "a");')).toEqual(["a frame built by hand"]);
});

describe("what a notebook may use", () => {
  const program = ts.createProgram([join(project, "lib", "index.ts")], {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.CommonJS,
    moduleResolution: ts.ModuleResolutionKind.Node10,
    skipLibCheck: true,
    esModuleInterop: true,
  });
  const checker = program.getTypeChecker();
  const index = checker.getSymbolAtLocation(program.getSourceFile(join(project, "lib", "index.ts"))!)!;
  const own = checker
    .getExportsOfModule(index)
    .map((name) => (name.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(name) : name))
    .filter(
      ({ declarations = [], flags }) =>
        flags & ts.SymbolFlags.Value && !declarations[0]?.getSourceFile().fileName.includes("node_modules"),
    );

  test("is said by name: functions, constants and the two errors", () => expect(own.length).toBeGreaterThan(60));
  test.each(own.map((symbol) => [symbol.name, symbol] as const))(
    "%s has a docstring with an example that can be parsed and uses it",
    (name, symbol) => {
      expect(ts.displayPartsToString(symbol.getDocumentationComment(checker))).toMatch(/\w{3,}.*\.\)?$/s);
      const example = ts.displayPartsToString(symbol.getJsDocTags(checker).find((tag) => tag.name === "example")?.text);
      expect(example).toMatch(new RegExp(`\\b${name}\\b`));
      const { diagnostics } = ts.transpileModule(example, {
        reportDiagnostics: true,
        compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
      });
      expect(diagnostics?.map(({ messageText }) => messageText)).toEqual([]);
    },
  );
});

test("no file of the project names a path of somebody's machine", () => {
  for (const { file, text } of files)
    expect(text, relative(project, file)).not.toMatch(/\/(home|Users|root|work)\/[a-z]/);
});
