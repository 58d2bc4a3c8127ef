import { holdsRows, isAggregate, isAnyView, isColumn, isDatabase, isRoutine } from "../../kinds";
import { quoteName, quotePlace } from "../../sql/quote";
import type { View } from "../compare/view";
import { listUsualPrivileges } from "../read/privilege";
import type { SchemaObject } from "../read/snapshot";
import { chooseObjectWord, nameRelation, writeSignature } from "./name";
import { writeDatabaseClause } from "./uncommon";

/**
 * What a new thing is granted by itself and should not be, or is not and should be: `given` and `wanted` are what
 * each role has by the default privileges and on the other side.
 */
export function grantSteps(
  object: SchemaObject,
  given: Map<string, string[]>,
  wanted: Map<string, string[]>,
): string[] {
  return [...given].flatMap(([role, before]) => {
    const privilege: SchemaObject = { ...object, kind: "privilege", name: role, on: object, attributes: {} };
    return writePrivilegeSteps(privilege, before, wanted.get(role) ?? listUsual(privilege));
  });
}

function nameGrantTarget(object: SchemaObject): string {
  if (isColumn(object.kind)) return `table ${nameRelation(object)}`;
  if (isRoutine(object.kind)) return `${isAggregate(object.kind) ? "function" : object.kind} ${writeSignature(object)}`;
  if (isAnyView(object.kind) || holdsRows(object.kind)) return `table ${quotePlace(object)}`;
  return `${chooseObjectWord(object)} ${quotePlace(object)}`;
}

/** The privileges that the role of an entry has by itself. */
export function listUsual(privilege: SchemaObject, view?: View): string[] {
  return listUsualPrivileges(privilege.on!, getRole(privilege), view?.snapshot.version ?? 150000);
}

/** Brings what a role may do with a thing from one list to another. */
export function writePrivilegeSteps(object: SchemaObject, before: string[], after: string[]): string[] {
  const option = " with grant option";
  const bare = (list: string[]) => list.map((name) => name.replace(option, ""));
  const gone = bare(before).filter((name) => !bare(after).includes(name));
  const narrowed = bare(before.filter((name) => name.endsWith(option))).filter((name) => after.includes(name));
  const fresh = after.filter(
    (name) => !before.includes(name) && !(bare(before).includes(name) && !name.endsWith(option)),
  );
  const [on, role] = [nameGrantTarget(object.on!), nameGrantee(object)];
  const list = (names: string[]) => writePrivileges(object, names);
  const plain = fresh.filter((name) => !name.endsWith(option));
  const passed = fresh.filter((name) => name.endsWith(option));
  const statements = [
    ...(gone.length ? [`revoke ${list(gone)} on ${on} from ${role};`] : []),
    ...(narrowed.length ? [`revoke grant option for ${list(narrowed)} on ${on} from ${role};`] : []),
    ...(plain.length ? [`grant ${list(plain)} on ${on} to ${role};`] : []),
    ...(passed.length ? [`grant ${list(passed)} on ${on} to ${role}${option};`] : []),
  ];
  // what it is called is not read
  return isDatabase(object.on!.kind) ? statements.map((sql) => writeDatabaseClause(sql)) : statements;
}

/**
 * What was granted and taken back on a thing of the system's or of an extension's, as its entry tells it; or the
 * contrary.
 */
export function writeSystemPrivileges({ name, attributes }: SchemaObject, as: "done" | "undone"): string[] {
  return (attributes.privileges as string[]).map((entry) => {
    const [, what, privilege, role, option = ""] =
      /^(granted|taken back): (\S+) (?:to|from) (.*?)( with grant option)?$/.exec(entry)!;
    const grants = (what === "granted") === (as === "done");
    const target = name
      .replace(/^(view|materialized view|foreign table) /, "table ")
      .replace(/^foreign-data wrapper/, "foreign data wrapper");
    return (
      `${grants ? "grant" : "revoke"} ${privilege.toLowerCase()} on ${target} ${grants ? "to" : "from"} ` +
      `${role === "public" ? role : quoteName(role)}${grants ? option : ""};`
    );
  });
}

function writePrivileges({ on, attributes }: SchemaObject, granted = attributes.privileges as string[]): string {
  const column = isColumn(on?.kind) && on ? ` (${quoteName(on.name)})` : "";
  return granted.map((name) => `${name.replace(/ with grant option$/, "")}${column}`).join(", ");
}

function getRole({ name, on }: SchemaObject): string {
  const suffix = on ? ` on ${on.kind} ${on.name}` : "";
  return suffix && name.endsWith(suffix) ? name.slice(0, -suffix.length) : name;
}

function nameGrantee(object: SchemaObject): string {
  const role = getRole(object);
  if (role === "public") return role;
  const { on } = object;
  return quoteName(role === "owner" ? String((on?.relation ?? on)?.attributes.owner) : role);
}
