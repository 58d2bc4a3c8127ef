import { parser } from "@lezer/python";
import type { SyntaxNode } from "@lezer/common";
import { callBuiltin, callMethod, formatPercent, readMember } from "./python-builtins";
import {
  type Call,
  type ClassValue,
  type Dictionary,
  HOLE,
  type Value,
  isDictionary,
  isName,
  isPath,
  listItems,
  nameOf,
  getPartialText,
  decideTruth,
  makeUnknown,
} from "./python-value";

export interface Module {
  docstring: string;
  constants: Map<string, Value>;
  /** What a name of the module is bound to; undefined for a function, and where there is none. */
  lookUp(name: string): Value | undefined;
  /**
   * Every call that a run of this function could make, in order; both arms of an `if` count where its condition is
   * not known.
   */
  calls(functionName: string): Call[];
  /** Every call that any of its functions could make, without arguments. */
  allCalls(): Call[];
  /** The line at which the text stops being Python. */
  brokenAt: number | null;
}

/** Where a module stands: its path, and how the text of another module of the project is found. */
export interface Surroundings {
  path?: string;
  /**
   * The file that `import dotted` means, `level` folders up where it is relative; undefined for what is not the
   * project's.
   */
  findModule?: (dotted: string, level: number, from: string) => { path: string; text: string } | undefined;
  /** What the revisions of one project share. */
  session?: Session;
  /** The text of a file that the module opens; undefined where it is not the project's. */
  readText?: (path: string) => string | undefined;
}

/** Reads a Python module for what its functions would call, without running it. */
export function readModule(text: string, surroundings: Surroundings = {}): Module {
  const log = surroundings.session ?? openSession();
  Object.assign(log, { calls: [], line: 1, depth: 0, budget: STATEMENTS });
  const script = parser.parse(text).topNode;
  const reader = new Reader(text, surroundings, log, true);
  const scope: Scope = new Map([
    ["__file__", surroundings.path ? { path: surroundings.path } : makeUnknown("__file__")],
  ]);
  reader.run(script, scope);
  const constants = new Map(
    [...scope].filter(
      (entry): entry is [string, Value] => !(entry[1] instanceof Procedure || entry[1] instanceof Import),
    ),
  );
  return {
    docstring: typeof reader.first === "string" ? reader.first : "",
    constants,
    lookUp: (name) => {
      const value = findBound(scope, name);
      return value instanceof Procedure ? undefined : value;
    },
    calls: (name) => {
      log.calls = [];
      const procedure = scope.get(name);
      if (procedure instanceof Procedure) {
        reader.enter(procedure, [], {});
        // the template for several databases looks its functions up by the engine's name
        if (log.calls.some(({ call }) => call === "globals"))
          for (const [other, one] of scope)
            if (other.startsWith(`${name}_`) && one instanceof Procedure) reader.enter(one, [], {});
        if (log.budget < 0) log.calls.push({ call: "exhausted", of: null, args: [], named: {}, line: log.line });
      }
      return log.calls;
    },
    allCalls: () => {
      for (const one of [...scope.values()])
        if (one instanceof Procedure && one.reader === reader) reader.enter(one, [], {});
      return log.calls;
    },
    brokenAt: findFirstError(script, text),
  };
}

export type Scope = Map<string, Value | Procedure | Import>;

/** A name of another module of the project, which is read when the name is used for the first time. */
class Import {
  /** Set while it is resolved: two modules may import from one another. */
  isOpen = false;
  value: Value | Procedure | undefined;
  constructor(readonly resolve: () => Value | Procedure) {}
}

/** What a name is bound to; a name of another module is read now. */
function findBound(scope: Scope, name: string): Value | Procedure | undefined {
  const value = scope.get(name);
  if (!(value instanceof Import)) return value;
  if (value.isOpen || value.value !== undefined) return value.value;
  value.isOpen = true;
  value.value = value.resolve();
  value.isOpen = false;
  return value.value;
}

/**
 * Statements that are read of one revision, and of one module that it imports: a file cannot make the reader run for
 * ever.
 */
const STATEMENTS = 20_000;

/** What all readers of one project share. */
export interface Session {
  calls: Call[];
  /** The line of the revision's own file that is being read. */
  line: number;
  modules: Map<string, Scope>;
  depth: number;
  /** Statements that may still be read of the revision. */
  budget: number;
}

