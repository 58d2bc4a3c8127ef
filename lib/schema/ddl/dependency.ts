import {
  isAggregate,
  isAnyType,
  isConstraintOrIndex,
  isReferredTo,
  isColumn,
  isExtension,
  isForeignKey,
  isForeignServer,
  isForeignTable,
  isFunction,
  isIndex,
  isOperator,
  isPartition,
  isPrimaryKey,
  isProcedure,
  isPublication,
  isRoutine,
  isSchema,
  isSequence,
  isStatistics,
  isTextSearchConfiguration,
  isTextSearchDictionary,
  isUniqueConstraint,
  isUserMapping,
} from "../../kinds";
import type { Node, TypeCast } from "@pgsql/types";
import { getNode, listNodesOf, parseStatements, visitParts, type Part } from "../../sql/tree";
import { type View, nameInFull } from "../compare/view";
import type { SchemaObject } from "../read/snapshot";

/** What the objects of one side need, worked out from the definitions that were read. */
export interface Dependencies {
  /** What the server does not let go while the object is there. */
  needs(object: SchemaObject): Set<SchemaObject>;
  /** What has to be there when the object is made: the above, and what a function's source names. */
  wants(object: SchemaObject): Set<SchemaObject>;
  /** Everything that would have to go, or goes by itself, before or with the object. */
  neededBy(object: SchemaObject): Set<SchemaObject>;
}

/** The names that a piece of SQL holds, each as its parts. */
interface Uses {
  relations: string[][];
  functions: string[][];
  types: string[][];
  others: string[][];
  operators: Set<string>;
  columns: Set<string>;
  everyColumn: boolean;
}

/** Builds the dependencies of one side. The parser has to be loaded. */
export function findDependencies(view: View): Dependencies {
  const objects = [...new Set([...view.snapshot.objects, ...[...view.snapshot.columns.values()].flat()])].filter(
    (object) => !(isColumn(object.kind) && object.relation?.kind.endsWith("view")),
  );
  const index = indexNames(view, objects);
  const hard = new Map<SchemaObject, Set<SchemaObject>>();
  const soft = new Map<SchemaObject, Set<SchemaObject>>();
  const inverse = new Map<SchemaObject, Set<SchemaObject>>();
  for (const object of objects) {
    const found = new Set([...findStructure(object, view, index), ...resolve(listTexts(object), object, index)]);
    found.delete(object);
    hard.set(object, found);
    const more = new Set([...found, ...resolve(listSourceTexts(object), object, index)]);
    more.delete(object);
    soft.set(object, more);
    for (const needed of found) add(inverse, needed, object);
  }
  const nothing = new Set<SchemaObject>();
  return {
    needs: (object) => hard.get(object) ?? nothing,
    wants: (object) => soft.get(object) ?? nothing,
    neededBy: (object) => inverse.get(object) ?? nothing,
  };
}

function add<K, V>(map: Map<K, Set<V>>, key: K, value: V): void {
  const set = map.get(key);
  if (set) set.add(value);
  else map.set(key, new Set([value]));
}

interface Index {
  relations: Map<string, SchemaObject>;
  types: Map<string, SchemaObject>;
  functions: Map<string, SchemaObject[]>;
  others: Map<string, SchemaObject[]>;
  operators: Map<string, SchemaObject[]>;
  columns: View["snapshot"]["columns"];
  schemas: Map<string, SchemaObject>;
  ofTable: Map<SchemaObject, SchemaObject[]>;
  path: string[];
}

