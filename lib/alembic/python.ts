import { parser } from "@lezer/python";
import type { SyntaxNode } from "@lezer/common";

/** What a Python expression in a revision amounts to, as far as it can be known without running it. */
export type Value = string | number | boolean | null | Value[] | Dictionary | Call | Name;
export type Call = { call: string; of: Value; args: Value[]; named: Record<string, Value> };
/** Something that only a run would tell: an imported module, a loop's variable. */
export type Name = { unknown: string };
type Dictionary = { entries: [Value, Value][] };

export interface Module {
  docstring: string;
  constants: Map<string, Value>;
  /** Every call that a run of this function could make, in order; both arms of an `if` count. */
  calls(functionName: string): Call[];
  /** The line at which the text stops being Python. */
  brokenAt: number | null;
}

/** Reads a Python module for what its functions would call, without running it. */
export function readModule(text: string): Module {
  const reader = new Reader(text);
  const script = parser.parse(text).topNode;
  const scope: Scope = new Map();
  reader.run(script, scope);
  return {
    docstring: typeof reader.first === "string" ? reader.first : "",
    constants: new Map([...scope].filter((entry): entry is [string, Value] => !(entry[1] instanceof Procedure))),
    calls: (name) => {
      reader.calls = [];
      const procedure = scope.get(name);
      if (procedure instanceof Procedure) reader.enter(procedure, [], {}, scope);
      return reader.calls;
    },
    brokenAt: firstError(script, text),
  };
}

export function isCall(value: Value | undefined, ...names: string[]): value is Call {
  return (
    typeof value === "object" && value !== null && "call" in value && (names.length === 0 || names.includes(value.call))
  );
}

/** The text that a value stands for, through the wrappers that leave it alone: `sa.text("…")`, `op.f("…")`. */
export function textOf(value: Value | undefined): string | undefined {
  if (typeof value === "string") return value;
  if (isCall(value, "text", "f", "DDL", "dedent", "quoted_name", "literal_column"))
    return textOf(value.args[0] ?? value.named.text);
  if (isCall(value, "strip", "lstrip", "rstrip", "bindparams", "execution_options")) return textOf(value.of);
  return undefined;
}

type Scope = Map<string, Value | Procedure>;

class Procedure {
  constructor(
    readonly parameters: { name: string; fallback?: SyntaxNode }[],
    readonly body: SyntaxNode,
  ) {}
}

/** Walks statements in order, keeps what names are bound to, and notes every call on its way. */
class Reader {
  calls: Call[] = [];
  first: Value | undefined;
  private depth = 0;

  constructor(private readonly text: string) {}

  run(block: SyntaxNode, scope: Scope): Value | undefined {
    for (const statement of parts(block)) {
      const result = this.statement(statement, scope);
      if (result !== undefined) return result;
    }
    return undefined;
  }

  /** The value is what a `return` gave, where the walk met one. */
  private statement(node: SyntaxNode, scope: Scope): Value | undefined {
    switch (node.name) {
      case "ExpressionStatement": {
        const value = this.evaluate(parts(node)[0], scope);
        this.first ??= value;
        return undefined;
      }
      case "AssignStatement":
        return this.assign(node, scope);
      case "FunctionDefinition":
        scope.set(
          this.source(node.getChild("VariableName")),
          new Procedure(this.parameters(node.getChild("ParamList")), node.getChild("Body")!),
        );
        return undefined;
      case "ReturnStatement":
        return parts(node)[1] ? this.evaluate(parts(node)[1], scope) : null;
      case "WithStatement":
        return this.with(node, scope);
      case "ForStatement":
        return this.loop(node, scope);
      case "StatementGroup":
        return this.run(node, scope);
      case "ClassDefinition":
        return undefined;
      default: {
        // if, try, while, match: every arm may run
        for (const part of parts(node)) {
          if (part.name === "Body" || /Clause|StatementGroup/.test(part.name)) this.run(part, scope);
          else if (/Expression$/.test(part.name)) this.evaluate(part, scope);
        }
        return undefined;
      }
    }
  }

  private assign(node: SyntaxNode, scope: Scope): undefined {
    const pieces = parts(node).filter((part) => part.name !== "TypeDef");
    const value = this.evaluate(pieces[pieces.length - 1], scope);
    if (pieces.some((piece) => piece.name === "UpdateOp")) return undefined;
    const targets: SyntaxNode[] = [];
    for (const piece of pieces.slice(0, -1)) {
      if (piece.name !== "AssignOp") targets.push(piece);
      else if (targets.length) this.bind(targets.splice(0), value, scope);
    }
    return undefined;
  }