/** A session for the revisions of one project: a module that several of them import is read once. */
export function openSession(): Session {
  return { calls: [], line: 1, modules: new Map(), depth: 0, budget: STATEMENTS };
}

interface Parameter {
  name: string;
  fallback?: SyntaxNode;
  star?: "*" | "**";
}

/** A function or a lambda, with the names that it can see. */
export class Procedure {
  constructor(
    readonly reader: Reader,
    readonly parameters: Parameter[],
    readonly body: SyntaxNode,
    readonly scope: Scope,
  ) {}
}

/** How a block ended: `value` where a `return` was met. */
type Ending = { value: Value | Procedure } | undefined;

/** Walks statements in order, keeps what names are bound to, and notes every call on its way. */
class Reader {
  first: Value | Procedure | undefined;
  /** What `return`s gave in arms that may or may not run. */
  private possible: (Value | Procedure)[] = [];

  constructor(
    private readonly text: string,
    private readonly surroundings: Surroundings,
    private readonly log: Session,
    private readonly isRevision: boolean,
  ) {}

  run(block: SyntaxNode, scope: Scope): Ending {
    for (const statement of listParts(block)) {
      const ending = this.statement(statement, scope);
      if (ending) return ending;
    }
    return undefined;
  }

  private statement(node: SyntaxNode, scope: Scope): Ending {
    if ((this.log.budget -= 1) < 0) return undefined;
    if (this.isRevision) this.log.line = this.lineOf(node);
    switch (node.name) {
      case "ExpressionStatement": {
        const value = this.evaluate(listParts(node)[0], scope);
        this.first ??= value;
        return undefined;
      }
      case "AssignStatement":
        return this.assign(node, scope);
      case "UpdateStatement":
        return this.update(node, scope);
      case "ImportStatement":
        return this.import(node, scope);
      case "DecoratedStatement": {
        const inner = node.getChild("FunctionDefinition") ?? node.getChild("ClassDefinition");
        return inner ? this.statement(inner, scope) : undefined;
      }
      case "FunctionDefinition":
        scope.set(
          this.source(node.getChild("VariableName")),
          new Procedure(this, this.parameters(node.getChild("ParamList")), node.getChild("Body")!, scope),
        );
        return undefined;
      case "ReturnStatement":
        return { value: listParts(node)[1] ? this.evaluate(listParts(node)[1], scope) : null };
      case "RaiseStatement":
        return { value: null };
      case "WithStatement":
        return this.with(node, scope);
      case "ForStatement":
        return this.loop(node, scope);
      case "IfStatement":
        return this.choose(node, scope);
      case "MatchStatement":
        return this.match(node, scope);
      case "StatementGroup":
        return this.run(node, scope);
      case "ClassDefinition":
        return this.class(node, scope);
      case "TryStatement":
      case "WhileStatement":
        for (const part of listParts(node)) {
          if (part.name === "Body") this.maybe(this.run(part, scope));
          else if (/Expression$/.test(part.name)) this.evaluate(part, scope);
        }
        return undefined;
      default:
        return undefined;
    }
  }

  private maybe(ending: Ending): void {
    if (ending) this.possible.push(ending.value);
  }

  /** Only the arm of a condition that is known; else every arm, after which a name is known where they agree on it. */
  private choose(node: SyntaxNode, scope: Scope): Ending {
    const pieces = listParts(node);
    const open: SyntaxNode[] = [];
    let isComplete = false;
    for (let at = 0; at < pieces.length; at += 1) {
      const word = pieces[at].name;
      if (word !== "if" && word !== "elif" && word !== "else") continue;
      const condition = word === "else" ? undefined : pieces[at + 1];
      const body = pieces.slice(at + 1).find(({ name }) => name === "Body");
      const truth = condition ? this.truth(condition, scope) : true;
      if (!body || truth === false) continue;
      if (truth === true && open.length === 0) return this.run(body, scope);
      open.push(body);
      if (truth === true) {
        isComplete = true;
        break;
      }
    }
    return this.runArms(open, isComplete, scope);
  }

  private runArms(arms: SyntaxNode[], isComplete: boolean, scope: Scope): Ending {
    const endings = arms.map((body): [Scope, Ending] => {
      const inner: Scope = new Map(scope);
      return [inner, this.run(body, inner)];
    });
    const goingOn = endings.filter(([, ending]) => !ending).map(([inner]) => inner);
    if (!isComplete) goingOn.push(new Map(scope));
    for (const [, ending] of endings) this.maybe(ending);
    if (isComplete && goingOn.length === 0 && endings.length) return endings[endings.length - 1][1];
    for (const name of new Set(goingOn.flatMap((inner) => [...inner.keys()]))) {
      const values = goingOn.flatMap((inner) => (inner.has(name) ? [inner.get(name)!] : []));
      const agree = values.every((value) => value === values[0] || isAlike(value, values[0]));
      scope.set(name, agree ? values[0] : makeUnknown(name));
    }
    return undefined;
  }

