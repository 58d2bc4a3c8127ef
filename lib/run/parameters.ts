import { readFileSync } from "node:fs";
import type TypeScript from "typescript";
import type { Expression, SourceFile, Statement, TypeNode, VariableStatement } from "typescript";
import { RunbookError } from "../errors";
import { suggestNearest } from "../nearest";
import { joinWords } from "../text";
import type { Cell, CodeCell, Notebook } from "./notebook";

/** The tags of papermill, which reads and writes the same cells. */
const [declaringTag, injectedTag] = ["parameters", "injected-parameters"];

/** What a notebook's cell with the tag `parameters` declares: `let by: "state" | "status" = "state";`. */
export interface Parameter {
  name: string;
  type: ValueType;
  /** What it is where nobody gives another value. */
  value: unknown;
}

/** Which values a parameter takes. */
interface ValueType {
  /** As a sentence has it: `a number`, `"state" or "status"`. */
  text: string;
  accepts(value: unknown): boolean;
  /** The texts that it takes, where they are a list. */
  words: string[];
}

/** Values by the parameter's name, by the notebook's name. */
export type GivenParameters = Record<string, Record<string, unknown>>;

/** What is to be mended in a parameters cell; `line` counts from 1 in the cell. */
export interface ParameterFault {
  cell: CodeCell;
  line: number;
  says: string;
}

/** A value as it was given: `text` of the command line, or `json` of a file. */
export type GivenValue = { text: string } | { json: unknown };

/**
 * The values of a command line: `by=license_type`, each of which goes before the same name in `file`, a JSON object.
 *
 * @throws RunbookError where one is not NAME=VALUE, or the file cannot be read.
 */
export function readGivenValues(words: string[], file?: string): Map<string, GivenValue> {
  const given = new Map<string, GivenValue>();
  if (file !== undefined) for (const [name, json] of Object.entries(readFile(file))) given.set(name, { json });
  for (const word of words) {
    const [, name, text] = /^([\p{L}_$][\p{L}\p{N}_$]*)=(.*)$/su.exec(word) ?? [];
    if (name === undefined)
      throw new RunbookError(`-p takes NAME=VALUE, not ${JSON.stringify(word)}: write -p by=license_type.`);
    given.set(name, { text });
  }
  return given;
}

function readFile(file: string): Record<string, unknown> {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    const why = cause instanceof SyntaxError ? "holds no JSON" : "cannot be read";
    throw new RunbookError(`The file of --parameters-file ${why}: ${file}.`, { cause });
  }
  if (typeof json === "object" && json !== null && !Array.isArray(json)) return json as Record<string, unknown>;
  throw new RunbookError(`The file of --parameters-file holds no JSON object: write {"by": "license_type"} into it.`);
}

/**
 * Gives each notebook the values of the parameters that it declares. A text of the command line is taken as JSON where
 * the parameter takes that value, else as it stands.
 *
 * @throws RunbookError where no notebook declares a name, or a value is of another type: with what there is, and what
 *   was probably meant.
 */
export async function assignParameters(
  notebooks: { name: string; notebook: Notebook }[],
  given: Map<string, GivenValue>,
): Promise<GivenParameters> {
  if (given.size === 0) return {};
  const declared = await Promise.all(
    notebooks.map(async ({ name, notebook }) => ({ notebook: name, parameters: await readParameters(notebook) })),
  );
  const known = declared.flatMap(({ parameters }) => parameters.map(({ name }) => name));
  for (const name of given.keys())
    if (!known.includes(name)) throw new RunbookError(describeUnknown(name, known, declared));
  const assigned = declared.map(({ notebook, parameters }) => {
    const own = parameters.flatMap((parameter): [string, unknown][] => {
      const value = given.get(parameter.name);
      return value ? [[parameter.name, readValue(parameter, value, notebook)]] : [];
    });
    return [notebook, Object.fromEntries(own)] as const;
  });
  return Object.fromEntries(assigned.filter(([, values]) => Object.keys(values).length > 0));
}

function describeUnknown(
  name: string,
  known: string[],
  declared: { notebook: string; parameters: Parameter[] }[],
): string {
  if (known.length === 0)
    return `No notebook of this run declares a parameter: leave out -p ${name}, or name another phase.`;
  const there = declared
    .filter(({ parameters }) => parameters.length)
    .map(({ notebook, parameters }) => `${parameters.map(describeParameter).join(", ")} in ${notebook}`);
  return (
    `No notebook of this run declares the parameter ${name}${suggestNearest(name, known)}. ` +
    `There ${known.length === 1 ? "is" : "are"} ${there.join("; ")}.`
  );
}

function describeParameter({ name, type }: Parameter): string {
  return `${name} (${type.text})`;
}

function readValue({ name, type }: Parameter, given: GivenValue, notebook: string): unknown {
  const values = "json" in given ? [given.json] : [...parseJson(given.text), given.text];
  const found = values.findIndex((value) => type.accepts(value));
  if (found !== -1) return values[found];
  const shown = "json" in given ? JSON.stringify(given.json) : given.text;
  throw new RunbookError(
    `The parameter ${name} of ${notebook} takes ${type.text}, not ${shown}${suggestNearest(shown, type.words)}.`,
  );
}

