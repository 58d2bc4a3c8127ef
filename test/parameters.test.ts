import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { RunbookError } from "../lib/errors";
import type { CodeCell, Notebook } from "../lib/run/notebook";
import {
  assignParameters,
  injectParameters,
  lintParameters,
  mergeParameters,
  readGivenValues,
  readParameters,
  writeInheritedWords,
} from "../lib/run/parameters";

const declared = `// How the tables are counted.
let by: "state" | "status" = "state"; let top = 10;
let share = -0.5, note = "none", whole = false;
let states = ["CA", "NY"];
let code: string | null = null;`;

test("a cell with the tag declares parameters, each with its type and its own value", async () => {
  const parameters = await readParameters(makeNotebook(declared));
  expect(parameters.map(({ name, type, value }) => [name, type.text, value])).toEqual([
    ["by", '"state" or "status"', "state"],
    ["top", "a number", 10],
    ["share", "a number", -0.5],
    ["note", "a string", "none"],
    ["whole", "a boolean", false],
    ["states", "a list of strings", ["CA", "NY"]],
    ["code", "a string or null", null],
  ]);
  expect(await readParameters(makeNotebook())).toEqual([]);
});

test("a word of the command line is JSON where the parameter takes that, else the text as it stands", async () => {
  const words = ["by=status", "top=5", "note=12", "whole=true", 'states=["TX"]', 'code="06"', "share=1e-3"];
  expect(await assign(words)).toEqual({
    "01-a": { by: "status", top: 5, share: 0.001, note: "12", whole: true, states: ["TX"], code: "06" },
  });
  expect(await assign(["note=a=b", "code=06"])).toEqual({ "01-a": { note: "a=b", code: "06" } });
  expect(await assign(["note=one", "note=two"])).toEqual({ "01-a": { note: "two" } });
  expect(await assign([])).toEqual({});
});

test("each notebook that declares a parameter is given it, the others are not", async () => {
  const notebooks = [
    { name: "01-a", notebook: makeNotebook(declared) },
    { name: "02-b", notebook: makeNotebook("let top = 3;") },
    { name: "03-c", notebook: makeNotebook() },
  ];
  const given = readGivenValues(["top=7", "by=status"]);
  expect(await assignParameters(notebooks, given)).toEqual({ "01-a": { by: "status", top: 7 }, "02-b": { top: 7 } });
});

test.each([
  ["by", '-p takes NAME=VALUE, not "by": write -p by=license_type.'],
  [
    "bye=status",
    'No notebook of this run declares the parameter bye; perhaps by is meant. There are by ("state" or "status"), ' +
      "top (a number), share (a number), note (a string), whole (a boolean), states (a list of strings), " +
      "code (a string or null) in 01-a.",
  ],
  ["by=stat", 'The parameter by of 01-a takes "state" or "status", not stat; perhaps state is meant.'],
  ["top=many", "The parameter top of 01-a takes a number, not many."],
  ["whole=1", "The parameter whole of 01-a takes a boolean, not 1."],
  ["states=[1]", "The parameter states of 01-a takes a list of strings, not [1]."],
  ["states=TX", "The parameter states of 01-a takes a list of strings, not TX."],
])("%s is told in one sentence", async (word, says) => {
  await expect(assign([word])).rejects.toThrow(new RunbookError(says));
});