  private match(node: SyntaxNode, scope: Scope): Ending {
    const subject = this.evaluate(listParts(node)[1], scope);
    const clauses = node.getChild("MatchBody")?.getChildren("MatchClause") ?? [];
    const isKnown = typeof subject === "string" || typeof subject === "number";
    const open: SyntaxNode[] = [];
    for (const clause of clauses) {
      const body = clause.getChild("Body");
      const patterns = listParts(clause).filter(({ name }) => name === "LiteralPattern");
      const isAny = clause.getChild("CapturePattern") !== null && clause.getChild("Guard") === null;
      if (!body) continue;
      if (isKnown && patterns.length) {
        if (patterns.some((pattern) => this.evaluate(listParts(pattern)[0], scope) === subject))
          return this.run(body, scope);
        continue;
      }
      if (isKnown && isAny && open.length === 0) return this.run(body, scope);
      open.push(body);
    }
    return this.runArms(open, false, scope);
  }

  private class(node: SyntaxNode, scope: Scope): undefined {
    const name = this.source(node.getChild("VariableName"));
    const bases = node.getChild("ArgList");
    const members: Scope = new Map(scope);
    const before = new Set(members.keys());
    const log = this.log.calls;
    this.log.calls = [];
    this.run(node.getChild("Body")!, members);
    this.log.calls = log;
    const value: ClassValue = {
      class: name,
      bases: bases ? this.arguments(bases, scope).args : [],
      members: [...members].flatMap(([key, member]): [string, Value][] =>
        (before.has(key) && scope.get(key) === member) || member instanceof Procedure || member instanceof Import
          ? []
          : [[key, member]],
      ),
    };
    scope.set(name, value);
    return undefined;
  }

  private import(node: SyntaxNode, scope: Scope): undefined {
    const words = listParts(node, true).map((part) => this.source(part));
    const at = words.indexOf("import");
    if (words[0] === "from") {
      const from = words.slice(1, at);
      const level = from.join("").match(/^\.*/)![0].length;
      const dotted = from.join("").slice(level);
      for (const [name, alias] of listImportedNames(words.slice(at + 1))) {
        if (name === "*") for (const [key, one] of this.load(dotted, level) ?? []) scope.set(key, one);
        else scope.set(alias, new Import(() => this.importName(dotted, level, name)));
      }
      return undefined;
    }
    for (const [dotted, alias, isAliased] of listImportedNames(words.slice(1))) {
      const [first] = dotted.split(".");
      scope.set(isAliased ? alias : first, new Import(() => this.importModule(isAliased ? dotted : first, 0)));
    }
    return undefined;
  }

  private importName(dotted: string, level: number, name: string): Value | Procedure {
    const known = this.load(dotted, level);
    const value = known && findBound(known, name);
    if (value !== undefined) return value;
    const inside = dotted ? `${dotted}.${name}` : name;
    const isModule = this.surroundings.findModule?.(inside, level, this.surroundings.path ?? "") !== undefined;
    return isModule ? this.importModule(inside, level) : resolveImported(`${".".repeat(level)}${inside}`);
  }

  private importModule(dotted: string, level: number): Value {
    const known = this.load(dotted, level);
    if (!known) return resolveImported(dotted);
    return { module: (name: string) => findBound(known, name) as Value | undefined };
  }

  /** The names of another module of the project, read once. */
  private load(dotted: string, level: number): Scope | undefined {
    const found = this.surroundings.findModule?.(dotted, level, this.surroundings.path ?? "");
    if (!found) return undefined;
    const before = this.log.modules.get(found.path);
    if (before) return before;
    if (this.log.modules.size > 400 || this.log.depth > 60) return undefined;
    const scope: Scope = new Map([["__file__", { path: found.path } as Value]]);
    this.log.modules.set(found.path, scope);
    const { calls, budget } = this.log;
    this.log.budget = STATEMENTS;
    const reader = new Reader(found.text, { ...this.surroundings, path: found.path }, this.log, false);
    reader.run(parser.parse(found.text).topNode, scope);
    Object.assign(this.log, { calls, budget });
    return scope;
  }