function parseJson(text: string): unknown[] {
  try {
    return [JSON.parse(text)];
  } catch {
    return [];
  }
}

/** The parameters that a notebook declares; none where it has no cell for them. */
export async function readParameters(notebook: Notebook): Promise<Parameter[]> {
  const cell = findTagged(notebook.cells, declaringTag);
  return cell ? (await parseCell(cell.source)).parameters : [];
}

/**
 * Puts a cell with these values behind the one that declares them, as papermill does; one that an earlier run has put
 * there goes. The cell assigns, so that the kernel holds a value against the declared type.
 */
export function injectParameters(notebook: Notebook, values: Record<string, unknown> = {}): void {
  const assignments = Object.entries(values).map(([name, value]) => `${name} = ${JSON.stringify(value)};`);
  if (assignments.length === 0) return;
  notebook.cells = notebook.cells.filter((cell) => !hasTag(cell, injectedTag));
  const cell: CodeCell = {
    cell_type: "code",
    id: injectedTag,
    metadata: { tags: [injectedTag] },
    source: ["// Parameters of this run", ...assignments].join("\n"),
    execution_count: null,
    outputs: [],
  };
  const declaring = notebook.cells.findIndex((one) => hasTag(one, declaringTag));
  notebook.cells.splice(declaring + 1, 0, cell);
}

/**
 * What a run that goes on with another gives its notebooks: what that one gave them, and what this one gives instead.
 * `changes` says in a sentence each what is another now.
 */
export function mergeParameters(
  before: GivenParameters,
  given: GivenParameters,
): { parameters: GivenParameters; changes: string[] } {
  const notebooks = [...new Set([...Object.keys(before), ...Object.keys(given)])];
  const parameters = Object.fromEntries(notebooks.map((name) => [name, { ...before[name], ...given[name] }]));
  const changes = Object.entries(given).flatMap(([notebook, values]) =>
    Object.entries(values).flatMap(([name, value]) => {
      const was = before[notebook]?.[name];
      if (JSON.stringify(was) === JSON.stringify(value)) return [];
      const had = was === undefined ? "what the notebook says" : JSON.stringify(was);
      return `${notebook}: ${name} is ${JSON.stringify(value)} now, and was ${had}.`;
    }),
  );
  return { parameters, changes };
}

/**
 * The words of a command line that give these notebooks what `given` does not: what a run has from the one that it
 * goes on with.
 */
export function writeInheritedWords(
  notebooks: string[],
  parameters: GivenParameters,
  given: GivenParameters,
): string[] {
  const names = new Set(Object.values(given).flatMap((values) => Object.keys(values)));
  const inherited = notebooks.flatMap((notebook) => Object.entries(parameters[notebook] ?? {}));
  const words = inherited
    .filter(([name]) => !names.has(name))
    .map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  return [...new Set(words)].flatMap((word) => ["-p", word]);
}