function indexNames(view: View, objects: SchemaObject[]): Index {
  const index: Index = {
    relations: new Map(view.relations),
    types: new Map(),
    functions: new Map(),
    others: new Map(),
    operators: new Map(),
    columns: view.snapshot.columns,
    schemas: new Map(),
    ofTable: new Map(),
    path: [...new Set([...view.snapshot.path, "public"])],
  };
  const push = (map: Map<string, SchemaObject[]>, key: string, object: SchemaObject) =>
    map.set(key, [...(map.get(key) ?? []), object]);
  for (const object of objects) {
    const { kind, name, schema } = object;
    if (isSchema(kind)) index.schemas.set(name, object);
    else if (isSequence(kind)) index.relations.set(nameInFull(object), object);
    else if (isAnyType(kind)) index.types.set(nameInFull(object), object);
    else if (isRoutine(kind)) push(index.functions, nameInFull(object).replace(/\(.*/s, ""), object);
    else if (isOperator(kind)) push(index.operators, name.replace(/\(.*/s, ""), object);
    else if (isReferredTo(kind)) push(index.others, `${schema ?? ""}.${name.replace(/ using .*/s, "")}`, object);
    else if (isIndex(kind))
      index.others.set(nameInFull(object), [...(index.others.get(nameInFull(object)) ?? []), object]);
    if (object.relation && isConstraintOrIndex(kind))
      index.ofTable.set(object.relation, [...(index.ofTable.get(object.relation) ?? []), object]);
  }
  // a multirange bears a name of its own
  for (const object of objects)
    if (typeof object.attributes.multirange === "string")
      index.types.set(
        `${object.schema}.${object.attributes.multirange.replace(/^.*\./s, "").replace(/"/g, "")}`,
        object,
      );
  return index;
}

/** What an object is a part of, or on. */
function findStructure(object: SchemaObject, view: View, index: Index): SchemaObject[] {
  const { kind, schema, attributes, on, relation } = object;
  const find = (reference: unknown) =>
    typeof reference === "string"
      ? (view.relations.get(`${schema}.${reference}`) ?? view.relations.get(reference))
      : undefined;
  const named = (wanted: string, name: unknown) =>
    view.snapshot.objects.find((other) => other.kind === wanted && other.name === name);
  const found: (SchemaObject | undefined)[] = [
    on,
    on?.relation,
    relation,
    schema === null || isSchema(kind) ? undefined : index.schemas.get(schema),
    find(attributes["partition of"]),
  ];
  const columns = relation ? (index.columns.get(relation) ?? []) : [];
  if (Array.isArray(attributes.columns) && relation)
    found.push(...columns.filter(({ name }) => (attributes.columns as string[]).includes(name)));
  if (isForeignKey(kind)) {
    const target = find(attributes.references);
    found.push(
      target,
      ...(target ? (index.ofTable.get(target) ?? []).filter(isUniqueOf(String(attributes.definition))) : []),
    );
  }
  if (isStatistics(kind)) found.push(find(attributes.relation) ?? find(object.table));
  if (isForeignTable(kind) || (isPartition(kind) && attributes.server))
    found.push(named("foreign server", attributes.server));
  if (isForeignServer(kind)) found.push(named("foreign data wrapper", attributes.wrapper));
  if (isUserMapping(kind)) found.push(named("foreign server", object.name.slice(object.name.lastIndexOf(" on ") + 4)));
  if (isExtension(kind)) found.push(index.schemas.get(String(attributes.schema)));
  if (isPublication(kind))
    found.push(...((attributes.schemas ?? []) as string[]).map((name) => index.schemas.get(name)));
  // a sequence that a column owns goes with it, and the column's default needs it: the first is not said here
  return found.filter((each): each is SchemaObject => each !== undefined && each !== object);
}

/** Whether it is the key, or the unique index, that a foreign key points to. */
function isUniqueOf(definition: string): (candidate: SchemaObject) => boolean {
  const [, list] = /REFERENCES .*?\(((?:"(?:[^"]|"")*"|[^)"])*)\)/s.exec(definition) ?? [];
  const wanted = (list ?? "")
    .split(/,\s*/)
    .map((name) => name.replace(/^"|"$/g, "").replace(/""/g, '"'))
    .sort()
    .join("\n");
  return ({ kind, attributes }) => {
    const isUnique =
      isPrimaryKey(kind) ||
      isUniqueConstraint(kind) ||
      (isIndex(kind) && /^CREATE UNIQUE/.test(String(attributes.definition)));
    return (
      isUnique &&
      Array.isArray(attributes.columns) &&
      [...(attributes.columns as string[])].sort().join("\n") === wanted
    );
  };
}