  private assign(node: SyntaxNode, scope: Scope): undefined {
    const pieces = listParts(node).filter((part) => part.name !== "TypeDef");
    if (!pieces.some(({ name }) => name === "AssignOp")) return undefined;
    const last = pieces[pieces.length - 1];
    // a tuple without its parentheses
    const behind = pieces.slice(pieces.map(({ name }) => name).lastIndexOf("AssignOp") + 1);
    const value = behind.length > 1 ? behind.map((part) => this.plain(part, scope)) : this.evaluate(last, scope);
    let targets: SyntaxNode[] = [];
    for (const piece of pieces.slice(0, pieces.length - behind.length)) {
      if (piece.name !== "AssignOp") targets.push(piece);
      else {
        this.bind(targets, value, scope);
        targets = [];
      }
    }
    return undefined;
  }

  private update(node: SyntaxNode, scope: Scope): undefined {
    const [target, operator, operand] = listParts(node);
    const value = this.plain(operand, scope);
    if (target.name !== "VariableName") return undefined;
    const name = this.source(target);
    const before = this.lookup(name, scope);
    scope.set(
      name,
      this.source(operator) === "+=" && !(before instanceof Procedure) ? add(before, value, name) : makeUnknown(name),
    );
    return undefined;
  }

  private bind(targets: SyntaxNode[], value: Value | Procedure, scope: Scope): void {
    if (targets.length === 1 && /Tuple|Array|Parenthesized/.test(targets[0].name))
      return this.bind(listParts(targets[0]), value, scope);
    const items = value instanceof Procedure ? undefined : listItems(value);
    targets.forEach((target, position) => {
      if (target.name === "MemberExpression") {
        const [base, , property] = listParts(target, true);
        const holder = base.name === "VariableName" ? findBound(scope, this.source(base)) : undefined;
        if (isDictionary(holder as Value) && property?.name !== "PropertyName" && !(value instanceof Procedure))
          (holder as Dictionary).entries.push([this.plain(property, scope), value]);
        return;
      }
      if (target.name !== "VariableName") return;
      const name = this.source(target);
      scope.set(name, targets.length === 1 ? value : (items?.[position] ?? makeUnknown(name)));
    });
  }

  private with(node: SyntaxNode, scope: Scope): Ending {
    const pieces = listParts(node);
    let subject: Value | Procedure = null;
    pieces.forEach((piece, position) => {
      if (piece.name === "Body" || piece.name === "as" || piece.name === "with") return;
      if (pieces[position - 1]?.name === "as") this.bind([piece], subject, scope);
      else subject = this.evaluate(piece, scope);
    });
    return this.run(node.getChild("Body")!, scope);
  }

  private loop(node: SyntaxNode, scope: Scope): Ending {
    const pieces = listParts(node).filter((part) => part.name !== "async" && part.name !== "for");
    const middle = pieces.findIndex((part) => part.name === "in");
    const body = node.getChild("Body")!;
    const behind = pieces.slice(
      middle + 1,
      pieces.findIndex(({ name }) => name === "Body"),
    );
    const values = behind.length > 1 ? behind.map((part) => this.plain(part, scope)) : this.plain(behind[0], scope);
    const items = listItems(values) ?? [makeUnknown(this.source(behind[0]))];
    for (const value of items) {
      this.bind(pieces.slice(0, middle), value, scope);
      this.maybe(this.run(body, scope));
    }
    return undefined;
  }

  /** A value, where a function is not one. */
  private plain(node: SyntaxNode | undefined, scope: Scope): Value {
    const value = this.evaluate(node, scope);
    return value instanceof Procedure ? makeUnknown(this.source(node)) : value;
  }