/** Values as a sentence has them: `by = "license_type", top = 5`. */
export function describeParameters(values: Record<string, unknown>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} = ${JSON.stringify(value)}`)
    .join(", ");
}

/** What is to be mended in the parameters cells of a notebook. */
export async function lintParameters(cells: CodeCell[]): Promise<ParameterFault[]> {
  const [declaring, ...more] = cells.filter((cell) => hasTag(cell, declaringTag));
  const doubled = more.map((cell) => ({
    cell,
    line: 1,
    says: "A second cell has the tag parameters, and only the first is read: declare all in one.",
  }));
  const injected = cells
    .filter((cell) => hasTag(cell, injectedTag))
    .map((cell) => ({
      cell,
      line: 1,
      says: "A run has put this cell here, and it overrides the parameters: delete it.",
    }));
  const faults = declaring ? (await parseCell(declaring.source)).faults : [];
  return [...faults.map((fault) => ({ cell: declaring, ...fault })), ...doubled, ...injected];
}

function findTagged(cells: Cell[], tag: string): CodeCell | undefined {
  return cells.find((cell): cell is CodeCell => cell.cell_type === "code" && hasTag(cell, tag));
}

function hasTag({ metadata }: Cell, tag: string): boolean {
  return Array.isArray(metadata.tags) && metadata.tags.includes(tag);
}

interface ParsedCell {
  parameters: Parameter[];
  faults: Omit<ParameterFault, "cell">[];
}

async function parseCell(source: string): Promise<ParsedCell> {
  // TypeScript takes as long to load as a small notebook, and few runs need it here
  const { default: ts } = await import("typescript");
  const file = ts.createSourceFile("cell.ts", source, ts.ScriptTarget.ES2022, true);
  const parsed: ParsedCell = { parameters: [], faults: [] };
  const complain = (statement: Statement, says: string): void => {
    const { line } = file.getLineAndCharacterOfPosition(statement.getStart(file));
    parsed.faults.push({ line: line + 1, says });
  };
  for (const statement of file.statements) {
    if (!ts.isVariableStatement(statement)) {
      complain(statement, "A parameters cell declares parameters and nothing else: move this elsewhere.");
      continue;
    }
    if (!(statement.declarationList.flags & ts.NodeFlags.Let))
      complain(statement, "A parameter is declared with let, so that a run can set it: write let.");
    for (const parameter of readDeclarations(ts, file, statement)) {
      if ("fault" in parameter) complain(statement, parameter.fault);
      else parsed.parameters.push(parameter);
    }
  }
  return parsed;
}

function readDeclarations(
  ts: typeof TypeScript,
  file: SourceFile,
  { declarationList }: VariableStatement,
): (Parameter | { fault: string })[] {
  return declarationList.declarations.map(({ name, type: written, initializer }) => {
    if (!ts.isIdentifier(name)) return { fault: "A parameter has a name of its own: write let name = value." };
    const value = initializer && evaluate(ts, initializer);
    if (!value) return { fault: `The parameter ${name.text} has no literal value: write one, such as 10 or "state".` };
    const type = written ? readType(ts, file, written) : inferType(value.value);
    if (!type.accepts(value.value))
      return { fault: `The parameter ${name.text} takes ${type.text}, and its own value is another.` };
    return { name: name.text, type, value: value.value };
  });
}

/** What a literal stands for; undefined where it is an expression that has to be run. */
function evaluate(ts: typeof TypeScript, node: Expression): { value: unknown } | undefined {
  if (ts.isStringLiteralLike(node)) return { value: node.text };
  if (ts.isNumericLiteral(node)) return { value: Number(node.text) };
  if (node.kind === ts.SyntaxKind.TrueKeyword) return { value: true };
  if (node.kind === ts.SyntaxKind.FalseKeyword) return { value: false };
  if (node.kind === ts.SyntaxKind.NullKeyword) return { value: null };
  if (ts.isParenthesizedExpression(node) || ts.isAsExpression(node)) return evaluate(ts, node.expression);
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.MinusToken) {
    const inner = evaluate(ts, node.operand);
    return typeof inner?.value === "number" ? { value: -inner.value } : undefined;
  }
  if (ts.isArrayLiteralExpression(node)) {
    const items = node.elements.map((item) => evaluate(ts, item));
    return items.includes(undefined) ? undefined : { value: items.map((item) => item?.value) };
  }
  if (!ts.isObjectLiteralExpression(node)) return undefined;
  const entries = node.properties.map((property) => {
    if (!ts.isPropertyAssignment(property) || ts.isComputedPropertyName(property.name)) return undefined;
    const inner = evaluate(ts, property.initializer);
    return inner && ([property.name.text, inner.value] as const);
  });
  return entries.includes(undefined)
    ? undefined
    : { value: Object.fromEntries(entries.flatMap((one) => (one ? [one] : []))) };
}

/** The values of a written type; a type that is not known here takes whatever the kernel lets through. */
function readType(ts: typeof TypeScript, file: SourceFile, node: TypeNode): ValueType {
  const text = node.getText(file).replace(/\s+/g, " ");
  const simple = {
    [ts.SyntaxKind.StringKeyword]: "string",
    [ts.SyntaxKind.NumberKeyword]: "number",
    [ts.SyntaxKind.BooleanKeyword]: "boolean",
  };
  const name = (simple as Partial<Record<TypeScript.SyntaxKind, string>>)[node.kind];
  if (name) return { text: `a ${name}`, accepts: (value) => typeof value === name, words: [] };
  if (ts.isParenthesizedTypeNode(node)) return { ...readType(ts, file, node.type), text };
  if (ts.isUnionTypeNode(node)) {
    const members = node.types.map((member) => readType(ts, file, member));
    return {
      text: joinWords(
        members.map((member) => member.text),
        " or ",
      ),
      accepts: (value) => members.some((member) => member.accepts(value)),
      words: members.flatMap((member) => member.words),
    };
  }
  if (ts.isArrayTypeNode(node)) {
    const item = readType(ts, file, node.elementType);
    return { text, accepts: (value) => Array.isArray(value) && value.every((one) => item.accepts(one)), words: [] };
  }
  if (!ts.isLiteralTypeNode(node)) return { text, accepts: () => true, words: [] };
  const literal = evaluate(ts, node.literal as Expression)?.value;
  return { text, accepts: (value) => value === literal, words: typeof literal === "string" ? [literal] : [] };
}

/** The type that TypeScript gives a `let` with this value. */
function inferType(value: unknown): ValueType {
  const kindOf = (one: unknown) => (one === null ? "null" : Array.isArray(one) ? "list" : typeof one);
  const kind = kindOf(value);
  const kinds = Array.isArray(value) ? new Set(value.map(kindOf)) : new Set<string>();
  return {
    text: `${/^o/.test(kind) ? "an" : "a"} ${kind}${kinds.size ? ` of ${joinWords([...kinds], " or ")}s` : ""}`,
    accepts: (given) =>
      kindOf(given) === kind && (kinds.size === 0 || (given as unknown[]).every((item) => kinds.has(kindOf(item)))),
    words: [],
  };
}