test("a notebook without parameters says so, a file holds the same values, and a word goes before it", async () => {
  const without = [{ name: "01-a", notebook: makeNotebook() }];
  await expect(assignParameters(without, readGivenValues(["by=x"]))).rejects.toThrow(
    "No notebook of this run declares a parameter: leave out -p by, or name another phase.",
  );
  const folder = mkdtempSync(join(tmpdir(), "runbook-parameters-"));
  try {
    const file = join(folder, "values.json");
    writeFileSync(file, '{"top": 4, "note": "of the file"}');
    expect(await assign(["top=5"], file)).toEqual({ "01-a": { top: 5, note: "of the file" } });
    writeFileSync(file, '{"note": 12}');
    await expect(assign([], file)).rejects.toThrow("The parameter note of 01-a takes a string, not 12.");
    writeFileSync(file, "[1]");
    await expect(assign([], file)).rejects.toThrow("holds no JSON object");
    writeFileSync(file, "{");
    await expect(assign([], file)).rejects.toThrow("holds no JSON: ");
    await expect(assign([], join(folder, "nowhere.json"))).rejects.toThrow("cannot be read: ");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("the values stand in a cell behind the one that declares them; one that an earlier run left is replaced", () => {
  const notebook = makeNotebook(declared);
  for (const by of ["status", "state"]) injectParameters(notebook, { by, states: ['"'] });
  expect(notebook.cells.map(({ id, metadata }) => [id, metadata.tags])).toEqual([
    ["c0", undefined],
    ["c1", ["parameters"]],
    ["injected-parameters", ["injected-parameters"]],
    ["c2", undefined],
  ]);
  expect(notebook.cells[2].source).toBe('// Parameters of this run\nby = "state";\nstates = ["\\""];');
  const untouched = makeNotebook(declared);
  injectParameters(untouched, {});
  expect(untouched).toEqual(makeNotebook(declared));
});

test("a run that goes on keeps what the one before was given, and says what is another now", () => {
  const before = { "01-a": { by: "state", top: 5 }, "02-b": { top: 5 } };
  expect(mergeParameters(before, { "01-a": { by: "status", top: 5, note: "x" } })).toEqual({
    parameters: { "01-a": { by: "status", top: 5, note: "x" }, "02-b": { top: 5 } },
    changes: ['01-a: by is "status" now, and was "state".', '01-a: note is "x" now, and was what the notebook says.'],
  });
  expect(mergeParameters(before, {})).toEqual({ parameters: before, changes: [] });
  // the command that makes the same run again names what it inherits
  const merged = { "01-a": { by: "status", top: 5 }, "02-b": { top: 5, other: 1 } };
  const given = { "01-a": { by: "status" } };
  expect(writeInheritedWords(["01-a"], merged, given)).toEqual(["-p", "top=5"]);
  expect(writeInheritedWords(["01-a", "02-b"], merged, given)).toEqual(["-p", "top=5", "-p", "other=1"]);
  expect(writeInheritedWords(["01-a"], before, before)).toEqual([]);
});

test.each([
  ["const by = 1;", 1, "declared with let"],
  ["let by = 1;\nawait show(by);", 2, "declares parameters and nothing else"],
  ["let a = 1;\n\nlet by = now();", 3, "The parameter by has no literal value"],
  ["let { by } = { by: 1 };", 1, "a name of its own"],
  ["let by;", 1, "no literal value"],
  ['let by: "a" | "b" = "c";', 1, 'The parameter by takes "a" or "b", and its own value is another.'],
])("check says what is wrong with the cell %j", async (source, line, says) => {
  const cells = codeOf(makeNotebook(source));
  expect(await lintParameters(cells)).toEqual([{ cell: cells[1], line, says: expect.stringContaining(says) }]);
});

test("check says of a second cell with the tag, and of one that a run has left", async () => {
  const notebook = makeNotebook(declared);
  expect(await lintParameters(codeOf(notebook))).toEqual([]);
  injectParameters(notebook, { by: "status" });
  notebook.cells[3].metadata = { tags: ["parameters"] };
  expect((await lintParameters(codeOf(notebook))).map(({ cell, says }) => [cell.id, says.split(",")[0]])).toEqual([
    ["c2", "A second cell has the tag parameters"],
    ["injected-parameters", "A run has put this cell here"],
  ]);
});

async function assign(words: string[], file?: string) {
  return assignParameters([{ name: "01-a", notebook: makeNotebook(declared) }], readGivenValues(words, file));
}

/** A notebook that opens, declares its parameters, where it has any, and closes. */
function makeNotebook(parameters?: string): Notebook {
  const sources = ['await open("01-a");', ...(parameters === undefined ? [] : [parameters]), "await close();"];
  const cells = sources.map((source, index): CodeCell => ({
    cell_type: "code",
    id: `c${index}`,
    source,
    metadata: source === parameters ? { tags: ["parameters"] } : {},
    execution_count: null,
    outputs: [],
  }));
  return { cells, metadata: {}, nbformat: 4, nbformat_minor: 5 };
}

function codeOf({ cells }: Notebook): CodeCell[] {
  return cells.filter((cell): cell is CodeCell => cell.cell_type === "code");
}