  evaluate(node: SyntaxNode | undefined, scope: Scope): Value | Procedure {
    if (!node) return null;
    switch (node.name) {
      case "String":
      case "FormatString":
        return this.string(node, scope);
      case "ContinuedString":
        return listParts(node)
          .map((part): Value => this.string(part, scope))
          .reduce((one, other) => add(one, other, this.source(node)));
      case "Number":
        return Number(this.source(node).replace(/_/g, ""));
      case "Boolean":
        return this.source(node) === "True";
      case "None":
        return null;
      case "VariableName":
        return this.lookup(this.source(node), scope);
      case "ParenthesizedExpression":
        return this.evaluate(listParts(node)[0], scope);
      case "AwaitExpression":
        return this.evaluate(listParts(node)[1], scope);
      case "ArrayExpression":
      case "TupleExpression":
      case "SetExpression":
        return this.arguments(node, scope).args;
      case "DictionaryExpression":
        return this.dictionary(node, scope);
      case "ArrayComprehensionExpression":
      case "ComprehensionExpression":
      case "SetComprehensionExpression":
      case "DictionaryComprehensionExpression":
        return this.comprehension(node, scope);
      case "LambdaExpression": {
        const body = node.lastChild!;
        return new Procedure(this, this.parameters(node.getChild("ParamList")), body, scope);
      }
      case "ConditionalExpression": {
        const [yes, , condition, , no] = listParts(node);
        const truth = this.truth(condition, scope);
        if (truth !== undefined) return this.evaluate(truth ? yes : no, scope);
        const [one, other] = [this.plain(yes, scope), this.plain(no, scope)];
        return isAlike(one, other) ? one : makeUnknown(this.source(node));
      }
      case "NamedExpression": {
        const [target, , value] = listParts(node);
        const found = this.evaluate(value, scope);
        this.bind([target], found, scope);
        return found;
      }
      case "MemberExpression":
        return this.member(node, scope);
      case "CallExpression":
        return this.call(node, scope);
      case "BinaryExpression":
        return this.binary(node, scope);
      case "UnaryExpression": {
        const [operator, operand] = listParts(node);
        if (operator.name === "not") {
          const truth = this.truth(node, scope);
          return truth === undefined ? makeUnknown(this.source(node)) : truth;
        }
        const value = this.plain(operand, scope);
        return typeof value === "number" && this.source(node).startsWith("-") ? -value : makeUnknown(this.source(node));
      }
      default:
        for (const part of listParts(node)) if (part.name === "CallExpression") this.evaluate(part, scope);
        return makeUnknown(this.source(node));
    }
  }

  private truth(node: SyntaxNode, scope: Scope): boolean | undefined {
    if (node.name === "UnaryExpression" && listParts(node)[0].name === "not") {
      const operand = listParts(node)[1];
      // the grammar binds `not` less tightly than Python does
      if (operand.name === "BinaryExpression" && /^(and|or)$/.test(listParts(operand)[1].name)) {
        this.evaluate(operand, scope);
        return undefined;
      }
      const truth = this.truth(operand, scope);
      return truth === undefined ? undefined : !truth;
    }
    if (node.name === "ParenthesizedExpression") return this.truth(listParts(node)[0], scope);
    if (node.name === "BinaryExpression") {
      const [left, operator, right] = listParts(node);
      if (operator.name === "and" || operator.name === "or") {
        const one = this.truth(left, scope);
        if (operator.name === "and" ? one === false : one === true) return one;
        const other = this.truth(right, scope);
        if (operator.name === "and" ? other === false : other === true) return other;
        return one === undefined || other === undefined ? undefined : other;
      }
    }
    const value = this.evaluate(node, scope);
    return value instanceof Procedure ? true : decideTruth(value);
  }

  private lookup(name: string, scope: Scope): Value | Procedure {
    const value = findBound(scope, name);
    return value === undefined ? (name === "TYPE_CHECKING" ? false : makeUnknown(name)) : value;
  }

  private member(node: SyntaxNode, scope: Scope): Value | Procedure {
    const [base, , property] = listParts(node, true);
    const value = this.evaluate(base, scope);
    if (value instanceof Procedure) return makeUnknown(this.source(node));
    if (property?.name === "PropertyName") {
      const name = this.source(property);
      if (name === "name" && /\b(dialect|engine|impl)$/.test(nameOf(value) ?? "")) return "postgresql";
      const found = readMember(value, name);
      return (
        found ?? makeUnknown(`${nameOf(value) ?? this.source(base)}.${name}`, isName(value) ? value.imported : false)
      );
    }
    const inside = listParts(node).slice(1);
    const key = inside.length === 1 ? this.plain(property, scope) : makeUnknown("slice");
    if (Array.isArray(value) && typeof key === "number") return value.at(key) ?? makeUnknown(this.source(node));
    const entry = isDictionary(value) ? [...value.entries].reverse().find(([name]) => name === key) : undefined;
    return entry ? entry[1] : makeUnknown(this.source(node));
  }