  private bind(targets: SyntaxNode[], value: Value, scope: Scope): void {
    if (targets.length === 1 && /Tuple|Array/.test(targets[0].name)) return this.bind(parts(targets[0]), value, scope);
    targets.forEach((target, position) => {
      if (target.name !== "VariableName") return;
      const name = this.source(target);
      scope.set(
        name,
        targets.length === 1
          ? value
          : Array.isArray(value)
            ? (value[position] ?? { unknown: name })
            : { unknown: name },
      );
    });
  }

  private with(node: SyntaxNode, scope: Scope): Value | undefined {
    const pieces = parts(node);
    let subject: Value = null;
    pieces.forEach((piece, position) => {
      if (piece.name === "Body" || piece.name === "as" || piece.name === "with") return;
      if (pieces[position - 1]?.name === "as") this.bind([piece], subject, scope);
      else subject = this.evaluate(piece, scope);
    });
    return this.run(node.getChild("Body")!, scope);
  }

  private loop(node: SyntaxNode, scope: Scope): undefined {
    const pieces = parts(node).filter((part) => part.name !== "async" && part.name !== "for");
    const middle = pieces.findIndex((part) => part.name === "in");
    const values = this.evaluate(pieces[middle + 1], scope);
    const targets = pieces.slice(0, middle);
    const body = node.getChild("Body")!;
    for (const value of items(values) ?? [{ unknown: this.source(pieces[middle + 1]) }]) {
      this.bind(targets, value, scope);
      this.run(body, scope);
    }
    return undefined;
  }

  evaluate(node: SyntaxNode | undefined, scope: Scope): Value {
    if (!node) return null;
    switch (node.name) {
      case "String":
      case "FormatString":
        return this.string(node, scope);
      case "ContinuedString":
        return parts(node)
          .map((part) => this.string(part, scope))
          .join("");
      case "Number":
        return Number(this.source(node).replace(/_/g, ""));
      case "Boolean":
        return this.source(node) === "True";
      case "None":
        return null;
      case "VariableName":
        return this.lookup(this.source(node), scope);
      case "ParenthesizedExpression":
        return this.evaluate(parts(node)[0], scope);
      case "ArrayExpression":
      case "TupleExpression":
      case "SetExpression":
        return this.arguments(node, scope).args;
      case "DictionaryExpression":
        return this.dictionary(node, scope);
      case "MemberExpression":
        return this.member(node, scope);
      case "CallExpression":
        return this.call(node, scope);
      case "BinaryExpression":
        return this.binary(node, scope);
      case "UnaryExpression": {
        const value = this.evaluate(parts(node)[1], scope);
        return typeof value === "number" && this.source(node).startsWith("-") ? -value : { unknown: this.source(node) };
      }
      default:
        for (const part of parts(node)) if (part.name === "CallExpression") this.evaluate(part, scope);
        return { unknown: this.source(node) };
    }
  }

  private lookup(name: string, scope: Scope): Value {
    const value = scope.get(name);
    return value === undefined || value instanceof Procedure ? { unknown: name } : value;
  }

  private member(node: SyntaxNode, scope: Scope): Value {
    const [base, , property] = parts(node, true);
    const value = this.evaluate(base, scope);
    if (property?.name === "PropertyName") return { unknown: this.source(node) };
    const key = this.evaluate(property, scope);
    if (Array.isArray(value) && typeof key === "number") return value.at(key) ?? { unknown: this.source(node) };
    const entry = isDictionary(value) ? value.entries.find(([name]) => name === key) : undefined;
    return entry ? entry[1] : { unknown: this.source(node) };
  }

  private call(node: SyntaxNode, scope: Scope): Value {
    const callee = parts(node)[0];
    const { args, named } = this.arguments(node.getChild("ArgList")!, scope);
    if (callee.name === "VariableName") {
      const procedure = scope.get(this.source(callee));
      if (procedure instanceof Procedure) return this.enter(procedure, args, named, scope);
    }
    const [base, , property] = parts(callee, true);
    const dotted = callee.name === "MemberExpression" && property?.name === "PropertyName";
    const of = dotted ? this.evaluate(base, scope) : null;
    const name = this.source(dotted ? property : callee);
    if (name === "items" && isDictionary(of)) return of.entries.map((entry) => [...entry]);
    const call: Call = { call: name, of, args, named };
    this.calls.push(call);
    return call;
  }

  enter(procedure: Procedure, args: Value[], named: Record<string, Value>, scope: Scope): Value {
    if (this.depth > 20) return null;
    const inner: Scope = new Map(scope);
    procedure.parameters.forEach(({ name, fallback }, position) => {
      const given = args[position] ?? named[name];
      inner.set(name, given !== undefined ? given : fallback ? this.evaluate(fallback, scope) : { unknown: name });
    });
    this.depth += 1;
    const result = this.run(procedure.body, inner);
    this.depth -= 1;
    return result ?? null;
  }

