"use strict";
// What a cell can see of a file of lib: the types of what it exports. TypeScript is given a file without the rest, and
// so reads neither the statements of most functions nor the files and packages that only those need.

/**
 * The text of a file without the bodies of functions that write the type of what they return, without what then
 * nothing exported refers to, and without imports of what is named no more. The types of its exports are the same.
 */
exports.surfaceOf = function surfaceOf(typescript, name, text) {
  const { SyntaxKind } = typescript;
  const file = typescript.createSourceFile(name, text, typescript.ScriptTarget.ES2022);
  const statements = file.statements.map((node) => ({ node, ...readStatement(typescript, node) }));
  const named = new Set();
  let kept = [];
  let left = statements;
  for (;;) {
    const found = left.filter(({ isRoot, declares }) => isRoot || declares.some((one) => named.has(one)));
    if (!found.length) break;
    left = left.filter((one) => !found.includes(one));
    kept = [...kept, ...found];
    for (const { names } of found) names.forEach((one) => named.add(one));
  }
  const written = kept
    .sort((a, b) => a.node.pos - b.node.pos)
    .map(({ node, bodies }) => {
      let at = node.pos;
      const parts = bodies.map(({ pos, end, kind }) => {
        const part = text.slice(at, pos) + (kind === SyntaxKind.Block ? " {}" : " 0 as any");
        at = end;
        return part;
      });
      return parts.join("") + text.slice(at, node.end);
    });
  // without an import or export left it would be a script, whose names are everybody's
  return written.join("") + (typescript.isExternalModule(file) ? "\nexport {};\n" : "");
};

/**
 * Whether a statement is seen from outside by itself, which names it declares, which it mentions, and which bodies in
 * it say nothing of types.
 */
function readStatement(typescript, statement) {
  if (typescript.isImportDeclaration(statement)) {
    const declares = listImported(statement);
    return { isRoot: declares.length === 0, declares, names: [], bodies: [] };
  }
  const declares = typescript.isVariableStatement(statement)
    ? statement.declarationList.declarations.flatMap(({ name }) => listBound(typescript, name))
    : typescript.isModuleDeclaration(statement)
      ? []
      : [statement.name?.text].filter(Boolean);
  const isExported = statement.modifiers?.some(({ kind }) => kind === typescript.SyntaxKind.ExportKeyword);
  // a call changes no type; an assignment may give a function a property
  const isCall = typescript.isExpressionStatement(statement) && typescript.isCallExpression(statement.expression);
  const isRoot = isExported || (declares.length === 0 && !isCall);
  return { isRoot, declares, ...readMentioned(typescript, statement) };
}

function readMentioned(typescript, statement) {
  const names = new Set();
  const bodies = [];
  const visit = (node) => {
    if (typescript.isIdentifier(node)) names.add(node.text);
    const skipped = isMember(typescript, node) ? node.name : undefined;
    const body = isTyped(typescript, node) ? node.body : undefined;
    typescript.forEachChild(node, (child) => {
      if (child === body) bodies.push(body);
      else if (child !== skipped || !typescript.isIdentifier(child)) visit(child);
    });
  };
  visit(statement);
  return { names: [...names], bodies };
}

/** Whether the name of a node is that of another's member, and so none of the file. */
function isMember(typescript, node) {
  return (
    typescript.isPropertyAccessExpression(node) ||
    typescript.isPropertyAssignment(node) ||
    typescript.isTypeElement(node) ||
    typescript.isClassElement(node)
  );
}

/** Whether a function says of what type it returns, or returns nothing. */
function isTyped(typescript, node) {
  if (!typescript.isFunctionLike(node)) return false;
  return Boolean(node.type) || typescript.isConstructorDeclaration(node) || typescript.isSetAccessor(node);
}

function listImported({ importClause }) {
  const { name, namedBindings } = importClause ?? {};
  const bound = namedBindings?.elements ?? [namedBindings];
  return [name, ...bound.map((one) => one?.name)].filter(Boolean).map(({ text }) => text);
}

function listBound(typescript, name) {
  if (typescript.isIdentifier(name)) return [name.text];
  return name.elements.flatMap((element) => (element.name ? listBound(typescript, element.name) : []));
}