  private call(node: SyntaxNode, scope: Scope): Value | Procedure {
    const callee = listParts(node)[0];
    const list = node.getChild("ArgList")!;
    const isMethod = callee.name === "MemberExpression" && listParts(callee, true)[2]?.name === "PropertyName";
    const subject = isMethod ? this.evaluate(listParts(callee, true)[0], scope) : undefined;
    const target = isMethod ? undefined : this.evaluate(callee, scope);
    const { args, named, procedures } = this.arguments(list, scope);
    if (target instanceof Procedure) return this.enter(target, args, named, procedures);
    if (isMethod) {
      const name = this.source(listParts(callee, true)[2]);
      if (subject instanceof Procedure) return makeUnknown(this.source(node));
      const member = readMember(subject ?? null, name);
      if ((member as unknown) instanceof Procedure)
        return this.enter(member as unknown as Procedure, args, named, procedures);
      const value = callMethod(subject ?? null, name, args, named, this.surroundings.readText);
      if (value !== undefined) return value;
      return this.note({ call: name, of: subject ?? null, args, named, line: this.log.line });
    }
    const known = target as Value;
    const name = isName(known) ? known.unknown : this.source(callee);
    const value = callBuiltin(name, args, named);
    if (value !== undefined) return value;
    const at = name.lastIndexOf(".");
    const of = at > 0 ? makeUnknown(name.slice(0, at), isName(known) && known.imported) : null;
    const isImported = isName(known) && known.imported === true;
    return this.note({
      call: name.slice(at + 1),
      of,
      args,
      named,
      line: this.log.line,
      ...(isImported ? { isImported } : {}),
    });
  }

  private note(call: Call): Call {
    this.log.calls.push(call);
    return call;
  }

  enter(
    procedure: Procedure,
    args: Value[],
    named: Record<string, Value>,
    procedures: Map<number | string, Procedure> = new Map(),
  ): Value | Procedure {
    if (this.log.depth > 12 || this.log.budget < 0) return null;
    const { reader } = procedure;
    const inner: Scope = new Map(procedure.scope);
    let position = 0;
    for (const { name, fallback, star } of procedure.parameters) {
      if (star === "*") inner.set(name, args.slice(position));
      else if (star === "**") inner.set(name, { entries: Object.entries(named) });
      else {
        const given = procedures.get(position) ?? procedures.get(name) ?? args[position] ?? named[name];
        inner.set(
          name,
          given !== undefined ? given : fallback ? reader.evaluate(fallback, procedure.scope) : makeUnknown(name),
        );
        position += 1;
      }
    }
    this.log.depth += 1;
    const before = reader.possible;
    reader.possible = [];
    const result =
      procedure.body.name === "Body"
        ? (reader.run(procedure.body, inner)?.value ?? null)
        : reader.evaluate(procedure.body, inner);
    const others = reader.possible;
    reader.possible = before;
    this.log.depth -= 1;
    const isCertain = others.every((other) => other === result || isAlike(other, result));
    return isCertain || result instanceof Procedure ? result : makeUnknown("what a function returns");
  }

  private parameters(list: SyntaxNode | null): Parameter[] {
    const found: Parameter[] = [];
    let awaited = false;
    let star: Parameter["star"];
    for (const part of list ? listParts(list) : []) {
      if (part.name === "TypeDef") continue;
      if (part.name === "*" || part.name === "**") star = part.name;
      else if (part.name === "AssignOp") awaited = true;
      else if (awaited) [found[found.length - 1].fallback, awaited] = [part, false];
      else if (part.name === "VariableName") {
        // a bare star only says that what follows is named
        const isStarred = star !== undefined && part.prevSibling?.name === star;
        found.push({ name: this.source(part), ...(isStarred ? { star } : {}) });
        star = undefined;
      }
    }
    return found;
  }

  private arguments(
    list: SyntaxNode,
    scope: Scope,
  ): { args: Value[]; named: Record<string, Value>; procedures: Map<number | string, Procedure> } {
    const args: Value[] = [];
    const named: Record<string, Value> = {};
    const procedures = new Map<number | string, Procedure>();
    const pieces = listParts(list);
    const isComprehension = pieces.some(({ name }) => name === "for");
    if (isComprehension) return { args: [this.comprehension(list, scope)], named, procedures };
    for (let at = 0; at < pieces.length; at += 1) {
      const piece = pieces[at];
      const value = (node: SyntaxNode, key: number | string): Value => {
        const found = this.evaluate(node, scope);
        if (!(found instanceof Procedure)) return found;
        procedures.set(key, found);
        return makeUnknown(this.source(node));
      };
      if (piece.name === "VariableName" && pieces[at + 1]?.name === "AssignOp") {
        const name = this.source(piece);
        named[name] = value(pieces[at + 2], name);
        at += 2;
      } else if (piece.name === "*") {
        const spread = this.plain(pieces[(at += 1)], scope);
        args.push(...(listItems(spread) ?? [makeUnknown("*")]));
      } else if (piece.name === "**") {
        const spread = this.plain(pieces[(at += 1)], scope);
        if (isDictionary(spread)) for (const [key, entry] of spread.entries) named[String(key)] = entry;
      } else args.push(value(piece, args.length));
    }
    return { args, named, procedures };
  }

