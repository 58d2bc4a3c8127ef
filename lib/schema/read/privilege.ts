import { isSchema, kinds } from "../../kinds";
import type { SchemaObject } from "./snapshot";

/**
 * Who may do what with an object: one entry for each role that has another set of privileges than the server gives by
 * itself.
 */
export function readPrivileges(object: SchemaObject, version: number): SchemaObject[] {
  const entries = object.attributes.acl;
  delete object.attributes.acl;
  if (!Array.isArray(entries)) return [];
  const owner = (object.relation ?? object).attributes.owner;
  const usual = getUsual(object, version);
  const isPublicSchema = isSchema(object.kind) && object.name === "public";
  const given = new Set<string>();
  const held = new Map<string, Set<string>>();
  for (const { grantee, letters } of entries.map(readEntry)) {
    const role = grantee === "" ? "public" : grantee === owner ? "owner" : grantee;
    held.set(
      role,
      new Set([...(held.get(role) ?? []), ...letters.filter((letter) => version >= 170000 || letter !== "m")]),
    );
  }
  for (const role of ["owner", "public"] as const) {
    const expected = new Set(usual[role].split("").filter((letter) => version >= 170000 || letter !== "m"));
    const actual = held.get(role) ?? new Set();
    const isUsual = expected.size === actual.size && [...expected].every((letter) => actual.has(letter));
    // what is usual there depends on the server's version, and is worth a word
    if (isUsual && isPublicSchema && role === "public") given.add(role);
    else if (isUsual) held.delete(role);
    else if (!held.has(role)) held.set(role, actual);
  }
  return [...held].map(([role, letters]) => ({
    kind: "privilege",
    schema: object.schema,
    table: object.table,
    name: object.table === object.name ? role : `${role} on ${object.kind} ${object.name}`,
    attributes: {
      privileges: [...letters].map(namePrivilege).sort(),
      ...(given.has(role) ? { "as the server gives it": true } : {}),
    },
    on: object,
  }));
}

/**
 * What the server gives a role on such an object without being asked, as words: something for `owner` and `public`
 * alone.
 */
export function listUsualPrivileges(object: SchemaObject, role: string, version: number): string[] {
  if (role !== "owner" && role !== "public") return [];
  const letters = getUsual(object, version)[role].split("");
  return letters.filter((letter) => version >= 170000 || letter !== "m").map(namePrivilege);
}

/** `grantee=letters/grantor`; a star behind a letter says that it may be granted on. */
function readEntry(entry: string): { grantee: string; letters: string[] } {
  const [, quoted, plain, letters] = /^(?:"((?:[^"]|"")*)"|([^=]*))=([^/]*)/.exec(entry) ?? [];
  return { grantee: quoted?.replace(/""/g, '"') ?? plain ?? "", letters: letters?.match(/\w\*?/g) ?? [] };
}

const WORDS: Record<string, string> = {
  r: "select",
  a: "insert",
  w: "update",
  d: "delete",
  D: "truncate",
  x: "references",
  t: "trigger",
  m: "maintain",
  X: "execute",
  U: "usage",
  C: "create",
  c: "connect",
  T: "temporary",
};

function namePrivilege(letter: string): string {
  return (WORDS[letter[0]] ?? letter[0]) + (letter.endsWith("*") ? " with grant option" : "");
}

/** What the server gives the owner and everyone without being asked. */
const USUAL: Record<string, { owner: string; public: string }> = {
  table: { owner: "arwdDxtm", public: "" },
  column: { owner: "", public: "" },
  sequence: { owner: "rwU", public: "" },
  database: { owner: "CTc", public: "Tc" },
  function: { owner: "X", public: "X" },
  language: { owner: "U", public: "U" },
  schema: { owner: "UC", public: "" },
  server: { owner: "U", public: "" },
  type: { owner: "U", public: "U" },
};

/** Up to version 14 everyone may create in the schema public. */
function getUsual({ kind, name }: SchemaObject, version: number): { owner: string; public: string } {
  const usual = USUAL[kinds.get(kind)?.privileges ?? kind] ?? { owner: "", public: "" };
  return isSchema(kind) && name === "public" ? { ...usual, public: version >= 150000 ? "U" : "UC" } : usual;
}
