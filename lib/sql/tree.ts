import { parseSync } from "libpg-query";
import type { Node } from "@pgsql/types";

/** A node of PostgreSQL's syntax tree in its wrapping: `{ RangeVar: { relname: "users" } }`. */
export type { Node };

type Intersect<Union> = (Union extends unknown ? (each: Union) => void : never) extends (all: infer All) => void
  ? All
  : never;
/** The fields of each type of node. */
type Nodes = Intersect<Node>;

/** The type of a node, such as `RangeVar`. */
export type Tag = keyof Nodes;
/** The fields of a node of this type; a field that has its default value is left out of the tree. */
export type Fields<T extends Tag> = Nodes[T];
/** A node out of its wrapping: its type, and the fields that go with it. */
export type Unwrapped = { [T in Tag]: { type: T; fields: Nodes[T] } }[Tag];

/** An object of a tree, whatever it is: a node in its wrapping, the fields of one, or an empty one. */
export type Part = { [T in Tag]?: Fields<T> } & { [field: string]: unknown };

export function isPart(value: unknown): value is Part {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * The statements of a text, each as its node. Throws libpg-query's error where the text is not SQL; the grammar must
 * be loaded (`loadModule` of libpg-query).
 */
export function parseStatements(sql: string): Node[] {
  return (parseSync(sql).stmts ?? []).flatMap(({ stmt }) => stmt ?? []);
}

/** The type and the fields of a node; undefined for what is no node in its wrapping. */
export function unwrapNode(node: Node | Part | undefined): Unwrapped | undefined {
  const [type, fields] = Object.entries(node ?? {})[0] ?? [];
  // types of nodes are capitalized, names of fields are not: here alone is it taken for granted that both go together
  return type !== undefined && /^[A-Z]/.test(type) ? ({ type, fields } as Unwrapped) : undefined;
}

/** The fields of a node, where it is of this type. */
export function getNode<T extends Tag>(type: T, node: Node | undefined): Fields<T> | undefined {
  const found: Partial<Nodes> = node ?? {};
  return found[type];
}

/** The fields of those nodes of a list that are of this type. */
export function listNodesOf<T extends Tag>(type: T, nodes: Node[] | undefined): Fields<T>[] {
  return (nodes ?? []).flatMap((node) => getNode(type, node) ?? []);
}

/** The strings of a list of String nodes, as in a dotted name; "" for what is no string, such as a star. */
export function listStrings(nodes: Node[] | undefined): string[] {
  return (nodes ?? []).map((node) => getNode("String", node)?.sval ?? "");
}

/** Calls `visit` with every object of a tree, from the top down; below one for which it returns false with none. */
export function visitParts(tree: unknown, visit: (part: Part) => boolean | void): void {
  if (Array.isArray(tree)) for (const each of tree) visitParts(each, visit);
  else if (isPart(tree) && visit(tree) !== false) for (const value of Object.values(tree)) visitParts(value, visit);
}