  private dictionary(node: SyntaxNode, scope: Scope): Dictionary {
    const pieces = listParts(node, true);
    const entries: [Value, Value][] = [];
    pieces.forEach((piece, at) => {
      if (piece.name === "**") {
        const spread = this.plain(pieces[at + 1], scope);
        if (isDictionary(spread)) entries.push(...spread.entries);
      }
      if (piece.name === ":") entries.push([this.plain(pieces[at - 1], scope), this.plain(pieces[at + 1], scope)]);
    });
    return { entries };
  }

  /** The values of a comprehension over what is known; else unknown, after one round for the calls in it. */
  private comprehension(node: SyntaxNode, scope: Scope): Value {
    const pieces = listParts(node);
    const at = pieces.findIndex(({ name }) => name === "for");
    const result = pieces.slice(0, at);
    const values: Value[] = [];
    let isKnown = true;
    const walk = (from: number, inner: Scope): void => {
      if (from >= pieces.length) {
        const [one, other] = result.map((part) => this.plain(part, inner));
        values.push(result.length > 1 ? [one, other] : one);
        return;
      }
      if (pieces[from].name === "if") {
        const truth = this.truth(pieces[from + 1], inner);
        if (truth === undefined) isKnown = false;
        if (truth !== false) walk(from + 2, inner);
        return;
      }
      const start = pieces[from].name === "async" ? from + 2 : from + 1;
      const middle = pieces.findIndex(({ name }, position) => position > from && name === "in");
      const items = listItems(this.plain(pieces[middle + 1], inner));
      if (!items) isKnown = false;
      for (const item of items ?? [makeUnknown(this.source(pieces[middle + 1]))]) {
        const next: Scope = new Map(inner);
        this.bind(pieces.slice(start, middle), item, next);
        walk(middle + 2, next);
      }
    };
    walk(at, scope);
    if (!isKnown) return makeUnknown(this.source(node));
    return result.length > 1 ? { entries: values as [Value, Value][] } : values;
  }

  private binary(node: SyntaxNode, scope: Scope): Value {
    const [left, operator, ...others] = listParts(node);
    const sign = operator.name === "not" ? "not in" : this.source(operator);
    if (sign === "and" || sign === "or") {
      const one = this.plain(left, scope);
      const truth = decideTruth(one);
      if (truth === undefined) {
        this.plain(others[0], scope);
        return makeUnknown(this.source(node));
      }
      return (sign === "or") === truth ? one : this.plain(others[0], scope);
    }
    const isNegated = sign === "is" && others[0]?.name === "not";
    const [one, other] = [this.plain(left, scope), this.plain(others[others.length - 1], scope)];
    const whole = makeUnknown(this.source(node));
    switch (sign) {
      case "+":
        return add(one, other, this.source(node));
      case "-":
      case "*":
        if (typeof one === "number" && typeof other === "number") return sign === "-" ? one - other : one * other;
        return whole;
      case "/":
        return isPath(one) && (typeof other === "string" || isPath(other))
          ? (callMethod(one, "joinpath", [other], {}) ?? whole)
          : whole;
      case "|":
        return isDictionary(one) && isDictionary(other) ? { entries: [...one.entries, ...other.entries] } : whole;
      case "%":
        return typeof one === "string" ? formatPercent(one, other) : whole;
      case "==":
      case "is":
      case "!=": {
        if (!isPlain(one) || !isPlain(other)) return whole;
        return (one === other) !== (sign === "!=" || isNegated);
      }
      case "in":
      case "not in": {
        const items = listItems(other);
        if (!isPlain(one)) return whole;
        if (typeof other === "string" && typeof one === "string") return other.includes(one) === (sign === "in");
        if (!items || !items.every(isPlain)) return whole;
        return items.includes(one) === (sign === "in");
      }
      default:
        return whole;
    }
  }