/** The SQL of an object's definition that the server keeps track of, each as a whole statement. */
function listTexts(object: SchemaObject): string[] {
  const { kind, attributes, name } = object;
  const type = (text: unknown) => (typeof text === "string" ? [`select null::${text}`] : []);
  const expression = (text: unknown) => (typeof text === "string" ? [`select ${text}`] : []);
  const collated = (text: unknown) => (typeof text === "string" ? [`select 'x' collate ${text}`] : []);
  const called = (text: unknown) =>
    typeof text === "string" && text !== "-" ? [`select ${text.replace(/\(.*/s, "")}()`] : [];
  switch (kind) {
    case "column":
      return [...type(attributes.type), ...expression(attributes.default), ...collated(attributes.collation)];
    case "domain":
      return [
        ...type(attributes.type),
        ...expression(attributes.default),
        ...collated(attributes.collation),
        ...((attributes.checks ?? []) as [string, string][]).map(([, check]) => `alter table x add ${check}`),
      ];
    case "composite type":
      return ((attributes.fields ?? []) as [string, string, string | null][]).flatMap(([, field]) => type(field));
    case "range type": {
      const range = attributes.range as Record<string, unknown>;
      return [...type(range.subtype), ...called(range.canonical), ...called(range.difference)];
    }
    case "table":
    case "partition":
    case "foreign table":
      return [
        ...type(attributes["of type"]),
        ...((attributes.inherits ?? []) as string[]).map((parent) => `select from ${parent}`),
        ...(attributes["partitioned by"]
          ? [`create table x (a int) partition by ${attributes["partitioned by"]}`]
          : []),
      ];
    case "view":
    case "materialized view":
    case "index":
    case "trigger":
    case "rule":
    case "statistics":
      return [String(attributes.definition)];
    case "primary key":
    case "unique constraint":
    case "check constraint":
    case "exclusion constraint":
    case "foreign key":
      return [`alter table x add ${attributes.definition}`];
    case "policy":
      return [...expression(attributes.using), ...expression(attributes.check)];
    case "function":
    case "procedure":
      return /^CREATE OR REPLACE/.test(String(attributes.body))
        ? [String(attributes.body)]
        : listSignatureTypes(object);
    case "aggregate": {
      const read = (attributes.aggregate ?? {}) as Record<string, unknown>;
      const functions = [
        "transition",
        "final",
        "combine",
        "serialize",
        "deserialize",
        "moving transition",
        "moving inverse",
        "moving final",
      ];
      return [
        ...listSignatureTypes(object),
        ...functions.flatMap((key) => called(read[key])),
        ...type(read.state),
        ...type(read["moving state"]),
      ];
    }
    case "operator": {
      const [, left, right] = /^.*?\((.*), (.*?)\)$/s.exec(name) ?? [];
      return [
        ...called(attributes.function),
        ...called(attributes.restrict),
        ...called(attributes.join),
        ...(left && left !== "-" ? type(left) : []),
        ...type(right),
      ];
    }
    case "operator class":
    case "operator family":
      return [
        ...type(attributes.type),
        ...((attributes.functions ?? []) as string[]).flatMap((text) => called(text.replace(/^\d+ /, ""))),
        ...((attributes.operators ?? []) as string[]).map(
          (text) => `select 1 operator(${text.replace(/^\d+ /, "").replace(/\(.*/s, "")}) 2`,
        ),
      ];
    case "cast": {
      const [, from, to] = /^\((.*) as (.*)\)$/s.exec(name) ?? [];
      return [...called(attributes.function), ...type(from), ...type(to)];
    }
    case "conversion":
    case "event trigger":
      return called(attributes.function);
    case "publication":
      return ((attributes.tables ?? []) as string[]).map((text) => {
        const [, table, , condition] = /^(.*?)( columns .*?)?(?: where (.*))?$/s.exec(text)!;
        return `select from ${table}${condition ? ` where ${condition}` : ""}`;
      });
    case "text search configuration":
      return [];
    case "language":
    case "foreign data wrapper":
      return [...called(attributes.handler), ...called(attributes.validator), ...called(attributes.inline)];
    case "access method":
      return called(attributes.handler);
    case "text search parser":
    case "text search template":
      return ((attributes.functions ?? []) as string[]).flatMap(called);
    default:
      return [];
  }
}

/** The parameters and the result of a function, whatever it does. */
function listSignatureTypes({ kind, attributes }: SchemaObject): string[] {
  const returns = isFunction(kind) && attributes.returns ? ` returns ${attributes.returns}` : "";
  return [
    `create ${isProcedure(kind) ? kind : "function"} ` +
      `x(${isAggregate(kind) ? "" : (attributes.arguments ?? "")})${returns} language sql as ''`,
  ];
}