  private parameters(list: SyntaxNode | null): { name: string; fallback?: SyntaxNode }[] {
    const found: { name: string; fallback?: SyntaxNode }[] = [];
    let awaited = false;
    for (const part of list ? parts(list) : []) {
      if (part.name === "AssignOp") awaited = true;
      else if (awaited) [found[found.length - 1].fallback, awaited] = [part, false];
      else if (part.name === "VariableName") found.push({ name: this.source(part) });
    }
    return found;
  }

  private arguments(list: SyntaxNode, scope: Scope): { args: Value[]; named: Record<string, Value> } {
    const args: Value[] = [];
    const named: Record<string, Value> = {};
    const pieces = parts(list);
    for (let at = 0; at < pieces.length; at += 1) {
      const piece = pieces[at];
      if (piece.name === "VariableName" && pieces[at + 1]?.name === "AssignOp") {
        named[this.source(piece)] = this.evaluate(pieces[at + 2], scope);
        at += 2;
      } else if (piece.name === "*") {
        args.push(...(items(this.evaluate(pieces[(at += 1)], scope)) ?? []));
      } else if (piece.name === "**") {
        const value = this.evaluate(pieces[(at += 1)], scope);
        if (isDictionary(value)) for (const [key, entry] of value.entries) named[String(key)] = entry;
      } else args.push(this.evaluate(piece, scope));
    }
    return { args, named };
  }

  private dictionary(node: SyntaxNode, scope: Scope): Dictionary {
    const pieces = parts(node, true);
    const entries: [Value, Value][] = [];
    pieces.forEach((piece, at) => {
      if (piece.name === ":")
        entries.push([this.evaluate(pieces[at - 1], scope), this.evaluate(pieces[at + 1], scope)]);
    });
    return { entries };
  }

  private binary(node: SyntaxNode, scope: Scope): Value {
    const [left, operator, right] = parts(node);
    const values = [this.evaluate(left, scope), this.evaluate(right, scope)];
    if (this.source(operator) !== "+") return { unknown: this.source(node) };
    if (values.every(Array.isArray)) return values.flat() as Value[];
    const texts = values.map(textOf);
    return texts.every((text) => text !== undefined) ? texts.join("") : { unknown: this.source(node) };
  }

  private string(node: SyntaxNode, scope: Scope): string {
    const source = this.source(node);
    const [, prefix, quote] = /^([a-z]*)("""|'''|"|')/i.exec(source)!;
    const start = node.from + prefix.length + quote.length;
    const end = node.to - quote.length;
    let [text, at] = ["", start];
    const add = (until: number) => (text += unescape(this.text.slice(at, until), prefix));
    for (const hole of node.getChildren("FormatReplacement")) {
      add(hole.from);
      const value = this.evaluate(parts(hole)[0], scope);
      text += textOf(value) ?? (typeof value === "number" ? value : this.source(hole));
      at = hole.to;
    }
    add(end);
    return /f/i.test(prefix) ? text.replace(/\{\{/g, "{").replace(/\}\}/g, "}") : text;
  }

  private source(node: SyntaxNode | null | undefined): string {
    return node ? this.text.slice(node.from, node.to) : "";
  }
}

const PUNCTUATION = new Set(["(", ")", "[", "]", "{", "}", ",", ":", ".", ";", "Comment"]);

function parts(node: SyntaxNode, withPunctuation = false): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling)
    if (withPunctuation ? child.name !== "Comment" : !PUNCTUATION.has(child.name)) found.push(child);
  return found;
}

function items(value: Value): Value[] | undefined {
  return Array.isArray(value) ? value : isDictionary(value) ? value.entries.map(([key]) => key) : undefined;
}

function isDictionary(value: Value): value is Dictionary {
  return (
    typeof value === "object" && value !== null && "entries" in value && Array.isArray((value as Dictionary).entries)
  );
}

const ESCAPES: Record<string, string> = { n: "\n", t: "\t", r: "\r", "\n": "", "\\": "\\", "'": "'", '"': '"' };

function unescape(text: string, prefix: string): string {
  if (/r/i.test(prefix)) return text;
  return text.replace(/\\(u[0-9a-f]{4}|x[0-9a-f]{2}|[\s\S])/gi, (whole, code: string) =>
    code.length > 1 ? String.fromCharCode(parseInt(code.slice(1), 16)) : (ESCAPES[code] ?? whole),
  );
}

function firstError(script: SyntaxNode, text: string): number | null {
  let line: number | null = null;
  script.cursor().iterate((node) => {
    if (node.type.isError && line === null) line = text.slice(0, node.from).split("\n").length;
  });
  return line;
}