  private string(node: SyntaxNode, scope: Scope): Value {
    const source = this.source(node);
    const [, prefix, quote] = /^([a-z]*)("""|'''|"|')/i.exec(source)!;
    const start = node.from + prefix.length + quote.length;
    const end = node.to - quote.length;
    let [text, at] = ["", start];
    const isFormat = /f/i.test(prefix);
    const plain = (until: number) => {
      const piece = decodeEscapes(this.text.slice(at, until), prefix);
      text += isFormat ? piece.replace(/\{\{/g, "{").replace(/\}\}/g, "}") : piece;
    };
    for (const hole of node.getChildren("FormatReplacement")) {
      plain(hole.from);
      const value = this.plain(
        listParts(hole).find(({ name }) => !/^Format/.test(name)),
        scope,
      );
      const isQuoted = hole.getChild("FormatConversion") && this.source(hole.getChild("FormatConversion")) === "!r";
      const shown = typeof value === "number" ? String(value) : (getPartialText(value) ?? HOLE);
      text += isQuoted ? `'${shown}'` : shown;
      at = hole.to;
    }
    plain(end);
    return text.includes(HOLE) ? { unknown: source, text } : text;
  }

  private lineOf(node: SyntaxNode): number {
    let line = 1;
    for (let at = this.text.indexOf("\n"); at !== -1 && at < node.from; at = this.text.indexOf("\n", at + 1)) line += 1;
    return line;
  }

  private source(node: SyntaxNode | null | undefined): string {
    return node ? this.text.slice(node.from, node.to) : "";
  }
}

function resolveImported(dotted: string): Value {
  return { unknown: dotted, imported: true };
}

function listImportedNames(words: string[]): [name: string, alias: string, isAliased: boolean][] {
  const text = words.filter((word) => !/^[()\s]*$/.test(word) || word === ",").join(" ");
  return text
    .split(",")
    .map((item) => item.replace(/\s*\.\s*/g, ".").trim())
    .filter(Boolean)
    .map((item) => {
      const [name, alias] = item.split(/\s+as\s+/);
      return [name, alias ?? name, alias !== undefined];
    });
}

function add(one: Value, other: Value | Procedure, source: string): Value {
  if (other instanceof Procedure) return makeUnknown(source);
  if (typeof one === "number" && typeof other === "number") return one + other;
  if (Array.isArray(one) && Array.isArray(other)) return [...one, ...other];
  const texts = [getPartialText(one), getPartialText(other)];
  if (texts.every((text) => text === undefined)) return makeUnknown(source);
  const text = texts.map((piece) => piece ?? HOLE).join("");
  return text.includes(HOLE) ? { unknown: source, text } : text;
}

function isAlike(one: Value | Procedure | Import, other: Value | Procedure | Import): boolean {
  if (one === other) return true;
  const hasFunction = (value: Value | Procedure | Import) =>
    value instanceof Procedure ||
    value instanceof Import ||
    (typeof value === "object" && value !== null && "module" in value);
  return !hasFunction(one) && !hasFunction(other) && JSON.stringify(one) === JSON.stringify(other);
}

function isPlain(value: Value): boolean {
  return value === null || ["string", "number", "boolean"].includes(typeof value);
}

const PUNCTUATION = new Set(["(", ")", "[", "]", "{", "}", ",", ":", ".", ";", "Comment"]);

function listParts(node: SyntaxNode, withPunctuation = false): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling)
    if (withPunctuation ? child.name !== "Comment" : !PUNCTUATION.has(child.name)) found.push(child);
  return found;
}

const ESCAPES: Record<string, string> = { n: "\n", t: "\t", r: "\r", "\n": "", "\\": "\\", "'": "'", '"': '"' };

function decodeEscapes(text: string, prefix: string): string {
  if (/r/i.test(prefix)) return text;
  return text.replace(/\\(u[0-9a-f]{4}|x[0-9a-f]{2}|[\s\S])/gi, (whole, code: string) =>
    code.length > 1 ? String.fromCharCode(parseInt(code.slice(1), 16)) : (ESCAPES[code] ?? whole),
  );
}

function findFirstError(script: SyntaxNode, text: string): number | null {
  let line: number | null = null;
  script.cursor().iterate((node) => {
    if (node.type.isError && line === null) line = text.slice(0, node.from).split("\n").length;
  });
  return line;
}