/** The source of a function in SQL: checked when it is made, and never again. */
function listSourceTexts({ kind, attributes }: SchemaObject): string[] {
  if (!(isFunction(kind) || isProcedure(kind)) || /^CREATE OR REPLACE/.test(String(attributes.body))) return [];
  if (attributes.language === "sql") return [String(attributes.body)];
  // a variable's type has to be there: `r users%rowtype`
  return (String(attributes.body).match(/[\w."]+(?=%(row)?type)/gi) ?? []).map((name) => `select from ${name}`);
}

function resolve(texts: string[], object: SchemaObject, index: Index): SchemaObject[] {
  const found: SchemaObject[] = [];
  const look = <T>(map: Map<string, T>, parts: string[]): T | undefined => {
    const [name, schema] = [parts[parts.length - 1], parts[parts.length - 2]];
    if (schema !== undefined) return map.get(`${schema}.${name}`);
    return index.path.map((each) => map.get(`${each}.${name}`)).find((each) => each !== undefined);
  };
  for (const text of texts) {
    const uses = findUses(text);
    const relations = new Set([
      ...uses.relations.flatMap((parts) => look(index.relations, parts) ?? []),
      ...(object.relation && !isColumn(object.kind) ? [object.relation] : []),
    ]);
    const ownRelation = isColumn(object.kind) && object.attributes.generated ? object.relation : undefined;
    found.push(...relations);
    for (const relation of ownRelation ? [ownRelation] : relations)
      found.push(
        ...(index.columns.get(relation) ?? []).filter(({ name }) => uses.everyColumn || uses.columns.has(name)),
      );
    for (const parts of uses.functions) found.push(...(look(index.functions, parts) ?? []));
    for (const parts of uses.types) {
      const type = look(index.types, parts) ?? look(index.relations, parts);
      if (type) found.push(type);
    }
    for (const parts of uses.others)
      found.push(...(look(index.others, parts) ?? index.others.get(`.${parts.at(-1)}`) ?? []));
    for (const symbol of uses.operators) found.push(...(index.operators.get(symbol) ?? []));
  }
  if (isTextSearchConfiguration(object.kind))
    for (const mapping of (object.attributes.mappings ?? []) as string[])
      found.push(...(look(index.others, mapping.replace(/^\d+: /, "").split(".")) ?? []));
  if (isTextSearchDictionary(object.kind))
    found.push(...(look(index.others, [String(object.attributes.template)]) ?? []));
  return found.filter((each) => !(isColumn(object.kind) && each === object));
}

const known = new Map<string, Uses>();

/** The names in a statement; of what does not parse, every word that could be one. */
function findUses(text: string): Uses {
  const seen = known.get(text);
  if (seen) return seen;
  const uses: Uses = {
    relations: [],
    functions: [],
    types: [],
    others: [],
    operators: new Set(),
    columns: new Set(),
    everyColumn: false,
  };
  try {
    visitParts(parseStatements(text), (part) => collect(part, uses));
  } catch {
    for (const word of text.match(/"(?:[^"]|"")+"(?:\."(?:[^"]|"")+")?|[\w$]+(?:\.[\w$]+)?/g) ?? []) {
      const parts = word.split(".").map((part) => part.replace(/^"|"$/g, ""));
      uses.relations.push(parts);
      uses.functions.push(parts);
      uses.types.push(parts);
      uses.columns.add(parts[parts.length - 1]);
    }
  }
  if (known.size > 20_000) known.clear();
  known.set(text, uses);
  return uses;
}

function readStrings(nodes: Node[] | undefined): string[] {
  return listNodesOf("String", nodes).map(({ sval }) => sval ?? "");
}

/** Adds the names in one part of the parser's tree; false where what is below it holds none. */
function collect(part: Part, uses: Uses): boolean {
  if (typeof part.relname === "string")
    uses.relations.push(typeof part.schemaname === "string" ? [part.schemaname, part.relname] : [part.relname]);
  for (const key of [
    "funcname",
    "opclass",
    "collname",
    "names",
    "fields",
    "name",
    "keys",
    "pk_attrs",
    "fk_attrs",
    "parameters",
    "columns",
  ]) {
    const value = part[key];
    const parts = Array.isArray(value) ? readStrings(value) : [];
    if (parts.length === 0) continue;
    if (key === "funcname") uses.functions.push(parts);
    else if (key === "names") uses.types.push(parts);
    else if (key === "opclass" || key === "collname") uses.others.push(parts);
    else if (key === "name") uses.operators.add(parts[parts.length - 1]);
    else for (const each of parts) uses.columns.add(each);
  }
  if (part.A_Star) uses.everyColumn = true;
  if (part.IndexElem?.name !== undefined) uses.columns.add(part.IndexElem.name);
  if (part.TypeCast) addConstantName(part.TypeCast, uses);
  // the body of a function that is kept as text is looked at elsewhere
  return part.DefElem?.defname !== "as";
}

/** `'users_id_seq'::regclass`: a constant that is a name. */
function addConstantName({ arg, typeName }: TypeCast, uses: Uses): void {
  const type = readStrings(typeName?.names).at(-1);
  const text = getNode("A_Const", arg)?.sval?.sval;
  if (text === undefined || !type?.startsWith("reg")) return;
  const parts = (text.match(/"(?:[^"]|"")+"|[^."(]+/g) ?? []).map((part) =>
    part.replace(/^"|"$/g, "").replace(/""/g, '"'),
  );
  const name = parts.slice(0, 2);
  if (type === "regclass") uses.relations.push(name);
  else if (/^regproc/.test(type)) uses.functions.push(name);
  else if (type === "regtype") uses.types.push(name);
  else uses.others.push(name);
}
